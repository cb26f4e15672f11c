// @ts-check
/**
 * Runs that survive, as a state and what happens to it: what is saved and where, which run is on offer, and what is planned with it.
 * Pure: what is to be done comes out as a list of effects, which resume.js carries out. The plans are in resume-plan.js.
 */
import { faultLine, inheritedWords, lockedOutWords, otherDataWords, troubleWords, unreadableWords } from '../../ui/strings.js';
import { holdLast, isListed, newer } from './offers.js';
import { begin, decide, gpuIsAway, isAsked, lost, offerLast, proceed, retryDevice, takeData, tell } from './resume-plan.js';
import { DAY_MS, listTroubleWords } from './runs-strings.js';

/**
 * @typedef {import('../../core/types.js').KeepReport} KeepReport
 * @typedef {import('../../core/types.js').EngineEvent} EngineEvent
 * @typedef {import('../../core/session.js').Death} Death
 * @typedef {import('../../core/store.js').Offer} Offer
 * @typedef {import('../../core/store.js').Keeping} Keeping
 * @typedef {import('./resume-plan.js').Resumption} Resumption
 * @typedef {import('./resume-plan.js').Facts} Facts
 * @typedef {import('./resume-plan.js').ResumeEffect} ResumeEffect
 * @typedef {import('./resume-plan.js').Step} Step
 */

/**
 * What happened. `report`: the worker said something of saved runs; `engine_lost`: a new engine is being started; `told`: any message was
 * taken in; `begin`: a run of the list is opened; `resume`, `discard`, `later`, `again`: buttons of the offer; `keep_here`: this run is to be the one on disk;
 * `banner_closed`: by its button; `device_due`: the device is to be asked for again.
 * @typedef {{ type: 'report', report: KeepReport } | { type: 'engine_event', event: EngineEvent } | { type: 'engine_lost', death: Death } | { type: 'told' }
 *   | { type: 'begin', offer: Offer, view?: 'stop' | 'end' } | { type: 'resume' } | { type: 'discard' } | { type: 'later' } | { type: 'again' } | { type: 'keep_here' }
 *   | { type: 'banner_closed' } | { type: 'device_due' }} ResumeEvent
 */

/** @type {Omit<Resumption, 'keep'>} */
export const nothingPlanned = { plan: null, underWay: null, owned: false, unseen: false, deaths: [], deviceTries: 0, viewed: false, halved: false };

/**
 * @param {Resumption} state
 * @param {ResumeEvent} event
 * @param {Facts} facts
 * @returns {{ state: Resumption, effects: ResumeEffect[] }}
 */
export function reduceResume(state, event, facts) {
  /** @type {Step} */
  const step = { now: { ...state, keep: { ...state.keep } }, facts, effects: [] };
  apply(step, event);
  return { state: step.now, effects: step.effects };
}

/** @param {Step} step @param {ResumeEvent} event */
function apply(step, event) {
  const { now, facts, effects } = step;
  switch (event.type) {
    case 'report':
      receive(step, event.report);
      break;
    case 'engine_event':
      hear(step, event.event);
      break;
    case 'engine_lost':
      lost(step, event.death);
      break;
    case 'told':
      proceed(step);
      break;
    case 'begin':
      begin(step, event.offer, event.view);
      break;
    case 'resume':
      if (now.keep.offer && !now.plan) begin(step, now.keep.offer);
      break;
    case 'discard':
      discard(step);
      break;
    case 'later':
      now.keep.later = true;
      drop(step);
      break;
    case 'again':
      now.keep.later = false;
      break;
    case 'keep_here':
      claim(step);
      if (facts.running) effects.push({ kind: 'post', message: { kind: 'keep_now' } });
      break;
    case 'banner_closed':
      // Who closes what asks for the images of a run to be shown no longer wants to see it.
      if (isAsked(now) && now.plan?.view) now.plan = null;
      break;
    case 'device_due':
      if (now.plan?.death && !(facts.device && !gpuIsAway(now.plan.death, facts))) effects.push({ kind: 'bring_up_device' });
      break;
  }
}

/** @param {Step} step @param {EngineEvent} event */
function hear(step, event) {
  const { now, facts } = step;
  if (event.type === 'run_started') began(step);
  if (now.plan?.death && ((event.type === 'fault' && event.stage === 'device') || (event.type === 'device' && gpuIsAway(now.plan.death, facts)))) retryDevice(step);
  // What does not begin, begins no run of this plan.
  if ((event.type === 'config' && event.errors.length) || (event.type === 'fault' && event.stage === 'train')) now.underWay = null;
  // Nothing of it is saved anew: it can go on from where it is kept.
  if (event.type === 'run_ended' && now.viewed) offerLast(step);
  if (event.type === 'fault' && event.code === 'run_other_data') tell(step, { ...otherDataWords(event.detail ?? ''), action: null });
}

