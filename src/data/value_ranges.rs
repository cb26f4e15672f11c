//! Which numbers are black and which are white in images of more than 8 bits.
//!
//! One range for a whole data set, so that a number is one brightness in every image, at prediction too: stretched each by
//! itself, the same ground would look different from tile to tile.

use crate::{
    formats::raster::{MAX_BANDS, Ranges, Raster, percentiles},
    values,
};

/// How numbers of more than 8 bits become brightness.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ValueRanges {
    /// Each image from its own 2nd to its own 98th percentile.
    #[default]
    EachAlone,
    /// As versions did that knew no range of a data set: TIFF each alone, PNG from 0 to 65535.
    AsBefore,
    /// These numbers are black and white, for each band that is shown.
    Fixed(Ranges),
}

impl ValueRanges {
    /// The image seen in this way; its pixels are shared.
    pub fn apply(&self, image: &Raster) -> Raster {
        image.in_ranges(self.of(image))
    }

    /// The range an image gets.
    pub fn of(&self, image: &Raster) -> Option<Ranges> {
        let own = image.own_ranges.as_ref()?;
        match self {
            ValueRanges::EachAlone => None,
            ValueRanges::AsBefore => Some(own.before.clone()),
            ValueRanges::Fixed(ranges) => Some(ranges.clone()),
        }
    }
}

/// What the user wants of a data set.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum RangeChoice {
    /// One range found over all images.
    #[default]
    Together,
    /// Anything else.
    Set(ValueRanges),
}

impl RangeChoice {
    /// The ranges for these images.
    pub fn resolve(&self, images: &[&Raster]) -> ValueRanges {
        match self {
            RangeChoice::Together => together(images).map_or(ValueRanges::EachAlone, ValueRanges::Fixed),
            RangeChoice::Set(ranges) => ranges.clone(),
        }
    }
}

impl From<&ValueRanges> for values::RangeChoice {
    fn from(ranges: &ValueRanges) -> Self {
        match ranges {
            ValueRanges::EachAlone => values::RangeChoice::EachAlone,
            ValueRanges::AsBefore => values::RangeChoice::AsBefore,
            ValueRanges::Fixed(bands) => values::RangeChoice::Fixed { bands: bands.to_vec() },
        }
    }
}

impl From<&RangeChoice> for values::RangeChoice {
    fn from(choice: &RangeChoice) -> Self {
        match choice {
            RangeChoice::Together => values::RangeChoice::Together,
            RangeChoice::Set(ranges) => ranges.into(),
        }
    }
}

/// Numbers of which none can be black and another white.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no range of numbers")]
pub struct NoRange;

impl TryFrom<values::RangeChoice> for RangeChoice {
    type Error = NoRange;

    fn try_from(choice: values::RangeChoice) -> Result<Self, NoRange> {
        Ok(match choice {
            values::RangeChoice::Together => RangeChoice::Together,
            values::RangeChoice::EachAlone => RangeChoice::Set(ValueRanges::EachAlone),
            values::RangeChoice::AsBefore => RangeChoice::Set(ValueRanges::AsBefore),
            values::RangeChoice::Fixed { bands } => {
                let sound = |[low, high]: &[f64; 2]| low.is_finite() && high.is_finite() && low < high;
                if bands.is_empty() || bands.len() > MAX_BANDS || !bands.iter().all(sound) {
                    return Err(NoRange);
                }
                RangeChoice::Set(ValueRanges::Fixed(bands.into()))
            }
        })
    }
}

/// Share of the pixels, each image counting alike, that a range found over all clamps at each end. Small, because what is
/// rare in a set can be what somebody looks for.
const CLIP: f64 = 0.005;
/// Pixels looked at in all, and of one image at least and at most.
const MAX_PIXELS: usize = 4_000_000;
const IMAGE_PIXELS: (usize, usize) = (1024, 65_536);

