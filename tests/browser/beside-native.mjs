// @ts-check
/**
 * The same training run in the page, in the native command and, its steps alone, in PyTorch, in turn; medians of a step and
 * their ratios.
 *
 *     cargo xtask serve --port 8123 &
 *     TORCH_PYTHON=<Python with torch> GROUNDMASK=<native command> node tests/browser/beside-native.mjs http://localhost:8123/ \
 *         [BASE 8] [TILE_PX 128] [STEPS 40] [ROUNDS 3] [THREADS 2]
 *
 * Without GROUNDMASK or TORCH_PYTHON that part is left out. What is compared is true of one quiet machine in the same minutes.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { pairFolder } from './fixtures.mjs';
import { TESTS, launchBrowser } from './harness.mjs';
import * as gm from './page.mjs';
import { begin, ended, read, ready } from './survive-kit.mjs';

const [url, ...numbers] = process.argv.slice(2);
if (!url) throw new Error('the page’s address is missing');
const [base = 8, tilePx = 128, steps = 40, rounds = 3, threads = 2] = numbers.map(Number);
const { GROUNDMASK, TORCH_PYTHON } = process.env;

const folder = pairFolder('beside-native', 4, { width: 2 * tilePx, height: 2 * tilePx });
/** Nothing but steps, and one validation at the end that no step's time holds. */
const settings = { architecture: 'unet_norm', base, depth: 4, tile_px: tilePx, batch: 2, steps, validate_every: steps, val_share: 0.25, dropout: 0, augmentation: 'off', seed: 1 };

async function inPage() {
  const browser = await launchBrowser({ device: 'cpu' });
  try {
    const page = await ready(await browser.newContext(), `${url}?threads=${threads}`, { folder, settings, everyMs: 1e9 });
    await begin(page);
    const { run } = await ended(page);
    const { device } = await read(page);
    return { ms: run.end?.ms_per_step ?? NaN, what: device?.adapter ?? '' };
  } finally {
    await browser.close();
  }
}

function natively() {
  const out = mkdtempSync(path.join(os.tmpdir(), 'beside-'));
  const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const told = execFileSync(String(GROUNDMASK), ['train', folder, '--json', '--device', 'cpu', ...set, '--save', path.join(out, 'run.gmrun')], { encoding: 'utf8', env: { ...process.env, RAYON_NUM_THREADS: String(threads) } });
  rmSync(out, { recursive: true });
  const end = told.trim().split('\n').map((line) => JSON.parse(line)).find(({ type }) => type === 'run_ended');
  return { ms: end.ms_per_step, what: 'native' };
}

function inTorch() {
  const script = path.join(TESTS, 'quality/torch_steps.py');
  const told = execFileSync(String(TORCH_PYTHON), [script, '--base', `${base}`, '--size', `${tilePx}`, '--steps', `${steps}`, '--threads', `${threads}`], { encoding: 'utf8' });
  const { train_ms: ms, torch } = JSON.parse(told);
  return { ms, what: `torch ${torch}` };
}

/** @type {[string, () => { ms: number, what: string } | Promise<{ ms: number, what: string }>][]} */
const turns = [['page', inPage]];
if (GROUNDMASK) turns.push(['native', natively]);
if (TORCH_PYTHON) turns.push(['torch', inTorch]);
/** @type {Record<string, number[]>} */
const times = {};
for (let round = 1; round <= rounds; round += 1) {
  for (const [name, run] of turns) {
    const { ms, what } = await run();
    (times[name] ??= []).push(ms);
    console.log(`${round} ${name} ${ms.toFixed(1)} ms (${what})`);
  }
}
/** @param {number[]} list */
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? NaN;
const found = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
const ratio = (/** @type {string} */ a, /** @type {string} */ b) => (found[a] && found[b] ? Number((found[a] / found[b]).toFixed(2)) : null);
console.log(JSON.stringify({ base, tile_px: tilePx, batch: 2, threads, ms: found, native_to_page: ratio('native', 'page'), native_to_torch: ratio('native', 'torch'), page_to_torch: ratio('page', 'torch') }));
