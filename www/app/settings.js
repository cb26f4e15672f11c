// @ts-check
/**
 * Presets and settings: the form, its check in Rust, and the address that keeps it.
 */
import { PRESETS } from '../generated/constants.js';
import { $, h, setText, show } from './dom.js';
import { advancedGroups, allFields, augmentFields, EPOCH_STOPS, mainFields, nameField, parseNumber } from './fields.js';
import { saveBlob } from './downloads.js';
import { classicTime, expected, initEstimate } from './estimate.js';
import { amount, bytes, count, percent, plural } from './format.js';
import { go } from './header.js';
import { info } from './help.js';
import { onEvent, say } from './reduce.js';
import { heldBackHelp } from './scene-strings.js';
import { send, whenReady } from './session.js';
import { addressFields, asWord, listIn, settingsFile } from './settings-words.js';
import { changed, onPaint, running, state, usablePairs } from './store.js';
import { classicLine, fieldErrorLine, seedSteps } from './strings.js';

/**
 * @typedef {import('./types.js').TrainConfig} TrainConfig
 * @typedef {import('./types.js').Preset} Preset
 * @typedef {import('./fields.js').Field} Field
 */

/** The preset's own values, to know what was changed. @type {TrainConfig | null} */
let base = null;
/** Those of every preset that was asked for so far. @type {Map<string, TrainConfig>} */
const presets = new Map();
/** The settings as they stand. @type {TrainConfig | null} */
let config = null;
/** @type {Preset | null} */
let asked = null;
/** Settings from the address, or typed while a preset is on its way: put over it once it is known. @type {Record<string, string>} */
let fromAddress = {};
/** Start was pressed while a preset was on its way. */
let startsThen = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

