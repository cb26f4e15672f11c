// @ts-check
/**
 * The label editor: opens on an image with or without labels, and holds its parts together. What it shows beside the picture
 * is panel.js.
 */
import { $, setText } from '../../ui/dom.js';
import { onEvent } from '../../core/reduce.js';
import { send } from '../../core/engine.js';
import { whenReady } from '../../core/session.js';
import { changed, onPaint, state } from '../../core/store.js';
import { focusHeading } from '../header.js';
import { faultLine } from '../../ui/strings.js';
import { PanZoom } from '../viewer/pan-zoom.js';
import { LabelCanvas } from './canvas.js';
import { likeColoured, sameToNetwork } from './flood.js';
import { brushPx, chosen, desk, images, labelClasses, shareOf, shares, shownColours, tell } from './desk.js';
import { bringsKeys } from './keys.js';
import { busyWords, notTaken } from './label-strings.js';
import { Layer } from './layer.js';
import { NetworkView } from './network.js';
import { initPanel, paintPanel } from './panel.js';
import { listenToPointers } from './pointer.js';
import { enlarged } from './raster.js';
import { drawSketch } from './sketch.js';
import { Suggestions } from './suggest.js';
import { Tools } from './tools.js';

/**
 * @typedef {import('./raster.js').Point} Point
 * @typedef {import('./tiles.js').Rect} Rect
 * @typedef {import('./desk.js').Labelled} Labelled
 */

/** Longest side of the picture asked for, pixels: larger images are seen smaller, and painted at their own size. */
const PICTURE_PX = 4096;
/** Images whose strokes can still be taken back. */
const MAX_LAYERS = 8;
/** Time between two looks whether the network is to be asked. */
const ASK_EVERY_MS = 100;

/** @type {{ width: number, height: number, rgba: Uint8Array } | null} */
let picture = null;
/** Place in the data set that the picture was asked by last. */
let askedBy = '';
/** @type {Map<string, Layer>} */
const layers = new Map();
/** The place of the keyboard's cross, once keys were used. @type {Point | null} */
let cross = null;
/** Where the pointer was last, in pixels of the image. @type {Point} */
let pointer = { x: 0, y: 0 };
/** The same on the stage. */
let hovered = { x: -1, y: -1 };
let panning = false;
/** @type {ReturnType<typeof setInterval> | undefined} */
let timer;
let rule = '';

const pose = new PanZoom(() => canvas.moved());
/** @type {LabelCanvas} */
let canvas;
const network = new NetworkView(() => {
  canvas?.changed('base');
  changed();
});
const suggestions = new Suggestions();

const tools = new Tools({
  size: () => desk.image ?? { width: 1, height: 1 },
  brushPx,
  value: () => chosen.classNumber,
  nearPx: () => Math.max(1, 10 / canvas.place().scale),
  fillsClosed: () => chosen.fillsClosed,
  begin(value) {
    if (!desk.layer?.ready) {
      tell(busyWords);
      return false;
    }
    desk.layer.begin(value);
    return true;
  },
  paint: (spans, at, value) => canvas.touched(desk.layer?.paint(spans, value) ?? null, at),
  end() {
    desk.layer?.end();
    tell('');
    changed();
  },
  cancel() {
    canvas.touched(desk.layer?.cancel() ?? null);
  },
  alike: (point) => {
    if (!picture || !desk.image) return [];
    const scale = desk.image.width / picture.width;
    const view = canvas.inView();
    const within = { left: Math.floor(view.left / scale), top: Math.floor(view.top / scale), width: Math.floor(view.width / scale), height: Math.floor(view.height / scale) };
    return enlarged(likeColoured(picture, within, Math.floor(point.x / scale), Math.floor(point.y / scale), chosen.tolerance), scale);
  },
  grown(point) {
    const spans = sameToNetwork((x, y) => network.at(x, y), canvas.inView(), Math.floor(point.x), Math.floor(point.y), network.classes.length ? null : network.cut);
    if (!spans.length) tell(notTaken);
    return spans;
  },
  seen(within) {
    const parts = network.seen(within, desk.image ?? { width: 0, height: 0 });
    if (!parts.length) tell(notTaken);
    return parts;
  },
  sketch: () => canvas?.changed('sketch'),
});

