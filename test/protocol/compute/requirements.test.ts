import { describe, expect, it } from 'vitest';
import {
  checkLimits,
  fits,
  NOTHING_IN_USE,
  readAllowed,
  readRequirements,
  requirementsSchema,
  smallestLimits,
} from '../../../src/protocol/compute/index.ts';
import type { Offer, Requirements } from '../../../src/protocol/compute/index.ts';
import { refusalOf } from '../../docker/refusal.ts';

const label = (more: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ 'min-cpu-millicores': '250', 'min-ram-mib': '64', ...more }).map(([name, value]) => [
      `org.muster.${name}`,
      value,
    ]),
  );
const refused = (labels: Readonly<Record<string, string>>): Promise<string> =>
  refusalOf(() => readRequirements(labels));

describe('what an image needs', () => {
  it('is read from its labels; what is left out is the least', () => {
    expect(readRequirements({ ...label({}), 'org.other': 'x' })).toEqual({
      minCpuMillicores: 250,
      minRamMib: 64,
      minStorageGib: 0,
      tdx: 'none',
      network: 'none',
      networkAllow: [],
      readOnly: true,
    });
    const full = readRequirements(
      label({
        'min-storage-gib': '3',
        tdx: 'required',
        network: 'allowlist',
        'network-allow': ' B.example:443,a.example:80 a.example:80\n192.0.2.1:8080 ',
        'read-only': 'false',
      }),
    );
    expect(full).toMatchObject({
      minStorageGib: 3,
      tdx: 'required',
      networkAllow: ['192.0.2.1:8080', 'a.example:80', 'b.example:443'],
      readOnly: false,
    });
    expect(requirementsSchema.safeParse(full).success).toBe(true);
  });

  it('must be said: an image without labels, or without a minimum, is refused', async () => {
    expect(await refused({})).toBe('IMAGE_UNLABELLED');
    expect(await refused({ 'org.opencontainers.image.title': 'x' })).toBe('IMAGE_UNLABELLED');
    expect(await refused({ 'org.muster.min-cpu-millicores': '1' })).toBe('IMAGE_UNLABELLED');
    expect(await refused({ 'org.muster.min-ram-mib': '1' })).toBe('IMAGE_UNLABELLED');
  });

  it('is refused with a code for the label that is wrong', async () => {
    const numbers = ['', '-1', '1.5', '1e3', '0x10', ' 1', '01', 'many', '99999999999', '１'];
    for (const bad of [...numbers, '0']) {
      expect(await refused(label({ 'min-cpu-millicores': bad })), bad).toBe('LABEL_MIN_CPU');
      expect(await refused(label({ 'min-ram-mib': bad })), bad).toBe('LABEL_MIN_RAM');
    }
    for (const bad of numbers)
      expect(await refused(label({ 'min-storage-gib': bad })), bad).toBe('LABEL_MIN_STORAGE');
    for (const bad of ['', 'Required', 'yes']) expect(await refused(label({ tdx: bad }))).toBe('LABEL_TDX');
    for (const bad of ['', 'host', 'OPEN'])
      expect(await refused(label({ network: bad }))).toBe('LABEL_NETWORK');
    for (const bad of ['', '1', 'no'])
      expect(await refused(label({ 'read-only': bad }))).toBe('LABEL_READ_ONLY');
    expect(await refused(label({ netwrok: 'open' }))).toBe('LABEL_UNKNOWN');
  });

  it('has an allowlist exactly when its network is one', async () => {
    expect(await refused(label({ network: 'allowlist' }))).toBe('NETWORK_ALLOW_MISSING');
    expect(await refused(label({ network: 'allowlist', 'network-allow': ' , ' }))).toBe(
      'NETWORK_ALLOW_MISSING',
    );
    for (const network of ['none', 'open'])
      expect(await refused(label({ network, 'network-allow': 'a.example:1' }))).toBe('LABEL_NETWORK_ALLOW');
    const many = Array.from({ length: 33 }, (_, i) => `h${i}.example:1`).join(',');
    expect(await refused(label({ network: 'allowlist', 'network-allow': many }))).toBe('LABEL_NETWORK_ALLOW');
  });

  it('names allowed hosts by DNS name or whole IPv4 address, and a port', async () => {
    expect(readAllowed('a-b.example:65535')).toEqual({ host: 'a-b.example', port: 65_535 });
    expect(readAllowed('192.0.2.255:1')).toEqual({ host: '192.0.2.255', port: 1 });
    const bad = [
      'a.example',
      'a.example:',
      ':80',
      'a.example:0',
      'a.example:65536',
      'a.example:080',
      '*.example:80',
      'a..b:80',
      '-a:80',
      'a_b:80',
      '1.2.3:80',
      '1.2.3.256:80',
      '01.2.3.4:80',
      '1.2.3.4.:80',
      '[::1]:80',
      '1.2.3.4/8:80',
      '2130706433:80',
      'a.example:80:81',
      'http://a:80',
    ];
    for (const text of bad)
      expect(await refusalOf(() => readAllowed(text)), text).toBe('LABEL_NETWORK_ALLOW');
  });
});

