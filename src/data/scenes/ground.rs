//! What lies flat: fields, gardens, roads.

use super::canvas::{Colour, Point, clouds, grain, mix, noise, scale, smoothstep};
use crate::data::draw::Draw;
use crate::data::trig::sin_cos;

/// A road along a parabola.
#[derive(Debug, Clone, Copy)]
pub struct Road {
    origin: Point,
    sin: f32,
    cos: f32,
    bend: f32,
    pub half_width: f32,
    pub surface: Surface,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    Asphalt,
    Track,
}

impl Road {
    pub fn new(origin: Point, angle: f32, bend: f32, half_width: f32, surface: Surface) -> Road {
        let (sin, cos) = sin_cos(f64::from(angle));
        Road {
            origin,
            sin: sin as f32,
            cos: cos as f32,
            bend,
            half_width,
            surface,
        }
    }

    /// Distance along and across (signed) the middle line.
    pub fn local(&self, [x, y]: Point) -> [f32; 2] {
        let (dx, dy) = (x - self.origin[0], y - self.origin[1]);
        let (along, across) = (dx * self.cos + dy * self.sin, dy * self.cos - dx * self.sin);
        let slope = 2.0 * self.bend * along;
        [
            along,
            (across - self.bend * along * along) / (1.0 + slope * slope).sqrt(),
        ]
    }

    /// Point `across` beside the middle line at `along`, and the tangent's direction (cos, sin).
    pub fn point_at(&self, along: f32, across: f32) -> (Point, [f32; 2]) {
        let slope = 2.0 * self.bend * along;
        let n = (1.0 + slope * slope).sqrt();
        let (u, v) = (along - across * slope / n, self.bend * along * along + across / n);
        let tangent = [(self.cos - slope * self.sin) / n, (self.sin + slope * self.cos) / n];
        (
            [
                self.origin[0] + u * self.cos - v * self.sin,
                self.origin[1] + u * self.sin + v * self.cos,
            ],
            tangent,
        )
    }

