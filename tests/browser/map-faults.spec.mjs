// @ts-check
/**
 * The faults of map data, as a mapper meets them: outlines beside the houses are found, moved by a click, nudged by
 * arrows and put back; a part that nobody has mapped is left out by a click.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { freshFolder } from './fixtures.mjs';
import { geoTiff } from './geotiff.mjs';
import { launchBrowser } from './harness.mjs';
import * as gm from './page.mjs';

const SIDE = 700;
const PIXEL_M = 0.3;
const PLACE = { epsg: 32636, x: 500_000, y: 400_000, pixel: PIXEL_M };

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

/** Numbers from a seed, 0 to 1. @param {number} seed */
function chance(seed) {
  let at = seed;
  return () => {
    at = (Math.imul(at, 1664525) + 1013904223) >>> 0;
    return at / 2 ** 32;
  };
}

/** A hamlet: grass with grain, roofs of several kinds with a shadow each. @param {number} seed */
function hamlet(seed) {
  const next = chance(seed);
  const data = new Uint8Array(SIDE * SIDE * 3);
  for (let at = 0; at < SIDE * SIDE; at += 1) {
    const grain = 36 * next() - 18;
    data.set([96 + grain, 112 + grain, 70 + grain], at * 3);
  }
  const paint = (/** @type {number} */ left, /** @type {number} */ top, /** @type {number} */ wide, /** @type {number} */ high, /** @type {number[]} */ rgb) => {
    for (let y = top; y < Math.min(SIDE, top + high); y += 1) {
      for (let x = left; x < Math.min(SIDE, left + wide); x += 1) {
        const grain = 16 * next() - 8;
        data.set(rgb.map((v) => v + grain), (y * SIDE + x) * 3);
      }
    }
  };
  const roofs = [[170, 96, 78], [190, 188, 180], [70, 72, 80], [150, 126, 100]];
  /** @type {number[][]} left, top, width, height */
  const houses = [];
  for (let row = 0; row < 9; row += 1) {
    for (let column = 0; column < 9; column += 1) {
      const [wide, high] = [28 + Math.floor(16 * next()), 22 + Math.floor(16 * next())];
      const [left, top] = [14 + column * 76 + Math.floor(22 * next()), 14 + row * 76 + Math.floor(22 * next())];
      paint(left - 6, top + 6, wide, high, [40, 46, 34]);
      paint(left, top, wide, high, roofs[Math.floor(4 * next())]);
      houses.push([left, top, wide, high]);
    }
  }
  return { data, houses };
}

/** @param {number[][]} houses @param {[number, number]} moved pixels right and down */
function geojson(houses, [dx, dy]) {
  const features = houses.map(([left, top, wide, high]) => {
    const x = (/** @type {number} */ column) => PLACE.x + (column + dx) * PIXEL_M;
    const y = (/** @type {number} */ row) => PLACE.y - (row + dy) * PIXEL_M;
    const ring = [[left, top], [left + wide, top], [left + wide, top + high], [left, top + high], [left, top]].map(([c, r]) => [x(c), y(r)]);
    return { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring] } };
  });
  return JSON.stringify({ type: 'FeatureCollection', crs: { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::32636' } }, features });
}

/** @param {string} name @param {(houses: number[][]) => string} outlines */
async function drop(name, outlines) {
  if (await page.locator('#clear-train').isVisible()) await page.click('#clear-train');
  const folder = freshFolder(name);
  const { data, houses } = hamlet(7);
  writeFileSync(path.join(folder, 'ortho.tif'), geoTiff({ width: SIDE, height: SIDE, data }, PLACE));
  writeFileSync(path.join(folder, 'houses.geojson'), outlines(houses));
  await gm.dropForTraining(page, [folder]);
}

const moved = async () => /** @type {any} */ ((await gm.read(page)).dataset?.pairs[0]).moved_px;

test('outlines 6 m off are found, moved by a click, nudged and put back', async () => {
  // 6 m to the north-east.
  await drop('shifted-outlines', (houses) => geojson(houses, [14, -14]));
  const finding = page.locator('#doctor li[data-code="outlines_shifted"]');
  await expect(finding).toContainText(/The outlines seem (5\.[5-9]|6(\.\d)?) m to the north-east of what the image shows/);
  await finding.locator('.mend').click();
  const done = page.locator('#doctor li[data-code="outlines_moved"]');
  await expect(done).toContainText(/were moved .* m to the south-west/);
  await expect(finding).toHaveCount(0);
  const [dx, dy] = await moved();
  expect(Math.hypot(dx + 14, dy - 14)).toBeLessThan(1 / PIXEL_M);

  await done.locator('.nudge').click();
  await expect(page.locator('#viewer-nudge')).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowUp');
  await expect(page.locator('#viewer-nudge-line')).toContainText(/Moved .* m/);
  await expect.poll(moved).toEqual([dx + 2, dy - 10]);
  await page.click('#viewer-nudge-back');
  await expect.poll(moved).toEqual([0, 0]);
  await page.click('#viewer-close');
  await expect(finding).toBeVisible();
});

test('the half that nobody has mapped is left out by a click, and taken in again', async () => {
  await drop('half-mapped', (houses) => geojson(houses.filter(([left]) => left < SIDE / 2 - 40), [0, 0]));
  const finding = page.locator('#doctor li[data-code="part_unmapped"]');
  await expect(finding).toContainText(/Nothing is mapped in the eastern (half|\d+ %)/);
  const share = async () => Number((await gm.read(page)).dataset?.pairs[0].foreground_share);
  const before = await share();
  await finding.locator('.mend').click();
  const done = page.locator('#doctor li[data-code="part_left_out"]');
  await expect(done).toContainText('is left out');
  expect(await share()).toBeGreaterThan(before * 1.6);
  await done.locator('.mend').click();
  await expect(finding).toBeVisible();
  expect(await share()).toBeCloseTo(before, 9);
});
