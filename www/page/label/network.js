// @ts-check
/**
 * What the network sees of the image under the hand: asked for square by square, the one at the pointer first and the oldest
 * next, between the steps of a run.
 */
import { send } from '../../core/engine.js';
import { byteThreshold } from '../../ui/paint.js';
import { running, state, stepOf } from '../../core/store.js';
import { newCanvas } from './canvas.js';

/**
 * @typedef {import('./tiles.js').Rect} Rect
 * @typedef {import('./tiles.js').Spans} Spans
 * @typedef {import('./raster.js').Point} Point
 * @typedef {Rect & { values: Uint8Array, canvas: HTMLCanvasElement, at: number, step: number }} Square
 */

/** Side of a square, pixels: small enough to come soon, large enough to be seen by a network as part of something. */
const SIDE_PX = 512;
/** Squares kept. */
const MAX_SQUARES = 64;
/** Times between two looks at a square that are remembered. */
const MAX_RENEWALS = 2000;
/** A run keeps at least as much time as looking takes; without one an idle network is not asked again. */
const REST_MS = 150;
/** Foreground of one class as the network sees it: a colour of its own, as it lies below what is painted. */
const SEEN = [188, 76, 255];

export class NetworkView {
  /** @param {() => void} redraw */
  constructor(redraw) {
    this.redraw = redraw;
    this.on = false;
    this.image = '';
    this.size = { width: 1, height: 1 };
    /** @type {Map<number, Square>} */
    this.squares = new Map();
    /** @type {number | null} */
    this.asked = null;
    this.askedAt = 0;
    this.tookMs = 0;
    this.turn = 0;
    /** Time between two looks at the same square, ms. @type {number[]} */
    this.renewals = [];
    /** Colours of several classes; none: the map is of probabilities. @type {readonly (readonly number[])[]} */
    this.classes = [];
    this.painted = '';
  }

  /** @param {string} image @param {{ width: number, height: number }} size */
  open(image, size) {
    this.image = image;
    this.size = size;
    this.forget();
  }

  /** What it saw is of no network that is here. */
  forget() {
    this.squares.clear();
    this.asked = null;
    this.redraw();
  }

  /** Whether there is a network to ask. */
  get here() {
    const { run } = state;
    return (running() && run !== null && stepOf(run) > 0) || state.model !== null;
  }

  get columns() {
    return Math.ceil(this.size.width / SIDE_PX);
  }

  /** @param {number} index @returns {Rect} */
  rect(index) {
    const left = (index % this.columns) * SIDE_PX;
    const top = Math.floor(index / this.columns) * SIDE_PX;
    return { left, top, width: Math.min(SIDE_PX, this.size.width - left), height: Math.min(SIDE_PX, this.size.height - top) };
  }

  /** Asks for the next square, if it is time. @param {Rect} view @param {Point} pointer */
  ask(view, pointer) {
    if (!this.on || !this.here || this.asked !== null || state.starting || view.width <= 0 || view.height <= 0) return;
    if (performance.now() - this.askedAt < this.tookMs + Math.max(REST_MS, this.tookMs)) return;
    const step = running() && state.run ? stepOf(state.run) : state.model?.steps ?? 0;
    const fresh = (/** @type {number} */ index) => this.squares.get(index)?.step === step;
    const wanted = this.inView(view).filter((index) => !fresh(index));
    if (!wanted.length) return;
    const here = Math.floor(pointer.y / SIDE_PX) * this.columns + Math.floor(pointer.x / SIDE_PX);
    this.turn += 1;
    // Every other look is at the pointer's square: it is never older than two looks.
    const oldest = wanted.reduce((one, other) => ((this.squares.get(other)?.at ?? 0) < (this.squares.get(one)?.at ?? 0) ? other : one));
    this.asked = this.turn % 2 && wanted.includes(here) ? here : oldest;
    this.askedAt = performance.now();
    send({ type: 'predict_view', image: this.image, ...this.rect(this.asked) });
  }

  /** @param {Rect} view */
  inView({ left, top, width, height }) {
    const found = [];
    for (let y = Math.floor(top / SIDE_PX); y <= Math.floor((top + height - 1) / SIDE_PX); y += 1) {
      for (let x = Math.floor(left / SIDE_PX); x <= Math.floor((left + width - 1) / SIDE_PX); x += 1) found.push(y * this.columns + x);
    }
    return found;
  }

  /** @param {import('../../core/types.js').ViewPrediction} seen */
  receive({ image, left, top, width, height, values, step }) {
    const index = Math.floor(top / SIDE_PX) * this.columns + Math.floor(left / SIDE_PX);
    // Answers to what was asked before the image or the network changed come late.
    if (image !== this.image || index !== this.asked) return;
    this.tookMs = performance.now() - this.askedAt;
    this.asked = null;
    const before = this.squares.get(index);
    if (before && before.step !== step) {
      if (this.renewals.length >= MAX_RENEWALS) this.renewals.shift();
      this.renewals.push(performance.now() - before.at);
    }
    this.squares.delete(index);
    this.squares.set(index, { left, top, width, height, values, step, at: performance.now(), canvas: this.paint(values, width, height) });
    if (this.squares.size > MAX_SQUARES) for (const oldest of this.squares.keys()) {
      this.squares.delete(oldest);
      break;
    }
    this.redraw();
  }

