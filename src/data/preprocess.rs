//! Rasters to numbers: windows at native resolution, one-tile resizes, Classic's own path, thumbnails.
//!
//! Image values are 0..1 (8 bit / 255; wider numbers by the range in force, black to white), order height, width, channel. Alpha is dropped, but for this:
//! where it is 0 nothing was measured, and what the file holds there must not show. Classic's own path keeps even that.

use super::{classes::UNLABELLED, held_back::Area, label_layer::LabelLayer};
use crate::formats::raster::{Brightness, MAX_BANDS, Raster, Samples, luma};
use crate::values;

/// What of an image a network sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// Pillow's integer luma.
    Grey,
    Rgb,
    /// All bands of a stack of so many, in their order.
    Bands(u8),
}

impl Channels {
    pub fn count(self) -> usize {
        match self {
            Channels::Grey => 1,
            Channels::Rgb => 3,
            Channels::Bands(count) => usize::from(count).max(1),
        }
    }

    /// Of images that hold so many chosen bands; 0: of those with the usual ones.
    pub fn of(usual: values::Channels, chosen: usize) -> Channels {
        match (chosen, usual) {
            (1, _) | (0, values::Channels::Grey) => Channels::Grey,
            (3, _) | (0, values::Channels::Rgb) => Channels::Rgb,
            (count, _) => Channels::Bands(count.min(MAX_BANDS) as u8),
        }
    }

    /// The nearest of those that can be chosen.
    pub fn usual(self) -> values::Channels {
        match self {
            Channels::Grey => values::Channels::Grey,
            Channels::Rgb | Channels::Bands(_) => values::Channels::Rgb,
        }
    }
}

/// Side of the region Classic crops from the top left, in pixels.
const CLASSIC_CROP_PX: u32 = 512;
/// Side of Classic's tile in pixels.
pub const CLASSIC_TILE_PX: usize = 256;

/// Writes the window of `h` x `w` pixels at (`y0`, `x0`) to `out`, `[h, w, channels]`; coordinates outside the
/// image mean its edge. `out` shorter than the window is filled as far as it goes.
pub fn crop_f32(r: &Raster, ch: Channels, y0: i64, x0: i64, h: usize, w: usize, out: &mut [f32]) {
    crop_area_f32(r, ch, Area::whole(r.height, r.width), [y0, x0], [h, w], out);
}

/// As [`crop_f32`], for a part of an image as if it were all of it. The part must lie inside.
pub fn crop_area_f32(r: &Raster, ch: Channels, area: Area, [y0, x0]: [i64; 2], [h, w]: [usize; 2], out: &mut [f32]) {
    let row = |y| inside(y0.saturating_add(y as i64), area.top, area.height);
    let column = |x| inside(x0.saturating_add(x as i64), area.left, area.width);
    let rows: Vec<u32> = (0..h).map(row).collect();
    let columns: Vec<u32> = (0..w).map(column).collect();
    gather(r, ch, &rows, &columns, out);
}

/// The nearest of `n` pixels from `start` on.
fn inside(at: i64, start: u32, n: u32) -> u32 {
    let start = i64::from(start);
    at.clamp(start, start + i64::from(n.max(1)) - 1) as u32
}

/// Picks pixels by row and column numbers that lie inside the raster.
fn gather(r: &Raster, ch: Channels, rows: &[u32], columns: &[u32], out: &mut [f32]) {
    match &r.samples {
        Samples::U8(v) if r.white_is_zero => gather_from(
            v,
            255.0,
            |s, _| 255 - u32::from(s),
            |a| a == 0,
            r,
            ch,
            rows,
            columns,
            out,
        ),
        Samples::U8(v) if !r.is_wide() => gather_from(v, 255.0, |s, _| s.into(), |a| a == 0, r, ch, rows, columns, out),
        Samples::U16(v) if !r.is_wide() => {
            gather_from(v, 65535.0, |s, _| s.into(), |a| a == 0, r, ch, rows, columns, out)
        }
        Samples::U8(v) => gather_wide(v, f32::from, r, ch, rows, columns, out),
        Samples::U16(v) => gather_wide(v, f32::from, r, ch, rows, columns, out),
        Samples::F32(v) => gather_wide(v, |s| s, r, ch, rows, columns, out),
    }
}

