//! What a network thinks of the images that people label: a look at a place, and the places where a label would help most.

use super::label_places::{Candidate, Seen, Square, as_byte, chosen, places};
use crate::{
    data::{
        batches::Sampling,
        draw::{Draw, Stream},
        held_back::Area,
        label_layer::PaintError,
        preprocess::CLASSIC_TILE_PX,
    },
    engine::{
        Engine,
        dataset::labels::{area_of, paint_fault},
        fault,
    },
    formats::raster::{Raster, ReadBands},
    infer::{InferError, InputSpec, Prediction, View},
    model::UNet,
    protocol::{Event, FaultCode, MAX_VIEW_PX, Stage, UNLABELLED, ViewPrediction},
};

/// Pixels that the network sees around a place.
const AROUND_PX: u32 = 40;
/// Side of a square that the network looks at at once, pixels: what it sees around that costs little then.
const SQUARE_PX: u32 = 256;
/// Side of a place to label, pixels, at least and at most: a tile, in which strokes of all classes find room.
const PLACE_PX: [u32; 2] = [64, 256];
/// The same where there is no network to ask.
const USUAL_PLACE_PX: u32 = 128;
/// Places that are suggested at most.
const MAX_PLACES: usize = 100;
/// Squares that are looked at to find them.
const LOOKED_AT: usize = 128;
/// Time that may be spent on looking, ms: what is in view is to be seen anew every 2 s.
const LOOK_MS: f64 = 1000.0;

/// The network that is asked.
struct Asked<'a> {
    unet: &'a UNet,
    spec: InputSpec,
    steps: u32,
}

