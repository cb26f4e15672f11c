//! What can go wrong.

use serde::{Deserialize, Serialize};

/// What went wrong, where, with which file. Never a sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Fault {
    pub code: FaultCode,
    pub stage: Stage,
    /// Path of the file as dropped.
    pub file: Option<String>,
    /// Numbers or names the sentence needs, or the library's own words as a last resort.
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Read,
    Decode,
    Pair,
    Train,
    Predict,
    Export,
    Model,
    Device,
    Protocol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    // files
    EmptyFile,
    UnknownFormat,
    UnsupportedFormat,
    Corrupt,
    /// detail: "3600 MP, limit 100 MP"
    TooManyPixels,
    /// detail: "600 MiB, limit 512 MiB"
    FileTooLarge,
    /// All images together exceed what the page may hold. detail: numbers
    OutOfMemory,
    Unreadable,
    /// A file of a labelling tool. detail: "YOLO boxes, as 19 more"
    Annotations,
    // pairing
    NoMask,
    NoImage,
    /// The image's mask, or the mask's image, came and was refused. detail: its path.
    PartnerRefused,
    /// Two files claim the same part of a pair. detail: the other path
    Ambiguous,
    /// Another form of a file that is in use, with others of its kind. detail: "masks/1.png, as 19 more"
    OtherForm,
    /// Nobody knows which of these folders holds images, which masks; see [`super::Dataset::question`]. detail: "a and b:
    /// 20 files"
    WhichFolder,
    /// A mask for each object of an image. detail: "90 in 1/masks and such folders, for 2 images as 1/images/1.png"
    ObjectMasks,
    /// Masks named after a labelling tool's tasks, not after their images. detail: "9 in masks, images in images"
    TaskNames,
    /// Image and mask lie at different places. detail: "EPSG:32633 and EPSG:32634: 440 km apart"
    OtherPlace,
    /// Image and mask lie on grids that cannot be laid onto each other. detail: how they differ
    OtherGrid,
    /// detail: "256 × 256 and 300 × 256"
    SizeMismatch,
    /// An image has not the bands that are asked of it, or was read with others. detail: "bands 1, 2, 8 wanted, it has 3"
    MissingBands,
    /// A mask holds a number that no class can have. detail: the number
    MaskNumber,
    /// The masks hold more classes than can be told apart. detail: "80 classes, limit 64"
    TooManyClasses,
    NoPairs,
    /// A file of polygons gave no mask. detail: why
    VectorMask,
    /// A file of polygons is in the masks, but not all of it as it stands. detail: what is not
    VectorPart,
    /// An image is too large to be held, and parts of it stand for all. detail: "64 parts, 4.2 % of 40000 × 40000 px"
    ImageParts,
    /// A legend needs 2 to 64 classes. detail: how many it has
    BadLegend,
    // labels
    /// No image of this path can be labelled.
    NoSuchImage,
    /// A rectangle that does not lie within the image. detail: "64 × 64 at 900, 10, image 950 × 950"
    OutsideImage,
    /// More than is predicted in one go. detail: "2000 × 900, limit 1024"
    ViewTooLarge,
    // training
    NotFinite,
    NothingToTrain,
    // saved runs
    /// Not a saved run at all.
    RunForeign,
    /// Written by a newer version. detail: which
    RunNewer,
    /// Whole, but nothing that this version understands. detail: what
    RunOtherVersion,
    /// Cut off. detail: how much is there
    RunTruncated,
    /// Its checksum or its content is wrong. detail: what
    RunCorrupt,
    /// Trained on other images. detail: "20 pairs: a, b, c"
    RunOtherData,
    /// The run could not be saved; training goes on. detail: why
    SaveFailed,
    // model and prediction
    NoModel,
    NoInputs,
    /// Images cannot be predicted as one map. detail: why not
    NotOneMap,
    ModelCorrupt,
    ModelMismatch,
    /// A model for other programs. detail: what it is: "onnx", "pytorch", "tflite", "keras", "numpy",
    /// "tensorflow", "zip"
    ForeignModel,
    /// Training cannot go on from it: its classes or its network are others. detail: which
    CannotContinue,
    NoSuchResult,
    EncodeFailed,
    // device
    NoWebgpu,
    SelfTestFailed,
    DeviceError,
    // order of commands
    Busy,
    NotRunning,
    BadCommand,
}
