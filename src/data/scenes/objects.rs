//! What stands: buildings, trees, cars.

use super::canvas::{Canvas, Colour, Point, Rect, clouds, mix, noise, scale, smoothstep};
use super::ground::{Road, Surface};
use crate::data::draw::Draw;

/// Where the light comes from, and how far one pixel of height throws a shadow.
#[derive(Debug, Clone, Copy)]
pub struct Sun {
    /// From the light, unit length.
    pub direction: [f32; 2],
    pub throw: f32,
}

impl Sun {
    fn shadow(&self, height: f32) -> Point {
        self.direction.map(|d| d * self.throw * height)
    }

    /// Light on a slope that falls along `normal`, about 1.
    fn on(&self, normal: [f32; 2]) -> f32 {
        0.97 - 0.24 * (normal[0] * self.direction[0] + normal[1] * self.direction[1])
    }
}

const SHADOW: f32 = 0.62;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Roof {
    Gable,
    Hip,
    Flat,
}

const TILES: [Colour; 6] = [
    [0.66, 0.37, 0.28],
    [0.58, 0.33, 0.26],
    [0.71, 0.46, 0.35],
    [0.44, 0.33, 0.28],
    [0.42, 0.43, 0.46],
    [0.33, 0.35, 0.38],
];
const METAL: [Colour; 5] = [
    [0.74, 0.76, 0.78],
    [0.52, 0.60, 0.68],
    [0.46, 0.57, 0.50],
    [0.63, 0.48, 0.42],
    [0.83, 0.83, 0.80],
];
const FLAT: [Colour; 5] = [
    [0.70, 0.69, 0.66],
    [0.80, 0.79, 0.76],
    [0.56, 0.56, 0.56],
    [0.47, 0.46, 0.44],
    [0.86, 0.86, 0.84],
];

/// One building: one or two blocks under one kind of roof.
#[derive(Debug, Clone)]
pub struct Building {
    /// Painted in order; the last one lies on top.
    pub blocks: Vec<Rect>,
    height: f32,
    roof: Roof,
    colour: Colour,
    /// Seams of metal sheets run down the slope, rows of tiles along it.
    metal: bool,
    solar: bool,
    seed: u32,
}

impl Building {
    /// A house: pitched mostly, with a wing at times.
    pub fn house(centre: Point, angle: f32, draw: &mut Draw) -> Building {
        let half = [draw.uniform(11.0, 17.5) as f32, draw.uniform(7.5, 10.5) as f32];
        let main = Rect::new(centre, half, angle);
        let mut blocks = vec![main];
        if draw.unit() < 0.4 {
            let width = half[1] * draw.uniform(0.55, 0.8) as f32;
            let length = half[1] + draw.uniform(4.0, 8.0) as f32;
            let side = if draw.coin() { 1.0 } else { -1.0 };
            let place = main.at([
                side * (half[0] - width - 0.6),
                (length - half[1]) * if draw.coin() { 1.0 } else { -1.0 },
            ]);
            // The wing lies across; it goes below the main roof.
            blocks.insert(
                0,
                Rect::new(place, [length, width], angle + std::f32::consts::FRAC_PI_2),
            );
        }
        let kind = draw.unit();
        let roof = if kind < 0.5 {
            Roof::Gable
        } else if kind < 0.78 {
            Roof::Hip
        } else {
            Roof::Flat
        };
        let metal = roof != Roof::Flat && draw.unit() < 0.2;
        Building::new(blocks, draw.uniform(4.5, 7.5) as f32, roof, metal, draw)
    }

    /// A barn: long, low, metal or old tiles.
    pub fn barn(centre: Point, angle: f32, draw: &mut Draw) -> Building {
        let half = [draw.uniform(22.0, 36.0) as f32, draw.uniform(10.0, 14.0) as f32];
        let metal = draw.unit() < 0.65;
        Building::new(
            vec![Rect::new(centre, half, angle)],
            draw.uniform(5.5, 8.0) as f32,
            Roof::Gable,
            metal,
            draw,
        )
    }

