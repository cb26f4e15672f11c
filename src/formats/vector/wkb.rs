//! Polygons out of well-known binary (OGC 06-103r4; ISO's and PostGIS's numbers for heights and measures).

use crate::geo::{Class, Polygons};

/// Collections within collections at most.
const MAX_DEPTH: usize = 8;
/// PostGIS's flags.
const HEIGHTS: u32 = 0x8000_0000;
const MEASURES: u32 = 0x4000_0000;
const SYSTEM: u32 = 0x2000_0000;

/// Adds the polygons of a geometry with a class; `None` if it contradicts itself. Points, lines and curves are counted as
/// other shapes, a polygon with a corner that is no number as broken.
pub(super) fn add(bytes: &[u8], class: Class, polygons: &mut Polygons) -> Option<()> {
    Reader { rest: bytes }.geometry(class, polygons, 0)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn number(&mut self, little: bool) -> Option<u32> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(if little {
            u32::from_le_bytes(*bytes)
        } else {
            u32::from_be_bytes(*bytes)
        })
    }

    fn geometry(&mut self, class: Class, polygons: &mut Polygons, depth: usize) -> Option<()> {
        let (order, rest) = self.rest.split_first()?;
        self.rest = rest;
        let little = *order == 1;
        let said = self.number(little)?;
        if said & SYSTEM != 0 {
            self.number(little)?;
        }
        let plain = said & !(HEIGHTS | MEASURES | SYSTEM);
        let more = match plain / 1000 {
            0 => u32::from(said & HEIGHTS != 0) + u32::from(said & MEASURES != 0),
            1 | 2 => 1,
            3 => 2,
            _ => return None,
        };
        match plain % 1000 {
            3 => self.polygon(little, 2 + more as usize, class, polygons),
            6 | 7 | 12 if depth < MAX_DEPTH => {
                let parts = self.number(little)?;
                (0..parts).try_for_each(|_| self.geometry(class, polygons, depth + 1))
            }
            1..=17 => {
                polygons.left_out.other_shapes += 1;
                // How long it is is not known here: what comes after it in a collection is left out with it.
                self.rest = &[];
                (depth == 0).then_some(())
            }
            _ => None,
        }
    }

    fn polygon(&mut self, little: bool, numbers: usize, class: Class, polygons: &mut Polygons) -> Option<()> {
        let count = self.number(little)?;
        let mut rings = Vec::new();
        for _ in 0..count {
            let corners = self.number(little)? as usize;
            let bytes = corners.checked_mul(8 * numbers)?;
            let (data, rest) = self.rest.split_at_checked(bytes)?;
            self.rest = rest;
            let number = |bytes: &[u8; 8]| match little {
                true => f64::from_le_bytes(*bytes),
                false => f64::from_be_bytes(*bytes),
            };
            let corner = |corner: &[u8]| {
                let [x, y, ..] = corner.as_chunks().0 else {
                    return [f64::NAN; 2];
                };
                [number(x), number(y)]
            };
            rings.push(data.chunks_exact(8 * numbers).map(corner).collect::<Vec<_>>());
        }
        match rings.first() {
            // An empty polygon.
            None => {}
            Some(outer) if outer.len() < 3 || rings.iter().flatten().flatten().any(|v| !v.is_finite()) => {
                polygons.left_out.broken += 1;
            }
            Some(_) => polygons.add(rings, class),
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(corners: &[[f64; 3]], numbers: usize) -> Vec<u8> {
        let values = corners.iter().flat_map(|corner| corner[..numbers].to_vec());
        let count = (corners.len() as u32).to_le_bytes();
        count.into_iter().chain(values.flat_map(f64::to_le_bytes)).collect()
    }

    fn head(kind: u32, count: u32) -> Vec<u8> {
        [&[1][..], &kind.to_le_bytes(), &count.to_le_bytes()].concat()
    }

    #[test]
    fn polygons_with_heights_alone_and_in_collections() {
        let corners = [[0., 0., 7.], [4., 0., 7.], [4., 4., 7.], [0., 0., 7.]];
        let flat = [head(3, 1), ring(&corners, 2)].concat();
        let high = [head(1003, 2), ring(&corners, 3), ring(&corners, 3)].concat();
        let flagged = [head(3 | HEIGHTS, 1), ring(&corners, 3)].concat();
        for (bytes, count, rings) in [
            (flat.clone(), 1, 1),
            (high.clone(), 1, 2),
            (flagged, 1, 1),
            ([head(6, 2), flat.clone(), high].concat(), 2, 3),
            ([head(7, 1), head(6, 1), flat.clone()].concat(), 1, 1),
            (head(3, 0), 0, 0),
        ] {
            let mut polygons = Polygons::default();
            add(&bytes, Class::None, &mut polygons).expect("read");
            let found: usize = polygons.rings().map(|rings| rings.len()).sum();
            assert_eq!((polygons.len(), found), (count, rings));
        }
    }

    #[test]
    fn counts_that_lie_are_refused() {
        let mut deep = Vec::new();
        (0..100).for_each(|_| deep.extend(head(7, 1)));
        for bytes in [
            head(3, u32::MAX),
            [head(3, 1), u32::MAX.to_le_bytes().to_vec()].concat(),
            head(6, 1 << 31),
            head(99, 1),
            head(9000, 1),
            deep,
            vec![1, 3],
            Vec::new(),
        ] {
            let mut polygons = Polygons::default();
            assert_eq!(add(&bytes, Class::None, &mut polygons), None);
            assert!(polygons.is_empty());
        }
        let mut polygons = Polygons::default();
        assert_eq!(add(&head(2, 0), Class::None, &mut polygons), Some(()));
        assert_eq!(polygons.left_out.other_shapes, 1);
    }
}
