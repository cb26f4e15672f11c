// @ts-check
/**
 * The labels of an image under the hand: read from the engine once, painted on here, told to the engine stroke by stroke.
 */
import { send } from '../../core/engine.js';
import { History, Recorder, patchesOf } from './history.js';
import { boundsOf } from './raster.js';
import { LabelTiles, around } from './tiles.js';

/**
 * @typedef {import('./tiles.js').Rect} Rect
 * @typedef {import('./tiles.js').Patch} Patch
 * @typedef {import('./tiles.js').Spans} Spans
 */

/** Labels are read in squares of this side, pixels. */
const READ_PX = 1024;
/** Squares asked for at a time: the rest of what the engine has to do goes on between them. */
const READS = 4;
/** A stroke that goes on is told so often, ms. */
const TELL_EVERY_MS = 200;

export class Layer {
  /**
   * @param {string} image its path
   * @param {number} width @param {number} height pixels
   * @param {{ known: boolean, disagrees: (patch: Patch) => boolean }} about `known`: the engine may hold labels of it; whether a patch says something else than the network
   */
  constructor(image, width, height, { known, disagrees }) {
    this.image = image;
    this.tiles = new LabelTiles(width, height);
    this.history = new History();
    this.disagrees = disagrees;
    /** Squares that are yet to be read, and those that were asked for. @type {Rect[]} */
    this.unread = [];
    this.asked = 0;
    /** @type {Recorder | null} */
    this.recorder = null;
    /** What the stroke under way has changed so far. @type {import('./history.js').Change[]} */
    this.stroke = [];
    this.value = 0;
    this.toldAt = 0;
    /** Whether the engine was told anything since the data set was looked at. */
    this.told = false;
    /** The engine may hold labels of it. */
    this.known = known;
    if (known) this.read();
  }

  /** Whether all labels are here, so that it can be painted on. */
  get ready() {
    return this.unread.length + this.asked === 0;
  }

  get painting() {
    return this.recorder !== null;
  }

  /** Reads all labels anew. */
  read() {
    const { width, height } = this.tiles;
    this.unread = [];
    for (let top = 0; top < height; top += READ_PX) {
      for (let left = 0; left < width; left += READ_PX) this.unread.push({ left, top, width: Math.min(READ_PX, width - left), height: Math.min(READ_PX, height - top) });
    }
    this.unread.reverse();
    this.asked = 0;
    this.ask();
  }

  ask() {
    while (this.asked < READS) {
      const rect = this.unread.pop();
      if (!rect) return;
      this.asked += 1;
      send({ type: 'read_labels', image: this.image, ...rect });
    }
  }

  /** Labels that were asked for. @param {Patch} patch @returns {Rect | null} what is to be drawn */
  receive(patch) {
    if (!this.asked) return null;
    this.asked -= 1;
    this.tiles.paste(patch);
    this.ask();
    return patch;
  }

  /** The engine cannot say what it was asked for. */
  refused() {
    this.unread = [];
    this.asked = 0;
  }

  /** @param {number} value what the stroke paints */
  begin(value) {
    this.end();
    this.recorder = new Recorder(this.tiles);
    this.stroke = [];
    this.value = value;
    this.toldAt = performance.now();
  }

  /** Paints on. @param {Spans} spans @param {number} [value] @returns {Rect | null} what is to be drawn */
  paint(spans, value = this.value) {
    if (!this.recorder) return null;
    this.tiles.fill(spans, value);
    if (performance.now() - this.toldAt > TELL_EVERY_MS) this.tell();
    return boundsOf(spans);
  }

  /** Tells the engine what changed since it was told last. */
  tell() {
    this.toldAt = performance.now();
    const change = this.recorder?.take();
    if (!change) return;
    this.stroke.push(change);
    this.sendAll(patchesOf(this.tiles, change, false));
  }

  /** The stroke is done. @returns {boolean} whether it changed anything */
  end() {
    if (!this.recorder) return false;
    this.tell();
    this.recorder.stop();
    this.recorder = null;
    const changed = this.stroke.length > 0;
    this.history.add(this.stroke);
    this.stroke = [];
    return changed;
  }

  /** The stroke is not to have been. @returns {Rect | null} */
  cancel() {
    if (!this.end()) return null;
    const rect = this.undo();
    this.history.undone.pop();
    return rect;
  }

  /** @returns {Rect | null} what is to be drawn */
  undo() {
    return this.sendAll(this.history.undo(this.tiles));
  }

  /** @returns {Rect | null} */
  redo() {
    return this.sendAll(this.history.redo(this.tiles));
  }

  /** @param {Patch[]} patches */
  sendAll(patches) {
    /** @type {Rect | null} */
    let rect = null;
    if (patches.length) {
      this.told = true;
      this.known = true;
    }
    for (const { left, top, width, height, values } of patches) {
      rect = around(rect, { left, top, width, height });
      send({ type: 'paint_labels', image: this.image, left, top, width, height, values, corrected: this.disagrees({ left, top, width, height, values }) });
    }
    return rect;
  }
}
