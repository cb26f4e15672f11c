//! From coefficients to samples: the accurate integer transform of libjpeg (Loeffler, Ligtenberg and Moschytz 1989, 13
//! bits of fraction). Its rounding is part of it.

use super::parts::Block;

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
