// @ts-check
/**
 * The viewer: one picture large, with zoom, pan, swipe compare, threshold and opacity. Layers are composed from the
 * bytes at hand; nothing is inferred again.
 */
import { $, setText, show } from '../../ui/dom.js';
import { downloadOne } from '../predict/downloads.js';
import { hatch, heldBackKey } from '../data/held-back.js';
import { EVEN_ODDS, iouWords, percent, size } from '../../ui/format.js';
import { outlinesOf, strokeOutlines, wantFirst } from '../predict/live-outlines.js';
import { geojsonLabel, outlineWords } from '../predict/outline-strings.js';
import { PanZoom } from './pan-zoom.js';
import { initNudge, nudgeKey, nudgeKeyOf, nudgePair, nudgedMask, nudgedPair, startNudging, stopNudging } from './nudge.js';
import { byteThreshold, coverage, paintErrors, paintImage } from '../../ui/paint.js';
import { paintLayers } from '../../ui/paint-classes.js';
import { markParts } from '../../ui/paint-parts.js';
import { openLabels } from '../label/editor.js';
import { onEvent } from '../../core/reduce.js';
import { cropWords } from '../../ui/scene-strings.js';
import { send } from '../../core/engine.js';
import { changed, onPaint, shownPreviews, state } from '../../core/store.js';

/**
 * @typedef {object} Item
 * @property {string} name
 * @property {string} facts
 * @property {number | null} iou
 * @property {number} iouAt the threshold it was taken at
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array} rgba
 * @property {Uint8Array | null} truth
 * @property {Uint8Array | null} probability
 * @property {number | null} result
 * @property {readonly import('../../core/types.js').ClassInfo[]} classes
 * @property {import('../../core/types.js').PredictionResult | null} [source] the result it shows
 * @property {number | null} pair to ask the engine for a larger picture
 * @property {readonly [number, number]} [moved] where its mask lies in `truth`
 */

/** Longest side asked for in the viewer, pixels. */
const MAX_PX = 1024;

/** @type {Item[]} */
let items = [];
let index = 0;
let swipe = false;
let swipeAt = 0.5;
let layer = 'prediction';
let composed = '';
let frame = 0;
const plain = document.createElement('canvas');
const masked = document.createElement('canvas');
const pose = new PanZoom(draw);

const dialog = () => /** @type {HTMLDialogElement} */ ($('viewer'));
/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ ($(id));

export const viewerOpen = () => dialog().open;

export function initViewer() {
  $('viewer-close').addEventListener('click', () => dialog().close());
  $('viewer-previous').addEventListener('click', () => turn(-1));
  $('viewer-next').addEventListener('click', () => turn(1));
  for (const name of ['prediction', 'truth', 'errors', 'heat']) {
    $(`layer-${name}`).addEventListener('change', () => {
      layer = name;
      draw();
    });
  }
  $('viewer-swipe').addEventListener('change', () => setSwipe(input('viewer-swipe').checked));
  $('viewer-swipe-at').addEventListener('input', () => {
    swipeAt = Number(input('viewer-swipe-at').value);
    draw();
  });
  $('zoom-in').addEventListener('click', () => pose.zoomBy(1.5));
  $('zoom-out').addEventListener('click', () => pose.zoomBy(1 / 1.5));
  $('zoom-fit').addEventListener('click', () => pose.fit());
  $('viewer-mask').addEventListener('click', () => saveAs('mask_png'));
  $('viewer-probability').addEventListener('click', () => saveAs('probability_png'));
  $('viewer-tif').addEventListener('click', () => saveAs('class_tif'));
  $('viewer-geojson').addEventListener('click', () => saveAs('geojson'));
  $('viewer-label').addEventListener('click', () => {
    const at = items[index]?.pair;
    openLabels(state.dataset?.pairs[at ?? -1]?.image_path);
  });
  pose.listen($('stage'), { near: (share, wide) => swipe && Math.abs(share - swipeAt) * wide < 28, move: moveSwipe });
  initNudge(draw);
  new ResizeObserver(draw).observe($('stage'));
  dialog().addEventListener('close', () => {
    stopNudging();
    items = [];
    wantFirst(null);
  });
  onEvent((event) => {
    if (event.type === 'dataset') {
      const pair = dialog().open ? nudgedPair() : null;
      if (pair !== null) send({ type: 'picture', of: 'pair', index: pair, max_px: MAX_PX });
    }
    if (event.type !== 'picture' || event.of !== 'pair') return;
    const item = items.find(({ pair }) => pair === event.index);
    if (item) Object.assign(item, { width: event.width, height: event.height, rgba: event.rgba, truth: event.mask.length ? event.mask : null, moved: movedOf(event.index) });
    composed = '';
    draw();
  });
  onPaint(draw);
}

