//! Random poses: the parameters of Keras' ImageDataGenerator and the matrix they stand for.
//!
//! Every pose, flips and right angles included, becomes one 2x3 matrix from output to input pixels (see
//! [`crate::ops::warp`]), so that the device warps once. Source: keras-preprocessing `apply_affine_transform`
//! (old) and Keras 3 (new); golden values by scipy.

use super::draw::Draw;
use super::trig::sin_cos_deg;
use crate::values::{self, AugmentRanges, Poses, TrainConfig};

/// A pose in Keras' terms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AffineParams {
    pub theta_deg: f64,
    /// Shift of rows in pixels.
    pub tx: f64,
    /// Shift of columns in pixels.
    pub ty: f64,
    pub shear_deg: f64,
    /// Zoom of rows; above 1 shows more.
    pub zx: f64,
    /// Zoom of columns.
    pub zy: f64,
}

impl AffineParams {
    pub const IDENTITY: AffineParams = AffineParams {
        theta_deg: 0.0,
        tx: 0.0,
        ty: 0.0,
        shear_deg: 0.0,
        zx: 1.0,
        zy: 1.0,
    };
}

/// Which Keras.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KerasSemantics {
    /// All of keras-preprocessing, Keras up to 2.8: centre (h/2 + 0.5, w/2 + 0.5).
    Old,
    /// Keras 2.9 to 3: centre (h/2 - 0.5, w/2 - 0.5), rows and columns swapped (keras-team/keras#17398).
    New,
}

/// What a training tile may go through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Augmentation {
    Off,
    /// [`AugmentRanges::FLIPS`].
    Flips,
    /// The classic pipeline's ranges in the old semantics.
    Classic,
    /// [`AugmentRanges::STRONG`].
    Strong,
    /// Ranges of one's own.
    Own(AugmentRanges),
}

impl From<&TrainConfig> for Augmentation {
    fn from(config: &TrainConfig) -> Self {
        match config.augmentation {
            values::Augmentation::Off => Augmentation::Off,
            values::Augmentation::Flips => Augmentation::Flips,
            values::Augmentation::Classic => Augmentation::Classic,
            values::Augmentation::Strong => Augmentation::Strong,
            values::Augmentation::Own => Augmentation::Own(config.own_ranges()),
        }
    }
}

/// Pixels that the farthest pose sees beyond each side of a tile, as a share of the side.
fn reach_share(ranges: &AugmentRanges) -> f64 {
    // The longest side of a turned square is its diagonal, at 45 degrees; shear leans it further.
    let (sin, cos) = sin_cos_deg(ranges.turn_deg.min(45.0));
    let (lean, _) = sin_cos_deg(ranges.shear_deg);
    ((1.0 + ranges.zoom_share) * (cos + sin + lean) - 1.0) / 2.0 + ranges.shift_share
}

impl Augmentation {
    /// The ranges it draws from.
    pub fn ranges(&self) -> AugmentRanges {
        match self {
            Augmentation::Off => AugmentRanges::NONE,
            Augmentation::Flips => AugmentRanges::FLIPS,
            Augmentation::Classic => AugmentRanges::CLASSIC,
            Augmentation::Strong => AugmentRanges::STRONG,
            Augmentation::Own(ranges) => *ranges,
        }
    }

    /// Pixels to cut beyond each side of a tile of `tile_px`, so that what a pose brings in is real ground. What lies
    /// further out still is the border's pixel again.
    pub fn margin_px(&self, tile_px: usize) -> usize {
        match self {
            Augmentation::Off | Augmentation::Flips => 0,
            // A quarter: their farthest corners are rare.
            Augmentation::Classic | Augmentation::Strong => tile_px / 4,
            // Half of it at most: a window has four times the pixels then.
            Augmentation::Own(ranges) => (reach_share(ranges).clamp(0.0, 0.5) * tile_px as f64).ceil() as usize,
        }
    }
}

