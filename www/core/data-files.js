// @ts-check
/**
 * What the engine is given and told of it: files, folders, bands, pairs by hand, sample scenes. It is kept here, so that another
 * engine can be given the same.
 */
import { post, send } from './engine.js';
import { say } from './reduce.js';
import { bandsOf, changed, kept, running, state } from './store.js';
import { isModel, plural } from '../ui/format.js';

/**
 * @typedef {import('./types.js').Entry} Entry
 * @typedef {import('./types.js').Purpose} Purpose
 * @typedef {import('./types.js').FromWorker} FromWorker
 */

/** A run taken home. */
const RUN_FILE = /\.gmrun$/i;

/** What was sent to be read and is not read yet, drop by drop. @type {Entry[][]} */
let drops = [];
/** The data set, by its fingerprint, whose kept copies are the files in use. @type {string | null} */
let heldData = null;
/** Seed of the sample scenes in use, to make them again in a new engine. @type {number | null} */
let sampleSeed = null;

/** Another engine has read nothing yet, and must not throw away the copies in use. */
export function filesForNewEngine() {
  drops = [];
  again.clear();
  if (heldData !== null) post({ kind: 'hold_data', fingerprint: heldData });
}

/** Whether there is anything that another engine could be given. */
export const hasGiven = () => kept.train.length + kept.predict.length > 0 || sampleSeed !== null;

/** Gives files to the engine. @param {Entry[]} entries @param {Purpose} purpose */
export function sendFiles(entries, purpose) {
  if (!entries.length) return;
  if ((purpose === 'train' && running()) || state.predicting) {
    state.error = { sentence: running() ? 'A run is under way, and it holds the data.' : 'Masks are being predicted.', next: 'Wait for the end or stop it, then drop the files again.', action: null };
    changed();
    return;
  }
  const runs = entries.filter(({ path }) => RUN_FILE.test(path));
  for (const { file } of runs) post({ kind: 'inspect_run', file });
  entries = entries.filter((entry) => !runs.includes(entry));
  if (!entries.length) return;
  for (const entry of entries) if (!isModel(entry.path)) kept[purpose].push(entry);
  if (purpose === 'train' && sampleSeed !== null && entries.some(({ path }) => !isModel(path))) sampleSeed = null;
  if (purpose === 'predict') predictedBands = bandsToPredict();
  state.reading = { purpose, done: 0, total: entries.length, path: '', cancelling: false };
  say(`Reading ${plural(entries.length, 'file')}.`);
  drops.push(entries);
  post({ kind: 'files', entries, purpose });
  changed();
}

/**
 * Of a drop that was cancelled only what was read is given to a later engine: the data would be others.
 * @param {Extract<FromWorker, { kind: 'read' }>} message
 */
export function readUpTo({ purpose, cancelled, handed, first }) {
  const drop = drops.shift();
  const left = new Set(drop?.filter((entry) => again.delete(entry)));
  if (!drop || !cancelled) return;
  if (left.size) calledOff = true;
  const unread = new Set(drop.slice(handed).filter((entry) => !left.has(entry)));
  kept[purpose] = kept[purpose].filter((entry) => !unread.has(entry));
  if (first !== undefined && handed > 0) drop[handed - 1].first = first;
}

/** The files in use are the copies kept of a data set: they must not be thrown away. @param {string | null} fingerprint */
export function holdData(fingerprint) {
  heldData = fingerprint;
  post({ kind: 'hold_data', fingerprint });
}

export function cancelFiles() {
  if (state.reading) state.reading.cancelling = true;
  post({ kind: 'cancel_files' });
  changed();
}

/** @param {number} seed */
export function sampleScenes(seed) {
  sampleSeed = seed;
  folders = [];
  byHand = [];
  kept.train = [];
  holdData(null);
  state.faults = state.faults.filter((fault) => fault.purpose !== 'train');
  state.sampling = true;
  send({ type: 'sample_scenes', seed });
  changed();
}

/** Forgets files of one purpose, here and in the engine. @param {Purpose} purpose */
export function clear(purpose) {
  kept[purpose] = [];
  if (purpose === 'train') {
    sampleSeed = null;
    folders = [];
    byHand = [];
    holdData(null);
  }
  // The engine drops its results with the images they came from.
  if (purpose === 'predict') state.results = [];
  state.faults = state.faults.filter((fault) => fault.purpose !== purpose);
  send({ type: 'clear', purpose });
}

