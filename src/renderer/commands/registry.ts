/** The one table of commands: palette, shortcuts and the shortcut sheet are all drawn from it. */
import type { Key } from '../language/translate.ts';

/** What a command may do; the command centre provides it. */
export interface CommandHost {
  go(
    to:
      | '/'
      | '/machines'
      | '/machines/policy'
      | '/machines/folder'
      | '/machines/bundle'
      | '/compute'
      | '/tickets'
      | '/chronicle'
      | '/network'
      | '/settings',
    search?: Record<string, string>,
  ): void;
  openPalette(): void;
  openShortcuts(): void;
  setTheme(theme: 'system' | 'light' | 'dark' | 'contrast'): void;
  setDensity(density: 'normal' | 'compact'): void;
}

export interface Command {
  readonly id: string;
  readonly group: 'go' | 'do' | 'look' | 'find';
  readonly title: Key;
  /** Keys in order: `['g', 'm']`; `Control+k` for a chord. */
  readonly keys?: readonly string[];
  /** Needs this scope. */
  readonly scope?: 'operate' | 'audit';
  readonly run: (host: CommandHost) => void;
}

export const commands: readonly Command[] = [
  { id: 'go.home', group: 'go', title: 'nav.home', keys: ['g', 'h'], run: (host) => host.go('/') },
  {
    id: 'go.machines',
    group: 'go',
    title: 'nav.machines',
    keys: ['g', 'm'],
    run: (host) => host.go('/machines'),
  },
  {
    id: 'go.policy',
    group: 'go',
    title: 'policy.title',
    keys: ['g', 'p'],
    run: (host) => host.go('/machines/policy'),
  },
  {
    id: 'go.compute',
    group: 'go',
    title: 'nav.compute',
    keys: ['g', 'c'],
    run: (host) => host.go('/compute'),
  },
  {
    id: 'go.tickets',
    group: 'go',
    title: 'nav.tickets',
    keys: ['g', 't'],
    run: (host) => host.go('/tickets'),
  },
  {
    id: 'go.chronicle',
    group: 'go',
    title: 'nav.chronicle',
    keys: ['g', 'l'],
    run: (host) => host.go('/chronicle'),
  },
  {
    id: 'go.network',
    group: 'go',
    title: 'nav.network',
    keys: ['g', 'n'],
    run: (host) => host.go('/network'),
  },
  {
    id: 'go.settings',
    group: 'go',
    title: 'nav.settings',
    keys: ['g', 's'],
    run: (host) => host.go('/settings'),
  },
  {
    id: 'do.register',
    group: 'do',
    title: 'machines.register',
    keys: ['n', 'm'],
    scope: 'operate',
    run: (host) => host.go('/machines', { do: 'register' }),
  },
  {
    id: 'do.folder',
    group: 'do',
    title: 'folder.title',
    scope: 'operate',
    run: (host) => host.go('/machines/folder'),
  },
  {
    id: 'do.bundle',
    group: 'do',
    title: 'bundle.title',
    run: (host) => host.go('/machines/bundle'),
  },
  {
    id: 'do.issue',
    group: 'do',
    title: 'tickets.issue',
    keys: ['n', 't'],
    scope: 'operate',
    run: (host) => host.go('/tickets', { do: 'issue' }),
  },
  {
    id: 'do.verifyTicket',
    group: 'do',
    title: 'tickets.verify',
    run: (host) => host.go('/tickets', { do: 'verify' }),
  },
  {
    id: 'do.submit',
    group: 'do',
    title: 'compute.submit',
    keys: ['n', 'w'],
    scope: 'operate',
    run: (host) => host.go('/compute', { do: 'submit' }),
  },
  {
    id: 'do.connect',
    group: 'do',
    title: 'network.connect',
    keys: ['n', 'p'],
    scope: 'operate',
    run: (host) => host.go('/network', { do: 'connect' }),
  },
  {
    id: 'find.palette',
    group: 'find',
    title: 'command.palette',
    keys: ['Control+k'],
    run: (host) => host.openPalette(),
  },
  {
    id: 'find.shortcuts',
    group: 'find',
    title: 'command.shortcuts',
    keys: ['?'],
    run: (host) => host.openShortcuts(),
  },
  { id: 'look.light', group: 'look', title: 'command.light', run: (host) => host.setTheme('light') },
  { id: 'look.dark', group: 'look', title: 'command.dark', run: (host) => host.setTheme('dark') },
  { id: 'look.contrast', group: 'look', title: 'command.contrast', run: (host) => host.setTheme('contrast') },
  { id: 'look.system', group: 'look', title: 'command.system', run: (host) => host.setTheme('system') },
  { id: 'look.compact', group: 'look', title: 'command.compact', run: (host) => host.setDensity('compact') },
  { id: 'look.normal', group: 'look', title: 'command.normal', run: (host) => host.setDensity('normal') },
];

/** Keys that mean something inside the parts, for the sheet; the parts handle them. */
export const partKeys: readonly { readonly keys: readonly string[]; readonly title: Key }[] = [
  { keys: ['↑', '↓'], title: 'command.rows' },
  { keys: ['Home', 'End'], title: 'command.ends' },
  { keys: ['Control+f'], title: 'command.findLog' },
  { keys: ['Escape'], title: 'command.escape' },
];

/** `Control+k` for a chord, the plain key otherwise; Meta stands for Control on other keyboards. */
export function keyName(event: { key: string; ctrlKey: boolean; metaKey: boolean; altKey: boolean }): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.ctrlKey || event.metaKey ? `Control+${key}` : event.altKey ? `Alt+${key}` : key;
}

/**
 * Follows sequences of keys. Answers the command that a key completes, `'more'` when it may still become one,
 * or null.
 */
export function matchKeys(typed: readonly string[], among: readonly Command[]): Command | 'more' | null {
  const candidates = among.filter(
    ({ keys }) => keys !== undefined && typed.every((key, i) => keys[i] === key),
  );
  const complete = candidates.find(({ keys }) => keys?.length === typed.length);
  return complete ?? (candidates.length > 0 ? 'more' : null);
}
