//! One image file: told apart by its magic bytes, its header read, its pixels still encoded.

use std::{rc::Rc, sync::Arc};

use image::{DynamicImage, GrayImage, metadata::Orientation};

use super::{
    decode::{check_bytes, check_memory, check_size, to_raster},
    orientation,
    parts::{DecodeError, Header, Limits},
    reader::{Codec, Pixels},
    reader_of,
};
use crate::{
    formats::{
        bytes::{ByRange, Bytes},
        raster::{ChosenBands, Raster},
        tiff::{Beside, TiffImage, Window},
    },
    geo::OwnGeoRef,
    values::ImageFormat,
};

/// Decodes one file of any known format to an upright raster: [`ImageFile::open`] and [`ImageFile::decode`], for who has
/// no bytes to give away.
///
/// # Errors
/// See [`DecodeError`]; a file that ends early is `Corrupt`, never half an image.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Raster, DecodeError> {
    check_bytes(bytes.len(), limits)?;
    ImageFile::open(bytes.to_vec(), limits)?.decode(limits)
}

/// Enough to tell a format by.
const HEAD_BYTES: u64 = 64;

/// A file that holds its bytes: what it says of itself is known, and no pixel was decoded for keeps.
pub struct ImageFile {
    format: &'static ImageFormat,
    contents: Contents,
}

enum Contents {
    Whole {
        bytes: Vec<u8>,
        header: Header,
        codec: Codec,
    },
    ByWindow {
        image: Box<TiffImage>,
        alpha_may_be_band: bool,
        /// The band that the file declares as alpha, where it was asked for as one like the others.
        shown_alpha: Option<usize>,
    },
}

impl Contents {
    fn by_window(bytes: Rc<dyn Bytes>, limits: &Limits) -> Result<Contents, DecodeError> {
        let mut image = Box::new(TiffImage::open(bytes)?);
        let declared = image.alpha;
        image.show_alpha_if_asked(&limits.bands);
        Ok(Contents::ByWindow {
            shown_alpha: declared.filter(|_| image.alpha.is_none()),
            alpha_may_be_band: image.alpha_may_be_band(),
            image,
        })
    }
}

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageFacts {
    pub format: &'static ImageFormat,
    /// Width and height in pixels, where they are known before the pixels are decoded.
    pub size: Option<[u32; 2]>,
    /// Where the file itself says that it lies.
    pub own_georef: OwnGeoRef,
    /// Bands that can be chosen; 0 where there is no choice.
    pub bands: usize,
    /// What the file calls them, in their order; empty where it says nothing.
    pub band_names: Vec<String>,
}

impl ImageFile {
    /// Takes the bytes of a file and reads its header; of the pixels of a TIFF at most some of an alpha are looked at.
    ///
    /// # Errors
    /// If the file is no image that is read, ends early, or takes more bytes than `limits` allow (a TIFF is asked that
    /// when it is decoded whole).
    pub fn open(bytes: Vec<u8>, limits: &Limits) -> Result<ImageFile, DecodeError> {
        if bytes.is_empty() {
            return Err(DecodeError::EmptyFile);
        }
        let reader = reader_of(&bytes).ok_or(DecodeError::UnknownFormat)?;
        let contents = match &reader.pixels {
            Pixels::Whole(codec) => {
                check_bytes(bytes.len(), limits)?;
                Contents::Whole {
                    header: (codec.header)(&bytes)?,
                    codec: *codec,
                    bytes,
                }
            }
            Pixels::ByWindow => Contents::by_window(Rc::new(bytes), limits)?,
        };
        Ok(ImageFile {
            format: reader.format,
            contents,
        })
    }

    /// A file that stays where it is, of a format that is read by window; `None` of another.
    ///
    /// # Errors
    /// If it is damaged, or uses what is not supported.
    pub fn open_by_range(bytes: ByRange, limits: &Limits) -> Result<Option<ImageFile>, DecodeError> {
        let head = bytes
            .range(0, bytes.length().min(HEAD_BYTES) as usize)
            .unwrap_or_default();
        match reader_of(&head) {
            Some(reader) if matches!(reader.pixels, Pixels::ByWindow) => {
                let contents = Contents::by_window(Rc::new(bytes), limits)?;
                Ok(Some(ImageFile {
                    format: reader.format,
                    contents,
                }))
            }
            _ => Ok(None),
        }
    }

    /// A part of a file that is read by window, as a file of its own in its place; `None` of another.
    ///
    /// # Errors
    /// If the mask beside it has another size than the whole image.
    pub fn part(&self, window: Window, beside: &Beside) -> Result<Option<ImageFile>, DecodeError> {
        let Contents::ByWindow {
            image,
            alpha_may_be_band,
            shown_alpha,
        } = &self.contents
        else {
            return Ok(None);
        };
        Ok(Some(ImageFile {
            format: self.format,
            contents: Contents::ByWindow {
                image: Box::new(image.part(window, beside)?),
                alpha_may_be_band: *alpha_may_be_band,
                shown_alpha: *shown_alpha,
            },
        }))
    }

