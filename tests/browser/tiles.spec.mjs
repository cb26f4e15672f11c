// @ts-check
/** What augmentation does, shown on the user's own tiles: through the page's controls, in a real browser, on the CPU. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { pairFolder } from './fixtures.mjs';
import { OUT, launchBrowser, until, watch } from './harness.mjs';
import * as gm from './page.mjs';

const SHOTS = path.join(OUT, 'screenshots');
const SMALL = { base: 4, depth: 2, tile_px: 64, batch: 2, lr: 0.003, val_share: 0.34, seed: 7 };

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {import('playwright-core').Page} */
let page;
test.beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

/** The pictures in view, as addresses that tell whether two are the same. */
const pictures = () => page.locator('#tiles canvas').evaluateAll((all) => all.map((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL()));
const words = () => page.locator('#tiles .small').allTextContents();

/** Waits until every picture differs from before. @param {string[]} before @param {string} what */
const others = (before, what) => until(async () => {
  const now = await pictures();
  return now.length === before.length && now.every((one, i) => one !== before[i]) ? now : null;
}, { limitMs: 60_000, what });

test('the row follows the setting, the seed, the button and the data, also by keyboard and while training', async ({ baseURL }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const seen = await watch(context, String(baseURL));
  page = await context.newPage();
  await gm.openPage(page, String(baseURL), 'cpu');
  await gm.dropForTraining(page, [pairFolder('tiles', 5, { width: 120, height: 100 })]);
  await gm.applySettings(page, 'fast', { ...SMALL, augmentation: 'strong' });
  // Folded away until it is asked for, and no tile is made before.
  await expect(page.locator('#tiles')).toBeHidden();
  expect(await pictures()).toHaveLength(0);
  await page.focus('#tiles-fold summary');
  await page.keyboard.press('Enter');
  // Not those of the settings before the last one: they come one by one.
  const settled = async () => (await page.getAttribute('#tiles', 'aria-busy')) === 'false' && (await words()).some((text) => /turned \d+°/.test(text));
  await until(settled, { limitMs: 60_000, what: 'poses of the strong setting' });
  const strong = await pictures();
  expect(strong).toHaveLength(6);
  await page.screenshot({ path: path.join(SHOTS, 'tiles.png'), fullPage: true });

  // Without augmentation, the same places as they are cut.
  await page.locator('label:has(#tiles-cut)').click();
  const cut = await others(strong, 'the tiles as cut');
  expect(new Set(await words())).toEqual(new Set(['as cut']));
  await page.locator('label:has(#tiles-cut)').click();
  expect(await others(cut, 'the tiles augmented')).toEqual(strong);

  // The setting, by keyboard: what shows is Classic's gentle poses at once.
  await page.focus('#set-augmentation-strong');
  await page.keyboard.press('ArrowLeft');
  await expect(page.locator('#set-augmentation-seed')).toBeChecked();
  const gentle = await others(strong, 'the poses of Classic');
  for (const text of await words()) expect(text).not.toMatch(/turned ([2-9]|1\d)/);
  // Turns and mirrors alone lie between it and none.
  await page.keyboard.press('ArrowLeft');
  await expect(page.locator('#set-augmentation-flips')).toBeChecked();
  await page.keyboard.press('ArrowLeft');
  await until(async () => (await pictures()).join() === cut.join(), { limitMs: 60_000, what: 'off shows the tiles as cut' });
  await expect(page.locator('#tiles-cut')).toBeDisabled();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await until(async () => (await pictures()).join() === gentle.join(), { limitMs: 60_000, what: 'the same tiles again' });

  // Sliders tell what the setting draws from; moving one, by keyboard, makes it one's own and shows at once.
  const value = (/** @type {string} */ id) => page.locator(`#${id}`).inputValue();
  await expect(page.locator('#set-shift_share-value')).toHaveText('± 5 %');
  await page.focus('#set-shift_share');
  for (let i = 0; i < 5; i += 1) await page.keyboard.press('ArrowRight');
  await expect(page.locator('#set-augmentation-own')).toBeChecked();
  await expect(page.locator('#set-shift_share-value')).toHaveText('± 10 %');
  const shifted = await others(gentle, 'the tiles shifted further');
  await page.focus('#set-turn_deg');
  await page.keyboard.press('End');
  expect(await value('set-turn_deg')).toBe('180');
  await others(shifted, 'the tiles turned');
  await until(async () => (await words()).some((text) => /turned (\d\d\d|[2-9]\d)°/.test(text)), { limitMs: 60_000, what: 'far turns in words' });
  expect(await page.evaluate(() => location.hash)).toContain('augmentation=own');
  expect(await page.evaluate(() => location.hash)).toContain('turn_deg=180');
  await page.locator('#tiles-card').screenshot({ path: path.join(SHOTS, 'tiles-own.png') });
  // What cannot be used, from a file, is said at its slider.
  const file = { groundmask: 'settings', version: 1, config: { preset: 'fast', ...SMALL, augmentation: 'own', zoom_share: 7 } };
  await page.setInputFiles('#pick-settings', { name: 'far.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(file)) });
  await expect(page.locator('#err-zoom_share')).toBeVisible();
  await expect(page.locator('#start')).toBeDisabled();
  await page.focus('#set-zoom_share');
  await page.keyboard.press('Home');
  await expect(page.locator('#err-zoom_share')).toBeHidden();
  await gm.applySettings(page, undefined, { augmentation: 'seed' });
  await until(async () => (await pictures()).join() === gentle.join(), { limitMs: 60_000, what: 'the tiles of Classic again' });

  // Others, by keyboard; a screen reader hears what they are.
  await page.focus('#tiles-others');
  await page.keyboard.press('Enter');
  const next = await others(gentle, 'other tiles');
  await expect(page.locator('#status')).toHaveText(/^Other tiles: .+(moved|turned|mirrored|larger|smaller)/);
  await expect(page.locator('#tiles-others')).toBeFocused();
  await gm.applySettings(page, undefined, { seed: 8 });
  await others(next, 'tiles of another seed');

  // The data: with all but one pair left out only that one is shown.
  await gm.goTo(page, 'data');
  const names = (await gm.read(page)).dataset?.pairs.map(({ name }) => name) ?? [];
  for (let i = 1; i < 4; i += 1) await page.locator('#gallery li.pair .use input').nth(i).uncheck();
  await until(async () => gm.usablePairs(await gm.read(page)).length === 2, { limitMs: 20_000, what: 'three pairs are left out' });
  await gm.applySettings(page, undefined, { val_share: 0 });
  await until(async () => {
    const shown = new Set(await page.locator('#tiles .name').allTextContents());
    return shown.size === 2 && shown.has(names[0]) && shown.has(names[4]);
  }, { limitMs: 60_000, what: 'tiles of the pairs that are left' });

  // While training: the row still answers, and the run goes on.
  await gm.applySettings(page, undefined, { steps: 100_000 });
  await page.click('#start');
  await until(async () => ((await gm.read(page)).run?.step ?? 0) > 5, { limitMs: 120_000, what: 'the run is under way' });
  const before = await pictures();
  await page.click('#tiles-others');
  await others(before, 'other tiles while training');
  const step = (await gm.read(page)).run?.step ?? 0;
  await until(async () => ((await gm.read(page)).run?.step ?? 0) > step + 3, { limitMs: 60_000, what: 'training goes on' });
  await page.click('#stop');
  await until(async () => (await gm.read(page)).run?.end, { limitMs: 60_000, what: 'the run stopped' });
  await page.setViewportSize({ width: 320, height: 800 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('#tiles-card').screenshot({ path: path.join(SHOTS, 'tiles-320-dark.png') });
  expect(seen.errors, 'errors on the console').toEqual([]);
});
