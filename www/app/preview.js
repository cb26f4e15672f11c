// @ts-check
/**
 * Predicted masks while training: image, truth, prediction in a row; pointing at a mask swaps overlay and bare mask.
 */
import { $, h, inSlices, setText } from './dom.js';
import { metric } from './format.js';
import { byteThreshold, paintGrey, paintImage, paintOverlay } from './paint.js';
import { onPaint, state } from './store.js';
import { openPreviews } from './viewer.js';

/**
 * @typedef {import('./types.js').PreviewItem} PreviewItem
 * @typedef {{ row: HTMLElement, image: HTMLCanvasElement, truth: Swap, prediction: Swap, name: HTMLElement, iou: HTMLElement, item: PreviewItem | null }} Row
 */

/** @type {Row[]} */
const rows = [];
/** @type {readonly PreviewItem[] | null} */
let painted = null;
let paintedView = '';

export function initPreview() {
  onPaint(paint);
}

function paint() {
  if (state.place !== 'train') return;
  const view = `${state.view.overlay} ${state.view.threshold} ${state.view.opacity}`;
  const items = state.preview;
  if (items === painted && view === paintedView) return;
  painted = items;
  paintedView = view;
  while (rows.length > items.length) rows.pop()?.row.remove();
  while (rows.length < items.length) rows.push(newRow(rows.length));
  const step = state.run?.validations.at(-1)?.step ?? state.run?.last?.step;
  setText($('preview-note'), items.length ? `${items[0].validation ? 'Not trained on' : 'Trained on: nothing is held back'}${step ? ` · as of step ${step}` : ''} · point at a mask to see it bare` : 'The first masks appear with the first validation.');
  inSlices('preview', items.entries(), ([index, item]) => fillRow(rows[index], item));
}

/** @param {number} index @returns {Row} */
function newRow(index) {
  const image = h('canvas', {});
  const truth = new Swap('truth', () => openPreviews(index));
  const prediction = new Swap('prediction', () => openPreviews(index));
  const name = h('span', { class: 'name' });
  const iou = h('span', { class: 'tabular' });
  const row = h('div', { class: 'preview' },
    h('div', { class: 'trio' }, h('button', { type: 'button', class: 'picture', 'aria-label': 'Open this picture', onclick: () => openPreviews(index) }, image), truth.button, prediction.button),
    h('p', { class: 'small between' }, name, iou));
  $('previews').append(row);
  return { row, image, truth, prediction, name, iou, item: null };
}

/** @param {Row} row @param {PreviewItem} item */
function fillRow(row, item) {
  row.item = item;
  setText(row.name, item.name);
  setText(row.iou, item.iou == null ? '' : `IoU ${metric(item.iou)}`);
  row.image.parentElement?.setAttribute('aria-label', `Open ${item.name}: image`);
  paintImage(row.image, item);
  row.truth.fill(item.name, { width: item.width, height: item.height, rgba: item.rgba, mask: item.truth }, 128);
  row.prediction.fill(item.name, { width: item.width, height: item.height, rgba: item.rgba, mask: item.probability }, byteThreshold(state.view.threshold));
}

/** A picture button that shows the mask over the image, and bare while it is pointed at, or after a tap. */
export class Swap {
  /** @param {string} what @param {() => void} open */
  constructor(what, open) {
    this.what = what;
    this.canvas = h('canvas', {});
    this.button = h('button', { type: 'button', class: 'picture' }, this.canvas);
    this.swapped = false;
    /** @type {import('./paint.js').Layers | null} */
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

  /** @param {string} name @param {import('./paint.js').Layers} layers @param {number} at */
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
    if (state.view.overlay !== this.swapped) paintOverlay(this.canvas, this.layers, this.at, state.view.opacity);
    else paintGrey(this.canvas, this.layers);
  }
}
