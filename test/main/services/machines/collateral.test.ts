/** The collateral keeper under settings that do not serve: the node opens, says so, and goes on when they are mended. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../src/contract/index.ts';
import type { Settings } from '../../../../src/contract/index.ts';
import { createMemoryCollateralStore } from '../../../../src/main/attestation/index.ts';
import { createCollateralKeeper } from '../../../../src/main/services/machines/collateral.ts';
import { scratch } from '../../../scratch.ts';
import { problemOf } from '../../node/support.ts';
import { evidenceOf, NOON, openLab } from './support.ts';

/** A self-signed certificate, made for this test; nothing is asked under it. */
const MIRROR_CA = `-----BEGIN CERTIFICATE-----
MIIBgzCCASmgAwIBAgIUK5swcgK0qk7osDaROR6YHwFu5CQwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLbWlycm9yLnRlc3QwIBcNMjYxMTIxMTU0MDI2WhgPMjEyNjEw
MjgxNTQwMjZaMBYxFDASBgNVBAMMC21pcnJvci50ZXN0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEzJybwc32zGn1qQqD0RWzK49cwH2eDLluE0Lv2ojuKF3FcEfC
POKb1+lrdhC/pNkvTROc+nzOkzLZoXIzXdjnIaNTMFEwHQYDVR0OBBYEFDufvPm9
ZrTvo3slMPCBj9iJNm1RMB8GA1UdIwQYMBaAFDufvPm9ZrTvo3slMPCBj9iJNm1R
MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAOFH1FqQfkdBzYYy
WlWUkY32zp5gEctMCslWmesQCqTdAiAkkG9f99xsJa+Ah6Em8a86pQD1Vn3pQ4bI
BpuoQDFO0w==
-----END CERTIFICATE-----
`;

describe('a node whose settings for collateral do not serve', () => {
  it.each<[string, Partial<Settings>]>([
    ['a CA file that is not there', { collateralCa: '/nowhere/ca.pem' }],
    ['a CA that is a folder', { collateralCa: '/' }],
    ['a CA that is no certificate', { collateralCa: import.meta.filename }],
    ['an address that is none', { collateralService: 'intel' }],
    ['a proxy that is none', { collateralProxy: 'proxy.local' }],
    ['a proxy with a name that is not URL-encoded', { collateralProxy: 'http://me:%ZZ@proxy.local:8080' }],
  ])('opens with %s, and says so when asked', async (_what, defaults) => {
    const { client } = await openLab({ defaults });
    const { problems } = await client.settings.about();
    expect(problems.map(({ code }) => code)).toEqual(['COLLATERAL_SETTINGS']);
    expect((await client.events.status()).problems).toBe(1);
    const { quote } = await evidenceOf();
    const { collateralService: url } = await client.settings.get();
    const verified = client.attestation.verify({ quote, collateral: { kind: 'service', url } });
    expect(await problemOf(verified)).toBe('COLLATERAL_SETTINGS');
    expect(await problemOf(client.attestation.refreshCollateral())).toBe('COLLATERAL_SETTINGS');
    expect((await client.attestation.collateral()).entries).toEqual([]);
    await client.settings.set({
      collateralCa: '',
      collateralProxy: '',
      collateralService: defaultSettings.collateralService,
    });
    expect((await client.settings.about()).problems).toEqual([]);
    expect(await client.attestation.refreshCollateral()).toEqual({});
  });

  it('takes the CA file as soon as it is there, without another start', async () => {
    const path = join(scratch(), 'later.pem');
    const { client } = await openLab({ defaults: { collateralCa: path } });
    expect((await client.settings.about()).problems).toHaveLength(1);
    writeFileSync(path, MIRROR_CA);
    expect(await client.attestation.refreshCollateral()).toEqual({});
    expect((await client.settings.about()).problems).toEqual([]);
  });
});

describe('the keeper', () => {
  it('begins without waiting for what is kept to be read, and waits for that when it closes', async () => {
    const store = createMemoryCollateralStore();
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    let read = false;
    const keeper = createCollateralKeeper({
      store: {
        ...store,
        async list() {
          await gate;
          read = true;
          return store.list();
        },
      },
      settings: () => defaultSettings,
      now: () => NOON,
      random: () => 0.5,
      note: () => undefined,
      changed: () => undefined,
      troubled: () => undefined,
    });
    keeper.start();
    let closed = false;
    const closing = keeper.close().then(() => (closed = true));
    await setImmediate();
    expect([read, closed]).toEqual([false, false]);
    go();
    await closing;
    expect(read).toBe(true);
  });
});
