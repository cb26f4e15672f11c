//! Polygons into pixels, as GDAL burns them: a pixel belongs to a polygon that covers its middle.
//!
//! [`Projected`] holds the polygons in the reference system of some images with an index by place, so that each is
//! projected once and an image looks only at those that lie on it.

use std::borrow::Cow;

use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};

use super::{Class, Crs, CrsError, GeoRef, Polygons, ToLonLat, ring::is_clockwise};

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProjectError {
    #[error("the image: {0}")]
    Image(CrsError),
    #[error("the polygons: {0}")]
    Own(CrsError),
}

/// Polygons in the reference system of an image, by place.
pub struct Projected<'a> {
    polygons: &'a Polygons,
    /// As in [`Polygons`]; not finite where the system has no such place.
    points: Cow<'a, [[f64; 2]]>,
    index: RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>,
    /// From the image's system to longitude and latitude, and from there to the polygons' own; none where both are one.
    to_own: Option<[ToLonLat; 2]>,
    /// Smallest and largest coordinates in the polygons' own system.
    extent: [[f64; 2]; 2],
}

/// What became of a polygon, over all images that it was drawn on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It lies on none of them.
    #[default]
    Outside,
    /// It lies on one, and over the middle of no pixel.
    TooSmall,
    /// It set a pixel.
    Drawn,
}

/// What of an image the polygons of a file say something about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cover {
    /// A pixel was drawn.
    pub drawn: bool,
    /// The bounds of a polygon overlap the image, if only by part of a pixel.
    pub touched: bool,
    /// The image lies within the bounds of all polygons together, give or take a pixel.
    pub within: bool,
}

impl Polygons {
    /// The polygons in the reference system of `geo`.
    ///
    /// # Errors
    /// If one of the two systems is missing or unknown, and they are not the same.
    pub fn project(&self, geo: &GeoRef) -> Result<Projected<'_>, ProjectError> {
        let mut to_own = None;
        let mut points = Cow::Borrowed(self.corners());
        if geo.epsg != Some(self.epsg) {
            let image = geo
                .crs()
                .and_then(|crs| crs.to_lon_lat())
                .map_err(ProjectError::Image)?;
            let own = Crs::from_epsg(self.epsg)
                .and_then(|crs| crs.to_lon_lat())
                .map_err(ProjectError::Own)?;
            let project = |p: &[f64; 2]| own.lon_lat(*p).and_then(|place| image.from_lon_lat(place));
            points = Cow::Owned(
                self.corners()
                    .iter()
                    .map(|p| project(p).unwrap_or([f64::NAN; 2]))
                    .collect(),
            );
            to_own = Some([image, own]);
        }
        let bounds = |polygon: usize| {
            let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
            for p in self.rings_of(polygon).flat_map(|range| &points[range]) {
                if !p.iter().all(|v| v.is_finite()) {
                    return None;
                }
                low = [low[0].min(p[0]), low[1].min(p[1])];
                high = [high[0].max(p[0]), high[1].max(p[1])];
            }
            Some(GeomWithData::new(Rectangle::from_corners(low, high), polygon as u32))
        };
        let index = RTree::bulk_load((0..self.len()).filter_map(bounds).collect());
        Ok(Projected {
            polygons: self,
            points,
            index,
            to_own,
            extent: self.extent(),
        })
    }

    /// Smallest and largest coordinates.
    fn extent(&self) -> [[f64; 2]; 2] {
        let fold = |start: f64, pick: fn(f64, f64) -> f64| {
            self.corners()
                .iter()
                .fold([start; 2], |a, p| [pick(a[0], p[0]), pick(a[1], p[1])])
        };
        [fold(f64::INFINITY, f64::min), fold(f64::NEG_INFINITY, f64::max)]
    }
}

