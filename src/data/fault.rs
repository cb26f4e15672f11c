//! What can be wrong with a dropped file.

use crate::{formats::DecodeError, values::band_numbers};

/// What is wrong with a file or pair; one to one with the protocol's fault codes.
#[derive(Debug, Clone, PartialEq)]
pub enum FaultKind {
    EmptyFile,
    UnknownFormat,
    UnsupportedFormat(String),
    Corrupt(String),
    TooManyPixels {
        megapixels: f64,
        limit_megapixels: f64,
    },
    FileTooLarge {
        mebibytes: f64,
        limit_mebibytes: f64,
    },
    OutOfMemory {
        needed_bytes: u64,
        available_bytes: u64,
    },
    NoMask,
    NoImage,
    /// The file it belongs to was refused.
    PartnerRefused {
        other: String,
    },
    /// Path of the file that has its place.
    Ambiguous {
        other: String,
    },
    /// The image has not the bands that are asked of it, or was read with others.
    MissingBands {
        wanted: Vec<u32>,
        has: u32,
    },
    /// A number in the mask that no class can have.
    MaskNumber {
        number: f32,
    },
    /// The masks of the data set hold more classes than can be told apart.
    TooManyClasses {
        found: usize,
        limit: usize,
    },
    /// Files of one kind, of which each is another form of a file that is used, as this one is of `kept`.
    OtherForm {
        kept: String,
        files: usize,
    },
    /// Folders with the same names, of which nobody knows what they hold.
    WhichFolder {
        folders: Vec<String>,
        files: usize,
    },
    /// A mask for each object of an image, in a folder beside it.
    ObjectMasks {
        image: String,
        masks: String,
        files: usize,
        images: usize,
    },
    /// Masks named after the task of a labelling tool, not after their image. Folders of both.
    TaskNames {
        masks: String,
        images: String,
        files: usize,
    },
    /// Image and mask lie at different places. How far apart, and in which systems.
    OtherPlace(String),
    /// Image and mask lie on grids that cannot be laid onto each other. How they differ.
    OtherGrid(String),
    /// Width and height of image and mask.
    SizeMismatch {
        image: [u32; 2],
        mask: [u32; 2],
    },
}

impl FaultKind {
    /// The numbers or names that a sentence about it needs.
    pub fn detail(&self) -> Option<String> {
        match self {
            FaultKind::EmptyFile | FaultKind::UnknownFormat | FaultKind::NoMask | FaultKind::NoImage => None,
            FaultKind::UnsupportedFormat(what)
            | FaultKind::Corrupt(what)
            | FaultKind::OtherPlace(what)
            | FaultKind::OtherGrid(what) => Some(what.clone()),
            FaultKind::TooManyPixels {
                megapixels,
                limit_megapixels,
            } => Some(format!("{megapixels:.0} MP, limit {limit_megapixels:.0} MP")),
            FaultKind::FileTooLarge {
                mebibytes,
                limit_mebibytes,
            } => Some(format!("{mebibytes:.0} MiB, limit {limit_mebibytes:.0} MiB")),
            FaultKind::OutOfMemory {
                needed_bytes,
                available_bytes,
            } => {
                const MIB: f64 = (1u64 << 20) as f64;
                let (needed, left) = (*needed_bytes as f64 / MIB, *available_bytes as f64 / MIB);
                Some(format!("needs {needed:.1} MiB, {left:.1} MiB left"))
            }
            FaultKind::OtherForm { kept, files: 1 } => Some(kept.clone()),
            FaultKind::OtherForm { kept, files } => Some(format!("{kept}, as {} more", files - 1)),
            FaultKind::WhichFolder { folders, files } => Some(format!("{}: {files} files", folders.join(" and "))),
            FaultKind::ObjectMasks {
                image,
                masks,
                files,
                images,
            } => Some(format!(
                "{files} in {masks} and such folders, for {images} images as {image}"
            )),
            FaultKind::TaskNames { masks, images, files } => Some(format!("{files} in {masks}, images in {images}")),
            FaultKind::Ambiguous { other } | FaultKind::PartnerRefused { other } => Some(other.clone()),
            FaultKind::MissingBands { wanted, .. } if wanted.is_empty() => Some("it was read with others".to_owned()),
            FaultKind::MissingBands { wanted, has } => Some(format!(
                "bands {} wanted, it has {has}",
                band_numbers(wanted.iter().copied())
            )),
            FaultKind::MaskNumber { number } => Some(number.to_string()),
            FaultKind::TooManyClasses { found, limit } => Some(format!("{found} classes, limit {limit}")),
            FaultKind::SizeMismatch { image, mask } => {
                Some(format!("{} × {} and {} × {}", image[0], image[1], mask[0], mask[1]))
            }
        }
    }
}

impl From<DecodeError> for FaultKind {
    fn from(error: DecodeError) -> FaultKind {
        match error {
            DecodeError::EmptyFile => FaultKind::EmptyFile,
            DecodeError::UnknownFormat => FaultKind::UnknownFormat,
            DecodeError::UnsupportedFormat(what) => FaultKind::UnsupportedFormat(what),
            DecodeError::Corrupt(what) => FaultKind::Corrupt(what),
            DecodeError::TooManyPixels {
                megapixels,
                limit_megapixels,
            } => FaultKind::TooManyPixels {
                megapixels,
                limit_megapixels,
            },
            DecodeError::FileTooLarge {
                mebibytes,
                limit_mebibytes,
            } => FaultKind::FileTooLarge {
                mebibytes,
                limit_mebibytes,
            },
            DecodeError::OutOfMemory {
                needed_bytes,
                available_bytes,
            } => FaultKind::OutOfMemory {
                needed_bytes,
                available_bytes,
            },
        }
    }
}

/// A fault with the file it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct FileFault {
    pub path: String,
    pub kind: FaultKind,
}
