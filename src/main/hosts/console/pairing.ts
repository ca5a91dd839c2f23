/**
 * Who may use the console: a one-time pairing token, swapped for a session cookie; and the bearer token of
 * scripts, which stands in the owner-only run file (app.md 5.2).
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Scope } from '../../../contract/index.ts';
import { toBase64url, utf8 } from '../../../protocol/bytes/index.ts';
import { nodeHashes } from '../../hashes.ts';

const PAIRING_LIFETIME = 10 * 60_000;
const SESSION_LIFETIME = 30 * 24 * 3600_000;
const MAX_PAIRINGS = 16;
const MAX_SESSIONS = 64;

export interface Pairing {
  /** A new one-time token. */
  invite(scopes: readonly Scope[]): { token: string; expires: number };
  /** Takes the token away and answers a session secret; null when it is unknown, used or too old. */
  redeem(token: string): string | null;
  /** Scopes of a session secret; null when there is no such session. */
  session(secret: string): readonly Scope[] | null;
}

interface Granted {
  readonly scopes: readonly Scope[];
  readonly expires: number;
}

export function createPairing(now: () => number): Pairing {
  const invited = new Map<string, Granted>();
  const sessions = new Map<string, Granted>();
  const secret = (): string => toBase64url(randomBytes(32));
  // only hashes are kept: looking one up by its hash leaks nothing about the secret by timing
  const nameOf = (value: string): string => toBase64url(nodeHashes.sha256(utf8(value)));
  const add = (to: Map<string, Granted>, value: string, granted: Granted, most: number): void => {
    for (const [name, { expires }] of to) if (expires <= now()) to.delete(name);
    while (to.size >= most) to.delete(to.keys().next().value ?? '');
    to.set(nameOf(value), granted);
  };
  return {
    invite(scopes) {
      const token = secret();
      const expires = now() + PAIRING_LIFETIME;
      add(invited, token, { scopes, expires }, MAX_PAIRINGS);
      return { token, expires };
    },
    redeem(token) {
      const name = nameOf(token);
      const granted = invited.get(name);
      invited.delete(name);
      if (granted === undefined || granted.expires <= now()) return null;
      const value = secret();
      add(sessions, value, { scopes: granted.scopes, expires: now() + SESSION_LIFETIME }, MAX_SESSIONS);
      return value;
    },
    session(value) {
      const granted = sessions.get(nameOf(value));
      return granted === undefined || granted.expires <= now() ? null : granted.scopes;
    },
  };
}

/** Compares two secrets without telling by timing where they part. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(nodeHashes.sha256(utf8(a)), nodeHashes.sha256(utf8(b)));
}
