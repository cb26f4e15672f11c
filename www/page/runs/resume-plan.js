// @ts-check
/**
 * How a saved run goes on: what is planned, what it waits for, and what becomes of it when the engine is lost. Part of the pure
 * state of resume-state.js: a `Step` is its draft, whose lists and plans are replaced and never changed in place.
 */
import { isOneOf } from '../../core/fingerprint.js';
import { plural } from '../../ui/format.js';
import { gpuGoneWords, lossWords, missingWords, otherDataWords } from '../../ui/strings.js';
import { lastAsOffer, movedToCpu, otherBands } from './offers.js';

/**
 * @typedef {import('../../core/types.js').SavedRun} SavedRun
 * @typedef {import('../../core/types.js').TrainConfig} TrainConfig
 * @typedef {import('../../core/types.js').CheckpointMessage} CheckpointMessage
 * @typedef {import('../../core/types.js').Command} Command
 * @typedef {import('../../core/session.js').Death} Death
 * @typedef {import('../../core/store.js').Offer} Offer
 * @typedef {import('../../core/store.js').CheckpointState} CheckpointState
 */

/**
 * What is to begin as soon as device and data are there.
 * @typedef {{ offer: Offer | null, config: TrainConfig | null, death: Death | null, batch?: number, asked: string | null, view?: 'stop' | 'end', fetched?: boolean, fetching?: boolean, tried?: boolean, rebanded?: boolean }} Plan
 *   `offer` to go on with, else `config` to start anew; `death`: it goes on by itself after that; `asked`: people were asked
 *   for the data, when these were here (by their fingerprint); `fetched`: they were taken from where they are kept, `fetching`: they are on their way; `tried`: the engine was lost while it went on with
 *   what is on offer; `view`: it is shown, and does not go on; `rebanded`: the images were read again with its bands
 */

/**
 * @typedef {object} Resumption
 * @property {Plan | null} plan
 * @property {Plan | null} underWay the plan that was carried out last, until its run has begun
 * @property {boolean} owned what is on disk is this page's run, or may be replaced by it: people were told before they started it
 * @property {boolean} unseen what is on disk was found while a run was about to begin, so that nobody had a chance to see it
 * @property {readonly number[]} deaths when engines died, ms of page time
 * @property {number} deviceTries how often the device was asked for again
 * @property {boolean} viewed the run on the page is only shown
 * @property {boolean} halved the batch is halved once a run, by itself
 * @property {CheckpointState} checkpoint what is known of saving, which the views show
 */

/**
 * How things stand on the page.
 * @typedef {object} Facts
 * @property {boolean} running
 * @property {boolean} starting a run was asked for and has not begun
 * @property {boolean} predicting
 * @property {boolean} sampling
 * @property {boolean} reading
 * @property {boolean} engineReady
 * @property {'webgpu' | 'cpu' | null} device that is up
 * @property {'auto' | 'webgpu' | 'cpu'} deviceChoice
 * @property {{ fingerprint: string, fingerprintBefore: string | undefined, fromFiles: boolean, pairs: number, usable: number } | null} data
 * @property {readonly number[] | null} bands with which the images were read, where they have more than three
 * @property {number} files that the data were read from
 * @property {boolean} error a banner says that something is wrong
 * @property {{ name: string, differs: [string, string][] | null }} told what the list says of the run on the page
 * @property {number} nowMs page time
 * @property {number} unixMs
 */

