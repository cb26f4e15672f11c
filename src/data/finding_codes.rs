//! Findings about a data set as the page takes them: numbers and names instead of causes.

use super::findings::{self, Cause};
use crate::values::{ClassInfo, Finding, FindingCode, Fix};

/// Megapixels, or pixels where those would read 0.00.
fn image_area(pixels: u64) -> String {
    match pixels {
        0..10_000 => format!("{pixels} pixels"),
        _ => format!("{:.2} MP", pixels as f64 / 1e6),
    }
}

/// `classes`: names of the classes by number.
pub fn finding(f: &findings::Finding, classes: &[ClassInfo]) -> Finding {
    let pairs: Vec<u32> = f.pairs.iter().map(|p| *p as u32).collect();
    let (code, value, detail) = match f.cause {
        Cause::EmptyMasks => (FindingCode::EmptyMasks, None, None),
        Cause::FullMasks => (FindingCode::FullMasks, None, None),
        Cause::Inverted { share } => (FindingCode::Inverted, Some(share), None),
        Cause::SomeInverted => (FindingCode::SomeInverted, None, None),
        Cause::MaskIsImage => (FindingCode::MaskIsImage, None, None),
        Cause::Copies => (FindingCode::Copies, None, None),
        Cause::TinyForeground { share } => (FindingCode::TinyForeground, Some(share), None),
        Cause::RareClass { class, share } => {
            let name = classes.get(class).map(|c| c.name.clone());
            (FindingCode::RareClass, Some(share), name)
        }
        Cause::MixedSizes { smallest, largest } => {
            let detail = format!("{} and {}", image_area(smallest), image_area(largest));
            (FindingCode::MixedSizes, None, Some(detail))
        }
        Cause::MixedBands => (FindingCode::MixedBands, None, None),
        Cause::MixedDepths => (FindingCode::MixedDepths, None, None),
        Cause::TooFewPairs { pairs } => (FindingCode::TooFewPairs, Some(pairs as f64), None),
        // How large they are on the ground is not for the pixels to say.
        Cause::FewScenes { .. } => (FindingCode::FewScenes, None, None),
    };
    let settings = |all: &[(&str, &str)]| Fix::Settings {
        settings: all.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
    };
    let fix = match f.fix {
        findings::Fix::Exclude => Fix::Exclude { pairs: pairs.clone() },
        findings::Fix::Rule(rule) => Fix::Rule { rule: rule.into() },
        findings::Fix::Balance => settings(&[("foreground_weight", "auto"), ("loss", "bce_dice")]),
        findings::Fix::Crop => settings(&[("sampling", "crop")]),
        findings::Fix::Grey => settings(&[("channels", "grey")]),
        findings::Fix::Augment => settings(&[("augmentation", "strong")]),
    };
    Finding {
        code,
        pairs,
        value,
        detail,
        fix,
    }
}
