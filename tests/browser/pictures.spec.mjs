// @ts-check
/**
 * Drops without masks, or with masks of other names: the card for pictures, pairing by hand, outlines in words, and what
 * lies in other people's archives.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { freshFolder, scene } from './fixtures.mjs';
import { geoTiff } from './geotiff.mjs';
import { launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';
import { begin, imagesKept, ready, resumed, savedAt } from './survive-kit.mjs';
import { zip } from './zip.mjs';

const SIZE = { width: 48, height: 48 };

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {import('playwright-core').Page} */
let page;
test.beforeAll(async ({ baseURL }) => {
  browser = await launchBrowser({ device: 'cpu' });
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await gm.openPage(page, String(baseURL), 'cpu');
});
test.afterAll(() => browser.close());
test.beforeEach(async () => {
  await gm.goTo(page, 'data');
  if (await page.locator('#clear-train').isVisible()) await page.click('#clear-train');
  await page.evaluate(() => /** @type {any} */ (window).groundmask.send({ type: 'clear', purpose: 'predict' }));
  await until(async () => ((await data()).pairs.length + (await data()).faults.length ? null : true), { limitMs: 30_000, what: 'the page is empty' });
});

/** The data set as the page's hook tells it. @returns {Promise<any>} */
const data = async () => (await gm.read(page)).dataset ?? { pairs: [], faults: [], unpaired: [], by_hand: [], vectors: [] };

/** Drops files by their content. @param {string} name @param {Record<string, Buffer | string>} files */
async function drop(name, files) {
  const folder = freshFolder(name);
  for (const [file, bytes] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), bytes);
  }
  return gm.dropForTraining(page, [folder]);
}

/** @param {(dataset: any) => boolean} is @param {string} what */
const untilData = (is, what) => until(async () => (is(await data()) ? true : null), { limitMs: 30_000, what });

/** Placed pictures of 48 m side by side, in UTM zone 33. @param {number} count */
function placedPictures(count) {
  /** @type {Record<string, Buffer>} */
  const files = {};
  for (let i = 0; i < count; i += 1) {
    const pixels = new Uint8Array(48 * 48 * 3).map((_, at) => (at * 7 + i * 31) % 251);
    files[`field${i + 1}.tif`] = geoTiff({ width: 48, height: 48, data: pixels }, { epsg: 32633, x: 500_000 + 48 * i, y: 5_400_000, pixel: 1 });
  }
  return files;
}

