// @ts-check
/**
 * Words, names and small truths: the help, Classic under Advanced, what a model is called, what to try next, where the focus
 * goes. Through the page's controls, in a real browser, on the CPU.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from '@playwright/test';

import { freshFolder, pairFolder } from './fixtures.mjs';
import { geoTiff } from './geotiff.mjs';
import { OUT, TESTS, dropPaths, launchBrowser, until, watch } from './harness.mjs';
import * as gm from './page.mjs';
import { unzip } from './zip.mjs';

const SHOTS = path.join(OUT, 'screenshots');
const AXE = readFileSync(createRequire(path.join(TESTS, 'package.json')).resolve('axe-core/axe.min.js'), 'utf8');
const SMALL = { base: 4, depth: 2, tile_px: 32, batch: 2, lr: 0.003, seed: 7, steps: 20, validate_every: 5 };

/** @type {import('playwright-core').Browser} */
let browser;
test.beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launchBrowser({ device: 'cpu' });
});
test.afterAll(() => browser.close());

/** A page that is up. @param {string | undefined} baseURL @param {string} [hash] */
async function open(baseURL, hash = '') {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, reducedMotion: 'reduce' });
  const seen = await watch(context, String(baseURL));
  const page = await context.newPage();
  await gm.bringUp(page, `${baseURL}${hash}`);
  return { page, seen };
}

