// @ts-check
/**
 * Outlines drawn over results, live with the threshold. The engine makes them, of one result at a time; while the threshold
 * moves only the newest is asked for, and a few times a second at most.
 */
import { outlineOptions } from './outline-options.js';
import { onEvent } from '../../core/reduce.js';
import { send } from '../../core/engine.js';
import { whenReady } from '../../core/session.js';
import { state } from '../../core/store.js';

/**
 * @typedef {import('../../core/types.js').PredictionResult} PredictionResult
 * @typedef {import('../../core/types.js').DrawnOutlines & { key: string, path: Path2D }} Held
 */

/** Time between two thresholds that are asked for, ms. */
const PACE_MS = 250;
/** The line and its dark edge, which keeps it visible on bright ground, CSS pixels. */
const LINE_PX = 1.5;
const EDGE_PX = 3.5;
const LINE = '#ffe27a';
const EDGE = 'rgba(20, 20, 20, 0.7)';

/** @type {WeakMap<PredictionResult, Held>} */
const held = new WeakMap();
/** Results to be drawn, the most wanted first. @type {readonly PredictionResult[]} */
let wanted = [];
/** The one in the viewer. @type {PredictionResult | null} */
let first = null;
/** @type {{ result: PredictionResult, key: string } | null} */
let asked = null;
/** What is asked for in this round, and when it began. */
let round = { key: '', at: -Infinity };
/** @type {ReturnType<typeof setTimeout> | null} */
let timer = null;

export function initLiveOutlines() {
  whenReady(() => {
    // What the engine before was asked for is never answered.
    asked = null;
  });
  onEvent((event) => {
    if (event.type !== 'outlines' || !asked) return;
    const { result, key } = asked;
    asked = null;
    if (state.results.includes(result)) held.set(result, { ...event, key, corners: new Uint8Array(0), path: pathOf(event.corners) });
    pump();
  });
}

/** @param {readonly PredictionResult[]} results those in view */
export function wantOutlines(results) {
  wanted = several() ? [] : results;
  pump();
}

/** @param {PredictionResult | null} result the one in the viewer, or none */
export function wantFirst(result) {
  first = result;
  pump();
}

/** What is known of a result's outlines, perhaps still of the threshold before. @param {PredictionResult} result */
export const outlinesOf = (result) => (several() ? null : held.get(result) ?? null);

/** Of several classes each has its colour, and no threshold. */
const several = () => (state.model?.classes.length ?? 0) > 0;

function pump() {
  if (asked || timer !== null || state.engine !== 'ready') return;
  const options = outlineOptions();
  const { threshold } = state.view;
  const key = `${threshold} ${options.smallest} ${options.unit} ${options.simplify_px} ${options.right_angles} ${options.separate}`;
  const all = first && !several() ? [first, ...wanted] : wanted;
  const next = all.find((result) => held.get(result)?.key !== key && state.results.includes(result));
  if (!next) return;
  const now = performance.now();
  if (key !== round.key) {
    const wait = round.at + PACE_MS - now;
    if (wait > 0) {
      timer = setTimeout(() => {
        timer = null;
        pump();
      }, wait);
      return;
    }
    round = { key, at: now };
  }
  asked = { result: next, key };
  send({ type: 'draw_outlines', result: next.result, threshold, outlines: options });
}

/** Corners as the engine sends them (little-endian floats) as a path in pixels of the image. @param {Uint8Array} bytes */
function pathOf(bytes) {
  const path = new Path2D();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let inside = false;
  for (let at = 0; at + 8 <= bytes.byteLength; at += 8) {
    const [x, y] = [view.getFloat32(at, true), view.getFloat32(at + 4, true)];
    if (Number.isNaN(x)) {
      path.closePath();
      inside = false;
    } else if (inside) path.lineTo(x, y);
    else {
      path.moveTo(x, y);
      inside = true;
    }
  }
  return path;
}

/**
 * Draws the outlines of a result onto a picture of it.
 * @param {CanvasRenderingContext2D} context
 * @param {Held} outlines
 * @param {{ left: number, top: number, scale: number }} place of the picture; pixels of the context for one of the image
 * @param {number} unit pixels of the context for one CSS pixel
 */
export function strokeOutlines(context, { path }, { left, top, scale }, unit) {
  context.save();
  context.translate(left, top);
  context.scale(scale, scale);
  context.lineJoin = 'round';
  for (const [colour, width] of /** @type {[string, number][]} */ ([[EDGE, EDGE_PX], [LINE, LINE_PX]])) {
    context.strokeStyle = colour;
    context.lineWidth = (width * unit) / scale;
    context.stroke(path);
  }
  context.restore();
}