export function initSettings() {
  initEstimate();
  buildFields();
  readAddress();
  addEventListener('hashchange', followAddress);
  for (const preset of PRESETS) $(`preset-${preset}`).addEventListener('change', () => askPreset(preset));
  $('set-class_name').addEventListener('input', () => set(nameField, control(nameField).value));
  $('seed-list').replaceChildren(...seedSteps.map((step) => h('li', {}, step)));
  $('save-settings').addEventListener('click', () => {
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
  whenReady(() => {
    if (config) send({ type: 'check_config', config });
    else askPreset(asked ?? 'balanced');
  });
  onEvent((event) => {
    if (event.type === 'config' && asked && event.config.preset === asked) adopt(event.config);
    if (event.type === 'dataset' && config) check(0);
  });
  onPaint(paint);
}

/** Starts a run with the settings as they stand. */
export function start() {
  if (!config || !canStart().ok) return;
  // Chosen and started at once: with the preset that was chosen.
  startsThen = asked !== null;
  if (startsThen) return;
  clearTimeout(timer);
  state.starting = true;
  const model = /** @type {HTMLInputElement} */ ($('from-model')).checked ? state.model : null;
  // The network is the model's own; everything else is as set.
  const network = model ? { architecture: model.architecture, base: model.base, depth: model.depth, channels: model.channels } : {};
  send({ type: model ? 'start_from_model' : 'start', config: { ...config, ...network } });
  changed();
}

/** Takes settings over and starts with them. @param {TrainConfig} wanted @param {boolean} fromModel with the weights of the model that is there */
export function startWith(wanted, fromModel) {
  // A second click comes before the first is answered.
  if (state.starting || running()) return;
  asked = null;
  config = { ...wanted };
  fill(config);
  writeAddress();
  state.starting = true;
  send({ type: fromModel ? 'start_from_model' : 'start', config });
  changed();
}

/** Shows the settings of a run that is opened. @param {TrainConfig} wanted */
export function showSettings(wanted) {
  asked = null;
  fromAddress = {};
  config = { ...wanted };
  fill(config);
  writeAddress();
  check(0);
  changed();
}

/** Settings by name that are not the preset's, as an address writes them; null: the preset's are not known here. @param {TrainConfig} wanted @returns {[string, string][] | null} */
export function differing(wanted) {
  const own = presets.get(wanted.preset);
  return own ? addressFields.filter(({ name }) => asWord(wanted[name]) !== asWord(own[name])).map(({ name }) => [name, asWord(wanted[name])]) : null;
}

/** Changes settings by name, as the address writes them. @param {[string, string][]} list */
export function applySettings(list) {
  if (!config) return;
  for (const [name, text] of list) {
    const field = allFields.find((other) => other.name === name);
    if (field) config = { ...config, [field.name]: fromText(field, text) };
  }
  fill(config);
  writeAddress();
  check(0);
  changed();
}

/** Changes several settings at once and has them checked. @param {Partial<TrainConfig>} values */
export function change(values) {
  if (!config) return;
  config = { ...config, ...values };
  fill(config);
  writeAddress();
  check(120);
  changed();
}

/** The settings as they stand, checked or not. */
export const current = () => config;

/** Whether the settings are as a list says. @param {[string, string][]} list */
export const hasSettings = (list) => config !== null && list.every(([name, text]) => String(/** @type {any} */ (config)[name]) === text);

/** @returns {{ ok: boolean, why: string }} */
function canStart() {
  const pairs = usablePairs().length;
  if (state.engine === 'failed') return { ok: false, why: 'The engine is not here; retry above.' };
  if (state.reading) return { ok: false, why: 'Files are still being read.' };
  if (!pairs) return { ok: false, why: 'First drop images and masks, or try the sample scenes under Data.' };
  if (!state.device) return { ok: false, why: state.faults.some((fault) => fault.stage === 'device') ? 'No device is up; choose one in the device panel.' : 'The device is being brought up.' };
  if (running()) return { ok: false, why: 'A run is under way; changes count for the next one.' };
  if (state.predicting) return { ok: false, why: 'Masks are being predicted.' };
  if (!config) return { ok: false, why: 'Settings are being read.' };
  if (state.config?.errors.length) return { ok: false, why: state.config.errors.some(({ field }) => augmentFields.some(({ name }) => name === field)) ? 'An augmentation slider needs another value.' : 'A setting needs another value, see above.' };
  return { ok: !state.starting, why: '' };
}

/** @param {Preset} preset */
function askPreset(preset) {
  clearTimeout(timer);
  asked = preset;
  send({ type: 'preset_config', preset });
}

/** Takes a preset's values over, with what the address says on top. @param {TrainConfig} preset */
function adopt(preset) {
  asked = null;
  base = { ...preset };
  presets.set(preset.preset, base);
  config = { ...preset };
  const extra = Object.keys(fromAddress).length > 0;
  for (const field of allFields) {
    const text = fromAddress[field.name];
    if (text !== undefined) /** @type {any} */ (config)[field.name] = field.kind === 'names' ? listIn(text) : fromText(field, text);
  }
  fromAddress = {};
  fill(config);
  writeAddress();
  if (extra) check(0);
  if (startsThen) start();
}

/** @param {Field} field @param {string} text */
function fromText(field, text) {
  if (field.kind === 'names') return text.split(',').map((name) => name.trim()).filter(Boolean);
  if (field.kind === 'choice' || field.kind === 'word') return text;
  if (field.kind === 'numbers') return text.trim() ? text.split(/[;,\s]+/).filter(Boolean).map((part) => parseNumber(part, false)) : [];
  return parseNumber(text, field.kind === 'whole');
}

/** @param {number} wait ms */
function check(wait) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (config && !asked) send({ type: 'check_config', config });
  }, wait);
}

/** Changes one setting and has it checked. @param {Field} field @param {string} text */
function set(field, text) {
  if (!config) return;
  const value = fromText(field, text);
  if (asked) fromAddress[field.name] = field.kind === 'names' ? asWord(value) : text;
  config = { ...config, [field.name]: value };
  writeAddress();
  check(120);
}

