// @ts-check
/**
 * Numbers, names and the rows of the settings that engine and page must agree on.
 *
 * Written by `cargo xtask generate` (and every build) from src/values/; a test says when it is stale. Do not edit.
 */

/** Version of the protocol. */
export const PROTOCOL_VERSION = 7;

/** Largest file read whole, bytes. */
export const MAX_FILE_BYTES = 536870912;

/** Most entries taken from one zip. */
export const MAX_ZIP_ENTRIES = 20000;

/** Most bytes one zip may unpack to. */
export const MAX_ZIP_BYTES = 2147483648;

/** Classes at most. */
export const MAX_CLASSES = 64;

/** Bands of an image that a network sees at most. */
export const MAX_BANDS = 16;

/** Label of a pixel that is not labelled. */
export const UNLABELLED = 255;

/** In a patch of labels: the pixel keeps its label. */
export const UNTOUCHED = 254;

/** Side of what is predicted at most for a look at it, pixels. */
export const MAX_VIEW_PX = 1024;

/** Where probabilities are cut if nothing chose that. */
export const EVEN_ODDS = 0.5;

/** Outlines of fewer pixels are left out unless other is asked for. */
export const USUAL_SMALLEST_PX = 16;

/** Validations that a run tells of. */
export const MAX_VALIDATIONS = 4000;

/** Fewer usable pairs than this cannot be divided sensibly. */
export const FEW_PAIRS = 4;

/** Endings of images: no part of a picture's name. */
export const IMAGE_ENDINGS = ['png', 'apng', 'jpg', 'jpeg', 'jpe', 'jfif', 'webp', 'tif', 'tiff', 'gtiff', 'geotiff', 'bmp', 'dib', 'gif'];

/** Endings of outlines: no part of a picture's name. */
export const OUTLINE_ENDINGS = ['geojson', 'json', 'shp', 'gpkg', 'fgb', 'kml', 'osm'];

/** Image formats that are read, as people call them. */
export const IMAGE_FORMATS = ['PNG', 'JPEG', 'WebP', 'TIFF', 'BMP', 'GIF'];

/** In the order in which they are offered. */
export const PRESETS = /** @type {const} */ (['fast', 'balanced', 'seed']);

/**
 * A setting's row; its label and help are the page's own.
 * @typedef {object} Row
 * @property {Exclude<keyof import('../../pkg/groundmask.js').TrainConfig, 'preset'>} name
 * @property {'number' | 'whole' | 'choice' | 'names' | 'numbers' | 'word'} kind
 * @property {'name' | 'main' | 'augment' | 'network' | 'tiles' | 'length' | 'learning' | 'validation'} group
 * @property {number} [min]
 * @property {number} [max]
 * @property {number} [step] what its slider moves by
 * @property {readonly string[]} [options] the words it may be, in the order in which they are offered
 */

/** Every setting but the preset, in the order of the form. @type {readonly Row[]} */
export const FIELDS = [
  { name: 'class_name', kind: 'word', group: 'name' },
  { name: 'epochs', kind: 'whole', group: 'main', min: 1, max: 100000 },
  { name: 'augmentation', kind: 'choice', group: 'main', options: ['off', 'flips', 'seed', 'strong', 'own'] },
  { name: 'val_share', kind: 'number', group: 'main', min: 0, max: 0.9 },
  { name: 'turn_deg', kind: 'number', group: 'augment', min: 0, max: 180, step: 1 },
  { name: 'shift_share', kind: 'number', group: 'augment', min: 0, max: 0.5, step: 0.01 },
  { name: 'zoom_share', kind: 'number', group: 'augment', min: 0, max: 1, step: 0.01 },
  { name: 'shear_deg', kind: 'number', group: 'augment', min: 0, max: 45, step: 1 },
  { name: 'brightness', kind: 'number', group: 'augment', min: 0, max: 0.5, step: 0.01 },
  { name: 'contrast', kind: 'number', group: 'augment', min: 0, max: 0.9, step: 0.01 },
  { name: 'poses', kind: 'choice', group: 'augment', options: ['one', 'mirrored', 'eight'] },
  { name: 'architecture', kind: 'choice', group: 'network', options: ['unet_norm', 'unet', 'unet_small'] },
  { name: 'base', kind: 'whole', group: 'network', min: 4, max: 64, step: 4 },
  { name: 'depth', kind: 'whole', group: 'network', min: 2, max: 5 },
  { name: 'head', kind: 'choice', group: 'network', options: ['direct', 'two_channels'] },
  { name: 'channels', kind: 'choice', group: 'network', options: ['rgb', 'grey'] },
  { name: 'bands', kind: 'numbers', group: 'network', min: 1, max: 64 },
  { name: 'tile_px', kind: 'whole', group: 'tiles', min: 32, max: 1024 },
  { name: 'sampling', kind: 'choice', group: 'tiles', options: ['crop', 'resize', 'seed'] },
  { name: 'batch', kind: 'whole', group: 'tiles', min: 1, max: 64 },
  { name: 'steps_per_epoch', kind: 'whole', group: 'length', min: 0, max: 1000000 },
  { name: 'steps', kind: 'whole', group: 'length', min: 0, max: 10000000 },
  { name: 'lr', kind: 'number', group: 'learning', min: 0.00000001, max: 1 },
  { name: 'schedule', kind: 'choice', group: 'learning', options: ['one_cycle', 'cosine', 'constant', 'plateau'] },
  { name: 'warmup_steps', kind: 'whole', group: 'learning', min: 0, max: 1000000 },
  { name: 'clip_norm', kind: 'number', group: 'learning', min: 0, max: 1000000 },
  { name: 'loss', kind: 'choice', group: 'learning', options: ['bce_dice', 'bce'] },
  { name: 'label_smoothing', kind: 'number', group: 'learning', min: 0, max: 0.2 },
  { name: 'foreground_weight', kind: 'choice', group: 'learning', options: ['several', 'auto', 'off'] },
  { name: 'class_weights', kind: 'numbers', group: 'learning', min: 0.001, max: 1000 },
  { name: 'boundary_px', kind: 'whole', group: 'learning', min: 0, max: 20, step: 2 },
  { name: 'objects_by', kind: 'choice', group: 'learning', options: ['outlines', 'values'] },
  { name: 'dropout', kind: 'number', group: 'learning', min: 0, max: 0.9 },
  { name: 'norm_statistics', kind: 'choice', group: 'learning', options: ['adaptive', 'keras'] },
  { name: 'val_by', kind: 'choice', group: 'validation', options: ['share', 'place'] },
  { name: 'val_names', kind: 'names', group: 'validation' },
  { name: 'validate_every', kind: 'whole', group: 'validation', min: 0, max: 1000000 },
  { name: 'keep_best', kind: 'choice', group: 'validation', options: ['validation_iou', 'training_loss'] },
  { name: 'patience', kind: 'whole', group: 'validation', min: 0, max: 10000 },
  { name: 'calibration', kind: 'choice', group: 'validation', options: ['logistic', 'off'] },
  { name: 'seed', kind: 'whole', group: 'validation', min: 0, max: 4294967295 },
];
