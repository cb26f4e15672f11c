// @ts-check
/**
 * Pictures that came without masks: what they are, and the ways on. Masks without pictures too.
 */
import { $, h, inSlices, setText, show } from '../../ui/dom.js';
import { SAMPLE_SEED } from './data-view.js';
import { pick } from '../files.js';
import { baseName, count, size } from '../../ui/format.js';
import { focusHeading, go } from '../header.js';
import { paintImage } from '../../ui/paint.js';
import { passedWords, picturesWords, predictWords, vectorLines } from './unpaired-strings.js';
import { openLabels } from '../label/editor.js';
import { clear, sampleScenes, sendFiles } from '../../core/data-files.js';
import { kept, onPaint, running, state, unpaired } from '../../core/store.js';

/** Pictures shown; the rest is counted. */
const MAX_SHOWN = 24;

/** @type {unknown} */
let painted = null;
let paintedHeld = false;

export function initUnpaired() {
  $('pictures-add').addEventListener('click', () => pick('pick-files', 'train'));
  $('pictures-paint').addEventListener('click', () => openLabels());
  $('pictures-predict').addEventListener('click', moveToPredict);
  $('pictures-sample').addEventListener('click', () => {
    focusHeading();
    sampleScenes(SAMPLE_SEED);
  });
  onPaint(paint);
}

/** What is for masks alone has no place among images to predict. */
const OUTLINES = /\.(geo)?jsonl?$|\.(geojsons|geojsonseq|gpkg|fgb|kml|osm|shp|shx|dbf|sbn|sbx|qix)$/i;

/** The files to train on become images to predict, without being dropped again. */
function moveToPredict() {
  const entries = kept.train.filter(({ path }) => !OUTLINES.test(path));
  clear('train');
  sendFiles(entries, 'predict');
  go('predict');
}

function paint() {
  if (state.place !== 'data') return;
  const held = running() || state.predicting !== null || state.reading !== null;
  if (painted === state.dataset && paintedHeld === held) return;
  const fresh = painted !== state.dataset;
  painted = state.dataset;
  paintedHeld = held;
  for (const id of ['pictures-add', 'pictures-paint', 'pictures-predict', 'pictures-sample']) /** @type {HTMLButtonElement} */ ($(id)).disabled = held;
  if (fresh) {
    paintPictures();
    paintWords();
  }
}

function paintPictures() {
  const { images, masks } = unpaired();
  const pairs = state.dataset?.pairs.length ?? 0;
  // Where there are both they are paired by hand, in a card of its own.
  const shown = (images.length > 0) !== (masks.length > 0);
  const card = $('pictures-card');
  const focused = card.contains(document.activeElement);
  show(card, shown);
  if (!shown) {
    $('pictures').replaceChildren();
    if (focused) focusHeading();
    return;
  }
  const placed = images.filter((file) => file.placed).length;
  const words = picturesWords({ images: images.length, masks: masks.length, placed, pairs });
  setText($('pictures-title'), words.title);
  setText($('pictures-line'), words.line);
  show($('pictures-place'), words.place !== '');
  setText($('pictures-place'), words.place);
  show($('pictures-ways'), images.length > 0 && pairs === 0);
  setText($('pictures-predict'), predictWords(images.length));
  const files = images.length ? images : masks;
  const some = files.slice(0, MAX_SHOWN);
  const canvases = some.map(() => h('canvas', {}));
  const items = some.map((file, i) => h('li', { title: file.path },
    canvases[i], h('bdi', { class: 'name' }, baseName(file.path)), h('span', { class: 'small tabular' }, `${size(file.width, file.height)}${file.placed && placed < images.length ? ' · placed' : ''}`)));
  if (files.length > some.length) items.push(h('li', { class: 'small' }, `and ${count(files.length - some.length)} more`));
  $('pictures').replaceChildren(...items);
  inSlices('pictures', some.entries(), ([i, file]) => paintThumb(canvases[i], file));
}

/** @param {HTMLCanvasElement} canvas @param {import('../../core/types.js').Unpaired} file */
export function paintThumb(canvas, file) {
  if (file.thumb_rgba.length) paintImage(canvas, { width: file.thumb_width, height: file.thumb_height, rgba: file.thumb_rgba });
}

/** What the card of the data set says of outlines and of files that are none of it. */
function paintWords() {
  const vectors = state.dataset?.vectors ?? [];
  show($('data-vectors'), vectors.length > 0);
  $('data-vectors').replaceChildren(...vectorLines(vectors).map((line) => h('li', {}, line)));
  const passed = state.dataset ? passedWords(state.dataset.passed_over) : '';
  show($('data-passed'), passed !== '');
  setText($('data-passed'), passed);
}
