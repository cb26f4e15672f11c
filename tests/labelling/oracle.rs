//! Strokes that somebody who knows the truth would draw, as `tests/browser/oracle.mjs` draws them.

use groundmask::protocol::UNTOUCHED;

/// Strokes are no longer than this, pixels.
const LONGEST_PX: f64 = 40.0;

/// The generator of the browser's oracle (xorshift32, Marsaglia 2003).
#[derive(Clone)]
pub struct Random(u32);

impl Random {
    pub fn new(seed: u32) -> Self {
        let state = seed.wrapping_mul(2_654_435_761) ^ 0x9e37_79b9;
        Self(if state == 0 { 1 } else { state })
    }

    /// 0 to 1.
    pub fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        f64::from(self.0) / 4_294_967_296.0
    }

    /// Below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        (self.next() * count as f64) as usize
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            let j = self.below(i + 1);
            list.swap(i, j);
        }
    }
}

/// Left, top, width and height in pixels.
pub type Rect = [u32; 4];

/// Labels of a rectangle of an image, as a command takes them.
pub struct Stroke {
    pub rect: Rect,
    pub values: Vec<u8>,
}

/// The truth of an image.
pub struct Oracle {
    pub width: u32,
    pub height: u32,
    /// 0 or 1 a pixel, row by row.
    pub labels: Vec<u8>,
}

impl Oracle {
    fn at(&self, x: i64, y: i64) -> Option<u8> {
        let is_inside = x >= 0 && y >= 0 && x < i64::from(self.width) && y < i64::from(self.height);
        is_inside.then(|| self.labels[y as usize * self.width as usize + x as usize])
    }

    /// Whether a disc around a pixel lies within a class.
    fn fits(&self, x: i64, y: i64, radius: i64, value: u8) -> bool {
        let side = -radius..=radius;
        side.clone()
            .flat_map(|dy| side.clone().map(move |dx| (dx, dy)))
            .filter(|(dx, dy)| dx * dx + dy * dy <= radius * radius)
            .all(|(dx, dy)| self.at(x + dx, y + dy) == Some(value))
    }

    /// Strokes of both classes in turn, where the truth has both.
    pub fn strokes(&self, count: usize, random: &mut Random, within: Option<Rect>) -> Vec<Stroke> {
        let within = within.unwrap_or([0, 0, self.width, self.height]);
        let mut made = Vec::new();
        for i in 0..4 * count {
            if made.len() >= count {
                break;
            }
            let first = u8::from(i % 2 == 0);
            let stroke = self.stroke(first, random, within);
            made.extend(stroke.or_else(|| self.stroke(1 - first, random, within)));
        }
        made
    }

    fn stroke(&self, value: u8, random: &mut Random, [left, top, width, height]: Rect) -> Option<Stroke> {
        for radius in [2, 1] {
            for _ in 0..200 {
                let x = (f64::from(left) + random.next() * f64::from(width)).floor() + 0.5;
                let y = (f64::from(top) + random.next() * f64::from(height)).floor() + 0.5;
                let is_free = |x: f64, y: f64| self.fits(x.floor() as i64, y.floor() as i64, radius + 1, value);
                if !is_free(x, y) {
                    continue;
                }
                // On in the direction that goes furthest of a few.
                let mut best = (0.0, 0.0);
                for _ in 0..8 {
                    let angle = random.next() * std::f64::consts::TAU;
                    let mut far = 0.0;
                    while far + 2.0 <= LONGEST_PX
                        && is_free(x + (far + 2.0) * angle.cos(), y + (far + 2.0) * angle.sin())
                    {
                        far += 2.0;
                    }
                    if far > best.0 {
                        best = (far, angle);
                    }
                }
                let end = [x + best.0 * best.1.cos(), y + best.0 * best.1.sin()];
                return Some(self.drawn([x, y], end, radius as f64, value));
            }
        }
        None
    }

    /// The pixels whose centres a round brush passes over.
    fn drawn(&self, from: [f64; 2], to: [f64; 2], radius: f64, value: u8) -> Stroke {
        let low = |axis: usize| (from[axis].min(to[axis]) - radius).floor().max(0.0) as u32;
        let high = |axis: usize, most: u32| ((from[axis].max(to[axis]) + radius).ceil() as u32).min(most);
        let (left, top) = (low(0), low(1));
        let (width, height) = (high(0, self.width) - left, high(1, self.height) - top);
        let along = [to[0] - from[0], to[1] - from[1]];
        let length = along[0] * along[0] + along[1] * along[1];
        let is_under = |at: u32| {
            let x = f64::from(left + at % width) + 0.5 - from[0];
            let y = f64::from(top + at / width) + 0.5 - from[1];
            let t = ((x * along[0] + y * along[1]) / length.max(1e-9)).clamp(0.0, 1.0);
            (x - t * along[0]).hypot(y - t * along[1]) <= radius
        };
        let values = (0..width * height).map(|at| if is_under(at) { value } else { UNTOUCHED });
        Stroke {
            rect: [left, top, width, height],
            values: values.collect(),
        }
    }
}
