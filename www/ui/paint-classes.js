// @ts-check
/**
 * Pictures of several classes: each in its colour over the image or alone, and where the prediction is wrong. One entry
 * for both kinds of masks, so that no view has to know which one it shows.
 */
import { h } from './dom.js';
import { hex } from './format.js';
import { paintBinary, paintErrors, paintGrey, paintImage, paintOverlay } from './paint.js';

/**
 * @typedef {import('../core/types.js').ClassInfo} ClassInfo
 * @typedef {import('./paint.js').Layers} Layers
 * @typedef {object} PaintStyle
 * @property {readonly ClassInfo[]} classes empty: the mask is 0 or 255, or a probability
 * @property {number} at threshold as a byte, of masks without classes
 * @property {number} opacity
 * @property {'image' | 'overlay' | 'mask' | 'raw' | 'errors'} layer `mask` is what would be saved, `raw` the probability itself
 */

/** Wrong pixels of several classes; the same magenta as a false alarm. */
const WRONG = [220, 38, 127];

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Layers & { truth?: Uint8Array | null }} layers
 * @param {PaintStyle} style
 */
export function paintLayers(canvas, layers, { classes, at, opacity, layer }) {
  if (layer === 'image') paintImage(canvas, layers);
  else if (classes.length) paintClasses(canvas, layers, classes, layer, opacity);
  else if (layer === 'errors' && layers.truth) paintErrors(canvas, { ...layers, truth: layers.truth }, at, opacity, true);
  else if (layer === 'mask') paintBinary(canvas, layers, at);
  else if (layer === 'raw') paintGrey(canvas, layers);
  else paintOverlay(canvas, layers, at, opacity);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Layers & { truth?: Uint8Array | null }} layers
 * @param {readonly ClassInfo[]} classes
 * @param {string} layer
 * @param {number} opacity
 */
function paintClasses(canvas, { width, height, rgba, mask, truth }, classes, layer, opacity) {
  if (width < 1 || height < 1 || !mask || mask.length < width * height) return;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const image = new ImageData(width, height);
  const out = image.data;
  const bare = layer === 'mask' || layer === 'raw';
  if (!bare) out.set(rgba.subarray(0, out.length));
  const errors = layer === 'errors' && truth;
  const alpha = bare ? 1 : Math.max(errors ? 0.3 : 0, opacity);
  const colours = classes.map(({ rgb }) => rgb);
  for (let i = 0, o = 0; i < width * height; i += 1, o += 4) {
    out[o + 3] = 255;
    const label = mask[i];
    // Not labelled: the image stays as it is, or black where there is none.
    if (errors && (truth[i] >= classes.length || truth[i] === label)) continue;
    const colour = errors ? WRONG : colours[label];
    if (!colour) continue;
    out[o] += (colour[0] - out[o]) * alpha;
    out[o + 1] += (colour[1] - out[o + 1]) * alpha;
    out[o + 2] += (colour[2] - out[o + 2]) * alpha;
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}

/** A square of a colour. An attribute, not a style: the policy forbids inline styles. @param {readonly number[]} rgb */
export function chip(rgb) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'chip');
  for (const [key, value] of [['width', '16'], ['height', '16'], ['rx', '3'], ['fill', hex(rgb)]]) rect.setAttribute(key, value);
  svg.append(rect);
  return svg;
}

/** A line of chips and words, as a key to the colours. @param {readonly ClassInfo[]} classes @param {(index: number) => string} [after] */
export const classKey = (classes, after = () => '') => classes.map(({ name, rgb }, index) => {
  const item = h('span', { class: 'class-key' }, `${name}${after(index)}`);
  item.prepend(chip(rgb));
  return item;
});
