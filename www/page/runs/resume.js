// @ts-check
/**
 * Runs that survive, as the page sees them: carries out what resume-state.js says. The worker's side is worker/checkpoint.js.
 */
import { onEvent, say } from '../../core/reduce.js';
import { clear, holdData, nextBands, pairByHand, reload, sampleScenes, sendFiles, setBands, tellFolders } from '../../core/data-files.js';
import { post, send } from '../../core/engine.js';
import { onDeath, onKeepReport, onMessage, whenReady } from '../../core/session.js';
import { keepFromEviction } from '../../core/storage-lock.js';
import { changed, kept, running, state, usablePairs } from '../../core/store.js';
import { $ } from '../../ui/dom.js';
import { go } from '../header.js';
import { pauseOrResume } from '../train/run-control.js';
import { showSettings } from '../train/settings.js';
import { saveRun } from './export-run.js';
import * as plans from './resume-plan.js';
import { nothingPlanned, reduceResume } from './resume-state.js';
import { nameRun, told } from './run-name.js';

/**
 * @typedef {import('../../core/store.js').Offer} Offer
 * @typedef {import('./resume-plan.js').Resumption} Resumption
 * @typedef {import('./resume-plan.js').ResumeEffect} ResumeEffect
 * @typedef {import('./resume-state.js').ResumeEvent} ResumeEvent
 */

const DEVICE_EVERY_MS = 1500;

/** @type {Resumption} */
let resumption = { ...nothingPlanned, checkpoint: state.checkpoint };

export function initResume() {
  onKeepReport((report) => {
    dispatch({ type: 'report', report });
    changed();
  });
  onDeath((death) => dispatch({ type: 'engine_lost', death }));
  onEvent((event) => dispatch({ type: 'engine_event', event }));
  // What was waited for may have come with any of them.
  onMessage(() => {
    if (resumption.plan) dispatch({ type: 'told' });
  });
  $('banner-action').addEventListener('click', () => dispatch({ type: 'banner_closed' }));
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

/** @param {ResumeEvent} event */
function dispatch(event) {
  const next = reduceResume({ ...resumption, checkpoint: state.checkpoint }, event, facts());
  resumption = next.state;
  // The views hold on to this object.
  Object.assign(state.checkpoint, next.state.checkpoint);
  for (const effect of next.effects) carryOut(effect);
}

/** How things stand. @returns {import('./resume-plan.js').Facts} */
function facts() {
  const { dataset } = state;
  return {
    running: running(), starting: state.starting, predicting: state.predicting !== null, sampling: state.sampling, reading: state.reading !== null, engineReady: state.engine === 'ready',
    device: state.device?.kind ?? null, deviceChoice: state.deviceChoice,
    data: dataset && { fingerprint: dataset.fingerprint, fingerprintBefore: dataset.fingerprint_before, fromFiles: dataset.source === 'files', pairs: dataset.pairs.length, get usable() { return usablePairs().length; } },
    bands: state.bands?.shown ?? null, files: kept.train.length, error: state.error !== null, told: told(), nowMs: performance.now(), unixMs: Date.now(),
  };
}

/** @param {ResumeEffect} effect */
function carryOut(effect) {
  switch (effect.kind) {
    case 'post': post(effect.message); break;
    case 'send': send(effect.command); break;
    case 'error': state.error = effect.error; break;
    case 'say': say(effect.line); break;
    case 'go': go(effect.place); break;
    case 'starting': state.starting = effect.on; break;
    case 'show_settings': showSettings(effect.config); break;
    case 'name_run': nameRun(); break;
    case 'pause': pauseOrResume(); break;
    case 'claim': post({ kind: 'claim', blob: effect.blob, id: effect.id, told: told() }); break;
    case 'keep_data': post({ kind: 'keep_data', fingerprint: effect.fingerprint, entries: kept.train }); break;
    case 'ask_persistence': void keepFromEviction(); break;
    case 'sample_scenes': sampleScenes(effect.seed); break;
    case 'set_bands': setBands(effect.bands); break;
    case 'reload': reload(); break;
    case 'prepare_data': prepareData(effect.data); break;
    case 'take_data':
      // Other images here would be mixed with these.
      if (state.dataset) clear('train');
      prepareData(effect.data);
      sendFiles(effect.entries, 'train');
      holdData(effect.data.fingerprint);
      break;
    case 'bring_up_device':
      state.faults = state.faults.filter((fault) => fault.stage !== 'device');
      send({ type: 'init', device: state.deviceChoice });
      break;
    case 'bring_up_device_later': setTimeout(() => dispatch({ type: 'device_due' }), DEVICE_EVERY_MS); break;
    case 'save_file': saveRun(effect.blob, effect.saved, effect.name); break;
  }
}

/** What a run's files were told of, for those that come. @param {import('../../core/types.js').SavedRun['data']} data */
function prepareData(data) {
  nextBands(data.bands ?? []);
  tellFolders(data.folders ?? []);
  pairByHand(data.by_hand ?? []);
}

/** @param {ResumeEvent} event */
function act(event) {
  dispatch(event);
  changed();
}

/** From now on this run is what is kept on disk, at once. */
export const keepHere = () => dispatch({ type: 'keep_here' });

/** Goes on with the offer: at once where its data are here, else after them. */
export const resume = () => act({ type: 'resume' });

/** Throws the offer away: what is on disk for a day, then for good. */
export const discard = () => act({ type: 'discard' });

/** Puts the offer off; nothing is lost. */
export const later = () => act({ type: 'later' });

/** Shows what was put off. */
export const offerAgain = () => act({ type: 'again' });

/** @param {Offer} offer @param {'stop' | 'end'} [view] shows it without going on with it */
export const begin = (offer, view) => act({ type: 'begin', offer, view });

/** Whether a run can be opened or go on now. */
export const canOpen = () => !running() && !state.starting && !state.predicting && !state.reading && !state.sampling && state.engine === 'ready' && state.device !== null;

/** Whether people were asked for the images of the run that is to go on. */
export const isAsked = () => plans.isAsked(resumption);

/** True while a run is about to go on, without anybody being asked for anything. */
export const goingOn = () => resumption.plan !== null && resumption.plan.asked === null;
