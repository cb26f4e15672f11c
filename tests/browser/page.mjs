// @ts-check
/**
 * The page as a person uses it, for tests and drivers: every action goes through a control of the page;
 * `window.groundmask.state()` (www/page/test-api.js) is only read, never written.
 */
import { dropPaths, until } from './harness.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('../../www/core/types.js').Pair} Pair */
/** @typedef {import('../../www/core/types.js').PredictionResult} PredictionResult */

/**
 * What the page's hook tells, as far as the tests use it; pictures are left out of it.
 * @typedef {object} Summary
 * @property {'data' | 'train' | 'predict'} place
 * @property {'loading' | 'ready' | 'failed' | 'dead'} engine
 * @property {boolean} fused
 * @property {{ sentence: string, next: string } | null} error
 * @property {import('../../www/core/types.js').DeviceInfo | null} device
 * @property {object | null} reading
 * @property {{ pairs: Pair[], faults: import('../../www/core/types.js').Fault[] } | null} dataset
 * @property {import('../../www/core/types.js').Input[]} inputs
 * @property {import('../../www/core/types.js').ConfigReport | null} config
 * @property {Run | null} run
 * @property {object[]} preview
 * @property {import('../../www/core/types.js').ModelInfo | null} model
 * @property {object | null} predicting
 * @property {PredictionResult[]} results
 * @property {import('../../www/core/types.js').Fault[]} faults
 * @property {number} bytesSent
 * @property {number} longestTaskTrainingMs
 */

/**
 * @typedef {object} Run
 * @property {number} run_id
 * @property {number} step
 * @property {number} steps_total
 * @property {number} parameters
 * @property {import('../../www/core/types.js').TrainConfig} config
 * @property {number[]} validation_pairs
 * @property {import('../../www/core/types.js').StepReport | null} last
 * @property {[number, number][]} losses
 * @property {import('../../www/core/types.js').ValidationReport[]} validations
 * @property {import('../../www/core/types.js').RunEnd | null} end
 */

/** How long the engine may take to come up: a wasm file of 20 MB is compiled first, on a machine that may be busy. */
const ENGINE_LIMIT_MS = 180_000;

/**
 * @param {Page} page
 * @returns {Promise<Summary>}
 */
export function read(page) {
  return page.evaluate(() => /** @type {any} */ (window).groundmask.state());
}

/** Pairs that can be trained on. @param {Summary} state */
export const usablePairs = (state) => (state.dataset?.pairs ?? []).filter((pair) => !pair.blocked && !pair.excluded);

/** @param {Page} page */
export async function deviceUp(page) {
  const state = await read(page);
  failIfDead(state);
  return state.device;
}

/** Opens the page and waits for its engine and a device. @param {Page} page @param {string} url */
export async function bringUp(page, url) {
  // Every wait is for a condition; the limit only says when a busy machine counts as a hang.
  page.setDefaultTimeout(ENGINE_LIMIT_MS);
  await page.goto(url);
  await until(() => page.evaluate('window.groundmask !== undefined'), { limitMs: ENGINE_LIMIT_MS, what: 'the page is up' });
  await until(() => deviceUp(page), { limitMs: ENGINE_LIMIT_MS, what: 'the engine and a device came up' });
}

/**
 * Opens the page, waits for its engine and takes the device through the page's own dialog.
 * @param {Page} page
 * @param {string} url
 * @param {import('./harness.mjs').Device} device
 */
export async function openPage(page, url, device) {
  await bringUp(page, url);
  return chooseDevice(page, device);
}

/**
 * @param {Page} page
 * @param {import('./harness.mjs').Device} device
 */
export async function chooseDevice(page, device) {
  await page.click('#badge-device');
  await page.locator(`label:has(#device-${device})`).click();
  const info = await until(
    async () => {
      const state = await read(page);
      failIfDead(state);
      return state.device?.kind === device ? state.device : null;
    },
    { limitMs: ENGINE_LIMIT_MS, what: `the page runs on ${device}` },
  );
  await page.click('#device-close');
  return info;
}

/**
 * Drops folders or files on the page and waits until they are read.
 * @param {Page} page
 * @param {string[]} paths
 */
export async function dropForTraining(page, paths) {
  await goTo(page, 'data');
  await dropPaths(page, paths);
  return until(
    async () => {
      const state = await read(page);
      failIfDead(state);
      const arrived = (state.dataset?.pairs.length ?? 0) + (state.dataset?.faults.length ?? 0) > 0;
      return arrived && !state.reading ? state : null;
    },
    { limitMs: 120_000, what: 'the dropped files were read' },
  );
}

/**
 * Drops images to predict and waits until `count` of them are listed.
 * @param {Page} page
 * @param {string[]} paths
 * @param {number} count
 */
export async function dropForPrediction(page, paths, count) {
  await goTo(page, 'predict');
  await dropPaths(page, paths, '#predict-drop');
  return until(
    async () => {
      const state = await read(page);
      failIfDead(state);
      return state.inputs.length >= count && !state.reading ? state : null;
    },
    { limitMs: 120_000, what: `${count} images to predict were read` },
  );
}

