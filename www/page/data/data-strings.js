// @ts-check
/**
 * The words for a data set: remarks on pairs, findings, the mask rule, the range of numbers, questions. What goes wrong with a
 * file stands in `ui/strings.js`.
 */
import { count, percent, plural, size } from '../../ui/format.js';
import { scenesWords } from '../../ui/scene-strings.js';

/** @typedef {import('../../core/types.js').Note} Note */

/**
 * The question about folders: what it is about, the words of each answer around the folders' names, and what speaks for one.
 * @param {import('../../core/types.js').FolderQuestion} question
 * @returns {{ sentence: string, why: string, options: [string, string][] }}
 */
export function folderWords({ options, suggested, files }) {
  return {
    sentence: `${plural(files, 'file')} in folders of the same names, and no word says which are the masks.`,
    why: suggested == null ? 'One click pairs them by their names. If none of it is right, drop the masks that are missing.' : 'The coloured answer is what the pictures look like: masks have few colours. One click pairs them by their names.',
    options: options.map(() => ['Images in ', ', masks in ']),
  };
}

/** A remark on a usable pair. @param {Note} note @param {(index: number) => string} pairName */
export function noteLine(note, pairName) {
  switch (note.code) {
    case 'cropped': return `Image and mask differ by a pixel: both cropped to ${size(note.width, note.height)}.`;
    case 'empty_mask': return 'The mask is empty: keep it as pure background, or leave the pair out.';
    case 'full_mask': return 'The mask covers everything: check the mask rule, or leave the pair out.';
    case 'one_class': return 'The whole mask is one class: fine for a few pairs, no use if all are like it.';
    case 'maybe_inverted': return 'More than 80 % is foreground: if it should be background, tick Invert.';
    case 'mask_equals_image': return 'The mask is the image itself: export the mask again, or leave the pair out.';
    case 'first_frame_only': return 'An animation: only its first frame is used.';
    case 'exif_rotated': return 'Turned upright as its EXIF data says.';
    case 'alpha_ignored': return 'Fully transparent pixels count for nothing, in training and in the figures; of the others the colour is used.';
    case 'alpha_may_be_band': return 'Its last band is declared transparent, but holds as many values as infrared would: say beside the pairs what it is.';
    case 'mask_turned': return 'The mask was turned onto the image, as their georeferences say.';
    case 'mask_shifted': return `The mask lies ${(note.hundredths_px / 100).toFixed(1)} pixels beside the image’s grid${note.millimetres != null ? ` (${(note.millimetres / 1000).toFixed(2)} m)` : ''}: each pixel got the nearest label. Look whether it fits.`;
    case 'mask_resampled': return `Pixels of the mask have ${(note.hundredths / 100).toFixed(2)} times the side of the image’s: each pixel of the image got the nearest label.`;
    case 'mask_covers': return `The mask covers ${note.percent} % of the image: the rest is not labelled, and not trained on.`;
    case 'mask_cut_out': return 'The mask is larger than the image: the image’s part of it is used.';
    case 'places_not_compared': return 'Image and mask give different places, and one names no reference system: paired pixel by pixel.';
    case 'negative_scale': return 'Its vertical pixel scale is negative: read as QGIS and GDAL do, with the sign dropped.';
    case 'control_points': return `Its control points lie ${(note.hundredths_px / 100).toFixed(1)} pixels off any plane: it counts as without a place. Warp it first to use its place.`;
    case 'aux_unreadable': return 'The .aux.xml beside it cannot be read and is passed over.';
    case 'aux_nodata': return 'The .aux.xml beside it says which number is no data: those pixels count for nothing.';
    case 'duplicate_of': return `The same image as ${pairName(note.pair)}: leave one out, or validation looks better than it is.`;
    default: return 'Worth a look.';
  }
}

/**
 * A finding about the data set: what, why it matters, and the words of its button.
 * @param {import('../../core/types.js').Finding} finding
 * @param {import('../../core/types.js').Dataset | null} dataset
 */
