/** Codes of verdicts (tdx.md 3.1): why a quote is not evidence. Each names what was looked at, and what helps. */
import type { ProblemList } from './text.ts';

const freshQuote = 'Take a fresh quote on the machine itself and try again.';
const freshCollateral = 'Fetch the collateral of this platform again and judge once more.';
const update = 'Update firmware, TDX module and quoting service of the machine, then take a fresh quote.';
const forged = 'Nobody should rely on this quote.';

export const attestationProblems = {
  QUOTE_EMPTY: { meaning: 'There is nothing to look at.', next: 'Choose a quote file, or paste a quote.' },
  QUOTE_FORMAT: {
    meaning: 'The bytes are no TDX quote, or part of it is missing.',
    next: 'Use the quote as the machine gave it: bytes, hex or base64.',
  },
  QUOTE_TOO_LARGE: {
    meaning: 'Quotes have a few thousand bytes; this cannot be one, so it was not read.',
    next: 'Check that this is the file you meant.',
  },
  QUOTE_VERSION: {
    meaning: 'The quote has a version that cannot be judged here.',
    next: 'Take a quote of version 4 or 5.',
  },
  QUOTE_FILE_UNREADABLE: {
    meaning: 'The quote could not be opened.',
    next: 'Check the name and that you may read it.',
  },
  ATT_KEY_TYPE: {
    meaning: 'The quote is signed with a kind of key that Intel does not use for TDX.',
    next: freshQuote,
  },
  TEE_TYPE: {
    meaning: 'The quote speaks of another kind of enclave, not of a TD.',
    next: 'Take the quote inside the TD, not in an SGX enclave.',
  },
  QE_VENDOR: {
    meaning: "The quote was not made by Intel's quoting enclave.",
    next: "Use Intel's quoting service on the host, then take a fresh quote.",
  },
  BODY_TYPE: { meaning: 'The report inside the quote is of an unknown kind.', next: freshQuote },
  BODY_SIZE: { meaning: 'The report inside the quote has the wrong length.', next: freshQuote },
  CERT_DATA_TYPE: {
    meaning: 'The quote does not carry its certificates in a way that can be checked.',
    next: 'Set the quoting service to include the PCK certificate chain, then take a fresh quote.',
  },
  PCK_CERT_TYPE: {
    meaning: 'The quote does not carry the certificate of its platform.',
    next: 'Set the quoting service to include the PCK certificate chain, then take a fresh quote.',
  },
  ROOT_EXPIRED: {
    meaning: 'The root certificate was not valid at the moment that you judge for.',
    next: 'Check the moment, and the clock of this machine.',
  },
  ROOT_UNTRUSTED: {
    meaning: "The certificates do not lead to Intel's root, so anybody could have made them.",
    next: `${forged} Take a fresh one on the machine itself.`,
  },
  CERT_FORMAT: { meaning: 'A certificate of the chain cannot be read.', next: freshQuote },
  CERT_DUP_EXT: {
    meaning: 'A certificate says the same thing twice, which none of Intel does.',
    next: forged,
  },
  PCK_CHAIN: {
    meaning: 'One certificate of the chain did not sign the next one.',
    next: `${forged} Take a fresh one on the machine itself.`,
  },
  PCK_CHAIN_EXPIRED: {
    meaning: 'A certificate of the platform was not valid at the moment that you judge for.',
    next: 'Check the moment, and the clock of this machine.',
  },
  NOT_CA: { meaning: 'A certificate signs others without being allowed to.', next: forged },
  KEY_USAGE: { meaning: 'A key was used for something it is not allowed to be used for.', next: forged },
  PCK_EXT: {
    meaning: 'The certificate of the platform does not say what Intel writes into each of them.',
    next: freshQuote,
  },
  ICA_REVOKED: {
    meaning: 'Intel revoked the authority that certified this platform.',
    next: 'Register the platform with Intel again and take a fresh quote.',
  },
  PCK_REVOKED: {
    meaning: 'Intel revoked the certificate of this platform: its keys may be known to others.',
    next: 'Do not use this machine for TDX until Intel has certified it again.',
  },
  CRL_FORMAT: { meaning: 'A revocation list cannot be read.', next: freshCollateral },
  ROOT_CRL_ISSUER: { meaning: "The root's revocation list is from somebody else.", next: freshCollateral },
  ROOT_CRL_SIG: { meaning: "The root's revocation list was changed on its way.", next: freshCollateral },
  ROOT_CRL_EXPIRED: {
    meaning: "The root's revocation list is too old to say what is revoked.",
    next: freshCollateral,
  },
  ROOT_CRL_FUTURE: {
    meaning: "The root's revocation list begins after the moment that you judge for.",
    next: 'Check the moment and the clock of this machine, or use older collateral.',
  },
  PCK_CRL_ISSUER: { meaning: "The platform's revocation list is from somebody else.", next: freshCollateral },
  PCK_CRL_SIG: { meaning: "The platform's revocation list was changed on its way.", next: freshCollateral },
  PCK_CRL_EXPIRED: {
    meaning: "The platform's revocation list is too old to say what is revoked.",
    next: freshCollateral,
  },
  PCK_CRL_FUTURE: {
    meaning: "The platform's revocation list begins after the moment that you judge for.",
    next: 'Check the moment and the clock of this machine, or use older collateral.',
  },
  SIGNING_CHAIN: {
    meaning: "The certificates of the collateral do not lead to Intel's root.",
    next: freshCollateral,
  },
  SIGNING_CN: { meaning: "The collateral is not signed by Intel's TCB signing key.", next: freshCollateral },
  SIGNING_CERT_EXPIRED: {
    meaning: "The collateral's signing certificate was not valid at the moment that you judge for.",
    next: freshCollateral,
  },
  SIGNING_CERT_REVOKED: {
    meaning: 'Intel revoked the key that signed this collateral.',
    next: freshCollateral,
  },
  TCB_INFO_SIG: { meaning: 'The TCB info was changed after Intel signed it.', next: freshCollateral },
  TCB_INFO_FORMAT: { meaning: 'The TCB info cannot be read.', next: freshCollateral },
  TCB_INFO_MISMATCH: {
    meaning: 'The TCB info is that of another kind of platform.',
    next: 'Fetch the collateral for the FMSPC of this platform.',
  },
  TCB_INFO_FUTURE: {
    meaning: 'The TCB info begins after the moment that you judge for.',
    next: 'Check the moment and the clock of this machine, or use older collateral.',
  },
  TCB_INFO_EXPIRED: {
    meaning: 'The TCB info is too old to say how secure the platform is.',
    next: freshCollateral,
  },
  QE_IDENTITY_SIG: {
    meaning: 'The identity of the quoting enclave was changed after Intel signed it.',
    next: freshCollateral,
  },
  QE_IDENTITY_FORMAT: {
    meaning: 'The identity of the quoting enclave cannot be read.',
    next: freshCollateral,
  },
  QE_IDENTITY_MISMATCH: {
    meaning: "The quote was made by another enclave than Intel's quoting enclave for TDs.",
    next: "Use Intel's quoting service on the host, then take a fresh quote.",
  },
  QE_IDENTITY_FUTURE: {
    meaning: 'The identity of the quoting enclave begins after the moment that you judge for.',
    next: 'Check the moment and the clock of this machine, or use older collateral.',
  },
  QE_IDENTITY_EXPIRED: {
    meaning: 'The identity of the quoting enclave is too old to judge by.',
    next: freshCollateral,
  },
  TDX_MODULE_MISMATCH: {
    meaning: 'The TDX module of the machine is not the one that the collateral describes.',
    next: freshCollateral,
  },
  QE_REPORT_SIG: {
    meaning: 'The platform did not sign what the quoting enclave says.',
    next: `${forged} Take a fresh one on the machine itself.`,
  },
  QE_REPORT_DATA: {
    meaning: 'The key that signed the quote is not the one that the quoting enclave vouches for.',
    next: `${forged} Take a fresh one on the machine itself.`,
  },
  QE_DEBUG: {
    meaning: 'The quoting enclave runs in debug mode: its keys can be read.',
    next: "Use Intel's production quoting enclave, then take a fresh quote.",
  },
  QE_TCB_NOT_SUPPORTED: {
    meaning: 'The quoting enclave is older than any that Intel still judges.',
    next: 'Update the quoting service of the host, then take a fresh quote.',
  },
  ATT_KEY: { meaning: 'The key in the quote is no key.', next: freshQuote },
  QUOTE_SIG: {
    meaning: 'The quote was changed after it was signed.',
    next: `${forged} Take a fresh one on the machine itself.`,
  },
  TCB_NOT_SUPPORTED: {
    meaning: 'The platform is older than any that Intel still judges.',
    next: update,
  },
  TCB_STATUS_UNKNOWN: {
    meaning: 'The collateral gives the platform a status that this version does not know.',
    next: 'Update Muster, then judge once more.',
  },
  TCB_REVOKED: {
    meaning: 'Intel revoked this level of firmware: its protection is known to be broken.',
    next: update,
  },
  TCB_EVAL_NUMBER: {
    meaning: 'The collateral is older than the one that was used before or that the policy asks for.',
    next: freshCollateral,
  },
  TD_DEBUG: {
    meaning: 'The TD runs in debug mode: its host can read everything in it.',
    next: 'Start the TD without debug, then take a fresh quote.',
  },
} satisfies ProblemList;
