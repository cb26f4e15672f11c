//! Numbers and names that engine and page must agree on. `cargo xtask generate` writes them into
//! `www/generated/constants.js`.

/// Version of the protocol. Page, worker and wasm compare it at start and refuse to mix.
pub const PROTOCOL_VERSION: u32 = 7;

/// Largest file read whole, bytes.
pub const MAX_FILE_BYTES: u64 = 512 << 20;
/// Most entries taken from one zip.
pub const MAX_ZIP_ENTRIES: u32 = 20_000;
/// Most bytes one zip may unpack to.
pub const MAX_ZIP_BYTES: u64 = 2 << 30;

/// Label of a pixel that is not labelled.
pub const UNLABELLED: u8 = 255;
/// In a patch of labels: the pixel keeps its label.
pub const UNTOUCHED: u8 = 254;
/// Side of what is predicted at most for a look at it, pixels.
pub const MAX_VIEW_PX: u32 = 1024;
/// Weight of a corrected pixel in the loss, that of another being 1.
pub const CORRECTED_WEIGHT: f32 = 3.0;
/// Classes at most; the head has two features for each.
pub const MAX_CLASSES: usize = 64;

/// Bands of an image that a network sees at most.
pub const MAX_BANDS: usize = 16;

/// The cut of the original pipeline, and where no other is known.
pub const EVEN_ODDS: f64 = 0.5;
/// Outlines of fewer pixels are left out unless other is asked for.
pub const USUAL_SMALLEST_PX: f64 = 16.0;
/// Validations that a run tells of: of 16 classes they are some kilobytes each, and a saved run's header is bounded.
pub const MAX_VALIDATIONS: usize = 4000;
/// Fewer usable pairs than this cannot be divided sensibly.
pub const FEW_PAIRS: usize = 4;
