// @ts-check
/**
 * Predicted masks while training: image, truth, prediction in a row; pointing at a mask swaps overlay and bare mask.
 */
import { $, h, inSlices, setText, show } from '../../ui/dom.js';
import { count, iouWords } from '../../ui/format.js';
import { byteThreshold, paintImage } from '../../ui/paint.js';
import { paintLayers } from '../../ui/paint-classes.js';
import { enlargeWords, previewName } from '../../ui/scene-strings.js';
import { bestOf, changed, onPaint, shownAt, state } from '../../core/store.js';
import { openPreviews } from '../viewer/viewer.js';

/**
 * @typedef {import('../../core/types.js').PreviewItem} PreviewItem
 * @typedef {{ row: HTMLElement, image: HTMLCanvasElement, truth: Swap, prediction: Swap, errors: HTMLCanvasElement, name: HTMLElement, iou: HTMLElement, item: PreviewItem | null }} Row
 */

/** @type {Row[]} */
const rows = [];
/** @type {readonly PreviewItem[] | null} */
let painted = null;
let paintedView = '';

export function initPreview() {
  const slider = /** @type {HTMLInputElement} */ ($('preview-time'));
  slider.addEventListener('input', () => {
    const at = Number(slider.value);
    // At its end the slider follows the run.
    state.view.previewAt = at === state.history.length - 1 && !state.run?.end ? null : (state.history[at]?.step ?? null);
    changed();
  });
  onPaint(paint);
}

function paint() {
  if (state.place !== 'train') return;
  const view = `${state.view.overlay} ${state.view.threshold} ${state.view.opacity}`;
  const shown = state.history[shownAt()];
  const items = shown?.items ?? state.preview;
  paintTime();
  setText($('preview-note'), noteWords(items, shown?.step ?? state.run?.last?.step));
  if (items === painted && view === paintedView) return;
  painted = items;
  paintedView = view;
  while (rows.length > items.length) rows.pop()?.row.remove();
  while (rows.length < items.length) rows.push(newRow(rows.length));
  show($('preview-errors-key'), items.length > 0 && !state.run?.classes.length);
  // One canvas a time: a row of four is as long as a task should be.
  inSlices('preview', items.flatMap((item, index) => fillRow(rows[index], item)), (work) => work());
}

/**
 * What the masks are of, or why there are none: a run that was resumed brings none along.
 * @param {import('../../core/types.js').PreviewItem[]} items
 * @param {number | undefined} step
 */
function noteWords(items, step) {
  const { run } = state;
  if (items.length) return `${items[0].validation ? 'Not trained on' : 'Trained on: nothing is held back'}${step ? ` · as of step ${count(step)}` : ''}${items[0].corner ? ' · where it errs most' : ''} · ${enlargeWords(matchMedia('(hover: hover)').matches)}`;
  if (!run?.validations.length) return run?.end ? 'It ended before its first validation: there are no masks of it.' : 'The first masks appear with the first validation.';
  return run.end ? 'The masks of this run were not kept with it; “Predict with it” makes new ones.' : 'Masks appear with the next validation.';
}

/** The slider through the previews of this run. */
function paintTime() {
  const { history } = state;
  const slider = /** @type {HTMLInputElement} */ ($('preview-time'));
  const at = shownAt();
  show($('preview-time-label'), history.length > 1);
  slider.max = String(Math.max(0, history.length - 1));
  if (slider.value !== String(at)) slider.value = String(at);
  const best = state.run && bestOf(state.run)?.step;
  const words = history[at] ? `step ${count(history[at].step)}${history[at].step === best ? ' (best)' : ''}` : '';
  slider.setAttribute('aria-valuetext', words);
  setText($('preview-time-value'), words);
}

/** @param {number} index @returns {Row} */
function newRow(index) {
  const image = h('canvas', {});
  const truth = new Swap('truth', () => openPreviews(index));
  const prediction = new Swap('prediction', () => openPreviews(index));
  const errors = h('canvas', {});
  const name = h('span', { class: 'name' });
  const iou = h('span', { class: 'tabular' });
  const row = h('div', { class: 'preview' },
    h('div', { class: 'trio' }, h('button', { type: 'button', class: 'picture', 'aria-label': 'Open this picture', onclick: () => openPreviews(index) }, image), truth.button, prediction.button,
      h('button', { type: 'button', class: 'picture errors', 'aria-label': 'Open the errors of this picture', onclick: () => openPreviews(index) }, errors)),
    h('p', { class: 'small between' }, name, iou));
  $('previews').append(row);
  return { row, image, truth, prediction, errors, name, iou, item: null };
}

/** What is to be done for a row, in pieces. @param {Row} row @param {PreviewItem} item @returns {(() => void)[]} */
function fillRow(row, item) {
  const { width, height, rgba, truth, probability } = item;
  const at = byteThreshold(state.view.threshold);
  return [
    () => {
      // Image and truth of the slider's pictures are shared: what did not change is not drawn again.
      if (row.item?.rgba !== rgba) paintImage(row.image, item);
      row.item = item;
      setText(row.name, previewName(item));
      setText(row.iou, item.iou == null ? '' : iouWords(item.iou, state.view.threshold, state.run?.classes.length, item.threshold ?? undefined));
      row.image.parentElement?.setAttribute('aria-label', `Open ${item.name}: image`);
    },
    () => row.truth.fill(item.name, { width, height, rgba, mask: truth }, 128),
    () => row.prediction.fill(item.name, { width, height, rgba, mask: probability }, at),
    () => paintLayers(row.errors, { width, height, rgba, mask: probability, truth }, { classes: state.run?.classes ?? [], at, opacity: state.view.opacity, layer: 'errors' }),
  ];
}

/** A picture button that shows the mask over the image, and bare while it is pointed at, or after a tap. */
export class Swap {
  /** @param {string} what @param {() => void} open */
  constructor(what, open) {
    this.what = what;
    this.canvas = h('canvas', {});
    this.button = h('button', { type: 'button', class: 'picture' }, this.canvas);
    this.swapped = false;
    /** @type {import('../../ui/paint.js').Layers | null} */
    this.layers = null;
    this.at = 128;
    let touch = false;
    this.button.addEventListener('pointerenter', (event) => event.pointerType === 'mouse' && this.swap(true));
    this.button.addEventListener('pointerleave', (event) => event.pointerType === 'mouse' && this.swap(false));
    this.button.addEventListener('pointerdown', (event) => {
      touch = event.pointerType === 'touch';
    });
    this.button.addEventListener('click', () => {
      // Fingers have no hover: the first tap swaps, the image beside it opens the viewer.
      if (touch) this.swap(!this.swapped);
      else open();
      touch = false;
    });
  }

  /** @param {string} name @param {import('../../ui/paint.js').Layers} layers @param {number} at */
  fill(name, layers, at) {
    this.layers = layers;
    this.at = at;
    this.button.setAttribute('aria-label', `Open ${name}: ${this.what}`);
    this.paint();
  }

  /** @param {boolean} on */
  swap(on) {
    this.swapped = on;
    this.paint();
  }

  paint() {
    if (!this.layers) return;
    paintLayers(this.canvas, this.layers, { classes: state.run?.classes ?? [], at: this.at, opacity: state.view.opacity, layer: state.view.overlay !== this.swapped ? 'overlay' : 'raw' });
  }
}
