// @ts-check
/** Runs that survive, as a state: what is on offer, what is waited for, and what goes on by itself after the engine was lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nothingPlanned, reduceResume } from '../../www/page/runs/resume-state.js';
import { state as page } from '../../www/core/store.js';

/**
 * @typedef {import('../../www/page/runs/resume-plan.js').Resumption} Resumption
 * @typedef {import('../../www/page/runs/resume-plan.js').Facts} Facts
 * @typedef {import('../../www/page/runs/resume-plan.js').ResumeEffect} ResumeEffect
 * @typedef {import('../../www/page/runs/resume-state.js').ResumeEvent} ResumeEvent
 * @typedef {import('../../www/core/types.js').CheckpointReport} CheckpointReport
 * @typedef {import('../../www/core/types.js').SavedRun} SavedRun
 * @typedef {import('../../www/core/session.js').Death} Death
 */

/** @type {Resumption} */
const fresh = { ...nothingPlanned, checkpoint: page.checkpoint };
/** @type {Facts} */
const calm = {
  running: false, starting: false, predicting: false, sampling: false, reading: false, engineReady: true, device: 'cpu', deviceChoice: 'auto', data: null, bands: null, files: 0, error: false,
  told: { name: 'fields', differs: null }, nowMs: 1000, unixMs: 5000,
};
const here = { fingerprint: 'f1', fingerprintBefore: undefined, fromFiles: true, pairs: 3, usable: 3 };
const config = /** @type {any} */ ({ preset: 'fast', batch: 8, channels: 'rgb' });

/** @param {number} step @param {object} [data] @returns {SavedRun} */
const saved = (step, data = {}) => /** @type {any} */ ({ step, steps_total: 100, number: step, saved_at_ms: step, ended: null, config, bytes: 10, best_iou: null, data: { fingerprint: 'f1', source: 'files', pairs: 3, names: ['a.png'], ...data } });
/** @param {number} step @param {object} [more] */
const kept = (step, more = {}) => /** @type {any} */ ({ id: 'r1', name: 'fields', differs: null, discarded_until: null, saved: saved(step), data: true, ...more });
/** @param {object} [change] @returns {{ type: 'report', report: CheckpointReport }} */
const found = (change = {}) => /** @type {any} */ ({ type: 'report', report: { kind: 'kept', storage: 'disk', detail: '', saved: saved(40), id: 'r1', data: true, runs: [kept(40)], ...change } });
/** @param {Partial<Death>} [change] @returns {{ type: 'engine_lost', death: Death }} */
const dies = (change = {}) => ({ type: 'engine_lost', death: { cause: 'panic', detail: 'boom', config, rule: null, range: null, excluded: [], moved: [], leftOut: [], device: 'cpu', paused: false, ...change } });
const started = /** @type {ResumeEvent} */ (/** @type {any} */ ({ type: 'engine_event', event: { type: 'run_started' } }));
const told = /** @type {ResumeEvent} */ ({ type: 'told' });

