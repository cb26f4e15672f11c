// @ts-check
/**
 * No run is lost by a tap: two taps on any button of a run, by finger and by mouse; what is discarded comes back; ten runs
 * are kept, and the eleventh asks.
 */
import { expect, test } from '@playwright/test';

import { launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';
import { begin, endSaved, ended, read, ready, savedAt } from './survive-kit.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

const NARROW = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const WIDE = { viewport: { width: 1280, height: 900 } };

/** Runs in the list, the newest first. @param {gm.Page} page @returns {Promise<import('../../www/core/types.js').KeptRun[]>} */
const runs = async (page) => /** @type {any} */ (await read(page)).checkpoint.runs;

/** Those nobody has discarded. @param {gm.Page} page */
const kept = async (page) => (await runs(page)).filter(({ discarded_until }) => discarded_until === null);

/**
 * Presses the middle of a button twice, whatever is there the second time.
 * @param {gm.Page} page
 * @param {string} selector
 * @param {number} apart ms
 */
async function twice(page, selector, apart) {
  const button = page.locator(selector);
  // Not under the panel that stays at the top.
  await button.evaluate((element) => element.scrollIntoView({ block: 'center' }));
  // It has been there for a second.
  await expect(button).toBeEnabled();
  const box = await button.boundingBox();
  if (!box) throw new Error(`nothing to press: ${selector}`);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const touch = await page.evaluate(() => navigator.maxTouchPoints > 0);
  const press = () => (touch ? page.touchscreen.tap(x, y) : page.mouse.click(x, y));
  const first = Date.now();
  await press();
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, apart - (Date.now() - first))));
  await press();
}

for (const [name, look] of /** @type {const} */ ([['390 px, by finger', NARROW], ['1280 px, by mouse', WIDE]])) {
  test(`two taps lose nothing: ${name}`, async ({ baseURL }) => {
    const context = await browser.newContext(look);
    const page = await ready(context, String(baseURL), { settings: { steps: 100_000 } });
    await begin(page);
    await savedAt(page, 20);
    for (const apart of [100, 400, 800]) {
      // Paused by two taps, it is paused.
      await twice(page, '#pause', apart);
      await until(async () => (await read(page)).run.phase === 'paused', { limitMs: 30_000, what: 'paused' });
      await expect(page.locator('#pause')).toBeEnabled();
      await page.click('#pause');
      await until(async () => (await read(page)).run.phase === 'training', { limitMs: 30_000, what: 'training' });
      const { step } = await savedAt(page, 20);
      await twice(page, '#stop', apart);
      await endSaved(page, 'stopped');
      expect((await read(page)).place).toBe('train');
      // It goes on from its own panel, and no banner has come.
      await expect(page.locator('#run-resume')).toBeVisible();
      await expect(page.locator('#offer')).toBeHidden();
      const [run] = await kept(page);
      expect(run.saved.step).toBeGreaterThanOrEqual(step);
      await page.click('#run-resume');
      await until(async () => (await read(page)).run.from > 0 && !(await read(page)).run.end, { limitMs: 30_000, what: 'it goes on' });
      await savedAt(page, step);
    }
    await page.click('#stop');
    await endSaved(page, 'stopped');
    const [first] = await kept(page);
    let number = 1;
    for (const apart of [100, 400, 800]) {
      await twice(page, '#start', apart);
      number += 1;
      await until(async () => (await kept(page)).length === number, { limitMs: 60_000, what: `${number} runs are kept` });
      expect((await read(page)).run.end).toBeNull();
      expect((await kept(page)).some(({ id }) => id === first.id)).toBe(true);
      await page.click('#stop');
      await endSaved(page, 'stopped');
    }
    for (const apart of [100, 400, 800]) {
      await page.reload();
      await expect(page.locator('#offer-discard')).toBeVisible();
      await twice(page, '#offer-discard', apart);
      await expect(page.locator('#undo')).toBeVisible();
      await expect(page.locator('#offer')).toBeHidden();
      expect(await runs(page)).toHaveLength(number);
      expect(await kept(page)).toHaveLength(number - 1);
      await expect(page.locator('#undo-restore')).toBeEnabled();
      await page.click('#undo-restore');
      await until(async () => (await kept(page)).length === number, { limitMs: 30_000, what: 'it is back' });
      await expect(page.locator('#offer-resume')).toBeVisible();
    }
    await context.close();
  });
}

/** A short run, to its saved end. @param {gm.Page} page @param {number} seed */
async function shortRun(page, seed) {
  const before = (await kept(page)).length;
  await gm.applySettings(page, undefined, { seed });
  const id = (await read(page)).run?.run_id;
  await page.click('#start');
  await until(async () => {
    const { run } = await read(page);
    return run && run.run_id !== id && run.end;
  }, { limitMs: 60_000, what: `the run with seed ${seed} ended` });
  await endSaved(page);
  await until(async () => (await kept(page)).length > before, { limitMs: 30_000, what: `${before + 1} runs are kept` });
}

