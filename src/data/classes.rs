//! Masks of several classes: the legend, and pixels to class numbers.
//!
//! A legend is a list of colours, each with a name. Colours of one name are one class; an ignored
//! colour, a transparent pixel and a colour that is not in the legend are not labelled: they take no
//! part in loss or metrics. Where the legend has a rule for the rest, that labels the last two of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::mask::MaskRule;
use super::mask_value::{MaskValue, NumberScale, each_value};
use crate::formats::raster::Raster;
use crate::values;
pub use crate::values::{BOUNDARY_CLASS, Boundary, ClassInfo, MAX_CLASSES, UNLABELLED};

/// Colours or numbers of a legend at most.
pub const MAX_ENTRIES: usize = 256;
/// Longest name of a class in characters.
pub const MAX_NAME_CHARS: usize = 60;

/// Per-band distance that is still noise around a class colour of a lossy mask.
pub(super) const NOISE_DISTANCE: u8 = 48;
/// One colour or number of the masks and what it means.
#[derive(Debug, Clone, PartialEq)]
pub struct LegendEntry {
    /// As the masks hold it.
    pub value: MaskValue,
    /// The number in the file, where the masks hold class numbers.
    pub code: Option<u16>,
    /// As it is drawn; differs where the masks hold class numbers.
    pub shown: [u8; 3],
    pub name: String,
    /// Its pixels count as not labelled.
    pub ignored: bool,
    /// Share of the opaque pixels of all masks, noise included.
    pub share: f64,
}

/// The colours of a data set's masks, in the order of the class numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Legend {
    pub entries: Vec<LegendEntry>,
    /// Neighbouring colours belong to an entry too.
    pub lossy: bool,
    /// The rule for what is no entry, where the first two classes are background and foreground by it. Masks of two things
    /// hold more values than a legend lists: edges that were smoothed, numbers of objects.
    pub rest: Option<MaskRule>,
    /// Pixels between objects are of the class of that name, whatever the masks say of them.
    pub boundary: Option<Boundary>,
}

/// How mask pixels become labels.
#[derive(Debug, Clone, PartialEq)]
pub enum Labelling {
    /// 0 and 1.
    Binary(MaskRule),
    /// Class numbers and [`UNLABELLED`].
    Classes(Arc<Legend>),
}

impl Default for Labelling {
    fn default() -> Self {
        Labelling::Binary(MaskRule::default())
    }
}

/// The classes of a file, their names as long as a person's may be.
pub fn bounded(classes: Vec<ClassInfo>) -> Vec<ClassInfo> {
    let one = |c: ClassInfo| ClassInfo {
        name: c.name.chars().take(MAX_NAME_CHARS).collect(),
        rgb: c.rgb,
    };
    classes.into_iter().map(one).collect()
}

/// A grey and its number are one; only numbers above 255 have to say that they are none.
fn value_of(rgb: [u8; 3], code: Option<u16>) -> MaskValue {
    match code {
        Some(code @ 256..) => MaskValue::number(code),
        _ => MaskValue::colour(rgb),
    }
}

impl From<values::LegendEntry> for LegendEntry {
    fn from(e: values::LegendEntry) -> Self {
        LegendEntry {
            value: value_of(e.rgb, e.code),
            code: e.code,
            shown: e.shown,
            name: e.name,
            ignored: e.ignored,
            share: e.share,
        }
    }
}

impl From<&LegendEntry> for values::LegendEntry {
    fn from(e: &LegendEntry) -> Self {
        values::LegendEntry {
            rgb: e.value.rgb(),
            code: e.code.or(e.value.wide_number()),
            shown: e.shown,
            name: e.name.clone(),
            ignored: e.ignored,
            share: e.share,
        }
    }
}

impl From<&Legend> for Vec<values::LegendEntry> {
    fn from(legend: &Legend) -> Self {
        legend.entries.iter().map(Into::into).collect()
    }
}

impl From<MaskRule> for values::MaskRule {
    fn from(rule: MaskRule) -> Self {
        match rule {
            MaskRule::Threshold { at, invert } => values::MaskRule::Threshold { at, invert },
            MaskRule::NotBlack { invert } => values::MaskRule::NotBlack { invert },
            MaskRule::Colour { value, invert } => values::MaskRule::Colour {
                rgb: value.rgb(),
                invert,
                code: value.wide_number(),
            },
        }
    }
}

impl MaskRule {
    /// As a rule of the page says; `None` for a legend.
    fn of(rule: &values::MaskRule) -> Option<Self> {
        Some(match *rule {
            values::MaskRule::Threshold { at, invert } => MaskRule::Threshold { at, invert },
            values::MaskRule::NotBlack { invert } => MaskRule::NotBlack { invert },
            values::MaskRule::Colour { rgb, invert, code } => MaskRule::Colour {
                value: value_of(rgb, code),
                invert,
            },
            values::MaskRule::Classes { .. } => return None,
        })
    }
}

