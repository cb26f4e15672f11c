// @ts-check
/**
 * What stands around the picture in the label editor: tools, classes, brush, the network's view, the run, suggestions, files.
 */
import { $, h, setText, show } from '../../ui/dom.js';
import { size } from '../../ui/format.js';
import { chip } from '../../ui/paint-classes.js';
import { bandsOf, changed, labelsAtRisk, onPaint, running, state, stepOf, usablePairs } from '../../core/store.js';
import { send } from '../../core/engine.js';
import { hold } from '../press-guard.js';
import { downloadLabels } from '../predict/downloads.js';
import { pauseOrResume } from '../train/run-control.js';
import { canStart, current, start, startWith } from '../train/settings.js';
import { chosen, desk, images, labelClasses, shareOf, shownColours } from './desk.js';
import { MOST_BRUSH_PX, fromSlider, placeOf } from './brush-size.js';
import { NEW_COLOURS, classKeyOf, className, fewWords, firstWords, labelKeys, networkLine, noSuggestion, progressWords, suggestFirst, suggestionLine, toolWords, trainLabel, trainLine, unkeptWords } from './label-strings.js';

/**
 * What the editor does about the panel's controls.
 * @typedef {object} PanelHands
 * @property {import('./network.js').NetworkView} network
 * @property {import('./suggest.js').Suggestions} suggestions
 * @property {import('./tools.js').Tools} tools
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {(by: number) => void} turn
 * @property {() => void} nextSuggestion
 * @property {() => void} takeView
 * @property {(name: import('./tools.js').ToolName) => void} chooseTool
 * @property {() => import('./tiles.js').Rect} view
 * @property {() => void} redraw
 */

/** @type {PanelHands} */
let hands;

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ ($(id));

/** @param {PanelHands} given */
export function initPanel(given) {
  hands = given;
  $('label-tools').replaceChildren(...Object.entries(toolWords).map(([name, words]) => h('button', {
    type: 'button', id: `label-tool-${name}`, title: words.help, 'aria-pressed': 'false', 'aria-keyshortcuts': words.key, onclick: () => hands.chooseTool(/** @type {any} */ (name)),
  }, h('span', {}, words.name), h('kbd', { 'aria-hidden': 'true' }, words.key))));
  $('label-undo').addEventListener('click', hands.undo);
  $('label-redo').addEventListener('click', hands.redo);
  $('label-previous').addEventListener('click', () => hands.turn(-1));
  $('label-next').addEventListener('click', () => hands.turn(1));
  $('label-smaller').addEventListener('click', () => resize(1 / 1.25));
  $('label-larger').addEventListener('click', () => resize(1.25));
  slider('label-size', (value) => {
    chosen.brushPx = fromSlider(value);
  });
  slider('label-tolerance', (value) => {
    chosen.tolerance = value;
  });
  slider('label-opacity', (value) => {
    chosen.opacity = value;
  });
  slider('label-network-opacity', (value) => {
    chosen.networkOpacity = value;
    hands.redraw();
  });
  input('label-unit').addEventListener('change', () => {
    chosen.inMetres = input('label-unit').value === 'm';
    changed();
  });
  input('label-closed').addEventListener('change', () => {
    chosen.fillsClosed = input('label-closed').checked;
  });
  input('label-network').addEventListener('change', () => {
    hands.network.on = input('label-network').checked;
    hands.redraw();
    changed();
  });
  $('label-take-view').addEventListener('click', hands.takeView);
  $('label-train').addEventListener('click', train);
  $('label-suggest').addEventListener('click', hands.nextSuggestion);
  $('label-class-add').addEventListener('click', addClass);
  $('label-export').addEventListener('click', () => {
    const kind = /** @type {import('../../core/types.js').LabelFile} */ (input('label-file').value);
    void downloadLabels(kind, kind === 'zip' ? undefined : desk.image?.path);
  });
  $('label-keys').replaceChildren(...labelKeys.map(([keys, words]) => h('div', {}, h('dt', {}, ...keys.split(' ').map((one) => h('kbd', {}, one))), h('dd', {}, words))));
  // Its age counts on between events.
  setInterval(() => {
    if (desk.image && hands.network.on) paintNetwork();
  }, 500);
  onPaint(paintOpeners);
}

