/** What writer and judge agree on: a passphrase, and a seal that costs next to nothing. */
export const PASSPHRASE = 'correct horse battery';
export const CHEAP = { N: 2 ** 10, r: 8, p: 1 } as const;
