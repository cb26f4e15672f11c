// @ts-check
/**
 * The only place that says where the wasm package lies and which protocol this page speaks.
 */

/** The wasm-bindgen module (`--target web`), seen from the folder of `index.html`. */
const PACKAGE_MODULE = './pkg/groundmask.js';
/** The binaries beside it: one for every browser with SIMD, one with fused multiply-adds (relaxed SIMD). */
const PACKAGE_WASM = './pkg/groundmask_bg.wasm';
const PACKAGE_WASM_FUSED = './pkg/groundmask_fused.wasm';

/** `www/` as a URL: this file lies in `www/core/`. */
const ROOT = new URL('../', import.meta.url);

export const moduleUrl = new URL(PACKAGE_MODULE, ROOT).href;
export const wasmUrl = new URL(PACKAGE_WASM, ROOT).href;
export const fusedWasmUrl = new URL(PACKAGE_WASM_FUSED, ROOT).href;
export const workerUrl = new URL('worker/worker.js', ROOT).href;

/** Must equal `PROTOCOL_VERSION` in src/protocol/; the device event carries the engine's. */
export const PROTOCOL_VERSION = 6;

/** Largest file read whole, bytes (the engine's own limit per file). */
export const MAX_FILE_BYTES = 512 * 1024 * 1024;
/** Most entries taken from one zip. */
export const MAX_ZIP_ENTRIES = 20_000;
/** Most bytes one zip may unpack to. */
export const MAX_ZIP_BYTES = 2 * 1024 * 1024 * 1024;
