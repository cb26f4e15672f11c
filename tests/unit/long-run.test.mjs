// @ts-check
/** What the page holds of a run stays bounded, however long it trains, and the figures that matter stay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { reduce } from '../../www/core/reduce.js';
import { shownAt, state, toldValidation } from '../../www/core/store.js';

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
  // Its beginning keeps its share, and what is told of single images is that of the best and of the newest.
  const tenth = (/** @type {number[]} */ list) => list.filter((step) => step <= 10_000).length / list.length;
  assert.ok(Math.abs(tenth(steps) - 0.1) < 0.01, `${tenth(steps)} of the validations are of the first tenth`);
  assert.deepEqual(run.validations.filter(({ images }) => images.length).map(({ step }) => step), [bestStep, 100_000]);
  assert.equal(run.losses.at(-1)?.[0], 100_000);
  const points = run.losses.map(([step]) => step);
  assert.ok(points.length > 1500 && Math.abs(tenth(points) - 0.1) < 0.01, `${tenth(points)} of ${points.length} points`);
  // Each is the mean of the steps it stands for.
  let from = 0;
  for (const [step, loss] of run.losses) {
    let sum = 0;
    for (let at = from + 1; at <= step; at += 1) sum += 1 / at;
    assert.ok(Math.abs(loss - sum / (step - from)) < 1e-9 * loss + 1e-12, `the mean of steps ${from + 1} to ${step}: ${loss}`);
    from = step;
  }
});

test('previews through time: evenly spread, the best among them, and the one looked at stays in view', () => {
  reduce(/** @type {any} */ ({ type: 'run_started', run_id: 2, config: {}, train: [0], validation: [1], parameters: 1, classes: [], steps_total: 10_000, continued: false }));
  const rgba = new Uint8Array(4);
  for (let step = 10; step <= 10_000; step += 10) {
    reduce({ ...validation(step, step === 770), run_id: 2 });
    reduce(/** @type {any} */ ({ type: 'preview', run_id: 2, step, items: [{ pair: 1, rgba, truth: rgba, probability: rgba }] }));
    if (step === 500) state.view.previewAt = 300;
  }
  const steps = state.history.map(({ step }) => step);
  assert.ok(steps.length >= 30 && steps.length <= 61, `${steps.length}`);
  assert.equal(steps.at(-1), 10_000);
  assert.ok(steps.includes(770), 'the best one');
  assert.ok(steps.filter((step) => step <= 1000).length >= 3, 'of its first tenth');
  assert.ok(Math.abs(state.history[shownAt()].step - 300) <= 320, `near the one chosen: ${state.history[shownAt()].step}`);
  state.view.previewAt = null;
  assert.equal(state.history[shownAt()].step, 10_000, 'the newest while it trains');
  reduce(/** @type {any} */ ({ type: 'run_ended', run_id: 2, reason: 'finished', steps: 10_000, best_step: 770, elapsed_ms: 1, loss_first: 1, loss_last: 1 }));
  assert.equal(state.history[shownAt()].step, 770, 'that of the model after the end');
  assert.equal(toldValidation()?.step, 770);
});

test('what comes late from a run before changes nothing', () => {
  const before = state.run?.validations.length;
  reduce({ ...validation(7, true), run_id: 9 });
  assert.equal(state.run?.validations.length, before);
});
