/** Codes of machines, of the guest that gives quotes, and of where collateral comes from. */
import type { ProblemList } from './text.ts';

export const machineProblems = {
  COLLATERAL_EMPTY: {
    meaning: 'There is nothing to judge by.',
    next: 'Choose a collateral file, a folder of sets, or a service.',
  },
  COLLATERAL_FORMAT: {
    meaning: 'What came is no collateral, so nothing was judged by it.',
    next: 'Fetch the collateral again from Intel or from your caching service.',
  },
  COLLATERAL_TOO_LARGE: {
    meaning: 'Collateral has a few tens of kilobytes; this was not read.',
    next: 'Check that this is the file or the service you meant.',
  },
  COLLATERAL_FILE_UNREADABLE: {
    meaning: 'The collateral could not be opened.',
    next: 'Check the name and that you may read it.',
  },
  COLLATERAL_NOT_FOUND: {
    meaning: 'There is no collateral for this platform in that place.',
    next: 'Choose another file, folder or service; without any, the evidence stays incomplete.',
  },
  COLLATERAL_GONE: {
    meaning: 'The service has taken this collateral away.',
    next: 'Leave out the old evaluation number, or keep judging by a file that you saved.',
  },
  COLLATERAL_SERVICE: {
    meaning: 'The service answered, but not with collateral.',
    next: 'Try again in a while, or choose another service.',
  },
  COLLATERAL_UNREACHABLE: {
    meaning: 'The service could not be asked; nothing was judged by it.',
    next: 'Check the address and the network, or use a collateral file.',
  },
  COLLATERAL_EXPIRED: {
    meaning: 'The collateral that is kept has ended, and no newer one came.',
    next: 'Check the service and the network, or use a collateral file that is still valid.',
  },
  COLLATERAL_REFUSED: {
    meaning: 'What the service gave is not genuine, not current, or not what was asked for; it is not used.',
    next: 'Check the clock of this machine, or ask another service.',
  },
  COLLATERAL_SETTINGS: {
    meaning: 'The service cannot be asked with these settings.',
    next: 'Correct the address, the proxy or the CA that is named.',
  },
  BUNDLE_EMPTY: {
    meaning: 'There is nothing in this file.',
    next: 'Choose an evidence bundle.',
  },
  BUNDLE_FORMAT: {
    meaning: 'This is no evidence bundle, or somebody changed its form; nothing of it was judged.',
    next: 'Ask for the file again where it came from.',
  },
  BUNDLE_TOO_LARGE: {
    meaning: 'Evidence bundles have a few hundred kilobytes; this was not read.',
    next: 'Check that this is the file you meant.',
  },
  EVENT_LOG_EMPTY: {
    meaning: 'There is nothing in the event log.',
    next: 'Copy the log of the TD again, or leave it out.',
  },
  EVENT_LOG_FORMAT: {
    meaning: 'The event log cannot be read, so nothing was replayed.',
    next: 'Hand in the bytes of CCEL as the kernel gives them, or the JSON form.',
  },
  EVENT_LOG_TOO_LARGE: {
    meaning: 'Event logs have a few hundred kilobytes; this was not read.',
    next: 'Check that this is the file you meant.',
  },
  PLATFORM_CHANGED: {
    meaning: 'The proof comes from another platform than the one that was registered.',
    next: 'Answer with a quote of the machine itself; register the other platform as a machine of its own.',
  },
  CHALLENGE_OPEN: {
    meaning: 'A challenge of this machine is open, and nothing replaces it before its time is over.',
    next: 'Answer it with a fresh quote, or wait until its time is over.',
  },
  CHALLENGE_UNKNOWN: {
    meaning: 'The answer is for a challenge that is not open.',
    next: 'Challenge the machine again and answer that one.',
  },
  CHALLENGE_LAPSED: {
    meaning: 'The machine did not prove itself in time; its evidence counts as lapsed.',
    next: 'Challenge the machine again and answer with a fresh quote.',
  },
  CHALLENGE_SPAN: {
    meaning: 'The challenge was not made.',
    next: 'Choose a time between a minute and a week in the settings.',
  },
  REPORT_DATA: {
    meaning: 'The quote is not an answer to this challenge: it was made for other report data.',
    next: 'Put the report data of the open challenge into the quote.',
  },
  SIMULATED_REFUSED: {
    meaning: 'The evidence is simulated, and the policy in force does not accept that.',
    next: 'Register real evidence. For a rehearsal adopt a policy that allows simulated evidence.',
  },
  FOLDER_RESULT_UNKNOWN: {
    meaning: 'The result of that verification is not kept any more.',
    next: 'Verify the folder again.',
  },
  FOLDER_UNREADABLE: {
    meaning: 'The folder could not be opened.',
    next: 'Check the name and that the node may read it.',
  },
  POLICY_FORMAT: {
    meaning: 'The policy cannot be read, so nothing was judged by it.',
    next: 'Correct the line or member that is named.',
  },
  REPORT_DATA_LENGTH: {
    meaning: 'A quote carries exactly 64 bytes of the one who asks for it.',
    next: 'Give 64 bytes.',
  },
  GUEST_NOT_IN_TD: {
    meaning: 'This is an ordinary machine, not a TD, so it cannot make a quote of itself.',
    next: 'Run the node inside a TD, or register with a quote file. It can still offer capacity without TDX.',
  },
  GUEST_NO_QUOTING_PATH: {
    meaning: 'This is a TD, but its kernel or host offers no way to get a quote.',
    next: 'Use a kernel with configfs-tsm and a host with a quoting service; or register with a quote file.',
  },
  GUEST_BUSY: { meaning: 'Others ask for quotes at the same moment.', next: 'Try again in a moment.' },
  GUEST_DENIED: {
    meaning: 'The kernel gives quotes to root only.',
    next: 'Let the user of the node write under /sys/kernel/config/tsm/report, or start it as root.',
  },
  EVIDENCE_REFUSED: {
    meaning: 'On this evidence a machine is not registered; nothing was recorded.',
    next: 'Look at the failed check, put it right, and register with a fresh quote.',
  },
  MACHINE_UNKNOWN: {
    meaning: 'No machine of this id is in the log.',
    next: 'Choose one from the list of machines.',
  },
  MACHINE_EXISTS: {
    meaning: 'A machine of this id is in the log already.',
    next: 'Judge it again with a new quote, or register another one.',
  },
  MACHINE_NAME: {
    meaning: 'Names of your machines must differ, so that everybody knows which one is meant.',
    next: 'Choose another name.',
  },
  MACHINE_NOT_YOURS: {
    meaning: 'Another member registered the machine and speaks for it.',
    next: 'Ask its owner.',
  },
  MACHINE_RETIRED: {
    meaning: 'The machine was taken out of service for good.',
    next: 'Register it anew to use it again.',
  },
  MACHINE_NO_QUOTE: {
    meaning: 'The machine was registered without a quote that could be looked at.',
    next: 'Register it with a quote first.',
  },
} satisfies ProblemList;