/// Numbers of more than 8 bits, by the range in force.
fn gather_wide<T: Copy>(
    samples: &[T],
    number: impl Fn(T) -> f32,
    r: &Raster,
    ch: Channels,
    rows: &[u32],
    columns: &[u32],
    out: &mut [f32],
) {
    let bands: Vec<Brightness> = (0..r.measured_bands()).map(|band| r.brightness(band)).collect();
    let level = |s: T, band: usize| bands.get(band).map_or(0, |b| u32::from(b.of(number(s))));
    gather_from(samples, 65535.0, level, |a| number(a) == 0.0, r, ch, rows, columns, out);
}

#[expect(clippy::too_many_arguments, reason = "one loop for all sample types")]
fn gather_from<T: Copy>(
    samples: &[T],
    full: f32,
    level: impl Fn(T, usize) -> u32,
    is_missing: impl Fn(T) -> bool,
    r: &Raster,
    ch: Channels,
    rows: &[u32],
    columns: &[u32],
    out: &mut [f32],
) {
    let bands = usize::from(r.bands).max(1);
    let line = r.width as usize * bands;
    let channels = ch.count();
    let (has_alpha, measured) = (r.has_alpha(), r.measured_bands());
    for (target, y) in out.chunks_mut((columns.len() * channels).max(1)).zip(rows) {
        let from = *y as usize * line;
        let Some(source) = samples.get(from..from + line) else {
            continue;
        };
        for (pixel, x) in target.chunks_exact_mut(channels).zip(columns) {
            let p = &source[*x as usize * bands..][..bands];
            let value = |s: T, band: usize| level(s, band) as f32 / full;
            match (ch, p) {
                (_, [.., alpha]) if has_alpha && is_missing(*alpha) => pixel.fill(0.0),
                (Channels::Bands(_), _) => {
                    // Of an image with fewer, which nothing asks for, the rest is black.
                    pixel.fill(0.0);
                    for (band, (value_of, sample)) in pixel.iter_mut().zip(&p[..measured]).enumerate() {
                        *value_of = value(*sample, band);
                    }
                }
                (Channels::Grey, [r, g, b, ..]) => {
                    pixel[0] = luma(level(*r, 0), level(*g, 1), level(*b, 2)) as f32 / full;
                }
                (Channels::Rgb, [r, g, b, ..]) => {
                    pixel.copy_from_slice(&[value(*r, 0), value(*g, 1), value(*b, 2)]);
                }
                (_, [grey, ..]) => pixel.fill(value(*grey, 0)),
                (_, []) => {}
            }
        }
    }
}

/// In a window of a mask: nothing is known of this pixel.
pub const UNKNOWN: f32 = -1.0;

/// A mask's bit as a number: 0.0, 1.0 or [`UNKNOWN`].
pub fn label_f32(bit: u8) -> f32 {
    match bit {
        0 => 0.0,
        UNLABELLED => UNKNOWN,
        _ => 1.0,
    }
}

/// Writes a window of labels (rows of `mw`) as [`label_f32`] gives them, clamped to an area of the mask as
/// [`crop_area_f32`] does.
pub fn crop_mask_f32(mask: &[u8], mw: usize, area: Area, [y0, x0]: [i64; 2], [h, w]: [usize; 2], out: &mut [f32]) {
    for (y, target) in out.chunks_mut(w.max(1)).take(h).enumerate() {
        let row = inside(y0.saturating_add(y as i64), area.top, area.height) as usize;
        let Some(source) = mask.get(row * mw..(row + 1) * mw) else {
            continue;
        };
        for (x, value) in target.iter_mut().enumerate() {
            let bit = source.get(inside(x0.saturating_add(x as i64), area.left, area.width) as usize);
            *value = bit.map_or(0.0, |b| label_f32(*b));
        }
    }
}