const dialog = () => /** @type {HTMLDialogElement} */ ($('label-dialog'));
export const labelling = () => dialog().open;
export function initLabelEditor() {
  const stage = $('label-stage');
  canvas = new LabelCanvas(stage, { base: $('label-base'), labels: $('label-labels'), sketch: $('label-sketch') }, pose);
  canvas.drawOver = (context, place) => network.draw(context, place, chosen.networkOpacity);
  canvas.drawSketch = (context, place) => drawSketch(context, place, { tools, cross, brushPx: brushPx(), suggestion: suggestions.shown?.image === desk.image?.path ? suggestions.shown : undefined });
  pose.listenToWheel(stage);
  listenToPointers(stage, {
    tools, pose, toImage: (x, y) => canvas.toImage(x, y), pans: () => panning || tools.name === 'hand', hover,
    leave: () => {
      $('label-cursor').hidden = true;
    },
  });
  bringsKeys(dialog(), {
    tools, pose, canvas,
    cross: (dx, dy, fine) => moveCross(dx, dy, fine),
    press: (shift) => press(shift),
    space: (down) => {
      panning = down;
      stage.classList.toggle('pans', down);
    },
    undo, redo, turn,
    suggest: nextSuggestion,
  });
  $('label-close').addEventListener('click', () => dialog().close());
  dialog().addEventListener('cancel', (event) => {
    if (tools.abort()) event.preventDefault();
  });
  dialog().addEventListener('close', closed);
  initPanel({ network, suggestions, tools, undo, redo, turn, nextSuggestion, takeView, chooseTool, view: () => canvas.inView(), redraw: () => canvas.changed('base') });
  onEvent(receive);
  onPaint(paint);
  whenReady(() => {
    // The layer on the desk is of the engine that is gone: the new one would be told of strokes on images that it has not got.
    desk.layer = null;
    layers.clear();
    shares.clear();
    network.forget();
    suggestions.forget();
    if (dialog().open) dialog().close();
  });
}

/** Opens the editor. @param {string} [path] of an image; none: the first that has no labels @param {Rect} [part] to be shown large */
export function openLabels(path, part) {
  const all = images();
  const wanted = all.find((one) => one.path === path) ?? all.find((one) => shareOf(one) === 0) ?? all[0];
  if (!wanted) return;
  // Dialogs above each other are of no use to anybody.
  /** @type {HTMLDialogElement} */ ($('viewer')).close();
  if (!dialog().open) dialog().showModal();
  timer ??= setInterval(askNetwork, ASK_EVERY_MS);
  show(wanted, part);
  $('label-stage').focus();
}

/** @param {Labelled} wanted @param {Rect} [part] */
function show(wanted, part) {
  tools.abort();
  desk.layer?.end();
  desk.image = wanted;
  picture = null;
  askedBy = '';
  cross = null;
  pointer = { x: wanted.width / 2, y: wanted.height / 2 };
  tell('');
  desk.layer = layers.get(wanted.path) ?? new Layer(wanted.path, wanted.width, wanted.height, { known: wanted.of === 'pair', disagrees: (patch) => network.disagrees(patch) });
  layers.delete(wanted.path);
  layers.set(wanted.path, desk.layer);
  if (layers.size > MAX_LAYERS) for (const oldest of layers.keys()) {
    layers.delete(oldest);
    break;
  }
  canvas.open(wanted, desk.layer.tiles);
  if (wanted.thumb.rgba.length) canvas.setPicture(wanted.thumb.width, wanted.thumb.height, wanted.thumb.rgba);
  askPicture(wanted);
  network.open(wanted.path, wanted);
  pose.fit();
  const stage = $('label-stage');
  const fits = Math.min(stage.clientWidth / wanted.width, stage.clientHeight / wanted.height);
  pose.maxZoom = Math.max(8, 40 / fits);
  if (part) pose.show(part, wanted, stage.clientWidth, stage.clientHeight);
  changed();
}

/** Asks for the picture by its place in the data set, once a place. @param {Labelled} wanted */
function askPicture({ of, index }) {
  if (picture || askedBy === `${of} ${index}`) return;
  askedBy = `${of} ${index}`;
  send({ type: 'picture', of, index, max_px: PICTURE_PX });
}

/** @param {number} by */
function turn(by) {
  const all = images();
  const at = all.findIndex((one) => one.path === desk.image?.path);
  if (all.length) show(all[(at + by + all.length) % all.length]);
}

function closed() {
  tools.abort();
  desk.layer?.end();
  if ([...layers.values()].some((one) => one.told)) {
    for (const one of layers.values()) one.told = false;
    // Its answer is the data set as it stands, with the pictures of what was painted.
    send({ type: 'set_label_classes', classes: labelClasses().map((one) => ({ ...one })) });
  }
  clearInterval(timer);
  timer = undefined;
  panning = false;
  desk.image = null;
  desk.layer = null;
  picture = null;
  canvas.close();
  network.forget();
  changed();
  // What opened it may be gone.
  requestAnimationFrame(() => document.activeElement === document.body && focusHeading());
}

