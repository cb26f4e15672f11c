//! The transforms of Winograd's F(2x2, 3x3): a 3x3 convolution by 16 multiplies per 2x2 outputs instead of 36
//! (Lavin and Gray, 2016). Every operation here is an addition or a halving, so f32 loses about one bit.
//!
//! `y = A^T [(G w G^T) . (B^T d B)] A` for a 4x4 input tile d; the weights' gradient is the transpose of the same
//! formula, `gw = G^T [(A gy A^T) . (B^T d B)] G`, summed over tiles.
//!
//! ```text
//! B^T = 1  0 -1  0     G = 1    0   0      A^T = 1  1  1  0
//!       0  1  1  0         1/2  1/2 1/2          0  1 -1 -1
//!       0 -1  1  0         1/2 -1/2 1/2
//!       0  1  0 -1         0    0   1
//! ```

use core::ops::Range;

use crate::ops::cpu::parallel::Shared;
use crate::ops::cpu::simd::Lanes;

/// Positions of a transformed 4x4 tile.
pub(crate) const POSITIONS: usize = 16;

/// Where a transformed tile goes: positions `position` floats apart.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub base: *mut f32,
    pub position: usize,
}

/// Lines of a 4x4 tile that row `R` of `B^T d` is put together from.
pub(crate) const INPUT_LINES: [[usize; 2]; 4] = [[0, 2], [1, 2], [2, 1], [1, 3]];

/// `B^T d B` of one register of channels. `tile` points at the tile's first pixel, rows `row` and columns `col`
/// floats apart.
///
/// # Safety
/// 4x4 registers must be readable from `tile`, and 16 writable at `to`.
#[inline(always)]
pub(crate) unsafe fn input_tile<V: Lanes>(tile: *const f32, row: usize, col: usize, to: Spread) {
    unsafe {
        let lines = |r: usize| INPUT_LINES[r].map(|line| tile.add(line * row));
        let below = |r: usize| Spread {
            base: to.base.add(4 * r * to.position),
            ..to
        };
        // One row of the result at a time: reading twice is cheaper than keeping 16 registers.
        input_row::<V, 0>(lines(0), col, below(0));
        input_row::<V, 1>(lines(1), col, below(1));
        input_row::<V, 2>(lines(2), col, below(2));
        input_row::<V, 3>(lines(3), col, below(3));
    }
}

/// Row `R` of [`input_tile`]'s result, from the two lines of the tile that [`INPUT_LINES`] names.
///
/// # Safety
/// 4 registers must be readable from each line, and 4 writable at `to`.
#[inline(always)]
pub(crate) unsafe fn input_row<V: Lanes, const R: usize>(lines: [*const f32; 2], col: usize, to: Spread) {
    unsafe {
        let t: [V; 4] = core::array::from_fn(|c| {
            let (a, b) = (V::load(lines[0].add(c * col)), V::load(lines[1].add(c * col)));
            if R == 1 { a.add(b) } else { a.sub(b) }
        });
        t[0].sub(t[2]).store(to.base);
        t[1].add(t[2]).store(to.base.add(to.position));
        t[2].sub(t[1]).store(to.base.add(2 * to.position));
        t[1].sub(t[3]).store(to.base.add(3 * to.position));
    }
}

/// Row `R` of `A gy A^T` of one register of channels, from the two lines of a 2x2 tile of output gradients; row 0 needs the
/// first alone, row 3 the second.
///
/// # Safety
/// 2 registers must be readable from each line that is needed, and 4 writable at `to`.
#[inline(always)]
pub(crate) unsafe fn gradient_row<V: Lanes, const R: usize>(lines: [*const f32; 2], col: usize, to: Spread) {
    unsafe {
        let zero = V::splat(0.0);
        let [a, b]: [V; 2] = core::array::from_fn(|c| {
            let upper = || V::load(lines[0].add(c * col));
            let lower = || V::load(lines[1].add(c * col));
            match R {
                0 => upper(),
                1 => upper().add(lower()),
                2 => upper().sub(lower()),
                _ => zero.sub(lower()),
            }
        });
        a.store(to.base);
        a.add(b).store(to.base.add(to.position));
        a.sub(b).store(to.base.add(2 * to.position));
        zero.sub(b).store(to.base.add(3 * to.position));
    }
}

