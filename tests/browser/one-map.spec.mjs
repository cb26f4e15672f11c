// @ts-check
/** Map tiles that lie beside each other, predicted as one map: through the page's controls, by keyboard too, on the CPU. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';
import { PNG } from 'pngjs';

import { freshFolder, pairFolder, scene } from './fixtures.mjs';
import { OUT, dropPaths, launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';

const SHOTS = path.join(OUT, 'screenshots');
const SETTINGS = '#preset=fast&base=4&depth=2&tile_px=32&batch=2&lr=0.003&val_share=0.34&seed=7&steps=40&calibration=off';
/** Zoom, the first column and row: in Uganda. */
const [ZOOM, FIRST_X, FIRST_Y] = [20, 619_213, 523_265];
const SIDE = 128;
/** A pixel in EPSG:3857. */
const PIXEL_M = (2 * Math.PI * 6_378_137) / 2 ** ZOOM / SIDE;

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {import('playwright-core').Page} */
let page;
test.describe.configure({ mode: 'serial' });
test.beforeAll(async ({ baseURL }) => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launchBrowser({ device: 'cpu' });
  page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true })).newPage();
  await gm.openPage(page, `${baseURL}${SETTINGS}`, 'cpu');
  await gm.dropForTraining(page, [pairFolder('one-map-pairs', 4, { width: 72, height: 60 })]);
  await gm.train(page, { limitMs: 240_000 });
});
test.afterAll(() => browser.close());

/** Three columns and two rows cut from one scene, the last tile left out. */
function tiles() {
  const whole = PNG.sync.read(scene(5, { width: 3 * SIDE, height: 2 * SIDE }).image);
  const folder = freshFolder('one-map-tiles');
  for (let number = 0; number < 5; number += 1) {
    const [column, row] = [number % 3, Math.floor(number / 3)];
    const tile = new PNG({ width: SIDE, height: SIDE });
    PNG.bitblt(whole, tile, column * SIDE, row * SIDE, SIDE, SIDE, 0, 0);
    writeFileSync(path.join(folder, `${FIRST_X + column}-${FIRST_Y + row}-${ZOOM}.png`), PNG.sync.write(tile));
  }
  return folder;
}

/** Doubles of a tag of the first directory of a little-endian TIFF. @param {Buffer} tiff @param {number} tag */
function doublesOf(tiff, tag) {
  const directory = tiff.readUInt32LE(4);
  for (let entry = directory + 2; entry < directory + 2 + 12 * tiff.readUInt16LE(directory); entry += 12) {
    if (tiff.readUInt16LE(entry) !== tag) continue;
    const at = tiff.readUInt32LE(entry + 8);
    return Array.from({ length: tiff.readUInt32LE(entry + 4) }, (_, i) => tiff.readDoubleLE(at + 8 * i));
  }
  return [];
}

