/** A node's data folder as a crash leaves it, and what its client answers. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '../../../src/main/api/index.ts';
import { scratch } from '../../scratch.ts';

/** Copies `folder/data` while its node runs; answers the folder for `openTestNode`. */
export function crashCopyOf(folder: string): string {
  const copy = scratch();
  cpSync(join(folder, 'data'), join(copy, 'data'), {
    recursive: true,
    // the shared memory is rebuilt after a crash, and a socket is no file
    filter: (path) => !/(-shm|\.sock)$/.test(path),
  });
  return copy;
}

/** Code of the problem with which a call through the API was refused. */
export async function problemOf(call: PromiseLike<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return (error as { data?: { code?: string } }).data?.code ?? String(error);
  }
  return 'it was not refused';
}

export const peer = (n: number): string => n.toString(16).padStart(64, '0');

/** Issues `count` tickets, one after the other; answers their entries. */
export async function issueTickets(client: Client, count: number, first = 1): Promise<number[]> {
  const indexes: number[] = [];
  for (let n = 0; n < count; n++) {
    const { receipt } = await client.tickets.issue({ peer: peer(first + n) });
    indexes.push(receipt.index);
  }
  return indexes;
}
