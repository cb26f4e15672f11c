//! Probabilities of an image, held in whole steps: small enough to be held for scenes of any size.

/// Up to this many pixels (16,384 x 16,384) probabilities are held as finely as Classic's 16-bit files hold them.
const FINE_PX: usize = 1 << 28;

/// Probabilities, 0..1, in whole steps, row by row.
#[derive(Debug, Clone, PartialEq)]
pub enum QuantizedMap {
    /// `round(p * 65535)`, as Classic writes them.
    Fine(Vec<u16>),
    /// `round(p * 255)`, of very large scenes.
    Coarse(Vec<u8>),
}

impl QuantizedMap {
    /// Room for `pixels` probabilities, all of it taken at once so that nothing has to be moved later; `None` if there
    /// is not so much memory.
    pub fn with_room(pixels: usize) -> Option<Self> {
        fn room<T>(n: usize) -> Option<Vec<T>> {
            let mut all = Vec::new();
            all.try_reserve_exact(n).ok().map(|()| all)
        }
        match pixels <= FINE_PX {
            true => room(pixels).map(QuantizedMap::Fine),
            false => room(pixels).map(QuantizedMap::Coarse),
        }
    }

    /// Bytes that so many pixels take.
    pub fn bytes_of(pixels: usize) -> usize {
        if pixels <= FINE_PX { 2 * pixels } else { pixels }
    }

    pub fn bytes(&self) -> usize {
        match self {
            QuantizedMap::Fine(all) => 2 * all.len(),
            QuantizedMap::Coarse(all) => all.len(),
        }
    }

    /// Appends probabilities; NaN as 0.
    pub fn extend(&mut self, probability: impl Iterator<Item = f32>) {
        let share = |p: f32| p.clamp(0.0, 1.0);
        match self {
            QuantizedMap::Fine(all) => all.extend(probability.map(|p| (share(p) * 65535.0).round() as u16)),
            QuantizedMap::Coarse(all) => all.extend(probability.map(|p| (share(p) * 255.0).round() as u8)),
        }
    }

    /// A probability in steps of 1 / 65535.
    pub fn get(&self, at: usize) -> Option<u16> {
        match self {
            QuantizedMap::Fine(all) => all.get(at).copied(),
            QuantizedMap::Coarse(all) => all.get(at).map(|p| u16::from(*p) * 257),
        }
    }

    /// All of them in steps of 1 / 65535.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        let (fine, coarse): (&[u16], &[u8]) = match self {
            QuantizedMap::Fine(all) => (all, &[]),
            QuantizedMap::Coarse(all) => (&[], all),
        };
        let coarse = coarse.iter().map(|p| u16::from(*p) * 257);
        fine.iter().copied().chain(coarse)
    }
}

impl Default for QuantizedMap {
    fn default() -> Self {
        QuantizedMap::Fine(Vec::new())
    }
}

impl From<Vec<u16>> for QuantizedMap {
    fn from(all: Vec<u16>) -> Self {
        QuantizedMap::Fine(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_round_as_classic_does() {
        let mut steps = QuantizedMap::with_room(6).expect("room");
        steps.extend([0.0, 1.0, 0.5, f32::NAN, -1.0, 2.0].into_iter());
        assert_eq!(steps.iter().collect::<Vec<_>>(), [0, 65535, 32768, 0, 0, 65535]);
    }

    /// The coarse steps lie on fine ones, within half a coarse step, and on the same side of every threshold of the page.
    #[test]
    fn coarse_steps_are_fine_ones() {
        let (mut coarse, mut fine) = (QuantizedMap::Coarse(Vec::new()), QuantizedMap::Fine(Vec::new()));
        let all = || (0..=1000).map(|i| i as f32 / 1000.0);
        coarse.extend(all());
        fine.extend(all());
        assert_eq!((coarse.bytes(), fine.bytes()), (1001, 2002));
        for (at, p) in fine.iter().enumerate() {
            let other = coarse.get(at).expect("as many");
            assert!(other.abs_diff(p) <= 129, "{p} {other}");
        }
        assert_eq!(
            (coarse.get(0), coarse.get(1000), coarse.get(1001)),
            (Some(0), Some(65535), None)
        );
    }
}
