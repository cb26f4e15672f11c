//! Which number of a mask stands for which class of its files of outlines.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    formats::raster::Raster,
    geo::{Class, Polygons},
};

/// Of a mask without classes.
const FOREGROUND: u8 = 255;
/// Name of the class of polygons that say none, where others do.
pub(super) const NO_CLASS: &str = "no class";

/// Which number stands for which class, in all files of the data set.
pub(super) struct Codes<'a> {
    names: BTreeMap<&'a str, u16>,
    /// Of polygons that say no class, where others do.
    none: Option<u16>,
    /// Some polygon says one.
    pub(super) is_classed: bool,
}

impl<'a> Codes<'a> {
    /// Numbers stay what they are; names get free ones after the largest of them, or, where those do not suffice, others
    /// that no polygon has.
    ///
    /// # Errors
    /// If there are more classes than numbers.
    pub(in crate::engine) fn of(layers: &[&'a Polygons]) -> Result<Self, String> {
        let classes = || layers.iter().flat_map(|layer| layer.classes());
        let number = |class| match class {
            Class::Code(number) => Some(number),
            _ => None,
        };
        let numbers: BTreeSet<u16> = classes().filter_map(number).collect();
        let names: BTreeSet<&str> = layers.iter().flat_map(|l| l.names()).map(|(name, _)| name).collect();
        let is_classed = !numbers.is_empty() || !names.is_empty();
        let after = numbers.last().copied().unwrap_or(0);
        let before = (1..after).filter(|n| !numbers.contains(n));
        let mut free = (after..u16::MAX).map(|n| n + 1).chain(before);
        let mut next = || {
            free.next()
                .ok_or_else(|| format!("{} names of classes, no number left", names.len()))
        };
        let mut codes = BTreeMap::new();
        for name in &names {
            codes.insert(*name, next()?);
        }
        let none = match is_classed && classes().any(|class| class == Class::None) {
            true => Some(next()?),
            false => None,
        };
        Ok(Codes {
            names: codes,
            none,
            is_classed,
        })
    }

    /// The number of a class of a file.
    pub(super) fn in_file(&self, polygons: &Polygons) -> impl Fn(Class) -> u16 + use<> {
        let none = self.none.unwrap_or(FOREGROUND.into());
        let code = |(name, number): (&str, u32)| (number, self.names.get(name).copied().unwrap_or(none));
        let names: BTreeMap<u32, u16> = polygons.names().map(code).collect();
        move |class| match class {
            Class::None => none,
            Class::Code(number) => number,
            Class::Name(number) => names.get(&number).copied().unwrap_or(none),
        }
    }

    pub(in crate::engine) fn legend(&self) -> BTreeMap<u16, String> {
        let named = self.names.iter().map(|(name, code)| (*code, (*name).to_owned()));
        named.chain(self.none.map(|code| (code, NO_CLASS.to_owned()))).collect()
    }

    /// The mask of codes: of 8 bits, black and white, where there are no classes.
    pub(in crate::engine) fn raster(&self, [width, height]: [u32; 2], mut canvas: Vec<u16>) -> Option<Raster> {
        if canvas.is_empty() {
            canvas.resize(width as usize * height as usize, 0);
        }
        if self.is_classed {
            return Raster::from_u16(width, height, 1, canvas);
        }
        let bytes = canvas.into_iter().map(|code| code as u8).collect();
        Raster::from_u8(width, height, 1, bytes)
    }
}
