//! A last band that is declared transparency and looks like something measured: infrared, by many a program that writes it
//! so.

use super::{
    image::{TiffImage, Window},
    parts::TiffError,
};

/// Transparency has few values between nothing and all; infrared hardly any others.
const BETWEEN_SHARE: f64 = 0.5;
/// Different values at least.
const VALUES: usize = 16;
/// Rows looked at in each place.
const ROWS: usize = 64;
/// Places looked at, down the image.
const PLACES: usize = 3;

impl TiffImage {
    /// Whether the band declared as alpha holds so many values that it may be something else.
    pub fn alpha_may_be_band(&self) -> bool {
        self.alpha.is_some_and(|alpha| self.is_varied(alpha).unwrap_or(false))
    }

    /// Who asks to see the band declared as alpha says that it is none.
    pub fn show_alpha_if_asked(&mut self, asked: &[usize]) {
        if self.alpha.is_some_and(|alpha| asked.contains(&alpha)) {
            self.alpha = None;
        }
    }

    fn is_varied(&self, band: usize) -> Result<bool, TiffError> {
        let (width, height) = (self.width as usize, self.height as usize);
        let most = if self.bits >= 64 {
            f64::MAX
        } else {
            ((1u64 << self.bits) - 1) as f64
        };
        let (mut seen, mut between) = (0usize, 0usize);
        let mut values: Vec<f64> = Vec::new();
        // Of a strip that holds all of the image one look costs as much as all.
        let places = if self.chunk_rows() * PLACES > height { 1 } else { PLACES };
        for place in 0..places {
            let y = (2 * place + 1) * height / (2 * places);
            let window = Window {
                y: y.min(height.saturating_sub(ROWS)),
                x: 0,
                height: ROWS.min(height),
                width,
            };
            self.visit(window, &[band], &mut |_, value| {
                seen += 1;
                between += usize::from(value > 0.0 && value < most && value != 1.0);
                if values.len() <= VALUES && !values.contains(&value) {
                    values.push(value);
                }
            })?;
        }
        Ok(values.len() > VALUES && between as f64 >= BETWEEN_SHARE * seen as f64)
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    /// A TIFF of 8-bit red, green, blue and a last band declared as unassociated alpha.
    fn tiff(side: u32, alpha: impl Fn(u32, u32) -> u8) -> TiffImage {
        let pixels: Vec<u8> = (0..side * side)
            .flat_map(|i| [90, 120, 60, alpha(i % side, i / side)])
            .collect();
        let tags: [(u16, u16, u32, u32); 9] = [
            (256, 4, 1, side),
            (257, 4, 1, side),
            (258, 3, 1, 8),
            (259, 3, 1, 1),
            (262, 3, 1, 2),
            (273, 4, 1, 8 + 2 + 12 * 9 + 4),
            (277, 3, 1, 4),
            (279, 4, 1, side * side * 4),
            (338, 3, 1, 2),
        ];
        let mut bytes = b"II\x2a\0\x08\0\0\0".to_vec();
        bytes.extend((tags.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in tags {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            bytes.extend(count.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend([0; 4]);
        bytes.extend(pixels);
        TiffImage::open(Rc::new(bytes)).expect("a TIFF")
    }

    #[test]
    fn infrared_declared_as_alpha_is_seen() {
        assert!(tiff(100, |x, y| (40 + (x * 7 + y * 13) % 150) as u8).alpha_may_be_band());
        // All or nothing; a mosaic whose edge fades over a tenth of it; one value all over.
        assert!(!tiff(100, |x, _| if x < 30 { 0 } else { 255 }).alpha_may_be_band());
        assert!(!tiff(100, |x, y| if x < 10 { (x * 25 + y % 20) as u8 } else { 255 }).alpha_may_be_band());
        assert!(!tiff(100, |_, _| 200).alpha_may_be_band());
        assert!(!tiff(1, |_, _| 9).alpha_may_be_band());
    }

    #[test]
    fn asked_for_it_is_a_band() {
        let mut image = tiff(40, |x, y| (x * 3 + y) as u8);
        image.show_alpha_if_asked(&[0, 1, 2]);
        assert_eq!(image.measured_bands(), [0, 1, 2]);
        image.show_alpha_if_asked(&[3, 0, 1]);
        assert_eq!(image.measured_bands(), [0, 1, 2, 3]);
        assert!(!image.may_miss());
    }
}
