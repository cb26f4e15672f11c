// @ts-check
/**
 * The choice of bands, where a file has more than three: beside the images to train on and beside those to predict.
 */
import { $, setText, show } from './dom.js';
import { setBands } from './session.js';
import { onPaint, running, state } from './store.js';

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
  onPaint(paint);
}

/** @param {string} text @returns {number[] | null} */
function parse(text) {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  return parts.every((part) => /^\d{1,2}$/.test(part)) ? parts.map(Number) : null;
}

const help = () => `Red, green, blue of ${state.bands?.most ?? 0} bands, or one as grey; empty for the usual ones. Applies to all images.`;

function paint() {
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
