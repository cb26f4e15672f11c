// @ts-check
/**
 * The short form of `cargo xtask soak`: memory, queue and tasks of a page that trains. On a shared machine times say little,
 * so a task counts with what the page itself had of it.
 */
import { expect, test } from '@playwright/test';

import { launchBrowser } from './harness.mjs';
import { soak } from './soak-run.mjs';

/** Of the page's own work; drawing everything at once took 300 ms and more. */
const LONGEST_OWN_MS = 200;

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
