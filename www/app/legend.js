// @ts-check
/**
 * The legend of masks with several classes: colours with their shares, editable names, what is not labelled, and the
 * stray colours that can become classes.
 */
import { $, h, setText, show } from './dom.js';
import { hex, percent } from './format.js';
import { chip } from './paint-classes.js';
import { send } from './session.js';
import { state } from './store.js';

/**
 * @typedef {import('./types.js').LegendEntry} LegendEntry
 * @typedef {import('./types.js').Dataset} Dataset
 */

/** The legend as it was last edited, for going back to it. @type {LegendEntry[]} */
let edited = [];
let drawn = '';

/** Takes the masks as classes: by the legend edited before, if it is of these masks, else by the one found. */
export function useClasses() {
  const { dataset } = state;
  if (!dataset) return;
  const colours = new Set(dataset.colours.map(({ rgb }) => hex(rgb)));
  const same = edited.length > 0 && edited.every(({ rgb }) => colours.has(hex(rgb)));
  sendLegend(same ? edited : dataset.detected);
}

/** Whether the masks have colours enough. @param {Dataset} dataset */
export const canBeClasses = (dataset) => dataset.detected.length >= 2;

/** @param {LegendEntry[]} legend */
function sendLegend(legend) {
  edited = legend;
  send({ type: 'set_mask_rule', rule: { kind: 'classes', legend } });
}

/** @param {Dataset} dataset */
export function paintLegend(dataset) {
  const { rule } = dataset;
  show($('rule-classes-sub'), rule.kind === 'classes');
  /** @type {HTMLInputElement} */ ($('rule-classes')).disabled = !canBeClasses(dataset);
  if (rule.kind !== 'classes') return;
  edited = rule.legend;
  const key = JSON.stringify([rule.legend, dataset.strays]);
  if (key === drawn) return;
  drawn = key;
  const focused = document.activeElement?.id;
  $('rule-legend').replaceChildren(...rule.legend.map((entry, index) => row(entry, index, rule.legend)));
  const strays = dataset.strays.filter(({ rgb }) => rule.legend.every((entry) => hex(entry.rgb) !== hex(rgb)));
  show($('rule-strays'), strays.length > 0);
  setText($('rule-strays-line'), `${strays.length} stray ${strays.length === 1 ? 'colour is' : 'colours are'} in no class and not learnt:`);
  $('rule-strays-list').replaceChildren(...strays.slice(0, 12).map(({ rgb, share }) => {
    const button = h('button', { type: 'button', class: 'swatch', title: 'Make it a class', 'aria-label': `Make ${hex(rgb)} a class`, onclick: () => sendLegend([...rule.legend, { rgb, shown: rgb, name: '', ignored: false, share }]) }, h('span', { class: 'tabular' }, `${hex(rgb)} · ${percent(share)}`));
    button.prepend(chip(rgb));
    return button;
  }));
  // A new drawing must not take the keyboard away from the field in use.
  if (focused?.startsWith('legend-')) document.getElementById(focused)?.focus();
}

/** @param {LegendEntry} entry @param {number} index @param {LegendEntry[]} legend */
function row(entry, index, legend) {
  /** @param {Partial<LegendEntry>} change */
  const change = (change) => sendLegend(legend.map((other, i) => (i === index ? { ...other, ...change } : other)));
  const name = h('input', { type: 'text', id: `legend-name-${index}`, value: entry.name, maxLength: 60, autocomplete: 'off', spellcheck: false, 'aria-label': `Name of the class ${hex(entry.rgb)}` });
  name.addEventListener('change', () => change({ name: name.value }));
  const use = h('input', { type: 'checkbox', id: `legend-use-${index}`, checked: !entry.ignored, 'aria-label': `Learn ${entry.name}` });
  use.addEventListener('change', () => change({ ignored: !use.checked }));
  const item = h('li', { class: entry.ignored ? 'legend-row ignored' : 'legend-row' }, use, name, h('span', { class: 'small tabular', title: hex(entry.rgb) }, entry.ignored ? 'not labelled' : percent(entry.share)));
  item.prepend(chip(entry.shown));
  return item;
}
