// @ts-check
/** What the network sees beside the labels, and what of the labels would be lost with the page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { labelsAtRisk, state } from '../../www/core/store.js';
import { NetworkView } from '../../www/page/label/network.js';

/** @param {string} image @param {number} left @param {number} value @returns {any} */
const answer = (image, left, value) => ({ type: 'view_prediction', image, left, top: 0, width: 512, height: 512, values: new Uint8Array(512 * 512).fill(value), step: 1 });

test('an answer lies where it was asked for, and one that comes late nowhere', () => {
  const network = new NetworkView(() => {});
  network.paint = () => /** @type {any} */ (null);
  network.open('a.png', { width: 1024, height: 512 });
  network.asked = 0;
  network.askedAt = performance.now();
  // The network became another, and the other square is asked for now.
  network.forget();
  network.asked = 1;
  network.receive(answer('a.png', 0, 10));
  assert.deepEqual([network.asked, network.at(5, 5), network.at(600, 5)], [1, -1, -1]);
  network.receive(answer('b.png', 512, 10));
  assert.deepEqual([network.asked, network.at(600, 5)], [1, -1]);
  network.receive(answer('a.png', 512, 20));
  assert.deepEqual([network.asked, network.at(5, 5), network.at(600, 5)], [null, -1, 20]);
});

test('painted labels are at risk where nothing but the page holds them', () => {
  const pairs = (/** @type {boolean} */ painted) => /** @type {any} */ ({ pairs: [{}, { painted }] });
  const told = [];
  for (const [storage, unkept, painted] of /** @type {const} */ ([['disk', '', true], ['disk', 'full', true], ['other_tab', '', true], ['none', '', true], ['none', 'full', false]])) {
    state.checkpoint.storage = storage;
    state.labelsUnkept = unkept;
    state.dataset = pairs(painted);
    told.push(labelsAtRisk());
  }
  state.dataset = null;
  told.push(labelsAtRisk());
  assert.deepEqual(told, [false, true, true, true, false, false]);
});
