// @ts-check
/**
 * The form of the settings: its fields, their values, and what is said of them. It knows nothing of how they come about.
 */
import { $, h, setText, show } from '../../ui/dom.js';
import { advancedGroups, allFields, augmentFields, EPOCH_STOPS, mainFields, nameField, parseNumber } from '../../ui/fields.js';
import { classicTime, expected } from './estimate.js';
import { amount, bytes, count, percent, plural } from '../../ui/format.js';
import { info } from '../../ui/help.js';
import { heldBackHelp } from '../../ui/scene-strings.js';
import { PRESETS } from '../../generated/constants.js';
import { state } from '../../core/store.js';
import { classicLine, fieldErrorLine, seenWords } from '../../ui/strings.js';

/**
 * @typedef {import('../../core/types.js').TrainConfig} TrainConfig
 * @typedef {import('../../core/types.js').Preset} Preset
 * @typedef {import('../../ui/fields.js').Field} Field
 */

/** Called with what was typed or chosen. @type {(field: Field, text: string) => void} */
let set = () => {};

/** @param {(field: Field, text: string) => void} onInput @param {(preset: Preset) => void} onPreset */
export function buildForm(onInput, onPreset) {
  set = onInput;
  $('main-fields').replaceChildren(...mainFields.map(mainField));
  $('advanced-fields').replaceChildren(...advancedGroups.map(({ title, fields }) => h('fieldset', { class: 'group' }, h('legend', {}, title), ...fields.map(plainField))));
  for (const preset of PRESETS) $(`preset-${preset}`).addEventListener('change', () => onPreset(preset));
  $('set-class_name').addEventListener('input', () => set(nameField, control(nameField).value));
}

/** The model whose weights a run is to begin with, if people chose so. */
export const wantedModel = () => (/** @type {HTMLInputElement} */ ($('from-model')).checked ? state.model : null);

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
export function fillForm(values) {
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

/** @param {TrainConfig | null} config @param {{ ok: boolean, why: string }} start whether a run can be started, else why not */
export function paintForm(config, { ok, why }) {
  const { config: report } = state;
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
  const channels = seenWords(config.bands ?? [], config.channels);
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
/** @type {import('../../core/types.js').ConfigReport | null} */
let checked = null;

/** What is held back. @param {TrainConfig} values @param {import('../../core/types.js').ConfigReport} report */
function shareHelp({ val_names: names }, { errors, held_back: held, places, train_pairs: train, validation_pairs: validation }) {
  if (names.length) return `Overridden by ${plural(names.length, 'name')} under Advanced.`;
  const image = held && state.dataset?.pairs[held.pair];
  if (held && image) return heldBackHelp(held, image);
  if (train + validation === 0 || errors.length) return mainFields[2].help;
  return `${count(validation)} of ${plural(train + validation, 'pair')}${places ? `, from ${plural(places, 'place')},` : ''} never trained on, to measure honestly.`;
}
