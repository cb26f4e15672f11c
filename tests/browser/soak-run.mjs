// @ts-check
/** Long training in a page, watched from outside: for `cargo xtask soak` and for its short form among the tests. */
import { readFileSync } from 'node:fs';

import { until } from './harness.mjs';
import * as gm from './page.mjs';

/** @typedef {{ minutes: number, device: import('./harness.mjs').Device, settings?: object }} Job */
/** @typedef {{ run: { step: number, validations: number, end: object | null } | null, error: object | null, wasmBytes: number, queueMax: number, longestTaskTrainingMs: number }} Glance */

/** More than can be done in a day: the clock ends the run. */
const STEPS = 10_000_000;
const SETTINGS = { steps: STEPS, validate_every: 100, batch: 2 };

/**
 * Trains on the example scenes for so long and says what became of memory, queue and the page's tasks.
 * @param {import('playwright-core').Browser} browser
 * @param {Job} job
 * @param {string} url
 */
export async function soak(browser, job, url) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 } });
  const page = await context.newPage();
  page.on('crash', () => console.error('soak: the page crashed'));
  await page.addInitScript(watchFrames);
  await gm.openPage(page, url, job.device);
  await gm.loadSampleScenes(page);
  await gm.applySettings(page, 'fast', { ...SETTINGS, ...job.settings });
  await gm.goTo(page, 'train');
  await page.click('#start');
  const began = Date.now();
  const machine = watchMachine(await pagePid(browser));
  const endMs = began + job.minutes * 60_000;
  // A whole snapshot would itself be a long task once the run is old.
  const read = /** @type {() => Promise<Glance>} */ (() => page.evaluate(() => /** @type {any} */ (window).groundmask.glance()));
  await until(async () => ((await read()).run?.validations ?? 0) > 0, { limitMs: 3_600_000, what: 'the first validation', everyMs: 500 });
  await until(() => Date.now() >= began + job.minutes * 6000, { limitMs: job.minutes * 60_000 + 1000, what: 'the run settled', everyMs: 250 });
  const start = { wasm: (await read()).wasmBytes, process: await processMb(browser) };
  let heard = Date.now();
  let lastStep = 0;
  let said = Date.now();
  let state = await read();
  while (Date.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    state = await read();
    if (!state.run || state.run.end) throw new Error(`the run ended: ${JSON.stringify(state.run?.end)} ${JSON.stringify(state.error)}`);
    if (state.run.step !== lastStep) heard = Date.now();
    lastStep = state.run.step;
    if (Date.now() - heard > 300_000) throw new Error(`no step for five minutes after step ${lastStep}`);
    if (Date.now() - said < 60_000) continue;
    said = Date.now();
    console.error(`soak: step ${lastStep}, wasm ${(state.wasmBytes / 2 ** 20).toFixed(0)} MiB, processes ${(await processMb(browser)).toFixed(0)} MB, queue ${state.queueMax}`);
  }
  for (const line of await page.evaluate(() => /** @type {any} */ (window).slowest)) console.error(`soak: ${line}`);
  machine.end();
  /** @type {{ from: number, to: number }[]} */
  const long = await page.evaluate(() => /** @type {any} */ (window).longTasks);
  const tasks = long.filter(({ from }) => from >= began).map(({ from, to }) => ({ at_s: round((from - began) / 1000), ms: Math.round(to - from), ...machine.between(from, to) }));
  for (const task of tasks) console.error(`soak: task ${JSON.stringify(task)}`);
  return {
    device: job.device,
    minutes: (Date.now() - began) / 60_000,
    steps: state.run?.step ?? 0,
    wasm_bytes_start: start.wasm,
    wasm_bytes_end: state.wasmBytes,
    process_mb_start: round(start.process),
    process_mb_end: round(await processMb(browser)),
    longest_task_ms: state.longestTaskTrainingMs,
    long_tasks: tasks.length,
    // A virtual machine's host may take the cores away in the middle of a task: what is left without that.
    longest_task_less_stolen_ms: Math.max(0, ...tasks.map(({ ms, stolen_ms }) => ms - stolen_ms)),
    // And of that what the page itself can have had of a core.
    longest_own_ms: Math.max(0, ...tasks.map(({ ms, stolen_ms, ran_ms }) => Math.min(ms - stolen_ms, ran_ms))),
    stolen_ms: machine.between(began, Date.now()).stolen_ms,
    queue_max: state.queueMax,
  };
}

