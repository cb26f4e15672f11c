// @ts-check
/**
 * What two runs differ in and share: settings, curves, pictures of the same places. No DOM here.
 */
import { allFields } from '../../ui/fields.js';
import { asWord } from '../train/settings-text.js';

/**
 * @typedef {import('../../core/types.js').PreviewItem} PreviewItem
 * @typedef {import('../../core/types.js').ClassInfo} ClassInfo
 * @typedef {{ name: string, config: import('../../core/types.js').TrainConfig, iou: number | null, losses: [number, number][], ious: [number, number][], items: PreviewItem[], classes: readonly ClassInfo[] }} Side a run as far as it is compared
 */

/**
 * Settings that are not the same: their label, and the words of either.
 * @param {Side['config']} a @param {Side['config']} b
 * @returns {[string, string, string][]}
 */
export function differences(a, b) {
  const words = (/** @type {import('../../ui/fields.js').Field} */ field, /** @type {any} */ config) => {
    const value = asWord(config[field.name] ?? '');
    return field.options?.find(([option]) => option === value)?.[1] ?? (value || 'none');
  };
  return allFields.flatMap((field) => {
    const both = [words(field, a), words(field, b)];
    return both[0] === both[1] ? [] : [/** @type {[string, string, string]} */ ([field.label, both[0], both[1]])];
  });
}

/** IoU by step, of the images held back where there are any. @param {readonly import('../../core/types.js').ValidationReport[]} reports @returns {[number, number][]} */
export const iousOf = (reports) => reports.flatMap(({ step, validation, training }) => {
  const iou = (validation ?? training)?.iou;
  return iou == null ? [] : [/** @type {[number, number]} */ ([step, iou])];
});

/** Pictures that both runs have of the same place. @param {Side} a @param {Side} b @returns {[PreviewItem, PreviewItem][]} */
export function samePlaces(a, b) {
  return a.items.flatMap((item) => {
    const other = b.items.find((one) => one.name === item.name && one.width === item.width && one.height === item.height && one.corner?.join() === item.corner?.join());
    return other ? [/** @type {[PreviewItem, PreviewItem]} */ ([item, other])] : [];
  });
}

/**
 * Curves as points of a drawing of `wide` by `high`, over the same axes.
 * @param {readonly (readonly [number, number])[][]} curves step and value
 * @param {{ wide: number, high: number, most?: number }} size `most`: the upper end, where it is known
 */
export function drawn(curves, { wide, high, most }) {
  const points = curves.flat();
  const lastStep = Math.max(1, ...points.map(([step]) => step));
  const top = most ?? Math.max(1e-9, ...points.map(([, value]) => value));
  return { lastStep, top, lines: curves.map((curve) => curve.map(([step, value]) => `${((step / lastStep) * wide).toFixed(1)},${(high - (Math.min(value, top) / top) * high).toFixed(1)}`).join(' ')) };
}

/** A curve of no more points than anybody sees. @param {readonly [number, number][]} curve @param {number} most @returns {[number, number][]} */
export function thinned(curve, most) {
  const stride = Math.max(1, Math.ceil(curve.length / most));
  return curve.filter((_, i) => i % stride === 0 || i === curve.length - 1).map(([step, value]) => [step, value]);
}

/** Points of a loss that are kept to be compared. */
const MOST_POINTS = 400;

/** What of the run on the page is to be kept with it, so that it can be compared later. @param {import('../../core/store.js').Run} run */
export const keptCurves = (run) => ({ losses: thinned(run.losses, MOST_POINTS), ious: iousOf(run.validations), classes: run.classes });
