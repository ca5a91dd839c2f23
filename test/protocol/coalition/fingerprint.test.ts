/** The golden vectors of coalition.md 2.3, and what must and must not change an id. */
import { describe, expect, it } from 'vitest';
import { blake3, concat, derive, toHex, UNIVERSE, utf8 } from '../../../src/protocol/bytes/index.ts';
import {
  aclHash,
  coalitionId,
  coalitionNameId,
  coalitionRoot,
  derivationOf,
  issuerFingerprint,
  moduleRoot,
  MODULES,
  readCoalitionFile,
  stableId,
  ticketsRoot,
} from '../../../src/protocol/coalition/index.ts';
import type { CoalitionConfig } from '../../../src/protocol/coalition/index.ts';
import { codeOf } from '../../refusal.ts';

const A = stableId('acme.price-feed');
const B = stableId('acme.attest');
const none = { lattices: [], organisms: [], confluences: [] };
const withOrganisms = coalitionRoot('demo.one', { ...none, organisms: [A, B] });

describe('the golden vectors', () => {
  it.each<[string, Uint8Array, string]>([
    ['UNIVERSE', UNIVERSE, 'b82b6f3b4a1e53d2d56523f5a7b1974e3842ac37a068cc302286065a8853cf43'],
    ['A', A, 'ed8ddcf70a887c231a15b803cb7950e3b792a7dafff10e150bf33787c8e52115'],
    ['B', B, 'a944fda9e3fc2742c24373fddb802aeda754d058dfc08958c0a90700a7d58430'],
    [
      'COALITION',
      coalitionNameId('demo.one'),
      '7cf74b81af60b15149c31bc59f849737aa3e60df299675961d0d3d7a126639b2',
    ],
    [
      'ROOT, empty',
      coalitionRoot('demo.one', none),
      '5c86db03416832081436ed7a7f44aae2119e607e5fb44c202d8a095e3138bfc3',
    ],
    [
      'ROOT, organisms [A,B]',
      withOrganisms,
      'a08bbfda2fcb821d9225c6f032ae927121c532b52912ec3c5691235c4fc1bd9d',
    ],
    [
      'ROOT, lattices [A,B]',
      coalitionRoot('demo.one', { ...none, lattices: [A, B] }),
      'c036e93ac2823cd3754bfff14d701f53f8f5133125e9e10f61af05915cd06156',
    ],
    [
      'ROOT, organisms [B,A]',
      coalitionRoot('demo.one', { ...none, organisms: [B, A] }),
      '76520805201411dc3fb03a02f5b72049e27afd7ec2bc434089bbb3d7231a30a4',
    ],
    [
      'atlas',
      moduleRoot(withOrganisms, 'atlas'),
      'cad045b7d42a033b38712a23709a90a63c9a046fa1c831fea045ad1b4f9c36af',
    ],
    [
      'almanac',
      moduleRoot(withOrganisms, 'almanac'),
      '665af11bab96cf41d737e5356a2e691b5974b5ab83a3a93a5473a192c6248ec7',
    ],
    [
      'chronicle',
      moduleRoot(withOrganisms, 'chronicle'),
      '2232cf86c1c37cfe814dd39dd77da1e274e2cddb2e7d8284858ccdefd6d0048d',
    ],
    [
      'compute',
      moduleRoot(withOrganisms, 'compute'),
      'e843090168c4685f176783e85f54d2c41eb4fa8d3147e3bbf252d0e00891c7d3',
    ],
    [
      'TICKETS_ROOT',
      ticketsRoot(withOrganisms),
      '039c5185c57db22163501af202903c4ccc81d048a66c9b3d64e919b14ef8b06b',
    ],
  ])('%s', (_name, id, hex) => {
    expect(toHex(id)).toBe(hex);
  });
});

