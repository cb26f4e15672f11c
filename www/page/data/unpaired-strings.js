// @ts-check
/**
 * The words for files without a partner, for pairing them by hand, for outlines in the masks and for files passed over.
 */
import { baseName, count, plural, size } from '../../ui/format.js';

/** @typedef {import('../../core/types.js').Unpaired} Unpaired */

/**
 * Of pictures without masks, or masks without pictures.
 * @param {{ images: number, masks: number, placed: number, pairs: number }} counts
 * @returns {{ title: string, line: string, place: string }}
 */
export function picturesWords({ images, masks, placed, pairs }) {
  if (!images) {
    return { title: `${plural(masks, 'mask')} without ${masks === 1 ? 'its image' : 'their images'}`, line: `Drop the ${masks === 1 ? 'image' : 'images'} too, with the same ${masks === 1 ? 'name' : 'names'}. What is here already stays.`, place: '' };
  }
  const one = images === 1;
  const line = pairs
    ? `${one ? 'It is' : 'They are'} not trained on. Add ${one ? 'its mask' : 'their masks'} or outlines, and ${one ? 'it is' : 'they are'} paired with what is here.`
    : `A network learns from pictures in which somebody has marked what is to be found. ${one ? 'This one has' : 'These have'} no marks yet; the ways on from here:`;
  return { title: `${plural(images, 'picture')} without ${one ? 'a mask' : 'masks'}`, line, place: placeWords(images, placed) };
}

/** @param {number} images @param {number} placed */
function placeWords(images, placed) {
  if (!placed) return `${images === 1 ? 'It does not say where it lies' : 'None of them says where it lies'}, so outlines of a map cannot be laid on ${images === 1 ? 'it' : 'them'}: use a GeoTIFF or add the world file and .prj. Masks do without: black and white, named like the picture (12.png and 12_mask.png).`;
  const which = placed < images ? `${count(placed)} of ${count(images)} say where they lie: add their` : images === 1 ? 'It says where it lies: add its' : 'All say where they lie: add their';
  return `${which} outlines as GeoPackage, GeoJSON or Shapefile. A mask of the same name does too.`;
}

/** @param {number} n */
export const predictWords = (n) => (n === 1 ? 'Predict on this picture' : `Predict on these ${count(n)} pictures`);

/**
 * What is left over on both sides.
 * @param {number} images @param {number} masks
 */
export const handLine = (images, masks) => `${plural(images, 'image')} and ${plural(masks, 'mask')} found no partner by their names. Choose one on each side and pair them, or drag one onto the other.`;

/** @param {number} pairs made by hand @param {number} here of them in the data set */
export const apartLine = (pairs, here) => `${plural(pairs, 'pair')} made by hand${here < pairs ? `, ${count(here)} of them here` : ''}.`;

/** Two files that are to be a pair: what their sizes say against it. @param {Unpaired} image @param {Unpaired} mask */
export function sizeWords(image, mask) {
  const off = Math.max(Math.abs(image.width - mask.width), Math.abs(image.height - mask.height));
  if (off <= 1 || (image.placed && mask.placed)) return '';
  return `${size(image.width, image.height)} and ${size(mask.width, mask.height)}: a mask has to have the size of its image`;
}

/** @param {number} n pairs in view @param {number} unfit of other sizes */
export const orderLine = (n, unfit) => `The first image with the first mask, and so on, in the order of their names (2 before 10).${unfit ? ` ${unfit === 1 ? 'One pair does' : `${count(unfit)} pairs do`} not fit in size and would not be used.` : ''}${n > 0 ? ' Look whether each mask is that of its image.' : ''}`;

/** What of a file of outlines is in the masks. @param {import('../../core/types.js').VectorInfo} told */
export function vectorWords({ file, outlines, drawn, too_small: small, outside, images, first_image: first, background }) {
  const name = baseName(file);
  const parts = [];
  if (!outlines) parts.push(`${name} holds no outline`);
  else parts.push(`${count(drawn)} of ${plural(outlines, 'outline')} of ${name} drawn${images === 0 ? '' : images === 1 && first ? ` on ${baseName(first)}` : ` on ${plural(images, 'image')}`}`);
  if (outside) parts.push(`${count(outside)} ${outside === 1 ? 'lies' : 'lie'} outside ${images + background === 1 ? 'it' : 'the images'}`);
  if (small) parts.push(`${count(small)} smaller than a pixel`);
  if (background) parts.push(`nothing on ${plural(background, 'image')}, which ${background === 1 ? 'is' : 'are'} all background`);
  return `${parts.join('; ')}.`;
}

/** Files of outlines that are told one by one. */
const TOLD = 5;

/** The same of all files: each where there are few, else their sum and those of which something is left out. @param {readonly import('../../core/types.js').VectorInfo[]} all @returns {string[]} */
export function vectorLines(all) {
  if (all.length <= TOLD) return all.map(vectorWords);
  const sum = (/** @type {'outlines' | 'drawn' | 'background'} */ key) => all.reduce((total, told) => total + told[key], 0);
  const parts = all.filter(({ outlines, drawn }) => drawn < outlines);
  const lines = [`${count(sum('drawn'))} of ${plural(sum('outlines'), 'outline')} of ${plural(all.length, 'file')} drawn.`, ...parts.slice(0, TOLD).map(vectorWords)];
  if (parts.length > TOLD) lines.push(`Not all are drawn of ${plural(parts.length - TOLD, 'more file')}.`);
  return lines;
}

/** @param {import('../../core/types.js').PassedOver} passed */
export function passedWords({ files, kinds }) {
  return files ? `${plural(files, 'other file')} passed over (${kinds.join(', ')}).` : '';
}
