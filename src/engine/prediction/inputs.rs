//! The images to predict, as they were dropped.

use std::sync::Arc;

use super::large::{Large, WHOLE_BYTES};
use crate::{
    data::{
        load::{self, GeoRefs, Incoming},
        mask_files::{self, MaskFiles},
        preprocess,
    },
    engine::{
        dataset::others,
        file_faults::{fault, file_fault},
        georef,
    },
    export::PixelSet,
    formats::{
        DecodeError, ImageFile, Limits,
        bytes::ByRange,
        raster::{ChosenBands, Raster, ReadBands},
        run_file::Source,
        sidecars::SidecarKind,
        tiff::{TiffError, TiffImage},
    },
    geo::{GeoRef, GeoRefRemark},
    infer::View,
    protocol::{Event, FaultCode, Input, Stage},
};

/// Longer side in pixels of what the page is shown of an image and of its result.
pub(super) const VIEW_PX: usize = 1024;
/// Longer side of a gallery picture in pixels.
pub(in crate::engine) const THUMB_PX: u32 = 256;
/// Decoded images to predict, all together, in bytes.
const INPUT_BYTES: u64 = 1 << 30;

struct InputImage {
    path: String,
    /// The whole image, or a small one of it if it is read by window.
    raster: Raster,
    /// Which bands of the file are read, if those are that were asked for.
    chosen: Option<Arc<ChosenBands>>,
    /// Bands of the file.
    bands_of_file: u32,
    /// They were asked for as those of a network.
    for_network: bool,
    large: Option<Large>,
    /// By the file itself, or by what lies beside it.
    geo: Option<GeoRef>,
    remark: Option<GeoRefRemark>,
}

/// The images to predict.
#[derive(Default)]
pub(in crate::engine) struct Inputs {
    images: Vec<InputImage>,
    places: GeoRefs,
    /// Which pixels have no data, by files beside the images.
    mask_files: MaskFiles,
    /// Bands of TIFFs to read, as the page chose them; empty for the usual ones.
    bands: Vec<usize>,
    /// They are those of a network to be trained.
    for_network: bool,
    /// Those chosen last that were not.
    shown: Vec<usize>,
    /// Those that the model wants, and whether there is one.
    of_model: Option<Vec<usize>>,
    /// TIFFs up to this many bytes decoded are held whole; `None` for the usual limit.
    whole_bytes: Option<u64>,
    files_read: u32,
}

impl Inputs {
    pub(in crate::engine) fn len(&self) -> usize {
        self.images.len()
    }

    pub(in crate::engine) fn raster(&self, index: usize) -> Option<&Raster> {
        self.images.get(index).map(|input| &input.raster)
    }

    pub(in crate::engine) fn path(&self, index: usize) -> Option<&str> {
        self.images.get(index).map(|input| input.path.as_str())
    }

    /// Bands of TIFFs to read from the next file on, by number from 0: those of a network to be trained, or those to show.
    pub(in crate::engine) fn set_bands(&mut self, bands: Vec<usize>, for_network: bool) {
        if !for_network {
            self.shown.clone_from(&bands);
        }
        self.bands = bands;
        self.for_network = for_network;
    }

    /// Whether the bands in force are those of a network to be trained.
    pub(in crate::engine) fn are_for_network(&self) -> bool {
        self.for_network
    }

    /// Reads images from the next file on as a model sees them: its bands by number from 1, none for the usual ones.
    pub(in crate::engine) fn set_model_bands(&mut self, numbers: Option<Vec<u32>>) {
        let from_zero = |numbers: Vec<u32>| {
            numbers
                .into_iter()
                .map(|number| number.saturating_sub(1) as usize)
                .collect()
        };
        self.of_model = numbers.map(from_zero);
    }

    /// The bands of the next file to predict.
    fn wanted(&self) -> Vec<usize> {
        match &self.of_model {
            Some(bands) if !bands.is_empty() => bands.clone(),
            // Its images are pictures; a stack is chosen for another network.
            Some(_) if ChosenBands::is_stack(self.shown.len()) => Vec::new(),
            Some(_) => self.shown.clone(),
            None => self.bands.clone(),
        }
    }

    /// Whether the next file to predict is read as a network sees it.
    fn is_wanted_by_network(&self) -> bool {
        match &self.of_model {
            Some(bands) => !bands.is_empty(),
            None => self.for_network,
        }
    }

