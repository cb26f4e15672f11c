// @ts-check
/**
 * Every sentence that words a code: what happened, and what to do next. Nothing else turns codes into words.
 */
import { IMAGE_FORMATS } from '../generated/constants.js';
import { baseName, bytes, count, oneOf, plural } from './format.js';

/**
 * @typedef {import('../core/types.js').Fault} Fault
 * @typedef {import('../core/types.js').FaultCode} FaultCode
 * @typedef {import('../core/types.js').FieldError} FieldError
 * @typedef {{ sentence: string, next: string }} Words
 */

/** @param {string | null | undefined} detail @param {string} [lead] */
const inBrackets = (detail, lead = '') => (detail ? ` (${lead}${detail})` : '');

/** Why a file could not be read at all, by the worker's detail. @param {string} detail @returns {Words} */
function unreadable(detail) {
  const [word, ...rest] = detail.split(' ');
  const numbers = rest.join(' ');
  switch (word) {
    case 'encrypted': return { sentence: 'is encrypted inside the zip', next: 'Unpack the zip with its password and drop the folder.' };
    case 'nested_zip': return { sentence: 'is a zip inside a zip', next: 'Unpack the inner zip and drop its folder.' };
    case 'zip_damaged': return { sentence: 'is damaged inside the zip, or the zip is cut off', next: 'Make the zip again, or drop the folder instead.' };
    case 'zip_method': return { sentence: `is packed with a method this page cannot unpack (method ${numbers})`, next: 'Zip it again with the usual method (deflate), or drop the folder.' };
    case 'zip_entries': return { sentence: `holds too many files (${numbers})`, next: 'The first ones were read. Drop the rest as a folder.' };
    case 'zip_total': return { sentence: `unpacks to ${numbers}`, next: 'The first files were read. Drop the rest as a folder.' };
    case 'NotFoundError': return { sentence: 'was moved or deleted before it could be read', next: 'Drop it again from where it is now.' };
    case 'NotReadableError': return { sentence: 'could not be read: it changed, its permission was withdrawn, or the drive is gone', next: 'Check that the file opens elsewhere, then drop it again.' };
    default: break;
  }
  if (/limit/.test(detail)) return { sentence: `is too large to read (${detail})`, next: 'Cut it into smaller images and drop those.' };
  return { sentence: `could not be read${inBrackets(detail)}`, next: 'Check that the file opens elsewhere, then drop it again.' };
}

/** Models that are not loaded here, by their kind. @type {Record<string, string>} */
const foreignModels = {
  onnx: 'is an ONNX file: a model for other programs, as QGIS’s Deepness and onnxruntime',
  pytorch: 'is a PyTorch file: a network that only its own program can load',
  tflite: 'is a TensorFlow Lite file: a model for phones and small devices',
  tensorflow: 'is a TensorFlow graph: a model for TensorFlow itself',
  keras: 'is a whole Keras model (.keras), which this page cannot read',
  numpy: 'holds weights as NumPy arrays, for Keras',
  zip: 'is a zip in spite of its name, most likely a PyTorch or a Keras 3 model',
};

/** Formats of map layers that are not read here. */
const OTHER_LAYER = /\.(gml|gpx|pbf|dxf|dwg|mif|tab|parquet|gdb)$/i;

