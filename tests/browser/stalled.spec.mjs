// @ts-check
/** A worker that begins to load the engine and is never heard again, as Firefox has them on a busy computer. */
import { expect, test } from '@playwright/test';

import { launchBrowser, until } from './harness.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

/** The first `count` engines say that their scripts are there, and nothing more. @param {number} count */
function stall(count) {
  const Real = globalThis.Worker;
  let made = 0;
  globalThis.Worker = class extends Real {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(url, options);
      made += 1;
      /** @type {any} */ (globalThis).enginesMade = made;
      if (made > count) return;
      this.addEventListener('message', (event) => {
        if (event.data.kind !== 'awake' && event.data.kind !== 'hello') event.stopImmediatePropagation();
      });
      // Who answers no ping.
      const send = this.postMessage.bind(this);
      this.postMessage = (/** @type {any} */ message) => message.kind === 'start' && send(message);
    }
  };
}

for (const { count, words, secondsToWait, what } of [
  { count: 1, words: null, secondsToWait: [20], what: 'is replaced without a word' },
  { count: 2, words: /stood still while it was loading/, secondsToWait: [20, 70], what: 'and the next one too: the page says so' },
]) {
  test(`an engine that stands still while it is loading ${what}`, async ({ baseURL }) => {
    const context = await browser.newContext();
    await context.clock.install();
    const page = await context.newPage();
    await page.addInitScript(stall, count);
    await page.goto(String(baseURL));
    for (const [number, seconds] of secondsToWait.entries()) {
      await until(() => page.evaluate((made) => /** @type {any} */ (globalThis).enginesMade === made, number + 1), { limitMs: 60_000, what: `engine ${number + 1} was made` });
      await until(async () => {
        await page.clock.runFor(1000);
        return page.evaluate((made) => /** @type {any} */ (globalThis).enginesMade > made, number + 1);
      }, { limitMs: 3000 * seconds, what: `engine ${number + 1} was replaced` });
    }
    await page.clock.resume();
    await until(() => page.evaluate("groundmask.state().device?.kind === 'cpu'"), { limitMs: 120_000, what: 'the next engine is up' });
    const error = await page.evaluate(() => /** @type {any} */ (globalThis).groundmask.state().error?.sentence ?? null);
    if (words) expect(error).toMatch(words);
    else expect(error).toBeNull();
    await context.close();
  });
}
