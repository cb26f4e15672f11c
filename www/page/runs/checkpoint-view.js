// @ts-check
/**
 * What is saved, in one line; the offer to go on with a saved run; a notification at the end for those who looked away.
 */
import { $, setText, show } from '../../ui/dom.js';
import { bytes, count, metric, plural } from '../../ui/format.js';
import { onEvent } from '../../core/reduce.js';
import { saveReport } from './report.js';
import { discard, goingOn, isAsked, keepHere, later, offerAgain, resume } from './resume.js';
import { isDone } from './runs.js';
import { when } from './runs-strings.js';
import { isDataHere, onPaint, running, state } from '../../core/store.js';
import { endLine, progressWords } from '../../ui/strings.js';
import { takeRun } from './export-run.js';

export function initCheckpointView() {
  $('offer-resume').addEventListener('click', resume);
  $('offer-later').addEventListener('click', later);
  $('offer-again').addEventListener('click', () => {
    offerAgain();
    requestAnimationFrame(() => $('offer-resume').focus());
  });
  $('offer-discard').addEventListener('click', () => {
    const focused = document.activeElement === $('offer-discard');
    discard();
    // To what takes its place, once that is painted.
    if (focused) requestAnimationFrame(() => requestAnimationFrame(() => !$('undo').hidden && $('undo-restore').focus()));
  });
  $('keep-here').addEventListener('click', keepHere);
  $('take-run').addEventListener('click', takeRun);
  $('save-report').addEventListener('click', saveReport);
  initNotify();
  onPaint(paint);
}

function paint() {
  paintOffer();
  const { run, checkpoint } = state;
  const { last } = checkpoint;
  show($('take-run'), running() || checkpoint.offer !== null);
  show($('notify-choice'), running() && 'Notification' in globalThis && Notification.permission !== 'denied');
  if (!run) return;
  const at = last ? `step ${count(last.saved.step)}, ${when(last.saved.saved_at_ms)}` : '';
  const held = checkpoint.other && checkpoint.storage === 'disk' ? progressWords(checkpoint.other.saved) : '';
  show($('keep-here'), held !== '' && last?.where === 'page');
  const files = checkpoint.dataKept === null ? ', with its images' : '';
  setText($('keep-line'), last?.where === 'disk' ? `Saved in this browser at ${at} (${bytes(last.saved.bytes)}${files}).`
    : last ? `Held by this page at ${at}${checkpoint.storage === 'other_tab' ? '; another tab has the storage' : held ? `; another run (${held}) is kept in this browser` : ''}. Closing this page loses the run.`
      : checkpoint.storage === 'other_tab' ? 'Another tab of this page has the storage: this run is held by this page alone.'
        : checkpoint.storage === 'none' ? 'No storage is to be had: this run is held by this page alone.' : run.end ? '' : 'Saved every few seconds, so that it can go on after whatever happens.');
}

function paintOffer() {
  const { offer, storage, other } = state.checkpoint;
  const otherTab = storage === 'other_tab' && !running() && offer === null;
  // A run that ended on this page goes on from its own panel; a banner would push what is under the finger elsewhere.
  const inUse = offer !== null && offer.where !== 'file' && state.run !== null && offer.id === state.checkpoint.own;
  const shown = offer !== null && !inUse && !state.checkpoint.later && !running() && !state.starting && !goingOn() && state.engine !== 'failed';
  show($('offer'), shown || otherTab);
  show($('offer-again'), state.checkpoint.later && offer !== null && !inUse && !running());
  show($('offer-resume'), shown && !isAsked());
  show($('offer-later'), shown);
  show($('offer-discard'), shown);
  if (otherTab) {
    setText($('offer-sentence'), 'Groundmask is open in another tab.');
    setText($('offer-next'), 'That one saves its runs; a run started here is held by this page alone until the other is closed.');
  }
  if (!offer || !shown) return;
  const { saved } = offer;
  const done = isDone(saved);
  const iou = saved.best_iou == null ? '' : `, IoU ${metric(saved.best_iou)}`;
  const place = offer.where === 'file' ? `${offer.name}: a run` : 'A run';
  setText($('offer-sentence'), `${place} saved at ${when(saved.saved_at_ms)}, ${progressWords(saved)}${iou}.`);
  const here = isDataHere(saved.data.fingerprint);
  const data = `${plural(saved.data.pairs, 'pair')} (${saved.data.names.join(', ')}${saved.data.pairs > saved.data.names.length ? ', …' : ''})`;
  setText($('offer-next'), here ? `Its data are here. ${warning(offer, other)}` : saved.data.source === 'sample_scenes' ? `It was trained on the sample scenes. ${warning(offer, other)}`
    : offer.data ? `Its ${data} are kept with it. ${warning(offer, other)}` : `It needs the same ${data}: drop them again. ${warning(offer, other)}`);
  setText($('offer-resume'), done ? 'Get its model back' : `Resume from step ${count(saved.step)}`);
  setText($('offer-discard'), offer.where === 'disk' ? 'Discard it' : 'Dismiss');
  /** @type {HTMLButtonElement} */ ($('offer-resume')).disabled = state.engine !== 'ready' || state.reading !== null || state.sampling || state.predicting !== null || !state.device;
}

/** What becomes of it and of others. @param {import('../../core/store.js').Offer} offer @param {import('../../core/store.js').Offer | null} other */
function warning(offer, other) {
  if (offer.where === 'disk') return 'Starting another run leaves it in the list of runs.';
  if (offer.where === 'page') return 'Starting another run leaves it with this page; closing the page loses it.';
  const { last } = state.checkpoint;
  const held = last?.where === 'page' ? `The run held by this page (${progressWords(last.saved)}) stays in the list of runs. ` : '';
  return `${held}${other ? `The run kept in this browser (${progressWords(other.saved)}) stays in the list of runs.` : ''}`;
}

function initNotify() {
  const box = /** @type {HTMLInputElement} */ ($('notify'));
  box.addEventListener('change', async () => {
    if (box.checked && Notification.permission === 'default') await Notification.requestPermission().catch(() => {});
    if (Notification.permission !== 'granted') box.checked = false;
  });
  onEvent((event) => {
    if (event.type !== 'run_ended' || !box.checked || document.visibilityState === 'visible') return;
    try {
      const notice = new Notification('Groundmask', { body: endLine(event, state.run?.continued), tag: 'groundmask-run' });
      notice.addEventListener('click', () => {
        focus();
        notice.close();
      });
    } catch { /* Some browsers allow them only from a service worker; the title still says it. */ }
  });
}
