// @ts-check
/**
 * The threads of the CPU's operators: how many, and the workers that are them. They end with the worker that started them.
 */
import { poolThreadUrl } from '../core/paths.js';

/**
 * What the page asks of the engine's module.
 * @typedef {object} Wish
 * @property {boolean} plain do without fused multiply-adds even where the browser has them
 * @property {number | null} threads null: as many as suit this computer
 * @property {import('../core/types.js').DeviceChoice} device what the engine will be asked to bring up
 * @property {string} lock the engine's name; a thread that ends says so on a channel of that name
 */

/** More gain little: operators are cut into sixteen pieces. */
const MOST = 8;
/** A GPU that has not answered by then is not waited for, ms. */
const GPU_LIMIT_MS = 3000;
/** A worker of the pool has started by then, or never will, ms. */
const START_LIMIT_MS = 20_000;
/** How often it is asked whether the threads have begun, ms. */
const ASK_EVERY_MS = 2;

/** One core is left to the page, where there are more than two. @param {number} cores */
export const usualThreads = (cores) => Math.min(MOST, Math.max(cores - 1, Math.min(cores, 2)));

/**
 * Threads for the CPU; 1 where the engine may get a GPU, and where threads cannot share memory.
 * @param {Wish} wish @returns {Promise<number>}
 */
export async function threadsFor({ threads, device }) {
  // The engine's futures wait by `Atomics.waitAsync`; elsewhere they would start workers that the page's policy forbids.
  if (!globalThis.crossOriginIsolated || !('waitAsync' in Atomics)) return 1;
  const count = Math.min(MOST, threads ?? usualThreads(navigator.hardwareConcurrency || 1));
  if (count < 2 || device === 'webgpu') return 1;
  if (device === 'auto' && (await mayHaveGpu())) return 1;
  return count;
}

/** Whether the engine could take a GPU; what it holds against one that is there it says itself. */
async function mayHaveGpu() {
  const gpu = /** @type {any} */ (navigator).gpu;
  if (!gpu) return false;
  try {
    const asked = gpu.requestAdapter({ powerPreference: 'high-performance' });
    const adapter = await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, GPU_LIMIT_MS, 'silent'))]);
    if (adapter === 'silent') return true;
    return adapter !== null && !(adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter);
  } catch {
    return false;
  }
}

/** @type {any} */
const trusted = /** @type {any} */ (globalThis).trustedTypes?.createPolicy('groundmask-pool', {
  /** @param {string} url */
  createScriptURL(url) {
    if (url === poolThreadUrl) return url;
    throw new TypeError('not a thread of the pool');
  },
});

/**
 * Starts the workers and makes them, and this one, the engine's pool. Nothing here blocks: a thread that never begins must
 * not take this worker with it, which would be silent until the page gives it up.
 * @param {{ start_pool(threads: number): boolean, pool_threads_begun(): number }} engine
 * @param {{ module: WebAssembly.Module, memory: WebAssembly.Memory, threads: number, lock: string }} start
 * @param {number} [limitMs] for each of the two waits
 */
export async function startPool(engine, { module, memory, threads, lock }, limitMs = START_LIMIT_MS) {
  const workers = Array.from({ length: threads - 1 }, (_, number) => new Worker(trusted ? trusted.createScriptURL(poolThreadUrl) : poolThreadUrl, { type: 'module', name: `groundmask-thread-${number + 1}` }));
  try {
    await Promise.all(workers.map((worker) => started(worker, { module, memory, lock }, limitMs)));
    if (!engine.start_pool(threads)) throw new Error('the pool could not be made');
    const until = performance.now() + limitMs;
    while (engine.pool_threads_begun() < threads - 1) {
      if (performance.now() > until) throw new Error('a thread did not begin');
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  } catch (error) {
    for (const worker of workers) worker.terminate();
    throw error;
  }
}

/** @param {Worker} worker @param {object} message @param {number} limitMs @returns {Promise<void>} */
function started(worker, message, limitMs) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a thread did not start')), limitMs);
    worker.onmessage = ({ data }) => {
      clearTimeout(timer);
      if (data === 'started') resolve();
      else reject(new Error(String(data)));
    };
    worker.onerror = (event) => {
      clearTimeout(timer);
      reject(new Error(event.message || 'a thread did not start'));
    };
    worker.postMessage(message);
  });
}