    pub fn facts(&self) -> ImageFacts {
        let (size, own_georef, bands) = match &self.contents {
            Contents::Whole { header, .. } => (header.size.map(|(w, h)| [w, h]), OwnGeoRef::default(), 0),
            Contents::ByWindow {
                image,
                alpha_may_be_band,
                ..
            } => {
                // All but alpha, and that too where it may be something else.
                let bands = match alpha_may_be_band {
                    true => image.bands,
                    false => image.measured_bands().len(),
                };
                (Some(image.size()), image.georef.clone(), bands)
            }
        };
        ImageFacts {
            format: self.format,
            size,
            own_georef,
            bands,
            band_names: self.by_window().map(TiffImage::band_names).unwrap_or_default(),
        }
    }

    /// The file as one whose windows can be decoded, where its format is read so.
    pub fn by_window(&self) -> Option<&TiffImage> {
        match &self.contents {
            Contents::ByWindow { image, .. } => Some(image),
            Contents::Whole { .. } => None,
        }
    }

    /// [`by_window`](Self::by_window), of a file that is not decoded whole.
    pub fn into_window(self) -> Option<TiffImage> {
        match self.contents {
            Contents::ByWindow { image, .. } => Some(*image),
            Contents::Whole { .. } => None,
        }
    }

    /// Decodes the file to an upright raster.
    ///
    /// Sub-byte grey and palettes are expanded to 8 bits, CMYK becomes RGB, of an animation the first
    /// frame is taken. Width and height are compared with `limits` before the pixels are allocated.
    ///
    /// # Errors
    /// See [`DecodeError`]; a file that ends early is `Corrupt`, never half an image.
    pub fn decode(&self, limits: &Limits) -> Result<Raster, DecodeError> {
        match &self.contents {
            Contents::Whole { bytes, header, codec } => whole(bytes, header, codec, limits),
            Contents::ByWindow {
                image,
                alpha_may_be_band,
                ..
            } => {
                check_bytes(image.encoded_bytes(), limits)?;
                let [width, height] = image.size();
                check_size(width, height, limits)?;
                check_memory(image.raster_bytes(&limits.bands), limits)?;
                let bands = image.choose_asked(&limits.bands)?;
                let mut raster = image.whole(&bands)?;
                raster.alpha_may_be_band = *alpha_may_be_band;
                Ok(raster)
            }
        }
    }

    /// Decodes the file as if nobody had asked for bands: what its colours, its number and its alpha say by themselves.
    /// `None` where that is what [`decode`](Self::decode) gives.
    ///
    /// # Errors
    /// As of [`decode`](Self::decode).
    pub fn decode_otherwise(&self, limits: &Limits) -> Result<Option<Raster>, DecodeError> {
        let Contents::ByWindow { image, shown_alpha, .. } = &self.contents else {
            return Ok(None);
        };
        if shown_alpha.is_none() && image.pick(&limits.bands) == image.default_bands() {
            return Ok(None);
        }
        let mut own = image.as_ref().clone();
        own.alpha = own.alpha.or(*shown_alpha);
        check_memory(own.raster_bytes(&[]), limits)?;
        Ok(Some(own.whole(&own.choose_asked(&[])?)?))
    }
}

fn whole(bytes: &[u8], header: &Header, codec: &Codec, limits: &Limits) -> Result<Raster, DecodeError> {
    if let Some((width, height)) = header.size {
        check_size(width, height, limits)?;
    }
    let mut decoded = (codec.pixels)(bytes, header, limits)?;
    let orientation = orientation::of((codec.metadata)(bytes));
    decoded.image.apply_orientation(orientation);
    let mut raster = to_raster(decoded.image)?;
    if let Some(has_data) = decoded.has_data {
        raster = masked(raster, has_data, orientation, limits)?;
    }
    if let Some(bits) = header.bits {
        raster.source_bits = bits;
    }
    raster.is_palette = header.palette;
    raster.chosen = own_bands(&raster, &limits.bands);
    raster.first_frame_only = header.animated;
    raster.exif_rotated = orientation != Orientation::NoTransforms;
    Ok(raster)
}

/// Formats without a choice have the bands that they are made of, in their order, and no others.
fn own_bands(raster: &Raster, asked: &[usize]) -> Option<Arc<ChosenBands>> {
    let all = 0..raster.measured_bands();
    let names: &[&str] = if all.len() == 3 {
        &["red", "green", "blue"]
    } else {
        &["grey"]
    };
    asked.iter().copied().eq(all).then(|| {
        Arc::new(ChosenBands {
            numbers: asked.iter().map(|band| *band as u32 + 1).collect(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            shown: [0, 1, 2].map(|place| place.min(names.len() - 1)),
        })
    })
}

/// An image without the pixels that a mask in the same file leaves out, which lies as the image was stored.
fn masked(
    raster: Raster,
    has_data: Vec<bool>,
    orientation: Orientation,
    limits: &Limits,
) -> Result<Raster, DecodeError> {
    check_memory(raster.bytes() + raster.pixels(), limits)?;
    let (mut width, mut height) = (raster.width, raster.height);
    if orientation::is_on_its_side(orientation) {
        (width, height) = (height, width);
    }
    let mask = GrayImage::from_raw(width, height, has_data.into_iter().map(u8::from).collect());
    let mut mask = DynamicImage::from(mask.ok_or_else(|| DecodeError::Corrupt("a mask of another size".into()))?);
    mask.apply_orientation(orientation);
    let mask = mask.into_luma8().into_raw();
    Ok(raster.with_data(|pixel| mask.get(pixel).is_some_and(|data| *data != 0)))
}