/// Source pixel under the centre of each of `to` target pixels: 512 -> 256 takes 2i + 1, as Classic does.
fn nearest(from: usize, to: usize) -> Vec<u32> {
    (0..to)
        .map(|i| (((2 * i + 1) * from / (2 * to.max(1))).min(from.saturating_sub(1))) as u32)
        .collect()
}

/// Added to a label of [`crop_mask_f32`] that corrects what the network thought.
pub const CORRECTED: f32 = 2.0;

/// Marks the corrections of a layer in the window that [`crop_mask_f32`] wrote of the same place.
pub fn mark_corrected(layer: &LabelLayer, area: Area, [y0, x0]: [i64; 2], [h, w]: [usize; 2], out: &mut [f32]) {
    for (y, target) in out.chunks_mut(w.max(1)).take(h).enumerate() {
        let row = inside(y0.saturating_add(y as i64), area.top, area.height) as usize;
        for (x, value) in target.iter_mut().enumerate().filter(|(_, value)| **value != UNKNOWN) {
            let column = inside(x0.saturating_add(x as i64), area.left, area.width) as usize;
            if layer.is_corrected(column, row) {
                *value += CORRECTED;
            }
        }
    }
}

/// The whole image at `h` x `w` by nearest neighbour, `[h, w, channels]`.
pub fn resize_nearest_f32(r: &Raster, ch: Channels, h: usize, w: usize) -> Vec<f32> {
    let mut out = vec![0.0; h * w * ch.count()];
    gather(
        r,
        ch,
        &nearest(r.height as usize, h),
        &nearest(r.width as usize, w),
        &mut out,
    );
    out
}

/// Labels of `mw` x `mh` pixels at `w` x `h` by nearest neighbour.
pub fn resize_nearest_mask(mask: &[u8], mw: usize, mh: usize, w: usize, h: usize) -> Vec<u8> {
    let columns = nearest(mw, w);
    let pick = |y: u32| {
        let row = mask.get(y as usize * mw..(y as usize + 1) * mw).unwrap_or(&[]);
        columns.iter().map(move |x| row.get(*x as usize).copied().unwrap_or(0))
    };
    nearest(mh, h).into_iter().flat_map(pick).collect()
}

/// Classic's grey value at a pixel of its 512 x 512 crop, 0..1; 0 outside the image.
fn classic_grey(r: &Raster, x: u32, y: u32) -> f32 {
    if x >= r.width || y >= r.height {
        return 0.0;
    }
    f32::from(r.luma8_at(x, y)) / 255.0
}

/// Classic's training image: top-left 512 x 512 padded with 0, luma, every second pixel, / 255. `[256, 256, 1]`.
pub fn classic_train_image(r: &Raster) -> Vec<f32> {
    classic_tile(|x, y| classic_grey(r, 2 * x + 1, 2 * y + 1))
}

/// Classic's training mask: the same pixels, and whatever is not exactly opaque black is 1. `[256, 256, 1]`.
///
/// Pillow pads with 0 in every band: behind an image with alpha that is transparent, hence foreground.
pub fn classic_train_mask(r: &Raster) -> Vec<f32> {
    let outside = if r.has_alpha() { 1.0 } else { 0.0 };
    classic_tile(|x, y| {
        let (x, y) = (2 * x + 1, 2 * y + 1);
        if x >= r.width || y >= r.height {
            outside
        } else {
            f32::from(u8::from(!r.is_opaque_black(x, y)))
        }
    })
}

/// The same of labels, one a pixel of an image of this size: 0, 1 or [`UNKNOWN`], which is also what lies outside.
pub fn classic_train_labels(labels: &[u8], width: u32, height: u32) -> Vec<f32> {
    classic_tile(|x, y| {
        let (x, y) = (2 * x + 1, 2 * y + 1);
        let inside = x < width && y < height;
        let label = labels.get(y as usize * width as usize + x as usize);
        label.filter(|_| inside).map_or(UNKNOWN, |label| label_f32(*label))
    })
}

