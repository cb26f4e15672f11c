// @ts-check
/**
 * What every browser test and head-less driver shares: Chromium with or without WebGPU on the software
 * adapter, a page that is watched (console, errors, requests), and real drops of files and folders.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

export const TESTS = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const OUT = path.join(TESTS, 'out');
/** The data folder beside the checkout; tests that use it say so where it is absent. */

/** @typedef {'webgpu' | 'cpu'} Device */

const COMMON_FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A test page must not be slowed down for being in the background.
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

/** WebGPU without a GPU: Chromium's software adapter, and no watchdog, because its shaders are slow. */
const SWIFTSHADER_FLAGS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--disable-gpu-watchdog'];
/** The machine's own adapter. */
const ADAPTER_FLAGS = ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--use-angle=vulkan', '--ignore-gpu-blocklist', '--disable-gpu-watchdog'];

/** The system's browser: `CHROMIUM`, else the usual places. */
export function chromiumPath() {
  const candidates = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const found = candidates.find((candidate) => candidate && existsSync(candidate));
  if (!found) throw new Error('no Chromium: set CHROMIUM=/path/to/chromium, or apt-get install chromium');
  return found;
}

/** @param {{ device?: Device, adapter?: 'swiftshader' | 'default' }} [options] */
export function launchOptions({ device = 'webgpu', adapter = 'swiftshader' } = {}) {
  const gpu = device === 'cpu' ? [] : adapter === 'default' ? ADAPTER_FLAGS : SWIFTSHADER_FLAGS;
  return { executablePath: chromiumPath(), headless: true, args: [...COMMON_FLAGS, ...gpu] };
}

/**
 * Its contexts have no service worker unless they ask for one (`serviceWorkers: 'allow'`): what one answers is seen by no
 * `route` of a test, and it would hand the files of one test to the next.
 * @param {Parameters<typeof launchOptions>[0]} [options]
 */
export async function launchBrowser(options) {
  const browser = await chromium.launch(launchOptions(options));
  const newContext = browser.newContext.bind(browser);
  browser.newContext = (wish) => newContext({ serviceWorkers: 'block', ...wish });
  return browser;
}

/**
 * Everything a page did that a test may ask about.
 * @typedef {object} Watch
 * @property {string[]} foreign      addresses outside the page's origin that it tried to reach; all were aborted
 * @property {string[]} requests     addresses of its own origin, in order
 * @property {string[]} errors       console errors and uncaught exceptions
 * @property {string[]} console      every console line
 * @property {() => void} markLoaded counts what is sent from now on
 * @property {() => Promise<number>} bytesSent request bytes (headers and bodies) since `markLoaded`
 * @property {() => string[]} sentTo the addresses those bytes went to
 */

/**
 * Watches a context before its page loads: any request that leaves the origin is aborted and recorded.
 * `blob:` and `data:` addresses never reach a network.
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} origin
 * @returns {Promise<Watch>}
 */
export async function watch(context, origin) {
  const own = new URL(origin).origin;
  /** @type {import('playwright-core').Request[]} */
  let late = [];
  let loaded = false;
  /** @type {Watch} */
  const seen = {
    foreign: [],
    requests: [],
    errors: [],
    console: [],
    markLoaded() {
      loaded = true;
      late = [];
    },
    sentTo: () => late.map((request) => request.url()),
    async bytesSent() {
      let bytes = 0;
      for (const request of late) {
        const sizes = await request.sizes().catch(() => null);
        bytes += sizes ? sizes.requestHeadersSize + sizes.requestBodySize : 0;
      }
      return bytes;
    },
  };
  /** @param {string} url */
  const isNetwork = (url) => !/^(blob|data|about|chrome):/.test(url);
  context.on('request', (request) => {
    const url = request.url();
    if (!isNetwork(url)) return;
    if (new URL(url).origin === own) {
      seen.requests.push(url);
      if (loaded) late.push(request);
    } else if (!seen.foreign.includes(url)) {
      seen.foreign.push(url);
    }
  });
  await context.route(
    (url) => isNetwork(url.href) && url.origin !== own,
    async (route) => {
      if (!seen.foreign.includes(route.request().url())) seen.foreign.push(route.request().url());
      await route.abort('blockedbyclient');
    },
  );
  context.on('console', (message) => {
    seen.console.push(`${message.type()}: ${message.text()}`);
    if (message.type() === 'error') seen.errors.push(message.text());
  });
  context.on('weberror', (error) => seen.errors.push(String(error.error())));
  return seen;
}

/**
 * Drops files and folders of this machine on an element, through the browser's own drag-and-drop: the page
 * gets a real DataTransfer, with directory entries where a path is a folder.
 * @param {import('playwright-core').Page} page
 * @param {string[]} paths absolute paths of files or folders
 * @param {string} [selector]
 */
export async function dropPaths(page, paths, selector = 'body') {
  const target = page.locator(selector).first();
  // A place that was just gone to is drawn with the next frame.
  await target.waitFor({ state: 'visible', timeout: 10_000 }).catch(() => {});
  const box = await target.boundingBox();
  if (!box) throw new Error(`nothing to drop on: ${selector}`);
  const view = page.viewportSize() ?? { width: 1280, height: 800 };
  // The middle of the part that is on the screen.
  const x = Math.min(box.x + box.width / 2, view.width - 2);
  const y = Math.min(box.y + Math.min(box.height, view.height - box.y) / 2, view.height - 2);
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of /** @type {const} */ (['dragEnter', 'dragOver', 'drop'])) {
    await session.send('Input.dispatchDragEvent', { type, x, y, data });
  }
  await session.detach();
}

/**
 * Files below a folder, sorted, without hidden ones.
 * @param {string} folder
 * @returns {string[]}
 */
export function filesBelow(folder) {
  /** @type {string[]} */
  const files = [];
  for (const name of readdirSync(folder).sort()) {
    if (name.startsWith('.')) continue;
    const file = path.join(folder, name);
    if (statSync(file).isDirectory()) files.push(...filesBelow(file));
    else files.push(file);
  }
  return files;
}

/**
 * Waits until `probe` gives a truthy value and returns it. Conditions only, no fixed times: `limitMs` is
 * how long a failure may take to be noticed.
 * @template T
 * @param {() => Promise<T> | T} probe
 * @param {{ limitMs: number, what: string, everyMs?: number }} options
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(probe, { limitMs, what, everyMs = 100 }) {
  const end = Date.now() + limitMs;
  for (;;) {
    const value = await probe();
    if (value) return /** @type {NonNullable<T>} */ (value);
    if (Date.now() > end) throw new Error(`did not happen within ${limitMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
