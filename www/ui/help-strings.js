// @ts-check
/**
 * The words of the trade, each in one or two sentences, and how the page is used: what the help says.
 */

/** Word as it is written, and what it means. @typedef {{ word: string, text: string }} Term */

/** @satisfies {Record<string, Term>} */
export const terms = {
  foreground: { word: 'Foreground', text: 'The pixels that show what you look for, such as buildings; everything else is background. A mask says which is which.' },
  mask: { word: 'Mask', text: 'A picture of the same size as the image that marks the foreground. Outlines from OpenStreetMap or QGIS are drawn into one.' },
  unlabelled: { word: 'Not labelled', text: 'Pixels that nobody painted count neither for nor against: the network learns from the painted ones alone. Background has to be painted too, a few strokes of it.' },
  validation: { word: 'Validation', text: 'Measuring on images that are held back and never trained on, every so many steps. Only these figures say how good the model is elsewhere.' },
  iou: { word: 'IoU', text: 'Intersection over union: the area that prediction and truth share, divided by the area that either covers. 0 is nothing right, 1 is all right; an outline off by a pixel or two on a small house already costs 0.2.' },
  threshold: { word: 'Threshold', text: 'The model gives each pixel a probability; from this value on it counts as mask. Higher means fewer false alarms and more misses, and needs no new training.' },
  precision: { word: 'Precision and recall', text: 'Precision is the share of the predicted mask that is right; false alarms lower it. Recall is the share of the truth that is found; misses lower it.' },
  loss: { word: 'Loss', text: 'How wrong the network is on the tiles it trains on: the number that training pushes down. It is good for seeing whether it still learns, not for how good the masks are.' },
  step: { word: 'Step', text: 'One small correction of the network, made from a few tiles. A run is some hundreds or thousands of them.' },
  epoch: { word: 'Epoch', text: 'As many steps as it takes to see the training area once. More epochs take longer and learn more, up to a point.' },
  tile: { word: 'Tile', text: 'A square cut from an image, which is what the network trains on. Larger tiles show it more of the surroundings and take more memory.' },
  pose: { word: 'Pose', text: 'One of the eight ways to lay down a square: four quarter turns, each plain or mirrored. From above, ground looks right in all of them, so each tile is worth eight.' },
  augmentation: { word: 'Augmentation', text: 'Turned, shifted and relit copies of the tiles, new ones at each step, so that the network learns the thing and not the picture.' },
  classic: { word: 'Classic', text: 'The original network and its settings, to compare with: it sees the top-left 512 pixels of each image in grey, and takes many hours without a GPU.' },
};

/** @typedef {keyof typeof terms} TermName */

/** How one comes to a map. */
export const ways = [
  'Data: drop images with masks, or a GeoTIFF with outlines (GeoJSON or Shapefile). What does not fit is named.',
  'Train: press Start. Predicted masks of the images held back appear and sharpen; stop when they please you.',
  'Predict: drop other images, look at their masks, move the threshold, and take masks, GeoTIFF or outlines home.',
];

/** @type {readonly (readonly [string, string])[]} */
export const keys = [
  ['1 2 3', 'Data, Train, Predict'],
  ['Space', 'pause or resume'],
  ['O', 'masks over the images or beside them'],
  ['[ ]', 'threshold down, up'],
  ['?', 'this help'],
];

/** Of the small button beside a word. @param {string} word */
export const askWords = (word) => `What is ${/^[A-Z]{2}|^I/.test(word) ? word : word.toLowerCase()}?`;