/**
 * What is to be done, in this order. `claim` and `keep_data` are messages to the worker that need what the page alone has; `prepare_data` says what the
 * run's files were told of, and `take_data` hands them over too; `bring_up_device_later` asks for `device_due` after a while.
 * @typedef {{ kind: 'post', message: CheckpointMessage } | { kind: 'send', command: Command }
 *   | { kind: 'error', error: import('../../core/store.js').State['error'] } | { kind: 'say', line: string } | { kind: 'go', place: import('../../core/store.js').Place }
 *   | { kind: 'starting', on: boolean } | { kind: 'show_settings', config: TrainConfig } | { kind: 'name_run' } | { kind: 'pause' }
 *   | { kind: 'claim', blob: Blob | undefined, id: string | null | undefined } | { kind: 'keep_data', fingerprint: string } | { kind: 'ask_persistence' }
 *   | { kind: 'sample_scenes', seed: number } | { kind: 'set_bands', bands: number[] } | { kind: 'reload' }
 *   | { kind: 'prepare_data', data: SavedRun['data'] } | { kind: 'take_data', data: SavedRun['data'], entries: import('../../core/types.js').Entry[] }
 *   | { kind: 'bring_up_device' } | { kind: 'bring_up_device_later' }
 *   | { kind: 'save_file', blob: Blob, saved: SavedRun, name: string | undefined }} ResumeEffect
 * @typedef {{ now: Resumption, facts: Facts, effects: ResumeEffect[] }} Step
 */

/** Losing it this often within the time below is no accident. */
const MAX_DEATHS = 3;
const DEATHS_WITHIN_MS = 5 * 60_000;
/** A GPU that was reset is not back at once. */
const DEVICE_TRIES = 8;

/** Whether people were asked for the images of the run that is to go on. @param {Resumption} state */
export const isAsked = ({ plan }) => plan !== null && plan.asked !== null;

/** Whether a run of the GPU would have to go on with the CPU where the choice is the page's: the GPU may be back in a moment. @param {Death} death @param {Facts} facts */
export const gpuIsAway = (death, { device, deviceChoice }) => deviceChoice === 'auto' && movedToCpu(death, device);

/** Whether a fingerprint is that of the data here, as this version or an older one makes it. @param {string | null | undefined} fingerprint @param {Facts} facts */
const isHere = (fingerprint, { data }) => isOneOf(fingerprint, [data?.fingerprint, data?.fingerprintBefore]);

/** @param {Step} step @param {import('../../core/store.js').State['error']} error */
export function tell({ effects }, error) {
  effects.push({ kind: 'error', error });
}

/** What was saved last is on offer once no run is under way. @param {Step} step */
export function offerLast({ now }) {
  now.checkpoint.later = false;
  now.checkpoint.offer = lastAsOffer(now.checkpoint) ?? now.checkpoint.offer;
}

/** @param {Step} step @param {Offer} offer @param {'stop' | 'end'} [view] shows it without going on with it */
export function begin(step, offer, view) {
  const { now, facts, effects } = step;
  if (facts.running || facts.predicting) return;
  now.plan = { offer, config: null, death: null, asked: null, view };
  tell(step, null);
  effects.push({ kind: 'show_settings', config: offer.saved.config });
  proceed(step);
  // Where what is here is read again, it may turn out to be its images.
  if (now.plan && !now.plan.rebanded) fetchData(step, offer);
}

/** @param {Step} step @param {Offer} offer */
function fetchData(step, { saved, data }) {
  const { now, effects } = step;
  if (saved.data.source === 'sample_scenes' && saved.data.sample_seed != null) {
    if (now.plan) now.plan = { ...now.plan, fetched: true };
    effects.push({ kind: 'sample_scenes', seed: saved.data.sample_seed });
  } else if (data) {
    if (now.plan) now.plan = { ...now.plan, fetching: true };
    effects.push({ kind: 'post', message: { kind: 'give_data', fingerprint: saved.data.fingerprint } });
  } else askForData(step, saved);
}

/** @param {Step} step @param {SavedRun} saved */
function askForData(step, { data }) {
  const { now, facts, effects } = step;
  const here = facts.data?.fingerprint ?? '';
  // Once for each set of images: people may look elsewhere meanwhile.
  if (!now.plan || now.plan.asked === here) return;
  now.plan = { ...now.plan, asked: here };
  const none = !facts.data?.pairs;
  if (none) effects.push({ kind: 'prepare_data', data });
  tell(step, { ...otherDataWords(`${plural(data.pairs, 'pair')}: ${data.names.join(', ')}`, none), action: null });
  effects.push({ kind: 'go', place: 'data' });
}

