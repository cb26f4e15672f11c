//! Regions of a mask as polygons along the edges of their pixels.
//!
//! Regions are joined over edges, not over corners, as GDAL's polygonize and `rasterio.features.shapes` do. Corners
//! are `[column, row]`; (0, 0) is the top left corner of the image. No ring touches itself: where a boundary meets
//! itself in a corner it is cut into two rings, so that polygons are valid for everyone.

use std::collections::HashMap;

/// One region: its boundary and the holes in it. Rings are not closed (the first corner is not repeated).
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    pub outer: Vec<[u32; 2]>,
    pub holes: Vec<Vec<[u32; 2]>>,
    pub area_px: u64,
}

/// Twice the signed area of a ring in image coordinates (rows count downwards): positive for boundaries, negative for holes.
fn twice_area(ring: &[[u32; 2]]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1]))
        .sum()
}

/// All regions where `inside(row, column)` holds, at least `smallest_px` large; smaller holes are kept.
pub fn regions([height, width]: [usize; 2], smallest_px: u64, inside: impl Fn(usize, usize) -> bool) -> Vec<Region> {
    let at = |row: i64, column: i64| {
        (0..height as i64).contains(&row)
            && (0..width as i64).contains(&column)
            && inside(row as usize, column as usize)
    };
    let mut tracer = Tracer {
        at,
        edges: vec![Vec::new(); height],
        loops: Vec::new(),
    };
    // One bit a left edge, for the row at work and, while tracing, for all.
    let mut seen = vec![0u64; (height * (width + 1)).div_ceil(64)];
    for row in 0..height {
        let mut before = false;
        for column in 0..width {
            let now = inside(row, column);
            let bit = row * (width + 1) + column;
            if now && !before && seen[bit / 64] >> (bit % 64) & 1 == 0 {
                tracer.trace(row as i64, column as i64, |row, column| {
                    let bit = row * (width + 1) + column;
                    seen[bit / 64] |= 1 << (bit % 64);
                });
            }
            before = now;
        }
    }
    tracer.assemble(smallest_px)
}

/// A closed walk with the region on its right.
struct Loop {
    corners: Vec<[u32; 2]>,
    /// Its uppermost edge that goes down, `[row, column]`: to the left of it lies the region.
    down: [u32; 2],
    area2: i64,
}

struct Tracer<F> {
    at: F,
    /// Upright edges of each row: column and number of the loop.
    edges: Vec<Vec<(u32, u32)>>,
    loops: Vec<Loop>,
}

impl<F: Fn(i64, i64) -> bool> Tracer<F> {
    /// Walks around, starting up the left edge of a pixel.
    fn trace(&mut self, row: i64, column: i64, mut mark: impl FnMut(usize, usize)) {
        let number = self.loops.len() as u32;
        // Corner and direction (0 up, 1 right, 2 down, 3 left).
        let (mut x, mut y, mut direction) = (column, row + 1, 0u8);
        let start = (x, y, direction);
        let mut corners = Vec::new();
        let mut down = [u32::MAX, u32::MAX];
        loop {
            match direction {
                0 => {
                    y -= 1;
                    mark(y as usize, x as usize);
                    self.edges[y as usize].push((x as u32, number));
                }
                1 => x += 1,
                2 => {
                    down = down.min([y as u32, x as u32]);
                    self.edges[y as usize].push((x as u32, number));
                    y += 1;
                }
                _ => x -= 1,
            }
            // Pixels ahead of the corner, to the right and to the left of the way.
            let ([right_y, right_x], [left_y, left_x]) = match direction {
                0 => ([y - 1, x], [y - 1, x - 1]),
                1 => ([y, x], [y - 1, x]),
                2 => ([y, x - 1], [y, x]),
                _ => ([y - 1, x - 1], [y, x - 1]),
            };
            let before = direction;
            if !(self.at)(right_y, right_x) {
                direction = (direction + 1) % 4;
            } else if (self.at)(left_y, left_x) {
                direction = (direction + 3) % 4;
            }
            if direction != before {
                corners.push([x as u32, y as u32]);
            }
            if (x, y, direction) == start {
                break;
            }
        }
        let area2 = twice_area(&corners);
        self.loops.push(Loop { corners, down, area2 });
    }

    /// Gives each hole to its region, which is the one to the left of its uppermost downward edge.
    fn assemble(mut self, smallest_px: u64) -> Vec<Region> {
        self.edges.iter_mut().for_each(|row| row.sort_unstable());
        let mut owner: Vec<u32> = (0..self.loops.len() as u32).collect();
        let mut holes: Vec<usize> = (0..self.loops.len()).filter(|i| self.loops[*i].area2 < 0).collect();
        holes.sort_unstable_by_key(|i| self.loops[*i].down);
        for hole in holes {
            let [row, column] = self.loops[hole].down;
            let edges = &self.edges[row as usize];
            let after = edges.partition_point(|(x, _)| *x < column);
            if let Some((_, left)) = after.checked_sub(1).and_then(|i| edges.get(i)) {
                owner[hole] = owner[*left as usize];
            }
        }
        let mut regions: HashMap<u32, Region> = HashMap::new();
        for (traced, owner) in self.loops.iter().zip(owner) {
            let region = regions.entry(owner).or_insert_with(|| Region {
                outer: Vec::new(),
                holes: Vec::new(),
                area_px: 0,
            });
            for ring in split(&traced.corners) {
                if twice_area(&ring) > 0 {
                    region.outer = ring;
                } else {
                    region.holes.push(ring);
                }
            }
            // Halves of both signs add up to the number of pixels.
            region.area_px = region.area_px.wrapping_add_signed(traced.area2 / 2);
        }
        let mut regions: Vec<Region> = regions
            .into_values()
            .filter(|r| r.area_px >= smallest_px.max(1))
            .collect();
        regions.sort_by_key(|r| r.outer.iter().map(|[x, y]| [*y, *x]).min());
        regions
    }
}

