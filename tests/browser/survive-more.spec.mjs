// @ts-check
/**
 * Runs that survive, the rarer ways: what was paused stays paused, a drop that was cut short stays cut short, no storage is
 * said, what is thrown away is gone, engines that end while they start are not started for ever.
 */
import { expect, test } from '@playwright/test';

import { pairFolder } from './fixtures.mjs';
import { dropPaths, launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';
import { SMALL, begin, ended, expectSame, imagesKept, killWorker, read, ready, reference, resumed, saveEvery, savedAt, shoot } from './survive-kit.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

const VIEW = { viewport: { width: 1280, height: 900 } };
const CPU_TOLERANCE = 1e-6;

test('a paused run whose engine is lost is there again, paused', async ({ baseURL }) => {
  const whole = await reference(browser, String(baseURL));
  const context = await browser.newContext(VIEW);
  const page = await ready(context, String(baseURL));
  await begin(page);
  await savedAt(page, 50);
  await page.click('#pause');
  await until(async () => (await read(page)).run?.phase === 'paused', { limitMs: 30_000, what: 'it is paused' });
  await killWorker(page);
  const { run: { from } } = await resumed(page);
  await until(async () => (await read(page)).run?.phase === 'paused', { limitMs: 30_000, what: 'it is paused again' });
  await expect(page.locator('#banner-next')).toContainText('it is paused, as it was');
  await shoot(page, 'survive-paused');
  // Before a step was made: who had paused it did so for a reason.
  expect((await read(page)).run.step).toBe(from);
  await page.click('#pause');
  const { worst } = expectSame(await ended(page), whole, CPU_TOLERANCE);
  expect(worst).toBeLessThanOrEqual(CPU_TOLERANCE);
  await context.close();
});

test('a drop that was cancelled half-way: the engine that comes after has the same images', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await context.newPage();
  page.on('dialog', (dialog) => void dialog.accept().catch(() => {}));
  await gm.openPage(page, String(baseURL), 'cpu');
  await gm.goTo(page, 'data');
  // From a slow disk: it could all be read before the page hears of the first mask.
  await page.workers()[0].evaluate(() => {
    const { arrayBuffer } = Blob.prototype;
    Blob.prototype.arrayBuffer = async function () {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return arrayBuffer.call(this);
    };
  });
  const all = 60;
  // Cancelled in the page itself, as soon as some masks have been read: the images come first.
  const cut = page.evaluate((done) => new Promise((resolve) => {
    const { groundmask } = /** @type {any} */ (window);
    const look = () => {
      if ((groundmask.state().reading?.done ?? 0) < done) setTimeout(look, 1);
      else resolve(groundmask.cancelFiles());
    };
    look();
  }), all + 6);
  await dropPaths(page, [pairFolder('survive-cut', all, { width: 120, height: 100 })]);
  await cut;
  await until(async () => {
    const state = await read(page);
    return !state.reading && gm.usablePairs(state).length > 0;
  }, { limitMs: 60_000, what: 'what was read is there' });
  const before = await read(page);
  expect(gm.usablePairs(before).length).toBeLessThan(all);
  await gm.applySettings(page, 'fast', { ...SMALL, steps: 100_000 }); // Still going when it is stopped below, however fast the machine.
  await saveEvery(page, 300);
  await begin(page);
  await savedAt(page, 50);
  await imagesKept(page);
  await killWorker(page);
  await resumed(page);
  const after = await read(page);
  expect(after.dataset.fingerprint).toBe(before.dataset.fingerprint);
  // The copies kept are those, too.
  await page.click('#stop');
  await until(async () => (await read(page)).run?.end, { limitMs: 60_000, what: 'the run stopped' });
  await page.reload();
  await expect(page.locator('#offer-resume')).toBeEnabled({ timeout: 60_000 });
  await page.click('#offer-resume');
  await resumed(page);
  expect((await read(page)).dataset.fingerprint).toBe(before.dataset.fingerprint);
  await context.close();
});

/** Names in the page's folder of the private storage. @param {gm.Page} page */
const stored = (page) => page.evaluate(async () => {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('groundmask');
  const names = [];
  for await (const name of /** @type {any} */ (folder).keys()) names.push(name);
  return names.sort();
});

/** The day of what was discarded is over. @param {gm.Page} page */
const dayLater = (page) => page.evaluate(async () => {
  const folder = await (await (await navigator.storage.getDirectory()).getDirectoryHandle('groundmask')).getDirectoryHandle('runs');
  const handle = await folder.getFileHandle('current.json');
  const words = JSON.parse(await (await handle.getFile()).text());
  const out = await handle.createWritable();
  await out.write(JSON.stringify({ ...words, discarded_until: Date.now() - 1 }));
  await out.close();
});

