// @ts-check
/**
 * Start-up failures as each engine reports them: which events a script that does not load, does not parse or throws leads to
 * differs between them. The page comes through a server of ours that breaks one file at a time.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';

import { until } from '../harness.mjs';

const LIMIT_MS = 60_000;

/** @typedef {{ status?: number, type?: string, body: string }} Broken what is sent for a file */

/** @type {{ name: string, file: string, sent: Broken, at: '#start-fault' | '#banner', says: RegExp }[]} */
const CASES = [
  { name: 'the first module is not there', file: '/main.js', sent: { status: 404, body: '' }, at: '#start-fault', says: /A part of the page could not be loaded \(.*main\.js/ },
  { name: 'a module deep inside is not there', file: '/ui/paint.js', sent: { status: 404, body: '' }, at: '#start-fault', says: /A part of the page could not be loaded/ },
  { name: 'a module has the type of a page', file: '/ui/paint.js', sent: { type: 'text/html', body: '<!doctype html>' }, at: '#start-fault', says: /A part of the page could not be loaded/ },
  { name: 'a module cannot be parsed', file: '/page/train/chart.js', sent: { body: 'export function initChart() { let a = 1 ???? 2; }' }, at: '#start-fault', says: /This browser cannot read a script of the page \(.*page\/train\/chart\.js/ },
  { name: 'a module lacks an export', file: '/page/train/chart.js', sent: { body: 'export const nothing = 1;' }, at: '#start-fault', says: /This browser cannot read a script of the page/ },
  { name: 'a module throws', file: '/page/train/chart.js', sent: { body: 'export function initChart() {}\nthrow new RangeError("on purpose");' }, at: '#start-fault', says: /The page stopped while it was starting \(on purpose, page\/train\/chart\.js:2\)/ },
  { name: 'the worker is not there', file: '/worker/worker.js', sent: { status: 404, body: '' }, at: '#banner', says: /The engine’s worker could not be started/ },
  { name: 'the worker throws', file: '/worker/worker.js', sent: { body: 'throw new Error("on purpose");' }, at: '#banner', says: /The engine’s worker could not be started \(.*on purpose/ },
  { name: 'the worker lacks a module', file: '/worker/intake.js', sent: { status: 404, body: '' }, at: '#banner', says: /The engine’s worker could not be started/ },
  { name: 'the engine’s script is not there', file: '/groundmask.js', sent: { status: 404, body: '' }, at: '#banner', says: /A part of the page is missing/ },
  { name: 'the engine is something else', file: '.wasm', sent: { type: 'text/html', body: '<!doctype html>' }, at: '#banner', says: /The server sent something else than the engine/ },
  { name: 'the engine is damaged', file: '.wasm', sent: { type: 'application/wasm', body: '\0asm\x01\0\0\0 and nothing more' }, at: '#banner', says: /The engine arrived damaged/ },
];

/**
 * @param {import('./drivers.mjs').Driver} driver
 * @param {string} url where the whole page is
 */
export async function startFaults(driver, url) {
  /** @type {{ file: string, sent: Broken } | null} */
  let broken = null;
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(String(request.url), 'http://localhost');
    if (broken && pathname.endsWith(broken.file)) {
      const { status = 200, type = 'text/javascript', body } = broken.sent;
      response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
      return;
    }
    const whole = await fetch(new URL(pathname, url));
    response.writeHead(whole.status, { 'Content-Type': whole.headers.get('Content-Type') ?? '', 'Cache-Control': 'no-store' }).end(Buffer.from(await whole.arrayBuffer()));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  try {
    for (const { name, file, sent, at, says } of CASES) {
      broken = { file, sent };
      // An address of its own each, or a browser would only look for the fragment.
      await driver.goto(`http://localhost:${port}/?${encodeURIComponent(name)}`);
      const other = at === '#banner' ? '#start-fault' : '#banner';
      /** @param {string} css */
      const shown = (css) => driver.evaluate(`(document.querySelector(${JSON.stringify(css)})?.checkVisibility() ? document.querySelector(${JSON.stringify(css)}).innerText : '')`);
      const text = await until(() => shown(at), { limitMs: LIMIT_MS, what: `${at} says that ${name}` });
      assert.match(text, says, name);
      assert.match(text, at === '#banner' ? /Retry/ : /Try again/, name);
      assert.equal(await shown(other), '', name);
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
  return CASES.length;
}
