// @ts-check
/**
 * Outlines moved by hand in the viewer: arrow keys or buttons, seen at once, told to the engine when the hand rests.
 */
import { $, setText, show } from '../../ui/dom.js';
import { movedLine } from '../data/map-strings.js';
import { say } from '../../core/reduce.js';
import { send } from '../../core/engine.js';
import { running, state } from '../../core/store.js';

/** How long nothing is pressed until the engine is told, ms. */
const REST_MS = 350;

/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

let on = false;
/** The pair shown. @type {number | null} */
let index = null;
/** Where its mask is to lie, pixels of the image right and down of where it came. @type {[number, number]} */
let at = [0, 0];
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let redraw = () => {};

const pair = () => (index === null ? undefined : state.dataset?.pairs[index]);
/** @returns {[number, number]} */
const movedNow = () => pair()?.moved_px ?? [0, 0];
const held = () => running() || state.predicting !== null;

/** @param {() => void} draw called when the mask has to be drawn elsewhere */
export function initNudge(draw) {
  redraw = draw;
  $('viewer-nudge').addEventListener('click', () => turn(!on));
  $('viewer-nudge-back').addEventListener('click', () => {
    moveTo([0, 0]);
    $('viewer-nudge').focus();
  });
  for (const [key, id] of [['ArrowLeft', 'nudge-left'], ['ArrowRight', 'nudge-right'], ['ArrowUp', 'nudge-up'], ['ArrowDown', 'nudge-down']]) {
    $(id).addEventListener('click', (event) => nudge(STEPS[key], event.shiftKey));
  }
}

/** @param {boolean} wanted */
function turn(wanted) {
  on = wanted && !held();
  paint();
}

/** The viewer shows another picture: of a pair, or of none. @param {number | null} pairIndex */
export function nudgePair(pairIndex) {
  flush();
  index = pairIndex;
  at = [...movedNow()];
  if (index === null) on = false;
  paint();
}

/** Lets the arrows move the outlines of what the viewer shows. */
export function startNudging() {
  turn(true);
  $('stage').focus();
}

function paint() {
  const known = pair();
  show($('viewer-nudge-tools'), Boolean(known && !known.blocked && known.thumb_mask.length));
  $('viewer-nudge').setAttribute('aria-pressed', String(on));
  /** @type {HTMLButtonElement} */ ($('viewer-nudge')).disabled = held();
  show($('nudge-pad'), on);
  show($('viewer-nudge-line'), on);
  setText($('viewer-nudge-line'), movedLine(known, at));
  show($('viewer-nudge-back'), Boolean(known) && (at[0] !== 0 || at[1] !== 0) && !held());
}

/** Keys while outlines are being moved. @param {KeyboardEvent} event @returns {boolean} whether it was one */
export function nudgeKey(event) {
  const step = on ? STEPS[event.key] : undefined;
  if (!step) return false;
  nudge(step, event.shiftKey);
  return true;
}

/** @param {readonly [number, number]} step @param {boolean} far */
function nudge([dx, dy], far) {
  const by = far ? 10 : 1;
  moveTo([at[0] + dx * by, at[1] + dy * by]);
}

/** @param {[number, number]} to */
function moveTo(to) {
  if (held()) return;
  at = to;
  clearTimeout(timer);
  timer = setTimeout(tell, REST_MS);
  paint();
  redraw();
}

function flush() {
  if (timer !== undefined) tell();
}

function tell() {
  clearTimeout(timer);
  timer = undefined;
  const known = pair();
  if (!known || held() || (known.moved_px[0] === at[0] && known.moved_px[1] === at[1])) return;
  send({ type: 'shift_outlines', shifts: [{ pair: known.index, dx_px: at[0], dy_px: at[1] }] });
  say(movedLine(known, at));
}

/** The viewer closes: what was moved is told, and arrows are arrows again. */
export function stopNudging() {
  flush();
  on = false;
  index = null;
}

/** The data set is another: whether the picture on show has to be asked for anew. @returns {number | null} */
export function nudgedPair() {
  if (index === null || timer !== undefined) return null;
  const known = pair();
  at = [...movedNow()];
  paint();
  return known ? index : null;
}

/**
 * A mask where it is to lie.
 * @param {{ width: number, height: number, truth: Uint8Array | null, moved?: readonly [number, number], classes: readonly unknown[] }} item
 */
export function nudgedMask({ width, height, truth, moved = [0, 0], classes }) {
  const known = pair();
  if (!truth || !known) return truth;
  const scale = width / known.width;
  const dx = Math.round((at[0] - moved[0]) * scale);
  const dy = Math.round((at[1] - moved[1]) * scale);
  if (!dx && !dy) return truth;
  const out = new Uint8Array(truth.length).fill(classes.length ? 255 : 0);
  const from = Math.max(0, dx);
  const to = Math.min(width, width + dx);
  for (let y = Math.max(0, dy); y < Math.min(height, height + dy) && from < to; y += 1) {
    out.set(truth.subarray((y - dy) * width + from - dx, (y - dy) * width + to - dx), y * width + from);
  }
  return out;
}

/** What of the mask's place makes its picture another. */
export const nudgeKeyOf = () => at.join();
