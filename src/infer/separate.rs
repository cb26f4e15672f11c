//! Objects that touch, apart: each a region of its own, which shares a wall with its neighbour.
//!
//! Connected foreground is taken apart where the network says that a boundary lies, and where it has a neck. Every object's
//! inside has a middle, a maximum of the distance to what is not inside; two middles are two objects where the passage
//! between them is narrow beside the narrower of both ([`NECK_SHARE`], the dynamics of a maximum in the watershed
//! transform, Grimaud 1992). From the insides the boundary is flooded, the pixels first that are hardly one (Meyer 1994), so
//! that walls lie where the network is most sure of them, and no pixel of an object is lost to its wall.
//!
//! One connected area is looked at a time, within its bounds: memory grows with the largest, not with the image.

use std::collections::VecDeque;

use super::{
    distance::squared_distances,
    outlines::{Region, regions},
};

/// Passages narrower than this share of the narrower of the two sides are walls with a gap, or necks.
const NECK_SHARE: f32 = 0.4;
/// Middles nearer to the edge than this are bulges, pixels.
const BULGE_PX: f32 = 3.0;
/// Holes of so many pixels at most do not count as edges: single pixels are noise.
const NOISE_PX: usize = 6;
/// Insides of fewer pixels are noise within a boundary, where they have a neighbour over it.
const SPECK_PX: u32 = 8;
/// Connected areas whose bounds hold more pixels (4096 x 4096) stay as they are: some 14 bytes a pixel are needed.
const MAX_WINDOW_PX: usize = 1 << 24;

/// What a pixel is, as far as objects are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// None.
    Outside,
    /// Of an object of this class.
    Inside(u8),
    /// Between two objects, as far as the network is sure of it: 0 to 255.
    Boundary(u8),
}

/// Calls with the class of each object and its region, at least `smallest_px` large.
pub fn objects(
    size: [usize; 2],
    smallest_px: u64,
    ground: impl Fn(usize, usize) -> Ground,
    take: impl FnMut(u8, Region),
) {
    objects_within(size, smallest_px, MAX_WINDOW_PX, ground, take);
}

fn objects_within(
    [height, width]: [usize; 2],
    smallest_px: u64,
    max_window_px: usize,
    ground: impl Fn(usize, usize) -> Ground,
    mut take: impl FnMut(u8, Region),
) {
    let mut seen = Bits::new(height * width);
    let mut large: Option<Bits> = None;
    let mut queue = VecDeque::new();
    for start in 0..height * width {
        if seen.get(start) || ground(start / width, start % width) == Ground::Outside {
            continue;
        }
        seen.set(start);
        queue.push_back(start);
        let mut bounds = Bounds::of(start, width);
        let mut pixels = Vec::new();
        while let Some(at) = queue.pop_front() {
            bounds.add(at, width);
            // The pixels of one too large to be held are known by their marks.
            if bounds.pixels() <= max_window_px {
                pixels.push(at);
            } else {
                let marks = large.get_or_insert_with(|| Bits::new(height * width));
                pixels.drain(..).chain([at]).for_each(|at| marks.set(at));
            }
            for next in neighbours(at, [height, width]) {
                if !seen.get(next) && ground(next / width, next % width) != Ground::Outside {
                    seen.set(next);
                    queue.push_back(next);
                }
            }
        }
        if bounds.pixels() <= max_window_px {
            let window = Window::new(&bounds, [height, width], &pixels, &ground);
            drop(pixels);
            window.objects(smallest_px, &mut take);
        }
    }
    if let Some(large) = large {
        let class = |y: usize, x: usize| match ground(y, x) {
            Ground::Inside(class) if large.get(y * width + x) => Some(class),
            _ => None,
        };
        let mut classes = [false; 256];
        (0..height * width)
            .filter_map(|at| class(at / width, at % width))
            .for_each(|number| classes[usize::from(number)] = true);
        for number in (0..=u8::MAX).filter(|number| classes[usize::from(*number)]) {
            let found = regions([height, width], smallest_px, |y, x| class(y, x) == Some(number));
            found.into_iter().for_each(|region| take(number, region));
        }
    }
}