impl From<&Labelling> for values::MaskRule {
    fn from(labelling: &Labelling) -> Self {
        match labelling {
            Labelling::Binary(rule) => (*rule).into(),
            Labelling::Classes(legend) => values::MaskRule::Classes {
                legend: legend.as_ref().into(),
                rest: legend.rest.map(|rule| Box::new(rule.into())),
                boundary: legend.boundary,
            },
        }
    }
}

impl Labelling {
    /// As a rule of the page says; `lossy`: the masks of the data set are.
    ///
    /// # Errors
    /// If a legend has too few or too many classes.
    pub fn of(rule: values::MaskRule, lossy: bool) -> Result<Self, LegendError> {
        match rule {
            values::MaskRule::Classes { legend, rest, boundary } => {
                let entries = legend.into_iter().map(Into::into).collect();
                let legend = Legend {
                    rest: rest.and_then(|rule| MaskRule::of(&rule)),
                    ..Legend::edited(entries, lossy)?
                };
                Ok(Labelling::Classes(legend.with_boundary(boundary).into()))
            }
            rule => Ok(Labelling::Binary(MaskRule::of(&rule).unwrap_or_default())),
        }
    }

    /// The same, but that a legend without a rule for the rest takes that of `before`, where its first two classes are
    /// still the same, and one with a class between objects how that is drawn.
    pub fn after(self, before: &Labelling) -> Self {
        match (self, before.legend()) {
            (Labelling::Classes(legend), Some(old)) => {
                let mut legend = legend.as_ref().clone();
                if legend.rest.is_none() && legend.begins_as(old) {
                    legend.rest = old.rest;
                }
                let boundary = legend.boundary.or(old.boundary);
                Labelling::Classes(Arc::new(legend.with_boundary(boundary)))
            }
            (labelling, _) => labelling,
        }
    }

    /// A label a pixel, row by row.
    pub fn apply(&self, mask: &Raster, scale: &NumberScale) -> Vec<u8> {
        match self {
            Labelling::Binary(rule) => super::mask::apply(mask, *rule, scale),
            Labelling::Classes(legend) => legend.apply(mask, scale),
        }
    }

    pub fn legend(&self) -> Option<&Legend> {
        match self {
            Labelling::Binary(_) => None,
            Labelling::Classes(legend) => Some(legend),
        }
    }

    /// Whether both are the same but for the shares: the same labels in every mask, and classes of the same names and
    /// colours.
    pub fn labels_like(&self, other: &Labelling) -> bool {
        match (self, other) {
            (Labelling::Classes(a), Labelling::Classes(b)) => Arc::ptr_eq(a, b) || a.labels_like(b),
            _ => self == other,
        }
    }
}

/// Why a legend cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LegendError {
    #[error("{0} classes; at least 2 are needed")]
    TooFew(usize),
    #[error("{0} classes; at most {MAX_CLASSES} are possible")]
    TooMany(usize),
}

impl Legend {
    /// A legend as a person edited it: names trimmed, nameless ones numbered, repeated colours dropped. What it does not
    /// list is not labelled.
    ///
    /// # Errors
    /// If it has fewer than two classes or too many.
    pub fn edited(entries: Vec<LegendEntry>, lossy: bool) -> Result<Self, LegendError> {
        let mut kept: Vec<LegendEntry> = Vec::new();
        let tidy = |name: &str| -> String { name.trim().chars().take(MAX_NAME_CHARS).collect() };
        let mut taken: BTreeSet<String> = entries.iter().map(|e| tidy(&e.name)).collect();
        for (index, mut entry) in entries.into_iter().take(MAX_ENTRIES).enumerate() {
            entry.name = tidy(&entry.name);
            if entry.name.is_empty() {
                // Where class numbers begin with 0, the name by place is that of the next class and would join the two.
                let mut names = std::iter::once(index + 1).chain(0..).map(|n| format!("class {n}"));
                entry.name = names.find(|name| !taken.contains(name)).unwrap_or_default();
                taken.insert(entry.name.clone());
            }
            if kept.iter().all(|k| k.value != entry.value) {
                kept.push(entry);
            }
        }
        let legend = Legend {
            entries: kept,
            lossy,
            rest: None,
            boundary: None,
        };
        match legend.classes().len() {
            n @ ..2 => Err(LegendError::TooFew(n)),
            n if n > MAX_CLASSES => Err(LegendError::TooMany(n)),
            _ => Ok(legend),
        }
    }

