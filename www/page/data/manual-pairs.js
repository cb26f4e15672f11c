// @ts-check
/**
 * Pairing by hand: what names left over on both sides is paired by choosing or dragging, or all of it in order.
 */
import { $, h, inSlices, setText, show } from '../../ui/dom.js';
import { baseName, count, plural, size } from '../../ui/format.js';
import { focusHeading } from '../header.js';
import { apartLine, handLine, orderLine, sizeWords } from './unpaired-strings.js';
import { paintThumb } from './unpaired.js';
import { say } from '../../core/reduce.js';
import { pairByHand } from '../../core/data-files.js';
import { changed, onPaint, running, state, unpaired } from '../../core/store.js';

/** @typedef {import('../../core/types.js').Unpaired} Unpaired */
/** @typedef {'image' | 'mask'} Side */

/** Files shown a side; the rest follows once these are paired. */
const MAX_SHOWN = 60;
/** A pointer that moves less has clicked, in pixels. */
const DRAG_PX = 6;

/** Paths that people put on the other side than names and colours do. @type {Set<string>} */
const moved = new Set();
/** @type {Record<Side, string | null>} */
const chosen = { image: null, mask: null };
let ordering = false;
let painted = '';
/** @type {unknown} */
let paintedData = null;
/** The side whose list gets the focus once it is made anew. @type {Side | null} */
let focusNext = null;

export function initManualPairs() {
  $('hand-pair').addEventListener('click', () => {
    if (chosen.image && chosen.mask) join(chosen.image, chosen.mask);
    else say('Choose an image and a mask first.');
  });
  $('hand-move').addEventListener('click', moveOver);
  $('hand-order').addEventListener('click', () => setOrdering(true));
  $('hand-cancel').addEventListener('click', () => setOrdering(false));
  $('hand-accept').addEventListener('click', acceptOrder);
  $('hand-apart').addEventListener('click', () => {
    focusNext = 'image';
    pairByHand([]);
    say('Pairs made by hand taken apart.');
  });
  for (const side of /** @type {Side[]} */ (['image', 'mask'])) {
    const list = $(`hand-${side}s`);
    list.addEventListener('click', (event) => choose(side, pathAt(event.target)));
    list.addEventListener('pointerdown', (event) => drag(side, /** @type {PointerEvent} */ (event)));
  }
  onPaint(paint);
}

/** Both sides as they are shown. @returns {Record<Side, Unpaired[]>} */
function sides() {
  const { images, masks } = unpaired();
  const all = [...images, ...masks];
  const isMask = (/** @type {Unpaired} */ file) => file.is_mask !== moved.has(file.path);
  // Each side comes in natural order; what was moved is put in its place.
  const order = new Map((state.dataset?.unpaired ?? []).map(({ path }, at) => [path, at]));
  all.sort((a, b) => (order.get(a.path) ?? 0) - (order.get(b.path) ?? 0));
  return { image: all.filter((file) => !isMask(file)), mask: all.filter(isMask) };
}

/** @param {EventTarget | null} target */
const pathAt = (target) => (target instanceof Element ? /** @type {HTMLElement | null} */ (target.closest('[data-path]'))?.dataset.path ?? null : null);
const held = () => running() || state.predicting !== null || state.reading !== null;

/** @param {Side} side @param {string | null} path */
function choose(side, path) {
  if (path === null || held()) return;
  chosen[side] = chosen[side] === path ? null : path;
  changed();
}

/** @param {string} image @param {string} mask */
function join(image, mask) {
  if (held()) return;
  const known = state.dataset?.by_hand ?? [];
  Object.assign(chosen, { image: null, mask: null });
  focusNext = 'image';
  pairByHand([...known, [image, mask]]);
  say(`${baseName(image)} and ${baseName(mask)} are a pair.`);
  changed();
}

/** Puts what is chosen on the other side. */
function moveOver() {
  const paths = [chosen.image, chosen.mask].filter((path) => path !== null);
  for (const path of paths) if (!moved.delete(path)) moved.add(path);
  Object.assign(chosen, { image: null, mask: null });
  if (!paths.length) say('Choose what is to be moved first.');
  changed();
}