impl Projected<'_> {
    /// The box around all polygons under a georeference: left, top, right and bottom in pixels; `None` if there are none.
    pub fn extent_px(&self, geo: &GeoRef) -> Option<[f64; 4]> {
        let on_map = self.index.root().envelope();
        let ([west, south], [east, north]) = (on_map.lower(), on_map.upper());
        let to_pixel = inverse(&geo.transform);
        let corners = [[west, south], [west, north], [east, south], [east, north]].map(to_pixel);
        let fold = |axis: usize, pick: fn(f64, f64) -> f64| {
            corners[1..].iter().fold(corners[0][axis], |a, c| pick(a, c[axis]))
        };
        let extent = [
            fold(0, f64::min),
            fold(1, f64::min),
            fold(0, f64::max),
            fold(1, f64::max),
        ];
        (west <= east && south <= north).then_some(extent)
    }

    /// Draws on the codes of an image of `width` x `height` pixels in the reference system projected to, row by row;
    /// later polygons over earlier ones. `canvas` stays empty where nothing is to be drawn, and is filled with zeros
    /// first where it is. `fates` has one place a polygon, which only ever gets better.
    pub fn draw(
        &self,
        geo: &GeoRef,
        [width, height]: [u32; 2],
        code: impl Fn(Class) -> u16,
        canvas: &mut Vec<u16>,
        fates: &mut [Fate],
    ) -> Cover {
        let size = [width as usize, height as usize];
        let [w, h] = [f64::from(width), f64::from(height)];
        let corners = [[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]].map(|[x, y]| geo.to_map(x, y));
        let on_image = self.index.locate_in_envelope_intersecting(AABB::from_points(&corners));
        let mut found: Vec<u32> = on_image.map(|polygon| polygon.data).collect();
        found.sort_unstable();
        let to_pixel = inverse(&geo.transform);
        let mut cover = Cover {
            within: self.is_around(geo, [w, h]),
            ..Cover::default()
        };
        if canvas.is_empty() && !found.is_empty() {
            canvas.resize(size[0] * size[1], 0);
        }
        let mut filler = Filler::default();
        for polygon in found.into_iter().map(|polygon| polygon as usize) {
            filler.start();
            for range in self.polygons.rings_of(polygon) {
                filler.ring(&self.points[range], &to_pixel, size);
            }
            let touched = filler.overlaps([w, h]);
            let drawn = filler.fill(code(self.polygons.class_of(polygon)), canvas, size);
            cover.touched |= touched;
            cover.drawn |= drawn;
            if let Some(fate) = fates.get_mut(polygon) {
                *fate = (*fate).max(match (drawn, touched) {
                    (true, _) => Fate::Drawn,
                    (_, true) => Fate::TooSmall,
                    _ => Fate::Outside,
                });
            }
        }
        cover
    }

    fn is_around(&self, geo: &GeoRef, [w, h]: [f64; 2]) -> bool {
        let [low, high] = self.extent;
        let (right, bottom) = ((w - 1.0).max(w / 2.0), (h - 1.0).max(h / 2.0));
        let (left, top) = (w - right, h - bottom);
        [
            [left, top],
            [right, top],
            [right, bottom],
            [left, bottom],
            [w / 2.0, top],
            [w / 2.0, bottom],
            [left, h / 2.0],
            [right, h / 2.0],
        ]
        .iter()
        .all(|[column, row]| {
            let place = geo.to_map(*column, *row);
            let own = match &self.to_own {
                Some([image, own]) => image.lon_lat(place).and_then(|place| own.from_lon_lat(place)),
                None => Some(place),
            };
            own.is_some_and(|own| (0..2).all(|axis| low[axis] <= own[axis] && own[axis] <= high[axis]))
        })
    }
}

/// From map to pixels in GDAL's order of computing, which decides where a polygon ends on the middle of a pixel.
fn inverse(t: &[f64; 6]) -> impl Fn([f64; 2]) -> [f64; 2] {
    let back = if t[2] == 0.0 && t[4] == 0.0 {
        [-t[0] / t[1], 1.0 / t[1], 0.0, -t[3] / t[5], 0.0, 1.0 / t[5]]
    } else {
        let scale = 1.0 / (t[1] * t[5] - t[2] * t[4]);
        [
            (t[2] * t[3] - t[0] * t[5]) * scale,
            t[5] * scale,
            -t[2] * scale,
            (-t[1] * t[3] + t[0] * t[4]) * scale,
            -t[4] * scale,
            t[1] * scale,
        ]
    };
    move |[x, y]| [back[0] + x * back[1] + y * back[2], back[3] + x * back[4] + y * back[5]]
}

