//! Which images are too large to be held, and the squares of them that are images of the data set instead, each in its place.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    formats::{
        DecodeError, ImageFile,
        tiff::{Beside, Mask, TiffImage, Window},
    },
    geo::GeoRef,
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
    /// With what lay beside the image then; none if the file has come anew since.
    taken_with: Option<Known>,
}

/// What is known of an image beside its file, to be told from what was known before: its place, the length of a mask of missing
/// pixels, the value that means nothing.
#[derive(Debug, Clone, PartialEq)]
struct Known(Option<GeoRef>, Option<usize>, Option<u64>);

impl Known {
    fn of(beside: &Beside) -> Known {
        let mask = beside.mask.as_ref().map(Mask::encoded_bytes);
        Known(beside.geo.clone(), mask, beside.nodata.map(f64::to_bits))
    }
}

/// Images of one size and one place: an image, its mask, the same ground at other times. They have the same squares, or a mask
/// would lie on no image.
struct Group {
    size: [u32; 2],
    geo: Option<GeoRef>,
    paths: Vec<String>,
}

impl Group {
    fn takes(&self, size: [u32; 2], geo: Option<&GeoRef>) -> bool {
        let is_there = match (&self.geo, geo) {
            (Some(own), Some(other)) => is_same_place(own, other),
            _ => true,
        };
        self.size == size && is_there
    }
}

/// To within a pixel.
fn is_same_place(a: &GeoRef, b: &GeoRef) -> bool {
    let [x, right, across, y, along, down] = a.transform;
    let [other_x, _, _, other_y, ..] = b.transform;
    (x - other_x).abs() < right.abs().max(across.abs()) && (y - other_y).abs() < along.abs().max(down.abs())
}

impl Cut {
    fn image(&self) -> Option<&TiffImage> {
        self.file.by_window()
    }

    fn size(&self) -> [u32; 2] {
        self.image().map_or([0; 2], TiffImage::size)
    }
}

impl Cutting {
    /// Holds an image that comes. Squares of one of its path and size stay until they are planned anew; of another size their
    /// paths come back.
    pub(super) fn hold(&mut self, path: String, file: ImageFile) -> Vec<String> {
        let size = file.by_window().map(TiffImage::size);
        let has_same_size = self.cut.get(&path).is_some_and(|cut| Some(cut.size()) == size);
        let gone = if has_same_size { Vec::new() } else { self.forget(&path) };
        let squares = self.cut.remove(&path).map_or_else(Vec::new, |cut| cut.squares);
        let cut = Cut {
            file,
            squares,
            taken_with: None,
        };
        self.cut.insert(path, cut);
        gone
    }

    /// Forgets an image; gives the paths of its squares.
    pub(super) fn forget(&mut self, path: &str) -> Vec<String> {
        self.queue.retain(|(other, _)| other != path);
        let squares = self.cut.remove(path).map_or_else(Vec::new, |cut| cut.squares);
        squares.into_iter().map(|square| part_path(path, square)).collect()
    }

    /// Plans anew which squares are taken in, as `choose` says for an image and its place; gives the paths of those that are no
    /// longer wanted. What was painted on stays.
    pub(super) fn plan(
        &mut self,
        beside: impl Fn(&str) -> Beside,
        choose: impl Fn(&TiffImage, Option<&GeoRef>) -> Vec<Window>,
        is_painted: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let mut groups: Vec<Group> = Vec::new();
        for (path, cut) in &self.cut {
            let (size, geo) = (cut.size(), beside(path).geo);
            match groups.iter_mut().find(|group| group.takes(size, geo.as_ref())) {
                Some(group) => {
                    group.geo = group.geo.take().or(geo);
                    group.paths.push(path.clone());
                }
                None => groups.push(Group {
                    size,
                    geo,
                    paths: vec![path.clone()],
                }),
            }
        }
        let (mut gone, mut queue) = (Vec::new(), VecDeque::new());
        for group in groups {
            let images = group.paths.iter().filter_map(|path| self.cut.get(path)?.image());
            // A mask says little of where there is ground, and takes little memory.
            let Some(image) = images.max_by_key(|image| image.raster_bytes(&[])) else {
                continue;
            };
            let wanted = choose(image, group.geo.as_ref());
            for path in group.paths {
                let known = Known::of(&beside(&path));
                let Some(cut) = self.cut.get_mut(&path) else { continue };
                let stays = |square: &Window| wanted.contains(square) || is_painted(&part_path(&path, *square));
                let (mut stay, go): (Vec<Window>, Vec<Window>) = cut.squares.iter().partition(|square| stays(square));
                gone.extend(go.into_iter().map(|square| part_path(&path, square)));
                let mut new: Vec<Window> = wanted.iter().filter(|square| !stay.contains(square)).copied().collect();
                if cut.taken_with.as_ref() != Some(&known) {
                    new.append(&mut stay);
                    cut.taken_with = Some(known);
                }
                queue.extend(new.into_iter().map(|square| (path.clone(), square)));
                cut.squares = stay;
            }
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
