//! The data set's types to the protocol's and back: labels, ranges, faults, notes and findings.

use crate::{
    data::{
        alignment::PlaceNote,
        checkup, classes, dataset, doctor,
        fault::FaultKind,
        mask,
        mask_value::MaskValue,
        pair, preprocess,
        value_ranges::{RangeChoice, ValueRanges},
    },
    protocol::{
        self, ClassInfo, ColourShare, Fault, FaultCode, Finding, FindingCode, FolderQuestion, FolderRoles, LegendEntry,
        MaskRule, Mend, Note, Stage, Unpaired,
    },
};

/// `lossy`: the masks of the data set are.
///
/// # Errors
/// If a legend has too few or too many classes.
pub(in crate::engine) fn labelling_in(rule: MaskRule, lossy: bool) -> Result<classes::Labelling, classes::LegendError> {
    let rule = match rule {
        MaskRule::Threshold { at, invert } => mask::MaskRule::Threshold { at, invert },
        MaskRule::NotBlack { invert } => mask::MaskRule::NotBlack { invert },
        MaskRule::Colour { rgb, invert, code } => mask::MaskRule::Colour {
            value: value_in(rgb, code),
            invert,
        },
        MaskRule::Classes { legend } => {
            let entries = legend.into_iter().map(|e| classes::LegendEntry {
                value: value_in(e.rgb, e.code),
                code: e.code,
                shown: e.shown,
                name: e.name,
                ignored: e.ignored,
                share: e.share,
            });
            let legend = classes::Legend::edited(entries.collect(), lossy)?;
            return Ok(classes::Labelling::Classes(legend.into()));
        }
    };
    Ok(classes::Labelling::Binary(rule))
}

/// A grey and its number are one; only numbers above 255 have to say that they are none.
fn value_in(rgb: [u8; 3], code: Option<u16>) -> MaskValue {
    match code {
        Some(code @ 256..) => MaskValue::number(code),
        _ => MaskValue::colour(rgb),
    }
}

fn code_out(value: MaskValue) -> Option<u16> {
    value.as_number().filter(|number| *number > 255)
}

pub(in crate::engine) fn shares(values: &[(MaskValue, f64)]) -> Vec<ColourShare> {
    let shares = values.iter().map(|&(value, share)| ColourShare {
        rgb: value.rgb(),
        code: code_out(value),
        share,
    });
    shares.collect()
}

pub(in crate::engine) fn range_in(choice: protocol::RangeChoice) -> Option<RangeChoice> {
    Some(match choice {
        protocol::RangeChoice::Together => RangeChoice::Together,
        protocol::RangeChoice::EachAlone => RangeChoice::Set(ValueRanges::EachAlone),
        protocol::RangeChoice::AsBefore => RangeChoice::Set(ValueRanges::AsBefore),
        protocol::RangeChoice::Fixed { bands } => {
            let sound = |[low, high]: &[f64; 2]| low.is_finite() && high.is_finite() && low < high;
            if bands.is_empty() || bands.len() > 3 || !bands.iter().all(sound) {
                return None;
            }
            RangeChoice::Set(ValueRanges::Fixed(bands.into()))
        }
    })
}

pub(in crate::engine) fn ranges_out(ranges: &ValueRanges) -> protocol::RangeChoice {
    match ranges {
        ValueRanges::EachAlone => protocol::RangeChoice::EachAlone,
        ValueRanges::AsBefore => protocol::RangeChoice::AsBefore,
        ValueRanges::Fixed(bands) => protocol::RangeChoice::Fixed { bands: bands.to_vec() },
    }
}

pub(in crate::engine) fn range_choice_out(choice: &RangeChoice) -> protocol::RangeChoice {
    match choice {
        RangeChoice::Together => protocol::RangeChoice::Together,
        RangeChoice::Set(ranges) => ranges_out(ranges),
    }
}

pub(in crate::engine) fn legend_out(legend: &classes::Legend) -> Vec<LegendEntry> {
    let entries = legend.entries.iter().map(|e| LegendEntry {
        rgb: e.value.rgb(),
        code: e.code.or(code_out(e.value)),
        shown: e.shown,
        name: e.name.clone(),
        ignored: e.ignored,
        share: e.share,
    });
    entries.collect()
}

