/**
 * Collateral: what Intel says about a platform family at a time. The member names are those that the field uses;
 * texts are kept exactly as received, because their text is what is signed (tdx.md 2.5, 5).
 */
import { fromUtf8, Refusal } from '../bytes/index.ts';
import { readJson, Members } from './json.ts';

export interface Collateral {
  /** PEM of the PCK CRL's issuer and root. Not needed: the list is checked against the quote's own chain. */
  readonly pck_crl_issuer_chain: string;
  /** Hex of the DER. */
  readonly root_ca_crl: string;
  readonly pck_crl: string;
  /** PEM: signer, root. */
  readonly tcb_info_issuer_chain: string;
  /** The signed text, to the character. */
  readonly tcb_info: string;
  /** Hex of r‖s. */
  readonly tcb_info_signature: string;
  readonly qe_identity_issuer_chain: string;
  readonly qe_identity: string;
  readonly qe_identity_signature: string;
}

export const COLLATERAL_MEMBERS = [
  'pck_crl_issuer_chain',
  'root_ca_crl',
  'pck_crl',
  'tcb_info_issuer_chain',
  'tcb_info',
  'tcb_info_signature',
  'qe_identity_issuer_chain',
  'qe_identity',
  'qe_identity_signature',
] as const satisfies readonly (keyof Collateral)[];

/** A set takes about 20 KB; a file larger than this is not one. */
export const LARGEST_COLLATERAL = 4 * 1024 * 1024;

/**
 * Reads a collateral file: a JSON object with the nine members as texts (others are ignored).
 * Errors: `COLLATERAL_EMPTY`, `COLLATERAL_TOO_LARGE`, `COLLATERAL_FORMAT`.
 */
export function readCollateral(bytes: Uint8Array): Collateral {
  if (bytes.length === 0) throw new Refusal('COLLATERAL_EMPTY', 'The collateral file is empty.');
  if (bytes.length > LARGEST_COLLATERAL)
    throw new Refusal(
      'COLLATERAL_TOO_LARGE',
      `The collateral file has ${bytes.length} bytes; real ones have 20,000.`,
    );
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch {
    throw new Refusal('COLLATERAL_FORMAT', 'The collateral file is not text.');
  }
  const members = new Members(readJson(text, 'COLLATERAL_FORMAT'), 'COLLATERAL_FORMAT', 'collateral');
  const out = {} as Record<keyof Collateral, string>;
  for (const name of COLLATERAL_MEMBERS) out[name] = members.string(name, LARGEST_COLLATERAL);
  return out;
}

/** What a collateral set says it is for, before anything in it is verified; used only to choose between sets. */
export interface CollateralHint {
  /** Lower-case hex. */
  readonly fmspc: string;
  /** ISO times of TCB info. */
  readonly issueDate: string;
  readonly nextUpdate: string;
}

/** Reads the hint of a set; `null` when its TCB info cannot be read at all. */
export function collateralHint(collateral: Collateral): CollateralHint | null {
  try {
    const info = new Members(readJson(collateral.tcb_info, 'TCB_INFO_FORMAT'), 'TCB_INFO_FORMAT', 'tcbInfo');
    return {
      fmspc: info.hex('fmspc', 6),
      issueDate: info.string('issueDate'),
      nextUpdate: info.string('nextUpdate'),
    };
  } catch {
    return null;
  }
}
