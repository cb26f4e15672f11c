// @ts-check
/** Images that are too large to be held: they stay in their files, and parts of them are trained on, in their places. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { freshFolder } from './fixtures.mjs';
import { repeatedTiff } from './geotiff.mjs';
import { OUT, launchBrowser } from './harness.mjs';
import * as gm from './page.mjs';
import { begin, ended, read } from './survive-kit.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

const TILE_PX = 256;
const PLACE = { epsg: 32633, x: 500_000, y: 5_400_000, pixel: 0.5 };
/** A gigapixel: three gigabytes of RGB. */
const SIDE_PX = 32_768;
/** Outlines were drawn on this much of it, from a corner of its own on. */
const MAPPED = { left: 5120, top: 8192, tiles: 16 };
/** The roof of a tile that has one, in pixels of the tile. */
const ROOF = { from: 64, to: 176 };

/** @param {boolean} roofed */
function tile(roofed) {
  const pixels = new Uint8Array(TILE_PX * TILE_PX * 3);
  for (let n = 0; n < TILE_PX * TILE_PX; n += 1) {
    const [x, y] = [n % TILE_PX, Math.floor(n / TILE_PX)];
    const isRoof = roofed && x >= ROOF.from && x < ROOF.to && y >= ROOF.from && y < ROOF.to;
    const grain = (x * 31 + y * 17) % 23;
    pixels.set(isRoof ? [190 + grain, 120, 110] : [70, 90 + grain, 60], 3 * n);
  }
  return pixels;
}

/** @param {number} across @param {number} down */
const hasRoof = (across, down) => (across * 7 + down * 3) % 5 < 2;

function outlines() {
  const features = [];
  for (let n = 0; n < MAPPED.tiles ** 2; n += 1) {
    const across = MAPPED.left / TILE_PX + (n % MAPPED.tiles);
    const down = MAPPED.top / TILE_PX + Math.floor(n / MAPPED.tiles);
    if (!hasRoof(across, down)) continue;
    const at = (/** @type {number} */ x, /** @type {number} */ y) => [PLACE.x + PLACE.pixel * (across * TILE_PX + x), PLACE.y - PLACE.pixel * (down * TILE_PX + y)];
    const { from, to } = ROOF;
    features.push({ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [[at(from, from), at(to, from), at(to, to), at(from, to), at(from, from)]] } });
  }
  return { type: 'FeatureCollection', crs: { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::32633' } }, features };
}

test('a gigapixel is trained on by parts of it that lie among its outlines', async ({ baseURL }) => {
  const folder = freshFolder('large');
  const tiff = repeatedTiff({ width: SIDE_PX, height: SIDE_PX, tilePx: TILE_PX, tiles: [tile(false), tile(true)], which: (x, y) => Number(hasRoof(x, y)) }, PLACE);
  writeFileSync(path.join(folder, 'ortho.tif'), tiff);
  writeFileSync(path.join(folder, 'roofs.geojson'), JSON.stringify(outlines()));
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await gm.openPage(page, String(baseURL), 'cpu');
  const before = /** @type {any} */ (await read(page)).wasmBytes;
  const state = /** @type {any} */ (await gm.dropForTraining(page, [folder]));

  const pairs = gm.usablePairs(state);
  // 4,096 px from (5120, 8192) on are 16 squares of 1,024.
  expect(pairs.length).toBe(16);
  for (const pair of pairs) {
    const [, y, x] = (/ortho_y(\d+)_x(\d+)\.tif$/.exec(pair.image_path) ?? []).map(Number);
    expect(y >= MAPPED.top && y < MAPPED.top + MAPPED.tiles * TILE_PX && x >= MAPPED.left && x < MAPPED.left + MAPPED.tiles * TILE_PX).toBe(true);
    expect([pair.width, pair.height]).toEqual([1024, 1024]);
    // Two of five tiles, each with a roof of 112 x 112 px.
    expect(Math.abs(pair.foreground_share - (0.4 * 112 * 112) / TILE_PX ** 2)).toBeLessThan(0.02);
  }
  const said = state.dataset.faults.filter((/** @type {any} */ { code }) => code === 'image_parts');
  expect(said.map((/** @type {any} */ { file, detail }) => [file.split('/').at(-1), detail])).toEqual([['ortho.tif', '16 parts, 1.6 % of 32768 × 32768 px']]);
  mkdirSync(path.join(OUT, 'screenshots'), { recursive: true });
  await page.screenshot({ path: path.join(OUT, 'screenshots', 'large-parts.png') });

  await gm.applySettings(page, 'fast', { base: 4, depth: 2, tile_px: 64, batch: 4, steps: 60, validate_every: 30, seed: 3 });
  await begin(page);
  const { run, wasmBytes } = /** @type {any} */ (await ended(page));
  console.log(`IoU ${run.validations.at(-1).validation.iou.toFixed(3)} after ${run.end.steps} steps, ${((wasmBytes - before) / 2 ** 20).toFixed(0)} MiB of engine memory`);
  expect(run.end.reason).toBe('finished');
  expect(run.validations.at(-1).validation.iou).toBeGreaterThan(0.5);
  // 16 parts of 3 MiB with their masks, and the run; the file has 3 GiB of pixels.
  expect(wasmBytes - before).toBeLessThan(260 * 2 ** 20);
  await context.close();
});
