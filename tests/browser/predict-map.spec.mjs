// @ts-check
/**
 * Predict for a map: from a data set to GeoJSON in few clicks, outlines that follow the threshold, what is said of images
 * without a place, the way into QGIS, and models of other programs.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';
import { PNG } from 'pngjs';

import { freshFolder, pairFolder, scene } from './fixtures.mjs';
import { geoTiff } from './geotiff.mjs';
import { dropPaths, launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';
import { unzip } from './zip.mjs';

const SIZE = { width: 160, height: 120 };
const PLACE = { epsg: 32633, x: 500_000, y: 5_400_000, pixel: 0.5 };
const SETTINGS = '#preset=fast&base=4&depth=2&tile_px=32&batch=2&lr=0.003&val_share=0.34&seed=7&steps=40&calibration=off';

/** A scene's picture without alpha. @param {number} seed */
function rgb(seed) {
  const png = PNG.sync.read(scene(seed, SIZE).image);
  return { ...SIZE, data: Uint8Array.from({ length: SIZE.width * SIZE.height * 3 }, (_, i) => png.data[Math.floor(i / 3) * 4 + (i % 3)]) };
}

test.describe.configure({ mode: 'serial' });
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {import('playwright-core').Page} */
let page;
test.beforeAll(async ({ baseURL }) => {
  browser = await launchBrowser({ device: 'cpu' });
  page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true })).newPage();
  await gm.openPage(page, `${baseURL}${SETTINGS}`, 'cpu');
});
test.afterAll(() => browser.close());

const cards = () => page.locator('#results li.pair');
/** @param {string} name */
const card = (name) => cards().filter({ has: page.locator('.name', { hasText: name }) });
/** @param {string} name @param {string} kind @returns {Promise<{ name: string, json: any }>} */
async function geojsonOf(name, kind = 'geojson') {
  const [download] = await Promise.all([page.waitForEvent('download'), card(name).locator(`[data-kind="${kind}"]`).click()]);
  /** @type {Buffer[]} */
  const parts = [];
  for await (const part of await download.createReadStream()) parts.push(part);
  const bytes = Buffer.concat(parts);
  return { name: download.suggestedFilename(), json: kind === 'geojson' ? JSON.parse(String(bytes)) : bytes };
}
/** What a card says of its outlines. @param {string} name */
const said = async (name) => /(\d+) outlines?(?:, ([\d.,]+ (?:m²|ha)))?/.exec(String(await card(name).innerText())) ?? [];
/** @param {string} value */
const threshold = (value) => page.fill('#threshold', value);

test('from the first drop to GeoJSON takes at most 8 clicks', async () => {
  await page.evaluate(() => {
    const scope = /** @type {any} */ (window);
    scope.clicks = 0;
    document.addEventListener('click', (event) => event.isTrusted && (scope.clicks += 1), true);
  });
  await gm.dropForTraining(page, [pairFolder('map-pairs', 4, { width: 72, height: 60 })]);
  await page.click('#to-train');
  await page.click('#start');
  await until(async () => (await gm.read(page)).run?.end, { limitMs: 120_000, what: 'the run ended' });
  await page.click('#to-predict');
  const folder = freshFolder('map-scene');
  writeFileSync(path.join(folder, 'field.tif'), geoTiff(rgb(5), PLACE));
  await dropPaths(page, [path.join(folder, 'field.tif')]);
  await until(async () => (await gm.read(page)).inputs.length === 1 || null, { limitMs: 30_000, what: 'the scene was read' });
  await page.click('#predict');
  await expect(page.locator('#predicting')).toBeHidden();
  // What was dropped comes first, before the validation pair.
  await expect(cards().first().locator('.name')).toHaveText('field');
  const { name, json } = await geojsonOf('field');
  expect(name).toBe('field.geojson');
  const drops = 2;
  expect(drops + await page.evaluate('window.clicks')).toBeLessThanOrEqual(8);
  expect(json.coordinates_are).toBeUndefined();
  expect(json.features.length).toBeGreaterThan(0);
  for (const { geometry, properties } of json.features) {
    expect(geometry.coordinates[0].length).toBeLessThan(30);
    expect(properties.area_m2).toBeGreaterThan(0);
    for (const [x, y] of geometry.coordinates[0]) expect(x > 14.9999 && x < 15.0012 && y > 48.75 && y < 48.754).toBe(true);
  }
});

