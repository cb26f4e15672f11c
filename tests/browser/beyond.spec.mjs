// @ts-check
/**
 * A run begun in the page goes on in the native command and comes back. GROUNDMASK_NATIVE names the program; without it the one
 * that `cargo test` builds is taken.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { freshFolder } from './fixtures.mjs';
import { dropPaths, launchBrowser, TESTS, until } from './harness.mjs';
import * as gm from './page.mjs';
import { begin, ended, read, ready, reference, savedAt, smallPairs } from './survive-kit.mjs';

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

/**
 * What page and command make of one state: sums in eight lanes are rounded in another order than in four, and `exp` and `ln` are
 * other libraries'. The first step has no more than that; what it moves the weights by grows from step to step.
 */
const FIRST_STEP = 1e-6;
/** Mean loss of the last tenth of the run. */
const END = 1e-3;

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
  const told = execFileSync(NATIVE, ['train', smallPairs(), '--json', '--resume', file, '--save', further, '--until', String(leftOff)], { encoding: 'utf8', timeout: 300_000 });
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
  const means = [losses, wanted].map((of) => [...of].slice(-60).reduce((sum, [, loss]) => sum + loss / 60, 0));
  const ious = [state, whole].map(({ run }) => run.validations.at(-1)?.validation?.iou);
  console.log(
    `natively from ${from} to ${leftOff}: largest difference of the loss at the first step ${worst(from + 1, from + 1)}, ten ${worst(from + 1, from + 10)}, ` +
      `all native ones ${worst(from + 1, leftOff)}, those after them ${worst(leftOff + 1, SETTINGS.steps)}; mean of the last 60 ${means.join(' and ')}; IoU ${ious.join(' and ')}`,
  );
  expect(worst(1, from)).toBe(0);
  expect(worst(from + 1, from + 1)).toBeLessThanOrEqual(FIRST_STEP);
  expect(Math.abs(means[0] - means[1])).toBeLessThan(END);
});