/** @type {Record<FaultCode, (detail: string, file: string) => Words>} */
const faults = {
  empty_file: () => ({ sentence: 'is empty (0 bytes)', next: 'Copy the file again from where it came from.' }),
  unknown_format: (d, file) => OTHER_LAYER.test(file)
    ? { sentence: 'is a map layer in a format this page does not read', next: 'Export it as GeoPackage, GeoJSON or Shapefile (QGIS: right-click the layer, Export, Save Features As).' }
    : { sentence: `is not an image this page knows${inBrackets(d)}`, next: `Save it as ${oneOf(IMAGE_FORMATS)}.` },
  annotations: (d) => ({
    sentence: /^(COCO|CVAT|Label Studio|LabelMe|VIA)/.test(d) ? `holds ${d} without outlines to train on` : `holds ${d || 'annotations of a labelling tool'}, which this page does not read`,
    next: /boxes|VOC/.test(d) ? 'Boxes say where things are, not their shape, and make no masks. Draw or export outlines, or masks as PNG.' : 'In the labelling tool, export masks as PNG files named like their images, and drop those.',
  }),
  unsupported_format: (d) => ({ sentence: `is a kind of image this page cannot read${inBrackets(d)}`, next: 'Save it as an 8- or 16-bit PNG or TIFF.' }),
  corrupt: (d) => ({ sentence: `is damaged or cut off${inBrackets(d)}`, next: 'Copy or export the file again.' }),
  too_many_pixels: (d) => ({ sentence: `has too many pixels${inBrackets(d)}`, next: 'Cut it into smaller images and drop those.' }),
  file_too_large: (d) => ({ sentence: `is too large${inBrackets(d)}`, next: 'Cut it into smaller images and drop those.' }),
  out_of_memory: (d) => ({ sentence: `does not fit into memory${inBrackets(d)}`, next: 'Use fewer or smaller images.' }),
  unreadable,
  no_mask: () => ({ sentence: 'has no mask of the same name', next: 'Give its mask the same name in a masks/ folder, or the ending _mask.' }),
  partner_refused: (d) => ({ sentence: `is left out with its other half${inBrackets(d)}`, next: 'See what is said of that one; mended and dropped again, both come in.' }),
  no_image: () => ({ sentence: 'is a mask with no image of the same name', next: 'Drop its image too, with the same name.' }),
  ambiguous: (d) => ({ sentence: `claims the same place as ${d || 'another file'}`, next: 'Keep one of the two, or rename one.' }),
  other_form: (d) => ({ sentence: `is not used: its name is that of a pair already${inBrackets(d, 'used: ')}`, next: 'Nothing to do. To use this kind instead, leave the other kind out.' }),
  which_folder: (d) => ({ sentence: `Nobody knows which folder holds images and which masks${inBrackets(d)}`, next: 'Say it above.' }),
  object_masks: (d) => ({ sentence: `is one of several masks of one image${inBrackets(d)}`, next: 'Unite the masks of each image into one file of the image’s name.' }),
  task_names: (d) => ({ sentence: `is named after a task of a labelling tool, not after its image${inBrackets(d)}`, next: 'Pair them by hand, or rename the masks like their images. In the tool’s JSON export, each task has its image.' }),
  size_mismatch: (d) => ({ sentence: `has image and mask of different size${inBrackets(d)}`, next: 'Export both at the same size and drop them again.' }),
  missing_bands: (d) => ({ sentence: `has not the bands that are asked of it${inBrackets(d)}`, next: 'Name bands that all images have, or leave this one out. A model sees the bands it was trained on, in files that have them; only TIFF has more than three.' }),
  mask_number: (d) => ({ sentence: `has a mask with the number ${d || 'of no class'}`, next: 'Classes are whole numbers from 0 to 65,535. Declare that number as nodata, or give those pixels another.' }),
  too_many_classes: (d) => ({ sentence: `has a mask of too many classes${inBrackets(d)}`, next: 'In the legend beside the pairs give some of them one name, or untick them, or take those that are ticked.' }),
  other_place: (d) => ({ sentence: `has its mask at another place${inBrackets(d)}`, next: 'Export the mask for this image, or give both the right reference system.' }),
  other_grid: (d) => ({ sentence: `has its mask on another grid${inBrackets(d)}`, next: 'Warp the mask onto the image’s grid and reference system (QGIS: Raster, Projections, Warp) and drop it again.' }),
  vector_mask: (d) => ({
    sentence: `gives no mask${inBrackets(d)}`,
    next: /annotated at|that it names/.test(d) ? 'Drop it with its images, as they were annotated: of the same names and sizes.' : /image|place|system|\.prj/.test(d)
      ? 'Drop it with images of the same place that say where they lie: GeoTIFF, or PNG and JPEG with a world file and .prj.'
      : 'Mend it or export it again, as GeoPackage, GeoJSON or Shapefile with classes as whole numbers or names, and drop it again.',
  }),
  vector_part: (d) => ({ sentence: `is drawn, but not all of it as it stands${inBrackets(d)}`, next: 'Train on what is drawn, or mend the file and drop it again.' }),
  image_parts: (d) => ({ sentence: `is too large to be held whole: squares of it are trained on, the rest is not seen${inBrackets(d)}`, next: 'Where there are outlines, the squares lie among them. To train on other places, drop outlines of them, or cut them out.' }),
  no_pairs: () => ({ sentence: 'No image and mask belong together by name', next: 'Use the same name in images/ and masks/, or 12.png and 12_mask.png.' }),
  bad_legend: (d) => ({ sentence: `The legend cannot be used${inBrackets(d)}`, next: 'Tick or name colours so that there are from 2 to 64 classes.' }),
  not_finite: () => ({ sentence: 'The loss was no longer a number', next: 'Try again with a tenth of the learning rate.' }),
  nothing_to_train: () => ({ sentence: 'There is no pair to train on', next: 'Drop images with masks, or take excluded pairs in again.' }),
  run_foreign: () => ({ sentence: 'is not a saved run of this page', next: 'Use a .gmrun file that “Save run as a file” wrote.' }),
  run_newer: (d) => ({ sentence: `was saved by a newer version of this page${inBrackets(d)}`, next: 'Reload the page to get that version.' }),
  run_other_version: (d) => ({ sentence: `was saved by another version of this page, which this one cannot read${inBrackets(d)}`, next: 'Reload the page without its cache (Shift + reload); else use the version that saved it.' }),
  run_truncated: (d) => ({ sentence: `is cut off${inBrackets(d)}`, next: 'Copy the file again from where it came from.' }),
  run_corrupt: (d) => ({ sentence: `cannot be used as a saved run${inBrackets(d)}`, next: 'Copy the file again from where it came from, or use an earlier one.' }),
  run_other_data: (d) => ({ sentence: `The saved run was trained on other images${inBrackets(d)}`, next: 'Drop the same images and masks again.' }),
  save_failed: (d) => ({ sentence: `The run could not be saved${inBrackets(d)}`, next: 'Training goes on. Save it as a file.' }),
  no_such_image: () => ({ sentence: 'cannot be labelled: no image of this name is here', next: 'Drop the image first.' }),
  outside_image: (d) => ({ sentence: `has no such place${inBrackets(d)}`, next: 'Nothing was changed. Reload the page if it stays.' }),
  view_too_large: (d) => ({ sentence: `is more than is predicted in one go${inBrackets(d)}`, next: 'Zoom in.' }),
  no_model: () => ({ sentence: 'There is no model yet', next: 'Train one, or load a .safetensors file saved here or Keras weights of the classic networks (.h5).' }),
  no_inputs: () => ({ sentence: 'There is no image to predict', next: 'Drop images here, or use the validation pairs.' }),
  not_one_map: (d) => ({ sentence: `The images cannot be predicted as one map${inBrackets(d)}`, next: 'Take the choice “As one map” back: each image is predicted by itself then.' }),
  model_corrupt: (d) => ({ sentence: `is not a complete model file${inBrackets(d)}`, next: 'The model in use is unchanged. Use a .safetensors file saved by this page, or .h5 weights saved by Keras.' }),
  model_mismatch: (d) => ({ sentence: `holds no network this page can use${inBrackets(d)}`, next: 'The model in use is unchanged. Use a .safetensors file saved by this page, or .h5 weights of the classic networks.' }),
  foreign_model: (d) => ({
    sentence: foreignModels[d] ?? 'is a model for other programs',
    next: 'The model in use is unchanged. Groundmask loads the .safetensors that it saves, and Keras weights (.h5) of the networks it has. To load a model again, save it as “Groundmask (.safetensors)”; a saved run is a .gmrun.',
  }),
  cannot_continue: (d) => ({ sentence: `Training cannot go on from the model${inBrackets(d)}`, next: 'Start with fresh weights, or give the legend under Data the classes of the model.' }),
  no_such_result: () => ({ sentence: 'That result is no longer there', next: 'Predict again.' }),
  encode_failed: (d) => ({ sentence: `could not be written as a file${inBrackets(d)}`, next: 'Try again; if it stays, predict again first.' }),
  no_webgpu: () => ({ sentence: 'WebGPU was asked for, and this browser has none to give', next: 'Choose CPU in the device panel, or use a current Chrome, Edge, Firefox or Safari.' }),
  self_test_failed: (d) => ({ sentence: `The GPU gave wrong numbers in the self-test${inBrackets(d)}`, next: 'It is not used. Update the graphics driver, or go on with the CPU.' }),
  device_error: (d) => ({ sentence: `The device failed${inBrackets(d)}`, next: 'Try smaller tiles or a smaller batch, or choose CPU in the device panel.' }),
  busy: () => ({ sentence: 'That has to wait until the work under way is done', next: 'Stop it first, or wait for its end.' }),
  not_running: () => ({ sentence: 'Nothing is running', next: 'Press Start.' }),
  bad_command: (d) => ({ sentence: `The page asked for something the engine does not know${inBrackets(d)}`, next: 'Reload the page.' }),
};