/** A run has begun. @param {Step} step */
function began(step) {
  const { now, effects } = step;
  const { keep, underWay } = now;
  const from = underWay?.offer ?? null;
  if (!underWay?.death) {
    now.halved = false;
    if (!from || from.blob !== keep.last?.blob) keep.held = holdLast(keep, step.facts.told)?.held ?? keep.held;
  }
  now.viewed = underWay?.view !== undefined;
  // A run that goes on by itself, or from a state that this page holds, is what it was before. A new one may take the place
  // of what was on offer, because the offer said so; of nothing else.
  const seen = !now.unseen && (keep.other === null || from !== null || keep.offer?.where === 'disk');
  now.unseen = false;
  if (!underWay?.death && from?.where !== 'page') now.owned = keep.storage === 'disk' && seen;
  if (isAsked(now)) tell(step, null);
  // Who had paused it did so for a reason.
  if (underWay?.death?.paused) effects.push({ kind: 'pause' });
  now.plan = null;
  now.underWay = null;
  // Until it is saved anew, what it was resumed from is its last state.
  const last = from && { saved: from.saved, where: /** @type {'disk' | 'page'} */ (from.where === 'disk' ? 'disk' : 'page'), blob: from.blob, id: from.id };
  Object.assign(keep, { offer: null, later: false, last, undo: null, own: from?.id ?? null, dataKept: undefined });
  // Only looked at, it is kept where it is.
  if (now.viewed) return;
  effects.push({ kind: 'name_run' });
  if (now.owned) claim(step);
}

/** From now on the run under way (or the one that has just ended) is what is kept on disk. @param {Step} step */
function claim(step) {
  const { now, facts, effects } = step;
  now.owned = true;
  const { last } = now.keep;
  effects.push({ kind: 'claim', blob: facts.running ? undefined : last?.blob, id: last?.id });
  keepData(step);
}

/** The files of a run are kept beside its state, so that it can go on without another drop. @param {Step} step */
function keepData({ facts: { data, files }, effects }) {
  if (data?.fromFiles && data.fingerprint && files) effects.push({ kind: 'keep_data', fingerprint: data.fingerprint });
}

/** @param {Step} step @param {KeepReport} report */
function receive(step, report) {
  const { now, facts, effects } = step;
  const { keep } = now;
  switch (report.kind) {
    case 'kept':
      look(step, report);
      break;
    case 'runs':
      keep.runs = report.runs;
      break;
    case 'list_failed':
      tell(step, { ...listTroubleWords(report.why), action: null });
      break;
    case 'saved':
      saved(step, report);
      break;
    case 'save_failed':
      keep.why = report.why || 'unknown';
      tell(step, { ...troubleWords(keep.why), action: null });
      // What was saved before it is the last there is.
      if (!facts.running && !keep.offer) offerLast(step);
      break;
    case 'data_kept':
      if (report.fingerprint === facts.data?.fingerprint) keep.dataKept = report.why;
      if (report.why === null) keep.runs = keep.runs.map((run) => (run.saved.data.fingerprint === report.fingerprint ? { ...run, data: true } : run));
      break;
    case 'data_given':
      takeData(step, report.entries);
      break;
    case 'looked':
      if (report.saved) {
        keep.later = false;
        // What it would replace, and what is there again when it is dismissed.
        if (keep.offer?.where === 'disk') keep.other = keep.offer;
        keep.offer = { saved: report.saved, where: 'file', blob: report.file, name: report.file.name, data: false };
        effects.push({ kind: 'say', line: `A saved run at step ${report.saved.step}.` });
      } else if (report.fault) tell(step, { sentence: faultLine(report.fault), next: '', action: null });
      break;
    case 'resume_failed':
      // What it said of going on did not come true; why is said by a fault.
      if (now.underWay?.death) tell(step, null);
      now.underWay = null;
      effects.push({ kind: 'starting', on: false });
      break;
    case 'run_file':
      effects.push({ kind: 'save_file', blob: report.blob, saved: report.saved, name: keep.runs.find(({ id }) => id === report.id)?.name });
      break;
    default:
      break;
  }
}

