//! The core's own types to the protocol's and back. The floors below do not know the protocol.

use crate::{
    data::{augment, batches, preprocess},
    device,
    model::{self, LossKind},
    protocol::{
        Architecture, AugmentRanges, Augmentation, Channels, CurvePoint, DeviceKind, DeviceReason, EndReason,
        FieldError, FieldErrorCode, ForegroundWeight, ImageScore, KeepBest, Loss, Metrics, NormStatistics,
        OperatingPoint, Poses, Sampling, Schedule, TrainConfig, ValidationReport,
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
        threshold: m.threshold,
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

pub(super) fn operating_point(point: train::OperatingPoint) -> OperatingPoint {
    OperatingPoint {
        threshold: point.threshold,
        iou: point.iou,
        f1: point.f1,
        held_out: point.held_out,
        curve: point.curve.into_iter().map(curve_point).collect(),
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