// --- as a file -----------------------------------------------------------------------------

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
  state.unknownKeys = [];
  fromAddress = {};
  const preset = takeWords(Object.entries(read.config).map(([name, value]) => [name, asWord(value)]));
  askPreset(preset ?? config?.preset ?? 'balanced');
  go('train');
  say(`Settings of ${file.name}.`);
  changed();
  return true;
}
/** Longer ones are something else. */
const MAX_SETTINGS_BYTES = 1 << 20;

// --- address -------------------------------------------------------------------------------

/** @type {ReturnType<typeof setTimeout> | undefined} */
let addressTimer;
/** Time after which a browser that refused an address takes one again. */
const ADDRESS_AGAIN_MS = 10_000;
/** Longer addresses are nobody's settings. */
const MAX_ADDRESS = 1 << 16;

function readAddress() {
  const hash = location.hash.slice(1, MAX_ADDRESS);
  if (!hash) return;
  asked = takeWords([...new URLSearchParams(hash)]) ?? asked;
}

/** Another address in the same tab: somebody followed a link with settings. */
function followAddress() {
  const words = new URLSearchParams(location.hash.slice(1, MAX_ADDRESS));
  // A link within the page, as the one that skips to the content, is none of these.
  if (!words.has('preset') && !allFields.some(({ name }) => words.has(name))) {
    writeAddress();
    return;
  }
  state.unknownKeys = [];
  fromAddress = {};
  readAddress();
  askPreset(asked ?? config?.preset ?? 'balanced');
  changed();
}

/** Keeps what is known, for when the preset is here, and gives the preset. @param {[string, string][]} words @returns {Preset | null} */
function takeWords(words) {
  const known = new Map(allFields.map((field) => [/** @type {string} */ (field.name), field]));
  let preset = null;
  for (const [key, value] of words) {
    const field = known.get(key);
    if (key === 'preset' && PRESETS.some((name) => name === value)) preset = /** @type {Preset} */ (value);
    else if (field && (field.kind !== 'choice' || field.options?.some(([option]) => option === value))) fromAddress[key] = value;
    else state.unknownKeys.push(`${key}=${value}`.slice(0, 60));
  }
  return preset;
}

function writeAddress() {
  if (!config || !base) return;
  const words = new URLSearchParams({ preset: config.preset });
  // What `base` says is that of another preset where a run's own settings were taken over.
  const all = base.preset !== config.preset;
  for (const { name } of addressFields) {
    if (all || JSON.stringify(config[name]) !== JSON.stringify(base[name])) words.set(name, asWord(config[name]));
  }
  const hash = `#${words}`;
  if (location.hash === hash) return;
  try {
    history.replaceState(null, '', hash);
  } catch {
    // Browsers allow so many in a while, and a slider has more stops.
    clearTimeout(addressTimer);
    addressTimer = setTimeout(writeAddress, ADDRESS_AGAIN_MS);
  }
}

// --- form ----------------------------------------------------------------------------------

function buildFields() {
  $('main-fields').replaceChildren(...mainFields.map(mainField));
  $('advanced-fields').replaceChildren(...advancedGroups.map(({ title, fields }) => h('fieldset', { class: 'group' }, h('legend', {}, title), ...fields.map(plainField))));
}

/** A setting with its sentence and the place of its error. @param {Field} field @param {(Node | null)[]} children */
export const wrap = (field, ...children) => h('div', { class: 'field', id: `field-${field.name}` }, ...children, h('p', { class: 'help', id: `help-${field.name}` }, field.help), h('p', { class: 'error', id: `err-${field.name}`, hidden: true }));

