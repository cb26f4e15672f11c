//! Small pictures by which copies of an image are found.

use crate::formats::raster::Raster;

/// Side of the picture by which images are compared.
const SIDE: u32 = 16;
/// Pictures with less contrast than this (mean deviation in levels) look alike without being the same.
const CONTRAST_LEVELS: f32 = 4.0;
/// Mean difference in levels of 255, brightness aside, below which two pictures show the same.
const SAME_LEVELS: f32 = 3.0;

/// A picture of 16 x 16 luma means less their own mean: alike for copies that were stored again, scaled or relit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Thumbprint {
    levels: Vec<f32>,
    contrast: f32,
}

impl Thumbprint {
    /// Of an image of any size.
    pub fn new(image: &Raster) -> Self {
        let span = |i: u32, n: u32| {
            let at = |i: u32| (u64::from(i) * u64::from(n) / u64::from(SIDE)) as u32;
            at(i)..at(i + 1).max(at(i) + 1)
        };
        let mut levels = Vec::with_capacity((SIDE * SIDE) as usize);
        for i in 0..SIDE {
            for j in 0..SIDE {
                let (rows, columns) = (span(i, image.height), span(j, image.width));
                // Of large cells every few pixels are enough.
                let (down, across) = (1 + rows.len() / 16, 1 + columns.len() / 16);
                let (mut sum, mut n) = (0u64, 0u64);
                for y in rows.step_by(down) {
                    for x in columns.clone().step_by(across) {
                        sum += u64::from(image.luma8_at(x, y));
                        n += 1;
                    }
                }
                levels.push(sum as f32 / n.max(1) as f32);
            }
        }
        let mean = levels.iter().sum::<f32>() / levels.len() as f32;
        levels.iter_mut().for_each(|v| *v -= mean);
        let contrast = levels.iter().map(|v| v.abs()).sum::<f32>() / levels.len() as f32;
        Self { levels, contrast }
    }

    /// Whether the two images show the same.
    pub fn resembles(&self, other: &Self) -> bool {
        if self.contrast < CONTRAST_LEVELS || (self.contrast - other.contrast).abs() > SAME_LEVELS {
            return false;
        }
        let sum: f32 = self.levels.iter().zip(&other.levels).map(|(a, b)| (a - b).abs()).sum();
        sum / (self.levels.len() as f32) < SAME_LEVELS
    }
}
