// @ts-check
/**
 * A model at work in headless Chromium, through the page's own controls: `node model-job.mjs <job as JSON> <url>`,
 * called by `cargo xtask predict` and `cargo xtask convert`. One JSON line comes last on standard output.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { dropPaths, launchBrowser, until, watch } from './harness.mjs';
import * as gm from './page.mjs';
import { unzip } from './zip.mjs';

/**
 * @typedef {object} Job
 * @property {string} model
 * @property {string} out
 * @property {string} [image] absent: the model is only written in another format
 * @property {string} [kind] value of the page's list of results
 * @property {string} [format] value of the page's list of model formats
 * @property {number | null} threshold null: the model's own
 * @property {number | null} [simplify] lines of outlines, pixels; as the page does where absent
 * @property {boolean} [right_angles] of outlines that nearly have them
 * @property {boolean} [separate] touching objects apart
 * @property {boolean} tta
 * @property {boolean} adapt the network is adapted to the image
 * @property {boolean} own_resolution the image is not seen at the model's ground resolution
 * @property {import('./harness.mjs').Device} device
 * @property {'swiftshader' | 'default'} adapter
 */

const LIMIT_MS = 24 * 3600_000;

const [jobText = '{}', url = ''] = process.argv.slice(2);
/** @type {Job} */
const job = JSON.parse(jobText);
/** @type {import('playwright-core').Browser | null} */
let browser = null;
let code = 0;
try {
  browser = await launchBrowser({ device: job.device, adapter: job.adapter });
  console.log(JSON.stringify(await run(browser)));
} catch (error) {
  console.error(`${job.image ? 'predict' : 'convert'}: ${error instanceof Error ? error.message : error}`);
  code = 1;
} finally {
  await browser?.close().catch(() => {});
}
process.exit(code);

/** @param {import('playwright-core').Browser} open */
async function run(open) {
  const context = await open.newContext({ viewport: { width: 1440, height: 1000 }, acceptDownloads: true });
  const seen = await watch(context, url);
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(`page: ${error}`));
  await gm.openPage(page, url, job.device);
  seen.markLoaded();
  const model = await loadModel(page);
  const began = Date.now();
  const bytes = job.image ? await predict(page) : await convert(page);
  mkdirSync(path.dirname(job.out), { recursive: true });
  writeFileSync(job.out, bytes);
  if (seen.foreign.length) throw new Error(`requests left the origin: ${seen.foreign.join(', ')}`);
  return { out: job.out, bytes: bytes.length, model: { ...model }, seconds: (Date.now() - began) / 1000, bytes_sent: await seen.bytesSent() };
}

/** @param {import('playwright-core').Page} page */
async function loadModel(page) {
  await gm.goTo(page, 'predict');
  await dropPaths(page, [job.model]);
  const state = await until(
    async () => {
      const now = await gm.read(page);
      refuse(now, path.basename(job.model));
      return now.model ? now : null;
    },
    { limitMs: 300_000, what: 'the model was loaded' },
  );
  return state.model;
}

/** @param {import('playwright-core').Page} page */
async function predict(page) {
  const image = /** @type {string} */ (job.image);
  await dropPaths(page, [image, ...sidecars(image)], '#predict-drop');
  await until(
    async () => {
      const now = await gm.read(page);
      refuse(now, path.basename(image));
      return now.inputs.length && !now.reading ? now : null;
    },
    { limitMs: 600_000, what: 'the image was read' },
  );
  if (job.tta) await page.check('#tta');
  if (job.adapt) await page.check('#adapt');
  if (job.own_resolution) await page.uncheck('#match-resolution');
  await page.locator('#predict').waitFor({ state: 'visible' });
  await page.click('#predict');
  let told = Date.now();
  await until(
    async () => {
      const now = await gm.read(page);
      refuse(now, path.basename(image));
      const doing = /** @type {any} */ (now.predicting);
      if (doing?.tiles_total && Date.now() - told > 5000) {
        told = Date.now();
        console.error(`tile ${doing.tiles_done} of ${doing.tiles_total}`);
      }
      return now.results.length && !now.predicting ? now : null;
    },
    { limitMs: LIMIT_MS, what: 'the image was predicted', everyMs: 250 },
  );
  if (job.threshold !== null) await page.fill('#threshold', String(job.threshold));
  if (job.simplify != null || job.right_angles || job.separate) {
    await page.locator('#outline-options').evaluate((details) => {
      /** @type {HTMLDetailsElement} */ (details).open = true;
    });
    if (job.simplify != null) await page.fill('#outline-simplify', String(job.simplify));
    if (job.right_angles) await page.check('#outline-right-angles');
    if (job.separate) await page.check('#outline-separate');
  }
  await page.selectOption('#zip-kind', /** @type {string} */ (job.kind));
  const files = unzip((await gm.download(page, '#download-zip')).bytes);
  const [first] = files.values();
  if (!first) throw new Error('the page gave no file');
  return first;
}

/** World file, projection and the like that lie beside the image. @param {string} image */
function sidecars(image) {
  const stem = image.slice(0, image.length - path.extname(image).length);
  const endings = ['.pgw', '.pngw', '.jgw', '.jpgw', '.tfw', '.wld', '.prj'];
  return endings.map((ending) => stem + ending).filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}

/** @param {import('playwright-core').Page} page */
async function convert(page) {
  await page.selectOption('#model-format', /** @type {string} */ (job.format));
  const made = await gm.download(page, '#save-model');
  return made.bytes;
}

/** @param {gm.Summary} state @param {string} name */
function refuse(state, name) {
  const fault = state.faults.find(({ file }) => file != null && path.basename(file) === name);
  if (fault) throw new Error(`${name}: ${fault.code} ${fault.detail ?? ''}`);
  if (state.engine === 'failed' || state.engine === 'dead' || state.error) throw new Error(JSON.stringify(state.error));
}
