/**
 * TCB info of TDX, version 3, and the QE identity, version 2 (tdx.md 2.5, 2.6): the two documents in which Intel
 * says which versions of platform, TDX module and quoting enclave are good. Reading happens after the signature
 * of the very text was checked; members that are not known here are ignored, those that are must have their form.
 */
import { Refusal } from '../bytes/index.ts';
import { type JsonObject, Members, readJson } from './json.ts';
import { isoTime, readIsoTime } from './times.ts';

export const PLATFORM_STATUSES = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'Revoked',
] as const;
export type PlatformStatus = (typeof PLATFORM_STATUSES)[number];

export const COMPONENT_STATUSES = ['UpToDate', 'OutOfDate', 'Revoked'] as const;
export type ComponentStatus = (typeof COMPONENT_STATUSES)[number];

/** What a matched level says. */
export interface LevelVerdict<S extends string> {
  readonly status: S;
  /** ISO 8601. */
  readonly tcbDate: string;
  readonly advisories: readonly string[];
}

export interface PlatformLevel extends LevelVerdict<PlatformStatus> {
  readonly sgx: readonly number[];
  readonly pceSvn: number;
  readonly tdx: readonly number[];
}

export interface ComponentLevel extends LevelVerdict<ComponentStatus> {
  readonly isvSvn: number;
}

export interface ModuleIdentity {
  /** Hex: MRSIGNERSEAM, 48 bytes, and SEAMATTRIBUTES, 8 bytes. */
  readonly mrSigner: string;
  readonly attributes: string;
}

/** Times are Unix seconds. */
interface Dated {
  readonly issueDate: number;
  readonly nextUpdate: number;
  readonly evaluationNumber: number;
}

/** What Intel calls the components (`category` and `type` of the document); null where it says nothing. */
export interface ComponentNames {
  readonly sgx: readonly (string | null)[];
  readonly tdx: readonly (string | null)[];
}

export interface TcbInfo extends Dated {
  /** Lower-case hex. */
  readonly fmspc: string;
  readonly pceId: string;
  /** For module major version 0. */
  readonly module: ModuleIdentity;
  /** By upper-case id, e.g. `TDX_01`; levels with the highest SVN first. */
  readonly modules: ReadonlyMap<string, ModuleIdentity & { readonly levels: readonly ComponentLevel[] }>;
  /** The highest level first. */
  readonly levels: readonly PlatformLevel[];
  /** By index of the component, from the first level of the document that names it. */
  readonly componentNames: ComponentNames;
}

export interface QeIdentity extends Dated {
  /** Lower-case hex, in the order of the bytes. */
  readonly miscSelect: string;
  readonly miscSelectMask: string;
  readonly attributes: string;
  readonly attributesMask: string;
  readonly mrSigner: string;
  readonly isvProdId: number;
  /** The highest SVN first. */
  readonly levels: readonly ComponentLevel[];
}

const MOST_LEVELS = 256;

function time(members: Members, name: string): number {
  return readIsoTime(members.string(name)) ?? members.refuse(name, 'a date');
}

function dated(members: Members): Dated {
  return {
    issueDate: time(members, 'issueDate'),
    nextUpdate: time(members, 'nextUpdate'),
    evaluationNumber: members.integer('tcbEvaluationDataNumber', 0xffff_ffff),
  };
}

function levelVerdict<S extends string>(level: Members, statuses: readonly S[]): LevelVerdict<S> {
  const text = level.string('tcbStatus');
  const status = statuses.find((known) => known === text);
  if (status === undefined)
    throw new Refusal(
      'TCB_STATUS_UNKNOWN',
      `${level.path} has the status "${text.slice(0, 40)}", which nobody knows.`,
    );
  const advisories = level.has('advisoryIDs')
    ? level.list('advisoryIDs', 1024).map((id) => {
        if (typeof id !== 'string' || !/^[\x21-\x7e]{1,64}$/.test(id))
          level.refuse('advisoryIDs', 'a list of ids');
        return id;
      })
    : [];
  return { status, tcbDate: isoTime(time(level, 'tcbDate')), advisories };
}

