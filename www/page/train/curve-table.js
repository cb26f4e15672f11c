// @ts-check
/**
 * Points of the precision-recall curve as a table, beside its drawing in scores.js.
 */
import { $, h } from '../../ui/dom.js';
import { metric } from '../../ui/format.js';
import { onPaint, state, toldValidation } from '../../core/store.js';

/** Most rows: of a longer curve, points as evenly apart. */
const MAX_ROWS = 20;

/** What the table holds. @type {import('../../core/types.js').ValidationReport | undefined} */
let painted;

export function initCurveTable() {
  $('curve-table').addEventListener('toggle', paint);
  onPaint(paint);
}

function paint() {
  const report = toldValidation();
  if (state.place !== 'train' || report === painted || !(/** @type {HTMLDetailsElement} */ ($('curve-table')).open)) return;
  painted = report;
  const curve = report?.curve ?? [];
  const each = Math.ceil(curve.length / MAX_ROWS);
  $('curve-rows').replaceChildren(...curve.filter((_point, i) => (i + 1) % each === 0).map(row));
}

/** @param {import('../../core/types.js').CurvePoint} point */
function row({ threshold, precision, recall }) {
  const f1 = precision == null || recall == null ? null : (2 * precision * recall) / (precision + recall || 1);
  return h('tr', {}, h('th', { scope: 'row' }, threshold.toFixed(2)), ...[precision, recall, f1].map((value) => h('td', {}, metric(value))));
}
