/**
 * Scopes: what a session may do. Every procedure names exactly one; `admin` includes all the others, and every
 * scope includes `view`.
 */
import { z } from 'zod';

export const scope = z.enum(['view', 'operate', 'mediate', 'audit', 'admin']);
export type Scope = z.infer<typeof scope>;

/** True when a session holding `held` may call a procedure that asks for `needed`. */
export function allows(held: readonly Scope[], needed: Scope): boolean {
  return held.includes(needed) || held.includes('admin') || (needed === 'view' && held.length > 0);
}
