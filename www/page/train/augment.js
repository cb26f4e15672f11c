// @ts-check
/**
 * How far augmentation goes: the sliders beside the tiles that show it. They tell what the chosen augmentation draws
 * from; moving one makes it one's own.
 */
import { $, h, setText } from '../../ui/dom.js';
import { augmentFields } from '../../ui/fields.js';
import { change, current } from './settings.js';
import { named, wrap } from './settings-form.js';
import { onPaint, state } from '../../core/store.js';

/** @typedef {import('../../ui/fields.js').AugmentField} AugmentField */

/** What the controls were set to last: a slider rounds it to its own steps. @type {Map<string, unknown>} */
const painted = new Map();

export function initAugment() {
  $('augment-fields').append(...augmentFields.map(build));
  onPaint(paint);
}

/** @param {AugmentField} field */
function build(field) {
  const id = `set-${field.name}`;
  const described = { id, 'aria-describedby': `err-${field.name} help-${field.name}` };
  const label = named(field);
  if (field.options) {
    const select = h('select', { ...described, onchange: () => set(field, select.value) }, ...field.options.map(([value, words]) => h('option', { value }, words)));
    return wrap(field, h('div', { class: 'between' }, label, select));
  }
  const slider = h('input', { ...described, type: 'range', min: '0', max: String(field.max), step: String(field.step) });
  slider.addEventListener('input', () => set(field, Number(slider.value)));
  return wrap(field, h('div', { class: 'between' }, label, h('output', { id: `${id}-value`, for: id, class: 'figure', 'aria-live': 'off' })), slider);
}

/** What is shown: the ranges of the chosen augmentation, the settings' own where they may not be checked yet. */
function shown() {
  const config = current();
  return config?.augmentation === 'own' ? config : state.config?.augment;
}

/** @param {AugmentField} field @param {number | string} value */
function set(field, value) {
  const from = shown();
  if (!from) return;
  const ranges = Object.fromEntries(augmentFields.map(({ name }) => [name, /** @type {any} */ (from)[name]]));
  change({ ...ranges, augmentation: 'own', [field.name]: value });
}

function paint() {
  const ranges = /** @type {any} */ (shown());
  if (state.place !== 'train' || !ranges) return;
  setText($('augment-line'), `How far it goes${current()?.augmentation === 'own' ? '' : '; move one to make it your own'}`);
  for (const { name, words } of augmentFields) {
    const control = /** @type {HTMLInputElement} */ ($(`set-${name}`));
    const value = ranges[name];
    if (painted.has(name) && Object.is(painted.get(name), value)) continue;
    painted.set(name, value);
    control.value = String(value);
    if (!words) continue;
    const text = Number.isFinite(value) ? words(value) : '–';
    setText($(`set-${name}-value`), text);
    control.ariaValueText = text;
  }
}
