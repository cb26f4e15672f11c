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
 * @typedef {import('../../core/types.js').CheckpointReport} CheckpointReport
 * @typedef {import('../../core/types.js').EngineEvent} EngineEvent
 * @typedef {import('../../core/session.js').Death} Death
 * @typedef {import('../../core/store.js').Offer} Offer
 * @typedef {import('../../core/store.js').CheckpointState} CheckpointState
 * @typedef {import('./resume-plan.js').Resumption} Resumption
 * @typedef {import('./resume-plan.js').Facts} Facts
 * @typedef {import('./resume-plan.js').ResumeEffect} ResumeEffect
 * @typedef {import('./resume-plan.js').Step} Step
 */

/**
 * What happened. `report`: the worker said something of saved runs; `engine_lost`: a new engine is being started; `told`: any message was
 * taken in; `begin`: a run of the list is opened; `resume`, `discard`, `later`, `again`: buttons of the offer; `keep_here`: this run is to be the one on disk;
 * `banner_closed`: by its button; `device_due`: the device is to be asked for again.
 * @typedef {{ type: 'report', report: CheckpointReport } | { type: 'engine_event', event: EngineEvent } | { type: 'engine_lost', death: Death } | { type: 'told' }
 *   | { type: 'begin', offer: Offer, view?: 'stop' | 'end' } | { type: 'resume' } | { type: 'discard' } | { type: 'later' } | { type: 'again' } | { type: 'keep_here' }
 *   | { type: 'banner_closed' } | { type: 'device_due' }} ResumeEvent
 */

/** @type {Omit<Resumption, 'checkpoint'>} */
export const nothingPlanned = { plan: null, underWay: null, owned: false, unseen: false, deaths: [], deviceTries: 0, viewed: false, halved: false };

/**
 * @param {Resumption} state
 * @param {ResumeEvent} event
 * @param {Facts} facts
 * @returns {{ state: Resumption, effects: ResumeEffect[] }}
 */
export function reduceResume(state, event, facts) {
  /** @type {Step} */
  const step = { now: { ...state, checkpoint: { ...state.checkpoint } }, facts, effects: [] };
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
      if (now.checkpoint.offer && !now.plan) begin(step, now.checkpoint.offer);
      break;
    case 'discard':
      discard(step);
      break;
    case 'later':
      now.checkpoint.later = true;
      drop(step);
      break;
    case 'again':
      now.checkpoint.later = false;
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
  const { checkpoint, underWay } = now;
  const from = underWay?.offer ?? null;
  if (!underWay?.death) {
    now.halved = false;
    if (!from || from.blob !== checkpoint.last?.blob) checkpoint.held = holdLast(checkpoint, step.facts.told)?.held ?? checkpoint.held;
  }
  now.viewed = underWay?.view !== undefined;
  // A run that goes on by itself, or from a state that this page holds, is what it was before. A new one may take the place
  // of what was on offer, because the offer said so; of nothing else.
  const seen = !now.unseen && (checkpoint.other === null || from !== null || checkpoint.offer?.where === 'disk');
  now.unseen = false;
  if (!underWay?.death && from?.where !== 'page') now.owned = checkpoint.storage === 'disk' && seen;
  if (isAsked(now)) tell(step, null);
  // Who had paused it did so for a reason. The worker pauses one that goes on from a state before its first step.
  if (underWay?.death?.paused && !from) effects.push({ kind: 'pause' });
  now.plan = null;
  now.underWay = null;
  // Until it is saved anew, what it was resumed from is its last state.
  const last = from && { saved: from.saved, where: /** @type {'disk' | 'page'} */ (from.where === 'disk' ? 'disk' : 'page'), blob: from.blob, id: from.id };
  Object.assign(checkpoint, { offer: null, later: false, last, undo: null, own: from?.id ?? null, dataKept: undefined });
  // Only looked at, it is kept where it is.
  if (now.viewed) return;
  effects.push({ kind: 'name_run' });
  if (now.owned) claim(step);
}

/** From now on the run under way (or the one that has just ended) is what is kept on disk. @param {Step} step */
function claim(step) {
  const { now, facts, effects } = step;
  now.owned = true;
  const { last } = now.checkpoint;
  effects.push({ kind: 'claim', blob: facts.running ? undefined : last?.blob, id: last?.id });
  keepData(step);
}

/** The files of a run are kept beside its state, so that it can go on without another drop. @param {Step} step */
function keepData({ facts: { data, files }, effects }) {
  if (data?.fromFiles && data.fingerprint && files) effects.push({ kind: 'keep_data', fingerprint: data.fingerprint });
}

