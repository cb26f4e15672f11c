//! An image as the model is to see it.

use std::borrow::Cow;

use crate::{
    data::{
        batches::Sampling,
        classes::UNLABELLED,
        held_back::Area,
        preprocess::{self, Channels},
    },
    formats::raster::Raster,
};

use super::{
    resample::{resize_bilinear, shrink_nearest},
    rescale::{Taps, filter_row},
};

/// What the model was trained on, as far as its input is concerned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InputSpec {
    pub channels: Channels,
    pub sampling: Sampling,
    pub tile_px: usize,
    /// Height and width of what the model sees must be multiples of this.
    pub stride_px: usize,
}

impl InputSpec {
    /// Height and width of an image of `size` as the model sees it.
    pub fn seen(&self, size: [usize; 2]) -> [usize; 2] {
        match self.sampling {
            Sampling::Crop => size,
            Sampling::Resize => [self.tile_px; 2],
            Sampling::Classic => [CLASSIC_TILE_PX; 2],
        }
    }
}

/// Side of the tile that region is made into.
const CLASSIC_TILE_PX: usize = 256;
/// Side of the region Classic crops from the top left.
const CLASSIC_CROP_PX: usize = 512;

/// An image, seen natively or made into one tile.
#[derive(Debug, Clone)]
pub struct View {
    pub height: usize,
    pub width: usize,
    channels: Channels,
    /// HWC in 0..1; `None` = read from the raster as it is.
    values: Option<Vec<f32>>,
    /// Rows and columns of the image under each of the view's, where it shows the image at another resolution.
    taps: Option<[Vec<Taps>; 2]>,
    /// Size of the region of the image that the view shows.
    region: [usize; 2],
    image: [usize; 2],
    /// Row of the image that the raster given to [`window`](Self::window) begins with.
    top: usize,
    /// Row and column of the raster that the view begins with.
    corner: [u32; 2],
}

impl View {
    /// An image of `size` seen as it is, whose raster comes in bands of rows ([`begin_at`](Self::begin_at)).
    pub fn native(size: [usize; 2], channels: Channels) -> Self {
        Self {
            height: size[0],
            width: size[1],
            channels,
            values: None,
            taps: None,
            region: size,
            image: size,
            top: 0,
            corner: [0; 2],
        }
    }

    /// A part of an image, seen as it is. What lies beyond its edge is what the image has there.
    pub fn part(area: Area, channels: Channels) -> Self {
        Self {
            corner: [area.top, area.left],
            ..Self::native([area.height as usize, area.width as usize], channels)
        }
    }

    /// An image of `size` seen as if its pixels were `shrink` times as large on the ground, else as [`native`](Self::native).
    pub fn at_resolution(size: [usize; 2], channels: Channels, shrink: f64) -> Self {
        let [height, width] = size.map(|n| ((n as f64 / shrink).round() as usize).max(1));
        let native = Self::native(size, channels);
        if [height, width] == size {
            return native;
        }
        Self {
            height,
            width,
            taps: Some([Taps::axis(size[0], height), Taps::axis(size[1], width)]),
            ..native
        }
    }

    /// First row and number of rows of the image that rows of the view are made of.
    pub fn image_rows(&self, [from, height]: [usize; 2]) -> [usize; 2] {
        let Some([rows, _]) = &self.taps else {
            return [from, height];
        };
        let some = rows.get(from..(from + height).min(rows.len())).unwrap_or_default();
        match (some.first(), some.last()) {
            (Some(first), Some(last)) => [first.start, last.end() - first.start],
            _ => [0, 1],
        }
    }

    /// The raster given from now on begins with this row of the image.
    pub fn begin_at(&mut self, row: usize) {
        self.top = row;
    }

    pub fn new(image: &Raster, spec: &InputSpec) -> Self {
        let size = [image.height as usize, image.width as usize];
        match spec.sampling {
            Sampling::Crop => Self::native(size, spec.channels),
            Sampling::Resize => {
                let side = spec.tile_px;
                let values = preprocess::resize_nearest_f32(image, spec.channels, side, side);
                Self {
                    height: side,
                    width: side,
                    channels: spec.channels,
                    values: Some(values),
                    taps: None,
                    region: size,
                    image: size,
                    top: 0,
                    corner: [0; 2],
                }
            }
            Sampling::Classic => {
                let grey = preprocess::classic_test_image(image);
                let values = match spec.channels {
                    Channels::Grey => grey,
                    other => grey.iter().flat_map(|&v| vec![v; other.count()]).collect(),
                };
                let region = [CLASSIC_CROP_PX; 2];
                Self {
                    height: CLASSIC_TILE_PX,
                    width: CLASSIC_TILE_PX,
                    channels: spec.channels,
                    values: Some(values),
                    taps: None,
                    region,
                    image: size,
                    top: 0,
                    corner: [0; 2],
                }
            }
        }
    }

    /// Whether the image is seen pixel by pixel, be it at another resolution, and not made into one tile.
    pub fn is_native(&self) -> bool {
        self.values.is_none()
    }

