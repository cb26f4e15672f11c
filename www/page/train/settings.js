// @ts-check
/**
 * Presets and settings: carries out what settings-state.js says, and keeps the address. The form is settings-form.js.
 */
import { $, h } from '../../ui/dom.js';
import { allFields, augmentFields } from '../../ui/fields.js';
import { saveBlob } from '../predict/downloads.js';
import { initEstimate } from './estimate.js';
import { go } from '../header.js';
import { onEvent, say } from '../../core/reduce.js';
import { send } from '../../core/engine.js';
import { whenReady } from '../../core/session.js';
import { buildForm, fillForm, paintForm, wantedModel } from './settings-form.js';
import { addressFor, differingFrom, noSettings, reduceSettings } from './settings-state.js';
import { asWord, settingsFile } from './settings-text.js';
import { bandsOf, changed, onPaint, running, state, usablePairs } from '../../core/store.js';
import { classicSteps } from '../../ui/strings.js';

/**
 * @typedef {import('../../core/types.js').TrainConfig} TrainConfig
 * @typedef {import('./settings-state.js').SettingsEvent} SettingsEvent
 * @typedef {import('./settings-state.js').SettingsEffect} SettingsEffect
 */

let settings = noSettings;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let checkTimer;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let addressTimer;
/** Time after which a browser that refused an address takes one again. */
const ADDRESS_AGAIN_MS = 10_000;
/** Longer addresses are nobody's settings. */
const MAX_ADDRESS = 1 << 16;
/** Longer files are something else than settings. */
const MAX_SETTINGS_BYTES = 1 << 20;

export function initSettings() {
  initEstimate();
  buildForm((field, text) => dispatch({ type: 'typed', field, text }), (preset) => dispatch({ type: 'preset_asked', preset }));
  const words = addressWords();
  if (words.length) dispatch({ type: 'address_read', words });
  addEventListener('hashchange', followAddress);
  $('seed-list').replaceChildren(...classicSteps.map((step) => h('li', {}, step)));
  $('save-settings').addEventListener('click', () => {
    const { config } = settings;
    if (config) saveBlob(new Blob([`${JSON.stringify(settingsFile(config), null, 2)}\n`], { type: 'application/json' }), 'groundmask-settings.json');
  });
  $('load-settings').addEventListener('click', () => $('pick-settings').click());
  $('pick-settings').addEventListener('change', async (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const file = input.files?.[0];
    if (file && !(await takeSettings(file))) {
      state.error = { sentence: `${file.name} is not a settings file of this page.`, next: 'Use a .json file that “Save settings” wrote.', action: null };
      changed();
    }
    input.value = '';
  });
  $('settings-form').addEventListener('submit', (event) => {
    event.preventDefault();
    start();
  });
  $('from-model').addEventListener('change', () => dispatch({ type: 'model_wanted' }));
  whenReady(() => dispatch({ type: 'engine_up', model: wantedNetwork() }));
  onEvent((event) => {
    if (event.type === 'config') dispatch({ type: 'config_told', config: event.config });
    if (event.type === 'dataset') dispatch({ type: 'data_changed' });
    // Another model, or none: the box stands for another network.
    if (event.type === 'model' && /** @type {HTMLInputElement} */ ($('from-model')).checked) dispatch({ type: 'model_wanted' });
  });
  onPaint(() => paintForm(settings.config, canStart()));
}

/** @param {SettingsEvent} event */
function dispatch(event) {
  const next = reduceSettings(settings, event);
  settings = next.state;
  state.unknownKeys = [...settings.unknown];
  for (const effect of next.effects) carryOut(effect);
}

/** @param {SettingsEffect} effect */
function carryOut(effect) {
  switch (effect.kind) {
    case 'send':
      send(effect.command);
      break;
    case 'check':
      clearTimeout(checkTimer);
      checkTimer = setTimeout(() => dispatch({ type: 'check_due', model: wantedNetwork() }), effect.waitMs);
      break;
    case 'stop_check':
      clearTimeout(checkTimer);
      break;
    case 'show_values':
      if (settings.config) fillForm(settings.config);
      break;
    case 'write_address':
      writeAddress();
      break;
    case 'start':
      state.starting = true;
      send(effect.command);
      changed();
      break;
    case 'press_start':
      start();
      break;
  }
}

/** The bands that a run would see if it was started now, checked or not. @returns {readonly number[]} */
export const wantedBands = () => wantedNetwork()?.bands ?? settings.config?.bands ?? [];

