// @ts-check
/**
 * Classes, findings, run control, health and what a run shows, through the real page on the CPU.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';
import { PNG } from 'pngjs';

import { freshFolder, scene } from './fixtures.mjs';
import { OUT, launchBrowser, until, watch } from './harness.mjs';
import * as gm from './page.mjs';
import { unzip } from './zip.mjs';

const SHOTS = path.join(OUT, 'screenshots');
const LIMIT_MS = 480_000;
const SIZE = { width: 64, height: 56 };
const SMALL = { base: 4, depth: 2, tile_px: 32, batch: 4, lr: 0.003, val_share: 0.34, seed: 7 };
/** Two mend what is tried here, a tenth of the rate and then batch norm; so many more would lead nowhere. */
const MOST_RETRIES = 4;

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {import('playwright-core').Page} */
let page;
/** @type {Awaited<ReturnType<typeof watch>>} */
let seen;

test.beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());
test.beforeEach(async ({ baseURL }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
  seen = await watch(context, String(baseURL));
  page = await context.newPage();
  await gm.openPage(page, String(baseURL), 'cpu');
  seen.markLoaded();
});
test.afterEach(async () => {
  expect(seen.errors, 'errors on the console').toEqual([]);
  await page.context().close();
});

/** @param {string} name */
const shoot = (name) => page.screenshot({ path: path.join(SHOTS, `learn-${name}.png`), fullPage: true });

/**
 * @param {string} name
 * @param {Record<string, { image: Buffer, mask: Buffer }>} pairs
 */
function folder(name, pairs) {
  const root = freshFolder(name);
  for (const side of /** @type {const} */ (['image', 'mask'])) {
    mkdirSync(path.join(root, `${side}s`));
    for (const [stem, pair] of Object.entries(pairs)) writeFileSync(path.join(root, `${side}s`, `${stem}.png`), pair[side]);
  }
  return root;
}

/** Ground, a river and roofs, in mask colours of their own, and where asked a field. @param {number} k @param {boolean} [field] */
function classScene(k, field = false) {
  const { width, height } = SIZE;
  const image = new PNG({ width, height });
  const mask = new PNG({ width, height });
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 4;
      const grain = (x * 7919 + y * 104_729 + k * 31) % 23;
      const river = (x + y + 5 * k) % 60 < 12;
      const roof = Math.floor(x / 9 + k) % 3 === 0 && Math.floor(y / 9 + k) % 3 === 1;
      image.data.set(river ? [30 + grain, 60 + grain, 120, 255] : roof ? [200 + grain, 120, 100, 255] : [90, 110 + grain, 60, 255], at);
      mask.data.set(field && y < 14 ? [240, 230, 60, 255] : river ? [20, 60, 200, 255] : roof ? [220, 40, 40, 255] : [40, 160, 60, 255], at);
    }
  }
  return { image: PNG.sync.write(image), mask: PNG.sync.write(mask) };
}

test('a colour map becomes classes with names, trains and is saved with its palette', async () => {
  const pairs = Object.fromEntries([1, 2, 3, 4, 5, 6].map((k) => [`field${k}`, classScene(k)]));
  const state = await gm.dropForTraining(page, [folder('classes', pairs)]);
  const dataset = /** @type {any} */ (state.dataset);
  expect(dataset.rule.kind).toBe('classes');
  expect(dataset.classes).toHaveLength(3);
  await expect(page.locator('#rule-legend > li')).toHaveCount(3);
  await page.fill('#legend-name-0', 'ground');
  await page.press('#legend-name-0', 'Tab');
  await until(async () => /** @type {any} */ ((await gm.read(page)).dataset)?.classes[0].name === 'ground', { limitMs: 20_000, what: 'the class is called ground' });
  await shoot('classes-data');

  await gm.applySettings(page, 'fast', { ...SMALL, steps: 60, validate_every: 20 });
  const trained = await gm.train(page, { limitMs: LIMIT_MS });
  expect(trained.run?.end?.reason).toBe('finished');
  expect(trained.run?.validations.at(-1)?.validation?.class_iou).toHaveLength(3);
  await expect(page.locator('#run-classes .class-key')).toHaveCount(3);
  await shoot('classes-trained');
  const predicted = await gm.predict(page, { count: 2, validation: true, limitMs: LIMIT_MS });
  expect(predicted.results).toHaveLength(2);
  await expect(page.locator('#threshold-label')).toBeHidden();
  await shoot('classes-predicted');
  const files = unzip((await gm.download(page, '#download-zip')).bytes);
  for (const bytes of files.values()) expect([bytes[24], bytes[25]], '8 bit, palette').toEqual([8, 3]);

  // Back to one colour against the rest, and to the edited legend again.
  await gm.goTo(page, 'data');
  await page.locator('label:has(#rule-colour)').click();
  await until(async () => /** @type {any} */ ((await gm.read(page)).dataset)?.classes.length === 0, { limitMs: 20_000, what: 'masks are binary' });
  await page.locator('label:has(#rule-classes)').click();
  await until(async () => /** @type {any} */ ((await gm.read(page)).dataset)?.classes[0]?.name === 'ground', { limitMs: 20_000, what: 'the legend is back' });
});

