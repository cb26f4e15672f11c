// @ts-check
/** Repeating a run and telling of it: same seed, same bits on the CPU; settings as a file; the report. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { freshFolder } from './fixtures.mjs';
import { OUT, dropPaths, launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';
import { SMALL, begin, ended, read, ready } from './survive-kit.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

const VIEW = { viewport: { width: 1280, height: 900 } };

test('the same seed on the CPU gives the same run, bit for bit', async ({ baseURL }) => {
  const runs = [];
  for (const seed of [SMALL.seed, SMALL.seed, SMALL.seed + 1]) {
    const context = await browser.newContext({ ...VIEW, acceptDownloads: true });
    const page = await ready(context, String(baseURL), { settings: { steps: 60, seed } });
    await begin(page);
    const { run } = await ended(page);
    await gm.goTo(page, 'predict');
    const model = await gm.download(page, '#save-model');
    runs.push({ losses: run.losses, validations: run.validations.map(({ validation, training }) => [validation, training]), model: model.bytes.toString('base64') });
    await context.close();
  }
  expect(runs[1].losses).toEqual(runs[0].losses);
  expect(runs[1].validations).toEqual(runs[0].validations);
  expect(runs[1].model === runs[0].model).toBe(true);
  expect(runs[2].losses).not.toEqual(runs[0].losses);
});

test('a browser without relaxed SIMD gets a module of its own and the same run, to rounding', async ({ baseURL }) => {
  const runs = [];
  for (const [query, file] of [['?threads=1', 'groundmask_fused.wasm'], ['?simd=plain', 'groundmask_bg.wasm']]) {
    const context = await browser.newContext(VIEW);
    /** @type {string[]} */
    const modules = [];
    context.on('request', (request) => {
      if (request.url().endsWith('.wasm')) modules.push(new URL(request.url()).pathname);
    });
    const page = await ready(context, new URL(query, String(baseURL)).href, { settings: { steps: 12 } });
    await begin(page);
    const { run } = await ended(page);
    expect(modules).toEqual([`/pkg/${file}`]);
    runs.push(run.losses);
    await context.close();
  }
  expect(runs[0].length).toBeGreaterThan(0);
  expect(runs[1].map(([step]) => step)).toEqual(runs[0].map(([step]) => step));
  for (const [i, [, loss]] of runs[1].entries()) expect(Math.abs(loss - runs[0][i][1])).toBeLessThan(1e-3);
});

test('settings go into a file and come back, by picker and by drop; other files are named', async ({ baseURL }) => {
  const context = await browser.newContext({ ...VIEW, acceptDownloads: true });
  const page = await ready(context, String(baseURL), { settings: { lr: 0.0031, seed: 123_456_789 } });
  const { name, bytes } = await gm.download(page, '#save-settings');
  expect(name).toBe('groundmask-settings.json');
  expect(JSON.parse(bytes.toString()).config).toMatchObject({ preset: 'fast', lr: 0.0031, tile_px: SMALL.tile_px, dropout: 0.2 });
  const folder = freshFolder('settings');
  const good = path.join(folder, name);
  writeFileSync(good, bytes);
  const odd = path.join(folder, 'odd.json');
  writeFileSync(odd, JSON.stringify({ groundmask: 'settings', version: 1, config: { preset: 'seed', lr: 'much', nonsense: 7, architecture: 'resnet' } }));
  const foreign = path.join(folder, 'package.json');
  writeFileSync(foreign, '{"name": "something"}');

  const other = await context.newPage();
  await gm.openPage(other, String(baseURL), 'cpu');
  await until(async () => (await read(other)).config, { limitMs: 60_000, what: 'the settings came' });
  await dropPaths(other, [good]);
  await until(async () => (await read(other)).config?.config.lr === 0.0031, { limitMs: 60_000, what: 'the settings were taken' });
  expect((await read(other)).config?.config).toMatchObject({ ...SMALL, lr: 0.0031, seed: 123_456_789, preset: 'fast' });
  await expect(other.locator('#set-seed')).toHaveValue('123456789');
  expect(other.url()).toContain('lr=0.0031');
  await other.setInputFiles('#pick-settings', odd);
  await expect(other.locator('#unknown-keys')).toContainText('nonsense=7');
  await expect(other.locator('#unknown-keys')).toContainText('architecture=resnet');
  await expect(other.locator('#err-lr')).toContainText('not a number');
  await other.setInputFiles('#pick-settings', foreign);
  await expect(other.locator('#banner-sentence')).toContainText('package.json is not a settings file');

  // A link within the page changes no setting; an address with settings does, also in a page that is open.
  await gm.applySettings(page, undefined, { lr: 0.0042 });
  await page.focus('a[href="#main"]');
  await page.keyboard.press('Enter');
  await until(async () => page.url().includes('lr=0.0042'), { limitMs: 20_000, what: 'the address is that of the settings again' });
  await expect(page.locator('#set-lr')).toHaveValue('0.0042');
  await expect(page.locator('#unknown-keys')).toBeHidden();
  await page.evaluate(() => {
    location.hash = '#preset=fast&lr=0.0053&val_names=0.png,odd%252C name.png';
  });
  await until(async () => (await read(page)).config?.config.lr === 0.0053, { limitMs: 20_000, what: 'the settings of the link' });
  expect((await read(page)).config?.config.val_names).toEqual(['0.png', 'odd, name.png']);
  await context.close();
});

