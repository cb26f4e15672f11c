// @ts-check
/**
 * The main job as every engine does it: sample scenes, training, prediction, and a mask that the browser itself saves to
 * a folder. Every action is a click on the page; `window.groundmask` is only read.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { PNG } from 'pngjs';

import { until } from '../harness.mjs';
import { arrived } from './drivers.mjs';

/** The smallest network with every layer, by the page's own address; the seed makes the loss fall in so few steps. */
const STEPS = 24;
const SETTINGS = `preset=fast&architecture=unet_norm&base=4&depth=2&tile_px=32&batch=2&lr=0.003&val_share=0.3&seed=7&steps=${STEPS}`;
/** How long what needs work may take on a busy machine; a hang is noticed by it, nothing waits for it. */
const LIMIT_MS = 180_000;

/** @typedef {import('./drivers.mjs').Driver} Driver */
/** @typedef {import('../page.mjs').Summary} Summary */

/** What the engine is and has: which of the page's ways were taken. */
const PROBE = `({
  storage: groundmask.state().checkpoint.storage,
  webgpu: 'gpu' in navigator,
  relaxedSimd: groundmask.state().fused,
  // As the browser gives it, before the page puts a language tag in the place of what is none.
  language: Object.getOwnPropertyDescriptor(Navigator.prototype, 'language').get.call(navigator),
})`;

/**
 * @param {Driver} driver
 * @param {{ url: string, device: 'cpu' | 'webgpu', shots: string }} job `shots` begins the names of the pictures taken
 * @returns {Promise<string>} what it was done with, in one line
 */
export async function mainJob(driver, { url, device, shots }) {
  /** @returns {Promise<Summary>} */
  const read = async () => JSON.parse(await driver.evaluate('JSON.stringify(groundmask.state())'));
  /**
   * @param {string} what
   * @param {(state: Summary) => unknown} happened
   */
  const wait = (what, happened) =>
    until(
      async () => {
        const state = await read();
        assert.notEqual(state.engine, 'failed', JSON.stringify(state.error));
        assert.notEqual(state.engine, 'dead', JSON.stringify(state.error));
        return happened(state) ? state : null;
      },
      { limitMs: LIMIT_MS, what, everyMs: 150 },
    );
  /** @param {string} css */
  const isSeen = (css) => until(() => driver.evaluate(`!!document.querySelector(${JSON.stringify(css)})?.checkVisibility()`), { limitMs: LIMIT_MS, what: `${css} is seen` });
  /** @param {string} css */
  const press = async (css) => {
    // What has just appeared takes no press yet, and these drivers do not wait for that.
    await until(() => driver.evaluate(`(one => !!one?.checkVisibility() && one.ariaDisabled !== 'true')(document.querySelector(${JSON.stringify(css)}))`), { limitMs: LIMIT_MS, what: `${css} can be pressed` });
    await driver.click(css);
  };

  await driver.goto(`${url}#${SETTINGS}`);
  await until(() => driver.evaluate("typeof groundmask !== 'undefined'"), { limitMs: LIMIT_MS, what: 'the page is up' });
  const { device: usual } = await wait('a device came up', ({ device: up }) => up);
  await press('#badge-device');
  await press(`label:has(#device-${device})`);
  const { device: info } = await wait(`the page runs on ${device}`, ({ device: up }) => up?.kind === device);
  await press('#device-close');
  // The storage is opened beside the device, and may take longer.
  await until(() => driver.evaluate("groundmask.state().checkpoint.storage !== 'unknown'"), { limitMs: LIMIT_MS, what: 'the storage was opened, or is none' });
  const found = await driver.evaluate(PROBE);

  await press('#sample');
  const { dataset } = await wait('the sample scenes were made', (state) => state.dataset?.pairs.length);
  assert.deepEqual(dataset?.faults, []);
  await press('#to-train');
  await wait('the settings of the address were checked', ({ config }) => config?.config.steps === STEPS && config.config.base === 4);
  await press('#start');
  const { run } = await wait('the run ended', (state) => state.run?.end);
  const end = run?.end;
  assert.equal(end?.reason, 'finished');
  assert.equal(end.steps, STEPS);
  assert.ok(run?.losses.length);
  for (const [step, loss] of run.losses) assert.ok(Number.isFinite(loss), `the loss at step ${step} is ${loss}`);
  assert.ok(Number(end.loss_last) < Number(end.loss_first), `the loss went from ${end.loss_first} to ${end.loss_last}`);
  // Saved in the browser where there is a place for it, else held by the page.
  await until(() => driver.evaluate('groundmask.state().checkpoint.last?.where').then((where) => where === (found.storage === 'disk' ? 'disk' : 'page')), { limitMs: LIMIT_MS, what: `the run is kept, with the storage ${found.storage}` });
  // The chart is drawn by another's code, which not every engine has run before.
  assert.ok(await driver.evaluate("document.querySelector('#chart canvas')?.width > 0"), 'the chart is there');

  await driver.screenshot(`${shots}-trained.png`);

  await press('#to-predict');
  await press('#predict');
  const { results, predicting } = await wait('masks were predicted', (state) => state.results.length && !state.predicting);
  assert.equal(predicting, null);
  assert.equal(results.length, run.validation_pairs.length);
  const [first] = results;
  const pair = dataset?.pairs[Number(first.pair)];
  assert.deepEqual([first.width, first.height], [pair?.width, pair?.height]);
  // The picture of it is painted, and shows more than one colour.
  await until(() => driver.evaluate(COLOURS), { limitMs: LIMIT_MS, what: 'a prediction is painted' });
  await press('#results .picture');
  await isSeen('#stage-canvas');
  await driver.screenshot(`${shots}-viewer.png`);
  await press('#viewer-mask');
  const name = await until(() => arrived(driver.downloads)[0], { limitMs: LIMIT_MS, what: 'the mask was saved' });
  assert.match(name, /\.png$/);
  const mask = await until(() => decoded(path.join(driver.downloads, name)), { limitMs: LIMIT_MS, what: 'the mask is whole' });
  assert.deepEqual([mask.width, mask.height], [first.width, first.height]);
  assert.ok(mask.data.every((value, at) => at % 4 === 3 || value === 0 || value === 255), '0 or 255 and nothing between');
  await press('#viewer-close');
  const last = await read();
  // Where there is no private storage the page says so, and nothing else went wrong anywhere.
  if (found.storage === 'none') assert.match(String(last.error?.sentence), /offers no private storage/);
  else assert.equal(last.error, null);
  assert.deepEqual(last.faults, []);
  assert.equal(last.bytesSent, 0);
  await driver.screenshot(`${shots}.png`);
  return `${driver.browser}, ${device} (${info?.adapter}), ${found.relaxedSimd ? 'relaxed' : 'plain'} SIMD, storage ${found.storage}, ${found.webgpu ? 'has' : 'no'} WebGPU, language ${found.language}, by itself ${usual?.kind}${usual?.reason ? ` (${usual.reason})` : ''}; ${STEPS} steps, loss ${Number(end.loss_first).toFixed(3)} to ${Number(end.loss_last).toFixed(3)}, ${name} ${mask.width} x ${mask.height}`;
}

const COLOURS = `(() => {
  const canvas = document.querySelector('#results .picture canvas');
  if (!canvas || !canvas.width) return false;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 4; at < data.length; at += 4) if (data[at] !== data[0]) return true;
  return false;
})()`;

/** A file may still be on its way: then it is no PNG yet. @param {string} file */
function decoded(file) {
  try {
    return PNG.sync.read(readFileSync(file));
  } catch {
    return null;
  }
}
