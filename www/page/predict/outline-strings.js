// @ts-check
/**
 * Sentences about outlines on a map, and the way of a model into QGIS.
 */
import { area, count, plural, size } from '../../ui/format.js';

/**
 * How many outlines, and what they cover.
 * @param {{ count: number, drawn: number, area_m2?: number | null, every_px: number }} drawn
 */
export function outlineWords({ count: n, drawn, area_m2, every_px }) {
  const about = every_px > 1 ? 'about ' : '';
  const all = `${about}${plural(n, 'outline')}${area_m2 == null || n === 0 ? '' : `, ${area(area_m2)}`}`;
  return drawn < n ? `${all} (${count(drawn)} drawn here)` : all;
}

/**
 * What outlines of images without a place come to, before they are downloaded; empty if there are none.
 * @param {number} without how many have none
 * @param {number} all
 * @param {boolean} merged they go into one file, which has room only for those with a place
 */
export function pixelsLine(without, all, merged) {
  if (!without) return '';
  const who = without === all ? (all === 1 ? 'The image has' : 'The images have') : `${count(without)} of ${plural(all, 'image')} ${without === 1 ? 'has' : 'have'}`;
  if (merged) return `${who} no place on the ground and ${without === 1 ? 'is' : 'are'} left out of this file. Each mask below has its own buttons.`;
  return `${who} no place on the ground that is known here: GeoJSON will be in pixels, and no map program can lay it on a map. Use a GeoTIFF, or drop the image together with its world file and .prj.`;
}

/**
 * What it means to predict images that lie beside each other as one map.
 * @param {{ width: number, height: number }} map in pixels
 * @param {number} images
 */
export const oneMapHelp = ({ width, height }, images) => `The ${plural(images, 'image')} lie on one grid of pixels: together ${size(width, height)}. Each is predicted with those beside it, and there is one mask, one GeoTIFF and one GeoJSON of all, at the images’ own resolution.`;

/** The class between objects, as `src/values/boundary.rs` calls it. */
const BOUNDARY_CLASS = 'boundary';

/**
 * How objects that touch are taken apart by this model's masks.
 * @param {readonly { name: string }[]} classes
 */
export const separateLine = (classes) =>
  classes.some(({ name }) => name === BOUNDARY_CLASS) ? 'Kept apart, objects that touch are cut along the class “boundary”, which is shared out among them.'
    : 'Kept apart, objects that touch are cut where they have a neck; those that share a whole wall stay one, unless the model is trained with “Keep objects apart by” (Settings, Learning).';

/** What a card's GeoJSON button says: where the outlines will lie has to be known before the download. @param {boolean} placed */
export const geojsonLabel = (placed) => (placed ? 'GeoJSON' : 'GeoJSON in pixels');

/**
 * The way of a saved model into QGIS, in four steps.
 * @param {import('../../core/types.js').ModelInfo} model
 * @param {number} threshold as the file has it
 */
export function qgisSteps(model, threshold) {
  const several = model.classes.length > 0;
  const resolution = model.map_pixel_m ? `Resolution ${(model.map_pixel_m * 100).toFixed(2)} cm/px` : 'Resolution as that of the training images (their place is not known here, so the file may not say it)';
  return [
    'Once: Plugins, Manage and Install Plugins, search “Deepness”, Install. If it asks for Python packages, let it fetch them.',
    'Open Plugins, Deepness. Input layer: your orthophoto, in a reference system in metres. Model type: Segmentor. Model file path: the .onnx file that was just saved.',
    `Press “Load default parameters”, then check: Tile size ${model.tile_px} px, ${resolution}.`,
    several ? 'Leave “Apply class probability threshold” off: of several classes the most probable one is taken. Press Run.'
      : `Tick “Apply class probability threshold” and check that it is ${threshold.toFixed(2)}. Press Run.`,
  ];
}
