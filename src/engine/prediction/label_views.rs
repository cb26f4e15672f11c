//! What a network thinks of the images that people label: a look at a place, and the places where a label would help most.

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
    formats::raster::Raster,
    infer::{InferError, InputSpec, Prediction, View},
    model::UNet,
    protocol::{Event, FaultCode, LabelPlace, MAX_VIEW_PX, Stage, ViewPrediction},
};

/// Pixels that the network sees around a place.
const AROUND_PX: u32 = 40;
/// Side of a place to label, pixels, at least and at most.
const PLACE_PX: [u32; 2] = [64, 256];
/// The same where there is no network to ask.
const USUAL_PLACE_PX: u32 = 128;
/// Places that are suggested at most.
const MAX_PLACES: usize = 100;
/// Places that are looked at to find them.
const LOOKED_AT: usize = 128;
/// Time that may be spent on looking, ms.
const LOOK_MS: f64 = 1500.0;
/// A place of which more is labelled is done.
const DONE_SHARE: f64 = 0.2;
/// What a place loses that looks like one already chosen, on the scale of its score.
const LIKENESS_COST: f64 = 0.5;
/// Distance of two places' looks at which they count as different.
const APPEARANCE_DISTANCE: f64 = 0.15;

/// The network that is asked.
struct Asked<'a> {
    unet: &'a UNet,
    spec: InputSpec,
    steps: u32,
}

/// A place that could be labelled.
struct Candidate<'a> {
    path: &'a str,
    image: Raster,
    area: Area,
    /// Whether each pixel is not labelled yet; empty where none is.
    open: Vec<bool>,
    score: f64,
    /// Mean colour and mean of the map.
    appearance: [f64; 4],
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

    pub(in crate::engine) async fn predict_view(&self, image: String, rect: [u32; 4]) -> Vec<Event> {
        let area = area_of(rect);
        let Some(raster) = self.asked_image(&image) else {
            return vec![paint_fault(&PaintError::NoImage, &image, area, Stage::Predict)];
        };
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
        let map = match asked.map_of(&raster, area, false).await {
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
    /// answer), at most a few an image, none beside another, none that looks like another if others are as good. Without
    /// a network they are spread over the images.
    pub(in crate::engine) async fn suggest_labels(&self, count: u32) -> Vec<Event> {
        let count = (count as usize).clamp(1, MAX_PLACES);
        let asked = self.asked();
        let mut candidates = self.candidates(asked.as_ref());
        let images = {
            let mut paths: Vec<&str> = candidates.iter().map(|one| one.path).collect();
            paths.sort_unstable();
            paths.dedup();
            paths.len()
        };
        if let Some(asked) = &asked {
            let until_ms = (self.host.now_ms)() + LOOK_MS;
            let mut looked = 0;
            // Twice the wanted places are looked at in all poses.
            for is_averaged in [false, true] {
                let some = if is_averaged { 2 * count } else { candidates.len() };
                for candidate in candidates.iter_mut().take(some) {
                    if (self.host.now_ms)() > until_ms {
                        break;
                    }
                    if let Err(error) = candidate.predict(asked, is_averaged).await {
                        let detail = Some(error.to_string());
                        return vec![fault(FaultCode::DeviceError, Stage::Predict, None, detail)];
                    }
                    looked += usize::from(!is_averaged);
                }
                candidates.truncate(looked.max(1));
                candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
            }
        }
        let of_an_image = (2 * count).div_ceil(images.max(1)).max(1);
        vec![Event::Suggestions {
            places: chosen(candidates, count, of_an_image),
        }]
    }

    /// Places that are open, in an order drawn by chance in which the images take turns.
    fn candidates(&self, asked: Option<&Asked>) -> Vec<Candidate<'_>> {
        let set = &self.data.set;
        let side = asked.map_or(USUAL_PLACE_PX, |asked| asked.spec.tile_px as u32);
        let side = side.clamp(PLACE_PX[0], PLACE_PX[1]);
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
                    out.extend(self.candidate(path, *area));
                }
            }
            if is_over || out.len() >= LOOKED_AT {
                break;
            }
        }
        out
    }

    fn candidate<'a>(&'a self, path: &'a str, area: Area) -> Option<Candidate<'a>> {
        let pair = self.data.set.pairs.iter().find(|pair| pair.image_path == path);
        let open: Vec<bool> = match pair {
            Some(pair) => {
                let labels = area.cut(&pair.labels, pair.image.width as usize);
                labels
                    .iter()
                    .map(|label| *label == crate::protocol::UNLABELLED)
                    .collect()
            }
            None => Vec::new(),
        };
        let labelled = open.iter().filter(|open| !**open).count();
        if labelled as f64 > DONE_SHARE * area.pixels() as f64 {
            return None;
        }
        let image = self.asked_image(path)?;
        Some(Candidate {
            path,
            image,
            area,
            open,
            score: 0.0,
            appearance: [0.0; 4],
        })
    }
}

