//! Outlines of results: as files, and drawn over the image while the threshold moves.

use crate::{
    engine::{Engine, fault, file_parts::in_parts},
    export::{self, Between, Classes, Geojson, PredictionMap, VectorOptions, has_place},
    geo::GeoRef,
    protocol::{AreaUnit, DrawnOutlines, Event, FaultCode, Outlines, ResultPlace, Stage},
};

/// Corners may move this far at most, pixels.
const MAX_TOLERANCE_PX: f64 = 50.0;
/// Of larger scenes every second, third... pixel is drawn while the threshold moves, so that it takes a moment at most.
const LIVE_PX: usize = 12_000_000;
/// Corners drawn of a result, so that what crosses to the page stays below 2 MB.
const LIVE_CORNERS: usize = 200_000;

/// What the page asked for in the terms of one image; what is no usable number is as usual.
pub(super) fn vector_options(map: &PredictionMap, outlines: Outlines) -> VectorOptions {
    let usual = VectorOptions::default();
    let smallest = match outlines.unit {
        AreaUnit::Px => Some(outlines.smallest),
        AreaUnit::M2 => map.pixel_m2().map(|one| outlines.smallest / one),
    };
    let smallest = smallest.filter(|n| n.is_finite() && *n >= 0.0);
    let tolerance = Some(outlines.simplify_px).filter(|n| n.is_finite() && *n >= 0.0);
    VectorOptions {
        // Rounded up, but not for what floats make of a whole number.
        smallest_px: smallest.map_or(usual.smallest_px, |n| (n - 1e-3).ceil().clamp(0.0, 1e15) as u64),
        tolerance_px: tolerance.map_or(usual.tolerance_px, |n| n.min(MAX_TOLERANCE_PX)),
        right_angles: outlines.right_angles,
        separate: outlines.separate,
    }
}

/// Whether outlines of an image there can be laid on a map.
pub(super) fn result_place(geo: Option<&GeoRef>) -> ResultPlace {
    match geo {
        None => ResultPlace::None,
        Some(_) if has_place(geo) => ResultPlace::Known,
        Some(_) => ResultPlace::Unknown,
    }
}

impl Engine {
    /// The outlines of all results with a place on the ground as one file.
    pub(in crate::engine) fn export_outlines(&mut self, threshold: f32, outlines: Outlines) -> Vec<Event> {
        let names = self.class_names();
        let placed: Vec<&PredictionMap> = self
            .prediction
            .results()
            .iter()
            .filter(|one| has_place(one.geo.as_ref()))
            .collect();
        let [first, others @ ..] = placed.as_slice() else {
            return vec![fault(FaultCode::NoSuchResult, Stage::Export, None, None)];
        };
        let name = match others {
            [] => format!("{}.geojson", export::safe_file_name(&first.name)),
            _ => "groundmask-outlines.geojson".to_owned(),
        };
        let (count, bytes) = in_parts(&mut self.host.early, |parts| {
            let mut file = Geojson::new(!others.is_empty(), parts);
            for map in &placed {
                let options = vector_options(map, outlines);
                map.with_classes(threshold, &names, |classes| {
                    file.add(&map.name, classes, &names, options)
                });
            }
            file.finish()
        });
        vec![Event::File {
            name,
            mime: "application/geo+json".to_owned(),
            bytes,
            parts: count,
            result: None,
        }]
    }

    /// The outlines of one result to be drawn; none if it is no longer there.
    pub(in crate::engine) fn draw_outlines(&self, result: u32, threshold: f32, outlines: Outlines) -> Vec<Event> {
        let drawn = match self.prediction.results().get(result as usize) {
            Some(map) => draw(map, threshold, &self.class_names(), outlines, LIVE_PX),
            None => Drawing::default(),
        };
        vec![Event::Outlines(DrawnOutlines {
            result,
            threshold,
            count: drawn.count,
            area_px: drawn.area_px,
            area_m2: drawn.area_m2,
            corners: drawn.corners,
            drawn: drawn.drawn,
            every_px: drawn.every as u32,
        })]
    }
}

#[derive(Default)]
struct Drawing {
    count: u32,
    drawn: u32,
    area_px: f64,
    area_m2: Option<f64>,
    corners: Vec<u8>,
    every: usize,
}