    fn labels_like(&self, other: &Legend) -> bool {
        let parts = |e: &LegendEntry| (e.value, e.shown, e.ignored);
        let alike = |(a, b): (&LegendEntry, &LegendEntry)| parts(a) == parts(b) && a.name == b.name;
        self.lossy == other.lossy
            && self.rest == other.rest
            && self.boundary == other.boundary
            && self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(alike)
    }

    /// The classes by number: one for each name that is not ignored, in the colour of its first entry.
    pub fn classes(&self) -> Vec<ClassInfo> {
        let mut classes: Vec<ClassInfo> = Vec::new();
        for entry in self.entries.iter().filter(|e| !e.ignored) {
            if classes.iter().all(|c| c.name != entry.name) {
                classes.push(ClassInfo {
                    name: entry.name.clone(),
                    rgb: entry.shown,
                });
            }
        }
        classes
    }

    /// The same with a class between objects, if it has one of that name.
    pub fn with_boundary(self, boundary: Option<Boundary>) -> Self {
        let has_class = self.classes().iter().any(|class| class.name == BOUNDARY_CLASS);
        Legend {
            boundary: boundary.filter(|one| has_class && one.width_px > 0),
            ..self
        }
    }

    /// The class between objects: its number and how it is drawn.
    pub fn boundary_class(&self) -> Option<(u8, Boundary)> {
        let boundary = self.boundary?;
        let number = self.classes().iter().position(|class| class.name == BOUNDARY_CLASS)?;
        Some((number as u8, boundary))
    }

    /// Class number of every entry.
    fn numbers(&self) -> Vec<u8> {
        let classes = self.classes();
        let number = |e: &LegendEntry| classes.iter().position(|c| !e.ignored && c.name == e.name);
        let all = self.entries.iter();
        all.map(|e| number(e).map_or(UNLABELLED, |n| n as u8)).collect()
    }

    /// Whether the first two classes are those of another legend: each has colours of it, and none of another class.
    fn begins_as(&self, old: &Legend) -> bool {
        let (numbers, old_numbers) = (self.numbers(), old.numbers());
        [0, 1].iter().all(|class| {
            let own = old.entries.iter().zip(&old_numbers).filter(|(_, n)| *n == class);
            let now = own.filter_map(|(entry, _)| self.entries.iter().position(|e| e.value == entry.value));
            let mut now = now.filter_map(|at| numbers.get(at)).filter(|n| **n != UNLABELLED);
            now.next() == Some(class) && now.all(|n| n == class)
        })
    }

    /// The entry a value belongs to: its own, or, in lossy masks, the nearest one within the noise.
    pub(super) fn entry_of(&self, value: MaskValue) -> Option<usize> {
        if let Some(own) = self.entries.iter().position(|e| e.value == value) {
            return Some(own);
        }
        if !self.lossy {
            return None;
        }
        let near = self.entries.iter().map(|e| e.value.distance(value)).enumerate();
        near.filter(|(_, d)| *d <= NOISE_DISTANCE)
            .min_by_key(|(_, d)| *d)
            .map(|(i, _)| i)
    }

    /// The class of every pixel, row by row. Neighbours of a colour are the rest's, where that has a rule.
    pub fn apply(&self, mask: &Raster, scale: &NumberScale) -> Vec<u8> {
        let numbers = self.numbers();
        let mut rest = self.rest.map(|rule| super::mask::apply(mask, rule, scale).into_iter());
        let mut known: BTreeMap<MaskValue, Option<u8>> = BTreeMap::new();
        let mut out = Vec::with_capacity(mask.pixels() as usize);
        let black = MaskValue::number(0);
        let mut last = (black, self.number_of(black, &numbers));
        each_value(mask, scale, 1, |value, opaque| {
            if value != last.0 {
                // Lossy masks hold the same few thousand colours over and over.
                if known.len() > 1 << 16 {
                    known.clear();
                }
                let number = *known.entry(value).or_insert_with(|| self.number_of(value, &numbers));
                last = (value, number);
            }
            let by_rule = rest.as_mut().and_then(Iterator::next);
            let listed = last.1.filter(|_| opaque);
            out.push(listed.or(by_rule).unwrap_or(UNLABELLED));
        });
        out
    }

    /// Of a value that an entry is for.
    fn number_of(&self, value: MaskValue, numbers: &[u8]) -> Option<u8> {
        let entry = match self.rest {
            Some(_) => self.entries.iter().position(|e| e.value == value),
            None => self.entry_of(value),
        };
        entry.and_then(|e| numbers.get(e)).copied()
    }
}

/// Pixels of every class, and of none in the last place.
pub fn counts(labels: &[u8], classes: usize) -> Vec<u64> {
    let mut counts = vec![0; classes + 1];
    for label in labels {
        counts[usize::from(*label).min(classes)] += 1;
    }
    counts
}

#[cfg(test)]
#[path = "classes_tests.rs"]
mod tests;
