// @ts-check
/**
 * The Data place: landing, gallery of pairs with masks, mask rule, what was left out.
 */
import { isWarning, noteLine, outlineClassesLine, ruleLine, usesNumbers } from './data-strings.js';
import { $, h, inSlices, setText, show } from './dom.js';
import { pick } from './files.js';
import { bytes, count, hex, percent, plural, size, valueName } from './format.js';
import { go } from './header.js';
import { info } from './help.js';
import { hatch, heldBackKey } from './held-back.js';
import { canBeClasses, paintLegend, useClasses } from './legend.js';
import { chip, paintLayers } from './paint-classes.js';
import { isNamed } from './pair-name.js';
import { markParts } from './paint-parts.js';
import { clear, pairByHand, sampleScenes, send } from './session.js';
import { change, current } from './settings.js';
import { changed, hasData, onPaint, running, state, unpaired, usablePairs } from './store.js';
import { faultWords, joint } from './strings.js';
import { openPairs } from './viewer.js';

/**
 * @typedef {import('./types.js').Pair} Pair
 * @typedef {import('./types.js').Fault} Fault
 * @typedef {import('./types.js').MaskRule} MaskRule
 * @typedef {{ li: HTMLLIElement, canvas: HTMLCanvasElement, name: HTMLElement, facts: HTMLElement, notes: HTMLElement, use: HTMLInputElement, hold: HTMLInputElement, holdLabel: HTMLElement, pair: Pair | null, drawn: string }} Card
 */

/** Cards shown at first and added by "Show more". */
const PAGE = 60;
/** Seed of the sample scenes, fixed so that everybody talks about the same ones. */
export const SAMPLE_SEED = 1;

let shown = PAGE;
let onlyFlagged = false;
let allFaults = false;
/** @type {Card[]} */
const cards = [];
/** @type {import('./types.js').Dataset | null} */
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
  $('gallery-more').addEventListener('click', () => {
    shown += PAGE * 2;
    painted = null;
    paint();
  });
  $('data-faults-more').addEventListener('click', () => {
    allFaults = true;
    painted = null;
    paint();
  });
  $('only-flagged').addEventListener('change', (event) => {
    onlyFlagged = /** @type {HTMLInputElement} */ (event.target).checked;
    shown = PAGE;
    painted = null;
    paint();
  });
  $('pick-validation').addEventListener('change', changed);
  $('pick-none').addEventListener('click', () => {
    change({ val_names: [] });
    $('pick-validation').focus();
  });
  initRule();
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
  const view = `${state.view.overlay} ${state.view.opacity} ${state.faults.length} ${held} ${input('pick-validation').checked} ${current()?.val_names} ${heldBackKey(state.config?.held_back?.pair ?? null)} ${state.bands !== null}`;
  if (state.dataset === painted && view === paintedView) {
    if (loaded) followDrop();
    return;
  }
  painted = state.dataset;
  paintedView = view;
  if (!loaded) {
    wasEmpty = true;
    shown = PAGE;
    allFaults = false;
    onlyFlagged = false;
    /** @type {HTMLInputElement} */ ($('only-flagged')).checked = false;
    cards.splice(0);
    $('gallery').replaceChildren();
    return;
  }
  paintFacts();
  paintRule();
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

// --- gallery -------------------------------------------------------------------------------

