// @ts-check
/**
 * `window.ready` and `window.run(cfg)` for `cargo xtask bench` and shared/bench/peers: the engine runs in a worker, one call a step,
 * timed here around each call, with the loss read back. The package is the one with the feature `checks`; the released one
 * holds no benchmark.
 */

/**
 * @typedef {object} BenchConfig
 * @property {'webgpu' | 'cpu' | 'wasm'} backend `wasm` is the peers' word for the CPU
 * @property {number} filters
 * @property {number} size side in pixels
 * @property {number} batch
 * @property {number} steps
 * @property {number} [warmup]
 * @property {number} [infer] predictions after warm-up; 0 for none
 * @property {number | boolean} [det] fixed weights and no dropout
 * @property {number} [dropout]
 */

const page = /** @type {any} */ (window);
// The worker reads `?simd=plain` from its own address.
const worker = new Worker(new URL(`bench-worker.js${location.search}`, import.meta.url), { type: 'module' });
/** @type {{ resolve: (value: any) => void, reject: (error: Error) => void } | null} */
let waiting = null;

worker.onerror = (event) => fail(event.message || 'the worker could not be started');
worker.onmessage = ({ data }) => {
  // A panic inside a promise is posted by the engine itself, as an event.
  if (data.type === 'fatal') fail(data.message);
  else if (data.error) fail(data.error);
  else if (data.ready) {
    page.ready = true;
    tell('Ready.');
  } else {
    const asked = waiting;
    waiting = null;
    asked?.resolve(data.value);
  }
};

/** @param {string} detail */
function fail(detail) {
  tell(detail);
  waiting?.reject(new Error(detail));
  waiting = null;
}

/** @param {string} line */
function tell(line) {
  const status = document.getElementById('bench-status');
  if (status) status.textContent = line;
}

/** One call. @param {string} kind @param {object} [cfg] @returns {Promise<any>} */
function ask(kind, cfg) {
  return new Promise((resolve, reject) => {
    waiting = { resolve, reject };
    worker.postMessage({ kind, cfg });
  });
}

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? null;

/** @param {BenchConfig} cfg */
page.run = async (cfg) => {
  const warmup = Number(cfg.warmup ?? 2);
  const steps = Number(cfg.steps ?? 5);
  const infer = Number(cfg.infer ?? 0);
  const backend = cfg.backend === 'webgpu' ? 'webgpu' : 'cpu';
  const det = Boolean(cfg.det);
  const dropout = det ? 0 : Number(cfg.dropout ?? 0.5);
  const began = performance.now();
  const made = await ask('create', { backend, filters: Number(cfg.filters), size: Number(cfg.size), batch: Number(cfg.batch), steps, warmup, infer, det: det ? 1 : 0, dropout });
  /** @type {Record<string, any>} */
  const out = { lib: 'groundmask', backend: cfg.backend, adapter: made.adapter, params: made.params, initMs: performance.now() - began };
  if (infer > 0) {
    const all = await timed(warmup + infer, 'infer', 'Predicting', false);
    Object.assign(out, { inferFirstMs: all.ms[0], inferMs: median(all.ms.slice(warmup)), inferAll: all.ms, out0: all.values[0] });
  }
  const all = await timed(warmup + steps, 'step', 'Training', true);
  Object.assign(out, { trainFirstMs: all.ms[0], trainMs: median(all.ms.slice(warmup)), trainAll: all.ms, losses: all.values });
  const after = await ask('memory');
  // Since the model was made: the module itself and what Burn holds before are not the run's.
  out.memory = { ...after, wasm: after.wasm - made.wasm_before };
  tell('Done.');
  return out;
};

/** Every pass of every different layer alone, and the device's ceiling. @param {BenchConfig} cfg */
page.operators = (cfg) => ask('operators', { ...cfg, backend: cfg.backend === 'webgpu' ? 'webgpu' : 'cpu' });

/** GFLOP/s of multiply-adds on registers. @param {BenchConfig} cfg */
page.ceiling = (cfg) => ask('ceiling', { ...cfg, backend: cfg.backend === 'webgpu' ? 'webgpu' : 'cpu' });

/**
 * @param {number} times
 * @param {'step' | 'infer'} kind
 * @param {string} word
 * @param {boolean} hooks whether the caller's stepStart and stepEnd are called around each
 */
async function timed(times, kind, word, hooks) {
  const ms = [];
  const values = [];
  for (let i = 0; i < times; i += 1) {
    if (hooks) await page.stepStart?.();
    const from = performance.now();
    values.push(await ask(kind));
    ms.push(performance.now() - from);
    tell(`${word}: ${i + 1} of ${times}`);
    if (hooks) await page.stepEnd?.();
  }
  return { ms, values };
}
