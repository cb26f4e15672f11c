// @ts-check
/**
 * From a GeoTIFF to map layers, and models out and in: through the page's controls, in a real browser.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inflateSync } from 'node:zlib';

import { expect, test } from '@playwright/test';
import { PNG } from 'pngjs';

import { freshFolder, pairFolder, scene } from './fixtures.mjs';
import { geoTiff, tilesOf } from './geotiff.mjs';
import { OUT, dropPaths, launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';
import { shapefile } from './shapefile.mjs';
import { unzip, zip } from './zip.mjs';

const SHOTS = path.join(OUT, 'screenshots');
const SMALL = { architecture: 'unet_norm', base: 4, depth: 2, tile_px: 32, batch: 2, lr: 0.003, val_share: 0.34, seed: 7, channels: 'rgb', steps: 25 };
/** UTM zone 33 north; the scene is 60 m by 45 m. */
const PLACE = { epsg: 32633, x: 500_000, y: 5_400_000, pixel: 0.5 };
const SIZE = { width: 120, height: 90 };

/** A scene's picture without alpha. @param {number} seed */
function rgb(seed) {
  const png = PNG.sync.read(scene(seed, SIZE).image);
  return { ...SIZE, data: Uint8Array.from({ length: SIZE.width * SIZE.height * 3 }, (_, i) => png.data[Math.floor(i / 3) * 4 + (i % 3)]) };
}

/** In the page: `window.blobs` is how many were made. */
function countBlobs() {
  const scope = /** @type {any} */ (window);
  scope.blobs = 0;
  scope.Blob = class extends Blob {
    /** @param {...any} parts */
    constructor(...parts) {
      super(...parts);
      scope.blobs += 1;
    }
  };
}