/** Where the mask of a pair lies now. @param {number} pairIndex @returns {readonly [number, number]} */
const movedOf = (pairIndex) => state.dataset?.pairs[pairIndex]?.moved_px ?? [0, 0];

/** Parts of a pair that are not labelled. @param {number} pairIndex */
const leftOutOf = (pairIndex) => state.dataset?.pairs[pairIndex]?.left_out ?? [];

/** Opens a pair with its outlines to be moved. @param {number} pairIndex */
export function openToNudge(pairIndex) {
  openPairs(pairIndex);
  startNudging();
}

/** @param {number} pairIndex */
export function openPairs(pairIndex) {
  const pairs = state.dataset?.pairs ?? [];
  const classes = state.dataset?.classes ?? [];
  open(pairs.map((pair) => ({
    name: pair.name, classes, facts: `${size(pair.width, pair.height)} · ${classes.length ? 'labelled' : 'mask'} ${percent(pair.foreground_share)}`, iou: null, iouAt: EVEN_ODDS, width: pair.thumb_width, height: pair.thumb_height,
    rgba: pair.thumb_rgba, truth: pair.thumb_mask, probability: null, result: null, pair: pair.blocked ? null : pair.index, moved: pair.moved_px,
  })), pairs.findIndex((pair) => pair.index === pairIndex));
}

/** @param {number} at */
export function openPreviews(at) {
  open(shownPreviews().map((item) => ({
    name: item.name, classes: state.run?.classes ?? [], facts: cropWords(item), iou: item.iou ?? null, iouAt: item.threshold ?? EVEN_ODDS, width: item.width, height: item.height,
    rgba: item.rgba, truth: item.truth, probability: item.probability, result: null, pair: null,
  })), at);
}

/** @param {number} at */
export function openResults(at) {
  open(state.results.map((result) => ({
    name: result.name, classes: state.model?.classes ?? [], facts: size(result.width, result.height), iou: result.metrics?.iou ?? null, iouAt: state.predictedAt, width: result.view_width, height: result.view_height,
    rgba: result.rgba, truth: result.truth.length ? result.truth : null, probability: result.probability, result: result.result, pair: null, source: result,
  })), at);
}

/** @param {Item[]} list @param {number} at */
function open(list, at) {
  if (!list.length) return;
  items = list;
  if (!dialog().open) dialog().showModal();
  showItem(Math.max(0, at));
  $('stage').focus();
}

