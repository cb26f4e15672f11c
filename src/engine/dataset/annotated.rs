//! Which images the outlines of labelling tools' files are for, and those outlines in their pixels.

use std::collections::BTreeMap;

use super::{vector_areas::shifted, vector_codes::Codes, vector_masks::Index, vector_objects::ObjectCanvas};
use crate::{
    formats::annotations::{AnnotatedImage, Annotations, Unit},
    geo::{Fate, GeoKeys, GeoRef, Polygons},
};

type Files = BTreeMap<String, Result<Annotations, String>>;

/// By file and image: what the file says of it.
pub(super) type Found<'a> = BTreeMap<(&'a str, &'a str), Vec<Outlined<'a>>>;

/// The outlines of an image, and how many of its file come before them.
pub(super) struct Outlined<'a> {
    outlines: &'a AnnotatedImage,
    first: usize,
}

/// The outlines of all files that could be read.
pub(super) fn polygons(files: &Files) -> impl Iterator<Item = &Polygons> {
    let images = files.values().flatten().flat_map(|file| &file.images);
    images.map(|image| &image.polygons)
}

/// How many outlines a file has.
pub(in crate::engine) fn outlines(file: &Result<Annotations, String>) -> usize {
    let images = file.iter().flat_map(|file| &file.images);
    images.map(|image| image.polygons.len()).sum()
}

/// The images that files speak of, among those that came.
pub(in crate::engine) fn find<'a>(files: &'a Files, index: &Index<'a>) -> Found<'a> {
    let names = ByName::of(index.images());
    let mut found = Found::new();
    for (path, file) in files {
        let mut first = 0;
        for outlines in file.iter().flat_map(|file| &file.images) {
            let named = names.find([&outlines.name, &outlines.other_name], path);
            let images = match named {
                Some(image) => vec![image],
                // A file of one image has its name.
                None if file.as_ref().is_ok_and(|file| file.images.len() == 1) => index.named_like(path),
                None => Vec::new(),
            };
            for image in images {
                let all = found.entry((path.as_str(), image)).or_default();
                all.push(Outlined { outlines, first });
            }
            first += outlines.polygons.len();
        }
    }
    found
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Images by their files' names, as they are and as an upload keeps them.
struct ByName<'a> {
    names: BTreeMap<&'a str, Vec<&'a str>>,
    tidy: BTreeMap<String, Vec<&'a str>>,
}

impl<'a> ByName<'a> {
    fn of(images: &[&'a str]) -> Self {
        let (mut names, mut tidied) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for image in images {
            names.entry(file_name(image)).or_default().push(*image);
            tidied.entry(tidy(file_name(image))).or_default().push(*image);
        }
        Self { names, tidy: tidied }
    }

    /// The image that a file means by a name, or by the one that a picture had before it was uploaded.
    fn find(&self, [name, before]: [&Option<String>; 2], file: &str) -> Option<&'a str> {
        let as_said = [name, before].into_iter().flatten();
        let mut as_said = as_said.filter_map(|name| named(name, file, &self.names));
        let tidied = || match &self.tidy.get(&tidy(file_name(before.as_ref()?)))?[..] {
            [image] => Some(*image),
            _ => None,
        };
        as_said.next().or_else(tidied)
    }
}

/// A name as web servers keep that of an upload (Django's `get_valid_name`): blanks as `_`, no signs but `-`, `_` and `.`.
fn tidy(name: &str) -> String {
    let kept = name.trim().chars().map(|c| if c == ' ' { '_' } else { c });
    kept.filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .collect()
}

/// The image of a name or path that a file has for it: of those with the name the one that agrees in most folders with
/// that path, then with the file's own; `None` if there is no such image, or several that agree alike.
fn named<'a>(name: &str, file: &str, by_name: &BTreeMap<&str, Vec<&'a str>>) -> Option<&'a str> {
    let images = by_name.get(file_name(name))?;
    let folders = |path: &str| -> Vec<String> {
        let mut all: Vec<String> = path.split(['/', '\\']).map(str::to_owned).collect();
        all.pop();
        all
    };
    let alike = |a: &mut dyn Iterator<Item = String>, b: Vec<String>| a.zip(b).take_while(|(a, b)| a == b).count();
    let agreement = |image: &str| {
        let own = folders(image);
        let mut said = folders(name);
        said.reverse();
        let from_end = alike(&mut own.iter().rev().cloned(), said);
        (from_end, alike(&mut own.into_iter(), folders(file)))
    };
    let best = images.iter().map(|image| agreement(image)).max()?;
    let mut best = images.iter().filter(|image| agreement(image) == best);
    best.next().copied().filter(|_| best.next().is_none())
}

