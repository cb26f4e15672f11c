// @ts-check
/**
 * The tools: what presses and moves of a pointer, or presses of keys at the cross, make of the labels. No DOM here.
 */
import { UNLABELLED } from '../../generated/constants.js';
import { boundsOf, brushSpans, lineSpans, polygonSpans, rectangleSpans } from './raster.js';

/**
 * @typedef {import('./raster.js').Point} Point
 * @typedef {import('./tiles.js').Spans} Spans
 * @typedef {'brush' | 'eraser' | 'line' | 'polygon' | 'lasso' | 'rectangle' | 'fill' | 'grow' | 'take' | 'hand'} ToolName
 */

/**
 * What tools work with.
 * @typedef {object} Ground
 * @property {() => { width: number, height: number }} size of the image, pixels
 * @property {() => number} brushPx width of brush and line
 * @property {() => number} value the class
 * @property {() => number} nearPx pixels of the image that a hand does not tell apart
 * @property {() => boolean} fillsClosed a stroke that comes back to where it began is filled
 * @property {(value: number) => boolean} begin a stroke; false: it cannot be painted now
 * @property {(spans: Spans, at: number, value?: number) => void} paint `at`: the input's time
 * @property {() => void} end
 * @property {() => void} cancel
 * @property {(point: Point) => Spans} alike the region of like colour
 * @property {(point: Point) => Spans} grown the region that the network takes for one thing
 * @property {(within: Spans) => [Spans, number][]} seen what the network sees there, class by class
 * @property {() => void} sketch the shape under way is another
 */

/** How the pointer is held. @typedef {{ shift?: boolean, pressure?: number, at?: number }} Hold `pressure` 0 to 1, none of a mouse; `at`: the event's time */

/** Shapes made corner by corner. */
const CORNERED = ['line', 'polygon'];
/** Shapes drawn in one go. */
const LASSOS = ['lasso', 'take'];
/** Of the full size, without pressure. */
const LEAST_PRESSURE = 0.25;

export class Tools {
  /** @param {Ground} ground */
  constructor(ground) {
    this.ground = ground;
    /** @type {ToolName} */
    this.name = 'brush';
    /** The shape under way. @type {Point[]} */
    this.points = [];
    /** Where the pointer is, for the shape's next corner. @type {Point | null} */
    this.next = null;
    this.held = false;
    /** The end of the stroke before, from which Shift draws straight on. @type {Point | null} */
    this.before = null;
    this.radius = 1;
  }

  /** Whether there is a shape that is not finished. */
  get busy() {
    return this.points.length > 0;
  }

  /** @param {ToolName} name */
  choose(name) {
    this.abort();
    this.name = name;
  }

  get strokes() {
    return this.name === 'brush' || this.name === 'eraser';
  }

  get value() {
    return this.name === 'eraser' ? UNLABELLED : this.ground.value();
  }

  /** @param {number | undefined} pressure */
  radiusAt(pressure) {
    const half = this.ground.brushPx() / 2;
    return pressure === undefined ? half : half * (LEAST_PRESSURE + (1 - LEAST_PRESSURE) * pressure);
  }

  /** @param {Point} point @param {Hold} [hold] */
  down(point, { shift = false, pressure, at = 0 } = {}) {
    const { ground } = this;
    if (this.strokes) {
      if (!ground.begin(this.value)) return;
      this.held = true;
      this.radius = this.radiusAt(pressure);
      const from = shift && this.before ? this.before : point;
      this.points = [from, point];
      ground.paint(brushSpans(from, point, this.radius, this.radius, ground.size().height), at);
      return;
    }
    if (CORNERED.includes(this.name)) {
      // The first corner again closes the shape.
      const [first] = this.points;
      if (this.name === 'polygon' && this.points.length > 2 && Math.hypot(first.x - point.x, first.y - point.y) <= ground.nearPx()) this.finish();
      else this.points.push(point);
      ground.sketch();
      return;
    }
    if (LASSOS.includes(this.name) || this.name === 'rectangle') {
      this.held = true;
      this.points = [point];
      this.next = point;
      ground.sketch();
      return;
    }
    if (this.name === 'fill') this.put(ground.alike(point), at);
    if (this.name === 'grow') this.put(ground.grown(point), at);
  }

