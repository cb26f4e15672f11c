// @ts-check
/**
 * One thread of the engine's pool: the engine's module over the engine's memory, in which it waits for work for life.
 */
import { threadsModuleUrl } from '../core/paths.js';

const scope = /** @type {any} */ (self);

scope.onmessage = async (/** @type {MessageEvent} */ { data }) => {
  const { module, memory, lock } = /** @type {{ module: WebAssembly.Module, memory: WebAssembly.Memory, lock: string }} */ (data);
  let engine;
  try {
    engine = await import(threadsModuleUrl);
    engine.initSync({ module, memory });
  } catch (error) {
    scope.postMessage(String(error));
    return;
  }
  await held(`${lock}-thread`);
  scope.postMessage('started');
  try {
    engine.pool_thread();
  } catch (error) {
    // The engine waits for this thread and can hear nothing; the page can.
    new BroadcastChannel(lock).postMessage(String(error));
  }
};

/** Holds a Web Lock for life, which tells who asks how many threads there are. @param {string} name @returns {Promise<void>} */
function held(name) {
  if (!('locks' in navigator)) return Promise.resolve();
  return new Promise((granted) => {
    void navigator.locks.request(name, { mode: 'shared' }, () => {
      granted();
      return new Promise(() => {});
    });
  });
}
