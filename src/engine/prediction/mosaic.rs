//! Images that lie on one grid of pixels: where each lies, and what the tiles of one see of the others.

use super::{inputs::Inputs, noted::Noted};
use crate::{
    data::{held_back::Area, preprocess::Channels, value_ranges::ValueRanges},
    formats::{DecodeError, Samples, raster::Raster},
    geo::Layout,
    infer::{Prediction, View},
    protocol::{Fault, FaultCode, Mosaic, Stage},
};

/// Longest side of a mosaic in pixels.
const MAX_SIDE_PX: u32 = 1 << 24;

/// Red, green, blue, alpha.
const RGBA: usize = 4;

/// Where the images of a mosaic lie in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Places {
    /// Height and width of the mosaic.
    whole: [usize; 2],
    /// The part that is predicted.
    wanted: Area,
    /// It is predicted as one, not an image in it, which may be as large.
    is_whole: bool,
    /// Inputs by number, and where each lies; where several have data, the last counts.
    inputs: Vec<(usize, Area)>,
}

impl Places {
    /// All of it is predicted.
    pub(super) fn all(layout: &Layout, inputs: &Inputs) -> Self {
        let [width, height] = layout.size;
        let area = |(index, [left, top]): (usize, &[u32; 2])| {
            let [width, height] = inputs.size(index)?;
            let area = Area {
                top: *top,
                left: *left,
                height,
                width,
            };
            Some((index, area))
        };
        Self {
            whole: [height as usize, width as usize],
            wanted: Area::whole(height, width),
            is_whole: true,
            inputs: layout.corners.iter().enumerate().filter_map(area).collect(),
        }
    }

    /// One image is predicted: its number among the inputs.
    ///
    /// # Errors
    /// If an image is not there, or does not lie within the mosaic.
    pub(super) fn of(mosaic: &Mosaic, image: &str, inputs: &Inputs) -> Result<(Self, usize), Fault> {
        let refused = |code, path: &str, detail: String| Fault {
            code,
            stage: Stage::Predict,
            file: Some(path.to_owned()),
            detail: Some(detail),
        };
        let size = format!("{} × {}", mosaic.width, mosaic.height);
        if mosaic.width.max(mosaic.height) > MAX_SIDE_PX {
            let detail = format!("{size}, limit {MAX_SIDE_PX} on a side");
            return Err(refused(FaultCode::TooManyPixels, image, detail));
        }
        let whole = Area::whole(mosaic.height, mosaic.width);
        let mut placed = Vec::new();
        for part in &mosaic.parts {
            let index = (0..inputs.len()).find(|index| inputs.path(*index) == Some(&part.path));
            let found = index.and_then(|index| Some((index, inputs.size(index)?)));
            let Some((index, [width, height])) = found else {
                return Err(refused(FaultCode::NoInputs, &part.path, String::new()));
            };
            let area = Area {
                top: part.top,
                left: part.left,
                height,
                width,
            };
            if !area.is_inside(&whole) {
                let detail = format!("{width} × {height} at {}, {}, mosaic {size}", part.left, part.top);
                return Err(refused(FaultCode::OutsideImage, &part.path, detail));
            }
            placed.push((index, area));
        }
        let wanted = placed.iter().find(|(index, _)| inputs.path(*index) == Some(image));
        let Some(&(input, wanted)) = wanted else {
            return Err(refused(FaultCode::NoInputs, image, String::new()));
        };
        let places = Self {
            whole: [mosaic.height as usize, mosaic.width as usize],
            wanted,
            is_whole: false,
            inputs: placed,
        };
        Ok((places, input))
    }

    /// All of the mosaic that is there, by number among the inputs.
    pub(super) fn inputs(&self) -> impl Iterator<Item = usize> + '_ {
        self.inputs.iter().map(|(index, _)| *index)
    }

    /// The tiles that have a say in the image, and what they see.
    pub(super) fn prediction(&self, stride_px: usize, classes: usize, averaged: bool) -> (Prediction, Surroundings) {
        let (prediction, seen) = Prediction::of_part(self.whole, self.wanted, stride_px, classes, averaged);
        let around = Surroundings {
            places: self.clone(),
            seen,
            band: None,
            // Of a part it is the image's own, which is there.
            noted: self.is_whole.then(|| Noted::new(self.whole)),
        };
        (prediction, around)
    }
}

/// The pixels around an image and its own, in bands of rows.
pub(super) struct Surroundings {
    places: Places,
    /// What the tiles see of the mosaic.
    seen: Area,
    /// Rows put together last: the first and how many, and their pixels.
    band: Option<([usize; 2], Raster)>,
    /// Of a mosaic that is predicted whole.
    noted: Option<Noted>,
}