    /// Which bands of an image were read.
    pub(in crate::engine) fn bands_of(&self, index: usize) -> ReadBands<'_> {
        let input = self.images.get(index);
        ReadBands {
            chosen: input.and_then(|input| input.chosen.as_deref()),
            of_file: input.map_or(0, |input| input.bands_of_file),
            for_network: input.is_some_and(|input| input.for_network),
        }
    }

    /// TIFFs that take more bytes decoded are read by window.
    pub(in crate::engine) fn read_by_window_from(&mut self, bytes: u64) {
        self.whole_bytes = Some(bytes);
    }

    /// Files that have come, whatever became of them.
    pub(in crate::engine) fn files_read(&self) -> u32 {
        self.files_read
    }

    /// The bands to show, by number from 0; empty for the usual ones.
    pub(in crate::engine) fn bands(&self) -> &[usize] {
        &self.bands
    }

    /// The images as the page shows them.
    pub(in crate::engine) fn describe(&self) -> Vec<Input> {
        let inputs = self.images.iter().enumerate().map(|(index, input)| {
            let (thumb_width, thumb_height, thumb_rgba) = preprocess::thumbnail(&input.raster, THUMB_PX);
            let [width, height] = self.size(index).unwrap_or_default();
            Input {
                index: index as u32,
                name: input.path.rsplit('/').next().unwrap_or(&input.path).to_owned(),
                path: input.path.clone(),
                width,
                height,
                thumb_width,
                thumb_height,
                thumb_rgba,
                geo: input
                    .geo
                    .as_ref()
                    .map(|geo| georef::describe(geo, input.remark, width, height)),
            }
        });
        inputs.collect()
    }

    /// The bands chosen, by number from 1.
    pub(in crate::engine) fn chosen_bands(&self) -> Vec<u32> {
        self.bands.iter().map(|band| *band as u32 + 1).collect()
    }

    /// No images any more; the choice of bands stays.
    pub(in crate::engine) fn emptied(&self) -> Inputs {
        Inputs {
            bands: self.bands.clone(),
            for_network: self.for_network,
            shown: self.shown.clone(),
            of_model: self.of_model.clone(),
            whole_bytes: self.whole_bytes,
            ..Inputs::default()
        }
    }

    /// Width and height.
    pub(in crate::engine) fn size(&self, index: usize) -> Option<[u32; 2]> {
        let input = self.images.get(index)?;
        Some(match &input.large {
            Some(large) => large.size().map(|n| n as u32),
            None => [input.raster.height, input.raster.width],
        })
        .map(|[height, width]| [width, height])
    }

    pub(in crate::engine) fn geo(&self, index: usize) -> Option<&GeoRef> {
        self.images.get(index)?.geo.as_ref()
    }

    /// Side of a pixel in units of the map, where those are metres.
    pub(in crate::engine) fn map_pixel_m(&self, index: usize) -> Option<f64> {
        georef::map_pixel_m(self.geo(index)?)
    }

    /// Side of a pixel on the ground in metres, where that is known.
    pub(in crate::engine) fn pixel_m(&self, index: usize) -> Option<f64> {
        let [width, height] = self.size(index)?;
        georef::pixel_m(self.geo(index)?, width, height)
    }

    /// Height and width of an image that is read by window.
    pub(super) fn large_size(&self, index: usize) -> Option<[usize; 2]> {
        self.images.get(index)?.large.as_ref().map(Large::size)
    }

    /// Rows `from` and `height` of an image that is read by window; `view` is told where they begin. `None` for one
    /// that is held whole.
    ///
    /// # Errors
    /// If the file is damaged there.
    pub(in crate::engine) fn rows(
        &mut self,
        index: usize,
        view: &mut View,
        [from, height]: [usize; 2],
    ) -> Result<Option<&Raster>, DecodeError> {
        match self.images.get_mut(index).and_then(|input| input.large.as_mut()) {
            Some(large) => {
                view.begin_at(from);
                large.rows(from, height).map(Some)
            }
            None => Ok(None),
        }
    }

    /// Rows `from` and `height` of an image, and the row of it that what comes back begins with: an image that is held
    /// whole comes whole. `None` if there is no such image.
    ///
    /// # Errors
    /// If the file is damaged there.
    pub(super) fn some_rows(
        &mut self,
        index: usize,
        from: usize,
        height: usize,
    ) -> Result<Option<(Raster, usize)>, DecodeError> {
        let Some(input) = self.images.get_mut(index) else {
            return Ok(None);
        };
        match &mut input.large {
            Some(large) => large.rows(from, height).map(|rows| Some((rows.clone(), from))),
            None => Ok(Some((input.raster.clone(), 0))),
        }
    }

    /// Forgets the rows of an image that is read by window.
    pub(super) fn forget_rows(&mut self, index: usize) {
        if let Some(large) = self.images.get_mut(index).and_then(|input| input.large.as_mut()) {
            large.forget_rows();
        }
    }

    /// Where nothing was measured, of an image that was read by window; forgets its rows.
    pub(super) fn missing_of_large(&mut self, index: Option<usize>) -> Option<Option<PixelSet>> {
        let large = self.images.get_mut(index?)?.large.as_mut()?;
        Some(large.finish())
    }

    /// Most bands that a file had, alpha aside.
    pub(in crate::engine) fn most_bands(&self) -> usize {
        self.places.most_bands()
    }

    /// What the file with the most bands calls them.
    pub(in crate::engine) fn band_names(&self) -> &[String] {
        self.places.band_names()
    }

    /// Takes one file in; a file of the same path is replaced.
    pub(in crate::engine) fn add(&mut self, path: String, bytes: Vec<u8>) -> Option<Event> {
        self.files_read += 1;
        let limits = Limits {
            bands: self.wanted(),
            ..Limits::default()
        };
        let read = match load::sort(&path, bytes, false, &limits) {
            Incoming::Sidecar {
                kind: SidecarKind::MissingMask,
                owner,
                bytes,
            } => return self.add_mask_file(&path, owner, bytes),
            Incoming::Sidecar { kind, owner, bytes } => {
                self.places.add_sidecar(kind, owner, &bytes);
                return None;
            }
            Incoming::Annotations(kind) => return Some(others::annotations(&path, kind)),
            // Outlines are not asked for.
            Incoming::Junk
            | Incoming::PassedOver
            | Incoming::Outlines(_)
            | Incoming::Layers(_)
            | Incoming::Annotated(_)
            | Incoming::Shapefile(_) => return None,
            Incoming::Image(file) => {
                let facts = file.facts();
                let read = self.read(&path, file, &limits);
                if read.is_ok() {
                    self.places.add(&path, facts);
                }
                read
            }
            Incoming::Refused(error) => Err(error),
        };
        self.take_in(path, read)
    }

    /// Takes in an image that stays where it is; `None` if its bytes are wanted, else why it is refused.
    pub(in crate::engine) fn open(&mut self, path: &str, source: Box<dyn Source>) -> Option<Option<Event>> {
        let limits = Limits {
            bands: self.wanted(),
            ..Limits::default()
        };
        let read = match ImageFile::open_by_range(ByRange::new(source), &limits) {
            Ok(Some(file)) if file.by_window().is_some_and(TiffImage::is_worth_parts) => {
                let facts = file.facts();
                let read = self.read(path, file, &limits);
                if read.is_ok() {
                    self.places.add(path, facts);
                }
                read
            }
            Ok(_) => return None,
            Err(error) => Err(error),
        };
        self.files_read += 1;
        Some(self.take_in(path.to_owned(), read))
    }

    fn take_in(&mut self, path: String, read: Result<InputImage, DecodeError>) -> Option<Event> {
        let mut input = match read {
            Ok(input) => input,
            Err(error) => return Some(Event::Fault(file_fault(&path, &error.into()))),
        };
        let bytes = |i: &InputImage| i.raster.bytes() + i.large.as_ref().map_or(0, Large::bytes);
        let held: u64 = self.images.iter().map(bytes).sum();
        if held + bytes(&input) > INPUT_BYTES {
            let detail = format!("{} MiB, limit {} MiB", (held + bytes(&input)) >> 20, INPUT_BYTES >> 20);
            return Some(fault(FaultCode::OutOfMemory, Stage::Read, Some(path), Some(detail)));
        }
        self.images.retain(|other| other.path != path);
        let refused = match self.mask_files.of(&path) {
            Some(file) => leave_out_missing(&mut input, file),
            None => None,
        };
        self.images.push(input);
        refused
    }

    /// Decodes an image, or opens it to be read by window.
    fn read(&self, path: &str, file: ImageFile, limits: &Limits) -> Result<InputImage, DecodeError> {
        let whole_bytes = self.whole_bytes.unwrap_or(WHOLE_BYTES);
        let is_large = file
            .by_window()
            .is_some_and(|image| image.raster_bytes(&limits.bands) > whole_bytes && image.is_worth_windows());
        let (raster, large) = match is_large {
            false => (file.decode(limits)?, None),
            true => {
                let image = file.into_window().ok_or(DecodeError::UnknownFormat)?;
                let large = Large::open(image, &limits.bands)?;
                (large.preview(VIEW_PX)?, Some(large))
            }
        };
        let (chosen, bands_of_file) = match &large {
            Some(large) => large.chosen(),
            None => (raster.chosen.clone(), raster.bands_of_file()),
        };
        Ok(InputImage {
            path: path.to_owned(),
            chosen,
            bands_of_file,
            for_network: self.is_wanted_by_network(),
            raster,
            large,
            geo: None,
            remark: None,
        })
    }

    /// Takes in a file that says which pixels of `image` (its path in lower case) have no data, whether that is here yet
    /// or not.
    fn add_mask_file(&mut self, path: &str, image: String, bytes: Vec<u8>) -> Option<Event> {
        if let Err(kind) = self.mask_files.add(path, image.clone(), bytes) {
            return Some(Event::Fault(file_fault(path, &kind)));
        }
        let file = self.mask_files.of(&image)?;
        let mut images = self.images.iter_mut();
        images
            .find(|input| input.path.to_lowercase() == image)
            .and_then(|input| leave_out_missing(input, file))
    }

    /// Gives the images their georeferences: those beside them too.
    pub(in crate::engine) fn attach_georefs(&mut self) {
        for input in &mut self.images {
            let place = self.places.located(&input.path).unwrap_or_default();
            (input.geo, input.remark) = (place.geo, place.remark);
            let nodata = self.places.nodata_of(&input.path);
            if !nodata.is_empty() && !input.raster.has_alpha() {
                input.raster = input.raster.with_nodata(nodata);
                if let Some(large) = &mut input.large {
                    large.set_nodata(nodata);
                }
            }
        }
    }
}

