// @ts-check
/**
 * Small helpers over the DOM. Text goes in as text, never as markup.
 */

/**
 * The element with an id; a missing one is a mistake in index.html, so it fails loudly.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function $(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element #${id}`);
  return /** @type {T} */ (element);
}

/**
 * Creates an element. `props` are properties, except `class`, `data` and attributes with a dash or `role`, `for`.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [props]
 * @param {(Node | string | null | false | undefined)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === 'class') element.className = value;
    else if (key === 'data') Object.assign(element.dataset, value);
    else if (key.includes('-') || key === 'role' || key === 'for' || key === 'list') element.setAttribute(key, value === true ? '' : String(value));
    else if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else /** @type {any} */ (element)[key] = value;
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/** Sets text only where it differs, so that an unchanged line is not announced or laid out again. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Where keys belong to what is typed or to the control itself. @param {EventTarget | null} target */
export function typing(target) {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && !['range', 'checkbox', 'radio'].includes(target.type));
}

/** @param {HTMLElement} element @param {boolean} shown */
export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/**
 * Runs `work` for each item in slices of at most a few milliseconds, so that no task gets long: an item should be small. A later
 * call with the same key replaces an earlier one.
 * @template T
 * @param {string} key
 * @param {Iterable<T>} items
 * @param {(item: T) => void} work
 */
export function inSlices(key, items, work) {
  const run = {};
  slices.set(key, run);
  const iterator = items[Symbol.iterator]();
  const slice = () => {
    if (slices.get(key) !== run) return;
    const end = performance.now() + 6;
    while (performance.now() < end) {
      const { done, value } = iterator.next();
      if (done) return;
      work(value);
    }
    setTimeout(slice, 0);
  };
  // Not in the frame that asked for it: several views ask in the same one.
  setTimeout(slice, 0);
}
/** @type {Map<string, object>} */
const slices = new Map();

/** The colour a custom property has in the theme in force. @param {string} name */
export function themeColour(name) {
  probe ??= document.body.appendChild(h('span', { class: 'probe', hidden: true }));
  probe.dataset.colour = name;
  return getComputedStyle(probe).color;
}
/** @type {HTMLElement | undefined} */
let probe;