function paintGallery() {
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
  const picking = input('pick-validation').checked;
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

// --- faults --------------------------------------------------------------------------------

/** A list entry that names file, cause and next step. @param {Fault} fault */
export function faultItem(fault) {
  const { file, sentence, next } = faultWords(fault);
  return h('li', {}, h('p', {}, file ? h('bdi', { class: 'path' }, file) : null, file ? joint(sentence) : null, `${sentence}.`), h('p', { class: 'small' }, next));
}

function paintFaults() {
  const own = state.faults.filter((fault) => fault.purpose === 'train' || (fault.stage === 'model' && fault.file));
  // What is asked, and what lacks a partner, stands in a card of its own.
  const list = (state.dataset?.faults ?? []).filter(({ code }) => !['which_folder', 'no_mask', 'no_image'].includes(code));
  for (const fault of own) if (!list.some((other) => other.code === fault.code && other.file === fault.file)) list.push(fault);
  show($('data-faults-card'), list.length > 0);
  setText($('data-faults-count'), plural(list.length, 'file'));
  const some = allFaults ? list : list.slice(0, 5);
  $('data-faults').replaceChildren(...some.slice(0, 500).map(faultItem));
  show($('data-faults-more'), list.length > some.length);
  setText($('data-faults-more'), `Show all ${count(list.length)}`);
}

// --- mask rule -----------------------------------------------------------------------------

/** @type {ReturnType<typeof setTimeout> | undefined} */
let ruleTimer;
/** The colour or number for “one colour”. @type {{ rgb: readonly number[], code?: number | null }} */
let chosenColour = { rgb: [255, 255, 255] };

function initRule() {
  for (const id of ['rule-threshold', 'rule-not-black', 'rule-colour', 'rule-invert']) $(id).addEventListener('change', () => sendRule(0));
  $('rule-classes').addEventListener('change', useClasses);
  $('rule-at').addEventListener('input', () => {
    /** @type {HTMLInputElement} */ ($('rule-threshold')).checked = true;
    setText($('rule-at-value'), input('rule-at').value);
    sendRule(100);
  });
  $('rule-reset').addEventListener('click', () => {
    if (state.dataset) send({ type: 'set_mask_rule', rule: state.dataset.suggested_rule });
  });
}

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ ($(id));

/** Sends the rule as the controls say it; a moving slider at most ten times a second. @param {number} wait ms */
function sendRule(wait) {
  clearTimeout(ruleTimer);
  ruleTimer = setTimeout(() => {
    const invert = input('rule-invert').checked;
    /** @type {MaskRule} */
    let rule = { kind: 'threshold', at: Number(input('rule-at').value), invert };
    if (input('rule-not-black').checked) rule = { kind: 'not_black', invert };
    if (input('rule-colour').checked) rule = { kind: 'colour', rgb: /** @type {[number, number, number]} */ ([...chosenColour.rgb]), code: chosenColour.code ?? undefined, invert };
    send({ type: 'set_mask_rule', rule });
  }, wait);
}

function paintRule() {
  const { dataset } = state;
  if (!dataset) return;
  const { rule, suggested_rule: suggested, colours } = dataset;
  setText($('rule-line'), paintRuleParts(dataset) ? outlineClassesLine(dataset) : ruleLine(rule, dataset));
  input('rule-threshold').checked = rule.kind === 'threshold';
  input('rule-not-black').checked = rule.kind === 'not_black';
  input('rule-colour').checked = rule.kind === 'colour';
  input('rule-classes').checked = rule.kind === 'classes';
  input('rule-classes').disabled = !canBeClasses(dataset);
  show($('rule-invert-label'), rule.kind !== 'classes');
  if (rule.kind !== 'classes') input('rule-invert').checked = rule.invert;
  paintLegend(dataset);
  input('rule-colour').disabled = colours.length === 0;
  const numbers = usesNumbers(rule, dataset);
  setText($('rule-at-label'), numbers ? 'Number at least' : 'Brightness at least');
  setText($('rule-threshold-label'), dataset.objects != null ? 'Every numbered object' : numbers ? 'Large numbers' : 'Bright pixels');
  input('rule-at').max = numbers && (rule.kind !== 'threshold' || rule.at > 255 || dataset.objects == null) ? '65535' : '255';
  if (rule.kind === 'threshold' && document.activeElement !== input('rule-at')) {
    input('rule-at').value = String(rule.at);
    setText($('rule-at-value'), String(rule.at));
  }
  if (rule.kind === 'colour') chosenColour = rule;
  else if (colours.length) chosenColour = colours.find(({ rgb }) => rgb.some((v) => v > 0)) ?? colours[0];
  show($('rule-threshold-sub'), rule.kind === 'threshold');
  show($('rule-colours'), rule.kind === 'colour');
  const list = $('rule-colours');
  // Who chose a colour stays at it.
  const focused = list.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.colour : undefined;
  list.replaceChildren(...colours.map((colour) => swatch(colour, rule)));
  if (focused) /** @type {HTMLElement | null} */ (list.querySelector(`[data-colour="${focused}"]`))?.focus({ preventScroll: true });
  show($('rule-reset'), JSON.stringify(rule) !== JSON.stringify(suggested));
}

/**
 * Where all masks are drawn from outlines, brightness means nothing: of the rule only the legend is shown, where there are
 * classes, and of the card what is about the images. A rule that people chose stays in view.
 * @param {import('./types.js').Dataset} dataset
 * @returns {boolean} whether the legend is that of outlines
 */
function paintRuleParts({ pairs, vectors, ranges, rule, suggested_rule: suggested }) {
  const files = new Set(vectors.map(({ file }) => file));
  const drawn = pairs.length > 0 && pairs.every(({ mask_path: path }) => files.has(path)) && (rule.kind === 'classes' || JSON.stringify(rule) === JSON.stringify(suggested));
  const legend = drawn && rule.kind === 'classes';
  show($('rule-line'), !drawn || legend);
  show($('rule-choices'), !drawn || legend);
  for (const id of ['rule-threshold', 'rule-not-black', 'rule-colour', 'rule-classes']) show(/** @type {HTMLElement} */ ($(id).parentElement), !drawn);
  setText($('rule-title'), legend ? 'Classes of the outlines' : drawn ? 'How the images are seen' : 'What counts as mask');
  show($('rule-card'), pairs.length > 0 && (!drawn || legend || ranges != null || state.bands !== null));
  return legend;
}

/** @param {import('./types.js').ColourShare} colour @param {MaskRule} rule */
function swatch(colour, rule) {
  const { rgb, share } = colour;
  const on = rule.kind === 'colour' && hex([...rule.rgb]) === hex(rgb);
  const button = h('button', { type: 'button', class: 'swatch', data: { colour: hex(rgb) }, 'aria-pressed': String(on), onclick: () => {
    chosenColour = colour;
    input('rule-colour').checked = true;
    sendRule(0);
  } }, h('span', { class: 'tabular' }, `${valueName(colour)} · ${percent(share)}`));
  button.prepend(chip(rgb));
  return button;
}
