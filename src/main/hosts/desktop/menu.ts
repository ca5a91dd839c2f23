/** The application's menu. The interface has its own commands; here is what belongs to the window and the system. */
import type { MenuItemConstructorOptions } from 'electron';
import { words } from './words.ts';

export interface MenuActions {
  readonly quit: () => void;
  readonly showDataFolder: () => void;
}

export function menuTemplate(
  { quit, showDataFolder }: MenuActions,
  inspectable: boolean,
): MenuItemConstructorOptions[] {
  return [
    {
      label: words.name,
      submenu: [
        { role: 'about' },
        { type: 'separator' },
        { role: 'close' },
        { label: words.quit, accelerator: 'CommandOrControl+Q', click: quit },
      ],
    },
    {
      label: 'Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        { type: 'separator' },
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: 'View',
      submenu: [
        { role: 'reload' },
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        ...(inspectable ? [{ type: 'separator' } as const, { role: 'toggleDevTools' } as const] : []),
      ],
    },
    { label: 'Help', submenu: [{ label: 'Show the data folder', click: showDataFolder }] },
  ];
}
