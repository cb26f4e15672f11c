// @ts-check
/**
 * Files as strangers have them, dropped on the page: one small drop for each kind that was once taken for something
 * else in silence. `tests/strangers/make.py` made them, and with GDAL what they have to come to.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';
import { PNG } from 'pngjs';

import { freshFolder, scene } from './fixtures.mjs';
import { geoTiff } from './geotiff.mjs';
import { OUT, TESTS, launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';

const FOLDER = path.join(TESTS, 'strangers');
/**
 * @typedef {object} Case
 * @property {'train' | 'predict'} purpose
 * @property {number} [pairs]
 * @property {number} [inputs]
 * @property {number[]} [codes] of the classes
 * @property {string[]} [classes] names among those of the classes
 * @property {number[]} [shares] of foreground, a pair
 * @property {string[]} [notes] codes at the first pair
 * @property {string[]} [blocked] codes a pair
 * @property {number[][]} [sizes] width and height a pair
 * @property {string} [range] how the range of numbers was chosen
 * @property {number} [black_at_least]
 * @property {(number | null)[]} [epsg] an input
 * @property {number[]} [middle] longitude and latitude of the first input
 * @property {string} [onnx_resolution]
 * @property {string} [text] on the page
 */
/** @type {Record<string, Case>} */
const CASES = JSON.parse(readFileSync(path.join(FOLDER, 'cases.json'), 'utf8'));

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {import('playwright-core').Page} */
let page;
test.beforeAll(async ({ baseURL }) => {
  browser = await launchBrowser({ device: 'cpu' });
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await gm.openPage(page, String(baseURL), 'cpu');
  mkdirSync(path.join(OUT, 'screenshots/strangers'), { recursive: true });
});
test.afterAll(() => browser.close());

/** Forgets what was dropped before. */
async function clear() {
  await page.evaluate(() => {
    const { send } = /** @type {any} */ (window).groundmask;
    send({ type: 'clear', purpose: 'train' });
    send({ type: 'clear', purpose: 'predict' });
  });
  await until(async () => {
    const { dataset, inputs } = await gm.read(page);
    return (dataset?.pairs.length ?? 0) === 0 && inputs.length === 0 ? true : null;
  }, { limitMs: 30_000, what: 'the page is empty' });
}

/** @param {Case} wanted @param {any} dataset */
function checkTraining(wanted, dataset) {
  expect(dataset.pairs.length).toBe(wanted.pairs);
  const blocked = dataset.pairs.map((/** @type {any} */ pair) => pair.blocked?.code ?? null);
  expect(blocked).toEqual(wanted.blocked ?? dataset.pairs.map(() => null));
  if (wanted.codes) {
    const legend = dataset.rule.legend.filter((/** @type {any} */ entry) => !entry.ignored);
    expect(legend.map((/** @type {any} */ entry) => entry.code)).toEqual(wanted.codes);
    expect(dataset.classes.length).toBe(wanted.codes.length);
  }
  for (const name of wanted.classes ?? []) expect(dataset.classes.map((/** @type {any} */ c) => c.name)).toContain(name);
  wanted.shares?.forEach((share, index) => expect(dataset.pairs[index].foreground_share).toBeCloseTo(share, 6));
  for (const note of wanted.notes ?? []) expect(dataset.pairs[0].notes.map((/** @type {any} */ n) => n.code)).toContain(note);
  wanted.sizes?.forEach(([width, height], index) => expect([dataset.pairs[index].width, dataset.pairs[index].height]).toEqual([width, height]));
  if (wanted.range) expect(dataset.ranges?.choice.kind).toBe(wanted.range);
  if (wanted.black_at_least) expect(dataset.ranges?.used.bands[0][0]).toBeGreaterThanOrEqual(wanted.black_at_least);
}