/// `A^T m A`: the 2x2 outputs `[row][column]` of one register of channels from 16 sums `position` floats apart.
///
/// # Safety
/// 16 registers must be readable at `sums`.
#[inline(always)]
pub(crate) unsafe fn output_tile<V: Lanes>(sums: *const f32, position: usize) -> [[V; 2]; 2] {
    unsafe {
        let at = |i: usize| V::load(sums.add(i * position));
        let upper: [V; 4] = core::array::from_fn(|c| at(c).add(at(4 + c)).add(at(8 + c)));
        let first = [
            upper[0].add(upper[1]).add(upper[2]),
            upper[1].sub(upper[2]).sub(upper[3]),
        ];
        let lower: [V; 4] = core::array::from_fn(|c| at(4 + c).sub(at(8 + c)).sub(at(12 + c)));
        [
            first,
            [
                lower[0].add(lower[1]).add(lower[2]),
                lower[1].sub(lower[2]).sub(lower[3]),
            ],
        ]
    }
}

/// `G w G^T` for `len` weights: nine taps of `len` contiguous floats to 16 positions of `len`.
#[inline(always)]
pub(crate) fn weights_to_tiles<V: Lanes>(taps: &[f32], len: usize, tiles: &mut [f32]) {
    assert!(taps.len() >= 9 * len && tiles.len() >= POSITIONS * len && len.is_multiple_of(V::N));
    let half = 0.5f32;
    for i in (0..len).step_by(V::N) {
        // SAFETY: i + N <= len, and both slices hold 9 and 16 times len.
        unsafe {
            let half = V::splat(half);
            let at = |r: usize, c: usize| V::load(taps.as_ptr().add((3 * r + c) * len + i));
            let column = |c: usize| -> [V; 4] {
                let (a, b, d) = (at(0, c), at(1, c), at(2, c));
                let outer = a.add(d);
                [a, outer.add(b).mul(half), outer.sub(b).mul(half), d]
            };
            let (left, middle, right) = (column(0), column(1), column(2));
            for r in 0..4 {
                let to = tiles.as_mut_ptr().add(4 * r * len + i);
                let outer = left[r].add(right[r]);
                left[r].store(to);
                outer.add(middle[r]).mul(half).store(to.add(len));
                outer.sub(middle[r]).mul(half).store(to.add(2 * len));
                right[r].store(to.add(3 * len));
            }
        }
    }
}

/// `G^T s G` for the weights `range` of `len`: 16 positions of `len` contiguous floats to nine taps of `len`.
///
/// # Safety
/// No other piece writes these weights of the taps.
#[inline(always)]
pub(crate) unsafe fn tiles_to_weights<V: Lanes>(tiles: &[f32], len: usize, range: Range<usize>, taps: Shared<'_>) {
    assert!(taps.len() >= 9 * len && tiles.len() >= POSITIONS * len && range.end <= len);
    assert!(range.start.is_multiple_of(V::N) && range.end.is_multiple_of(V::N));
    for i in range.step_by(V::N) {
        // SAFETY: i + N <= len, and both slices hold 9 and 16 times len.
        unsafe {
            let half = V::splat(0.5);
            let at = |r: usize, c: usize| V::load(tiles.as_ptr().add((4 * r + c) * len + i));
            let column = |c: usize| -> [V; 3] {
                let (sum, difference) = (at(1, c).add(at(2, c)).mul(half), at(1, c).sub(at(2, c)).mul(half));
                [at(0, c).add(sum), difference, at(3, c).add(sum)]
            };
            let columns = [column(0), column(1), column(2), column(3)];
            let [first, second, third, fourth] = columns;
            for (r, (((a, b), c), d)) in first.into_iter().zip(second).zip(third).zip(fourth).enumerate() {
                let to = taps.pointer().add(3 * r * len + i);
                let sum = b.add(c).mul(half);
                a.add(sum).store(to);
                b.sub(c).mul(half).store(to.add(len));
                d.add(sum).store(to.add(2 * len));
            }
        }
    }
}
