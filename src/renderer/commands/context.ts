/** What any part may ask of the command centre. */
import { createContext, useContext } from 'react';

export interface Commands {
  openPalette(): void;
  openShortcuts(): void;
}

const CommandContext = createContext<Commands>({
  openPalette: () => undefined,
  openShortcuts: () => undefined,
});
export const CommandProvider = CommandContext.Provider;
export const useCommands = (): Commands => useContext(CommandContext);
