/** `useT()` gives the words of the chosen language. */
import { createContext, useContext } from 'react';
import { createTranslate } from './translate.ts';
import type { Translate } from './translate.ts';

const LanguageContext = createContext<Translate>(createTranslate('en'));
export const LanguageProvider = LanguageContext.Provider;
export const useT = (): Translate => useContext(LanguageContext);