/// Classic's test image: the same crop, / 255, bilinear from 512 to 256, which is the 2 x 2 mean. `[256, 256, 1]`.
pub fn classic_test_image(r: &Raster) -> Vec<f32> {
    classic_tile(|x, y| {
        let at = |dx, dy| classic_grey(r, 2 * x + dx, 2 * y + dy);
        (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) * 0.25
    })
}

fn classic_tile(value: impl Fn(u32, u32) -> f32) -> Vec<f32> {
    debug_assert_eq!(CLASSIC_CROP_PX as usize, 2 * CLASSIC_TILE_PX);
    let side = CLASSIC_TILE_PX as u32;
    (0..side)
        .flat_map(|y| (0..side).map(move |x| (x, y)))
        .map(|(x, y)| value(x, y))
        .collect()
}

/// Size of a picture whose longer side is at most `max_px`; never larger than it was, never 0.
pub fn fit(width: u32, height: u32, max_px: u32) -> (u32, u32) {
    let longer = width.max(height).max(1);
    let max_px = max_px.max(1);
    if longer <= max_px {
        return (width.max(1), height.max(1));
    }
    let scale = |n: u32| ((u64::from(n) * u64::from(max_px) + u64::from(longer) / 2) / u64::from(longer)).max(1) as u32;
    (scale(width), scale(height))
}

/// Source pixels `start..end` of target pixel `i` of `to`; never empty.
fn span(i: u32, to: u32, from: u32) -> std::ops::Range<u32> {
    let at = |i: u32| (u64::from(i) * u64::from(from) / u64::from(to.max(1))) as u32;
    let start = at(i).min(from.saturating_sub(1));
    start..at(i + 1).max(start + 1)
}

/// A smaller picture by area average: (width, height, RGBA). Opaque unless the image has alpha.
pub fn thumbnail(r: &Raster, max_px: u32) -> (u32, u32, Vec<u8>) {
    let (w, h) = fit(r.width, r.height, max_px);
    let mut out = Vec::with_capacity(w as usize * h as usize * 4);
    for y in 0..h {
        let rows = span(y, h, r.height);
        for x in 0..w {
            let columns = span(x, w, r.width);
            let n = (rows.len() * columns.len()).max(1) as u64;
            let mut sum = [0u64; 4];
            for sy in rows.clone() {
                for sx in columns.clone() {
                    for (s, v) in sum.iter_mut().zip(r.rgba8_at(sx, sy)) {
                        *s += u64::from(v);
                    }
                }
            }
            out.extend(sum.map(|s| ((s + n / 2) / n) as u8));
        }
    }
    (w, h, out)
}

/// Labels of `mw` x `mh` at the size [`thumbnail`] gives: 255 where at least half is foreground, else 0.
pub fn thumbnail_mask(mask: &[u8], mw: u32, mh: u32, max_px: u32) -> (u32, u32, Vec<u8>) {
    let (w, h) = fit(mw, mh, max_px);
    let mut out = Vec::with_capacity(w as usize * h as usize);
    for y in 0..h {
        let rows = span(y, h, mh);
        for x in 0..w {
            let columns = span(x, w, mw);
            let mut ones = 0usize;
            for sy in rows.clone() {
                let start = sy as usize * mw as usize;
                let part = mask
                    .get(start + columns.start as usize..start + columns.end as usize)
                    .unwrap_or(&[]);
                ones += part.iter().filter(|b| **b == 1).count();
            }
            let half = 2 * ones >= rows.len() * columns.len();
            out.push(if half { 255 } else { 0 });
        }
    }
    (w, h, out)
}

#[cfg(test)]
#[path = "preprocess_tests.rs"]
mod tests;