/** @param {boolean} on */
function setOrdering(on) {
  ordering = on;
  paint();
  (on ? $('hand-order-title') : $('hand-order')).focus({ preventScroll: !on });
}

function acceptOrder() {
  if (held()) return;
  const { image, mask } = sides();
  const made = image.map(({ path }, i) => /** @type {[string, string]} */ ([path, mask[i]?.path ?? '']));
  ordering = false;
  focusNext = 'image';
  pairByHand([...(state.dataset?.by_hand ?? []), ...made.filter(([, path]) => path)]);
  say(`${plural(made.length, 'pair')} made.`);
  changed();
}

/**
 * Drags a file onto one of the other side. Fingers scroll instead: they choose by a tap.
 * @param {Side} side
 * @param {PointerEvent} start
 */
function drag(side, start) {
  const from = pathAt(start.target);
  if (from === null || start.pointerType === 'touch' || start.button !== 0 || held()) return;
  const other = $(side === 'image' ? 'hand-masks' : 'hand-images');
  const item = /** @type {HTMLElement} */ (/** @type {Element} */ (start.target).closest('li'));
  let dragging = false;
  /** @type {Element | null} */
  let over = null;
  const move = (/** @type {PointerEvent} */ event) => {
    dragging ||= Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > DRAG_PX;
    if (!dragging) return;
    item.classList.add('dragged');
    const below = document.elementFromPoint(event.clientX, event.clientY)?.closest('li') ?? null;
    over?.classList.remove('target');
    over = below && other.contains(below) ? below : null;
    over?.classList.add('target');
  };
  const end = (/** @type {PointerEvent} */ event) => {
    removeEventListener('pointermove', move);
    removeEventListener('pointerup', end);
    removeEventListener('pointercancel', end);
    item.classList.remove('dragged');
    over?.classList.remove('target');
    const to = event.type === 'pointerup' && over ? pathAt(over.firstElementChild) : null;
    if (to === null) return;
    join(side === 'image' ? from : to, side === 'image' ? to : from);
  };
  addEventListener('pointermove', move);
  addEventListener('pointerup', end);
  addEventListener('pointercancel', end);
}

function paint() {
  if (state.place !== 'data') return;
  const by = state.dataset?.by_hand ?? [];
  const shown = `${held()} ${ordering} ${chosen.image} ${chosen.mask} ${[...moved]} ${by.length}`;
  if (shown === painted && state.dataset === paintedData) return;
  const fresh = state.dataset !== paintedData;
  painted = shown;
  paintedData = state.dataset;
  if (!state.dataset) moved.clear();
  const { image, mask } = sides();
  const found = unpaired();
  const both = found.images.length > 0 && found.masks.length > 0;
  const card = $('hand-card');
  const focused = card.contains(document.activeElement) || focusNext !== null;
  show(card, both || by.length > 0);
  if (!both) ordering = false;
  const n = Math.min(image.length, mask.length);
  const inOrder = n > 1 && image.length === mask.length;
  if (!inOrder) ordering = false;
  for (const [side, files] of /** @type {[Side, Unpaired[]][]} */ ([['image', image], ['mask', mask]])) {
    if (chosen[side] !== null && !files.some(({ path }) => path === chosen[side])) chosen[side] = null;
  }
  setText($('hand-line'), both ? handLine(image.length, mask.length) : apartLine(by.length, pairsHere(by)));
  show($('hand-apart'), by.length > 0);
  show($('hand-choose'), both && !ordering);
  show($('hand-preview'), both && ordering);
  for (const id of ['hand-apart', 'hand-accept', 'hand-move', 'hand-order']) /** @type {HTMLButtonElement} */ ($(id)).disabled = held();
  if (both && ordering) paintOrder(image, mask);
  else if (both) paintLists(image, mask, inOrder);
  if (!focused || !fresh) return;
  const next = focusNext && both ? /** @type {HTMLElement | null} */ ($(`hand-${focusNext}s`).querySelector('button')) : null;
  focusNext = null;
  if (next) next.focus({ preventScroll: true });
  else if (card.hidden) focusHeading();
  else if (!card.contains(document.activeElement)) $('hand-title').focus({ preventScroll: true });
}

