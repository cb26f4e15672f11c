// @ts-check
/**
 * The service worker: after one visit everything goes without a network; a host without headers is isolated after one reload;
 * another version waits for the run, is taken by one click, and never mixes with the one before.
 */
import { expect, test } from '@playwright/test';

import { launchBrowser, until, watch } from './harness.mjs';
import { startHost } from './host.mjs';
import * as gm from './page.mjs';
import { ended, killWorker, shoot } from './survive-kit.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('./host.mjs').Host} Host */
/** @typedef {{ kept: boolean, isolated: boolean, waiting: boolean, replaced: boolean }} Offline */

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

const VIEW = /** @type {const} */ ({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
const QUICK = { base: 4, depth: 2, tile_px: 32, batch: 1, steps: 4 };
const LIMIT_MS = 120_000;

/** @param {Page} page @returns {Promise<Offline>} */
const offline = (page) => page.evaluate('groundmask.state().offline');

/** @param {Page} page @param {keyof Offline} what */
const untilIs = (page, what) => until(async () => (await offline(page))[what], { limitMs: LIMIT_MS, what: `the page is ${what}` });

/** A visit until the page is kept. @param {import('playwright-core').BrowserContext} context @param {string} url */
async function visit(context, url) {
  const page = await context.newPage();
  page.on('dialog', (dialog) => void dialog.accept().catch(() => {}));
  await gm.openPage(page, url, 'cpu');
  await untilIs(page, 'kept');
  return page;
}

/** A line more in a file of text, which changes nothing. @param {Buffer} bytes */
const oneLineMore = (bytes) => Buffer.concat([bytes, Buffer.from('\n/* another version */\n')]);

/** Has the browser look for another version, as it does with every visit. @param {Page} page */
const lookForUpdate = (page) => page.evaluate(async () => {
  await (await navigator.serviceWorker.getRegistration())?.update().catch(() => {});
});

/** A worker that runs until the page ends it. @param {Page} page @param {number} steps */
async function begin(page, steps) {
  await gm.loadSampleScenes(page);
  await gm.applySettings(page, 'fast', { ...QUICK, steps });
  await page.click('#start');
  await until(async () => ((await gm.read(page)).run?.last?.step ?? 0) > 0, { limitMs: LIMIT_MS, what: 'the run has begun' });
}

test('after one visit the whole job is done without a network', async ({ baseURL }) => {
  const host = await startHost(String(baseURL), { headers: true });
  const context = await browser.newContext({ ...VIEW, serviceWorkers: 'allow', acceptDownloads: true });
  const seen = await watch(context, host.url);
  const first = await visit(context, host.url);
  // One of the two binaries is enough.
  expect(new Set(host.asked.filter((name) => name.endsWith('.wasm'))).size).toBe(1);
  await first.close();
  await context.setOffline(true);
  await host.close();

  const page = await context.newPage();
  await gm.openPage(page, host.url, 'cpu');
  expect(await page.evaluate(() => [crossOriginIsolated, navigator.onLine])).toEqual([true, false]);
  await gm.loadSampleScenes(page);
  await gm.applySettings(page, 'fast', QUICK);
  const state = await gm.train(page, { limitMs: 300_000 });
  expect(state.run?.end?.reason).toBe('finished');
  await gm.predict(page, { count: 1, validation: true, limitMs: 300_000 });
  const mask = await gm.download(page, '#results li.pair button[data-kind="mask_png"]');
  expect(mask.bytes.subarray(1, 4).toString()).toBe('PNG');
  // A new engine comes from the cache too.
  await killWorker(page);
  await until(async () => (await gm.read(page)).device?.kind, { limitMs: LIMIT_MS, what: 'a new engine is up' });
  await page.click('#badge-sent');
  await expect(page.locator('#sent-dialog')).toContainText('even the page itself starts again without it');
  expect(seen.foreign).toEqual([]);
  expect(seen.errors).toEqual([]);
  await context.close();
});

test('a host without headers: isolated after one reload, with the policy on the worker too', async ({ baseURL }) => {
  const host = await startHost(String(baseURL), { headers: false });
  const context = await browser.newContext({ ...VIEW, serviceWorkers: 'allow' });
  const page = await visit(context, host.url);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
  await page.reload();
  await until(() => page.evaluate('window.crossOriginIsolated && window.groundmask !== undefined && groundmask.state().device !== null').catch(() => false), { limitMs: LIMIT_MS, what: 'the page is isolated and up' });
  const inWorker = await page.workers()[0].evaluate(async () => ({
    isolated: crossOriginIsolated,
    shared: new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer instanceof SharedArrayBuffer,
    foreign: await fetch('http://127.0.0.1:9/').then(() => 'went through', (error) => String(error)),
  }));
  expect(inWorker).toMatchObject({ isolated: true, shared: true });
  expect(inWorker.foreign).toMatch(/TypeError/);
  const policy = await page.evaluate(async () => (await fetch('./')).headers.get('content-security-policy'));
  expect(policy).toContain("default-src 'none'");
  await gm.loadSampleScenes(page);
  await gm.applySettings(page, 'fast', QUICK);
  expect((await gm.train(page, { limitMs: 300_000 })).run?.end?.reason).toBe('finished');
  await context.close();
  await host.close();
});

test('a host with headers is isolated at once', async ({ baseURL }) => {
  const host = await startHost(String(baseURL), { headers: true });
  const context = await browser.newContext({ ...VIEW, serviceWorkers: 'allow' });
  const page = await visit(context, host.url);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await context.close();
  await host.close();
});

test('another version waits for the run, is taken by one click, and the run is there', async ({ baseURL }) => {
  const host = await startHost(String(baseURL), { headers: true });
  const context = await browser.newContext({ ...VIEW, serviceWorkers: 'allow' });
  const seen = await watch(context, host.url);
  const page = await visit(context, host.url);
  await begin(page, 2500);
  // However fast the machine: it is under way when the other version has come.
  await page.click('#pause');
  await until(async () => /** @type {any} */ ((await gm.read(page)).run)?.phase === 'paused', { limitMs: LIMIT_MS, what: 'the run is paused' });
  await host.deploy({ 'words.css': oneLineMore });
  const wasmBefore = host.asked.filter((name) => name.endsWith('.wasm')).length;
  await lookForUpdate(page);
  await untilIs(page, 'waiting');
  await expect(page.locator('#update-next')).toHaveText('It waits until this run has ended.');
  await expect(page.locator('#update-take')).toBeHidden();
  await shoot(page, 'offline-update-run');
  await page.click('#pause');
  const before = await ended(page);
  expect(before.run.end?.reason).toBe('finished');
  const take = page.locator('#update-take');
  await expect(take).toBeVisible();
  await expect(page.locator('#update-next')).toContainText('Runs and settings stay. Not kept: images.');
  for (const [name, colorScheme, width] of /** @type {const} */ ([['light', 'light', 1280], ['dark', 'dark', 1280], ['phone', 'light', 390]])) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await shoot(page, `offline-update-${name}`);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  }
  await page.setViewportSize(VIEW.viewport);
  await page.evaluate(() => Object.assign(window, { before: true }));
  await take.click();
  await until(() => page.evaluate(`!('before' in window) && window.groundmask !== undefined && groundmask.state().device !== null`).catch(() => false), { limitMs: LIMIT_MS, what: 'the page was loaded anew' });
  expect(await page.evaluate(async () => (await fetch('words.css')).text())).toContain('another version');
  // What is the same needs no download.
  expect(host.asked.filter((name) => name.endsWith('.wasm')).length).toBe(wasmBefore);
  await expect(page.locator('#update')).toBeHidden();
  const caches = await page.evaluate(async () => (await window.caches.keys()).length);
  expect(caches, 'the old version is gone').toBe(1);
  await expect(page.locator('#offer-resume')).toHaveText('Get its model back');
  await page.click('#offer-resume');
  await until(async () => (await gm.read(page)).model, { limitMs: LIMIT_MS, what: 'the model is back' });
  expect(seen.errors).toEqual([]);
  await context.close();
  await host.close();
});

test('half of another version is not taken, and the whole of it is once it is there', async ({ baseURL }) => {
  const host = await startHost(String(baseURL), { headers: true });
  const context = await browser.newContext({ ...VIEW, serviceWorkers: 'allow' });
  const page = await visit(context, host.url);
  await host.deploy({ 'words.css': oneLineMore }, { half: true });
  await lookForUpdate(page);
  await until(() => page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    return registration?.installing === null && registration.waiting === null;
  }), { limitMs: LIMIT_MS, what: 'the half was refused' });
  expect((await offline(page)).waiting).toBe(false);
  await page.reload();
  await until(() => page.evaluate('window.groundmask !== undefined && groundmask.state().device !== null').catch(() => false), { limitMs: LIMIT_MS, what: 'the version before starts' });
  await host.deploy({ 'words.css': oneLineMore });
  await lookForUpdate(page);
  await untilIs(page, 'waiting');
  await context.close();
  await host.close();
});

