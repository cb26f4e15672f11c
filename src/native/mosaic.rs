//! Scenes that are one mosaic: where each lies in it, and which lie around it.

use serde_json::{Value, json};

use crate::{scenes::Scene, stop::Stop, voice::Voice};
use groundmask::{
    data::{
        held_back::Area,
        load::{self, GeoRefs, Incoming},
    },
    formats::Limits,
    geo::{GeoRef, Layout, OffGrid},
    infer::Prediction,
    protocol::{Mosaic, MosaicPart},
};

/// Beside an image, and nothing that says where it lies.
const NO_PLACES: [&str; 2] = [".ovr", ".msk"];

/// A grid of pixels that all scenes lie on.
pub struct Sheet {
    whole: Area,
    /// Of each scene.
    places: Vec<Area>,
}

impl Sheet {
    /// # Errors
    /// If a scene cannot be read (those around it would be predicted beside a hole), has no place on the ground, lies on
    /// another grid than the first, or so far away that the mosaic would be too large.
    pub fn of(scenes: &[Scene], voice: &Voice) -> Result<Self, Stop> {
        voice.note(&format!("Looking where {} scenes lie", scenes.len()));
        let mut georefs = GeoRefs::default();
        for scene in scenes {
            let has_place = |path: &str| {
                !NO_PLACES
                    .iter()
                    .any(|ending| path.to_ascii_lowercase().ends_with(ending))
            };
            let beside = scene.beside.iter().filter(|file| has_place(&file.path));
            for file in std::iter::once(&scene.image).chain(beside) {
                let bytes = file
                    .bytes()
                    .map_err(|why| Stop::failed(format!("{}: {why}", file.path)))?;
                match load::sort(&file.path, bytes, false, &Limits::default()) {
                    Incoming::Image(image) => georefs.add(&file.path, image.facts()),
                    Incoming::Sidecar { kind, owner, bytes } => georefs.add_sidecar(kind, owner, &bytes),
                    _ => {}
                }
            }
        }
        let mut images = Vec::new();
        for scene in scenes {
            let failed = |why: &str| Stop::failed(format!("{}: {why}", scene.image.path));
            let size = georefs
                .size(&scene.image.path)
                .ok_or_else(|| failed("it cannot be read"))?;
            let geo = georefs
                .geo(&scene.image.path)
                .ok_or_else(|| failed("no place on the ground"))?;
            images.push((geo, size));
        }
        let path = |number: usize| scenes.get(number).map_or("", |scene| &scene.image.path);
        let layout = Layout::of(&images).map_err(|(number, why)| {
            Stop::failed(match why {
                OffGrid::TooLarge => format!("{}: {why}", path(number)),
                _ => format!("{}: not on the grid of {}: {why}", path(number), path(0)),
            })
        })?;
        let area = |([left, top], (_, [width, height])): (&[u32; 2], &(GeoRef, [u32; 2]))| Area {
            top: *top,
            left: *left,
            height: *height,
            width: *width,
        };
        let [width, height] = layout.size;
        Ok(Self {
            whole: Area::whole(height, width),
            places: layout.corners.iter().zip(&images).map(area).collect(),
        })
    }

    /// What it is, for the note on what results were made with.
    pub fn summary(&self) -> Value {
        let places: Vec<[u32; 4]> = (self
            .places
            .iter()
            .map(|place| [place.top, place.left, place.height, place.width]))
        .collect();
        let crc32 = crc32fast::hash(json!(places).to_string().as_bytes());
        json!({ "width": self.whole.width, "height": self.whole.height, "places_crc32": format!("{crc32:08x}") })
    }

    /// The scenes that the prediction of one looks at, by number, itself among them. `stride_px`: the
    /// network's.
    pub fn seen(&self, scene: usize, stride_px: usize) -> Vec<usize> {
        let Some(place) = self.places.get(scene) else {
            return Vec::new();
        };
        let whole = [self.whole.height, self.whole.width].map(|n| n as usize);
        let (_, seen) = Prediction::of_part(whole, *place, stride_px, 1, false);
        let all = self.places.iter().enumerate();
        all.filter(|(_, place)| place.meets(&seen))
            .map(|(number, _)| number)
            .collect()
    }

    /// The mosaic as the engine is told of it: some of its scenes.
    pub fn told(&self, scenes: &[Scene], some: &[usize]) -> Mosaic {
        let part = |number: &usize| {
            let (scene, place) = (scenes.get(*number)?, self.places.get(*number)?);
            Some(MosaicPart {
                path: scene.image.path.clone(),
                left: place.left,
                top: place.top,
            })
        };
        Mosaic {
            width: self.whole.width,
            height: self.whole.height,
            parts: some.iter().filter_map(part).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scene_sees_those_around_it() {
        let place = |top, left, height| Area {
            top,
            left,
            height,
            width: 600,
        };
        let sheet = Sheet {
            whole: Area::whole(1300, 1200),
            places: vec![place(0, 600, 400), place(0, 0, 400), place(400, 600, 900)],
        };
        assert_eq!(sheet.seen(1, 16), [0, 1, 2]);
        assert_eq!(sheet.seen(3, 16), Vec::<usize>::new());
    }
}
