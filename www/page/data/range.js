// @ts-check
/**
 * Which numbers are black and which are white, where images have more than 8 bits: one range for the whole data set
 * unless somebody says otherwise.
 */
import { rangeLine } from './data-strings.js';
import { $, setText, show } from '../../ui/dom.js';
import { send } from '../../core/engine.js';
import { onPaint, running, state } from '../../core/store.js';

/** @typedef {import('../../core/types.js').RangeChoice} RangeChoice */

const low = () => /** @type {HTMLInputElement} */ ($('range-low'));
const high = () => /** @type {HTMLInputElement} */ ($('range-high'));
const kind = () => /** @type {HTMLSelectElement} */ ($('range-kind'));

/** What was typed cannot be used and stands there until it is mended: an answer to earlier numbers does not write over it. */
let refused = false;

export function initRange() {
  kind().addEventListener('change', () => {
    refused = false;
    const value = kind().value;
    if (value === 'fixed') sendNumbers();
    else send({ type: 'set_range', range: { kind: value === 'each_alone' ? 'each_alone' : 'together' } });
  });
  for (const field of [low(), high()]) field.addEventListener('change', sendNumbers);
  onPaint(paint);
}

/** Sends the two numbers, the same for all bands; says what is wrong with them instead. */
function sendNumbers() {
  const [from, to] = [low(), high()].map((field) => (field.value.trim() === '' ? NaN : Number(field.value.replace(',', '.'))));
  const fits = Number.isFinite(from) && Number.isFinite(to) && from < to;
  refused = !fits;
  for (const field of [low(), high()]) field.setAttribute('aria-invalid', String(!fits));
  if (fits) send({ type: 'set_range', range: { kind: 'fixed', bands: [[from, to]] } });
  else setText($('range-help'), 'Type two numbers, the one for black smaller than the one for white.');
}

function paint() {
  const ranges = state.dataset?.ranges ?? null;
  show($('range-line'), ranges !== null);
  if (!ranges) refused = false;
  if (!ranges) return;
  for (const field of [kind(), low(), high()]) field.disabled = running() || state.predicting !== null || state.reading !== null;
  const { choice, used } = ranges;
  if (document.activeElement !== kind()) kind().value = choice.kind;
  show($('range-numbers'), choice.kind === 'fixed');
  show($('range-as-before'), choice.kind === 'as_before');
  if (choice.kind !== 'fixed') refused = false;
  if (refused || document.activeElement === low() || document.activeElement === high()) return;
  if (used.kind === 'fixed' && used.bands.length) {
    low().value = String(round(used.bands[0][0]));
    high().value = String(round(used.bands[0][1]));
  }
  for (const field of [low(), high()]) field.removeAttribute('aria-invalid');
  setText($('range-help'), rangeLine(ranges));
}

/** As many digits as tell the two ends apart. @param {number} value */
const round = (value) => Number(value.toPrecision(5));
