// @ts-check
/** A GPU that is lost (design row 21): its process is ended for real, and the run goes on with the same losses. */
import { expect, test } from '@playwright/test';

import { pairFolder } from './fixtures.mjs';
import { launchBrowser, until } from './harness.mjs';
import { begin, ended, expectSame, read, ready, reference, resumed, savedAt } from './survive-kit.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'webgpu' });
});
test.afterAll(() => browser.close());

/** Rounding differs from run to run on a GPU: 1e-3 is far more than that, far less than another batch. */
const GPU_TOLERANCE = 1e-3;
/** As little as can be interrupted: the software adapter takes seconds a step. */
const OPTIONS = { device: /** @type {const} */ ('webgpu'), settings: { steps: 14, validate_every: 7, batch: 1, dropout: 0 }, everyMs: 500 };

test('a GPU process that crashes: the run goes on by itself, on the GPU', async ({ baseURL }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const folder = pairFolder('survive-gpu', 4, { width: 40, height: 36 });
  const whole = await reference(browser, String(baseURL), { ...OPTIONS, folder });
  const page = await ready(context, String(baseURL), { ...OPTIONS, folder });
  await begin(page);
  await savedAt(page, 3);
  const session = await browser.newBrowserCDPSession();
  const began = Date.now();
  await session.send('Browser.crashGpuProcess').catch(() => {});
  await until(async () => (await read(page)).error?.sentence, { limitMs: 120_000, what: 'the page noticed', everyMs: 20 });
  console.log(`noticed after ${Date.now() - began} ms: ${JSON.stringify((await read(page)).error)}`);
  const state = await resumed(page);
  expect(state.error?.sentence).toContain('The GPU was reset');
  expect(state.device?.kind).toBe('webgpu');
  // On a GPU the losses told on the way are means over the steps since the last read, which differ in number.
  const { last } = expectSame(await ended(page), whole, GPU_TOLERANCE);
  console.log(`the last losses differ by ${last}`);
  await context.close();
});
