//! Distances to the nearest pixel of a set (Meijster, Roerdink and Hesselink 2000: two passes, exact, linear time).

/// Squared distance of every pixel, middle to middle, to the nearest one where `is_in` holds, in pixels. Where there is none
/// in the whole image, and as far as the border, which is none, it is that of a pixel far away.
pub(super) fn squared_distances([height, width]: [usize; 2], is_in: impl Fn(usize) -> bool) -> Vec<u32> {
    // Beyond any distance within; its square fits.
    let far = (height + width).min(30_000) as u32;
    let mut columns = vec![far; height * width];
    for x in 0..width {
        let mut last = far;
        for y in 0..height {
            let at = y * width + x;
            last = if is_in(at) { 0 } else { (last + 1).min(far) };
            columns[at] = last;
        }
        for y in (0..height).rev() {
            let at = y * width + x;
            last = columns[at].min((last + 1).min(far));
            columns[at] = last;
        }
    }
    // Of each row the columns whose parabolas are lowest somewhere, and from where on.
    let mut lowest: Vec<(usize, i64)> = Vec::with_capacity(width);
    let mut row_of = vec![0i64; width];
    for y in 0..height {
        let row = &mut columns[y * width..(y + 1) * width];
        row_of
            .iter_mut()
            .zip(row.iter())
            .for_each(|(to, from)| *to = i64::from(*from));
        let height_at = |x: i64, i: usize| (x - i as i64).pow(2) + row_of[i].pow(2);
        // The first column at which parabola `j` is no higher than `i`, which lies before it.
        let crossing = |i: usize, j: usize| {
            let (a, b) = (i as i64, j as i64);
            (b * b - a * a + row_of[j].pow(2) - row_of[i].pow(2)).div_euclid(2 * (b - a)) + 1
        };
        lowest.clear();
        for x in 0..width {
            while let Some((i, from)) = lowest.last() {
                if height_at(*from, *i) <= height_at(*from, x) {
                    break;
                }
                lowest.pop();
            }
            let from = lowest.last().map_or(0, |(i, _)| crossing(*i, x));
            if from < width as i64 {
                lowest.push((x, from));
            }
        }
        let mut place = 0;
        for (x, squared) in row.iter_mut().enumerate() {
            while lowest.get(place + 1).is_some_and(|(_, from)| *from <= x as i64) {
                place += 1;
            }
            if let Some((i, _)) = lowest.get(place) {
                *squared = u32::try_from(height_at(x as i64, *i)).unwrap_or(u32::MAX);
            }
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    #[test]
    fn distances_are_those_of_plain_loops() {
        for seed in 0..60 {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let (height, width) = (rng.random_range(1..25), rng.random_range(1..25));
            let share = rng.random_range(0.01..0.6);
            let mut is_in: Vec<bool> = (0..height * width).map(|_| rng.random_bool(share)).collect();
            is_in[0] = true;
            let found = squared_distances([height, width], |at| is_in[at]);
            for (at, squared) in found.iter().enumerate() {
                let of = |other: usize| {
                    let dy = (other / width).abs_diff(at / width);
                    (dy * dy + (other % width).abs_diff(at % width).pow(2)) as u32
                };
                let nearest = (0..height * width).filter(|other| is_in[*other]).map(of).min();
                assert_eq!(Some(*squared), nearest, "seed {seed}, {at}");
            }
        }
        let none = squared_distances([3, 4], |_| false);
        assert!(none.iter().all(|squared| *squared >= 49), "{none:?}");
    }
}