describe('the id of a configuration', () => {
  const config: CoalitionConfig = {
    schemaVersion: 1,
    instanceName: 'demo.one',
    lattices: [],
    organisms: [
      { name: 'price-feed', stableId: A },
      { name: 'attest', stableId: B },
    ],
    confluences: [],
    modules: ['chronicle'],
  };
  const issuer = { name: 'tickets', keys: [A], acl: B };
  const idWith = (change: Partial<CoalitionConfig>): string => toHex(coalitionId({ ...config, ...change }));
  const id = toHex(coalitionId(config));

  it('is the root of its inputs', () => {
    expect(id).toBe(toHex(withOrganisms));
  });

  it.each<[string, Partial<CoalitionConfig>]>([
    ['modules', { modules: [...MODULES] }],
    ['a content pin', { organisms: config.organisms.map((r) => ({ ...r, contentHash: A })) }],
    ['what a reference is called', { organisms: config.organisms.map((r) => ({ ...r, name: 'other' })) }],
  ])('does not change with %s', (_what, change) => {
    expect(idWith(change)).toBe(id);
  });

  it.each<[string, Partial<CoalitionConfig>]>([
    ['its name', { instanceName: 'demo.two' }],
    ['the order of references', { organisms: config.organisms.toReversed() }],
    ['the list in which they stand', { lattices: config.organisms, organisms: [] }],
    ['one more reference', { lattices: [{ name: 'x', stableId: A }] }],
    ['a confluence', { confluences: [{ name: 'x', fingerprint: A }] }],
    ['an issuer', { ticketIssuer: issuer }],
  ])('changes with %s', (_what, change) => {
    expect(idWith(change)).not.toBe(id);
  });

  it('changes with the name and the acl of the issuer, and not with its keys, which the acl covers', () => {
    const withIssuer = idWith({ ticketIssuer: issuer });
    expect(idWith({ ticketIssuer: { ...issuer, name: 'other' } })).not.toBe(withIssuer);
    expect(idWith({ ticketIssuer: { ...issuer, acl: A } })).not.toBe(withIssuer);
    expect(idWith({ ticketIssuer: { ...issuer, keys: [B] } })).toBe(withIssuer);
  });

  it('never takes one list for another, wherever the border between them lies', () => {
    const splits = [0, 1, 2].flatMap((x) =>
      [0, 1, 2].flatMap((y) => {
        const ids = [A, B].toSorted();
        const [from, to] = [Math.min(x, y), Math.max(x, y)];
        return toHex(
          coalitionRoot('demo.one', {
            lattices: ids.slice(0, from),
            organisms: ids.slice(from, to),
            confluences: ids.slice(to),
          }),
        );
      }),
    );
    expect(new Set(splits).size).toBe(6);
    // an issuer is not a fourth confluence
    expect(toHex(coalitionRoot('demo.one', { ...none, issuer: A }))).not.toBe(
      toHex(coalitionRoot('demo.one', { ...none, confluences: [A] })),
    );
  });

  it('cannot be computed for a name that has no one spelling', () => {
    expect(codeOf(() => coalitionRoot('a|b', none))).toBe('COALITION_NAME');
  });

  it('is explained step by step, ending in the tickets that belong to it', () => {
    const steps = derivationOf({ ...config, ticketIssuer: issuer, modules: ['compute', 'chronicle'] });
    expect(steps.map(({ label }) => label)).toEqual([
      'universe',
      'name',
      'organism price-feed',
      'organism attest',
      'ticket issuer tickets',
      'coalition',
      'module chronicle',
      'module compute',
      'tickets',
    ]);
    const idOf = (label: string) => steps.find((step) => step.label === label)!.id;
    expect(toHex(idOf('coalition'))).toBe(idWith({ ticketIssuer: issuer }));
    expect(idOf('tickets')).toEqual(ticketsRoot(idOf('coalition')));
    expect(idOf('module compute')).toEqual(moduleRoot(idOf('coalition'), 'compute'));
  });

  it('is the same from the file that somebody hands on', () => {
    const text = `{"modules":[],"organisms":[{"stableId":"${toHex(A)}","name":"p"},{"stableId":"${toHex(B)}","name":"q"}],
      "instanceName":"demo.one","schemaVersion":1}`;
    expect(toHex(coalitionId(readCoalitionFile(text)))).toBe(id);
  });
});

describe('fingerprints below it', () => {
  it('of an issuer fold its tag, version and name, then its acl', () => {
    const name = blake3(concat(utf8('ticket-issuer|'), new Uint8Array([1]), utf8('|'), utf8('t')));
    expect(issuerFingerprint({ name: 't', acl: A })).toEqual(derive(name, A));
  });

  it('of an acl fold the signatures of its validators in order', () => {
    const start = blake3(concat(utf8('acl|'), new Uint8Array([1])));
    expect(aclHash([])).toEqual(start);
    expect(aclHash([A, B])).toEqual(derive(derive(start, A), B));
    expect(aclHash([B, A])).not.toEqual(aclHash([A, B]));
  });
});