/** @param {Field} field */
function mainField(field) {
  const id = `set-${field.name}`;
  if (field.kind === 'choice') {
    const choose = (/** @type {string} */ value) => {
      // Its sliders lie beside the tiles.
      if (value === 'own') /** @type {HTMLDetailsElement} */ ($('tiles-fold')).open = true;
      set(field, value);
    };
    const radios = (field.options ?? []).map(([value, words]) => h('label', {}, h('input', { type: 'radio', name: id, value, id: `${id}-${value}`, onchange: () => choose(value) }), h('span', {}, words)));
    return wrap(field, h('fieldset', { class: 'segments small-segments', id }, h('legend', {}, field.label), ...radios));
  }
  const share = field.name === 'val_share';
  const number = h('input', { type: 'text', inputMode: 'decimal', id, autocomplete: 'off', class: 'figure', 'aria-describedby': `err-${field.name} help-${field.name}` });
  const range = h('input', { type: 'range', id: `${id}-range`, min: '0', max: share ? '50' : String(EPOCH_STOPS.length - 1), step: share ? '5' : '1', 'aria-label': `${field.label}, slider` });
  range.addEventListener('input', () => {
    number.value = share ? String(Number(range.value) / 100) : String(EPOCH_STOPS[Number(range.value)]);
    paintRange(field);
    set(field, number.value);
  });
  number.addEventListener('input', () => {
    paintRange(field, true);
    set(field, number.value);
  });
  return wrap(field, h('div', { class: 'between' }, named(field), h('span', { class: 'row tight' }, number)), range);
}

/** The label of a setting, and what its word means. @param {Field} field */
export function named(field) {
  const label = h('label', { for: `set-${field.name}` }, field.label);
  return field.term ? h('span', { class: 'row tight' }, label, info(field.term)) : label;
}

/** Brings the slider to what was typed. @param {Field} field @param {boolean} [move] */
function paintRange(field, move = false) {
  const value = parseNumber(control(field).value, field.kind === 'whole');
  const range = /** @type {HTMLInputElement} */ ($(`set-${field.name}-range`));
  const share = field.name === 'val_share';
  if (move && Number.isFinite(value)) {
    const stop = EPOCH_STOPS.findIndex((n) => n >= value);
    range.value = String(share ? value * 100 : stop < 0 ? EPOCH_STOPS.length - 1 : stop);
  }
  range.setAttribute('aria-valuetext', share ? percent(value) : plural(value, 'epoch'));
}

/** @param {Field} field */
function plainField(field) {
  const id = `set-${field.name}`;
  const described = { id, 'aria-describedby': `err-${field.name} help-${field.name}` };
  const label = named(field);
  if (field.kind === 'choice') {
    const select = h('select', described, ...(field.options ?? []).map(([value, words]) => h('option', { value }, words)));
    select.addEventListener('change', () => set(field, select.value));
    return wrap(field, h('div', { class: 'between' }, label, select));
  }
  if (field.kind === 'names') {
    const area = h('textarea', { ...described, rows: 2, spellcheck: false });
    area.addEventListener('input', () => set(field, area.value.replaceAll('\n', ',')));
    return wrap(field, label, area);
  }
  const input = h('input', { ...described, type: 'text', inputMode: 'decimal', autocomplete: 'off', class: 'figure' });
  input.addEventListener('input', () => set(field, input.value));
  return wrap(field, h('div', { class: 'between' }, label, input));
}

/** @param {Field} field */
const control = (field) => /** @type {HTMLInputElement} */ ($(`set-${field.name}`));

/** @param {TrainConfig} values */
function fill(values) {
  for (const preset of PRESETS) /** @type {HTMLInputElement} */ ($(`preset-${preset}`)).checked = values.preset === preset;
  for (const field of allFields) {
    // Theirs are shown beside the tiles.
    if (augmentFields.includes(field)) continue;
    const value = values[field.name];
    if (field.name === 'augmentation') {
      /** @type {HTMLInputElement} */ ($(`set-augmentation-${value}`)).checked = true;
      continue;
    }
    control(field).value = Array.isArray(value) ? value.join(', ') : typeof value === 'number' ? plainNumber(value) : String(value ?? '');
    if (mainFields.includes(field)) paintRange(field, true);
  }
}

