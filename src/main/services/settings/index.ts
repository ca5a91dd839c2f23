/** Settings of this node: local rows, never in the log. What does not parse any more falls back to its default. */
import { defaultSettings, settingsShape } from '../../../contract/index.ts';
import type { Settings } from '../../../contract/index.ts';
import type { Store } from '../../store/index.ts';

export interface SettingsService {
  current(): Settings;
  set(change: { readonly [K in keyof Settings]?: Settings[K] | undefined }): Promise<Settings>;
  subscribe(listener: (settings: Settings) => void): () => void;
}

const KEY = 'settings';

export async function openSettings(store: Store, defaults: Partial<Settings> = {}): Promise<SettingsService> {
  const base: Settings = { ...defaultSettings, ...defaults };
  const stored = await store.getLocal(KEY);
  const read = settingsShape.partial().safeParse(typeof stored === 'string' ? JSON.parse(stored) : {});
  let settings: Settings = { ...base, ...defined(read.success ? read.data : {}) };
  const listeners = new Set<(settings: Settings) => void>();
  return {
    current: () => settings,
    async set(change) {
      const next = settingsShape.parse({ ...settings, ...defined(change) });
      await store.putLocal(KEY, JSON.stringify(next));
      settings = next;
      for (const listener of listeners) listener(next);
      return next;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const defined = <T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