/** What is said of a file that is used, though not all of it. @param {{ code: string }} fault */
export const isUsedInPart = ({ code }) => code === 'image_parts' || code === 'vector_part';

/** A fault as file, sentence and next step. @param {Fault} fault @returns {Words & { file: string | null }} */
export function faultWords(fault) {
  const words = (faults[fault.code] ?? (() => ({ sentence: `failed (${fault.code})`, next: 'Reload the page and try again.' })))(fault.detail ?? '', fault.file ?? '');
  const file = fault.file ?? null;
  if (file) return { ...words, file };
  const sentence = words.sentence[0].toUpperCase() + words.sentence.slice(1);
  return { sentence: /^(Is|Has|Claims|Could|Holds|Does|Was)\b/.test(sentence) ? `A file ${words.sentence}` : sentence, next: words.next, file };
}

/** Between a file's name and what is said of it. @param {string} sentence */
export const joint = (sentence) => (/^\p{Lu}/u.test(sentence) ? ': ' : ' ');

/** A fault in one line. @param {Fault} fault */
export function faultLine(fault) {
  const { file, sentence, next } = faultWords(fault);
  return `${file ? `${baseName(file)}${joint(sentence)}` : ''}${sentence}. ${next}`;
}

/** What a network sees of an image. @param {readonly number[]} bands @param {'rgb' | 'grey'} channels */
export const seenWords = (bands, channels) => (bands.length ? `band${bands.length > 1 ? 's' : ''} ${numbersInRuns(bands)}` : channels === 'rgb' ? 'RGB' : 'grey');

