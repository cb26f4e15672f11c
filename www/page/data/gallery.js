// @ts-check
/**
 * The gallery of pairs: a card each, with its mask, what is said of it, and whether it takes part or is held back.
 */
import { isWarning, noteLine } from './data-strings.js';
import { $, h, inSlices, setText, show } from '../../ui/dom.js';
import { count, percent, plural, size } from '../../ui/format.js';
import { hatch, heldBackKey } from './held-back.js';
import { paintLayers } from '../../ui/paint-classes.js';
import { markParts } from '../../ui/paint-parts.js';
import { pairByHand } from '../../core/data-files.js';
import { send } from '../../core/engine.js';
import { isNamed } from '../../core/pair-name.js';
import { change, current } from '../train/settings.js';
import { changed, running, state, usablePairs } from '../../core/store.js';
import { faultWords } from '../../ui/strings.js';
import { openLabels } from '../label/editor.js';
import { openPairs } from '../viewer/viewer.js';

/**
 * @typedef {import('../../core/types.js').Pair} Pair
 * @typedef {import('../../core/types.js').Fault} Fault
 * @typedef {{ li: HTMLLIElement, canvas: HTMLCanvasElement, name: HTMLElement, facts: HTMLElement, notes: HTMLElement, use: HTMLInputElement, hold: HTMLInputElement, holdLabel: HTMLElement, pair: Pair | null, drawn: string }} Card
 */

/** Cards shown at first and added by "Show more". */
const PAGE = 60;

let shown = PAGE;
let onlyFlagged = false;
/** @type {Card[]} */
const cards = [];

const picksValidation = () => /** @type {HTMLInputElement} */ ($('pick-validation'));

/** @param {() => void} repaint */
export function initGallery(repaint) {
  $('gallery-more').addEventListener('click', () => {
    shown += PAGE * 2;
    repaint();
  });
  $('only-flagged').addEventListener('change', (event) => {
    onlyFlagged = /** @type {HTMLInputElement} */ (event.target).checked;
    shown = PAGE;
    repaint();
  });
  $('pick-validation').addEventListener('change', changed);
  $('label-open').addEventListener('click', () => openLabels());
  $('pick-none').addEventListener('click', () => {
    change({ val_names: [] });
    $('pick-validation').focus();
  });
}

/** What its cards depend on beside the data set. */
export const galleryKey = () => `${picksValidation().checked} ${current()?.val_names} ${heldBackKey(state.config?.held_back?.pair ?? null)}`;

/** No data are there any more. */
export function emptyGallery() {
  shown = PAGE;
  onlyFlagged = false;
  /** @type {HTMLInputElement} */ ($('only-flagged')).checked = false;
  cards.splice(0);
  $('gallery').replaceChildren();
}

/** Paints the cards of all pairs, as far as they are shown. */
export function paintGallery() {
  const all = state.dataset?.pairs ?? [];
  const names = current()?.val_names ?? [];
  const chosen = new Set(all.filter((pair) => names.some((name) => isNamed(pair.image_path, name))).map(({ image_path }) => image_path));
  const wanted = all.filter((pair) => !onlyFlagged || pair.blocked || pair.excluded || pair.notes.some(isWarning));
  const pairs = wanted.slice(0, shown);
  const gallery = $('gallery');
  while (cards.length > pairs.length) cards.pop()?.li.remove();
  while (cards.length < pairs.length) {
    const card = newCard();
    cards.push(card);
    gallery.append(card.li);
  }
  show($('gallery-card'), all.length > 0);
  setText($('gallery-title'), plural(all.length, 'pair'));
  show($('gallery-more'), wanted.length > shown);
  setText($('gallery-more'), `Show more (${count(wanted.length - shown)} left)`);
  const picking = picksValidation().checked;
  show($('picked'), picking);
  show($('pick-none'), names.length > 0);
  const usable = new Set(usablePairs().map(({ image_path }) => image_path));
  const lost = names.filter((name) => !all.some((pair) => usable.has(pair.image_path) && isNamed(pair.image_path, name))).length;
  if (picking) setText($('picked-line'), lost ? `${plural(lost, 'name')} of images for validation ${lost === 1 ? 'is' : 'are'} of none in use here.` : chosen.size ? `${plural(chosen.size, 'image')} held back for validation.` : 'None chosen: the share under Train decides, by chance or by place.');
  inSlices('gallery', pairs.entries(), ([index, pair]) => fillCard(cards[index], pair, picking, chosen));
}