/// Pixels that share an edge with one.
fn neighbours(at: usize, [height, width]: [usize; 2]) -> impl Iterator<Item = usize> {
    let (y, x) = (at / width, at % width);
    let sides = [
        (y > 0).then(|| at - width),
        (x > 0).then(|| at - 1),
        (x + 1 < width).then(|| at + 1),
        (y + 1 < height).then(|| at + width),
    ];
    sides.into_iter().flatten()
}

/// One bit a pixel.
struct Bits(Vec<u64>);

impl Bits {
    fn new(pixels: usize) -> Self {
        Self(vec![0; pixels.div_ceil(64)])
    }

    fn get(&self, at: usize) -> bool {
        self.0[at / 64] >> (at % 64) & 1 == 1
    }

    fn set(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }
}

/// Rows and columns from, and up to but without.
struct Bounds {
    from: [usize; 2],
    to: [usize; 2],
}

impl Bounds {
    fn of(at: usize, width: usize) -> Self {
        let [y, x] = [at / width, at % width];
        Self {
            from: [y, x],
            to: [y + 1, x + 1],
        }
    }

    fn add(&mut self, at: usize, width: usize) {
        let [y, x] = [at / width, at % width];
        self.from = [self.from[0].min(y), self.from[1].min(x)];
        self.to = [self.to[0].max(y + 1), self.to[1].max(x + 1)];
    }

    fn pixels(&self) -> usize {
        (self.to[0] - self.from[0]) * (self.to[1] - self.from[1])
    }
}

/// A connected area with what lies around it, which is nothing.
struct Window {
    /// Row and column of its first pixel in the image.
    from: [usize; 2],
    size: [usize; 2],
    ground: Vec<Ground>,
}

/// A middle and what belongs to it.
struct Basin {
    /// Itself, or the one that it has become part of.
    of: u32,
    /// Distance of the middle to the edge, pixels.
    depth_px: f32,
    pixels: u32,
}

/// The number of a pixel that belongs to no object.
const NONE: u32 = u32::MAX;

impl Window {
    fn new(
        bounds: &Bounds,
        [height, width]: [usize; 2],
        pixels: &[usize],
        ground: impl Fn(usize, usize) -> Ground,
    ) -> Self {
        // What lies beyond the image is not known; within it the area ends.
        let from = bounds.from.map(|v| v.saturating_sub(1));
        let to = [(bounds.to[0] + 1).min(height), (bounds.to[1] + 1).min(width)];
        let size = [to[0] - from[0], to[1] - from[1]];
        let mut window = Self {
            from,
            size,
            ground: vec![Ground::Outside; size[0] * size[1]],
        };
        for at in pixels {
            let (y, x) = (at / width, at % width);
            window.ground[(y - from[0]) * size[1] + x - from[1]] = ground(y, x);
        }
        window
    }

    fn objects(self, smallest_px: u64, take: &mut impl FnMut(u8, Region)) {
        let depth = squared_distances(self.size, self.edges());
        let (mut numbers, mut basins) = self.insides(&depth);
        drop(depth);
        let mut resolved: Vec<u32> = (0..basins.len() as u32).collect();
        for basin in &mut resolved {
            *basin = root(&mut basins, *basin);
        }
        numbers
            .iter_mut()
            .filter(|number| **number != NONE)
            .for_each(|number| *number = resolved[*number as usize]);
        self.flood(&mut numbers, &basins);
        self.trace(&numbers, basins.len(), smallest_px, take);
    }