/// At most about `live_px` pixels are looked at.
fn draw(map: &PredictionMap, threshold: f32, names: &[String], outlines: Outlines, live_px: usize) -> Drawing {
    let options = vector_options(map, outlines);
    map.with_classes(threshold, names, |whole| {
        let [height, width] = whole.size;
        let mut every = 1;
        while (height / every) * (width / every) > live_px {
            every += 1;
        }
        let middle = every / 2;
        let class = |y: usize, x: usize| (whole.class)(y * every + middle, x * every + middle);
        let sureness = |y: usize, x: usize| match whole.between {
            Some(between) => (between.sureness)(y * every + middle, x * every + middle),
            None => 0,
        };
        let geo = whole.geo.map(|geo| coarser(geo, every as f64));
        let coarse = Classes {
            size: [height / every, width / every],
            class: &class,
            between: whole.between.map(|between| Between {
                sureness: &sureness,
                ..between
            }),
            geo: geo.as_ref(),
            ..*whole
        };
        let options = VectorOptions {
            smallest_px: options.smallest_px.div_ceil((every * every) as u64),
            tolerance_px: options.tolerance_px / every as f64,
            ..options
        };
        let mut drawing = Drawing {
            every,
            area_m2: has_place(whole.geo).then_some(0.0),
            ..Drawing::default()
        };
        let mut held = 0;
        coarse.shapes(options, |shape| {
            drawing.count += 1;
            drawing.area_px += shape.area_px as f64 * (every * every) as f64;
            if let (Some(sum), Some((_, area))) = (&mut drawing.area_m2, &shape.ground) {
                *sum += area;
            }
            held += shape.pixels.iter().map(Vec::len).sum::<usize>();
            if held > LIVE_CORNERS {
                return;
            }
            drawing.drawn += 1;
            for ring in &shape.pixels {
                let scaled = ring.iter().map(|corner| corner.map(|v| (v * every as f64) as f32));
                for v in scaled.chain([[f32::NAN; 2]]).flatten() {
                    drawing.corners.extend_from_slice(&v.to_le_bytes());
                }
            }
        });
        drawing
    })
}

/// The place of an image of which every so many pixels are taken.
fn coarser(geo: &GeoRef, every: f64) -> GeoRef {
    let [x, a, b, y, c, d] = geo.transform;
    GeoRef {
        transform: [x, a * every, b * every, y, c * every, d * every],
        ..geo.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::GeoKeys;

    /// Bright squares of 12 pixels on a grid, the left half brighter.
    fn squares(side: u32) -> PredictionMap {
        let bright = |at: u32| {
            let (x, y) = (at % side, at / side);
            let inside = x % 20 < 12 && y % 20 < 12;
            if !inside {
                0
            } else if x < side / 2 {
                60_000
            } else {
                40_000
            }
        };
        let probability: Vec<u16> = (0..side * side).map(bright).collect();
        PredictionMap {
            width: side,
            height: side,
            probability: probability.into(),
            geo: GeoRef::new(
                [500_000.0, 0.5, 0.0, 5_400_000.0, 0.0, -0.5],
                Some(32633),
                GeoKeys::of_epsg(32633),
            ),
            ..PredictionMap::default()
        }
    }

    fn at(threshold: f32, live_px: usize) -> Drawing {
        let outlines = Outlines {
            simplify_px: 1.5,
            ..Outlines::default()
        };
        draw(
            &squares(400),
            threshold,
            &["ground".to_owned(), "roof".to_owned()],
            outlines,
            live_px,
        )
    }

    #[test]
    fn outlines_follow_the_threshold() {
        let (low, high) = (at(0.5, LIVE_PX), at(0.8, LIVE_PX));
        assert_eq!((low.count, high.count, low.drawn, low.every), (400, 200, 400, 1));
        assert_eq!(low.area_px, 400.0 * 144.0);
        // 36 m2 of the map each, and the map is a 0.9996th of the ground.
        let area = low.area_m2.expect("placed");
        assert!((area / (400.0 * 36.0 / 0.9996f64.powi(2)) - 1.0).abs() < 1e-4, "{area}");
        // Four corners of two floats each, and an end.
        assert_eq!(low.corners.len(), 400 * 5 * 8);
        let floats: Vec<f32> = low
            .corners
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        assert!(floats[8].is_nan() && floats[9].is_nan());
        assert!(floats[..8].iter().all(|v| (*v - v.round()).abs() < 1e-4 && *v <= 12.0));
    }

    #[test]
    fn large_scenes_are_drawn_of_fewer_pixels() {
        let (all, some) = (at(0.5, LIVE_PX), at(0.5, 50_000));
        assert_eq!((some.every, some.count), (2, 400));
        assert!((some.area_px / all.area_px - 1.0).abs() < 0.05);
        let [all, some] = [all, some].map(|one| one.area_m2.expect("placed"));
        assert!((some / all - 1.0).abs() < 0.05, "{some} {all}");
    }

    #[test]
    fn a_place_is_known_by_its_reference_system() {
        let known = squares(8).geo;
        let unknown = GeoRef::new([0.0, 1.0, 0.0, 0.0, 0.0, -1.0], None, GeoKeys::default());
        assert_eq!(result_place(None), ResultPlace::None);
        assert_eq!(result_place(unknown.as_ref()), ResultPlace::Unknown);
        assert_eq!(result_place(known.as_ref()), ResultPlace::Known);
    }
}
