// @ts-check
/**
 * The main job in three browser engines. `cargo xtask test` serves the page and gives its address in GROUNDMASK_URL; a
 * browser that is not installed is skipped by name.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';

import { freshFolder } from '../fixtures.mjs';
import { OUT } from '../harness.mjs';
import { chromium, firefox, programs, webkit } from './drivers.mjs';
import { mainJob } from './main-job.mjs';
import { startFaults } from './start-faults.mjs';

const SHOTS = path.join(OUT, 'screenshots', 'engines');
const url = process.env.GROUNDMASK_URL ?? 'http://localhost:8080/';
/** One browser at a time, and none may hang for ever. */
const LIMIT_MS = 300_000;

mkdirSync(SHOTS, { recursive: true });
const began = performance.now();
after(() => console.log(`three engines took ${((performance.now() - began) / 1000).toFixed(0)} s`));

/** @type {{ name: string, open: (wish: import('./drivers.mjs').Wish) => Promise<import('./drivers.mjs').Driver>, needs: Record<string, string | null>, device: 'cpu' | 'webgpu', locale?: string }[]} */
const ENGINES = [
  { name: 'Chromium on the CPU', open: chromium, needs: { chromium: programs.chromium() }, device: 'cpu' },
  { name: 'Firefox on the CPU', open: firefox, needs: { 'firefox-esr': programs.firefox() }, device: 'cpu' },
  { name: 'Firefox on WebGPU', open: firefox, needs: { 'firefox-esr': programs.firefox(), 'mesa-vulkan-drivers': programs.lavapipe() }, device: 'webgpu' },
  // Neither private storage nor relaxed SIMD: both ways around them are taken here for real.
  { name: 'WebKit on the CPU', open: webkit, needs: webkitParts(), device: 'cpu', locale: 'en_US.UTF-8' },
  // There `navigator.language` is "C", which is no language tag (WebKitGTK 2.50.6).
  { name: 'WebKit on the CPU under LANG=C.UTF-8', open: webkit, needs: webkitParts(), device: 'cpu', locale: 'C.UTF-8' },
];

/** Chromium's are in start.spec.mjs. @type {Pick<typeof ENGINES[number], 'name' | 'open' | 'needs'>[]} */
const STARTS = [
  { name: 'Firefox says why the page does not start', open: firefox, needs: { 'firefox-esr': programs.firefox() } },
  { name: 'WebKit says why the page does not start', open: webkit, needs: webkitParts() },
];

function webkitParts() {
  return { 'webkit2gtk-driver': programs.webkitDriver() && programs.miniBrowser(), xvfb: programs.xvfb() };
}

for (const { name, open, needs, device, locale } of ENGINES) {
  inBrowser(name, needs, { open, device, locale }, async (driver, stem) => {
    const start = performance.now();
    const line = await mainJob(driver, { url, device, shots: path.join(SHOTS, stem) });
    console.log(`${line}; ${((performance.now() - start) / 1000).toFixed(0)} s`);
  });
}

for (const { name, open, needs } of STARTS) {
  inBrowser(name, needs, { open, device: 'cpu' }, async (driver) => {
    console.log(`${driver.browser}: ${await startFaults(driver, url)} failures of the start, each said`);
  });
}

/**
 * @param {string} name
 * @param {Record<string, string | null>} needs
 * @param {{ open: (wish: import('./drivers.mjs').Wish) => Promise<import('./drivers.mjs').Driver>, device: 'cpu' | 'webgpu', locale?: string }} how
 * @param {(driver: import('./drivers.mjs').Driver, stem: string) => Promise<void>} work
 */
function inBrowser(name, needs, { open, device, locale }, work) {
  const missing = Object.keys(needs).filter((part) => !needs[part]);
  test(name, { skip: missing.length ? `not installed: ${missing.join(', ')}` : false, timeout: LIMIT_MS }, async () => {
    const stem = name.toLowerCase().replace(/\W+/g, '-');
    const driver = await open({ device, locale, downloads: freshFolder(`downloads-${stem}`) });
    try {
      await work(driver, stem);
    } catch (error) {
      await driver.screenshot(path.join(SHOTS, `${stem}-failed.png`)).catch(() => {});
      throw error;
    } finally {
      await driver.close();
    }
  });
}
