// @ts-check
/** Painted labels outlive a reload and an engine that ends beside a run; each is made for real. */
import { rmSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { pairFolder } from './fixtures.mjs';
import { launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';
import { SMALL, begin, imagesKept, killWorker, resumed, saveEvery, savedAt } from './survive-kit.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

/** Images without masks. */
function images() {
  const folder = pairFolder('painted', 3, { width: 72, height: 60 });
  rmSync(path.join(folder, 'masks'), { recursive: true });
  return path.join(folder, 'images');
}

/** @param {Page} page @param {object} command */
const send = (page, command) => page.evaluate((own) => /** @type {any} */ (window).groundmask.send(own), command);

/** A stroke: a band of one class. @param {Page} page @param {string} image @param {number} top @param {number} label */
const stroke = (page, image, top, label) =>
  page.evaluate(
    ([path, row, value]) => {
      const values = new Uint8Array(60 * 8).fill(/** @type {number} */ (value));
      /** @type {any} */ (window).groundmask.send({ type: 'paint_labels', image: path, left: 4, top: row, width: 60, height: 8, values });
    },
    /** @type {const} */ ([image, top, label]),
  );

/** What is labelled of each image. @param {Page} page @returns {Promise<Record<string, number>>} */
async function shares(page) {
  const { dataset } = /** @type {any} */ (await gm.read(page));
  return Object.fromEntries((dataset?.pairs ?? []).map((/** @type {any} */ pair) => [pair.image_path, Math.round(pair.labelled_share * 1e4)]));
}

/** @param {Page} page @param {number} count @param {string} what */
const pairsAre = (page, count, what) => until(async () => Object.keys(await shares(page)).length === count, { limitMs: 60_000, what });

test('strokes are there again after a reload, and after the engine ended beside a run', async ({ baseURL }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.on('dialog', (dialog) => void dialog.accept().catch(() => {}));
  await gm.openPage(page, String(baseURL), 'cpu');
  const folder = images();
  const paths = [1, 2, 3].map((n) => `images/plot${n}.png`);
  await gm.dropForTraining(page, [folder]);
  for (const image of paths.slice(0, 2)) {
    await stroke(page, image, 4, 1);
    await stroke(page, image, 40, 0);
  }
  await pairsAre(page, 2, 'two images are pairs');
  await until(async () => (await page.evaluate(() => /** @type {any} */ (window).groundmask.lastEvents.filter((/** @type {any} */ event) => event.type === 'labels').length)) === 2, { limitMs: 60_000, what: 'all strokes were taken' });
  await page.reload();
  await gm.openPage(page, String(baseURL), 'cpu');
  await gm.dropForTraining(page, [folder]);
  await pairsAre(page, 2, 'the strokes are there again');
  const share = Math.round(((2 * 60 * 8) / (72 * 60)) * 1e4);
  await until(async () => Object.values(await shares(page)).every((own) => own === share), { limitMs: 60_000, what: 'all of each stroke' });

  await stroke(page, paths[2], 20, 1);
  await pairsAre(page, 3, 'three pairs');
  await gm.applySettings(page, 'fast', { ...SMALL, steps: 100_000, val_share: 0.34 });
  await saveEvery(page, 250);
  await begin(page);
  await imagesKept(page);
  await savedAt(page, 50);
  // Later than the last save: only the journal has it.
  await saveEvery(page, 3_600_000);
  await stroke(page, paths[2], 40, 0);
  await until(async () => (await page.evaluate(() => /** @type {any} */ (window).groundmask.lastEvents.some((/** @type {any} */ event) => event.type === 'labels' && event.painted_version > 0 && event.image === 'images/plot3.png'))), { limitMs: 60_000, what: 'the stroke was taken' });
  await killWorker(page);
  await resumed(page);
  await until(async () => Object.values(await shares(page)).every((own) => own === share), { limitMs: 60_000, what: 'the labels are as they were' });
  expect(Object.keys(await shares(page)).sort()).toEqual(paths);
  await send(page, { type: 'stop' });
  await context.close();
});