/** The copies of a run's files came, or are gone (null). @param {Step} step @param {import('../../core/types.js').Entry[] | null} entries */
export function takeData(step, entries) {
  const { now, effects } = step;
  if (now.plan) now.plan = { ...now.plan, fetching: false, fetched: true };
  const offer = now.plan?.offer;
  if (!now.plan || !offer) return;
  if (entries) {
    effects.push({ kind: 'take_data', data: offer.saved.data, entries });
    return;
  }
  const without = { ...offer, data: false };
  now.plan = { ...now.plan, offer: without };
  if (now.checkpoint.offer === offer) now.checkpoint.offer = without;
  if (now.checkpoint.other === offer) now.checkpoint.other = without;
  askForData(step, offer.saved);
}

/** Does what is planned as soon as everything is there. @param {Step} step */
export function proceed(step) {
  const { now, facts, effects } = step;
  const { plan } = now;
  if (!plan || plan.fetching || facts.running || facts.starting || facts.sampling || facts.reading || !facts.engineReady || !facts.device) return;
  const { offer, config, death } = plan;
  if (death && gpuIsAway(death, facts) && now.deviceTries < DEVICE_TRIES) return;
  if (offer && !isHere(offer.saved.data.fingerprint, facts)) seekData(step, plan, offer);
  else if (offer) {
    setOut(step, plan);
    tell(step, death ? { ...lossWords(death, offer.saved.step, { batch: plan.batch, from: offer.saved.config.batch, onCpu: movedToCpu(death, facts.device) }), action: null, calm: true } : null);
    const id = offer.where === 'file' ? undefined : (offer.id ?? undefined);
    effects.push({ kind: 'post', message: { kind: 'resume', blob: offer.blob, id, name: offer.name, batch: plan.batch, number: offer.saved.number, view: plan.view, paused: plan.death?.paused } }, { kind: 'go', place: 'train' });
  } else if (config && facts.data && !facts.data.usable) {
    // Nothing was saved yet, and the files cannot be read again.
    now.plan = null;
    tell(step, { ...missingWords(), action: null });
  } else if (config && facts.data?.usable) startAnew(step, plan, config);
}

/** @param {Step} step @param {Plan} plan */
function setOut({ now, effects }, plan) {
  now.underWay = plan;
  now.plan = null;
  effects.push({ kind: 'starting', on: true });
}

/** What is here is not what the run was trained on. @param {Step} step @param {Plan} plan @param {Offer} offer */
function seekData(step, plan, offer) {
  const { now, facts, effects } = step;
  const bands = otherBands(offer, facts.bands);
  if (!facts.data) return;
  // They may be its images, read with other bands.
  if (!plan.rebanded && bands) {
    effects.push({ kind: 'set_bands', bands });
    now.plan = { ...plan, rebanded: true };
    return;
  }
  // After a loss the files may have changed or be gone: there are copies.
  if ((plan.death || plan.rebanded) && !plan.fetched && offer.data) fetchData(step, offer);
  // The files dropped are others than the run's: say so, and wait for the next drop.
  else if (plan.death || ((isAsked(now) || plan.fetched) && facts.data.pairs)) askForData(step, offer.saved);
}