/** Freezes what the reducer is given, all through. @template T @param {T} value @returns {T} */
function frozen(value) {
  if (value && typeof value === 'object' && !(value instanceof Blob) && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

/** Events one after the other, each with how things stand then. @param {Resumption} from @param {[ResumeEvent, Partial<Facts>?][]} events */
function after(from, ...events) {
  let state = from;
  /** @type {ResumeEffect[]} */
  let effects = [];
  for (const [event, change] of events) ({ state, effects } = reduceResume(frozen({ ...state, checkpoint: { ...state.checkpoint } }), frozen(event), { ...calm, ...change }));
  return { state, effects, errors: effects.flatMap((effect) => (effect.kind === 'error' ? [effect.error] : [])) };
}
const kinds = (/** @type {ResumeEffect[]} */ effects) => effects.map((effect) => (effect.kind === 'post' ? effect.message.kind : effect.kind === 'send' ? effect.command.type : effect.kind));

test('what lies on disk is on offer, and goes on with its data at once', () => {
  const { state } = after(fresh, [found()]);
  assert.equal(state.checkpoint.offer?.saved.step, 40);
  assert.equal(state.checkpoint.other?.id, 'r1');
  const gone = after(state, [{ type: 'resume' }, { data: here }]);
  assert.deepEqual(kinds(gone.effects), ['error', 'show_settings', 'starting', 'error', 'resume', 'go']);
  assert.equal(gone.state.plan, null);
  const begun = after(gone.state, [started, { data: here, running: true, files: 2 }]);
  // It was seen before it was begun, so it may replace itself.
  assert.deepEqual(kinds(begun.effects), ['name_run', 'claim', 'keep_data']);
  assert.deepEqual([begun.state.owned, begun.state.checkpoint.own, begun.state.checkpoint.offer], [true, 'r1', null]);
});

test('without its data the copies are fetched, and people are asked only where there are none', () => {
  const { state } = after(fresh, [found()]);
  const fetching = after(state, [{ type: 'resume' }]);
  assert.deepEqual(kinds(fetching.effects), ['error', 'show_settings', 'give_data']);
  assert.equal(after(fetching.state, [told, { data: here }]).effects.length, 0, 'it waits for them');
  const given = after(fetching.state, [{ type: 'report', report: { kind: 'data_given', entries: [] } }]);
  assert.deepEqual(kinds(given.effects), ['take_data']);
  assert.ok(kinds(after(given.state, [told, { data: here }]).effects).includes('resume'));
  const lacking = after(fetching.state, [{ type: 'report', report: { kind: 'data_given', entries: null } }]);
  assert.deepEqual(kinds(lacking.effects), ['prepare_data', 'error', 'go']);
  assert.equal(lacking.state.checkpoint.offer?.data, false);
  // Once for each set of images.
  assert.deepEqual(after(lacking.state, [told]).effects, []);
  assert.deepEqual(kinds(after(lacking.state, [told, { data: { ...here, fingerprint: 'other' } }]).effects), ['error', 'go']);
  assert.ok(kinds(after(lacking.state, [told, { data: here }]).effects).includes('resume'));
});

test('the sample scenes are made again, and images read with other bands are read again', () => {
  const scenes = after(fresh, [found({ saved: saved(40, { source: 'sample_scenes', sample_seed: 7 }) })], [{ type: 'resume' }]);
  assert.deepEqual(scenes.effects.at(-1), { kind: 'sample_scenes', seed: 7 });
  const banded = after(fresh, [found({ saved: saved(40, { bands: [0, 1, 3] }) })], [{ type: 'resume' }, { data: { ...here, fingerprint: 'rgb' }, bands: [0, 1, 2] }]);
  assert.deepEqual(banded.effects.at(-1), { kind: 'set_bands', bands: [0, 1, 3] });
  assert.ok(!kinds(banded.effects).includes('give_data'));
  // They are other images after all.
  assert.deepEqual(kinds(after(banded.state, [told, { data: { ...here, fingerprint: 'rgb2' }, bands: [0, 1, 3] }]).effects), ['give_data']);
});

test('nothing begins while something else is going on', () => {
  const { state } = after(fresh, [found()]);
  const waiting = after(state, [{ type: 'resume' }, { data: here, reading: true }]).state;
  for (const change of [{ running: true }, { starting: true }, { sampling: true }, { reading: true }, { engineReady: false }, { device: null }]) {
    assert.deepEqual(after({ ...waiting, plan: waiting.plan && { ...waiting.plan, fetching: false } }, [told, { data: here, ...change }]).effects, [], JSON.stringify(change));
  }
  assert.equal(after(state, [{ type: 'resume' }, { data: here, predicting: true }]).state.plan, null);
});

test('a run on disk that nobody saw is not replaced, and people are told', () => {
  const seen = after(fresh, [found(), { running: true }]);
  assert.equal(seen.state.unseen, true);
  assert.match(String(seen.errors[0]?.sentence), /./);
  const begun = after(seen.state, [started, { running: true }]);
  assert.equal(begun.state.owned, false);
  assert.ok(!kinds(begun.effects).includes('claim'));
  const here_ = after(begun.state, [{ type: 'keep_here' }, { running: true }]);
  assert.deepEqual(kinds(here_.effects), ['claim', 'keep_now']);
});

test('a lost engine takes its run up again from the last state saved', () => {
  const running = after(fresh, [found({ saved: null, runs: [] })], [started, { running: true }], [/** @type {any} */ ({ type: 'report', report: { kind: 'saved', id: 'r1', saved: saved(20), where: 'disk', why: '', bytes: 1 } }), { running: true }]).state;
  const lost = after(running, [dies({ paused: true })]);
  assert.equal(lost.errors[0]?.calm, true);
  // With the disk it is decided once the new worker has looked there.
  assert.deepEqual([kinds(lost.effects), lost.state.plan?.offer], [['error', 'reload'], null]);
  const looked = after(lost.state, [found({ saved: saved(20), runs: [kept(20)] })]);
  assert.equal(looked.state.plan?.offer?.saved.step, 20);
  const back = after(looked.state, [told, { data: here }]);
  const asked = /** @type {any} */ (back.effects.find((effect) => effect.kind === 'post' && effect.message.kind === 'resume'));
  assert.equal(asked?.message.paused, true, 'who had paused it did so for a reason, and the worker pauses it before its first step');
  assert.ok(!kinds(after(back.state, [started, { running: true, data: here, files: 1 }]).effects).includes('pause'));
});

test('a run that was never saved begins again, with the rule and the pairs as they were', () => {
  const running = after(fresh, [started, { running: true }]).state;
  const rule = /** @type {any} */ ({ kind: 'at' });
  const lost = after(running, [dies({ rule, excluded: [2], cause: 'gpu' })]);
  assert.equal(lost.state.plan?.config, config);
  assert.deepEqual(kinds(after(lost.state, [told, { data: here }]).effects), ['starting', 'set_mask_rule', 'set_excluded', 'error', 'start']);
  const anew = after(after(running, [dies({ paused: true })]).state, [told, { data: here }]);
  assert.ok(kinds(after(anew.state, [started, { running: true, data: here, files: 1 }]).effects).includes('pause'));
  const none = after(lost.state, [told, { data: { ...here, usable: 0 } }]);
  assert.deepEqual([kinds(none.effects), none.state.plan], [['error'], null]);
});

test('out of memory halves the batch once, and not for ever', () => {
  const first = after(after(fresh, [started, { running: true }]).state, [dies({ cause: 'memory' })]);
  assert.equal(first.state.plan?.batch, 4);
  const begun = after(first.state, [told, { data: here }]);
  assert.equal(/** @type {any} */ (begun.effects.at(-1)).command.config.batch, 4);
  const again = after(after(begun.state, [started, { running: true }]).state, [dies({ cause: 'memory' })]);
  assert.deepEqual([again.state.plan, again.errors[0]?.action], [null, 'reload_data']);
  // A run that people start may be halved again.
  assert.equal(after(again.state, [started, { running: true }]).state.halved, false);
});

test('the fourth end within five minutes is left to people', () => {
  let { state } = after(fresh, [started, { running: true }]);
  for (let i = 0; i < 3; i += 1) {
    state = after(state, [dies(), { nowMs: i * 1000 }]).state;
    assert.ok(state.plan, `end ${i}`);
  }
  const fourth = after(state, [dies(), { nowMs: 4000 }]);
  assert.deepEqual([fourth.state.plan, fourth.errors[0]?.action], [null, 'reload_data']);
  assert.ok(after(state, [dies(), { nowMs: 6 * 60_000 }]).state.plan);
});

test('the GPU is waited for, and in the end the CPU is taken', () => {
  const { state } = after(after(fresh, [started, { running: true }]).state, [dies({ cause: 'gpu', device: 'webgpu' })]);
  const up = /** @type {ResumeEvent} */ (/** @type {any} */ ({ type: 'engine_event', event: { type: 'device' } }));
  let waiting = state;
  for (let i = 0; i < 8; i += 1) {
    assert.deepEqual(after(waiting, [told, { data: here }]).effects, [], 'it does not go on with the CPU');
    const next = after(waiting, [up]);
    assert.deepEqual(kinds(next.effects), ['bring_up_device_later']);
    assert.deepEqual(kinds(after(next.state, [{ type: 'device_due' }]).effects), ['bring_up_device']);
    assert.deepEqual(after(next.state, [{ type: 'device_due' }, { device: 'webgpu' }]).effects, []);
    waiting = next.state;
  }
  assert.deepEqual(after(waiting, [up]).effects, []);
  assert.ok(kinds(after(waiting, [told, { data: here }]).effects).includes('start'));
  const asked = after(waiting, [/** @type {any} */ ({ type: 'engine_event', event: { type: 'fault', stage: 'device' } }), { device: null, deviceChoice: 'webgpu' }]);
  assert.deepEqual([asked.state.plan, kinds(asked.effects)], [null, ['error']]);
});

test('a discarded offer can be had back, and what this page holds stays in the list', () => {
  const { state } = after(fresh, [found()]);
  const gone = after(state, [{ type: 'discard' }]);
  assert.deepEqual(gone.effects, [{ kind: 'post', message: { kind: 'forget_run', id: 'r1' } }]);
  assert.deepEqual([gone.state.checkpoint.offer, gone.state.checkpoint.undo], [null, { id: 'r1', name: 'fields' }]);
  assert.equal(gone.state.checkpoint.runs[0].discarded_until, 5000 + 24 * 60 * 60 * 1000);
  // It was had back.
  assert.equal(after(gone.state, [found()]).state.checkpoint.undo, null);
  const blob = new Blob(['x']);
  const pageOnly = after(fresh, [/** @type {any} */ ({ type: 'report', report: { kind: 'saved', id: null, saved: saved(9), where: 'page', why: 'no room', bytes: 1, blob } })]);
  assert.equal(pageOnly.state.checkpoint.offer?.where, 'page');
  assert.equal(pageOnly.errors.length, 1);
  const held = after(pageOnly.state, [{ type: 'discard' }]).state;
  assert.deepEqual([held.checkpoint.held.map(({ id, name, taken }) => [id, name, taken]), held.checkpoint.undo], [[['page-9', 'fields', false]], { id: 'page-9', name: 'fields' }]);
  assert.equal(after(pageOnly.state, [started, { running: true }]).state.checkpoint.held.length, 1, 'another run leaves it there');
  const later = after(pageOnly.state, [{ type: 'later' }]).state;
  assert.deepEqual([later.checkpoint.later, after(later, [{ type: 'again' }]).state.checkpoint.later], [true, false]);
});

test('a run from a file stands before the one on disk, which is there again once it is dismissed', () => {
  const file = new File(['x'], 'mine.gmrun');
  const dropped = after(fresh, [found()], [{ type: 'report', report: { kind: 'looked', file, saved: saved(77), fault: null } }]);
  assert.deepEqual([dropped.state.checkpoint.offer?.name, dropped.state.checkpoint.other?.id, kinds(dropped.effects)], ['mine.gmrun', 'r1', ['say']]);
  assert.equal(after(dropped.state, [{ type: 'discard' }]).state.checkpoint.offer?.id, 'r1');
  const gone = after(dropped.state, [{ type: 'resume' }, { data: here }]);
  assert.deepEqual(/** @type {any} */ (gone.effects.find((effect) => effect.kind === 'post')).message, { kind: 'resume', blob: file, id: undefined, name: 'mine.gmrun', batch: undefined, number: 77, view: undefined, paused: undefined });
});

test('a run that is only shown stays where it is kept', () => {
  const offer = { saved: saved(40), where: /** @type {const} */ ('disk'), id: 'r1', data: true };
  const shown = after(fresh, [found()], [{ type: 'begin', offer, view: 'end' }, { data: here }], [started, { running: true, data: here }]);
  assert.deepEqual([shown.effects, shown.state.viewed], [[], true]);
  const ended = after(shown.state, [/** @type {any} */ ({ type: 'engine_event', event: { type: 'run_ended' } })]);
  assert.equal(ended.state.checkpoint.offer?.id, 'r1');
  const asking = after(fresh, [{ type: 'begin', offer: { ...offer, data: false }, view: 'stop' }]);
  assert.equal(asking.state.plan?.asked, '');
  assert.equal(after(asking.state, [{ type: 'banner_closed' }]).state.plan, null);
});

test('a resumption that failed is not under way any more', () => {
  const { state } = after(fresh, [found()], [{ type: 'resume' }, { data: here }]);
  const failed = after(state, [{ type: 'report', report: { kind: 'resume_failed' } }]);
  assert.deepEqual([failed.effects, failed.state.underWay], [[{ kind: 'starting', on: false }], null]);
});
