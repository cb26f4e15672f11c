//! What is wrong with a file, as a fault.

use crate::{
    data::fault::FaultKind,
    protocol::{Event, Fault, FaultCode, Stage},
};

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
        FaultKind::MissingBands { .. } => (FaultCode::MissingBands, Stage::Pair),
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

/// A fault as an event.
pub(in crate::engine) fn fault(code: FaultCode, stage: Stage, file: Option<String>, detail: Option<String>) -> Event {
    Event::Fault(Fault {
        code,
        stage,
        file,
        detail,
    })
}
