// @ts-check
/** A network over chosen bands, by the page's own controls: named in the settings, read, trained, kept by the model, asked of new images. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { freshFolder } from './fixtures.mjs';
import { geoTiff } from './geotiff.mjs';
import { OUT, launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';

const SHOTS = path.join(OUT, 'screenshots');
const SIDE = 64;
const BANDS = 5;
const PLACE = { epsg: 32636, x: 700_000, y: 3_700_000, pixel: 10 };

/** Bands side by side; the last one tells the halves apart. @param {number} bands @param {number} seed */
function picture(bands, seed) {
  const data = Uint8Array.from({ length: SIDE * SIDE * bands }, (_, i) => 60 + ((i * 31 + seed * 17) % 40) + (i % bands === BANDS - 1 && Math.floor(i / bands) % SIDE > 30 ? 120 : 0));
  return geoTiff({ width: SIDE, height: SIDE, data, bands }, PLACE);
}

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

test('bands are named in the settings, and the model asks them of new images', async ({ baseURL }) => {
  const page = await (await browser.newContext({ viewport: { width: 1200, height: 900 }, reducedMotion: 'reduce' })).newPage();
  await gm.openPage(page, String(baseURL), 'cpu');
  const folder = freshFolder('bands-train');
  for (const kind of ['images', 'masks']) mkdirSync(path.join(folder, kind));
  const mask = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (Math.floor(i / 3) % SIDE > 30 ? 255 : 0));
  for (let i = 0; i < 3; i += 1) {
    writeFileSync(path.join(folder, 'images', `${i}.tif`), picture(BANDS, i));
    writeFileSync(path.join(folder, 'masks', `${i}.tif`), geoTiff({ width: SIDE, height: SIDE, data: mask }, PLACE));
  }
  const fresh = freshFolder('bands-new');
  writeFileSync(path.join(fresh, 'five.tif'), picture(BANDS, 9));
  writeFileSync(path.join(fresh, 'three.tif'), picture(3, 9));
  await gm.dropForTraining(page, [folder]);
  await expect(page.locator('#bands-train-help')).toHaveText(/sees the usual three of 5 bands/);
  await gm.dropForPrediction(page, [fresh], 2);

  await gm.applySettings(page, 'fast', { base: 4, depth: 2, tile_px: 32, batch: 2, steps: 8, val_share: 0.34 });
  await gm.unfold(page, '#set-bands');
  const error = page.locator('#err-bands');
  for (const [text, words] of /** @type {const} */ ([['1, 1', /there twice/], ['1-17', /16 bands at most/], ['4-9', /has not all of them \(it has 5/], ['x', /not a number/]])) {
    await page.fill('#set-bands', text);
    await expect(error).toHaveText(words);
  }
  await page.fill('#set-bands', '1-5');
  // Nothing is read while somebody types.
  await expect(error).toHaveText(/read with other bands/);
  expect((/** @type {any} */ (await gm.read(page))).bands?.shown).toEqual([]);
  await page.keyboard.press('Tab');
  await until(async () => (/** @type {any} */ (await gm.read(page))).bands?.shown.length === BANDS, { limitMs: 20_000, what: 'the images are read again' });
  await expect(error).toBeHidden();
  await expect(page.locator('#preset-line')).toContainText('bands 1-5');
  for (const [width, scheme] of /** @type {const} */ ([[1200, 'light'], [1200, 'dark'], [390, 'light']])) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme });
    await page.locator('#field-bands').scrollIntoViewIfNeeded();
    await page.screenshot({ path: path.join(SHOTS, `bands-settings-${width}-${scheme}.png`) });
    await gm.goTo(page, 'data');
    await page.locator('#bands-train-line').scrollIntoViewIfNeeded();
    await page.screenshot({ path: path.join(SHOTS, `bands-data-${width}-${scheme}.png`) });
    await gm.goTo(page, 'train');
  }
  await expect(page.locator('#bands-train')).toBeDisabled();
  await expect(page.locator('#bands-train')).toHaveValue('1-5');

  await gm.train(page, { limitMs: 60_000 });
  await gm.goTo(page, 'predict');
  await expect(page.locator('#model-line')).toContainText('bands 1-5');
  await expect(page.locator('#bands-predict-help')).toHaveText(/model sees these 5 bands/);
  await until(async () => {
    const now = await gm.read(page);
    return now.inputs.length === 2 && !now.reading;
  }, { limitMs: 20_000, what: 'the images to predict are read with the bands of the model' });
  await page.setChecked('#predict-validation', false);
  await page.click('#predict');
  await until(async () => {
    const now = await gm.read(page);
    return now.results.length === 1 && !now.predicting;
  }, { limitMs: 60_000, what: 'the image with five bands is predicted' });
  const { faults } = /** @type {any} */ (await gm.read(page));
  const told = faults.filter((/** @type {any} */ fault) => fault.code === 'missing_bands');
  expect(told.map((/** @type {any} */ { file, detail }) => [file.replace(/.*\//, ''), detail])).toEqual([['three.tif', 'the model sees bands 1, 2, 3, 4, 5; it has 3, no 4']]);
  await page.screenshot({ path: path.join(SHOTS, 'bands-predict.png') });

  // And back to the usual ones, for another network.
  await gm.goTo(page, 'train');
  await gm.unfold(page, '#set-bands');
  await page.fill('#set-bands', '');
  await expect(error).toHaveText(/read with bands 1, 2, 3, 4, 5/);
  await page.keyboard.press('Enter');
  await until(async () => (/** @type {any} */ (await gm.read(page))).bands?.shown.length === 0, { limitMs: 20_000, what: 'the images are read as usual' });
  await expect(page.locator('#bands-train')).toBeEnabled();
  expect((await gm.read(page)).results.length, 'what the model has made of its own bands stays').toBe(1);

  // A run that goes on from the model sees the bands of the model, whatever the list says.
  await page.setChecked('#from-model', true);
  await until(async () => {
    const now = /** @type {any} */ (await gm.read(page));
    return now.bands?.shown.length === BANDS && !now.reading && !now.config.errors.length;
  }, { limitMs: 20_000, what: 'the images are read with the bands of the model' });
  await expect(page.locator('#start')).toHaveAttribute('aria-disabled', 'false');
  await page.setChecked('#from-model', false);
  await until(async () => {
    const now = /** @type {any} */ (await gm.read(page));
    return now.bands?.shown.length === 0 && !now.reading && !now.config.errors.length;
  }, { limitMs: 20_000, what: 'the images are read as usual again' });
  expect((await gm.read(page)).results.length).toBe(1);
});
