// @ts-check
/**
 * The CPU's threads: as many as the address asks for, the same losses to the last bit, one without isolation, none left when
 * the engine has ended.
 */
import { expect, test } from '@playwright/test';

import { launchBrowser, until } from './harness.mjs';
import { startHost } from './host.mjs';
import * as gm from './page.mjs';
import { ended, killWorker } from './survive-kit.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

const RUN = { base: 8, depth: 3, tile_px: 64, batch: 2, steps: 6, seed: 5 };
const LIMIT_MS = 60_000;

/** Threads beside the engine's own: each holds a lock of its engine's name for life. @param {Page} page @returns {Promise<string[]>} */
const poolThreads = (page) => page.evaluate(async () => ((await navigator.locks.query()).held ?? []).flatMap(({ name }) => (name?.endsWith('-thread') ? [name] : [])));

/** @param {Page} page @returns {Promise<string>} */
const adapter = (page) => page.evaluate('groundmask.state().device.adapter');

/** Whether the served package has the module. @param {string} url */
const isBuilt = async (url) => (await fetch(new URL('pkg/threads/groundmask.js', url))).ok;

test('the losses are the same on 1, 2 and 4 threads, and the threads end with their engine', async ({ baseURL }) => {
  test.skip(!(await isBuilt(String(baseURL))), 'the package has no module with threads');
  /** @type {[number, number][][]} */
  const losses = [];
  for (const threads of [1, 2, 4]) {
    const page = await browser.newPage();
    page.on('dialog', (dialog) => void dialog.accept().catch(() => {}));
    await gm.openPage(page, `${baseURL}?threads=${threads}`, 'cpu');
    expect(await adapter(page)).toBe(`SIMD, ${threads} thread${threads === 1 ? '' : 's'}`);
    const held = await poolThreads(page);
    expect(held.length).toBe(threads - 1);
    await gm.loadSampleScenes(page);
    await gm.applySettings(page, 'fast', RUN);
    await page.click('#start');
    losses.push(/** @type {any} */ (await ended(page)).run.losses);
    if (threads === 4) {
      // In the same page, which starts another engine in its place: leaving it would end all threads anyway.
      await killWorker(page);
      await until(async () => !(await poolThreads(page)).some((name) => held.includes(name)), { limitMs: LIMIT_MS, what: 'the threads are gone' });
    }
    await page.close();
  }
  expect(losses[0].length).toBeGreaterThan(1);
  expect(losses[1]).toEqual(losses[0]);
  expect(losses[2]).toEqual(losses[0]);
});

test('a page that is not isolated has one thread', async ({ baseURL }) => {
  const host = await startHost(String(baseURL), { headers: false });
  const page = await browser.newPage();
  await gm.openPage(page, `${host.url}?threads=2`, 'cpu');
  expect(await adapter(page)).toBe('SIMD, 1 thread');
  await page.close();
  await host.close();
});
