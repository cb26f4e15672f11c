// @ts-check
/**
 * Findings: what is wrong with the set as a whole, each with a picture, a cause and one click that mends it.
 */
import { findingWords } from './data-strings.js';
import { $, h, inSlices, setText, show } from '../../ui/dom.js';
import { plural } from '../../ui/format.js';
import { leaveOut } from './gallery.js';
import { focusHeading } from '../header.js';
import { paintLayers } from '../../ui/paint-classes.js';
import { mapFindingWords } from './map-strings.js';
import { markParts } from '../../ui/paint-parts.js';
import { send } from '../../core/engine.js';
import { applySettings, hasSettings } from '../train/settings.js';
import { onPaint, running, state } from '../../core/store.js';
import { openPairs, openToNudge } from '../viewer/viewer.js';

/**
 * @typedef {import('../../core/types.js').Finding} Finding
 */

/** Names written out under a finding; the others are counted. */
const MAX_NAMES = 4;

/** @type {unknown} */
let painted = null;
let paintedWith = '';

export function initFindings() {
  onPaint(paint);
}

/** Whether the settings are as a finding asks for: there is nothing to click, but the finding holds. @param {Finding} finding */
const settled = ({ mend }) => mend.kind === 'settings' && hasSettings(mend.settings);

/** Whether a finding tells of what was mended and can be undone. @param {Finding} finding */
const mended = ({ code }) => code === 'outlines_moved' || code === 'part_left_out';

function paint() {
  if (state.place !== 'data') return;
  const all = state.dataset?.findings ?? [];
  const isDone = (/** @type {Finding} */ finding) => settled(finding) || mended(finding);
  const open = all.filter((finding) => !isDone(finding));
  const findings = [...open, ...all.filter(isDone)];
  const held = running() || state.predicting !== null;
  const shown = `${held} ${state.view.overlay} ${state.view.opacity} ${findings.map(({ code }) => code)} ${open.length}`;
  if (painted === state.dataset && paintedWith === shown) return;
  painted = state.dataset;
  paintedWith = shown;
  const card = $('doctor-card');
  const list = $('doctor');
  // Who was here stays at the same control of the same finding, or near it where that is gone.
  const focused = card.contains(document.activeElement) ? document.activeElement : null;
  const code = /** @type {HTMLElement | null | undefined} */ (focused?.closest('li'))?.dataset.code;
  const control = focused?.matches('.mend') ? '.mend' : '.picture';
  show(card, findings.length > 0);
  setText($('doctor-count'), open.length ? plural(open.length, 'finding') : 'taken care of');
  /** @type {[HTMLCanvasElement, number, Finding][]} */
  const pictures = [];
  list.replaceChildren(...findings.map((finding) => item(finding, held, pictures)));
  if (focused && !findings.length) focusHeading();
  else if (code) /** @type {HTMLElement} */ (list.querySelector(`[data-code="${code}"] ${control}`) ?? $('doctor-title')).focus({ preventScroll: true });
  inSlices('doctor', pictures, ([canvas, index, finding]) => {
    const pair = state.dataset?.pairs[index];
    if (!pair?.thumb_rgba.length) return;
    const layers = { width: pair.thumb_width, height: pair.thumb_height, rgba: pair.thumb_rgba, mask: pair.thumb_mask };
    paintLayers(canvas, layers, { classes: state.dataset?.classes ?? [], at: 128, opacity: state.view.opacity, layer: state.view.overlay ? 'overlay' : 'image' });
    markParts(canvas, pair.left_out, finding.mend.kind === 'leave_out' && finding.mend.on ? finding.mend.parts.filter((part) => part.pair === index) : []);
  });
}

/** @param {Finding} finding @param {boolean} held @param {[HTMLCanvasElement, number, Finding][]} pictures */
function item(finding, held, pictures) {
  const { sentence, why, button } = mapFindingWords(finding, state.dataset?.pairs ?? []) ?? findingWords(finding, state.dataset);
  const canvas = h('canvas', {});
  const [first] = finding.pairs;
  pictures.push([canvas, first, finding]);
  const name = (/** @type {number} */ index) => state.dataset?.pairs[index]?.name ?? '';
  const names = finding.pairs.slice(0, MAX_NAMES).map(name).join(', ');
  const more = finding.pairs.length - MAX_NAMES;
  const click = h('button', { type: 'button', class: 'mend', disabled: held, onclick: () => applyFix(finding) }, button);
  return h('li', { class: settled(finding) || mended(finding) ? 'settled' : '', data: { code: finding.code } },
    h('button', { type: 'button', class: 'picture', 'aria-label': `Open ${name(first)}`, onclick: () => openPairs(first) }, canvas),
    h('div', {}, h('p', {}, h('strong', {}, sentence)), h('p', { class: 'small' }, why), h('p', { class: 'small path' }, more > 0 ? `${names} and ${more} more` : names)),
    settled(finding) ? h('p', { class: 'mend small' }, `Already set: ${button[0].toLowerCase()}${button.slice(1)}`) : finding.mend.kind === 'shift' ? h('div', { class: 'mends' }, click, h('button', { type: 'button', class: 'nudge', disabled: held, onclick: () => openToNudge(first) }, 'Look and nudge')) : click);
}

/** @param {Finding} finding */
function applyFix({ mend: change, code }) {
  if (change.kind === 'exclude') leaveOut(change.pairs);
  else if (change.kind === 'shift') {
    const shifts = change.shifts.map(({ pair, dx_px, dy_px }) => (code === 'outlines_moved' ? { pair, dx_px: 0, dy_px: 0 } : { pair, dx_px, dy_px }));
    send({ type: 'shift_outlines', shifts });
  } else if (change.kind === 'leave_out') send({ type: 'leave_out_unmapped', parts: change.parts, on: change.on });
  else if (change.kind === 'rule') send({ type: 'set_mask_rule', rule: change.rule });
  else applySettings(change.settings);
  // The button is about to vanish with its finding.
  $('doctor-title').focus();
}
