/** Codes of capacity, images, the container engine and workloads. */
import type { ProblemList } from './text.ts';

const label = 'The image says what it needs in a way that cannot be read, so it does not run.';
const rebuild = 'Correct the label and build the image again.';

export const computeProblems = {
  OFFER_UNKNOWN: {
    meaning: 'The machine offers no capacity.',
    next: 'Offer its capacity first, on the page of the machine.',
  },
  CAPACITY_IN_USE: {
    meaning: 'Workloads hold more than the new offer would leave them.',
    next: 'Stop some of them first, or offer more.',
  },
  CAPACITY_OVERSOLD: {
    meaning: 'Another workload took the capacity first, so this one was refused.',
    next: 'Stop a workload, offer more, or choose another machine.',
  },
  CPU_SHORT: {
    meaning: 'The machine has less free CPU than the image asks for.',
    next: 'Stop a workload, offer more CPU, or choose another machine.',
  },
  RAM_SHORT: {
    meaning: 'The machine has less free memory than the image asks for.',
    next: 'Stop a workload, offer more memory, or choose another machine.',
  },
  STORAGE_SHORT: {
    meaning: 'The machine has less free storage than the image asks for.',
    next: 'Stop a workload, offer more storage, or choose another machine.',
  },
  TDX_NOT_OFFERED: {
    meaning: 'The image runs in a TD only, and this machine does not offer one.',
    next: 'Choose a machine that offers TDX.',
  },
  TDX_EVIDENCE_REFUSED: {
    meaning: 'The image runs in a TD only, and no evidence shows that this machine is one.',
    next: 'Judge the machine again with a fresh quote, or choose another one.',
  },
  IMAGE_REFERENCE: {
    meaning: 'This does not name an image.',
    next: 'Write registry/name@sha256: and the 64 digits of the digest.',
  },
  IMAGE_NO_DIGEST: {
    meaning: 'A tag can point to other bytes tomorrow, so images are named by digest only.',
    next: 'Write name@sha256: and the digest; docker image inspect shows it under RepoDigests.',
  },
  IMAGE_DIGEST: {
    meaning: 'The digest is not that of an image.',
    next: 'Copy it as a whole: sha256: and 64 digits in lower case.',
  },
  IMAGE_NOT_FOUND: {
    meaning: 'The registry does not have these bytes.',
    next: 'Check the digest and the registry; an image that was deleted must be pushed again.',
  },
  IMAGE_MANIFEST: {
    meaning: 'What the digest names is no image that can be run here.',
    next: 'Push the image in Docker or OCI format and use the digest of that push.',
  },
  IMAGE_CONFIG: {
    meaning: 'The configuration of the image cannot be used.',
    next: 'Build the image again with a current tool.',
  },
  IMAGE_PLATFORM: {
    meaning: 'The image was built for another kind of processor or system.',
    next: 'Build it for the platform of this machine, or choose another machine.',
  },
  IMAGE_DIGEST_MISMATCH: {
    meaning: 'The bytes that came are not the ones that were asked for. Nothing of them runs.',
    next: 'Try again; if it happens twice, do not trust this registry.',
  },
  IMAGE_NOT_THE_DIGEST: {
    meaning: 'The engine holds other bytes than the digest names. Nothing of them runs.',
    next: 'Remove the image from the engine and submit again.',
  },
  IMAGE_UNLABELLED: {
    meaning: 'Without its minimums nobody can say where the image fits, so it does not run.',
    next: 'Build it again with the labels that are named.',
  },
  LABEL_UNKNOWN: { meaning: label, next: 'Remove the label, or correct its name, and build again.' },
  LABEL_MIN_CPU: { meaning: label, next: rebuild },
  LABEL_MIN_RAM: { meaning: label, next: rebuild },
  LABEL_MIN_STORAGE: { meaning: label, next: rebuild },
  LABEL_TDX: { meaning: label, next: rebuild },
  LABEL_NETWORK: { meaning: label, next: rebuild },
  LABEL_NETWORK_ALLOW: { meaning: label, next: rebuild },
  LABEL_READ_ONLY: { meaning: label, next: rebuild },
  LIMITS_BELOW_MINIMUM: {
    meaning: 'With less than its minimum the image would not work.',
    next: 'Give at least what the image asks for.',
  },
  LIMIT_UNENFORCEABLE: {
    meaning: 'A workload without limits could take the whole machine, so it does not run.',
    next: 'Enable the missing control groups on the machine of the engine, and restart the engine.',
  },
  NETWORK_ALLOW_MISSING: {
    meaning: 'The image asks for a list of hosts and names none, so it does not run.',
    next: 'Add the label org.muster.network-allow, or set the network to none.',
  },
  NETWORK_ALLOW_UNRESOLVED: {
    meaning: 'A host that the image may reach is not known here, so the list cannot be enforced.',
    next: 'Check the name and the name service of this machine.',
  },
  NETWORK_ALLOW_FORBIDDEN: {
    meaning: 'The image wants to reach this machine or its own network, which no list may allow.',
    next: 'Name a host outside, or leave it out of the list.',
  },
  NETWORK_POLICY_UNENFORCEABLE: {
    meaning: 'The network of the workload cannot be limited here, so it does not run.',
    next: 'Use an engine on this machine and a node that may set packet filters.',
  },
  ENGINE_ADDRESS: {
    meaning: 'The address of the engine cannot be used.',
    next: 'Correct it in the settings: unix:///path, tcp://host:port or ssh://user@host.',
  },
  ENGINE_ABSENT: {
    meaning: 'No workload can run here until there is an engine. Everything else works.',
    next: 'Install and start Docker, or set the address of an engine in the settings.',
  },
  ENGINE_REFUSED: {
    meaning: 'The engine does not let this node in, so no workload can run.',
    next: 'Start the engine, or give the user of the node access to it (on Linux: the group docker).',
  },
  ENGINE_UNREACHABLE: {
    meaning: 'The engine did not answer; running workloads may go on.',
    next: 'Check the engine and the way to it, then try again.',
  },
  ENGINE_FAILED: {
    meaning: 'The engine could not do what it was asked for.',
    next: 'Read what the engine says in the details, put it right, and try again.',
  },
  ENGINE_DISK_FULL: {
    meaning: 'There is no room for the image or the workload.',
    next: 'Remove images and volumes that nobody uses: docker system prune shows them first.',
  },
  REGISTRY_REFUSED: {
    meaning: 'The registry does not hand out the image to this node.',
    next: 'Check the name, or log in on the engine that pulls.',
  },
  REGISTRY_UNREACHABLE: {
    meaning: 'The registry could not be asked; nothing was pulled.',
    next: 'Check its address and the network, then try again.',
  },
  PULL_FAILED: {
    meaning: 'The image did not arrive; nothing runs.',
    next: 'Read the words of the engine in the details, then try again.',
  },
  RUN_FAILED: {
    meaning: 'The image was there, but its program did not start.',
    next: 'Check its entry point and that it runs without extra rights, with a read-only root.',
  },
  CONTAINER_UNKNOWN: {
    meaning: 'The engine holds no container of this workload any more.',
    next: 'Submit it again if it should still run.',
  },
  LOG_TIME: {
    meaning: 'The moment cannot be read, so no output was asked for.',
    next: 'Write it like 2026-07-04T09:41:17Z.',
  },
  USAGE_OVERLAP: {
    meaning: 'The time was recorded before; it is counted once.',
    next: 'Nothing needs to be done; the next record continues after it.',
  },
  USAGE_RANGE: {
    meaning: 'The amounts add up to more than can be counted, so this use was left out.',
    next: 'Check the clock of the machine and what its engine reports.',
  },
  WORKLOAD_UNKNOWN: {
    meaning: 'No workload of this id is in the log.',
    next: 'Choose one from the list of workloads.',
  },
  WORKLOAD_EXISTS: {
    meaning: 'A workload of this id is there already; the first one was kept.',
    next: 'Submit it again: it gets an id of its own.',
  },
  WORKLOAD_NOT_YOURS: {
    meaning: 'Another member submitted the workload and speaks for it.',
    next: 'Ask its owner.',
  },
  WORKLOAD_STATE: {
    meaning: 'The workload is not in a state in which this can be done.',
    next: 'Look at its state; one that ended is submitted again.',
  },
} satisfies ProblemList;
