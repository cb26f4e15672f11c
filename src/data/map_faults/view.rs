//! A picture and what of it is marked, as faults are looked for in them.

/// Of a pixel of which the mask says nothing.
pub const UNKNOWN: u8 = 255;
/// Longer side of the picture that is looked at, pixels.
pub const MAX_PX: u32 = 1500;

/// A picture and what of it is marked, perhaps smaller than they are.
pub struct View {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Red, green, blue and alpha of every pixel.
    pub(super) rgba: Vec<u8>,
    pub(super) grey: Vec<u8>,
    /// 1 inside an outline, 0 outside, [`UNKNOWN`] where nothing is known.
    pub(super) marks: Vec<u8>,
}

impl View {
    /// `None` if the numbers do not fit each other.
    pub fn new(width: usize, height: usize, rgba: Vec<u8>, marks: Vec<u8>) -> Option<View> {
        let pixels = width.checked_mul(height).filter(|n| *n > 0)?;
        if rgba.len() != pixels * 4 || marks.len() != pixels {
            return None;
        }
        let grey = rgba.chunks_exact(4).map(|p| {
            let [r, g, b] = [p[0], p[1], p[2]].map(u32::from);
            ((r * 77 + g * 150 + b * 29) >> 8) as u8
        });
        Some(View {
            width,
            height,
            grey: grey.collect(),
            rgba,
            marks,
        })
    }

    pub fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    /// Whether the picture is not transparent there.
    pub fn is_seen(&self, x: usize, y: usize) -> bool {
        self.rgba
            .get((y * self.width + x) * 4 + 3)
            .is_some_and(|alpha| *alpha > 0)
    }
}
