// @ts-check
/** Nothing leaves the origin: the policy is on every response and holds in page and worker (rows 34, 35, 39). */
import { createServer } from 'node:http';

import { expect, test } from '@playwright/test';

import { launchBrowser, watch } from './harness.mjs';
import * as gm from './page.mjs';

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
];

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

test('every response carries the policy, the right type and no caching', async ({ request }) => {
  for (const [path, type, status] of /** @type {[string, string, number][]} */ ([
    ['/', 'text/html', 200],
    ['/main.js', 'text/javascript', 200],
    ['/worker/worker.js', 'text/javascript', 200],
    ['/style.css', 'text/css', 200],
    ['/sw.js', 'text/javascript', 200],
    ['/manifest.webmanifest', 'application/manifest+json', 200],
    ['/pkg/groundmask.js', 'text/javascript', 200],
    ['/pkg/groundmask_bg.wasm', 'application/wasm', 200],
    ['/pkg/groundmask_fused.wasm', 'application/wasm', 200],
    ['/is/not/there', 'text/plain', 404],
    ['/.git/config', 'text/plain', 400],
    ['/..%2fCargo.toml', 'text/plain', 400],
    ['/pkg/..%5c..%5cCargo.toml', 'text/plain', 400],
  ])) {
    const response = await request.get(path, { failOnStatusCode: false });
    expect(response.status(), path).toBe(status);
    const headers = response.headers();
    expect(headers['content-type'], path).toContain(type);
    expect(headers['cache-control'], path).toBe('no-store');
    expect(headers['x-content-type-options'], path).toBe('nosniff');
    expect(headers['cross-origin-opener-policy'], path).toBe('same-origin');
    expect(headers['cross-origin-embedder-policy'], path).toBe('require-corp');
    expect(headers['cross-origin-resource-policy'], path).toBe('same-origin');
    for (const rule of POLICY) expect(headers['content-security-policy'], path).toContain(rule);
  }
  expect((await request.post('/', { failOnStatusCode: false })).status()).toBe(405);
});

test('page and worker cannot reach another origin by any way', async ({ baseURL }) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await gm.openPage(page, String(baseURL), 'cpu');
  // Another origin that really listens: whatever got past the policy would connect to it.
  let connections = 0;
  const other = createServer((_, response) => response.end()).on('connection', () => (connections += 1));
  await new Promise((resolve) => other.listen(0, '127.0.0.1', () => resolve(undefined)));
  const foreign = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (other.address()).port}/x`;
  const inPage = await page.evaluate(attempts, foreign);
  expect(inPage.fetch).toMatch(/blocked|TypeError|Failed/);
  expect(inPage.violations, 'refused by the policy, not by the network').toContain('connect-src');
  expect(inPage.beacon).toBe('blocked');
  expect(inPage.image).toBe('blocked');
  expect(inPage.socket).toBe('blocked');
  expect(inPage.eval).toBe('blocked');

  // The engine's own worker, as the page started it.
  const worker = page.workers()[0];
  expect(worker, 'the page has a worker').toBeDefined();
  const inWorker = await worker.evaluate(attempts, foreign);
  expect(inWorker.fetch).toMatch(/blocked|TypeError|Failed/);
  expect(inWorker.violations).toContain('connect-src');
  expect(inWorker.socket).toBe('blocked');
  expect(inWorker.eval).toBe('blocked');
  expect(connections, 'connections that were made all the same').toBe(0);
  await context.close();
  other.close();
});

test('the page works without a network once it is loaded, and sends nothing', async ({ baseURL }) => {
  const context = await browser.newContext();
  const seen = await watch(context, String(baseURL));
  const page = await context.newPage();
  await gm.openPage(page, String(baseURL), 'cpu');
  await context.setOffline(true);
  seen.markLoaded();
  await gm.loadSampleScenes(page);
  await gm.applySettings(page, 'fast', { base: 4, depth: 2, tile_px: 32, batch: 1, steps: 2 });
  const state = await gm.train(page, { limitMs: 300_000 });
  expect(state.run?.end?.reason).toBe('finished');
  expect(await seen.bytesSent()).toBe(0);
  expect(seen.foreign).toEqual([]);
  expect(seen.errors).toEqual([]);
  await context.close();
});

/**
 * Tries every way out; runs in the page or in the worker.
 * @param {string} url
 */
async function attempts(url) {
  /** @type {string[]} */
  const violations = [];
  const inPage = typeof document !== 'undefined';
  const listen = /** @type {any} */ (inPage ? document : globalThis);
  listen.addEventListener('securitypolicyviolation', (/** @type {any} */ event) => violations.push(event.effectiveDirective));
  const result = { fetch: '', beacon: 'blocked', image: 'blocked', socket: 'blocked', eval: 'blocked', violations };
  try {
    await fetch(url, { mode: 'no-cors' });
    result.fetch = 'went through';
  } catch (error) {
    result.fetch = String(error);
  }
  result.socket = await new Promise((resolve) => {
    try {
      const socket = new WebSocket(url.replace('http', 'ws'));
      socket.onopen = () => resolve('opened');
      socket.onerror = () => resolve('blocked');
    } catch {
      resolve('blocked');
    }
  });
  try {
    // eslint-disable-next-line no-eval
    (0, eval)('1');
    result.eval = 'ran';
  } catch {
    // As it must.
  }
  if (inPage) {
    const before = violations.length;
    navigator.sendBeacon(url, 'x');
    result.image = await new Promise((resolve) => {
      const image = new Image();
      image.onload = () => resolve('loaded');
      image.onerror = () => resolve('blocked');
      image.src = url;
    });
    // The violation events of beacon and image come in their own turn.
    const end = performance.now() + 5000;
    while (violations.length < before + 2 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    if (violations.length < before + 2) result.beacon = 'no violation reported';
  } else {
    const end = performance.now() + 5000;
    while (!violations.includes('connect-src') && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return result;
}
