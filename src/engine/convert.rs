//! The core's own types to the protocol's and back. The floors below do not know the protocol.

use crate::{
    data::{
        alignment::PlaceNote,
        augment, batches, checkup, classes, dataset, doctor,
        fault::FaultKind,
        mask,
        mask_value::MaskValue,
        pair, preprocess,
        value_ranges::{RangeChoice, ValueRanges},
    },
    device,
    model::{self, LossKind},
    protocol::{
        self, Architecture, AugmentRanges, Augmentation, Channels, ClassInfo, ColourShare, CurvePoint, DeviceKind,
        DeviceReason, EndReason, Fault, FaultCode, FieldError, FieldErrorCode, Finding, FindingCode, FolderQuestion,
        FolderRoles, ForegroundWeight, ImageScore, KeepBest, LegendEntry, Loss, MaskRule, Mend, Metrics,
        NormStatistics, Note, Poses, Sampling, Schedule, Stage, TrainConfig, ValidationReport,
    },
    train::{self, FieldProblem, ImageMetrics, Problem, RawSettings},
};

pub(super) fn metrics(m: ImageMetrics) -> Metrics {
    Metrics {
        loss: m.loss,
        accuracy: m.accuracy,
        iou: m.iou,
        f1: m.f1,
        class_iou: m.class_iou,
    }
}

pub(super) fn image_score(s: train::ImageScore) -> ImageScore {
    ImageScore {
        pair: s.pair as u32,
        validation: s.validation,
        iou: s.iou,
        accuracy: s.accuracy,
    }
}

pub(super) fn curve_point(p: train::CurvePoint) -> CurvePoint {
    CurvePoint {
        threshold: p.threshold,
        precision: p.precision,
        recall: p.recall,
    }
}

pub(super) fn validation(run_id: u32, news: &train::ValidationNews) -> ValidationReport {
    ValidationReport {
        run_id,
        step: news.step,
        validation: news.validation.clone().map(metrics),
        training: metrics(news.training.clone()),
        best: news.best,
        best_step: news.best_step,
        elapsed_ms: news.elapsed_ms,
        images: news.images.iter().copied().map(image_score).collect(),
        curve: news.curve.iter().copied().map(curve_point).collect(),
    }
}

pub(super) fn end_reason(reason: crate::train::EndReason) -> EndReason {
    use crate::train::{Ailment, EndReason as Reason};
    match reason {
        Reason::Finished => EndReason::Finished,
        Reason::Stopped => EndReason::Stopped,
        Reason::EarlyStopped => EndReason::EarlyStopped,
        Reason::Ill(Ailment::NotFinite) => EndReason::NotFinite,
        Reason::Ill(Ailment::Diverged) => EndReason::Diverged,
        Reason::Ill(Ailment::DeadOutput) => EndReason::DeadOutput,
        Reason::Ill(Ailment::Constant) => EndReason::Constant,
    }
}

pub(super) fn device_kind(kind: device::Kind) -> DeviceKind {
    match kind {
        device::Kind::WebGpu => DeviceKind::Webgpu,
        device::Kind::Cpu => DeviceKind::Cpu,
    }
}

pub(super) fn device_reason(reason: device::Reason) -> DeviceReason {
    match reason {
        device::Reason::NoWebGpu => DeviceReason::NoWebgpu,
        device::Reason::InsecureContext => DeviceReason::InsecureContext,
        device::Reason::NoAdapter => DeviceReason::NoAdapter,
        device::Reason::SoftwareAdapter => DeviceReason::SoftwareAdapter,
        device::Reason::MissingTimestampQuery => DeviceReason::MissingTimestampQuery,
        device::Reason::SelfTestFailed => DeviceReason::SelfTestFailed,
        device::Reason::AskedForCpu => DeviceReason::AskedForCpu,
    }
}

pub(super) fn architecture_in(a: Architecture) -> model::Architecture {
    match a {
        Architecture::UnetNorm => model::Architecture::UnetNorm,
        Architecture::Unet => model::Architecture::Unet,
        Architecture::UnetSmall => model::Architecture::UnetSmall,
    }
}

pub(super) fn architecture_out(a: model::Architecture) -> Architecture {
    match a {
        model::Architecture::UnetNorm => Architecture::UnetNorm,
        model::Architecture::Unet => Architecture::Unet,
        model::Architecture::UnetSmall => Architecture::UnetSmall,
    }
}

