//! Files that stay where they are and are read by range. Of an image that is too large to be held squares are taken in as images
//! of their own: to train on that is enough.

use crate::{
    data::builder::Builder,
    engine::{DataState, Engine, allowed, run_state::Activity},
    formats::{
        ImageFile, Limits,
        bytes::ByRange,
        run_file::Source,
        tiff::{self, Beside, TiffImage, Window},
    },
    geo::GeoRef,
    protocol::{Command, DataSource, Event, Purpose},
};

/// Side of a square in pixels: room for many crops, and for the objects of an aerial image.
const SQUARE_PX: usize = 1024;
/// Squares of one image at most.
const MOST_SQUARES: u64 = 64;
/// Bytes that they may take, decoded.
const SQUARES_BYTES: u64 = 128 << 20;

/// By its pixels alone: an image and its mask are both held, or both cut.
fn is_small_enough(image: &TiffImage, limits: &Limits) -> bool {
    let [width, height] = image.size().map(u64::from);
    width * height <= limits.max_pixels
}

/// As many squares as memory allows.
fn count_of(image: &TiffImage, bands: &[usize]) -> usize {
    let [width, height] = image.size().map(u64::from);
    let pixel_bytes = image.raster_bytes(bands) as f64 / (width * height).max(1) as f64;
    let square_bytes = pixel_bytes * (SQUARE_PX * SQUARE_PX) as f64;
    ((SQUARES_BYTES as f64 / square_bytes.max(1.0)) as u64).clamp(1, MOST_SQUARES) as usize
}

fn beside(path: &str, data: &DataState) -> Beside {
    Beside {
        geo: data.vectors.geo(path),
        mask: data.builder.mask_beside(path).cloned(),
        nodata: data.vectors.places().nodata_of(path).first().copied(),
    }
}

impl Engine {
    /// Takes in a file that stays where it is, as `add_file` does its bytes; `None` if its bytes are wanted. Of an image too large
    /// to be held squares are taken in by [`plan_parts`](Self::plan_parts) and [`add_part`](Self::add_part), or with `files_done`.
    pub fn open_file(&mut self, path: String, source: Box<dyn Source>, purpose: Purpose) -> Option<Vec<Event>> {
        let command = Command::AddFile {
            path: path.clone(),
            bytes: Vec::new(),
            purpose,
        };
        if let Err(refusal) = allowed::allowed(&command, self.state()) {
            return Some(vec![Event::Fault(refusal)]);
        }
        if purpose == Purpose::Predict {
            let refused = self.inputs.open(&path, source)?;
            let done = self.inputs.files_read();
            return Some(
                refused
                    .into_iter()
                    .chain([Event::Reading { purpose, done, path }])
                    .collect(),
            );
        }
        self.prepare_for_files();
        let file = match ImageFile::open_by_range(ByRange::new(source), self.data.builder.limits()) {
            Ok(file) => Some(file?),
            Err(error) => {
                let _ = self.data.builder.refuse(&path, error);
                None
            }
        };
        self.data.vectors.note_change();
        self.data.others.forget(&path);
        let Some(file) = file else {
            self.forget_squares(&path);
            return Some(vec![self.one_read(path)]);
        };
        let image = file.by_window().filter(|image| image.is_worth_parts())?;
        self.data.vectors.add_image(&path, file.facts());
        if is_small_enough(image, self.data.builder.limits()) {
            self.forget_squares(&path);
            let _ = self.data.builder.add_image(&path, &file);
        } else {
            self.data.builder.remove_image(&path);
            for gone in self.data.cutting.hold(path.clone(), file) {
                self.data.builder.remove_image(&gone);
            }
        }
        Some(vec![self.one_read(path)])
    }

    /// Chooses squares of the images that are too large to be held: spread evenly over where outlines were mapped, or over
    /// all of it. Gives how many are to be taken in; those of before that are not among them go.
    pub fn plan_parts(&mut self) -> u32 {
        if self.state().run != Activity::None {
            return 0;
        }
        let mut cutting = std::mem::take(&mut self.data.cutting);
        let gone = cutting.plan(
            |path| beside(path, &self.data),
            |image, geo| self.squares_to_cut(image, geo),
            |path| self.data.builder.is_painted(path),
        );
        self.data.cutting = cutting;
        for path in gone {
            self.data.builder.remove_image(&path);
            self.data.vectors.note_change();
        }
        self.data.cutting.left() as u32
    }

    /// Takes in the next square; `false` where none is left.
    pub fn add_part(&mut self) -> bool {
        let mut cutting = std::mem::take(&mut self.data.cutting);
        let next = cutting.next(|path| beside(path, &self.data));
        self.data.cutting = cutting;
        let Some((path, part)) = next else { return false };
        let DataState { vectors, builder, .. } = &mut self.data;
        vectors.note_change();
        match part {
            Ok(part) => {
                vectors.add_image(&path, part.facts());
                let _ = builder.add_image(&path, &part);
            }
            Err(error) => drop(builder.refuse(&path, error)),
        }
        true
    }

    /// The squares of an image that is cut no longer.
    pub(super) fn forget_squares(&mut self, path: &str) {
        for gone in self.data.cutting.forget(path) {
            self.data.builder.remove_image(&gone);
        }
    }

    fn squares_to_cut(&self, image: &TiffImage, geo: Option<&GeoRef>) -> Vec<Window> {
        let mapped = geo.map_or_else(Vec::new, |geo| self.data.vectors.extents_px(geo));
        let is_mapped = |w: &&Window| {
            let (left, top) = (w.x as f64, w.y as f64);
            let (right, bottom) = (left + w.width as f64, top + w.height as f64);
            let mut boxes = mapped.iter();
            boxes.any(|[x0, y0, x1, y1]| left < *x1 && right > *x0 && top < *y1 && bottom > *y0)
        };
        let all = image.squares(SQUARE_PX);
        let some: Vec<Window> = all.iter().filter(is_mapped).copied().collect();
        let from = if some.is_empty() { &all } else { &some };
        tiff::spread(from, count_of(image, &self.data.builder.limits().bands))
    }

    /// A file of one's own comes, so that the sample scenes go.
    pub(super) fn prepare_for_files(&mut self) {
        if self.data.source == DataSource::SampleScenes {
            // Mixing them would be nobody's wish.
            self.data.builder = Builder::default();
        }
        self.data.source = DataSource::Files;
        let bands = self.inputs.bands().to_vec();
        self.data.builder.set_bands(bands, self.inputs.are_for_network());
    }

    pub(super) fn one_read(&mut self, path: String) -> Event {
        self.data.files_read += 1;
        Event::Reading {
            purpose: Purpose::Train,
            done: self.data.files_read,
            path,
        }
    }
}

#[cfg(test)]
#[path = "large_tests.rs"]
mod tests;
