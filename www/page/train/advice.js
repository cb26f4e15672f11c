// @ts-check
/**
 * What to try after a run, from what is known of it: pure, without words. The words stand in advice-strings.js, the buttons in
 * advice-view.js.
 */
import { FEW_PAIRS } from '../../generated/constants.js';

/**
 * What is known of a run that has ended.
 * @typedef {object} RunFacts
 * @property {string} reason of its end
 * @property {number} steps done
 * @property {number} bestStep of the weights kept
 * @property {{ step: number, iou: number | null, trainIou: number | null }[]} validations `iou` of the pairs held back, of those trained on where there are none
 * @property {boolean} heldBack there are pairs that were not trained on
 * @property {{ threshold: number, precision: number | null, recall: number | null }[]} curve of the weights kept; empty for several classes
 * @property {number} threshold in force
 * @property {number} foregroundShare 0 to 1
 * @property {number} trainPixels of the pairs trained on
 * @property {number} pairs in use
 * @property {string} augmentation
 * @property {number} classes 0: foreground and background
 * @property {number | null} pixelM ground resolution, metres a pixel
 */

/** What its button does. @typedef {'longer' | 'augment' | 'threshold' | 'data' | 'hold_back' | 'weigh' | null} Action */
/** @typedef {'none_held_back' | 'cut_short' | 'still_rising' | 'overfits' | 'plateau' | 'false_alarms' | 'misses' | 'little_foreground' | 'few_pairs' | 'nothing_found' | 'good_enough'} Code */
/** @typedef {{ code: Code, action: Action, value?: number, other?: number }} Hint */

/** At most so many are told: more is a list that nobody reads. */
const MOST = 3;
/** The last share of a run in which IoU has to rise for more steps to be worth it, and by how much. */
const TAIL = 0.3;
const RISE = 0.015;
/** IoU on trained images so far above that on others is learning by heart. */
const GAP = 0.15;
/** Precision and recall so far apart are out of balance. */
const TILT = 0.12;
/** Pixels of foreground below which a network has seen too little, about a hundred houses of 15 by 15 pixels. */
const LITTLE_PX = 25_000;
/** A threshold so much better, in F1, is worth a click. */
const BETTER = 0.01;
/** Below this IoU nothing useful was found. */
const NOTHING = 0.05;
/** Above this IoU there is little to gain. */
const GOOD = 0.85;

/** Harmonic mean of both. @param {{ precision: number | null, recall: number | null }} point */
const f1 = ({ precision, recall }) => (precision && recall ? (2 * precision * recall) / (precision + recall) : 0);

/** The point of a curve nearest to a threshold. @param {RunFacts['curve']} curve @param {number} threshold */
const pointAt = (curve, threshold) => curve.reduce((/** @type {RunFacts['curve'][number] | null} */ near, point) => (!near || Math.abs(point.threshold - threshold) < Math.abs(near.threshold - threshold) ? point : near), null);

/**
 * How much IoU rose over the last part of a run: the mean of its last third of validations there over the one before. Null
 * where there are too few to say.
 * @param {RunFacts['validations']} validations
 * @param {number} steps
 */
export function rise(validations, steps) {
  const known = validations.filter(({ iou }) => iou != null);
  const tail = known.filter(({ step }) => step > steps * (1 - TAIL));
  const before = known.filter(({ step }) => step <= steps * (1 - TAIL) && step > steps * (1 - 2 * TAIL));
  if (!tail.length || !before.length || known.length < 4) return null;
  const mean = (/** @type {RunFacts['validations']} */ list) => list.reduce((sum, { iou }) => sum + (iou ?? 0), 0) / list.length;
  return mean(tail) - mean(before);
}

/**
 * What to try next, what helps most first.
 * @param {RunFacts} run
 * @returns {Hint[]}
 */
export function advice(run) {
  /** @type {Hint[]} */
  const hints = [];
  const kept = run.validations.findLast(({ step }) => step === run.bestStep) ?? run.validations.at(-1);
  const iou = kept?.iou ?? null;
  if (iou === null) return hints;
  const grew = rise(run.validations, run.steps);
  const pixels = run.foregroundShare * run.trainPixels;
  const lost = iou < NOTHING;
  if (lost) hints.push(run.classes === 0 && run.foregroundShare < 0.02 ? { code: 'nothing_found', action: 'weigh' } : { code: 'nothing_found', action: 'longer' });
  if (run.classes === 0 && pixels > 0 && pixels < LITTLE_PX) hints.push({ code: 'little_foreground', action: 'data', value: Math.round(pixels) });
  if (run.reason === 'stopped' && !lost && (grew === null || grew > RISE / 2)) hints.push({ code: 'cut_short', action: 'longer', value: run.steps });
  else if (grew !== null && grew > RISE && !lost && run.reason !== 'stopped') hints.push({ code: 'still_rising', action: 'longer', value: grew });
  const gap = run.heldBack && kept?.trainIou != null ? kept.trainIou - iou : 0;
  const learntByHeart = gap > GAP && !lost;
  if (learntByHeart) hints.push(run.augmentation === 'strong' || run.augmentation === 'own' ? { code: 'overfits', action: 'data', value: kept?.trainIou ?? 0, other: iou } : { code: 'overfits', action: 'augment', value: kept?.trainIou ?? 0, other: iou });
  if (!lost) hints.push(...ofThreshold(run));
  if (!run.heldBack) hints.push({ code: 'none_held_back', action: 'hold_back' });
  if (run.pairs < FEW_PAIRS && !learntByHeart && !hints.some(({ action }) => action === 'data')) hints.push({ code: 'few_pairs', action: 'data', value: run.pairs });
  if (!hints.length) hints.push(iou >= GOOD ? { code: 'good_enough', action: null } : { code: 'plateau', action: 'data' });
  return hints.slice(0, MOST);
}