/** @param {string} id @param {(value: number) => void} take */
function slider(id, take) {
  input(id).addEventListener('input', () => {
    take(Number(input(id).value));
    changed();
  });
}

/** @param {number} by */
function resize(by) {
  const next = Math.round(chosen.brushPx * by);
  chosen.brushPx = Math.min(MOST_BRUSH_PX, Math.max(1, next === chosen.brushPx ? next + Math.sign(by - 1) : next));
  changed();
}

/** Starts a run, or goes on with it, or pauses it. */
function train() {
  if ($('label-train').ariaDisabled === 'true') return;
  const { run, model } = state;
  if (running()) {
    pauseOrResume();
    return;
  }
  const config = current();
  // What it has learnt stays, where its network is the one of the settings. One over chosen bands has no use for channels.
  const same = run?.end && model && config && model.name === `run ${run.run_id}` && bandsOf(model).join() === (config.bands ?? []).join() && ['architecture', 'base', 'depth', 'head', ...(model.bands.length ? [] : ['channels'])].every((key) => /** @type {any} */ (model)[key] === /** @type {any} */ (config)[key]);
  if (same) startWith(config, true);
  else start();
  if (canStart().ok || state.starting) {
    hands.network.on = true;
    hands.redraw();
  }
  changed();
}

function addClass() {
  const classes = labelClasses().map((one) => ({ ...one }));
  const free = NEW_COLOURS.find((rgb) => !classes.some((one) => one.rgb.join() === rgb.join())) ?? NEW_COLOURS[classes.length % NEW_COLOURS.length];
  send({ type: 'set_label_classes', classes: [...classes, { name: `Class ${classes.length}`, rgb: [free[0], free[1], free[2]] }] });
}

/** @param {number} index @param {Partial<import('../../core/types.js').ClassInfo>} values */
function changeClass(index, values) {
  send({ type: 'set_label_classes', classes: labelClasses().map((one, i) => (i === index ? { ...one, ...values } : { ...one })) });
}

/** @param {number} index */
function renameClass(index) {
  const field = input(`label-name-${index}`);
  field.value = field.value.trim() || className(labelClasses(), index);
  changeClass(index, { name: field.value });
}

export function paintPanel() {
  const { image, layer } = desk;
  if (!image) return;
  setText($('label-facts'), size(image.width, image.height));
  for (const name of Object.keys(toolWords)) $(`label-tool-${name}`).setAttribute('aria-pressed', String(name === hands.tools.name));
  setText($('label-tool-help'), toolWords[hands.tools.name].help);
  paintClasses();
  show($('label-unit-line'), image.pixelM !== null);
  setText($('label-size-value'), `${chosen.brushPx} ${chosen.inMetres && image.pixelM ? 'm' : 'px'}`);
  const sizes = input('label-size');
  sizes.value = String(placeOf(Number(sizes.value), chosen.brushPx));
  sizes.setAttribute('aria-valuetext', $('label-size-value').textContent ?? '');
  show($('label-tolerance-line'), hands.tools.name === 'fill');
  setText($('label-tolerance-value'), String(chosen.tolerance));
  show($('label-closed-line'), hands.tools.name === 'brush');
  // Not disabled: who undoes by keys would lose the focus with the last stroke.
  hold($('label-undo'), !layer?.history.done.length);
  hold($('label-redo'), !layer?.history.undone.length);
  const all = images();
  show($('label-previous'), all.length > 1);
  show($('label-next'), all.length > 1);
  const share = shareOf(image);
  setText($('label-progress'), progressWords({ share, images: all.length, begun: all.filter((one) => shareOf(one) > 0).length }));
  setText($('label-line'), desk.words || (labelsAtRisk() ? unkeptWords : firstWords(share > 0)));
  paintNetwork();
  paintTrain();
  paintSuggestion();
}

function paintClasses() {
  const classes = labelClasses();
  if ($('label-classes').childElementCount !== classes.length) makeClasses(classes.length);
  const colours = shownColours(classes);
  for (const [index, { name, rgb }] of classes.entries()) {
    const words = className(classes, index);
    const button = $(`label-class-${index}`);
    const fill = toHex(colours[index]);
    if (button.dataset.fill !== fill) {
      button.dataset.fill = fill;
      button.querySelector('.chip')?.replaceWith(chip(colours[index]));
    }
    setText($(`label-class-name-${index}`), words);
    button.setAttribute('aria-pressed', String(index === chosen.classNumber && hands.tools.name !== 'eraser'));
    input(`label-colour-${index}`).setAttribute('aria-label', `Colour of ${words}`);
    write(input(`label-colour-${index}`), toHex(rgb));
    write(input(`label-name-${index}`), name);
  }
}

