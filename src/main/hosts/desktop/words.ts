/** What the desktop itself says; the words of the pages live in the renderer's language files. */
import type { Status } from '../../../contract/index.ts';

export const words = {
  name: 'Muster',
  open: 'Open Muster',
  quit: 'Quit Muster…',
  cannotStart: 'Muster cannot start',
  inUse: (address: string | null): string =>
    'A node without a window is running on this data folder. This version cannot attach its window to it yet.\n\n' +
    (address === null
      ? 'Use it from the command line (muster status), or stop it and start Muster again.'
      : `Open its console at ${address} (a new pairing link: muster pair), or stop it and start Muster again.`),
  quitting: {
    message: 'Quit Muster?',
    detail:
      'The node stops: it admits nobody, takes no workloads and records nothing until it is started again. ' +
      'Workloads that are running keep running, and are found again at the next start.',
    confirm: 'Quit',
    stay: 'Keep it running',
  },
  closing: {
    message: 'The node keeps working when its window is closed',
    detail: 'Its symbol stays in the tray. Starting Muster again brings the window back.',
    keep: 'Close the window',
    quit: 'Quit Muster',
    cancel: 'Cancel',
  },
  unresponsive: {
    message: 'The interface does not answer',
    detail: 'The node itself goes on. Reloading the interface loses nothing that was recorded.',
    wait: 'Wait',
    reload: 'Reload the interface',
  },
  state: ({ log, runningOperations, problems }: Status): string =>
    [
      `${log.size} ${log.size === 1 ? 'entry' : 'entries'}`,
      ...(runningOperations === 0
        ? []
        : [`${runningOperations} running ${runningOperations === 1 ? 'operation' : 'operations'}`]),
      ...(problems === 0 ? [] : [`${problems} ${problems === 1 ? 'problem' : 'problems'}`]),
    ].join(', '),
} as const;
