// @ts-check
/**
 * Labels and help of the settings, and the words of their options: all that the page itself knows of a setting. Kind,
 * limits and options are rows of `../generated/constants.js`.
 */

/**
 * @typedef {object} FieldWords
 * @property {string} label
 * @property {string} help one sentence; none where the markup of index.html says it
 * @property {import('./help-strings.js').TermName} [term] the word of the label that the help explains
 * @property {Record<string, string>} [options] the words for each option
 */

/** @type {Record<import('../generated/constants.js').Row['name'], FieldWords>} */
export const fieldWords = {
  class_name: { label: 'The masks show', help: '' },
  epochs: { label: 'Epochs', help: 'How often training goes over the data.', term: 'epoch' },
  augmentation: { label: 'Augmentation', help: 'Turned and mirrored copies stretch a small data set; strong ones are shifted and relit too, which suits long runs on few images and costs short ones.', options: { off: 'Off', flips: 'Turns and mirrors', seed: 'Classic', strong: 'Strong', own: 'Own' } },
  val_share: { label: 'Validation share', help: 'Pairs never trained on, to measure honestly.', term: 'validation' },
  turn_deg: { label: 'Turn', help: 'Largest turn, either way.' },
  shift_share: { label: 'Shift', help: 'Largest shift along each axis, of the tile’s side.' },
  zoom_share: { label: 'Zoom', help: 'Most that things grow or shrink.' },
  shear_deg: { label: 'Shear', help: 'Largest lean of upright lines, either way.' },
  brightness: { label: 'Brightness', help: 'Most that the light rises or falls.' },
  contrast: { label: 'Contrast', help: 'Most that differences of light grow or shrink.' },
  poses: { label: 'Poses', help: 'Ground seen from above has no upper side: all eight fit most maps.', term: 'pose', options: { one: 'As it lies', mirrored: 'Mirrored too', eight: 'All eight' } },
  architecture: { label: 'Architecture', help: 'U-Net with batch norm learns most reliably; the small one has only two poolings.', options: { unet_norm: 'U-Net, batch norm', unet: 'U-Net', unet_small: 'Small U-Net' } },
  base: { label: 'Filters', help: 'Filters of the first level; twice as many cost four times the time.' },
  depth: { label: 'Depth', help: 'Number of poolings; more see further around each pixel.' },
  head: { label: 'Last layer', help: 'Straight from the decoder’s features, or by way of two channels as in the classic network, which throws some away.', options: { direct: 'Straight', two_channels: 'By two channels' } },
  channels: { label: 'Colour', help: 'RGB uses colour; grey is enough where shape and brightness tell all.', options: { rgb: 'RGB', grey: 'Grey' } },
  bands: { label: 'Bands', help: 'Of images with more than three: those that the network sees, by number, as 8, 4, 3 or 1-10; empty takes those that are shown.' },
  tile_px: { label: 'Tile size', help: 'Side of a training tile in pixels.', term: 'tile' },
  sampling: { label: 'Cut by', help: 'Random crops keep full detail; resizing shows the whole image; Classic takes the top-left 512 px and halves them.', options: { crop: 'Random crops', resize: 'Resizing', seed: 'Classic' } },
  batch: { label: 'Batch', help: 'Tiles per step; larger is steadier and needs more memory.' },
  steps_per_epoch: { label: 'Steps per epoch', help: '0 takes as many as one pass over the training pixels needs.' },
  steps: { label: 'Total steps', help: '0 leaves the length to the epochs; any other number overrides them.', term: 'step' },
  lr: { label: 'Learning rate', help: 'Size of Adam’s steps; a tenth is the cure when the loss explodes.' },
  schedule: { label: 'Schedule', help: 'One cycle climbs over the first tenth, which lets the rate be high, and comes down along a cosine, which calms the last steps; on a plateau the rate halves when three validations brought nothing better.', options: { one_cycle: 'One cycle', cosine: 'Cosine', constant: 'Constant', plateau: 'Halve on plateaus' } },
  warmup_steps: { label: 'Warm-up steps', help: 'Steps over which the learning rate climbs from 0; some keep a high rate from breaking the start.' },
  clip_norm: { label: 'Clip gradients at', help: 'Largest norm of all gradients together, against single steps that break the run; 0 is off, 1 is usual.' },
  loss: { label: 'Loss', help: 'Dice keeps small objects from being ignored.', term: 'loss', options: { bce_dice: 'Cross-entropy + Dice', bce: 'Cross-entropy' } },
  label_smoothing: { label: 'Label smoothing', help: 'Share of each label spread over all classes in the cross-entropy, against overconfidence where outlines are inexact; 0 is off, 0.1 is usual.' },
  foreground_weight: { label: 'Foreground weight', help: 'Makes rare ones of several classes count for more, or rare foreground too, which finds more of it and moves every probability.', term: 'foreground', options: { several: 'Several classes', auto: 'Automatic', off: 'Off' } },
  class_weights: { label: 'Class weights', help: 'One number for each class, background first, separated by commas; they replace the automatic weight.' },
  boundary_px: { label: 'Keep objects apart by', help: 'Pixels around each line where two objects touch, or nearly do, that become a class of their own, “boundary”: outlines can then be cut along it. Of painted labels it is painted background that is no wider. Even numbers; 0 is off, 4 is usual.' },
  objects_by: { label: 'An object is', help: 'For the class between objects: outlines of GeoJSON and the like know their objects; of a mask each connected area is one, or, if you say so, each colour or number.', options: { outlines: 'Each outline or area', values: 'Each colour or number' } },
  dropout: { label: 'Dropout', help: 'Share of features switched off at the two deepest levels while training.' },
  norm_statistics: { label: 'Batch-norm memory', help: 'Keras averages over some 460 steps from the first on, so early previews look wrong; adaptive follows faster at first.', options: { adaptive: 'Adaptive', keras: 'Keras (.99)' } },
  val_by: { label: 'Divide by', help: 'By place keeps tiles that touch, by the numbers in their names, on one side: the honest way for maps.', options: { share: 'Chance', place: 'Place' } },
  val_names: { label: 'Validation images', help: 'File names, separated by commas; they replace the share above.' },
  validate_every: { label: 'Validate every', help: 'Steps between two measurements; 0 chooses from the length of the run.' },
  keep_best: { label: 'Keep the best by', help: 'Which figure decides the weights that become the model. IoU is taken at the threshold that suits the weights best.', options: { validation_iou: 'Validation IoU at its best threshold', training_loss: 'Training loss' } },
  patience: { label: 'Stop early after', help: 'Validations without improvement after which the run ends with its best weights; 0 never stops early.' },
  calibration: { label: 'Calibrate', help: 'When the run ends, a scale and an offset fitted on the images held back go into the last layer, so that of the pixels given 70 % some 70 % are foreground. The order of pixels stays, so masks do too.', options: { logistic: 'On validation', off: 'Off' } },
  seed: { label: 'Random seed', help: 'The same number gives the same split, weights and crops.' },
};

/** Titles of the groups under Advanced, in the order of the form. */
export const groupTitles = /** @type {const} */ ({ network: 'Network', tiles: 'Tiles', length: 'Length', learning: 'Learning', validation: 'Validation' });