/// Cuts a walk into rings that pass each corner once.
fn split(corners: &[[u32; 2]]) -> Vec<Vec<[u32; 2]>> {
    let mut rings = Vec::new();
    let mut path: Vec<[u32; 2]> = Vec::new();
    let mut visited: HashMap<[u32; 2], usize> = HashMap::new();
    for corner in corners {
        if let Some(&from) = visited.get(corner) {
            let ring: Vec<[u32; 2]> = path.drain(from..).collect();
            ring.iter().for_each(|c| {
                visited.remove(c);
            });
            rings.push(ring);
        }
        visited.insert(*corner, path.len());
        path.push(*corner);
    }
    rings.push(path);
    rings.iter_mut().for_each(straighten);
    rings.retain(|ring| ring.len() >= 4);
    rings
}

/// Drops corners that a cut has left on a straight line.
fn straighten(ring: &mut Vec<[u32; 2]>) {
    let n = ring.len();
    let is_corner: Vec<bool> = (0..n)
        .map(|i| {
            let (a, b, c) = (ring[(i + n - 1) % n], ring[i], ring[(i + 1) % n]);
            !(a[0] == b[0] && b[0] == c[0] || a[1] == b[1] && b[1] == c[1])
        })
        .collect();
    let mut flags = is_corner.iter();
    ring.retain(|_| *flags.next().unwrap_or(&true));
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    fn of(picture: &[&str]) -> Vec<Region> {
        let rows: Vec<&[u8]> = picture.iter().map(|r| r.as_bytes()).collect();
        regions([rows.len(), rows[0].len()], 0, |y, x| rows[y][x] == b'#')
    }

    #[test]
    fn a_square_has_four_corners() {
        let found = of(&["....", ".##.", ".##.", "...."]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].area_px, 4);
        assert_eq!((found[0].outer.len(), found[0].holes.len()), (4, 0));
    }

    #[test]
    fn holes_belong_to_their_region_and_islands_do_not() {
        let found = of(&[
            "#######", "#.....#", "#.###.#", "#.#.#.#", "#.###.#", "#.....#", "#######",
        ]);
        assert_eq!(found.iter().map(|r| r.area_px).collect::<Vec<_>>(), [24, 8]);
        assert!(found.iter().all(|r| r.holes.len() == 1));
    }

    #[test]
    fn corners_do_not_join_and_do_not_tie_rings() {
        assert_eq!(of(&["#.", ".#"]).len(), 2);
        // Two holes that meet in a corner: two rings.
        let found = of(&["####", "#.##", "##.#", "####"]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].holes.len(), found[0].area_px), (2, 14));
        // A bay closed by a corner only: outer ring and a hole that touch.
        let found = of(&["###", "#.#", "##."]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].holes.len(), found[0].area_px), (1, 7));
    }

    #[test]
    fn the_smallest_are_left_out() {
        let rows = ["#..##", "...##"];
        let found = regions([2, 5], 2, |y, x| rows[y].as_bytes()[x] == b'#');
        assert_eq!(found.iter().map(|r| r.area_px).collect::<Vec<_>>(), [4]);
    }

    /// Painting the polygons of random masks again gives the mask, and rings pass each corner once.
    #[test]
    fn polygons_paint_the_mask_again() {
        for seed in 0..40 {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let (height, width) = (rng.random_range(1..14), rng.random_range(1..14));
            let share = rng.random_range(0.2..0.9);
            let mask: Vec<bool> = (0..height * width).map(|_| rng.random_bool(share)).collect();
            let mut painted = vec![0u8; height * width];
            for region in regions([height, width], 0, |y, x| mask[y * width + x]) {
                let mut area = 0;
                for ring in std::iter::once(&region.outer).chain(&region.holes) {
                    let mut once: Vec<_> = ring.clone();
                    once.sort_unstable();
                    once.dedup();
                    assert_eq!(once.len(), ring.len(), "seed {seed}");
                    area += twice_area(ring) / 2;
                    // Even-odd rule over upright edges.
                    for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                        for y in a[1].min(b[1])..a[1].max(b[1]) {
                            for x in a[0] as usize..width {
                                painted[y as usize * width + x] ^= 1;
                            }
                        }
                    }
                }
                assert_eq!(area as u64, region.area_px, "seed {seed}");
            }
            assert!(mask.iter().zip(&painted).all(|(m, p)| *m == (*p == 1)), "seed {seed}");
        }
    }
}
