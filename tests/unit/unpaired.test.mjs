// @ts-check
/** Files without a partner, pairs by hand and outlines in words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { orderLine, passedWords, picturesWords, sizeWords, vectorLines, vectorWords } from '../../www/page/data/unpaired-strings.js';
import { faultLine } from '../../www/ui/strings.js';

const told = { file: 'set/osm.geojson', outlines: 220, drawn: 220, too_small: 0, outside: 0, images: 1, first_image: 'set/camp.tif', background: 0 };

test('outlines say how many are drawn on what, and what became of the others', () => {
  assert.equal(vectorWords(told), '220 of 220 outlines of osm.geojson drawn on camp.tif.');
  assert.equal(vectorWords({ ...told, drawn: 217, outside: 2, too_small: 1 }), '217 of 220 outlines of osm.geojson drawn on camp.tif; 2 lie outside it; 1 smaller than a pixel.');
  assert.equal(vectorWords({ ...told, images: 3, background: 1 }), '220 of 220 outlines of osm.geojson drawn on 3 images; nothing on 1 image, which is all background.');
  assert.equal(vectorWords({ ...told, outlines: 0, drawn: 0, images: 0, first_image: undefined, background: 2 }), 'osm.geojson holds no outline; nothing on 2 images, which are all background.');
});

test('many files of outlines are told together, and what is left out by file', () => {
  const lines = vectorLines(Array.from({ length: 9 }, (_, i) => ({ ...told, file: `${i}.geojson`, drawn: i < 7 ? 220 : 210, outside: i < 7 ? 0 : 10 })));
  assert.equal(lines.length, 3);
  assert.match(lines[0], /^1,960 of 1,980 outlines of 9 files drawn\.$/);
  assert.match(lines[1], /^210 of 220 outlines of 7\.geojson/);
});

test('pictures that have a place are told that outlines do', () => {
  const words = picturesWords({ images: 12, masks: 0, placed: 12, pairs: 0 });
  assert.equal(words.title, '12 pictures without masks');
  assert.match(words.place, /add their outlines as GeoPackage, GeoJSON or Shapefile/);
  assert.match(picturesWords({ images: 1, masks: 0, placed: 1, pairs: 0 }).place, /^It says where it lies: add its outlines/);
  assert.match(picturesWords({ images: 3, masks: 0, placed: 1, pairs: 2 }).place, /^1 of 3 say/);
  assert.match(picturesWords({ images: 3, masks: 0, placed: 0, pairs: 0 }).place, /GeoTIFF/);
  assert.equal(picturesWords({ images: 0, masks: 1, placed: 0, pairs: 0 }).title, '1 mask without its image');
});

test('sizes that do not fit are said before they are paired', () => {
  const file = { path: 'a.png', is_mask: false, width: 64, height: 64, placed: false, thumb_width: 0, thumb_height: 0, thumb_rgba: new Uint8Array() };
  assert.equal(sizeWords(file, { ...file, width: 65 }), '');
  assert.match(sizeWords(file, { ...file, width: 80 }), /64.×.64 and 80.×.64/);
  // Where both have a place, the mask is laid onto the image's grid.
  assert.equal(sizeWords({ ...file, placed: true }, { ...file, width: 80, placed: true }), '');
  assert.match(orderLine(3, 1), /One pair does not fit/);
});

test('what is passed over is counted, what is meant as labels is named', () => {
  assert.equal(passedWords({ files: 0, kinds: [] }), '');
  assert.equal(passedWords({ files: 6, kinds: ['.txt', 'README'] }), '6 other files passed over (.txt, README).');
  assert.match(faultLine({ code: 'annotations', stage: 'decode', file: 'a/labels/1.txt', detail: 'YOLO boxes, as 9 more' }), /^1\.txt holds YOLO boxes, as 9 more, .*Boxes say where/);
  assert.match(faultLine({ code: 'annotations', stage: 'decode', file: 'coco.json', detail: 'COCO annotations' }), /export masks as PNG/);
  assert.match(faultLine({ code: 'unknown_format', stage: 'decode', file: 'area.gml', detail: undefined }), /map layer.*GeoJSON/);
});
