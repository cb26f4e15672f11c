// @ts-check
/**
 * The Predict place: model, images, results with threshold and opacity that act at once.
 */
import { $, h, inSlices, setText, show } from '../../ui/dom.js';
import { downloadAll, downloadModel, downloadOne, downloadOutlines, downloadTable, kindsOf } from './downloads.js';
import { pick } from '../files.js';
import { amount, count, duration, iouWords, length, percent, plural, size } from '../../ui/format.js';
import { outlinesOf, strokeOutlines, wantOutlines } from './live-outlines.js';
import { geojsonLabel, oneMapHelp, outlineWords, qgisSteps } from './outline-strings.js';
import { byteThreshold, coverage, paintImage } from '../../ui/paint.js';
import { classKey, paintLayers } from '../../ui/paint-classes.js';
import { typedName } from '../train/model-name.js';
import { onEvent, say } from '../../core/reduce.js';
import { clear } from '../../core/data-files.js';
import { send } from '../../core/engine.js';
import { bandsOf, changed, hasData, onPaint, running, state } from '../../core/store.js';
import { formatHelp, seenWords } from '../../ui/strings.js';
import { paintFaultList } from '../fault-list.js';
import { openResults } from '../viewer/viewer.js';

/**
 * @typedef {import('../../core/types.js').PredictionResult} PredictionResult
 * @typedef {{ li: HTMLLIElement, canvas: HTMLCanvasElement, name: HTMLElement, facts: HTMLElement, result: PredictionResult, drawn: string }} Card
 */

const PAGE = 60;
/** Thumbnails of inputs shown; the rest is only counted. */
const MAX_THUMBS = 48;
let shown = PAGE;
/** @type {Card[]} */
const cards = [];
/** @type {unknown} */
let paintedInputs = null;

export function initPredict() {
  $('model-format').addEventListener('change', paintFormatHelp);
  $('save-model').addEventListener('click', () => void saveModel(/** @type {any} */ (/** @type {HTMLSelectElement} */ ($('model-format')).value)));
  $('for-qgis').addEventListener('click', () => void saveModel('onnx_qgis'));
  $('download-table').addEventListener('click', () => void downloadTable());
  $('load-model').addEventListener('click', () => pick('pick-model', 'predict'));
  $('predict-files').addEventListener('click', () => pick('pick-files', 'predict'));
  $('predict-folder').addEventListener('click', () => pick('pick-folder', 'predict'));
  $('clear-predict').addEventListener('click', () => clear('predict'));
  $('predict-validation').addEventListener('change', changed);
  $('as-one-map').addEventListener('change', changed);
  $('predict').addEventListener('click', predict);
  $('cancel-predict').addEventListener('click', () => send({ type: 'cancel_predict' }));
  $('results-more').addEventListener('click', () => {
    shown += PAGE;
    changed();
  });
  const kind = /** @type {HTMLSelectElement} */ ($('zip-kind'));
  const zip = /** @type {HTMLButtonElement} */ ($('download-zip'));
  zip.addEventListener('click', async () => {
    zip.disabled = true;
    if (kind.value === 'outlines') await downloadOutlines();
    else await downloadAll(kindsOf(kind.value), (line) => setText($('zip-line'), line));
    zip.disabled = false;
  });
  onEvent((event) => {
    // A loaded model is for predicting; a trained one leaves people where they are.
    if (event.type === 'model' && event.model && !running() && !state.run) state.place = 'predict';
    // One that is refused is told of there too, where nothing else has a place to do it.
    if (event.type === 'fault' && event.stage === 'model' && event.file && !hasData()) state.place = 'predict';
  });
  onPaint(paint);
}

/** The model and threshold that the steps for QGIS are of: those of the file. @type {{ model: import('../../core/types.js').ModelInfo, threshold: number } | null} */
let inQgis = null;