/** @returns {Card} */
function newCard() {
  const canvas = h('canvas', {});
  const name = h('span', { class: 'name' });
  const facts = h('span', { class: 'small tabular' });
  const notes = h('ul', { class: 'notes' });
  const use = h('input', { type: 'checkbox' });
  const hold = h('input', { type: 'checkbox' });
  const holdLabel = h('label', { class: 'choice hold', hidden: true }, hold, h('span', {}, 'Hold back'));
  const li = h('li', { class: 'pair' },
    h('button', { type: 'button', class: 'picture', onclick: () => card.pair && openPairs(card.pair.index) }, canvas),
    h('label', { class: 'choice use', title: 'Use this pair' }, use, name), facts, holdLabel, notes);
  /** @type {Card} */
  const card = { li, canvas, name, facts, notes, use, hold, holdLabel, pair: null, drawn: '' };
  use.addEventListener('change', () => {
    if (!card.pair) return;
    if (use.checked) send({ type: 'set_excluded', pairs: [card.pair.index], excluded: false });
    else leaveOut([card.pair.index]);
  });
  hold.addEventListener('change', () => card.pair && holdBack(card.pair, hold.checked));
  return card;
}

/** Those that are left out cannot be validated on. @param {readonly number[]} indices */
export function leaveOut(indices) {
  const pairs = state.dataset?.pairs.filter(({ index }) => indices.includes(index)) ?? [];
  const names = current()?.val_names ?? [];
  const left = names.filter((name) => !pairs.some((pair) => isNamed(pair.image_path, name)));
  if (left.length < names.length) change({ val_names: left });
  send({ type: 'set_excluded', pairs: [...indices], excluded: true });
}

/** Chooses an image for validation, or no longer. @param {Pair} pair @param {boolean} on */
function holdBack(pair, on) {
  const others = (current()?.val_names ?? []).filter((name) => !isNamed(pair.image_path, name));
  change({ val_names: on ? [...others, pair.image_path] : others });
}

/** @param {Card} card @param {Pair} pair @param {boolean} picking @param {Set<string>} chosen */
function fillCard(card, pair, picking, chosen) {
  const drawn = `${state.view.overlay} ${state.view.opacity} ${heldBackKey(pair.index)}`;
  const held = running() || state.predicting !== null;
  card.use.disabled = held || Boolean(pair.blocked);
  show(card.holdLabel, picking && !pair.blocked && !pair.excluded);
  card.hold.checked = chosen.has(pair.image_path);
  card.hold.setAttribute('aria-label', `Hold ${pair.name} back for validation`);
  if (card.pair === pair && card.drawn === drawn) return;
  card.pair = pair;
  card.drawn = drawn;
  setText(card.name, pair.name);
  card.name.title = `${pair.image_path} + ${pair.mask_path}`;
  setText(card.facts, pair.blocked ? size(pair.width, pair.height) : `${size(pair.width, pair.height)} · ${bands(pair)} · ${state.dataset?.classes.length ? 'labelled' : 'mask'} ${percent(pair.foreground_share)}`);
  card.use.checked = !pair.excluded && !pair.blocked;
  card.use.setAttribute('aria-label', `Use ${pair.name}`);
  card.li.classList.toggle('excluded', pair.excluded);
  card.li.classList.toggle('blocked', Boolean(pair.blocked));
  const warn = pair.notes.some(isWarning);
  card.li.classList.toggle('flagged', warn);
  card.canvas.parentElement?.setAttribute('aria-label', `Open ${pair.name}`);
  const layers = { width: pair.thumb_width, height: pair.thumb_height, rgba: pair.thumb_rgba, mask: pair.thumb_mask };
  if (layers.rgba.length) {
    paintLayers(card.canvas, layers, { classes: state.dataset?.classes ?? [], at: 128, opacity: state.view.opacity, layer: state.view.overlay && !pair.blocked ? 'overlay' : 'image' });
    hatch(card.canvas, pair.index);
    markParts(card.canvas, pair.left_out, []);
  }
  const lines = pair.notes.map((note) => h('li', { class: isWarning(note) ? 'warn' : '' }, noteLine(note, pairName)));
  if (pair.blocked) lines.unshift(h('li', { class: 'bad' }, blockedLine(pair.blocked)));
  if (isByHand(pair)) lines.push(h('li', {}, 'Paired by hand. ', h('button', { type: 'button', class: 'quiet apart', disabled: held, 'aria-label': `Take apart ${pair.name}`, onclick: () => takeApart(pair) }, 'Take apart')));
  card.notes.replaceChildren(...lines);
}

/** @param {Pair} pair */
const isByHand = ({ image_path, mask_path }) => state.dataset?.by_hand.some(([image, mask]) => image === image_path && mask === mask_path) ?? false;

/** @param {Pair} pair */
function takeApart({ image_path }) {
  pairByHand((state.dataset?.by_hand ?? []).filter(([image]) => image !== image_path));
  // The button goes with the pair.
  $('gallery-title').focus({ preventScroll: true });
}

/** @param {Pair} pair */
const bands = (pair) => `${pair.bands === 1 ? 'grey' : pair.bands === 3 ? 'RGB' : pair.bands === 4 ? 'RGBA' : `${pair.bands} bands`}${pair.bits > 8 ? ` ${pair.bits} bit` : ''}`;

/** @param {number} index */
export const pairName = (index) => state.dataset?.pairs[index]?.name ?? `pair ${index + 1}`;

/** @param {Fault} fault */
function blockedLine(fault) {
  const { file, sentence, next } = faultWords(fault);
  return `${file ? 'This pair ' : ''}${sentence}. ${next}`;
}