    /// A hall with a flat roof.
    pub fn hall(centre: Point, angle: f32, draw: &mut Draw) -> Building {
        let half = [draw.uniform(20.0, 38.0) as f32, draw.uniform(15.0, 25.0) as f32];
        let main = Rect::new(centre, half, angle);
        let mut blocks = vec![main];
        if draw.unit() < 0.5 {
            let small = [half[0] * 0.45, half[1] * 0.5];
            blocks.insert(0, main.part([half[0] * 0.5, half[1] + small[1] * 0.8], small));
        }
        let roof = if draw.unit() < 0.8 { Roof::Flat } else { Roof::Gable };
        Building::new(blocks, draw.uniform(7.0, 11.0) as f32, roof, roof == Roof::Gable, draw)
    }

    /// A shed.
    pub fn shed(centre: Point, angle: f32, draw: &mut Draw) -> Building {
        let half = [draw.uniform(4.0, 6.5) as f32, draw.uniform(3.0, 4.5) as f32];
        let roof = if draw.coin() { Roof::Gable } else { Roof::Flat };
        Building::new(vec![Rect::new(centre, half, angle)], 2.6, roof, true, draw)
    }

    fn new(blocks: Vec<Rect>, height: f32, roof: Roof, metal: bool, draw: &mut Draw) -> Building {
        let palette: &[Colour] = match roof {
            Roof::Flat => &FLAT,
            _ if metal => &METAL,
            _ => &TILES,
        };
        let colour = scale(palette[draw.below(palette.len())], draw.uniform(0.92, 1.06) as f32);
        let solar = roof == Roof::Gable && draw.unit() < 0.3;
        Building {
            blocks,
            height,
            roof,
            colour,
            metal,
            solar,
            seed: draw.below(1 << 30) as u32,
        }
    }

    pub fn meets(&self, other: &Rect) -> bool {
        self.blocks.iter().any(|b| b.meets(other))
    }

    pub fn cast(&self, canvas: &mut Canvas, sun: &Sun) {
        for block in &self.blocks {
            canvas.block_shadow(block, sun.shadow(self.height), SHADOW);
        }
    }

    pub fn paint(&self, canvas: &mut Canvas, sun: &Sun) {
        for block in &self.blocks {
            canvas.mark(block);
            match self.roof {
                Roof::Flat => self.paint_flat(canvas, block, sun),
                _ => self.paint_pitched(canvas, block, sun),
            }
        }
    }

    fn weather(&self, block: &Rect, u: f32, v: f32) -> f32 {
        let [x, y] = block.at([u, v]);
        1.0 + 0.07 * clouds(x / 15.0, y / 15.0, self.seed) + 0.05 * noise(x * 0.9, y * 0.9, self.seed ^ 1)
    }

    fn paint_pitched(&self, canvas: &mut Canvas, block: &Rect, sun: &Sun) {
        let [a, b] = block.half;
        let light = |u: f32, v: f32| sun.on([block.cos * u - block.sin * v, block.sin * u + block.cos * v]);
        let faces = [light(1.0, 0.0), light(-1.0, 0.0), light(0.0, 1.0), light(0.0, -1.0)];
        let hip = self.roof == Roof::Hip;
        canvas.rect(block, |u, v, _| {
            let (to_end, to_side) = (a - u.abs(), b - v.abs());
            let end_face = hip && to_end < to_side;
            let face = match (end_face, u > 0.0, v > 0.0) {
                (true, true, _) => faces[0],
                (true, false, _) => faces[1],
                (false, _, true) => faces[2],
                (false, _, false) => faces[3],
            };
            let (down, across) = if end_face { (to_end, v) } else { (to_side, u) };
            let row = if self.metal { across / 2.4 } else { down / 1.5 };
            let seam = if row - row.floor() < 0.3 { 0.93 } else { 1.02 };
            let mut c = scale(self.colour, face * seam * self.weather(block, u, v));
            let ridge = if hip {
                (to_end - to_side)
                    .abs()
                    .min(v.abs() + if to_end < b { 9.0 } else { 0.0 })
            } else {
                v.abs()
            };
            c = scale(c, 1.0 + 0.13 * (1.0 - smoothstep(0.25, 0.75, ridge)));
            // Eaves: a thin gutter.
            scale(c, 0.84 + 0.16 * smoothstep(0.2, 0.7, to_end.min(to_side)))
        });
        if self.solar && a > 9.0 {
            let side = if faces[2] > faces[3] { 1.0 } else { -1.0 };
            let panel = block.part([a * 0.15, side * b * 0.5], [a * 0.5, b * 0.3]);
            canvas.rect(&panel, |u, v, _| {
                let grid = |x: f32, step: f32| x / step - (x / step).floor() < 0.16;
                let c = if grid(u, 2.7) || grid(v, 2.2) {
                    [0.30, 0.34, 0.42]
                } else {
                    [0.12, 0.16, 0.27]
                };
                scale(c, 0.9 + 0.25 * (u / a + 0.5) * 0.5)
            });
        }
        if !self.metal && a > 8.0 {
            let chimney = block.part([a * 0.45, b * 0.18], [1.0, 0.8]);
            canvas.rect(
                &chimney.part([1.2 * sun_u(block, sun), 1.2 * sun_v(block, sun)], [1.1, 0.9]),
                |_, _, c| scale(c, 0.62),
            );
            canvas.rect(&chimney, |_, _, _| [0.62, 0.55, 0.50]);
        }
    }

