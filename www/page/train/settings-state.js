// @ts-check
/**
 * The settings as a state and what happens to it: pure, so that every order of answers can be tried. What is to be done comes
 * out as a list of effects, which settings.js carries out.
 */
import { PRESETS } from '../../generated/constants.js';
import { allFields } from '../../ui/fields.js';
import { addressFields, asWord, fromText, listIn } from './settings-text.js';

/**
 * @typedef {import('../../core/types.js').TrainConfig} TrainConfig
 * @typedef {import('../../core/types.js').Preset} Preset
 * @typedef {import('../../core/types.js').Command} Command
 * @typedef {import('../../ui/fields.js').Field} Field
 */

/**
 * @typedef {object} Settings
 * @property {TrainConfig | null} base the preset's own values, to know what was changed
 * @property {Readonly<Record<string, TrainConfig>>} presets those of every preset that was asked for so far
 * @property {TrainConfig | null} config the settings as they stand
 * @property {Preset | null} asked a preset that is on its way
 * @property {Readonly<Record<string, string>>} pending settings from an address, or typed while a preset is on its way: put over it once it is known
 * @property {boolean} startsThen Start was pressed while a preset was on its way
 * @property {readonly string[]} unknown settings of an address or a file that nothing knows
 */

/**
 * What happened. `words_given` has all settings of an address or a file; `address_read` those of the address that the page came with,
 * before there is an engine to ask; `named` has values as an address writes them; `check_due`: the time of a `check` is over;
 * `start_pressed` knows whether everything but the settings is `ready`. What is checked or started knows the model to go on from.
 * @typedef {{ type: 'preset_asked', preset: Preset }
 *   | { type: 'config_told', config: TrainConfig }
 *   | { type: 'typed', field: Field, text: string }
 *   | { type: 'set', values: Partial<TrainConfig> }
 *   | { type: 'named', list: readonly [string, string][] }
 *   | { type: 'replaced', config: TrainConfig }
 *   | { type: 'started_with', config: TrainConfig, fromModel: boolean }
 *   | { type: 'address_read', words: readonly [string, string][] }
 *   | { type: 'words_given', words: readonly [string, string][], from: 'address' | 'file' }
 *   | { type: 'engine_up', model?: Network | null }
 *   | { type: 'data_changed' }
 *   | { type: 'model_wanted' }
 *   | { type: 'check_due', model?: Network | null }
 *   | { type: 'start_pressed', ready: boolean, model: Network | null }} SettingsEvent
 * @typedef {Pick<TrainConfig, 'architecture' | 'base' | 'depth' | 'head' | 'channels' | 'bands'>} Network
 */

/**
 * What is to be done, in this order. `check` asks for `check_due` after a while, instead of an earlier one; `stop_check` calls it off; `start` is
 * sent as well, and the page waits for the run; `press_start` is a press that was kept for later.
 * @typedef {{ kind: 'send', command: Command } | { kind: 'check', waitMs: number } | { kind: 'stop_check' } | { kind: 'show_values' } | { kind: 'write_address' }
 *   | { kind: 'start', command: Command } | { kind: 'press_start' }} SettingsEffect
 */

/** What is typed or dragged is checked once it rests, ms. */
const REST_MS = 120;

/** @type {Settings} */
export const noSettings = { base: null, presets: {}, config: null, asked: null, pending: {}, startsThen: false, unknown: [] };

/** @type {SettingsEffect[]} */
const NOTHING = [];

/**
 * @param {Settings} state
 * @param {SettingsEvent} event
 * @returns {{ state: Settings, effects: SettingsEffect[] }}
 */
