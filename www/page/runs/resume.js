// @ts-check
/**
 * Runs that survive, as the page sees them: what is saved and where, the offer to go on, and going on by itself after
 * the engine was lost. The worker's side is worker/checkpoint.js.
 */
import { plural } from '../../ui/format.js';
import { go } from '../header.js';
import { onEvent, say } from '../../core/reduce.js';
import { pauseOrResume } from '../train/run-view.js';
import { clear, holdData, nextBands, onDeath, onKeepReport, onMessage, pairByHand, post, reload, sampleScenes, send, sendFiles, setBands, whenReady, tellFolders } from '../../core/session.js';
import { keepFromEviction } from '../../core/storage-lock.js';
import { changed, isDataHere, kept, running, state, usablePairs } from '../../core/store.js';
import { $ } from '../../ui/dom.js';
import { holdLast, nameRun, told } from './held-runs.js';
import { gpuIsAway, isListed, movedToCpu, newer, offerLast, otherBands } from './offers.js';
import { DAY_MS, listTroubleWords } from './runs-strings.js';
import { showSettings } from '../train/settings.js';
import { saveRun } from './export-run.js';
import { faultLine, gpuGoneWords, inheritedWords, lockedOutWords, lossWords, missingWords, otherDataWords, troubleWords, unreadableWords } from '../../ui/strings.js';

/**
 * @typedef {import('../../core/types.js').SavedRun} SavedRun
 * @typedef {import('../../core/session.js').Death} Death
 * @typedef {import('../../core/store.js').Offer} Offer
 */

/**
 * What is to begin as soon as device and data are there.
 * @typedef {{ offer: Offer | null, config: import('../../core/types.js').TrainConfig | null, death: Death | null, batch?: number, asked: string | null, view?: 'stop' | 'end', fetched?: boolean, fetching?: boolean, tried?: boolean, rebanded?: boolean }} Plan
 *   `offer` to go on with, else `config` to start anew; `death`: it goes on by itself after that; `asked`: people were asked
 *   for the data, when these were here (by their fingerprint); `fetched`: they were taken from where they are kept, `fetching`: they are on their way; `tried`: the engine was lost while it went on with
 *   what is on offer; `view`: it is shown, and does not go on; `rebanded`: the images were read again with its bands
 */

/** @type {Plan | null} */
let plan = null;
/** The plan that was carried out last, until its run has begun. @type {Plan | null} */
let underWay = null;
/** What is on disk is this page's run, or may be replaced by it: people were told before they started it. */
let owned = false;
/** What is on disk was found while a run was about to begin, so that nobody had a chance to see it. */
let unseen = false;
/** When engines died, ms of page time. @type {number[]} */
let deaths = [];
/** Losing it this often within the time below is no accident. */
const MAX_DEATHS = 3;
const DEATHS_WITHIN_MS = 5 * 60_000;
/** A GPU that was reset is not back at once. */
const DEVICE_TRIES = 8;
const DEVICE_EVERY_MS = 1500;
let deviceTries = 0;
/** The run on the page is only shown. */
let viewed = false;
/** The batch is halved once a run, by itself. */
let halved = false;

export function initResume() {
  onKeepReport(receive);
  onDeath(lost);
  onEvent((event) => {
    if (event.type === 'run_started') began();
    if (plan?.death && ((event.type === 'fault' && event.stage === 'device') || (event.type === 'device' && gpuIsAway(plan.death)))) retryDevice();
    // What does not begin, begins no run of this plan.
    if ((event.type === 'config' && event.errors.length) || (event.type === 'fault' && event.stage === 'train')) underWay = null;
    // Nothing of it is saved anew: it can go on from where it is kept.
    if (event.type === 'run_ended' && viewed) offerLast();
    if (event.type === 'fault' && event.code === 'run_other_data') state.error = { ...otherDataWords(event.detail ?? ''), action: null };
  });
  // What was waited for may have come with any of them.
  onMessage(proceed);
  // Who closes what asks for the images of a run to be shown no longer wants to see it.
  $('banner-action').addEventListener('click', () => {
    if (isAsked() && plan?.view) plan = null;
  });
  // A new engine has no run yet: what an older one said of starting is void.
  whenReady(() => {
    state.starting = false;
  });
  document.addEventListener('visibilitychange', () => {
    // A laptop that is closed may not come back to this page.
    if (document.visibilityState === 'hidden' && running()) post({ kind: 'keep_now' });
  });
  addEventListener('pagehide', () => post({ kind: 'keep_now' }));
}