/// Makes those pixels transparent that the file beside an image says have no data; why not, if it cannot be used.
fn leave_out_missing(input: &mut InputImage, file: &mask_files::MaskFile) -> Option<Event> {
    let mut apply = || -> Result<(), TiffError> {
        input.raster = match &mut input.large {
            Some(large) => large.attach_mask(file.mask.clone(), VIEW_PX)?,
            None => file.mask.apply(&input.raster)?,
        };
        Ok(())
    };
    let error = apply().err()?;
    Some(Event::Fault(file_fault(&file.path, &mask_files::fault(error))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::mask_files::tests::msk,
        formats::{Parts, grey8_png, tiff},
    };

    /// Held whole or read by window, before its mask or after it.
    #[test]
    fn the_mask_beside_an_image_makes_it_transparent() {
        let spec = tiff::GeoTiffSpec {
            width: 4,
            height: 4,
            geo: None,
            nodata: None,
            palette: None,
        };
        let geotiff = tiff::write(spec, |_, _| 9u8, Parts::whole()).expect("written");
        let png = grey8_png(&[9; 16], 4, 4).expect("written");
        for (name, file, whole_bytes) in [
            ("a.png", &png, None),
            ("a.tif", &geotiff, None),
            ("a.tif", &geotiff, Some(0)),
        ] {
            for mask_first in [false, true] {
                let mut inputs = Inputs {
                    whole_bytes,
                    ..Inputs::default()
                };
                let mut files = [(name.to_owned(), file.clone()), (format!("{name}.msk"), msk())];
                if mask_first {
                    files.reverse();
                }
                for (path, bytes) in files {
                    assert!(inputs.add(path, bytes).is_none());
                }
                assert_eq!(inputs.len(), 1);
                let raster = inputs.raster(0).expect("an image");
                let alpha = [raster.rgba8_at(0, 0)[3], raster.rgba8_at(1, 0)[3]];
                assert_eq!(alpha, [0, 255], "{name} {whole_bytes:?} {mask_first}");
            }
        }
        let mut inputs = Inputs::default();
        assert!(inputs.add("a.tif.msk".into(), b"junk".to_vec()).is_some());
        assert!(inputs.add("b.tif.msk".into(), msk()).is_none());
        assert_eq!(inputs.len(), 0);
    }
}
