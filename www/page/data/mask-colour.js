// @ts-check
/**
 * The colour of a mask of one class, chosen for a whole set of pictures so that it stands out from their ground. Colours
 * that people gave their classes stay.
 */
import { setTint } from '../../ui/paint.js';
import { onPaint, state } from '../../core/store.js';

/** @typedef {readonly [number, number, number]} Colour */

/** Each with its outline, the first that stands out is taken. @type {readonly { name: string, mask: Colour, edge: Colour }[]} */
export const TINTS = [
  { name: 'orange', mask: [255, 122, 0], edge: [255, 214, 92] },
  { name: 'cyan', mask: [0, 196, 255], edge: [190, 244, 255] },
  { name: 'magenta', mask: [255, 0, 212], edge: [255, 184, 244] },
];

/** Pictures looked at. */
const PICTURES = 24;
/** Pixels looked at of each. */
const PIXELS = 2000;
/** Degrees between two hues that are told apart at once. */
const APART_DEG = 45;
/** Ground less coloured than this is grey: any colour stands out from it. */
const GREY = 0.12;

/** @type {unknown} */
let looked = null;

export function initMaskColour() {
  onPaint(() => {
    const { dataset, inputs } = state;
    const source = dataset?.pairs.length ? dataset : inputs;
    if (source === looked) return;
    looked = source;
    const pictures = (dataset?.pairs.length ? dataset.pairs : inputs).slice(0, PICTURES).map(({ thumb_rgba: rgba }) => rgba);
    setTint(tintFor(pictures));
  });
}

/** The tint for these pictures. @param {readonly Uint8Array[]} pictures RGBA */
export function tintFor(pictures) {
  const ground = meanColour(pictures);
  if (!ground || saturation(ground) < GREY) return TINTS[0];
  return TINTS.find(({ mask }) => between(hue(mask), hue(ground)) > APART_DEG) ?? TINTS[0];
}

/** @param {readonly Uint8Array[]} pictures @returns {Colour | null} */
function meanColour(pictures) {
  const sum = [0, 0, 0];
  let n = 0;
  for (const rgba of pictures) {
    const step = Math.max(1, Math.floor(rgba.length / 4 / PIXELS)) * 4;
    for (let o = 0; o + 3 < rgba.length; o += step) {
      if (!rgba[o + 3]) continue;
      for (let c = 0; c < 3; c += 1) sum[c] += rgba[o + c];
      n += 1;
    }
  }
  return n ? [sum[0] / n, sum[1] / n, sum[2] / n] : null;
}

/** @param {Colour} colour */
function saturation(colour) {
  const most = Math.max(...colour);
  return most ? (most - Math.min(...colour)) / most : 0;
}

/** Degrees of the colour circle. @param {Colour} colour */
function hue([r, g, b]) {
  return (Math.atan2(Math.sqrt(3) * (g - b), 2 * r - g - b) * 180) / Math.PI;
}

/** @param {number} a @param {number} b */
const between = (a, b) => Math.abs(((a - b + 540) % 360) - 180);
