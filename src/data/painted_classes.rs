//! The classes that people paint, brought together with those that masks hold.

use std::sync::Arc;

use super::classes::{BOUNDARY_CLASS, Boundary, ClassInfo, Labelling, Legend, LegendEntry, LegendError, MAX_CLASSES};
use super::dataset::Dataset;
use super::mask::MaskRule;
use super::mask_value::MaskValue;

/// Numbers from here on stand for classes that no mask holds.
const FIRST_NUMBER: u16 = 60_000;

/// How the data set is labelled with these classes: those that are there keep their numbers, get other names and colours,
/// and new ones come after them. `None`: by the rule in force, foreground and background being the two.
///
/// # Errors
/// If they are too few, fewer than there are, or too many.
pub fn labelling_with(data: &Dataset, classes: &[ClassInfo]) -> Result<Option<Labelling>, LegendError> {
    let names: Vec<String> = (1..).zip(classes).map(|(number, class)| named(class, number)).collect();
    let distinct = (0..names.len()).filter(|i| !names[..*i].contains(&names[*i])).count();
    if distinct < names.len() || distinct < data.label_count() {
        return Err(LegendError::TooFew(distinct));
    }
    if distinct > MAX_CLASSES {
        return Err(LegendError::TooMany(distinct));
    }
    let found = &data.detected.legend;
    // Entries of before, each with the number of its class, and the rule for what is none of them.
    type Before = Vec<(Option<usize>, LegendEntry)>;
    let (before, rest): (Before, Option<MaskRule>) = match &data.labelling {
        Labelling::Binary(_) if classes.len() == 2 => return Ok(None),
        Labelling::Binary(rule) => {
            let number = |entry: &LegendEntry| match found.lossy {
                true => rule.is_foreground_of_lossy(entry.value),
                false => rule.is_foreground(entry.value),
            };
            // Those beyond the classes that could be are labelled by the rule as well.
            let listed = found.entries.iter().filter(|entry| !entry.ignored);
            let before = listed.map(|entry| (Some(usize::from(number(entry))), entry.clone()));
            let has_masks = data.pairs.iter().any(|pair| !pair.is_only_painted());
            (before.collect(), Some(*rule).filter(|_| has_masks))
        }
        Labelling::Classes(legend) => {
            let known = legend.classes();
            let number = |entry: &LegendEntry| known.iter().position(|class| class.name == entry.name);
            let all = legend.entries.iter().cloned();
            let before = all.map(|entry| (number(&entry).filter(|_| !entry.ignored), entry));
            (before.collect(), legend.rest)
        }
    };
    let mut entries: Vec<LegendEntry> = Vec::new();
    for (number, (class, name)) in classes.iter().zip(&names).enumerate() {
        let own = before.iter().filter(|(of, _)| *of == Some(number));
        let mut own: Vec<LegendEntry> = own
            .map(|(_, entry)| LegendEntry {
                name: name.clone(),
                ..entry.clone()
            })
            .collect();
        match own.first_mut() {
            Some(first) => first.shown = class.rgb,
            None => own.push(LegendEntry {
                value: free_value(class.rgb, number, before.iter().map(|(_, entry)| entry).chain(&entries)),
                code: None,
                shown: class.rgb,
                name: name.clone(),
                ignored: false,
                share: 0.0,
            }),
        }
        entries.extend(own);
    }
    entries.extend(
        before
            .into_iter()
            .filter(|(of, _)| of.is_none())
            .map(|(_, entry)| entry),
    );
    let legend = Legend {
        rest,
        ..Legend::edited(entries, found.lossy)?
    };
    Ok(Some(Labelling::Classes(Arc::new(legend))))
}

/// A legend with a class between objects, drawn in this way; `None` where there is no such class.
pub fn with_boundary(labelling: &Labelling, boundary: Boundary) -> Option<Labelling> {
    let legend = labelling.legend()?.clone().with_boundary(Some(boundary));
    legend.boundary.map(|_| Labelling::Classes(Arc::new(legend)))
}

/// The labelling without its class between objects, which stays, painted by hand alone, where others come after it; `None`
/// if there is none.
pub fn without_boundary(labelling: &Labelling) -> Option<Labelling> {
    let legend = labelling.legend()?;
    let (number, _) = legend.boundary_class()?;
    let classes = legend.classes().len();
    let is_last = usize::from(number) + 1 == classes;
    Some(match legend.rest {
        Some(rule) if is_last && classes == 3 => Labelling::Binary(rule),
        _ => {
            let mut without = Legend {
                boundary: None,
                ..legend.clone()
            };
            if is_last && classes > 2 {
                without
                    .entries
                    .retain(|entry| entry.ignored || entry.name != BOUNDARY_CLASS);
            }
            Labelling::Classes(Arc::new(without))
        }
    })
}

fn named(class: &ClassInfo, number: usize) -> String {
    match class.name.trim() {
        "" => format!("class {number}"),
        name => name.to_owned(),
    }
}