/** @param {number} at */
function showItem(at) {
  index = at;
  composed = '';
  const item = items[index];
  setText($('viewer-name'), item.name);
  show($('viewer-layers'), item.probability !== null);
  show($('layer-truth').parentElement ?? $('layer-truth'), item.truth !== null);
  show($('layer-errors').parentElement ?? $('layer-errors'), item.truth !== null);
  if (!item.truth && (layer === 'truth' || layer === 'errors')) {
    layer = 'prediction';
    input('layer-prediction').checked = true;
  }
  const several = item.classes.length > 0;
  show($('layer-heat').parentElement ?? $('layer-heat'), !several);
  if (several && layer === 'heat') {
    layer = 'prediction';
    input('layer-prediction').checked = true;
  }
  show($('viewer-threshold-label'), item.probability !== null && !several);
  show($('viewer-downloads'), item.result !== null);
  setText($('viewer-geojson'), geojsonLabel(item.source?.place !== 'none' && item.source?.place !== 'unknown'));
  wantFirst(item.source ?? null);
  show($('viewer-previous'), items.length > 1);
  show($('viewer-next'), items.length > 1);
  show($('viewer-label'), item.pair !== null);
  nudgePair(item.pair);
  if (item.pair !== null) send({ type: 'picture', of: 'pair', index: item.pair, max_px: MAX_PX });
  pose.fit();
}

/** @param {number} by */
export function turn(by) {
  if (items.length) showItem((index + by + items.length) % items.length);
}

/** @param {import('../../core/types.js').ExportKind} kind */
function saveAs(kind) {
  const { result } = items[index];
  if (result !== null) void downloadOne(result, kind);
}

/** @param {boolean} on */
function setSwipe(on) {
  swipe = on;
  input('viewer-swipe').checked = on;
  show($('viewer-swipe-label'), on);
  draw();
}

/** Keys of the viewer. @param {KeyboardEvent} event @returns {boolean} whether it was one */
export function viewerKey(event) {
  if (nudgeKey(event)) return true;
  const onRange = event.target instanceof HTMLInputElement && (event.target.type === 'range' || event.target.type === 'radio');
  const step = event.shiftKey ? 120 : 40;
  switch (event.key) {
    case '+': case '=': pose.zoomBy(1.5); return true;
    case '-': pose.zoomBy(1 / 1.5); return true;
    case '0': pose.fit(); return true;
    case 's': case 'S': setSwipe(!swipe); return true;
    default: break;
  }
  if (onRange) return false;
  switch (event.key) {
    // Unzoomed there is nothing to pan: the arrows turn pages, or move the divider.
    case 'ArrowLeft': if (pose.isZoomed) pose.panBy(step, 0); else if (swipe) moveSwipe(swipeAt - 0.05); else turn(-1); break;
    case 'ArrowRight': if (pose.isZoomed) pose.panBy(-step, 0); else if (swipe) moveSwipe(swipeAt + 0.05); else turn(1); break;
    case 'ArrowUp': pose.panBy(0, step); break;
    case 'ArrowDown': pose.panBy(0, -step); break;
    default: return false;
  }
  draw();
  return true;
}

/** @param {number} at */
function moveSwipe(at) {
  swipeAt = Math.min(1, Math.max(0, at));
  input('viewer-swipe-at').value = String(swipeAt);
  draw();
}

/** Draws in the next frame, once. */
function draw() {
  if (frame || !items.length) return;
  frame = requestAnimationFrame(() => {
    frame = 0;
    drawNow();
  });
}

