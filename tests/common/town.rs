//! Towns as an orthophoto shows them, with outlines as people draw them: for tests of what is said of map data.

#[path = "chance.rs"]
mod chance;

pub use chance::Chance;
use chance::lumps;

/// How a town is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Straight streets, houses of one kind at even distances.
    Grid,
    /// Houses of all sizes, turned at will.
    Scattered,
    /// Forty farms among fields.
    Sparse,
    /// Terraces, wall to wall.
    Rows,
    /// Roofs nearly as the ground.
    Faint,
}

pub const LAYOUTS: [Layout; 5] = [
    Layout::Grid,
    Layout::Scattered,
    Layout::Sparse,
    Layout::Rows,
    Layout::Faint,
];

/// A rectangle anywhere: middle, half sides and direction, pixels.
#[derive(Debug, Clone, Copy)]
pub struct House {
    pub middle: [f64; 2],
    pub half: [f64; 2],
    pub turn: f64,
}

impl House {
    /// Offset along the house's own axes.
    fn own(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (sin, cos) = self.turn.sin_cos();
        let (dx, dy) = (x - self.middle[0], y - self.middle[1]);
        [dx * cos + dy * sin, dy * cos - dx * sin]
    }

    fn holds(&self, at: [f64; 2]) -> bool {
        let own = self.own(at);
        own[0].abs() <= self.half[0] && own[1].abs() <= self.half[1]
    }

    pub fn corners(&self) -> [[f64; 2]; 4] {
        let (sin, cos) = self.turn.sin_cos();
        [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(|[a, b]| {
            let (x, y) = (a * self.half[0], b * self.half[1]);
            [self.middle[0] + x * cos - y * sin, self.middle[1] + x * sin + y * cos]
        })
    }

    fn reach(&self) -> f64 {
        self.half[0].hypot(self.half[1])
    }
}

/// A picture and its outlines.
pub struct Town {
    pub side: usize,
    /// Red, green, blue of every pixel.
    pub rgb: Vec<u8>,
    pub houses: Vec<House>,
}

/// What fills the ground where there is no town.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    Town,
    Fields,
    Water,
}

impl Town {
    pub fn new(seed: u64, layout: Layout, side: usize) -> Town {
        Self::with_border(seed, layout, side, f64::INFINITY, Beyond::Town)
    }

