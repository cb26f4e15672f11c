// @ts-check
/** What the page holds of a run stays bounded, however long it trains, and the figures that matter stay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { reduce } from '../../www/app/reduce.js';
import { state } from '../../www/app/store.js';

globalThis.requestAnimationFrame = () => 0;

/** @param {number} step @param {boolean} best */
const validation = (step, best) => /** @type {any} */ ({
  type: 'validation', run_id: 1, step, best, best_step: 0, training: { iou: 0.5 }, validation: { iou: 0.5 },
  images: [{ pair: 0, iou: 0.5 }], curve: [{ threshold: 0.5, precision: 1, recall: 1 }],
});

test('a run of a hundred thousand steps, validated at every tenth', () => {
  reduce(/** @type {any} */ ({ type: 'run_started', run_id: 1, config: {}, train: [0], validation: [1], parameters: 1, classes: [], steps_total: 100_000, continued: false }));
  const bestStep = 3330;
  for (let step = 1; step <= 100_000; step += 1) {
    reduce(/** @type {any} */ ({ type: 'step', run_id: 1, step, loss: 1 / step, steps_total: 100_000 }));
    if (step % 10 === 0) reduce(validation(step, step === bestStep));
  }
  const { run } = state;
  assert.ok(run);
  assert.ok(run.losses.length <= 4000, `${run.losses.length} losses`);
  assert.ok(run.validations.length <= 4000, `${run.validations.length} validations`);
  assert.ok(run.validations.length >= 2000, `${run.validations.length} validations`);
  const steps = run.validations.map(({ step }) => step);
  assert.deepEqual(steps, steps.toSorted((a, b) => a - b));
  assert.equal(steps.at(-1), 100_000);
  assert.equal(run.validations.findLast(({ best }) => best)?.step, bestStep);
  // The newest thousand are all there; of older ones only what the curve needs.
  assert.deepEqual(steps.slice(-1000), Array.from({ length: 1000 }, (_, i) => 90_010 + i * 10));
  assert.equal(run.validations.filter(({ images }) => images.length).length, 1);
  assert.equal(run.losses.at(-1)?.[0], 100_000);
});

test('what comes late from a run before changes nothing', () => {
  const before = state.run?.validations.length;
  reduce({ ...validation(7, true), run_id: 9 });
  assert.equal(state.run?.validations.length, before);
});
