/** Two values of a register side by side, in groups of eight hex digits, and which groups differ. Pure. */
export interface DiffGroup {
  readonly text: string;
  readonly differs: boolean;
}

export interface Diff {
  readonly left: readonly DiffGroup[];
  readonly right: readonly DiffGroup[];
  /** How many groups differ, and of how many. */
  readonly differing: number;
  readonly of: number;
}

const GROUP = 8;

/** Compares hex texts of either case; where one is shorter, what it lacks differs. */
export function diffHex(left: string, right: string): Diff {
  const of = Math.ceil(Math.max(left.length, right.length) / GROUP);
  const pairs = Array.from({ length: of }, (_, i) => {
    const from = i * GROUP;
    const one = left.slice(from, from + GROUP);
    const other = right.slice(from, from + GROUP);
    return { one, other, differs: one.toLowerCase() !== other.toLowerCase() };
  });
  return {
    left: pairs.map(({ one: text, differs }) => ({ text, differs })),
    right: pairs.map(({ other: text, differs }) => ({ text, differs })),
    differing: pairs.filter(({ differs }) => differs).length,
    of,
  };
}

/** Of several pinned values the one that differs least, to be shown beside the quoted one. */
export const nearest = (values: readonly string[], quoted: string): string | undefined =>
  values.toSorted((a, b) => diffHex(a, quoted).differing - diffHex(b, quoted).differing)[0];