function began() {
  const { keep } = state;
  const from = underWay?.offer ?? null;
  if (!underWay?.death) {
    halved = false;
    if (!from || from.blob !== keep.last?.blob) holdLast();
  }
  viewed = underWay?.view !== undefined;
  // A run that goes on by itself, or from a state that this page holds, is what it was before. A new one may take the place
  // of what was on offer, because the offer said so; of nothing else.
  const seen = !unseen && (keep.other === null || from !== null || keep.offer?.where === 'disk');
  unseen = false;
  if (!underWay?.death && from?.where !== 'page') owned = keep.storage === 'disk' && seen;
  if (isAsked()) state.error = null;
  // Who had paused it did so for a reason.
  if (underWay?.death?.paused) pauseOrResume();
  plan = null;
  underWay = null;
  // Until it is saved anew, what it was resumed from is its last state.
  const last = from && { saved: from.saved, where: /** @type {'disk' | 'page'} */ (from.where === 'disk' ? 'disk' : 'page'), blob: from.blob, id: from.id };
  Object.assign(keep, { offer: null, later: false, last, undo: null, own: from?.id ?? null, dataKept: undefined });
  // Only looked at, it is kept where it is.
  if (viewed) return;
  nameRun();
  if (owned) claim();
}

/** From now on the run under way (or the one that has just ended) is what is kept on disk. */
function claim() {
  owned = true;
  const { last } = state.keep;
  post({ kind: 'claim', blob: running() ? undefined : last?.blob, id: last?.id, told: told() });
  keepData();
}

/** The same, by the button: at once. */
export function keepHere() {
  claim();
  if (running()) post({ kind: 'keep_now' });
}

/** The files of a run are kept beside its state, so that it can go on without another drop. */
function keepData() {
  const { dataset } = state;
  if (dataset?.source === 'files' && dataset.fingerprint && kept.train.length) post({ kind: 'keep_data', fingerprint: dataset.fingerprint, entries: kept.train });
}