    /// With no houses from column `border` on, where the ground is something else.
    pub fn with_border(seed: u64, layout: Layout, side: usize, border: f64, beyond: Beyond) -> Town {
        let mut chance = Chance::new(seed * 7919 + layout as u64);
        let size = side as f64;
        let angle = chance.within(-0.6, 0.6);
        let scale = side as f64 / 1500.0;
        let streets = Streets {
            angle,
            spacing: chance.within(170.0, 240.0),
            half: chance.within(9.0, 14.0),
            is_grid: matches!(layout, Layout::Grid | Layout::Rows),
            seed,
        };
        let mut houses: Vec<House> = Vec::new();
        let put = |house: House, houses: &mut Vec<House>, gap: f64| {
            let [x, y] = house.middle;
            let inside = (0.0..size).contains(&x) && (0.0..size).contains(&y) && x + house.reach() < border;
            let apart = houses
                .iter()
                .all(|h| (h.middle[0] - x).hypot(h.middle[1] - y) > gap + 0.8 * (h.reach() + house.reach()));
            let free =
                house.corners().iter().all(|c| streets.distance(*c) > 4.0) && streets.distance(house.middle) > 8.0;
            if inside && apart && free {
                houses.push(house);
            }
        };
        match layout {
            Layout::Grid | Layout::Rows => {
                let (sin, cos) = angle.sin_cos();
                let step = if layout == Layout::Rows {
                    24.0
                } else {
                    chance.within(48.0, 62.0)
                };
                let mut v = -size;
                while v < size * 2.0 {
                    for side_of in [-1.0, 1.0] {
                        let mut u = -size;
                        while u < size * 2.0 {
                            let (half, off) = match layout {
                                Layout::Rows => ([12.0, chance.within(15.0, 18.0)], 34.0),
                                _ => (
                                    [chance.within(15.0, 21.0), chance.within(13.0, 18.0)],
                                    40.0 + chance.within(-4.0, 4.0),
                                ),
                            };
                            let w = v + side_of * (off + streets.half);
                            let jitter = if layout == Layout::Rows {
                                0.0
                            } else {
                                chance.within(-3.0, 3.0)
                            };
                            let middle = [(u + jitter) * cos - w * sin, (u + jitter) * sin + w * cos];
                            let leave = if layout == Layout::Rows { 0.12 } else { 0.15 };
                            if chance.unit() > leave {
                                let gap = if layout == Layout::Rows { -40.0 } else { 2.0 };
                                put(
                                    House {
                                        middle,
                                        half,
                                        turn: angle,
                                    },
                                    &mut houses,
                                    gap,
                                );
                            }
                            u += step;
                        }
                    }
                    v += streets.spacing;
                }
            }
            _ => {
                let wanted = ((if layout == Layout::Sparse { 40.0 } else { 210.0 }) * scale * scale) as usize;
                for _ in 0..wanted * 30 {
                    if houses.len() >= wanted {
                        break;
                    }
                    let middle = [chance.within(0.0, size), chance.within(0.0, size)];
                    let half = [chance.within(13.0, 30.0), chance.within(10.0, 20.0)];
                    let turn = angle + chance.within(-0.5, 0.5) + if chance.unit() < 0.3 { 0.9 } else { 0.0 };
                    put(House { middle, half, turn }, &mut houses, 8.0);
                }
            }
        }
        let rgb = paint(seed, layout, side, &streets, &houses, border, beyond, &mut chance);
        Town { side, rgb, houses }
    }

    /// A mask of the outlines as drawn by hand, each corner off by about `sloppy_px`, and moved by `shift` altogether.
    pub fn mask(&self, seed: u64, sloppy_px: f64, shift: [f64; 2], keep: impl Fn(&House) -> bool) -> Vec<u8> {
        let mut chance = Chance::new(seed ^ 0xabcd);
        let mut mask = vec![0u8; self.side * self.side];
        for house in &self.houses {
            let mut drawn = *house;
            for (axis, by) in shift.iter().enumerate() {
                drawn.middle[axis] += by + chance.bell() * sloppy_px;
                drawn.half[axis] = (drawn.half[axis] + chance.bell() * sloppy_px).max(4.0);
            }
            drawn.turn += chance.bell() * 0.02;
            // One in twenty is not mapped.
            if chance.unit() < 0.05 || !keep(house) {
                continue;
            }
            each_pixel(&drawn, self.side, 0.0, |at, _| mask[at] = 1);
        }
        mask
    }

    pub fn rgba(&self) -> Vec<u8> {
        self.rgb.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect()
    }
}

fn each_pixel(house: &House, side: usize, more: f64, mut paint: impl FnMut(usize, [f64; 2])) {
    let reach = house.reach() + more;
    let range = |middle: f64| (middle - reach).max(0.0) as usize..((middle + reach).max(0.0) as usize + 1).min(side);
    let wide = House {
        half: house.half.map(|h| h + more),
        ..*house
    };
    for y in range(house.middle[1]) {
        for x in range(house.middle[0]) {
            let at = [x as f64 + 0.5, y as f64 + 0.5];
            if wide.holds(at) {
                paint(y * side + x, house.own(at));
            }
        }
    }
}

struct Streets {
    angle: f64,
    spacing: f64,
    half: f64,
    is_grid: bool,
    seed: u64,
}

impl Streets {
    /// From the edge of the nearest street; negative on it.
    fn distance(&self, [x, y]: [f64; 2]) -> f64 {
        let (sin, cos) = self.angle.sin_cos();
        let (u, v) = (x * cos + y * sin, y * cos - x * sin);
        let to = |v: f64, spacing: f64| (v - (v / spacing).round() * spacing).abs();
        if self.is_grid {
            to(v, self.spacing).min(to(u - 60.0, self.spacing * 3.0)) - self.half
        } else {
            let bent = v + 60.0 * lumps(u, 0.0, 400.0, self.seed);
            to(bent - 100.0, 520.0).min(to(u + 40.0 * lumps(0.0, v, 300.0, self.seed + 1) - 300.0, 700.0)) - self.half
        }
    }
}

