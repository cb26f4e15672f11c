// @ts-check
/**
 * The choice of bands, where a file has more than three: beside the images to train on, beside those to predict, and in the
 * settings, which name those that the network sees.
 */
import { $, setText, show } from '../../ui/dom.js';
import { followModel, readAgain, readNetworkBands, setBands } from '../../core/data-files.js';
import { bandsHelp, fourthBandLine, networkBandsHelp } from './data-strings.js';
import { bandsOf, changed, onPaint, running, state } from '../../core/store.js';
import { wantedBands } from '../train/settings.js';
import { numbersInRuns } from '../../ui/strings.js';

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
  const list = /** @type {HTMLInputElement} */ ($('set-bands'));
  list.addEventListener('input', () => {
    typing = true;
  });
  // With Enter the focus stays; and after what was checked while somebody typed nothing else paints.
  for (const done of ['change', 'blur']) {
    list.addEventListener(done, () => {
      typing = false;
      if (!running() && !state.predicting && !state.reading) readAgain();
      changed();
    });
  }
  onPaint(() => {
    paint();
    follow();
  });
}

/** Whether somebody is about to change the list in the settings. */
let typing = false;

/** Mistakes in the list itself: with them nothing is read. */
const NO_LIST = new Set(['not_a_number', 'not_whole', 'out_of_range', 'too_many_bands', 'same_band', 'not_in_classic']);

/** The list that the settings say, as it was checked; null where it is none. */
function networkBands() {
  const { config: report } = state;
  return !report || report.errors.some(({ field: name, code }) => name === 'bands' && NO_LIST.has(code)) ? null : (report.config.bands ?? []);
}

/** Brings the images to the bands of the settings and of the model, once nothing else is under way and nobody types. */
function follow() {
  const network = networkBands();
  if (!network || running() || state.starting || state.predicting || state.reading) return;
  // A check that is not answered yet may say others.
  if (!typing && network.join() === wantedBands().join()) readNetworkBands(network);
  if (!state.reading) followModel();
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

const help = () => (state.bands ? bandsHelp(state.bands) : '');

/** The bands that are not chosen here, because the settings or the model name them. @param {string} place */
const named = (place) => (place === 'train' ? (networkBands() ?? []) : (state.model ? bandsOf(state.model) : []));

function paint() {
  paintQuestion();
  for (const place of PLACES) {
    show($(`bands-${place}-line`), state.bands !== null && state.bands.most > 3);
    if (!state.bands) continue;
    const elsewhere = named(place);
    field(place).disabled = elsewhere.length > 0 || running() || state.predicting !== null || state.reading !== null;
    if (elsewhere.length) {
      field(place).value = numbersInRuns(elsewhere);
      field(place).removeAttribute('aria-invalid');
      setText($(`bands-${place}-help`), networkBandsHelp(place, state.bands, elsewhere));
      continue;
    }
    if (document.activeElement !== field(place)) {
      field(place).value = numbersInRuns(state.bands.shown);
      field(place).removeAttribute('aria-invalid');
      setText($(`bands-${place}-help`), help());
    }
  }
}