export function findingWords(finding, dataset) {
  const n = finding.pairs.length;
  const masks = n === 1 ? 'One mask is' : `${n} masks are`;
  const exclude = finding.mend.kind === 'rule' ? 'Back to the suggested rule' : n === 1 ? 'Leave it out' : `Leave ${n} out`;
  const share = percent(finding.value);
  switch (finding.code) {
    case 'empty_masks': return { sentence: `${masks} empty`, why: finding.mend.kind === 'rule' ? 'The mask rule in force leaves nothing of them.' : 'Right if there is nothing to find in the picture; else the mask is missing, and the network learns to miss it too.', button: exclude };
    case 'full_masks': return { sentence: `${masks} all foreground`, why: 'Everything in the picture would be taught as foreground.', button: exclude };
    case 'inverted': return { sentence: `The masks look inverted: ${share} is foreground`, why: 'What is to be found is usually the smaller part. As it is, the background would be learnt.', button: 'Turn them over' };
    case 'some_inverted': return { sentence: `${masks} mostly foreground, unlike the others`, why: 'Perhaps drawn the other way round; they would teach the opposite of the rest.', button: exclude };
    case 'mask_is_image': return { sentence: n === 1 ? 'One mask is a copy of its image' : `${n} masks are copies of their images`, why: 'A label that repeats the picture teaches brightness, not things. Export the masks again.', button: exclude };
    case 'copies': return { sentence: n === 1 ? 'One image shows the same as another' : `${n} images show the same as others`, why: 'On both sides of the split, a copy makes validation look better than it is.', button: exclude };
    case 'tiny_foreground': return { sentence: `Only ${share} of all pixels are foreground`, why: 'A network that finds nothing would already be right almost everywhere.', button: 'Weigh it, with Dice' };
    case 'rare_class': return { sentence: `“${finding.detail ?? ''}” is only ${share} of the labelled pixels`, why: 'So rare a class is easily never predicted.', button: 'Weigh rare classes' };
    case 'mixed_sizes': return { sentence: `Images differ much in size (${finding.detail ?? ''})`, why: 'Resized to one tile, things would have another size in each.', button: 'Cut tiles instead' };
    case 'mixed_bands': return { sentence: `${n === 1 ? 'One image is' : `${n} images are`} of another kind than the rest (grey or colour)`, why: 'A network that leans on colour fails where there is none.', button: 'Look at brightness only' };
    case 'mixed_depths': return { sentence: `${n === 1 ? 'One image has' : `${n} images have`} another bit depth than the rest`, why: '8 and 16 bit are both scaled to their full range; sensors rarely fill it, so these may look far darker.', button: exclude };
    case 'too_few_pairs': return { sentence: n === 1 ? 'There is only one pair' : `There are only ${n} pairs`, why: 'It will work on these and little else; turned and relit copies help a bit, more pairs help more.', button: 'Strong augmentation' };
    case 'few_scenes': return scenesWords(n, outlinesOf(dataset), finding.value, finding.pairs.reduce((sum, index) => sum + pixelsOf(dataset, index), 0));
    default: return { sentence: 'Worth a look', why: '', button: exclude };
  }
}

/** @param {import('../../core/types.js').Dataset | null} dataset @param {number} index */
const pixelsOf = (dataset, index) => (dataset?.pairs[index]?.width ?? 0) * (dataset?.pairs[index]?.height ?? 0);

/** Outlines drawn as masks. @param {import('../../core/types.js').Dataset | null} dataset */
const outlinesOf = (dataset) => (dataset?.vectors ?? []).reduce((sum, { drawn }) => sum + drawn, 0);

/** Notes that call for a decision; the others only inform. @param {Note} note */
export const isWarning = (note) => ['empty_mask', 'full_mask', 'maybe_inverted', 'mask_equals_image', 'alpha_may_be_band', 'duplicate_of'].includes(note.code);

/** Classes that outlines name. @param {import('../../core/types.js').Dataset} dataset */
export const outlineClassesLine = (dataset) => `Each class that the outlines name, and the background: ${dataset.classes.length} in all. ${percent(dataset.foreground_share)} of all pixels are labelled.`;

