// @ts-check
/**
 * One large scene as a data set: a part of it is held back and said, the run has a validation figure, and its previews are
 * crops of the places where it errs most.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@playwright/test';

import { freshFolder } from './fixtures.mjs';
import { OUT, launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';
import { village } from './village.mjs';

const SIDE = 600;

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {import('playwright-core').Page} */
let page;
/** @type {string[]} */
let files;

test.beforeAll(async ({ baseURL }) => {
  browser = await launchBrowser({ device: 'cpu' });
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await gm.openPage(page, String(baseURL), 'cpu');
  mkdirSync(path.join(OUT, 'screenshots/scene'), { recursive: true });
  const folder = freshFolder('one-scene');
  const { tiff, geojson } = village(5, { houses: 40, size: SIDE });
  files = ['camp_ortho.tif', 'osm_buildings.geojson'].map((name) => path.join(folder, name));
  writeFileSync(files[0], tiff);
  writeFileSync(files[1], geojson);
});
test.afterAll(() => browser.close());

/** @param {string} name */
const shoot = (name) => page.screenshot({ path: path.join(OUT, 'screenshots/scene', `${name}.png`), fullPage: true });

test('one scene is enough to begin with, and the part held back is said and drawn', async () => {
  await gm.dropForTraining(page, files);
  const held = await until(async () => (await gm.read(page)).config?.held_back ?? null, { limitMs: 20_000, what: 'a part is held back' });
  expect(held.share).toBeGreaterThan(0.15);
  expect(held.share).toBeLessThan(0.25);
  await expect(page.locator('#doctor > li[data-code="few_scenes"]')).toContainText('1 scene, 40 outlines, 3.2 ha: enough to begin');
  await expect(page.locator('#doctor')).not.toContainText('little else');
  await expect(page.locator('#data-held-back')).toHaveText(/^A (strip|block) (in the (west|east|north|south|(north|south)(west|east))|from (north to south|west to east)), \d+\s% of the scene, is held back for validation: hatched in the picture\.$/);
  // The hatching changes the picture, in the strip and nowhere else.
  const marked = () => page.locator('#gallery li.pair canvas').first().evaluate((canvas) => {
    const { width, height } = /** @type {HTMLCanvasElement} */ (canvas);
    return [...(/** @type {HTMLCanvasElement} */ (canvas).getContext('2d')?.getImageData(0, 0, width, height).data ?? [])];
  });
  const on = await marked();
  await gm.applySettings(page, undefined, { val_share: 0 });
  await gm.goTo(page, 'data');
  await expect(page.locator('#data-held-back')).toBeHidden();
  const off = await until(async () => {
    const now = await marked();
    return now.some((value, i) => value !== on[i]) ? now : null;
  }, { limitMs: 20_000, what: 'the picture without hatching' });
  const side = Math.round(Math.sqrt(on.length / 4));
  const scale = side / SIDE;
  const inStrip = (/** @type {number} */ i) => {
    const [x, y] = [(i % side) / scale, Math.floor(i / side) / scale];
    const slack = 2 / scale;
    return x >= held.left - slack && x <= held.left + held.width + slack && y >= held.top - slack && y <= held.top + held.height + slack;
  };
  const changed = off.flatMap((value, i) => (value === on[i] ? [] : [Math.floor(i / 4)]));
  expect(changed.length).toBeGreaterThan(100);
  expect(changed.every(inStrip)).toBe(true);
  await gm.applySettings(page, undefined, { val_share: 0.2 });
  await gm.goTo(page, 'train');
  await expect(page.locator('#help-val_share')).toContainText('is never trained on, to measure honestly');
  await gm.goTo(page, 'data');
  await shoot('data');
});

test('its run has a validation figure, and previews are crops of the worst places', async () => {
  await gm.applySettings(page, 'fast', { base: 4, depth: 2, tile_px: 64, batch: 2, steps: 20, validate_every: 10 });
  const state = await gm.train(page, { limitMs: 120_000 });
  const { config, run } = state;
  expect(run?.validation_pairs).toEqual([0]);
  expect(run?.validations.every((/** @type {any} */ { validation }) => Number.isFinite(validation?.iou))).toBe(true);
  await expect(page.locator('#fig-iou-name')).toContainText('Validation IoU');
  await gm.goTo(page, 'train');
  const rows = page.locator('#previews .preview');
  await expect(rows.first()).toContainText(/camp\S* · \d+ × \d+ px at \d+, \d+/);
  await expect(page.locator('#preview-note')).toContainText('Not trained on');
  await expect(page.locator('#preview-note')).toContainText('where it errs most');
  await expect(page.locator('#preview-note')).toContainText('click to enlarge');
  const held = config?.held_back;
  if (!held) throw new Error('nothing is held back');
  const previews = /** @type {import('../../www/core/types.js').PreviewItem[]} */ (/** @type {unknown} */ (state.preview));
  for (const { corner = [-1, -1], width, height, validation } of previews) {
    expect(validation).toBe(true);
    expect(Math.max(width, height)).toBeLessThanOrEqual(256);
    expect(corner[0]).toBeGreaterThanOrEqual(held.left);
    expect(corner[0] + width).toBeLessThanOrEqual(held.left + held.width);
    expect(corner[1]).toBeGreaterThanOrEqual(held.top);
    expect(corner[1] + height).toBeLessThanOrEqual(held.top + held.height);
  }
  await shoot('train');
  await rows.first().locator('button.picture').first().click();
  await expect(page.locator('#viewer')).toBeVisible();
  await expect(page.locator('#viewer-facts')).toContainText(/px at \d+, \d+/);
  await page.keyboard.press('Escape');
});