export function reduceSettings(state, event) {
  const { config, asked } = state;
  switch (event.type) {
    case 'preset_asked':
      return ask(state, event.preset);
    case 'config_told':
      return asked && event.config.preset === asked ? adopt(state, event.config) : { state, effects: NOTHING };
    case 'typed': {
      if (!config) return { state, effects: NOTHING };
      const { field, text } = event;
      const value = fromText(field, text);
      const pending = asked ? { ...state.pending, [field.name]: field.kind === 'names' ? asWord(value) : text } : state.pending;
      return { state: { ...state, pending, config: { ...config, [field.name]: value } }, effects: [{ kind: 'write_address' }, { kind: 'check', waitMs: REST_MS }] };
    }
    case 'set':
      if (!config) return { state, effects: NOTHING };
      return { state: { ...state, config: { ...config, ...event.values } }, effects: shown({ kind: 'check', waitMs: REST_MS }) };
    case 'named': {
      if (!config) return { state, effects: NOTHING };
      const values = event.list.flatMap(([name, text]) => allFields.filter((field) => field.name === name).map((field) => [name, fromText(field, text)]));
      return { state: { ...state, config: { ...config, ...Object.fromEntries(values) } }, effects: shown({ kind: 'check', waitMs: 0 }) };
    }
    case 'replaced':
      return { state: { ...state, asked: null, pending: {}, startsThen: false, config: { ...event.config } }, effects: shown({ kind: 'check', waitMs: 0 }) };
    case 'started_with': {
      const wanted = { ...event.config };
      return { state: { ...state, asked: null, startsThen: false, config: wanted }, effects: shown({ kind: 'start', command: { type: event.fromModel ? 'start_from_model' : 'start', config: wanted } }) };
    }
    case 'address_read': {
      const { preset, ...taken } = takeWords(event.words, state.pending, state.unknown);
      return { state: { ...state, ...taken, asked: preset ?? asked }, effects: NOTHING };
    }
    case 'words_given': {
      const { preset, ...taken } = takeWords(event.words, {}, []);
      // An address that names no preset is meant for the one that is on its way.
      return ask({ ...state, ...taken }, preset ?? (event.from === 'address' ? asked : null) ?? config?.preset ?? 'balanced');
    }
    case 'engine_up':
      return config ? { state, effects: [checked(config, event.model)] } : ask(state, asked ?? 'balanced');
    case 'data_changed':
    case 'model_wanted':
      return { state, effects: config ? [{ kind: 'check', waitMs: 0 }] : NOTHING };
    case 'check_due':
      return { state, effects: config && !asked ? [checked(config, event.model)] : NOTHING };
    case 'start_pressed': {
      if (!config || !event.ready) return { state, effects: NOTHING };
      // Chosen and started at once: with the preset that was chosen.
      if (asked) return { state: { ...state, startsThen: true }, effects: NOTHING };
      // The network is the model's own; everything else is as set.
      const command = { type: event.model ? /** @type {const} */ ('start_from_model') : /** @type {const} */ ('start'), config: { ...config, ...event.model } };
      return { state: { ...state, startsThen: false }, effects: [{ kind: 'stop_check' }, { kind: 'start', command }] };
    }
  }
}

/** Has the settings checked as they would be started. @param {TrainConfig} config @param {Network | null | undefined} model @returns {SettingsEffect} */
const checked = (config, model) => ({ kind: 'send', command: { type: 'check_config', config: { ...config, ...model } } });

/** @param {SettingsEffect} last @returns {SettingsEffect[]} */
const shown = (last) => [{ kind: 'show_values' }, { kind: 'write_address' }, last];

/** @param {Settings} state @param {Preset} preset @returns {{ state: Settings, effects: SettingsEffect[] }} */
const ask = (state, preset) => ({ state: { ...state, asked: preset }, effects: [{ kind: 'stop_check' }, { kind: 'send', command: { type: 'preset_config', preset } }] });

/** Takes a preset's values over, with what the address says on top. @param {Settings} state @param {TrainConfig} preset @returns {{ state: Settings, effects: SettingsEffect[] }} */
function adopt(state, preset) {
  const { pending, startsThen } = state;
  const base = { ...preset };
  const over = allFields.filter(({ name }) => pending[name] !== undefined).map((field) => [field.name, field.kind === 'names' ? listIn(pending[field.name]) : fromText(field, pending[field.name])]);
  /** @type {SettingsEffect[]} */
  const effects = [{ kind: 'show_values' }, { kind: 'write_address' }];
  if (Object.keys(pending).length) effects.push({ kind: 'check', waitMs: 0 });
  if (startsThen) effects.push({ kind: 'press_start' });
  return { state: { ...state, asked: null, base, presets: { ...state.presets, [preset.preset]: base }, config: { ...preset, ...Object.fromEntries(over) }, pending: {}, startsThen: false }, effects };
}

/**
 * Keeps what is known, for when the preset is here, and gives the preset.
 * @param {readonly [string, string][]} words
 * @param {Readonly<Record<string, string>>} pending
 * @param {readonly string[]} unknown
 */
function takeWords(words, pending, unknown) {
  const known = new Map(allFields.map((field) => [/** @type {string} */ (field.name), field]));
  const taken = { ...pending };
  const left = [...unknown];
  /** @type {Preset | null} */
  let preset = null;
  for (const [key, value] of words) {
    const field = known.get(key);
    if (key === 'preset' && PRESETS.some((name) => name === value)) preset = /** @type {Preset} */ (value);
    else if (field && (field.kind !== 'choice' || field.options?.some(([option]) => option === value))) taken[key] = value;
    else left.push(`${key}=${value}`.slice(0, 60));
  }
  return { preset, pending: taken, unknown: left };
}

/** The end of the address that keeps the settings: the preset, and what differs from it. @param {Settings} state @returns {string | null} null: nothing is known yet */
export function addressFor({ config, base }) {
  if (!config || !base) return null;
  const words = new URLSearchParams({ preset: config.preset });
  // What `base` says is that of another preset where a run's own settings were taken over.
  const all = base.preset !== config.preset;
  for (const { name } of addressFields) {
    if (all || JSON.stringify(config[name]) !== JSON.stringify(base[name])) words.set(name, asWord(config[name]));
  }
  return `#${words}`;
}

/** Settings by name that are not the preset's, as an address writes them; null: the preset's are not known here. @param {Settings} state @param {TrainConfig} wanted @returns {[string, string][] | null} */
export function differingFrom({ presets }, wanted) {
  const own = presets[wanted.preset];
  return own ? addressFields.filter(({ name }) => asWord(wanted[name]) !== asWord(own[name])).map(({ name }) => [name, asWord(wanted[name])]) : null;
}
