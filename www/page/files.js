// @ts-check
/**
 * Files from drops, pickers and the clipboard, as paths and unread File objects.
 */
import { $, show } from '../ui/dom.js';
import { IMAGE_FORMATS } from '../generated/constants.js';
import { sendFiles } from '../core/data-files.js';
import { takeSettings } from './train/settings.js';
import { changed, state } from '../core/store.js';

/**
 * @typedef {import('../core/types.js').Entry} Entry
 * @typedef {import('../core/types.js').Purpose} Purpose
 */

/** @type {Purpose | null} */
let pickFor = null;

export function initFiles() {
  $('image-formats').textContent = IMAGE_FORMATS.join(', ');
  const veil = $('drop-veil');
  let depth = 0;
  const carriesFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') ?? false;
  document.addEventListener('dragenter', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth += 1;
    $('drop-veil-text').textContent = purposeHere() === 'predict' ? 'Drop images to predict, or a model' : 'Drop images and masks, or a model';
    show(veil, true);
  });
  document.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
  });
  document.addEventListener('dragleave', (event) => {
    if (!carriesFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (depth === 0) show(veil, false);
  });
  document.addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show(veil, false);
    void dropped(/** @type {DataTransfer} */ (event.dataTransfer), purposeHere());
  });
  document.addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    const stamp = new Date().toISOString().slice(11, 19).replaceAll(':', '');
    // Every pasted screenshot is called image.png; the time keeps them apart.
    addEntries(files.map((file, index) => ({ path: /^image\.\w+$/.test(file.name) ? `pasted-${stamp}-${index + 1}.png` : file.name, file })), purposeHere());
  });
  for (const id of ['pick-files', 'pick-folder', 'pick-model']) {
    const input = $(id);
    if (!(input instanceof HTMLInputElement)) continue;
    input.addEventListener('change', () => {
      addFiles(input.files ?? [], pickFor ?? purposeHere());
      input.value = '';
    });
  }
}

/** Images belong to what is in front: the Predict place takes images to predict. @returns {Purpose} */
export const purposeHere = () => (state.place === 'predict' ? 'predict' : 'train');

/** @param {'pick-files' | 'pick-folder' | 'pick-model'} id @param {Purpose} purpose */
export function pick(id, purpose) {
  pickFor = purpose;
  $(id).click();
}

/** @param {Iterable<File>} files @param {Purpose} purpose */
export function addFiles(files, purpose) {
  addEntries([...files].map((file) => ({ path: file.webkitRelativePath || file.name, file })), purpose);
}

/** @param {Entry[]} entries @param {Purpose} purpose */
export function addEntries(entries, purpose) {
  // Settings are taken; any other JSON goes with the rest of its drop, as it may be polygons for the images in it.
  const notes = entries.filter(({ path, fault }) => !fault && /\.json$/i.test(path));
  if (notes.length) void takeNotes(notes, entries, purpose);
  else if (entries.length) sendFiles(entries, purpose);
}

/** @param {Entry[]} notes @param {Entry[]} all @param {Purpose} purpose */
async function takeNotes(notes, all, purpose) {
  /** @type {Set<Entry>} */
  const taken = new Set();
  for (const entry of notes) if (await takeSettings(entry.file).catch(() => false)) taken.add(entry);
  const rest = all.filter((entry) => !taken.has(entry));
  if (rest.length) sendFiles(rest, purpose);
}

/**
 * @param {DataTransfer} transfer
 * @param {Purpose} purpose
 */
async function dropped(transfer, purpose) {
  // Entries must be taken in this turn: the list is emptied when the handler returns.
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  const roots = items.map((item) => item.webkitGetAsEntry?.() ?? null);
  const loose = items.map((item, index) => (roots[index] ? null : item.getAsFile()));
  /** @type {Entry[]} */
  const entries = [];
  state.reading = { purpose, done: 0, total: 0, path: '', cancelling: false };
  changed();
  for (const file of loose) if (file) entries.push({ path: file.name, file });
  for (const root of roots) if (root) await walk(root, entries);
  const cancelled = state.reading?.cancelling;
  state.reading = null;
  if (!cancelled) addEntries(entries, purpose);
  changed();
}

/**
 * @param {FileSystemEntry} entry
 * @param {Entry[]} entries
 */
async function walk(entry, entries) {
  if (entry.isFile) {
    const path = entry.fullPath.replace(/^\//, '');
    entries.push(await new Promise((resolve) => /** @type {FileSystemFileEntry} */ (entry).file(
      (file) => resolve({ path, file }),
      // What cannot even be opened is still named, with the browser's reason.
      (error) => resolve({ path, file: new File([], entry.name), fault: error.name }),
    )));
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    // A call gives at most 100 entries; an empty batch is the end.
    /** @type {FileSystemEntry[]} */
    const batch = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!batch.length || state.reading?.cancelling) return;
    for (const child of batch) await walk(child, entries);
  }
}