test('an update taken in one tab mixes with nothing in another, and does not wait for its end', async ({ baseURL }) => {
  const host = await startHost(String(baseURL), { headers: true });
  const context = await browser.newContext({ ...VIEW, serviceWorkers: 'allow' });
  const busy = await visit(context, host.url);
  const other = await visit(context, host.url);
  await begin(busy, 100_000);
  await host.deploy({ 'words.css': oneLineMore });
  await lookForUpdate(other);
  await untilIs(other, 'waiting');
  await expect(other.locator('#update-next')).toHaveText('It waits until the run in another tab has ended.');
  await busy.click('#stop');
  await ended(busy);
  await expect(other.locator('#update-take')).toBeVisible();
  await other.click('#update-take');
  await untilIs(busy, 'replaced');
  await expect(busy.locator('#update-sentence')).toHaveText('Groundmask was updated in another tab.');
  // Its next engine would be of the other version.
  await killWorker(busy);
  await expect(busy.locator('#banner-sentence')).toHaveText(/Groundmask was updated meanwhile/);
  await busy.click('#update-take');
  await until(() => busy.evaluate('window.groundmask !== undefined && groundmask.state().device !== null && !groundmask.state().offline.replaced').catch(() => false), { limitMs: LIMIT_MS, what: 'it is of the same version now' });
  await context.close();
  await host.close();
});