/// What stands for a class that no mask holds: its colour, unless that is taken or a grey, which is a number too.
fn free_value<'a>(rgb: [u8; 3], number: usize, mut taken: impl Iterator<Item = &'a LegendEntry>) -> MaskValue {
    let colour = MaskValue::colour(rgb);
    let is_taken = colour.as_number().is_some() || taken.any(|entry| entry.value == colour);
    match is_taken {
        true => MaskValue::number(FIRST_NUMBER.saturating_add(number as u16)),
        false => colour,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::builder::Builder;
    use crate::formats::raster::Raster;

    fn class(name: &str, rgb: [u8; 3]) -> ClassInfo {
        ClassInfo {
            name: name.to_owned(),
            rgb,
        }
    }

    fn three() -> Vec<ClassInfo> {
        vec![
            class("ground", [0; 3]),
            class("house", [255, 0, 0]),
            class("road", [0, 0, 255]),
        ]
    }

    #[test]
    fn classes_of_images_alone_are_as_they_were_named() {
        let data = Dataset::default();
        assert_eq!(labelling_with(&data, &three()[..2]), Ok(None));
        let labelling = labelling_with(&data, &three()).expect("a legend").expect("of classes");
        let classes = labelling.legend().expect("a legend").classes();
        assert_eq!(classes, three());
        let data = Dataset {
            labelling,
            ..Dataset::default()
        };
        assert_eq!(labelling_with(&data, &three()[..2]), Err(LegendError::TooFew(2)));
        let four = [three(), vec![class("", [1, 2, 3])]].concat();
        let labelling = labelling_with(&data, &four).expect("a legend").expect("of classes");
        let names = labelling.legend().expect("a legend").classes();
        assert_eq!(names.last().map(|c| c.name.as_str()), Some("class 4"));
        let twice = [three(), three()].concat();
        assert_eq!(labelling_with(&data, &twice), Err(LegendError::TooFew(3)));
    }

    #[test]
    fn a_third_class_leaves_what_masks_hold_as_it_was() {
        let mut builder = Builder::default();
        let noise = (0..64u32).map(|i| (i * 37 % 251) as u8).collect();
        builder.add_raster("image/a.png", Raster::from_u8(8, 8, 1, noise).expect("a picture"));
        let mask = (0..64).map(|i| if i % 8 < 3 { 255 } else { 0 }).collect();
        builder.add_raster("mask/a.png", Raster::from_u8(8, 8, 1, mask).expect("a mask"));
        let before = builder.finish();
        let labelling = labelling_with(&before, &three())
            .expect("a legend")
            .expect("of classes");
        builder.set_labelling(labelling);
        let after = builder.finish();
        assert_eq!(after.classes(), three());
        assert_eq!(after.mask_labels(0), before.mask_labels(0));
    }

    /// Soft edges hold more greys than a legend can list.
    #[test]
    fn a_third_class_leaves_greys_between_as_they_were() {
        let mut builder = Builder::default();
        let noise = (0..4096u32).map(|i| (i * 37 % 251) as u8).collect();
        builder.add_raster("image/a.png", Raster::from_u8(64, 64, 1, noise).expect("a picture"));
        let grey = |i: u32| ((i % 64).saturating_sub(20) * 11 + i / 64 % 11).min(255) as u8;
        let soft = |i: u32| if i % 64 < 20 { 0 } else { grey(i) };
        let mask = (0..4096).map(soft).collect();
        builder.add_raster("mask/a.png", Raster::from_u8(64, 64, 1, mask).expect("a mask"));
        let before = builder.finish();
        assert!(matches!(before.labelling, Labelling::Binary(_)));
        let labelling = labelling_with(&before, &three())
            .expect("a legend")
            .expect("of classes");
        builder.set_labelling(labelling.clone());
        let after = builder.finish();
        assert_eq!(after.classes(), three());
        assert!(after.mask_labels(0) == before.mask_labels(0) && after.strays().is_empty());
        // As it is told, and saved.
        let told = crate::values::MaskRule::from(&labelling);
        assert!(Labelling::of(told.clone(), false).is_ok_and(|again| again.labels_like(&labelling)));
        // Edited on the page, which sends the colours alone: another name, then one class of two.
        let edited = |change: &dyn Fn(&mut String)| {
            let crate::values::MaskRule::Classes { mut legend, .. } = told.clone() else {
                panic!("{told:?}")
            };
            legend.iter_mut().for_each(|entry| change(&mut entry.name));
            let rule = crate::values::MaskRule::Classes {
                legend,
                rest: None,
                boundary: None,
            };
            let edited = Labelling::of(rule, false).expect("a legend").after(&labelling);
            edited.legend().and_then(|legend| legend.rest)
        };
        assert_eq!(edited(&|name| name.push('s')), Some(before.rule));
        assert_eq!(edited(&|name| *name = name.replace("ground", "house")), None);
    }
}