/** No float noise (`0.1` may come back from an f32 as 0.10000000149); a seed keeps all its digits. @param {number} value */
const plainNumber = (value) => String(Number.isInteger(value) ? value : Number(value.toPrecision(7)));

// --- painting ------------------------------------------------------------------------------

function paint() {
  const { config: report } = state;
  const { ok, why } = canStart();
  show($('from-model-line'), state.model !== null);
  if (state.model) setText($('from-model-text'), `Go on from ${state.model.about?.name || state.model.name || 'the model trained here'} (${state.model.base} filters, depth ${state.model.depth})`);
  else /** @type {HTMLInputElement} */ ($('from-model')).checked = false;
  const button = $('start');
  // Not disabled: who pressed it would lose the focus. `start` looks for itself.
  button.ariaDisabled = String(!ok);
  setText(button, state.starting ? 'Starting …' : state.run?.end ? 'Train again' : 'Start training');
  show($('start-why'), Boolean(why));
  setText($('start-why'), why);
  show($('unknown-keys'), state.unknownKeys.length > 0);
  setText($('unknown-keys'), `Unknown settings were ignored: ${state.unknownKeys.join(', ')}`);
  if (!report || !config) return;
  setText($('classic-line'), classicLine(classicTime(report)));
  const channels = config.channels === 'rgb' ? 'RGB' : 'grey';
  if (!report.errors.length) setText($('preset-line'), `${config.preset === 'seed' ? 'Classic: ' : ''}${amount(report.parameters)} parameters, ${channels}, tiles of ${config.tile_px} px, ${config.batch} at a time.`);
  setText($('preset-fit'), report.errors.length ? '' : `Fits: about ${bytes(report.memory_bytes)} of memory. ${count(report.steps_total)} steps${expected(report)}.`);
  setText($('help-val_share'), shareHelp(config, report));
  const help = config.steps > 0 ? `Overridden by ${count(config.steps)} total steps under Advanced.` : mainFields[0].help;
  setText($('help-epochs'), help);
  const errors = new Map(report.errors.map((error) => [error.field, error]));
  for (const field of allFields) {
    const error = errors.get(field.name);
    const line = $(`err-${field.name}`);
    show(line, error !== undefined);
    setText(line, error ? fieldErrorLine(error) : '');
    const element = $(`set-${field.name}`);
    if (error) element.setAttribute('aria-invalid', 'true');
    else element.removeAttribute('aria-invalid');
  }
  const advanced = /** @type {HTMLDetailsElement} */ ($('advanced'));
  // What is chosen, and what is wrong, is not to lie folded away.
  if (report !== checked && config.preset === 'seed' && checked?.config.preset !== 'seed') advanced.open = true;
  if (report !== checked && report.errors.some((error) => augmentFields.some(({ name }) => name === error.field))) /** @type {HTMLDetailsElement} */ ($('tiles-fold')).open = true;
  if (report !== checked && report.errors.some((error) => ![...mainFields, ...augmentFields].some(({ name }) => name === error.field))) advanced.open = true;
  checked = report;
}
/** @type {import('./types.js').ConfigReport | null} */
let checked = null;

/** What is held back. @param {TrainConfig} values @param {import('./types.js').ConfigReport} report */
function shareHelp({ val_names: names }, { errors, held_back: held, places, train_pairs: train, validation_pairs: validation }) {
  if (names.length) return `Overridden by ${plural(names.length, 'name')} under Advanced.`;
  const image = held && state.dataset?.pairs[held.pair];
  if (held && image) return heldBackHelp(held, image);
  if (train + validation === 0 || errors.length) return mainFields[2].help;
  return `${count(validation)} of ${plural(train + validation, 'pair')}${places ? `, from ${plural(places, 'place')},` : ''} never trained on, to measure honestly.`;
}
