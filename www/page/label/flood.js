// @ts-check
/**
 * Regions that hang together around a pixel: by colour in the picture, or on the network's own map.
 */

/** @typedef {import('./tiles.js').Spans} Spans */
/** @typedef {import('./tiles.js').Rect} Rect */

/**
 * The pixels that hang together with one, by their sides.
 * @param {Rect} within pixels outside belong to nothing
 * @param {number} x @param {number} y where it begins
 * @param {(x: number, y: number) => boolean} belongs
 * @returns {Spans}
 */
export function connectedSpans({ left, top, width, height }, x, y, belongs) {
  /** @type {Spans} */
  const spans = [];
  const right = left + width;
  const bottom = top + height;
  if (x < left || y < top || x >= right || y >= bottom || !belongs(x, y)) return spans;
  const seen = new Uint8Array(width * height);
  const free = (/** @type {number} */ column, /** @type {number} */ row) => !seen[(row - top) * width + column - left] && belongs(column, row);
  // One entry is one row's run yet to be widened, not one pixel.
  const waiting = [x, y];
  while (waiting.length) {
    const row = /** @type {number} */ (waiting.pop());
    const at = /** @type {number} */ (waiting.pop());
    if (!free(at, row)) continue;
    let from = at;
    let to = at + 1;
    while (from > left && free(from - 1, row)) from -= 1;
    while (to < right && free(to, row)) to += 1;
    seen.fill(1, (row - top) * width + from - left, (row - top) * width + to - left);
    spans.push(row, from, to);
    for (const next of [row - 1, row + 1]) {
      if (next < top || next >= bottom) continue;
      let inside = false;
      for (let column = from; column < to; column += 1) {
        const is = free(column, next);
        if (is && !inside) waiting.push(column, next);
        inside = is;
      }
    }
  }
  return spans;
}

/**
 * The region of a picture around a pixel whose colours are like that pixel's.
 * @param {{ width: number, rgba: Uint8Array | Uint8ClampedArray }} picture
 * @param {Rect} within
 * @param {number} x @param {number} y
 * @param {number} tolerance largest difference of a channel, 0 to 255
 * @returns {Spans}
 */
export function likeColoured({ width, rgba }, within, x, y, tolerance) {
  const at = (y * width + x) * 4;
  const [r, g, b] = [rgba[at], rgba[at + 1], rgba[at + 2]];
  return connectedSpans(within, x, y, (column, row) => {
    const i = (row * width + column) * 4;
    return Math.abs(rgba[i] - r) <= tolerance && Math.abs(rgba[i + 1] - g) <= tolerance && Math.abs(rgba[i + 2] - b) <= tolerance;
  });
}

/**
 * The region around a pixel that the network takes for the same thing.
 * @param {(x: number, y: number) => number} seen its map: probability 0 to 255, or a class number; below 0 where nothing is known
 * @param {Rect} within
 * @param {number} x @param {number} y
 * @param {number | null} cut from this probability on it is foreground; null: the map is of class numbers
 * @returns {Spans}
 */
export function sameToNetwork(seen, within, x, y, cut) {
  const side = (/** @type {number} */ value) => (value < 0 ? -1 : cut === null ? value : Number(value >= cut));
  const wanted = side(seen(x, y));
  return wanted < 0 ? [] : connectedSpans(within, x, y, (column, row) => side(seen(column, row)) === wanted);
}
