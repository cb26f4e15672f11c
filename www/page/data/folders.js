// @ts-check
/**
 * The one question of the Data place: which folder holds images and which masks, where no word of their names says so.
 */
import { folderWords } from './data-strings.js';
import { $, h, setText, show } from '../../ui/dom.js';
import { focusHeading } from '../header.js';
import { tellFolders } from '../../core/data-files.js';
import { onPaint, running, state } from '../../core/store.js';

/** @typedef {import('../../core/types.js').FolderRoles} FolderRoles */

let painted = '';

export function initFolders() {
  onPaint(paint);
}

function paint() {
  if (state.place !== 'data') return;
  const question = state.dataset?.question ?? null;
  const held = running() || state.predicting !== null;
  const shown = JSON.stringify([question, held]);
  if (shown === painted) return;
  painted = shown;
  const card = $('folders-card');
  // Whose button is about to vanish stays where the answer shows, or at the next question.
  const focused = card.contains(document.activeElement);
  show(card, question !== null);
  if (!question) {
    $('folders-options').replaceChildren();
    if (focused) focusHeading();
    return;
  }
  const { sentence, why, options } = folderWords(question);
  setText($('folders-line'), sentence);
  setText($('folders-why'), why);
  $('folders-options').replaceChildren(...question.options.map((roles, index) => option(roles, options[index], index === question.suggested, held)));
  if (focused) $('folders-title').focus({ preventScroll: true });
}

/** @param {FolderRoles} roles @param {[string, string]} words before and after the folder of images; its masks' folder ends the line @param {boolean} suggested @param {boolean} held */
function option({ images, masks }, [first, second], suggested, held) {
  return h('button', { type: 'button', class: suggested ? 'primary' : '', disabled: held, data: { images, masks }, onclick: () => tellFolders([{ images, masks }]) },
    h('span', {}, first, h('bdi', { class: 'path' }, images || '/'), second, h('bdi', { class: 'path' }, masks || '/')));
}