/** How many pairs by hand are in the data set. @param {readonly (readonly [string, string])[]} by */
function pairsHere(by) {
  const images = new Set(state.dataset?.pairs.map(({ image_path }) => image_path));
  return by.filter(([image]) => images.has(image)).length;
}

/** @param {Unpaired[]} image @param {Unpaired[]} mask @param {boolean} inOrder */
function paintLists(image, mask, inOrder) {
  const focusedPath = pathAt(document.activeElement);
  /** @type {[HTMLCanvasElement, Unpaired][]} */
  const pictures = [];
  for (const [side, files] of /** @type {[Side, Unpaired[]][]} */ ([['image', image], ['mask', mask]])) {
    const list = $(`hand-${side}s`);
    setText($(`hand-${side}s-title`), side === 'image' ? plural(files.length, 'image') : plural(files.length, 'mask'));
    const items = files.slice(0, MAX_SHOWN).map((file) => item(file, chosen[side] === file.path, pictures));
    if (files.length > MAX_SHOWN) items.push(h('li', { class: 'small' }, `and ${count(files.length - MAX_SHOWN)} more`));
    list.replaceChildren(...items);
  }
  if (focusedPath !== null) /** @type {HTMLElement | undefined} */ ([...$('hand-choose').querySelectorAll('[data-path]')].find((one) => /** @type {HTMLElement} */ (one).dataset.path === focusedPath))?.focus({ preventScroll: true });
  const [a, b] = [image.find(({ path }) => path === chosen.image), mask.find(({ path }) => path === chosen.mask)];
  const ready = a !== undefined && b !== undefined && !held();
  $('hand-pair').setAttribute('aria-disabled', String(!ready));
  setText($('hand-pair'), 'Pair these two');
  setText($('hand-chosen'), a && b ? sizeWords(a, b) || `${baseName(a.path)} with ${baseName(b.path)}` : '');
  $('hand-chosen').classList.toggle('warn', Boolean(a && b && sizeWords(a, b)));
  show($('hand-order'), inOrder);
  setText($('hand-order'), `All ${count(image.length)} in this order?`);
  inSlices('pair-hand', pictures, ([canvas, file]) => paintThumb(canvas, file));
}

/** @param {Unpaired} file @param {boolean} on @param {[HTMLCanvasElement, Unpaired][]} pictures */
function item(file, on, pictures) {
  const canvas = h('canvas', {});
  pictures.push([canvas, file]);
  return h('li', {}, h('button', { type: 'button', 'aria-pressed': String(on), title: file.path, data: { path: file.path } },
    canvas, h('span', { class: 'words' }, h('bdi', { class: 'name' }, baseName(file.path)), h('span', { class: 'small tabular' }, size(file.width, file.height)))));
}

/** @param {Unpaired[]} image @param {Unpaired[]} mask */
function paintOrder(image, mask) {
  /** @type {[HTMLCanvasElement, Unpaired][]} */
  const pictures = [];
  const unfit = image.filter((file, i) => mask[i] && sizeWords(file, mask[i])).length;
  setText($('hand-order-title'), `${plural(image.length, 'pair')} in this order?`);
  setText($('hand-order-line'), orderLine(image.length, unfit));
  setText($('hand-accept'), `Pair these ${count(image.length)}`);
  const rows = image.slice(0, MAX_SHOWN).map((file, i) => {
    const other = mask[i];
    const against = other ? sizeWords(file, other) : '';
    const picture = (/** @type {Unpaired} */ one) => {
      const canvas = h('canvas', {});
      pictures.push([canvas, one]);
      return canvas;
    };
    return h('li', {}, picture(file), other ? picture(other) : null, h('p', {},
      h('bdi', { class: 'name', title: file.path }, baseName(file.path)), h('bdi', { class: 'name', title: other?.path }, other ? baseName(other.path) : ''), against ? h('span', { class: 'small warn' }, `${against}.`) : null));
  });
  if (image.length > MAX_SHOWN) rows.push(h('li', { class: 'small' }, `and ${count(image.length - MAX_SHOWN)} more`));
  $('hand-order-list').replaceChildren(...rows);
  inSlices('pair-order', pictures, ([canvas, file]) => paintThumb(canvas, file));
}
