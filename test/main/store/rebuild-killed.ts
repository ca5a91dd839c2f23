/**
 * The process that is killed while it folds a view anew: opens the store in the folder of its first argument, and
 * sends itself SIGKILL once the number of entries of its second argument is done.
 */
import { join } from 'node:path';
import { openLocalStore } from '../../../src/main/store/index.ts';

const [folder = '', entries = ''] = process.argv.slice(2);
openLocalStore(
  { path: join(folder, 'store.db'), headPath: join(folder, 'head'), rules: 'kinds' },
  ({ done }) => {
    if (done >= Number(entries)) process.kill(process.pid, 'SIGKILL');
  },
);
