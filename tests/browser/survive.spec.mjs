// @ts-check
/**
 * Runs that survive (design rows 21, 22, 26, 28, 29, 30): each fault is made for real, and each time the run ends as
 * if nothing had happened, or goes on and says what is lost.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { expect, test } from '@playwright/test';
import { chromium } from 'playwright-core';

import { freshFolder, pairFolder } from './fixtures.mjs';
import { dropPaths, launchBrowser, launchOptions, until } from './harness.mjs';
import * as gm from './page.mjs';
import { SMALL, begin, endSaved, ended, expectSame, imagesKept, killWorker, read, ready, reference, resumed, saveEvery, savedAt, savedTwice, shoot, smallPairs } from './survive-kit.mjs';

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

test('a reload: the run is offered and goes on with the same losses, its images with it', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await ready(context, String(baseURL));
  await begin(page);
  await imagesKept(page);
  const { step } = await savedAt(page, 60);
  await shoot(page, 'survive-saved');
  await page.reload();
  await expect(page.locator('#offer-resume')).toContainText('Resume from step');
  const offered = (await read(page)).checkpoint.offer;
  expect(offered?.where).toBe('disk');
  expect(offered?.saved.step).toBeGreaterThanOrEqual(step);
  expect(offered?.data).toBe(true);
  await shoot(page, 'survive-offer');
  await page.click('#offer-resume');
  const from = (await resumed(page)).run.from;
  expect(from).toBe(offered?.saved.step);
  const { common, worst } = expectSame(await ended(page), whole, CPU_TOLERANCE);
  console.log(`resumed at ${from}: ${common} losses, largest difference ${worst}`);
  expect(common).toBe(SMALL.steps);
  expect(worst).toBeLessThanOrEqual(CPU_TOLERANCE);
  // The end is kept too: another reload gives the model back without a step.
  await endSaved(page);
  await page.reload();
  await expect(page.locator('#offer-resume')).toHaveText('Get its model back');
  await page.click('#offer-resume');
  const again = await ended(page);
  expect(again.run.end?.best_step).toBe(whole.run.end?.best_step);
  expect(again.model).not.toBeNull();
  // Masks and scores are those it showed.
  await expect(page.locator('#previews .preview').first()).toBeVisible();
  await expect(page.locator('#worst > li').first()).toBeVisible();
  await context.close();
});

test('a worker that is killed: the run goes on by itself', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await ready(context, String(baseURL));
  await begin(page);
  await savedAt(page, 50);
  await killWorker(page);
  await resumed(page);
  await expect(page.locator('#banner-sentence')).toContainText('ended by the browser');
  await expect(page.locator('#banner-next')).toContainText('goes on from step');
  await shoot(page, 'survive-killed');
  const { worst } = expectSame(await ended(page), whole, CPU_TOLERANCE);
  expect(worst).toBeLessThanOrEqual(CPU_TOLERANCE);
  await context.close();
});

test('files that were changed or moved meanwhile: after the loss of the engine the run goes on with the copies', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await ready(context, String(baseURL));
  await begin(page);
  await imagesKept(page);
  await savedAt(page, 50);
  // Written again: the browser no longer opens what was dropped.
  smallPairs();
  await killWorker(page);
  await resumed(page);
  const { worst } = expectSame(await ended(page), whole, CPU_TOLERANCE);
  expect(worst).toBeLessThanOrEqual(CPU_TOLERANCE);
  await context.close();
});

test('a panic, and one before anything was saved', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  // The page with the package that can panic when asked to; the released one cannot.
  const checked = new URL('checked/', String(baseURL)).href;
  expect((await fetch(new URL('pkg/groundmask.js', checked))).ok, 'served by: cargo xtask serve --checks').toBe(true);
  const page = await ready(context, checked, { everyMs: 3_600_000 });
  const panic = () => page.workers().at(-1)?.evaluate(async (url) => {
    const engine = await import(url);
    // In a task of its own: a call into a worker that is about to be replaced may never come back.
    setTimeout(() => engine.panic_on_purpose());
  }, new URL('pkg/groundmask.js', checked).href).catch(() => {});
  await begin(page);
  const first = (await read(page)).run.run_id;
  await panic();
  await expect(page.locator('#banner-next')).toContainText('begins again');
  await until(async () => (await read(page)).run?.last, { limitMs: 120_000, what: `a run after ${first} goes on` });
  await saveEvery(page, 250);
  await savedAt(page, 50);
  await panic();
  await resumed(page);
  await expect(page.locator('#banner-sentence')).toContainText('asked to panic by a test');
  const { worst } = expectSame(await ended(page), whole, CPU_TOLERANCE);
  expect(worst).toBeLessThanOrEqual(CPU_TOLERANCE);
  await context.close();
});

test('a browser that is killed: the run is there when it is opened again', async ({ baseURL }) => {
  const profile = mkdtempSync(path.join(os.tmpdir(), 'groundmask-profile-'));
  const options = { ...launchOptions({ device: 'cpu' }), ...VIEW };
  const first = await chromium.launchPersistentContext(profile, options);
  const page = await ready(first, String(baseURL));
  await begin(page);
  await imagesKept(page);
  const { step } = await savedAt(page, 60);
  const session = await /** @type {import('playwright-core').Browser} */ (first.browser()).newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const { id } = /** @type {{ id: number }} */ (processInfo.find(({ type }) => type === 'browser'));
  process.kill(id, 'SIGKILL');
  await until(() => first.pages().length === 0 || page.isClosed(), { limitMs: 60_000, what: 'the browser is gone' });

  const second = await chromium.launchPersistentContext(profile, options);
  const again = await second.newPage();
  await gm.openPage(again, String(baseURL), 'cpu');
  await expect(again.locator('#offer-resume')).toBeVisible();
  expect((await read(again)).checkpoint.offer?.saved.step).toBeGreaterThanOrEqual(step);
  await again.click('#offer-resume');
  const { worst } = expectSame(await ended(again), whole, CPU_TOLERANCE);
  expect(worst).toBeLessThanOrEqual(CPU_TOLERANCE);
  await second.close();
  rmSync(profile, { recursive: true, force: true });
});