const needs: Requirements = {
  minCpuMillicores: 500,
  minRamMib: 256,
  minStorageGib: 2,
  tdx: 'none',
  network: 'none',
  networkAllow: [],
  readOnly: true,
};
const offer: Offer = { cpuMillicores: 1000, ramMib: 512, storageGib: 4, tdx: false, evidenceRefused: true };

describe('limits', () => {
  it('are at least what the image needs, and what an engine can hold', async () => {
    expect(smallestLimits(needs)).toEqual({ cpuMillicores: 500, ramMib: 256, storageGib: 2, pids: 256 });
    expect(smallestLimits({ ...needs, minCpuMillicores: 1, minRamMib: 1 })).toMatchObject({
      cpuMillicores: 10,
      ramMib: 6,
    });
    checkLimits(needs, smallestLimits(needs));
    for (const less of [{ cpuMillicores: 499 }, { ramMib: 255 }, { storageGib: 1 }])
      expect(await refusalOf(() => checkLimits(needs, { ...smallestLimits(needs), ...less }))).toBe(
        'LIMITS_BELOW_MINIMUM',
      );
  });
});

const codes = (...args: Parameters<typeof fits>): string[] => {
  const fit = fits(...args);
  return fit.fits ? [] : fit.reasons.map((reason) => reason.code);
};

describe('the fit rule', () => {
  it('takes what just fits', () => {
    expect(fits(needs, offer, NOTHING_IN_USE)).toEqual({ fits: true });
    expect(fits(needs, offer, { cpuMillicores: 500, ramMib: 256, storageGib: 2 })).toEqual({ fits: true });
  });

  it('tells every reason at once, with what is free and what is needed', () => {
    const fit = fits({ ...needs, tdx: 'required' }, offer, {
      cpuMillicores: 501,
      ramMib: 257,
      storageGib: 3,
    });
    expect(fit).toMatchObject({
      fits: false,
      reasons: [
        { code: 'CPU_SHORT', have: 499, need: 500 },
        { code: 'RAM_SHORT', have: 255, need: 256 },
        { code: 'STORAGE_SHORT', have: 1, need: 2 },
        { code: 'TDX_NOT_OFFERED' },
      ],
    });
    if (!fit.fits) for (const { sentence } of fit.reasons) expect(sentence).toMatch(/^The .*\.$/);
  });

  it('counts the limits that the workload will hold, where they are more', () => {
    const limits = { ...smallestLimits(needs), cpuMillicores: 1001 };
    expect(codes(needs, offer, NOTHING_IN_USE, limits)).toEqual(['CPU_SHORT']);
  });

  it('asks for a TD only where the image requires one, and then for evidence that was not refused', () => {
    const td = { ...offer, tdx: true, evidenceRefused: false };
    expect(codes({ ...needs, tdx: 'preferred' }, offer, NOTHING_IN_USE)).toEqual([]);
    expect(codes({ ...needs, tdx: 'required' }, td, NOTHING_IN_USE)).toEqual([]);
    expect(codes({ ...needs, tdx: 'required' }, { ...td, tdx: false }, NOTHING_IN_USE)).toEqual([
      'TDX_NOT_OFFERED',
    ]);
    expect(codes({ ...needs, tdx: 'required' }, { ...td, evidenceRefused: true }, NOTHING_IN_USE)).toEqual([
      'TDX_EVIDENCE_REFUSED',
    ]);
  });
});