/** Starts a run with the settings as they stand. */
export function start() {
  const { ok } = canStart();
  dispatch({ type: 'start_pressed', ready: ok, model: wantedNetwork() });
}

/** The network of the model to go on from. @returns {import('./settings-state.js').Network | null} */
function wantedNetwork() {
  const model = wantedModel();
  return model && { architecture: model.architecture, base: model.base, depth: model.depth, head: model.head, channels: model.channels, bands: bandsOf(model) };
}

/** Takes settings over and starts with them. @param {TrainConfig} wanted @param {boolean} fromModel with the weights of the model that is there */
export function startWith(wanted, fromModel) {
  // A second click comes before the first is answered.
  if (state.starting || running()) return;
  dispatch({ type: 'started_with', config: wanted, fromModel });
}

/** Shows the settings of a run that is opened. @param {TrainConfig} wanted */
export function showSettings(wanted) {
  dispatch({ type: 'replaced', config: wanted });
  changed();
}

/** Changes settings by name, as the address writes them. @param {[string, string][]} list */
export function applySettings(list) {
  dispatch({ type: 'named', list });
  changed();
}

/** Changes several settings at once and has them checked. @param {Partial<TrainConfig>} values */
export function change(values) {
  dispatch({ type: 'set', values });
  changed();
}

/** The settings as they stand, checked or not. */
export const current = () => settings.config;

/** Whether the settings are as a list says. @param {[string, string][]} list */
export const hasSettings = (list) => settings.config !== null && list.every(([name, text]) => String(/** @type {any} */ (settings.config)[name]) === text);

/** Settings by name that are not the preset's, as an address writes them; null: the preset's are not known here. @param {TrainConfig} wanted */
export const differing = (wanted) => differingFrom(settings, wanted);

/** Whether a run can begin, or what is in the way. @returns {{ ok: boolean, why: string }} */
export function canStart() {
  const pairs = usablePairs().length;
  if (state.engine === 'failed') return { ok: false, why: 'The engine is not here; retry above.' };
  if (state.reading) return { ok: false, why: 'Files are still being read.' };
  if (!pairs) return { ok: false, why: 'First drop images and masks, or try the sample scenes under Data.' };
  if (!state.device) return { ok: false, why: state.faults.some((fault) => fault.stage === 'device') ? 'No device is up; choose one in the device panel.' : 'The device is being brought up.' };
  if (running()) return { ok: false, why: 'A run is under way; changes count for the next one.' };
  if (state.predicting) return { ok: false, why: 'Masks are being predicted.' };
  if (!settings.config) return { ok: false, why: 'Settings are being read.' };
  if (state.config?.errors.length) return { ok: false, why: state.config.errors.some(({ field }) => augmentFields.some(({ name }) => name === field)) ? 'An augmentation slider needs another value.' : 'A setting needs another value, see above.' };
  return { ok: !state.starting, why: '' };
}

/**
 * Takes settings from a file, as from an address: what is unknown is named, what cannot be used is refused in Rust.
 * @param {File} file
 * @returns {Promise<boolean>} false if it is not one of these files
 */
export async function takeSettings(file) {
  if (file.size > MAX_SETTINGS_BYTES) return false;
  let read;
  try {
    read = JSON.parse(await file.text());
  } catch {
    return false;
  }
  if (read?.groundmask !== 'settings' || typeof read.config !== 'object' || read.config === null) return false;
  dispatch({ type: 'words_given', words: Object.entries(read.config).map(([name, value]) => [name, asWord(value)]), from: 'file' });
  go('train');
  say(`Settings of ${file.name}.`);
  changed();
  return true;
}

/** The end of the address as words. @returns {[string, string][]} */
const addressWords = () => [...new URLSearchParams(location.hash.slice(1, MAX_ADDRESS))];

/** Another address in the same tab: somebody followed a link with settings. */
function followAddress() {
  const words = addressWords();
  // A link within the page, as the one that skips to the content, is none of these.
  if (!words.some(([key]) => key === 'preset' || allFields.some(({ name }) => name === key))) {
    writeAddress();
    return;
  }
  dispatch({ type: 'words_given', words, from: 'address' });
  changed();
}

function writeAddress() {
  const hash = addressFor(settings);
  if (hash === null || location.hash === hash) return;
  try {
    history.replaceState(null, '', hash);
  } catch {
    // Browsers allow so many in a while, and a slider has more stops.
    clearTimeout(addressTimer);
    addressTimer = setTimeout(writeAddress, ADDRESS_AGAIN_MS);
  }
}
