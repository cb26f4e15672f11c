// @ts-check
/**
 * Labelling and training as one loop in headless Chromium, by the page's own tools and the mouse: `node label.mjs <job as JSON>
 * <url>`, called by `cargo xtask label`. The truth chooses where to stroke and with which class, and judges at the end; the
 * page gets the masks of the validation images alone. One JSON line comes last on standard output.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { PNG } from 'pngjs';

import { launchBrowser, until, watch } from './harness.mjs';
import { LabelPage } from './label-page.mjs';
import { Oracle, random } from './oracle.mjs';
import * as gm from './page.mjs';

/**
 * @typedef {object} Job
 * @property {string} images
 * @property {string} truth
 * @property {string[]} val names of images, whose masks are dropped too
 * @property {number} painted images that are painted on
 * @property {number} strokes on each of them
 * @property {number} minutes of training
 * @property {'none' | 'suggest' | 'random'} more where more strokes go, once it has trained for half of the time
 * @property {number} more_strokes
 * @property {number} seed
 * @property {import('./harness.mjs').Device} device
 * @property {'swiftshader' | 'default'} adapter
 * @property {string} [out] folder for a picture of the editor
 * @property {Record<string, any>} config
 */

const [jobText = '{}', url = ''] = process.argv.slice(2);
/** @type {Job} */
const job = JSON.parse(jobText);
const staging = mkdtempSync(path.join(os.tmpdir(), 'groundmask-label-'));
/** @type {import('playwright-core').Browser | null} */
let browser = null;
let code = 0;
try {
  browser = await launchBrowser({ device: job.device, adapter: job.adapter });
  console.log(JSON.stringify(await run(browser)));
} catch (error) {
  console.error(`label: ${error instanceof Error ? error.message : error}`);
  code = 1;
} finally {
  await browser?.close().catch(() => {});
  rmSync(staging, { recursive: true, force: true });
}
process.exit(code);

/** @param {string} message */
function say(message) {
  console.error(`label: ${message}`);
}

/** @param {import('playwright-core').Browser} open */
async function run(open) {
  const context = await open.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
  const seen = await watch(context, url);
  const page = await context.newPage();
  page.on('pageerror', (error) => say(`page: ${error}`));
  await gm.openPage(page, url, job.device);
  seen.markLoaded();

  const { names, masks } = stage();
  await gm.dropForTraining(page, [path.join(staging, 'images'), ...(masks ? [path.join(staging, 'masks')] : [])]);
  const next = random(job.seed);
  const chosen = shuffled(names, next).slice(0, job.painted);

  const editor = new LabelPage(page);
  let strokes = 0;
  for (const name of chosen) {
    const oracle = oracleOf(name);
    await editor.open(name);
    for (const stroke of oracle.strokes(job.strokes, next)) {
      await editor.stroke(stroke);
      strokes += 1;
    }
  }
  say(`${strokes} strokes on ${chosen.length} images`);
  // Before there is an image to train on, no images can be held back.
  await editor.close();
  await gm.applySettings(page, 'fast', { seed: job.seed, steps: 100_000, ...(job.val.length ? { val_names: job.val } : {}), ...job.config });
  await editor.open();
  await editor.trainOrPause();
  const began = Date.now();
  const until_ = began + job.minutes * 60_000;
  const started = await until(async () => (await gm.read(page)).run, { limitMs: 300_000, what: 'the run began' });
  say(`run ${started.run_id}, ${started.parameters} parameters`);
  let added = job.more === 'none';
  let told = 0;
  for (;;) {
    const state = await gm.read(page);
    if (!state.run) throw new Error('the run is gone');
    if (state.run.end) break;
    if (Date.now() >= until_) break;
    if (Date.now() - told > 20_000) {
      told = Date.now();
      say(`step ${state.run.step}, IoU ${state.run.validations.at(-1)?.validation?.iou?.toFixed(3) ?? '-'}`);
    }
    if (!added && Date.now() - began > (job.minutes * 60_000) / 2) {
      added = true;
      strokes += await more(editor, names, next);
    }
    // Painting goes on while it trains, so that the figure of a stroke is one beside training.
    await editor.idle(500);
  }
  const figures = await editor.figures();
  if (job.out) {
    mkdirSync(job.out, { recursive: true });
    await page.screenshot({ path: path.join(job.out, 'label.png') });
  }
  await editor.close();
  await gm.goTo(page, 'train');
  if (await page.locator('#stop').isVisible()) await page.click('#stop');
  const ended = await until(async () => {
    const state = await gm.read(page);
    return state.run?.end ? state : null;
  }, { limitMs: 300_000, what: 'the run ended' });
  const end = ended.run?.end;
  if (seen.foreign.length) throw new Error(`requests left the origin: ${seen.foreign.join(', ')}`);
  const pairs = (ended.dataset?.pairs ?? []).filter(({ image_path: image }) => !isVal(image));
  const pixels = pairs.reduce((sum, { width, height }) => sum + width * height, 0);
  return {
    val_iou: end?.validation?.iou ?? null, val_f1: end?.validation?.f1 ?? null, strokes,
    labelled_share: pixels ? pairs.reduce((sum, { labelled_share: share = 0, width, height }) => sum + share * width * height, 0) / pixels : 0,
    images_labelled: pairs.length, steps: end?.steps ?? 0, stroke_p95_ms: figures.p95Ms, stroke_frames: figures.delays,
    network_median_ms: figures.renewalMedianMs, network_p95_ms: figures.renewalP95Ms, network_max_ms: figures.renewalMaxMs, network_looks: figures.renewals, threshold: end?.validation?.threshold ?? null, seed: job.seed, more: job.more,
  };
}

