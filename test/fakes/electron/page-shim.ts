/**
 * What runs in the page. The preload runs in an isolated world with a small `require('electron')`; what it exposes
 * is copied as JSON over DOM events into the page's own world, where no object of the preload ever arrives.
 */
export const WORLD = 'electron-preload';
export const BINDING = '__electron_ipc';
const EVENT = 'electron-stand-in';

/** What the isolated world sends over the binding. */
export type FromPage =
  | { readonly kind: 'ipc'; readonly channel: string; readonly message: unknown }
  | {
      readonly kind: 'port';
      readonly id: string;
      readonly data: { readonly type: 'text' | 'json' | 'bytes'; readonly value: string };
    }
  | { readonly kind: 'portClosed'; readonly id: string };

/** Source for the isolated world; `preload` is the CommonJS bundle. */
export const preloadSource = (preload: string): string => `(() => {
  // as in Electron, a preload runs in the top frame only
  if (window !== window.top) return;
  const tell = (message) => globalThis.${BINDING}(JSON.stringify(message));
  const loud = (name, members) => new Proxy(members, {
    get(target, key) {
      if (key in target || typeof key === 'symbol') return target[key];
      throw new Error('electron.' + name + '.' + key + ' is not faked');
    },
  });

  // contextBridge
  const exposed = [];
  const functions = new Map();
  const copy = (value, path) => {
    if (typeof value === 'function') {
      functions.set(path, value);
      return { function: path };
    }
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return { value };
    if (Object.getPrototypeOf(value) !== Object.prototype)
      throw new Error('contextBridge cannot carry ' + path + ': an object could not be cloned');
    return {
      members: Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copy(member, path + '.' + key)])),
    };
  };
  const say = (what, detail) =>
    window.dispatchEvent(new CustomEvent('${EVENT}:' + what, { detail: JSON.stringify(detail) }));
  window.addEventListener('${EVENT}:hello', () => exposed.forEach((one) => say('expose', one)));
  window.addEventListener('${EVENT}:call', ({ detail }) => {
    const { id, path, args } = JSON.parse(detail);
    try {
      const result = functions.get(path)(...args);
      if (typeof result?.then === 'function')
        result.then((value) => say('settled', { id, value }), (error) => say('settled', { id, error: String(error) }));
      say('result', { id, promise: typeof result?.then === 'function', value: result });
    } catch (error) {
      say('result', { id, error: String(error) });
    }
  });
  const contextBridge = loud('contextBridge', {
    exposeInMainWorld(key, api) {
      const one = { key, shape: copy(api, key) };
      exposed.push(one);
      say('expose', one);
    },
  });

  // ipcRenderer, and the far ends of ports
  const listeners = new Map();
  const ports = new Map();
  const carry = (data) => {
    if (typeof data === 'string') return { type: 'text', value: data };
    if (data instanceof Uint8Array) {
      let binary = '';
      for (const byte of data) binary += String.fromCharCode(byte);
      return { type: 'bytes', value: btoa(binary) };
    }
    return { type: 'json', value: JSON.stringify(data ?? null) };
  };
  const uncarry = ({ type, value }) => {
    if (type === 'text') return value;
    if (type === 'bytes') return Uint8Array.from(atob(value), (char) => char.charCodeAt(0));
    return JSON.parse(value);
  };
  const ipcRenderer = loud('ipcRenderer', {
    on(channel, listener) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
      return ipcRenderer;
    },
    postMessage(channel, message, transfer = []) {
      if (transfer.length > 0) throw new Error('ipcRenderer.postMessage with ports is not faked');
      tell({ kind: 'ipc', channel, message });
    },
  });
  globalThis.__electron = {
    deliver(channel, message, ids) {
      const handed = ids.map((id) => {
        const { port1, port2 } = new MessageChannel();
        ports.set(id, port1);
        port1.onmessage = ({ data }) => tell({ kind: 'port', id, data: carry(data) });
        port1.addEventListener('close', () => {
          if (ports.delete(id)) tell({ kind: 'portClosed', id });
        });
        return port2;
      });
      for (const listener of listeners.get(channel) ?? []) listener({ ports: handed, sender: ipcRenderer }, message);
    },
    port(id, data) {
      ports.get(id)?.postMessage(uncarry(data));
    },
    closePort(id) {
      const port = ports.get(id);
      ports.delete(id);
      port?.close();
    },
  };

  const require = (name) => {
    if (name === 'electron') return loud('(preload)', { contextBridge, ipcRenderer });
    throw new Error('a sandboxed preload cannot require ' + name);
  };
  const module = { exports: {} };
  ((require, module, exports) => {
${preload}
  })(require, module, module.exports);
})();`;

/** Source for the page's own world: builds what was exposed from its copied shape. */
export const bridgeSource = `(() => {
  if (window !== window.top) return;
  let calls = 0;
  const promises = new Map();
  let answer;
  const build = (shape) => {
    if ('members' in shape)
      return Object.freeze(Object.fromEntries(Object.entries(shape.members).map(([key, one]) => [key, build(one)])));
    if (!('function' in shape)) return shape.value;
    return (...args) => {
      calls += 1;
      const id = calls;
      answer = undefined;
      window.dispatchEvent(
        new CustomEvent('${EVENT}:call', { detail: JSON.stringify({ id, path: shape.function, args }) }),
      );
      const { promise, value, error } = answer ?? {};
      if (error !== undefined) throw new Error(error);
      return promise ? new Promise((resolve, reject) => promises.set(id, { resolve, reject })) : value;
    };
  };
  window.addEventListener('${EVENT}:result', ({ detail }) => (answer = JSON.parse(detail)));
  window.addEventListener('${EVENT}:settled', ({ detail }) => {
    const { id, value, error } = JSON.parse(detail);
    if (error === undefined) promises.get(id)?.resolve(value);
    else promises.get(id)?.reject(new Error(error));
    promises.delete(id);
  });
  window.addEventListener('${EVENT}:expose', ({ detail }) => {
    const { key, shape } = JSON.parse(detail);
    if (!(key in window)) Object.defineProperty(window, key, { value: build(shape), enumerable: true });
  });
  window.dispatchEvent(new CustomEvent('${EVENT}:hello'));
})();`;