impl Surroundings {
    /// What is seen, as the network is to see it.
    pub(super) fn view(&self, channels: Channels) -> View {
        View::native([self.seen.height as usize, self.seen.width as usize], channels)
    }

    /// The image that is predicted, in what is seen.
    pub(super) fn wanted(&self) -> Area {
        Area {
            top: self.places.wanted.top.saturating_sub(self.seen.top),
            left: self.places.wanted.left.saturating_sub(self.seen.left),
            ..self.places.wanted
        }
    }

    /// Rows of what is seen, as the network sees them; where no image has data they are transparent.
    ///
    /// # Errors
    /// The input that is damaged, and how.
    pub(super) fn rows(
        &mut self,
        inputs: &mut Inputs,
        ranges: &ValueRanges,
        rows: [usize; 2],
    ) -> Result<Raster, (usize, DecodeError)> {
        if let Some((held, band)) = &self.band
            && *held == rows
        {
            return Ok(band.clone());
        }
        // The old rows go before the new ones come.
        self.band = None;
        let [top, height] = rows.map(|n| n as u32);
        let band = Area {
            top: self.seen.top + top,
            height,
            ..self.seen
        };
        let rasters = self.rasters(inputs, ranges, &band)?;
        let raster = together(&rasters, &band).ok_or_else(|| {
            let samples = rasters.first().map_or(RGBA, |(raster, _)| samples_of(raster));
            let needed_bytes = band.pixels() * samples as u64;
            let error = DecodeError::OutOfMemory {
                needed_bytes,
                available_bytes: 0,
            };
            // Any of those that lie there.
            let mut there = self.places.inputs.iter().filter(|(_, area)| area.meets(&band));
            (there.next().map_or(0, |(index, _)| *index), error)
        })?;
        if let Some(noted) = &mut self.noted {
            noted.note(rows[0], &raster);
        }
        self.band = Some((rows, raster.clone()));
        Ok(raster)
    }

    /// What was noted, of a mosaic that is predicted whole.
    pub(super) fn take_noted(&mut self) -> Option<Noted> {
        self.noted.take()
    }

    /// What the images hold of a band, each with the place of its pixels in the mosaic.
    fn rasters(
        &self,
        inputs: &mut Inputs,
        ranges: &ValueRanges,
        band: &Area,
    ) -> Result<Vec<(Raster, Area)>, (usize, DecodeError)> {
        let mut found = Vec::new();
        for (index, area) in &self.places.inputs {
            if !area.meets(band) {
                inputs.forget_rows(*index);
                continue;
            }
            let from = band.top.max(area.top);
            let until = band.end()[0].min(area.end()[0]) as u32;
            let (first, height) = ((from - area.top) as usize, (until - from) as usize);
            let read = inputs
                .some_rows(*index, first, height)
                .map_err(|error| (*index, error))?;
            let Some((raster, first)) = read else { continue };
            let place = Area {
                top: area.top + first as u32,
                height: raster.height,
                ..*area
            };
            found.push((ranges.apply(&raster), place));
        }
        Ok(found)
    }
}

/// Samples of a pixel put together: red, green, blue and alpha, or the bands of a stack and alpha.
fn samples_of(raster: &Raster) -> usize {
    raster.as_stack().map_or(RGBA, |stack| stack.numbers.len() + 1)
}

/// Images of the same bands in one, transparent where none of them has data; `None` if there is no room.
fn together(rasters: &[(Raster, Area)], band: &Area) -> Option<Raster> {
    let stack = rasters.iter().find(|(raster, _)| raster.as_stack().is_some());
    let of_pixel = stack.map_or(RGBA, |(raster, _)| samples_of(raster));
    let is_deep = stack.is_some() || rasters.iter().any(|(raster, _)| raster.is_deep());
    let samples = match is_deep {
        false => {
            let mut rgba: Vec<u8> = empty(band, of_pixel)?;
            for (raster, place) in rasters {
                lay(&mut rgba, of_pixel, band, place, |x, y, out: &mut [u8]| {
                    out.copy_from_slice(&raster.rgba8_at(x, y));
                });
            }
            Samples::from(rgba)
        }
        true => {
            let mut levels: Vec<u16> = empty(band, of_pixel)?;
            for (raster, place) in rasters.iter().filter(|(raster, _)| samples_of(raster) == of_pixel) {
                lay(&mut levels, of_pixel, band, place, raster.levels16());
            }
            Samples::from(levels)
        }
    };
    match stack.and_then(|(raster, _)| raster.chosen.clone()) {
        Some(chosen) => Raster::stack([band.width, band.height], chosen, true, samples, 8),
        None => Raster::new(band.width, band.height, RGBA as u8, samples, 8),
    }
}

