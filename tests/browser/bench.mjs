// @ts-check
/**
 * Drives pages/bench.html in headless Chromium: `node bench.mjs <job as JSON> <url>`, called by `cargo xtask bench`.
 * The job's keys are those of the page's `window.run`, plus adapter, timeout, sizes and operation counts.
 */
import { launchBrowser, until } from './harness.mjs';

const [jobText = '{}', url = ''] = process.argv.slice(2);
const job = JSON.parse(jobText);

const browser = await launchBrowser({ device: job.backend, adapter: job.adapter });
let code = 0;
try {
  const page = await browser.newPage();
  page.on('console', (message) => console.error(`page: ${message.text()}`));
  page.on('pageerror', (error) => console.error(`page: ${error}`));
  const opened = performance.now();
  await page.goto(url);
  // Not waitForFunction: it polls by eval, which the page's policy forbids.
  await until(() => page.evaluate('window.ready === true'), { limitMs: 120_000, what: 'bench.html is ready' });
  const readyMs = performance.now() - opened;
  const config = Object.fromEntries(
    ['backend', 'filters', 'size', 'batch', 'steps', 'warmup', 'infer', 'det', 'dropout'].map((key) => [key, job[key]]),
  );
  if (job.mode === 'ops') {
    const limit = job.timeout * 1000;
    const found = await withLimit(page.evaluate((cfg) => /** @type {any} */ (window).operators(cfg), config), limit);
    console.log(JSON.stringify(found));
    await browser.close();
    process.exit(0);
  }
  const result = await withLimit(
    page.evaluate((cfg) => /** @type {any} */ (window).run(cfg), config),
    job.timeout * 1000,
  );
  const ceiling = await withLimit(page.evaluate((cfg) => /** @type {any} */ (window).ceiling(cfg), config), job.timeout * 1000);
  // All steps after the warm-ups; older pages give only the median.
  const timed = (result.trainAll ?? []).slice(-job.steps);
  const trainMs = result.trainMs ?? median(timed);
  console.log(
    JSON.stringify({
      device: job.backend,
      adapter: result.adapter ?? null,
      base: job.filters,
      size: job.size,
      batch: job.batch,
      steps: job.steps,
      train_ms: round(trainMs),
      train_min_ms: round(Math.min(...timed)),
      train_max_ms: round(Math.max(...timed)),
      infer_ms: round(result.inferMs),
      first_step_ms: round(result.trainFirstMs ?? result.trainAll?.[0]),
      gflops: round(job.step_flop / (trainMs * 1e6)),
      infer_gflops: round(job.forward_flop / (result.inferMs * 1e6)),
      // Without the inferences, which the benchmark runs before the first step.
      open_to_first_step_ms: round(readyMs + (result.initMs ?? 0) + (result.trainFirstMs ?? 0)),
      memory: result.memory ?? null,
      ceiling_gflops: round(ceiling),
      share_of_ceiling: round(job.step_flop / (trainMs * 1e6) / ceiling),
      parameters: result.params ?? null,
      wasm_raw: job.wasm_raw,
      wasm_gzip: job.wasm_gzip,
      losses: result.losses ?? [],
    }),
  );
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  code = 1;
} finally {
  await browser.close();
}
process.exit(code);

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {number | undefined | null} value */
function round(value) {
  return typeof value === 'number' && Number.isFinite(value) ? Math.round(value * 1000) / 1000 : null;
}

/** @param {Promise<any>} work @param {number} limitMs */
function withLimit(work, limitMs) {
  const limit = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not done after ${limitMs / 1000} s (--timeout)`)), limitMs).unref();
  });
  return Promise.race([work, limit]);
}