pub(in crate::engine) fn classes_out(classes: &[classes::Class]) -> Vec<ClassInfo> {
    let infos = classes.iter().map(|c| ClassInfo {
        name: c.name.clone(),
        rgb: c.rgb,
    });
    infos.collect()
}

pub(in crate::engine) fn classes_in(classes: Vec<ClassInfo>) -> Vec<classes::Class> {
    let classes = classes.into_iter().map(|c| classes::Class {
        name: c.name.chars().take(classes::MAX_NAME_CHARS).collect(),
        rgb: c.rgb,
    });
    classes.collect()
}

pub(in crate::engine) fn labelling_out(labelling: &classes::Labelling) -> MaskRule {
    match labelling {
        classes::Labelling::Binary(rule) => mask_rule_out(*rule),
        classes::Labelling::Classes(legend) => MaskRule::Classes {
            legend: legend_out(legend),
        },
    }
}

pub(in crate::engine) fn mask_rule_out(rule: mask::MaskRule) -> MaskRule {
    match rule {
        mask::MaskRule::Threshold { at, invert } => MaskRule::Threshold { at, invert },
        mask::MaskRule::NotBlack { invert } => MaskRule::NotBlack { invert },
        mask::MaskRule::Colour { value, invert } => MaskRule::Colour {
            rgb: value.rgb(),
            invert,
            code: code_out(value),
        },
    }
}

/// A file's fault with its path.
pub(in crate::engine) fn file_fault(path: &str, kind: &FaultKind) -> Fault {
    let (code, stage) = match kind {
        FaultKind::EmptyFile => (FaultCode::EmptyFile, Stage::Decode),
        FaultKind::UnknownFormat => (FaultCode::UnknownFormat, Stage::Decode),
        FaultKind::UnsupportedFormat(_) => (FaultCode::UnsupportedFormat, Stage::Decode),
        FaultKind::Corrupt(_) => (FaultCode::Corrupt, Stage::Decode),
        FaultKind::TooManyPixels { .. } => (FaultCode::TooManyPixels, Stage::Decode),
        FaultKind::FileTooLarge { .. } => (FaultCode::FileTooLarge, Stage::Read),
        FaultKind::OutOfMemory { .. } => (FaultCode::OutOfMemory, Stage::Read),
        FaultKind::NoMask => (FaultCode::NoMask, Stage::Pair),
        FaultKind::NoImage => (FaultCode::NoImage, Stage::Pair),
        FaultKind::PartnerRefused { .. } => (FaultCode::PartnerRefused, Stage::Pair),
        FaultKind::Ambiguous { .. } => (FaultCode::Ambiguous, Stage::Pair),
        FaultKind::OtherForm { .. } => (FaultCode::OtherForm, Stage::Pair),
        FaultKind::WhichFolder { .. } => (FaultCode::WhichFolder, Stage::Pair),
        FaultKind::ObjectMasks { .. } => (FaultCode::ObjectMasks, Stage::Pair),
        FaultKind::TaskNames { .. } => (FaultCode::TaskNames, Stage::Pair),
        FaultKind::OtherPlace(_) => (FaultCode::OtherPlace, Stage::Pair),
        FaultKind::OtherGrid(_) => (FaultCode::OtherGrid, Stage::Pair),
        FaultKind::SizeMismatch { .. } => (FaultCode::SizeMismatch, Stage::Pair),
        FaultKind::MaskNumber { .. } => (FaultCode::MaskNumber, Stage::Pair),
        FaultKind::TooManyClasses { .. } => (FaultCode::TooManyClasses, Stage::Pair),
    };
    Fault {
        code,
        stage,
        // Folders are asked about as a whole.
        file: (!path.is_empty()).then(|| path.to_owned()),
        detail: kind.detail(),
    }
}

pub(in crate::engine) fn folder_roles(roles: &[pair::FolderRoles]) -> Vec<FolderRoles> {
    let one = |r: &pair::FolderRoles| FolderRoles {
        images: r.images.clone(),
        masks: r.masks.clone(),
    };
    roles.iter().map(one).collect()
}

pub(in crate::engine) fn question(question: &dataset::FolderQuestion) -> FolderQuestion {
    FolderQuestion {
        options: folder_roles(&question.options),
        suggested: question.suggested.map(|n| n as u32),
        files: question.files as u32,
    }
}

