//! A network on ground it was not trained on: its batch norms half-way between the statistics of training
//! and those of the images it is to see (adaptive batch normalisation, Li et al. 2017, arXiv 1603.04779, with half of each as in Schneider et
//! al. 2020, arXiv 2006.16971). No label is looked at, and no weight changes.

use burn::tensor::{Tensor, TensorData};

use super::View;
use crate::{
    formats::raster::Raster,
    model::{NormStats, UNet},
};

/// Share of the statistics of training that is kept. With none, unlike ground gains more and ground like that of training
/// loses more (docs/quality.md).
const KEPT_SHARE: f32 = 0.5;
/// Side of a window that is looked at, pixels.
const SIDE_PX: usize = 256;
/// Of an image with more than this share of pixels without data in a window nothing is learnt there.
const MISSING_SHARE: f64 = 0.1;
/// Missing pixels are looked for on a grid of so many points a side.
const GRID: usize = 16;
/// Golden ratio: windows down an image are spread across it.
const SPREAD: f64 = 0.618_033_988_749_895;

/// Statistics of the images to come, as they are gathered.
#[derive(Default)]
pub struct Adaptation {
    sums: Vec<NormStats>,
    windows: u32,
}

/// Height and width of a window of a view, and where the windows begin, top to bottom: `count` at most.
pub fn windows(view: &View, stride_px: usize, count: usize) -> ([usize; 2], Vec<[usize; 2]>) {
    let size = [view.height, view.width];
    let window = size.map(|n| n.min(SIDE_PX).next_multiple_of(stride_px));
    let free = [size[0].saturating_sub(window[0]), size[1].saturating_sub(window[1])];
    // A small image has not so many windows that show something else.
    let pixels = |[height, width]: [usize; 2]| height * width;
    let count = count.min(pixels(size).div_ceil(pixels(window))).max(1);
    let corner = |i: usize| {
        let [down, across] = [(i as f64 + 0.5) / count as f64, (i as f64 * SPREAD + 0.5).fract()];
        [(down * free[0] as f64) as usize, (across * free[1] as f64) as usize]
    };
    (window, (0..count).map(corner).collect())
}

impl Adaptation {
    /// Looks at a window of an image. `image`: what [`View::window`] is to be given.
    pub fn see(&mut self, model: &UNet, view: &View, image: &Raster, corner: [usize; 2], window: [usize; 2]) {
        let channels = model.config().channels;
        let mut values = vec![0.0; window[0] * window[1] * channels];
        view.window(image, corner.map(|at| at as i64), window, &mut values);
        let shape = [1, window[0], window[1], channels];
        let tile = Tensor::<4>::from_data(TensorData::new(values, shape), &model.device());
        // The statistics are taken on the way of a training step.
        let (_, stats) = model.tracked().forward_train(tile, &mut |_| None);
        self.sums = match self.windows {
            0 => stats,
            _ => {
                let both = std::mem::take(&mut self.sums).into_iter().zip(stats);
                both.map(|(sum, new)| NormStats {
                    mean: sum.mean + new.mean,
                    var: sum.var + new.var,
                })
                .collect()
            }
        };
        self.windows += 1;
    }

    /// The network for those images; as it was where no window could be looked at.
    pub fn adapted(self, model: &UNet) -> UNet {
        let mut adapted = model.clone();
        if self.windows > 0 {
            let share = 1.0 / self.windows as f32;
            let mean = |sum: NormStats| NormStats {
                mean: sum.mean.mul_scalar(share),
                var: sum.var.mul_scalar(share),
            };
            adapted.blend_statistics(self.sums.into_iter().map(mean).collect(), KEPT_SHARE);
        }
        adapted
    }
}

/// Whether so much of the window has no data that it says little of the ground. The window lies in the view, the pixels in
/// `image`, of which the first row is row `first_row` of the whole image of `height` rows.
pub fn is_mostly_missing(
    view: &View,
    image: &Raster,
    (first_row, height): (usize, usize),
    corner: [usize; 2],
    window: [usize; 2],
) -> bool {
    if !image.any_transparent() {
        return false;
    }
    let scale = [
        height as f64 / view.height.max(1) as f64,
        f64::from(image.width) / view.width.max(1) as f64,
    ];
    let at = |i: usize, axis: usize| {
        (corner[axis] as f64 + (i as f64 + 0.5) * window[axis] as f64 / GRID as f64) * scale[axis]
    };
    let points = (0..GRID * GRID).map(|k| [at(k / GRID, 0) as usize, at(k % GRID, 1) as usize]);
    let (mut seen, mut missing) = (0, 0);
    for [y, x] in points {
        let y = y.saturating_sub(first_row);
        if y < image.height as usize && x < image.width as usize {
            seen += 1;
            missing += usize::from(image.alpha8_at(x as u32, y as u32) == 0);
        }
    }
    missing as f64 > MISSING_SHARE * f64::from(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::preprocess::Channels;

    #[test]
    fn windows_lie_in_the_view_and_are_no_more_than_it_has() {
        for (size, wanted) in [([100, 70], 1), ([256, 256], 1), ([1000, 700], 8), ([513, 300], 3)] {
            let view = View::native(size, Channels::Rgb);
            let (window, corners) = windows(&view, 16, 8);
            assert_eq!(corners.len(), wanted, "{size:?}");
            assert_eq!(window, size.map(|n: usize| n.min(256).next_multiple_of(16)));
            for corner in corners {
                for axis in 0..2 {
                    assert!(
                        corner[axis] + window[axis] <= size[axis].max(window[axis]),
                        "{size:?} {corner:?}"
                    );
                }
            }
        }
    }
}
