// @ts-check
/**
 * The only place that says where the wasm package lies; with it the limits of files and the protocol this page speaks.
 */

/** The wasm-bindgen module (`--target web`), seen from the folder of `index.html`. */
const PACKAGE_MODULE = './pkg/groundmask.js';
/** The binaries beside it: one for every browser with SIMD, one with fused multiply-adds (relaxed SIMD). */
const PACKAGE_WASM = './pkg/groundmask_bg.wasm';
const PACKAGE_WASM_FUSED = './pkg/groundmask_fused.wasm';
/** The engine for the CPU alone, whose threads share its memory. Not in every build. */
const THREADS_MODULE = './pkg/threads/groundmask.js';
const THREADS_WASM = './pkg/threads/groundmask_bg.wasm';

/** `www/` as a URL: this file lies in `www/core/`. */
const ROOT = new URL('../', import.meta.url);

/** The folder of `index.html`, as the service worker's scope. */
export const rootUrl = ROOT.href;
export const moduleUrl = new URL(PACKAGE_MODULE, ROOT).href;
export const wasmUrl = new URL(PACKAGE_WASM, ROOT).href;
export const fusedWasmUrl = new URL(PACKAGE_WASM_FUSED, ROOT).href;
export const threadsModuleUrl = new URL(THREADS_MODULE, ROOT).href;
export const threadsWasmUrl = new URL(THREADS_WASM, ROOT).href;
export const workerUrl = new URL('worker/worker.js', ROOT).href;
export const poolThreadUrl = new URL('worker/pool-thread.js', ROOT).href;
export const serviceWorkerUrl = new URL('sw.js', ROOT).href;

export { MAX_FILE_BYTES, MAX_ZIP_BYTES, MAX_ZIP_ENTRIES, PROTOCOL_VERSION } from '../generated/constants.js';
