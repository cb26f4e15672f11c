// @ts-check
/** What the tests of surviving runs share: a small run, waiting for its saves, comparing two runs. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { expect } from '@playwright/test';

import { pairFolder } from './fixtures.mjs';
import { OUT, until } from './harness.mjs';
import * as gm from './page.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {gm.Summary & { checkpoint: { storage: string, why: string, dataKept: string | null | undefined, offer: Saved | null, last: Saved | null, other: Saved | null }, dataset: { fingerprint: string }, error: { sentence: string, next: string } | null, run: gm.Run & { from: number, phase: string } }} Summary */
/** @typedef {{ saved: import('../../www/core/types.js').SavedRun, where: string, data?: boolean }} Saved */

/** Steps of milliseconds on either device, with everything in them: crops, augmentation, dropout, validation. */
export const SMALL = { architecture: 'unet_norm', base: 4, depth: 2, tile_px: 32, batch: 2, steps: 1000, validate_every: 100, val_share: 0.25, dropout: 0.2, augmentation: 'strong', seed: 11 };

/** The software adapter compiles shaders for minutes on a busy machine. */
const LIMIT_MS = 300_000;

export const read = /** @type {(page: Page) => Promise<Summary>} */ (/** @type {unknown} */ (gm.read));

/** Four pairs, written once. */
export const smallPairs = () => pairFolder('survive', 4, { width: 72, height: 60 });

/** Saves every `ms`. @param {Page} page @param {number} ms */
export const saveEvery = (page, ms) => page.evaluate((every) => /** @type {any} */ (window).groundmask.keepEvery(every), ms);

/**
 * A page with data, ready to start.
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} url
 * @param {{ device?: import('./harness.mjs').Device, folder?: string, settings?: object, everyMs?: number }} [options]
 */
export async function ready(context, url, { device = 'cpu', folder = smallPairs(), settings = {}, everyMs = 250 } = {}) {
  const page = await context.newPage();
  page.on('dialog', (dialog) => void dialog.accept().catch(() => {}));
  await gm.openPage(page, url, device);
  await gm.dropForTraining(page, [folder]);
  await gm.applySettings(page, 'fast', { ...SMALL, ...settings });
  await saveEvery(page, everyMs);
  return page;
}

/** Presses Start and waits for the run. @param {Page} page */
export async function begin(page) {
  await gm.goTo(page, 'train');
  await expect(page.locator('#start')).toBeEnabled();
  await page.click('#start');
  await until(async () => (await read(page)).run, { limitMs: LIMIT_MS, what: 'the run began' });
}

/** Waits for a save that is wanted, while the run goes on. @param {Page} page @param {string} what @param {(last: Saved) => boolean} wanted */
function saved(page, what, wanted) {
  return until(
    async () => {
      const { run, checkpoint } = await read(page);
      if (run?.end) throw new Error(`the run ended before ${what}: ${JSON.stringify(checkpoint)}`);
      return checkpoint.last && wanted(checkpoint.last) ? checkpoint.last.saved : null;
    },
    { limitMs: LIMIT_MS, what, everyMs: 20 },
  );
}

/** Waits until a state of at least `step` steps is saved. @param {Page} page @param {number} step @param {string} [where] */
export const savedAt = (page, step, where = 'disk') => saved(page, `a save at step ${step} (${where})`, (last) => last.where === where && last.saved.step >= step);

/** Waits until both slots hold a state: on a fast machine step 60 is over before the first save. @param {Page} page */
export const savedTwice = (page) => saved(page, 'a second save', (last) => last.where === 'disk' && last.saved.number >= 2);

/**
 * Waits until the end of a run is saved, whoever ended it: a state of its last step may be one of before, with the last
 * validation still ahead.
 * @param {Page} page
 * @param {'finished' | 'stopped'} [reason]
 */
export const endSaved = (page, reason = 'finished') => until(async () => (await read(page)).checkpoint.last?.saved.ended === reason, { limitMs: 60_000, what: 'the end was saved' });

/** Waits until the images of the run are kept, too. @param {Page} page */
export function imagesKept(page) {
  return until(
    async () => {
      const { dataKept } = (await read(page)).checkpoint;
      if (dataKept) throw new Error(`the images are not kept: ${dataKept}`);
      return dataKept === null;
    },
    { limitMs: 60_000, what: 'the images are kept' },
  );
}

/** Waits for the end of the run. @param {Page} page */
export async function ended(page) {
  try {
    return await until(
      async () => {
        const state = await read(page);
        return state.run?.end ? state : null;
      },
      { limitMs: LIMIT_MS, what: 'the run ended' },
    );
  } catch (error) {
    const { run, error: banner, faults, checkpoint } = await read(page);
    throw new Error(`${error}: ${JSON.stringify({ step: run?.step, phase: run?.phase, banner, faults, offer: checkpoint.offer?.where })}`);
  }
}

/** Waits until a run goes on that was resumed. @param {Page} page */
export function resumed(page) {
  return until(
    async () => {
      const state = await read(page);
      return state.run && state.run.from > 0 ? state : null;
    },
    { limitMs: LIMIT_MS, what: 'the run was resumed', everyMs: 30 },
  );
}

/** The uninterrupted run, in a context of its own. @param {import('playwright-core').Browser} browser @param {string} url @param {Parameters<typeof ready>[2]} [options] */
export async function reference(browser, url, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await ready(context, url, { ...options, everyMs: 3_600_000 });
  await begin(page);
  const state = await ended(page);
  await context.close();
  return state;
}

/**
 * The same curve at every step that both report, the same validations, the same end.
 * @param {Summary} state
 * @param {Summary} whole
 * @param {number} tolerance
 */
export function expectSame(state, whole, tolerance) {
  const wanted = new Map(whole.run.losses);
  const common = state.run.losses.filter(([step]) => wanted.has(step));
  const worst = Math.max(...common.map(([step, loss]) => Math.abs(loss - (wanted.get(step) ?? NaN))));
  expect(state.run.end?.steps).toBe(whole.run.end?.steps);
  expect(state.run.end?.reason).toBe('finished');
  const last = Math.abs((state.run.end?.loss_last ?? NaN) - (whole.run.end?.loss_last ?? NaN));
  expect(last).toBeLessThanOrEqual(tolerance);
  expect(state.run.validations.map(({ step }) => step)).toEqual(whole.run.validations.map(({ step }) => step));
  for (const [i, { validation }] of state.run.validations.entries()) {
    expect(Math.abs((validation?.loss ?? NaN) - (whole.run.validations[i].validation?.loss ?? NaN))).toBeLessThanOrEqual(tolerance * 10);
  }
  return { common: common.length, worst, last };
}

/** Ends the engine's worker, in the middle of whatever it does. @param {Page} page */
export async function killWorker(page) {
  // The call cannot come back from a worker that is gone.
  await page.workers().findLast((worker) => worker.url().startsWith('blob:'))?.evaluate(() => self.close()).catch(() => {});
}

/** @param {Page} page @param {string} name */
export async function shoot(page, name) {
  mkdirSync(path.join(OUT, 'screenshots'), { recursive: true });
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: path.join(OUT, 'screenshots', `${name}.png`) });
}