/** The bands that people chose to be shown. @type {number[]} */
let shownBands = [];
/** Those that files are read with: those, or the network's; a new engine has to be told. @type {number[]} */
let chosenBands = [];
/** Whether they are the network's. */
let forNetwork = false;
/** Reading again was called off: not all files are read with these bands. */
let calledOff = false;
/** Files that are being read again: whatever becomes of it, the engine has them. @type {Set<Entry>} */
const again = new Set();
/** Those that the images to predict were read with. */
let predictedBands = '';

/** Chooses bands and reads all files again with them. @param {number[]} bands */
export function setBands(bands) {
  shownBands = bands;
  readBands(bands, false);
}

/** Lets what was called off be read again. */
export function readAgain() {
  if (!calledOff) return;
  calledOff = false;
  readBands(chosenBands, forNetwork);
}

/** The network's bands of before. @type {readonly number[]} */
let lastNetwork = [];

/** Reads all files again with the bands of a network, or, of one over the usual ones, with those that people chose. @param {readonly number[]} network */
export function readNetworkBands(network) {
  // A run that went on left its own; a network over the usual ones cannot see them.
  if (!network.length && lastNetwork.length && isStack(shownBands)) shownBands = [];
  lastNetwork = network;
  const bands = network.length ? [...network] : shownBands;
  const named = network.length > 0;
  if (bands.join() !== chosenBands.join()) readBands(bands, named);
  else if (named !== forNetwork) tellBands(bands, named);
}

/** @param {number[]} bands @param {boolean} network */
function tellBands(bands, network) {
  chosenBands = bands;
  forNetwork = network;
  send({ type: 'set_bands', bands, network });
}

/** @param {number[]} bands @param {boolean} network they are the network's */
function readBands(bands, network) {
  const { train, predict } = kept;
  calledOff = false;
  kept.train = [];
  tellBands(bands, network);
  for (const entry of train) again.add(entry);
  sendFiles(train, 'train');
  // A model that is there may see others, and what it has made of them stays.
  if (bandsToPredict() === predictedBands) return;
  kept.predict = [];
  state.results = [];
  sendFiles(predict, 'predict');
}

/** What the engine reads images to predict with: the model's bands; of a model over the usual ones those that people chose to be shown. */
function bandsToPredict() {
  const { model } = state;
  if (model?.bands.length) return bandsOf(model).join();
  if (!model) return chosenBands.join();
  return isStack(shownBands) ? '' : shownBands.join();
}

/** Whether so many bands are neither grey nor a picture. @param {readonly number[]} bands */
const isStack = (bands) => bands.length === 2 || bands.length > 3;

/** Reads the images to predict again, where the model that came sees other bands of them. */
export function followModel() {
  if (!kept.predict.length || bandsToPredict() === predictedBands) return;
  const files = kept.predict;
  clear('predict');
  sendFiles(files, 'predict');
}

/** The user's word on what folders hold; a new engine has to be told. @type {import('./types.js').FolderRoles[]} */
let folders = [];

/** Says what folders hold, from now on. @param {import('./types.js').FolderRoles[]} roles */
export function tellFolders(roles) {
  for (const { images, masks } of roles) {
    folders = [...folders.filter((known) => known.images !== images || known.masks !== masks), { images, masks }];
    send({ type: 'set_folder_roles', images, masks });
  }
}

/** All pairs that the user made, image and mask; a new engine has to be told. @type {[string, string][]} */
let byHand = [];

/** Makes these the pairs by hand; those of before that are not among them are taken apart. @param {[string, string][]} pairs */
export function pairByHand(pairs) {
  if (JSON.stringify(pairs) === JSON.stringify(byHand)) return;
  byHand = pairs;
  send({ type: 'pair_by_hand', pairs });
}

/** Bands for files that are read from now on. @param {number[]} bands */
export function nextBands(bands) {
  shownBands = bands;
  if (bands.join() !== chosenBands.join() || forNetwork) tellBands(bands, false);
}

/** Gives the files of before to the new engine. */
export function reload() {
  const { train, predict } = kept;
  kept.train = [];
  kept.predict = [];
  calledOff = false;
  if (shownBands.length) send({ type: 'set_bands', bands: shownBands, network: false });
  if (forNetwork) send({ type: 'set_bands', bands: chosenBands, network: true });
  if (sampleSeed === null) {
    tellFolders(folders);
    if (byHand.length) send({ type: 'pair_by_hand', pairs: byHand });
  }
  if (sampleSeed !== null) sampleScenes(sampleSeed);
  sendFiles(train, 'train');
  sendFiles(predict, 'predict');
}
