/**
 * What is needed of etcd 3.4 and later, over its JSON gateway (etcd.io, "gRPC gateway"): transactions, ranges, a
 * watch, leases. Keys and values are base64 in JSON; numbers come as text. Several endpoints are tried in turn.
 */
import { fromBase64, Refusal, toBase64, utf8 } from '../../../protocol/bytes/index.ts';

export interface EtcdKey {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: number;
}

export interface EtcdClient {
  /** All of `put` in one transaction when none of `absent` exists and all of `present` do; answers whether it was. */
  create(request: {
    readonly absent: readonly string[];
    readonly present?: readonly string[];
    readonly put: readonly (readonly [key: string, value: Uint8Array, lease?: string])[];
  }): Promise<boolean>;
  put(key: string, value: Uint8Array): Promise<void>;
  /** Ascending by key, from `from` on, below `end`; the newest revision of the store beside it. */
  range(from: string, end: string, limit: number): Promise<{ keys: EtcdKey[]; revision: number }>;
  remove(from: string, end: string): Promise<void>;
  /** A lease that ends by itself; answers its id. `ttl`: seconds. */
  grant(ttl: number): Promise<string>;
  /** False: the lease is gone. */
  keepAlive(lease: string): Promise<boolean>;
  /**
   * Every put below the prefix from this revision on, until the signal. Ends (and must be begun again) when the
   * connection breaks. Errors: `ETCD_COMPACTED`, `ETCD_UNREACHABLE`.
   */
  watch(
    prefix: string,
    revision: number,
    heard: (keys: readonly EtcdKey[]) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

/** One answer may take this long, milliseconds. */
const ANSWER = 5000;

const b64 = (text: string): string => toBase64(utf8(text));
/** The first key after everything that begins with the prefix. */
export const endOf = (prefix: string): string =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);

interface RawKey {
  readonly key: string;
  readonly value?: string;
  readonly mod_revision: string;
}
const keyOf = ({ key, value, mod_revision }: RawKey): EtcdKey => ({
  key: Buffer.from(key, 'base64').toString(),
  value: fromBase64(value ?? ''),
  revision: Number(mod_revision),
});

/** `endpoints`: `http://host:port`, one for each etcd member. */
export function createEtcd(endpoints: readonly string[]): EtcdClient {
  let at = 0;
  const ask = async (path: string, body: unknown, signal?: AbortSignal): Promise<Response> => {
    let why = '';
    for (let attempt = 0; attempt < endpoints.length; attempt++) {
      const endpoint = endpoints[at % endpoints.length] ?? '';
      try {
        const answer = await fetch(`${endpoint}/v3/${path}`, {
          method: 'POST',
          body: JSON.stringify(body),
          signal: signal ?? AbortSignal.timeout(ANSWER),
        });
        if (answer.ok) return answer;
        why = `${answer.status} ${(await answer.text()).slice(0, 200)}`;
      } catch (error) {
        if (signal?.aborted === true) throw error;
        why = error instanceof Error ? error.message : String(error);
      }
      at += 1;
    }
    throw new Refusal('ETCD_UNREACHABLE', `etcd does not answer as it should: ${why}.`);
  };
  const json = async <T>(path: string, body: unknown): Promise<T> =>
    (await (await ask(path, body)).json()) as T;

  return {
    async create({ absent, present = [], put }) {
      const compare = [
        ...absent.map((key) => ({ key: b64(key), target: 'VERSION', result: 'EQUAL', version: '0' })),
        ...present.map((key) => ({ key: b64(key), target: 'VERSION', result: 'GREATER', version: '0' })),
      ];
      const success = put.map(([key, value, lease]) => ({
        requestPut: { key: b64(key), value: toBase64(value), ...(lease === undefined ? {} : { lease }) },
      }));
      const { succeeded } = await json<{ succeeded?: boolean }>('kv/txn', { compare, success });
      return succeeded === true;
    },
    async put(key, value) {
      await json('kv/put', { key: b64(key), value: toBase64(value) });
    },
    async range(from, end, limit) {
      const { kvs = [], header } = await json<{ kvs?: RawKey[]; header: { revision: string } }>('kv/range', {
        key: b64(from),
        range_end: b64(end),
        limit: String(limit),
        sort_order: 'ASCEND',
        sort_target: 'KEY',
      });
      return { keys: kvs.map(keyOf), revision: Number(header.revision) };
    },
    async remove(from, end) {
      await json('kv/deleterange', { key: b64(from), range_end: b64(end) });
    },
    async grant(ttl) {
      const { ID } = await json<{ ID: string }>('lease/grant', { TTL: String(ttl) });
      return ID;
    },
    async keepAlive(lease) {
      const { result } = await json<{ result?: { TTL?: string } }>('lease/keepalive', { ID: lease });
      return Number(result?.TTL ?? 0) > 0;
    },
    async watch(prefix, revision, heard, signal) {
      const request = {
        create_request: { key: b64(prefix), range_end: b64(endOf(prefix)), start_revision: String(revision) },
      };
      const { body } = await ask('watch', request, signal);
      if (body === null) return;
      let held = '';
      const decoder = new TextDecoder();
      for await (const chunk of body) {
        held += decoder.decode(chunk as Uint8Array, { stream: true });
        const lines = held.split('\n');
        held = lines.pop() ?? '';
        for (const line of lines) {
          if (line.trim() === '') continue;
          const { result } = JSON.parse(line) as {
            result?: {
              canceled?: boolean;
              compact_revision?: string;
              events?: { type?: string; kv: RawKey }[];
            };
          };
          if (result?.canceled === true)
            throw new Refusal(
              'ETCD_COMPACTED',
              `etcd has forgotten the changes since revision ${revision} (${result.compact_revision ?? '?'}).`,
            );
          const puts = (result?.events ?? []).filter(({ type }) => type === undefined || type === 'PUT');
          if (puts.length > 0) heard(puts.map(({ kv }) => keyOf(kv)));
        }
      }
    },
  };
}
