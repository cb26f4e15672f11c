// @ts-check
/**
 * The label editor in words.
 */
import { count, metric, percent, plural } from '../../ui/format.js';

/** @typedef {import('./tools.js').ToolName} ToolName */

/** Tools in the order of the bar: name, key, and what it does. @type {Record<ToolName, { name: string, key: string, help: string }>} */
export const toolWords = {
  brush: { name: 'Brush', key: 'B', help: 'Draw over what you know. With Shift a straight line from where the last stroke ended.' },
  eraser: { name: 'Eraser', key: 'E', help: 'Takes labels away: those pixels are not labelled, which is not the same as background.' },
  line: { name: 'Line', key: 'L', help: 'Click along a road or ditch; Enter or a double click ends it. The brush size is its width.' },
  polygon: { name: 'Polygon', key: 'P', help: 'Click the corners of a shape; the first one, Enter or a double click closes it.' },
  lasso: { name: 'Lasso', key: 'A', help: 'Draw around something: all of the inside gets the class.' },
  rectangle: { name: 'Rectangle', key: 'R', help: 'Drag from corner to corner, or click both.' },
  fill: { name: 'Fill', key: 'F', help: 'Click: the region of like colour in view gets the class.' },
  grow: { name: 'Grow', key: 'G', help: 'Click: the region that the network takes for one thing gets the class.' },
  take: { name: 'Take over', key: 'T', help: 'Draw around what the network sees rightly: it becomes the label.' },
  hand: { name: 'Move', key: 'H', help: 'Drag the picture. Space held down, the wheel or two fingers do it with any tool.' },
};

/** @type {readonly (readonly [string, string])[]} */
export const labelKeys = [
  ['1 … 9', 'class'],
  ['B E L P A R F G T H', 'tools, as on their buttons'],
  ['[ ]', 'brush smaller, larger'],
  ['← ↑ → ↓', 'move the cross; with Shift by one pixel, with Alt the picture'],
  ['Enter', 'press at the cross; ends a shape that has all its corners'],
  ['Esc', 'give the shape up, then close'],
  ['Ctrl+Z Ctrl+Y', 'undo, redo'],
  ['V', 'what the network sees'],
  ['N', 'next suggestion'],
  ['+ − 0', 'zoom in, out, fit'],
];

/** How much is labelled. @param {{ share: number, images: number, begun: number }} labelled share of this image */
export function progressWords({ share, images, begun }) {
  const here = share > 0 && share < 0.001 ? 'under 0.1 %' : percent(share);
  return `${share > 0 ? here : 'Nothing'} of this image is labelled${images > 1 ? ` · ${count(begun)} of ${plural(images, 'image')} begun` : ''}`;
}

/** What the editor is for, before the first stroke. @param {boolean} corrects there are labels */
export const firstWords = (corrects) => (corrects
  ? 'Paint over what is wrong. A pixel where you correct what the network sees counts three times as much as another.'
  : 'Paint a few strokes over what you look for, and a few over what it is not. The rest can stay unlabelled: it counts neither for nor against.');

/** The button that trains. @param {{ running: boolean, paused: boolean, ended: boolean }} run */
export const trainLabel = ({ running, paused, ended }) => (running ? (paused ? 'Go on training' : 'Pause training') : ended ? 'Train on while I paint' : 'Train while I paint');

/**
 * The run in one line.
 * @param {{ step: number, total: number, iou: number | null | undefined, honest: boolean, tooFew: boolean, paused: boolean, ended: boolean }} run
 */
export function trainLine({ step, total, iou, honest, tooFew, paused, ended }) {
  const figure = iou == null ? '' : ` · ${honest ? 'validation ' : ''}IoU ${metric(iou)}${tooFew ? ', of too few labels to judge by' : honest ? '' : ' on what it was shown'}`;
  return `${ended ? 'Ended at step' : paused ? 'Paused at step' : 'Step'} ${count(step)}${ended ? '' : ` of ${count(total)}`}${figure}`;
}

/** Why training cannot begin with labels alone. @param {number} pairs that can be trained on */
export const fewWords = (pairs) => (pairs === 0 ? 'Paint a first stroke, then it can train.' : '');

/** @param {{ here: boolean, ageMs: number | null, running: boolean }} view of the network */
export function networkLine({ here, ageMs, running }) {
  if (!here) return 'There is no network yet: train while you paint.';
  if (ageMs === null) return 'Looking …';
  return running ? `${(ageMs / 1000).toFixed(ageMs < 10_000 ? 1 : 0)} s old` : 'As the network sees it.';
}

/** @param {number} at @param {number} of @param {string} name of the image @param {number} score 0: none to ask */
export const suggestionLine = (at, of, name, score) => `Suggestion ${at} of ${of}: ${name}${score > 0 ? `, unsure by ${percent(score)}` : ''}.`;

export const noSuggestion = 'Nothing left to suggest: all there is is labelled.';
export const suggestFirst = 'Goes to where a label would help most.';
export const unkeptWords = 'What you paint is held by this page alone: take it home as a file before you close it.';
export const busyWords = 'The labels are being read.';
export const notTaken = 'The network has not seen this place yet; switch on “What the network sees” and wait a moment.';

/** Beside each class. @param {number} index */
export const classKeyOf = (index) => (index < 9 ? String(index + 1) : '');

/** @param {readonly { name: string }[]} classes @param {number} index */
export const className = (classes, index) => {
  const name = classes[index]?.name || (index === 0 ? 'background' : `class ${index}`);
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
};

/** Colours for classes that have none yet, told apart by most eyes (Okabe and Ito 2008), without black. @type {readonly (readonly [number, number, number])[]} */
export const NEW_COLOURS = [[230, 159, 0], [86, 180, 233], [0, 158, 115], [240, 228, 66], [0, 114, 178], [213, 94, 0], [204, 121, 167]];
