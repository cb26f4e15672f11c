// @ts-check
/** What is told after a run, and what an IoU is called. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { advice, grade, kindOf, rise } from '../../www/page/train/advice.js';
import { actionWords, gradeLine, hintLine } from '../../www/page/train/advice-strings.js';

/** IoU at ten validations of a run of 200 steps. @param {number[]} ious @param {number} [above] of the images trained on */
const validations = (ious, above = 0) => ious.map((iou, i) => ({ step: ((i + 1) * 200) / ious.length, iou, trainIou: iou + above }));
const LEVEL = [0.3, 0.5, 0.6, 0.66, 0.69, 0.7, 0.7, 0.7, 0.7, 0.7];
const RISING = [0.1, 0.15, 0.2, 0.26, 0.32, 0.38, 0.44, 0.5, 0.55, 0.6];
const CURVE = [{ threshold: 0.5, precision: 0.6, recall: 0.9 }, { threshold: 0.7, precision: 0.75, recall: 0.8 }, { threshold: 0.9, precision: 0.9, recall: 0.5 }];
const EVEN = [{ threshold: 0.3, precision: 0.7, recall: 0.9 }, { threshold: 0.5, precision: 0.8, recall: 0.82 }];

/** @type {import('../../www/page/train/advice.js').RunFacts} */
const plain = { reason: 'finished', steps: 200, bestStep: 200, validations: validations(LEVEL), heldBack: true, curve: EVEN, threshold: 0.5, foregroundShare: 0.1, trainPixels: 2e6, pairs: 20, augmentation: 'strong', classes: 0, pixelM: 0.3 };
/** @param {Partial<import('../../www/page/train/advice.js').RunFacts>} change */
const codes = (change) => advice({ ...plain, ...change }).map(({ code, action }) => `${code} ${action}`);

test('a run that has levelled off has little to gain by more steps', () => {
  assert.deepEqual(codes({}), ['plateau data']);
  assert.deepEqual(codes({ validations: validations(LEVEL.map((iou) => iou + 0.2)) }), ['good_enough null']);
});

test('a curve that rises, or was cut short, goes on', () => {
  assert.deepEqual(codes({ validations: validations(RISING) }), ['still_rising longer']);
  assert.deepEqual(codes({ validations: validations(RISING), reason: 'stopped' }), ['cut_short longer']);
  assert.deepEqual(codes({ validations: validations(LEVEL), reason: 'stopped' }), ['plateau data']);
  // So early that nothing is known of the curve.
  assert.deepEqual(codes({ validations: validations([0.2]), reason: 'stopped' }), ['cut_short longer']);
});

test('learning by heart is told by the images trained on', () => {
  const heart = { validations: validations(LEVEL, 0.25) };
  assert.deepEqual(codes(heart), ['overfits data']);
  assert.deepEqual(codes({ ...heart, augmentation: 'off' }), ['overfits augment']);
  assert.deepEqual(codes({ ...heart, heldBack: false }), ['none_held_back hold_back']);
});

test('false alarms and misses are told at the threshold in force, with a better one where there is one', () => {
  assert.deepEqual(codes({ curve: CURVE }), ['false_alarms threshold']);
  assert.equal(advice({ ...plain, curve: CURVE })[0].other, 0.7);
  assert.deepEqual(codes({ curve: CURVE, threshold: 0.9 }), ['misses threshold']);
  // As good as it gets: moving the threshold does not help.
  assert.deepEqual(codes({ curve: [{ threshold: 0.5, precision: 0.6, recall: 0.9 }] }), ['false_alarms data']);
  assert.deepEqual(codes({ curve: [] }), ['plateau data']);
  assert.deepEqual(codes({ curve: [{ threshold: 0.5, precision: null, recall: 0 }] }), ['plateau data']);
});

test('too little to learn from is said', () => {
  assert.deepEqual(codes({ foregroundShare: 0.005 }), ['little_foreground data']);
  assert.deepEqual(codes({ pairs: 1, heldBack: false }), ['none_held_back hold_back', 'few_pairs data']);
  assert.deepEqual(codes({ validations: validations([0, 0, 0.01, 0.01]), foregroundShare: 0.01 }), ['nothing_found weigh', 'little_foreground data']);
  assert.deepEqual(codes({ validations: [] }), []);
  assert.ok(codes({ validations: validations(RISING, 0.3), curve: CURVE, foregroundShare: 0.001, pairs: 2 }).length <= 3);
});

test('the rise is that of the last third over the one before', () => {
  assert.ok(/** @type {number} */ (rise(validations(RISING), 200)) > 0.1);
  assert.ok(Math.abs(/** @type {number} */ (rise(validations(LEVEL), 200))) < 0.02);
  assert.equal(rise(validations([0.1, 0.2]), 200), null);
  assert.equal(rise([], 0), null);
});

test('an IoU is called by the kind of object and the pixel', () => {
  assert.equal(kindOf('damaged house', 0), 'building');
  assert.equal(kindOf('hedge', 0), 'road');
  assert.equal(kindOf('', 0), 'other');
  assert.equal(kindOf('building', 6), 'classes');
  assert.deepEqual([0.3, 0.6, 0.72, 0.84].map((iou) => grade(iou, 'building', 0.3)), ['poor', 'usable', 'good', 'very_good']);
  assert.equal(grade(0.66, 'road', null), 'very_good');
  assert.equal(grade(0.66, 'building', 0.3), 'usable');
  assert.equal(grade(0.66, 'building', 1.5), 'good');
  assert.equal(grade(0.74, 'water', 10), 'usable');
  assert.equal(grade(null, 'water', 1), null);
  assert.equal(grade(NaN, 'water', 1), null);
});

test('every code and action has words', () => {
  for (const code of /** @type {const} */ (['none_held_back', 'cut_short', 'still_rising', 'overfits', 'plateau', 'false_alarms', 'misses', 'little_foreground', 'few_pairs', 'nothing_found', 'good_enough'])) {
    for (const action of /** @type {const} */ (['longer', 'augment', 'threshold', 'data', 'hold_back', 'weigh', null])) {
      const hint = { code, action, value: 0.5, other: action === 'threshold' ? 0.7 : undefined };
      assert.match(hintLine(hint), /^[A-Z0-9].+\.$/);
      if (action) assert.ok(actionWords(hint));
      assert.doesNotMatch(hintLine(hint) + actionWords(hint), /undefined|NaN/);
    }
  }
  assert.equal(gradeLine({ grade: 'very_good', iou: 0.84, kind: 'building', pixelM: 0.3, heldBack: true }), 'IoU 0.84 on pairs held back is very good for buildings at 30 cm a pixel. Few outlines should need a correction.');
  assert.match(gradeLine({ grade: 'good', iou: 0.75, kind: 'building', pixelM: 0.3, heldBack: true, part: true }), /^IoU 0.75 on the part held back is good/);
  assert.match(gradeLine({ grade: 'poor', iou: 0.2, kind: 'other', pixelM: null, heldBack: false }), /would be poor.+lower/);
});
