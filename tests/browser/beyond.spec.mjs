// @ts-check
/**
 * A run begun in the page goes on in the native command and comes back, to the last bit. GROUNDMASK_NATIVE names the program;
 * without it the one that `cargo test` builds is taken.
 *
 * `golden/page_run/` holds a run that a page left off and the losses it then gave; `tests/page_arithmetic.rs` holds the command to
 * them without a browser. GROUNDMASK_WRITE_GOLDEN=1 writes it anew.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { freshFolder } from './fixtures.mjs';
import { dropPaths, launchBrowser, TESTS, until } from './harness.mjs';
import * as gm from './page.mjs';
import { begin, ended, read, ready, reference, saveEvery, savedAt, smallPairs } from './survive-kit.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

const target = process.env.CARGO_TARGET_DIR ?? path.join(TESTS, '../target');
const NATIVE = process.env.GROUNDMASK_NATIVE ?? path.join(target.replace(/^~/, os.homedir()), 'fast/groundmask');

const VIEW = { viewport: { width: 1280, height: 900 } };
/** Steps of tens of milliseconds, so that it can be left off somewhere near its third. */
const SETTINGS = { steps: 600, validate_every: 100, tile_px: 64, batch: 4, base: 8 };
const LEFT_OFF = 200;
/** Steps that the native command does. */
const NATIVE_STEPS = 200;
const PAGES_SUMS = ['--arithmetic', 'page'];

test('a run goes from the page to the native command and back', async ({ baseURL }) => {
  test.skip(!existsSync(NATIVE), `the native command is not built: ${NATIVE}`);
  const whole = await reference(browser, String(baseURL), { settings: SETTINGS });

  const context = await browser.newContext({ ...VIEW, acceptDownloads: true });
  const page = await ready(context, String(baseURL), { settings: SETTINGS, everyMs: 50 });
  await begin(page);
  await savedAt(page, LEFT_OFF);
  await page.click('#pause');
  await until(async () => (await read(page)).run.phase === 'paused', { limitMs: 60_000, what: 'the run is paused' });
  const taken = await gm.download(page, '#take-run');
  await context.close();
  const folder = freshFolder('beyond');
  const file = path.join(folder, taken.name);
  writeFileSync(file, taken.bytes);
  const from = Number(/step-(\d+)\.gmrun$/.exec(taken.name)?.[1]);
  const leftOff = from + NATIVE_STEPS;
  expect(leftOff).toBeLessThan(SETTINGS.steps);

  const further = path.join(folder, 'further.gmrun');
  const told = execFileSync(NATIVE, ['train', smallPairs(), '--json', ...PAGES_SUMS, '--resume', file, '--save', further, '--until', String(leftOff)], { encoding: 'utf8', timeout: 300_000 });
  const lines = told.trim().split('\n').map((line) => JSON.parse(line));
  const steps = lines.filter(({ type }) => type === 'step').map(({ step, loss }) => [step, loss]);
  expect(lines.find(({ type }) => type === 'run_resumed').step).toBe(from);
  expect(steps.map(([step]) => step)).toEqual(Array.from({ length: NATIVE_STEPS }, (_, i) => from + 1 + i));

  const elsewhere = await browser.newContext(VIEW);
  const back = await elsewhere.newPage();
  await gm.openPage(back, String(baseURL), 'cpu');
  await gm.dropForTraining(back, [smallPairs()]);
  await dropPaths(back, [further]);
  await back.click('#offer-resume');
  const state = await ended(back);
  await elsewhere.close();
  expect(state.run.from).toBe(leftOff);
  expect(state.run.end?.steps).toBe(SETTINGS.steps);
  expect(state.run.end?.reason).toBe('finished');
  expect(state.run.validations.map(({ step }) => step)).toEqual(whole.run.validations.map(({ step }) => step));

  const wanted = new Map(whole.run.losses);
  const losses = new Map(state.run.losses);
  expect([...losses.keys()]).toEqual([...wanted.keys()]);
  /** @param {number} first @param {number} last */
  const worst = (first, last) => {
    let most = 0;
    for (let step = first; step <= last; step += 1) most = Math.max(most, Math.abs((losses.get(step) ?? NaN) - (wanted.get(step) ?? NaN)));
    return most;
  };
  // What the command told is what the page was given.
  for (const [step, loss] of steps) expect(losses.get(step)).toBe(loss);
  console.log(`natively from ${from} to ${leftOff}: largest difference of the loss ${worst(from + 1, leftOff)}, of those after it ${worst(leftOff + 1, SETTINGS.steps)}`);
  expect(worst(1, SETTINGS.steps)).toBe(0);
  expect(state.run.validations.map(({ validation }) => validation)).toEqual(whole.run.validations.map(({ validation }) => validation));
});

const GOLDEN = path.join(TESTS, 'golden/page_run');
/** Small, with everything in it that a step has: crops, augmentation, dropout, Winograd's tiles, and two validations. */
const GOLDEN_SETTINGS = { architecture: 'unet_norm', base: 4, depth: 2, tile_px: 64, batch: 2, steps: 60, validate_every: 30, val_share: 0.25, dropout: 0.2, augmentation: 'strong', seed: 11 };

test('a run that is kept gives the losses that the command is held to', async ({ baseURL }) => {
  const isWriting = Boolean(process.env.GROUNDMASK_WRITE_GOLDEN);
  const file = path.join(GOLDEN, 'begun.gmrun');
  if (isWriting) {
    const context = await browser.newContext({ ...VIEW, acceptDownloads: true });
    const page = await context.newPage();
    await gm.openPage(page, String(baseURL), 'cpu');
    await gm.loadSampleScenes(page);
    await gm.applySettings(page, 'fast', GOLDEN_SETTINGS);
    await saveEvery(page, 50);
    await begin(page);
    await savedAt(page, 5);
    await page.click('#pause');
    await until(async () => (await read(page)).run.phase === 'paused', { limitMs: 60_000, what: 'the run is paused' });
    mkdirSync(GOLDEN, { recursive: true });
    writeFileSync(file, (await gm.download(page, '#take-run')).bytes);
    await context.close();
  }
  const context = await browser.newContext(VIEW);
  const page = await context.newPage();
  await gm.openPage(page, String(baseURL), 'cpu');
  await gm.loadSampleScenes(page);
  await dropPaths(page, [file]);
  await page.click('#offer-resume');
  const { run } = await ended(page);
  await context.close();
  // An f32 each, whose digits here are enough to tell it from every other.
  const found = { losses: run.losses.filter(([step]) => step > run.from), ious: run.validations.filter(({ step }) => step > run.from).map(({ validation }) => validation?.iou) };
  expect(found.losses.length).toBeGreaterThan(20);
  const kept = path.join(GOLDEN, 'losses.json');
  if (isWriting) writeFileSync(kept, `${JSON.stringify(found)}\n`);
  expect(found).toEqual(JSON.parse(readFileSync(kept, 'utf8')));
});