    fn paint_flat(&self, canvas: &mut Canvas, block: &Rect, sun: &Sun) {
        let [a, b] = block.half;
        let [su, sv] = block.turn(sun.direction);
        canvas.rect(block, |u, v, _| {
            let rim = (a - u.abs()).min(b - v.abs());
            let weather = self.weather(block, u, v);
            if rim < 1.0 {
                return scale(mix(self.colour, [0.9; 3], 0.45), weather);
            }
            // The parapet's own shadow lies along the sides that face the light.
            let (lit_u, lit_v) = (a - 1.0 + u * su.signum(), b - 1.0 + v * sv.signum());
            let shaded = lit_u < 1.6 * su.abs() || lit_v < 1.6 * sv.abs();
            let joint = |x: f32| x / 9.0 - (x / 9.0).floor() < 0.035;
            let lines = if joint(u) || joint(v) { 0.94 } else { 1.0 };
            scale(self.colour, weather * lines * if shaded { 0.66 } else { 1.0 })
        });
        // Roof machinery, on a lattice so that pieces never overlap.
        let (columns, rows) = ((a / 8.0) as i32, (b / 8.0) as i32);
        for i in -columns..=columns {
            for j in -rows..=rows {
                let dice = noise(i as f32 + 0.5, j as f32 + 0.5, self.seed ^ 0x99);
                if dice.abs() < 0.22 || a < 8.0 {
                    continue;
                }
                let place = [i as f32 * 7.0, j as f32 * 7.0];
                let half = if dice > 0.3 { [1.5, 1.2] } else { [2.4, 0.9] };
                if dice.abs() < 0.42 && place[0].abs() + 4.0 < a && place[1].abs() + 4.0 < b {
                    canvas.rect(
                        &block.part([place[0] + 1.3 * su, place[1] + 1.3 * sv], half),
                        |_, _, c| scale(c, 0.6),
                    );
                    let c = if dice > 0.0 {
                        [0.80, 0.81, 0.82]
                    } else {
                        [0.62, 0.70, 0.75]
                    };
                    canvas.rect(&block.part(place, half), |_, _, _| c);
                }
            }
        }
    }
}

fn sun_u(block: &Rect, sun: &Sun) -> f32 {
    block.turn(sun.direction)[0]
}

fn sun_v(block: &Rect, sun: &Sun) -> f32 {
    block.turn(sun.direction)[1]
}

/// A tree crown of several round tufts.
#[derive(Debug, Clone)]
pub struct Tree {
    pub centre: Point,
    pub radius: f32,
    tufts: Vec<(Point, f32)>,
    colour: Colour,
    seed: u32,
}

impl Tree {
    pub fn new(centre: Point, radius: f32, draw: &mut Draw) -> Tree {
        let n = 5 + (radius * 0.9) as usize;
        let tufts = (0..n)
            .map(|_| {
                let (dx, dy) = (draw.uniform(-0.62, 0.62) as f32, draw.uniform(-0.62, 0.62) as f32);
                let r = draw.uniform(0.36, 0.58) as f32 * radius;
                ([centre[0] + dx * radius, centre[1] + dy * radius], r)
            })
            .collect();
        let colour = mix([0.20, 0.31, 0.15], [0.36, 0.43, 0.20], draw.unit() as f32);
        Tree {
            centre,
            radius,
            tufts,
            colour,
            seed: draw.below(1 << 30) as u32,
        }
    }

