// @ts-check
/**
 * How outlines are drawn: their controls, what they start with, and what is said of them before a file is made.
 */
import { USUAL_SMALLEST_PX } from '../../generated/constants.js';
import { $, setText, show } from '../../ui/dom.js';
import { parseNumber } from '../../ui/fields.js';
import { pixelsLine, separateLine } from './outline-strings.js';
import { changed, onPaint, state } from '../../core/store.js';

/** On a map lines are drawn as people draw them; without a place the pixels' own edges are the plainer choice. */
const SIMPLIFY_PLACED = '1.5';
const SIMPLIFY_UNPLACED = '0';
/** Choices that hold a GeoJSON file of every image. */
const WITH_GEOJSON = ['geojson', 'map'];

/** Somebody typed a number of their own for the lines, or for the smallest area. */
let typed = false;
let typedSmallest = false;
/** What the smallest area was set for. */
let setFor = '';
/** Somebody chose a kind of file. */
let chosen = false;

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ ($(id));
const kind = () => /** @type {HTMLSelectElement} */ ($('zip-kind'));

/** Results whose outlines lie on the ground. */
export const placedResults = () => state.results.filter(({ place }) => place === 'known');

/**
 * How outlines are asked for, from their controls; what is no number there is as usual.
 * @returns {import('../../core/types.js').Outlines}
 */
export function outlineOptions() {
  const value = (/** @type {string} */ id, /** @type {number} */ usual) => {
    const number = parseNumber(input(id).value, false);
    return Number.isFinite(number) && number >= 0 ? number : usual;
  };
  const usual = Number(placedResults().length ? SIMPLIFY_PLACED : SIMPLIFY_UNPLACED);
  return { smallest: value('outline-smallest', USUAL_SMALLEST_PX), unit: /** @type {HTMLSelectElement} */ ($('outline-unit')).value === 'm2' ? 'm2' : 'px', simplify_px: value('outline-simplify', usual), right_angles: input('outline-right-angles').checked, separate: input('outline-separate').checked };
}

export function initOutlineOptions() {
  $('outline-simplify').addEventListener('input', () => {
    typed = true;
  });
  kind().addEventListener('change', () => {
    chosen = true;
    changed();
  });
  for (const id of ['outline-smallest', 'outline-unit']) $(id).addEventListener('input', () => {
    typedSmallest = true;
  });
  for (const id of ['outline-smallest', 'outline-simplify']) $(id).addEventListener('input', changed);
  for (const id of ['outline-unit', 'outline-right-angles', 'outline-separate']) $(id).addEventListener('change', changed);
  onPaint(() => state.place === 'predict' && paint());
}

function paint() {
  const { results } = state;
  const located = placedResults().length;
  if (results.length) start(located > 0);
  paintOptions(located);
  const one = kind().value === 'outlines';
  setText($('download-zip'), one ? 'Download GeoJSON' : 'Download all as zip');
  const pixels = WITH_GEOJSON.includes(kind().value) ? pixelsLine(results.length - located, results.length, false) : one ? pixelsLine(results.length - located, results.length, true) : '';
  show($('outline-pixels'), pixels !== '');
  setText($('outline-pixels'), pixels);
}

/**
 * Half of what the smallest objects measure that the model was trained on, on the ground where that is known; else what is
 * mostly noise.
 * @param {boolean} placed @returns {[string, 'px' | 'm2']}
 */
function usualSmallest(placed) {
  const { about, pixel_m } = state.model ?? {};
  const px = about?.least_object_px;
  if (px == null) return [String(USUAL_SMALLEST_PX), 'px'];
  if (!placed || !pixel_m) return [String(px), 'px'];
  const m2 = px * pixel_m * pixel_m;
  return [String(Number(m2.toPrecision(2))), 'm2'];
}

/** What the controls start with, as long as nobody chose. @param {boolean} placed some image has a place on the ground */
function start(placed) {
  if (!typed) input('outline-simplify').value = placed ? SIMPLIFY_PLACED : SIMPLIFY_UNPLACED;
  const [smallest, unit] = usualSmallest(placed);
  const wanted = `${smallest} ${unit}`;
  // Somebody's own number for one model stays for the next one.
  if (!typedSmallest && wanted !== setFor) {
    setFor = wanted;
    input('outline-smallest').value = smallest;
    /** @type {HTMLSelectElement} */ ($('outline-unit')).value = unit;
  }
  const option = /** @type {HTMLOptionElement} */ (kind().querySelector('option[value="outlines"]'));
  option.hidden = !placed;
  option.disabled = !placed;
  if (placed && !chosen) kind().value = 'outlines';
  else if (!placed && kind().value === 'outlines') kind().value = 'mask_png';
}

/** Says beside the controls what they come to. @param {number} located images with a place */
function paintOptions(located) {
  const metres = /** @type {HTMLOptionElement | null} */ ($('outline-unit').querySelector('option[value="m2"]'));
  if (metres) metres.disabled = located === 0;
  if (!located && /** @type {HTMLSelectElement} */ ($('outline-unit')).value === 'm2') /** @type {HTMLSelectElement} */ ($('outline-unit')).value = 'px';
  for (const id of ['outline-smallest', 'outline-simplify']) {
    const number = parseNumber(input(id).value, false);
    if (Number.isFinite(number) && number >= 0) input(id).removeAttribute('aria-invalid');
    else input(id).setAttribute('aria-invalid', 'true');
  }
  const { smallest, unit, simplify_px, right_angles, separate } = outlineOptions();
  show($('outline-error'), $('outline-options').querySelector('[aria-invalid]') !== null);
  const areas = smallest > 0 ? `areas from ${smallest} ${unit === 'm2' ? 'm²' : 'pixels'}` : 'all areas';
  setText($('outline-summary'), `Outlines: ${areas}, ${simplify_px > 0 ? `lines within ${simplify_px} px` : 'lines along the pixels'}${right_angles ? ', right angles' : ''}${separate ? ', touching objects apart' : ''}`);
  setText($('outline-separate-help'), separateLine(state.model?.classes ?? []));
  show($('outline-unplaced'), unit === 'm2' && located < state.results.length);
}