    /// Height and width of the image.
    pub fn image_size(&self) -> [usize; 2] {
        self.image
    }

    /// Height and width of the map that is held: the image's, or the tile's.
    pub fn map_size(&self) -> [usize; 2] {
        if self.is_native() {
            self.image
        } else {
            [self.height, self.width]
        }
    }

    /// Truth at the view's size: 0 or 1, or class numbers. `classic_mask`: as [`Dataset::classic_mask`] has it.
    ///
    /// [`Dataset::classic_mask`]: crate::data::dataset::Dataset::classic_mask
    pub fn truth(&self, mask: &[u8], spec: &InputSpec, classic_mask: impl FnOnce() -> Vec<f32>) -> Vec<u8> {
        match spec.sampling {
            Sampling::Crop => mask.to_vec(),
            Sampling::Resize => {
                let [height, width] = self.image;
                preprocess::resize_nearest_mask(mask, width, height, self.width, self.height)
            }
            Sampling::Classic => classic_mask()
                .iter()
                .map(|&v| match v {
                    preprocess::UNKNOWN => UNLABELLED,
                    v => u8::from(v > 0.5),
                })
                .collect(),
        }
    }

    /// Copies the window at (`y0`, `x0`) into `out`, HWC; outside the image its edge goes on.
    pub fn window(&self, image: &Raster, [y0, x0]: [i64; 2], [height, width]: [usize; 2], out: &mut [f32]) {
        if let Some([rows, columns]) = &self.taps {
            let inside = |at: i64, all: &[Taps]| (at.max(0) as usize).min(all.len().saturating_sub(1));
            let pick = |all: &[Taps], from: i64, n: usize| -> Vec<Taps> {
                let picked = (0..n).filter_map(|i| all.get(inside(from + i as i64, all)).cloned());
                picked.collect()
            };
            return self.filtered(image, &pick(rows, y0, height), &pick(columns, x0, width), out);
        }
        let Some(values) = &self.values else {
            let (y0, x0) = (
                y0 - self.top as i64 + i64::from(self.corner[0]),
                x0 + i64::from(self.corner[1]),
            );
            preprocess::crop_f32(image, self.channels, y0, x0, height, width, out);
            return;
        };
        let channels = self.channels.count();
        for y in 0..height {
            let row = (y0 + y as i64).clamp(0, self.height as i64 - 1) as usize;
            for x in 0..width {
                let column = (x0 + x as i64).clamp(0, self.width as i64 - 1) as usize;
                let (from, to) = ((row * self.width + column) * channels, (y * width + x) * channels);
                out[to..to + channels].copy_from_slice(&values[from..from + channels]);
            }
        }
    }

    /// Whether all pixels under the window at (`y0`, `x0`) are transparent. Of a view that is resampled nobody knows.
    pub fn shows_nothing(&self, image: &Raster, [y0, x0]: [i64; 2], [height, width]: [usize; 2]) -> bool {
        if self.values.is_some() || self.taps.is_some() || !image.has_alpha() {
            return false;
        }
        let inside = |from: i64, n: usize, side: u32| {
            let end = (from + n as i64).clamp(0, i64::from(side));
            from.clamp(0, end) as u32..end as u32
        };
        let mut rows = inside(y0 - self.top as i64 + i64::from(self.corner[0]), height, image.height);
        let columns = inside(x0 + i64::from(self.corner[1]), width, image.width);
        rows.len() * columns.len() > 0 && rows.all(|y| columns.clone().all(|x| image.alpha8_at(x, y) == 0))
    }

    /// Rows and columns as the image's pixels make them up.
    fn filtered(&self, image: &Raster, rows: &[Taps], columns: &[Taps], out: &mut [f32]) {
        let channels = self.channels.count();
        let span = |taps: &[Taps]| {
            let start = taps.iter().map(|t| t.start).min().unwrap_or(0);
            (start, taps.iter().map(Taps::end).max().unwrap_or(start))
        };
        let ((top, bottom), (left, right)) = (span(rows), span(columns));
        let columns: Vec<Taps> = columns
            .iter()
            .map(|t| Taps {
                start: t.start - left,
                weights: t.weights.clone(),
            })
            .collect();
        let (width, line) = (right - left, columns.len() * channels);
        let mut source = vec![0.0; width * channels];
        let mut narrow = vec![0.0; line];
        for row in top..bottom {
            let y = row as i64 - self.top as i64;
            preprocess::crop_f32(image, self.channels, y, left as i64, 1, width, &mut source);
            narrow.fill(0.0);
            filter_row(&source, &columns, channels, &mut narrow);
            for (taps, target) in rows.iter().zip(out.chunks_exact_mut(line.max(1))) {
                if let Some(weight) = row.checked_sub(taps.start).and_then(|i| taps.weights.get(i)) {
                    target.iter_mut().zip(&narrow).for_each(|(sum, v)| *sum += weight * v);
                }
            }
        }
    }