function askNetwork() {
  if (desk.image && !document.hidden) network.ask(canvas.inView(), cross ?? pointer);
}

function undo() {
  if (!desk.layer || tools.abort()) return;
  canvas.touched(desk.layer.undo());
  changed();
}

function redo() {
  if (!desk.layer) return;
  canvas.touched(desk.layer.redo());
  changed();
}

/** Takes over what the network sees of all that is in view. */
function takeView() {
  const { left, top, width, height } = canvas.inView();
  /** @type {number[]} */
  const rows = [];
  for (let y = top; y < top + height; y += 1) rows.push(y, left, left + width);
  tools.take(rows);
}

function nextSuggestion() {
  go(suggestions.next());
  changed();
}

/** @param {import('../../core/types.js').LabelPlace | undefined} place */
function go(place) {
  const wanted = place && images().find(({ path }) => path === place.image);
  if (!wanted || !place) return;
  // With some of what is around it: a place is known by its neighbours.
  const margin = place.side_px / 2;
  show(wanted, { left: place.left - margin, top: place.top - margin, width: place.side_px + 2 * margin, height: place.side_px + 2 * margin });
}

/** @param {import('./tools.js').ToolName} name */
function chooseTool(name) {
  tools.choose(name);
  $('label-cursor').hidden = true;
  changed();
}

/** @param {number} x @param {number} y of the stage @param {boolean} touch */
function hover(x, y, touch) {
  // Browsers send moves of a pointer that rests when what lies below it is another.
  const moves = x !== hovered.x || y !== hovered.y;
  hovered = { x, y };
  pointer = canvas.toImage(x, y);
  if (cross && moves) {
    cross = null;
    canvas.changed('sketch');
  }
  cursorAt(x, y, touch);
}

/** The brush's circle. @param {number} x @param {number} y @param {boolean} touch under a finger nobody sees it */
function cursorAt(x, y, touch) {
  const circle = $('label-cursor');
  const shown = !touch && ['brush', 'eraser', 'line'].includes(tools.name) && !panning;
  circle.hidden = !shown;
  if (!shown) return;
  const side = Math.max(3, brushPx() * canvas.place().scale);
  circle.style.width = `${side}px`;
  circle.style.height = `${side}px`;
  circle.style.transform = `translate(${x - side / 2}px, ${y - side / 2}px)`;
}

/** @param {number} dx @param {number} dy @param {boolean} fine by one pixel of the image, else as far as one sees */
function moveCross(dx, dy, fine) {
  if (!desk.image) return;
  const { scale } = canvas.place();
  const step = fine ? 1 : Math.max(1, Math.round(12 / scale));
  const seen = canvas.inView();
  cross ??= { x: Math.floor(seen.left + seen.width / 2) + 0.5, y: Math.floor(seen.top + seen.height / 2) + 0.5 };
  cross = { x: Math.min(desk.image.width - 0.5, Math.max(0.5, cross.x + dx * step)), y: Math.min(desk.image.height - 0.5, Math.max(0.5, cross.y + dy * step)) };
  // The view follows.
  const out = { x: cross.x < seen.left ? 1 : cross.x > seen.left + seen.width ? -1 : 0, y: cross.y < seen.top ? 1 : cross.y > seen.top + seen.height ? -1 : 0 };
  if (out.x || out.y) {
    pose.panBy((out.x * $('label-stage').clientWidth) / 3, (out.y * $('label-stage').clientHeight) / 3);
    canvas.moved();
  }
  tools.move(cross);
  canvas.changed('sketch');
}

/** Enter: presses at the cross, or ends the shape that the pointer made. @param {boolean} shift */
function press(shift) {
  const last = tools.points.at(-1);
  // Twice at one place is the end of a shape.
  if (!cross ? tools.busy : tools.points.length > 1 && last?.x === cross.x && last?.y === cross.y) tools.finish();
  else if (cross) tools.press(cross, shift);
  else moveCross(0, 0, false);
}

