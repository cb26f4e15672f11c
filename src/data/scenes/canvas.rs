//! A picture at several samples a pixel, and the shapes painted on it.
//!
//! Only + - * / sqrt and floor: the same bytes on every platform.

use crate::data::trig::sin_cos;

/// Samples a pixel on each axis.
pub const SAMPLES: usize = 3;
/// Side of a scene in pixels.
pub const SIDE_PX: usize = 256;
const N: usize = SAMPLES * SIDE_PX;

pub type Colour = [f32; 3];
pub type Point = [f32; 2];

pub fn mix(a: Colour, b: Colour, t: f32) -> Colour {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * t)
}

pub fn scale(a: Colour, f: f32) -> Colour {
    a.map(|v| v * f)
}

/// 0 below `low`, 1 above `high`, smooth between.
pub fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn hash(x: i32, y: i32, seed: u32) -> f32 {
    let mut h =
        (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77) ^ seed.wrapping_mul(0xc2b2_ae3d);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    (h ^ (h >> 15)) as f32 / u32::MAX as f32
}

/// Smooth noise of unit wavelength, -1..1.
pub fn noise(x: f32, y: f32, seed: u32) -> f32 {
    let (fx, fy) = (x.floor(), y.floor());
    let (ix, iy) = (fx as i32, fy as i32);
    let (tx, ty) = (smoothstep(0.0, 1.0, x - fx), smoothstep(0.0, 1.0, y - fy));
    let at = |dx, dy| hash(ix + dx, iy + dy, seed);
    let top = at(0, 0) + (at(1, 0) - at(0, 0)) * tx;
    let bottom = at(0, 1) + (at(1, 1) - at(0, 1)) * tx;
    (top + (bottom - top) * ty) * 2.0 - 1.0
}

/// Three octaves of [`noise`], about -1..1.
pub fn clouds(x: f32, y: f32, seed: u32) -> f32 {
    0.55 * noise(x, y, seed) + 0.3 * noise(x * 2.1, y * 2.1, seed ^ 0x51) + 0.2 * noise(x * 4.3, y * 4.3, seed ^ 0xa7)
}

/// White noise of a pixel, roughly normal, -1..1.
pub fn grain(x: i32, y: i32, seed: u32) -> f32 {
    (hash(x, y, seed) + hash(x, y, seed ^ 0x1111) + hash(x, y, seed ^ 0x2222)) * (2.0 / 3.0) - 1.0
}

/// A turned rectangle. Local coordinates: `u` along its length, `v` across.
#[derive(Debug, Clone, Copy)]
pub struct Rect {
    pub centre: Point,
    /// Half length and half width.
    pub half: [f32; 2],
    pub sin: f32,
    pub cos: f32,
}

impl Rect {
    pub fn new(centre: Point, half: [f32; 2], angle: f32) -> Rect {
        let (sin, cos) = sin_cos(f64::from(angle));
        Rect {
            centre,
            half,
            sin: sin as f32,
            cos: cos as f32,
        }
    }

    pub fn local(&self, [x, y]: Point) -> Point {
        self.turn([x - self.centre[0], y - self.centre[1]])
    }

    /// A direction in local coordinates.
    pub fn turn(&self, [x, y]: Point) -> Point {
        [x * self.cos + y * self.sin, y * self.cos - x * self.sin]
    }

    pub fn at(&self, [u, v]: Point) -> Point {
        [
            self.centre[0] + u * self.cos - v * self.sin,
            self.centre[1] + u * self.sin + v * self.cos,
        ]
    }

    pub fn contains(&self, p: Point) -> bool {
        let [u, v] = self.local(p);
        u.abs() <= self.half[0] && v.abs() <= self.half[1]
    }

    pub fn grown(&self, by: f32) -> Rect {
        Rect {
            half: [(self.half[0] + by).max(0.1), (self.half[1] + by).max(0.1)],
            ..*self
        }
    }

    /// A part of this one: offset and half sizes in local coordinates.
    pub fn part(&self, offset: Point, half: [f32; 2]) -> Rect {
        Rect {
            centre: self.at(offset),
            half,
            ..*self
        }
    }

    /// Do the two overlap? Looks at a lattice of points of either.
    pub fn meets(&self, other: &Rect) -> bool {
        let reach = |r: &Rect| (r.half[0] * r.half[0] + r.half[1] * r.half[1]).sqrt();
        let (dx, dy) = (self.centre[0] - other.centre[0], self.centre[1] - other.centre[1]);
        let far = reach(self) + reach(other);
        dx * dx + dy * dy < far * far
            && (self.lattice().any(|p| other.contains(p)) || other.lattice().any(|p| self.contains(p)))
    }

    /// 9 x 9 points from edge to edge.
    pub fn lattice(&self) -> impl Iterator<Item = Point> + '_ {
        (0..81).map(|i| {
            let step = |k: i32| k as f32 / 4.0 - 1.0;
            self.at([step(i % 9) * self.half[0], step(i / 9) * self.half[1]])
        })
    }

    /// Is `p` in the shadow of a block on this rectangle, when the block's top throws it by `throw`?
    /// The ray from `p` back to the light meets the rectangle: a slab test.
    fn shades(&self, p: Point, throw: Point) -> bool {
        let (p, d) = (self.local(p), self.turn(throw));
        let (mut near, mut far) = (0.0f32, 1.0f32);
        for i in 0..2 {
            if d[i].abs() < 1e-6 {
                if p[i].abs() > self.half[i] {
                    return false;
                }
                continue;
            }
            let (a, b) = ((p[i] - self.half[i]) / d[i], (p[i] + self.half[i]) / d[i]);
            near = near.max(a.min(b));
            far = far.min(a.max(b));
        }
        near <= far
    }
}