/** `1-4, 8`: runs of three and more in one. @param {readonly number[]} numbers */
export function numbersInRuns(numbers) {
  const words = [];
  for (let at = 0; at < numbers.length; ) {
    let to = at;
    while (numbers[to + 1] === numbers[to] + 1) to += 1;
    if (to - at < 2) to = at;
    words.push(to > at ? `${numbers[at]}-${numbers[to]}` : String(numbers[at]));
    at = to + 1;
  }
  return words.join(', ');
}

/** A message at a field. @param {FieldError} error */
export function fieldErrorLine(error) {
  const { min, max, value, detail } = error;
  switch (error.code) {
    case 'not_a_number': return 'This is not a number. Type digits, with a point for decimals.';
    case 'not_whole': return 'Only whole numbers work here.';
    case 'out_of_range':
      if (min != null && max != null) return `Use a number from ${min} to ${max}.`;
      if (min != null) return `Use ${min} or more.`;
      return max != null ? `Use ${max} or less.` : 'This number is out of range.';
    case 'not_a_multiple': return `Use a multiple of ${value ?? detail ?? 'the tile step'}${min != null && max != null ? `, from ${min} to ${max}` : ''}.`;
    case 'unknown_name': return `No pair is called “${detail ?? ''}”. Use image file names as shown under Data.`;
    case 'wrong_count': return `Give ${value ?? 'one'} numbers, one for each class (background first), or none.`;
    case 'no_places': return 'No image name holds the numbers of a tile (as in 12-34 or r3_c5). Divide at random, or name the files.';
    case 'not_in_classic': return error.field === 'bands' ? 'Classic sees grey alone. Leave this empty, or choose random crops.' : 'Classic knows foreground and background only. Choose 0, or random crops.';
    case 'name_taken': return 'The labels have a class of the name “boundary” already. Rename it under Data, or choose 0.';
    case 'too_many_bands': return `A network sees ${value ?? 16} bands at most.`;
    case 'same_band': return `Band ${value} is there twice. Name each once.`;
    case 'missing_bands': return `${detail ?? 'An image'} has not all of them (it has ${value ?? 'fewer'}; only TIFF has a choice). Name others, or leave that image out under Data.`;
    case 'other_bands': return `The images are read with ${detail ? `bands ${detail}` : 'other bands'}. They are read again as soon as nothing else is under way.`;
    case 'needs_binary_masks': return 'Classic knows foreground and background only. Choose random crops, or another mask rule under Data.';
    case 'does_not_fit': return `Will not fit into this device’s memory: ${value ? `try width ${value}, ` : 'try '}a smaller tile or a smaller batch.`;
    case 'no_training_pairs': return 'No pair is left for training. Hold back fewer, or add pairs.';
    default: return 'This value cannot be used.';
  }
}

