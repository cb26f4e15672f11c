// @ts-check
/**
 * The main job, whole: drop a folder, train, predict, download the masks. On both devices, from the
 * same page, with every request that would leave the origin aborted and recorded.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';
import { PNG } from 'pngjs';

import { pairFolder, scene, freshFolder } from './fixtures.mjs';
import { OUT, launchBrowser, watch } from './harness.mjs';
import * as gm from './page.mjs';
import { unzip } from './zip.mjs';

const SHOTS = path.join(OUT, 'screenshots');
/** The smallest network that still has every layer. */
const SMALL = { architecture: 'unet_norm', base: 4, depth: 2, tile_px: 32, batch: 2, lr: 0.003, val_share: 0.34, seed: 7 };
/** SwiftShader takes seconds for what the CPU does in milliseconds. */
const STEPS = { webgpu: 8, cpu: 30 };
const RUN_LIMIT_MS = 480_000;

for (const device of /** @type {const} */ (['cpu', 'webgpu'])) {
  test.describe(`on ${device}`, () => {
    /** @type {import('playwright-core').Browser} */
    let browser;
    test.beforeAll(async () => {
      mkdirSync(SHOTS, { recursive: true });
      browser = await launchBrowser({ device });
    });
    test.afterAll(() => browser.close());

    test('a folder is dropped, trained on, predicted and downloaded', async ({ baseURL }) => {
      const size = { width: 72, height: 60 };
      const folder = pairFolder(`main-${device}`, 6, size);
      const extra = freshFolder(`extra-${device}`);
      // A size that fits no tile and no power of two.
      const odd = { width: 101, height: 67 };
      writeFileSync(path.join(extra, 'unseen.png'), scene(99, odd).image);

      await job({
        browser,
        device,
        url: String(baseURL),
        drop: [folder],
        pairs: 6,
        extra: [path.join(extra, 'unseen.png')],
        sizes: { unseen: odd },
        settings: { ...SMALL, channels: 'rgb', steps: STEPS[device] },
        shots: device,
        lossFalls: true,
      });
    });

    test('a drop of two folders of tiles', async ({ baseURL }) => {
      const folder = pairFolder(`two-folders-${device}`, 7, { width: 256, height: 256 });
      await job({
        browser,
        device,
        url: String(baseURL),
        drop: [path.join(folder, 'images'), path.join(folder, 'masks')],
        pairs: 7,
        extra: [],
        sizes: {},
        settings: { ...SMALL, channels: 'rgb', steps: 4 },
        shots: `${device}-two-folders`,
        lossFalls: false,
      });
    });
  });
}

/**
 * @param {object} job
 * @param {import('playwright-core').Browser} job.browser
 * @param {import('./harness.mjs').Device} job.device
 * @param {string} job.url
 * @param {string[]} job.drop
 * @param {number} job.pairs
 * @param {string[]} job.extra images to predict that have no mask
 * @param {Record<string, { width: number, height: number }>} job.sizes of `extra`, by stem
 * @param {Record<string, any>} job.settings
 * @param {string} job.shots prefix of the screenshots
 * @param {boolean} job.lossFalls
 */
async function job({ browser, device, url, drop, pairs, extra, sizes, settings, shots, lossFalls }) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
  const seen = await watch(context, url);
  const page = await context.newPage();
  /** @param {string} state */
  const shoot = (state) => page.screenshot({ path: path.join(SHOTS, `${shots}-${state}.png`), fullPage: true });

  const info = await gm.openPage(page, url, device);
  await expect(page.locator('#dropzone')).toBeVisible();
  await shoot('1-empty');
  expect(info.kind).toBe(device);
  seen.markLoaded();

  const loaded = await gm.dropForTraining(page, drop);
  expect(loaded.dataset?.faults).toEqual([]);
  expect(gm.usablePairs(loaded)).toHaveLength(pairs);
  await expect(page.locator('#gallery > li')).toHaveCount(pairs);
  await shoot('2-loaded');

  await gm.applySettings(page, 'fast', settings);
  let shot = false;
  const trained = await gm.train(page, {
    limitMs: RUN_LIMIT_MS,
    onProgress: ({ run }) => {
      if (!shot && run?.last) {
        shot = true;
        void shoot('3-training').catch(() => {});
      }
    },
  });
  const end = trained.run?.end;
  expect(end?.reason).toBe('finished');
  expect(end?.steps).toBe(settings.steps);
  expect(Number.isFinite(end?.loss_first)).toBe(true);
  expect(Number.isFinite(end?.loss_last)).toBe(true);
  for (const [, loss] of trained.run?.losses ?? []) expect(Number.isFinite(loss)).toBe(true);
  if (lossFalls) expect(end?.loss_last).toBeLessThan(Number(end?.loss_first));
  expect(trained.model).not.toBeNull();
  await shoot('4-trained');

  const validation = trained.run?.validation_pairs.length ?? 0;
  expect(validation).toBeGreaterThan(0);
  if (extra.length) await gm.dropForPrediction(page, extra, extra.length);
  const count = validation + extra.length;
  const predicted = await gm.predict(page, { count, validation: true, limitMs: RUN_LIMIT_MS });
  expect(predicted.results).toHaveLength(count);
  for (const result of predicted.results) {
    const input = result.pair == null ? sizes[stem(result.name)] : predicted.dataset?.pairs[result.pair];
    if (!input) throw new Error(`${result.name} is the prediction of nothing`);
    expect({ width: result.width, height: result.height }).toEqual({ width: input.width, height: input.height });
  }
  await shoot('5-predicted');

  await checkZip(page, predicted, 'mask_png', (png) => {
    // 8-bit, thresholded: 0 or 255 and nothing between.
    expect(png.data.every((value, at) => at % 4 === 3 || value === 0 || value === 255)).toBe(true);
  });
  await checkZip(page, predicted, 'probability_png', () => {});
  const model = await gm.download(page, '#save-model');
  expect(model.name).toMatch(/\.safetensors$/);
  expect(model.bytes.length).toBeGreaterThan(1000);

  expect(seen.foreign, 'requests that left the origin').toEqual([]);
  expect(seen.errors, 'errors on the console').toEqual([]);
  expect((await gm.read(page)).bytesSent).toBe(0);
  expect(await seen.bytesSent(), 'bytes sent after the page was loaded').toBe(0);
  await context.close();
}

/**
 * Downloads all results of one kind, decodes every file and compares its size with the result's.
 * @param {import('playwright-core').Page} page
 * @param {gm.Summary} predicted
 * @param {'mask_png' | 'probability_png'} kind
 * @param {(png: PNG) => void} check
 */
async function checkZip(page, predicted, kind, check) {
  await page.selectOption('#zip-kind', kind);
  const archive = await gm.download(page, '#download-zip');
  const files = unzip(archive.bytes);
  expect(files.size).toBe(predicted.results.length);
  for (const result of predicted.results) {
    const name = [...files.keys()].find((file) => path.basename(file).startsWith(stem(result.name)));
    expect(name, `a file for ${result.name} among ${[...files.keys()]}`).toBeDefined();
    const bytes = files.get(String(name)) ?? Buffer.alloc(0);
    const png = PNG.sync.read(bytes);
    expect([png.width, png.height]).toEqual([result.width, result.height]);
    // Bit depth and colour type of the header: grey, 8 or 16 bit.
    expect([bytes[24], bytes[25]]).toEqual([kind === 'mask_png' ? 8 : 16, 0]);
    check(png);
  }
}

/** @param {string} name */
function stem(name) {
  return path.basename(name).replace(/\.[^.]+$/, '');
}
