// @ts-check
/**
 * After a run: its figure in words, and what to try next, each with a button where one helps.
 */
import { advice, grade, kindOf } from './advice.js';
import { actionWords, doneWords, gradeLine, hintLine } from './advice-strings.js';
import { $, h, setText, show } from '../../ui/dom.js';
import { go } from '../header.js';
import { className } from './model-name.js';
import { say } from '../../core/reduce.js';
import { change, startWith } from './settings.js';
import { bestOf, changed, onPaint, running, state, toldValidation } from '../../core/store.js';

/** @typedef {import('./advice.js').Hint} Hint */

/** Ends after which there is a model to speak of. */
const SOUND = ['finished', 'stopped', 'early_stopped'];
/** What was painted. */
let painted = '';

export function initAdvice() {
  onPaint(paint);
}

/** The run as `advice` takes it; null while there is nothing to say. @returns {import('./advice.js').RunFacts | null} */
function facts() {
  const { run, model } = state;
  const end = run?.end;
  if (!run || !end || !SOUND.includes(end.reason) || !run.validations.length) return null;
  const held = run.validationPairs.length > 0;
  const usable = run.dataset?.pairs.filter((pair) => !pair.excluded && !pair.blocked) ?? [];
  const trained = usable.filter(({ index }) => !run.validationPairs.includes(index));
  const trainPixels = trained.reduce((sum, pair) => sum + pair.width * pair.height, 0);
  const foreground = trained.reduce((sum, pair) => sum + pair.width * pair.height * pair.foreground_share, 0);
  const best = bestOf(run);
  const told = toldValidation();
  return {
    reason: end.reason,
    steps: end.steps,
    bestStep: best?.step ?? end.best_step,
    validations: run.validations.map(({ step, validation, training }) => ({ step, iou: (held ? validation?.iou : training.iou) ?? null, trainIou: training.iou ?? null })),
    heldBack: held,
    curve: (told?.curve ?? []).map(({ threshold, precision, recall }) => ({ threshold, precision: precision ?? null, recall: recall ?? null })),
    threshold: state.view.threshold,
    foregroundShare: trainPixels > 0 ? foreground / trainPixels : 0,
    trainPixels,
    pairs: usable.length,
    augmentation: run.config.augmentation,
    classes: run.classes.length,
    pixelM: isOfRun() ? model?.pixel_m ?? null : null,
  };
}

/** Whether the model in memory is the run's. */
const isOfRun = () => state.model !== null && state.model.name === `run ${state.run?.run_id}`;

function paint() {
  if (state.place !== 'train') return;
  const { run } = state;
  const known = running() || run?.end?.retry ? null : facts();
  const hints = known ? advice(known) : [];
  show($('next-card'), hints.length > 0);
  if (!run || !known || !hints.length) return;
  const kept = known.validations.findLast(({ step }) => step === known.bestStep);
  const iou = kept?.iou ?? null;
  const kind = kindOf(run.config.class_name || state.model?.about?.class_name || className(), known.classes);
  const word = grade(iou, kind, known.pixelM);
  setText($('next-grade'), word && iou !== null ? gradeLine({ grade: word, iou, kind, pixelM: known.pixelM, heldBack: known.heldBack, part: run.heldBackPart }) : '');
  // Without the model of this run there is nothing to go on from.
  const list = hints.map((hint) => (hint.action === 'longer' && !isOfRun() ? { ...hint, action: null } : hint));
  const key = JSON.stringify([run.run_id, list]);
  if (key === painted) return;
  painted = key;
  const focused = $('next-list').contains(document.activeElement);
  $('next-list').replaceChildren(...list.map((hint) => h('li', { 'data-code': hint.code }, h('p', {}, hintLine(hint)), hint.action && h('button', { type: 'button', onclick: () => act(hint) }, actionWords(hint)))));
  // A hint that was followed is gone; who followed it stays with the others.
  if (focused) $('next-title').focus({ preventScroll: true });
}

/** @param {Hint} hint */
function act(hint) {
  const { run } = state;
  if (!run) return;
  switch (hint.action) {
    case 'longer':
      startWith({ ...run.config }, true);
      return;
    case 'threshold':
      if (hint.other !== undefined) state.view.threshold = hint.other;
      break;
    case 'data':
      go('data');
      return;
    case 'augment': change({ augmentation: 'strong' }); break;
    case 'weigh': change({ loss: 'bce_dice', foreground_weight: 'auto' }); break;
    case 'hold_back': change({ val_share: 0.2 }); break;
    default: return;
  }
  if (hint.action !== 'threshold') {
    $(hint.action === 'hold_back' ? 'set-val_share' : 'start').focus();
    say(doneWords(hint));
  }
  changed();
}