/**
 * What the machine did to the page's main thread, in ms, by the kernel's accounts: `stolen` is what the host took from all
 * cores together, `ran` the time the thread had a core, `waited` the time it was ready and had none. Zeros where there
 * are no such accounts. Between two moments each is the most it can have been: samples lie 20 ms apart or more.
 * @param {number} pid the page's process, which is also its main thread
 */
function watchMachine(pid) {
  /** @type {{ at: number, stolen: number, ran: number, waited: number }[]} */
  const samples = [];
  const sample = () => {
    try {
      const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].split(/\s+/);
      const [ran, waited] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ').map((ns) => Number(ns) / 1e6);
      samples.push({ at: Date.now(), stolen: 10 * Number(ticks[7] ?? 0), ran, waited });
    } catch { /* Not Linux, or the page has ended. */ }
  };
  sample();
  const timer = setInterval(sample, 20);
  return {
    end: () => {
      clearInterval(timer);
      sample();
    },
    /** @param {number} from @param {number} to */
    between: (from, to) => {
      const before = samples.findLast(({ at }) => at <= from) ?? samples[0];
      const after = samples.find(({ at }) => at >= to) ?? samples.at(-1);
      const took = (/** @type {'stolen' | 'ran' | 'waited'} */ name) => (before && after ? Math.round(after[name] - before[name]) : 0);
      return { stolen_ms: took('stolen'), ran_ms: took('ran'), waited_ms: took('waited') };
    },
  };
}

/** Runs in the page: keeps all long tasks, and the ten longest frames with what took their time. */
function watchFrames() {
  /** @type {{ from: number, to: number }[]} */
  const tasks = [];
  Object.defineProperty(window, 'longTasks', { value: tasks });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) tasks.push({ from: performance.timeOrigin + startTime, to: performance.timeOrigin + startTime + duration });
  }).observe({ type: 'longtask', buffered: true });
  if (!PerformanceObserver.supportedEntryTypes.includes('long-animation-frame')) return;
  /** @type {{ ms: number, line: string }[]} */
  let slowest = [];
  Object.defineProperty(window, 'slowest', { get: () => slowest.map(({ line }) => line) });
  new PerformanceObserver((list) => {
    for (const entry of /** @type {any[]} */ (list.getEntries())) {
      const scripts = entry.scripts.map((/** @type {any} */ s) => `${s.sourceURL.split('/').pop()} ${s.sourceFunctionName || s.invoker} ${Math.round(s.duration)} ms`);
      const rest = entry.renderStart ? `, drawing ${Math.round(entry.startTime + entry.duration - entry.renderStart)} ms` : '';
      slowest.push({ ms: entry.duration, line: `frame of ${Math.round(entry.duration)} ms at ${Math.round(entry.startTime / 1000)} s: ${scripts.join('; ') || 'no script'}${rest}` });
    }
    slowest = slowest.sort((a, b) => b.ms - a.ms).slice(0, 10);
  }).observe({ type: 'long-animation-frame', buffered: true });
}

/** The process of the page: of all renderers the one that has worked most. @param {import('playwright-core').Browser} browser */
async function pagePid(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').sort((a, b) => b.cpuTime - a.cpuTime)[0]?.id ?? 0;
}

/** Resident memory of the page's and the GPU's processes. @param {import('playwright-core').Browser} browser */
async function processMb(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  let kib = 0;
  for (const { type, id } of processInfo) {
    if (type !== 'renderer' && type !== 'GPU') continue;
    try {
      kib += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0);
    } catch { /* It ended between the two questions. */ }
  }
  return kib / 1024;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
