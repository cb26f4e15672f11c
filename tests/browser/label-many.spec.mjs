// @ts-check
/**
 * Ten thousand strokes, as a hand's pointer events: neither memory nor the time until a stroke is seen grows with them.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { freshFolder, groundPng } from './fixtures.mjs';
import { launchBrowser, until } from './harness.mjs';
import { LabelPage, figures } from './label-page.mjs';
import * as gm from './page.mjs';

const SIDE_PX = 2000;
const STROKES = 10_000;
/** Strokes at the beginning and at the end that are compared. */
const COMPARED = 200;

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

/**
 * Strokes by their numbers, spread over the stage, of both classes in turn. As many after each frame; events of a script, which
 * take the way of the hand's from the first listener on.
 * @param {import('playwright-core').Page} page @param {number} from @param {number} to @param {number} ofAFrame
 * @returns {Promise<number[]>} what the page spent on each, ms
 */
const draw = (page, from, to, ofAFrame) => page.evaluate(async ([first, end, count]) => {
  const stage = /** @type {HTMLElement} */ (document.getElementById('label-stage'));
  const box = stage.getBoundingClientRect();
  const side = Math.min(box.width, box.height) - 80;
  const corner = [box.left + (box.width - side) / 2, box.top + (box.height - side) / 2];
  /** @param {string} type @param {number} x @param {number} y */
  const send = (type, x, y) => stage.dispatchEvent(new PointerEvent(type, {
    pointerId: 1, pointerType: 'mouse', isPrimary: true, bubbles: true, cancelable: true, composed: true,
    button: type === 'pointermove' ? -1 : 0, buttons: type === 'pointerup' ? 0 : 1, clientX: x, clientY: y,
  }));
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const spent = [];
  for (let i = first; i < end;) {
    await frame();
    for (let k = 0; k < count && i < end; k += 1, i += 1) {
      stage.dispatchEvent(new KeyboardEvent('keydown', { key: i % 2 ? '2' : '1', bubbles: true }));
      // Steps of the golden ratio and of the square root of two fill the square evenly.
      const x = corner[0] + ((i * 0.618034) % 1) * side;
      const y = corner[1] + ((i * 0.414214) % 1) * side;
      const angle = i * 2.4;
      const began = performance.now();
      send('pointerdown', x, y);
      for (let step = 1; step <= 5; step += 1) send('pointermove', x + step * 5 * Math.cos(angle), y + step * 5 * Math.sin(angle));
      send('pointerup', x + 25 * Math.cos(angle), y + 25 * Math.sin(angle));
      spent.push(performance.now() - began);
    }
  }
  return spent;
}, [from, to, ofAFrame]);

/** Waits until the engine has painted all: what it tells does not change any more. @param {import('playwright-core').Page} page */
async function settled(page) {
  let before = -1;
  await until(async () => {
    const { share } = await figures(page);
    const same = share === before && share > 0;
    before = share;
    return same;
  }, { limitMs: 300_000, what: 'the engine has all strokes', everyMs: 1500 });
}

/** Bytes in use: of page and worker as the browser counts them after a collection, and the engine's memory. @param {import('playwright-core').Page} page */
async function memory(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const heap = /** @type {{ usedSize: number, backingStorageSize?: number }} */ (await session.send('Runtime.getHeapUsage'));
  await session.detach();
  // The worker tells its memory once a second.
  await page.waitForTimeout(1500);
  const wasmBytes = await page.evaluate(() => /** @type {any} */ (window).groundmask.glance().wasmBytes);
  return { heap: heap.usedSize + (heap.backingStorageSize ?? 0), wasm: wasmBytes };
}

/** @param {number[]} values @param {number} share */
const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.floor(values.length * share)];

test('ten thousand strokes take no more memory and time than two hundred', async ({ baseURL }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  await gm.openPage(page, String(baseURL), 'cpu');
  const folder = freshFolder('paint-many');
  writeFileSync(path.join(folder, 'ground.png'), groundPng(SIDE_PX, SIDE_PX));
  await gm.dropForTraining(page, [folder]);
  const editor = new LabelPage(page);
  await editor.open('ground.png');
  await page.keyboard.press('b');
  await page.focus('#label-stage');
  // Code is compiled, and every tile drawn once.
  await draw(page, 0, 100, 1);
  await settled(page);
  await page.evaluate(() => /** @type {any} */ (window).groundmask.forgetDelays());
  const early = await draw(page, 100, 100 + COMPARED, 1);
  const before = { ...(await figures(page)), spentP95Ms: quantile(early, 0.95), spentMedianMs: quantile(early, 0.5) };
  await settled(page);
  const memoryBefore = await memory(page);
  for (let from = 100 + COMPARED; from < STROKES - COMPARED; from += 500) {
    await draw(page, from, Math.min(from + 500, STROKES - COMPARED), 10);
    await settled(page);
  }
  await page.evaluate(() => /** @type {any} */ (window).groundmask.forgetDelays());
  const late = await draw(page, STROKES - COMPARED, STROKES, 1);
  const after = { ...(await figures(page)), spentP95Ms: quantile(late, 0.95), spentMedianMs: quantile(late, 0.5) };
  await settled(page);
  const memoryAfter = await memory(page);

  const mb = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(1);
  for (const [name, seen, held] of /** @type {const} */ ([['strokes 101 to 300', before, memoryBefore], [`strokes ${STROKES - COMPARED + 1} to ${STROKES}`, after, memoryAfter]])) {
    console.log(`${name}: to the frame median ${seen.medianMs?.toFixed(1)} ms, p95 ${seen.p95Ms?.toFixed(1)} ms; spent by the page median ${seen.spentMedianMs.toFixed(2)} ms, p95 ${seen.spentP95Ms.toFixed(2)} ms; page ${mb(held.heap)} MB, engine ${mb(held.wasm)} MB, undo ${mb(seen.historyBytes)} MB, ${seen.strokes} strokes`);
  }
  // A few change nothing, where all was painted so before: they are no strokes to take back.
  expect(after.strokes).toBeGreaterThan(0.98 * STROKES);
  expect((memoryAfter.heap + memoryAfter.wasm) / (memoryBefore.heap + memoryBefore.wasm)).toBeLessThan(1.2);
  // A frame of 60 a second on a machine that may have other work: what grows with the strokes would be far more.
  expect(after.medianMs).toBeLessThan(1.2 * before.medianMs + 8);
  expect(after.spentMedianMs).toBeLessThan(1.2 * before.spentMedianMs + 2);
  await context.close();
});
