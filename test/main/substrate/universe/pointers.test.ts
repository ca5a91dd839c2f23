import { describe, expect, it } from 'vitest';
import { idFrom } from '../../../../src/protocol/bytes/index.ts';
import { eventually, universe } from './support.ts';

const retry = { first: 100, longest: 400 };

describe('the table of pointers', () => {
  it('finds who provides an id, and where they are', async () => {
    const keeper = await universe({ pointers: 'server' });
    const others = await Promise.all(
      Array.from({ length: 4 }, () =>
        universe({ pointers: 'server', bootstrap: keeper.addresses(), limits: { retry } }),
      ),
    );
    await eventually('the others', () => keeper.connected().length === 4);
    const id = idFrom('some shared thing');
    const [provider, seeker] = others;
    if (provider === undefined || seeker === undefined) throw new Error('two are needed');
    await provider.provide(id);
    const found = await eventually('the provider', async () => {
      const peers = await seeker.find(id);
      return peers.includes(provider.self) && peers;
    });
    expect(found).toEqual([provider.self]);
    await seeker.connect(provider.self);
    expect(await seeker.find(idFrom('something else'))).toEqual([]);
  });

  it('says that it is off, where it is', async () => {
    const node = await universe();
    await expect(node.find(idFrom('x'))).rejects.toMatchObject({ code: 'POINTERS_OFF' });
    await expect(node.provide(idFrom('x'))).rejects.toMatchObject({ code: 'POINTERS_OFF' });
  });
});
