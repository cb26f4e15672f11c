// @ts-check
/**
 * Everybody can use the page: axe-core over its states, light and dark, wide and narrow, no sideways scrolling, and a
 * whole run by keyboard alone.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { freshFolder, scene } from './fixtures.mjs';
import { OUT, TESTS, filesBelow, launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';

const AXE = readFileSync(createRequire(path.join(TESTS, 'package.json')).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = path.join(OUT, 'screenshots');
const SMALL = { base: 4, depth: 2, tile_px: 32, batch: 2, lr: 0.003, val_share: 0.34, seed: 7 };

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

/**
 * What axe finds serious or critical in the page as it stands, and whether it scrolls sideways, in six looks.
 * @param {import('playwright-core').Page} page
 * @param {string} state
 */
async function check(page, state) {
  /** @type {string[]} */
  const found = [];
  if (!(await page.evaluate('typeof axe === "object"'))) await page.evaluate(AXE);
  for (const [width, height, schemes] of /** @type {const} */ ([[1280, 900, ['light', 'dark']], [1000, 900, ['light']], [700, 900, ['dark']], [320, 800, ['light', 'dark']]])) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      // Two frames: the new look is laid out and its transitions are over.
      await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))));
      const look = `${state} ${width} ${colorScheme}`;
      const violations = await page.evaluate(async () => {
        const result = await /** @type {any} */ (globalThis).axe.run(document, { resultTypes: ['violations'] });
        return result.violations.filter((/** @type {any} */ v) => v.impact === 'serious' || v.impact === 'critical').map((/** @type {any} */ v) => `${v.id}: ${v.nodes.slice(0, 4).map((/** @type {any} */ n) => n.target.join(' ')).join(' | ')}`);
      });
      found.push(...violations.map((/** @type {string} */ line) => `${look}: ${line}`));
      // A dialog scrolls by itself: the document says nothing about it.
      const over = await page.evaluate(() => Math.max(...[document.documentElement, ...document.querySelectorAll('dialog[open]')].map((box) => box.scrollWidth - box.clientWidth)));
      if (over > 0) found.push(`${look}: ${over} px wider than the window`);
      await page.screenshot({ path: path.join(SHOTS, `access-${state}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
  expect.soft(found).toEqual([]);
}

/**
 * Forced colours: the chart is drawn anew in the colours of the system, and its lines and what lies around their labels
 * can be told apart.
 * @param {import('playwright-core').Page} page
 */
async function chartInForcedColours(page) {
  await page.emulateMedia({ forcedColors: 'active' });
  const drawn = () => page.evaluate(() => {
    const probe = /** @type {HTMLElement | null} */ (document.querySelector('.probe'));
    const canvas = /** @type {HTMLCanvasElement | null} */ (document.querySelector('#chart canvas'));
    const context = canvas?.getContext('2d');
    if (!probe || !canvas || !context) return false;
    const [loss, iou, card] = ['accent', 'blue', 'card'].map((name) => {
      probe.dataset.colour = name;
      return String(getComputedStyle(probe).color.match(/\d+/g));
    });
    const seen = new Set();
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
    return new Set([loss, iou, card]).size === 3 && seen.has(loss) && seen.has(iou);
  });
  await until(drawn, { limitMs: 20_000, what: 'the chart in forced colours' });
  await page.screenshot({ path: path.join(SHOTS, 'access-train-ended-forced-colours.png'), fullPage: true });
  await page.emulateMedia({ forcedColors: null });
}

/**
 * Whatever is scrolled, in a low window. @param {import('playwright-core').Page} page @param {string} selector
 */
async function staysInView(page, selector) {
  await page.setViewportSize({ width: 1280, height: 640 });
  for (const top of [0, 100_000]) {
    await page.evaluate((y) => {
      scrollTo(0, y);
      document.querySelector('#settings')?.scrollTo(0, y);
    }, top);
    await expect(page.locator(selector)).toBeInViewport({ ratio: 1 });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

test('axe finds nothing serious in any state, and nothing scrolls sideways', async ({ baseURL }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await gm.openPage(page, String(baseURL), 'cpu');
  await check(page, 'landing');
  await page.click('#badge-device');
  await check(page, 'device');
  await page.click('#device-close');

  // Findings and faults: a copy, a mask without an image, a file that is none.
  const root = freshFolder('access-odd');
  for (const folder of ['images', 'masks']) mkdirSync(path.join(root, folder));
  for (const [name, seed] of /** @type {const} */ ([['a', 1], ['b', 2], ['c', 1], ['d', 4]])) {
    const made = scene(seed, { width: 64, height: 56 });
    writeFileSync(path.join(root, 'images', `${name}.png`), made.image);
    writeFileSync(path.join(root, 'masks', `${name}.png`), made.mask);
  }
  writeFileSync(path.join(root, 'masks', 'lonely.png'), scene(7, { width: 64, height: 56 }).mask);
  writeFileSync(path.join(root, 'images', 'broken.png'), 'not a picture');
  await gm.dropForTraining(page, [root]);
  await expect(page.locator('#doctor-card')).toBeVisible();
  await expect(page.locator('#data-faults-card')).toBeVisible();
  await check(page, 'data-doctor');
  await page.locator('label:has(#rule-classes)').click();
  await expect(page.locator('#rule-legend > li').first()).toBeVisible();
  await check(page, 'data-legend');
  await page.locator('label:has(#rule-threshold)').click();
  await until(async () => /** @type {any} */ ((await gm.read(page)).dataset)?.classes.length === 0, { limitMs: 20_000, what: 'masks are binary' });

  await gm.applySettings(page, 'fast', { ...SMALL, steps: 40, validate_every: 10 });
  await page.locator('#tiles-fold summary').click();
  await expect(page.locator('#tiles canvas').first()).toBeVisible();
  await check(page, 'train-before');
  await page.fill('#set-tile_px', '33');
  await expect(page.locator('#err-tile_px')).toBeVisible();
  await check(page, 'train-error');
  await page.fill('#set-tile_px', '32');
  await until(async () => (await gm.read(page)).config?.errors.length === 0, { limitMs: 20_000, what: 'the settings are right again' });
  await gm.train(page, { limitMs: 240_000 });
  await page.locator('#chart-table summary').click();
  // Which weights are kept is not told by a colour alone.
  await expect(page.locator('#chart-rows th', { hasText: '(best)' })).toHaveCount(1);
  await expect(page.locator('#chart-rows tr.best th')).toContainText('(best)');
  await expect(page.locator('#worst > li').first()).toBeVisible();
  await page.locator('#curve-table summary').click();
  await expect(page.locator('#curve-rows th', { hasText: '0.50' })).toHaveCount(1);
  await check(page, 'train-ended');
  await chartInForcedColours(page);
  await staysInView(page, '#start');
  await page.locator('.preview .picture').first().click();
  await expect(page.locator('#viewer')).toBeVisible();
  await check(page, 'viewer');
  await page.click('#viewer-close');
  await gm.goTo(page, 'predict');
  await check(page, 'predict-empty');
  await gm.predict(page, { count: 1, validation: true, limitMs: 120_000 });
  await page.click('#outline-summary');
  await check(page, 'predict-results');
  await page.locator('#results .picture').first().click();
  await expect(page.locator('#viewer-downloads')).toBeVisible();
  await check(page, 'viewer-result');
  await page.click('#viewer-close');
  const report = await (async () => {
    await gm.goTo(page, 'train');
    return gm.download(page, '#save-report');
  })();
  const file = path.join(OUT, 'access-report.html');
  writeFileSync(file, report.bytes);
  const reading = await context.newPage();
  await reading.goto(`file://${file}`);
  await check(reading, 'report');
  await reading.close();

  // A paused run, then its offer after a reload.
  await gm.applySettings(page, undefined, { steps: 100_000 });
  await page.evaluate(() => /** @type {any} */ (window).groundmask.keepEvery(200));
  await page.click('#start');
  await until(async () => ((await gm.read(page)).run?.validations.length ?? 0) > 0, { limitMs: 120_000, what: 'a validation' });
  await page.click('#pause');
  await expect(page.locator('#running')).toHaveAttribute('data-phase', 'paused');
  await until(async () => /** @type {any} */ (await gm.read(page)).checkpoint.last?.where === 'disk', { limitMs: 60_000, what: 'the run is saved' });
  await check(page, 'train-paused');
  page.on('dialog', (dialog) => void dialog.accept());
  await page.reload();
  await expect(page.locator('#offer-resume')).toBeVisible();
  await check(page, 'offer');
  await staysInView(page, '#offer-resume');
  await context.close();
});

test('a whole run by keyboard alone: device, files, settings, start, pause, resume, end, predict, download', async ({ baseURL }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
  const page = await context.newPage();
  // Choosers are caught from the start on: a busy browser may open one before it has heard that it is to be caught.
  page.on('filechooser', () => {});
  await gm.bringUp(page, String(baseURL));
  const keys = page.keyboard;

  /** Goes on with Tab until an element has the focus, which must then be seen. @param {string} selector */
  const tabTo = async (selector) => {
    for (let n = 0; n < 250; n += 1) {
      const there = await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
      if (there) {
        const seen = await page.evaluate(() => {
          const element = /** @type {Element} */ (document.activeElement);
          const { width, height, left, top } = element.getBoundingClientRect();
          // Nothing that sticks to the window lies over it either: a choice is the label around its hidden input.
          const over = document.elementFromPoint(left + width / 2, top + height / 2);
          return Boolean(width && height && over && (element.contains(over) || over.contains(element) || over.closest('label')?.contains(element)));
        });
        expect(seen, `${selector} is in view when it has the focus`).toBe(true);
        return;
      }
      await keys.press('Tab');
    }
    throw new Error(`Tab never came to ${selector}`);
  };
  /** @param {string} selector @param {string} text */
  const type = async (selector, text) => {
    await tabTo(selector);
    await keys.press('Control+A');
    await keys.type(text);
  };

  await tabTo('#badge-device');
  await keys.press('Enter');
  await tabTo('[name="device"]');
  await keys.press('ArrowLeft');
  await expect(page.locator('#device-cpu')).toBeChecked();
  await until(async () => (await gm.deviceUp(page))?.reason === 'asked_for_cpu', { limitMs: 60_000, what: 'the CPU is taken' });
  await tabTo('#device-close');
  await keys.press('Enter');
  await expect(page.locator('#device-dialog')).toBeHidden();

  const folder = freshFolder('keys');
  for (let k = 1; k <= 5; k += 1) {
    const made = scene(k, { width: 64, height: 56 });
    writeFileSync(path.join(folder, `${k}.png`), made.image);
    writeFileSync(path.join(folder, `${k}_mask.png`), made.mask);
  }
  await tabTo('#choose-files');
  const choosing = page.waitForEvent('filechooser');
  await keys.press('Enter');
  await (await choosing).setFiles(filesBelow(folder));
  await until(async () => gm.usablePairs(await gm.read(page)).length === 5, { limitMs: 60_000, what: 'five pairs' });
  await tabTo('#to-train');
  await keys.press('Enter');
  // A screen reader hears where it is; Tab goes on from there.
  await expect(page.locator('#train-title')).toBeFocused();
  await until(async () => (await gm.read(page)).config, { limitMs: 60_000, what: 'the settings' });

  await tabTo('[name="preset"]');
  await keys.press('ArrowLeft');
  await expect(page.locator('#preset-fast')).toBeChecked();
  await until(async () => (await gm.read(page)).config?.config.preset === 'fast', { limitMs: 20_000, what: 'the preset' });
  await tabTo('#advanced summary');
  await keys.press('Enter');
  for (const [name, value] of /** @type {const} */ ([['base', '4'], ['depth', '2'], ['tile_px', '32'], ['batch', '2'], ['steps', '100000'], ['validate_every', '10']])) await type(`#set-${name}`, value);
  await until(async () => {
    const { config } = await gm.read(page);
    return config?.config.validate_every === 10 && config.config.steps === 100_000 && config.errors.length === 0;
  }, { limitMs: 20_000, what: 'the settings are taken' });
  await tabTo('#start');
  await keys.press('Enter');
  await until(async () => ((await gm.read(page)).run?.validations.length ?? 0) > 0, { limitMs: 180_000, what: 'a validation' });

  await tabTo('#pause');
  await keys.press('Enter');
  await expect(page.locator('#pause')).toHaveText('Resume');
  await expect(page.locator('#pause')).toBeEnabled();
  await expect(page.locator('#pause')).toBeFocused();
  const paused = (await gm.read(page)).run?.step ?? 0;
  await tabTo('#pause');
  await keys.press('Space');
  await expect(page.locator('#pause')).toHaveText('Pause');
  await until(async () => ((await gm.read(page)).run?.step ?? 0) > paused, { limitMs: 60_000, what: 'the run goes on' });
  await tabTo('#preview-time');
  await keys.press('Home');
  // Along the chart; its figures are announced there and nowhere else.
  await tabTo('#chart');
  // Its lines are drawn in a task of their own.
  await until(async () => {
    await keys.press('End');
    return /^step \d+ · loss/.test((await page.locator('#chart-hover').textContent()) ?? '');
  }, { limitMs: 20_000, what: 'the newest figures' });
  await expect(page.locator('#chart-hover')).toHaveAttribute('aria-live', 'polite');
  const newest = await page.locator('#chart-hover').textContent();
  await keys.press('Home');
  await expect(page.locator('#chart-hover')).not.toHaveText(String(newest));
  await tabTo('#pr-threshold');
  await expect(page.locator('#chart-hover')).toHaveAttribute('aria-live', 'off');
  // The slider follows the validations until somebody moves it.
  await keys.press('ArrowLeft');
  const own = Number(await page.inputValue('#pr-threshold'));
  await keys.press('ArrowLeft');
  await expect(page.locator('#pr-threshold-value')).toHaveText(Math.max(0.01, own - 0.01).toFixed(2));
  await tabTo('#stop');
  await keys.press('Enter');
  await until(async () => (await gm.read(page)).run?.end, { limitMs: 60_000, what: 'the end' });
  // Its button is gone.
  await expect(page.locator('#running-title')).toBeFocused();

  await tabTo('#to-predict');
  await keys.press('Enter');
  await expect(page.locator('#predict-title')).toBeFocused();
  await tabTo('#predict');
  await keys.press('Enter');
  await until(async () => {
    const state = await gm.read(page);
    return state.results.length > 0 && !state.predicting;
  }, { limitMs: 120_000, what: 'masks' });
  await tabTo('#results .picture');
  await keys.press('Enter');
  await expect(page.locator('#viewer')).toBeVisible();
  await keys.press('Escape');
  await expect(page.locator('#viewer')).toBeHidden();
  await tabTo('#download-zip');
  const started = page.waitForEvent('download');
  await keys.press('Enter');
  expect((await started).suggestedFilename()).toBe('groundmask-masks.zip');
  await context.close();
});