/** Squares of 6 m, one a place in metres from the upper left corner. @param {[number, number][]} places */
function squares(places) {
  const features = places.map(([x, y]) => {
    const [e, n] = [500_000 + x, 5_400_000 - y];
    return { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [[[e, n], [e + 6, n], [e + 6, n - 6], [e, n - 6], [e, n]]] } };
  });
  return JSON.stringify({ type: 'FeatureCollection', crs: { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::32633' } }, features });
}

test('pictures alone are one card with the ways on, and outlines that come later are theirs', async () => {
  await drop('pictures-only', { ...placedPictures(3), 'README.md': '# Fields', 'classes.txt': 'roof\n', 'LICENSE': 'MIT' });
  await expect(page.locator('#pictures-title')).toHaveText('3 pictures without masks');
  await expect(page.locator('#pictures li')).toHaveCount(3);
  await expect(page.locator('#pictures-place')).toContainText('add their outlines as GeoPackage, GeoJSON or Shapefile');
  await expect(page.locator('#data-faults-card')).toBeHidden();
  await expect(page.locator('#gallery-card')).toBeHidden();
  await expect(page.locator('#data-passed')).toHaveText('3 other files passed over (.md, .txt, LICENSE).');
  // Buttons that do something, and no others.
  await expect(page.locator('#pictures-ways button')).toHaveText([/Paint labels/, /Add outlines/, /Predict on these 3/, /sample scenes/]);

  await drop('pictures-outlines', { 'roofs.geojson': squares([[4, 0], [20, 20], [60, 8], [900, 900]]) });
  await untilData(({ pairs }) => pairs.length === 3, 'outlines are drawn on the pictures of before');
  await expect(page.locator('#pictures-card')).toBeHidden();
  await expect(page.locator('#data-vectors')).toHaveText('3 of 4 outlines of roofs.geojson drawn on 2 images; 1 lies outside the images; nothing on 1 image, which is all background.');
  // No brightness is asked for where none was drawn by it.
  await expect(page.locator('#rule-card')).toBeHidden();
  const [first] = (await data()).pairs;
  expect(first.foreground_share).toBeCloseTo((2 * 36) / (48 * 48), 6);
});

test('pictures move to Predict without another drop', async () => {
  const two = { 'a.png': scene(1, SIZE).image, 'b.png': scene(2, SIZE).image };
  await drop('pictures-predict', two);
  await expect(page.locator('#pictures-place')).toContainText('None of them says where it lies');
  await page.click('#pictures-predict');
  await until(async () => ((await gm.read(page)).inputs.length === 2 ? true : null), { limitMs: 30_000, what: 'the pictures are to be predicted' });
  const state = await gm.read(page);
  expect(state.place).toBe('predict');
  expect([state.dataset?.pairs.length, state.dataset?.faults.length]).toEqual([0, 0]);
  await expect(page.locator('#place-predict h1')).toBeFocused();
});

test('what names leave over is paired by drag, by keys and in order', async () => {
  /** @type {Record<string, Buffer>} */
  const files = {};
  for (const i of [1, 2, 10]) {
    const made = scene(i, SIZE);
    files[`images/field${i}.png`] = made.image;
    files[`masks/r${i + 40}.png`] = made.mask;
  }
  await drop('by-hand', files);
  await expect(page.locator('#hand-line')).toContainText('3 images and 3 masks');
  await expect(page.locator('#pictures-card')).toBeHidden();
  await expect(page.locator('#data-faults-card')).toBeHidden();

  // By drag.
  const from = await page.locator('#hand-images [data-path$="field1.png"]').boundingBox();
  const to = await page.locator('#hand-masks [data-path$="r41.png"]').boundingBox();
  if (!from || !to) throw new Error('nothing to drag');
  await page.mouse.move(from.x + 20, from.y + 20);
  await page.mouse.down();
  await page.mouse.move(to.x + 30, to.y + 20, { steps: 4 });
  await page.mouse.up();
  await untilData(({ pairs }) => pairs.length === 1, 'a pair by drag');
  expect((await data()).pairs[0]).toMatchObject({ name: 'field1', image_path: expect.stringContaining('field1.png'), mask_path: expect.stringContaining('r41.png') });

  // By keys: the focus is at the next image.
  await expect(page.locator('#hand-images [data-path$="field2.png"]')).toBeFocused();
  await page.keyboard.press('Enter');
  await page.locator('#hand-masks [data-path$="r42.png"]').focus();
  await page.keyboard.press('Space');
  await expect(page.locator('#hand-chosen')).toHaveText('field2.png with r42.png');
  await page.locator('#hand-pair').focus();
  await page.keyboard.press('Enter');
  await untilData(({ pairs }) => pairs.length === 2, 'a pair by keys');

  // Taken apart, one of them and all; then in order, 2 before 10, looked at first.
  await page.locator('#gallery .apart').first().click();
  await untilData(({ pairs }) => pairs.length === 1, 'one pair is taken apart');
  await page.click('#hand-apart');
  await untilData(({ pairs, unpaired }) => pairs.length === 0 && unpaired.length === 6, 'all are taken apart');
  await page.click('#hand-order');
  await expect(page.locator('#hand-order-title')).toBeFocused();
  await expect(page.locator('#hand-order-list li')).toHaveText([/field1\.png\s*r41\.png/, /field2\.png\s*r42\.png/, /field10\.png\s*r50\.png/]);
  await page.click('#hand-cancel');
  await expect(page.locator('#hand-order')).toBeFocused();
  await page.click('#hand-order');
  await page.click('#hand-accept');
  await untilData(({ pairs }) => pairs.length === 3, 'three pairs in order');
  expect((await data()).pairs.map((/** @type {any} */ pair) => pair.foreground_share > 0)).toEqual([true, true, true]);

  // They stay while more comes, whatever its names; sizes are looked at as for any pair.
  await drop('by-hand-more', { 'images/late.png': scene(5, SIZE).image, 'masks/other.png': scene(5, { width: 30, height: 48 }).mask });
  await untilData(({ pairs, unpaired }) => pairs.length === 3 && unpaired.length === 2, 'pairs by hand stay');
  await page.click('#hand-images [data-path$="late.png"]');
  await page.click('#hand-masks [data-path$="other.png"]');
  await expect(page.locator('#hand-chosen')).toContainText('has to have the size of its image');
  await page.click('#hand-pair');
  await untilData(({ pairs }) => pairs.length === 4, 'the fourth pair');
  expect((await data()).pairs.find((/** @type {any} */ pair) => pair.name === 'late').blocked.code).toBe('size_mismatch');
});

test('what lies in other people’s archives is passed over, and annotations are named', async () => {
  const made = scene(3, SIZE);
  const archive = zip({
    '__MACOSX/images/._a.png': 'junk',
    'images/a.png': made.image,
    'masks/a.png': made.mask,
    'images/.DS_Store': 'junk',
    'labels/a.txt': '0 0.5 0.5 0.1 0.1\n',
    'labels/b.txt': '1 0.5 0.5 0.1 0.1\n',
    'coco.json': JSON.stringify({ images: [], annotations: [] }),
    'data.yaml': 'names: [roof]',
    'notes/train.py': 'print()',
    'area.gml': '<gml/>',
  });
  // A document is an archive too; its pictures are no data.
  await drop('archive', { 'set.zip': archive, 'paper.docx': zip({ 'word/media/image1.png': made.image }), 'desktop.ini': 'junk' });
  const { pairs, faults, unpaired, passed_over } = await data();
  expect(pairs.length).toBe(1);
  expect(unpaired).toEqual([]);
  expect(passed_over).toEqual({ files: 3, kinds: ['.docx', '.py', '.yaml'] });
  const said = faults.map((/** @type {any} */ fault) => `${fault.code} ${path.basename(fault.file)} ${fault.detail ?? ''}`.trim());
  expect(said.sort()).toEqual(['annotations a.txt YOLO boxes, as 1 more', 'annotations coco.json COCO annotations', 'unknown_format area.gml']);
  const list = page.locator('#data-faults');
  await expect(list).toContainText('holds COCO annotations without outlines');
  await expect(list).toContainText('is a map layer in a format this page does not read');
});

test('pairs by hand are those of a saved run after a reload', async ({ baseURL }) => {
  const folder = freshFolder('by-hand-saved');
  for (const side of ['images', 'masks']) mkdirSync(path.join(folder, side));
  for (const i of [1, 2, 3]) {
    const made = scene(i, { width: 72, height: 60 });
    writeFileSync(path.join(folder, 'images', `field${i}.png`), made.image);
    writeFileSync(path.join(folder, 'masks', `r${i + 40}.png`), made.mask);
  }
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const other = await ready(context, String(baseURL), { folder });
  await gm.goTo(other, 'data');
  await other.click('#hand-order');
  await other.click('#hand-accept');
  await until(async () => ((await gm.read(other)).dataset?.pairs.length === 3 ? true : null), { limitMs: 30_000, what: 'three pairs' });
  await begin(other);
  await imagesKept(other);
  await savedAt(other, 20);
  await other.reload();
  await other.click('#offer-resume');
  await resumed(other);
  const { dataset } = await gm.read(other);
  expect(dataset?.pairs.map((pair) => [path.basename(pair.image_path), path.basename(pair.mask_path)])).toEqual([['field1.png', 'r41.png'], ['field2.png', 'r42.png'], ['field3.png', 'r43.png']]);
  await context.close();
});