/** @param {import('../../core/types.js').KeepReport} report */
function receive(report) {
  const { keep } = state;
  switch (report.kind) {
    case 'kept': {
      const inherited = keep.storage === 'other_tab' && report.storage === 'disk';
      keep.storage = report.storage;
      keep.detail = report.detail;
      keep.runs = report.runs;
      if (keep.undo && [...keep.held, ...report.runs].find(({ id }) => id === keep.undo?.id)?.discarded_until == null) keep.undo = null;
      if (report.fault) state.error = { ...unreadableWords(report.fault), action: null };
      if (report.saved && !owned && (state.starting || plan !== null || running())) unseen = true;
      // It was cleared away, or is damaged.
      if (report.storage === 'disk') {
        if (keep.last?.where === 'disk' && !isListed(keep.last.id)) keep.last = null;
        if (keep.offer?.where === 'disk' && !isListed(keep.offer.id)) keep.offer = null;
      }
      const { saved, id, data } = report;
      keep.other = saved && !owned ? { saved, where: 'disk', id, data } : null;
      if (!running() && saved) keep.offer = newer(keep.offer, { saved, where: 'disk', id, data }, { owned, going: plan !== null });
      // Nothing is there that the run under way could replace.
      if (running() && report.storage === 'disk' && !report.saved) keepData();
      else if (!running() && report.storage === 'disk' && !report.saved && keep.last?.blob) claim();
      if (running() && keep.other && !state.error) state.error = { ...inheritedWords(keep.other.saved, inherited), action: null, calm: true };
      // Another tab may free the storage yet; without storage there is nothing to wait for.
      if (plan?.death && !plan.offer && plan.config === null && report.storage !== 'other_tab') {
        if (report.storage === 'none' && keep.last?.where === 'disk') {
          // Beginning again would throw away what lies there.
          state.error = { ...lockedOutWords(keep.last.saved.step), action: null };
          plan = null;
        } else decide(plan.death, plan.tried);
      }
      break;
    }
    case 'runs':
      keep.runs = report.runs;
      break;
    case 'list_failed':
      state.error = { ...listTroubleWords(report.why), action: null };
      break;
    case 'saved':
      keep.last = { saved: report.saved, where: report.where, blob: report.blob, id: report.id };
      keep.own = report.id;
      keep.runs = keep.runs.map((run) => (run.id === report.id && report.where === 'disk' ? { ...run, saved: report.saved } : run));
      if (report.where === 'disk') {
        keep.held = keep.held.filter(({ id }) => id !== report.id);
        keep.why = '';
        keep.other = null;
        owned = true;
        void keepFromEviction();
      } else if (keep.why !== report.why) {
        keep.why = report.why;
        // It was over before the worker heard that it may take the storage.
        if (report.why === 'foreign' && owned && !running()) claim();
        if (keep.storage !== 'other_tab' && report.why !== 'foreign') state.error = { ...troubleWords(report.why), action: null };
      }
      if (!running()) offerLast();
      break;
    case 'save_failed':
      keep.why = report.why || 'unknown';
      state.error = { ...troubleWords(keep.why), action: null };
      // What was saved before it is the last there is.
      if (!running() && !keep.offer) offerLast();
      break;
    case 'data_kept':
      if (report.fingerprint === state.dataset?.fingerprint) keep.dataKept = report.why;
      if (report.why === null) for (const run of keep.runs) if (run.saved.data.fingerprint === report.fingerprint) run.data = true;
      break;
    case 'data_given':
      if (plan) Object.assign(plan, { fetching: false, fetched: true });
      if (plan?.offer && report.entries) {
        // Other images here would be mixed with these.
        if (state.dataset) clear('train');
        nextBands(plan.offer.saved.data.bands ?? []);
        tellFolders(plan.offer.saved.data.folders ?? []);
        pairByHand(plan.offer.saved.data.by_hand ?? []);
        sendFiles(report.entries, 'train');
        holdData(plan.offer.saved.data.fingerprint);
      } else if (plan?.offer) {
        plan.offer.data = false;
        askForData(plan.offer);
      }
      break;
    case 'looked':
      if (report.saved) {
        keep.later = false;
        // What it would replace, and what is there again when it is dismissed.
        if (keep.offer?.where === 'disk') keep.other = keep.offer;
        keep.offer = { saved: report.saved, where: 'file', blob: report.file, name: report.file.name, data: false };
        say(`A saved run at step ${report.saved.step}.`);
      } else if (report.fault) state.error = { sentence: faultLine(report.fault), next: '', action: null };
      break;
    case 'resume_failed':
      // What it said of going on did not come true; why is said by a fault.
      if (underWay?.death) state.error = null;
      underWay = null;
      state.starting = false;
      break;
    case 'run_file':
      saveRun(report.blob, report.saved, keep.runs.find(({ id }) => id === report.id)?.name);
      break;
  }
  changed();
}

/** Goes on with the offer: at once where its data are here, else after them. */
export function resume() {
  const { offer } = state.keep;
  if (offer && !plan) begin(offer);
}

/** Whether a run can be opened or go on now. */
export const canOpen = () => !running() && !state.starting && !state.predicting && !state.reading && !state.sampling && state.engine === 'ready' && state.device !== null;

/** @param {Offer} offer @param {'stop' | 'end'} [view] shows it without going on with it */
export function begin(offer, view) {
  if (running() || state.predicting) return;
  plan = { offer, config: null, death: null, asked: null, view };
  state.error = null;
  showSettings(offer.saved.config);
  proceed();
  // Where what is here is read again, it may turn out to be its images.
  if (plan && !plan.rebanded) fetchData(offer);
  changed();
}