    /// The road's colour at a point, over `below`.
    fn paint(&self, p: Point, below: Colour, seed: u32) -> Colour {
        let [along, across] = self.local(p);
        let d = across.abs();
        let w = self.half_width;
        if d > w + 4.0 {
            return below;
        }
        let rough = noise(p[0] * 0.9, p[1] * 0.9, seed);
        match self.surface {
            Surface::Asphalt => {
                let pavement = scale([0.66, 0.65, 0.62], 1.0 + 0.05 * rough);
                let worn = 0.04 * (1.0 - smoothstep(0.6, 1.4, (d - 0.45 * w).abs()));
                let patches = 0.05 * clouds(p[0] / 30.0, p[1] / 30.0, seed ^ 3);
                let mut road = scale([0.435, 0.44, 0.45], 1.0 + 0.05 * rough + worn + patches);
                let dash = (along / 9.0) - (along / 9.0).floor();
                if w > 5.0 && d < 0.45 && dash < 0.5 {
                    road = mix(road, [0.86, 0.86, 0.83], 0.75);
                }
                let edge = if (d - (w - 0.7)).abs() < 0.25 && w > 5.0 {
                    0.45
                } else {
                    0.0
                };
                road = mix(road, [0.82, 0.82, 0.80], edge);
                let side = mix(pavement, below, smoothstep(w + 2.3, w + 3.0, d));
                mix(road, side, smoothstep(w - 0.2, w + 0.3, d))
            }
            Surface::Track => {
                let rut = smoothstep(0.5, 1.2, (d - 0.55 * w).abs());
                let dirt = mix([0.70, 0.62, 0.49], [0.55, 0.54, 0.36], 0.55 * rut);
                let ragged = d + 0.9 * noise(p[0] / 3.0, p[1] / 3.0, seed ^ 9);
                mix(
                    scale(dirt, 1.0 + 0.06 * rough),
                    below,
                    smoothstep(w - 0.7, w + 0.6, ragged),
                )
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Field {
    colour: Colour,
    /// Furrows run along the first axis, not the second.
    along_first: bool,
    period_px: f32,
    furrow: f32,
    mottle: f32,
}

const FIELDS: [(Colour, f32, f32); 7] = [
    ([0.36, 0.46, 0.24], 0.10, 0.10),
    ([0.28, 0.39, 0.21], 0.09, 0.12),
    ([0.45, 0.52, 0.30], 0.03, 0.16),
    ([0.53, 0.44, 0.34], 0.10, 0.09),
    ([0.46, 0.37, 0.28], 0.11, 0.08),
    ([0.70, 0.64, 0.46], 0.07, 0.07),
    ([0.62, 0.60, 0.34], 0.06, 0.10),
];

/// Fields in strips at an angle, and gardens near the roads.
pub struct Ground {
    sin: f32,
    cos: f32,
    /// Cuts across, and for each strip its own cuts and fields.
    cuts: Vec<f32>,
    strips: Vec<(Vec<f32>, Vec<Field>)>,
    pub roads: Vec<Road>,
    /// Gardens reach this far from a road, in pixels.
    garden_px: f32,
    yard: Option<Colour>,
    seed: u32,
}

impl Ground {
    pub fn new(angle: f32, roads: Vec<Road>, garden_px: f32, yard: Option<Colour>, draw: &mut Draw) -> Ground {
        let (sin, cos) = sin_cos(f64::from(angle));
        let cuts = cuts(75.0, 150.0, draw);
        let strips = (0..=cuts.len())
            .map(|_| {
                let own = self::cuts(60.0, 190.0, draw);
                let fields = (0..=own.len()).map(|_| field(draw)).collect();
                (own, fields)
            })
            .collect();
        let seed = draw.below(1 << 30) as u32;
        Ground {
            sin: sin as f32,
            cos: cos as f32,
            cuts,
            strips,
            roads,
            garden_px,
            yard,
            seed,
        }
    }

    /// Distance from the edge of the nearest road; negative on it.
    pub fn road_distance(&self, p: Point) -> f32 {
        self.roads
            .iter()
            .map(|r| r.local(p)[1].abs() - r.half_width)
            .fold(1e9, f32::min)
    }

    /// Fields and gardens: soft enough to be looked at once a pixel.
    pub fn base(&self, x: f32, y: f32) -> Colour {
        let p = [x, y];
        let mut c = self.field_colour(p);
        let ragged = 5.0 * noise(x / 14.0, y / 14.0, self.seed ^ 0x21);
        let near = self.road_distance(p) + ragged;
        if near < self.garden_px + 4.0 {
            c = mix(
                self.garden_colour(p),
                c,
                smoothstep(self.garden_px - 1.0, self.garden_px + 3.0, near),
            );
        }
        scale(c, 1.0 + 0.02 * grain(x as i32, y as i32, self.seed ^ 0x90))
    }

    /// Roads have sharp edges: over `base`, at every sample.
    pub fn with_roads(&self, x: f32, y: f32, base: Colour) -> Colour {
        let roads = self.roads.iter().enumerate();
        roads.fold(base, |c, (i, road)| {
            road.paint([x, y], c, self.seed ^ (0x40 + i as u32))
        })
    }

    fn garden_colour(&self, p: Point) -> Colour {
        let rough = noise(p[0] / 1.7, p[1] / 1.7, self.seed ^ 0x31);
        if let Some(yard) = self.yard {
            let stains = clouds(p[0] / 24.0, p[1] / 24.0, self.seed ^ 0x35);
            return scale(yard, 1.0 + 0.07 * stains + 0.03 * rough);
        }
        let dry = smoothstep(-0.5, 0.7, clouds(p[0] / 38.0, p[1] / 38.0, self.seed ^ 0x33));
        let lawn = mix([0.37, 0.46, 0.25], [0.56, 0.56, 0.36], 0.75 * dry);
        let bare = smoothstep(0.35, 0.65, clouds(p[0] / 13.0, p[1] / 13.0, self.seed ^ 0x37));
        scale(mix(lawn, [0.62, 0.56, 0.45], 0.6 * bare), 1.0 + 0.08 * rough)
    }

    fn field_colour(&self, [x, y]: Point) -> Colour {
        let (p, q) = (x * self.cos + y * self.sin, y * self.cos - x * self.sin);
        let (strip, edge) = cell(&self.cuts, p);
        let (own, fields) = &self.strips[strip];
        let (index, end) = cell(own, q);
        let f = &fields[index];
        let across = if f.along_first { q } else { p };
        let wobble = across + 0.7 * noise(x / 21.0, y / 21.0, self.seed ^ 5);
        let wave = wave(wobble / f.period_px);
        let mottle = clouds(x / 26.0, y / 26.0, self.seed ^ (7 + index as u32));
        let fine = noise(x / 1.3, y / 1.3, self.seed ^ 11);
        let c = scale(f.colour, 1.0 + f.furrow * wave + f.mottle * mottle + 0.05 * fine);
        // Grass verge between fields.
        let verge = edge.min(end) + 0.8 * noise(x / 4.0, y / 4.0, self.seed ^ 13);
        mix(
            scale([0.35, 0.42, 0.24], 1.0 + 0.1 * fine),
            c,
            smoothstep(0.8, 2.0, verge),
        )
    }
}

/// Cuts at random distances, from beyond one corner to beyond the other.
fn cuts(low: f64, high: f64, draw: &mut Draw) -> Vec<f32> {
    let mut out = Vec::new();
    let mut at = -380.0 + draw.uniform(0.0, high);
    while at < 380.0 {
        out.push(at as f32);
        at += draw.uniform(low, high);
    }
    out
}

/// A wave of period 1 between -1 and 1: two parabolas, close to a sine.
fn wave(x: f32) -> f32 {
    let t = 2.0 * (x - x.floor()) - 1.0;
    4.0 * t * (1.0 - t.abs())
}

/// Number of the cell that `x` lies in, and the distance to its nearer end.
fn cell(cuts: &[f32], x: f32) -> (usize, f32) {
    let i = cuts.partition_point(|c| *c <= x);
    let left = if i > 0 { x - cuts[i - 1] } else { 1e9 };
    let right = cuts.get(i).map_or(1e9, |c| c - x);
    (i, left.min(right))
}

fn field(draw: &mut Draw) -> Field {
    let (colour, furrow, mottle) = FIELDS[draw.below(FIELDS.len())];
    let vary = draw.uniform(0.93, 1.07) as f32;
    Field {
        colour: scale(colour, vary),
        along_first: draw.coin(),
        period_px: draw.uniform(2.6, 5.2) as f32,
        furrow,
        mottle,
    }
}
