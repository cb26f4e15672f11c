//! An image as the model is to see it.

use std::borrow::Cow;

use crate::{
    data::{
        batches::Sampling,
        preprocess::{self, Channels},
    },
    formats::raster::Raster,
};

use super::resample::{resize_bilinear, shrink_nearest};

/// What the model was trained on, as far as its input is concerned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InputSpec {
    pub channels: Channels,
    pub sampling: Sampling,
    pub tile_px: usize,
    /// Height and width of what the model sees must be multiples of this.
    pub stride_px: usize,
}

/// Side of the region the seed crops from the top left.
const SEED_CROP_PX: usize = 512;

/// An image, seen natively or made into one tile.
#[derive(Debug, Clone)]
pub struct View {
    pub height: usize,
    pub width: usize,
    channels: Channels,
    /// HWC in 0..1; `None` = read from the raster as it is.
    values: Option<Vec<f32>>,
    /// Size of the region of the image that the view shows.
    region: [usize; 2],
    image: [usize; 2],
    /// Row of the image that the raster given to [`window`](Self::window) begins with.
    top: usize,
}

impl View {
    /// An image of `size` seen as it is, whose raster comes in bands of rows ([`begin_at`](Self::begin_at)).
    pub fn native(size: [usize; 2], channels: Channels) -> Self {
        Self {
            height: size[0],
            width: size[1],
            channels,
            values: None,
            region: size,
            image: size,
            top: 0,
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
                    region: size,
                    image: size,
                    top: 0,
                }
            }
            Sampling::Seed => {
                let grey = preprocess::seed_test_image(image);
                let values = match spec.channels {
                    Channels::Grey => grey,
                    Channels::Rgb => grey.iter().flat_map(|&v| [v; 3]).collect(),
                };
                let region = [SEED_CROP_PX; 2];
                Self {
                    height: 256,
                    width: 256,
                    channels: spec.channels,
                    values: Some(values),
                    region,
                    image: size,
                    top: 0,
                }
            }
        }
    }

    /// Truth at the view's size: 0 or 1, or class numbers.
    pub fn truth(&self, mask_image: &Raster, mask: &[u8], spec: &InputSpec) -> Vec<u8> {
        match spec.sampling {
            Sampling::Crop => mask.to_vec(),
            Sampling::Resize => {
                let [height, width] = self.image;
                preprocess::resize_nearest_mask(mask, width, height, self.width, self.height)
            }
            Sampling::Seed => preprocess::seed_train_mask(mask_image)
                .iter()
                .map(|&v| u8::from(v > 0.5))
                .collect(),
        }
    }

    /// Copies the window at (`y0`, `x0`) into `out`, HWC; outside the image its edge goes on.
    pub fn window(&self, image: &Raster, [y0, x0]: [i64; 2], [height, width]: [usize; 2], out: &mut [f32]) {
        let Some(values) = &self.values else {
            preprocess::crop_f32(image, self.channels, y0 - self.top as i64, x0, height, width, out);
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
        let size = [self.height, self.width];
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
                let (kept, size) = shrink_nearest(&coordinates, size, max_px);
                return (
                    kept.into_iter()
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
        let (kept, size) = shrink_nearest(&pixels, size, max_px);
        (kept.into_iter().flatten().collect(), size)
    }
}

fn opaque([r, g, b, _]: [u8; 4]) -> [u8; 4] {
    [r, g, b, 255]
}
