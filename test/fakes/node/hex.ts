/** Bytes that look random and are the same every time. */
import { createHash } from 'node:crypto';

export const hexOf = (text: string, bytes = 32): string =>
  createHash('sha512')
    .update(text)
    .digest('hex')
    .slice(0, bytes * 2);
