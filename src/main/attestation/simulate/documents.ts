/** TCB info and QE identity of a simulated platform family (tdx.md 2.5, 2.6, 9.8): written once, and that text signed. */
import { isoTime } from '../../../protocol/attestation/index.ts';
import { toHex, utf8 } from '../../../protocol/bytes/index.ts';
import { signRaw, type SimulatedKey } from './keys.ts';

/** What a level says beside the versions it asks for. */
interface LevelText {
  readonly status: string;
  readonly tcbDate?: string;
  readonly advisories?: readonly string[];
}
export interface PlatformLevelText extends LevelText {
  readonly sgx: readonly number[];
  readonly pceSvn: number;
  readonly tdx: readonly number[];
}
export interface ComponentLevelText extends LevelText {
  readonly isvSvn: number;
}

export interface Issue {
  /** Unix seconds. */
  readonly issued: number;
  readonly nextUpdate: number;
  readonly evaluationNumber: number;
}

export type Document = Readonly<Record<string, unknown>>;

const says = ({ status, tcbDate = '2026-01-01T00:00:00Z', advisories = [] }: LevelText): Document => ({
  tcbDate,
  tcbStatus: status,
  ...(advisories.length === 0 ? {} : { advisoryIDs: advisories }),
});
const dated = ({ issued, nextUpdate, evaluationNumber }: Issue): Document => ({
  issueDate: isoTime(issued),
  nextUpdate: isoTime(nextUpdate),
  tcbEvaluationDataNumber: evaluationNumber,
});
const componentLevel = (level: ComponentLevelText): Document => ({
  tcb: { isvsvn: level.isvSvn },
  ...says(level),
});
const svns = (values: readonly number[]): Document[] =>
  Array.from({ length: 16 }, (_, i) => ({ svn: values[i] ?? 0 }));

export const platformLevel = (level: PlatformLevelText): Document => ({
  tcb: {
    sgxtcbcomponents: svns(level.sgx),
    pcesvn: level.pceSvn,
    tdxtcbcomponents: svns(level.tdx),
  },
  ...says(level),
});

const ZERO = { mrsigner: '00'.repeat(48), attributes: '00'.repeat(8), attributesMask: 'FF'.repeat(8) };

export const moduleIdentity = (id: string, levels: readonly ComponentLevelText[]): Document => ({
  id,
  ...ZERO,
  tcbLevels: levels.map(componentLevel),
});

export interface TcbInfoRecipe extends Issue {
  /** Hex. */
  readonly fmspc: string;
  readonly pceId: string;
  readonly modules: readonly Document[];
  readonly levels: readonly Document[];
}

export const tcbInfo = (recipe: TcbInfoRecipe): Document => ({
  id: 'TDX',
  version: 3,
  ...dated(recipe),
  fmspc: recipe.fmspc,
  pceId: recipe.pceId,
  tcbType: 0,
  tdxModule: ZERO,
  tdxModuleIdentities: recipe.modules,
  tcbLevels: recipe.levels,
});

export interface QeIdentityRecipe extends Issue {
  /** Hex. */
  readonly mrSigner: string;
  readonly levels: readonly ComponentLevelText[];
}

export const qeIdentity = (recipe: QeIdentityRecipe): Document => ({
  id: 'TD_QE',
  version: 2,
  ...dated(recipe),
  miscselect: '00000000',
  miscselectMask: 'FFFFFFFF',
  attributes: '11000000000000000000000000000000',
  attributesMask: 'FBFFFFFFFFFFFFFF0000000000000000',
  mrsigner: recipe.mrSigner,
  isvprodid: 2,
  tcbLevels: recipe.levels.map(componentLevel),
});

/** Signs this very text; r‖s as hex. */
export const signText = (text: string, key: SimulatedKey): string => toHex(signRaw(key, utf8(text)));