    /// A map of the view's size, at the size of the image: resized onto the region the view shows, 0 outside of it.
    pub fn to_image<'a>(&self, map: &'a [f32]) -> Cow<'a, [f32]> {
        if self.values.is_none() {
            return Cow::Borrowed(map);
        }
        let region = resize_bilinear(map, [self.height, self.width], self.region);
        let [height, width] = self.image;
        let mut out = vec![0.0; height * width];
        for y in 0..height.min(self.region[0]) {
            let n = width.min(self.region[1]);
            out[y * width..y * width + n].copy_from_slice(&region[y * self.region[1]..y * self.region[1] + n]);
        }
        Cow::Owned(out)
    }

    /// Class numbers of the view's size, at the size of the image: nearest neighbour, `outside` where the view shows nothing.
    pub fn labels_to_image(&self, labels: &[u8], outside: u8) -> Vec<u8> {
        if self.values.is_none() {
            return labels.to_vec();
        }
        let region = preprocess::resize_nearest_mask(labels, self.width, self.height, self.region[1], self.region[0]);
        let [height, width] = self.image;
        let mut out = vec![outside; height * width];
        for y in 0..height.min(self.region[0]) {
            let n = width.min(self.region[1]);
            out[y * width..y * width + n].copy_from_slice(&region[y * self.region[1]..y * self.region[1] + n]);
        }
        out
    }

    /// The view as a picture, RGBA, its longer side at most `max_px`, shrunk as [`super::shrink_mean`] does.
    pub fn picture(&self, image: &Raster, max_px: usize) -> (Vec<u8>, [usize; 2]) {
        let size = self.map_size();
        let pixels: Vec<[u8; 4]> = match &self.values {
            // Read by window: what is given is the picture already, shrunk by the same rule.
            None if [image.height as usize, image.width as usize] != self.image => {
                let pixels = (0..image.height).flat_map(|y| (0..image.width).map(move |x| (x, y)));
                return (
                    pixels.flat_map(|(x, y)| opaque(image.rgba8_at(x, y))).collect(),
                    [image.height as usize, image.width as usize],
                );
            }
            None => {
                let coordinates: Vec<(u32, u32)> = (0..image.height)
                    .flat_map(|y| (0..image.width).map(move |x| (x, y)))
                    .collect();
                let (shown, size) = shrink_nearest(&coordinates, size, max_px);
                return (
                    shown
                        .into_iter()
                        .flat_map(|(x, y)| opaque(image.rgba8_at(x, y)))
                        .collect(),
                    size,
                );
            }
            Some(values) => values
                .chunks_exact(self.channels.count())
                .map(|p| {
                    let byte = |i: usize| (p[i.min(p.len() - 1)] * 255.0).round() as u8;
                    [byte(0), byte(1), byte(2), 255]
                })
                .collect(),
        };
        let (shown, size) = shrink_nearest(&pixels, size, max_px);
        (shown.into_iter().flatten().collect(), size)
    }
}

fn opaque([r, g, b, _]: [u8; 4]) -> [u8; 4] {
    [r, g, b, 255]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A slope across, seen at other resolutions, is the same slope; and windows fit together, from bands of rows too.
    #[test]
    fn other_resolutions_show_the_same_ground() {
        let (width, height) = (40, 30);
        let slope = |n: usize| (0..n * height).map(|i| (10 + i % n * 5) as u8).collect::<Vec<u8>>();
        let image = Raster::from_u8(width as u32, height as u32, 1, slope(width)).expect("a raster");
        for shrink in [0.5, 0.7, 2.0, 3.5] {
            let mut view = View::at_resolution([height, width], Channels::Grey, shrink);
            let size = [view.height, view.width];
            assert_eq!(view.map_size(), [height, width]);
            let mut whole = vec![0.0; size[0] * size[1]];
            view.window(&image, [0, 0], size, &mut whole);
            let reach = (shrink as usize + 1).max(2);
            for x in reach..size[1] - reach {
                let at = (x as f64 + 0.5) * width as f64 / size[1] as f64 - 0.5;
                let wanted = (10.0 + 5.0 * at) / 255.0;
                assert!((f64::from(whole[size[1] + x]) - wanted).abs() < 2e-3, "{shrink} {x}");
            }
            // Rows 4 to 7 and beyond the right edge, from a band of the image that holds no more than they need.
            let [from, rows] = view.image_rows([4, 3]);
            let pixels = slope(width)[from * width..(from + rows) * width].to_vec();
            let band = Raster::from_u8(width as u32, rows as u32, 1, pixels).expect("a raster");
            view.begin_at(from);
            let mut part = vec![0.0; 3 * 6];
            view.window(&band, [4, size[1] as i64 - 5], [3, 6], &mut part);
            for (i, v) in part.iter().enumerate() {
                let (y, x) = (4 + i / 6, (size[1] - 5 + i % 6).min(size[1] - 1));
                assert!((v - whole[y * size[1] + x]).abs() < 1e-6, "{shrink} {y} {x}");
            }
        }
    }
}