impl Engine {
    /// The run under way, or else the model.
    fn asked(&self) -> Option<Asked<'_>> {
        if let Some(run) = self.run.under_way() {
            let session = run.session();
            return Some(Asked {
                unet: session.model(),
                spec: session.input_spec(),
                steps: session.steps(),
            });
        }
        self.model.as_ref().map(|model| Asked {
            unet: &model.unet,
            spec: model.spec,
            steps: model.steps,
        })
    }

    /// An image as the network that is asked sees it.
    fn asked_image(&self, path: &str) -> Option<Raster> {
        let pair = self.data.set.pairs.iter().find(|pair| pair.image_path == path);
        let image = match pair {
            Some(pair) => &pair.image,
            None => self.data.builder.image(path)?,
        };
        let model = self.model.as_ref().filter(|_| self.run.under_way().is_none());
        let ranges = model.map_or(&self.data.set.ranges, |model| &model.ranges);
        Some(ranges.apply(image))
    }

    /// What stands in the way where the model sees other bands than those of an image. A run sees those of its own.
    fn other_bands(&self, image: &Raster) -> Option<String> {
        let model = self.model.as_ref().filter(|_| self.run.under_way().is_none())?;
        let read = ReadBands {
            chosen: image.chosen.as_deref(),
            of_file: image.bands_of_file(),
            for_network: self.data.builder.reads_for_network(),
        };
        model.check_bands(read).err()
    }

    pub(in crate::engine) async fn predict_view(&self, image: String, rect: [u32; 4]) -> Vec<Event> {
        let area = area_of(rect);
        let Some(raster) = self.asked_image(&image) else {
            return vec![paint_fault(&PaintError::NoImage, &image, area, Stage::Predict)];
        };
        if let Some(detail) = self.other_bands(&raster) {
            let detail = Some(detail);
            return vec![fault(FaultCode::MissingBands, Stage::Predict, Some(image), detail)];
        }
        if area.is_empty() || !area.is_inside(&Area::whole(raster.height, raster.width)) {
            let error = PaintError::Outside([raster.width, raster.height]);
            return vec![paint_fault(&error, &image, area, Stage::Predict)];
        }
        if area.width.max(area.height) > MAX_VIEW_PX {
            let detail = format!("{} × {}, limit {MAX_VIEW_PX}", area.width, area.height);
            return vec![fault(
                FaultCode::ViewTooLarge,
                Stage::Predict,
                Some(image),
                Some(detail),
            )];
        }
        let Some(asked) = self.asked() else {
            return vec![fault(FaultCode::NoModel, Stage::Predict, None, None)];
        };
        let map = match asked.map_of(&raster, area).await {
            Ok(map) => map,
            Err(error) => {
                let detail = Some(error.to_string());
                return vec![fault(FaultCode::DeviceError, Stage::Predict, Some(image), detail)];
            }
        };
        let classes = asked.unet.config().classes;
        let [left, top, width, height] = rect;
        vec![Event::ViewPrediction(ViewPrediction {
            image,
            left,
            top,
            width,
            height,
            values: map.chunks_exact(classes).map(as_byte).collect(),
            step: asked.steps,
        })]
    }

    /// Square places that are not labelled yet, the most telling first: where the network is unsure (entropy of its
    /// answer), and that stand for the most of what it is unsure of; at most a few an image, none beside another. Without a
    /// network they are spread over the images.
    pub(in crate::engine) async fn suggest_labels(&self, count: u32) -> Vec<Event> {
        let count = (count as usize).clamp(1, MAX_PLACES);
        let asked = self.asked();
        let side = asked.as_ref().map_or(USUAL_PLACE_PX, |asked| asked.spec.tile_px as u32);
        let side = side.clamp(PLACE_PX[0], PLACE_PX[1]);
        let squares = self.squares(if asked.is_some() { SQUARE_PX.max(side) } else { side }, side);
        let images = {
            let mut paths: Vec<&str> = squares.iter().map(|one| one.path()).collect();
            paths.sort_unstable();
            paths.dedup();
            paths.len()
        };
        let of_an_image = (2 * count).div_ceil(images.max(1)).max(1);
        let candidates = match &asked {
            Some(asked) => match self.looked_at(asked, &squares, side).await {
                Ok(candidates) => candidates,
                Err(error) => {
                    let detail = Some(error.to_string());
                    return vec![fault(FaultCode::DeviceError, Stage::Predict, None, detail)];
                }
            },
            None => squares.iter().map(Square::unseen).collect(),
        };
        vec![Event::Suggestions {
            places: chosen(&candidates, count, of_an_image),
        }]
    }

    /// Places of squares with what the network thinks of them.
    async fn looked_at<'a>(
        &self,
        asked: &Asked<'_>,
        squares: &[Square<'a>],
        side: u32,
    ) -> Result<Vec<Candidate<'a>>, InferError> {
        let mut candidates = Vec::new();
        let until_ms = (self.host.now_ms)() + LOOK_MS;
        for square in squares {
            let map = asked.map_of(square.image(), square.area()).await?;
            candidates.extend(square.places(&Seen::new(square, &map, asked.classes()), side));
            if (self.host.now_ms)() > until_ms {
                break;
            }
        }
        Ok(candidates)
    }

    /// Squares of this side with places that are not done, in an order drawn by chance in which the images take turns.
    fn squares(&self, side: u32, place: u32) -> Vec<Square<'_>> {
        let set = &self.data.set;
        let painted = set.pairs.iter().filter(|pair| pair.blocked.is_none() && !pair.excluded);
        let paths = painted.map(|pair| pair.image_path.as_str());
        let waiting = set
            .unpaired
            .iter()
            .filter(|file| !file.is_mask)
            .map(|file| file.path.as_str());
        let mut by_image: Vec<(f64, &str, Vec<Area>)> = Vec::new();
        for path in paths.chain(waiting) {
            let Some(image) = self.data.builder.image(path) else {
                continue;
            };
            let mut places = places(image, side);
            let key = crc32fast::hash(path.as_bytes());
            Draw::new(key, Stream::Split, 3, u64::from(self.data.painted_version)).shuffle(&mut places);
            let pair = set.pairs.iter().find(|pair| pair.image_path == path);
            let share = pair.map_or(0.0, |pair| pair.tally.labelled as f64 / image.pixels().max(1) as f64);
            by_image.push((share, path, places));
        }
        // Those with the fewest labels first.
        by_image.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut out = Vec::new();
        for turn in 0.. {
            let mut is_over = true;
            for (_, path, places) in &by_image {
                let Some(area) = places.get(turn) else { continue };
                is_over = false;
                if out.len() < LOOKED_AT {
                    out.extend(self.square(path, *area).filter(|square| square.is_open(place)));
                }
            }
            if is_over || out.len() >= LOOKED_AT {
                break;
            }
        }
        out
    }

    fn square<'a>(&'a self, path: &'a str, area: Area) -> Option<Square<'a>> {
        let pair = self.data.set.pairs.iter().find(|pair| pair.image_path == path);
        let labels = match pair {
            Some(pair) if !pair.labels.is_empty() => area.cut(&pair.labels, pair.image.width as usize),
            _ => vec![UNLABELLED; area.pixels() as usize],
        };
        let seen = self.asked_image(path)?;
        // The model cannot be asked of it.
        (self.other_bands(&seen).is_none()).then(|| Square::new(path, seen, area, labels))
    }
}

