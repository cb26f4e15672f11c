// @ts-check
/**
 * Two runs side by side: settings that differ, curves over each other, the same picture by A and by B with a divider.
 */
import { $, h, setText, show } from '../../ui/dom.js';
import { count, metric } from '../../ui/format.js';
import { byteThreshold, coverage } from '../../ui/paint.js';
import { paintLayers } from '../../ui/paint-classes.js';
import { say } from '../../core/reduce.js';
import { post } from '../../core/engine.js';
import { onKeepReport } from '../../core/session.js';
import { bestOf, changed, shownPreviews, state } from '../../core/store.js';
import { differences, drawn, iousOf, samePlaces } from './compare-data.js';
import { runName } from './runs-strings.js';

/**
 * @typedef {import('../../core/types.js').KeptRun} KeptRun
 * @typedef {import('./compare-data.js').Side} Side
 */

/** The drawing's own units. */
const WIDE = 320;
const HIGH = 120;

/** The run that was chosen first. @type {string | null} */
let chosen = null;
/** The two that are compared, and what is known of them. @type {{ runs: [KeptRun, KeptRun], sides: (Side | null)[] } | null} */
let pair = null;
/** @type {ReturnType<typeof samePlaces>} */
let places = [];

const dialog = () => /** @type {HTMLDialogElement} */ ($('compare-dialog'));
/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ ($(id));

export function initCompare() {
  $('compare-close').addEventListener('click', () => dialog().close());
  dialog().addEventListener('close', () => {
    pair = null;
    places = [];
  });
  $('compare-image').addEventListener('change', paintPicture);
  $('compare-at').addEventListener('input', paintPicture);
  const stage = $('compare-canvas');
  stage.addEventListener('pointermove', (event) => {
    if (event.buttons % 2 === 0) return;
    const box = stage.getBoundingClientRect();
    input('compare-at').value = String(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
    paintPicture();
  });
  onKeepReport((report) => {
    if (report.kind !== 'shown' || !pair) return;
    const at = pair.runs.findIndex(({ id }) => id === report.id);
    if (at < 0 || pair.sides[at]) return;
    pair.sides[at] = fromShown(pair.runs[at], report.shown);
    paint();
  });
}

/** Whether a run waits for another to be compared with. @param {string} id */
export const isChosen = (id) => chosen === id;

/** A press on "Compare" of a run: the first is remembered, with the second both are shown. @param {KeptRun} run @param {readonly KeptRun[]} all */
export function choose(run, all) {
  const first = all.find(({ id }) => id === chosen && id !== run.id);
  if (!first) {
    chosen = chosen === run.id ? null : run.id;
    if (chosen) say(`${runName(run)} is chosen; press Compare at another run.`);
    changed();
    return;
  }
  chosen = null;
  changed();
  pair = { runs: [first, run], sides: [known(first), known(run)] };
  dialog().showModal();
  paint();
  for (const [at, one] of pair.runs.entries()) if (!pair.sides[at]) post({ kind: 'give_shown', id: one.id });
}

/** What the page itself knows of a run: that which is on it. @param {KeptRun} kept @returns {Side | null} */
function known(kept) {
  const { run, history } = state;
  if (!run || kept.id !== state.checkpoint.own) return null;
  const best = bestOf(run)?.step;
  const items = history.find(({ step }) => step === best)?.items ?? shownPreviews();
  return { name: runName(kept), config: run.config, iou: kept.saved.best_iou ?? null, losses: run.losses, ious: iousOf(run.validations), items: [...items], classes: run.classes };
}

/** @param {KeptRun} kept @param {any} shown what was kept with it; null: nothing @returns {Side} */
function fromShown(kept, shown) {
  const { saved } = kept;
  const history = Array.isArray(shown?.history) ? shown.history : [];
  const items = (history.find((/** @type {{ step: number }} */ { step }) => step === saved.best_step) ?? history.at(-1))?.items ?? [];
  return { name: runName(kept), config: saved.config, iou: saved.best_iou ?? null, losses: shown?.losses ?? [], ious: shown?.ious ?? [], items, classes: shown?.classes ?? [] };
}

function paint() {
  if (!pair) return;
  const [a, b] = pair.sides.map((side, i) => side ?? fromShown(/** @type {NonNullable<typeof pair>} */ (pair).runs[i], null));
  for (const [id, side] of /** @type {const} */ ([['compare-a', a], ['compare-b', b]])) setText($(id), `${side.name}${side.iou === null ? '' : ` · IoU ${metric(side.iou)}`}`);
  const rows = differences(a.config, b.config);
  show($('compare-same'), rows.length === 0);
  show($('compare-table'), rows.length > 0);
  $('compare-rows').replaceChildren(...rows.map(([label, one, other]) => h('tr', {}, h('th', { scope: 'row' }, label), h('td', {}, one), h('td', {}, other))));
  curve('iou', [a.ious, b.ious], 1);
  curve('loss', [a.losses, b.losses]);
  const before = input('compare-image').value;
  places = samePlaces(a, b);
  show($('compare-pictures'), places.length > 0);
  show($('compare-none'), places.length === 0);
  $('compare-image').replaceChildren(...places.map(([item], i) => h('option', { value: String(i) }, item.name)));
  if (Number(before) < places.length) input('compare-image').value = before || '0';
  paintPicture();
}

/** @param {'iou' | 'loss'} what @param {[number, number][][]} curves @param {number} [most] */
function curve(what, curves, most) {
  const { lines, lastStep, top } = drawn(curves, { wide: WIDE, high: HIGH, most });
  for (const [i, side] of /** @type {const} */ (['a', 'b']).entries()) $(`compare-${what}-${side}`).setAttribute('points', lines[i]);
  const last = curves.map((one) => one.at(-1)?.[1]);
  setText($(`compare-${what}-line`), last.every((value) => value === undefined) ? 'No curve was kept with these runs.' : `Up to step ${count(lastStep)}, ${what === 'iou' ? 'IoU' : 'loss'} up to ${top.toFixed(2)}. At the end: A ${metric(last[0])}, B ${metric(last[1])}.`);
}

function paintPicture() {
  const place = places[Number(input('compare-image').value)];
  const canvas = /** @type {HTMLCanvasElement} */ ($('compare-canvas'));
  const context = canvas.getContext('2d');
  if (!place || !context || !pair) return;
  const [item] = place;
  canvas.width = item.width;
  canvas.height = item.height;
  const at = Math.round(Number(input('compare-at').value) * item.width);
  const words = place.map((one, i) => {
    const classes = pair?.sides[i]?.classes ?? [];
    const cut = byteThreshold(one.threshold ?? state.view.threshold);
    const half = document.createElement('canvas');
    paintLayers(half, { width: one.width, height: one.height, rgba: one.rgba, mask: one.probability }, { classes, at: cut, opacity: state.view.opacity, layer: 'overlay' });
    const [from, to] = i === 0 ? [0, at] : [at, one.width];
    if (to > from) context.drawImage(half, from, 0, to - from, one.height, from, 0, to - from, one.height);
    return `${'AB'[i]} IoU ${metric(one.iou)}${classes.length ? '' : `, mask ${Math.round(coverage(one.probability, cut) * 100)} %`}`;
  });
  context.fillStyle = '#ffffff';
  context.fillRect(at, 0, Math.max(1, Math.round(item.width / 250)), item.height);
  setText($('compare-picture-line'), words.join(' · '));
}