/** @param {import('../../core/types.js').ModelFormat} format */
async function saveModel(format) {
  const { model, view } = state;
  const { threshold } = view;
  const saved = await downloadModel(format, typedName());
  if (saved && model && format === 'onnx_qgis') {
    inQgis = { model, threshold };
    $('qgis-list').replaceChildren(...qgisSteps(model, threshold).map((step) => h('li', {}, step)));
    say('The model is saved. Four steps for QGIS are shown below the button.');
  }
  changed();
}

function predict() {
  const validation = wantsValidation();
  state.results = [];
  state.faults = state.faults.filter((fault) => fault.stage !== 'predict' && fault.stage !== 'export');
  state.predicting = { done: 0, total: 0, elapsed_ms: 0, tiles_done: 0, tiles_total: 0 };
  shown = PAGE;
  state.predictedAt = state.view.threshold;
  setText($('zip-line'), '');
  const usual = { validation, threshold: state.view.threshold, averaged: ticked('tta'), adapted: ticked('adapt') };
  if (asOneMap()) send({ type: 'predict_mosaic', ...usual });
  else send({ type: 'predict', ...usual, match_resolution: ticked('match-resolution') });
  changed();
}

/** @param {string} id */
const ticked = (id) => /** @type {HTMLInputElement} */ ($(id)).checked;
const validationPairs = () => state.heldBack;
const asOneMap = () => state.mosaic !== null && ticked('as-one-map');
const wantsValidation = () => validationPairs() > 0 && ticked('predict-validation');

/** @returns {{ ok: boolean, why: string }} */
function canPredict() {
  if (!state.model) return { ok: false, why: 'A model is needed first: train one, or load one.' };
  if (running()) return { ok: false, why: 'Stop the run, or wait for its end.' };
  if (state.predicting) return { ok: false, why: '' };
  if (state.reading) return { ok: false, why: 'Files are still being read.' };
  if (!state.inputs.length && !wantsValidation()) return { ok: false, why: validationPairs() ? 'Drop images, or tick the validation pairs.' : 'Drop the images to predict.' };
  return { ok: true, why: '' };
}

function paint() {
  const { model, inputs, results, predicting } = state;
  if (state.place !== 'predict') return;
  paintFormatHelp();
  setText($('model-line'), model ? `${/^run \d+$/.test(model.name) ? 'Trained here' : model.name}: ${amount(model.parameters)} parameters, ${seenWords(bandsOf(model), model.channels)}, ${model.base} filters, ${model.classes.length ? `${model.classes.length} classes, ` : ''}weights of step ${count(model.steps)}${model.pixel_m ? `, ${length(model.pixel_m)} a pixel` : ''}.` : 'There is no model yet. Train one, or load a file saved here (.safetensors) or Keras weights of the classic networks (.h5).');
  /** @type {HTMLButtonElement} */ ($('save-model')).disabled = !model || running();
  /** @type {HTMLButtonElement} */ ($('for-qgis')).disabled = !model || running();
  // Of a model that is no longer the one here they would be wrong.
  if (inQgis && inQgis.model !== model) inQgis = null;
  show($('qgis-steps'), inQgis !== null);
  /** @type {HTMLButtonElement} */ ($('load-model')).disabled = running() || predicting !== null;
  setText($('inputs-count'), inputs.length ? plural(inputs.length, 'image') : '');
  show($('clear-predict'), inputs.length > 0);
  setText($('predict-validation-text'), validationPairs() ? `Also the ${plural(validationPairs(), 'validation pair')}` : 'Also the validation pairs (none now)');
  show($('as-one-map-line'), state.mosaic !== null);
  if (state.mosaic) setText($('as-one-map-help'), oneMapHelp(state.mosaic, state.inputs.length));
  // Resampled, the images' pixels would not lie on one grid.
  /** @type {HTMLInputElement} */ ($('match-resolution')).disabled = asOneMap();
  const { ok, why } = canPredict();
  /** @type {HTMLButtonElement} */ ($('predict')).disabled = !ok;
  show($('predict-why'), Boolean(why));
  setText($('predict-why'), why);
  show($('predicting'), predicting !== null);
  if (predicting) {
    const left = predicting.done >= 5 && predicting.total ? ` · ${duration((predicting.elapsed_ms / predicting.done) * (predicting.total - predicting.done))} left` : '';
    const { tiles_done = 0, tiles_total = 0 } = predicting;
    const share = tiles_total ? tiles_done / tiles_total : 0;
    const rest = tiles_done >= 5 && predicting.total === 1 ? ` · ${duration((predicting.elapsed_ms / share) * (1 - share))} left` : left;
    const tiles = tiles_total ? `, tile ${count(tiles_done)} of ${count(tiles_total)}` : '';
    setText($('predicting-text'), predicting.total ? `${count(predicting.done)} of ${plural(predicting.total, 'image')}${tiles}${rest}` : 'Preparing');
    const bar = /** @type {HTMLProgressElement} */ ($('predict-bar'));
    if (predicting.total) bar.value = (predicting.done + share) / predicting.total;
    else bar.removeAttribute('value');
  }
  paintFaultList('predict-faults', (fault) => fault.purpose === 'predict' || fault.stage === 'predict' || fault.stage === 'export' || fault.stage === 'model');
  show($('predict-empty'), !results.length && !predicting);
  setText($('predict-empty-text'), !model ? 'Masks of new images appear here. First train a model, or load one saved before.' : inputs.length || wantsValidation() ? 'Press Predict masks. Each mask appears as soon as it is done, at the size of its image.' : 'Drop the images you want masks for.');
  paintInputs();
  paintResults();
}