    /// What distances are counted from: all that is not inside, holes of a few pixels left aside.
    fn edges(&self) -> impl Fn(usize) -> bool {
        let [height, width] = self.size;
        let is_inside = |at: usize| matches!(self.ground[at], Ground::Inside(_));
        let mut edges = Bits::new(height * width);
        let mut seen = Bits::new(height * width);
        let (mut stack, mut hole) = (Vec::new(), Vec::new());
        for start in 0..height * width {
            if seen.get(start) || is_inside(start) {
                continue;
            }
            seen.set(start);
            stack.push(start);
            hole.clear();
            let mut is_open = false;
            while let Some(at) = stack.pop() {
                is_open |= hole.len() >= NOISE_PX;
                match is_open {
                    true => edges.set(at),
                    false => hole.push(at),
                }
                let (y, x) = (at / width, at % width);
                is_open |= y == 0 || x == 0 || y + 1 == height || x + 1 == width;
                // Over corners too: a slanting line is one.
                for next_y in y.saturating_sub(1)..(y + 2).min(height) {
                    for next_x in x.saturating_sub(1)..(x + 2).min(width) {
                        let next = next_y * width + next_x;
                        if !seen.get(next) && !is_inside(next) {
                            seen.set(next);
                            stack.push(next);
                        }
                    }
                }
            }
            if is_open {
                hole.drain(..).for_each(|at| edges.set(at));
            }
        }
        move |at| edges.get(at)
    }

    /// The number of the middle that each inside pixel belongs to, and all middles.
    fn insides(&self, depth: &[u32]) -> (Vec<u32>, Vec<Basin>) {
        // Pixels by their distance, the deepest first.
        let step = |squared: u32| ((squared as f32).sqrt() * STEPS_A_PX) as usize;
        let class = |at: usize| match self.ground[at] {
            Ground::Inside(class) => Some(class),
            _ => None,
        };
        let inside = || (0..self.ground.len()).filter(|at| class(*at).is_some());
        let mut first = Vec::new();
        for at in inside() {
            let step = step(depth[at]);
            if first.len() <= step {
                first.resize(step + 1, 0u32);
            }
            first[step] += 1;
        }
        let mut sum = 0;
        for count in first.iter_mut().rev() {
            sum += std::mem::replace(count, sum);
        }
        let mut order = vec![0u32; sum as usize];
        for at in inside() {
            let place = &mut first[step(depth[at])];
            order[*place as usize] = at as u32;
            *place += 1;
        }
        let mut numbers = vec![NONE; self.ground.len()];
        let mut basins: Vec<Basin> = Vec::new();
        for at in order.into_iter().map(|at| at as usize) {
            let own = class(at);
            let depth_px = (depth[at] as f32).sqrt();
            let mut deepest: Option<(u32, usize)> = None;
            for next in neighbours(at, self.size).filter(|next| numbers[*next] != NONE && class(*next) == own) {
                if deepest.is_none_or(|(squared, _)| depth[next] > squared) {
                    deepest = Some((depth[next], next));
                }
            }
            let Some((_, nearest)) = deepest else {
                numbers[at] = basins.len() as u32;
                basins.push(Basin {
                    of: basins.len() as u32,
                    depth_px,
                    pixels: 1,
                });
                continue;
            };
            let number = root(&mut basins, numbers[nearest]);
            numbers[at] = number;
            basins[number as usize].pixels += 1;
            for next in neighbours(at, self.size).filter(|next| class(*next) == own) {
                if numbers[next] != NONE {
                    let (one, other) = (root(&mut basins, number), root(&mut basins, numbers[next]));
                    join(&mut basins, one, other, depth_px);
                }
            }
        }
        (numbers, basins)
    }

    /// Gives what lies between insides, and specks within that, to one of them.
    fn flood(&self, numbers: &mut [u32], basins: &[Basin]) {
        let is_speck = |number: u32| number != NONE && basins[number as usize].pixels < SPECK_PX;
        let specks: Vec<(usize, u32)> = (numbers.iter().copied().enumerate())
            .filter(|(_, number)| is_speck(*number))
            .collect();
        specks.iter().for_each(|(at, _)| numbers[*at] = NONE);
        self.flood_free(numbers);
        // Those that no other reaches are small objects.
        let alone: Vec<&(usize, u32)> = specks.iter().filter(|(at, _)| numbers[*at] == NONE).collect();
        if !alone.is_empty() {
            alone.into_iter().for_each(|(at, number)| numbers[*at] = *number);
            self.flood_free(numbers);
        }
    }

