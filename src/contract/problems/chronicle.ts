/** Codes of bytes, records and the log: what cannot be read, what does not verify, what a rule refuses. */
import type { ProblemList } from './text.ts';

const notOurs = 'The bytes are not in the one spelling that is signed and hashed here, so they are not used.';

export const chronicleProblems = {
  TEXT_UTF8: {
    meaning: 'The file is not plain text, so it was not read.',
    next: 'Check that this is the file you meant.',
  },
  TEXT_HEX: {
    meaning: 'The value was not used.',
    next: 'Write it in hex digits only, without spaces and without 0x.',
  },
  TEXT_BASE64: {
    meaning: 'The value was not used: something is missing in it, or was added.',
    next: 'Copy it again as a whole, without line breaks.',
  },
  TEXT_BASE32: {
    meaning: 'The value was not used: something is missing in it, or was added.',
    next: 'Copy it again as a whole, without line breaks.',
  },
  ID_FORMAT: { meaning: 'Nothing is known by this name.', next: 'Copy the id as a whole: 64 hex digits.' },
  CID_FORMAT: {
    meaning: 'Nothing is known by this name.',
    next: 'Copy the id of the entry as a whole; it begins with bafyrei.',
  },
  CBOR_PROFILE: { meaning: notOurs, next: 'Ask whoever made them for the original bytes.' },
  CBOR_SIZE: {
    meaning: 'The block is larger than any that is allowed, so it was not read.',
    next: 'Ask whoever made it for the original bytes.',
  },
  RECORD_FORMAT: {
    meaning: 'The entry stands in the log, but it says nothing that a rule could take.',
    next: 'Tell its author; the log keeps it as it came.',
  },
  RECORD_SIZE: {
    meaning: 'An entry holds at most 16 KiB. Nothing was recorded.',
    next: 'Say it in fewer words, or with a smaller list.',
  },
  KIND_UNKNOWN: {
    meaning: 'A later version may know this kind; here the entry changes nothing.',
    next: 'Update this node to see what the entry means.',
  },
  BODY_FORMAT: {
    meaning: 'The entry does not hold what its kind asks for, so it changes nothing.',
    next: 'Correct the member that is named, and send it again.',
  },
  SEQ_REUSED: {
    meaning: 'An author counts its entries upwards; a number that comes twice is refused everywhere.',
    next: 'Try again. If it comes back, check that no copy of this node runs elsewhere.',
  },
  NOT_A_MEMBER: {
    meaning: 'Only members of the coalition may record this.',
    next: 'Join the coalition first, or ask its operator to admit you.',
  },
  LEAF_FORMAT: {
    meaning: 'These bytes cannot be an entry of a log.',
    next: 'Fetch the entry again from its source.',
  },
  LOG_EMPTY: {
    meaning: 'The log has nothing that could be proved or exported yet.',
    next: 'Create an identity: it becomes the first entry.',
  },
  LOG_RANGE: {
    meaning: 'Only entries that a checkpoint covers can be exported.',
    next: 'Choose a range inside the log, first entry before last.',
  },
  LOG_SIZE: {
    meaning: 'The log never had that many entries here.',
    next: 'Look at the newest checkpoint and ask again.',
  },
  LOG_INDEX: { meaning: 'The log has no such entry.', next: 'Count entries from 0, below the size.' },
  LOG_HASH: {
    meaning: 'A hash of the proof has the wrong length, so nothing was proved.',
    next: 'Fetch the proof again from its source.',
  },
  LOG_FRONTIER: {
    meaning: 'The saved edge of the tree contradicts itself, so nothing is built upon it.',
    next: 'Keep the folder as it is, check the disk, and restore a copy.',
  },
  ENTRY_UNKNOWN: {
    meaning: 'The log has no entry of this number here.',
    next: 'Choose one below the size of the log; entries count from 0.',
  },
  ENTRY_UNCOMMITTED: {
    meaning: 'The entry has its place, but no checkpoint covers it yet.',
    next: 'Wait a moment; if the identity is locked, unlock it.',
  },
  BUNDLE_SOURCE: {
    meaning: 'From these parts no bundle could be made that would verify.',
    next: 'Choose a range that the checkpoint covers.',
  },
  PROOF_FORMAT: {
    meaning: 'The file is no proof in the tlog-proof format, so nothing was checked.',
    next: 'Fetch the proof again from its source.',
  },
  PROOF_SHAPE: {
    meaning: 'The proof cannot belong to these sizes, so it proves nothing.',
    next: 'Fetch the proof again for the same checkpoint.',
  },
  PROOF_FALSE: {
    meaning: 'The log that was signed is not the log that was shown. This is evidence; keep it.',
    next: 'Save both checkpoints and the proof, and show them to the operator and to others.',
  },
  CHECKPOINT_FORMAT: {
    meaning: 'The text is no checkpoint, so nothing was checked.',
    next: 'Fetch the checkpoint again from its source.',
  },
  CHECKPOINT_LOG: {
    meaning: 'The checkpoint is that of another log, or of a key that you did not name.',
    next: 'Compare the origin and the key with what the operator published.',
  },
  CHECKPOINT_QUORUM: {
    meaning: 'Too few of the named members signed, so the checkpoint does not count as committed.',
    next: 'Fetch a newer checkpoint, or ask the committee for their signatures.',
  },
  CHECKPOINT_BELOW: {
    meaning: 'A log only grows; the smaller checkpoint was not stored.',
    next: 'Start the node again. If it comes back, export the log and report it.',
  },
  COSIGNATURE_TIME: {
    meaning: 'A cosignature without a proper time does not count.',
    next: 'Ask the cosigner to check the clock of its machine.',
  },
  NOTE_FORMAT: {
    meaning: 'The text is no signed note, so nothing was checked.',
    next: 'Fetch it again from its source, byte for byte.',
  },
  NOTE_KEY: {
    meaning: 'The key cannot be used, so nothing was checked with it.',
    next: 'Copy the key as its owner published it: name+id+base64.',
  },
  NOTE_SIGNATURE: {
    meaning: 'The text was changed after it was signed, or another key signed it.',
    next: 'Fetch the text again; compare the key with what its owner published.',
  },
  NOTE_UNSIGNED: {
    meaning: 'None of the keys that you trust stands under this text.',
    next: 'Compare the keys with what the operator published.',
  },
  EVIDENCE_PROOF: {
    meaning: 'The pointer and its proof speak of different entries, so the evidence does not count.',
    next: 'Ask the author for the original proof.',
  },
} satisfies ProblemList;