/**
 * What has to be known of a model file's format before it is saved; empty where there is nothing.
 * @param {string} format
 * @param {import('../core/types.js').ModelInfo | null | undefined} model
 */
export function formatHelp(format, model) {
  if (format === 'onnx') return 'For onnxruntime and programs built on it. QGIS’s Deepness does not load files of any size: take “ONNX for QGIS Deepness” for it.';
  if (format !== 'onnx_qgis') return '';
  if (model?.map_pixel_m) return `Fixed tiles of ${model.tile_px} pixels, ${(model.map_pixel_m * 100).toFixed(1)} cm of the map a pixel: use it on layers whose reference system has the same units.`;
  if (model?.pixel_m) return `Fixed tiles of ${model.tile_px} pixels. The images lay in degrees or feet, which Deepness does not take: the file names no resolution. Set it in Deepness, on a layer in metres.`;
  return `Fixed tiles of ${model?.tile_px ?? 256} pixels. Where the training images lay is not known: the file names the resolution of the first placed image here, or none. Check it in Deepness.`;
}

/** Why this device was taken. @type {Record<NonNullable<import('../core/types.js').DeviceInfo['reason']>, Words>} */
export const deviceReason = {
  no_webgpu: { sentence: 'This browser offers no WebGPU, so the CPU is used.', next: 'For GPU speed use a current Chrome, Edge, Firefox or Safari.' },
  no_adapter: { sentence: 'The browser found no GPU it may use, so the CPU is used.', next: 'Update the graphics driver, or turn on hardware acceleration in the browser’s settings.' },
  software_adapter: { sentence: 'The only WebGPU adapter here is a software one; the CPU is faster, so it is used.', next: 'On a machine with a GPU, turn on hardware acceleration in the browser’s settings.' },
  missing_timestamp_query: { sentence: 'This GPU lacks “timestamp-query”, which training needs, so the CPU is used.', next: 'A newer browser or driver may offer it.' },
  self_test_failed: { sentence: 'The GPU gave wrong numbers in the self-test, so the CPU is used.', next: 'Update the graphics driver and reload.' },
  insecure_context: { sentence: 'The page came over plain http, where browsers switch WebGPU off, so the CPU is used.', next: 'Open it over https or from localhost.' },
  asked_for_cpu: { sentence: 'The CPU was chosen here.', next: 'Choose “Automatic” to use the GPU where there is one.' },
};

/** What a retry would change, as the words of its button. @type {Record<import('../core/types.js').Advice, string>} */
export const retryWords = {
  lower_rate: 'Retry with a tenth of the learning rate',
  batch_norm: 'Retry with batch normalisation',
  balance: 'Retry with Dice and foreground weight',
};

/** @param {import('../core/types.js').RunEnd} end */
function adviceLine(end) {
  switch (end.retry?.advice) {
    case 'lower_rate': return 'A tenth of the learning rate, with gradients clipped, is the usual cure.';
    case 'batch_norm': return 'Batch normalisation keeps the head of the network alive.';
    case 'balance': return 'Dice and a foreground weight keep rare foreground from being ignored.';
    default: return '';
  }
}

/** @param {{ step: number, tries: number }} event */
export const mendedLine = ({ step, tries }) => `${step === 0 ? 'These first weights gave one grey for every image' : `At step ${count(step)} the output had become one grey for every image`}: fresh weights were drawn${tries > 1 ? ` (${tries} times)` : ''}, and it learns.`;

/** How a run ended. @param {import('../core/types.js').RunEnd} end @param {boolean} [continued] it had begun with the weights of a model */
export function endLine(end, continued = false) {
  const kept = end.best_step <= 0 ? '' : end.best_step === end.steps ? ' Its last weights are the model.' : ` The model has the weights of step ${count(end.best_step)}, the best of them.`;
  // Without a step there is nothing of this run to keep.
  const sound = continued && end.steps > 0 ? ' The weights it began with are kept.' : '';
  switch (end.reason) {
    case 'finished': return `Finished after ${plural(end.steps, 'step')}.${kept}`;
    case 'stopped': return `Stopped at step ${count(end.steps)}.${kept}`;
    case 'early_stopped': return `Stopped at step ${count(end.steps)}: validation had not improved for as long as was allowed.${kept}`;
    case 'not_finite': return `Stopped at step ${count(end.steps)}: the loss or a weight was no longer a number.${kept || sound} ${adviceLine(end)}`;
    case 'diverged': return `Stopped at step ${count(end.steps)}: the loss climbed and did not come back.${kept || sound} ${adviceLine(end)}`;
    case 'dead_output': return `Stopped at step ${count(end.steps)}: the output no longer depends on the image, and fresh weights did not help.${kept || sound} ${adviceLine(end)}`;
    case 'constant': return `Stopped at step ${count(end.steps)}: every pixel gets the same answer, check after check.${kept || sound} ${adviceLine(end)}`;
    case 'device_failed': return `The device failed at step ${count(end.steps)}.${kept} Try smaller tiles or a smaller batch, or choose CPU.`;
    default: return `Ended at step ${count(end.steps)}.${kept}`;
  }
}

