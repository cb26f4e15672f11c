// @ts-check
/**
 * What the label editor draws: the image with what the network sees, the labels, and the sketch of a shape, a canvas each.
 * A stroke draws its own rectangle of the labels and nothing else, however large the image.
 */
import { TILE_PX, around } from './tiles.js';

/**
 * @typedef {import('./tiles.js').Rect} Rect
 * @typedef {import('./raster.js').Point} Point
 * @typedef {{ left: number, top: number, scale: number }} Place
 */

/** From so many pixels of the screen for one of the image on, its grid is drawn. */
const GRID_FROM = 10;
/** Pictures of tiles kept. */
const MAX_PICTURES = 512;
/** Smaller pictures are made for a view from afar until this side, pixels. */
const SMALLEST_PX = 700;
/** Frames whose delay is remembered. */
const MAX_DELAYS = 4000;

export class LabelCanvas {
  /**
   * @param {HTMLElement} stage
   * @param {{ base: HTMLCanvasElement, labels: HTMLCanvasElement, sketch: HTMLCanvasElement }} canvases
   * @param {import('../viewer/pan-zoom.js').PanZoom} pose
   */
  constructor(stage, canvases, pose) {
    this.stage = stage;
    this.canvases = canvases;
    this.pose = pose;
    this.size = { width: 1, height: 1 };
    /** The picture and smaller copies of it. @type {(HTMLCanvasElement | ImageBitmap)[]} */
    this.pictures = [];
    /** @type {import('./tiles.js').LabelTiles | null} */
    this.tiles = null;
    /** A colour a value, as four bytes. */
    this.colours = new Uint32Array(256);
    /** @type {Map<number, { canvas: HTMLCanvasElement, level: number }>} */
    this.tilePictures = new Map();
    /** What of the labels is to be drawn, in pixels of the image. @type {Rect | null} */
    this.dirty = null;
    this.stale = { base: true, labels: true, sketch: true };
    this.frame = 0;
    /** When the first input of this frame happened. */
    this.inputAt = 0;
    /** Time from an input to the frame that shows it, ms. @type {number[]} */
    this.delays = [];
    /** Draws over the image. @type {(context: CanvasRenderingContext2D, place: Place) => void} */
    this.drawOver = () => {};
    /** Draws over all. @type {(context: CanvasRenderingContext2D, place: Place) => void} */
    this.drawSketch = () => {};
    this.channel = new MessageChannel();
    this.channel.port1.onmessage = ({ data }) => {
      if (this.delays.length >= MAX_DELAYS) this.delays.shift();
      this.delays.push(performance.now() - data);
    };
    new ResizeObserver(() => this.moved()).observe(stage);
  }

  /** Another image. @param {{ width: number, height: number }} size @param {import('./tiles.js').LabelTiles} tiles */
  open(size, tiles) {
    this.size = size;
    this.tiles = tiles;
    this.pictures = [];
    this.tilePictures.clear();
    this.moved();
  }

  /** Nothing is shown any more: pictures are memory. */
  close() {
    this.tiles = null;
    this.pictures = [];
    this.tilePictures.clear();
    this.dirty = null;
  }

  /** Its picture, at its size or smaller. @param {number} width @param {number} height @param {Uint8Array} rgba */
  setPicture(width, height, rgba) {
    const picture = newCanvas(width, height);
    const image = new ImageData(width, height);
    image.data.set(rgba.subarray(0, image.data.length));
    picture.getContext('2d')?.putImageData(image, 0, 0);
    this.pictures = [picture];
    for (let last = picture; Math.max(last.width, last.height) > SMALLEST_PX * 2;) {
      const half = newCanvas(Math.ceil(last.width / 2), Math.ceil(last.height / 2));
      const context = half.getContext('2d');
      if (!context) break;
      context.imageSmoothingQuality = 'medium';
      context.drawImage(last, 0, 0, half.width, half.height);
      this.pictures.push(half);
      last = half;
    }
    this.changed('base');
  }

