// @ts-check
/**
 * What lies on the label editor's desk: the image and its labels, and what people chose.
 */
import { baseName } from '../../ui/format.js';
import { changed, state } from '../../core/store.js';

/**
 * @typedef {{ path: string, name: string, width: number, height: number, of: 'pair' | 'unpaired', index: number, pixelM: number | null, share: number, thumb: { width: number, height: number, rgba: Uint8Array } }} Labelled an image that can be labelled
 * @typedef {object} Desk
 * @property {Labelled | null} image
 * @property {import('./layer.js').Layer | null} layer its labels
 * @property {string} words what is to be said
 */

/** @type {Desk} */
export const desk = { image: null, layer: null, words: '' };

/** What people chose: it holds for all images. */
export const chosen = { classNumber: 1, brushPx: 12, inMetres: false, tolerance: 24, fillsClosed: false, opacity: 0.55, networkOpacity: 0.5 };

/** Shares of images labelled, newer than the data set's. @type {Map<string, number>} */
export const shares = new Map();

/** @param {Labelled} one */
export const shareOf = (one) => shares.get(one.path) ?? one.share;

/** @param {string} words what is to be said in the editor */
export function tell(words) {
  if (desk.words === words) return;
  desk.words = words;
  changed();
}

/** Width of brush and line in pixels of the image. */
export function brushPx() {
  const { brushPx: size, inMetres } = chosen;
  const pixelM = desk.image?.pixelM;
  return inMetres && pixelM ? Math.max(1, size / pixelM) : size;
}

/** All images that can be labelled, in the order of their names. @returns {Labelled[]} */
export function images() {
  const { dataset } = state;
  if (!dataset) return [];
  const pairs = dataset.pairs.filter(({ blocked }) => !blocked).map((pair) => ({
    path: pair.image_path, name: pair.name, width: pair.width, height: pair.height, of: /** @type {const} */ ('pair'), index: pair.index, pixelM: pair.pixel_m ?? null, share: pair.labelled_share ?? 0,
    thumb: { width: pair.thumb_width, height: pair.thumb_height, rgba: pair.thumb_rgba },
  }));
  const others = dataset.unpaired.map((file, index) => ({ file, index })).filter(({ file }) => !file.is_mask).map(({ file, index }) => ({
    path: file.path, name: baseName(file.path), width: file.width, height: file.height, of: /** @type {const} */ ('unpaired'), index, pixelM: null, share: 0,
    thumb: { width: file.thumb_width, height: file.thumb_height, rgba: file.thumb_rgba },
  }));
  return [...pairs, ...others].sort((a, b) => a.path.localeCompare(b.path, undefined, { numeric: true }));
}

/** The classes that can be painted, the first of them background. @returns {readonly import('../../core/types.js').ClassInfo[]} */
export function labelClasses() {
  const classes = state.dataset?.label_classes ?? [];
  return classes.length >= 2 ? classes : [{ name: 'background', rgb: [0, 0, 0] }, { name: 'foreground', rgb: [255, 96, 0] }];
}

/** Background that has no colour of its own is black, which nobody sees over dark ground. */
const SHOWN_BACKGROUND = /** @type {const} */ ([66, 133, 244]);

/** The colours classes are drawn in. @param {readonly import('../../core/types.js').ClassInfo[]} classes @returns {(readonly number[])[]} */
export const shownColours = (classes) => classes.map(({ rgb }, index) => (index === 0 && rgb.every((v) => v === 0) ? SHOWN_BACKGROUND : rgb));
