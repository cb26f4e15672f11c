// @ts-check
/**
 * A page that does not start says why and what to do next: each part of it is taken away, broken or held back once. The
 * sentences of what needs no module come from `www/start.js`, all others from the page.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { OUT, TESTS, launchBrowser } from './harness.mjs';
import * as gm from './page.mjs';

/** @typedef {import('playwright-core').Page} Page */

const SHOTS = path.join(OUT, 'screenshots', 'start');

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

/**
 * @param {string | undefined} url
 * @param {(page: Page) => Promise<unknown>} arrange
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
async function open(url, arrange, options) {
  const context = await browser.newContext({ viewport: { width: 390, height: 780 }, ...options });
  const page = await context.newPage();
  await arrange(page);
  await page.goto(String(url), { waitUntil: 'commit' });
  return page;
}

/** A response that is a script and nothing else. @param {string} body */
const script = (body) => ({ contentType: 'text/javascript; charset=utf-8', body });

/**
 * What `start.js` says, and that the button to it can be reached and reloads.
 * @type {{ name: string, arrange: (page: Page) => Promise<unknown>, sentence: RegExp, next: RegExp, up?: boolean }[]} `up`: the rest of the page
 *   goes on
 */
const BEFORE_MODULES = [
  {
    name: 'the first module is not there (404)',
    arrange: (page) => page.route('**/main.js', (route) => route.fulfill({ status: 404, body: 'not found' })),
    sentence: /A part of the page could not be loaded \(main\.js: status 404\)/,
    next: /Check the network/,
  },
  {
    name: 'a module deep inside is not there (404)',
    arrange: (page) => page.route('**/vendor/uplot/uPlot.esm.js', (route) => route.fulfill({ status: 404, body: 'not found' })),
    sentence: /could not be loaded \(vendor\/uplot\/uPlot\.esm\.js: status 404\)/,
    next: /Check the network/,
  },
  {
    name: 'a module is blocked',
    arrange: (page) => page.route('**/core/watch.js', (route) => route.abort('blockedbyclient')),
    sentence: /A part of the page could not be loaded \(asked for by main\.js\)/,
    next: /extension/,
  },
  {
    name: 'a module comes with the type of a page',
    arrange: (page) => page.route('**/page/train/chart.js', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Sign in</title>' })),
    sentence: /A part of the page could not be loaded/,
    next: /proxy/,
  },
  {
    name: 'a module is in a language that this browser does not know',
    arrange: (page) => page.route('**/page/train/chart.js', (route) => route.fulfill(script('export function initChart() { let a = 1 ???? 2; }'))),
    sentence: /This browser cannot read a script of the page \(.*page\/train\/chart\.js:1\)/,
    next: /update the browser/,
  },
  {
    name: 'a module lacks what another asks of it: two versions were mixed',
    arrange: (page) => page.route('**/page/train/chart.js', (route) => route.fulfill(script('export const nothing = 1;'))),
    sentence: /cannot read a script of the page \(.*initChart.*\)/,
    next: /Try again/,
  },
  {
    name: 'a module throws while it is loaded',
    arrange: (page) => page.route('**/page/train/chart.js', (route) => route.fulfill(script('throw new RangeError("Incorrect locale information provided");\nexport function initChart() {}'))),
    sentence: /The page stopped while it was starting \(Incorrect locale information provided, page\/train\/chart\.js:1\)/,
    next: /try another one/,
  },
  {
    name: 'the page throws while it starts',
    arrange: (page) => page.route('**/page/train/chart.js', (route) => route.fulfill(script('export function initChart() { [].neverThere(); }'))),
    sentence: /The page stopped while it was starting \(.*neverThere.*page\/train\/chart\.js:1\)/,
    next: /Try again/,
  },
  {
    name: 'the first painting throws, after all modules are there',
    arrange: (page) => page.route('**/page/train/tiles.js', (route) => route.fulfill(script("import { onPaint } from '../../core/store.js';\nexport function initTiles() { onPaint(() => { [].neverThere(); }); }"))),
    sentence: /The page stopped while it was starting \(.*neverThere.*page\/train\/tiles\.js:2\)/,
    next: /Try again/,
    up: true,
  },
  {
    name: 'the browser knows no modules',
    async arrange(page) {
      await page.addInitScript(() => {
        Reflect.deleteProperty(HTMLScriptElement.prototype, 'noModule');
      });
      // It would pass over what it does not know.
      await page.route('**/main.js', (route) => route.fulfill(script('')));
    },
    sentence: /This browser is too old for this page: it knows no JavaScript modules/,
    next: /current Chrome, Edge, Firefox or Safari/,
  },
];

for (const { name, arrange, sentence, next, up } of BEFORE_MODULES) {
  test(`${name}: a sentence and a next action`, async ({ baseURL }) => {
    const page = await open(baseURL, arrange);
    const fault = page.locator('#start-fault');
    await expect(fault).toBeVisible();
    await expect(fault).toHaveAttribute('role', 'alert');
    await expect(fault.locator('strong')).toHaveText(sentence);
    await expect(fault.locator('span')).toHaveText(next);
    await expect(page.locator('#banner')).toBeHidden();
    if (!up) {
      await expect(page.locator('#engine-text')).toHaveText('The page did not start.');
      await expect(page.locator('#device-kind')).toHaveText('Not started');
      await expect(page.locator('#sample')).toBeDisabled();
    }
    await tryAgain(page);
    await page.screenshot({ path: path.join(SHOTS, `${name.replace(/\W+/g, '-')}.png`) });
    expect(await overflow(page), 'px wider than the screen').toBe(0);
    await page.context().close();
  });
}

/** The button gets the focus by the keyboard and loads the page anew. @param {Page} page */
async function tryAgain(page) {
  const button = page.locator('#start-fault button');
  await button.focus();
  await expect(button).toBeFocused();
  await page.evaluate(() => Object.assign(window, { before: true }));
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => 'before' in window).catch(() => true)).toBe(false);
  await expect(page.locator('#start-fault')).toBeVisible();
}

