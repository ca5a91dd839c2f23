/** Groups of real members: libp2p on loopback, SQLite on disk, real keys. */
import { describe, expect, it } from 'vitest';
import { fromUtf8, settle, utf8 } from '../../../../src/protocol/bytes/index.ts';
import {
  formatProof,
  leafHash,
  parsePolicy,
  verifyCheckpoint,
  verifyInclusion,
} from '../../../../src/protocol/log/index.ts';
import { createSignatureChecker, nodeHashes } from '../../../../src/main/hashes.ts';
import { verifyAsOutsider } from '../../../c2sp.ts';
import { table } from './table.ts';

describe('a Group of three', () => {
  it('elects a leader, commits what any member submits, in one order on all, under cosigned checkpoints', async () => {
    const { seats } = await table(3);
    const [groups, machines] = [seats.map(({ group }) => group), seats.map(({ machine }) => machine)];
    const leaders = groups.filter((group) => group.status().role === 'leader');
    expect(leaders).toHaveLength(1);

    const done = await Promise.all(
      Array.from({ length: 300 }, (_, n) => groups[n % 3]!.execute(utf8(`command ${n}`))),
    );
    expect(done.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 300 }, (_, n) => n),
    );
    await Promise.all(groups.map((group) => group.when.applied(300)));
    expect(machines[1]!.list).toEqual(machines[0]!.list);
    expect(machines[2]!.list).toEqual(machines[0]!.list);
    for (const [n, { index }] of done.entries()) expect(machines[0]!.list[index]).toBe(`command ${n}`);

    const check = createSignatureChecker();
    for (const group of groups) {
      const row = await group.when.checkpoint(300);
      const policy = parsePolicy(nodeHashes, utf8(group.policy()));
      const verified = settle(verifyCheckpoint(row.note, policy), check);
      expect(verified.cosigners.length).toBeGreaterThanOrEqual(2);
      const [leaf] = await group.proofs.leaves(17, 1);
      verifyInclusion(
        nodeHashes,
        { index: 17, size: 300, leaf: leafHash(nodeHashes, leaf!.leaf), root: verified.root },
        await group.proofs.inclusion(17, 300),
      );
    }
  });

  it('convinces an outsider who has only an entry, a proof file, the policy file and the C2SP texts', async () => {
    const groups = (await table(3)).seats.map(({ group }) => group);
    await Promise.all(Array.from({ length: 40 }, (_, n) => groups[n % 3]!.execute(utf8(`command ${n}`))));
    for (const group of groups) {
      const row = await group.when.checkpoint(40);
      const [one] = await group.proofs.leaves(23, 1);
      const hashes = await group.proofs.inclusion(23, row.size);
      const proof = fromUtf8(formatProof({ index: 23, hashes, checkpoint: row.note }));
      const policy = group.policy();
      verifyAsOutsider(one!.leaf, proof, policy);
      // and is not convinced by another entry, another place, a changed root, or too few cosigners
      expect(() => verifyAsOutsider(utf8('command x'), proof, policy)).toThrow('root');
      expect(() => verifyAsOutsider(one!.leaf, proof.replace('index 23', 'index 22'), policy)).toThrow(
        'root',
      );
      expect(() => verifyAsOutsider(one!.leaf, proof.replace('\n40\n', '\n41\n'), policy)).toThrow(
        'signature',
      );
      const lines = proof.trimEnd().split('\n');
      const alone = `${lines.slice(0, lines.findIndex((line) => line.startsWith('—')) + 2).join('\n')}\n`;
      expect(() => verifyAsOutsider(one!.leaf, alone, policy)).toThrow('no quorum');
    }
  });
});