/// A band of transparent pixels; `None` if there is no room.
fn empty<T: Clone + Default>(band: &Area, of_pixel: usize) -> Option<Vec<T>> {
    let samples = usize::try_from(band.pixels()).ok()?.checked_mul(of_pixel)?;
    let mut out = Vec::new();
    out.try_reserve_exact(samples).ok()?;
    out.resize(samples, T::default());
    Some(out)
}

/// Lays those pixels of an image that have data over a band, so many samples each, alpha last. `place`: where the image's
/// pixels lie.
fn lay<T: Copy + Default + PartialEq>(
    samples: &mut [T],
    of_pixel: usize,
    band: &Area,
    place: &Area,
    pixel: impl Fn(u32, u32, &mut [T]),
) {
    let [bottom, right] = [0, 1].map(|axis| band.end()[axis].min(place.end()[axis]) as u32);
    let left = band.left.max(place.left);
    let mut found = vec![T::default(); of_pixel];
    for y in band.top.max(place.top)..bottom {
        let at = (y - band.top) as usize * band.width as usize + left.saturating_sub(band.left) as usize;
        let row = samples.get_mut(at * of_pixel..).unwrap_or_default();
        for (x, target) in (left..right).zip(row.chunks_exact_mut(of_pixel)) {
            pixel(x - place.left, y - place.top, &mut found);
            if found.last() != Some(&T::default()) {
                target.copy_from_slice(&found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::raster::ChosenBands;

    #[test]
    fn what_has_data_lies_over_what_was_there() {
        let band = Area {
            top: 10,
            left: 20,
            height: 2,
            width: 4,
        };
        let mut rgba: Vec<u8> = empty(&band, 4).expect("room");
        let place = |top, left| Area {
            top,
            left,
            height: 3,
            width: 3,
        };
        lay(&mut rgba, 4, &band, &place(9, 18), |x, y, out: &mut [u8]| {
            out.copy_from_slice(&[x as u8, y as u8, 0, 255]);
        });
        // Of this one every other column has no data.
        lay(&mut rgba, 4, &band, &place(11, 20), |x, y, out: &mut [u8]| {
            out.copy_from_slice(&[x as u8, y as u8, 1, (x % 2) as u8]);
        });
        lay(&mut rgba, 4, &band, &place(0, 0), |_, _, out: &mut [u8]| out.fill(9));
        let none = [0; 4];
        let rows = [
            [[2, 1, 0, 255], none, none, none],
            [[2, 2, 0, 255], [1, 0, 1, 1], none, none],
        ];
        assert_eq!(rgba, rows.concat().concat());
    }

    /// Put together, pixels are seen as those of an image in one piece.
    #[test]
    fn pixels_keep_their_levels() {
        let numbers = |n: usize| (0..8 * 6 * n).map(move |i| (i * 7919 % 3001) as u16);
        let mut wide = Raster::from_u16(8, 6, 3, numbers(3).collect()).expect("a raster");
        wide.suggest_ranges(vec![[0.0, 65535.0]; 3].into());
        let mut grey = Raster::from_u16(8, 6, 1, numbers(1).collect()).expect("a raster");
        grey.suggest_ranges(vec![[0.0, 65535.0]].into());
        let plain = Raster::from_u8(8, 6, 3, numbers(3).map(|v| v as u8).collect()).expect("a raster");
        let stack = |count: u8, has_alpha: bool, samples: Samples| {
            let chosen = ChosenBands {
                numbers: (1..=u32::from(count)).collect(),
                names: vec![String::new(); count.into()],
                shown: [0, 1, 1],
            };
            Raster::stack([8, 6], chosen.into(), has_alpha, samples, 16).expect("a raster")
        };
        let mut many = stack(10, false, numbers(10).collect::<Vec<u16>>().into());
        many.suggest_ranges(vec![[0.0, 65535.0]; 10].into());
        let mut two = stack(2, true, numbers(3).collect::<Vec<u16>>().into());
        two.suggest_ranges(vec![[0.0, 65535.0]; 2].into());
        let few = stack(5, false, numbers(5).map(|v| v as u8).collect::<Vec<u8>>().into());
        let whole = Area::whole(6, 8);
        for raster in [wide, grey, plain, many, two, few] {
            let together = together(&[(raster.clone(), whole)], &whole).expect("a raster");
            let own = raster
                .as_stack()
                .map(|stack| Channels::Bands(stack.numbers.len() as u8));
            let all = own.map_or(vec![Channels::Grey, Channels::Rgb], |own| vec![own]);
            for channels in all {
                let seen = |raster: &Raster| {
                    let mut values = vec![0.0; 6 * 8 * channels.count()];
                    View::native([6, 8], channels).window(raster, [0, 0], [6, 8], &mut values);
                    values
                };
                assert_eq!(seen(&together), seen(&raster), "{channels:?}, {} bands", raster.bands);
            }
        }
    }
}