/// One range a band over all images of more than 8 bits, missing pixels left out; none if there is no such image.
fn together(images: &[&Raster]) -> Option<Ranges> {
    let wide: Vec<&&Raster> = images.iter().filter(|image| image.is_wide()).collect();
    if wide.is_empty() {
        return None;
    }
    let most = (MAX_PIXELS / wide.len()).clamp(IMAGE_PIXELS.0, IMAGE_PIXELS.1);
    let mut bands: Vec<Vec<f32>> = Vec::new();
    for image in wide {
        for (band, numbers) in image.spread(most).into_iter().enumerate() {
            if band >= bands.len() {
                bands.push(Vec::new());
            }
            bands[band].extend(numbers);
        }
    }
    Some(bands.iter_mut().map(|numbers| percentiles(numbers, CLIP)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(value: impl Fn(usize) -> u16, bands: u8, alpha: bool) -> Raster {
        let samples = (0..400).flat_map(|i| {
            let measured = usize::from(bands) - usize::from(alpha);
            let numbers: Vec<u16> = (0..measured).map(|_| value(i)).collect();
            numbers
                .into_iter()
                .chain(alpha.then_some(if i < 100 { 0 } else { u16::MAX }))
        });
        let mut raster = Raster::from_u16(20, 20, bands, samples.collect()).unwrap();
        raster.suggest_ranges([[0.0, 65535.0]].into());
        raster
    }

    #[test]
    fn a_number_is_one_brightness_in_every_image() {
        let sea = wide(|i| 260 + (i % 80) as u16, 3, false);
        let town = wide(|i| 1500 + 5 * i as u16, 3, false);
        let ranges = RangeChoice::Together.resolve(&[&sea, &town]);
        let ValueRanges::Fixed(found) = &ranges else {
            panic!("{ranges:?}")
        };
        assert_eq!(found.len(), 3);
        assert!(
            (260.0..270.0).contains(&found[0][0]) && (3450.0..=3495.0).contains(&found[0][1]),
            "{found:?}"
        );
        let both = |number: u16| {
            let one = wide(|i| if i == 0 { number } else { 260 + i as u16 % 80 }, 3, false);
            let other = wide(|i| if i == 0 { number } else { 1500 + 5 * i as u16 }, 3, false);
            (ranges.apply(&one).rgba8_at(0, 0), ranges.apply(&other).rgba8_at(0, 0))
        };
        for number in [300, 1500, 3000] {
            let (one, other) = both(number);
            assert_eq!(one, other);
        }
        assert_ne!(both(300), both(1500));
        // Alone they are not.
        assert_ne!(
            ValueRanges::EachAlone.apply(&sea).rgba8_at(10, 3),
            ranges.apply(&sea).rgba8_at(10, 3)
        );
    }

    #[test]
    fn missing_pixels_have_no_part_in_the_range() {
        let image = wide(|i| if i < 100 { 60_000 } else { 3000 + i as u16 }, 4, true);
        let ValueRanges::Fixed(found) = RangeChoice::Together.resolve(&[&image]) else {
            panic!("no range")
        };
        assert!(
            found.iter().all(|[low, high]| *low > 3000.0 && *high < 3500.0),
            "{found:?}"
        );
    }

    #[test]
    fn images_of_8_bits_have_no_range() {
        let plain = Raster::from_u8(2, 1, 1, vec![3, 200]).unwrap();
        assert_eq!(RangeChoice::Together.resolve(&[&plain]), ValueRanges::EachAlone);
        let fixed = ValueRanges::Fixed([[0.0, 10_000.0]].into());
        assert_eq!(fixed.apply(&plain).rgba8_at(1, 0), [200, 200, 200, 255]);
        let image = wide(|_| 5000, 1, false);
        assert_eq!(fixed.apply(&image).rgba8_at(0, 0)[0], 128);
    }

    #[test]
    fn before_there_was_a_range_png_went_from_0_to_65535() {
        let image = wide(|_| 257 * 40, 3, false);
        assert_eq!(ValueRanges::AsBefore.apply(&image).rgba8_at(0, 0), [40, 40, 40, 255]);
        assert_eq!(image.pixel_hash_before(), image.pixel_hash());
    }
}
