/**
 * The preload: one function, which asks the main process for a MessagePort and hands it to the page. contextBridge
 * cannot carry ports, so the port travels by window.postMessage (app.md 3, item 20). Nothing else is exposed.
 */
import { contextBridge, ipcRenderer } from 'electron';

contextBridge.exposeInMainWorld('muster', {
  connect(): void {
    ipcRenderer.postMessage('muster:connect', null);
  },
});

ipcRenderer.on('muster:port', (event) => {
  window.postMessage({ type: 'muster:port' }, '/', [...event.ports]);
});
