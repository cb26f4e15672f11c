// @ts-check
/**
 * Files as strangers have them, dropped on the page: one small drop for each kind that was once taken for something
 * else in silence. `tests/strangers/make.py` made them, and with GDAL what they have to come to.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { freshFolder } from './fixtures.mjs';
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
