// @ts-check
/**
 * Whose run is kept where there could be several (design row 30): two tabs, a run from a file, one that was stopped, other
 * images. Nothing is replaced before people were told.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { freshFolder, pairFolder } from './fixtures.mjs';
import { dropPaths, launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';
import { SMALL, begin, endSaved, ended, expectSame, imagesKept, killWorker, read, ready, reference, resumed, saveEvery, savedAt, shoot, smallPairs } from './survive-kit.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
/** What the small run comes to when nothing happens. @type {import('./survive-kit.mjs').Summary} */
let whole;
test.beforeAll(async ({}, info) => {
  browser = await launchBrowser({ device: 'cpu' });
  whole = await reference(browser, String(info.project.use.baseURL));
});
test.afterAll(() => browser.close());

const VIEW = { viewport: { width: 1280, height: 900 } };
/** On the CPU a resumed run is the uninterrupted one; what is printed has six digits. */
const CPU_TOLERANCE = 1e-6;

/** Another run on the same data. @param {import('playwright-core').Page} page @param {object} settings */
async function applyAndBegin(page, settings) {
  await until(async () => (await read(page)).run?.end, { limitMs: 60_000, what: 'the run before has ended' });
  const before = (await read(page)).run.run_id;
  await gm.applySettings(page, 'fast', { ...SMALL, ...settings });
  await gm.goTo(page, 'train');
  await page.click('#start');
  await until(async () => (await read(page)).run?.run_id !== before, { limitMs: 60_000, what: 'another run began' });
}

test('a second tab is told, and nothing is corrupted', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await ready(context, String(baseURL), { settings: { steps: 1500 } });
  await begin(page);
  await savedAt(page, 30);
  const second = await ready(context, String(baseURL), { settings: { steps: 120, seed: 5 } });
  await expect(second.locator('#offer-sentence')).toContainText('another tab');
  expect((await read(second)).checkpoint.storage).toBe('other_tab');
  await shoot(second, 'survive-second-tab');
  await begin(second);
  const other = await ended(second);
  expect(other.run.end?.reason).toBe('finished');
  expect(other.checkpoint.last?.where).not.toBe('disk');
  const own = await ended(page);
  await endSaved(page);
  expect(own.checkpoint.why).toBe('');
  await page.close();
  // The lock is free: the second tab finds the first one's run, whole.
  await until(async () => (await read(second)).checkpoint.storage === 'disk', { limitMs: 60_000, what: 'the second tab has the storage' });
  expect((await read(second)).checkpoint.other?.saved).toMatchObject({ step: 1500, steps_total: 1500 });
  await second.close();
  const third = await context.newPage();
  await gm.openPage(third, String(baseURL), 'cpu');
  await expect(third.locator('#offer-resume')).toHaveText('Get its model back');
  expect((await read(third)).checkpoint.offer?.saved).toMatchObject({ step: 1500, steps_total: 1500, ended: 'finished' });
  await context.close();
});

test('a second tab that waits does not get the storage when the first one loses its worker', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await ready(context, String(baseURL));
  const second = await ready(context, String(baseURL), { folder: pairFolder('survive-second', 4, { width: 72, height: 60 }), settings: { steps: 120, seed: 5 } });
  await until(async () => (await read(second)).checkpoint.storage === 'other_tab', { limitMs: 60_000, what: 'the second tab was told' });
  await begin(page);
  await savedAt(page, 50);
  await killWorker(page);
  await resumed(page);
  await begin(second);
  const other = await ended(second);
  expect(other.checkpoint.storage).toBe('other_tab');
  expect(other.checkpoint.last?.where).toBe('page');
  const own = await ended(page);
  await endSaved(page);
  expect((await read(page)).checkpoint.last?.where).toBe('disk');
  expect(expectSame(own, whole, CPU_TOLERANCE).worst).toBeLessThanOrEqual(CPU_TOLERANCE);
  // The first one is closed: the end that the second one holds can take the place of the other run, if people say so.
  await page.close();
  await expect(second.locator('#keep-here')).toBeVisible();
  expect((await read(second)).checkpoint.last?.where).toBe('page');
  await second.click('#keep-here');
  await until(async () => (await read(second)).checkpoint.last?.where === 'disk', { limitMs: 60_000, what: 'it is on disk' });
  await second.close();
  const third = await context.newPage();
  await gm.openPage(third, String(baseURL), 'cpu');
  await expect(third.locator('#offer-resume')).toHaveText('Get its model back');
  expect((await read(third)).checkpoint.offer).toMatchObject({ where: 'disk', saved: { step: 120, steps_total: 120 } });
  await context.close();
});