impl Asked<'_> {
    fn classes(&self) -> usize {
        self.unet.config().classes
    }

    /// What the network makes of an area, a value a pixel or one for each class.
    async fn map_of(&self, image: &Raster, area: Area) -> Result<Vec<f32>, InferError> {
        let classes = self.unet.config().classes;
        let whole = Area::whole(image.height, image.width);
        let is_native = self.spec.sampling == Sampling::Crop;
        let seen = if is_native {
            area.grown(AROUND_PX, &whole)
        } else {
            whole
        };
        let view = match is_native {
            true => View::part(seen, self.spec.channels),
            false => View::new(image, &self.spec),
        };
        let mut prediction = Prediction::new(&view, self.spec.stride_px, classes, false);
        let mut map = Vec::new();
        while !prediction.step(self.unet, &view, image, &mut map).await? {}
        if !is_native {
            // Seen as one tile: each pixel is the nearest of the tile.
            let region = match self.spec.sampling {
                Sampling::Classic => [2 * CLASSIC_TILE_PX; 2],
                _ => [image.height as usize, image.width as usize],
            };
            return Ok(nearest(&map, classes, [view.height, view.width], region, area));
        }
        let inside = Area {
            top: area.top - seen.top,
            left: (area.left - seen.left) * classes as u32,
            height: area.height,
            width: area.width * classes as u32,
        };
        Ok(inside.cut(&map, seen.width as usize * classes))
    }
}

/// An area of the image that a tile shows a region of, at its upper left, by the map of the tile; 0 beyond the region. Sides
/// are height and width.
fn nearest(map: &[f32], classes: usize, tile: [usize; 2], region: [usize; 2], area: Area) -> Vec<f32> {
    let from = |at: usize, axis: usize| (at < region[axis]).then(|| ((2 * at + 1) * tile[axis]) / (2 * region[axis]));
    let (top, left, width) = (area.top as usize, area.left as usize, area.width as usize);
    let mut out = vec![0.0; area.pixels() as usize * classes];
    for (at, values) in out.chunks_exact_mut(classes).enumerate() {
        if let (Some(y), Some(x)) = (from(top + at / width, 0), from(left + at % width, 1))
            && let Some(own) = map.get((y * tile[1] + x) * classes..(y * tile[1] + x + 1) * classes)
        {
            values.copy_from_slice(own);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_gives_the_area_alone() {
        // Two classes of a tile of 2 x 3 that shows 4 x 6 pixels of a larger image.
        let map: Vec<f32> = (0..12).map(|v| v as f32).collect();
        let area = |top, left, height, width| Area {
            top,
            left,
            height,
            width,
        };
        let of = |area| nearest(&map, 2, [2, 3], [4, 6], area);
        let whole = of(area(0, 0, 5, 7));
        assert_eq!(whole[..14], [0., 1., 0., 1., 2., 3., 2., 3., 4., 5., 4., 5., 0., 0.]);
        assert!(whole[4 * 14..].iter().all(|v| *v == 0.0));
        let part = area(1, 3, 3, 4);
        let cut = area(1, 3 * 2, 3, 4 * 2).cut(&whole, 7 * 2);
        assert_eq!((of(part).len(), of(part)), (3 * 4 * 2, cut));
    }
}