impl Outlined<'_> {
    /// Draws the outlines on the codes of an image. `Some(true)` if a pixel was set, `Some(false)` if there is nothing on
    /// it, `None` if the file says nothing of its outlines (boxes alone).
    ///
    /// # Errors
    /// If the file speaks of an image of another size.
    pub(in crate::engine) fn draw(
        &self,
        size: [u32; 2],
        codes: &Codes,
        fates: &mut [Fate],
        canvas: &mut Vec<u16>,
    ) -> Result<Option<bool>, String> {
        if let Some([width, height]) = self.outlines.size.filter(|said| *said != size) {
            let [own_width, own_height] = size;
            return Err(format!(
                "annotated at {width} × {height}, the image has {own_width} × {own_height}"
            ));
        }
        let polygons = &self.outlines.polygons;
        let left_out = polygons.left_out;
        if polygons.is_empty() {
            return Ok((left_out.other_shapes + left_out.broken == 0).then_some(false));
        }
        let fates = fates.get_mut(self.first..).unwrap_or_default();
        Ok(Some(self.draw_at(size, codes, [0, 0], fates, canvas)))
    }

    /// The same so many pixels farther to the right and down.
    pub(super) fn draw_shifted(&self, size: [u32; 2], codes: &Codes, shift: [i32; 2], canvas: &mut Vec<u16>) {
        self.draw_at(size, codes, shift, &mut [], canvas);
    }

    /// Draws each outline as an object of its own, so many pixels farther to the right and down.
    pub(super) fn draw_objects(&self, size: [u32; 2], codes: &Codes, shift: [i32; 2], objects: &mut ObjectCanvas) {
        if self.outlines.size.is_some_and(|said| said != size) {
            return;
        }
        let polygons = &self.outlines.polygons;
        if let Some(pixels) = self.place(size, shift)
            && let Ok(projected) = polygons.project(&pixels)
        {
            objects.draw(&projected, &pixels, size, codes.in_file(polygons));
        }
    }

    /// Where the outlines lie, as if on a map, so many pixels farther to the right and down.
    fn place(&self, size: [u32; 2], shift: [i32; 2]) -> Option<GeoRef> {
        let [x, y] = match self.outlines.unit {
            Unit::Pixels => [1.0, 1.0],
            Unit::Shares => size.map(|side| 1.0 / f64::from(side.max(1))),
        };
        let epsg = Some(self.outlines.polygons.epsg);
        let pixels = GeoRef::new([0.0, x, 0.0, 0.0, 0.0, y], epsg, GeoKeys::default());
        pixels.map(|pixels| shifted(&pixels, shift))
    }

    fn draw_at(
        &self,
        size: [u32; 2],
        codes: &Codes,
        shift: [i32; 2],
        fates: &mut [Fate],
        canvas: &mut Vec<u16>,
    ) -> bool {
        let polygons = &self.outlines.polygons;
        let Some(pixels) = self.place(size, shift) else {
            return false;
        };
        let projected = polygons.project(&pixels);
        projected.is_ok_and(|all| all.draw(&pixels, size, codes.in_file(polygons), canvas, fates).drawn)
    }
}

/// What is said of a file that is not in the masks as a whole; `masks`: images that it is in the masks of.
pub(super) fn remarks(file: &Annotations, masks: usize, misplaced: &[String]) -> Option<String> {
    let sum = |count: fn(&AnnotatedImage) -> usize| file.images.iter().map(count).sum::<usize>();
    let mut parts = Vec::new();
    if masks == 0 {
        parts.push(match misplaced.first() {
            Some(reason) => reason.clone(),
            None => format!("none of the {} images that it names is here", file.images.len()),
        });
        return parts.pop();
    }
    let broken = sum(|image| image.polygons.left_out.broken);
    if broken > 0 {
        parts.push(format!(
            "outlines with fewer than three corners, or that are damaged: {broken}"
        ));
    }
    let others = sum(|image| image.polygons.left_out.other_shapes);
    if others > 0 {
        parts.push(format!("boxes, points and lines not drawn: {others}"));
    }
    if let Some(first) = misplaced.first() {
        parts.push(format!("not drawn on {first} ({} in all)", misplaced.len()));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_their_images() {
        let images = [
            "train/a.png",
            "valid/a.png",
            "b.png",
            "x/images/c.png",
            "y/images/c.png",
        ];
        let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        images
            .iter()
            .for_each(|image| by_name.entry(file_name(image)).or_default().push(image));
        for (name, file, expected) in [
            ("b.png", "any/thing.json", Some("b.png")),
            ("a.png", "train/_annotations.coco.json", Some("train/a.png")),
            ("valid/a.png", "all.json", Some("valid/a.png")),
            ("a.png", "all.json", None),
            ("..\\images\\c.png", "y/annotations/c.json", Some("y/images/c.png")),
            ("d.png", "all.json", None),
            ("", "all.json", None),
        ] {
            assert_eq!(named(name, file, &by_name), expected, "{name} of {file}");
        }
    }

    #[test]
    fn a_name_that_an_upload_tidied_finds_its_image() {
        let names = ByName::of(&[
            "a/plot (1).png",
            "b/Größe 2.png",
            "plot 3.png",
            "plot_3.png",
            "c/x!.png",
            "d/x.!png",
        ]);
        let find = |name: &str, before: Option<&str>| {
            names.find([&Some(name.to_owned()), &before.map(str::to_owned)], "project.json")
        };
        for (before, expected) in [
            ("u/plot_1.png", Some("a/plot (1).png")),
            ("u/Größe_2.png", Some("b/Größe 2.png")),
            ("u/plot_3.png", Some("plot_3.png")),
            ("u/x.png", None),
            ("u/y.png", None),
        ] {
            assert_eq!(find("u/0a1b2c3d-z.png", Some(before)), expected, "{before}");
        }
        // Only what was uploaded is tidied.
        assert_eq!(find("u/plot_1.png", None), None);
    }
}