/** Which way masks err at the threshold in force, and whether another would do better. @param {RunFacts} run @returns {Hint[]} */
function ofThreshold(run) {
  const known = run.curve.filter(({ precision, recall }) => precision != null && recall != null);
  const at = pointAt(known, run.threshold);
  if (!at || !at.precision || !at.recall) return [];
  const best = known.reduce((one, point) => (f1(point) > f1(one) ? point : one), at);
  const tilt = at.recall - at.precision;
  if (Math.abs(tilt) < TILT) return [];
  const code = tilt > 0 ? 'false_alarms' : 'misses';
  const moves = f1(best) > f1(at) + BETTER && (tilt > 0) === best.threshold > at.threshold;
  return [{ code, action: moves ? 'threshold' : 'data', value: tilt > 0 ? at.precision : at.recall, other: moves ? best.threshold : undefined }];
}

/**
 * How good an IoU is for a kind of object, as published figures go (docs/iou-scale.md): below `usable` outlines need redrawing, from
 * `good` on corrections, from `very_good` on hardly any.
 * @type {Record<string, { usable: number, good: number, very_good: number }>}
 */
const SCALES = {
  building: { usable: 0.55, good: 0.7, very_good: 0.8 },
  road: { usable: 0.4, good: 0.55, very_good: 0.65 },
  tree: { usable: 0.4, good: 0.55, very_good: 0.7 },
  water: { usable: 0.6, good: 0.75, very_good: 0.88 },
  field: { usable: 0.5, good: 0.65, very_good: 0.8 },
  classes: { usable: 0.35, good: 0.5, very_good: 0.65 },
  other: { usable: 0.45, good: 0.6, very_good: 0.75 },
};

/** Words of class names by kind. @type {[string, RegExp][]} */
const KINDS = [
  ['building', /\b(building|house|home|roof|rooftop|hut|shed|barn|tent|shelter|greenhouse|tower|tank|silo|settlement)/i],
  ['road', /\b(road|street|track|path|highway|pavement|sidewalk|railway|runway|crack|hedge|fence|wall|canal|stream)/i],
  ['tree', /\b(tree|forest|wood|woodland|canopy|crown|palm|deadwood|deadtree|shrub|bush|mangrove|orchard|vineyard|vegetation)/i],
  ['water', /\b(water|river|lake|pond|pool|reservoir|flood|sea)/i],
  ['field', /\b(field|parcel|crop|cropland|farmland|meadow|pasture|grass)/i],
];

/** Objects of so few metres across lose to coarse pixels: from this many metres a pixel on the scale is lower. */
const COARSE_M = 0.75;
/** By so much for each doubling of the pixel, at most three. */
const COARSE_LOSS = 0.05;

/** The kind a class name belongs to. @param {string} name @param {number} classes */
export const kindOf = (name, classes) => (classes > 0 ? 'classes' : KINDS.find(([, words]) => words.test(name))?.[0] ?? 'other');

/**
 * An IoU in words.
 * @param {number | null} iou
 * @param {string} kind of {@link kindOf}
 * @param {number | null} pixelM metres a pixel
 * @returns {'poor' | 'usable' | 'good' | 'very_good' | null}
 */
export function grade(iou, kind, pixelM) {
  if (iou === null || !Number.isFinite(iou)) return null;
  const scale = SCALES[kind] ?? SCALES.other;
  // Land and water are no smaller for being seen coarsely; outlines of houses, roads and crowns are.
  const fine = ['building', 'road', 'tree'].includes(kind);
  const lower = fine && pixelM !== null && pixelM > COARSE_M ? COARSE_LOSS * Math.min(3, Math.log2(pixelM / COARSE_M)) : 0;
  return iou >= scale.very_good - lower ? 'very_good' : iou >= scale.good - lower ? 'good' : iou >= scale.usable - lower ? 'usable' : 'poor';
}