test('a run that is discarded takes its images along when its day is over', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await ready(context, String(baseURL));
  await begin(page);
  await savedAt(page, 50);
  await imagesKept(page);
  expect((await stored(page)).filter((name) => name.startsWith('data-'))).toHaveLength(1);
  await page.reload();
  await page.locator('#offer-discard').click();
  await expect(page.locator('#offer')).toBeHidden();
  await expect(page.locator('#undo')).toBeVisible();
  await page.reload();
  await until(async () => (await read(page)).checkpoint.storage === 'disk', { limitMs: 30_000, what: 'the storage was looked through' });
  await expect(page.locator('#offer')).toBeHidden();
  expect((await stored(page)).filter((name) => name.startsWith('data-'))).toHaveLength(1);
  await dayLater(page);
  await page.reload();
  await until(async () => (await stored(page)).every((name) => !name.startsWith('data-')), { limitMs: 30_000, what: 'the images are gone' });
  expect(/** @type {any} */ (await read(page)).checkpoint.runs).toEqual([]);
  await context.close();
});

test('a browser without private storage: said once, and the page holds the run', async ({ baseURL }) => {
  const whole = await reference(browser, String(baseURL));
  const context = await browser.newContext(VIEW);
  // As in the private windows of some browsers.
  await context.addInitScript(() => Reflect.deleteProperty(StorageManager.prototype, 'getDirectory'));
  const page = await ready(context, String(baseURL));
  await begin(page);
  await savedAt(page, 40, 'page');
  await expect(page.locator('#banner-sentence')).toContainText('no private storage');
  await expect(page.locator('#banner-next')).toContainText('save it as a file');
  await shoot(page, 'survive-no-storage');
  await page.click('#banner-action');
  await savedAt(page, 80, 'page');
  await expect(page.locator('#banner')).toBeHidden();
  await killWorker(page);
  await resumed(page);
  const { worst } = expectSame(await ended(page), whole, CPU_TOLERANCE);
  expect(worst).toBeLessThanOrEqual(CPU_TOLERANCE);
  // Closing the page would lose it: it asks, until the run was taken home.
  const asks = () => page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
  expect(await asks()).toBe(true);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#take-run')]);
  expect(download.suggestedFilename()).toMatch(/\.gmrun$/);
  expect(await asks()).toBe(false);
  await context.close();
});

test('an engine that ends before its scripts run: another is started after a minute, and it is said', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await context.newPage();
  await page.clock.install();
  // Its scripts stay on the way for ever.
  let held = 0;
  await context.route('**/worker/worker.js', (route) => {
    held += 1;
    if (held > 1) void route.continue();
  });
  await page.goto(String(baseURL));
  await until(() => held === 1, { limitMs: 30_000, what: 'the first worker asks for its script' });
  const first = page.workers()[0];
  // A minute is what a slow line has; a few beats of the page come before it.
  await page.clock.runFor(10_000);
  expect(page.workers()).toEqual([first]);
  await page.clock.fastForward(60_000);
  await expect(page.locator('#banner-sentence')).toContainText('did not start within a minute');
  await until(async () => (await gm.deviceUp(page))?.kind === 'cpu', { limitMs: 120_000, what: 'the second worker is up' });
  expect(held).toBe(2);
  await context.close();
});

test('an engine that ends each time it starts is started on the CPU in the end, not for ever', async ({ baseURL }) => {
  const context = await browser.newContext(VIEW);
  const page = await context.newPage();
  const mortal = 3;
  let seen = 0;
  page.on('worker', (worker) => {
    seen += 1;
    if (seen > mortal) return;
    // As soon as the page can notice its end: before any device is up.
    void worker.evaluate(async () => {
      for (;;) {
        const { held } = await navigator.locks.query();
        if (held?.some(({ name }) => name?.startsWith('groundmask-engine'))) break;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      self.close();
    }).catch(() => {});
  });
  // Threads would be counted as engines.
  await page.goto(`${baseURL}?threads=1`);
  await expect(page.locator('#banner-next')).toContainText('started on the CPU', { timeout: 120_000 });
  await expect(page.locator('#banner-sentence')).toContainText('three times while the GPU was being brought up (the browser ended it)');
  await shoot(page, 'survive-fruitless');
  await until(async () => (await gm.deviceUp(page))?.kind === 'cpu', { limitMs: 120_000, what: 'the CPU is up' });
  expect(seen).toBe(mortal + 1);
  await context.close();
});
