/** ICU messages by key, compiled once; the pseudo-locale is made from the English one. */
import { IntlMessageFormat } from 'intl-messageformat';
import { en } from './en.ts';
import { pseudoMessage } from './pseudo.ts';

export type Key = keyof typeof en;
export type Values = Readonly<Record<string, string | number>>;
export type Translate = (key: Key, values?: Values) => string;
export type Language = 'en' | 'pseudo';

/** What `<html lang>` says; the pseudo-locale has a tag of its own in the private-use range. */
export const languageTag: Readonly<Record<Language, string>> = { en: 'en', pseudo: 'en-x-pseudo' };

export function createTranslate(language: Language): Translate {
  const compiled = new Map<Key, IntlMessageFormat>();
  const compile = (key: Key): IntlMessageFormat => {
    const message = new IntlMessageFormat(en[key], 'en');
    return language === 'en' ? message : new IntlMessageFormat(pseudoMessage(message.getAst()), 'en');
  };
  return (key, values) => {
    let message = compiled.get(key);
    if (message === undefined) compiled.set(key, (message = compile(key)));
    return String(message.format(values));
  };
}

/** True when the language has this key: for texts whose key is put together from a code of the node. */
export const isKey = (key: string): key is Key => Object.hasOwn(en, key);