function paintInputs() {
  if (paintedInputs === state.inputs) return;
  paintedInputs = state.inputs;
  show($('inputs-geo'), state.inputs.some((input) => input.geo));
  setText($('inputs-geo'), geoLine());
  const some = state.inputs.slice(0, MAX_THUMBS);
  const canvases = some.map(() => h('canvas', {}));
  $('inputs').replaceChildren(...some.map((input, i) => h('li', { title: input.path }, canvases[i], h('span', { class: 'sr' }, input.name))));
  inSlices('inputs', some.entries(), ([i, input]) => paintImage(canvases[i], { width: input.thumb_width, height: input.thumb_height, rgba: input.thumb_rgba }));
}

function paintFormatHelp() {
  const help = formatHelp(/** @type {HTMLSelectElement} */ ($('model-format')).value, state.model);
  show($('model-format-help'), help !== '');
  setText($('model-format-help'), help);
}

/** Where the images lie, in one line. */
function geoLine() {
  const placed = state.inputs.filter((input) => input.geo);
  if (!placed.length) return '';
  const geo = /** @type {import('../../core/types.js').GeoInfo} */ (placed[0].geo);
  const parts = [geo.crs ?? (geo.epsg ? `EPSG:${geo.epsg}, not known here` : geo.unknown_crs ? `“${geo.unknown_crs}”, a reference system without a code` : 'no reference system named')];
  if (geo.pixel_m) parts.push(`${length(geo.pixel_m[0])} a pixel`);
  if (geo.ground_m) parts.push(`${length(geo.ground_m[0])} × ${length(geo.ground_m[1])}`);
  if (geo.rotated) parts.push('rotated');
  if (geo.negative_scale) parts.push('its vertical pixel scale is negative, read as QGIS does: the sign dropped');
  const some = placed.length === state.inputs.length ? (placed.length > 1 ? 'All placed, the first: ' : 'Placed: ') : `${count(placed.length)} of ${count(state.inputs.length)} placed, the first: `;
  return `${some}${parts.join(', ')}.`;
}