test.describe('map layers and foreign models', () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  test.beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    browser = await launchBrowser({ device: 'cpu' });
  });
  test.afterAll(() => browser.close());

  test('a placed image becomes layers, and the model goes out and comes back', async ({ baseURL }) => {
    const page = await (await browser.newContext({ viewport: { width: 1440, height: 1000 }, acceptDownloads: true })).newPage();
    await page.addInitScript(countBlobs);
    await gm.openPage(page, String(baseURL), 'cpu');
    await gm.dropForTraining(page, [pairFolder('layers', 4, { width: 72, height: 60 })]);
    await gm.applySettings(page, undefined, SMALL);
    await gm.train(page, { limitMs: 240_000 });

    const folder = freshFolder('placed');
    writeFileSync(path.join(folder, 'field.tif'), geoTiff(rgb(5), PLACE));
    writeFileSync(path.join(folder, 'town.png'), scene(6, SIZE).image);
    writeFileSync(path.join(folder, 'town.pgw'), '0.5\n0\n0\n-0.5\n500000.25\n5399999.75\n');
    writeFileSync(path.join(folder, 'town.prj'), 'PROJCS["WGS_1984_UTM_Zone_33N"]');
    const dropped = await gm.dropForPrediction(page, [folder], 2);
    const geo = dropped.inputs.map((input) => input.geo);
    expect(geo.map((one) => one?.epsg)).toEqual([32633, 32633]);
    expect(geo[0]?.pixel_m?.[0]).toBeCloseTo(0.5, 2);
    await expect(page.locator('#inputs-geo')).toHaveText(/UTM zone 33N, 50 cm a pixel, 60 m × 45 m/);
    await gm.predict(page, { count: 2, validation: false, limitMs: 120_000 });
    await page.fill('#threshold', '0.5');
    await page.screenshot({ path: path.join(SHOTS, 'layers.png'), fullPage: true });
    await page.setViewportSize({ width: 320, height: 800 });
    await page.screenshot({ path: path.join(SHOTS, 'layers-320.png'), fullPage: true });
    await page.setViewportSize({ width: 1440, height: 1000 });

    await page.selectOption('#zip-kind', 'map');
    const layers = unzip((await gm.download(page, '#download-zip')).bytes);
    expect([...layers.keys()].sort()).toEqual([
      'classes/field_classes.tif', 'classes/town_classes.tif', 'outlines/field.geojson', 'outlines/town.geojson',
      'probabilities/field_probability.tif', 'probabilities/town_probability.tif',
    ]);
    const outlines = JSON.parse(String(layers.get('outlines/field.geojson')));
    expect(outlines.coordinates_are).toBeUndefined();
    for (const feature of outlines.features) {
      for (const [longitude, latitude] of feature.geometry.coordinates.flat()) {
        expect(longitude).toBeGreaterThanOrEqual(14.9999);
        expect(longitude).toBeLessThan(15.001);
        expect(latitude).toBeGreaterThan(48.75);
        expect(latitude).toBeLessThan(48.753);
      }
    }
    // Outlines as asked: in square metres, with fewer corners.
    await page.selectOption('#zip-kind', 'geojson');
    await page.click('#outline-summary');
    const drawn = async () => {
      const features = JSON.parse(String(unzip((await gm.download(page, '#download-zip')).bytes).get('field.geojson'))).features;
      return { areas: features.map((/** @type {any} */ f) => f.properties.area_m2), corners: features.flatMap((/** @type {any} */ f) => f.geometry.coordinates.flat()).length };
    };
    // On a map lines are simplified unless somebody says otherwise.
    await expect(page.locator('#outline-simplify')).toHaveValue('1.5');
    await page.fill('#outline-smallest', '0');
    await page.fill('#outline-simplify', '0');
    const all = await drawn();
    await expect(page.locator('#outline-summary')).toHaveText('Outlines: all areas, lines along the pixels');
    await page.fill('#outline-simplify', '1,5');
    const simple = await drawn();
    expect(simple.corners).toBeLessThan(all.corners);
    await page.fill('#outline-smallest', '20');
    await page.selectOption('#outline-unit', 'm2');
    await expect(page.locator('#outline-summary')).toHaveText('Outlines: areas from 20 m², lines within 1.5 px');
    const large = await drawn();
    expect(large.areas.length).toBe(all.areas.filter((/** @type {number} */ area) => area > 19.9).length);
    await page.fill('#outline-smallest', 'x');
    await expect(page.locator('#outline-error')).toBeVisible();
    await page.fill('#outline-smallest', '20');
    await page.locator('#results-card').screenshot({ path: path.join(SHOTS, 'outlines.png') });
    await page.selectOption('#zip-kind', 'placed_png');
    const placed = unzip((await gm.download(page, '#download-zip')).bytes);
    expect(placed.has('masks/field_mask.pgw') && placed.has('masks/town_mask.png.aux.xml')).toBe(true);
    const table = String((await gm.download(page, '#download-table')).bytes).trim().split('\n');
    expect(table).toHaveLength(3);
    expect(table[1]).toMatch(/^field,120,90,0\.500,foreground,\d+,0\.\d+,[\d.]+,0\.\d+,10800,EPSG:32633,,,$/);

    const models = path.join(folder, '../models');
    mkdirSync(models, { recursive: true });
    await page.fill('#model-name', 'groundmask-model');
    for (const [format, name] of [['onnx', 'groundmask-model.onnx'], ['onnx_qgis', 'groundmask-model-qgis.onnx'], ['keras', 'groundmask-model.h5'], ['keras_npz', 'groundmask-model.npz'], ['safetensors', 'groundmask-model.safetensors']]) {
      await page.selectOption('#model-format', format);
      const made = await gm.download(page, '#save-model');
      expect(made.name).toBe(name);
      writeFileSync(path.join(models, name), made.bytes);
    }
    // The same weights come back from Keras's format and predict at once.
    await page.setInputFiles('#pick-model', path.join(models, 'groundmask-model.h5'));
    const back = await until(async () => {
      const now = await gm.read(page);
      return now.model?.name === 'groundmask-model.h5' ? now : null;
    }, { limitMs: 60_000, what: 'the Keras weights are the model' });
    expect(back.model).toMatchObject({ base: 4, depth: 2, architecture: 'unet_norm', channels: 'rgb' });
    await gm.predict(page, { count: 2, validation: false, limitMs: 120_000 });
    await page.fill('#threshold', '0.5');
    await page.selectOption('#zip-kind', 'map');
    const again = unzip((await gm.download(page, '#download-zip')).bytes);
    expect(again.get('classes/field_classes.tif')?.equals(/** @type {Buffer} */ (layers.get('classes/field_classes.tif')))).toBe(true);

    // A file of several megabytes comes in pieces; its tiles lie where its directory says.
    const wide = freshFolder('wide');
    writeFileSync(path.join(wide, 'county.png'), scene(8, { width: 1100, height: 1000 }).image);
    await page.click('#clear-predict');
    await gm.dropForPrediction(page, [wide], 1);
    await gm.predict(page, { count: 1, validation: false, limitMs: 240_000 });
    await page.selectOption('#zip-kind', 'probability_tif');
    const blobs = () => page.evaluate(() => /** @type {any} */ (window).blobs);
    const before = await blobs();
    const tif = /** @type {Buffer} */ (unzip((await gm.download(page, '#download-zip')).bytes).get('county_probability.tif'));
    expect(tif.length).toBeGreaterThan(2 << 20);
    const tiles = tilesOf(tif);
    expect(tiles).toHaveLength(5 * 4);
    expect(new Set(tiles.map((tile) => inflateSync(tile).length))).toEqual(new Set([256 * 256 * 4]));
    expect(await blobs() - before).toBeGreaterThan(2);
  });

  test('GeoJSON beside a placed image becomes its mask', async ({ baseURL }) => {
    const page = await (await browser.newContext({ viewport: { width: 1200, height: 900 } })).newPage();
    await gm.openPage(page, String(baseURL), 'cpu');
    const folder = freshFolder('vector');
    writeFileSync(path.join(folder, 'field.tif'), geoTiff(rgb(5), PLACE));
    const ring = [[15, 48.753], [15.0004, 48.753], [15.0004, 48.75], [15, 48.75], [15, 48.753]];
    const feature = { type: 'Feature', properties: { building: 'yes' }, geometry: { type: 'Polygon', coordinates: [ring] } };
    writeFileSync(path.join(folder, 'buildings.geojson'), JSON.stringify({ type: 'FeatureCollection', features: [feature] }));
    const state = await gm.dropForTraining(page, [folder]);
    expect(gm.usablePairs(state)).toHaveLength(1);
    // 0.0004 degrees are 29.4 of 60 metres.
    expect(state.dataset?.pairs[0].foreground_share).toBeCloseTo(29.4 / 60, 1);
    await page.screenshot({ path: path.join(SHOTS, 'vector-mask.png') });
    writeFileSync(path.join(folder, 'far.geojson'), JSON.stringify({ ...feature, geometry: { type: 'Polygon', coordinates: [ring.map(([x, y]) => [x + 9, y])] } }));
    await dropPaths(page, [path.join(folder, 'far.geojson')]);
    const after = await until(async () => {
      const now = await gm.read(page);
      return now.faults.some(({ code }) => code === 'vector_mask') ? now : null;
    }, { limitMs: 30_000, what: 'the far polygons were refused' });
    expect(gm.usablePairs(after)).toHaveLength(1);
  });

  test('a zipped Shapefile beside a placed image becomes its mask, its attribute the class', async ({ baseURL }) => {
    const page = await (await browser.newContext({ viewport: { width: 1200, height: 900 } })).newPage();
    await gm.openPage(page, String(baseURL), 'cpu');
    const folder = freshFolder('shapefile');
    writeFileSync(path.join(folder, 'field.tif'), geoTiff(rgb(5), PLACE));
    const { x, y } = PLACE;
    /** Clockwise. @param {number} from @param {number} to @returns {[number, number][]} */
    const strip = (from, to) => [[x + from, y], [x + to, y], [x + to, y - 45], [x + from, y - 45], [x + from, y]];
    const { shp, dbf } = shapefile([{ ring: strip(0, 15), class: 1 }, { ring: strip(30, 60), class: 2 }]);
    writeFileSync(path.join(folder, 'use.zip'), zip({ 'land/use.shp': shp, 'land/use.dbf': dbf, 'land/use.prj': 'PROJCS["WGS_1984_UTM_Zone_33N"]' }));
    const state = await gm.dropForTraining(page, [folder]);
    expect(state.dataset?.faults).toEqual([]);
    expect(gm.usablePairs(state)).toHaveLength(1);
    await page.screenshot({ path: path.join(SHOTS, 'shapefile-mask.png') });
    const { detected } = /** @type {{ detected: { share: number }[] }} */ (/** @type {any} */ (state.dataset));
    expect(detected.map(({ share }) => share).sort()).toEqual([0.25, 0.25, 0.5].map((share) => expect.closeTo(share, 2)));
  });

  test('bands of a file with more than three can be chosen', async ({ baseURL }) => {
    const page = await (await browser.newContext({ viewport: { width: 1200, height: 900 } })).newPage();
    await gm.openPage(page, String(baseURL), 'cpu');
    const folder = freshFolder('bands');
    const bands = 5;
    // Band b is brightest at its own columns.
    const data = Uint8Array.from({ length: SIZE.width * SIZE.height * bands }, (_, i) => (Math.floor(i / bands) % SIZE.width) % bands === i % bands ? 250 : 20 * (i % bands));
    writeFileSync(path.join(folder, 'many.tif'), geoTiff({ ...SIZE, data, bands }, PLACE));
    await gm.dropForPrediction(page, [folder], 1);
    await expect(page.locator('#bands-predict-help')).toHaveText(/of 5 bands/);
    const look = () => page.locator('#inputs canvas').first().evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
    await until(async () => (await look()).length > 500, { limitMs: 20_000, what: 'the thumbnail was painted' });
    const before = await look();
    await page.fill('#bands-predict', '9');
    await page.keyboard.press('Tab');
    await expect(page.locator('#bands-predict-help')).toHaveText(/each from 1 to 5/);
    await page.fill('#bands-predict', '5, 4, 2');
    await page.keyboard.press('Tab');
    await until(async () => (await look()) !== before && !(await gm.read(page)).reading, { limitMs: 20_000, what: 'the other bands are shown' });
    await expect(page.locator('#bands-predict')).toHaveValue('5, 4, 2');
    await page.screenshot({ path: path.join(SHOTS, 'bands.png') });
  });

  test('damaged and unsupported files are named, and the rest goes on', async ({ baseURL }) => {
    const page = await (await browser.newContext()).newPage();
    await gm.openPage(page, String(baseURL), 'cpu');
    const folder = freshFolder('layers-faults');
    const good = geoTiff(rgb(5), PLACE);
    const zstd = Buffer.from(good);
    // The fourth tag is the compression.
    zstd.writeUInt16LE(50002, 10 + 12 * 3 + 8);
    const strips = Buffer.from(good);
    strips.writeUInt32LE(2 ** 31, 10 + 12 * 5 + 4);
    writeFileSync(path.join(folder, 'good.tif'), good);
    writeFileSync(path.join(folder, 'cut.tif'), good.subarray(0, good.length - 100));
    writeFileSync(path.join(folder, 'jxl.tif'), zstd);
    writeFileSync(path.join(folder, 'strips.tif'), strips);
    await gm.goTo(page, 'predict');
    await dropPaths(page, [folder], '#predict-drop');
    const state = await until(async () => {
      const now = await gm.read(page);
      return now.inputs.length === 1 && !now.reading ? now : null;
    }, { limitMs: 30_000, what: 'the good file was read' });
    const said = Object.fromEntries(state.faults.map(({ file, code, detail }) => [path.basename(String(file)), `${code} ${detail}`]));
    expect(said['cut.tif']).toMatch(/^corrupt .*ends early/);
    expect(said['jxl.tif']).toMatch(/^unsupported_format compression 50002 \(JPEG XL\)/);
    expect(said['strips.tif']).toMatch(/^corrupt tag 273 claims 2147483648 values/);
    for (const [name, bytes] of [['cut.h5', Buffer.from('\x89HDF\r\n\x1a\nnothing', 'latin1')], ['pickle.h5', Buffer.from('PK\x03\x04')]]) {
      writeFileSync(path.join(folder, String(name)), bytes);
      await page.setInputFiles('#pick-model', path.join(folder, String(name)));
      await until(async () => (await gm.read(page)).faults.some(({ file }) => file === name), { limitMs: 20_000, what: `${name} was refused` });
    }
    expect((await gm.read(page)).model).toBeNull();
  });
});