/** Sorts the highest level first; two levels that compare equal would leave the answer to their order. */
function sorted<L>(levels: L[], compare: (a: L, b: L) => number, code: string): L[] {
  const out = levels.toSorted((a, b) => compare(b, a));
  for (let i = 1; i < out.length; i++)
    if (compare(out[i - 1] as L, out[i] as L) === 0)
      throw new Refusal(code, 'Two TCB levels ask for the same versions.');
  return out;
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function comparePlatformLevels(a: PlatformLevel, b: PlatformLevel): number {
  return compareLists(a.sgx, b.sgx) || a.pceSvn - b.pceSvn || compareLists(a.tdx, b.tdx);
}

function componentLevels(owner: Members, code: string): ComponentLevel[] {
  const levels = owner.each('tcbLevels', MOST_LEVELS, (level) => ({
    isvSvn: level.inner('tcb').integer('isvsvn', 65_535),
    ...levelVerdict(level, COMPONENT_STATUSES),
  }));
  return sorted(levels, (a, b) => a.isvSvn - b.isvSvn, code);
}

/** Reads the 16 numbers, and adds to `names` what the components are called; names decide nothing. */
function components(tcb: Members, name: string, names: (string | null)[]): number[] {
  const svns = tcb.each(name, 16, (component) => component.integer('svn', 255));
  if (svns.length !== 16) tcb.refuse(name, 'a list of 16');
  tcb
    .each(name, 16, ({ object }) => object)
    .forEach((object, i) => {
      names[i] ??= componentName(object);
    });
  return svns;
}

/** `category: type`, or the one that is there; a text of another form is passed over. */
function componentName({ category, type }: JsonObject): string | null {
  const texts = [category, type].filter(
    (text) => typeof text === 'string' && /^[\x20-\x7e]{1,64}$/.test(text),
  );
  return texts.length === 0 ? null : texts.join(': ');
}

const nameless = (): (string | null)[] => Array.from({ length: 16 }, () => null);

function moduleIdentity(members: Members): ModuleIdentity {
  return { mrSigner: members.hex('mrsigner', 48), attributes: members.hex('attributes', 8) };
}

/**
 * Reads the text of TCB info. Errors: `TCB_INFO_MISMATCH` (another document, version or type),
 * `TCB_INFO_FORMAT`, `TCB_STATUS_UNKNOWN`.
 */
export function readTcbInfo(text: string): TcbInfo {
  const code = 'TCB_INFO_FORMAT';
  const info = new Members(readJson(text, code), code, 'tcbInfo');
  if (info.object['id'] !== 'TDX' || info.object['version'] !== 3)
    throw new Refusal('TCB_INFO_MISMATCH', 'The signed text is not TCB info of TDX, version 3.');
  if (info.object['tcbType'] !== 0)
    throw new Refusal('TCB_INFO_MISMATCH', 'The TCB info is of a type that is not known here.');

  const modules = new Map<string, ModuleIdentity & { levels: readonly ComponentLevel[] }>();
  const identities = info.has('tdxModuleIdentities')
    ? info.each('tdxModuleIdentities', MOST_LEVELS, (identity) => {
        const id = identity.string('id').toUpperCase();
        return { id, ...moduleIdentity(identity), levels: componentLevels(identity, code) };
      })
    : [];
  for (const { id, ...identity } of identities) {
    if (modules.has(id)) throw new Refusal(code, `The TDX module ${id} is listed twice.`);
    modules.set(id, identity);
  }

  const names = { sgx: nameless(), tdx: nameless() };
  const levels = info.each('tcbLevels', MOST_LEVELS, (level): PlatformLevel => {
    const tcb = level.inner('tcb');
    return {
      sgx: components(tcb, 'sgxtcbcomponents', names.sgx),
      pceSvn: tcb.integer('pcesvn', 65_535),
      tdx: components(tcb, 'tdxtcbcomponents', names.tdx),
      ...levelVerdict(level, PLATFORM_STATUSES),
    };
  });
  return {
    ...dated(info),
    fmspc: info.hex('fmspc', 6),
    pceId: info.hex('pceId', 2),
    module: moduleIdentity(info.inner('tdxModule')),
    modules,
    levels: sorted(levels, comparePlatformLevels, code),
    componentNames: names,
  };
}

/**
 * Reads the text of the TD quoting enclave's identity. Errors: `QE_IDENTITY_MISMATCH` (another enclave or
 * version), `QE_IDENTITY_FORMAT`, `TCB_STATUS_UNKNOWN`.
 */
export function readQeIdentity(text: string): QeIdentity {
  const code = 'QE_IDENTITY_FORMAT';
  const identity = new Members(readJson(text, code), code, 'enclaveIdentity');
  if (identity.object['id'] !== 'TD_QE' || identity.object['version'] !== 2)
    throw new Refusal(
      'QE_IDENTITY_MISMATCH',
      'The signed text is not the identity of the TD quoting enclave.',
    );
  return {
    ...dated(identity),
    miscSelect: identity.hex('miscselect', 4),
    miscSelectMask: identity.hex('miscselectMask', 4),
    attributes: identity.hex('attributes', 16),
    attributesMask: identity.hex('attributesMask', 16),
    mrSigner: identity.hex('mrsigner', 32),
    isvProdId: identity.integer('isvprodid', 65_535),
    levels: componentLevels(identity, code),
  };
}