/** @param {Step} step @param {CheckpointReport} report */
function receive(step, report) {
  const { now, facts, effects } = step;
  const { checkpoint } = now;
  switch (report.kind) {
    case 'kept':
      readReport(step, report);
      break;
    case 'runs':
      checkpoint.runs = report.runs;
      break;
    case 'list_failed':
      tell(step, { ...listTroubleWords(report.why), action: null });
      break;
    case 'saved':
      saved(step, report);
      break;
    case 'save_failed':
      checkpoint.why = report.why || 'unknown';
      tell(step, { ...troubleWords(checkpoint.why), action: null });
      // What was saved before it is the last there is.
      if (!facts.running && !checkpoint.offer) offerLast(step);
      break;
    case 'data_kept':
      if (report.fingerprint === facts.data?.fingerprint) checkpoint.dataKept = report.why;
      if (report.why === null) checkpoint.runs = checkpoint.runs.map((run) => (run.saved.data.fingerprint === report.fingerprint ? { ...run, data: true } : run));
      break;
    case 'data_given':
      takeData(step, report.entries);
      break;
    case 'looked':
      if (report.saved) {
        checkpoint.later = false;
        // What it would replace, and what is there again when it is dismissed.
        if (checkpoint.offer?.where === 'disk') checkpoint.other = checkpoint.offer;
        checkpoint.offer = { saved: report.saved, where: 'file', blob: report.file, name: report.file.name, data: false };
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
      effects.push({ kind: 'save_file', blob: report.blob, saved: report.saved, name: checkpoint.runs.find(({ id }) => id === report.id)?.name });
      break;
    default:
      break;
  }
}

/** The storage was looked through, or cannot be had. @param {Step} step @param {Extract<CheckpointReport, { kind: 'kept' }>} report */
function readReport(step, report) {
  const { now, facts } = step;
  const { checkpoint } = now;
  const { storage, saved, id, data } = report;
  const inherited = checkpoint.storage === 'other_tab' && storage === 'disk';
  Object.assign(checkpoint, { storage, detail: report.detail, runs: report.runs });
  if (checkpoint.undo && [...checkpoint.held, ...report.runs].find((run) => run.id === checkpoint.undo?.id)?.discarded_until == null) checkpoint.undo = null;
  if (report.fault) tell(step, { ...unreadableWords(report.fault), action: null });
  if (saved && !now.owned && (facts.starting || now.plan !== null || facts.running)) now.unseen = true;
  // It was cleared away, or is damaged.
  if (storage === 'disk') {
    if (checkpoint.last?.where === 'disk' && !isListed(checkpoint, checkpoint.last.id)) checkpoint.last = null;
    if (checkpoint.offer?.where === 'disk' && !isListed(checkpoint, checkpoint.offer.id)) checkpoint.offer = null;
  }
  checkpoint.other = saved && !now.owned ? { saved, where: 'disk', id, data } : null;
  if (!facts.running && saved) checkpoint.offer = newer(checkpoint, { saved, where: 'disk', id, data }, { owned: now.owned, going: now.plan !== null });
  // Nothing is there that the run under way could replace.
  if (facts.running && storage === 'disk' && !saved) keepData(step);
  else if (!facts.running && storage === 'disk' && !saved && checkpoint.last?.blob) claim(step);
  if (facts.running && checkpoint.other && !facts.error && !report.fault) tell(step, { ...inheritedWords(checkpoint.other.saved, inherited), action: null, calm: true });
  // Another tab may free the storage yet; without storage there is nothing to wait for.
  const { plan } = now;
  if (!plan?.death || plan.offer || plan.config || storage === 'other_tab') return;
  if (storage === 'none' && checkpoint.last?.where === 'disk') {
    // Beginning again would throw away what lies there.
    tell(step, { ...lockedOutWords(checkpoint.last.saved.step), action: null });
    now.plan = null;
  } else decide(step, plan.death, plan.tried);
}

/** The run was saved. @param {Step} step @param {Extract<CheckpointReport, { kind: 'saved' }>} report */
function saved(step, report) {
  const { now, facts, effects } = step;
  const { checkpoint } = now;
  const onDisk = report.where === 'disk';
  checkpoint.last = { saved: report.saved, where: report.where, blob: report.blob, id: report.id };
  checkpoint.own = report.id;
  checkpoint.runs = checkpoint.runs.map((run) => (run.id === report.id && onDisk ? { ...run, saved: report.saved } : run));
  if (onDisk) {
    checkpoint.held = checkpoint.held.filter(({ id }) => id !== report.id);
    checkpoint.why = '';
    checkpoint.other = null;
    now.owned = true;
    effects.push({ kind: 'ask_persistence' });
  } else if (checkpoint.why !== report.why) {
    checkpoint.why = report.why;
    // It was over before the worker heard that it may take the storage.
    if (report.why === 'foreign' && now.owned && !facts.running) claim(step);
    if (checkpoint.storage !== 'other_tab' && report.why !== 'foreign') tell(step, { ...troubleWords(report.why), action: null });
  }
  if (!facts.running) offerLast(step);
}

/** Throws the offer away: what is on disk for a day, then for good. @param {Step} step */
function discard(step) {
  const { now, facts, effects } = step;
  const { checkpoint } = now;
  const until = facts.unixMs + DAY_MS;
  const where = checkpoint.offer?.where;
  if (where === 'page') {
    const after = holdLast(checkpoint, facts.told, until);
    checkpoint.held = after?.held ?? checkpoint.held;
    checkpoint.undo = after?.undo ?? null;
  }
  if (where === 'disk' && checkpoint.offer?.id) {
    const { id } = checkpoint.offer;
    effects.push({ kind: 'post', message: { kind: 'forget_run', id } });
    // The answer takes a moment.
    checkpoint.runs = checkpoint.runs.map((run) => (run.id === id ? { ...run, discarded_until: until } : run));
    checkpoint.undo = { id, name: checkpoint.runs.find((run) => run.id === id)?.name ?? '' };
    checkpoint.other = null;
  }
  // What this page holds, or lies on disk, was only out of sight.
  if (where === 'file' && checkpoint.last?.where === 'page') offerLast(step);
  else {
    checkpoint.offer = checkpoint.other;
    checkpoint.last = null;
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