test('a second tab that trains when the first is closed: the first one’s run stays until somebody says otherwise', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await ready(context, String(baseURL), { settings: { steps: 40_000 } });
  await begin(page);
  await savedAt(page, 30);
  const second = await ready(context, String(baseURL), { settings: { steps: 25_000, seed: 5 } });
  await until(async () => (await read(second)).checkpoint.storage === 'other_tab', { limitMs: 60_000, what: 'the second tab was told' });
  await begin(second);
  await savedAt(second, 30, 'page');
  // No farewell: its process ends, and with it the answer to this call.
  const session = await context.newCDPSession(page);
  void session.send('Page.crash').catch(() => {});
  await until(async () => (await read(second)).checkpoint.storage === 'disk', { limitMs: 60_000, what: 'the second tab has the storage' });
  const { other } = (await read(second)).checkpoint;
  expect(other?.saved.steps_total).toBe(40_000);
  await expect(second.locator('#banner-sentence')).toContainText('other tab is closed');
  await expect(second.locator('#keep-here')).toBeVisible();
  // It goes on being held by the page, several saves long.
  const later = /** @type {import('../../www/core/types.js').SavedRun} */ (await savedAt(second, ((await read(second)).checkpoint.last?.saved.step ?? 0) + 60, 'page'));
  expect(later.steps_total).toBe(25_000);
  await expect(second.locator('#keep-line')).toContainText('of 40,000) is kept in this browser');
  await shoot(second, 'survive-inherited');
  const third = await context.newPage();
  await gm.openPage(third, String(baseURL), 'cpu');
  await until(async () => (await read(third)).checkpoint.storage === 'other_tab', { limitMs: 60_000, what: 'the third tab was told' });
  await third.close();
  await second.click('#keep-here');
  await savedAt(second, later.step, 'disk');
  // The images follow the state.
  await imagesKept(second);
  await expect(second.locator('#keep-here')).toBeHidden();
  expect((await read(second)).checkpoint.other).toBeNull();
  await second.close();
  const fourth = await context.newPage();
  await gm.openPage(fourth, String(baseURL), 'cpu');
  await expect(fourth.locator('#offer-resume')).toBeVisible();
  const offer = (await read(fourth)).checkpoint.offer;
  expect(offer?.saved.steps_total).toBe(25_000);
  expect(offer?.data).toBe(true);
  await context.close();
});

