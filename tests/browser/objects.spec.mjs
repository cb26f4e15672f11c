// @ts-check
/**
 * Touching objects kept apart: outlines of a labelling tool to a class between them, and back to outlines of one object each.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';
import { PNG } from 'pngjs';

import { freshFolder } from './fixtures.mjs';
import { OUT, dropPaths, launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';

const SIDE = 128;
const SETTINGS = '#preset=fast&base=8&depth=3&tile_px=64&batch=4&seed=3&steps=150&boundary_px=4&class_name=roof&calibration=off';
const SCREENSHOTS = path.join(OUT, 'screenshots');

/** Pairs of squares with a common wall, bright on the left and less so on the right. @param {number} number */
function village(number) {
  const squares = [0, 1, 2, 3].map((at) => ({ x: 12 + 56 * (at % 2) + number, y: 14 + 52 * (at >> 1) + 2 * number, side: 20 }));
  const png = new PNG({ width: SIDE, height: SIDE });
  for (let at = 0; at < SIDE * SIDE; at += 1) {
    const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
    const square = squares.find((one) => x >= one.x && x < one.x + 2 * one.side && y >= one.y && y < one.y + one.side);
    const value = square ? (x < square.x + square.side ? 230 : 165) : 70 + ((x * 7 + y * 13 + number) % 19);
    png.data.set([value, value - 8, value - 20, 255], 4 * at);
  }
  const shapes = squares.flatMap(({ x, y, side }) => [x, x + side].map((left) => ({
    label: '', shape_type: 'polygon', points: [[left, y], [left + side, y], [left + side, y + side], [left, y + side]],
  })));
  return { image: PNG.sync.write(png), shapes };
}

test('squares that share a wall come back as two', async ({ baseURL }) => {
  test.setTimeout(400_000);
  const browser = await launchBrowser({ device: 'cpu' });
  try {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true })).newPage();
    await gm.openPage(page, `${baseURL}${SETTINGS}`, 'cpu');
    const folder = freshFolder('villages');
    for (let number = 0; number < 5; number += 1) {
      const { image, shapes } = village(number);
      writeFileSync(path.join(folder, `v${number}.png`), image);
      writeFileSync(path.join(folder, `v${number}.json`), JSON.stringify({ imagePath: `v${number}.png`, imageWidth: SIDE, imageHeight: SIDE, shapes }));
    }
    await gm.dropForTraining(page, [folder]);
    await page.click('#to-train');
    await page.click('#start');
    const state = await until(async () => {
      const now = await gm.read(page);
      return now.run?.end ? now : null;
    }, { limitMs: 300_000, what: 'the run ended' });
    const classes = /** @type {{ name: string }[]} */ (/** @type {any} */ (state.dataset).classes);
    expect(classes.map(({ name }) => name)).toEqual(['background', 'roof', 'boundary']);

    await page.click('#to-predict');
    const fresh = freshFolder('village');
    writeFileSync(path.join(fresh, 'fresh.png'), village(7).image);
    await dropPaths(page, [path.join(fresh, 'fresh.png')]);
    await until(async () => (await gm.read(page)).inputs.length === 1 || null, { limitMs: 30_000, what: 'the image was read' });
    await page.click('#predict');
    await expect(page.locator('#predicting')).toBeHidden();
    const card = page.locator('#results li.pair').filter({ has: page.locator('.name', { hasText: 'fresh' }) });
    const roofs = async () => {
      const [download] = await Promise.all([page.waitForEvent('download'), card.locator('[data-kind="geojson"]').click()]);
      /** @type {Buffer[]} */
      const parts = [];
      for await (const part of await download.createReadStream()) parts.push(part);
      /** @type {{ features: { properties: { name: string, area_px: number } }[] }} */
      const file = JSON.parse(String(Buffer.concat(parts)));
      return file.features.filter(({ properties }) => properties.name === 'roof').map(({ properties }) => properties.area_px);
    };
    await gm.unfold(page, '#outline-options');
    await expect(page.locator('#outline-separate-help')).toContainText('cut along the class “boundary”');
    const walled = await roofs();
    await page.check('#outline-separate');
    await expect(page.locator('#outline-summary')).toContainText('touching objects apart');
    const apart = await roofs();
    console.log(`areas without their walls ${walled.join(' ')}, whole ${apart.join(' ')} px`);
    expect(apart).toHaveLength(8);
    // 400 pixels each, and the walls are theirs again.
    for (const area of apart) expect(Math.abs(area - 400)).toBeLessThan(60);

    mkdirSync(SCREENSHOTS, { recursive: true });
    for (const [name, width, colorScheme] of /** @type {[string, number, 'light' | 'dark'][]} */ ([['light', 1280, 'light'], ['dark', 1280, 'dark'], ['narrow', 390, 'light']])) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.locator('#outline-options').scrollIntoViewIfNeeded();
      await page.screenshot({ path: path.join(SCREENSHOTS, `objects-${name}.png`) });
    }
  } finally {
    await browser.close();
  }
});
