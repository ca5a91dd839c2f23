/** A field for a whole number within a range. The text stays as it was typed; the fault names the range. */
import { useState } from 'react';
import type { ReactNode } from 'react';
import { number as grouped } from '../format.ts';
import { useT } from '../language/context.tsx';
import { parseCount } from '../numbers.ts';
import { TextField } from './Field.tsx';

/** What was typed, and the number that it is: null while it is none of the range. */
export interface TypedNumber {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly value: number | null;
  readonly least: number;
  readonly most: number;
  /** Nothing stood there at first and nothing was typed: not a fault yet. */
  readonly untouched: boolean;
}

/** `initial` is null where the field begins empty. */
export function useNumber(initial: number | null, least: number, most: number): TypedNumber {
  const [text, setText] = useState(initial === null ? '' : String(initial));
  const count = parseCount(text);
  const value = count !== null && count >= least && count <= most ? count : null;
  return { text, setText, value, least, most, untouched: initial === null && text === '' };
}

interface Props {
  label: string;
  number: TypedNumber;
  help?: ReactNode;
  unit?: string;
  autoFocus?: boolean;
}

export function NumberField({ number, ...rest }: Props) {
  const t = useT();
  const { text, setText, value, least, most, untouched } = number;
  return (
    <TextField
      {...rest}
      value={text}
      onChange={setText}
      inputMode="numeric"
      fault={
        value === null && !untouched ? t('field.range', { least: grouped(least), most: grouped(most) }) : null
      }
    />
  );
}
