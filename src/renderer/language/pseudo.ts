/**
 * The pseudo-locale: every letter accented and the text about 30 % longer, so that a string that was not
 * translated, and a place too narrow for other languages, both show at a glance.
 */
import type { IntlMessageFormat } from 'intl-messageformat';

type Ast = ReturnType<IntlMessageFormat['getAst']>;
/** The parser's number for a piece of literal text. */
const LITERAL = 0;

const letters: Readonly<Record<string, string>> = {
  a: 'á',
  b: 'ƀ',
  c: 'ç',
  d: 'ð',
  e: 'é',
  f: 'ƒ',
  g: 'ĝ',
  h: 'ĥ',
  i: 'î',
  j: 'ĵ',
  k: 'ķ',
  l: 'ļ',
  m: 'ɱ',
  n: 'ñ',
  o: 'ö',
  p: 'þ',
  q: 'ǫ',
  r: 'ŕ',
  s: 'š',
  t: 'ţ',
  u: 'ü',
  v: 'ṽ',
  w: 'ŵ',
  x: 'ẋ',
  y: 'ý',
  z: 'ž',
  A: 'Å',
  B: 'Ɓ',
  C: 'Ç',
  D: 'Ð',
  E: 'É',
  F: 'Ƒ',
  G: 'Ĝ',
  H: 'Ĥ',
  I: 'Î',
  J: 'Ĵ',
  K: 'Ķ',
  L: 'Ļ',
  M: 'Ṁ',
  N: 'Ñ',
  O: 'Ö',
  P: 'Þ',
  Q: 'Ǫ',
  R: 'Ŕ',
  S: 'Š',
  T: 'Ţ',
  U: 'Û',
  V: 'Ṽ',
  W: 'Ŵ',
  X: 'Ẋ',
  Y: 'Ý',
  Z: 'Ž',
};

export function pseudoText(text: string): string {
  const accented = [...text].map((letter) => letters[letter] ?? letter).join('');
  const words = text.match(/\p{L}/gu)?.length ?? 0;
  return words === 0 ? accented : accented + '~'.repeat(Math.ceil(words * 0.3));
}

export function pseudoMessage(ast: Ast): Ast {
  return ast.map((part) => {
    if (part.type === LITERAL && 'value' in part) return { ...part, value: pseudoText(part.value) };
    if ('options' in part) {
      const options = Object.fromEntries(
        Object.entries(part.options).map(([name, option]) => [
          name,
          { ...option, value: pseudoMessage(option.value) },
        ]),
      );
      return { ...part, options } as typeof part;
    }
    return part;
  });
}
