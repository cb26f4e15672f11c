// @ts-check
/**
 * A village from the air, made by a seed: an orthophoto in UTM zone 36 north and the outlines of its houses in longitude and
 * latitude, as OpenStreetMap has them; and how well other outlines find those houses.
 */
import { geoTiff } from './geotiff.mjs';

/** @typedef {[number, number][]} Ring corners in pixels of the picture, not closed */

/** Side of a pixel on the ground, metres, and the picture's top left corner in EPSG:32636. */
export const PIXEL_M = 0.3;
export const CORNER = { x: 412_000, y: 3_520_000 };
const EPSG = 32_636;

/** Numbers from 0 to 1, the same for the same seed. @param {number} seed */
export function numbers(seed) {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    // mulberry32: a counter, mixed.
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Soft hills of numbers round 0 between grid points. @param {() => number} next @param {number} size @param {number} step */
function hills(next, size, step) {
  const across = Math.ceil(size / step) + 2;
  const grid = Float32Array.from({ length: across * across }, () => next() - 0.5);
  return (/** @type {number} */ x, /** @type {number} */ y) => {
    const [gx, gy] = [x / step, y / step];
    const [ix, iy] = [Math.floor(gx), Math.floor(gy)];
    const [fx, fy] = [gx - ix, gy - iy];
    const at = iy * across + ix;
    const top = grid[at] * (1 - fx) + grid[at + 1] * fx;
    return top * (1 - fy) + (grid[at + across] * (1 - fx) + grid[at + across + 1] * fx) * fy;
  };
}

/** Calls `fill` for every pixel inside a ring. @param {Ring} ring @param {number} size @param {(x: number, y: number) => void} fill */
export function inside(ring, size, fill) {
  const top = Math.max(0, Math.floor(Math.min(...ring.map(([, y]) => y))));
  const bottom = Math.min(size - 1, Math.ceil(Math.max(...ring.map(([, y]) => y))));
  for (let y = top; y <= bottom; y += 1) {
    const middle = y + 0.5;
    const crossings = ring.flatMap(([x1, y1], i) => {
      const [x2, y2] = ring[(i + 1) % ring.length];
      return (y1 <= middle) === (y2 <= middle) ? [] : [x1 + ((middle - y1) / (y2 - y1)) * (x2 - x1)];
    }).sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      for (let x = Math.max(0, Math.ceil(crossings[i] - 0.5)); x + 0.5 < crossings[i + 1] && x < size; x += 1) fill(x, y);
    }
  }
}

/** Roofs as they are there: tin, concrete, tiles, tarpaulin. */
const ROOFS = [[205, 208, 212], [176, 172, 164], [158, 92, 70], [120, 132, 150], [224, 218, 200], [96, 110, 128]];

/**
 * @param {number} seed
 * @param {{ houses: number, size?: number, origin?: { x: number, y: number } }} village `origin`: the top left corner in metres of the map
 */