    /// Floods all that has no number from what has one, the pixels first that are least sure to be a boundary, those alike in
    /// the order in which the flood comes to them.
    fn flood_free(&self, numbers: &mut [u32]) {
        let level = |at: usize| match self.ground[at] {
            Ground::Boundary(level) => usize::from(level),
            Ground::Inside(_) | Ground::Outside => 0,
        };
        let is_free = |numbers: &[u32], at: usize| numbers[at] == NONE && self.ground[at] != Ground::Outside;
        let mut queues: Vec<VecDeque<u32>> = vec![VecDeque::new(); 256];
        for at in 0..numbers.len() {
            if numbers[at] != NONE && neighbours(at, self.size).any(|next| is_free(numbers, next)) {
                queues[0].push_back(at as u32);
            }
        }
        let mut lowest = 0;
        while let Some(queue) = queues.get_mut(lowest) {
            let Some(at) = queue.pop_front() else {
                lowest += 1;
                continue;
            };
            for next in neighbours(at as usize, self.size) {
                if is_free(numbers, next) {
                    numbers[next] = numbers[at as usize];
                    queues[level(next)].push_back(next as u32);
                    lowest = lowest.min(level(next));
                }
            }
        }
    }

    fn trace(&self, numbers: &[u32], count: usize, smallest_px: u64, take: &mut impl FnMut(u8, Region)) {
        let width = self.size[1];
        let mut bounds: Vec<Option<(Bounds, u8)>> = (0..count).map(|_| None).collect();
        for (at, number) in numbers.iter().enumerate().filter(|(_, number)| **number != NONE) {
            let Some(known) = bounds.get_mut(*number as usize) else {
                continue;
            };
            let (bounds, class) = known.get_or_insert_with(|| (Bounds::of(at, width), 0));
            bounds.add(at, width);
            if let Ground::Inside(own) = self.ground[at] {
                *class = own;
            }
        }
        let found = (0..).zip(bounds).filter_map(|(number, found)| Some((number, found?)));
        for (number, (bounds, class)) in found {
            let size = [bounds.to[0] - bounds.from[0], bounds.to[1] - bounds.from[1]];
            let is_own = |y: usize, x: usize| numbers[(y + bounds.from[0]) * width + x + bounds.from[1]] == number;
            let moved = [bounds.from[1] + self.from[1], bounds.from[0] + self.from[0]];
            for region in regions(size, smallest_px, is_own) {
                take(class, moved_by(region, moved.map(|v| v as u32)));
            }
        }
    }
}

/// Distances are told apart to an eighth of a pixel.
const STEPS_A_PX: f32 = 8.0;

fn root(basins: &mut [Basin], number: u32) -> u32 {
    let mut top = number;
    while basins[top as usize].of != top {
        top = basins[top as usize].of;
    }
    let mut at = number;
    while at != top {
        at = std::mem::replace(&mut basins[at as usize].of, top);
    }
    top
}

/// Makes one of two that meet in a passage `depth_px` from its edge, unless it is a neck.
fn join(basins: &mut [Basin], one: u32, other: u32, depth_px: f32) {
    if one == other {
        return;
    }
    let depth = |number: u32| basins[number as usize].depth_px;
    let (large, small) = if depth(one) >= depth(other) {
        (one, other)
    } else {
        (other, one)
    };
    let narrower = depth(small);
    if narrower >= BULGE_PX && depth_px <= NECK_SHARE * narrower {
        return;
    }
    basins[small as usize].of = large;
    basins[large as usize].pixels += basins[small as usize].pixels;
}

fn moved_by(mut region: Region, [x, y]: [u32; 2]) -> Region {
    for corner in region.outer.iter_mut().chain(region.holes.iter_mut().flatten()) {
        *corner = [corner[0] + x, corner[1] + y];
    }
    region
}

#[cfg(test)]
#[path = "separate_tests.rs"]
mod tests;