/** What goes on in a run. @param {import('../core/store.js').Run} run @param {boolean} software */
export function runLine(run, software) {
  if (run.end) return endLine(run.end, run.continued);
  if (run.asked === 'pause') return 'Pausing after the step under way …';
  if (run.asked === 'stop') return 'Stopping after the step under way …';
  const best = run.validations.findLast((v) => v.best || v.best_step > 0);
  const bestWords = best ? ` Best so far at step ${count(best.best_step)}.` : '';
  switch (run.phase) {
    case 'compiling': return software
      ? 'Compiling shaders for the first step. On a software adapter this can take minutes; later steps are faster.'
      : 'Compiling shaders and filling buffers for the first step. This happens once.';
    case 'training': return `Training on ${plural(run.trainPairs, 'pair')}.${bestWords}${run.validations.length ? '' : ' The first validation comes soon.'}`;
    case 'validating': return `Measuring on ${run.heldBackPart ? 'the part held back' : run.validationPairs.length ? plural(run.validationPairs.length, 'image') : 'the training images'}.${bestWords}`;
    case 'paused': return `Paused.${bestWords}`;
    default: return 'Working.';
  }
}

/** Why the wasm is not there. @param {import('../core/types.js').LoadReason} reason @param {string} detail @returns {Words} */
export function loadWords(reason, detail) {
  switch (reason) {
    case 'network': return { sentence: 'The engine could not be downloaded: the connection broke.', next: 'Check the network, then retry.' };
    case 'missing': return { sentence: `The engine is missing on the server (status ${detail}).`, next: 'Build it with “cargo xtask build”, then retry.' };
    case 'not_wasm': return { sentence: `The server sent something else than the engine (${detail}).`, next: 'A proxy or an ad-blocker may have replaced it. Retry, or allow this page.' };
    case 'damaged': return { sentence: 'The engine arrived damaged or does not run in this browser.', next: `Retry; if it stays, use a current browser. ${detail}` };
    case 'script': return { sentence: 'A part of the page is missing, or parts of two versions were mixed.', next: 'Reload the page without its cache (Shift + reload).' };
    case 'updated': return { sentence: 'Groundmask was updated meanwhile, and this page is of the version before.', next: 'Reload the page; a run that was saved can go on.' };
    case 'no_wasm': return { sentence: 'WebAssembly is switched off in this browser, and the engine is made of it.', next: 'Allow it for this page (Safari: leave Lockdown Mode for it; Firefox: javascript.options.wasm; Chrome and Edge: the site’s security settings), then retry; or use another browser.' };
    case 'no_simd': return { sentence: 'This browser’s WebAssembly lacks the SIMD instructions that the engine is built with.', next: 'Use a current Chrome, Edge, Firefox or Safari, on a processor with SSE 4.1 or NEON.' };
    case 'no_worker': return { sentence: 'This browser starts no workers for this page, and the engine runs in one.', next: 'An extension or a setting may forbid them: allow them, then retry; or use another browser.' };
    default: return { sentence: `The engine’s worker could not be started${detail ? ` (${lastLine(detail)})` : ''}.`, next: 'Retry; if it stays, an extension may be blocking it, or the browser is too old for module workers.' };
  }
}

/**
 * What the page waits for at its start.
 * @param {'download' | 'compile' | 'device'} stage
 * @param {{ loaded: number, total: number | null }} loading
 * @param {boolean} cpu the device is the CPU
 * @returns {Words}
 */