for (const [name, wanted] of Object.entries(CASES)) {
  test(`${name}: what the file says is what the page has`, async () => {
    await clear();
    const folder = path.join(FOLDER, 'files', name);
    if (wanted.purpose === 'predict') {
      const state = await gm.dropForPrediction(page, [folder], Number(wanted.inputs));
      expect(state.inputs.map((input) => input.geo?.epsg ?? null)).toEqual(wanted.epsg);
      const middle = state.inputs[0].geo?.middle;
      wanted.middle?.forEach((degrees, index) => expect(middle?.[index]).toBeCloseTo(degrees, 5));
    } else {
      const { dataset } = await gm.dropForTraining(page, [folder]);
      checkTraining(wanted, dataset);
      if (wanted.text) await expect(page.locator('#place-data')).toContainText(wanted.text);
    }
    await page.screenshot({ path: path.join(OUT, `screenshots/strangers/${name}.png`), fullPage: true });
    if (wanted.onnx_resolution) {
      await page.evaluate(() => /** @type {any} */ (window).groundmask.send({ type: 'preset_config', preset: 'fast' }));
      const resolution = await exportedResolution();
      expect(Number(resolution)).toBe(Number(wanted.onnx_resolution));
    }
  });
}

/** Trains two steps on what is there, exports the model for QGIS and reads what its file says of the resolution. */
async function exportedResolution() {
  await gm.goTo(page, 'train');
  await page.locator('#advanced').evaluate((details) => {
    /** @type {HTMLDetailsElement} */ (details).open = true;
  });
  for (const [field, value] of [['base', '4'], ['depth', '2'], ['tile_px', '32'], ['batch', '2'], ['steps', '2'], ['val_share', '0']]) {
    await page.fill(`#set-${field}`, value);
  }
  await expect(page.locator('#start')).toBeEnabled();
  await page.click('#start');
  await until(async () => ((await gm.read(page)).run?.end ? true : null), { limitMs: 120_000, what: 'two steps are done' });
  await gm.goTo(page, 'predict');
  await page.selectOption('#model-format', 'onnx_qgis');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save-model')]);
  const bytes = readFileSync(String(await download.path())).toString('latin1');
  // Key and value of a metadata entry (protobuf): the key, the field's number and length, the value.
  return /resolution\x12[\x01-\x0f]([\d.]+)/.exec(bytes)?.[1];
}

/** @param {string} folder @param {string} file @param {number} width @param {(x: number, y: number) => number} value 16 bits */
function grey16(folder, file, width, value) {
  const rows = Array.from({ length: width }, (_, y) => Array.from({ length: width }, (_, x) => value(x, y))).flat();
  const data = Buffer.alloc(rows.length * 2);
  rows.forEach((number, at) => data.writeUInt16BE(number, at * 2));
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), PNG.sync.write(/** @type {any} */ ({ width, height: width, data }), { bitDepth: 16, colorType: 0, inputColorType: 0, inputHasAlpha: false }));
}

test('which folder is what is asked once, and one key answers', async () => {
  await clear();
  const folder = freshFolder('which-folder');
  for (const [side, is] of [['alpha', 'image'], ['beta', 'mask']]) {
    mkdirSync(path.join(folder, side));
    for (const index of [1, 2, 3]) writeFileSync(path.join(folder, side, `${index}.png`), scene(index, { width: 48, height: 48 })[/** @type {'image' | 'mask'} */ (is)]);
  }
  const before = await gm.dropForTraining(page, [folder]);
  expect(before.dataset?.pairs.length).toBe(0);
  await expect(page.locator('#folders-card')).toBeVisible();
  const answer = page.locator('#folders-options .primary');
  await expect(answer).toContainText('alpha');
  await answer.focus();
  await page.keyboard.press('Enter');
  await until(async () => (gm.usablePairs(await gm.read(page)).length === 3 ? true : null), { limitMs: 30_000, what: 'three pairs' });
  const { dataset } = await gm.read(page);
  expect(dataset?.pairs[0].image_path).toContain('alpha/');
  await expect(page.locator('#folders-card')).toBeHidden();
});