/// Fills polygons, one after the other, in the same memory.
#[derive(Default)]
struct Filler {
    /// Lower end first.
    edges: Vec<[[f64; 2]; 2]>,
    active: Vec<usize>,
    crossings: Vec<usize>,
    /// Row, first column and one past the last.
    flats: Vec<[usize; 3]>,
    low: [f64; 2],
    high: [f64; 2],
}

/// The first pixel whose middle lies to the right of `x`, within a row.
fn column(x: f64, width: usize) -> usize {
    (x + 0.5).floor().clamp(0.0, width as f64) as usize
}

impl Filler {
    fn start(&mut self) {
        self.edges.clear();
        self.flats.clear();
        (self.low, self.high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    }

    /// `ring`: on the map, from where `to_pixel` leads.
    fn ring(&mut self, ring: &[[f64; 2]], to_pixel: impl Fn([f64; 2]) -> [f64; 2], [width, height]: [usize; 2]) {
        let Some(mut before) = ring.last().map(|p| to_pixel(*p)) else {
            return;
        };
        let mut turns_right = None;
        for p in ring.iter().map(|p| to_pixel(*p)) {
            self.low = [self.low[0].min(p[0]), self.low[1].min(p[1])];
            self.high = [self.high[0].max(p[0]), self.high[1].max(p[1])];
            let (a, b) = (before, p);
            if a[1] < b[1] {
                self.edges.push([a, b]);
            } else if a[1] > b[1] {
                self.edges.push([b, a]);
            } else if a[0] != b[0] && (a[1] - 0.5).fract() == 0.0 && (0.0..height as f64).contains(&a[1]) {
                // A side along the middles of a row: they belong to the polygon where it is one of its lower sides, which
                // run to the left in a ring that is clockwise on a map with north up.
                if (a[0] > b[0]) == *turns_right.get_or_insert_with(|| is_clockwise(ring)) {
                    let (left, right) = (a[0].min(b[0]), a[0].max(b[0]));
                    self.flats
                        .push([a[1] as usize, column(left, width), column(right, width)]);
                }
            }
            before = p;
        }
    }

    /// Whether the bounds of the polygon share an area with the image.
    fn overlaps(&self, size: [f64; 2]) -> bool {
        (0..2).all(|axis| self.low[axis] < size[axis] && self.high[axis] > 0.0)
    }

    /// Sets every pixel whose middle is inside by the even-odd rule; `true` if there is one.
    fn fill(&mut self, code: u16, canvas: &mut [u16], [width, height]: [usize; 2]) -> bool {
        let mut any = false;
        let mut span = |row: usize, from: usize, to: usize| {
            if from < to {
                canvas[row * width + from..row * width + to].fill(code);
                any = true;
            }
        };
        for [row, from, to] in &self.flats {
            span(*row, *from, *to);
        }
        // Edges by the row they begin in, so that a row looks only at those that can reach it.
        self.edges.sort_unstable_by(|e, f| e[0][1].total_cmp(&f[0][1]));
        self.active.clear();
        let mut next = 0;
        let top = self.low[1].max(0.0).floor() as usize;
        let bottom = self.high[1].min(height as f64).ceil().max(0.0) as usize;
        for row in top..bottom {
            let y = row as f64 + 0.5;
            while next < self.edges.len() && self.edges[next][0][1] <= y {
                self.active.push(next);
                next += 1;
            }
            let edges = &self.edges;
            self.active.retain(|edge| edges[*edge][1][1] > y);
            self.crossings.clear();
            self.crossings.extend(self.active.iter().map(|edge| {
                let [a, b] = edges[*edge];
                column((y - a[1]) * (b[0] - a[0]) / (b[1] - a[1]) + a[0], width)
            }));
            self.crossings.sort_unstable();
            for pair in self.crossings.chunks_exact(2) {
                span(row, pair[0], pair[1]);
            }
        }
        any
    }
}

#[cfg(test)]
#[path = "rasterise_tests.rs"]
mod tests;