export function village(seed, { houses, size = 1500, origin = CORNER }) {
  const next = numbers(seed);
  const data = new Uint8Array(size * size * 3);
  const [soil, grain, dry] = [hills(next, size, 90), hills(next, size, 7), hills(next, size, 260)];
  /** @param {number} x @param {number} y @param {readonly number[]} rgb @param {number} [share] */
  const paint = (x, y, rgb, share = 1) => {
    const at = (y * size + x) * 3;
    for (let c = 0; c < 3; c += 1) data[at + c] = Math.max(0, Math.min(255, data[at + c] * (1 - share) + rgb[c] * share));
  };
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const green = Math.max(0, Math.min(1, 0.5 + 1.6 * dry(x, y)));
      const light = 1 + 0.25 * soil(x, y) + 0.16 * grain(x, y);
      paint(x, y, [(168 - 78 * green) * light, (146 - 38 * green) * light, (112 - 46 * green) * light]);
    }
  }
  // Two roads of beaten earth, light as some roofs are.
  for (const across of [true, false]) {
    const wave = hills(next, size, 300);
    const middle = size * (0.3 + 0.4 * next());
    for (let along = 0; along < size; along += 1) {
      const at = middle + 160 * wave(along, 0);
      for (let off = -11; off <= 11; off += 1) {
        const [x, y] = across ? [along, Math.round(at + off)] : [Math.round(at + off), along];
        if (x >= 0 && y >= 0 && x < size && y < size) paint(x, y, [196, 182, 158], 0.8);
      }
    }
  }
  /** @type {Ring[]} */
  const rings = [];
  /** @type {[number, number, number][]} */
  const taken = [];
  for (let tries = 0; rings.length < houses && tries < 400 * houses; tries += 1) {
    const [width, depth] = [26 + 22 * next(), 20 + 16 * next()];
    const reach = Math.hypot(width, depth) / 2;
    const [cx, cy] = [reach + 6 + next() * (size - 2 * reach - 12), reach + 6 + next() * (size - 2 * reach - 12)];
    if (taken.some(([x, y, r]) => Math.hypot(x - cx, y - cy) < r + reach + 7)) continue;
    taken.push([cx, cy, reach]);
    const turn = next() * Math.PI;
    const [c, s] = [Math.cos(turn), Math.sin(turn)];
    const corner = (/** @type {number} */ u, /** @type {number} */ v) => /** @type {[number, number]} */ ([cx + u * c - v * s, cy + u * s + v * c]);
    /** @type {Ring} */
    const ring = [corner(-width / 2, -depth / 2), corner(width / 2, -depth / 2), corner(width / 2, depth / 2), corner(-width / 2, depth / 2)];
    rings.push(ring);
    const shade = 5 + 4 * next();
    inside(ring.map(([x, y]) => [x + shade, y + shade]), size, (x, y) => paint(x, y, [34, 36, 44], 0.6));
    const roof = ROOFS[Math.floor(next() * ROOFS.length)].map((v) => v * (0.88 + 0.2 * next()));
    inside(ring, size, (x, y) => {
      // A ridge along the longer side: one half lies in the sun.
      const sunny = (x - cx) * -s + (y - cy) * c < 0 ? 1.08 : 0.9;
      paint(x, y, roof.map((v) => v * sunny));
    });
  }
  // Trees, and yards as bright as roofs.
  for (let i = 0; i < houses; i += 1) {
    const [cx, cy, radius] = [next() * size, next() * size, 5 + 9 * next()];
    if (taken.some(([x, y, r]) => Math.hypot(x - cx, y - cy) < r + radius)) continue;
    const tree = i % 4 !== 0;
    for (let y = Math.floor(cy - radius); y <= cy + radius; y += 1) {
      for (let x = Math.floor(cx - radius); x <= cx + radius; x += 1) {
        if (x < 0 || y < 0 || x >= size || y >= size || Math.hypot(x - cx, y - cy) > radius) continue;
        paint(x, y, tree ? [44, 74 - 20 * next(), 40] : [206, 196, 172], tree ? 0.9 : 0.6);
      }
    }
  }
  for (let at = 0; at < data.length; at += 1) data[at] = Math.max(0, Math.min(255, data[at] + 14 * (next() - 0.5)));
  return {
    size, rings, data,
    tiff: geoTiff({ width: size, height: size, data }, { epsg: EPSG, x: origin.x, y: origin.y, pixel: PIXEL_M }),
    geojson: geoJson(rings, origin),
    origin,
  };
}

/** Outlines as OpenStreetMap's exports have them. @param {Ring[]} rings @param {{ x: number, y: number }} origin */
export function geoJson(rings, origin) {
  const features = rings.map((ring, i) => ({
    type: 'Feature',
    properties: { '@id': `way/${i + 1}`, building: 'yes' },
    geometry: { type: 'Polygon', coordinates: [[...ring, ring[0]].map(([x, y]) => lonLat(origin.x + x * PIXEL_M, origin.y - y * PIXEL_M))] },
  }));
  return JSON.stringify({ type: 'FeatureCollection', features });
}

/** WGS 84. */
const [A, F] = [6_378_137, 1 / 298.257223563];
const N = F / (2 - F);
const MERIDIAN = (A / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64);
const [SCALE, EASTING, LON0] = [0.9996, 500_000, 33];
const ECCENTRICITY = Math.sqrt(F * (2 - F));
/** Krüger's series to the third order: below a millimetre within the zone. */
const BACK = [N / 2 - (2 / 3) * N ** 2 + (37 / 96) * N ** 3, N ** 2 / 48 + N ** 3 / 15, (17 / 480) * N ** 3];
const FORTH = [N / 2 - (2 / 3) * N ** 2 + (5 / 16) * N ** 3, (13 / 48) * N ** 2 - (3 / 5) * N ** 3, (61 / 240) * N ** 3];