/// Squares that fill an image, as far as whole ones do; all of a smaller image.
fn places(image: &Raster, side: u32) -> Vec<Area> {
    let starts = |n: u32| {
        let count = (n / side).max(1);
        let room = n.saturating_sub(side);
        (0..count).map(move |i| if count == 1 { room / 2 } else { room / (count - 1) * i })
    };
    let at = |top: u32, left: u32| Area {
        top,
        left,
        height: side.min(image.height),
        width: side.min(image.width),
    };
    starts(image.height)
        .flat_map(|top| starts(image.width).map(move |left| at(top, left)))
        .collect()
}

impl Asked<'_> {
    /// What the network makes of an area, a value a pixel or one for each class.
    async fn map_of(&self, image: &Raster, area: Area, is_averaged: bool) -> Result<Vec<f32>, InferError> {
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
        let mut prediction = Prediction::new(&view, self.spec.stride_px, classes, is_averaged);
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

impl Candidate<'_> {
    /// Asks the network how unsure it is there, and notes what the place looks like.
    async fn predict(&mut self, asked: &Asked<'_>, is_averaged: bool) -> Result<(), InferError> {
        let classes = asked.unet.config().classes;
        let map = asked.map_of(&self.image, self.area, is_averaged).await?;
        let (mut sum, mut count, mut answer) = (0.0, 0usize, 0.0);
        for (at, values) in map.chunks_exact(classes).enumerate() {
            if self.open.get(at).is_none_or(|open| *open) {
                sum += entropy(values);
                answer += f64::from(as_byte(values)) / if classes == 1 { 255.0 } else { classes as f64 };
                count += 1;
            }
        }
        self.score = sum / count.max(1) as f64;
        let mut colour = [0.0; 3];
        let step = (self.area.width / 16).max(1) as usize;
        let mut seen = 0.0f64;
        for y in (self.area.top..self.area.end()[0] as u32).step_by(step) {
            for x in (self.area.left..self.area.end()[1] as u32).step_by(step) {
                let [r, g, b, _] = self.image.rgba8_at(x, y);
                for (sum, value) in colour.iter_mut().zip([r, g, b]) {
                    *sum += f64::from(value) / 255.0;
                }
                seen += 1.0;
            }
        }
        let [r, g, b] = colour.map(|sum| sum / seen.max(1.0));
        self.appearance = [r, g, b, answer / count.max(1) as f64];
        Ok(())
    }

    fn likeness(&self, other: &Self) -> f64 {
        let squares = self
            .appearance
            .iter()
            .zip(&other.appearance)
            .map(|(a, b)| (a - b) * (a - b));
        let distance = squares.sum::<f64>().sqrt();
        (1.0 - distance / APPEARANCE_DISTANCE).max(0.0)
    }

    fn is_near(&self, other: &Self) -> bool {
        let around = self.area.width.max(self.area.height) / 2;
        self.path == other.path
            && self
                .area
                .grown(around, &Area::whole(u32::MAX, u32::MAX))
                .meets(&other.area)
    }
}

/// The best places, one after the other: each is weighed against those that were chosen before.
fn chosen(mut candidates: Vec<Candidate>, count: usize, of_an_image: usize) -> Vec<LabelPlace> {
    let mut taken: Vec<Candidate> = Vec::new();
    while taken.len() < count {
        let worth = |one: &Candidate| {
            let alike = taken.iter().map(|other| one.likeness(other)).fold(0.0, f64::max);
            one.score * (1.0 - LIKENESS_COST * alike)
        };
        candidates.retain(|one| {
            let of_image = taken.iter().filter(|other| other.path == one.path).count();
            of_image < of_an_image && !taken.iter().any(|other| one.is_near(other))
        });
        let mut best: Option<(usize, f64)> = None;
        for (at, one) in candidates.iter().enumerate() {
            let own = worth(one);
            // Those that come first win among equals.
            if best.is_none_or(|(_, worth)| own > worth) {
                best = Some((at, own));
            }
        }
        let Some((at, _)) = best else { break };
        taken.push(candidates.remove(at));
    }
    let place = |one: Candidate| LabelPlace {
        image: one.path.to_owned(),
        left: one.area.left,
        top: one.area.top,
        side_px: one.area.width.max(one.area.height),
        score: one.score,
    };
    taken.into_iter().map(place).collect()
}

/// How unsure an answer is: its entropy as a part of the largest, 0 to 1.
fn entropy(values: &[f32]) -> f64 {
    let of = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    match values {
        [p] => (of(f64::from(*p)) + of(1.0 - f64::from(*p))) / std::f64::consts::LN_2,
        _ => values.iter().map(|p| of(f64::from(*p))).sum::<f64>() / (values.len().max(2) as f64).ln(),
    }
}

/// A probability as 0 to 255, or the number of the likeliest class.
fn as_byte(values: &[f32]) -> u8 {
    match values {
        [p] => (p * 255.0).round() as u8,
        _ => {
            let best =
                values.iter().enumerate().fold(
                    (0, f32::NEG_INFINITY),
                    |best, (class, p)| {
                        if *p > best.1 { (class, *p) } else { best }
                    },
                );
            best.0 as u8
        }
    }
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