/** The mask rule in words. @param {import('../../core/types.js').MaskRule} rule @param {import('../../core/types.js').Dataset} dataset */
export function ruleLine(rule, dataset) {
  const share = dataset.foreground_share;
  if (rule.kind === 'classes') return `Each ${dataset.detected.some(({ code }) => code != null) ? 'number' : 'colour'} below is a class: ${dataset.classes.length} in all. ${percent(share)} of all pixels are labelled.`;
  const part = rule.invert ? 'background' : 'foreground';
  const tail = `${percent(share)} of all pixels are foreground.`;
  const objects = dataset.objects == null ? '' : `The masks number their objects (up to ${count(dataset.objects)} in one image). `;
  switch (rule.kind) {
    case 'threshold': return `${objects}${usesNumbers(rule, dataset) ? `Mask pixels with the number ${count(rule.at)} or more` : `Mask pixels of brightness ${rule.at} or more`} are ${part}. ${tail}`;
    case 'not_black': return `${objects}Every mask pixel that is not exactly opaque black is ${part}. ${tail}`;
    default: return `${objects}Mask pixels of one ${rule.code == null ? 'colour' : 'number'} are ${part}. ${tail}`;
  }
}

/** Whether a threshold is one of numbers beyond those of brightness. @param {import('../../core/types.js').MaskRule} rule @param {import('../../core/types.js').Dataset} dataset */
export const usesNumbers = (rule, dataset) => dataset.objects != null || (rule.kind === 'threshold' && rule.at > 255) || dataset.colours.some(({ code }) => code != null);

/** A last band that may be infrared. @param {string[]} names of the images @param {number} band its number */
export const fourthBandLine = (names, band) => `Band ${band} of ${names.length === 1 ? names[0] : plural(names.length, 'image')} is declared transparent, but holds as many values as infrared would. What is it?`;

/** @typedef {NonNullable<import('../../core/store.js').State['bands']>} Bands */

/** The choice of bands that are shown. @param {Bands} bands */
export const bandsHelp = ({ most, shown }) => `The network sees ${shown.length ? `${shown.length} of ${most} bands: ${shown.join(', ')}` : `the usual three of ${most} bands`}. Type three others as red, green, blue, or one as grey; for more there is “Bands” among the advanced settings. Applies to all images.`;

/** The same where others say it. @param {string} place @param {Bands} bands @param {readonly number[]} network */
export function networkBandsHelp(place, { most, names }, network) {
  const name = (/** @type {number} */ band) => names[band - 1] || '';
  const called = network.map(name).filter(Boolean);
  const listed = called.length ? ` (${called.join(', ')})` : '';
  return place === 'train' ? `${most} bands; the network sees ${network.length}, as the settings say${listed}. Three of them are shown.` : `The model sees ${network.length === 1 ? 'this band' : `these ${network.length} bands`}${listed}.`;
}

/** What is black and what is white. @param {import('../../core/types.js').RangeInfo} ranges */
export function rangeLine({ choice, used, images }) {
  const those = images === 1 ? 'The image has' : `${count(images)} images have`;
  const depth = `${those} numbers of more than 8 bits.`;
  if (used.kind === 'each_alone') return `${depth} Each is stretched by its own numbers: the same ground can be bright in one and dark in the next. Only for looking, or where the sensors differ.`;
  if (used.kind === 'as_before') return `${depth} Seen as the run saw them that was saved by an older version: TIFF each by itself, PNG from 0 to 65,535.`;
  if (used.kind !== 'fixed') return depth;
  const number = (/** @type {number} */ value) => (Math.abs(value) >= 1000 ? count(Math.round(value)) : String(Number(value.toPrecision(4))));
  const bands = used.bands.map(([low, high]) => `${number(low)} to ${number(high)}`);
  const same = bands.every((band) => band === bands[0]);
  const found = choice.kind === 'together' ? 'found over all of them' : 'as typed (reflectance times 10,000: 0 and 10,000)';
  return `${depth} Black to white is ${same ? bands[0] : bands.length > 3 ? `each band’s own, of the first ${bands[0]}` : bands.join('; ')}, ${found}. The model keeps it.`;
}

/** Colours that no class takes. @param {number} fresh those frequent enough for one @param {number} share of the pixels, theirs @param {number} strays */
export function unlearntLine(fresh, share, strays) {
  const parts = [fresh > 0 && `${plural(fresh, 'new colour')} (${percent(share)} of all pixels)`, strays > 0 && plural(strays, 'stray colour')];
  return `${parts.filter(Boolean).join(' and ')} ${fresh + strays === 1 ? 'is' : 'are'} in no class and not learnt:`;
}
