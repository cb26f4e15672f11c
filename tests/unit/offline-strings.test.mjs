// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { keptWords, updateWords } from '../../www/ui/offline-strings.js';

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

test('that the page starts without a network is said only where it does', () => {
  assert.notEqual(keptWords(true), keptWords(false));
});