type Colour = [f64; 3];

fn times(c: Colour, by: f64) -> Colour {
    c.map(|v| v * by)
}

#[allow(clippy::too_many_arguments)]
fn paint(
    seed: u64,
    layout: Layout,
    side: usize,
    streets: &Streets,
    houses: &[House],
    border: f64,
    beyond: Beyond,
    chance: &mut Chance,
) -> Vec<u8> {
    let greens: [Colour; 6] = [
        [96.0, 112.0, 70.0],
        [120.0, 118.0, 82.0],
        [84.0, 104.0, 62.0],
        [142.0, 126.0, 96.0],
        [108.0, 124.0, 84.0],
        [160.0, 146.0, 116.0],
    ];
    let mut picture: Vec<Colour> = Vec::with_capacity(side * side);
    let furrow = chance.within(0.0, 3.0);
    for y in 0..side {
        for x in 0..side {
            let (fx, fy) = (x as f64 + 0.5, y as f64 + 0.5);
            let is_beyond = fx > border && beyond != Beyond::Town;
            let patch = if is_beyond { 330.0 } else { 90.0 };
            let (px, py) = (
                fx + 20.0 * lumps(fx, fy, 120.0, seed + 2),
                fy + 20.0 * lumps(fx, fy, 120.0, seed + 3),
            );
            let key = ((px / patch).floor() as i64 as u64).wrapping_mul(31)
                ^ ((py / patch).floor() as i64 as u64).wrapping_mul(977)
                ^ seed;
            let mut own = Chance::new(key);
            let kind = own.unit();
            let mut c = greens[(kind * 5.99) as usize];
            let texture = 9.0 * lumps(fx, fy, 6.0, seed + 4)
                + 8.0 * lumps(fx, fy, 23.0, seed + 5)
                + 7.0 * lumps(fx, fy, 3.0, seed + 6);
            let way = own.unit() * 3.0 + furrow;
            let rows = if own.unit() < 0.35 {
                7.0 * ((fx * way.cos() + fy * way.sin()) / 1.9).sin()
            } else {
                0.0
            };
            c = c.map(|v| v + texture + rows);
            if is_beyond && beyond == Beyond::Water {
                c = [52.0, 74.0, 82.0]
                    .map(|v: f64| v + 3.0 * lumps(fx, fy, 5.0, seed + 7) + 3.0 * lumps(fx, fy, 80.0, seed + 8));
            }
            let street = if is_beyond { 1.0 } else { streets.distance([fx, fy]) };
            if street < 0.0 {
                let grey = 118.0 + 5.0 * lumps(fx, fy, 4.0, seed + 9) + if street > -2.5 { 30.0 } else { 0.0 };
                c = [grey, grey * 0.99, grey * 0.96];
            }
            picture.push(c);
        }
    }
    let sun = chance.within(0.0, std::f64::consts::TAU);
    let away = [sun.cos(), sun.sin()];
    let throw = chance.within(5.0, 14.0);
    // Trees, with their shadows.
    let trees = side * side / 9000;
    for _ in 0..trees {
        let at = [chance.within(0.0, side as f64), chance.within(0.0, side as f64)];
        let (radius, shade) = (chance.within(5.0, 15.0), chance.within(0.75, 1.15));
        if at[0] > border && beyond != Beyond::Town && chance.unit() < 0.9 {
            continue;
        }
        disc(
            side,
            [at[0] + away[0] * throw * 0.7, at[1] + away[1] * throw * 0.7],
            radius,
            |i, _| picture[i] = times(picture[i], 0.58),
        );
        disc(side, at, radius, |i, share| {
            let lit = shade * (1.0 - 0.3 * share) + 0.12 * lumps((i % side) as f64, (i / side) as f64, 3.0, seed + 10);
            picture[i] = times([60.0, 84.0, 48.0], lit);
        });
    }
    // Cars and sheds, which nobody maps.
    for _ in 0..side * side / 22000 {
        let at = [chance.within(0.0, side as f64), chance.within(0.0, side as f64)];
        let bright = chance.within(60.0, 220.0);
        if at[0] > border && beyond != Beyond::Town {
            continue;
        }
        let thing = House {
            middle: at,
            half: [chance.within(3.0, 8.0), chance.within(2.5, 6.0)],
            turn: chance.within(0.0, 3.0),
        };
        each_pixel(&thing, side, 0.0, |i, _| {
            picture[i] = [bright, bright * 0.98, bright * 0.95]
        });
    }
    let roofs: [Colour; 7] = [
        [150.0, 92.0, 76.0],
        [128.0, 74.0, 62.0],
        [176.0, 172.0, 166.0],
        [92.0, 92.0, 96.0],
        [205.0, 200.0, 192.0],
        [112.0, 122.0, 134.0],
        [164.0, 142.0, 118.0],
    ];
    for house in houses {
        let mut shadow = *house;
        let high = throw * chance.within(0.7, 1.2);
        for step in 0..6 {
            let by = high * f64::from(step + 1) / 6.0;
            shadow.middle = [house.middle[0] + away[0] * by, house.middle[1] + away[1] * by];
            let mut dark: Vec<usize> = Vec::new();
            each_pixel(&shadow, side, 0.0, |i, _| dark.push(i));
            for i in dark {
                let c = picture[i];
                // Once is dark enough.
                if c[0] + c[1] + c[2] > 150.0 {
                    picture[i] = times(c, 0.52);
                }
            }
        }
    }
    for house in houses {
        let mut roof = roofs[(chance.unit() * 6.99) as usize];
        if layout == Layout::Faint {
            let ground = greens[(chance.unit() * 5.99) as usize];
            let by = chance.within(1.06, 1.2);
            roof = times(ground, if chance.unit() < 0.5 { by } else { 1.0 / by });
        }
        let (sin, cos) = house.turn.sin_cos();
        // Which half of the roof faces the sun.
        let facing = away[1] * cos - away[0] * sin;
        let gable = if chance.unit() < 0.7 {
            if layout == Layout::Faint { 0.06 } else { 0.2 }
        } else {
            0.0
        };
        each_pixel(house, side, 0.0, |i, own| {
            let lit = 1.0 - gable * facing * own[1].signum();
            let tile = 5.0 * lumps((i % side) as f64, (i / side) as f64, 2.5, seed + 11);
            picture[i] = times(roof, lit).map(|v| v + tile);
        });
    }
    // Lens and sensor.
    let mut out = vec![0u8; side * side * 3];
    for y in 0..side {
        for x in 0..side {
            for band in 0..3 {
                let mut sum = 0.0;
                for (dx, dy, weight) in [(0i64, 0i64, 4.0), (1, 0, 1.0), (-1, 0, 1.0), (0, 1, 1.0), (0, -1, 1.0)] {
                    let at = |v: usize, d: i64| (v as i64 + d).clamp(0, side as i64 - 1) as usize;
                    sum += weight * picture[at(y, dy) * side + at(x, dx)][band];
                }
                out[(y * side + x) * 3 + band] = (sum / 8.0 + chance.bell() * 4.0).clamp(0.0, 255.0) as u8;
            }
        }
    }
    out
}

fn disc(side: usize, [x, y]: [f64; 2], radius: f64, mut paint: impl FnMut(usize, f64)) {
    let range = |middle: f64| (middle - radius).max(0.0) as usize..((middle + radius).max(0.0) as usize + 1).min(side);
    for row in range(y) {
        for column in range(x) {
            let share = (column as f64 + 0.5 - x).hypot(row as f64 + 0.5 - y) / radius;
            if share < 1.0 {
                paint(row * side + column, share);
            }
        }
    }
}
