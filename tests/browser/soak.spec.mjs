// @ts-check
/**
 * The short form of `cargo xtask soak`: memory, queue and tasks of a page that trains. On a shared machine times say little,
 * so a task counts with what the page itself had of it.
 */
import { expect, test } from '@playwright/test';

import { launchBrowser, until } from './harness.mjs';
import { soak } from './soak-run.mjs';
import { begin, read, ready } from './survive-kit.mjs';

/** Of the page's own work: what people do not notice. Drawing everything at once took 300 ms and more. */
const LONGEST_OWN_MS = 50;

test('a minute of training: memory stays, messages do not pile up, no task of the page is long', async ({ baseURL }) => {
  const browser = await launchBrowser({ device: 'cpu' });
  try {
    const figures = await soak(browser, { minutes: 1, device: 'cpu', settings: { validate_every: 25 } }, String(baseURL));
    console.log(JSON.stringify(figures));
    expect(figures.steps).toBeGreaterThan(25);
    // The heap settles within the first minutes; over half an hour it stays within 5 %.
    expect(figures.wasm_bytes_end / figures.wasm_bytes_start).toBeLessThanOrEqual(1.1);
    expect(figures.process_mb_end / figures.process_mb_start).toBeLessThanOrEqual(1.15);
    expect(figures.queue_max).toBeLessThanOrEqual(8);
    expect(figures.longest_own_ms).toBeLessThanOrEqual(LONGEST_OWN_MS);
  } finally {
    await browser.close();
  }
});

test('a page that answers nothing for a while is not buried in messages, and the run goes on', async ({ baseURL }) => {
  const browser = await launchBrowser({ device: 'cpu' });
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await ready(context, String(baseURL), { settings: { steps: 1_000_000, validate_every: 1_000_000 } });
    await begin(page);
    await until(async () => (await read(page)).run.step > 20, { limitMs: 60_000, what: 'the run is under way' });
    // As a dialog of the browser does that nobody answers. Steps take milliseconds, and each is told.
    const steps = await page.evaluate(async () => {
      const step = () => /** @type {any} */ (window).groundmask.glance().run.step;
      const from = step();
      const end = performance.now() + 10_000;
      while (performance.now() < end);
      // What waited is handled before a timer.
      await new Promise((resolve) => setTimeout(resolve, 50));
      return step() - from;
    });
    console.log(`${steps} steps were told after ten seconds without an answer`);
    expect(steps).toBeGreaterThan(30);
    expect(steps).toBeLessThanOrEqual(120);
    const at = (await read(page)).run.step;
    await until(async () => (await read(page)).run.step > at + 50, { limitMs: 60_000, what: 'the run goes on' });
  } finally {
    await browser.close();
  }
});
