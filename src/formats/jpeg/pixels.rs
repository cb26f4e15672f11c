//! From coefficients to samples as libjpeg does it by default: the transform of each block, its triangle filter for
//! components of half the size, its integer form of the colour transform. Rounding is part of each.

use super::{
    parts::{Components, Fault},
    scan::{Component, Frame},
    transform::put,
};

/// The components of a frame whose scans have been walked.
pub(super) fn components(mut frame: Frame, ycbcr: bool) -> Result<Components, Fault> {
    let (width, height, count) = (frame.width, frame.height, frame.components.len());
    let mut samples = vec![0; width * height * count];
    for (number, component) in frame.components.iter_mut().enumerate() {
        let across = component.blocks[0];
        for (at, block) in std::mem::take(&mut component.coefficients).iter().enumerate() {
            let steps = component.steps.ok_or("a quantisation table is missing")?;
            put(
                block,
                &steps,
                &mut component.samples,
                across * 8,
                [at % across, at / across],
            );
        }
        let [h, v] = [frame.factors[0], frame.factors[1]];
        if h % component.h != 0 || v % component.v != 0 {
            return Err(format!(
                "sampling factors {} and {h} across, {} and {v} down",
                component.h, component.v
            ));
        }
        let times = [h / component.h, v / component.v];
        for y in 0..height {
            let mut line = full_row(component, times, y);
            line.resize(width, 0);
            let row = &mut samples[y * width * count..][..width * count];
            row[number..]
                .iter_mut()
                .step_by(count)
                .zip(line)
                .for_each(|(to, v)| *to = v);
        }
        component.samples = Vec::new();
    }
    if ycbcr && count == 3 {
        samples.chunks_exact_mut(3).for_each(to_rgb);
    }
    Ok(Components {
        width,
        height,
        count,
        samples,
    })
}

/// Row `y` of the picture from a component that is `times` smaller; at least as wide as the picture.
fn full_row(component: &Component, [across, down]: [usize; 2], y: usize) -> Vec<u8> {
    let [width, height] = component.size;
    let stride = component.blocks[0] * 8;
    let row = |y: usize| &component.samples[y.min(height - 1) * stride..][..width];
    let (own, second) = (row(y / down), y % down == 1);
    // The other row that is near: above the upper half, below the lower one.
    let near = || {
        row(if second {
            y / down + 1
        } else {
            (y / down).saturating_sub(1)
        })
    };
    let wide = |v: &u8| u32::from(*v);
    match (across, down) {
        (1, 1) => own.to_vec(),
        (2, 1) if width > 2 => double(&own.iter().map(wide).collect::<Vec<_>>(), [1, 2], 2),
        (2, 2) if width > 2 => {
            let sums: Vec<u32> = own.iter().zip(near()).map(|(a, b)| 3 * wide(a) + wide(b)).collect();
            double(&sums, [8, 7], 4)
        }
        (1, 2) => {
            let round = if second { 2 } else { 1 };
            let pairs = own.iter().zip(near());
            pairs
                .map(|(a, b)| ((3 * wide(a) + wide(b) + round) >> 2) as u8)
                .collect()
        }
        _ => own.iter().flat_map(|v| std::iter::repeat_n(*v, across)).collect(),
    }
}

/// Twice as many values: three parts of the nearer, one of the farther. `round`: added to even and odd ones before the
/// sum is divided by 2 to the power of `shift`.
fn double(values: &[u32], round: [u32; 2], shift: u32) -> Vec<u8> {
    let last = values.len().saturating_sub(1);
    let mut out = Vec::with_capacity(values.len() * 2);
    for (i, v) in values.iter().enumerate() {
        let [left, right] = [values[i.saturating_sub(1)], values[(i + 1).min(last)]];
        out.push(((3 * v + left + round[0]) >> shift) as u8);
        out.push(((3 * v + right + round[1]) >> shift) as u8);
    }
    out
}

/// Luma and chroma to red, green and blue (JFIF 1.02), 16 bits of fraction.
fn to_rgb(pixel: &mut [u8]) {
    let [y, cb, cr] = [
        i32::from(pixel[0]),
        i32::from(pixel[1]) - 128,
        i32::from(pixel[2]) - 128,
    ];
    const HALF: i32 = 1 << 15;
    let rgb = [
        y + ((91881 * cr + HALF) >> 16),
        y + ((-22554 * cb - 46802 * cr + HALF) >> 16),
        y + ((116_130 * cb + HALF) >> 16),
    ];
    for (to, value) in pixel.iter_mut().zip(rgb) {
        *to = value.clamp(0, 255) as u8;
    }
}
