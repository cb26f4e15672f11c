// @ts-check
/**
 * The Data place: landing, facts of the data set, what was left out; its gallery and mask rule have files of their own.
 */
import { $, h, setText, show } from '../../ui/dom.js';
import { faultItem } from '../fault-list.js';
import { pick } from '../files.js';
import { bytes, count, percent, plural, size } from '../../ui/format.js';
import { emptyGallery, galleryKey, initGallery, paintGallery } from './gallery.js';
import { go } from '../header.js';
import { info } from '../../ui/help.js';
import { initMaskRule, paintMaskRule } from './mask-rule.js';
import { clear, sampleScenes } from '../../core/data-files.js';
import { isUsedInPart } from '../../ui/strings.js';
import { hasData, onPaint, running, state, unpaired, usablePairs } from '../../core/store.js';

/** Seed of the sample scenes, fixed so that everybody talks about the same ones. */
export const SAMPLE_SEED = 1;

let allFaults = false;
/** @type {import('../../core/types.js').Dataset | null} */
let painted = null;
let paintedView = '';

export function initData() {
  $('sample').addEventListener('click', () => sampleScenes(SAMPLE_SEED));
  $('choose-files').addEventListener('click', () => pick('pick-files', 'train'));
  $('choose-folder').addEventListener('click', () => pick('pick-folder', 'train'));
  $('add-files').addEventListener('click', () => pick('pick-files', 'train'));
  $('add-folder').addEventListener('click', () => pick('pick-folder', 'train'));
  $('clear-train').addEventListener('click', () => {
    clear('train');
    $('main').focus();
  });
  $('to-train').addEventListener('click', () => go('train'));
  $('data-faults-more').addEventListener('click', () => {
    allFaults = true;
    painted = null;
    paint();
  });
  initGallery(() => {
    painted = null;
    paint();
  });
  initMaskRule();
  onPaint(paint);
}

/** The landing was in view when it was painted last. */
let wasEmpty = true;

/** Whoever dropped files, or chose them, goes on with the keyboard where they are shown. */
function followDrop() {
  if (!wasEmpty || state.reading) return;
  wasEmpty = false;
  const focused = document.activeElement;
  const lost = !focused || focused === document.body || focused.id === 'main' || focused.closest('[hidden]') !== null || focused === $('landing-title');
  if (state.place !== 'data' || !lost || document.querySelector('dialog[open]')) return;
  const on = /** @type {HTMLButtonElement} */ ($('to-train'));
  if (on.disabled) /** @type {HTMLElement | null} */ ($('data-loaded').querySelector('h1'))?.focus({ preventScroll: true });
  else on.focus({ preventScroll: true });
}

function paint() {
  const loaded = hasData() || state.faults.some((fault) => fault.purpose === 'train');
  show($('landing'), !loaded);
  show($('data-loaded'), loaded);
  if (!loaded) paintEngineLine();
  const held = running() || state.predicting !== null;
  show($('data-held'), held);
  for (const id of ['clear-train', 'add-files', 'add-folder']) /** @type {HTMLButtonElement} */ ($(id)).disabled = held;
  /** @type {HTMLFieldSetElement} */ ($('rule-choices')).disabled = held;
  const view = `${state.view.overlay} ${state.view.opacity} ${state.faults.length} ${held} ${galleryKey()} ${state.bands !== null}`;
  if (state.dataset === painted && view === paintedView) {
    if (loaded) followDrop();
    return;
  }
  painted = state.dataset;
  paintedView = view;
  if (!loaded) {
    wasEmpty = true;
    allFaults = false;
    emptyGallery();
    return;
  }
  paintFacts();
  paintMaskRule();
  paintFaults();
  paintGallery();
  followDrop();
}

function paintEngineLine() {
  const bar = /** @type {HTMLProgressElement} */ ($('engine-bar'));
  const { loaded, total } = state.loading;
  const waiting = state.sampling || state.engine === 'loading' || (state.engine === 'ready' && !state.device && !state.faults.length);
  bar.hidden = !waiting;
  if (total && state.engine === 'loading') bar.value = loaded / total;
  else bar.removeAttribute('value');
  setText($('engine-text'), state.engine === 'failed' ? 'The engine is not here yet' : state.engine === 'loading'
    ? `Getting the engine${loaded ? `: ${bytes(loaded)}${total ? ` of ${bytes(total)}` : ''}` : ''}. ${state.sampling ? 'The sample scenes follow.' : 'You can drop files already.'}`
    : state.sampling ? 'Making the sample scenes' : waiting ? 'Testing the device. You can drop files already.' : '');
  /** @type {HTMLButtonElement} */ ($('sample')).disabled = state.sampling;
}

function paintFacts() {
  const { dataset } = state;
  const pairs = usablePairs();
  const facts = $('data-facts');
  const all = dataset?.pairs ?? [];
  const sizes = new Set(pairs.map((pair) => size(pair.width, pair.height)));
  const { images, masks } = unpaired();
  /** @type {[string, string, (HTMLElement | null)?][]} */
  const rows = [['In memory', bytes(dataset?.memory_bytes ?? 0)]];
  if (all.length) {
    rows.unshift(
      ['Pairs in use', `${count(pairs.length)}${pairs.length < all.length ? ` of ${count(all.length)}` : ''}`],
      [dataset?.classes.length ? 'Labelled' : 'Foreground', percent(dataset?.foreground_share), dataset?.classes.length ? null : info('foreground')],
      ['Size', sizes.size === 1 ? [...sizes][0] : sizes.size ? `${sizes.size} sizes` : '–'],
    );
  } else {
    if (masks.length) rows.unshift(['Masks', count(masks.length)]);
    if (images.length) rows.unshift(['Pictures', count(images.length)]);
  }
  if (dataset?.source === 'sample_scenes') rows.unshift(['From', 'sample scenes']);
  facts.replaceChildren(...rows.map(([term, value, help]) => h('div', {}, h('dt', {}, term, help && ' ', help), h('dd', {}, value))));
  /** @type {HTMLButtonElement} */ ($('to-train')).disabled = pairs.length === 0;
  setText($('to-train'), pairs.length ? `Train on ${plural(pairs.length, 'pair')}` : 'No pair to train on');
}

function paintFaults() {
  const own = state.faults.filter((fault) => fault.purpose === 'train' || (fault.stage === 'model' && fault.file));
  // What is asked, and what lacks a partner, stands in a card of its own.
  const list = (state.dataset?.faults ?? []).filter(({ code }) => !['which_folder', 'no_mask', 'no_image'].includes(code));
  for (const fault of own) if (!list.some((other) => other.code === fault.code && other.file === fault.file)) list.push(fault);
  show($('data-faults-card'), list.length > 0);
  const inPart = list.filter(isUsedInPart).length;
  setText($('data-faults-title'), inPart === 0 ? 'Left out' : inPart === list.length ? 'Used in part' : 'Left out or used in part');
  setText($('data-faults-count'), plural(list.length, 'file'));
  const some = allFaults ? list : list.slice(0, 5);
  $('data-faults').replaceChildren(...some.slice(0, 500).map(faultItem));
  show($('data-faults-more'), list.length > some.length);
  setText($('data-faults-more'), `Show all ${count(list.length)}`);
}
