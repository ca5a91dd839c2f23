/** `ipcMain`: any channel may be listened to. */
import { EventEmitter } from 'node:events';
import { loud } from './loud.ts';

const emitter = new EventEmitter();

export const ipcMain = loud('ipcMain', {
  on(channel: string, listener: (...args: unknown[]) => void) {
    emitter.on(channel, listener);
    return this;
  },
});

/** For contents.ts: a message of a page arrived. */
export function deliverIpc(channel: string, event: object, message: unknown): void {
  emitter.emit(channel, event, message);
}
