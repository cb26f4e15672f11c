// @ts-check
/** Two runs of the list side by side: one on the page and one that was kept, and two that were kept, after a reload. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { pairFolder } from './fixtures.mjs';
import { OUT, TESTS, launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';

const AXE = readFileSync(createRequire(path.join(TESTS, 'package.json')).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = path.join(OUT, 'screenshots');
const SMALL = { architecture: 'unet_norm', base: 4, depth: 2, tile_px: 32, batch: 2, steps: 60, validate_every: 20, val_share: 0.34, lr: 0.003, seed: 7 };

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

test('settings that differ, both curves, and one picture by two networks', async ({ baseURL }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.on('dialog', (dialog) => void dialog.accept().catch(() => {}));
  await gm.openPage(page, String(baseURL), 'cpu');
  await gm.dropForTraining(page, [pairFolder('compare', 3, { width: 96, height: 80 })]);
  const runs = async () => /** @type {any} */ (await gm.read(page)).checkpoint.runs.length;
  for (const [i, settings] of [SMALL, { ...SMALL, base: 8, loss: 'bce' }].entries()) {
    await gm.applySettings(page, 'fast', settings);
    await gm.train(page, { limitMs: 120_000 });
    await until(async () => (await runs()) === i + 1, { limitMs: 60_000, what: 'the run is kept' });
  }
  /** Presses Compare at both. */
  const compare = async () => {
    await gm.goTo(page, 'train');
    const buttons = page.locator('#runs .run-compare');
    await expect(buttons).toHaveCount(2);
    await buttons.nth(0).click();
    await expect(buttons.nth(0)).toHaveAttribute('aria-pressed', 'true');
    await buttons.nth(1).click();
    await expect(page.locator('#compare-dialog')).toBeVisible();
    await expect(page.locator('#compare-rows tr')).toHaveText([/Filters\s*8\s*4/, /Loss\s*Cross-entropy\s*Cross-entropy \+ Dice/]);
    for (const id of ['compare-iou-a', 'compare-iou-b', 'compare-loss-a', 'compare-loss-b']) await expect(page.locator(`#${id}`)).toHaveAttribute('points', /\d,\d/);
    await expect(page.locator('#compare-picture-line')).toHaveText(/A IoU .* B IoU /);
  };
  await compare();
  const canvas = page.locator('#compare-canvas');
  const pixels = () => canvas.evaluate((element) => /** @type {HTMLCanvasElement} */ (element).toDataURL());
  const [middle, right] = [await pixels(), await page.locator('#compare-at').fill('1').then(pixels)];
  expect(right).not.toBe(middle);
  await page.locator('#compare-at').fill('0.5');
  expect(await pixels()).toBe(middle);

  await page.evaluate(AXE);
  const found = [];
  for (const [width, colorScheme] of /** @type {const} */ ([[1280, 'light'], [1280, 'dark'], [390, 'light']])) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    found.push(...await page.evaluate(async () => {
      const result = await /** @type {any} */ (globalThis).axe.run(document, { resultTypes: ['violations'] });
      return result.violations.filter((/** @type {any} */ v) => v.impact === 'serious' || v.impact === 'critical').map((/** @type {any} */ v) => `${v.id}: ${v.nodes.slice(0, 4).map((/** @type {any} */ n) => n.target.join(' ')).join(' | ')}`);
    }));
    const over = await page.evaluate(() => Math.max(...[document.documentElement, ...document.querySelectorAll('dialog[open]')].map((box) => box.scrollWidth - box.clientWidth)));
    if (over > 0) found.push(`${width}: ${over} px wider than the window`);
    await page.screenshot({ path: path.join(SHOTS, `compare-${width}-${colorScheme}.png`) });
  }
  expect(found).toEqual([]);
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.keyboard.press('Escape');
  await expect(page.locator('#compare-dialog')).toBeHidden();

  // Of runs that were kept alone, all comes from the storage.
  await page.reload();
  await until(() => gm.deviceUp(page), { limitMs: 180_000, what: 'the engine is up again' });
  await until(async () => (await runs()) === 2, { limitMs: 60_000, what: 'the list is read' });
  await compare();
  await context.close();
});
