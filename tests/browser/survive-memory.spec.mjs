// @ts-check
/** Memory that runs out (design row 22): the batch is halved once by itself, and said so; the second time it is named. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { OUT, TESTS, launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';
import { begin, ended, killWorker, read, ready } from './survive-kit.mjs';
import { limitMemory } from './wasm-limit.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

const VIEW = { viewport: { width: 1280, height: 900 } };
const BATCH = 32;
const SETTINGS = { tile_px: 128, batch: BATCH, steps: 2, validate_every: 2, dropout: 0 };

/** The module whose memory is its own: that of threads is made by the page, as large as it may get. @param {string | undefined} url */
const oneThread = (url) => `${url}?threads=1`;

/**
 * A page whose engine may have `bytes` of memory.
 * @param {string} url
 * @param {number} bytes
 */
async function limited(url, bytes) {
  const context = await browser.newContext(VIEW);
  await context.route('**/groundmask_*.wasm', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: limitMemory(await response.body(), bytes) });
  });
  // A binary of no build: the page would tell it from its own.
  await context.route('**/core/build.js', (route) => route.fulfill({ path: path.join(TESTS, '../www/core/build.js') }));
  return { context, page: await ready(context, url, { settings: SETTINGS }) };
}

/**
 * Most wasm memory that a run of this batch takes; memory that was grown is never given back.
 * @param {string} url
 * @param {number} batch
 */
async function peak(url, batch) {
  const context = await browser.newContext(VIEW);
  const page = await ready(context, url, { settings: { ...SETTINGS, batch } });
  await begin(page);
  await ended(page);
  let last = 0;
  const bytes = await until(
    async () => {
      const { wasmBytes } = /** @type {any} */ (await read(page));
      const same = wasmBytes > 0 && wasmBytes === last;
      last = wasmBytes;
      return same ? wasmBytes : 0;
    },
    // Longer than the page takes to ask again.
    { limitMs: 60_000, what: 'the memory was told', everyMs: 1500 },
  );
  await context.close();
  return /** @type {number} */ (bytes);
}

/** @type {{ full: number, half: number }} */
let peaks;
test.beforeAll(async ({}, info) => {
  const url = oneThread(info.project.use.baseURL);
  peaks = { full: await peak(url, BATCH), half: await peak(url, BATCH / 2) };
  console.log(`a batch of ${BATCH} takes ${peaks.full / 2 ** 20} MiB, half of it ${peaks.half / 2 ** 20} MiB`);
});

test('memory runs out: the run begins again with half the batch', async ({ baseURL }) => {
  // Enough for half of it.
  const { context, page } = await limited(oneThread(baseURL), (peaks.full + peaks.half) / 2);
  await begin(page);
  const state = await ended(page);
  expect(state.run.config.batch).toBe(BATCH / 2);
  expect(state.run.end?.reason).toBe('finished');
  expect(state.error?.sentence).toBe('Memory ran out.');
  expect(state.error?.next).toContain(`with ${BATCH / 2} tiles a step instead of ${BATCH}`);
  mkdirSync(path.join(OUT, 'screenshots'), { recursive: true });
  await page.screenshot({ path: path.join(OUT, 'screenshots', 'survive-memory.png') });
  await context.close();
});

test('an engine that is lost after the batch was halved: the batch stays halved', async ({ baseURL }) => {
  const { context, page } = await limited(oneThread(baseURL), (peaks.full + peaks.half) / 2);
  await gm.applySettings(page, undefined, { steps: 40, validate_every: 40 });
  await begin(page);
  await until(async () => (await read(page)).run?.config.batch === BATCH / 2, { limitMs: 240_000, what: 'it goes on with half the batch', everyMs: 20 });
  await killWorker(page);
  await until(async () => (await read(page)).run === null, { limitMs: 60_000, what: 'the engine is gone', everyMs: 10 });
  const { run, error } = await until(async () => {
    const state = await read(page);
    return state.run ? state : null;
  }, { limitMs: 120_000, what: 'the run is there again' });
  expect(run.config.batch).toBe(BATCH / 2);
  expect(error?.sentence).not.toContain('again');
  await page.click('#stop');
  await context.close();
});

test('memory runs out twice: it is named, and nothing is tried for ever', async ({ baseURL }) => {
  const { context, page } = await limited(oneThread(baseURL), peaks.half * 0.75);
  await begin(page);
  await until(async () => (await read(page)).error?.sentence === 'Memory ran out again.', { limitMs: 240_000, what: 'it gave up' });
  const state = await read(page);
  expect(state.error?.next).toContain('smaller');
  // The page is alive: the data can be loaded again.
  await expect(page.locator('#banner-action')).toBeEnabled();
  await page.click('#banner-action');
  await until(async () => gm.usablePairs(await read(page)).length === 4, { limitMs: 60_000, what: 'the data are back' });
  await context.close();
});