test('ten runs are kept and the eleventh asks; an older one is opened with its settings, renamed, taken home', async ({ baseURL }) => {
  const context = await browser.newContext({ ...WIDE, acceptDownloads: true });
  const page = await ready(context, String(baseURL), { settings: { steps: 20, validate_every: 10 } });
  for (let seed = 1; seed <= 10; seed += 1) await shortRun(page, seed);
  await page.click('#runs-more');
  await expect(page.locator('#runs > li')).toHaveCount(10);
  await expect(page.locator('#runs-full')).toBeHidden();
  // It goes on meanwhile, and is kept too.
  await shortRun(page, 11);
  await expect(page.locator('#runs-full-line')).toContainText('11 runs are kept');
  const oldest = (await kept(page)).at(-1);
  expect(oldest?.saved.config.seed).toBe(1);
  await page.click('#runs-drop-oldest');
  const row = page.locator(`#runs > li[data-id="${oldest?.id}"]`);
  await expect(row).toContainText('Discarded, kept until');
  await expect(page.locator('#runs-full')).toBeHidden();
  await row.locator('.run-back').click();
  await expect(page.locator('#runs-full')).toBeVisible();

  // Its settings, its curves, its masks; it does not go on.
  const other = page.locator('#runs > li', { hasText: 'Random seed 4' });
  await other.locator('.run-open').click();
  await until(async () => (await read(page)).run?.config.seed === 4 && (await read(page)).run.end, { limitMs: 60_000, what: 'the older run is open' });
  const state = await read(page);
  expect(state.run.end?.steps).toBe(20);
  expect(state.run.validations.map(({ step }) => step)).toEqual([10, 20]);
  await expect(page.locator('#set-seed')).toHaveValue('4');
  await expect(page.locator('#previews .preview').first()).toBeVisible();
  await expect(page.locator('#worst > li').first()).toBeVisible();
  expect(await kept(page)).toHaveLength(11);

  await other.locator('.run-rename').click();
  await page.keyboard.type('North camp');
  await page.keyboard.press('Enter');
  await expect(other.locator('h3')).toHaveText('North camp');
  const file = await gm.download(page, '#runs > li:has(h3:text-is("North camp")) .run-file');
  expect(file.name).toBe('groundmask-North-camp-step-20.gmrun');

  // Before any data is loaded it is there, too.
  page.on('dialog', (dialog) => void dialog.accept().catch(() => {}));
  await page.reload();
  await page.click('#runs-landing');
  await expect(page.locator('#runs-title')).toBeFocused();
  await expect(page.locator('#runs h3', { hasText: 'North camp' })).toBeVisible();
  await page.locator('#runs > li', { hasText: 'North camp' }).locator('.run-open').click();
  const again = await ended(page);
  expect(again.run.config.seed).toBe(4);
  expect(again.model).not.toBeNull();

  // For good only from where it was discarded before.
  const first = page.locator('#runs > li', { hasText: 'Random seed 9' });
  await expect(first.locator('.run-remove')).toBeHidden();
  await first.locator('.run-delete').click();
  await first.locator('.run-remove').click();
  await expect(first).toHaveCount(0);
  expect(await kept(page)).toHaveLength(10);
  await context.close();
});

test('a second tap on Delete deletes nothing for good', async ({ baseURL }) => {
  const context = await browser.newContext(NARROW);
  const page = await ready(context, String(baseURL), { settings: { steps: 20, validate_every: 10 } });
  await shortRun(page, 1);
  await shortRun(page, 2);
  const [newest, oldest] = await kept(page);
  for (const [apart, { id }] of /** @type {const} */ ([[120, newest], [500, oldest]])) {
    await twice(page, `#runs > li[data-id="${id}"] .run-delete`, apart);
    await expect(page.locator(`#runs > li[data-id="${id}"]`)).toContainText('Discarded, kept until');
    await expect(page.locator(`#runs > li[data-id="${id}"] .run-back`)).toBeEnabled();
  }
  expect(await runs(page)).toHaveLength(2);
  expect(await kept(page)).toHaveLength(0);
  await context.close();
});

test('a storage that is full: the run before stays, the new one goes on and is held by the page until there is room', async ({ baseURL }) => {
  const context = await browser.newContext(WIDE);
  const page = await ready(context, String(baseURL), { settings: { steps: 20, validate_every: 10 } });
  await shortRun(page, 1);
  const [first] = await kept(page);
  const session = await context.newCDPSession(page);
  const { origin } = new URL(String(baseURL));
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 20_000 });
  await gm.applySettings(page, undefined, { seed: 2, steps: 100_000 });
  await page.click('#start');
  await until(async () => (await read(page)).run?.config.seed === 2, { limitMs: 30_000, what: 'the second run began' });
  const { step } = /** @type {import('../../www/core/types.js').SavedRun} */ (await savedAt(page, 20, 'page'));
  await expect(page.locator('#banner-sentence')).toContainText('storage is full');
  expect((await kept(page)).map(({ id }) => id)).toEqual([first.id]);
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  await savedAt(page, step, 'disk');
  await until(async () => (await kept(page)).length === 2, { limitMs: 30_000, what: 'both are kept' });
  expect((await kept(page))[1].id).toBe(first.id);
  await context.close();
});