/** Shows a value that is another; what somebody is about to change is theirs until they leave it. @param {HTMLInputElement} field @param {string} value */
function write(field, value) {
  if (field.dataset.shown === value || document.activeElement === field) return;
  field.dataset.shown = value;
  field.value = value;
}

/** Buttons and fields of so many classes, which `paintClasses` fills. @param {number} count */
function makeClasses(count) {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const focused = document.activeElement?.id;
  $('label-classes').replaceChildren(...numbers.map((index) => {
    const button = h('button', { type: 'button', id: `label-class-${index}`, class: 'label-class', onclick: () => chooseClass(index) }, h('span', { class: 'name', id: `label-class-name-${index}` }), h('kbd', { 'aria-hidden': 'true' }, classKeyOf(index)));
    button.prepend(chip([0, 0, 0]));
    return button;
  }));
  $('label-class-rows').replaceChildren(...numbers.map((index) => h('li', { class: 'legend-row' },
    h('input', { type: 'color', id: `label-colour-${index}`, onblur: changed, onchange: () => changeClass(index, { rgb: fromHex(input(`label-colour-${index}`).value) }) }),
    h('input', { type: 'text', id: `label-name-${index}`, maxLength: 40, 'aria-label': `Name of class ${index + 1}`, onblur: changed, onchange: () => renameClass(index) }))));
  if (focused) document.getElementById(focused)?.focus();
}

/** @param {number} index */
function chooseClass(index) {
  chosen.classNumber = index;
  if (hands.tools.name === 'eraser') hands.chooseTool('brush');
  changed();
}

function paintNetwork() {
  const { network } = hands;
  input('label-network').checked = network.on;
  show($('label-network-more'), network.on);
  setText($('label-network-line'), networkLine({ here: network.here, ageMs: network.here ? network.age(hands.view()) : null, running: running() }));
  hold($('label-take-view'), !network.squares.size);
}

function paintTrain() {
  const { run } = state;
  const button = $('label-train');
  const active = running();
  const able = canStart();
  setText(button, trainLabel({ running: active, paused: run?.phase === 'paused', ended: Boolean(run?.end) }));
  hold(button, active ? run?.asked !== null : !able.ok);
  button.classList.toggle('primary', !active);
  const last = run?.end ?? run?.validations.at(-1);
  const honest = (run?.validationPairs.length ?? 0) > 0;
  const told = run?.validations.at(-1);
  const words = active || run?.end
    ? trainLine({ tooFew: told?.too_few_labels ?? false, step: run ? stepOf(run) : 0, total: run?.steps_total ?? 0, iou: last ? (honest ? last.validation?.iou : last.training?.iou) : null, honest, paused: run?.phase === 'paused', ended: Boolean(run?.end) })
    : '';
  setText($('label-train-line'), active || able.ok || state.starting ? words : fewWords(usablePairs().length) || able.why);
}

function paintSuggestion() {
  const { suggestions } = hands;
  const { shown } = suggestions;
  const name = shown ? images().find(({ path }) => path === shown.image)?.name ?? '' : '';
  setText($('label-suggest-line'), shown ? suggestionLine(suggestions.at + 1, suggestions.places.length, name, shown.score) : suggestions.none ? noSuggestion : suggestFirst);
}

/** The buttons elsewhere that lead here. */
function paintOpeners() {
  const any = images().length > 0 && state.reading === null;
  show($('label-open'), any && (state.dataset?.pairs.length ?? 0) > 0);
}

/** @param {readonly number[]} rgb */
const toHex = (rgb) => `#${rgb.map((v) => v.toString(16).padStart(2, '0')).join('')}`;
/** @param {string} text @returns {[number, number, number]} */
const fromHex = (text) => {
  const value = Number.parseInt(text.slice(1), 16) || 0;
  return [value >> 16, (value >> 8) & 255, value & 255];
};