pub(super) fn channels_in(c: Channels) -> preprocess::Channels {
    match c {
        Channels::Grey => preprocess::Channels::Grey,
        Channels::Rgb => preprocess::Channels::Rgb,
    }
}

pub(super) fn channels_out(c: preprocess::Channels) -> Channels {
    match c {
        preprocess::Channels::Grey => Channels::Grey,
        preprocess::Channels::Rgb => Channels::Rgb,
    }
}

pub(super) fn sampling_in(s: Sampling) -> batches::Sampling {
    match s {
        Sampling::Crop => batches::Sampling::Crop,
        Sampling::Resize => batches::Sampling::Resize,
        Sampling::Seed => batches::Sampling::Seed,
    }
}

pub(super) fn sampling_out(s: batches::Sampling) -> Sampling {
    match s {
        batches::Sampling::Crop => Sampling::Crop,
        batches::Sampling::Resize => Sampling::Resize,
        batches::Sampling::Seed => Sampling::Seed,
    }
}

/// `lossy`: the masks of the data set are.
///
/// # Errors
/// If a legend has too few or too many classes.
pub(super) fn labelling_in(rule: MaskRule, lossy: bool) -> Result<classes::Labelling, classes::LegendError> {
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

pub(super) fn shares(values: &[(MaskValue, f64)]) -> Vec<ColourShare> {
    let shares = values.iter().map(|&(value, share)| ColourShare {
        rgb: value.rgb(),
        code: code_out(value),
        share,
    });
    shares.collect()
}

pub(super) fn range_in(choice: protocol::RangeChoice) -> Option<RangeChoice> {
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

pub(super) fn ranges_out(ranges: &ValueRanges) -> protocol::RangeChoice {
    match ranges {
        ValueRanges::EachAlone => protocol::RangeChoice::EachAlone,
        ValueRanges::AsBefore => protocol::RangeChoice::AsBefore,
        ValueRanges::Fixed(bands) => protocol::RangeChoice::Fixed { bands: bands.to_vec() },
    }
}

pub(super) fn range_choice_out(choice: &RangeChoice) -> protocol::RangeChoice {
    match choice {
        RangeChoice::Together => protocol::RangeChoice::Together,
        RangeChoice::Set(ranges) => ranges_out(ranges),
    }
}

pub(super) fn legend_out(legend: &classes::Legend) -> Vec<LegendEntry> {
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

pub(super) fn classes_out(classes: &[classes::Class]) -> Vec<ClassInfo> {
    let infos = classes.iter().map(|c| ClassInfo {
        name: c.name.clone(),
        rgb: c.rgb,
    });
    infos.collect()
}

pub(super) fn classes_in(classes: Vec<ClassInfo>) -> Vec<classes::Class> {
    let classes = classes.into_iter().map(|c| classes::Class {
        name: c.name.chars().take(classes::MAX_NAME_CHARS).collect(),
        rgb: c.rgb,
    });
    classes.collect()
}

pub(super) fn labelling_out(labelling: &classes::Labelling) -> MaskRule {
    match labelling {
        classes::Labelling::Binary(rule) => mask_rule_out(*rule),
        classes::Labelling::Classes(legend) => MaskRule::Classes {
            legend: legend_out(legend),
        },
    }
}

pub(super) fn mask_rule_out(rule: mask::MaskRule) -> MaskRule {
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

/// Class weights looked at; more than there can be classes is wrong anyway.
const MAX_WEIGHTS: usize = 64;

pub(super) fn augmentation_in(c: &TrainConfig) -> augment::Augmentation {
    match c.augmentation {
        Augmentation::Off => augment::Augmentation::Off,
        Augmentation::Seed => augment::Augmentation::Seed,
        Augmentation::Strong => augment::Augmentation::Strong,
        Augmentation::Own => augment::Augmentation::Own(augment::Ranges {
            turn_deg: c.turn_deg,
            shift_share: c.shift_share,
            shear_deg: c.shear_deg,
            zoom_share: c.zoom_share,
            brightness: c.brightness,
            contrast: c.contrast,
            poses: match c.poses {
                Poses::One => augment::Poses::One,
                Poses::Mirrored => augment::Poses::Mirrored,
                Poses::Eight => augment::Poses::Eight,
            },
        }),
    }
}

pub(super) fn augment_ranges_out(r: augment::Ranges) -> AugmentRanges {
    AugmentRanges {
        turn_deg: r.turn_deg,
        shift_share: r.shift_share,
        shear_deg: r.shear_deg,
        zoom_share: r.zoom_share,
        brightness: r.brightness,
        contrast: r.contrast,
        poses: match r.poses {
            augment::Poses::One => Poses::One,
            augment::Poses::Mirrored => Poses::Mirrored,
            augment::Poses::Eight => Poses::Eight,
        },
    }
}

/// `classes`: those of the data set, 0 where labels are 0 and 1.
pub(super) fn raw_settings(c: &TrainConfig, classes: usize) -> RawSettings {
    RawSettings {
        architecture: architecture_in(c.architecture),
        base: c.base,
        depth: c.depth,
        channels: channels_in(c.channels),
        tile_px: c.tile_px,
        sampling: sampling_in(c.sampling),
        batch: c.batch,
        epochs: c.epochs,
        steps_per_epoch: c.steps_per_epoch,
        steps: c.steps,
        lr: c.lr,
        loss: match c.loss {
            Loss::Bce => LossKind::Bce,
            Loss::BceDice => LossKind::BceDice,
        },
        weigh_foreground: c.foreground_weight == ForegroundWeight::Auto,
        augmentation: augmentation_in(c),
        dropout: c.dropout,
        validate_every: c.validate_every,
        keep_best: match c.keep_best {
            KeepBest::ValidationIou => train::KeepBest::ValidationIou,
            KeepBest::TrainingLoss => train::KeepBest::TrainingLoss,
        },
        patience: c.patience,
        schedule: match c.schedule {
            Schedule::Constant => train::Schedule::Constant,
            Schedule::Cosine => train::Schedule::Cosine,
            Schedule::Plateau => train::Schedule::Plateau,
        },
        warmup_steps: c.warmup_steps,
        clip_norm: c.clip_norm,
        class_weights: c.class_weights.iter().copied().take(MAX_WEIGHTS).collect(),
        norm_statistics: match c.norm_statistics {
            NormStatistics::Keras => train::NormStatistics::Keras,
            NormStatistics::Adaptive => train::NormStatistics::Adaptive,
        },
        seed: c.seed,
        val_share: c.val_share,
        classes: classes.max(1),
    }
}

pub(super) fn field_problem(p: FieldProblem) -> FieldError {
    let (code, min, max, value) = match p.problem {
        Problem::NotANumber => (FieldErrorCode::NotANumber, None, None, None),
        Problem::NotWhole => (FieldErrorCode::NotWhole, None, None, None),
        Problem::OutOfRange { min, max } => (FieldErrorCode::OutOfRange, Some(min), Some(max), None),
        Problem::NotAMultiple { of } => (FieldErrorCode::NotAMultiple, None, None, Some(of)),
        Problem::WrongCount { wanted } => (FieldErrorCode::WrongCount, None, None, Some(wanted)),
        Problem::NeedsBinaryMasks => (FieldErrorCode::NeedsBinaryMasks, None, None, None),
    };
    FieldError {
        field: p.field.to_owned(),
        code,
        min,
        max,
        value,
        detail: None,
    }
}

/// A file's fault with its path.
pub(super) fn file_fault(path: &str, kind: &FaultKind) -> Fault {
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

pub(super) fn folder_roles(roles: &[pair::FolderRoles]) -> Vec<FolderRoles> {
    let one = |r: &pair::FolderRoles| FolderRoles {
        images: r.images.clone(),
        masks: r.masks.clone(),
    };
    roles.iter().map(one).collect()
}

pub(super) fn question(question: &dataset::FolderQuestion) -> FolderQuestion {
    FolderQuestion {
        options: folder_roles(&question.options),
        suggested: question.suggested.map(|n| n as u32),
        files: question.files as u32,
    }
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
pub(super) fn finding(f: &checkup::Finding, classes: &[classes::Class]) -> Finding {
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

pub(super) fn note(note: doctor::Note) -> Note {
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
        doctor::Note::Place(place) => place_note(place),
        doctor::Note::DuplicateOf { pair } => Note::DuplicateOf { pair },
    }
}