test('a storage that is full: training goes on, the page says so and holds the state', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await ready(context, String(baseURL));
  const session = await context.newCDPSession(page);
  const { origin } = new URL(String(baseURL));
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 20_000 });
  await begin(page);
  await savedAt(page, 40, 'page');
  await expect(page.locator('#banner-sentence')).toContainText('storage is full');
  await expect(page.locator('#keep-line')).toContainText('Held by this page');
  await shoot(page, 'survive-quota');
  // What the page holds survives the worker.
  await killWorker(page);
  await resumed(page);
  // There is room again: the next save goes to disk.
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  await savedAt(page, 100, 'disk');
  await expect(page.locator('#keep-line')).toContainText('Saved in this browser');
  const { worst } = expectSame(await ended(page), whole, CPU_TOLERANCE);
  expect(worst).toBeLessThanOrEqual(CPU_TOLERANCE);
  await context.close();
});

test('a worker that is killed again before the run goes on', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await ready(context, String(baseURL));
  await begin(page);
  await savedAt(page, 50);
  const first = page.workers()[0];
  await killWorker(page);
  // The next one is ended as soon as it is there: before its scripts are, or while it loads or reads the images.
  const second = await until(() => page.workers().find((worker) => worker !== first), { limitMs: 30_000, what: 'a second worker', everyMs: 5 });
  await killWorker(page);
  // One that ended before it said anything is waited for a minute: it might be on a slow line.
  await until(() => page.workers().some((worker) => worker !== first && worker !== second), { limitMs: 120_000, what: 'a third worker' });
  await resumed(page);
  const { worst } = expectSame(await ended(page), whole, CPU_TOLERANCE);
  expect(worst).toBeLessThanOrEqual(CPU_TOLERANCE);
  await context.close();
});

test('a laptop that is closed for a while: the run goes on, and is offered where it never comes back', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  await context.clock.install();
  const page = await ready(context, String(baseURL), { everyMs: 3_600_000 });
  const session = await context.newCDPSession(page);
  await begin(page);
  await until(async () => (await read(page)).run.step >= 50, { limitMs: 60_000, what: 'fifty steps' });
  // What a browser does with pages when the lid is shut: hidden first, then frozen.
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  const { step } = await savedAt(page, 50);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  // Longer than a silent worker is given: the page finds its clock that late.
  await page.clock.fastForward(8_000);
  const state = await ended(page);
  expect(state.run.from).toBe(0);
  expect(state.error).toBeNull();
  expect(expectSame(state, whole, CPU_TOLERANCE).worst).toBeLessThanOrEqual(CPU_TOLERANCE);
  expect(step).toBeLessThan(SMALL.steps);
  await context.close();
});

/** Goes to a page of the same origin that leaves the storage alone, and waits until its files are free. @param {import('playwright-core').Page} page @param {string} url */
async function leaveStorage(page, url) {
  await page.goto(new URL('style.css', url).href);
  await page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('groundmask');
    // The worker of the page before holds its files until it is gone, which may be a moment after the page is.
    for (let tries = 1; ; tries += 1) {
      try {
        for (const name of ['run-a', 'run-b']) await (await (await folder.getFileHandle(name)).createWritable({ keepExistingData: true })).abort();
        break;
      } catch (error) {
        if (tries === 300 || !(error instanceof DOMException) || error.name !== 'NoModificationAllowedError') throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  });
}

/** What both slots hold, each with this byte changed first, if one is given. @param {import('playwright-core').Page} page @param {{ at: number, to: number }} [change] */
const slotBytes = (page, change) => page.evaluate(async (byte) => {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('groundmask');
  const all = [];
  for (const name of ['run-a', 'run-b']) {
    const handle = await folder.getFileHandle(name);
    const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
    if (byte && bytes.length) {
      bytes[byte.at] = byte.to;
      const out = await handle.createWritable();
      await out.write(bytes);
      await out.close();
    }
    all.push([...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].join());
  }
  return all;
}, change);

