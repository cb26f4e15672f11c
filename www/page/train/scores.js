// @ts-check
/**
 * What the last validation says beyond one figure: every image, worst first, and precision against recall with the
 * threshold in force on it.
 */
import { $, h, setText, show } from '../../ui/dom.js';
import { EVEN_ODDS, count, metric } from '../../ui/format.js';
import { bestOf, chooseThreshold, dataOf, judgedAt, onPaint, state, toldValidation } from '../../core/store.js';
import { openPairs } from '../viewer/viewer.js';

/** @typedef {import('../../core/types.js').CurvePoint} CurvePoint */

const MAX_ROWS = 100;
/** Side of the drawing in its own units. */
const SIDE = 100;
let drawn = '';

export function initScores() {
  $('best-threshold').addEventListener('click', () => {
    const best = judgedAt(toldValidation());
    if (best !== null) chooseThreshold(best);
  });
  onPaint(paint);
}

function paint() {
  const report = toldValidation();
  const curve = report?.curve ?? [];
  show($('worst-card'), Boolean(report?.images.length));
  show($('pr-card'), curve.length > 0);
  if (!report || state.place !== 'train') return;
  const { run } = state;
  if (!run) return;
  const key = `${report.run_id} ${report.step} ${report.images.length} ${state.view.threshold} ${run.end !== null} ${dataOf(run)}`;
  if (key === drawn) return;
  drawn = key;
  paintImages(report, run);
  paintCurve(report, run);
}

/** Of which weights the figures are. @param {import('../../core/types.js').ValidationReport} report @param {import('../../core/store.js').Run} run */
function asOf({ step }, run) {
  return `as of step ${count(step)}${run.end && step === bestOf(run)?.step ? ', whose weights are kept' : ''}`;
}

/** @param {import('../../core/types.js').ValidationReport} report @param {import('../../core/store.js').Run} run */
function paintImages(report, run) {
  const held = report.images.some(({ validation }) => validation);
  const images = report.images.filter(({ validation }) => validation || !held);
  // An image without foreground has no IoU; its accuracy stands in, behind those that have one.
  const order = images.toSorted((a, b) => (a.iou ?? 2 + (a.accuracy ?? 0)) - (b.iou ?? 2 + (b.accuracy ?? 0)));
  setText($('worst-note'), `${held ? 'Not trained on' : 'Trained on: nothing is held back'} · ${asOf(report, run)}${run.classes.length ? '' : ` · IoU at threshold ${(judgedAt(report) ?? EVEN_ODDS).toFixed(2)}`}`);
  const list = $('worst');
  // Who was in the list stays at the same image, wherever that is now.
  const focused = list.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.pair : undefined;
  list.replaceChildren(...order.slice(0, MAX_ROWS).map(({ pair, iou }) => {
    const name = run.dataset?.pairs[pair]?.name ?? `pair ${pair + 1}`;
    const bar = h('meter', { min: 0, max: 1, value: iou ?? 0, 'aria-label': `IoU of ${name}` });
    // Other images may be loaded by now; theirs are not to be shown under this name.
    const title = dataOf(run) ? h('button', { type: 'button', class: 'quiet', 'data-pair': pair, onclick: () => openPairs(pair) }, name) : h('span', { class: 'name' }, name);
    return h('li', {}, title, bar, h('span', { class: 'tabular' }, metric(iou)));
  }));
  if (focused !== undefined) /** @type {HTMLElement | null} */ (list.querySelector(`[data-pair="${focused}"]`))?.focus({ preventScroll: true });
}

/** @param {import('../../core/types.js').ValidationReport} report @param {import('../../core/store.js').Run} run */
function paintCurve(report, run) {
  const { curve } = report;
  if (!curve.length) return;
  const known = curve.filter(({ precision, recall }) => precision != null && recall != null);
  const at = known.reduce((/** @type {CurvePoint | null} */ near, point) => (!near || Math.abs(point.threshold - state.view.threshold) < Math.abs(near.threshold - state.view.threshold) ? point : near), null);
  const x = (/** @type {CurvePoint} */ point) => ((point.recall ?? 0) * SIDE).toFixed(2);
  const y = (/** @type {CurvePoint} */ point) => ((1 - (point.precision ?? 0)) * SIDE).toFixed(2);
  $('pr-line').setAttribute('points', known.map((point) => `${x(point)},${y(point)}`).join(' '));
  $('pr-dot').setAttribute('cx', at ? x(at) : '-9');
  $('pr-dot').setAttribute('cy', at ? y(at) : '-9');
  setText($('pr-text'), at ? `At threshold ${at.threshold.toFixed(2)}: precision ${metric(at.precision)} (share of the mask that is right), recall ${metric(at.recall)} (share of the truth that is found), ${run.validationPairs.length ? '' : 'on images trained on, '}${asOf(report, run)}.` : 'No pixel reaches any threshold yet.');
  const best = judgedAt(report);
  const button = /** @type {HTMLButtonElement} */ ($('best-threshold'));
  button.disabled = best === null || Math.abs(best - state.view.threshold) < 0.005;
  setText(button, best === null ? 'Use the best threshold' : `Use the best threshold, ${best.toFixed(2)}`);
}