/// From output to input pixels: `[m0, m1, m2, m3, m4, m5]`, `row = m0 i + m1 j + m2`, `col = m3 i + m4 j + m5`.
pub type Matrix64 = [f64; 6];

pub const IDENTITY: Matrix64 = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];

/// One sample's augmentation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AugmentPlan {
    /// Tile pixels to window pixels; image and mask alike.
    pub matrix: [f32; 6],
    /// `value * gain + bias`, the image alone.
    pub gain_bias: [f32; 2],
}

/// What a plan does to a tile, for people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Clockwise, -180 to 180, before it is mirrored.
    pub turned_deg: f64,
    /// Left to right.
    pub mirrored: bool,
    /// Size of what is seen: above 1 it is larger than it was.
    pub zoom: f64,
    /// How far the middle of the tile moved, in pixels.
    pub moved_px: f64,
    /// Change of a middling grey, -1 to 1.
    pub brighter: f64,
    /// Differences of brightness are so many times as large.
    pub contrast: f64,
}

impl AugmentPlan {
    /// The plan in words' terms, for a tile in a window that is `margin_px` wider on each side.
    pub fn pose(&self, tile_px: usize, margin_px: usize) -> Pose {
        let [a, b, row, c, d, column] = self.matrix.map(f64::from);
        let determinant = a * d - b * c;
        let turned_deg = c.atan2(a).to_degrees();
        let centre = tile_px as f64 / 2.0 - 0.5;
        let off = |value: f64| value - (centre + margin_px as f64);
        let [gain, bias] = self.gain_bias.map(f64::from);
        Pose {
            // A half turn is one turn, whichever way it is read.
            turned_deg: if turned_deg <= -179.999 {
                turned_deg + 360.0
            } else {
                turned_deg
            },
            mirrored: determinant < 0.0,
            zoom: 1.0 / determinant.abs().sqrt().max(1e-6),
            moved_px: off(a * centre + b * centre + row).hypot(off(c * centre + d * centre + column)),
            brighter: 0.5 * gain + bias - 0.5,
            contrast: gain,
        }
    }
}

/// The pose about a centre, in closed form: `A = R S Z`, `off = R t + o - A o`.
fn about(p: &AffineParams, [row, col]: [f64; 2]) -> Matrix64 {
    let (sin, cos) = sin_cos_deg(p.theta_deg);
    let (sin_shear, cos_shear) = sin_cos_deg(p.theta_deg + p.shear_deg);
    let (a, b) = (p.zx * cos, -p.zy * sin_shear);
    let (c, d) = (p.zx * sin, p.zy * cos_shear);
    let (shift_row, shift_col) = (p.tx * cos - p.ty * sin, p.tx * sin + p.ty * cos);
    [
        a,
        b,
        shift_row + row - a * row - b * col,
        c,
        d,
        shift_col + col - c * row - d * col,
    ]
}

/// Keras' matrix for an image of `h` x `w` pixels.
pub fn keras_matrix(p: &AffineParams, h: usize, w: usize, semantics: KerasSemantics) -> Matrix64 {
    let (h, w) = (h as f64 / 2.0, w as f64 / 2.0);
    match semantics {
        KerasSemantics::Old => about(p, [h + 0.5, w + 0.5]),
        KerasSemantics::New => {
            let [a, b, row, c, d, col] = about(p, [h - 0.5, w - 0.5]);
            [d, c, col, b, a, row]
        }
    }
}

/// Mirrors the output left to right: column `j` shows what `w - 1 - j` showed.
pub fn flip_columns(m: Matrix64, w: usize) -> Matrix64 {
    let last = w as f64 - 1.0;
    [m[0], -m[1], m[2] + m[1] * last, m[3], -m[4], m[5] + m[4] * last]
}

/// Mirrors the output top to bottom.
pub fn flip_rows(m: Matrix64, h: usize) -> Matrix64 {
    let last = h as f64 - 1.0;
    [-m[0], m[1], m[2] + m[0] * last, -m[3], m[4], m[5] + m[3] * last]
}

