/** Codes of the node itself: its folder, its store, its keys, its doors, its operations. */
import type { ProblemList } from './text.ts';

export const nodeProblems = {
  UNEXPECTED: {
    meaning: 'Something went wrong that this version does not know by name.',
    next: 'Copy the details and report them; trying again is safe.',
  },
  INPUT: {
    meaning: 'The request does not have the form that was asked for. Nothing was done.',
    next: 'Correct the member that is named, and send it again.',
  },
  USAGE: {
    meaning: 'The command line cannot be understood. Nothing was done.',
    next: 'See the same command with --help: it shows its options and examples.',
  },
  SCOPE: {
    meaning: 'This session was paired with fewer rights than this needs.',
    next: 'Ask whoever runs the node for a link with the scope that is named: muster pair --scope.',
  },
  CANCELLED: { meaning: 'It was stopped before it was done.', next: 'Start it again whenever you like.' },
  NODE_STOPPING: {
    meaning: 'The node is going down, so what was under way ended early.',
    next: 'Start the node and begin it again.',
  },
  NODE_NOT_RUNNING: {
    meaning: 'This command talks to a running node, and none answers for this data folder.',
    next: 'Start one with muster run, or name another folder with --data.',
  },
  NO_CONSOLE: {
    meaning: 'This node serves no console, so there is nothing to pair a browser with.',
    next: 'Start it with muster run, or use its own window.',
  },
  PORT_IN_USE: {
    meaning: 'Another program listens there, so the console could not start.',
    next: 'Choose another port, or leave --port out to get a free one.',
  },
  RENDERER_MISSING: {
    meaning: 'The files of the interface were not built, so there is no page to show.',
    next: 'Run npm start in the clone, or npm run build.',
  },
  FILE_UNREADABLE: {
    meaning: 'The file could not be opened.',
    next: 'Check the name and that you may read it.',
  },
  FILE_TOO_LARGE: {
    meaning: 'The file is larger than anything of its kind, so it was not read.',
    next: 'Check that this is the file you meant.',
  },
  FILE_EXISTS: {
    meaning: 'A file of that name is there already; it was left as it is.',
    next: 'Choose another name, or move the old file away.',
  },
  FILE_UNWRITABLE: {
    meaning: 'The file could not be written, so nothing was saved.',
    next: 'Check that the folder exists and that you may write there.',
  },
  DATA_IN_USE: {
    meaning: 'A data folder belongs to one node at a time; this one was left untouched.',
    next: 'Use the node that runs already, stop it first, or name another folder with --data.',
  },
  DATA_FOLDER: {
    meaning: 'The node cannot keep its data there, so it did not start.',
    next: 'Check that the folder exists and belongs to you, or name another one with --data.',
  },
  DISK_FULL: {
    meaning: 'There is no room for the file. What was saved before is whole.',
    next: 'Free some space, then try again.',
  },
  STORE_FULL: {
    meaning: 'There is no room for another entry. Everything committed before is whole.',
    next: 'Free some space on the disk of the data folder, then try again.',
  },
  STORE_IO: {
    meaning:
      'The disk reported an error, so this was not recorded. What was committed before was not touched.',
    next: 'Look at the health of the disk and the system log, then start the node again.',
  },
  STORE_UNWRITABLE: {
    meaning: 'The file of the log cannot be written, so nothing can be recorded.',
    next: 'Check who owns the data folder and whether its disk is mounted read-only.',
  },
  STORE_DAMAGED: {
    meaning: 'Part of the log on this disk is not what was written, so nothing is built upon it.',
    next: 'Keep the folder as it is, check the disk, and restore a copy; exported bundles still verify.',
  },
  STORE_BEHIND: {
    meaning:
      'This node has signed more than its store knows, as after a restored backup. It shows the log and signs nothing.',
    next: 'Put back the newest data folder. Where it is lost, start a fresh folder with a new identity.',
  },
  STORE_MOVED: {
    meaning: 'Something else wrote to the log of this node, so nothing was added to it.',
    next: 'Stop whatever else uses this folder, then start the node again.',
  },
  STORE_TOO_NEW: {
    meaning: 'A later version of Muster wrote this data folder; it was left untouched.',
    next: 'Start the later version, or name another folder with --data.',
  },
  STORE_REPLAY: {
    meaning:
      'The view of the log cannot be brought to the rules of this version; the log was left as it was.',
    next: 'Keep the folder, start the version that wrote it last, and report the entry that is named.',
  },
  STORE_CLOSED: {
    meaning: 'The node is going down and takes nothing more.',
    next: 'Start the node and try again.',
  },
  BLOB_DAMAGED: {
    meaning: 'A stored quote or collateral file changed on the disk, so it is not shown.',
    next: 'Check the disk; register or judge the machine again with the original file.',
  },
  BLOB_UNKNOWN: {
    meaning: 'Nothing with this hash is kept on this node.',
    next: 'Ask the node that recorded it.',
  },
  PASSPHRASE_NEEDED: {
    meaning: 'The keys of this node are kept under a passphrase.',
    next: 'Give the passphrase, on the command line with --passphrase-fd.',
  },
  PASSPHRASE_WRONG: {
    meaning: 'The keys stay locked; nothing was changed.',
    next: 'Try again. A passphrase that is lost cannot be recovered.',
  },
  PASSPHRASE_FD: {
    meaning: 'The passphrase could not be read from where the command line says.',
    next: 'Open the descriptor in the shell, as in --passphrase-fd 3 3<passphrase.txt.',
  },
  VAULT_ABSENT: {
    meaning: 'Nothing can be signed or recorded before there is an identity.',
    next: 'Create the identity first: it is the first step of the setup.',
  },
  VAULT_EXISTS: {
    meaning: 'A node keeps one identity for as long as its data folder lives.',
    next: 'Unlock it, or use another data folder for another identity.',
  },
  SOCKET_FOLDER: {
    meaning: 'The command line could be led to another program, so the node did not start.',
    next: 'Remove that folder, or use a data folder with a shorter path.',
  },
  VAULT_LOCKED: {
    meaning: 'You can look at everything, but nothing can be signed.',
    next: 'Unlock the identity, then try again.',
  },
  VAULT_DAMAGED: {
    meaning: 'The file with the keys is not what was written, so none of them is used.',
    next: 'Put back a copy of vault.json; without one the identity is lost.',
  },
  VAULT_BACKEND: {
    meaning: 'The keys were sealed in another way than this program can open.',
    next: 'Start the node in the way in which its identity was created: desktop or command line.',
  },
  KEYCHAIN_SILENT: {
    meaning: "The keys are sealed with your session's keychain, and it did not open them.",
    next: 'Unlock the keychain of your session, then start Muster again.',
  },
  OPERATION_UNKNOWN: {
    meaning: 'It may have ended and been cleared away.',
    next: 'Look at the list of operations.',
  },
  OPERATION_RUNNING: { meaning: 'It is still at work.', next: 'Cancel it, or wait for its end.' },
} satisfies ProblemList;
