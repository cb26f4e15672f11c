// @ts-check
/**
 * The dataset doctor: what is wrong with the set as a whole, each with a picture, a cause and one click that mends it.
 */
import { $, h, inSlices, setText, show } from './dom.js';
import { plural } from './format.js';
import { paintLayers } from './paint-classes.js';
import { send } from './session.js';
import { applySettings, hasSettings } from './settings.js';
import { onPaint, running, state } from './store.js';
import { findingWords } from './strings.js';
import { openPairs } from './viewer.js';

/**
 * @typedef {import('./types.js').Finding} Finding
 * @typedef {import('./types.js').Mend} Mend
 */

/** Names written out under a finding; the others are counted. */
const MAX_NAMES = 4;

/** @type {unknown} */
let painted = null;
let paintedWith = '';

export function initDoctor() {
  onPaint(paint);
}

/** Findings that a click would still change something about. */
const open = () => (state.dataset?.findings ?? []).filter(({ mend }) => mend.kind !== 'settings' || !hasSettings(mend.settings));

function paint() {
  if (state.place !== 'data') return;
  const findings = open();
  const held = running() || state.predicting !== null;
  const look = `${held} ${state.view.overlay} ${state.view.opacity} ${findings.map(({ code }) => code)}`;
  if (painted === state.dataset && paintedWith === look) return;
  painted = state.dataset;
  paintedWith = look;
  show($('doctor-card'), findings.length > 0);
  setText($('doctor-count'), plural(findings.length, 'finding'));
  /** @type {[HTMLCanvasElement, number][]} */
  const pictures = [];
  $('doctor').replaceChildren(...findings.map((finding) => item(finding, held, pictures)));
  inSlices('doctor', pictures, ([canvas, index]) => {
    const pair = state.dataset?.pairs[index];
    if (!pair?.thumb_rgba.length) return;
    const layers = { width: pair.thumb_width, height: pair.thumb_height, rgba: pair.thumb_rgba, mask: pair.thumb_mask };
    paintLayers(canvas, layers, { classes: state.dataset?.classes ?? [], at: 128, opacity: state.view.opacity, layer: state.view.overlay ? 'overlay' : 'image' });
  });
}

/** @param {Finding} finding @param {boolean} held @param {[HTMLCanvasElement, number][]} pictures */
function item(finding, held, pictures) {
  const { sentence, why, button } = findingWords(finding);
  const canvas = h('canvas', {});
  const [first] = finding.pairs;
  pictures.push([canvas, first]);
  const name = (/** @type {number} */ index) => state.dataset?.pairs[index]?.name ?? '';
  const names = finding.pairs.slice(0, MAX_NAMES).map(name).join(', ');
  const more = finding.pairs.length - MAX_NAMES;
  return h('li', { data: { code: finding.code } },
    h('button', { type: 'button', class: 'picture', 'aria-label': `Open ${name(first)}`, onclick: () => openPairs(first) }, canvas),
    h('div', {}, h('p', {}, h('strong', {}, sentence)), h('p', { class: 'small' }, why), h('p', { class: 'small path' }, more > 0 ? `${names} and ${more} more` : names)),
    h('button', { type: 'button', class: 'mend', disabled: held, onclick: () => mend(finding.mend) }, button));
}

/** @param {Mend} change */
function mend(change) {
  if (change.kind === 'exclude') send({ type: 'set_excluded', pairs: change.pairs, excluded: true });
  else if (change.kind === 'rule') send({ type: 'set_mask_rule', rule: change.rule });
  else applySettings(change.settings);
  // The button is about to vanish with its finding.
  $('doctor-title').focus();
}
