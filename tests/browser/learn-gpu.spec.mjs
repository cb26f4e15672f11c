// @ts-check
/** Several classes and the mending of a dead output on WebGPU, on Chromium's software adapter: tiny, the whole way. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';
import { PNG } from 'pngjs';

import { freshFolder } from './fixtures.mjs';
import { launchBrowser, watch } from './harness.mjs';
import * as gm from './page.mjs';

const LIMIT_MS = 480_000;

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'webgpu' });
});
test.afterAll(() => browser.close());

/**
 * A folder of pairs; `pixel` gives image and mask at a place as RGB.
 * @param {string} name @param {number} count @param {number} side
 * @param {(k: number, x: number, y: number) => [number[], number[]]} pixel
 */
function pairs(name, count, side, pixel) {
  const root = freshFolder(name);
  for (const folder of ['image', 'label']) mkdirSync(path.join(root, folder));
  for (let k = 0; k < count; k += 1) {
    const both = [new PNG({ width: side, height: side }), new PNG({ width: side, height: side })];
    for (let at = 0; at < side * side; at += 1) {
      const colours = pixel(k, at % side, Math.floor(at / side));
      both.forEach((png, i) => png.data.set([...colours[i], 255], at * 4));
    }
    writeFileSync(path.join(root, 'image', `${k}.png`), PNG.sync.write(both[0]));
    writeFileSync(path.join(root, 'label', `${k}.png`), PNG.sync.write(both[1]));
  }
  return root;
}

/** @param {string} url */
async function open(url) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const seen = await watch(context, url);
  const page = await context.newPage();
  const info = await gm.openPage(page, url, 'webgpu');
  expect(info.kind).toBe('webgpu');
  return { page, seen, context };
}

test('three classes are learnt on WebGPU and predicted', async ({ baseURL }) => {
  const { page, seen, context } = await open(String(baseURL));
  const root = pairs('gpu-classes', 4, 32, (k, x, y) => {
    const grain = (x * 7919 + y * 104_729 + k * 31) % 23;
    const [river, roof] = [(x + y + 5 * k) % 32 < 8, (Math.floor(x / 8) + k) % 3 === 0];
    return river ? [[20, 50, 150 + grain], [20, 60, 200]] : roof ? [[210 + grain, 60, 50], [220, 40, 40]] : [[70, 140 + grain, 60], [40, 160, 60]];
  });
  const state = await gm.dropForTraining(page, [root]);
  expect(/** @type {any} */ (state.dataset).classes).toHaveLength(3);
  await gm.applySettings(page, 'fast', { base: 4, depth: 2, tile_px: 32, batch: 2, lr: 0.01, val_share: 0.25, steps: 40, validate_every: 20, augmentation: 'seed', seed: 7 });
  const trained = await gm.train(page, { limitMs: LIMIT_MS });
  expect(trained.run?.end?.reason).toBe('finished');
  const losses = trained.run?.losses.map(([, loss]) => loss) ?? [];
  expect(losses.every(Number.isFinite)).toBe(true);
  expect(losses.at(-1) ?? Infinity).toBeLessThan(0.8 * losses[0]);
  expect(trained.run?.validations.at(-1)?.validation?.class_iou).toHaveLength(3);
  const predicted = await gm.predict(page, { count: 1, validation: true, limitMs: LIMIT_MS });
  console.log(`classes on WebGPU: loss ${losses[0]} -> ${losses.at(-1)}, IoU ${predicted.results[0].metrics?.iou}`);
  expect(predicted.results[0].metrics?.class_iou).toHaveLength(3);
  expect(seen.errors).toEqual([]);
  await context.close();
});

/** The faint squares of src/train/run/session_tests/, where the weights of seed 35 leave the head without a positive value. */
test('a dead output is found and mended on WebGPU', async ({ baseURL }) => {
  const { page, seen, context } = await open(String(baseURL));
  const side = 96;
  const root = pairs('gpu-dead', 4, side, (k, x, y) => {
    const on = (Math.floor(x / 12) + Math.floor(y / 12) + k) % 3 === 0;
    const noise = Math.imul(y * side + x, 2_654_435_761 + k) >>> 29;
    const value = (on ? 118 : 100) + noise;
    return [[value, value, value], on ? [255, 255, 255] : [0, 0, 0]];
  });
  await gm.dropForTraining(page, [root]);
  await gm.applySettings(page, 'seed', { architecture: 'unet', base: 4, depth: 4, tile_px: 48, sampling: 'crop', steps: 10, validate_every: 10, val_names: ['3.png'], seed: 35 });
  const trained = await gm.train(page, { limitMs: LIMIT_MS });
  const mended = /** @type {any} */ (trained.run)?.mended;
  console.log(`mended on WebGPU: ${JSON.stringify(mended)}, ${JSON.stringify(trained.run?.losses)}`);
  expect(mended).toHaveLength(1);
  expect(mended[0].step).toBe(0);
  await expect(page.locator('#run-mended')).toBeVisible();
  expect(trained.run?.end?.reason).toBe('finished');
  expect(seen.errors).toEqual([]);
  await context.close();
});