test('the report is one file that holds the run and asks for nothing', async ({ baseURL }) => {
  const context = await browser.newContext({ ...VIEW, acceptDownloads: true });
  const page = await ready(context, String(baseURL), { settings: { steps: 80 } });
  await begin(page);
  const { run } = await ended(page);
  const { name, bytes } = await gm.download(page, '#save-report');
  expect(name).toMatch(/^groundmask-report-[\d-]+\.html$/);
  const file = path.join(freshFolder('report'), name);
  writeFileSync(file, bytes);
  const html = readFileSync(file, 'utf8');
  expect(html).not.toMatch(/<script|https?:\/\//i);
  /** @type {string[]} */
  const asked = [];
  const reader = await browser.newPage(VIEW);
  reader.on('request', (request) => asked.push(request.url()));
  await reader.goto(`file://${file}`);
  expect(asked.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([]);
  const text = await reader.locator('body').innerText();
  for (const word of ['Finished after 80 steps', 'batch', 'Fingerprint', 'CPU', 'Val. IoU', run.end?.validation?.iou?.toFixed(2) ?? '–']) expect(text).toContain(word);
  expect(await reader.locator('img').count()).toBe(3);
  expect(await reader.locator('svg polyline').count()).toBe(3);
  mkdirSync(path.join(OUT, 'screenshots'), { recursive: true });
  await reader.screenshot({ path: path.join(OUT, 'screenshots', 'report.png'), fullPage: true });
  await reader.close();
  await context.close();
});

test('in a hidden tab the run goes on, the title tells it, and a notification ends it', async ({ baseURL }) => {
  const context = await browser.newContext({ ...VIEW, permissions: ['notifications'] });
  // The real notifications, written down. Headless Chromium hides no tab, whatever its window does, so what a hidden tab
  // is like is made here: it says so, and it gets no animation frames.
  await context.addInitScript(() => {
    let hidden = false;
    Object.defineProperty(document, 'visibilityState', { get: () => (hidden ? 'hidden' : 'visible') });
    const frame = globalThis.requestAnimationFrame.bind(globalThis);
    globalThis.requestAnimationFrame = (work) => (hidden ? 0 : frame(work));
    /** @type {any} */ (globalThis).hide = () => {
      hidden = true;
      document.dispatchEvent(new Event('visibilitychange'));
    };
    const own = globalThis.Notification;
    /** @type {any} */ (globalThis).notices = [];
    globalThis.Notification = class extends own {
      /** @param {string} title @param {NotificationOptions} [options] */
      constructor(title, options) {
        super(title, options);
        /** @type {any} */ (globalThis).notices.push(`${title}: ${options?.body}`);
      }
    };
  });
  const page = await ready(context, String(baseURL), { settings: { steps: 300 } });
  await begin(page);
  await page.check('#notify');
  expect(await page.evaluate(() => Notification.permission)).toBe('granted');
  await page.evaluate(() => /** @type {any} */ (globalThis).hide());
  const at = (await read(page)).run.step;
  await until(async () => /\d+ % training/.test(await page.title()), { limitMs: 60_000, what: 'the title tells per cent', everyMs: 20 });
  const state = await ended(page);
  expect(state.run.end?.steps).toBe(300);
  expect(at).toBeLessThan(300);
  expect(await page.title()).toBe('Trained · Groundmask');
  const notices = await page.evaluate(() => /** @type {any} */ (globalThis).notices);
  expect(notices).toHaveLength(1);
  expect(notices[0]).toMatch(/^Groundmask: Finished after 300 steps/);
  await context.close();
});