/// The picture in the making.
pub struct Canvas {
    pub rgb: Vec<Colour>,
    /// Light taken away from the ground, 0..1.
    pub shadow: Vec<f32>,
    pub building: Vec<bool>,
}

impl Canvas {
    /// A canvas whose samples are `fine(x, y, coarse)`, in pixels, with `coarse(x, y)` taken once a pixel.
    pub fn new(coarse: impl Fn(f32, f32) -> Colour, fine: impl Fn(f32, f32, Colour) -> Colour) -> Canvas {
        let middle = |i: usize| i as f32 + 0.5;
        let pixels: Vec<Colour> = (0..SIDE_PX * SIDE_PX)
            .map(|i| coarse(middle(i % SIDE_PX), middle(i / SIDE_PX)))
            .collect();
        let pixel = |i: usize| pixels[(i / N / SAMPLES) * SIDE_PX + i % N / SAMPLES];
        let rgb = (0..N * N)
            .map(|i| fine(centre(i % N), centre(i / N), pixel(i)))
            .collect();
        Canvas {
            rgb,
            shadow: vec![0.0; N * N],
            building: vec![false; N * N],
        }
    }

    /// Calls `paint(canvas, sample, [x, y])` for all samples in a circle's bounding box.
    pub fn each(&mut self, around: Point, reach: f32, mut paint: impl FnMut(&mut Canvas, usize, Point)) {
        let range = |c: f32| {
            let clip = |v: f32| (v * SAMPLES as f32).clamp(0.0, N as f32) as usize;
            clip(c - reach)..clip(c + reach + 1.0)
        };
        for y in range(around[1]) {
            for x in range(around[0]) {
                paint(self, y * N + x, [centre(x), centre(y)]);
            }
        }
    }

    /// Paints a rectangle; `colour(u, v, below)` in local coordinates.
    pub fn rect(&mut self, rect: &Rect, colour: impl Fn(f32, f32, Colour) -> Colour) {
        self.each(rect.centre, rect.half[0] + rect.half[1], |canvas, at, p| {
            let [u, v] = rect.local(p);
            if u.abs() <= rect.half[0] && v.abs() <= rect.half[1] {
                canvas.rgb[at] = colour(u, v, canvas.rgb[at]);
            }
        });
    }

    /// Marks a rectangle's samples as building.
    pub fn mark(&mut self, rect: &Rect) {
        self.each(rect.centre, rect.half[0] + rect.half[1], |canvas, at, p| {
            if rect.contains(p) {
                canvas.building[at] = true;
            }
        });
    }

    /// The shadow of a block on a rectangle.
    pub fn block_shadow(&mut self, rect: &Rect, throw: Point, strength: f32) {
        let reach = rect.half[0] + rect.half[1] + throw[0].abs() + throw[1].abs();
        self.each(rect.centre, reach, |canvas, at, p| {
            if canvas.shadow[at] < strength && rect.shades(p, throw) {
                canvas.shadow[at] = strength;
            }
        });
    }

    /// Darkens every sample by its shadow, a little bluish as skylight is; `all` or only what is no building.
    pub fn apply_shadow(&mut self, all: bool) {
        let lit = self.rgb.iter_mut().zip(&self.shadow).zip(&self.building);
        for ((rgb, shadow), building) in lit {
            if all || !building {
                *rgb = [
                    rgb[0] * (1.0 - shadow),
                    rgb[1] * (1.0 - 0.96 * shadow),
                    rgb[2] * (1.0 - 0.86 * shadow),
                ];
            }
        }
        self.shadow.fill(0.0);
    }

    /// Averages the samples: RGB bytes with grain and light, and the mask (255 where at least half is building).
    pub fn develop(&self, seed: u32) -> (Vec<u8>, Vec<u8>) {
        let mut rgb = Vec::with_capacity(SIDE_PX * SIDE_PX * 3);
        let mut mask = Vec::with_capacity(SIDE_PX * SIDE_PX);
        for y in 0..SIDE_PX {
            for x in 0..SIDE_PX {
                let mut sum = [0.0f32; 3];
                let mut covered = 0;
                for i in 0..SAMPLES * SAMPLES {
                    let at = (y * SAMPLES + i / SAMPLES) * N + x * SAMPLES + i % SAMPLES;
                    for (s, v) in sum.iter_mut().zip(self.rgb[at]) {
                        *s += v;
                    }
                    covered += usize::from(self.building[at]);
                }
                let (fx, fy) = (x as f32, y as f32);
                let light = 1.0 + 0.05 * noise(fx / 170.0, fy / 170.0, seed ^ 0x77);
                let shot = 0.014 * grain(x as i32, y as i32, seed);
                for (band, s) in sum.iter().enumerate() {
                    let tint = 0.006 * grain(x as i32, y as i32, seed ^ (0x300 + band as u32));
                    let haze = [0.70, 0.74, 0.78][band];
                    let v = s / (SAMPLES * SAMPLES) as f32 * light;
                    let v = v + (haze - v) * 0.05 + shot + tint;
                    rgb.push((v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
                }
                mask.push(if 2 * covered >= SAMPLES * SAMPLES { 255 } else { 0 });
            }
        }
        (rgb, mask)
    }
}

/// Place of a sample in pixels.
fn centre(sample: usize) -> f32 {
    (sample as f32 + 0.5) / SAMPLES as f32
}
