// @ts-check
/**
 * Runs that survive, as the page sees them: what is saved and where, the offer to go on, and going on by itself after
 * the engine was lost. The worker's side is keep.js.
 */
import { saveBlob } from './downloads.js';
import { safeName } from './format.js';
import { go } from './header.js';
import { onEvent, say } from './reduce.js';
import { clear, onDeath, onKeepReport, onMessage, post, reload, sampleScenes, send, sendFiles, whenReady } from './session.js';
import { changed, kept, running, state, usablePairs } from './store.js';
import { faultLine, lossWords, otherDataWords, troubleWords } from './strings.js';

/**
 * @typedef {import('./types.js').SavedRun} SavedRun
 * @typedef {import('./session.js').Death} Death
 * @typedef {import('./store.js').Offer} Offer
 */

/** What is to begin as soon as device and data are there. */
/**
 * @typedef {{ offer: Offer | null, config: import('./types.js').TrainConfig | null, death: Death | null, batch?: number, asked: boolean, fetched?: boolean }} Plan
 *   `offer` to go on with, else `config` to start anew; `death`: it goes on by itself after that; `asked`: people were asked
 *   for the data; `fetched`: they were taken from where they are kept
 */

/** @type {Plan | null} */
let plan = null;
/** What the run on its way was resumed from. @type {Offer | null} */
let source = null;
/** When engines died, ms of page time. @type {number[]} */
let deaths = [];
/** Losing it this often within the time below is no accident. */
const MAX_DEATHS = 3;
const DEATHS_WITHIN_MS = 5 * 60_000;
/** A GPU that was reset is not back at once. */
const DEVICE_TRIES = 8;
const DEVICE_EVERY_MS = 1500;
let deviceTries = 0;
/** The batch is halved once, by itself. */
let halved = false;

export function initResume() {
  onKeepReport(receive);
  onDeath(lost);
  onEvent((event) => {
    if (event.type === 'run_started') {
      plan = null;
      Object.assign(state.keep, { offer: null, last: null, dataKept: undefined });
      keepData();
    }
    // Until it is saved anew, what it was resumed from is its last state.
    if (event.type === 'run_resumed' && source) state.keep.last = { saved: source.saved, where: source.where === 'disk' ? 'disk' : 'page', blob: source.blob };
    if (event.type === 'fault' && event.stage === 'device' && plan?.death) retryDevice();
    if (event.type === 'fault' && event.code === 'run_other_data') state.error = { ...otherDataWords(event.detail ?? ''), action: null };
  });
  // What was waited for may have come with any of them.
  onMessage(proceed);
  document.addEventListener('visibilitychange', () => {
    // A laptop that is closed may not come back to this page.
    if (document.visibilityState === 'hidden' && running()) post({ kind: 'keep_now' });
  });
  addEventListener('pagehide', () => post({ kind: 'keep_now' }));
}

/** The files of a run are kept beside its state, so that it can go on without another drop. */
function keepData() {
  const { dataset } = state;
  if (dataset?.source === 'files' && dataset.fingerprint && kept.train.length) post({ kind: 'keep_data', fingerprint: dataset.fingerprint, entries: kept.train });
}

/** @param {import('./types.js').KeepReport} report */
function receive(report) {
  const { keep } = state;
  switch (report.kind) {
    case 'kept':
      keep.storage = report.storage;
      keep.detail = report.detail;
      if (!running() && report.saved) keep.offer = newer(keep.offer, { saved: report.saved, where: 'disk', data: report.data });
      // Another tab may free the storage yet; without storage there is nothing to wait for.
      if (plan?.death && !plan.offer && plan.config === null && report.storage !== 'other_tab') {
        if (report.storage === 'none') keep.last = null;
        decide(plan.death);
      }
      break;
    case 'saved':
      keep.last = { saved: report.saved, where: report.where, blob: report.blob };
      if (report.where === 'disk') {
        keep.why = '';
      } else if (keep.why !== report.why) {
        keep.why = report.why;
        if (keep.storage !== 'other_tab') state.error = { ...troubleWords(report.why), action: null };
      }
      if (!running()) offerLast();
      break;
    case 'save_failed':
      keep.why = report.why || 'unknown';
      state.error = { ...troubleWords(keep.why), action: null };
      break;
    case 'data_kept':
      keep.dataKept = report.why;
      break;
    case 'data_given':
      if (plan && report.entries) {
        plan.fetched = true;
        sendFiles(report.entries, 'train');
      } else if (plan?.offer) askForData(plan.offer);
      break;
    case 'looked':
      if (report.saved) {
        keep.offer = { saved: report.saved, where: 'file', blob: report.file, name: report.file.name, data: false };
        say(`A saved run at step ${report.saved.step}.`);
      } else if (report.fault) state.error = { sentence: faultLine(report.fault), next: '', action: null };
      break;
    case 'resume_failed':
      state.starting = false;
      break;
    case 'run_file':
      saveRun(report.blob, report.saved.step);
      break;
  }
  changed();
}

/** Of a state on disk and one this page holds, the later one. @param {Offer | null} held @param {Offer} found */
const newer = (held, found) => (held && held.where === 'page' && held.saved.number > found.saved.number ? held : found);

/** What was saved last is on offer once no run is under way. */
function offerLast() {
  const { last } = state.keep;
  if (last) state.keep.offer = { saved: last.saved, where: last.where, blob: last.blob, data: state.keep.dataKept === null };
}

