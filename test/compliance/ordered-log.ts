/** What every OrderedLog must do, whoever orders: run by each implementation's own test. */
import { expect, it } from 'vitest';
import { settle, utf8 } from '../../src/protocol/bytes/index.ts';
import {
  parsePolicy,
  recordLeafHash,
  verifyCheckpoint,
  verifyInclusion,
} from '../../src/protocol/log/index.ts';
import { createSignatureChecker, nodeHashes } from '../../src/main/hashes.ts';
import type { LogStep, OrderedLog } from '../../src/main/substrate/log/index.ts';
import type { Store } from '../../src/main/store/index.ts';

export interface OrderedLogUnderTest {
  readonly log: OrderedLog;
  /** The member's own store, into which the log is folded. */
  readonly store: Store;
  /** Stops this member and starts it again on the same disk. */
  reopen(): Promise<OrderedLogUnderTest>;
  stop(): Promise<void>;
}

const command = (n: number) => ({ bytes: utf8(`command ${n}`), sig: new Uint8Array(64).fill(n % 256) });

/** `open` gives a fresh, empty log of opaque commands. */
export function orderedLogCompliance(open: () => Promise<OrderedLogUnderTest>): void {
  it('gives commands contiguous indexes from 0, in the order of submission', async () => {
    const one = await open();
    const all = Array.from({ length: 100 }, (_, n) => one.log.append(command(n)));
    const indexes = (await Promise.all(all.map((s) => s.sequenced))).map((s) => s.index);
    expect(indexes).toEqual(Array.from({ length: 100 }, (_, n) => n));
    const rows = await one.store.range(0, 99);
    expect(rows.map((row) => new TextDecoder().decode(row.bytes))).toEqual(
      indexes.map((n) => `command ${n}`),
    );
    await one.stop();
  });

  it('commits every command under a checkpoint that its policy accepts and that includes its leaf', async () => {
    const one = await open();
    const check = createSignatureChecker();
    for (let n = 0; n < 5; n++) {
      const { index, size } = await one.log.append(command(n)).committed;
      expect(size).toBeGreaterThan(index);
      const { checkpoint } = one.log.head();
      const policy = parsePolicy(nodeHashes, utf8(one.log.policy));
      const verified = settle(verifyCheckpoint(checkpoint!.note, policy), check);
      expect(verified.origin).toBe(one.log.origin);
      expect(verified.cosigners.length).toBeGreaterThan(0);
      const { bytes, sig } = command(n);
      const claim = {
        index,
        size: verified.size,
        leaf: recordLeafHash(nodeHashes, bytes, sig),
        root: verified.root,
      };
      verifyInclusion(nodeHashes, claim, await one.store.inclusion(index, verified.size));
    }
    await one.stop();
  });

  it('has everything that was committed after a stop and a start, and goes on counting', async () => {
    const one = await open();
    await Promise.all([0, 1, 2].map((n) => one.log.append(command(n)).committed));
    const again = await one.reopen();
    expect(again.log.head().size).toBe(3);
    expect(again.log.head().checkpoint?.size).toBe(3);
    expect((await again.log.append(command(3)).committed).index).toBe(3);
    await again.stop();
  });

  it('never signs a smaller tree after a larger one', async () => {
    const one = await open();
    const sizes: number[] = [];
    one.log.subscribe((step) => {
      if (step.kind === 'committed') sizes.push(step.checkpoint.size);
    });
    await Promise.all(Array.from({ length: 300 }, (_, n) => one.log.append(command(n)).committed));
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(new Set(sizes).size).toBe(sizes.length);
    expect(sizes.at(-1)).toBe(300);
    await one.stop();
  });

  it('tells subscribers every entry once, before its checkpoint', async () => {
    const one = await open();
    const steps: LogStep[] = [];
    const stop = one.log.subscribe((step) => steps.push(step));
    await Promise.all([0, 1, 2, 3].map((n) => one.log.append(command(n)).committed));
    stop();
    await one.log.append(command(4)).committed;
    const seen = steps.flatMap((step) => (step.kind === 'sequenced' ? step.entries.map((e) => e.index) : []));
    expect(seen).toEqual([0, 1, 2, 3]);
    const first = steps.findIndex((step) => step.kind === 'committed');
    expect(steps.slice(0, first).some((step) => step.kind === 'sequenced')).toBe(true);
    await one.stop();
  });
}