test('tiles beside each other become one mask, one GeoTIFF and one GeoJSON', async () => {
  await gm.goTo(page, 'predict');
  // Of a single image, or of images without a place, there is no such choice.
  const alone = freshFolder('one-map-alone');
  writeFileSync(path.join(alone, 'a.png'), scene(1, { width: SIDE, height: SIDE }).image);
  writeFileSync(path.join(alone, 'b.png'), scene(2, { width: SIDE, height: SIDE }).image);
  await gm.dropForPrediction(page, [alone], 2);
  await expect(page.locator('#as-one-map-line')).toBeHidden();
  await page.click('#clear-predict');

  await gm.dropForPrediction(page, [tiles()], 5);
  await expect(page.locator('#as-one-map-line')).toBeVisible();
  await expect(page.locator('#as-one-map-help')).toContainText(`The 5 images lie on one grid of pixels: together 384\u00A0×\u00A0256.`);
  await page.focus('#as-one-map');
  await page.keyboard.press('Space');
  await expect(page.locator('#as-one-map')).toBeChecked();
  await expect(page.locator('#match-resolution')).toBeDisabled();
  await page.uncheck('#predict-validation');
  await page.focus('#predict');
  await page.keyboard.press('Enter');
  const state = await until(async () => {
    const now = await gm.read(page);
    return now.results.length && !now.predicting ? now : null;
  }, { limitMs: 120_000, what: 'the map' });
  expect(state.faults.filter((fault) => fault.stage === 'predict')).toEqual([]);
  expect(state.results.map(({ name, width, height, place }) => ({ name, width, height, place }))).toEqual([{ name: 'mosaic', width: 384, height: 256, place: 'known' }]);
  const card = page.locator('#results li.pair');
  await expect(card).toHaveCount(1);
  for (const [name, width, dark] of /** @type {[string, number, boolean][]} */ ([['light', 1280, false], ['dark', 1280, true], ['narrow', 390, false]])) {
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: path.join(SHOTS, `one-map-${name}.png`), fullPage: true });
  }
  await page.setViewportSize({ width: 1280, height: 900 });

  const tiff = await gm.download(page, '#results [data-kind="class_tif"]');
  expect(tiff.name).toBe('mosaic_classes.tif');
  const half = Math.PI * 6_378_137;
  const [left, top] = [FIRST_X * SIDE * PIXEL_M - half, half - FIRST_Y * SIDE * PIXEL_M];
  const [, , , x, y] = doublesOf(tiff.bytes, 33922);
  const [pixelX, pixelY] = doublesOf(tiff.bytes, 33550);
  for (const off of [x - left, y - top, 384 * (pixelX - PIXEL_M), 256 * (pixelY - PIXEL_M)]) expect(Math.abs(off)).toBeLessThan(1e-6 * PIXEL_M + 1e-8);
  expect(tiff.bytes.toString('latin1', 8, 200)).toContain('LAYOUT=IFDS_BEFORE_DATA');

  const geojson = await gm.download(page, '#results [data-kind="geojson"]');
  expect(geojson.name).toBe('mosaic.geojson');
  const { features } = JSON.parse(String(geojson.bytes));
  expect(features.length).toBeGreaterThan(0);
  const longitude = (/** @type {number} */ column) => ((left + column * PIXEL_M) / half) * 180;
  const spans = features.map((/** @type {any} */ { geometry }) => geometry.coordinates[0].map((/** @type {number[]} */ corner) => corner[0]));
  for (const all of spans) expect(Math.min(...all) >= longitude(-0.01) && Math.max(...all) <= longitude(384.01)).toBe(true);
  // Outlines go on from one tile to the next.
  const crosses = (/** @type {number} */ column) => spans.some((/** @type {number[]} */ all) => Math.min(...all) < longitude(column - 2) && Math.max(...all) > longitude(column + 2));
  expect(crosses(SIDE) || crosses(2 * SIDE)).toBe(true);
});

test('each by itself again, and an image that lies elsewhere takes the choice away', async () => {
  await page.uncheck('#as-one-map');
  await expect(page.locator('#match-resolution')).toBeEnabled();
  await page.click('#predict');
  await until(async () => {
    const now = await gm.read(page);
    return now.results.length === 5 && !now.predicting ? now : null;
  }, { limitMs: 120_000, what: 'five masks' });
  await page.check('#as-one-map');
  const folder = freshFolder('one-map-elsewhere');
  writeFileSync(path.join(folder, 'town.png'), scene(6, { width: SIDE, height: SIDE }).image);
  await dropPaths(page, [path.join(folder, 'town.png')]);
  await until(async () => (await gm.read(page)).inputs.length === 6 || null, { limitMs: 30_000, what: 'the image was read' });
  await expect(page.locator('#as-one-map-line')).toBeHidden();
  await page.click('#predict');
  await until(async () => {
    const now = await gm.read(page);
    return now.results.length === 6 && !now.predicting ? now : null;
  }, { limitMs: 120_000, what: 'six masks' });
});
