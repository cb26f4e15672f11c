// @ts-check
/**
 * The benchmark's side in a worker, where the engine runs too: each message `{ kind, cfg }` is one call of the wasm class
 * `Bench`, answered by `{ value }` or `{ error }`. The first message is `{ ready }`.
 */

/** @type {any} */
let engine = null;
/** @type {WebAssembly.Memory | null} */
let memory = null;
/** @type {any} */
let bench = null;

/** @type {Record<string, (cfg: any) => any>} */
const calls = {
  async create(cfg) {
    const wasm_before = memory?.buffer.byteLength ?? 0;
    bench = await engine.Bench.create(cfg);
    return { wasm_before, adapter: bench.adapter, params: bench.parameters };
  },
  step: () => bench.step(),
  infer: () => bench.infer(),
  memory: () => bench.memory(),
  operators: (cfg) => engine.Bench.operators(cfg),
  ceiling: (cfg) => engine.Bench.ceiling(cfg),
};

self.onmessage = async ({ data: { kind, cfg } }) => {
  try {
    self.postMessage({ value: await calls[kind](cfg) });
  } catch (error) {
    self.postMessage({ error: String(/** @type {any} */ (error)?.stack ?? error) });
  }
};

/** With fused multiply-adds, unless the address says `?simd=plain` or the browser does not have them. */
async function load() {
  // By a variable: the types are only there where the package was built.
  const url = '../pkg-checks/groundmask.js';
  engine = await import(url);
  const plain = new URLSearchParams(self.location.search).get('simd') === 'plain';
  const compiled = async (/** @type {string} */ file) => WebAssembly.compileStreaming(fetch(new URL(`../pkg-checks/${file}`, import.meta.url)));
  const module = plain
    ? await compiled('groundmask_bg.wasm')
    : await compiled('groundmask_fused.wasm').catch(() => compiled('groundmask_bg.wasm'));
  memory = (await engine.default({ module_or_path: module })).memory;
}
load().then(
  () => self.postMessage({ ready: true }),
  (error) => self.postMessage({ error: String(error?.stack ?? error) }),
);