  /** @param {Point} point @param {Hold} [hold] */
  move(point, { pressure, at = 0 } = {}) {
    if (this.strokes) {
      if (!this.held) return;
      const from = this.points[this.points.length - 1];
      const radius = this.radiusAt(pressure);
      this.ground.paint(brushSpans(from, point, this.radius, radius, this.ground.size().height), at);
      this.radius = radius;
      this.points.push(point);
      return;
    }
    if (!this.busy) return;
    this.next = point;
    if (this.held && LASSOS.includes(this.name)) this.points.push(point);
    this.ground.sketch();
  }

  /** @param {Point} point @param {Hold} [hold] */
  up(point, { at = 0 } = {}) {
    if (!this.held) return;
    this.held = false;
    const { ground, points } = this;
    if (this.strokes) {
      const around = ground.fillsClosed() && this.name === 'brush' ? closed(points, ground.brushPx()) : null;
      if (around) ground.paint(polygonSpans(around, ground.size().height), at);
      this.before = points.at(-1) ?? null;
      this.clear();
      ground.end();
      return;
    }
    if (this.name === 'rectangle') {
      const [first] = points;
      // A click is the first corner alone: the second one comes with the next.
      if (Math.hypot(first.x - point.x, first.y - point.y) < ground.nearPx() / 2 && this.corner === null) {
        this.corner = first;
        return;
      }
      const from = this.corner ?? first;
      this.clear();
      this.put(rectangleSpans(from, point, ground.size().height), at);
      return;
    }
    this.next = point;
    this.finish(at);
  }

  /** The first corner of a rectangle that is made by two presses. @type {Point | null} */
  corner = null;

  /** A press of a key at a point: corners one by one, or a dab. @param {Point} point @param {boolean} shift */
  press(point, shift) {
    if (LASSOS.includes(this.name)) {
      // By keys a lasso is a polygon.
      const [first] = this.points;
      if (this.points.length > 2 && Math.hypot(first.x - point.x, first.y - point.y) <= this.ground.nearPx()) this.finish();
      else this.points.push(point);
      this.ground.sketch();
      return;
    }
    const { corner } = this;
    this.down(point, { shift });
    if (corner) this.corner = corner;
    if (this.held) this.up(point);
  }

  /** Ends the shape under way as it is. @param {number} [at] */
  finish(at = 0) {
    const { ground, points } = this;
    const { height } = ground.size();
    if (!points.length || this.strokes) return;
    this.clear();
    if (this.name === 'line' && points.length > 1) this.put(lineSpans(points, ground.brushPx(), height), at);
    if (this.name === 'polygon' || this.name === 'lasso') this.put(polygonSpans(points, height), at);
    if (this.name === 'take') this.take(polygonSpans(points, height), at);
  }

  /** Takes back the last corner of a shape under way. @returns {boolean} whether there was one */
  dropCorner() {
    if (!this.busy || this.held) return false;
    this.points.pop();
    // With its last corner a rectangle's first one is gone, too.
    if (!this.busy) this.clear();
    this.ground.sketch();
    return true;
  }

  /** Gives up what is under way. @returns {boolean} whether there was anything */
  abort() {
    const was = this.busy;
    if (this.strokes && this.held) this.ground.cancel();
    this.clear();
    return was;
  }

  clear() {
    this.points = [];
    this.next = null;
    this.held = false;
    this.corner = null;
    this.ground.sketch();
  }

  /** Fills at once. @param {Spans} spans @param {number} at */
  put(spans, at) {
    if (!spans.length || !this.ground.begin(this.value)) return;
    this.ground.paint(spans, at);
    this.ground.end();
  }

  /** Copies what the network sees into the labels. @param {Spans} within @param {number} [at] */
  take(within, at = 0) {
    const parts = this.ground.seen(within);
    if (!parts.length || !this.ground.begin(this.value)) return;
    for (const [spans, value] of parts) this.ground.paint(spans, at, value);
    this.ground.end();
  }
}

/** The points of a stroke that came back to where it began, else null. @param {readonly Point[]} points @param {number} brushPx */
function closed(points, brushPx) {
  const first = points[0];
  const last = points[points.length - 1];
  const box = boundsOf(polygonSpans(points, Number.MAX_SAFE_INTEGER));
  if (!box || Math.min(box.width, box.height) < 2 * brushPx) return null;
  return Math.hypot(first.x - last.x, first.y - last.y) <= Math.max(2 * brushPx, 6) ? points : null;
}
