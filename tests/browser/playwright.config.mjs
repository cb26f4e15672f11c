// @ts-check
/**
 * Playwright on the system's Chromium. `cargo xtask test` serves the page and gives its address in
 * GROUNDMASK_URL; without it (`npx playwright test` by hand) the config starts `cargo xtask serve --checks` itself.
 */
import { defineConfig } from '@playwright/test';
import path from 'node:path';

import { OUT, TESTS } from './harness.mjs';

const PORT = 8123;
const given = process.env.GROUNDMASK_URL;

export default defineConfig({
  testDir: TESTS,
  testMatch: 'browser/*.spec.mjs',
  outputDir: path.join(OUT, 'playwright'),
  // One browser at a time: the software adapter and the CPU device each take every core there is.
  workers: 1,
  fullyParallel: false,
  // One of two hundred that meets a busy machine does not hold up a change; `cargo xtask test` names it, and it is a fault to look into.
  retries: process.env.CI ? 1 : 0,
  forbidOnly: true,
  // Noticed as a hang, not as slow: SwiftShader takes seconds a step on a busy machine.
  timeout: 900_000,
  expect: { timeout: 120_000 },
  reporter: [['line'], ['json', { outputFile: path.join(OUT, 'report.json') }]],
  use: { baseURL: given ?? `http://localhost:${PORT}/`, serviceWorkers: 'block' },
  webServer: given
    ? undefined
    : {
        command: `cargo xtask serve --checks --port ${PORT}`,
        cwd: path.join(TESTS, '..'),
        url: `http://localhost:${PORT}/`,
        reuseExistingServer: true,
        timeout: 1_800_000,
      },
});