/** The storage was looked through, or cannot be had. @param {Step} step @param {Extract<KeepReport, { kind: 'kept' }>} report */
function look(step, report) {
  const { now, facts } = step;
  const { keep } = now;
  const { storage, saved, id, data } = report;
  const inherited = keep.storage === 'other_tab' && storage === 'disk';
  Object.assign(keep, { storage, detail: report.detail, runs: report.runs });
  if (keep.undo && [...keep.held, ...report.runs].find((run) => run.id === keep.undo?.id)?.discarded_until == null) keep.undo = null;
  if (report.fault) tell(step, { ...unreadableWords(report.fault), action: null });
  if (saved && !now.owned && (facts.starting || now.plan !== null || facts.running)) now.unseen = true;
  // It was cleared away, or is damaged.
  if (storage === 'disk') {
    if (keep.last?.where === 'disk' && !isListed(keep, keep.last.id)) keep.last = null;
    if (keep.offer?.where === 'disk' && !isListed(keep, keep.offer.id)) keep.offer = null;
  }
  keep.other = saved && !now.owned ? { saved, where: 'disk', id, data } : null;
  if (!facts.running && saved) keep.offer = newer(keep, { saved, where: 'disk', id, data }, { owned: now.owned, going: now.plan !== null });
  // Nothing is there that the run under way could replace.
  if (facts.running && storage === 'disk' && !saved) keepData(step);
  else if (!facts.running && storage === 'disk' && !saved && keep.last?.blob) claim(step);
  if (facts.running && keep.other && !facts.error && !report.fault) tell(step, { ...inheritedWords(keep.other.saved, inherited), action: null, calm: true });
  // Another tab may free the storage yet; without storage there is nothing to wait for.
  const { plan } = now;
  if (!plan?.death || plan.offer || plan.config || storage === 'other_tab') return;
  if (storage === 'none' && keep.last?.where === 'disk') {
    // Beginning again would throw away what lies there.
    tell(step, { ...lockedOutWords(keep.last.saved.step), action: null });
    now.plan = null;
  } else decide(step, plan.death, plan.tried);
}

/** The run was saved. @param {Step} step @param {Extract<KeepReport, { kind: 'saved' }>} report */
function saved(step, report) {
  const { now, facts, effects } = step;
  const { keep } = now;
  const onDisk = report.where === 'disk';
  keep.last = { saved: report.saved, where: report.where, blob: report.blob, id: report.id };
  keep.own = report.id;
  keep.runs = keep.runs.map((run) => (run.id === report.id && onDisk ? { ...run, saved: report.saved } : run));
  if (onDisk) {
    keep.held = keep.held.filter(({ id }) => id !== report.id);
    keep.why = '';
    keep.other = null;
    now.owned = true;
    effects.push({ kind: 'ask_persistence' });
  } else if (keep.why !== report.why) {
    keep.why = report.why;
    // It was over before the worker heard that it may take the storage.
    if (report.why === 'foreign' && now.owned && !facts.running) claim(step);
    if (keep.storage !== 'other_tab' && report.why !== 'foreign') tell(step, { ...troubleWords(report.why), action: null });
  }
  if (!facts.running) offerLast(step);
}

/** Throws the offer away: what is on disk for a day, then for good. @param {Step} step */
function discard(step) {
  const { now, facts, effects } = step;
  const { keep } = now;
  const until = facts.unixMs + DAY_MS;
  const where = keep.offer?.where;
  if (where === 'page') {
    const after = holdLast(keep, facts.told, until);
    keep.held = after?.held ?? keep.held;
    keep.undo = after?.undo ?? null;
  }
  if (where === 'disk' && keep.offer?.id) {
    const { id } = keep.offer;
    effects.push({ kind: 'post', message: { kind: 'forget_run', id } });
    // The answer takes a moment.
    keep.runs = keep.runs.map((run) => (run.id === id ? { ...run, discarded_until: until } : run));
    keep.undo = { id, name: keep.runs.find((run) => run.id === id)?.name ?? '' };
    keep.other = null;
  }
  // What this page holds, or lies on disk, was only out of sight.
  if (where === 'file' && keep.last?.where === 'page') offerLast(step);
  else {
    keep.offer = keep.other;
    keep.last = null;
  }
  drop(step);
}

/** What was planned is not done. @param {Step} step */
function drop(step) {
  const { now } = step;
  now.unseen = false;
  if (isAsked(now)) tell(step, null);
  now.plan = null;
}
