// @ts-check
/**
 * What the words mean: a small button beside each, with its sentence, and a panel with all of them.
 */
import { $, h } from './dom.js';
import { askWords, keys, terms, ways } from './help-strings.js';

/** @typedef {import('./help-strings.js').TermName} TermName */

/** The button whose word is explained. @type {HTMLElement | null} */
let asked = null;
/** Space between the button and its sentence, and to the window's edge, pixels. */
const GAP = 8;

/** A button that explains a word. @param {TermName} term */
export function info(term) {
  const button = h('button', { type: 'button', class: 'info', 'aria-label': askWords(terms[term].word), 'aria-expanded': 'false', 'data-term': term }, 'i');
  button.addEventListener('click', (event) => {
    event.preventDefault();
    toggle(button);
  });
  return button;
}

export function initHelp() {
  for (const place of document.querySelectorAll('[data-help]')) {
    const term = /** @type {TermName} */ (/** @type {HTMLElement} */ (place).dataset.help);
    if (term in terms) place.replaceWith(info(term));
  }
  fill();
  const pop = $('help-pop');
  pop.addEventListener('toggle', (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === 'open') return;
    asked?.setAttribute('aria-expanded', 'false');
    asked = null;
  });
  // A sentence that does not move along with its word is in the way.
  addEventListener('scroll', () => asked && pop.hidePopover(), { passive: true, capture: true });
  addEventListener('resize', () => asked && pop.hidePopover());
  $('help').addEventListener('click', () => openHelp());
  $('help-more').addEventListener('click', () => {
    const term = asked?.dataset.term;
    const from = asked;
    pop.hidePopover();
    openHelp(term, from);
  });
  const dialog = /** @type {HTMLDialogElement} */ ($('help-dialog'));
  $('help-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
}

/** Shows the sentence of a button, or takes it away again. @param {HTMLElement} button */
function toggle(button) {
  const pop = $('help-pop');
  if (asked === button) {
    pop.hidePopover();
    return;
  }
  if (asked) pop.hidePopover();
  asked = button;
  button.setAttribute('aria-expanded', 'true');
  const term = terms[/** @type {TermName} */ (button.dataset.term)];
  // In a dialog what lies outside it is inert.
  (button.closest('dialog') ?? document.body).append(pop);
  /** @type {any} */ (pop).showPopover({ source: button });
  place(pop, button.getBoundingClientRect());
  // Text that comes into a status that is there is read out; the focus stays where it is.
  $('help-pop-text').replaceChildren(h('strong', {}, term.word), ` ${term.text}`);
  place(pop, button.getBoundingClientRect());
}

/** Below the button, or above it where there is no room. @param {HTMLElement} pop @param {DOMRect} at */
function place(pop, at) {
  const { offsetWidth: width, offsetHeight: height } = pop;
  const below = at.bottom + GAP;
  const fits = below + height + GAP <= innerHeight || at.top < height + 2 * GAP;
  pop.style.left = `${Math.max(GAP, Math.min(at.left - 16, innerWidth - width - GAP))}px`;
  pop.style.top = `${fits ? below : at.top - height - GAP}px`;
}

function fill() {
  $('help-ways').replaceChildren(...ways.map((line) => {
    const [place, ...rest] = line.split(':');
    return h('li', {}, h('strong', {}, `${place}:`), rest.join(':'));
  }));
  $('help-terms').replaceChildren(...Object.entries(terms).map(([name, { word, text }]) => h('div', { id: `term-${name}`, tabIndex: -1 }, h('dt', {}, word), h('dd', {}, text))));
  $('help-keys').replaceChildren(...keys.map(([key, text]) => h('div', {}, h('dt', {}, ...key.split(' ').map((one) => h('kbd', {}, one))), h('dd', {}, text))));
}

/** Opens the panel, at a word if one is given. @param {string} [term] @param {HTMLElement | null} [from] who gets the focus back */
export function openHelp(term, from = null) {
  const dialog = /** @type {HTMLDialogElement} */ ($('help-dialog'));
  if (dialog.open) return;
  dialog.showModal();
  const entry = term ? document.getElementById(`term-${term}`) : null;
  for (const other of dialog.querySelectorAll('.chosen')) other.classList.remove('chosen');
  entry?.classList.add('chosen');
  entry?.scrollIntoView({ block: 'center' });
  if (entry) entry.focus({ preventScroll: true });
  else $('help-title').focus({ preventScroll: true });
  if (from) dialog.addEventListener('close', () => from.focus({ preventScroll: true }), { once: true });
}