/** @param {Page} page */
const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

/** Other words in one file of the page. @param {Page} page @param {string} file @param {Record<string, string>} words */
const patch = (page, file, words) => page.route(`**/${file}`, async (route) => {
  const response = await route.fetch();
  let body = await response.text();
  for (const [from, to] of Object.entries(words)) {
    if (!body.includes(from)) throw new Error(`${file} has no ${from}`);
    body = body.replace(from, to);
  }
  await route.fulfill({ response, body });
});

/**
 * What the page itself says once its modules run.
 * @type {{ name: string, arrange: (page: Page) => Promise<unknown>, sentence: RegExp, next: RegExp }[]}
 */
const OF_THE_ENGINE = [
  {
    name: 'there are no workers',
    arrange: (page) => page.addInitScript(() => {
      Reflect.deleteProperty(window, 'Worker');
    }),
    sentence: /starts no workers for this page/,
    next: /use another browser/,
  },
  {
    name: 'workers are refused',
    arrange: (page) => page.addInitScript(() => {
      Object.assign(window, { Worker: class { constructor() { throw new DOMException('denied', 'SecurityError'); } } });
    }),
    sentence: /starts no workers for this page/,
    next: /allow them, then retry/,
  },
  {
    name: 'the worker’s script is not there (404)',
    arrange: (page) => page.route('**/worker/worker.js', (route) => route.fulfill({ status: 404, body: 'not found' })),
    sentence: /The engine’s worker could not be started/,
    next: /Retry/,
  },
  {
    name: 'a module of the worker is not there (404)',
    arrange: (page) => page.route('**/worker/intake.js', (route) => route.fulfill({ status: 404, body: 'not found' })),
    sentence: /The engine’s worker could not be started/,
    next: /too old for module workers/,
  },
  {
    name: 'the worker’s script throws',
    arrange: (page) => page.route('**/worker/worker.js', (route) => route.fulfill(script('throw new Error("on purpose");'))),
    sentence: /The engine’s worker could not be started \(.*on purpose\)/,
    next: /Retry/,
  },
  {
    name: 'there is no WebAssembly',
    arrange: (page) => inWorker(page, 'delete globalThis.WebAssembly;'),
    sentence: /WebAssembly is switched off in this browser/,
    next: /Lockdown Mode/,
  },
  {
    name: 'WebAssembly has no SIMD',
    arrange: (page) => inWorker(page, 'WebAssembly.validate = () => false;'),
    sentence: /WebAssembly lacks the SIMD instructions/,
    next: /current Chrome, Edge, Firefox or Safari/,
  },
  {
    name: 'the engine is not there (404)',
    arrange: (page) => page.route(/\/pkg\/.*\.wasm$/, (route) => route.fulfill({ status: 404, body: 'not found' })),
    sentence: /The engine is missing on the server \(status 404\)/,
    next: /retry/,
  },
  {
    name: 'something else is sent for the engine',
    arrange: (page) => page.route(/\/pkg\/.*\.wasm$/, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' })),
    sentence: /something else than the engine \(text\/html\)/,
    next: /proxy/,
  },
  {
    name: 'the engine arrives cut short',
    arrange: (page) => page.route(/\/pkg\/.*\.wasm$/, (route) => route.fulfill({ contentType: 'application/wasm', body: readFileSync(path.join(TESTS, '../pkg/groundmask_bg.wasm')).subarray(0, 100_000) })),
    sentence: /The engine arrived damaged/,
    next: /Retry/,
  },
  {
    name: 'the engine’s script is not there (404)',
    arrange: (page) => page.route(/\/pkg\/.*groundmask\.js$/, (route) => route.fulfill({ status: 404, body: 'not found' })),
    sentence: /A part of the page is missing/,
    next: /Reload the page/,
  },
  {
    name: 'the engine throws when it is made',
    arrange: (page) => patch(page, 'worker/worker.js', { 'new module.Engine(postEarly)': '(() => { throw new Error("on purpose"); })()' }),
    sentence: /The engine arrived damaged or does not run in this browser/,
    next: /on purpose/,
  },
];

/** Runs a line in the engine's worker before all else. @param {Page} page @param {string} line */
function inWorker(page, line) {
  return page.route('**/core/paths.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `if (typeof document === 'undefined') { ${line} }\n${await response.text()}` });
  });
}