  /** The colours of the classes; labels that are not among them are not seen. @param {readonly (readonly number[])[]} rgbs */
  setColours(rgbs) {
    this.colours.fill(0);
    for (const [value, [r, g, b]] of rgbs.entries()) this.colours[value] = (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
    this.tilePictures.clear();
    this.changed('labels');
  }

  /** Something of one canvas is another. @param {'base' | 'labels' | 'sketch'} what */
  changed(what) {
    this.stale[what] = true;
    this.ask();
  }

  /** The view moved, or all is another. */
  moved() {
    Object.assign(this.stale, { base: true, labels: true, sketch: true });
    this.ask();
  }

  /** Labels of a part are others. @param {Rect | null} rect @param {number} [inputAt] the input's time where one caused it */
  touched(rect, inputAt = 0) {
    if (!rect || !this.tiles) return;
    this.dirty = around(this.dirty, rect);
    if (inputAt && !this.inputAt) this.inputAt = inputAt;
    this.ask();
  }

  ask() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  /** Where the image lies on the stage, in CSS pixels. @returns {Place} */
  place() {
    return this.pose.place(this.size, this.stage.clientWidth, this.stage.clientHeight);
  }

  /** The point of the image at a point of the stage. @param {number} x @param {number} y CSS pixels from its upper left corner @returns {Point} */
  toImage(x, y) {
    const { left, top, scale } = this.place();
    return { x: (x - left) / scale, y: (y - top) / scale };
  }

  /** The part of the image in view. @returns {Rect} */
  inView() {
    const from = this.toImage(0, 0);
    const to = this.toImage(this.stage.clientWidth, this.stage.clientHeight);
    const left = Math.max(0, Math.floor(from.x));
    const top = Math.max(0, Math.floor(from.y));
    return { left, top, width: Math.max(0, Math.min(this.size.width, Math.ceil(to.x)) - left), height: Math.max(0, Math.min(this.size.height, Math.ceil(to.y)) - top) };
  }

  draw() {
    if (!this.tiles || !this.stage.clientWidth) return;
    const ratio = devicePixelRatio || 1;
    const width = Math.round(this.stage.clientWidth * ratio);
    const height = Math.round(this.stage.clientHeight * ratio);
    for (const canvas of Object.values(this.canvases)) {
      if (canvas.width === width && canvas.height === height) continue;
      Object.assign(canvas, { width, height });
      Object.assign(this.stale, { base: true, labels: true, sketch: true });
    }
    const at = this.place();
    // From here on in pixels of the screen.
    const place = { left: at.left * ratio, top: at.top * ratio, scale: at.scale * ratio };
    if (this.stale.base) this.drawBase(place);
    if (this.dirty) this.updateTiles(this.dirty, place);
    if (this.stale.labels) this.drawLabels(place, { left: 0, top: 0, width, height });
    else if (this.dirty) this.drawLabels(place, onScreen(this.dirty, place, width, height));
    if (this.stale.sketch) {
      const context = this.canvases.sketch.getContext('2d');
      context?.clearRect(0, 0, width, height);
      if (context) this.drawSketch(context, place);
    }
    this.dirty = null;
    Object.assign(this.stale, { base: false, labels: false, sketch: false });
    if (!this.inputAt) return;
    // A message posted in a frame arrives when the frame is on its way to the screen.
    this.channel.port2.postMessage(this.inputAt);
    this.inputAt = 0;
  }

  /** @param {Place} place */
  drawBase(place) {
    const { base } = this.canvases;
    const context = base.getContext('2d', { alpha: true });
    if (!context) return;
    context.clearRect(0, 0, base.width, base.height);
    const [full] = this.pictures;
    if (full) {
      const shown = this.size.width * place.scale;
      const picture = this.pictures.findLast((one) => one.width >= shown) ?? full;
      context.imageSmoothingEnabled = shown < full.width * 3;
      context.drawImage(picture, place.left, place.top, shown, this.size.height * place.scale);
    }
    this.drawOver(context, place);
    if (place.scale >= GRID_FROM) this.drawGrid(context, place);
  }

  /** @param {CanvasRenderingContext2D} context @param {Place} place */
  drawGrid(context, { left, top, scale }) {
    const view = this.inView();
    context.fillStyle = 'rgb(128 128 128 / 45%)';
    for (let x = view.left; x <= view.left + view.width; x += 1) context.fillRect(Math.round(left + x * scale), Math.max(0, top), 1, Math.min(context.canvas.height, this.size.height * scale));
    for (let y = view.top; y <= view.top + view.height; y += 1) context.fillRect(Math.max(0, left), Math.round(top + y * scale), Math.min(context.canvas.width, this.size.width * scale), 1);
  }

  /** How much smaller pictures of tiles are, as a power of two: from afar no more is drawn than is seen. @param {Place} place */
  level({ scale }) {
    return Math.min(5, Math.max(0, Math.floor(Math.log2(1 / scale))));
  }

  /** @param {Rect} rect @param {Place} place */
  updateTiles(rect, place) {
    const level = this.level(place);
    for (const index of this.tiles?.tilesIn(rect) ?? []) {
      const known = this.tilePictures.get(index);
      if (!known) continue;
      if (level === 0 && known.level === 0) this.fillTile(known.canvas, index, 0, rect);
      // Drawn anew in the same canvas: a new one a frame would be memory to be cleared away.
      else known.level = -1;
    }
  }

  /** @param {Place} place @param {Rect} part of the screen */
  drawLabels(place, part) {
    const { tiles } = this;
    const context = this.canvases.labels.getContext('2d');
    if (!context || !tiles || part.width <= 0 || part.height <= 0) return;
    context.save();
    context.beginPath();
    context.rect(part.left, part.top, part.width, part.height);
    context.clip();
    context.clearRect(part.left, part.top, part.width, part.height);
    context.imageSmoothingEnabled = false;
    const level = this.level(place);
    const { left, top, scale } = place;
    const seen = { left: Math.floor((part.left - left) / scale), top: Math.floor((part.top - top) / scale), width: Math.ceil(part.width / scale) + 2, height: Math.ceil(part.height / scale) + 2 };
    for (const index of tiles.tilesIn(seen)) {
      if (tiles.tile(index) === 255) continue;
      const picture = this.tilePicture(index, level);
      const x = (index % tiles.columns) * TILE_PX;
      const y = Math.floor(index / tiles.columns) * TILE_PX;
      // Whole pixels of the screen: tiles meet without a seam.
      const [x0, x1] = [x, x + TILE_PX].map((at) => Math.round(left + at * scale));
      const [y0, y1] = [y, y + TILE_PX].map((at) => Math.round(top + at * scale));
      context.drawImage(picture, x0, y0, x1 - x0, y1 - y0);
    }
    context.restore();
  }

  /** @param {number} index @param {number} level */
  tilePicture(index, level) {
    const known = this.tilePictures.get(index);
    if (known?.level === level) return known.canvas;
    const canvas = known?.canvas ?? document.createElement('canvas');
    canvas.width = TILE_PX >> level;
    canvas.height = TILE_PX >> level;
    this.fillTile(canvas, index, level, null);
    this.tilePictures.delete(index);
    this.tilePictures.set(index, { canvas, level });
    if (this.tilePictures.size > MAX_PICTURES) for (const oldest of this.tilePictures.keys()) {
      this.tilePictures.delete(oldest);
      break;
    }
    return canvas;
  }

  /** @param {HTMLCanvasElement} canvas @param {number} index @param {number} level @param {Rect | null} rect only this part of the image */
  fillTile(canvas, index, level, rect) {
    const { tiles } = this;
    const context = canvas.getContext('2d');
    if (!tiles || !context) return;
    const x = (index % tiles.columns) * TILE_PX;
    const y = Math.floor(index / tiles.columns) * TILE_PX;
    const from = rect ? [Math.max(0, rect.left - x), Math.max(0, rect.top - y)] : [0, 0];
    // What lies beyond the edge of the image is not seen.
    const to = [Math.min(TILE_PX, tiles.width - x, rect ? rect.left + rect.width - x : TILE_PX), Math.min(TILE_PX, tiles.height - y, rect ? rect.top + rect.height - y : TILE_PX)];
    const step = 1 << level;
    const [wide, high] = [Math.ceil((to[0] - from[0]) / step), Math.ceil((to[1] - from[1]) / step)];
    if (wide <= 0 || high <= 0) return;
    const image = new ImageData(wide, high);
    const out = new Uint32Array(image.data.buffer);
    const tile = tiles.tile(index);
    if (typeof tile === 'number') out.fill(this.colours[tile]);
    else {
      for (let row = 0, i = 0; row < high; row += 1) {
        for (let column = 0, at = (from[1] + row * step) * TILE_PX + from[0]; column < wide; column += 1, i += 1, at += step) out[i] = this.colours[tile[at]];
      }
    }
    context.putImageData(image, from[0] >> level, from[1] >> level);
  }
}

/** The part of the screen that a part of the image covers, in whole pixels. @param {Rect} rect @param {Place} place @param {number} width @param {number} height @returns {Rect} */
function onScreen(rect, { left, top, scale }, width, height) {
  const x = Math.max(0, Math.floor(left + rect.left * scale) - 1);
  const y = Math.max(0, Math.floor(top + rect.top * scale) - 1);
  return { left: x, top: y, width: Math.min(width, Math.ceil(left + (rect.left + rect.width) * scale) + 1) - x, height: Math.min(height, Math.ceil(top + (rect.top + rect.height) * scale) + 1) - y };
}

/** @param {number} width @param {number} height */
export function newCanvas(width, height) {
  return Object.assign(document.createElement('canvas'), { width, height });
}
