// @ts-check
/**
 * `window.ready` and `window.run(cfg)` for `cargo xtask bench` and shared/bench/peers: the engine runs in the worker, one call a step,
 * timed here around each call, with the loss read back.
 */
import { spawnWorker } from './core/worker-link.js';

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
const worker = spawnWorker();
/** @type {{ resolve: (value: any) => void, reject: (error: Error) => void } | null} */
let waiting = null;

worker.onerror = (event) => fail(event.message || 'the worker could not be started');
worker.onmessage = ({ data }) => {
  const message = /** @type {import('./core/types.js').FromWorker} */ (data);
  if (message.kind === undefined) fail(message.message);
  else if (message.kind === 'awake') worker.postMessage({ kind: 'start', lock: `groundmask-bench-${crypto.randomUUID()}`, plain });
  else if (message.kind === 'ready') {
    page.ready = true;
    tell('Ready.');
  } else if (message.kind === 'load_failed') fail(`${message.reason}: ${message.detail}`);
  else if (message.kind === 'bench') {
    const { resolve, reject } = waiting ?? {};
    waiting = null;
    if (message.error) reject?.(new Error(message.error));
    else resolve?.(message.value);
  }
};
const plain = new URLSearchParams(location.search).get('simd') === 'plain';

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

/** @param {import('./core/types.js').ToWorker} message @returns {Promise<any>} */
function ask(message) {
  return new Promise((resolve, reject) => {
    waiting = { resolve, reject };
    worker.postMessage(message);
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
  const made = await ask({ kind: 'bench_create', cfg: { backend, filters: Number(cfg.filters), size: Number(cfg.size), batch: Number(cfg.batch), steps, warmup, infer, det: det ? 1 : 0, dropout } });
  /** @type {Record<string, any>} */
  const out = { lib: 'groundmask', backend: cfg.backend, adapter: made.adapter, params: made.params, initMs: performance.now() - began };
  if (infer > 0) {
    const all = await timed(warmup + infer, 'bench_infer', 'Predicting', false);
    Object.assign(out, { inferFirstMs: all.ms[0], inferMs: median(all.ms.slice(warmup)), inferAll: all.ms, out0: all.values[0] });
  }
  const all = await timed(warmup + steps, 'bench_step', 'Training', true);
  Object.assign(out, { trainFirstMs: all.ms[0], trainMs: median(all.ms.slice(warmup)), trainAll: all.ms, losses: all.values });
  const after = await ask({ kind: 'bench_memory' });
  // Since the model was made: the module itself and what Burn holds before are not the run's.
  out.memory = { ...after, wasm: after.wasm - made.wasm_before };
  tell('Done.');
  return out;
};

/** Every pass of every different layer alone, and the device's ceiling. @param {BenchConfig} cfg */
page.operators = (cfg) => ask({ kind: 'bench_operators', cfg: { ...cfg, backend: cfg.backend === 'webgpu' ? 'webgpu' : 'cpu' } });

/** GFLOP/s of multiply-adds on registers. @param {BenchConfig} cfg */
page.ceiling = (cfg) => ask({ kind: 'bench_ceiling', cfg: { ...cfg, backend: cfg.backend === 'webgpu' ? 'webgpu' : 'cpu' } });

/**
 * @param {number} times
 * @param {'bench_step' | 'bench_infer'} kind
 * @param {string} word
 * @param {boolean} hooks whether the caller's stepStart and stepEnd are called around each
 */
async function timed(times, kind, word, hooks) {
  const ms = [];
  const values = [];
  for (let i = 0; i < times; i += 1) {
    if (hooks) await page.stepStart?.();
    const from = performance.now();
    values.push(await ask({ kind }));
    ms.push(performance.now() - from);
    tell(`${word}: ${i + 1} of ${times}`);
    if (hooks) await page.stepEnd?.();
  }
  return { ms, values };
}
