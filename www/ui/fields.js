// @ts-check
/**
 * The settings as data: label, one sentence, kind, choices. Limits are Rust's; here only what a slider needs.
 */

/**
 * @typedef {keyof import('../core/types.js').TrainConfig} FieldName
 * @typedef {object} Field
 * @property {FieldName} name
 * @property {string} label
 * @property {string} help one sentence
 * @property {'number' | 'whole' | 'choice' | 'names' | 'numbers' | 'word'} kind
 * @property {import('./help-strings.js').TermName} [term] the word of the label that the help explains
 * @property {[string, string][]} [options] value and words
 */

/** Lengths the epochs slider stops at; any other number can be typed. */
export const EPOCH_STOPS = [1, 2, 3, 5, 8, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 5000];

/** What the foreground is called; its markup stands in index.html. @type {Field} */
export const nameField = { name: 'class_name', label: 'The masks show', help: '', kind: 'word' };

/** @type {Field[]} */
export const mainFields = [
  { name: 'epochs', label: 'Epochs', help: 'How often training goes over the data.', kind: 'whole', term: 'epoch' },
  { name: 'augmentation', label: 'Augmentation', help: 'Turned, shifted and relit copies stretch a small data set.', kind: 'choice', options: [['off', 'Off'], ['seed', 'Classic'], ['strong', 'Strong'], ['own', 'Own']] },
  { name: 'val_share', label: 'Validation share', help: 'Pairs never trained on, to measure honestly.', kind: 'number', term: 'validation' },
];

/**
 * One's own augmentation, beside the tiles that show it. `most`: where the slider ends; `words`: a value for people.
 * @typedef {Field & { most?: number, step?: number, words?: (value: number) => string }} AugmentField
 * @type {AugmentField[]}
 */
export const augmentFields = [
  { name: 'turn_deg', label: 'Turn', help: 'Largest turn, either way.', kind: 'number', most: 180, step: 1, words: degrees },
  { name: 'shift_share', label: 'Shift', help: 'Largest shift along each axis, of the tile’s side.', kind: 'number', most: 0.5, step: 0.01, words: share },
  { name: 'zoom_share', label: 'Zoom', help: 'Most that things grow or shrink.', kind: 'number', most: 1, step: 0.01, words: share },
  { name: 'shear_deg', label: 'Shear', help: 'Largest lean of upright lines, either way.', kind: 'number', most: 45, step: 1, words: degrees },
  { name: 'brightness', label: 'Brightness', help: 'Most that the light rises or falls.', kind: 'number', most: 0.5, step: 0.01, words: share },
  { name: 'contrast', label: 'Contrast', help: 'Most that differences of light grow or shrink.', kind: 'number', most: 0.9, step: 0.01, words: share },
  { name: 'poses', label: 'Poses', help: 'Ground seen from above has no upper side: all eight fit most maps.', kind: 'choice', options: [['one', 'As it lies'], ['mirrored', 'Mirrored too'], ['eight', 'All eight']], term: 'pose' },
];

/** @param {number} value */
function degrees(value) {
  return `± ${Number(value.toPrecision(3))}°`;
}

/** @param {number} value */
function share(value) {
  return `± ${Number((value * 100).toPrecision(3))} %`;
}

