// @ts-check
/**
 * Bad input through the real page (design rows 1, 2, 3, 6, 8): every file that is left out is named with its
 * cause, everything good is loaded.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { freshFolder, greyJpeg, pngBomb, scene } from './fixtures.mjs';
import { OUT, launchBrowser, watch } from './harness.mjs';
import * as gm from './page.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

const SIZE = { width: 48, height: 40 };

/** One bad file each, with a good partner of the same name on the other side. */
const CASES = [
  { stem: 'empty', code: 'empty_file', bytes: () => Buffer.alloc(0) },
  { stem: 'text', code: 'unknown_format', bytes: () => Buffer.from('this is a note, not a picture\n'.repeat(9)) },
  {
    stem: 'cut',
    code: 'corrupt',
    bytes: () => {
      const { image } = scene(5, { width: 96, height: 96 });
      return image.subarray(0, Math.floor(image.length / 2));
    },
  },
  { stem: 'bomb', code: 'too_many_pixels', bytes: () => pngBomb(60_000, 60_000) },
];

test('every bad file is named with its cause, and the rest loads', async ({ baseURL }) => {
  const folder = freshFolder('faults');
  mkdirSync(path.join(folder, 'images'));
  mkdirSync(path.join(folder, 'masks'));
  /** @param {string} file @param {Buffer} bytes */
  const put = (file, bytes) => writeFileSync(path.join(folder, file), bytes);
  for (const name of ['good1', 'good2']) {
    const pair = scene(name.length + name.charCodeAt(4), SIZE);
    put(`images/${name}.png`, pair.image);
    put(`masks/${name}.png`, pair.mask);
  }
  for (const { stem, bytes } of CASES) {
    put(`images/${stem}.png`, bytes());
    put(`masks/${stem}.png`, scene(3, SIZE).mask);
  }
  // The bytes decide, not the name: this one is a JPEG and must load.
  put('images/really.png', greyJpeg());
  put('masks/really.png', scene(4, { width: 16, height: 16 }).mask);
  put('images/lonely.png', scene(6, SIZE).image);
  put('images/sizes.png', scene(7, SIZE).image);
  put('masks/sizes.png', scene(7, { width: 30, height: 40 }).mask);
  // Off by one pixel is cropped with a note.
  put('images/almost.png', scene(8, SIZE).image);
  put('masks/almost.png', scene(8, { width: SIZE.width - 1, height: SIZE.height }).mask);
  // A name that would be markup if anything took it for such.
  const hostile = scene(9, SIZE);
  put('images/<img src=x onerror=alert(1)>.png', hostile.image);
  put('masks/<img src=x onerror=alert(1)>.png', hostile.mask);
  put('Thumbs.db', Buffer.from('junk'));

  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const seen = await watch(context, String(baseURL));
  const page = await context.newPage();
  await gm.openPage(page, String(baseURL), 'cpu');
  const state = await gm.dropForTraining(page, [folder]);

  const pairs = state.dataset?.pairs ?? [];
  const good = gm.usablePairs(state).map((pair) => path.basename(pair.image_path));
  expect(good.sort()).toEqual(['<img src=x onerror=alert(1)>.png', 'almost.png', 'good1.png', 'good2.png', 'really.png']);
  const almost = pairs.find((pair) => pair.image_path.endsWith('almost.png'));
  expect(almost?.notes.map((note) => note.code)).toContain('cropped');
  expect([almost?.width, almost?.height]).toEqual([SIZE.width - 1, SIZE.height]);

  const faults = [...(state.dataset?.faults ?? []), ...pairs.flatMap((pair) => pair.blocked ?? [])];
  /** @param {string} file */
  const codesOf = (file) => faults.filter((fault) => fault.file?.endsWith(file)).map((fault) => fault.code);
  for (const { stem, code } of CASES) expect(codesOf(`images/${stem}.png`), stem).toContain(code);
  expect(codesOf('images/lonely.png')).toContain('no_mask');
  expect(codesOf('masks/bomb.png')).toEqual(['partner_refused']);
  const blocked = pairs.find((pair) => pair.image_path.endsWith('sizes.png'));
  expect(blocked?.blocked?.code).toBe('size_mismatch');
  expect(faults.some((fault) => fault.file?.includes('Thumbs'))).toBe(false);

  // All of it stands on the page, in words.
  const more = page.locator('#data-faults-more');
  if (await more.isVisible()) await more.click();
  const text = await page.locator('#place-data').innerText();
  for (const { stem } of CASES) expect(text).toContain(`${stem}.png`);
  expect(text).toContain('lonely.png');
  expect(text).toContain('sizes');
  expect(text).toMatch(/3[,\u202f\u00a0 ]?600 MP/);
  // Small ones by their pixels: 0.00 MP says nothing.
  expect(text).toContain(`256 pixels and ${SIZE.width * SIZE.height} pixels`);
  expect(await page.locator('img[src="x"]').count()).toBe(0);
  mkdirSync(path.join(OUT, 'screenshots'), { recursive: true });
  await page.screenshot({ path: path.join(OUT, 'screenshots/faults.png'), fullPage: true });
  expect(seen.foreign).toEqual([]);
  expect(seen.errors).toEqual([]);
  await context.close();
});

test('settings that cannot be used are refused at their field, and nothing starts', async ({ baseURL }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await gm.openPage(page, String(baseURL), 'cpu');
  await gm.loadSampleScenes(page);
  await gm.goTo(page, 'train');
  await expect(page.locator('#start')).toBeEnabled();
  for (const [field, value, good] of [['batch', '0', '2'], ['lr', 'fast', '0.001'], ['tile_px', '33', '64'], ['base', '5', '8'], ['batch', '-4', '2']]) {
    await page.locator('#advanced').evaluate((details) => {
      /** @type {HTMLDetailsElement} */ (details).open = true;
    });
    await page.fill(`#set-${field}`, value);
    await expect(page.locator(`#err-${field}`), `${field} = ${value}`).toBeVisible();
    await expect(page.locator('#start')).toBeDisabled();
    await page.fill(`#set-${field}`, good);
    await expect(page.locator(`#err-${field}`)).toBeHidden();
    await expect(page.locator('#start')).toBeEnabled();
  }
  expect((await gm.read(page)).run).toBeNull();
  await context.close();
});

test('a model file that is none is refused and the page goes on', async ({ baseURL }) => {
  const folder = freshFolder('model');
  const file = path.join(folder, 'broken.safetensors');
  // A header length of 2^60 must not be believed.
  const bytes = Buffer.alloc(64);
  bytes.writeBigUInt64LE(2n ** 60n, 0);
  writeFileSync(file, bytes);
  const context = await browser.newContext();
  const page = await context.newPage();
  await gm.openPage(page, String(baseURL), 'cpu');
  await page.setInputFiles('#pick-model', file);
  await expect.poll(async () => (await gm.read(page)).faults.map((fault) => fault.code)).toContain('model_corrupt');
  const state = await gm.read(page);
  expect(state.model).toBeNull();
  expect(state.engine).toBe('ready');
  await context.close();
});
