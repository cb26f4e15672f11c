// @ts-check
/**
 * Faults as entries of a list, each with its file, cause and next step.
 */
import { $, h, show } from '../ui/dom.js';
import { focusHeading } from './header.js';
import { changed, state } from '../core/store.js';
import { faultWords, joint } from '../ui/strings.js';

/** @typedef {import('../core/types.js').Fault} Fault */

/** An entry that names file, cause and next step. @param {Fault} fault */
export function faultItem(fault) {
  const { file, sentence, next } = faultWords(fault);
  return h('li', {}, h('p', {}, file ? h('bdi', { class: 'path' }, file) : null, file ? joint(sentence) : null, `${sentence}.`), h('p', { class: 'small' }, next));
}

/**
 * A list of faults of some stages.
 * @param {string} id
 * @param {(fault: import('../core/store.js').State['faults'][number]) => boolean} belongs
 */
export function paintFaultList(id, belongs) {
  const faults = state.faults.filter(belongs);
  const list = $(id);
  const focused = [...list.children].findIndex((item) => item.contains(document.activeElement));
  show(list, faults.length > 0);
  const key = faults.map((fault) => `${fault.code} ${fault.file} ${fault.detail}`).join('|');
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...faults.slice(-200).map((fault) => {
    const item = faultItem(fault);
    item.append(h('button', { type: 'button', class: 'quiet', onclick: () => {
      state.faults = state.faults.filter((other) => other !== fault);
      changed();
    } }, 'Dismiss'));
    return item;
  }));
  if (focused < 0) return;
  // From a fault that is gone to the next one; behind the last of them the place begins anew.
  const next = list.children[Math.min(focused, list.childElementCount - 1)]?.querySelector('button');
  if (next) next.focus({ preventScroll: true });
  else focusHeading();
}