for (const { name, arrange, sentence, next } of OF_THE_ENGINE) {
  test(`${name}: the page says it once and offers to retry`, async ({ baseURL }) => {
    const page = await open(baseURL, arrange);
    await expect(page.locator('#banner')).toBeVisible();
    await expect(page.locator('#banner-sentence')).toHaveText(sentence);
    await expect(page.locator('#banner-next')).toHaveText(next);
    await expect(page.locator('#banner-action')).toHaveText('Retry');
    await expect(page.locator('#engine-text')).toHaveText('The engine is not here yet');
    await expect(page.locator('#start-fault:visible')).toHaveCount(0);
    await expect(page.locator('#patience')).toBeHidden();
    // The same again, and no other one beside it.
    await page.locator('#banner-action').click();
    await expect(page.locator('#banner-sentence')).toHaveText(sentence);
    expect(await overflow(page), 'px wider than the screen').toBe(0);
    await page.context().close();
  });
}

test('what was missing is there at the second try, and the page goes on', async ({ baseURL }) => {
  let broken = true;
  const page = await open(baseURL, (one) => one.route('**/worker/worker.js', (route) => (broken ? route.abort() : route.continue())));
  await expect(page.locator('#banner-sentence')).toHaveText(/worker could not be started/);
  broken = false;
  await page.locator('#banner-action').click();
  await expect.poll(async () => (await gm.read(page)).device?.kind, { timeout: 180_000 }).toBe('cpu');
  await expect(page.locator('#banner')).toBeHidden();
  await page.context().close();
});

// "C" is WebKitGTK's under LANG=C.UTF-8; the others are what a POSIX name of a locale and broken settings could give.
for (const language of ['c', 'C', 'en-US@posix', 'en_US.UTF-8', '', undefined]) {
  test(`the page comes up where navigator.language is ${JSON.stringify(language) ?? 'not there'}`, async ({ baseURL }) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    /** @type {string[]} */
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.addInitScript((value) => {
      Object.defineProperty(Navigator.prototype, 'language', { get: () => value, configurable: true });
      Object.defineProperty(Navigator.prototype, 'languages', { get: () => [value], configurable: true });
    }, language);
    await gm.openPage(page, String(baseURL), 'cpu');
    await gm.loadSampleScenes(page);
    // The chart is built here.
    await gm.goTo(page, 'train');
    await expect(page.locator('#start-fault')).toHaveCount(0);
    expect(errors).toEqual([]);
    await context.close();
  });
}

test('the page comes up where it is not a secure context: no locks, no randomUUID, no storage, no GPU', async ({ baseURL }) => {
  const page = await open(baseURL, (one) => one.addInitScript(() => {
    Reflect.deleteProperty(Crypto.prototype, 'randomUUID');
    for (const name of ['locks', 'storage', 'gpu']) Reflect.deleteProperty(Navigator.prototype, name);
  }));
  await expect.poll(async () => page.evaluate('window.groundmask && groundmask.state().device && groundmask.state().device.kind'), { timeout: 180_000 }).toBe('cpu');
  expect(await page.evaluate('groundmask.state().checkpoint.storage')).toBe('none');
  await page.context().close();
});