/** @type {{ title: string, fields: Field[] }[]} */
export const advancedGroups = [
  { title: 'Network', fields: [
    { name: 'architecture', label: 'Architecture', help: 'U-Net with batch norm learns most reliably; the small one has only two poolings.', kind: 'choice', options: [['unet_norm', 'U-Net, batch norm'], ['unet', 'U-Net'], ['unet_small', 'Small U-Net']] },
    { name: 'base', label: 'Filters', help: 'Filters of the first level; twice as many cost four times the time.', kind: 'whole' },
    { name: 'depth', label: 'Depth', help: 'Number of poolings; more see further around each pixel.', kind: 'whole' },
    { name: 'channels', label: 'Colour', help: 'RGB uses colour; grey is enough where shape and brightness tell all.', kind: 'choice', options: [['rgb', 'RGB'], ['grey', 'Grey']] },
  ] },
  { title: 'Tiles', fields: [
    { name: 'tile_px', label: 'Tile size', help: 'Side of a training tile in pixels.', kind: 'whole', term: 'tile' },
    { name: 'sampling', label: 'Cut by', help: 'Random crops keep full detail; resizing shows the whole image; Classic takes the top-left 512 px and halves them.', kind: 'choice', options: [['crop', 'Random crops'], ['resize', 'Resizing'], ['seed', 'Classic']] },
    { name: 'batch', label: 'Batch', help: 'Tiles per step; larger is steadier and needs more memory.', kind: 'whole' },
  ] },
  { title: 'Length', fields: [
    { name: 'steps_per_epoch', label: 'Steps per epoch', help: '0 takes as many as one pass over the training pixels needs.', kind: 'whole' },
    { name: 'steps', label: 'Total steps', help: '0 leaves the length to the epochs; any other number overrides them.', kind: 'whole', term: 'step' },
  ] },
  { title: 'Learning', fields: [
    { name: 'lr', label: 'Learning rate', help: 'Size of Adam’s steps; a tenth is the cure when the loss explodes.', kind: 'number' },
    { name: 'schedule', label: 'Schedule', help: 'A cosine calms the last steps; on a plateau the rate halves when three validations brought nothing better.', kind: 'choice', options: [['cosine', 'Cosine'], ['constant', 'Constant'], ['plateau', 'Halve on plateaus']] },
    { name: 'warmup_steps', label: 'Warm-up steps', help: 'Steps over which the learning rate climbs from 0; some keep a high rate from breaking the start.', kind: 'whole' },
    { name: 'clip_norm', label: 'Clip gradients at', help: 'Largest norm of all gradients together, against single steps that break the run; 0 is off, 1 is usual.', kind: 'number' },
    { name: 'loss', label: 'Loss', help: 'Dice keeps small objects from being ignored.', kind: 'choice', options: [['bce_dice', 'Cross-entropy + Dice'], ['bce', 'Cross-entropy']], term: 'loss' },
    { name: 'foreground_weight', label: 'Foreground weight', help: 'Automatic makes rare foreground, or rare classes, count for more.', kind: 'choice', options: [['auto', 'Automatic'], ['off', 'Off']], term: 'foreground' },
    { name: 'class_weights', label: 'Class weights', help: 'One number for each class, background first, separated by commas; they replace the automatic weight.', kind: 'numbers' },
    { name: 'dropout', label: 'Dropout', help: 'Share of features switched off at the two deepest levels while training.', kind: 'number' },
    { name: 'norm_statistics', label: 'Batch-norm memory', help: 'Keras averages over some 460 steps from the first on, so early previews look wrong; adaptive follows faster at first.', kind: 'choice', options: [['adaptive', 'Adaptive'], ['keras', 'Keras (.99)']] },
  ] },
  { title: 'Validation', fields: [
    { name: 'val_by', label: 'Divide by', help: 'By place keeps tiles that touch, by the numbers in their names, on one side: the honest way for maps.', kind: 'choice', options: [['share', 'Chance'], ['place', 'Place']] },
    { name: 'val_names', label: 'Validation images', help: 'File names, separated by commas; they replace the share above.', kind: 'names' },
    { name: 'validate_every', label: 'Validate every', help: 'Steps between two measurements; 0 chooses from the length of the run.', kind: 'whole' },
    { name: 'keep_best', label: 'Keep the best by', help: 'Which figure decides the weights that become the model. IoU is taken at the threshold that suits the weights best.', kind: 'choice', options: [['validation_iou', 'Validation IoU at its best threshold'], ['training_loss', 'Training loss']] },
    { name: 'patience', label: 'Stop early after', help: 'Validations without improvement after which the run ends with its best weights; 0 never stops early.', kind: 'whole' },
    { name: 'seed', label: 'Random seed', help: 'The same number gives the same split, weights and crops.', kind: 'whole' },
  ] },
];

export const allFields = [nameField, ...mainFields, ...augmentFields, ...advancedGroups.flatMap(({ fields }) => fields)];

/**
 * What was typed as a number, NaN where it is none. A comma is a decimal point, except in whole numbers, where `1,000`
 * could mean one or a thousand.
 * @param {string} text
 * @param {boolean} whole
 */
export function parseNumber(text, whole) {
  const clean = text.trim().replace(/[\s\u202f\u00a0]/g, '');
  if (clean === '' || (whole && clean.includes(','))) return NaN;
  const point = clean.replace(',', '.');
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(point) ? Number(point) : NaN;
}
