// @ts-check
/**
 * The keys of the label editor. All it does can be done by them but drawing free lines.
 */
import { typing } from '../../ui/dom.js';
import { toolWords } from './label-strings.js';

/**
 * @typedef {object} Keyed
 * @property {import('./tools.js').Tools} tools
 * @property {import('../viewer/pan-zoom.js').PanZoom} pose
 * @property {import('./canvas.js').LabelCanvas} canvas
 * @property {(dx: number, dy: number, fine: boolean) => void} cross
 * @property {(shift: boolean) => void} press
 * @property {(down: boolean) => void} space
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {(by: number) => void} turn
 * @property {() => void} suggest
 */

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** How far Alt and an arrow move the picture, CSS pixels. */
const PAN_PX = 80;

/** What a key without a name of its own in the editor presses: ids of the panel's controls. @type {Record<string, string>} */
const PRESSES = { v: 'label-network', '[': 'label-smaller', ']': 'label-larger' };

/** @param {HTMLDialogElement} dialog @param {Keyed} keyed */
export function bringsKeys(dialog, keyed) {
  dialog.addEventListener('keydown', (event) => {
    if (key(event, keyed)) event.preventDefault();
    // The page's own keys are for what lies below.
    event.stopPropagation();
  });
  dialog.addEventListener('keyup', (event) => {
    if (event.key === ' ') keyed.space(false);
  });
}

/** @param {KeyboardEvent} event @param {Keyed} keyed @returns {boolean} */
function key(event, { tools, pose, canvas, cross, press, space, undo, redo, turn, suggest }) {
  const { target, shiftKey } = event;
  if (typing(target) || event.isComposing) return false;
  const name = event.key.toLowerCase();
  const command = event.ctrlKey || event.metaKey;
  if (command && name === 'z') {
    if (shiftKey) redo();
    else if (!tools.dropCorner()) undo();
    return true;
  }
  if (command && name === 'y') {
    redo();
    return true;
  }
  if (command && !event.getModifierState('AltGraph')) return false;
  const onStage = target instanceof HTMLElement && target.id === 'label-stage';
  const arrow = ARROWS[event.key];
  if (arrow && event.altKey) {
    pose.panBy(-arrow[0] * PAN_PX, -arrow[1] * PAN_PX);
    canvas.moved();
    return true;
  }
  if (onStage) {
    if (arrow) {
      cross(arrow[0], arrow[1], shiftKey);
      return true;
    }
    if (event.key === 'Enter') {
      press(shiftKey);
      return true;
    }
    if (event.key === ' ') {
      space(true);
      return true;
    }
  }
  if (/^[1-9]$/.test(name)) return pressed(`label-class-${Number(name) - 1}`);
  const tool = Object.entries(toolWords).find(([, words]) => words.key.toLowerCase() === name)?.[0];
  if (tool) return pressed(`label-tool-${tool}`);
  switch (name) {
    case '+': case '=': pose.zoomBy(1.5); return true;
    case '-': pose.zoomBy(1 / 1.5); return true;
    case '0': pose.fit(); return true;
    case 'n': suggest(); return true;
    case 'pageup': turn(-1); return true;
    case 'pagedown': turn(1); return true;
    default: return name in PRESSES && pressed(PRESSES[name]);
  }
}

/** @param {string} id */
function pressed(id) {
  const control = document.getElementById(id);
  control?.click();
  return control !== null;
}