/// Longer side of a picture of a file without a partner, pixels.
const UNPAIRED_PX: u32 = 128;
/// Pictures of images, and of masks, that are sent: each is memory.
const UNPAIRED_PICTURES: usize = 120;

pub(in crate::engine) fn unpaired(files: &[dataset::Unpaired]) -> Vec<Unpaired> {
    let mut shown = [0, 0];
    let one = |file: &dataset::Unpaired| {
        let count = &mut shown[usize::from(file.is_mask)];
        *count += 1;
        let (thumb_width, thumb_height, thumb_rgba) = match *count <= UNPAIRED_PICTURES {
            true => preprocess::thumbnail(&file.raster, UNPAIRED_PX),
            false => (0, 0, Vec::new()),
        };
        Unpaired {
            path: file.path.clone(),
            is_mask: file.is_mask,
            width: file.raster.width,
            height: file.raster.height,
            placed: file.is_placed,
            thumb_width,
            thumb_height,
            thumb_rgba,
        }
    };
    files.iter().map(one).collect()
}

fn place_note(note: PlaceNote) -> Note {
    match note {
        PlaceNote::Turned => Note::MaskTurned,
        PlaceNote::Shifted {
            hundredths_px,
            millimetres,
        } => Note::MaskShifted {
            hundredths_px,
            millimetres,
        },
        PlaceNote::Resampled { hundredths } => Note::MaskResampled { hundredths },
        PlaceNote::Covers { percent } => Note::MaskCovers { percent },
        PlaceNote::CutOut => Note::MaskCutOut,
        PlaceNote::NotCompared => Note::PlacesNotCompared,
        PlaceNote::NegativeScale => Note::NegativeScale,
        PlaceNote::ControlPoints { hundredths_px } => Note::ControlPoints { hundredths_px },
        PlaceNote::AuxUnreadable => Note::AuxUnreadable,
        PlaceNote::AuxNodata => Note::AuxNodata,
    }
}

/// Megapixels, or pixels where those would read 0.00.
fn image_area(pixels: u64) -> String {
    match pixels {
        0..10_000 => format!("{pixels} pixels"),
        _ => format!("{:.2} MP", pixels as f64 / 1e6),
    }
}

/// `classes`: names of the classes by number.
pub(in crate::engine) fn finding(f: &checkup::Finding, classes: &[classes::Class]) -> Finding {
    use checkup::Cause;
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
    let settings = |all: &[(&str, &str)]| Mend::Settings {
        settings: all.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
    };
    let mend = match f.mend {
        checkup::Mend::Exclude => Mend::Exclude { pairs: pairs.clone() },
        checkup::Mend::Rule(rule) => Mend::Rule {
            rule: mask_rule_out(rule),
        },
        checkup::Mend::Balance => settings(&[("foreground_weight", "auto"), ("loss", "bce_dice")]),
        checkup::Mend::Crop => settings(&[("sampling", "crop")]),
        checkup::Mend::Grey => settings(&[("channels", "grey")]),
        checkup::Mend::Augment => settings(&[("augmentation", "strong")]),
    };
    Finding {
        code,
        pairs,
        value,
        detail,
        mend,
    }
}

pub(in crate::engine) fn note(note: doctor::Note) -> Note {
    match note {
        doctor::Note::Cropped { width, height } => Note::Cropped { width, height },
        doctor::Note::EmptyMask => Note::EmptyMask,
        doctor::Note::FullMask => Note::FullMask,
        doctor::Note::OneClass => Note::OneClass,
        doctor::Note::MaybeInverted => Note::MaybeInverted,
        doctor::Note::MaskEqualsImage => Note::MaskEqualsImage,
        doctor::Note::FirstFrameOnly => Note::FirstFrameOnly,
        doctor::Note::ExifRotated => Note::ExifRotated,
        doctor::Note::AlphaIgnored => Note::AlphaIgnored,
        doctor::Note::AlphaMayBeBand => Note::AlphaMayBeBand,
        doctor::Note::Place(place) => place_note(place),
        doctor::Note::DuplicateOf { pair } => Note::DuplicateOf { pair },
    }
}
