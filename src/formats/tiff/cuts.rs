//! Parts of an image that is too large to be held: squares that are images of their own, where they are in the file.

use super::{
    chunk::Compression,
    image::{Mask, TiffImage, Window},
    parts::{MAX_CHUNK_BYTES, TiffError},
};
use crate::geo::GeoRef;

/// Squares looked at, of one image.
const MOST_SQUARES: f64 = 100_000.0;
/// A square whose strips or tiles take less than this share of the usual bytes is taken for empty: ground that was never
/// flown over compresses to nothing.
const EMPTY_SHARE: f64 = 0.125;

/// What is known of an image beside its file.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    pub geo: Option<GeoRef>,
    /// Which pixels are missing, where the file itself names none; so `nodata`.
    pub mask: Option<Mask>,
    pub nodata: Option<f64>,
}

impl TiffImage {
    /// Width and height of what is the image: of the whole file, or of the part that it is.
    pub fn size(&self) -> [u32; 2] {
        let window = self.whole_window();
        [window.width as u32, window.height as u32]
    }

    /// A part as an image of its own, in its place. The file stays shared.
    ///
    /// # Errors
    /// If the mask has another size than the whole image.
    pub fn part(&self, window: Window, beside: &Beside) -> Result<TiffImage, TiffError> {
        let mut part = self.clone();
        part.part = Some(window);
        if let Some(mask) = &beside.mask {
            part.attach_mask(mask.clone())?;
        }
        if !part.may_miss() {
            part.nodata = beside.nodata;
        }
        let place = beside
            .geo
            .as_ref()
            .map(|geo| geo.moved(window.x as f64, window.y as f64));
        part.georef.by_control_points = false;
        part.geo.clone_from(&place);
        part.georef.geo = place;
        Ok(part)
    }

    /// Whether windows of it can be read where the file lies: its strips or tiles are not too large to be fetched one at a time.
    pub fn is_worth_parts(&self) -> bool {
        self.shape(self.chunk[0])
            .is_some_and(|shape| shape.bytes() <= MAX_CHUNK_BYTES / 4)
    }

    /// Squares of about `side_px` that cover the image without overlap, row by row, those without data left out: along the
    /// tiles where these are smaller, and cut by the image's end.
    pub fn squares(&self, side_px: usize) -> Vec<Window> {
        let along = |chunk: usize| match chunk <= side_px {
            true => side_px / chunk.max(1) * chunk,
            false => side_px,
        };
        let [height, width] = match self.tiled {
            true => self.chunk.map(along),
            false => [along(self.chunk[0]), side_px],
        };
        let all = self.whole_window();
        // Of a huge image some are enough to choose from; what its header says of its size may be a lie.
        let across_all = all.width.div_ceil(width.max(1)) as u64 * all.height.div_ceil(height.max(1)) as u64;
        let every = (across_all as f64 / MOST_SQUARES).sqrt().ceil().max(1.0) as usize;
        let mut squares = Vec::new();
        for y in (0..all.height).step_by(height.max(1).saturating_mul(every)) {
            for x in (0..all.width).step_by(width.max(1).saturating_mul(every)) {
                squares.push(Window {
                    y,
                    x,
                    height: height.min(all.height - y),
                    width: width.min(all.width - x),
                });
            }
        }
        // What is left at the end may be no more than a line.
        squares.retain(|w| 2 * w.height >= height.min(all.height) && 2 * w.width >= width.min(all.width));
        let bytes: Vec<u64> = squares.iter().map(|window| self.encoded_in(*window)).collect();
        let mut sorted: Vec<u64> = bytes.iter().copied().filter(|bytes| *bytes > 0).collect();
        sorted.sort_unstable();
        let usual = sorted.get(sorted.len() / 2).copied().unwrap_or(0) as f64;
        let least = match self.compression {
            // Lengths are left out where they follow from the sizes.
            Compression::None if sorted.is_empty() => 0.0,
            Compression::None => 1.0,
            _ => (usual * EMPTY_SHARE).max(1.0),
        };
        let with_data = squares.iter().zip(&bytes).filter(|(_, bytes)| **bytes as f64 >= least);
        with_data.map(|(window, _)| *window).collect()
    }

    /// Bytes of the strips or tiles that a window touches, of the first plane.
    fn encoded_in(&self, window: Window) -> u64 {
        let [chunk_height, chunk_width] = self.chunk;
        let mut sum = 0u64;
        for down in window.y / chunk_height..(window.y + window.height).div_ceil(chunk_height) {
            for across in window.x / chunk_width..(window.x + window.width).div_ceil(chunk_width) {
                let range = self.chunk_ranges.get(down * self.chunks_across() + across);
                sum = sum.saturating_add(range.map_or(0, |(_, length)| *length));
            }
        }
        sum
    }
}