test('a class of files that come after the legend was edited is shown, and one click adds it', async () => {
  await gm.dropForTraining(page, [folder('classes-first', { early1: classScene(1), early2: classScene(2) })]);
  await page.fill('#legend-name-0', 'ground');
  await page.press('#legend-name-0', 'Tab');
  await until(async () => /** @type {any} */ ((await gm.read(page)).dataset)?.classes[0].name === 'ground', { limitMs: 20_000, what: 'the class is called ground' });
  await gm.dropForTraining(page, [folder('classes-later', { late1: classScene(3, true), late2: classScene(4, true) })]);
  await until(async () => (await gm.read(page)).dataset?.pairs.length === 4, { limitMs: 60_000, what: 'the later pairs' });
  await expect(page.locator('#rule-legend > li')).toHaveCount(3);
  // The shares are those of all masks, the new colour's included.
  const shares = /** @type {any} */ ((await gm.read(page)).dataset).rule.legend.map((/** @type {any} */ { share }) => share);
  expect(shares.reduce((/** @type {number} */ sum, /** @type {number} */ share) => sum + share, 0)).toBeLessThan(0.99);
  await expect(page.locator('#rule-strays-line')).toContainText('1 new colour');
  await expect(page.locator('#rule-strays-list')).toContainText('#F0E63C');
  await shoot('classes-new-colour');
  await page.click('#legend-add');
  await expect(page.locator('#rule-legend > li')).toHaveCount(4);
  await expect(page.locator('#rule-strays')).toBeHidden();
  const { classes } = /** @type {any} */ ((await gm.read(page)).dataset);
  expect(classes).toHaveLength(4);
  expect(classes[0].name).toBe('ground');
  expect(classes[3].rgb).toEqual([240, 230, 60]);
});

test('the findings show each fault and one click mends it', async () => {
  const empty = new PNG({ ...SIZE });
  empty.data.fill(0);
  for (let at = 3; at < empty.data.length; at += 4) empty.data[at] = 255;
  const pairs = Object.fromEntries([1, 2, 3, 4, 5].map((k) => [`plot${k}`, scene(k, SIZE)]));
  pairs.blank = { image: scene(8, SIZE).image, mask: PNG.sync.write(empty, { colorType: 0 }) };
  pairs.plotcopy = scene(2, SIZE);
  const own = scene(9, SIZE);
  pairs.same = { image: own.image, mask: own.image };
  await gm.dropForTraining(page, [folder('doctor', pairs)]);
  const codes = async () => page.locator('#doctor > li:not(.settled)').evaluateAll((items) => items.map((item) => item.getAttribute('data-code')));
  await until(async () => (await codes()).length > 0, { limitMs: 20_000, what: 'findings' });
  const found = await codes();
  for (const code of ['mask_is_image', 'empty_masks', 'copies']) expect(found).toContain(code);
  await shoot('doctor');
  await page.setViewportSize({ width: 320, height: 700 });
  await shoot('doctor-320');
  await page.setViewportSize({ width: 1280, height: 900 });
  for (let left = found.length; left > 0; left -= 1) {
    const before = (await codes()).length;
    if (before === 0) break;
    await page.locator('#doctor button.mend').first().click();
    await until(async () => (await codes()).length < before, { limitMs: 20_000, what: 'a finding is mended' });
  }
  expect(await codes()).toEqual([]);
  expect(gm.usablePairs(await gm.read(page)).map((pair) => pair.name)).toEqual(['plot1', 'plot2', 'plot3', 'plot4', 'plot5']);
  // What the settings see to already is said all the same, without a button.
  for (const left of [4, 3]) {
    await page.locator('#gallery li.pair .use input:checked').first().uncheck();
    await until(async () => gm.usablePairs(await gm.read(page)).length === left, { limitMs: 20_000, what: `${left} pairs are left` });
  }
  const few = page.locator('#doctor > li[data-code="too_few_pairs"]');
  await few.locator('button.mend').click();
  await expect(few).toContainText('Already set: strong augmentation');
  await expect(few.locator('button.mend')).toHaveCount(0);
  await gm.applySettings(page, undefined, { augmentation: 'off' });
  await gm.goTo(page, 'data');
  await few.locator('button.mend').click();
  await expect(few).toContainText('Already set');
});