export function patienceWords(stage, { loaded, total }, cpu) {
  switch (stage) {
    case 'download': return { sentence: loaded ? `The download of the engine stands still at ${bytes(loaded)}${total ? ` of ${bytes(total)}` : ''}.` : 'Nothing of the engine has arrived yet.', next: 'On a slow line this takes longer. Check the network, or start anew.' };
    case 'compile': return { sentence: 'The engine is here, and the browser has been preparing it for over a minute.', next: 'On a busy computer this takes longer. Wait, or start anew.' };
    default: return cpu ? { sentence: 'The device has been tested for over a minute.', next: 'On a busy computer this takes longer. Wait, or start anew.' }
      : { sentence: 'The GPU has been tested for over a minute and has not answered.', next: 'A busy or a slow one takes longer. Wait, or use the CPU.' };
  }
}

/**
 * How an engine ends that says nothing itself, by what its link reports.
 * @type {Map<string, string>}
 */
const silentEnds = new Map([
  ['gone', 'the browser ended it'],
  ['silent', 'it no longer answers'],
  ['unstarted', 'it does not begin within a minute'],
  ['stalled', 'it stands still while it is loading'],
]);

/** Whether an engine ended without a word, and not by an error of its own. @param {string} detail */
export const endedSilently = (detail) => silentEnds.has(detail);

/** The last line of an error, where its cause is. @param {string} detail */
const lastLine = (detail) => detail.split('\n').reverse().find(Boolean)?.slice(0, 160) ?? '';

/** The engine is gone. @param {string} detail @returns {Words} */
export function deathWords(detail) {
  if (detail === 'unstarted') return { sentence: 'The engine did not start within a minute.', next: 'A new one is being started. Load the data again.' };
  if (detail === 'stalled') return { sentence: 'The engine stood still while it was loading.', next: 'A new one is being started. Load the data again.' };
  if (endedSilently(detail)) return { sentence: 'The engine was ended by the browser, most likely for lack of memory.', next: 'A new one is ready. Load the data again, and use smaller tiles or fewer images.' };
  return { sentence: `The engine stopped on an internal error (${detail.split('\n')[0].slice(0, 200)}).`, next: 'A new one is ready; the model and the run are gone, your files are not.' };
}

/**
 * The engine was lost under a run.
 * @param {import('../core/session.js').Death} death
 * @param {number} step where it goes on, 0 for the start
 * @param {{ batch?: number, from?: number, onCpu?: boolean, instead?: 'waiting' | 'memory' | 'often' }} how `batch` instead of `from`; `onCpu`: the
 *   GPU did not come back; `instead`: it does not go on (yet)
 * @returns {Words}
 */
export function lossWords(death, step, { batch, from, onCpu, instead }) {
  const sentence = {
    gpu: 'The GPU was reset or stopped answering.',
    memory: 'Memory ran out.',
    ended: 'The engine was ended by the browser.',
    panic: `The engine stopped on an internal error (${lastLine(death.detail)}).`,
  }[death.cause];
  if (instead === 'waiting') return { sentence, next: 'A new engine is being started; the run goes on in it.' };
  const by = step ? `Load the data again and resume from step ${count(step)}` : 'Load the data again and start anew';
  if (instead === 'memory') return { sentence: 'Memory ran out again.', next: `${by}, with smaller tiles, a smaller batch or fewer images.` };
  if (instead === 'often') return { sentence: `${sentence} That was the fourth time in five minutes, so it does not go on by itself.`, next: `${by}, with smaller tiles or on the CPU.` };
  const where = step ? `The run ${death.paused ? 'is back at' : 'goes on from'} step ${count(step)}` : 'The run begins again, because nothing of it was saved yet';
  const how = [
    batch ? `, with ${batch} ${batch === 1 ? 'tile' : 'tiles'} a step instead of ${from}` : '',
    onCpu ? ', on the CPU, because the GPU did not come back' : '',
    death.paused ? '; it is paused, as it was' : '',
  ];
  return { sentence, next: `${where}${how.join('')}.` };
}

/** A GPU that was asked for by name is gone. @returns {Words} */
export const gpuGoneWords = () => ({ sentence: 'The GPU did not come back.', next: 'The run is kept as far as it was saved. Choose another device in the device panel, or reload the page, then resume it.' });

/** The storage cannot be opened any more, though a run lies in it. @param {number} step @returns {Words} */
export const lockedOutWords = (step) => ({ sentence: 'The browser’s storage could not be opened again.', next: `The run is kept in it up to step ${count(step)}: reload the page to resume it.` });