/// Of `all` windows about `count` that lie as evenly as can be over their extent, in the order of `all`.
///
/// Points of the sequence R2 (M. Roberts, 2018) fill a square ever more finely; each takes the nearest window that is left.
pub fn spread(all: &[Window], count: usize) -> Vec<Window> {
    if all.len() <= count {
        return all.to_vec();
    }
    let right = all.iter().map(|w| w.x + w.width).max().unwrap_or(1) as f64;
    let bottom = all.iter().map(|w| w.y + w.height).max().unwrap_or(1) as f64;
    let left = all.iter().map(|w| w.x).min().unwrap_or(0) as f64;
    let top = all.iter().map(|w| w.y).min().unwrap_or(0) as f64;
    let mut is_taken = vec![false; all.len()];
    for n in 1..=count {
        let at = |step: f64, low: f64, high: f64| low + (0.5 + n as f64 * step).fract() * (high - low);
        let (x, y) = (
            at(0.754_877_666_246_693, left, right),
            at(0.569_840_290_998_053, top, bottom),
        );
        let distance = |w: &Window| {
            let (dx, dy) = (
                w.x as f64 + w.width as f64 / 2.0 - x,
                w.y as f64 + w.height as f64 / 2.0 - y,
            );
            dx * dx + dy * dy
        };
        let free = all.iter().enumerate().filter(|(at, _)| !is_taken[*at]);
        let nearest = free.min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)));
        if let Some(at) = nearest.map(|(at, _)| at) {
            is_taken[at] = true;
        }
    }
    let taken = all.iter().zip(is_taken).filter(|(_, taken)| *taken);
    taken.map(|(window, _)| *window).collect()
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::{
        formats::{Parts, tiff},
        geo::GeoKeys,
    };

    fn image(width: usize, height: usize) -> TiffImage {
        let geo = GeoRef::new(
            [500_000.0, 0.5, 0.0, 5_400_000.0, 0.0, -0.5],
            Some(32633),
            GeoKeys::default(),
        );
        let spec = tiff::GeoTiffSpec {
            width,
            height,
            geo: geo.as_ref(),
            nodata: None,
            palette: None,
        };
        let value = |x: usize, y: usize| (x * 7 + y * 13) as u8;
        let bytes = tiff::write(spec, |y, x| value(x, y), Parts::whole()).expect("written");
        TiffImage::open(Rc::new(bytes)).expect("opened")
    }

    #[test]
    fn a_part_is_the_image_there() {
        let whole = image(1100, 700);
        let bands = whole.choose_asked(&[]).expect("bands");
        let pixels = whole.whole(&bands).expect("decoded");
        let window = Window {
            y: 512,
            x: 300,
            height: 100,
            width: 200,
        };
        let geo = whole.geo.clone().expect("placed");
        let beside = Beside {
            geo: whole.geo.clone(),
            ..Beside::default()
        };
        let part = whole.part(window, &beside).expect("a part");
        assert_eq!(part.size(), [200, 100]);
        let raster = part.whole(&part.choose_asked(&[]).expect("bands")).expect("decoded");
        assert_eq!((raster.width, raster.height), (200, 100));
        for (x, y) in [(0, 0), (199, 99), (17, 60)] {
            assert_eq!(raster.rgba8_at(x, y), pixels.rgba8_at(x + 300, y + 512));
        }
        let place = part.geo.expect("placed");
        assert_eq!(place.to_map(0.0, 0.0), geo.to_map(300.0, 512.0));
        assert_eq!(part.georef.geo.as_ref(), Some(&place));
    }

    #[test]
    fn squares_cover_what_has_data_along_the_tiles() {
        let mut whole = image(2600, 2100);
        let squares = whole.squares(1024);
        // The last 52 rows and 552 columns: columns are half a square, rows are not.
        assert_eq!(squares.len(), 6);
        assert!(
            squares
                .iter()
                .all(|w| w.x % whole.chunk[1] == 0 && w.y % whole.chunk[0] == 0)
        );
        // Two columns of squares were never flown over.
        let across = whole.chunks_across();
        for (number, range) in whole.chunk_ranges.iter_mut().enumerate() {
            if number % across >= 1024 / whole.chunk[1] {
                range.1 = 0;
            }
        }
        assert_eq!(whole.squares(1024).iter().map(|w| w.x).max(), Some(0));
    }

    #[test]
    fn some_lie_evenly_over_all() {
        let square = |at: usize| Window {
            y: at / 40 * 100,
            x: at % 40 * 100,
            height: 100,
            width: 100,
        };
        let all: Vec<Window> = (0..1600).map(square).collect();
        let some = spread(&all, 64);
        assert_eq!(some.len(), 64);
        // Each quarter of each side has about its share: 4 of 16 parts of the image, 64 / 16.
        let mut by_part = [0; 16];
        for window in &some {
            by_part[window.y / 1000 * 4 + window.x / 1000] += 1;
        }
        assert!(by_part.iter().all(|n| (2..=6).contains(n)), "{by_part:?}");
        assert_eq!(spread(&all[..3], 64), &all[..3]);
    }
}
