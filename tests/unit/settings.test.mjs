// @ts-check
/** The settings as a state: presets on their way, addresses, files, and Start pressed between them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { allFields } from '../../www/ui/fields.js';
import { addressFor, differingFrom, noSettings, reduceSettings } from '../../www/page/train/settings-state.js';

/**
 * @typedef {import('../../www/page/train/settings-state.js').Settings} Settings
 * @typedef {import('../../www/page/train/settings-state.js').SettingsEvent} SettingsEvent
 * @typedef {import('../../www/page/train/settings-state.js').SettingsEffect} SettingsEffect
 * @typedef {import('../../www/core/types.js').TrainConfig} TrainConfig
 */

/** @param {Partial<TrainConfig>} [change] @returns {TrainConfig} */
const config = (change = {}) => /** @type {any} */ ({
  preset: 'balanced', class_name: '', epochs: 40, augmentation: 'strong', val_share: 0.2, turn_deg: 0, shift_share: 0, zoom_share: 0, shear_deg: 0, brightness: 0, contrast: 0, poses: 'eight',
  architecture: 'unet_norm', base: 16, depth: 4, head: 'direct', channels: 'rgb', tile_px: 256, sampling: 'crop', batch: 4, steps_per_epoch: 0, steps: 0, lr: 0.001, schedule: 'cosine', warmup_steps: 0,
  loss: 'bce_dice', foreground_weight: 'auto', class_weights: [], dropout: 0, norm_statistics: 'adaptive', val_by: 'share', val_names: [], validate_every: 0, keep_best: 'validation_iou', patience: 0, seed: 1, ...change,
});
const fast = () => config({ preset: 'fast', epochs: 10, base: 8 });
const field = (/** @type {string} */ name) => /** @type {import('../../www/ui/fields.js').Field} */ (allFields.find((one) => one.name === name));

