// @ts-check
/**
 * Shapes as rows of pixels: a pixel belongs to a shape if its centre does. Coordinates are pixels of the image, (0, 0) is the
 * upper left corner of the first pixel.
 */

/** @typedef {import('./tiles.js').Spans} Spans */
/** @typedef {{ x: number, y: number }} Point */

/** A brush no wider than this draws chains of single pixels. */
const THIN_PX = 1.5;

/** Rows that a range of centres covers. @param {number} from @param {number} to @param {number} most */
const rows = (from, to, most) => [Math.max(0, Math.ceil(from - 0.5)), Math.min(most, Math.floor(to - 0.5) + 1)];

/**
 * The stroke of a round brush between two points; its size may differ at both ends.
 * @param {Point} a @param {Point} b
 * @param {number} ra radius at `a` @param {number} rb
 * @param {number} height of the image
 * @returns {Spans}
 */
export function brushSpans(a, b, ra, rb, height) {
  if (Math.max(ra, rb) * 2 <= THIN_PX) return thinSpans(a, b);
  /** @type {Spans} */
  const spans = [];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const [nx, ny] = length ? [-(b.y - a.y) / length, (b.x - a.x) / length] : [0, 0];
  // Both discs, and the quadrilateral between them: the hull of all three is what the brush passes over, row by row.
  const quad = [{ x: a.x + nx * ra, y: a.y + ny * ra }, { x: b.x + nx * rb, y: b.y + ny * rb }, { x: b.x - nx * rb, y: b.y - ny * rb }, { x: a.x - nx * ra, y: a.y - ny * ra }];
  const [first, end] = rows(Math.min(a.y - ra, b.y - rb), Math.max(a.y + ra, b.y + rb), height);
  for (let y = first; y < end; y += 1) {
    const centre = y + 0.5;
    let low = Infinity;
    let high = -Infinity;
    for (const [{ x, y: cy }, r] of /** @type {const} */ ([[a, ra], [b, rb]])) {
      const half = r * r - (centre - cy) ** 2;
      if (half < 0) continue;
      low = Math.min(low, x - Math.sqrt(half));
      high = Math.max(high, x + Math.sqrt(half));
    }
    for (let i = 0; i < 4; i += 1) {
      const p = quad[i];
      const q = quad[(i + 1) % 4];
      if (centre < Math.min(p.y, q.y) || centre > Math.max(p.y, q.y) || p.y === q.y) continue;
      const x = p.x + ((centre - p.y) / (q.y - p.y)) * (q.x - p.x);
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
    push(spans, y, low, high);
  }
  return spans;
}

/** @param {Spans} spans @param {number} y @param {number} low @param {number} high */
function push(spans, y, low, high) {
  const from = Math.max(0, Math.ceil(low - 0.5));
  const to = Math.floor(high - 0.5) + 1;
  if (to > from) spans.push(y, from, to);
}

/** A chain of single pixels. @param {Point} a @param {Point} b @returns {Spans} */
function thinSpans(a, b) {
  /** @type {Spans} */
  const spans = [];
  const steps = Math.max(1, Math.ceil(Math.max(Math.abs(b.x - a.x), Math.abs(b.y - a.y))));
  let before = '';
  for (let i = 0; i <= steps; i += 1) {
    const x = Math.floor(a.x + ((b.x - a.x) * i) / steps);
    const y = Math.floor(a.y + ((b.y - a.y) * i) / steps);
    const here = `${x} ${y}`;
    if (here !== before && y >= 0) spans.push(y, x, x + 1);
    before = here;
  }
  return spans;
}

/**
 * What a closed line surrounds, by the even-odd rule.
 * @param {readonly Point[]} points the last is joined to the first
 * @param {number} height of the image
 * @returns {Spans}
 */
export function polygonSpans(points, height) {
  /** @type {Spans} */
  const spans = [];
  if (points.length < 3) return spans;
  /** Columns where the line crosses a row's centres, row by row. @type {Map<number, number[]>} */
  const crossings = new Map();
  for (const [i, p] of points.entries()) {
    const q = points[(i + 1) % points.length];
    const [top, bottom] = p.y < q.y ? [p, q] : [q, p];
    // Upper end inside, lower end outside: a corner on a centre is crossed once.
    for (let y = Math.max(0, Math.ceil(top.y - 0.5)); y + 0.5 < bottom.y && y < height; y += 1) {
      const x = top.x + ((y + 0.5 - top.y) / (bottom.y - top.y)) * (bottom.x - top.x);
      const row = crossings.get(y);
      if (row) row.push(x);
      else crossings.set(y, [x]);
    }
  }
  for (const [y, columns] of crossings) {
    columns.sort((one, other) => one - other);
    for (let i = 0; i + 1 < columns.length; i += 2) {
      const from = Math.max(0, Math.ceil(columns[i] - 0.5));
      const to = Math.ceil(columns[i + 1] - 0.5);
      if (to > from) spans.push(y, from, to);
    }
  }
  return spans;
}

/** @param {Point} a @param {Point} b opposite corners: the pixels they lie in and all between @param {number} height @returns {Spans} */
export function rectangleSpans(a, b, height) {
  /** @type {Spans} */
  const spans = [];
  const from = Math.max(0, Math.floor(Math.min(a.x, b.x)));
  const to = Math.floor(Math.max(a.x, b.x)) + 1;
  for (let y = Math.max(0, Math.floor(Math.min(a.y, b.y))); y <= Math.max(a.y, b.y) && y < height; y += 1) spans.push(y, from, to);
  return spans;
}

/** A line of a width through points, as of a road. @param {readonly Point[]} points @param {number} width @param {number} height @returns {Spans} */
export function lineSpans(points, width, height) {
  if (points.length === 1) return brushSpans(points[0], points[0], width / 2, width / 2, height);
  return points.slice(1).flatMap((point, i) => brushSpans(points[i], point, width / 2, width / 2, height));
}

/** The rectangle around rows of pixels. @param {Spans} spans @returns {import('./tiles.js').Rect | null} */
export function boundsOf(spans) {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i + 2 < spans.length; i += 3) {
    top = Math.min(top, spans[i]);
    bottom = Math.max(bottom, spans[i] + 1);
    left = Math.min(left, spans[i + 1]);
    right = Math.max(right, spans[i + 2]);
  }
  return right > left ? { left, top, width: right - left, height: bottom - top } : null;
}

/** Rows of pixels of a picture that is smaller than the image, as those of the image. @param {Spans} spans @param {number} scale pixels of the image for one of the picture @returns {Spans} */
export function enlarged(spans, scale) {
  if (scale === 1) return spans;
  /** @type {Spans} */
  const out = [];
  for (let i = 0; i + 2 < spans.length; i += 3) {
    const from = Math.round(spans[i + 1] * scale);
    const to = Math.round(spans[i + 2] * scale);
    for (let y = Math.round(spans[i] * scale); y < Math.round((spans[i] + 1) * scale); y += 1) out.push(y, from, to);
  }
  return out;
}