  /** The engine could not say. */
  refused() {
    this.asked = null;
    // Not again at once.
    this.tookMs = Math.max(this.tookMs, 1000);
  }

  /** How old the oldest square in view is, ms; null: one was never seen. @param {Rect} view */
  age(view) {
    const ages = this.inView(view).map((index) => this.squares.get(index)?.at ?? null);
    return ages.some((at) => at === null) || !ages.length ? null : performance.now() - Math.min(.../** @type {number[]} */ (ages));
  }

  /** Its colours are others. @param {readonly (readonly number[])[]} classes none: probabilities */
  setLook(classes) {
    const key = `${JSON.stringify(classes)} ${this.cut}`;
    if (key === this.painted) return;
    this.painted = key;
    if ((classes.length > 0) !== (this.classes.length > 0)) this.squares.clear();
    this.classes = classes;
    for (const square of this.squares.values()) square.canvas = this.paint(square.values, square.width, square.height);
    this.redraw();
  }

  get cut() {
    return byteThreshold(state.view.threshold);
  }

  /** @param {Uint8Array} values @param {number} width @param {number} height */
  paint(values, width, height) {
    const canvas = newCanvas(width, height);
    const image = new ImageData(width, height);
    const out = new Uint32Array(image.data.buffer);
    const colours = new Uint32Array(256);
    const packed = (/** @type {readonly number[]} */ [r, g, b], /** @type {number} */ a) => ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
    if (this.classes.length) for (const [value, rgb] of this.classes.entries()) colours[value] = packed(rgb, value ? 255 : 60);
    // From the threshold on it is mask; below, the more likely the more there is of its colour.
    else for (let p = 0; p < 256; p += 1) colours[p] = packed(SEEN, p >= this.cut ? 255 : Math.round(p * 0.4));
    for (let i = 0; i < out.length; i += 1) out[i] = colours[values[i]];
    canvas.getContext('2d')?.putImageData(image, 0, 0);
    return canvas;
  }

  /** @param {CanvasRenderingContext2D} context @param {import('./canvas.js').Place} place @param {number} opacity */
  draw(context, { left, top, scale }, opacity) {
    if (!this.on) return;
    context.save();
    context.globalAlpha = opacity;
    context.imageSmoothingEnabled = scale < 3;
    for (const square of this.squares.values()) {
      const [x0, x1] = [square.left, square.left + square.width].map((at) => Math.round(left + at * scale));
      const [y0, y1] = [square.top, square.top + square.height].map((at) => Math.round(top + at * scale));
      context.drawImage(square.canvas, x0, y0, x1 - x0, y1 - y0);
    }
    context.restore();
  }

  /** The map at a pixel; below 0 where nothing is known. @param {number} x @param {number} y */
  at(x, y) {
    const square = this.squares.get(Math.floor(y / SIDE_PX) * this.columns + Math.floor(x / SIDE_PX));
    return square ? square.values[(y - square.top) * square.width + x - square.left] ?? -1 : -1;
  }

  /** The class the network sees at a pixel; below 0 where nothing is known. @param {number} x @param {number} y */
  classAt(x, y) {
    const value = this.at(x, y);
    return value < 0 || this.classes.length ? value : Number(value >= this.cut);
  }

  /** What it sees within rows of pixels, class by class. @param {Spans} within @param {{ width: number, height: number }} size @returns {[Spans, number][]} */
  seen(within, { width }) {
    /** @type {Map<number, Spans>} */
    const found = new Map();
    for (let i = 0; i + 2 < within.length; i += 3) {
      const y = within[i];
      const end = Math.min(width, within[i + 2]);
      for (let x = Math.max(0, within[i + 1]); x < end;) {
        const value = this.classAt(x, y);
        const from = x;
        while (x < end && this.classAt(x, y) === value) x += 1;
        if (value < 0) continue;
        const spans = found.get(value);
        if (spans) spans.push(y, from, x);
        else found.set(value, [y, from, x]);
      }
    }
    return [...found].map(([value, spans]) => [spans, value]);
  }

  /** Whether most of a patch says something else than the network. @param {import('./tiles.js').Patch} patch */
  disagrees({ left, top, width, height, values }) {
    if (!this.on || !this.squares.size) return false;
    // A few thousand pixels tell as well as all.
    const stride = Math.max(1, Math.floor((width * height) / 4000));
    let [known, other] = [0, 0];
    for (let i = 0; i < values.length; i += stride) {
      const value = values[i];
      if (value >= 254) continue;
      const seen = this.classAt(left + (i % width), top + Math.floor(i / width));
      if (seen < 0) continue;
      known += 1;
      if (seen !== value) other += 1;
    }
    return other * 2 > known;
  }
}