test('more classes than can be learnt wait for one click', async () => {
  await clear();
  const folder = freshFolder('many-classes');
  for (const index of [1, 2]) {
    mkdirSync(path.join(folder, 'images'), { recursive: true });
    writeFileSync(path.join(folder, `images/${index}.png`), scene(index, { width: 72, height: 72 }).image);
    // 81 codes in squares of 4 pixels, each in several places.
    grey16(folder, `masks/${index}.png`, 72, (x, y) => 300 + ((Math.floor(x / 4) + 7 * Math.floor(y / 4)) * 5) % 81);
  }
  const { dataset } = await gm.dropForTraining(page, [folder]);
  expect(dataset?.pairs.map((pair) => pair.blocked?.code)).toEqual(['too_many_classes', 'too_many_classes']);
  await expect(page.locator('#gallery')).toContainText('81 classes, limit 64');
  await page.click('#legend-accept');
  await until(async () => (gm.usablePairs(await gm.read(page)).length === 2 ? true : null), { limitMs: 30_000, what: 'both pairs are taken in' });
  await expect(page.locator('#legend-accept')).toBeHidden();
});

test('the numbers that are black and white can be typed', async () => {
  await clear();
  const folder = freshFolder('typed-range');
  for (const index of [1, 2]) {
    grey16(folder, `images/${index}.png`, 32, (x, y) => 500 * index + 20 * x + y);
    grey16(folder, `masks/${index}.png`, 32, (x) => (x > 16 ? 65_535 : 0));
  }
  await gm.dropForTraining(page, [folder]);
  await page.selectOption('#range-kind', 'fixed');
  await page.fill('#range-low', '9');
  await page.fill('#range-high', '3');
  await page.keyboard.press('Tab');
  await expect(page.locator('#range-help')).toContainText('smaller');
  await page.fill('#range-low', '0');
  await page.fill('#range-high', '10000');
  await page.keyboard.press('Tab');
  await until(
    async () => (JSON.stringify(/** @type {any} */ (await gm.read(page)).dataset.ranges?.used.bands) === '[[0,10000]]' ? true : null),
    { limitMs: 30_000, what: 'the typed range is in force' },
  );
  await expect(page.locator('#range-help')).toContainText('0 to 10,000');
});

test('F20: many polygons on many tiles are drawn in seconds', async () => {
  await clear();
  const folder = freshFolder('many-polygons');
  const [columns, side, east, north] = [5, 64, 500_000, 5_400_000];
  for (let tile = 0; tile < columns * 4; tile += 1) {
    const [left, top] = [east + (tile % columns) * side, north - Math.floor(tile / columns) * side];
    const picture = { width: side, height: side, data: new Uint8Array(side * side * 3).map((_, at) => (at * 7 + tile) % 251) };
    writeFileSync(path.join(folder, `t${String(tile).padStart(2, '0')}.tif`), geoTiff(picture, { epsg: 32633, x: left, y: top, pixel: 1 }));
  }
  // Squares of 2 m, 4 m apart, over all tiles: 80 x 64 of them, a quarter of the ground.
  const features = [];
  for (let x = 1; x < columns * side; x += 4) {
    for (let y = 1; y < 4 * side; y += 4) {
      const [e, n] = [east + x, north - y];
      const ring = [[e, n], [e + 2, n], [e + 2, n - 2], [e, n - 2], [e, n]];
      features.push({ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring] } });
    }
  }
  const crs = { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::32633' } };
  writeFileSync(path.join(folder, 'all.geojson'), JSON.stringify({ type: 'FeatureCollection', crs, features }));
  const start = Date.now();
  const { dataset } = await gm.dropForTraining(page, [folder]);
  const tookMs = Date.now() - start;
  expect(dataset?.pairs.length).toBe(columns * 4);
  for (const pair of dataset?.pairs ?? []) expect(pair.foreground_share).toBeCloseTo(0.25, 6);
  console.log(`${features.length} polygons on ${columns * 4} tiles: ${tookMs} ms`);
  expect(tookMs).toBeLessThan(20_000);
});