test('a page that is slow to come says how far it is, and takes it back once it is up', async ({ baseURL }) => {
  /** @type {() => void} */
  let letGo = () => {};
  const held = new Promise((resolve) => { letGo = () => resolve(undefined); });
  const page = await open(baseURL, async (one) => {
    await one.clock.install();
    await one.route('**/page/viewer/viewer.js', async (route) => {
      await held;
      await route.continue();
    });
  });
  const fault = page.locator('#start-fault');
  await expect(page.locator('#dropzone')).toBeAttached();
  await page.clock.fastForward(6_000);
  expect(await fault.count(), 'nothing is said of what is merely slow').toBe(0);
  await page.clock.fastForward(3_000);
  await expect(fault.locator('strong')).toHaveText(/The page is still being loaded: \d+ files have arrived so far\./);
  await expect(fault).toHaveAttribute('role', 'status');
  await page.screenshot({ path: path.join(SHOTS, 'slow.png') });
  await page.clock.fastForward(31_000);
  await expect(fault.locator('strong')).toHaveText(/nothing of it has arrived for \d+ seconds: \d+ files have arrived\./);
  await expect(fault.locator('span')).toHaveText(/Check the network, then try again/);
  await expect(fault).toHaveAttribute('role', 'status');
  letGo();
  await expect(fault).toBeHidden();
  await page.context().close();
});

test('an engine that stands still on its way is spoken of, and begun anew', async ({ baseURL }) => {
  let hold = true;
  const page = await open(baseURL, async (one) => {
    await one.clock.install();
    await one.route(/\/pkg\/.*\.wasm$/, async (route) => {
      if (hold) return;
      await route.continue();
    });
  });
  await expect(page.locator('#engine-text')).toHaveText(/Getting the engine/);
  await page.clock.fastForward(21_000);
  await expect(page.locator('#patience-sentence')).toHaveText('Nothing of the engine has arrived yet.');
  await expect(page.locator('#patience-next')).toHaveText(/Check the network, or start anew/);
  await page.screenshot({ path: path.join(SHOTS, 'still.png') });
  hold = false;
  await page.locator('#patience-action').click();
  await expect.poll(async () => (await gm.read(page)).device?.kind, { timeout: 180_000 }).toBe('cpu');
  await expect(page.locator('#patience')).toBeHidden();
  await page.context().close();
});

test('a GPU that never answers is spoken of, and the CPU is one click away', async ({ baseURL }) => {
  const page = await open(baseURL, async (one) => {
    await one.clock.install();
    await inWorker(one, "Object.defineProperty(navigator, 'gpu', { value: { requestAdapter: () => new Promise(() => {}) }, configurable: true });");
  });
  await expect.poll(() => page.evaluate(() => /** @type {any} */ (window).groundmask?.state().engine), { timeout: 180_000 }).toBe('ready');
  await page.clock.fastForward(61_000);
  await expect(page.locator('#patience-sentence')).toHaveText(/The GPU has been tested for over a minute/);
  await page.locator('#patience-action').click();
  await expect.poll(async () => (await gm.read(page)).device?.kind, { timeout: 180_000 }).toBe('cpu');
  await expect(page.locator('#patience')).toBeHidden();
  await page.context().close();
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`what is said can be read in ${colorScheme}`, async ({ baseURL }) => {
    const page = await open(baseURL, (one) => one.route('**/main.js', (route) => route.abort()), { colorScheme });
    await expect(page.locator('#start-fault')).toBeVisible();
    const ratio = await page.evaluate(() => {
      const context = /** @type {CanvasRenderingContext2D} */ (document.createElement('canvas').getContext('2d'));
      /** Relative luminance (WCAG 2). @param {string} colour */
      const luminance = (colour) => {
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const box = getComputedStyle(/** @type {Element} */ (document.getElementById('start-fault')));
      const [light, dark] = [luminance(box.color), luminance(box.backgroundColor)].sort((a, b) => b - a);
      return (light + 0.05) / (dark + 0.05);
    });
    expect(ratio).toBeGreaterThan(7);
    await page.screenshot({ path: path.join(SHOTS, `${colorScheme}.png`) });
    await page.context().close();
  });
}

test('with scripts switched off, the page says so at its top', async ({ baseURL }) => {
  const page = await open(baseURL, async () => {}, { javaScriptEnabled: false });
  expect(await page.locator('#banners noscript').innerHTML()).toMatch(/Scripts are switched off.*Allow JavaScript for it, then reload\./);
  await expect(page.locator('#banners noscript .banner')).toBeVisible();
  // Nothing is promised that does not come.
  await expect(page.locator('#engine-text')).toBeHidden();
  await expect(page.locator('#sample')).toBeHidden();
  await page.context().close();
});

test('opened as a file, the page says how it is opened', async () => {
  const page = await open(`file://${path.join(TESTS, '../www/index.html')}`, async () => {});
  await expect(page.locator('#start-fault strong')).toHaveText(/opened as a file/);
  await expect(page.locator('#start-fault span')).toHaveText(/cargo xtask serve/);
  await page.context().close();
});
