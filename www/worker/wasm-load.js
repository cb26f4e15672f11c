// @ts-check
/**
 * Brings up the wasm module in the worker: fetch with byte progress, streaming compilation with a
 * fallback for servers that send the wrong MIME type, and every failure as a reason the page can word.
 */
import { BINARIES } from '../core/build.js';
import { fusedWasmUrl, moduleUrl, rootUrl, threadsModuleUrl, threadsWasmUrl, wasmUrl } from '../core/paths.js';
import { startPool, threadsFor } from './pool.js';

/** @typedef {import('../core/types.js').LoadReason} LoadReason */
/** @typedef {typeof import('../../pkg/groundmask.js')} EngineModule */

/** @type {WebAssembly.Memory | null} */
let memory = null;

/** Bytes of wasm memory. No call into the engine, which may be in the middle of one. */
export const memoryBytes = () => memory?.buffer.byteLength ?? 0;

/**
 * `() => f32x4.relaxed_madd(0, 0, 0)`: a module that only browsers with relaxed SIMD find valid. There the CPU's
 * convolutions take four fifths of the time.
 */
const FUSED_PROBE = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // magic, version
  1, 5, 1, 0x60, 0, 1, 0x7b, // type: () -> v128
  3, 2, 1, 0, // one function of it
  10, 19, 1, 17, 0, // code: no locals
  0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f, // three times i8x16.splat(0)
  0xfd, 0x85, 0x02, 0x0b, // f32x4.relaxed_madd
]);

/** `() => i32x4.splat(0)`, which the engine's other file asks for as well: valid only with SIMD. */
const SIMD_PROBE = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  1, 5, 1, 0x60, 0, 1, 0x7b,
  3, 2, 1, 0,
  10, 8, 1, 6, 0, 0x41, 0, 0xfd, 0x11, 0x0b,
]);

/** Whether this browser multiplies and adds in one instruction. */
export const hasFusedSimd = () => WebAssembly.validate(FUSED_PROBE);

/** Address of the binary that was loaded. */
let binary = '';
export const binaryUrl = () => binary;

/** A failure with a reason from {@link LoadReason}. */
export class LoadError extends Error {
  /** @param {LoadReason} reason @param {string} detail */
  constructor(reason, detail) {
    super(detail);
    this.reason = reason;
  }
}

/**
 * @param {import('./pool.js').Wish} wish
 * @param {(loaded: number, total: number | null) => void} onProgress bytes so far; `total` is null when the server compresses
 * @returns {Promise<EngineModule>}
 */
export async function loadEngine(wish, onProgress) {
  if (typeof WebAssembly === 'undefined') throw new LoadError('no_wasm', '');
  if (!WebAssembly.validate(SIMD_PROBE)) throw new LoadError('no_simd', '');
  const isFused = !wish.plain && hasFusedSimd();
  const threads = isFused && hasThreads() ? await threadsFor(wish) : 1;
  if (threads > 1) {
    try {
      return await loadThreaded(threads, wish.lock, onProgress);
    } catch (error) {
      // One thread does the same work; only a mix of builds would not.
      if (error instanceof LoadError && error.reason === 'updated') throw error;
      console.info(`one thread: ${text(error)}`);
    }
  }
  binary = isFused ? fusedWasmUrl : wasmUrl;
  const [engine, module] = await Promise.all([importModule(moduleUrl), compile(binary, onProgress)]);
  try {
    memory = (await engine.default({ module_or_path: module })).memory;
  } catch (error) {
    throw new LoadError('damaged', text(error));
  }
  return engine;
}

/** Whether this build has the module with threads; a page without a list of its files has to try. */
const hasThreads = () => !Object.keys(BINARIES).length || threadsWasmUrl.slice(rootUrl.length) in BINARIES;

/**
 * The engine for the CPU alone, with a pool of workers.
 * @param {number} threads @param {string} lock @param {(loaded: number, total: number | null) => void} onProgress
 * @returns {Promise<EngineModule>}
 */
async function loadThreaded(threads, lock, onProgress) {
  const [engine, module] = await Promise.all([importModule(threadsModuleUrl), compile(threadsWasmUrl, onProgress)]);
  const started = (await engine.default({ module_or_path: module })).memory;
  await startPool(/** @type {any} */ (engine), { module, memory: started, threads, lock });
  memory = started;
  binary = threadsWasmUrl;
  return engine;
}

/** @param {string} url @returns {Promise<EngineModule>} */
async function importModule(url) {
  try {
    return await import(url);
  } catch (error) {
    throw new LoadError('script', text(error));
  }
}

/** @param {string} url @param {(loaded: number, total: number | null) => void} onProgress */
async function compile(url, onProgress) {
  const response = await download(url);
  const length = Number(response.headers.get('Content-Length'));
  // With a content encoding the length counts other bytes than the stream gives.
  const total = length > 0 && !response.headers.get('Content-Encoding') ? length : null;
  const counted = collect(response.clone(), total, onProgress);
  let compiled = null;
  try {
    compiled = await WebAssembly.compileStreaming(response);
  } catch {
    // Wrong MIME type, or bytes that are no wasm: the collected bytes tell which.
  }
  const bytes = await counted;
  onProgress(bytes.length, bytes.length);
  if (compiled) {
    await verify(url, bytes);
    return compiled;
  }
  if (!(bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d)) {
    throw new LoadError('not_wasm', response.headers.get('Content-Type') ?? 'no type');
  }
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new LoadError('damaged', text(error));
  }
}

/**
 * That the binary is the one that belongs to the scripts, where both have a build: a browser's or a proxy's cache may have
 * kept it from another. @param {string} url @param {Uint8Array<ArrayBuffer>} bytes
 */
async function verify(url, bytes) {
  const wanted = BINARIES[url.slice(rootUrl.length)];
  // Only pages by https or from this computer can hash.
  if (!wanted || !globalThis.crypto?.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  if (btoa(String.fromCharCode(...digest)) !== wanted) throw new LoadError('updated', 'the binary is of another build');
}

/** @param {string} url */
async function download(url) {
  let response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new LoadError('network', text(error));
  }
  if (!response.ok) throw new LoadError('missing', `${response.status}`);
  return response;
}

/**
 * Reads a copy of the response to count its bytes, and keeps them for the fallback.
 * @param {Response} response
 * @param {number | null} total
 * @param {(loaded: number, total: number | null) => void} onProgress
 */
async function collect(response, total, onProgress) {
  const parts = [];
  let loaded = 0;
  if (!response.body) return new Uint8Array(await response.arrayBuffer());
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      loaded += value.length;
      onProgress(loaded, total);
    }
  } catch (error) {
    throw new LoadError('network', text(error));
  }
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** @param {unknown} error */
const text = (error) => (error instanceof Error ? error.message : String(error));