/** @param {Page} page */
export async function loadSampleScenes(page) {
  await page.click('#sample');
  return until(
    async () => {
      const state = await read(page);
      failIfDead(state);
      return state.dataset?.pairs.length ? state : null;
    },
    { limitMs: 120_000, what: 'the sample scenes were made' },
  );
}

/**
 * @param {Page} page
 * @param {'data' | 'train' | 'predict'} place
 */
export async function goTo(page, place) {
  if ((await read(page)).place !== place) await page.click(`#go-${place}`);
  await until(async () => (await read(page)).place === place, { limitMs: 10_000, what: `the page shows ${place}` });
}

/**
 * Presses Start and waits for the run's end. `onProgress` gets each new state.
 * @param {Page} page
 * @param {{ limitMs: number, onProgress?: (state: Summary) => void }} options
 */
export async function train(page, { limitMs, onProgress }) {
  await goTo(page, 'train');
  const before = (await read(page)).run?.run_id ?? null;
  await page.click('#start');
  return until(
    async () => {
      const state = await read(page);
      failIfDead(state);
      failIfRefused(state);
      if (!state.run || state.run.run_id === before) return null;
      onProgress?.(state);
      return state.run.end ? state : null;
    },
    { limitMs, what: 'the training run ended', everyMs: 250 },
  );
}

/**
 * Presses Predict and waits until there are `count` results and nothing is under way.
 * @param {Page} page
 * @param {{ count: number, validation: boolean, limitMs: number }} options
 */
export async function predict(page, { count, validation, limitMs }) {
  await goTo(page, 'predict');
  await page.setChecked('#predict-validation', validation);
  await page.click('#predict');
  return until(
    async () => {
      const state = await read(page);
      failIfDead(state);
      return state.results.length >= count && !state.predicting ? state : null;
    },
    { limitMs, what: `${count} images were predicted` },
  );
}

/**
 * Presses a button that ends in a download and gives the file's name and bytes.
 * @param {Page} page
 * @param {string} button
 * @returns {Promise<{ name: string, bytes: Buffer }>}
 */
export async function download(page, button) {
  const started = page.waitForEvent('download', { timeout: 120_000 });
  await page.click(button);
  const item = await started;
  /** @type {Buffer[]} */
  const parts = [];
  for await (const part of await item.createReadStream()) parts.push(part);
  return { name: item.suggestedFilename(), bytes: Buffer.concat(parts) };
}

/** @param {Summary} state */
function failIfDead(state) {
  if (state.engine === 'failed' || state.engine === 'dead') {
    throw new Error(`the engine is ${state.engine}: ${JSON.stringify(state.error)}`);
  }
}

/** @param {Summary} state */
function failIfRefused(state) {
  if (state.config?.errors.length) throw new Error(`the page refuses the settings: ${JSON.stringify(state.config.errors)}`);
}

/**
 * Chooses a preset and changes settings in the page's form, then waits until Rust has checked just these.
 * @param {Page} page
 * @param {string | undefined} preset
 * @param {Record<string, any>} settings by their names in `protocol::TrainConfig`
 */
export async function applySettings(page, preset, settings) {
  await goTo(page, 'train');
  // The form is filled once the engine has said what the preset stands for.
  await until(async () => (await read(page)).config, { limitMs: 60_000, what: 'the settings came' });
  if (preset) {
    await unfold(page, `#preset-${preset}`);
    await page.locator(`label:has(#preset-${preset})`).click();
    await until(async () => (await read(page)).config?.config.preset === preset, { limitMs: 60_000, what: `the preset ${preset}` });
  }
  for (const [name, value] of Object.entries(settings)) await setField(page, name, value);
  const state = await until(
    async () => {
      const now = await read(page);
      failIfDead(now);
      const checked = /** @type {Record<string, any>} */ (now.config?.config ?? {});
      return Object.entries(settings).every(([name, value]) => same(checked[name], value)) ? now : null;
    },
    { limitMs: 60_000, what: `the settings ${JSON.stringify(settings)} were checked` },
  );
  failIfRefused(state);
}

/** Opens what an element is folded away in. @param {Page} page @param {string} selector */
export function unfold(page, selector) {
  return page.evaluate((wanted) => {
    for (let at = document.querySelector(wanted); at; at = at.parentElement) if (at instanceof HTMLDetailsElement) at.open = true;
  }, selector);
}

/** @param {Page} page @param {string} name @param {any} value */
async function setField(page, name, value) {
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  await unfold(page, `#set-${name}`);
  const segment = page.locator(`label:has(#set-${name}-${idPart(text)})`);
  if (await segment.count()) {
    await segment.click();
    return;
  }
  const control = page.locator(`#set-${name}`);
  if (!(await control.count())) throw new Error(`the page has no setting ${name}`);
  const tag = await control.evaluate((element) => element.tagName);
  if (tag === 'SELECT') await control.selectOption(text);
  else await control.fill(text);
}

/** A value as part of an id selector. @param {string} text */
const idPart = (text) => text.replace(/[^\w-]/g, (character) => `\\${character.codePointAt(0)?.toString(16)} `);

/** @param {any} left @param {any} right */
function same(left, right) {
  if (Array.isArray(right)) return Array.isArray(left) && left.join() === right.join();
  if (typeof right === 'number') return Math.abs(left - right) <= 1e-6 * Math.max(1, Math.abs(right));
  return left === right;
}