function paintResults() {
  const { results, view } = state;
  show($('results-card'), results.length > 0);
  setText($('results-title'), plural(results.length, 'mask'));
  const classes = state.model?.classes ?? [];
  show($('threshold-label'), classes.length === 0);
  show($('result-classes'), classes.length > 0);
  if ($('result-classes').childElementCount !== classes.length) $('result-classes').replaceChildren(...classKey(classes));
  const some = results.slice(0, shown);
  while (cards.length > some.length) cards.pop()?.li.remove();
  some.forEach((result, index) => {
    if (cards[index]?.result === result) return;
    const card = newCard(result, index);
    if (cards[index]) cards[index].li.replaceWith(card.li);
    else $('results').append(card.li);
    cards[index] = card;
  });
  show($('results-more'), results.length > shown);
  wantOutlines(cards.map(({ result }) => result));
  const key = (/** @type {Card} */ { result }) => `${view.overlay} ${view.threshold} ${view.opacity} ${outlinesOf(result)?.key}`;
  if (!cards.some((card) => card.drawn !== key(card))) return;
  inSlices('results', cards.filter((card) => card.drawn !== key(card)), (card) => fillCard(card, key(card)));
}

/** @param {PredictionResult} result @param {number} index @returns {Card} */
function newCard(result, index) {
  const canvas = h('canvas', {});
  const facts = h('span', { class: 'small tabular' });
  const name = h('span', { class: 'name', title: result.name }, result.name);
  const file = (/** @type {import('../../core/types.js').ExportKind} */ kind, /** @type {string} */ label, /** @type {string} */ what) => h('button', { type: 'button', class: 'quiet', 'data-kind': kind, 'aria-label': `${label} of ${result.name}, ${what}`, onclick: () => void downloadOne(result.result, kind) }, label);
  const placed = result.place === 'known';
  const outlines = file('geojson', geojsonLabel(placed), placed ? 'outlines' : 'outlines, without a place on a map');
  const tif = result.place === 'none' ? null : file('class_tif', 'GeoTIFF', 'mask');
  const png = file('mask_png', 'PNG', 'mask');
  const li = h('li', { class: 'pair' },
    h('button', { type: 'button', class: 'picture', 'aria-label': `Open ${result.name}`, onclick: () => openResults(index) }, canvas),
    name, facts, h('div', { class: 'card-files' }, ...(placed ? [outlines, tif, png] : [png, tif, outlines])));
  return { li, canvas, name, facts, result, drawn: '' };
}

/** @param {Card} card @param {string} key */
function fillCard(card, key) {
  const { result } = card;
  card.drawn = key;
  const at = byteThreshold(state.view.threshold);
  const layers = { width: result.view_width, height: result.view_height, rgba: result.rgba, mask: result.probability };
  const classes = state.model?.classes ?? [];
  paintLayers(card.canvas, layers, { classes, at, opacity: state.view.opacity, layer: state.view.overlay ? 'overlay' : 'mask' });
  const outlines = outlinesOf(result);
  const context = card.canvas.getContext('2d');
  if (outlines && context && state.view.overlay) {
    const { width, clientWidth } = card.canvas;
    strokeOutlines(context, outlines, { left: 0, top: 0, scale: width / result.width }, width / (clientWidth || width / 4));
  }
  const found = outlines ? ` · ${outlineWords(outlines)}` : '';
  const share = classes.length ? '' : ` · mask ${percent(coverage(result.probability, at))}`;
  setText(card.facts, `${size(result.width, result.height)}${found}${share}${result.metrics?.iou != null ? ` · ${iouWords(result.metrics.iou, state.view.threshold, classes.length, state.predictedAt)}` : ''}${resolutionOf(result)}`);
}

/** How the image's resolution on the ground was made the model's. @param {PredictionResult} result */
function resolutionOf({ resolution }) {
  if (!resolution) return '';
  const [image, model] = [length(resolution.image_m), length(resolution.model_m)];
  return resolution.resampled ? ` · resampled from ${image} to ${model} a pixel` : ` · ${image} a pixel, the model was trained at ${model}`;
}
