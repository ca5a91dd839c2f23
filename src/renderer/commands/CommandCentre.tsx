/** Listens to the keys, runs the table's commands, and holds palette and shortcut sheet. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { allows } from '../../contract/index.ts';
import { useNode } from '../client/context.tsx';
import { useSetSettings } from '../pages/settings/use-settings.ts';
import { CommandProvider } from './context.ts';
import { Palette } from './Palette.tsx';
import { commands, keyName, matchKeys } from './registry.ts';
import type { CommandHost } from './registry.ts';
import { Shortcuts } from './Shortcuts.tsx';

/** A sequence is forgotten after this long. */
const SEQUENCE_MS = 1200;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function CommandCentre({ children }: { children: ReactNode }) {
  const navigate = useNavigate();
  const { api } = useNode();
  const about = useQuery(api.settings.about.queryOptions());
  const { mutate } = useSetSettings();
  const [open, setOpen] = useState<'palette' | 'shortcuts' | null>(null);

  const host = useMemo(
    (): CommandHost => ({
      go: (to, search) => void navigate({ to, search: (search ?? {}) as never }),
      openPalette: () => setOpen('palette'),
      openShortcuts: () => setOpen('shortcuts'),
      setTheme: (theme) => mutate({ theme }),
      setDensity: (density) => mutate({ density }),
    }),
    [navigate, mutate],
  );
  const scopes = about.data?.session.scopes;
  const allowed = useMemo(
    () =>
      commands.filter(({ scope }) => scope === undefined || (scopes !== undefined && allows(scopes, scope))),
    [scopes],
  );

  // what was typed of a sequence outlives a new list of commands: the scopes may arrive in between
  const typed = useRef<{ keys: readonly string[]; at: number }>({ keys: [], at: 0 });
  const onKey = useEffectEvent((event: KeyboardEvent): void => {
    const name = keyName(event);
    const chord = name.startsWith('Control+') || name.startsWith('Alt+');
    if (event.defaultPrevented || event.isComposing || (!chord && isTyping(event.target))) return;
    // a dialog keeps the keys to itself
    if (!chord && document.querySelector('[role="dialog"], [role="menu"], [role="listbox"]') !== null) return;
    // when the key was pressed, however late a busy page hears of it
    const at = event.timeStamp;
    let keys = at - typed.current.at > SEQUENCE_MS ? [name] : [...typed.current.keys, name];
    let found = matchKeys(keys, allowed);
    if (found === null && keys.length > 1) found = matchKeys((keys = [name]), allowed);
    typed.current = { keys: found === 'more' ? keys : [], at };
    if (found === null || found === 'more') return;
    event.preventDefault();
    found.run(host);
  });
  // before the page is painted: a key that follows what one sees is heard
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent): void => onKey(event);
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);

  const value = useMemo(() => ({ openPalette: host.openPalette, openShortcuts: host.openShortcuts }), [host]);
  return (
    <CommandProvider value={value}>
      {children}
      {open === 'palette' ? <Palette commands={allowed} host={host} onClose={() => setOpen(null)} /> : null}
      {open === 'shortcuts' ? <Shortcuts commands={allowed} onClose={() => setOpen(null)} /> : null}
    </CommandProvider>
  );
}
