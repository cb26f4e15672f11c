// @ts-check
/**
 * The numeric checks inside the wasm build (`cargo xtask build --features checks`): every export named
 * `check_*` takes the device's name, runs in a worker as the engine does, and throws if a number is off.
 * An export with the suffix `_cpu` or `_webgpu` runs on that device only.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { TESTS, launchBrowser, until } from './harness.mjs';

const types = path.join(TESTS, '../target/pkg-checks/groundmask.d.ts');
const names = existsSync(types)
  ? [...readFileSync(types, 'utf8').matchAll(/^export function (check_\w+)\(/gm)].map((match) => match[1])
  : [];

test('the package with the checks was built', () => {
  expect(names, `check_* exports in ${types}; build it with: cargo xtask build --features checks`).not.toEqual([]);
});

test('no export runs the constructors of all registries again', () => {
  // Without a call of __wasm_call_ctors the linker wraps every export in one: half of a WebGPU step went there.
  expect(readFileSync(types, 'utf8')).not.toContain('command_export');
});

/** Of the random numbers, as in `src/checks/random.rs`: always the same, or what `cargo xtask test --fresh` drew. The figures say it. */
const seed = Number(BigInt(process.env.GROUNDMASK_TEST_SEED ?? 20261130) % 2n ** 32n);

/** The module with fused multiply-adds, and on the CPU also the one for browsers without. */
const cases = /** @type {const} */ ([
  ['cpu', 'groundmask_fused.wasm'],
  ['cpu', 'groundmask_bg.wasm'],
  ['webgpu', 'groundmask_fused.wasm'],
]);

for (const [device, file] of cases) {
  test.describe(`numbers on ${device}, ${file}`, () => {
    /** @type {import('playwright-core').Browser} */
    let browser;
    test.beforeAll(async () => {
      browser = await launchBrowser({ device });
    });
    test.afterAll(() => browser.close());

    const other = device === 'cpu' ? '_webgpu' : '_cpu';
    for (const name of names.filter((candidate) => !candidate.endsWith(other))) {
      test(name.replace(/^check_/, '').replaceAll('_', ' '), async ({ baseURL }) => {
        // A fresh page each: a device is brought up once in a worker's life.
        const page = await browser.newPage();
        /** @type {string[]} */
        const errors = [];
        page.on('console', (message) => {
          if (message.type() === 'error') errors.push(message.text());
        });
        await page.goto(new URL('tests/checks.html', String(baseURL)).href);
        await until(() => page.evaluate('window.ready === true'), { limitMs: 120_000, what: 'checks.html is ready' });
        const outcome = await page.evaluate(([check, where, wasm, number]) => /** @type {any} */ (window).check(check, where, wasm, number), [name, device, file, seed]);
        if (outcome.report) test.info().annotations.push({ type: 'figures', description: outcome.report });
        expect(outcome.error ?? '', errors.join('\n')).toBe('');
        await page.close();
      });
    }
  });
}