test('a run that a newer version of the page has saved is named and not written over', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await ready(context, String(baseURL));
  await begin(page);
  await savedAt(page, 60);
  await leaveStorage(page, String(baseURL));
  // The number of the format stands at byte 8.
  const before = await slotBytes(page, { at: 8, to: 9 });
  await gm.openPage(page, String(baseURL), 'cpu');
  await expect(page.locator('#banner-sentence')).toContainText('A run kept in this browser was saved by a newer version');
  await shoot(page, 'survive-newer');
  await gm.dropForTraining(page, [smallPairs()]);
  await gm.applySettings(page, 'fast', { ...SMALL, steps: 60 });
  await begin(page);
  await ended(page);
  await endSaved(page);
  expect((await read(page)).checkpoint.last?.where).toBe('page');
  await leaveStorage(page, String(baseURL));
  expect(await slotBytes(page)).toEqual(before);
  await context.close();
});

test('a state that is damaged on disk: the one before it is used', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await ready(context, String(baseURL));
  await begin(page);
  await imagesKept(page);
  const saved = await savedTwice(page);
  await leaveStorage(page, String(baseURL));
  const newest = await page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('groundmask');
    /** @type {[string, number][]} */
    const numbers = [];
    // The file holds fractions, and this whole number among them, by their bits.
    const float = (/** @type {string} */ text) => {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigUint64(0, BigInt(`0x${text.replace('f64:', '')}`));
      return view.getFloat64(0);
    };
    for (const name of ['run-a', 'run-b']) {
      const bytes = new Uint8Array(await (await (await folder.getFileHandle(name)).getFile()).arrayBuffer());
      const length = new DataView(bytes.buffer).getUint32(12, true);
      const { meta } = JSON.parse(new TextDecoder().decode(bytes.subarray(28, 28 + length)));
      numbers.push([name, float(meta.about.number)]);
    }
    numbers.sort((a, b) => b[1] - a[1]);
    const handle = await folder.getFileHandle(numbers[0][0]);
    const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
    bytes[Math.floor(bytes.length / 2)] ^= 16;
    const out = await handle.createWritable();
    await out.write(bytes);
    await out.close();
    return numbers;
  });
  await gm.openPage(page, String(baseURL), 'cpu');
  await expect(page.locator('#offer-resume')).toBeVisible();
  const offer = (await read(page)).checkpoint.offer;
  expect(offer?.saved.number).toBe(newest[1][1]);
  expect(newest[0][1]).toBeGreaterThanOrEqual(saved.number);
  await page.click('#offer-resume');
  const { worst } = expectSame(await ended(page), whole, CPU_TOLERANCE);
  expect(worst).toBeLessThanOrEqual(CPU_TOLERANCE);
  await context.close();
});

test('a run as a file: taken home, refused where it is damaged or the images are others, dropped back in', async ({ baseURL }) => {
  const context = await browser.newContext({ ...VIEW, acceptDownloads: true });
  const page = await ready(context, String(baseURL));
  await begin(page);
  await savedAt(page, 60);
  await page.click('#pause');
  await until(async () => (await read(page)).run.phase === 'paused', { limitMs: 60_000, what: 'the run is paused' });
  const file = await gm.download(page, '#take-run');
  await context.close();
  expect(file.name).toMatch(/^groundmask-survive-step-\d+\.gmrun$/);
  const folder = freshFolder('run-file');
  const good = path.join(folder, file.name);
  writeFileSync(good, file.bytes);
  const cut = path.join(folder, 'cut.gmrun');
  writeFileSync(cut, file.bytes.subarray(0, file.bytes.length - 100));
  const foreign = path.join(folder, 'foreign.gmrun');
  writeFileSync(foreign, Buffer.from('this is something else entirely, but with the right ending'));

  const elsewhere = await browser.newContext(VIEW);
  const other = await elsewhere.newPage();
  await gm.openPage(other, String(baseURL), 'cpu');
  await dropPaths(other, [cut]);
  await expect(other.locator('#banner-sentence')).toContainText('cut.gmrun is cut off');
  await dropPaths(other, [foreign]);
  await expect(other.locator('#banner-sentence')).toContainText('is not a saved run');
  expect((await read(other)).checkpoint.offer).toBeNull();
  await dropPaths(other, [good]);
  await expect(other.locator('#offer-next')).toContainText('drop them again');
  await other.click('#offer-resume');
  await expect(other.locator('#banner-sentence')).toContainText('as soon as its images are here');
  await gm.dropForTraining(other, [pairFolder('survive-others', 3, { width: 50, height: 50 })]);
  await expect(other.locator('#banner-sentence')).toContainText('not the images of the saved run');
  await shoot(other, 'survive-other-images');
  await other.click('#clear-train');
  await gm.dropForTraining(other, [smallPairs()]);
  const { worst } = expectSame(await ended(other), whole, CPU_TOLERANCE);
  expect(worst).toBeLessThanOrEqual(CPU_TOLERANCE);
  await elsewhere.close();
});
