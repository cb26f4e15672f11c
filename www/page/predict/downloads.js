// @ts-check
/**
 * Files to take home: single results, all of them as a streamed zip, the model.
 */
import { downloadZip } from '../../vendor/client-zip/client-zip.js';
import { outlineOptions } from './outline-options.js';
import { bytes, plural, safeName } from '../../ui/format.js';
import { addFault, onEvent, say } from '../../core/reduce.js';
import { send } from '../../core/engine.js';
import { changed, state } from '../../core/store.js';

/**
 * @typedef {import('../../core/types.js').ExportKind} ExportKind
 * @typedef {{ name: string, blob: Blob }} Made
 * @typedef {{ resolve: (file: Made) => void, reject: (error: Error) => void }} Waiting
 */

/** From this many pixels on, the zip is written straight to a file of the user's choice, where the browser can. */
const STREAM_FROM_PX = 400e6;

/** Requests are answered in order. @type {Waiting[]} */
const waiting = [];
/** What has come of the file that is being made: blobs, which the browser may move to disk. @type {Blob[]} */
let parts = [];

export function initDownloads() {
  onEvent((event) => {
    if (event.type === 'file_part') parts.push(new Blob([/** @type {any} */ (event.bytes)]));
    else if (event.type === 'file') answer(event);
    else if (event.type === 'fault' && event.stage === 'export') refuse(event.code);
    else if (event.type === 'fault' && event.stage === 'model' && ['no_model', 'encode_failed', 'device_error'].includes(event.code)) refuse(event.code);
  });
}

/** The file that was asked for first is there. @param {Extract<import('../../core/types.js').EngineEvent, { type: 'file' }>} event */
function answer(event) {
  const all = parts;
  parts = [];
  const request = waiting.shift();
  if (all.length !== event.parts) {
    addFault({ code: 'encode_failed', stage: 'export', file: event.name, detail: `${all.length} of ${event.parts} parts` });
    request?.reject(new Error('parts'));
    return;
  }
  request?.resolve({ name: event.name, blob: new Blob([/** @type {any} */ (event.bytes), ...all], { type: event.mime }) });
}

/** The file that was asked for first cannot be made. @param {string} code */
function refuse(code) {
  parts = [];
  waiting.shift()?.reject(new Error(code));
}

/** Gives up on requests whose engine is gone. */
export function forgetRequests() {
  parts = [];
  for (const request of waiting.splice(0)) request.reject(new Error('gone'));
}

/** @param {import('../../core/types.js').Command} command @returns {Promise<Made>} */
function ask(command) {
  return new Promise((resolve, reject) => {
    waiting.push({ resolve, reject });
    send(command);
  });
}

/** Asks for a file and hands it over. @param {import('../../core/types.js').Command} command @returns {Promise<boolean>} whether it came */
async function download(command) {
  try {
    const file = await ask(command);
    saveBlob(file.blob, file.name);
    say(`${file.name} saved.`);
    changed();
    return true;
  } catch {
    return false; // The fault event said why.
  }
}

/** @param {number} result @param {ExportKind} kind */
export const downloadOne = (result, kind) => download({ type: 'export', result, kind, threshold: state.view.threshold, outlines: outlineOptions() });

/** The outlines of all placed images as one file. */
export const downloadOutlines = () => download({ type: 'export_outlines', threshold: state.view.threshold, outlines: outlineOptions() });

/** @param {import('../../core/types.js').ModelFormat} format @param {string} [name] of the file, without ending; none: the model's own */
export const downloadModel = (format, name) => download({ type: 'export_model', format, threshold: state.view.threshold, name });

/** Areas and metrics of all results. */
export const downloadTable = () => download({ type: 'export_table', threshold: state.view.threshold });

/** Labels that were painted. @param {import('../../core/types.js').LabelFile} kind @param {string} [image] none: of all images */
export const downloadLabels = (kind, image) => download({ type: 'export_labels', kind, image });

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
    for (const { result, place } of results) {
      for (const kind of kinds) {
        if (PLACED.includes(kind) && place === 'none') continue;
        const made = await ask({ type: 'export', result, kind, threshold: state.view.threshold, outlines: outlineOptions() });
        done += 1;
        tell(`${done} of ${results.length * kinds.length} packed`);
        const folder = kinds.length > 1 ? FOLDERS[kind] ?? 'masks/' : '';
        yield { name: unique(folder + safeName(made.name), taken), input: made.blob };
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
