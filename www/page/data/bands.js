// @ts-check
/**
 * The choice of bands, where a file has more than three: beside the images to train on and beside those to predict.
 */
import { $, setText, show } from '../../ui/dom.js';
import { setBands } from '../../core/data-files.js';
import { fourthBandLine } from './data-strings.js';
import { changed, onPaint, running, state } from '../../core/store.js';

const PLACES = ['train', 'predict'];

/** @param {string} place */
const field = (place) => /** @type {HTMLInputElement} */ ($(`bands-${place}`));

export function initBands() {
  for (const place of PLACES) {
    field(place).addEventListener('change', () => {
      const numbers = parse(field(place).value);
      const most = state.bands?.most ?? 0;
      const fits = numbers !== null && [0, 1, 3].includes(numbers.length) && numbers.every((n) => n >= 1 && n <= most);
      field(place).setAttribute('aria-invalid', String(!fits));
      setText($(`bands-${place}-help`), fits ? help() : `Type one number or three, each from 1 to ${most}; nothing for the usual ones.`);
      if (fits && numbers) setBands(numbers);
    });
  }
  $('band-infrared').addEventListener('click', () => {
    const band = state.bands?.most ?? 4;
    // The usual false colours: infrared, red, green. A band that is shown is none that is transparent.
    setBands([band, 1, 2]);
    $('main').focus();
  });
  $('band-alpha').addEventListener('click', () => {
    answered = state.dataset?.fingerprint ?? '';
    changed();
    $('main').focus();
  });
  onPaint(paint);
}

/** The data set whose last band was said to be transparency. */
let answered = '';

/** Asks what a last band of many values is, until it is said. */
function paintQuestion() {
  const { dataset, bands } = state;
  const unsure = dataset?.pairs.filter(({ notes }) => notes.some(({ code }) => code === 'alpha_may_be_band')) ?? [];
  show($('band-question'), unsure.length > 0 && dataset?.fingerprint !== answered);
  if (!unsure.length) return;
  setText($('band-question-line'), fourthBandLine(unsure.map(({ name }) => name), bands?.most ?? 4));
  for (const id of ['band-infrared', 'band-alpha']) /** @type {HTMLButtonElement} */ ($(id)).disabled = running() || state.predicting !== null || state.reading !== null;
}

/** @param {string} text @returns {number[] | null} */
function parse(text) {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  return parts.every((part) => /^\d{1,2}$/.test(part)) ? parts.map(Number) : null;
}

const help = () => `Red, green, blue of ${state.bands?.most ?? 0} bands, or one as grey; empty for the usual ones. Applies to all images.`;

function paint() {
  paintQuestion();
  for (const place of PLACES) {
    show($(`bands-${place}-line`), state.bands !== null);
    if (!state.bands) continue;
    field(place).disabled = running() || state.predicting !== null || state.reading !== null;
    if (document.activeElement !== field(place)) {
      field(place).value = state.bands.shown.join(', ');
      field(place).removeAttribute('aria-invalid');
      setText($(`bands-${place}-help`), help());
    }
  }
}