/** Serious things that axe finds. @param {import('playwright-core').Page} page */
async function axe(page) {
  if (!(await page.evaluate('typeof axe === "object"'))) await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await /** @type {any} */ (globalThis).axe.run(document, { resultTypes: ['violations'] });
    return violations.filter((/** @type {any} */ v) => v.impact === 'serious' || v.impact === 'critical').map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.target.join(' ')).join(' | ')}`);
  });
}

/** Scenes with houses, where they lie, and their outlines in one file: `osm_buildings.geojson`. @param {string} name @param {number} count */
function town(name, count) {
  const folder = freshFolder(name);
  const [side, pixel, epsg, y0] = [96, 0.3, 32636, 3_700_000];
  /** @type {object[]} */
  const features = [];
  for (let scene = 0; scene < count; scene += 1) {
    const x0 = 700_000 + scene * 100;
    const data = new Uint8Array(side * side * 3);
    for (let i = 0; i < side * side; i += 1) data.set([70 + (i % 13), 96 + (i % 7), 58 + (i % 11)], i * 3);
    for (let house = 0; house < 5; house += 1) {
      const [left, top, size] = [4 + ((house * 37 + scene * 11) % 70), 4 + ((house * 23 + scene * 29) % 70), 14];
      for (let y = top; y < top + size; y += 1) for (let x = left; x < left + size; x += 1) data.set([210, 170, 150 + (x % 9)], (y * side + x) * 3);
      const at = (/** @type {number} */ x, /** @type {number} */ y) => [x0 + x * pixel, y0 - y * pixel];
      const ring = [at(left, top), at(left + size, top), at(left + size, top + size), at(left, top + size), at(left, top)];
      features.push({ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring] } });
    }
    writeFileSync(path.join(folder, `plot_${scene + 1}.tif`), geoTiff({ width: side, height: side, data }, { epsg, x: x0, y: y0, pixel }));
  }
  const crs = { type: 'name', properties: { name: `urn:ogc:def:crs:EPSG::${epsg}` } };
  writeFileSync(path.join(folder, 'osm_buildings.geojson'), JSON.stringify({ type: 'FeatureCollection', crs, features }));
  return folder;
}

test('the words are explained, by key, by button, on a phone, and axe finds nothing', async ({ baseURL }) => {
  const { page, seen } = await open(baseURL);
  await page.keyboard.press('?');
  await expect(page.locator('#help-dialog')).toBeVisible();
  await expect(page.locator('#help-title')).toBeFocused();
  expect(await axe(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.click('#help');
  await page.click('#help-close');
  await expect(page.locator('#help')).toBeFocused();

  await gm.goTo(page, 'train');
  // The place takes the focus, a frame after it is there.
  await expect(page.locator('#train-title')).toBeFocused();
  const epoch = page.locator('#field-epochs .info');
  await epoch.focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('#help-pop')).toBeVisible();
  await expect(page.locator('#help-pop-text')).toContainText('Epoch As many steps');
  await expect(epoch).toHaveAttribute('aria-expanded', 'true');
  await expect(epoch).toBeFocused();
  expect(await axe(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(page.locator('#help-pop')).toBeHidden();
  await expect(epoch).toHaveAttribute('aria-expanded', 'false');
  // From the sentence on to all words, at this one; and back to where one was.
  await epoch.click();
  await page.click('#help-more');
  await expect(page.locator('#term-epoch')).toBeFocused();
  await expect(page.locator('#term-epoch')).toBeInViewport();
  await page.keyboard.press('Escape');
  await expect(epoch).toBeFocused();

  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme });
    await epoch.click();
    const box = await page.locator('#help-pop').boundingBox();
    expect(box && box.x >= 0 && box.x + box.width <= 390 && box.y >= 0 && box.y + box.height <= 844, `the sentence is within the window: ${JSON.stringify(box)}`).toBe(true);
    await page.screenshot({ path: path.join(SHOTS, `words-info-390-${colorScheme}.png`) });
    await page.keyboard.press('Escape');
    await page.click('#help');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.screenshot({ path: path.join(SHOTS, `words-help-390-${colorScheme}.png`) });
    await page.keyboard.press('Escape');
  }
  expect(seen.errors).toEqual([]);
});

test('Classic lies under Advanced, and its address is the one of before', async ({ baseURL }) => {
  const { page } = await open(baseURL, '#preset=seed&epochs=4&sampling=seed');
  await gm.goTo(page, 'train');
  await until(async () => (await gm.read(page)).config?.config.preset === 'seed', { limitMs: 60_000, what: 'the settings of the address' });
  await expect(page.locator('#preset-seed')).toBeChecked();
  // What is chosen is not folded away.
  await expect(page.locator('#preset-seed')).toBeVisible();
  await expect(page.locator('#preset-line')).toContainText('Classic: ');
  await expect(page.locator('#set-sampling option:checked')).toHaveText('Classic');
  expect(await page.locator('#settings').innerText()).not.toMatch(/\bSeed\b/);
  await page.locator('label:has(#preset-fast)').click();
  await until(async () => (await gm.read(page)).config?.config.preset === 'fast', { limitMs: 60_000, what: 'the preset' });
  expect(await page.evaluate(() => location.hash)).toContain('preset=fast');
});

test('from a drop to a named model: focus, class, hints, file, GeoJSON, and back in a fresh page', async ({ baseURL }) => {
  const { page, seen } = await open(baseURL);
  const folder = town('words-town', 3);
  await dropPaths(page, [folder]);
  await expect(page.locator('#to-train')).toBeFocused({ timeout: 60_000 });
  const facts = /** @type {any} */ ((await gm.read(page)).dataset);
  expect(facts.suggested_class).toBe('building');
  await page.keyboard.press('Enter');
  await expect(page.locator('#set-class_name')).toHaveAttribute('placeholder', 'building');
  await expect(page.locator('#tiles')).toBeHidden();
  await gm.applySettings(page, 'fast', { ...SMALL, val_share: 0.34 });
  await expect(page.locator('#preset-fit')).toContainText(/about|perhaps/);
  await page.focus('#start');
  await page.keyboard.press('Enter');
  await expect(page.locator('#running-title')).toBeFocused({ timeout: 60_000 });
  const ended = await until(async () => {
    const now = await gm.read(page);
    return now.run?.end ? now : null;
  }, { limitMs: 120_000, what: 'the run ended' });
  await expect(page.locator('#next-card')).toBeVisible();
  await expect(page.locator('#next-grade')).toContainText(/held back is .+ for buildings at 30 cm a pixel/);
  const hints = await page.locator('#next-list > li').evaluateAll((all) => all.map((item) => item.getAttribute('data-code')));
  expect(hints.length).toBeGreaterThan(0);
  expect(hints.length).toBeLessThanOrEqual(3);
  // A scrap of a map: 3 pictures of 5 houses.
  expect(hints).toContain('little_foreground');
  expect(await axe(page)).toEqual([]);
  await page.screenshot({ path: path.join(SHOTS, 'words-next.png'), fullPage: true });

  // The model: what it is of, in its name and in its file.
  await gm.goTo(page, 'predict');
  const about = /** @type {any} */ (ended.model)?.about ?? {};
  expect(about).toMatchObject({ class_name: 'building', train_pairs: 2, validation_pairs: 1 });
  expect(about.date).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect(about.middle.map((/** @type {number} */ degrees) => Math.round(degrees))).toEqual([35, 33]);
  await expect(page.locator('#model-name')).toHaveValue(new RegExp(`^buildings-words-town-iou\\d+-${about.date}$`));
  await expect(page.locator('#model-about')).toContainText('Finds: building');
  await page.fill('#model-name', 'houses of the camp');
  const file = await gm.download(page, '#save-model');
  expect(file.name).toBe('houses_of_the_camp.safetensors');
  await page.selectOption('#model-format', 'onnx_qgis');
  expect((await gm.download(page, '#save-model')).name).toBe('houses_of_the_camp-qgis.onnx');

  const { page: other } = await open(baseURL);
  const kept = path.join(freshFolder('words-model'), 'renamed by mail.safetensors');
  writeFileSync(kept, file.bytes);
  await other.setInputFiles('#pick-model', kept);
  await until(async () => (await gm.read(other)).model, { limitMs: 60_000, what: 'the model is loaded' });
  await expect(other.locator('#model-name')).toHaveValue('houses_of_the_camp');
  await expect(other.locator('#model-about')).toContainText('Finds: building; trained on words-town');
  await gm.dropForPrediction(other, [path.join(folder, 'plot_1.tif')], 1);
  await expect(other.locator('#inputs-geo')).toContainText('29 m × 29 m');
  await gm.predict(other, { count: 1, validation: false, limitMs: 60_000 });
  await other.selectOption('#zip-kind', 'geojson');
  const table = String((await gm.download(other, '#download-table')).bytes);
  expect(table).toContain(',building,');
  const outlines = [...unzip((await gm.download(other, '#download-zip')).bytes).values()].map(String).join();
  expect(outlines).toContain('"name":"building"');
  expect(outlines).not.toContain('foreground');

  // A click on a hint: on from these weights.
  await gm.goTo(page, 'train');
  expect(hints).toContain('still_rising');
  await page.locator('#next-list [data-code="still_rising"] button').click();
  const further = await until(async () => {
    const now = await gm.read(page);
    return now.run?.run_id !== ended.run?.run_id && now.run?.end ? now : null;
  }, { limitMs: 60_000, what: 'the run that goes on ended' });
  expect(further.run?.end?.loss_first).toBeLessThan(Number(ended.run?.end?.loss_first));
  expect(seen.errors).toEqual([]);
});

test('one pair alone is one pair in every sentence; an infrared band called transparent is asked about', async ({ baseURL }) => {
  const { page } = await open(baseURL);
  await gm.dropForTraining(page, [pairFolder('words-one', 1, { width: 64, height: 64 })]);
  await gm.applySettings(page, 'fast', { ...SMALL, steps: 6, val_share: 0 });
  /** @type {string[]} */
  const lines = [];
  await page.click('#start');
  await until(async () => {
    lines.push(String(await page.textContent('#run-line')));
    return (await gm.read(page)).run?.end;
  }, { limitMs: 60_000, what: 'the run ended', everyMs: 20 });
  lines.push(await page.locator('body').innerText());
  expect(lines.join('\n')).not.toMatch(/\b1 (pairs|images|steps|masks|files)\b|\b1 pair are\b/);

  await gm.goTo(page, 'data');
  await page.click('#clear-train');
  const folder = freshFolder('words-infrared');
  const side = 64;
  for (const kind of ['images', 'masks']) mkdirSync(path.join(folder, kind));
  const data = new Uint8Array(side * side * 4);
  const mask = new Uint8Array(side * side * 3);
  for (let i = 0; i < side * side; i += 1) {
    data.set([80, 110, 60, 40 + ((i * 7) % 150)], i * 4);
    if (i % side > 30) mask.set([255, 255, 255], i * 3);
  }
  const place = { epsg: 32636, x: 700_000, y: 3_700_000, pixel: 0.3 };
  const tiff = geoTiff({ width: side, height: side, data, bands: 4 }, place);
  // ExtraSamples says "unassociated alpha" instead of nothing.
  tiff.writeUInt16LE(2, tiff.indexOf(Buffer.from([0x52, 0x01, 0x03, 0x00])) + 8);
  writeFileSync(path.join(folder, 'images', 'a.tif'), tiff);
  writeFileSync(path.join(folder, 'masks', 'a.tif'), geoTiff({ width: side, height: side, data: mask }, place));
  await gm.dropForTraining(page, [folder]);
  await expect(page.locator('#band-question')).toBeVisible();
  await expect(page.locator('#band-question-line')).toContainText('Band 4 of a is declared transparent');
  await page.screenshot({ path: path.join(SHOTS, 'words-fourth-band.png') });
  await page.click('#band-infrared');
  await expect(page.locator('#bands-train')).toHaveValue('4, 1, 2', { timeout: 20_000 });
  await expect(page.locator('#band-question')).toBeHidden();
});

test('the demo takes a GeoTIFF and its outlines, and saves the model where nothing is predicted', async ({ baseURL }) => {
  const folder = town('words-demo', 1);
  const save = path.join(freshFolder('words-demo-model'), 'm.safetensors');
  const job = { device: 'cpu', adapter: 'swiftshader', images: path.join(folder, 'plot_1.tif'), masks: path.join(folder, 'osm_buildings.geojson'), save, preset: 'fast', config: { ...SMALL, steps: 4, val_share: 0 } };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [path.join(TESTS, 'browser/demo.mjs'), JSON.stringify(job), String(baseURL)], { timeout: 120_000 });
  expect(stderr).toContain('nothing to predict');
  expect(JSON.parse(String(stdout.trim().split('\n').at(-1))).files).toEqual([save]);
  expect(statSync(save).size).toBeGreaterThan(1000);
});