/** Goes on with the offer: at once where its data are here, else after them. */
export function resume() {
  const { offer } = state.keep;
  if (!offer || running() || plan) return;
  plan = { offer, config: null, death: null, asked: false };
  state.error = null;
  proceed();
  if (plan) fetchData(offer);
  changed();
}

/** @param {Offer} offer */
function fetchData({ saved, data }) {
  if (saved.data.source === 'sample_scenes' && saved.data.sample_seed != null) {
    if (plan) plan.fetched = true;
    sampleScenes(saved.data.sample_seed);
  } else if (data) {
    // Other images here would be mixed with these.
    if (state.dataset?.pairs.length) clear('train');
    post({ kind: 'give_data', fingerprint: saved.data.fingerprint });
  } else askForData({ saved });
}

/** @param {{ saved: SavedRun }} offer */
function askForData({ saved }) {
  if (plan) plan.asked = true;
  const { pairs, names } = saved.data;
  state.error = { ...otherDataWords(`${pairs} pairs: ${names.join(', ')}`, !state.dataset?.pairs.length), action: null };
  go('data');
}

/** Throws the offer away, and what is on disk with it. */
export function discard() {
  if (state.keep.offer?.where === 'disk') post({ kind: 'forget_run' });
  state.keep.offer = null;
  state.keep.last = null;
  if (plan?.asked) state.error = null;
  plan = null;
  changed();
}

/** True while a run is about to go on, without anybody being asked for anything. */
export const goingOn = () => plan !== null && !plan.asked;

/** Does what is planned as soon as everything is there. */
function proceed() {
  if (!plan || running() || state.starting || state.sampling || state.reading || state.engine !== 'ready' || !state.device) return;
  const { dataset } = state;
  const { offer, config, death, batch } = plan;
  if (offer) {
    if (dataset?.fingerprint !== offer.saved.data.fingerprint) {
      // The files dropped are others than the run's: say so, and wait for the next drop.
      if ((plan.asked || plan.fetched || death) && dataset?.pairs.length) askForData(offer);
      return;
    }
    plan = null;
    source = offer;
    state.starting = true;
    if (death) state.error = { ...lossWords(death, offer.saved.step, batch), action: null, calm: true };
    else state.error = null;
    post({ kind: 'resume', blob: offer.blob, name: offer.name, batch, number: offer.saved.number });
    go('train');
  } else if (config && usablePairs().length) {
    plan = null;
    if (death) {
      if (death.rule) send({ type: 'set_mask_rule', rule: death.rule });
      if (death.excluded.length) send({ type: 'set_excluded', pairs: death.excluded, excluded: true });
      state.error = { ...lossWords(death, 0, batch), action: null, calm: true };
    }
    state.starting = true;
    send({ type: 'start', config: batch ? { ...config, batch } : config });
  }
}

/** The engine is gone; a run that was under way goes on in the new one. @param {Death} death */
function lost(death) {
  const now = performance.now();
  deaths = [...deaths.filter((at) => now - at < DEATHS_WITHIN_MS), now];
  deviceTries = 0;
  plan = null;
  if (!death.config) return;
  offerLast();
  const again = death.cause === 'memory' && (halved || !(death.config.batch >= 2));
  if (again || deaths.length > MAX_DEATHS) {
    state.error = { ...lossWords(death, state.keep.offer?.saved.step ?? 0, undefined, again ? 'memory' : 'often'), action: 'reload_data' };
    return;
  }
  state.error = { ...lossWords(death, 0, undefined, 'waiting'), action: null, calm: true };
  plan = { offer: null, config: null, death, asked: false };
  // With the disk it is decided once the new worker has looked there.
  if (state.keep.offer?.where === 'page' || !state.keep.last) decide(death);
  reload();
}

/** From where to go on: the last state saved of this run, else its start. @param {Death} death */
function decide(death) {
  if (!death.config) return;
  const own = state.keep.last ? state.keep.offer : null;
  const batch = death.cause === 'memory' ? Math.max(1, Math.floor(death.config.batch / 2)) : undefined;
  if (batch) halved = true;
  plan = { offer: own, config: own ? null : death.config, death, batch, asked: false };
}

/** A GPU comes back a moment after its process was ended. */
function retryDevice() {
  if (deviceTries >= DEVICE_TRIES) return;
  deviceTries += 1;
  setTimeout(() => {
    if (state.device || !plan) return;
    state.faults = state.faults.filter((fault) => fault.stage !== 'device');
    send({ type: 'init', device: state.deviceChoice });
  }, DEVICE_EVERY_MS);
}

/** Takes the run home as a file. */
export function takeRun() {
  const { last } = state.keep;
  // The engine lets go of a run that has ended; without storage its last state is here.
  if (last?.blob && !running()) saveRun(last.blob, last.saved.step);
  else post({ kind: 'take_run' });
}

/** @param {Blob} blob @param {number} step */
const saveRun = (blob, step) => saveBlob(blob, `${safeName(`groundmask-step-${step}`)}.gmrun`);

/** Time between two saves, ms; null: the worker's own. @type {number | null} */
let everyMs = null;

/** @param {number} ms */
export function saveEvery(ms) {
  everyMs = ms;
  post({ kind: 'keep_every', ms });
}

whenReady(() => {
  // A new engine has no run yet: what an older one said of starting is void.
  state.starting = false;
  if (everyMs !== null) post({ kind: 'keep_every', ms: everyMs });
});
