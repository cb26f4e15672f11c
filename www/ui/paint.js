// @ts-check
/**
 * Pictures from bytes: the mask in colour over the image, or alone; errors in colour. Pure pixel loops, no numerics of training.
 */

/**
 * The mask's colour and its outline, and the colours of the error map, as RGB. The three of the error map differ by at least
 * 48 (CIE 1976) for every kind of colour blindness (Machado 2009), an orange and a pink only by 18.
 */
let tintOf = { mask: /** @type {readonly number[]} */ ([255, 122, 0]), edge: /** @type {readonly number[]} */ ([255, 214, 92]) };
const RIGHT = [255, 176, 0];
const MISSED = [30, 110, 255];
const FALSE_ALARM = [220, 38, 127];
/** Truth where nothing is known: neither right nor wrong, as in the figures. */
const UNKNOWN_TRUTH = 127;

/** The colour of masks from now on. @param {{ mask: readonly number[], edge: readonly number[] }} colours */
export function setTint(colours) {
  tintOf = colours;
}

/**
 * @typedef {object} Layers
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array} rgba
 * @property {Uint8Array | null} mask 0 or 255, or a probability 0 to 255
 */

/**
 * The picture alone.
 * @param {HTMLCanvasElement} canvas
 * @param {{ width: number, height: number, rgba: Uint8Array }} layers
 */
export function paintImage(canvas, { width, height, rgba }) {
  const image = blank(canvas, width, height);
  if (!image) return;
  image.data.set(rgba.subarray(0, image.data.length));
  put(canvas, image);
}

/**
 * The mask over the picture, as a tint with a fine outline.
 * @param {HTMLCanvasElement} canvas
 * @param {Layers} layers
 * @param {number} at pixels of this value (0 to 255) or more are mask
 * @param {number} opacity 0 to 1
 */
export function paintOverlay(canvas, { width, height, rgba, mask }, at, opacity) {
  const image = blank(canvas, width, height);
  if (!image) return;
  const out = image.data;
  out.set(rgba.subarray(0, out.length));
  if (mask && mask.length >= width * height) tint(out, mask, width, height, at, opacity);
  put(canvas, image);
}

/**
 * @param {Uint8ClampedArray} out
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {number} at
 * @param {number} opacity
 */
function tint(out, mask, width, height, at, opacity) {
  const keep = 1 - opacity;
  const [r, g, b] = tintOf.mask.map((v) => v * opacity);
  const [er, eg, eb] = tintOf.edge;
  const edge = Math.min(1, opacity * 1.6);
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      if (mask[i] < at) continue;
      const o = i * 4;
      const border = (x > 0 && mask[i - 1] < at) || (x + 1 < width && mask[i + 1] < at) || (y > 0 && mask[i - width] < at) || (y + 1 < height && mask[i + width] < at);
      if (border) {
        out[o] += (er - out[o]) * edge;
        out[o + 1] += (eg - out[o + 1]) * edge;
        out[o + 2] += (eb - out[o + 2]) * edge;
      } else {
        out[o] = out[o] * keep + r;
        out[o + 1] = out[o + 1] * keep + g;
        out[o + 2] = out[o + 2] * keep + b;
      }
    }
  }
}

/**
 * The mask or probability alone, in grey.
 * @param {HTMLCanvasElement} canvas
 * @param {{ width: number, height: number, mask: Uint8Array | null }} layers
 */
export function paintGrey(canvas, { width, height, mask }) {
  const image = blank(canvas, width, height);
  if (!image || !mask) return;
  const out = new Uint32Array(image.data.buffer);
  const n = Math.min(out.length, mask.length);
  for (let i = 0; i < n; i += 1) out[i] = 0xff000000 | (mask[i] * 0x010101);
  put(canvas, image);
}

/**
 * The mask as it would be saved: white where a pixel reaches the threshold.
 * @param {HTMLCanvasElement} canvas
 * @param {{ width: number, height: number, mask: Uint8Array | null }} layers
 * @param {number} at
 */
export function paintBinary(canvas, { width, height, mask }, at) {
  const image = blank(canvas, width, height);
  if (!image || !mask) return;
  const out = new Uint32Array(image.data.buffer);
  const n = Math.min(out.length, mask.length);
  for (let i = 0; i < n; i += 1) out[i] = mask[i] >= at ? 0xffffffff : 0xff000000;
  put(canvas, image);
}

/**
 * Prediction against truth over the picture: right in amber, missed in blue, false alarms in magenta.
 * @param {HTMLCanvasElement} canvas
 * @param {Layers & { truth: Uint8Array }} layers
 * @param {number} at
 * @param {number} opacity
 * @param {boolean} overImage
 */
export function paintErrors(canvas, { width, height, rgba, mask, truth }, at, opacity, overImage) {
  const image = blank(canvas, width, height);
  if (!image || !mask) return;
  const out = image.data;
  if (overImage) out.set(rgba.subarray(0, out.length));
  const alpha = overImage ? Math.max(0.3, opacity) : 1;
  for (let i = 0, o = 0; i < width * height; i += 1, o += 4) {
    const said = mask[i] >= at;
    const is = truth[i] >= 128;
    out[o + 3] = 255;
    if ((!said && !is) || truth[i] === UNKNOWN_TRUTH) continue;
    const [r, g, b] = said && is ? RIGHT : is ? MISSED : FALSE_ALARM;
    out[o] += (r - out[o]) * alpha;
    out[o + 1] += (g - out[o + 1]) * alpha;
    out[o + 2] += (b - out[o + 2]) * alpha;
  }
  put(canvas, image);
}

/** Share of mask pixels. @param {Uint8Array} mask @param {number} at */
export function coverage(mask, at) {
  let n = 0;
  for (let i = 0; i < mask.length; i += 1) if (mask[i] >= at) n += 1;
  return mask.length ? n / mask.length : 0;
}

/** A threshold 0..1 as the smallest byte that counts as mask: `p * 255 >= t * 255`. @param {number} threshold */
export const byteThreshold = (threshold) => Math.max(1, Math.ceil(threshold * 255));

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
function blank(canvas, width, height) {
  if (width < 1 || height < 1) return null;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  return new ImageData(width, height);
}

/** @param {HTMLCanvasElement} canvas @param {ImageData} image */
function put(canvas, image) {
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}
