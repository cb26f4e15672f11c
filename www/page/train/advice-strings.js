// @ts-check
/**
 * What to try after a run, and a figure, in words.
 */
import { count, length, metric, percent } from '../../ui/format.js';

/** @typedef {import('./advice.js').Hint} Hint */

/** @param {Hint} hint @returns {string} */
export function hintLine({ code, action, value, other }) {
  switch (code) {
    case 'cut_short': return `It was stopped at step ${count(value ?? 0)}, while it still learnt.`;
    case 'still_rising': return 'IoU was still rising at the end: more steps are likely to help.';
    case 'overfits': return `It is far better on images it was trained on (IoU ${metric(value)}) than on others (${metric(other)}): it learns them by heart. ${action === 'augment' ? 'Stronger augmentation works against that; more pairs do it best.' : 'More pairs, from other places, help best.'}`;
    case 'false_alarms': return `False alarms prevail: ${percent(value)} of the mask is right. ${other === undefined ? 'Images that show what it takes for the thing, with empty masks, teach it the difference.' : `A threshold of ${other.toFixed(2)} balances them.`}`;
    case 'misses': return `Misses prevail: ${percent(value)} of the truth is found. ${other === undefined ? 'More examples of what it misses help.' : `A threshold of ${other.toFixed(2)} balances them.`}`;
    case 'little_foreground': return `It has seen only ${count(value ?? 0)} pixels of foreground: outline more, a hundred things or so.`;
    case 'few_pairs': return value === 1 ? 'One image shows one place: pairs from other places make the model fit for them.' : `${count(value ?? 0)} images show little variety: pairs from other places make the model fit for them.`;
    case 'none_held_back': return 'Nothing was held back, so nobody knows how it does elsewhere: hold some pairs back.';
    case 'nothing_found': return action === 'weigh' ? 'It found next to nothing, and the foreground is rare: weigh it, with Dice.' : 'It found next to nothing: train longer, and look whether the masks lie on the things.';
    case 'plateau': return 'It has levelled off: longer runs will hardly help. More pairs, or better outlines, will.';
    default: return 'There is little left to gain here. Try it on images from elsewhere.';
  }
}

/** The words of a hint's button. @param {Hint} hint */
export function actionWords({ action, other }) {
  switch (action) {
    case 'longer': return 'Train on from here';
    case 'augment': return 'Strong augmentation';
    case 'threshold': return `Threshold ${other?.toFixed(2) ?? ''}`;
    case 'data': return 'Add pairs';
    case 'hold_back': return 'Hold pairs back';
    case 'weigh': return 'Weigh it, with Dice';
    default: return '';
  }
}

/** What was done by a button that only changes settings. @param {Hint} hint */
export const doneWords = ({ action }) => (action === 'hold_back' ? 'Say how many pairs to hold back, then train again.' : 'Set. Press “Train again”.');

/** @type {Record<string, string>} */
const KIND_WORDS = { building: 'buildings', road: 'roads and other lines', tree: 'trees', water: 'water', field: 'fields', classes: 'several classes', other: 'things of this kind' };
/** @type {Record<string, [string, string]>} */
const GRADE_WORDS = {
  poor: ['poor', 'Look at the masks before you use them.'],
  usable: ['usable', 'Enough to find things and for a first draft; outlines will need work.'],
  good: ['good', 'Expect to correct some outlines.'],
  very_good: ['very good', 'Few outlines should need a correction.'],
};

/**
 * The figure in words.
 * @param {{ grade: string, iou: number, kind: string, pixelM: number | null, heldBack: boolean, part?: boolean }} facts `part`: of the only image a part is held back
 */
export function gradeLine({ grade, iou, kind, pixelM, heldBack, part }) {
  const [word, meaning] = GRADE_WORDS[grade];
  const of = `${kind === 'classes' ? 'Mean IoU' : 'IoU'} ${metric(iou)}`;
  const forWhat = `for ${KIND_WORDS[kind]}${pixelM ? ` at ${length(pixelM)} a pixel` : ''}`;
  return heldBack ? `${of} on ${part ? 'the part' : 'pairs'} held back is ${word} ${forWhat}. ${meaning}` : `${of} on the pairs it was trained on would be ${word} ${forWhat}; elsewhere it will be lower.`;
}
