// @ts-check
/**
 * The legend of masks with several classes: colours with their shares, editable names, what is not labelled, and the
 * colours of no class that can become one: those of files that came after it was edited, and strays.
 */
import { MAX_CLASSES } from '../../generated/constants.js';
import { unlearntLine } from './data-strings.js';
import { $, h, setText, show } from '../../ui/dom.js';
import { hex, percent, valueName } from '../../ui/format.js';
import { chip } from '../../ui/paint-classes.js';
import { send } from '../../core/engine.js';
import { state } from '../../core/store.js';

/**
 * @typedef {import('../../core/types.js').LegendEntry} LegendEntry
 * @typedef {import('../../core/types.js').Dataset} Dataset
 */

/** The legend as it was last in force, for going back to it; not one that was refused. @type {LegendEntry[]} */
let edited = [];
let drawn = '';

/** Takes the masks as classes: by the legend edited before, if it is of these masks, else by the one found. */
export function useClasses() {
  const { dataset } = state;
  if (!dataset) return;
  const colours = new Set([...dataset.colours, ...dataset.detected].map(({ rgb }) => hex(rgb)));
  const same = edited.length > 0 && edited.every(({ rgb }) => colours.has(hex(rgb)));
  sendLegend(same ? edited : dataset.detected);
}

/** Whether the masks have colours enough. @param {Dataset} dataset */
export const canBeClasses = (dataset) => dataset.detected.length >= 2;

/** @param {LegendEntry[]} legend */
function sendLegend(legend) {
  send({ type: 'set_mask_rule', rule: { kind: 'classes', legend } });
}

/**
 * The legend with more colours: as classes while there is room, then not labelled, so that it is never refused. A name that is
 * taken would join two classes; the engine finds another for one without.
 * @param {LegendEntry[]} legend @param {LegendEntry[]} more
 */
function extended(legend, more) {
  const names = new Set(legend.map(({ name }) => name));
  const room = MAX_CLASSES - new Set(legend.filter(({ ignored }) => !ignored).map(({ name }) => name)).size;
  return [...legend, ...more.map((entry, index) => ({ ...entry, name: names.has(entry.name) ? '' : entry.name, ignored: index >= room }))];
}

/** @param {Dataset} dataset */
export function paintLegend(dataset) {
  const { rule } = dataset;
  show($('rule-classes-sub'), rule.kind === 'classes');
  /** @type {HTMLInputElement} */ ($('rule-classes')).disabled = !canBeClasses(dataset);
  if (rule.kind !== 'classes') return;
  edited = rule.legend;
  const key = JSON.stringify([rule.legend, dataset.detected, dataset.strays, dataset.pairs.map(({ blocked }) => blocked?.code)]);
  if (key === drawn) return;
  drawn = key;
  const focused = document.activeElement?.id;
  $('rule-legend').replaceChildren(...rule.legend.map((entry, index) => row(entry, index, rule.legend)));
  paintUnlearnt(dataset, rule.legend);
  paintTooMany(dataset, rule.legend);
  // A new drawing must not take the keyboard away from the field in use, nor the button that did its work.
  if (focused?.startsWith('legend-')) (document.getElementById(focused) ?? document.getElementById(`legend-name-${rule.legend.length - 1}`))?.focus();
}

/** Masks of more classes than can be learnt wait until somebody chooses; one click takes the choice that is drawn. @param {Dataset} dataset @param {LegendEntry[]} legend */
function paintTooMany(dataset, legend) {
  const waiting = dataset.pairs.some(({ blocked }) => blocked?.code === 'too_many_classes');
  show($('legend-accept'), waiting);
  if (!waiting) return;
  setText($('legend-accept'), `Learn the ${dataset.classes.length} that are ticked`);
  $('legend-accept').onclick = () => sendLegend(legend);
}

/** The colours that no class takes, and what makes them one. @param {Dataset} dataset @param {LegendEntry[]} legend */
function paintUnlearnt(dataset, legend) {
  const known = new Set(legend.map(({ rgb }) => hex(rgb)));
  const colours = dataset.strays.filter(({ rgb }) => !known.has(hex(rgb)));
  const found = new Map(dataset.detected.map((entry) => [hex(entry.rgb), entry]));
  const fresh = colours.flatMap(({ rgb }) => found.get(hex(rgb)) ?? []).filter(({ ignored }) => !ignored);
  show($('rule-strays'), colours.length > 0);
  setText($('rule-strays-line'), unlearntLine(fresh.length, fresh.reduce((sum, { share }) => sum + share, 0), colours.length - fresh.length));
  $('rule-strays-line').classList.toggle('warn', fresh.length > 0);
  const swatches = colours.slice(0, 12).map(({ rgb, code, share }) => {
    const entry = found.get(hex(rgb)) ?? { rgb, code, shown: rgb, name: '', ignored: false, share };
    const button = h('button', { type: 'button', class: 'swatch', title: 'Make it a class', 'aria-label': `Make ${valueName(entry)} a class`, onclick: () => sendLegend(extended(legend, [entry])) }, h('span', { class: 'tabular' }, `${valueName(entry)} · ${percent(share)}`));
    button.prepend(chip(rgb));
    return button;
  });
  const add = fresh.length > 0 && h('button', { type: 'button', id: 'legend-add', class: 'swatch', onclick: () => sendLegend(extended(legend, fresh)) }, fresh.length === 1 ? 'Add as a class' : `Add ${fresh.length} as classes`);
  $('rule-strays-list').replaceChildren(...(add ? [add] : []), ...swatches);
}

/** @param {LegendEntry} entry @param {number} index @param {LegendEntry[]} legend */
function row(entry, index, legend) {
  /** @param {Partial<LegendEntry>} change */
  const change = (change) => sendLegend(legend.map((other, i) => (i === index ? { ...other, ...change } : other)));
  const name = h('input', { type: 'text', id: `legend-name-${index}`, value: entry.name, maxLength: 60, autocomplete: 'off', spellcheck: false, 'aria-label': `Name of the class ${valueName(entry)}` });
  name.addEventListener('change', () => change({ name: name.value }));
  const use = h('input', { type: 'checkbox', id: `legend-use-${index}`, checked: !entry.ignored, 'aria-label': `Learn ${entry.name}` });
  use.addEventListener('change', () => change({ ignored: !use.checked }));
  const item = h('li', { class: entry.ignored ? 'legend-row ignored' : 'legend-row' }, use, name, h('span', { class: 'small tabular', title: valueName(entry) }, `${entry.code == null ? '' : `${entry.code} · `}${entry.ignored ? 'not labelled' : percent(entry.share)}`));
  item.prepend(chip(entry.shown));
  return item;
}
