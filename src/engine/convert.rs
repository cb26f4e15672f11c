//! The core's own types to the protocol's and back. The floors below do not know the protocol.

use crate::{
    data::{augment, batches, dataset::FaultKind, doctor, mask, preprocess},
    device,
    model::{self, LossKind},
    protocol::{
        Architecture, Augmentation, Channels, DeviceKind, DeviceReason, Fault, FaultCode, FieldError, FieldErrorCode,
        ForegroundWeight, KeepBest, Loss, MaskRule, Metrics, Note, Sampling, Stage, TrainConfig, ValidationReport,
    },
    train::{self, FieldProblem, ImageMetrics, Problem, RawSettings},
};

pub(super) fn metrics(m: ImageMetrics) -> Metrics {
    Metrics {
        loss: m.loss,
        accuracy: m.accuracy,
        iou: m.iou,
        f1: m.f1,
    }
}

pub(super) fn validation(run_id: u32, news: &train::ValidationNews) -> ValidationReport {
    ValidationReport {
        run_id,
        step: news.step,
        validation: news.validation.map(metrics),
        training: metrics(news.training),
        best: news.best,
        best_step: news.best_step,
        elapsed_ms: news.elapsed_ms,
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

pub(super) fn mask_rule_in(rule: MaskRule) -> mask::MaskRule {
    match rule {
        MaskRule::Threshold { at, invert } => mask::MaskRule::Threshold { at, invert },
        MaskRule::NotBlack { invert } => mask::MaskRule::NotBlack { invert },
        MaskRule::Colour { rgb, invert } => mask::MaskRule::Colour { rgb, invert },
    }
}

pub(super) fn mask_rule_out(rule: mask::MaskRule) -> MaskRule {
    match rule {
        mask::MaskRule::Threshold { at, invert } => MaskRule::Threshold { at, invert },
        mask::MaskRule::NotBlack { invert } => MaskRule::NotBlack { invert },
        mask::MaskRule::Colour { rgb, invert } => MaskRule::Colour { rgb, invert },
    }
}

pub(super) fn raw_settings(c: &TrainConfig) -> RawSettings {
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
        augmentation: match c.augmentation {
            Augmentation::Off => augment::Augmentation::Off,
            Augmentation::Seed => augment::Augmentation::Seed,
            Augmentation::Strong => augment::Augmentation::Strong,
        },
        dropout: c.dropout,
        validate_every: c.validate_every,
        keep_best: match c.keep_best {
            KeepBest::ValidationIou => train::KeepBest::ValidationIou,
            KeepBest::TrainingLoss => train::KeepBest::TrainingLoss,
        },
        seed: c.seed,
        val_share: c.val_share,
    }
}

pub(super) fn field_problem(p: FieldProblem) -> FieldError {
    let (code, min, max, value) = match p.problem {
        Problem::NotANumber => (FieldErrorCode::NotANumber, None, None, None),
        Problem::NotWhole => (FieldErrorCode::NotWhole, None, None, None),
        Problem::OutOfRange { min, max } => (FieldErrorCode::OutOfRange, Some(min), Some(max), None),
        Problem::NotAMultiple { of } => (FieldErrorCode::NotAMultiple, None, None, Some(of)),
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
        FaultKind::Ambiguous { .. } => (FaultCode::Ambiguous, Stage::Pair),
        FaultKind::SizeMismatch { .. } => (FaultCode::SizeMismatch, Stage::Pair),
    };
    Fault {
        code,
        stage,
        file: Some(path.to_owned()),
        detail: kind.detail(),
    }
}

pub(super) fn note(note: doctor::Note) -> Note {
    match note {
        doctor::Note::Cropped { width, height } => Note::Cropped { width, height },
        doctor::Note::EmptyMask => Note::EmptyMask,
        doctor::Note::FullMask => Note::FullMask,
        doctor::Note::MaybeInverted => Note::MaybeInverted,
        doctor::Note::MaskEqualsImage => Note::MaskEqualsImage,
        doctor::Note::FirstFrameOnly => Note::FirstFrameOnly,
        doctor::Note::ExifRotated => Note::ExifRotated,
        doctor::Note::AlphaIgnored => Note::AlphaIgnored,
        doctor::Note::DuplicateOf { pair } => Note::DuplicateOf { pair },
    }
}