/** @param {Step} step @param {Plan} plan @param {TrainConfig} config */
function startAnew(step, plan, config) {
  const { facts, effects } = step;
  const { death, batch } = plan;
  setOut(step, plan);
  const command = (/** @type {Command} */ made) => effects.push({ kind: 'send', command: made });
  if (death) {
    if (death.rule) command({ type: 'set_mask_rule', rule: death.rule });
    if (death.range) command({ type: 'set_range', range: death.range });
    if (death.moved.length) command({ type: 'shift_outlines', shifts: death.moved });
    if (death.leftOut.length) command({ type: 'leave_out_unmapped', parts: death.leftOut, on: true });
    if (death.excluded.length) command({ type: 'set_excluded', pairs: death.excluded, excluded: true });
    tell(step, { ...lossWords(death, 0, { batch, from: config.batch, onCpu: movedToCpu(death, facts.device) }), action: null, calm: true });
  }
  command({ type: 'start', config: batch ? { ...config, batch } : config });
}

/** The engine is gone; a run that was under way, or about to go on, goes on in the new one. @param {Step} step @param {Death} last */
export function lost(step, last) {
  const { now, facts, effects } = step;
  // It may be lost again before the run has begun anew.
  const going = now.plan ?? now.underWay;
  const before = going?.death;
  let death = last.config || !before ? last : { ...before, cause: last.cause, detail: last.detail };
  // Going on with what is on offer is not for people to begin again, unless it is they who have to bring the images.
  const tried = !death.config && going?.offer && !isAsked(now) ? going.offer : null;
  if (tried) death = { ...last, config: tried.saved.config, rule: null, range: null, excluded: [], moved: [], leftOut: [] };
  now.underWay = null;
  const recent = now.deaths.filter((at) => facts.nowMs - at < DEATHS_WITHIN_MS);
  // One that never came up took no run along.
  now.deaths = last.device ? [...recent, facts.nowMs] : recent;
  now.deviceTries = 0;
  now.plan = null;
  if (!death.config) {
    // A run that had ended may have been lost with its last save.
    if (!now.checkpoint.offer) offerLast(step);
    return;
  }
  now.checkpoint.later = false;
  if (tried) now.checkpoint.offer = tried;
  else offerLast(step);
  const again = death.cause === 'memory' && (now.halved || !((death.batch ?? death.config.batch) >= 2));
  if (again || now.deaths.length > MAX_DEATHS) {
    tell(step, { ...lossWords(death, now.checkpoint.offer?.saved.step ?? 0, { instead: again ? 'memory' : 'often' }), action: 'reload_data' });
    return;
  }
  tell(step, { ...lossWords(death, 0, { instead: 'waiting' }), action: null, calm: true });
  now.plan = { offer: null, config: null, death, asked: null, tried: tried !== null };
  // With the disk it is decided once the new worker has looked there.
  if (tried ? tried.where !== 'disk' : now.checkpoint.offer?.where === 'page' || !now.checkpoint.last) decide(step, death, tried !== null);
  effects.push({ kind: 'reload' });
}

/** From where to go on: the last state saved of this run, else its start. @param {Step} step @param {Death} death @param {boolean} [tried] */
export function decide({ now }, death, tried) {
  if (!death.config) return;
  const own = now.checkpoint.last || tried ? now.checkpoint.offer : null;
  const memory = death.cause === 'memory';
  let batch = death.batch ?? death.config.batch;
  if (memory) batch = Math.max(1, Math.floor(batch / 2));
  now.halved ||= memory;
  // The state saved last, or the settings, may be of before it was halved.
  const from = own ? own.saved.config.batch : death.config.batch;
  now.plan = { offer: own, config: own ? null : death.config, death: { ...death, batch }, batch: batch === from ? undefined : batch, asked: null, tried };
}

/** A GPU comes back a moment after its process was ended. @param {Step} step */
export function retryDevice(step) {
  const { now, facts, effects } = step;
  if (now.deviceTries < DEVICE_TRIES) {
    now.deviceTries += 1;
    effects.push({ kind: 'bring_up_device_later' });
    return;
  }
  // With a GPU asked for by name nothing else may take its place: the run is on offer, for whatever people choose.
  if (facts.device || !now.plan?.death) return;
  tell(step, { ...gpuGoneWords(), action: null });
  now.plan = null;
}
