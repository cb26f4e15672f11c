//! Resizing of maps of one band.

/// Bilinear, pixel centres aligned (half-pixel convention), edges clamped.
pub fn resize_bilinear(values: &[f32], [height, width]: [usize; 2], [out_height, out_width]: [usize; 2]) -> Vec<f32> {
    if height == 0 || width == 0 || values.len() < height * width {
        return vec![0.0; out_height * out_width];
    }
    let axis = |out: usize, n_in: usize, n_out: usize| {
        let at = ((out as f32 + 0.5) * n_in as f32 / n_out as f32 - 0.5).clamp(0.0, (n_in - 1) as f32);
        let low = at.floor() as usize;
        (low, (low + 1).min(n_in - 1), at - low as f32)
    };
    let columns: Vec<_> = (0..out_width).map(|x| axis(x, width, out_width)).collect();
    let mut out = Vec::with_capacity(out_height * out_width);
    for y in 0..out_height {
        let (top, bottom, fy) = axis(y, height, out_height);
        for &(left, right, fx) in &columns {
            let mix = |row: usize| {
                let (a, b) = (values[row * width + left], values[row * width + right]);
                a + (b - a) * fx
            };
            let (a, b) = (mix(top), mix(bottom));
            out.push(a + (b - a) * fy);
        }
    }
    out
}

/// Size with the longer side at most `max_px`, and the whole factor by which the map shrinks.
pub fn shrunk([height, width]: [usize; 2], max_px: usize) -> ([usize; 2], usize) {
    let factor = height.max(width).div_ceil(max_px.max(1)).max(1);
    ([height.div_ceil(factor), width.div_ceil(factor)], factor)
}

/// Shrinks by a whole factor, each output pixel the mean of its block, so that the longer side is at most `max_px`.
pub fn shrink_mean(values: &[f32], size: [usize; 2], max_px: usize) -> (Vec<f32>, [usize; 2]) {
    let ([out_height, out_width], factor) = shrunk(size, max_px);
    let [height, width] = size;
    let mut out = Vec::with_capacity(out_height * out_width);
    for y in 0..out_height {
        for x in 0..out_width {
            let (mut sum, mut count) = (0.0, 0);
            for row in y * factor..((y + 1) * factor).min(height) {
                let start = row * width;
                for v in &values[start + x * factor..start + ((x + 1) * factor).min(width)] {
                    sum += v;
                    count += 1;
                }
            }
            out.push(sum / count.max(1) as f32);
        }
    }
    (out, [out_height, out_width])
}

/// Shrinks by the same factor as [`shrink_mean`], taking the middle pixel of each block.
pub fn shrink_nearest<T: Copy>(values: &[T], size: [usize; 2], max_px: usize) -> (Vec<T>, [usize; 2]) {
    let ([out_height, out_width], factor) = shrunk(size, max_px);
    let [height, width] = size;
    let mut out = Vec::with_capacity(out_height * out_width);
    for y in 0..out_height {
        for x in 0..out_width {
            let row = (y * factor + factor / 2).min(height - 1);
            let column = (x * factor + factor / 2).min(width - 1);
            out.push(values[row * width + column]);
        }
    }
    (out, [out_height, out_width])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bilinear_keeps_a_plane_and_its_size() {
        let plane: Vec<f32> = (0..20).map(|i| (i % 5) as f32).collect();
        assert_eq!(resize_bilinear(&plane, [4, 5], [4, 5]), plane);
        let big = resize_bilinear(&plane, [4, 5], [8, 10]);
        assert_eq!(big.len(), 80);
        assert!((big[4] - 1.75).abs() < 1e-6, "{}", big[4]);
    }

    #[test]
    fn halving_is_the_mean_of_two_by_two() {
        assert_eq!(resize_bilinear(&[1.0, 2.0, 3.0, 4.0], [2, 2], [1, 1]), [2.5]);
        assert_eq!(shrink_mean(&[1.0, 2.0, 3.0, 4.0], [2, 2], 1), (vec![2.5], [1, 1]));
    }

    #[test]
    fn uneven_sizes_shrink_to_their_last_pixel() {
        let values: Vec<f32> = (0..15).map(|i| i as f32).collect();
        let (out, size) = shrink_mean(&values, [3, 5], 3);
        assert_eq!(size, [2, 3]);
        assert_eq!(out, [3.0, 5.0, 6.5, 10.5, 12.5, 14.0]);
        assert_eq!(
            shrink_nearest(&values, [3, 5], 3),
            (vec![6.0, 8.0, 9.0, 11.0, 13.0, 14.0], [2, 3])
        );
    }
}
