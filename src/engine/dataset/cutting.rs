//! Which images are too large to be held, and the squares of them that are images of the data set instead, each in its place.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    formats::{
        DecodeError, ImageFile,
        tiff::{Beside, TiffImage, Window},
    },
    protocol::{Fault, FaultCode, Stage},
};

/// Images that squares are taken of.
#[derive(Default)]
pub(in crate::engine) struct Cutting {
    cut: BTreeMap<String, Cut>,
    /// Squares still to be taken in.
    queue: VecDeque<(String, Window)>,
}

/// An image of which squares are in the data set.
struct Cut {
    file: ImageFile,
    /// Those taken in.
    squares: Vec<Window>,
}

impl Cut {
    fn size(&self) -> [u32; 2] {
        self.file.by_window().map_or([0; 2], TiffImage::size)
    }
}

impl Cutting {
    /// Holds an image that comes, of which no square is taken in yet.
    pub(super) fn hold(&mut self, path: String, file: ImageFile) {
        let squares = Vec::new();
        self.cut.insert(path, Cut { file, squares });
    }

    /// Forgets an image; gives the paths of its squares.
    pub(super) fn forget(&mut self, path: &str) -> Vec<String> {
        self.queue.retain(|(other, _)| other != path);
        let squares = self.cut.remove(path).map_or_else(Vec::new, |cut| cut.squares);
        squares.into_iter().map(|square| part_path(path, square)).collect()
    }

    /// Plans anew which squares are taken in, as `choose` says; gives the paths of those that are no longer wanted.
    pub(super) fn plan(&mut self, choose: impl Fn(&str, &TiffImage) -> Vec<Window>) -> Vec<String> {
        // Those of a mask have to be those of its image: images of one size have the same squares.
        let mut by_size: BTreeMap<[u32; 2], Vec<Window>> = BTreeMap::new();
        let (mut gone, mut queue) = (Vec::new(), VecDeque::new());
        for (path, cut) in &mut self.cut {
            let Some(image) = cut.file.by_window() else { continue };
            let wanted = by_size.entry(image.size()).or_insert_with(|| choose(path, image));
            let (stay, go): (Vec<Window>, Vec<Window>) = cut.squares.iter().partition(|square| wanted.contains(square));
            gone.extend(go.into_iter().map(|square| part_path(path, square)));
            let new = wanted.iter().filter(|square| !stay.contains(square));
            queue.extend(new.map(|square| (path.clone(), *square)));
            cut.squares = stay;
        }
        self.queue = queue;
        gone
    }

    /// Squares still to be taken in.
    pub(super) fn left(&self) -> usize {
        self.queue.len()
    }

    /// The next square, with its path; `beside`: what is known of its image. `None` where none is left.
    pub(super) fn next(&mut self, beside: impl Fn(&str) -> Beside) -> Option<(String, Result<ImageFile, DecodeError>)> {
        while let Some((path, window)) = self.queue.pop_front() {
            let Some(cut) = self.cut.get_mut(&path) else { continue };
            if let Some(part) = cut.file.part(window, &beside(&path)).transpose() {
                cut.squares.push(window);
                return Some((part_path(&path, window), part));
            }
        }
        None
    }

    /// What is said of the images of which only squares are seen.
    pub(super) fn report(&self) -> impl Iterator<Item = Fault> {
        self.cut.iter().map(|(path, cut)| {
            let [width, height] = cut.size();
            let seen: usize = cut.squares.iter().map(|w| w.width * w.height).sum();
            let share = 100.0 * seen as f64 / (f64::from(width) * f64::from(height)).max(1.0);
            let squares = cut.squares.len();
            Fault {
                code: FaultCode::ImageParts,
                stage: Stage::Read,
                file: Some(path.clone()),
                detail: Some(format!("{squares} parts, {share:.1} % of {width} × {height} px")),
            }
        })
    }
}

/// `maps/ortho.tif` at row 2048, column 512: `maps/ortho_y002048_x000512.tif`.
fn part_path(path: &str, window: Window) -> String {
    let (stem, ending) = path.rsplit_once('.').unwrap_or((path, "tif"));
    format!("{stem}_y{:06}_x{:06}.{ending}", window.y, window.x)
}
