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