function drawNow() {
  const item = items[index];
  if (!item || !dialog().open) return;
  const { view } = state;
  const at = byteThreshold(view.threshold);
  compose(item, at);
  const stage = $('stage');
  const canvas = /** @type {HTMLCanvasElement} */ ($('stage-canvas'));
  const ratio = devicePixelRatio || 1;
  const w = stage.clientWidth;
  const hgt = stage.clientHeight;
  if (canvas.width !== Math.round(w * ratio)) canvas.width = Math.round(w * ratio);
  if (canvas.height !== Math.round(hgt * ratio)) canvas.height = Math.round(hgt * ratio);
  const context = canvas.getContext('2d');
  if (!context) return;
  const { left, top, scale } = pose.place(item, w, hgt);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, w, hgt);
  context.imageSmoothingEnabled = scale < 3;
  context.imageSmoothingQuality = 'high';
  const outlines = item.source ? outlinesOf(item.source) : null;
  const lines = outlines && item.source && layer === 'prediction' && view.overlay ? () => strokeOutlines(context, outlines, { left, top, scale: (item.width * scale) / (item.source?.width || 1) }, 1) : null;
  if (swipe) {
    const x = swipeAt * w;
    part(context, plain, 0, x, hgt, left, top, item, scale);
    part(context, masked, x, w, hgt, left, top, item, scale, lines);
    context.fillStyle = '#ffffff';
    context.fillRect(x - 1, 0, 2, hgt);
    context.beginPath();
    context.arc(x, hgt / 2, 14, 0, 7);
    context.fill();
    context.fillStyle = '#17211c';
    context.font = '14px system-ui';
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText('‹ ›', x, hgt / 2);
  } else {
    context.drawImage(masked, left, top, item.width * scale, item.height * scale);
    lines?.();
  }
  setText($('zoom-value'), pose.words);
  const share = item.probability && !item.classes.length ? ` · mask ${percent(coverage(item.probability, at))}` : '';
  const facts = [item.facts, outlines ? outlineWords(outlines) : '', item.iou === null ? '' : iouWords(item.iou, view.threshold, item.classes.length, item.iouAt)].filter(Boolean).join(' · ');
  setText($('viewer-facts'), `${facts}${share}${items.length > 1 ? ` · ${index + 1} of ${items.length}` : ''}`);
  show($('errors-key'), layer === 'errors' && !item.classes.length && item.truth !== null && item.probability !== null);
}

/**
 * @param {CanvasRenderingContext2D} context @param {HTMLCanvasElement} picture @param {number} from @param {number} to @param {number} height
 * @param {number} left @param {number} top @param {Item} item @param {number} scale @param {(() => void) | null} [lines] drawn over it
 */
function part(context, picture, from, to, height, left, top, item, scale, lines) {
  context.save();
  context.beginPath();
  context.rect(from, 0, to - from, height);
  context.clip();
  context.drawImage(picture, left, top, item.width * scale, item.height * scale);
  lines?.();
  context.restore();
}

/** Composes the layers when something about them changed; zoom and pan only draw. @param {Item} item @param {number} at */
function compose(item, at) {
  const { overlay, opacity } = state.view;
  const key = `${index} ${item.width} ${layer} ${overlay} ${opacity} ${at} ${item.truth?.length} ${item.pair === null ? '' : `${nudgeKeyOf()} ${item.moved} ${leftOutOf(item.pair).length} ${heldBackKey(item.pair)}`}`;
  if (key === composed) return;
  composed = key;
  const { width, height, rgba, probability } = item;
  const truth = item.pair === null ? item.truth : nudgedMask(item);
  paintImage(plain, item);
  const wantsTruth = layer === 'truth' || !probability;
  const mask = wantsTruth ? truth : probability;
  const cut = wantsTruth ? 128 : at;
  const style = { classes: item.classes, at: cut, opacity };
  if (layer === 'errors' && truth && probability && !item.classes.length) paintErrors(masked, { width, height, rgba, mask: probability, truth }, at, opacity, overlay);
  else if (layer === 'errors' && truth && probability) paintLayers(masked, { width, height, rgba, mask: probability, truth }, { ...style, layer: 'errors' });
  else if (layer === 'heat' && probability) paintLayers(masked, { width, height, rgba, mask: probability }, { ...style, layer: 'raw' });
  else paintLayers(masked, { width, height, rgba, mask }, { ...style, layer: overlay ? 'overlay' : 'mask' });
  if (item.pair !== null) markParts(masked, leftOutOf(item.pair), []);
  // Results are of the whole scene; of pairs, and of those alone, it is to be seen what is trained on.
  for (const canvas of [plain, masked]) hatch(canvas, item.pair);
}

/** Turns the overlay on or off everywhere. */
export function toggleOverlay() {
  state.view.overlay = !state.view.overlay;
  changed();
}
