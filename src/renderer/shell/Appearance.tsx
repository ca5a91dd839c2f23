/** Theme, density and language: settings of the node, put on the document. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { ReactNode } from 'react';
import { useNode } from '../client/context.tsx';
import { LanguageProvider } from '../language/context.tsx';
import { createTranslate, languageTag } from '../language/translate.ts';

const moreContrast = matchMedia('(prefers-contrast: more)');

export function Appearance({ children }: { children: ReactNode }) {
  const { api } = useNode();
  const { data } = useQuery(api.settings.get.queryOptions());
  const wantsContrast = useSyncExternalStore(
    (listener) => {
      moreContrast.addEventListener('change', listener);
      return () => moreContrast.removeEventListener('change', listener);
    },
    () => moreContrast.matches,
  );
  const chosen = data?.theme ?? 'system';
  const theme = chosen === 'system' && wantsContrast ? 'contrast' : chosen;
  const language = data?.language ?? 'en';
  const density = data?.density ?? 'normal';
  useEffect(() => {
    const { documentElement: root } = document;
    root.dataset['theme'] = theme;
    root.dataset['density'] = density;
    root.lang = languageTag[language];
  }, [theme, density, language]);
  const t = useMemo(() => createTranslate(language), [language]);
  return <LanguageProvider value={t}>{children}</LanguageProvider>;
}