/** @param {Offer} offer */
function fetchData({ saved, data }) {
  if (saved.data.source === 'sample_scenes' && saved.data.sample_seed != null) {
    if (plan) plan.fetched = true;
    sampleScenes(saved.data.sample_seed);
  } else if (data) {
    if (plan) plan.fetching = true;
    post({ kind: 'give_data', fingerprint: saved.data.fingerprint });
  } else askForData({ saved });
}

/** @param {{ saved: SavedRun }} offer */
function askForData({ saved }) {
  const here = state.dataset?.fingerprint ?? '';
  // Once for each set of images: people may look elsewhere meanwhile.
  if (!plan || plan.asked === here) return;
  plan.asked = here;
  if (!state.dataset?.pairs.length) {
    nextBands(saved.data.bands ?? []);
    tellFolders(saved.data.folders ?? []);
    pairByHand(saved.data.by_hand ?? []);
  }
  const { pairs, names } = saved.data;
  state.error = { ...otherDataWords(`${plural(pairs, 'pair')}: ${names.join(', ')}`, !state.dataset?.pairs.length), action: null };
  go('data');
}

/** Throws the offer away: what is on disk for a day, then for good. */
export function discard() {
  const { keep } = state;
  const where = keep.offer?.where;
  if (where === 'page') keep.undo = holdLast(Date.now() + DAY_MS);
  if (where === 'disk' && keep.offer?.id) {
    const { id } = keep.offer;
    post({ kind: 'forget_run', id });
    // The answer takes a moment.
    keep.runs = keep.runs.map((run) => (run.id === id ? { ...run, discarded_until: Date.now() + DAY_MS } : run));
    keep.undo = { id, name: keep.runs.find((run) => run.id === id)?.name ?? '' };
    keep.other = null;
  }
  // What this page holds, or lies on disk, was only out of sight.
  if (where === 'file' && keep.last?.where === 'page') offerLast();
  else {
    keep.offer = keep.other;
    keep.last = null;
  }
  drop();
}

/** Puts the offer off; nothing is lost. */
export function later() {
  state.keep.later = true;
  drop();
}

function drop() {
  unseen = false;
  if (isAsked()) state.error = null;
  plan = null;
  changed();
}

/** Whether people were asked for the images of the run that is to go on. */
export const isAsked = () => plan !== null && plan.asked !== null;

/** True while a run is about to go on, without anybody being asked for anything. */
export const goingOn = () => plan !== null && plan.asked === null;

/** Does what is planned as soon as everything is there. */
function proceed() {
  if (!plan || plan.fetching || running() || state.starting || state.sampling || state.reading || state.engine !== 'ready' || !state.device) return;
  const { dataset } = state;
  const { offer, config, death, batch } = plan;
  if (death && gpuIsAway(death) && deviceTries < DEVICE_TRIES) return;
  if (offer) {
    if (!isDataHere(offer.saved.data.fingerprint)) {
      // They may be its images, read with other bands.
      if (dataset && !plan.rebanded && otherBands(offer)) {
        plan.rebanded = true;
        return;
      }
      // After a loss the files may have changed or be gone: there are copies.
      if ((death || plan.rebanded) && dataset && !plan.fetched && offer.data) fetchData(offer);
      // The files dropped are others than the run's: say so, and wait for the next drop.
      else if (dataset && (death || ((isAsked() || plan.fetched) && dataset.pairs.length))) askForData(offer);
      return;
    }
    underWay = plan;
    plan = null;
    state.starting = true;
    if (death) state.error = { ...lossWords(death, offer.saved.step, { batch, from: offer.saved.config.batch, onCpu: movedToCpu(death) }), action: null, calm: true };
    else state.error = null;
    const id = offer.where === 'file' ? undefined : (offer.id ?? undefined);
    post({ kind: 'resume', blob: offer.blob, id, name: offer.name, batch, number: offer.saved.number, view: underWay.view });
    go('train');
  } else if (config && dataset && !usablePairs().length) {
    // Nothing was saved yet, and the files cannot be read again.
    plan = null;
    state.error = { ...missingWords(), action: null };
  } else if (config && usablePairs().length) {
    underWay = plan;
    plan = null;
    if (death) {
      if (death.rule) send({ type: 'set_mask_rule', rule: death.rule });
      if (death.range) send({ type: 'set_range', range: death.range });
      if (death.moved.length) send({ type: 'shift_outlines', shifts: death.moved });
      if (death.leftOut.length) send({ type: 'leave_out_unmapped', parts: death.leftOut, on: true });
      if (death.excluded.length) send({ type: 'set_excluded', pairs: death.excluded, excluded: true });
      state.error = { ...lossWords(death, 0, { batch, from: config.batch, onCpu: movedToCpu(death) }), action: null, calm: true };
    }
    state.starting = true;
    send({ type: 'start', config: batch ? { ...config, batch } : config });
  }
}