test('images are chosen for validation in the gallery, and the run holds those back', async () => {
  await gm.dropForTraining(page, [folder('chosen', Object.fromEntries([1, 2, 3, 4, 5].map((k) => [`spot${k}`, scene(k, SIZE)])))]);
  await gm.goTo(page, 'data');
  await expect(page.locator('#gallery .hold').first()).toBeHidden();
  await page.locator('label:has(#pick-validation)').click();
  await expect(page.locator('#picked-line')).toContainText('None chosen');
  for (const name of ['spot2', 'spot4']) await page.getByLabel(`Hold ${name} back for validation`).check();
  await expect(page.locator('#picked-line')).toHaveText('2 images held back for validation.');
  await shoot('chosen-validation');
  const held = async () => (await gm.read(page)).config?.validation_pairs;
  await until(async () => (await held()) === 2, { limitMs: 20_000, what: 'two are held back' });
  // One that is left out cannot be held back.
  await page.getByLabel('Use spot4').uncheck();
  await until(async () => (await held()) === 1, { limitMs: 20_000, what: 'one is held back' });
  await gm.applySettings(page, undefined, { ...SMALL, steps: 2, validate_every: 2 });
  const { run, dataset } = await gm.train(page, { limitMs: LIMIT_MS });
  expect(run?.validation_pairs.map((index) => dataset?.pairs[index].name)).toEqual(['spot2']);
  await gm.applySettings(page, undefined, { val_names: [] });
  await gm.goTo(page, 'data');
  await expect(page.getByLabel('Hold spot2 back for validation')).not.toBeChecked();
  await page.locator('label:has(#pick-validation)').click();
});

test('a run with a hopeless rate ends by itself, and the retries that are offered lead to one that goes on', async () => {
  const pairs = Object.fromEntries([1, 2, 3, 4, 5].map((k) => [`plot${k}`, scene(k, SIZE)]));
  await gm.dropForTraining(page, [folder('retry', pairs)]);
  // So long that it is under way when it is stopped, however slow the page.
  await gm.applySettings(page, 'fast', { ...SMALL, architecture: 'unet', head: 'two_channels', lr: 1, schedule: 'cosine', augmentation: 'strong', foreground_weight: 'auto', steps: 100_000, validate_every: 10 });
  await gm.goTo(page, 'train');
  await page.click('#start');
  const tried = [];
  for (;;) {
    const run = await until(async () => {
      const now = (await gm.read(page)).run;
      return now?.end || Number(now?.step) >= 300 ? now : null;
    }, { limitMs: LIMIT_MS, what: 'the run ended, or goes on' });
    const { config: { lr, architecture }, end } = run;
    tried.push({ lr, architecture, steps: end?.steps, reason: end?.reason });
    if (!end) break;
    expect(['not_finite', 'diverged', 'dead_output', 'constant']).toContain(end.reason);
    expect(end.steps).toBeLessThan(300);
    expect(tried.length, JSON.stringify(tried)).toBeLessThanOrEqual(MOST_RETRIES);
    await expect(page.locator('#retry')).toBeVisible();
    if (tried.length === 1) await shoot('retry');
    await page.click('#retry');
    const again = await until(async () => {
      const now = (await gm.read(page)).run;
      return now?.run_id !== run.run_id ? now : null;
    }, { limitMs: 60_000, what: 'the retry started' });
    expect(JSON.stringify(again.config)).not.toBe(JSON.stringify(run.config));
  }
  console.log(`retries: ${JSON.stringify(tried)}`);
  expect(tried.length).toBeGreaterThan(1);
  await page.click('#stop');
  await until(async () => (await gm.read(page)).run?.end, { limitMs: 60_000, what: 'the retry stopped' });
});

test('a run can be followed through time, image by image and along its thresholds', async () => {
  const pairs = Object.fromEntries([1, 2, 3, 4, 5, 6].map((k) => [`plot${k}`, scene(k, SIZE)]));
  await gm.dropForTraining(page, [folder('watch', pairs)]);
  await gm.applySettings(page, 'fast', { ...SMALL, steps: 60, validate_every: 15, patience: 50, schedule: 'plateau', warmup_steps: 5, clip_norm: 1, class_weights: [1, 2] });
  await gm.train(page, { limitMs: LIMIT_MS });
  await expect(page.locator('#preview-time')).toHaveAttribute('max', '3');
  await expect(page.locator('#worst > li')).toHaveCount(2);
  await expect(page.locator('.preview canvas')).toHaveCount(8);
  const now = await page.locator('#preview-time-value').textContent();
  await page.locator('#preview-time').focus();
  await page.keyboard.press('Home');
  await until(async () => (await page.locator('#preview-time-value').textContent()) !== now, { limitMs: 10_000, what: 'the first preview' });
  await expect(page.locator('#preview-time-value')).toHaveText('step 15');
  await expect(page.locator('#pr-line')).toHaveAttribute('points', /\d/);
  await expect(page.locator('#pr-text')).toContainText('precision');
  await shoot('watch');
  await page.setViewportSize({ width: 320, height: 700 });
  await shoot('watch-320');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 1280, height: 900 });
  await shoot('watch-dark');
});