/** @param {string} name of an image, with or without folders */
function isVal(name) {
  return job.val.some((one) => path.parse(path.basename(name)).name === path.parse(path.basename(one)).name);
}

/** Copies images, and the masks of validation images alone, where the page finds them as pairs. */
function stage() {
  const truths = new Map(readdirSync(job.truth).map((file) => [path.parse(file).name, file]));
  mkdirSync(path.join(staging, 'images'), { recursive: true });
  mkdirSync(path.join(staging, 'masks'), { recursive: true });
  const names = [];
  let masks = 0;
  for (const file of readdirSync(job.images).sort()) {
    const truth = truths.get(path.parse(file).name);
    if (!truth) continue;
    copyFileSync(path.join(job.images, file), path.join(staging, 'images', file));
    if (isVal(file)) {
      copyFileSync(path.join(job.truth, truth), path.join(staging, 'masks', truth));
      masks += 1;
    } else names.push(file);
  }
  if (!names.length) throw new Error('no image has a truth of its name');
  return { names, masks };
}

/** What the truth of an image knows. @param {string} name */
function oracleOf(name) {
  const stem = path.parse(name).name;
  const file = readdirSync(job.truth).find((one) => path.parse(one).name === stem);
  if (!file) throw new Error(`${name} has no truth`);
  return new Oracle(PNG.sync.read(readFileSync(path.join(job.truth, file))));
}

/** @template T @param {readonly T[]} list @param {() => number} next */
function shuffled(list, next) {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i -= 1) {
    const j = Math.floor(next() * (i + 1));
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

/**
 * More strokes where the page suggests, or at places drawn by chance, two at each.
 * @param {LabelPage} editor @param {readonly string[]} names @param {() => number} next
 */
async function more(editor, names, next) {
  let done = 0;
  while (done < job.more_strokes) {
    /** @type {{ left: number, top: number, width: number, height: number } | undefined} */
    let within;
    /** @type {string} */
    let name;
    if (job.more === 'suggest') {
      const place = await editor.nextSuggestion();
      if (!place) break;
      name = path.basename(place.image);
      // Images held back are not to be trained on.
      if (isVal(name)) continue;
      within = { left: place.left, top: place.top, width: place.side_px, height: place.side_px };
    } else {
      name = names[Math.floor(next() * names.length)];
      const { width, height } = oracleOf(name);
      const side = Math.min(128, width, height);
      within = { left: Math.floor(next() * (width - side + 1)), top: Math.floor(next() * (height - side + 1)), width: side, height: side };
      await editor.open(name);
    }
    for (const stroke of oracleOf(name).strokes(Math.min(2, job.more_strokes - done), next, within)) {
      await editor.stroke(stroke);
      done += 1;
    }
  }
  say(`${done} more strokes, ${job.more}`);
  return done;
}
