// @ts-check
/**
 * The words for one or a few large scenes: what there is, what part is held back, where a preview was cut out.
 */
import { count, percent, plural } from './format.js';

/** @typedef {import('../core/types.js').HeldBackInfo} HeldBackInfo */

/** From so many outlines on a scene is enough to begin with. */
const ENOUGH_OUTLINES = 30;

/** An area on the ground: `20 ha`, `3.2 km²`, `900 m²`. @param {number} m2 */
export function areaWords(m2) {
  if (m2 < 1000) return `${count(m2)} m²`;
  const ha = m2 / 10_000;
  return ha < 1000 ? `${ha < 10 ? ha.toFixed(1) : count(ha)} ha` : `${(ha / 100).toFixed(ha < 10_000 ? 1 : 0)} km²`;
}

/** Pixels where the area on the ground is not known. @param {number} pixels */
const pixelWords = (pixels) => (pixels < 1e6 ? `${count(pixels)} pixels` : `${(pixels / 1e6).toFixed(1)} million pixels`);

/**
 * A few large images.
 * @param {number} scenes
 * @param {number} outlines drawn, 0 where the masks are no outlines
 * @param {number | null | undefined} m2
 * @param {number} pixels
 */
export function scenesWords(scenes, outlines, m2, pixels) {
  const what = [plural(scenes, 'scene'), outlines && plural(outlines, 'outline'), m2 ? areaWords(m2) : pixelWords(pixels)].filter(Boolean).join(', ');
  const few = outlines > 0 && outlines < ENOUGH_OUTLINES;
  return {
    sentence: `${what}: ${few ? 'little, but a beginning' : 'enough to begin'}`,
    why: scenes === 1 ? 'Part of it is held back to measure by. The model will know this ground; a scene from another place teaches it others.'
      : 'The model will know this ground; scenes from other places teach it others.',
    button: 'Strong augmentation',
  };
}

/** Where a strip or a block lies. @param {HeldBackInfo} held @param {{ width: number, height: number }} image */
function where({ left, top, width, height, north_up: north }, image) {
  if (height === image.height) {
    if (left === 0) return north ? 'in the west' : 'on the left';
    if (left + width === image.width) return north ? 'in the east' : 'on the right';
    return north ? 'from north to south' : 'from top to bottom';
  }
  if (width < image.width) {
    const [upper, west] = [top === 0, left === 0];
    return north ? `in the ${upper ? 'north' : 'south'}${west ? 'west' : 'east'}` : `at the ${upper ? 'top' : 'bottom'} ${west ? 'left' : 'right'}`;
  }
  if (top === 0) return north ? 'in the north' : 'at the top';
  if (top + height === image.height) return north ? 'in the south' : 'at the bottom';
  return north ? 'from west to east' : 'from left to right';
}

/** @param {HeldBackInfo} held @param {{ width: number, height: number }} image */
const strip = (held, image) => `A ${held.width < image.width && held.height < image.height ? 'block' : 'strip'} ${where(held, image)}, ${percent(held.share)} of the scene,`;

/** On the data card. @param {HeldBackInfo} held @param {{ width: number, height: number }} image */
export const heldBackLine = (held, image) => `${strip(held, image)} is held back for validation: hatched in the picture.`;

/** Under the share of validation. @param {HeldBackInfo} held @param {{ width: number, height: number }} image */
export const heldBackHelp = (held, image) => `${strip(held, image)} is never trained on, to measure honestly.`;

/** What is done with a preview. @param {boolean} hovers whether there is something to point with */
export const enlargeWords = (hovers) => (hovers ? 'click to enlarge, point at a mask to see it bare' : 'tap the image to enlarge it, a mask to see it bare');

/** A preview's name, and where it was cut out. @param {import('../core/types.js').PreviewItem} item */
export const previewName = (item) => (item.corner ? `${item.name} · ${cropWords(item)}` : item.name);

/** Where a preview begins in its image. @param {import('../core/types.js').PreviewItem} item */
export const cropWords = ({ corner, width, height }) => (corner ? `${width} × ${height} px at ${count(corner[0])}, ${count(corner[1])}` : '');