/** The engine is gone; a run that was under way, or about to go on, goes on in the new one. @param {Death} last */
function lost(last) {
  // It may be lost again before the run has begun anew.
  const going = plan ?? underWay;
  const before = going?.death;
  let death = last.config || !before ? last : { ...before, cause: last.cause, detail: last.detail };
  // Going on with what is on offer is not for people to begin again, unless it is they who have to bring the images.
  const tried = !death.config && going?.offer && !isAsked() ? going.offer : null;
  if (tried) death = { ...last, config: tried.saved.config, rule: null, range: null, excluded: [], moved: [], leftOut: [] };
  underWay = null;
  const now = performance.now();
  deaths = deaths.filter((at) => now - at < DEATHS_WITHIN_MS);
  // One that never came up took no run along.
  if (last.device) deaths.push(now);
  deviceTries = 0;
  plan = null;
  if (!death.config) {
    // A run that had ended may have been lost with its last save.
    if (!state.keep.offer) offerLast();
    return;
  }
  state.keep.later = false;
  if (tried) state.keep.offer = tried;
  else offerLast();
  const again = death.cause === 'memory' && (halved || !((death.batch ?? death.config.batch) >= 2));
  if (again || deaths.length > MAX_DEATHS) {
    state.error = { ...lossWords(death, state.keep.offer?.saved.step ?? 0, { instead: again ? 'memory' : 'often' }), action: 'reload_data' };
    return;
  }
  state.error = { ...lossWords(death, 0, { instead: 'waiting' }), action: null, calm: true };
  plan = { offer: null, config: null, death, asked: null, tried: tried !== null };
  // With the disk it is decided once the new worker has looked there.
  if (tried ? tried.where !== 'disk' : state.keep.offer?.where === 'page' || !state.keep.last) decide(death, plan.tried);
  reload();
}

/** From where to go on: the last state saved of this run, else its start. @param {Death} death @param {boolean} [tried] */
function decide(death, tried) {
  if (!death.config) return;
  const own = state.keep.last || tried ? state.keep.offer : null;
  const memory = death.cause === 'memory';
  let batch = death.batch ?? death.config.batch;
  if (memory) batch = Math.max(1, Math.floor(batch / 2));
  halved ||= memory;
  // The state saved last, or the settings, may be of before it was halved.
  const from = own ? own.saved.config.batch : death.config.batch;
  plan = { offer: own, config: own ? null : death.config, death: { ...death, batch }, batch: batch === from ? undefined : batch, asked: null, tried };
}

/** A GPU comes back a moment after its process was ended. */
function retryDevice() {
  if (deviceTries >= DEVICE_TRIES) {
    // With a GPU asked for by name nothing else may take its place: the run is on offer, for whatever people choose.
    if (!state.device && plan?.death) {
      state.error = { ...gpuGoneWords(), action: null };
      plan = null;
    }
    return;
  }
  deviceTries += 1;
  setTimeout(() => {
    if (!plan?.death || (state.device && !gpuIsAway(plan.death))) return;
    state.faults = state.faults.filter((fault) => fault.stage !== 'device');
    send({ type: 'init', device: state.deviceChoice });
  }, DEVICE_EVERY_MS);
}
