// @ts-check
/**
 * The whole job in headless Chromium, through the page's own controls: `node demo.mjs <job as JSON> <url>`,
 * called by `cargo xtask demo`. Progress goes to standard error; one JSON line comes last on standard output.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { filesBelow, launchBrowser, watch } from './harness.mjs';
import * as gm from './page.mjs';
import { unzip } from './zip.mjs';

/**
 * @typedef {object} Job
 * @property {import('./harness.mjs').Device} device
 * @property {'swiftshader' | 'default'} adapter
 * @property {string} [images]
 * @property {string} [masks]
 * @property {string} [test]
 * @property {string} [out]
 * @property {string} [save]
 * @property {string} [preset]
 * @property {Record<string, any>} config settings that differ from the preset's
 */

/** A run may take hours on a slow device; silence for this long is a hang. */
const STEP_LIMIT_MS = 15 * 60_000;
const RUN_LIMIT_MS = 24 * 3600_000;

const [jobText = '{}', url = ''] = process.argv.slice(2);
/** @type {Job} */
const job = JSON.parse(jobText);
const staging = mkdtempSync(path.join(os.tmpdir(), 'groundmask-demo-'));
/** @type {import('playwright-core').Browser | null} */
let browser = null;
let code = 0;
try {
  browser = await launchBrowser({ device: job.device, adapter: job.adapter });
  const line = await run(browser);
  console.log(JSON.stringify(line));
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : error}`);
  code = 1;
} finally {
  await browser?.close().catch(() => {});
  rmSync(staging, { recursive: true, force: true });
}
process.exit(code);

/** @param {import('playwright-core').Browser} open */
async function run(open) {
  const context = await open.newContext({ viewport: { width: 1440, height: 1000 }, acceptDownloads: true });
  const seen = await watch(context, url);
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') say(`page ${message.type()}: ${message.text()}`);
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => say(`page: ${error}`));
  page.on('crash', () => say('the page crashed'));

  const device = await gm.openPage(page, url, job.device);
  say(`device ${device.kind}, ${device.adapter}, self-test error ${device.self_test_error}`);
  seen.markLoaded();

  await load(page);
  await gm.applySettings(page, job.preset, job.config);
  const trained = await train(page);
  await shoot(page, 'training.png');

  const validation = trained.run.validation_pairs.length;
  const inputs = await dropTests(page);
  const count = validation + inputs;
  /** @type {string[]} */
  let files = [];
  if (count > 0) {
    const limitMs = STEP_LIMIT_MS + count * 120_000;
    const predicted = await gm.predict(page, { count, validation: validation > 0, limitMs });
    say(`predicted ${predicted.results.length} images`);
    await shoot(page, 'predictions.png');
    files = await takeMasks(page, predicted);
  } else {
    say('nothing to predict: no validation images and no --test');
  }
  if (job.save) {
    // Its button stands there, and nothing else may have brought the page to it.
    await gm.goTo(page, 'predict');
    const model = await gm.download(page, '#save-model');
    write(job.save, model.bytes);
    files.push(job.save);
  }
  if (seen.foreign.length) throw new Error(`requests left the origin: ${seen.foreign.join(', ')}`);
  const sent = seen.sentTo();
  if (sent.length > 0) say(`requests after the page was up: ${sent.join(', ')}`);
  return report(trained, device, await seen.bytesSent(), files);
}

/** @param {import('playwright-core').Page} page */
async function load(page) {
  if (!job.images || !job.masks) {
    const state = await gm.loadSampleScenes(page);
    say(`${gm.usablePairs(state).length} sample scenes`);
    return;
  }
  const state = await gm.dropForTraining(page, stage(job.images, job.masks));
  const usable = gm.usablePairs(state);
  const { pairs, faults } = state.dataset ?? { pairs: [], faults: [] };
  say(`pairs: ${usable.length} in use, ${pairs.length - usable.length} blocked; files in no pair: ${faults.length}`);
  for (const fault of faults) say(`  ${fault.file}: ${fault.code} ${fault.detail ?? ''}`);
  if (!usable.length) throw new Error('no usable pair in --images and --masks');
}

/**
 * Folders to drop: copies named images/ and masks/, because a drop carries the folders' own names and the page
 * pairs by them; one folder that holds both is dropped as it is. A file is taken with those that go with it.
 * @param {string} images
 * @param {string} masks
 */
function stage(images, masks) {
  if (images === masks) return [images];
  const folders = [];
  for (const [from, name] of [[images, 'images'], [masks, 'masks']]) {
    const to = path.join(staging, name);
    const folder = statSync(from).isDirectory() ? from : path.dirname(from);
    for (const file of folder === from ? filesBelow(from) : withCompanions(from)) {
      const target = path.join(to, path.relative(folder, file));
      mkdirSync(path.dirname(target), { recursive: true });
      copyFileSync(file, target);
    }
    folders.push(to);
  }
  return folders;
}

/** A file and those of its name: the parts of a Shapefile, a world file, `.aux.xml`. @param {string} file */
function withCompanions(file) {
  const stem = `${path.basename(file, path.extname(file))}.`;
  const ofImages = /\.(png|jpe?g|webp|tiff?|bmp|gif|geojson|json|zip)$/i;
  return readdirSync(path.dirname(file)).map((name) => path.join(path.dirname(file), name))
    .filter((other) => other === file || (path.basename(other).startsWith(stem) && !ofImages.test(other) && statSync(other).isFile()));
}

/** @param {import('playwright-core').Page} page */
async function train(page) {
  let lastSaid = 0;
  let lastSeen = -1;
  let heard = Date.now();
  const state = await gm.train(page, {
    limitMs: RUN_LIMIT_MS,
    onProgress({ run }) {
      const step = run?.last?.step ?? 0;
      if (run?.last && (step >= lastSaid + Math.max(1, Math.floor(run.steps_total / 40)) || run.end)) {
        const { loss, ms_per_step } = run.last;
        const iou = run.validations.at(-1)?.validation?.iou;
        say(`step ${step} of ${run.steps_total}, loss ${loss.toFixed(4)}, ${ms_per_step.toFixed(0)} ms a step${iou == null ? '' : `, val IoU ${iou.toFixed(3)}`}`);
        lastSaid = step;
      }
      if (step !== lastSeen) heard = Date.now();
      lastSeen = step;
      if (Date.now() - heard > STEP_LIMIT_MS) throw new Error(`no step for ${STEP_LIMIT_MS / 60_000} minutes after step ${step}`);
    },
  });
  const { run } = state;
  if (!run?.end) throw new Error('the run has no end');
  if (!['finished', 'early_stopped'].includes(run.end.reason)) throw new Error(`the run ended early: ${run.end.reason} ${JSON.stringify(state.faults)}`);
  return { ...state, run: { ...run, end: run.end } };
}
/** @param {import('playwright-core').Page} page @returns {Promise<number>} how many images were accepted */
async function dropTests(page) {
  if (!job.test) return 0;
  const offered = filesBelow(job.test);
  const state = await gm.dropForPrediction(page, [job.test], 1);
  say(`${state.inputs.length} images of --test (${offered.length} files)`);
  return state.inputs.length;
}

/**
 * Downloads all masks as the page's zip and writes them to --out.
 * @param {import('playwright-core').Page} page
 * @param {gm.Summary} predicted
 */
async function takeMasks(page, predicted) {
  // Of images with a place the page would begin with their outlines.
  await page.selectOption('#zip-kind', 'mask_png');
  const archive = await gm.download(page, '#download-zip');
  const masks = unzip(archive.bytes);
  if (masks.size < predicted.results.length) {
    throw new Error(`${archive.name} holds ${masks.size} files for ${predicted.results.length} results`);
  }
  const files = [];
  for (const [name, bytes] of masks) {
    const size = pngSize(bytes, name);
    if (!predicted.results.some((result) => result.width === size.width && result.height === size.height)) {
      throw new Error(`${name} is ${size.width}x${size.height}, the size of no image`);
    }
    if (!job.out) continue;
    // The zip's own folders are kept; nothing may climb out of --out.
    const file = path.join(job.out, ...name.split('/').filter((part) => part && part !== '..'));
    write(file, bytes);
    files.push(file);
  }
  return files;
}

/** @param {Buffer} bytes @param {string} name */
function pngSize(bytes, name) {
  if (bytes.length < 24 || bytes.readUInt32BE(0) !== 0x89504e47) throw new Error(`${name} is no PNG`);
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** @param {import('playwright-core').Page} page @param {string} name */
async function shoot(page, name) {
  if (!job.out) return;
  mkdirSync(job.out, { recursive: true });
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: path.join(job.out, name) });
}

/** @param {string} file @param {Buffer} bytes */
function write(file, bytes) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}

/**
 * @param {Awaited<ReturnType<typeof train>>} trained
 * @param {NonNullable<gm.Summary['device']>} device
 * @param {number} bytesSent
 * @param {string[]} files
 */
function report({ run }, device, bytesSent, files) {
  const { end } = run;
  return {
    device: device.kind,
    adapter: device.adapter,
    parameters: run.parameters,
    steps: end.steps,
    epochs: end.epochs,
    loss_first: end.loss_first,
    loss_last: end.loss_last,
    val_iou: end.validation?.iou ?? null,
    threshold: (end.validation ?? end.training)?.threshold ?? null,
    val_f1: end.validation?.f1 ?? null,
    val_accuracy: end.validation?.accuracy ?? null,
    ms_per_step: end.ms_per_step,
    bytes_sent: bytesSent,
    files,
    val_class_iou: end.validation?.class_iou ?? null,
    train_accuracy: end.training?.accuracy ?? null,
  };
}

/** @param {string} message */
function say(message) {
  console.error(`demo: ${message}`);
}