/** Longitude and latitude in degrees of a place in EPSG:32636. @param {number} east @param {number} north @returns {[number, number]} */
export function lonLat(east, north) {
  const [xi, eta] = [north / (SCALE * MERIDIAN), (east - EASTING) / (SCALE * MERIDIAN)];
  const x = BACK.reduce((sum, b, j) => sum - b * Math.sin(2 * (j + 1) * xi) * Math.cosh(2 * (j + 1) * eta), xi);
  const e = BACK.reduce((sum, b, j) => sum - b * Math.cos(2 * (j + 1) * xi) * Math.sinh(2 * (j + 1) * eta), eta);
  const chi = Math.asin(Math.sin(x) / Math.cosh(e));
  // The conformal latitude back to the geodetic one, by fixed point.
  let lat = chi;
  for (let i = 0; i < 8; i += 1) lat = Math.asin(Math.tanh(Math.atanh(Math.sin(chi)) + ECCENTRICITY * Math.atanh(ECCENTRICITY * Math.sin(lat))));
  return [LON0 + (Math.atan2(Math.sinh(e), Math.cos(x)) * 180) / Math.PI, (lat * 180) / Math.PI];
}

/** The other way. @param {number} lon @param {number} lat @returns {[number, number]} */
export function eastNorth(lon, lat) {
  const [phi, lambda] = [(lat * Math.PI) / 180, ((lon - LON0) * Math.PI) / 180];
  const t = Math.sinh(Math.atanh(Math.sin(phi)) - ECCENTRICITY * Math.atanh(ECCENTRICITY * Math.sin(phi)));
  const [xi, eta] = [Math.atan2(t, Math.cos(lambda)), Math.asinh(Math.sin(lambda) / Math.hypot(t, Math.cos(lambda)))];
  const x = FORTH.reduce((sum, a, j) => sum + a * Math.sin(2 * (j + 1) * xi) * Math.cosh(2 * (j + 1) * eta), xi);
  const e = FORTH.reduce((sum, a, j) => sum + a * Math.cos(2 * (j + 1) * xi) * Math.sinh(2 * (j + 1) * eta), eta);
  return [EASTING + SCALE * MERIDIAN * e, SCALE * MERIDIAN * x];
}

/**
 * Houses that a GeoJSON of the page finds (IoU over 0.5 with an outline of their own), and its outlines that are no house.
 * @param {string} text in longitude and latitude, as RFC 7946 has it
 * @param {{ rings: Ring[], size: number, origin: { x: number, y: number } }} truth
 */
export function found(text, { rings, size, origin }) {
  const toPixel = (/** @type {number[]} */ [lon, lat]) => {
    const [x, y] = eastNorth(lon, lat);
    return /** @type {[number, number]} */ ([(x - origin.x) / PIXEL_M, (origin.y - y) / PIXEL_M]);
  };
  /** @type {number[][][][]} */
  const polygons = JSON.parse(text).features.flatMap((/** @type {any} */ { geometry }) => (geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates));
  const house = new Int32Array(size * size).fill(-1);
  const areas = rings.map((ring, i) => {
    let area = 0;
    inside(ring, size, (x, y) => {
      house[y * size + x] = i;
      area += 1;
    });
    return area;
  });
  const best = new Float64Array(rings.length);
  let wrong = 0;
  for (const [outer] of polygons) {
    /** @type {Map<number, number>} */
    const shared = new Map();
    let area = 0;
    inside(outer.slice(0, -1).map(toPixel), size, (x, y) => {
      area += 1;
      const i = house[y * size + x];
      if (i >= 0) shared.set(i, (shared.get(i) ?? 0) + 1);
    });
    let hit = false;
    for (const [i, pixels] of shared) {
      const iou = pixels / (area + areas[i] - pixels);
      best[i] = Math.max(best[i], iou);
      hit ||= iou > 0.5;
    }
    if (!hit) wrong += 1;
  }
  return { found: best.filter((iou) => iou > 0.5).length, wrong, outlines: polygons.length, corners: polygons.reduce((sum, [outer]) => sum + outer.length - 1, 0) / Math.max(1, polygons.length) };
}