/** Engines end while they start. @param {string} detail @param {boolean} cpu even on the CPU @returns {Words} */
export function fruitlessWords(detail, cpu) {
  const why = silentEnds.get(detail) ?? lastLine(detail);
  return cpu ? { sentence: `The engine stops each time it is started (${why}).`, next: 'Reload the page; if it stays, use a current browser.' }
    : { sentence: `The engine stopped three times while the GPU was being brought up (${why}).`, next: 'It is started on the CPU. The device panel takes the GPU again.' };
}

/** How far a saved run came. @param {import('../core/types.js').SavedRun} saved */
export function progressWords({ step, steps_total, ended }) {
  if (step >= steps_total) return 'finished';
  const at = `step ${count(step)} of ${count(steps_total)}`;
  return ended === 'stopped' ? `stopped at ${at}` : ended ? `ended early at ${at}` : at;
}

/** The engine was lost before anything was saved, and with it what was dropped. @returns {Words} */
export const missingWords = () => ({ sentence: 'The images can no longer be read, so the run cannot begin again.', next: 'They were changed or moved since they were dropped. Drop them again, then press Start.' });

/** What lies in the storage cannot be read, though it is not damaged: nothing is written over it. @param {Fault} fault @returns {Words} */
export const unreadableWords = (fault) => ({ sentence: faultLine({ ...fault, file: 'A run kept in this browser', detail: undefined }), next: 'It stays as it is; runs of this page are held by the page alone. Save them as files before closing it.' });

/** The storage became this tab's while it has a run and another run lies there. @param {import('../core/types.js').SavedRun} other @param {boolean} inherited another tab had it @returns {Words} */
export const inheritedWords = (other, inherited) => ({
  sentence: inherited ? 'The other tab is closed, and its run is kept in this browser.' : 'Another run is kept in this browser.',
  next: `That run: ${progressWords(other)}. The run here is held by this page alone, unless you choose “Keep it in this browser”; the other one then goes into the list of runs.`,
});

/** A saved run whose data are not here. @param {string} which @param {boolean} [none] there are no data at all @returns {Words} */
export function otherDataWords(which, none = false) {
  return {
    sentence: none ? 'The run goes on as soon as its images are here.' : 'These are not the images of the saved run.',
    next: `Drop the same images and masks again (${which}).`,
  };
}

/** Saving does not go to disk. @param {string} why @returns {Words} */
export function troubleWords(why) {
  if (why === 'no_storage') return { sentence: 'This browser offers no private storage, as in some private windows.', next: 'Training goes on, and this page alone holds the run: save it as a file before closing it.' };
  if (/no space|quota/i.test(why)) return { sentence: 'The browser’s storage is full: the run is no longer saved on disk.', next: 'Training goes on, and this page holds the last state. Delete runs in the list for good, or save this one as a file before closing the page.' };
  if (/finite/i.test(why)) return { sentence: 'The weights are no longer numbers, so they are not saved.', next: 'The last good state is kept.' };
  return { sentence: `The run could not be saved on disk (${why.slice(0, 160)}).`, next: 'Training goes on. Save the run as a file before closing the page.' };
}

/** Painted labels do not go to disk. @param {string} why @returns {Words} */
export function labelTroubleWords(why) {
  return {
    sentence: /no space|quota/i.test(why) ? 'The browser’s storage is full: labels painted from now on are not kept in it.' : `Labels painted from now on are not kept in this browser (${why.slice(0, 160)}).`,
    next: 'They stay as long as this page is open. Take them home as a file in the label editor before closing it.',
  };
}

/** What the classic preset is good for. @param {string} time of a run on these data, empty if that is not known */
export const classicLine = (time) => `The original network, for comparison: top-left 512 px, grey${time ? `, about ${time} here` : ''}.`;

/** The classic pipeline, step by step. */
export const classicSteps = [
  'Crop: the top-left 512 × 512 pixels of each image and label; what is missing is filled with black.',
  'Grey: image pixels become one brightness value (ITU-R 601).',
  'Label: every pixel that is not exactly opaque black is foreground.',
  'Resize: nearest neighbour to 256 × 256.',
  'Augmentation: tiny rotations, shifts, shear, zoom and flips.',
  'Network: unetNorm, 64 filters at the first level, 31 million parameters.',
  'Training: binary cross-entropy, Adam at 0.0001, batches of 2, 50 steps an epoch.',
  'Kept: the weights with the lowest training loss; predictions as 16-bit <name>_predict.png.',
];
