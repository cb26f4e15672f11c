// @ts-check
/**
 * What counts as mask: the rule that makes masks of the files' colours or numbers, and its controls.
 */
import { outlineClassesLine, ruleLine, usesNumbers } from './data-strings.js';
import { $, h, setText, show } from '../../ui/dom.js';
import { hex, percent, valueName } from '../../ui/format.js';
import { canBeClasses, paintLegend, useClasses } from './legend.js';
import { chip } from '../../ui/paint-classes.js';
import { send } from '../../core/engine.js';
import { state } from '../../core/store.js';

/** @typedef {import('../../core/types.js').MaskRule} MaskRule */

/** @type {ReturnType<typeof setTimeout> | undefined} */
let ruleTimer;
/** The colour or number for “one colour”. @type {{ rgb: readonly number[], code?: number | null }} */
let chosenColour = { rgb: [255, 255, 255] };

export function initMaskRule() {
  for (const id of ['rule-threshold', 'rule-not-black', 'rule-colour', 'rule-invert']) $(id).addEventListener('change', () => sendRule(0));
  $('rule-classes').addEventListener('change', useClasses);
  $('rule-at').addEventListener('input', () => {
    /** @type {HTMLInputElement} */ ($('rule-threshold')).checked = true;
    setText($('rule-at-value'), input('rule-at').value);
    sendRule(100);
  });
  $('rule-reset').addEventListener('click', () => {
    if (state.dataset) send({ type: 'set_mask_rule', rule: state.dataset.suggested_rule });
  });
}

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ ($(id));

/** Sends the rule as the controls say it; a moving slider at most ten times a second. @param {number} wait ms */
function sendRule(wait) {
  clearTimeout(ruleTimer);
  ruleTimer = setTimeout(() => {
    const invert = input('rule-invert').checked;
    /** @type {MaskRule} */
    let rule = { kind: 'threshold', at: Number(input('rule-at').value), invert };
    if (input('rule-not-black').checked) rule = { kind: 'not_black', invert };
    if (input('rule-colour').checked) rule = { kind: 'colour', rgb: /** @type {[number, number, number]} */ ([...chosenColour.rgb]), code: chosenColour.code ?? undefined, invert };
    send({ type: 'set_mask_rule', rule });
  }, wait);
}

/** Paints the card of the rule. */
export function paintMaskRule() {
  const { dataset } = state;
  if (!dataset) return;
  const { rule, suggested_rule: suggested, colours } = dataset;
  setText($('rule-line'), paintRuleParts(dataset) ? outlineClassesLine(dataset) : ruleLine(rule, dataset));
  input('rule-threshold').checked = rule.kind === 'threshold';
  input('rule-not-black').checked = rule.kind === 'not_black';
  input('rule-colour').checked = rule.kind === 'colour';
  input('rule-classes').checked = rule.kind === 'classes';
  input('rule-classes').disabled = !canBeClasses(dataset);
  show($('rule-invert-label'), rule.kind !== 'classes');
  if (rule.kind !== 'classes') input('rule-invert').checked = rule.invert;
  paintLegend(dataset);
  input('rule-colour').disabled = colours.length === 0;
  const numbers = usesNumbers(rule, dataset);
  setText($('rule-at-label'), numbers ? 'Number at least' : 'Brightness at least');
  setText($('rule-threshold-label'), dataset.objects != null ? 'Every numbered object' : numbers ? 'Large numbers' : 'Bright pixels');
  input('rule-at').max = numbers && (rule.kind !== 'threshold' || rule.at > 255 || dataset.objects == null) ? '65535' : '255';
  if (rule.kind === 'threshold' && document.activeElement !== input('rule-at')) {
    input('rule-at').value = String(rule.at);
    setText($('rule-at-value'), String(rule.at));
  }
  if (rule.kind === 'colour') chosenColour = rule;
  else if (colours.length) chosenColour = colours.find(({ rgb }) => rgb.some((v) => v > 0)) ?? colours[0];
  show($('rule-threshold-sub'), rule.kind === 'threshold');
  show($('rule-colours'), rule.kind === 'colour');
  const list = $('rule-colours');
  // Who chose a colour stays at it.
  const focused = list.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.colour : undefined;
  list.replaceChildren(...colours.map((colour) => swatch(colour, rule)));
  if (focused) /** @type {HTMLElement | null} */ (list.querySelector(`[data-colour="${focused}"]`))?.focus({ preventScroll: true });
  show($('rule-reset'), JSON.stringify(rule) !== JSON.stringify(suggested));
}

/**
 * Where all masks are drawn from outlines, brightness means nothing: of the rule only the legend is shown, where there are
 * classes, and of the card what is about the images. A rule that people chose stays in view.
 * @param {import('../../core/types.js').Dataset} dataset
 * @returns {boolean} whether the legend is that of outlines
 */
function paintRuleParts({ pairs, vectors, ranges, rule, suggested_rule: suggested }) {
  const files = new Set(vectors.map(({ file }) => file));
  const drawn = pairs.length > 0 && pairs.every(({ mask_path: path }) => files.has(path)) && (rule.kind === 'classes' || JSON.stringify(rule) === JSON.stringify(suggested));
  const legend = drawn && rule.kind === 'classes';
  show($('rule-line'), !drawn || legend);
  show($('rule-choices'), !drawn || legend);
  for (const id of ['rule-threshold', 'rule-not-black', 'rule-colour', 'rule-classes']) show(/** @type {HTMLElement} */ ($(id).parentElement), !drawn);
  setText($('rule-title'), legend ? 'Classes of the outlines' : drawn ? 'How the images are seen' : 'What counts as mask');
  show($('rule-card'), pairs.length > 0 && (!drawn || legend || ranges != null || state.bands !== null));
  return legend;
}

/** @param {import('../../core/types.js').ColourShare} colour @param {MaskRule} rule */
function swatch(colour, rule) {
  const { rgb, share } = colour;
  const on = rule.kind === 'colour' && hex([...rule.rgb]) === hex(rgb);
  const button = h('button', { type: 'button', class: 'swatch', data: { colour: hex(rgb) }, 'aria-pressed': String(on), onclick: () => {
    chosenColour = colour;
    input('rule-colour').checked = true;
    sendRule(0);
  } }, h('span', { class: 'tabular' }, `${valueName(colour)} · ${percent(share)}`));
  button.prepend(chip(rgb));
  return button;
}