test('a run that was stopped is offered as that, put off without loss, and goes on; other images are asked about once', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await ready(context, String(baseURL));
  await begin(page);
  await savedAt(page, 60);
  await page.click('#stop');
  await endSaved(page, 'stopped');
  // On its own page it goes on from its panel.
  await expect(page.locator('#run-resume')).toBeVisible();
  await expect(page.locator('#offer')).toBeHidden();
  await page.reload();
  await expect(page.locator('#offer-sentence')).toContainText(/stopped at step \d+ of 1,000/);
  await page.click('#offer-later');
  await expect(page.locator('#offer')).toBeHidden();
  await gm.goTo(page, 'train');
  await page.click('#offer-again');
  await expect(page.locator('#offer-resume')).toBeFocused();
  await expect(page.locator('#offer-again')).toBeHidden();
  await page.click('#offer-later');
  await page.reload();
  await expect(page.locator('#offer-resume')).toContainText('Resume from step');
  const { step } = /** @type {import('./survive-kit.mjs').Saved} */ ((await read(page)).checkpoint.offer).saved;
  // Without its images, and with others here.
  await page.evaluate(async (print) => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('groundmask');
    await folder.removeEntry(`data-${print}`, { recursive: true });
  }, (await read(page)).checkpoint.offer?.saved.data.fingerprint);
  await gm.dropForTraining(page, [pairFolder('survive-others', 3, { width: 50, height: 50 })]);
  await page.click('#offer-resume');
  await expect(page.locator('#banner-sentence')).toContainText('not the images of the saved run');
  await expect(page.locator('#offer-resume')).toBeHidden();
  await shoot(page, 'survive-asked');
  // People may look elsewhere, whatever the engine says meanwhile.
  await gm.goTo(page, 'train');
  await page.evaluate(() => /** @type {any} */ (window).groundmask.send({ type: 'init', device: 'cpu' }));
  await until(async () => (await read(page)).device, { limitMs: 60_000, what: 'the engine answered' });
  expect((await read(page)).place).toBe('train');
  await page.click('#offer-later');
  await expect(page.locator('#banner')).toBeHidden();
  await page.reload();
  await gm.dropForTraining(page, [smallPairs()]);
  await page.click('#offer-resume');
  expect((await resumed(page)).run.from).toBe(step);
  expect(expectSame(await ended(page), whole, CPU_TOLERANCE).worst).toBeLessThanOrEqual(CPU_TOLERANCE);
  await context.close();
});

test('a run that a page holds is offered again when a file that was dropped is dismissed', async ({ baseURL }) => {
  const context = await browser.newContext({ ...VIEW, acceptDownloads: true });
  const first = await context.newPage();
  await gm.openPage(first, String(baseURL), 'cpu');
  const page = await ready(context, String(baseURL), { settings: { steps: 100_000 } });
  await begin(page);
  await savedAt(page, 60, 'page');
  await page.click('#stop');
  await endSaved(page, 'stopped');
  await expect(page.locator('#run-resume')).toBeVisible();
  const held = (await read(page)).checkpoint.offer;
  expect(held?.where).toBe('page');
  const file = await gm.download(page, '#take-run');
  const dropped = path.join(freshFolder('run-file-held'), file.name);
  writeFileSync(dropped, file.bytes);
  await dropPaths(page, [dropped]);
  await expect(page.locator('#offer-sentence')).toContainText(file.name);
  await page.click('#offer-discard');
  await expect(page.locator('#offer')).toBeHidden();
  expect((await read(page)).checkpoint.offer).toMatchObject({ where: 'page', saved: { number: held?.saved.number } });
  await context.close();
});

test('a run from a file says what it would replace; dismissed, what was there is offered again', async ({ baseURL }) => {
  const context = await browser.newContext({ ...VIEW, acceptDownloads: true });
  const page = await ready(context, String(baseURL), { settings: { seed: 5 } });
  await begin(page);
  await savedAt(page, 60);
  await page.click('#pause');
  await until(async () => (await read(page)).run.phase === 'paused', { limitMs: 60_000, what: 'the run is paused' });
  const file = await gm.download(page, '#take-run');
  const good = path.join(freshFolder('run-file-other'), file.name);
  writeFileSync(good, file.bytes);
  await page.click('#stop');
  await applyAndBegin(page, { steps: 30_000 });
  await savedAt(page, 60);
  await page.reload();
  await expect(page.locator('#offer-resume')).toContainText('Resume from step');
  const kept = (await read(page)).checkpoint.offer?.saved;
  expect(kept?.steps_total).toBe(30_000);
  await saveEvery(page, 250);
  await dropPaths(page, [good]);
  await expect(page.locator('#offer-next')).toContainText('stays in the list of runs');
  await shoot(page, 'survive-file-other');
  await page.click('#offer-discard');
  await expect(page.locator('#offer-sentence')).toContainText('of 30,000');
  expect((await read(page)).checkpoint.offer?.saved.number).toBe(kept?.number);
  await dropPaths(page, [good]);
  await gm.dropForTraining(page, [smallPairs()]);
  await page.click('#offer-resume');
  await resumed(page);
  const now = await savedAt(page, 100);
  expect(now.steps_total).toBe(SMALL.steps);
  expect((await ended(page)).run.end?.reason).toBe('finished');
  await context.close();
});