    fn reach(&self) -> f32 {
        self.radius * 1.35
    }

    pub fn cast(&self, canvas: &mut Canvas, sun: &Sun) {
        let d = sun.shadow(self.radius * 0.95);
        let around = [self.centre[0] + d[0], self.centre[1] + d[1]];
        canvas.each(around, self.reach(), |canvas, at, [x, y]| {
            let hit = self.tufts.iter().any(|([cx, cy], r)| {
                let (dx, dy) = (x - cx - d[0], y - cy - d[1]);
                dx * dx + dy * dy < r * r
            });
            if hit && canvas.shadow[at] < SHADOW {
                canvas.shadow[at] = SHADOW;
            }
        });
    }

    pub fn paint(&self, canvas: &mut Canvas, sun: &Sun) {
        canvas.each(self.centre, self.reach(), |canvas, at, [x, y]| {
            // The highest tuft at this point shows; a tuft is a flattened ball.
            let mut top: Option<(f32, f32)> = None;
            for ([cx, cy], r) in &self.tufts {
                let (dx, dy) = (x - cx, y - cy);
                let d2 = (dx * dx + dy * dy) / (r * r);
                if d2 < 1.0 {
                    let z = (1.0 - d2).sqrt() * r + 0.15 * r;
                    let facing = -(dx * sun.direction[0] + dy * sun.direction[1]) / r;
                    if top.is_none_or(|(best, _)| z > best) {
                        top = Some((z, facing));
                    }
                }
            }
            let Some((_, facing)) = top else { return };
            let whole =
                -((x - self.centre[0]) * sun.direction[0] + (y - self.centre[1]) * sun.direction[1]) / self.radius;
            let leaves = noise(x * 0.75, y * 0.75, self.seed) * 0.6 + noise(x * 1.7, y * 1.7, self.seed ^ 2) * 0.4;
            let light = 0.92 + 0.28 * facing + 0.16 * whole + 0.22 * leaves;
            canvas.rgb[at] = scale(self.colour, light.max(0.35));
        });
    }
}

const CARS: [Colour; 6] = [
    [0.90, 0.90, 0.90],
    [0.20, 0.21, 0.23],
    [0.66, 0.67, 0.69],
    [0.62, 0.15, 0.13],
    [0.18, 0.27, 0.46],
    [0.45, 0.46, 0.47],
];

/// A car, with its shadow painted at once: it stands on nothing but ground.
pub fn paint_car(canvas: &mut Canvas, centre: Point, along: [f32; 2], sun: &Sun, draw: &mut Draw) {
    let car = Rect {
        centre,
        half: [4.4, 1.9],
        sin: along[1],
        cos: along[0],
    };
    let colour = CARS[draw.below(CARS.len())];
    let d = sun.shadow(1.3);
    let shadow = Rect {
        centre: [centre[0] + d[0], centre[1] + d[1]],
        ..car
    };
    canvas.rect(&shadow, |_, _, c| scale(c, 0.5));
    canvas.rect(&car, |u, v, _| {
        let corner = (u.abs() - 3.7).max(0.0) + (v.abs() - 1.3).max(0.0);
        let glass = (u - 1.2).abs() < 0.75 || (u + 2.6).abs() < 0.55;
        let c = if glass && v.abs() < 1.5 {
            [0.13, 0.16, 0.19]
        } else {
            colour
        };
        scale(c, if corner > 0.7 { 0.6 } else { 1.0 })
    });
}

/// Cars on the right lane of a road, here and there.
pub fn traffic(canvas: &mut Canvas, road: &Road, sun: &Sun, draw: &mut Draw) {
    if road.surface != Surface::Asphalt {
        return;
    }
    let mut at = draw.uniform(-190.0, -130.0);
    while at < 190.0 {
        let side = if draw.coin() { 1.0 } else { -1.0 };
        let (p, along) = road.point_at(at as f32, side * road.half_width * 0.5);
        paint_car(canvas, p, along, sun, draw);
        at += draw.uniform(30.0, 110.0);
    }
}