test('a binary of another build is refused: a cache between may have kept it', async ({ baseURL }) => {
  const host = await startHost(String(baseURL), { headers: true });
  const context = await browser.newContext(VIEW);
  // A custom section (WebAssembly, 5.5.3) changes the file and nothing that it does.
  await context.route(/\/pkg\/.*\.wasm$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: Buffer.concat([await response.body(), Buffer.from([0, 2, 1, 0x78])]) });
  });
  const page = await context.newPage();
  await page.goto(host.url);
  await expect(page.locator('#banner-sentence')).toHaveText(/Groundmask was updated meanwhile/);
  await context.close();
  await host.close();
});

test('a browser without service workers works as before, and nothing is promised', async ({ baseURL }) => {
  const host = await startHost(String(baseURL), { headers: false });
  const context = await browser.newContext(VIEW);
  await context.addInitScript(() => {
    Reflect.deleteProperty(Navigator.prototype, 'serviceWorker');
  });
  const seen = await watch(context, host.url);
  const page = await context.newPage();
  await gm.openPage(page, host.url, 'cpu');
  await gm.loadSampleScenes(page);
  await gm.applySettings(page, 'fast', QUICK);
  expect((await gm.train(page, { limitMs: 300_000 })).run?.end?.reason).toBe('finished');
  expect(await offline(page)).toEqual({ kept: false, isolated: false, waiting: false, replaced: false });
  expect(seen.errors).toEqual([]);
  await context.close();
  await host.close();
});

test('the page can be installed, and opens files that the computer hands it', async ({ baseURL }) => {
  const context = await browser.newContext({ ...VIEW, serviceWorkers: 'allow' });
  await context.addInitScript(() => {
    Object.defineProperty(window, 'launchQueue', { value: { setConsumer(/** @type {unknown} */ take) { Object.assign(window, { launch: take }); } }, configurable: true });
  });
  const page = await context.newPage();
  await gm.openPage(page, String(baseURL), 'cpu');
  const session = await context.newCDPSession(page);
  const manifest = await session.send('Page.getAppManifest');
  expect(manifest.errors).toEqual([]);
  const parsed = JSON.parse(String(manifest.data));
  for (const { src, sizes } of parsed.icons) {
    const answer = await page.request.get(new URL(src, page.url()).href);
    expect(answer.status(), src).toBe(200);
    if (src.endsWith('.png')) expect((await answer.body()).readUInt32BE(16), src).toBe(Number(sizes.split('x')[0]));
  }
  const refused = await session.send('Page.getInstallabilityErrors');
  // A context of a test is a private window to Chromium.
  expect(refused.installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
  await page.evaluate(() => /** @type {any} */ (window).launch({ files: [{ getFile: async () => new File(['not a picture'], 'plot.tif') }, { getFile: async () => { throw new Error('gone'); } }] }));
  const state = await until(async () => {
    const now = await gm.read(page);
    return now.faults.length || now.dataset?.faults.length ? now : null;
  }, { limitMs: LIMIT_MS, what: 'the file was read' });
  expect(JSON.stringify([state.faults, state.dataset?.faults])).toContain('plot.tif');
  await context.close();
});
