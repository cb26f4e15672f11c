//! From coefficients to samples as libjpeg does it by default: its accurate integer transform (Loeffler, Ligtenberg and
//! Moschytz 1989, 13 bits of fraction), its triangle filter for components of half the size, its integer form of the
//! colour transform. Rounding is part of each.

use super::{
    Components, Fault,
    scan::{Block, Component, Frame},
};

/// Bits of fraction of the transform's constants, and those kept between its two passes.
const FRACTION: u32 = 13;
const BETWEEN: u32 = 2;

/// Constants of the transform: cosines and their sums, times 2 to the power of 13.
const C0_298: i64 = 2446;
const C0_390: i64 = 3196;
const C0_541: i64 = 4433;
const C0_765: i64 = 6270;
const C0_899: i64 = 7373;
const C1_175: i64 = 9633;
const C1_501: i64 = 12299;
const C1_847: i64 = 15137;
const C1_961: i64 = 16069;
const C2_053: i64 = 16819;
const C2_562: i64 = 20995;
const C3_072: i64 = 25172;

/// One dimension: eight coefficients to eight values, divided by 2 to the power of `shift`.
fn transform(c: [i64; 8], shift: u32) -> [i64; 8] {
    let mid = (c[2] + c[6]) * C0_541;
    let (low, high) = (mid - c[6] * C1_847, mid + c[2] * C0_765);
    let (sum, difference) = ((c[0] + c[4]) << FRACTION, (c[0] - c[4]) << FRACTION);
    let even = [sum + high, difference + low, difference - low, sum - high];
    let turn = (c[7] + c[3] + c[5] + c[1]) * C1_175;
    let (a, b) = ((c[7] + c[1]) * -C0_899, (c[5] + c[3]) * -C2_562);
    let (d, e) = ((c[7] + c[3]) * -C1_961 + turn, (c[5] + c[1]) * -C0_390 + turn);
    let odd = [
        c[1] * C1_501 + a + e,
        c[3] * C3_072 + b + d,
        c[5] * C2_053 + b + e,
        c[7] * C0_298 + a + d,
    ];
    let half = 1i64 << (shift - 1);
    std::array::from_fn(|i| {
        let value = if i < 4 {
            even[i] + odd[i]
        } else {
            even[7 - i] - odd[7 - i]
        };
        (value + half) >> shift
    })
}

/// Puts a block's samples into a component of `stride` samples a row, at a column and row of blocks.
pub(super) fn put(block: &Block, steps: &[u16; 64], to: &mut [u8], stride: usize, [x, y]: [usize; 2]) {
    // Columns first; their values stand by column, then by row.
    let columns: [[i64; 8]; 8] = std::array::from_fn(|column| {
        let coefficients = std::array::from_fn(|i| {
            let at = i * 8 + column;
            i64::from(block[at]) * i64::from(steps[at])
        });
        transform(coefficients, FRACTION - BETWEEN)
    });
    for row in 0..8 {
        let values = transform(columns.map(|column| column[row]), FRACTION + BETWEEN + 3);
        let start = (y * 8 + row) * stride + x * 8;
        if let Some(out) = to.get_mut(start..start + 8) {
            for (out, value) in out.iter_mut().zip(values) {
                *out = (value + 128).clamp(0, 255) as u8;
            }
        }
    }
}

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