/** @param {import('../../core/types.js').EngineEvent} event */
function receive(event) {
  switch (event.type) {
    case 'picture':
      if (!desk.image || event.of !== desk.image.of || event.index !== desk.image.index) return;
      picture = { width: event.width, height: event.height, rgba: event.rgba };
      canvas.setPicture(event.width, event.height, event.rgba);
      return;
    case 'label_pixels': {
      const rect = layers.get(event.image)?.receive(event) ?? null;
      if (event.image === desk.image?.path) canvas.touched(rect);
      return;
    }
    case 'labels':
      shares.set(event.image, event.labelled_share);
      return;
    case 'view_prediction':
      network.receive(event);
      return;
    case 'suggestions':
      go(suggestions.receive(event.places));
      return;
    case 'dataset':
      shares.clear();
      followData(event);
      return;
    case 'run_started':
      network.forget();
      return;
    case 'run_ended':
    case 'model':
      suggestions.forget();
      return;
    case 'fault':
      if (event.stage === 'predict' && network.asked !== null) network.refused();
      if (event.stage === 'read' && event.file) layers.get(event.file)?.refused();
      if (labelling()) tell(faultLine(event));
      return;
    default:
  }
}

/** @param {import('../../core/types.js').Dataset} dataset */
function followData({ rule: now, pairs }) {
  // By another rule masks are other labels; what was painted over them is in there.
  const key = JSON.stringify(now) + JSON.stringify(pairs.map(({ moved_px: moved }) => moved).filter(([dx, dy]) => dx || dy));
  // A class that is added or renamed in the editor changes no label; a stroke may be under way there.
  if (rule && key !== rule && !labelling()) for (const one of layers.values()) {
    one.history.done = [];
    one.history.undone = [];
    one.read();
  }
  rule = key;
  const all = images();
  for (const path of layers.keys()) if (!all.some((one) => one.path === path)) layers.delete(path);
  for (const one of all) {
    // What was painted before a reload comes back after its image.
    const there = one.of === 'pair' ? layers.get(one.path) : undefined;
    if (!there || there.known) continue;
    there.known = true;
    there.read();
  }
  if (!desk.image) return;
  const still = all.find(({ path }) => path === desk.image?.path);
  if (!still) {
    dialog().close();
    return;
  }
  desk.image = still;
  // What was asked by its old place comes as another image's, or not at all.
  askPicture(still);
}

function paint() {
  if (!labelling() || !desk.image) return;
  paintLook();
  setText($('label-name'), desk.image.name);
  paintPanel();
}

/** @type {string} */
let looked = '';

/** Colours and opacities. */
function paintLook() {
  const classes = labelClasses();
  const key = JSON.stringify(shownColours(classes));
  if (key !== looked) {
    looked = key;
    canvas.setColours(shownColours(classes));
  }
  network.setLook((state.run && !state.run.end ? state.run.classes : state.model?.classes ?? []).map(({ rgb }) => rgb));
  $('label-labels').style.opacity = String(chosen.opacity);
  chosen.classNumber = Math.min(chosen.classNumber, Math.max(0, classes.length - 1));
}

/** What tests ask. */
export function labelFigures() {
  const delays = [...(canvas?.delays ?? [])].sort((a, b) => a - b);
  const renewals = [...network.renewals].sort((a, b) => a - b);
  return {
    open: labelling(), image: desk.image?.path ?? null, tool: tools.name, classNumber: chosen.classNumber, brushPx: chosen.brushPx, ready: desk.layer?.ready ?? false, strokes: desk.layer?.history.done.length ?? 0,
    undone: desk.layer?.history.undone.length ?? 0, historyBytes: desk.layer?.history.bytes ?? 0, tileBytes: desk.layer?.tiles.bytes ?? 0, share: desk.image ? shareOf(desk.image) : 0, pictureWidth: picture?.width ?? 0,
    place: desk.image ? canvas.place() : null, delays: delays.length, p95Ms: delays[Math.floor(delays.length * 0.95)] ?? null, medianMs: delays[Math.floor(delays.length / 2)] ?? null,
    renewals: renewals.length, renewalMedianMs: renewals[Math.floor(renewals.length / 2)] ?? null, renewalP95Ms: renewals[Math.floor(renewals.length * 0.95)] ?? null, renewalMaxMs: renewals.at(-1) ?? null,
    networkAgeMs: desk.image ? network.age(canvas.inView()) : null, suggestion: suggestions.shown ? { ...suggestions.shown } : null, suggestions: suggestions.places.length,
  };
}

/** The label at a pixel of the image, for tests. @param {number} x @param {number} y */
export const labelAt = (x, y) => desk.layer?.tiles.at(x, y) ?? null;

export function forgetDelays() {
  canvas.delays = [];
  network.renewals = [];
}