/** Events one after the other: the state, and every effect in order. @param {SettingsEvent[]} events @param {Settings} [from] */
function after(events, from = noSettings) {
  let state = from;
  /** @type {SettingsEffect[]} */
  const effects = [];
  for (const event of events) {
    const before = structuredClone(state);
    const next = reduceSettings(state, event);
    assert.deepEqual(state, before, `${event.type} changed what it was given`);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}
const kinds = (/** @type {SettingsEffect[]} */ effects) => effects.map(({ kind }) => kind);
const ready = after([{ type: 'engine_up' }, { type: 'config_told', config: config() }]).state;

test('a new engine is asked for the preset, and later only to check what is set', () => {
  const first = after([{ type: 'engine_up' }]);
  assert.deepEqual(first.effects.at(-1), { kind: 'send', command: { type: 'preset_config', preset: 'balanced' } });
  const { state, effects } = after([{ type: 'config_told', config: config() }], first.state);
  assert.deepEqual(kinds(effects), ['show_values', 'write_address']);
  assert.equal(addressFor(state), '#preset=balanced');
  assert.deepEqual(after([{ type: 'engine_up' }], state).effects, [{ kind: 'send', command: { type: 'check_config', config: config() } }]);
});

test('an answer that was not asked for changes nothing', () => {
  assert.equal(after([{ type: 'config_told', config: fast() }], ready).state, ready);
  const asked = after([{ type: 'preset_asked', preset: 'seed' }], ready);
  assert.equal(after([{ type: 'config_told', config: fast() }], asked.state).state, asked.state);
  assert.equal(addressFor(noSettings), null);
});

test('what the address says lies over the preset, and what nothing knows is named', () => {
  const { state, effects } = after([
    { type: 'address_read', words: [['preset', 'fast'], ['epochs', '3'], ['val_names', 'a%2Cb.png,c.png'], ['loss', 'hinge'], ['colour', 'blue']] },
    { type: 'engine_up' },
    { type: 'config_told', config: fast() },
  ]);
  assert.deepEqual(effects.find(({ kind }) => kind === 'send'), { kind: 'send', command: { type: 'preset_config', preset: 'fast' } });
  assert.equal(state.config?.epochs, 3);
  assert.deepEqual(state.config?.val_names, ['a,b.png', 'c.png']);
  assert.deepEqual(state.unknown, ['loss=hinge', 'colour=blue']);
  assert.equal(addressFor(state), '#preset=fast&epochs=3&val_names=a%252Cb.png%2Cc.png');
  assert.deepEqual(effects.at(-1), { kind: 'check', waitMs: 0 });
});

test('a later address or file begins anew', () => {
  const { state } = after([{ type: 'address_read', words: [['epochs', '3'], ['odd', '1']] }, { type: 'engine_up' }]);
  const other = after([{ type: 'words_given', words: [['lr', '0.01']], from: 'address' }], state);
  assert.deepEqual([other.state.pending, other.state.unknown, other.state.asked], [{ lr: '0.01' }, [], 'balanced']);
  // An address without a preset is for the one on its way; a file for that of the settings as they stand.
  const asked = after([{ type: 'preset_asked', preset: 'fast' }], ready).state;
  assert.equal(after([{ type: 'words_given', words: [], from: 'address' }], asked).state.asked, 'fast');
  assert.equal(after([{ type: 'words_given', words: [], from: 'file' }], asked).state.asked, 'balanced');
});

test('what is typed is checked once it rests, and survives a preset that was on its way', () => {
  const typed = after([{ type: 'typed', field: field('epochs'), text: '7' }], ready);
  assert.equal(typed.state.config?.epochs, 7);
  assert.deepEqual(typed.effects, [{ kind: 'write_address' }, { kind: 'check', waitMs: 120 }]);
  assert.deepEqual(after([{ type: 'check_due' }], typed.state).effects, [{ kind: 'send', command: { type: 'check_config', config: config({ epochs: 7 }) } }]);
  const onTheWay = after([{ type: 'preset_asked', preset: 'fast' }, { type: 'typed', field: field('epochs'), text: '7' }], ready);
  assert.deepEqual(after([{ type: 'check_due' }], onTheWay.state).effects, []);
  const { state } = after([{ type: 'config_told', config: fast() }], onTheWay.state);
  assert.equal(state.config?.epochs, 7);
  assert.equal(state.config?.base, 8);
  assert.deepEqual(after([{ type: 'typed', field: field('epochs'), text: '7' }]).state, noSettings);
});

test('numbers are read as people write them, and lists by their commas', () => {
  const { state } = after([
    { type: 'typed', field: field('lr'), text: '0,01' },
    { type: 'typed', field: field('epochs'), text: '1,000' },
    { type: 'typed', field: field('class_weights'), text: '1; 2 , 3' },
    { type: 'typed', field: field('val_names'), text: 'a.png, b.png,' },
  ], ready);
  assert.equal(state.config?.lr, 0.01);
  assert.ok(Number.isNaN(state.config?.epochs));
  assert.deepEqual(state.config?.class_weights, [1, 2, 3]);
  assert.deepEqual(state.config?.val_names, ['a.png', 'b.png']);
});

test('Start goes once: at once, or with the preset that is on its way', () => {
  const press = /** @type {Extract<SettingsEvent, { type: 'start_pressed' }>} */ ({ type: 'start_pressed', ready: true, model: null });
  assert.deepEqual(after([press], ready).effects, [{ kind: 'stop_check' }, { kind: 'start', command: { type: 'start', config: config() } }]);
  assert.deepEqual(after([{ ...press, ready: false }], ready).effects, []);
  assert.deepEqual(after([press]).effects, []);
  const early = after([{ type: 'preset_asked', preset: 'fast' }, press], ready);
  assert.ok(!kinds(early.effects).includes('start'));
  const { state, effects } = after([{ type: 'config_told', config: fast() }], early.state);
  assert.equal(effects.at(-1)?.kind, 'press_start');
  assert.deepEqual(after([press], state).effects.at(-1), { kind: 'start', command: { type: 'start', config: fast() } });
  // The press is used up, whatever became of it.
  assert.ok(!kinds(after([{ type: 'preset_asked', preset: 'balanced' }, { type: 'config_told', config: config() }], state).effects).includes('press_start'));
});

test('with a model the network is its own', () => {
  const network = /** @type {const} */ ({ architecture: 'unet', base: 32, depth: 3, head: 'two_channels', channels: 'grey', bands: /** @type {number[]} */ ([]) });
  assert.deepEqual(after([{ type: 'start_pressed', ready: true, model: network }], ready).effects.at(-1), { kind: 'start', command: { type: 'start_from_model', config: { ...config(), ...network } } });
  // What is checked is what would be started: the images are read with the bands that the report names.
  const banded = { ...network, bands: [1, 2, 3, 4] };
  assert.deepEqual(after([{ type: 'model_wanted' }], ready).effects, [{ kind: 'check', waitMs: 0 }]);
  assert.deepEqual(after([{ type: 'check_due', model: banded }], ready).effects, [{ kind: 'send', command: { type: 'check_config', config: { ...config(), ...banded } } }]);
  assert.deepEqual(after([{ type: 'check_due', model: null }], ready).effects, [{ kind: 'send', command: { type: 'check_config', config: config() } }]);
});

test('settings of another run are shown whole, and the address says all of them', () => {
  const opened = after([{ type: 'preset_asked', preset: 'seed' }, { type: 'replaced', config: fast() }], ready);
  assert.deepEqual([opened.state.asked, opened.state.config], [null, fast()]);
  assert.match(String(addressFor(opened.state)), /^#preset=fast&class_name=&epochs=10&/);
  const begun = after([{ type: 'started_with', config: fast(), fromModel: true }], ready);
  assert.deepEqual(begun.effects.at(-1), { kind: 'start', command: { type: 'start_from_model', config: fast() } });
});

test('several settings at once, by value or by name', () => {
  assert.equal(after([{ type: 'set', values: { epochs: 9 } }], ready).state.config?.epochs, 9);
  const named = after([{ type: 'named', list: [['tile_px', '128'], ['sampling', 'resize'], ['nothing', '1']] }], ready);
  assert.deepEqual(named.state.config, config({ tile_px: 128, sampling: 'resize' }));
  assert.deepEqual(kinds(named.effects), ['show_values', 'write_address', 'check']);
  assert.deepEqual(differingFrom(named.state, config({ epochs: 1 })), [['epochs', '1']]);
  assert.equal(differingFrom(named.state, fast()), null);
});