/// Turns a square output of `side` pixels by 90 degrees clockwise: (i, j) shows what (side - 1 - j, i) showed.
pub fn quarter_turn(m: Matrix64, side: usize) -> Matrix64 {
    let last = side as f64 - 1.0;
    [m[1], -m[0], m[2] + m[0] * last, m[4], -m[3], m[5] + m[3] * last]
}

/// Draws Classic's parameters in Classic's order: rotation, shifts, shear, zooms, flip.
fn draw_classic(side: f64, draw: &mut Draw) -> (AffineParams, bool) {
    let theta_deg = draw.uniform(-0.2, 0.2);
    let tx = draw.uniform(-0.05, 0.05) * side;
    let ty = draw.uniform(-0.05, 0.05) * side;
    let shear_deg = draw.uniform(-0.05, 0.05);
    let zx = draw.uniform(0.95, 1.05);
    let zy = draw.uniform(0.95, 1.05);
    (
        AffineParams {
            theta_deg,
            tx,
            ty,
            shear_deg,
            zx,
            zy,
        },
        draw.unit() < 0.5,
    )
}

/// Draws from `ranges`: rotation, shifts, shear, zoom, pose, contrast, brightness. The order holds whatever the ranges:
/// a saved run goes on with the draws it began with.
fn draw_ranges(ranges: &AugmentRanges, tile_px: usize, draw: &mut Draw) -> (Matrix64, [f32; 2]) {
    let side = tile_px as f64;
    let either_way = |most: f64, draw: &mut Draw| draw.uniform(-most, most);
    let theta_deg = either_way(ranges.turn_deg, draw);
    let tx = either_way(ranges.shift_share, draw) * side;
    let ty = either_way(ranges.shift_share, draw) * side;
    let shear_deg = either_way(ranges.shear_deg, draw);
    // One zoom for both axes: buildings keep their proportions.
    let largest = 1.0 + ranges.zoom_share;
    let zoom = draw.uniform(1.0 / largest, largest);
    let params = AffineParams {
        theta_deg,
        tx,
        ty,
        shear_deg,
        zx: zoom,
        zy: zoom,
    };
    let mut matrix = about(&params, [side / 2.0 - 0.5; 2]);
    if ranges.poses == Poses::Eight {
        for _ in 0..draw.below(4) {
            matrix = quarter_turn(matrix, tile_px);
        }
    }
    if ranges.poses != Poses::One && draw.coin() {
        matrix = flip_columns(matrix, tile_px);
    }
    if ranges.poses == Poses::Eight && draw.coin() {
        matrix = flip_rows(matrix, tile_px);
    }
    let gain = 1.0 + either_way(ranges.contrast, draw);
    let brightness = either_way(ranges.brightness, draw);
    // Contrast turns about mid-grey.
    (matrix, [gain as f32, (0.5 - 0.5 * gain + brightness) as f32])
}

/// Draws one sample's augmentation for a tile of `tile_px` in a window that is `margin_px` wider on each side.
pub fn plan(augmentation: Augmentation, tile_px: usize, margin_px: usize, draw: &mut Draw) -> AugmentPlan {
    let side = tile_px as f64;
    let (mut matrix, gain_bias) = match augmentation {
        Augmentation::Off => (IDENTITY, [1.0, 0.0]),
        Augmentation::Classic => {
            let (params, flip) = draw_classic(side, draw);
            let matrix = keras_matrix(&params, tile_px, tile_px, KerasSemantics::Old);
            (if flip { flip_columns(matrix, tile_px) } else { matrix }, [1.0, 0.0])
        }
        Augmentation::Flips | Augmentation::Strong | Augmentation::Own(_) => {
            draw_ranges(&augmentation.ranges(), tile_px, draw)
        }
    };
    matrix[2] += margin_px as f64;
    matrix[5] += margin_px as f64;
    AugmentPlan {
        matrix: matrix.map(|v| v as f32),
        gain_bias,
    }
}

#[cfg(test)]
#[path = "augment_tests.rs"]
mod tests;
