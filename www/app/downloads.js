// @ts-check
/**
 * Files to take home: single results, all of them as a streamed zip, the model.
 */
import { downloadZip } from '../vendor/client-zip/client-zip.js';
import { bytes, plural, safeName } from './format.js';
import { onEvent, say } from './reduce.js';
import { send } from './session.js';
import { changed, state } from './store.js';

/**
 * @typedef {import('./types.js').ExportKind} ExportKind
 * @typedef {{ name: string, mime: string, bytes: Uint8Array }} Made
 * @typedef {{ resolve: (file: Made) => void, reject: (error: Error) => void }} Waiting
 */

/** From this many pixels on, the zip is written straight to a file of the user's choice, where the browser can. */
const STREAM_FROM_PX = 400e6;

/** Requests are answered in order. @type {Waiting[]} */
const waiting = [];

export function initDownloads() {
  onEvent((event) => {
    if (event.type === 'file') waiting.shift()?.resolve(event);
    else if (event.type === 'fault' && (event.stage === 'export' || event.code === 'no_such_result' || event.code === 'encode_failed')) waiting.shift()?.reject(new Error(event.code));
    else if (event.type === 'fault' && event.stage === 'model' && ['no_model', 'encode_failed', 'device_error'].includes(event.code)) waiting.shift()?.reject(new Error(event.code));
  });
}

/** Gives up on requests whose engine is gone. */
export function forgetRequests() {
  for (const request of waiting.splice(0)) request.reject(new Error('gone'));
}

/** @param {import('./types.js').Command} command @returns {Promise<Made>} */
function ask(command) {
  return new Promise((resolve, reject) => {
    waiting.push({ resolve, reject });
    send(command);
  });
}

/** @param {number} result @param {ExportKind} kind */
export async function downloadOne(result, kind) {
  try {
    const file = await ask({ type: 'export', result, kind, threshold: state.view.threshold });
    saveBlob(new Blob([/** @type {any} */ (file.bytes)], { type: file.mime }), file.name);
    say(`${file.name} saved.`);
    changed();
  } catch { /* The fault event said why. */ }
}

/** @param {import('./types.js').ModelFormat} format */
export async function downloadModel(format) {
  try {
    const file = await ask({ type: 'export_model', format, threshold: state.view.threshold });
    saveBlob(new Blob([/** @type {any} */ (file.bytes)], { type: file.mime }), file.name);
    say(`${file.name} saved.`);
    changed();
  } catch { /* The fault event said why. */ }
}

/** Areas and metrics of all results. */
export async function downloadTable() {
  try {
    const file = await ask({ type: 'export_table', threshold: state.view.threshold });
    saveBlob(new Blob([/** @type {any} */ (file.bytes)], { type: file.mime }), file.name);
    say(`${file.name} saved.`);
    changed();
  } catch { /* The fault event said why. */ }
}

/** Choices that stand for several files of each result. @type {Record<string, ExportKind[]>} */
const BUNDLES = {
  both: ['mask_png', 'probability_png'],
  placed_png: ['mask_png', 'world_file', 'aux_xml'],
  map: ['class_tif', 'probability_tif', 'geojson'],
};
/** Files that only an image with a place on the ground has. */
const PLACED = ['world_file', 'aux_xml'];
/** Folders of a zip that holds several kinds. @type {Partial<Record<ExportKind, string>>} */
const FOLDERS = { probability_png: 'probabilities/', class_tif: 'classes/', probability_tif: 'probabilities/', geojson: 'outlines/' };

/** What a choice of the list means. @param {string} choice @returns {ExportKind[]} */
export const kindsOf = (choice) => BUNDLES[choice] ?? [/** @type {ExportKind} */ (choice)];

/**
 * All results in one zip. Only one mask is in memory at a time when the browser can stream to a file.
 * @param {ExportKind[]} kinds
 * @param {(line: string) => void} tell
 */
export async function downloadAll(kinds, tell) {
  const results = [...state.results];
  const pixels = results.reduce((sum, result) => sum + result.width * result.height, 0) * kinds.length;
  const name = 'groundmask-masks.zip';
  const picker = /** @type {any} */ (globalThis).showSaveFilePicker;
  /** @type {any} */
  let target = null;
  if (picker && pixels > STREAM_FROM_PX) {
    try {
      target = await picker({ suggestedName: name, types: [{ description: 'Zip', accept: { 'application/zip': ['.zip'] } }] });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return; // Changed their mind.
    }
  }
  let done = 0;
  async function* files() {
    /** @type {Set<string>} */
    const taken = new Set();
    for (const { result } of results) {
      for (const kind of kinds) {
        if (PLACED.includes(kind) && !placed(result)) continue;
        const made = await ask({ type: 'export', result, kind, threshold: state.view.threshold });
        done += 1;
        tell(`${done} of ${results.length * kinds.length} packed`);
        const folder = kinds.length > 1 ? FOLDERS[kind] ?? 'masks/' : '';
        yield { name: unique(folder + safeName(made.name), taken), input: /** @type {any} */ (made.bytes) };
      }
    }
  }
  try {
    const response = downloadZip(files());
    if (target && response.body) {
      await response.body.pipeTo(await target.createWritable());
      tell(`${plural(results.length, 'mask')} saved`);
    } else {
      const blob = await response.blob();
      saveBlob(blob, name);
      tell(`${plural(results.length, 'mask')}, ${bytes(blob.size)}`);
    }
    say('The zip is saved.');
  } catch (error) {
    tell(error instanceof DOMException && error.name === 'QuotaExceededError' ? 'The disk is full; choose another place.' : 'The zip could not be finished; try again.');
  }
  changed();
}

/** Whether the image of a result has a place on the ground. @param {number} result */
function placed(result) {
  const input = state.results.find((one) => one.result === result)?.input;
  return input != null && state.inputs[input]?.geo != null;
}

/** Two images of one name in different folders get `_2`. @param {string} name @param {Set<string>} taken */
function unique(name, taken) {
  const dot = name.lastIndexOf('.');
  let free = name;
  for (let n = 2; taken.has(free.toLowerCase()); n += 1) free = dot > 0 ? `${name.slice(0, dot)}_${n}${name.slice(dot)}` : `${name}_${n}`;
  taken.add(free.toLowerCase());
  return free;
}

/** @param {Blob} blob @param {string} name */
export function saveBlob(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = safeName(name);
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