test('outlines are counted and follow the threshold, as the file does', async () => {
  const counts = new Set();
  let most = { value: '0.5', features: 0 };
  for (const value of ['0.1', '0.5', '0.8', '0.95']) {
    await threshold(value);
    const features = (await geojsonOf('field')).json.features;
    counts.add(features.length);
    if (features.length > most.features) most = { value, features: features.length };
    await expect.poll(async () => Number((await said('field'))[1])).toBe(features.length);
    const area = features.reduce((/** @type {number} */ sum, /** @type {any} */ f) => sum + f.properties.area_m2, 0);
    await expect.poll(async () => (await said('field'))[2]).toBe(!features.length ? undefined : area < 999.5 ? `${Math.round(area)} m²` : `${(area / 1e4).toFixed(area < 9950 ? 2 : 1)} ha`);
  }
  // Some threshold finds other outlines than another.
  expect(counts.size).toBeGreaterThan(1);
  await threshold('0.5');
  // Without any tint only the lines can make the picture another one.
  const picture = () => card('field').locator('canvas').evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
  await page.fill('#opacity', '0');
  await threshold('0.99');
  await expect.poll(async () => (await said('field'))[1]).toBe('0');
  const bare = await picture();
  // Where there are most of them: a single one may run along the picture's edge.
  await threshold(most.value);
  await expect.poll(async () => (await said('field'))[1]).not.toBe('0');
  await expect.poll(picture).not.toBe(bare);
  await page.fill('#opacity', '0.45');
  await card('field').locator('.picture').click();
  await expect(page.locator('#viewer-facts')).toContainText(/\d+ outlines?, /);
  await expect(page.locator('#viewer-geojson')).toHaveText('GeoJSON');
  await page.click('#viewer-close');
});

test('GeoJSON is the first choice on a map, and pixels are said before', async () => {
  await expect(page.locator('#zip-kind')).toHaveValue('outlines');
  await expect(page.locator('#outline-simplify')).toHaveValue('1.5');
  const one = await gm.download(page, '#download-zip');
  expect(one.name).toBe('field.geojson');

  const folder = freshFolder('map-photo');
  writeFileSync(path.join(folder, 'photo.png'), scene(6, SIZE).image);
  writeFileSync(path.join(folder, 'second.tif'), geoTiff(rgb(7), { ...PLACE, x: PLACE.x + 200 }));
  await gm.dropForPrediction(page, [folder], 3);
  await gm.predict(page, { count: 3, validation: false, limitMs: 120_000 });
  await expect(page.locator('#outline-pixels')).toHaveText(/^1 of 3 images has no place .* left out/);
  const all = await gm.download(page, '#download-zip');
  expect(all.name).toBe('groundmask-outlines.geojson');
  const images = JSON.parse(String(all.bytes)).features.map((/** @type {any} */ f) => f.properties.image);
  expect([...new Set(images)].sort()).toEqual(['field', 'second']);

  const button = card('photo').locator('[data-kind="geojson"]');
  await expect(button).toHaveText('GeoJSON in pixels');
  await expect(button).toHaveAccessibleName(/without a place on a map/);
  await expect(card('photo').locator('[data-kind="class_tif"]')).toHaveCount(0);
  expect((await geojsonOf('photo')).json.coordinates_are).toMatch(/^pixels/);
  expect((await geojsonOf('second', 'class_tif')).name).toBe('second_classes.tif');
  await page.selectOption('#zip-kind', 'geojson');
  await expect(page.locator('#outline-pixels')).toHaveText(/will be in pixels/);
  expect([...unzip((await gm.download(page, '#download-zip')).bytes).keys()].sort()).toEqual(['field.geojson', 'photo.geojson', 'second.geojson']);
  await card('photo').locator('.picture').click();
  await expect(page.locator('#viewer-geojson')).toHaveText('GeoJSON in pixels');
  await page.click('#viewer-close');
});

test('the model goes to QGIS with its four steps, and ONNX is told what it is', async () => {
  await threshold('0.7');
  const made = await gm.download(page, '#for-qgis');
  expect(made.name).toMatch(/-qgis\.onnx$/);
  await expect(page.locator('#qgis-list li')).toHaveCount(4);
  await expect(page.locator('#qgis-list')).toContainText('Tile size 32 px');
  // The steps are the file's, wherever the slider goes then.
  await threshold('0.3');
  await expect(page.locator('#qgis-list')).toContainText('0.70');

  const folder = freshFolder('map-models');
  for (const [file, bytes, words] of /** @type {[string, Buffer, RegExp][]} */ ([
    ['net.onnx', made.bytes, /net\.onnx is an ONNX file.*Groundmask loads the \.safetensors/],
    ['best.pt', Buffer.from('PK\x03\x04torch'), /best\.pt is a PyTorch file/],
    ['renamed.h5', Buffer.from('PK\x03\x04'), /renamed\.h5 is a zip in spite of its name/],
  ])) {
    writeFileSync(path.join(folder, file), bytes);
    if (file === 'net.onnx') await dropPaths(page, [path.join(folder, file)]);
    else await page.setInputFiles('#pick-model', path.join(folder, file));
    await expect(page.locator('#predict-faults')).toHaveText(words);
    await page.locator('#predict-faults button').click();
  }
  // The model in use is still there, and a run may be chosen too.
  expect((await gm.read(page)).model).not.toBeNull();
  expect(await page.getAttribute('#pick-model', 'accept')).toMatch(/\.gmrun.*\.onnx/);
});
