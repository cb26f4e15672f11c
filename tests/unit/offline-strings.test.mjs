// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isolationWords, keptWords, updateWords } from '../../www/ui/offline-strings.js';

const IDLE = { replaced: false, running: false, elsewhere: false, lost: [] };

test('an update is offered only where no run is going, in this tab or another', () => {
  assert.equal(updateWords(IDLE).action, 'Update now');
  for (const busy of [{ running: true }, { elsewhere: true }, { running: true, replaced: true }]) assert.equal(updateWords({ ...IDLE, ...busy }).action, null);
  assert.equal(updateWords({ ...IDLE, replaced: true }).action, 'Reload');
});

test('what an update would lose is named', () => {
  assert.equal(updateWords(IDLE).next, 'Runs and settings stay.');
  assert.match(updateWords({ ...IDLE, lost: ['images'] }).next, /Not kept: images\.$/);
  assert.match(updateWords({ ...IDLE, lost: ['a', 'b', 'c'] }).next, /Not kept: a, b and c\.$/);
});

test('a reload is promised to help once, and only where it can', () => {
  assert.equal(isolationWords({ isolated: true, reloaded: false, kept: true }), '');
  assert.match(isolationWords({ isolated: false, reloaded: false, kept: true }), /After a reload/);
  for (const now of [{ reloaded: true, kept: true }, { reloaded: false, kept: false }]) assert.doesNotMatch(isolationWords({ isolated: false, ...now }), /reload/);
  assert.notEqual(keptWords(true), keptWords(false));
});
