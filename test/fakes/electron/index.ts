/**
 * The stand-in for `electron`: the part of its API that the desktop host uses, over a real Chromium that
 * playwright-core drives. Whatever is not listed here fails at once and by name: a missing export when the bundle is
 * linked, a missing member or event when it is used (loud.ts).
 */
export { app } from './app.ts';
export { BrowserWindow } from './window.ts';
export { ipcMain } from './ipc.ts';
export { MessageChannelMain } from './ports.ts';
export { protocol } from './protocol.ts';
export { session } from './session.ts';
export { safeStorage } from './storage.ts';
export { dialog, Menu, nativeImage, powerMonitor, screen, shell, Tray } from './desk.ts';
