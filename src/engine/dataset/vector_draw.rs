//! Which polygons of which files make the mask of which image, and what is said of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    annotated,
    vector_areas::{Shifts, areas, inside, shifted},
    vector_codes::{Codes, NO_CLASS},
    vector_masks::VectorMasks,
    vector_objects::ObjectCanvas,
};
use crate::{
    data::{adjustment::Area, objects::ObjectMap},
    engine::{Engine, fault},
    formats::raster::Raster,
    geo::{Class, Fate, Polygons, Projected},
    protocol::{Event, FaultCode, Stage, VectorInfo},
};

/// A mask, and the first of the files that it comes from.
struct Drawn {
    from: String,
    mask: Raster,
    /// By which the mask is known wherever it was moved to; none where it was not.
    hash: Option<u64>,
    /// Which of its outlines each pixel is of.
    objects: Option<ObjectMap>,
}

/// What became of a file.
#[derive(Default)]
struct Outcome {
    /// It has the name of an image, and is for that alone.
    is_own: bool,
    /// Images that it is for.
    images: usize,
    /// Those whose mask it is part of.
    masks: usize,
    /// Those that it cannot be laid on, with the reason.
    misplaced: Vec<String>,
    /// What became of each polygon.
    fates: Vec<Fate>,
    /// Images that one of them set a pixel of, and the first of these.
    drawn_on: usize,
    first: Option<String>,
}

impl Outcome {
    /// What people are told of a file that is in the masks.
    fn told(&self, file: &str) -> Option<VectorInfo> {
        let count = |wanted: Fate| self.fates.iter().filter(|fate| **fate == wanted).count() as u32;
        (self.masks > 0).then(|| VectorInfo {
            file: file.to_owned(),
            outlines: self.fates.len() as u32,
            drawn: count(Fate::Drawn),
            too_small: count(Fate::TooSmall),
            outside: count(Fate::Outside),
            images: self.drawn_on as u32,
            first_image: self.first.clone(),
            background: self.masks.saturating_sub(self.drawn_on) as u32,
        })
    }
}

/// What a drawing of all files gave.
#[derive(Default)]
struct Drawing {
    /// Masks by image; none where one of before is no longer drawn.
    masks: Vec<(String, Option<Drawn>)>,
    /// What was mapped of images, where files say so.
    areas: Vec<(String, Option<Area>)>,
    /// Names of classes by number.
    legend: BTreeMap<u16, String>,
    /// What is said of the files.
    said: Vec<Event>,
    /// What of them is in the masks.
    told: Vec<VectorInfo>,
}

/// Images by reference system and path, each with its files in the order of their paths.
type Jobs<'a> = BTreeMap<(Option<u32>, &'a str), Vec<&'a str>>;

impl VectorMasks {
    /// `shifts`: of masks that people laid elsewhere. `only`: draws these images alone, where nothing else has changed.
    fn draw(&mut self, is_held: impl Fn(&str) -> bool, shifts: &Shifts, only: Option<&BTreeSet<String>>) -> Drawing {
        let all = self
            .layers
            .iter()
            .filter_map(|(path, layer)| Some((path.as_str(), layer.as_ref().ok()?)));
        let all: Vec<(&str, &Polygons)> = all.collect();
        let areas: BTreeSet<&str> = areas(&all).into_iter().collect();
        let readable: Vec<&Polygons> = all
            .iter()
            .filter(|(path, _)| !areas.contains(path))
            .map(|(_, layer)| *layer)
            .chain(annotated::polygons(&self.annotated))
            .collect();
        let codes = match Codes::of(&readable) {
            Ok(codes) => codes,
            Err(detail) => {
                let path = self.layers.keys().chain(self.annotated.keys()).next().cloned();
                return Drawing {
                    said: vec![fault(FaultCode::VectorMask, Stage::Pair, path, Some(detail))],
                    ..Drawing::default()
                };
            }
        };
        let (jobs, annotated, mut outcomes) = self.jobs(is_held, &areas);
        let (mut masks, mut mapped) = (Vec::new(), Vec::new());
        let areas: Vec<&Polygons> = all
            .iter()
            .filter(|(path, _)| areas.contains(path))
            .map(|(_, layer)| *layer)
            .collect();
        // Polygons are projected once for each system.
        let mut projected: BTreeMap<&str, Result<Projected, String>> = BTreeMap::new();
        let mut system_of_projected = None;
        for ((system, image), files) in &jobs {
            if only.is_some_and(|only| !only.contains(*image)) {
                continue;
            }
            if system_of_projected != Some(system) {
                projected.clear();
                system_of_projected = Some(system);
            }
            let Some(size) = self.size(image) else { continue };
            let geo = self.geo(image);
            let shift = shifts.get(*image).filter(|_| geo.is_some());
            let (mut canvas, mut moved) = (Vec::new(), Vec::new());
            let mut objects = ObjectCanvas::default();
            let mut is_covered = false;
            if only.is_none() {
                let area = geo.as_ref().and_then(|geo| inside(&areas, geo, size));
                mapped.push(((*image).to_owned(), area));
            }
            for path in files {
                if let (Some(found), Some(outcome)) = (annotated.get(&(*path, *image)), outcomes.get_mut(path)) {
                    let mut says_something = false;
                    for one in found {
                        match one.draw(size, &codes, &mut outcome.fates, &mut canvas) {
                            Ok(drawn) => {
                                if let (Some(shift), Some(_)) = (shift, drawn) {
                                    one.draw_shifted(size, &codes, *shift, &mut moved);
                                }
                                if drawn == Some(true) {
                                    let shift = shift.copied().unwrap_or_default();
                                    one.draw_objects(size, &codes, shift, &mut objects);
                                }
                                says_something |= drawn.is_some();
                                if drawn == Some(true) {
                                    outcome.drawn_on += 1;
                                    outcome.first.get_or_insert_with(|| (*image).to_owned());
                                }
                            }
                            Err(reason) => outcome.misplaced.push(format!("{image}: {reason}")),
                        }
                    }
                    outcome.masks += usize::from(says_something);
                    is_covered |= says_something;
                    continue;
                }
                let (Some(Ok(polygons)), Some(outcome)) = (self.layers.get(*path), outcomes.get_mut(path)) else {
                    continue;
                };
                let says_something = match &geo {
                    _ if polygons.is_empty() => true,
                    None => false,
                    Some(geo) => {
                        let project = || polygons.project(geo).map_err(|e| e.to_string());
                        match projected.entry(path).or_insert_with(project) {
                            Ok(projected) => {
                                let fates = &mut outcome.fates;
                                let cover = projected.draw(geo, size, codes.in_file(polygons), &mut canvas, fates);
                                let laid = shift.map_or_else(|| geo.clone(), |shift| shifted(geo, *shift));
                                if shift.is_some() {
                                    projected.draw(&laid, size, codes.in_file(polygons), &mut moved, &mut []);
                                }
                                if cover.drawn {
                                    objects.draw(projected, &laid, size, codes.in_file(polygons));
                                }
                                outcome.drawn_on += usize::from(cover.drawn);
                                if cover.drawn && outcome.first.is_none() {
                                    outcome.first = Some((*image).to_owned());
                                }
                                cover.drawn || cover.within || outcome.is_own && cover.touched
                            }
                            Err(reason) => {
                                outcome.misplaced.push(format!("{image}: {reason}"));
                                false
                            }
                        }
                    }
                };
                outcome.masks += usize::from(says_something);
                is_covered |= says_something;
            }
            if is_covered {
                let from = files.first().map_or_else(String::new, |path| (*path).to_owned());
                let hash = shift.and_then(|_| Some(codes.raster(size, canvas.clone())?.pixel_hash()));
                let canvas = if shift.is_some() { moved } else { canvas };
                let objects = objects.map(size);
                let drawn = codes.raster(size, canvas).map(|mask| Drawn {
                    from,
                    mask,
                    hash,
                    objects,
                });
                masks.push(((*image).to_owned(), drawn));
            }
        }
        if only.is_some() {
            return Drawing {
                masks,
                legend: codes.legend(),
                ..Drawing::default()
            };
        }
        let now: BTreeSet<String> = masks.iter().map(|(image, _): &(String, _)| image.clone()).collect();
        masks.extend(self.drawn.difference(&now).map(|image| (image.clone(), None)));
        let said = self.layers.iter().filter_map(|(path, layer)| {
            let (code, detail) = match (layer, outcomes.get(path.as_str())) {
                (Ok(polygons), Some(outcome)) => self.remarks(polygons, outcome, &codes)?,
                (Err(reason), _) => (FaultCode::VectorMask, reason.clone()),
                (Ok(_), None) => return None,
            };
            Some(fault(code, Stage::Pair, Some(path.clone()), Some(detail)))
        });
        let of_tools = self.annotated.iter().filter_map(|(path, file)| {
            let (code, detail) = match (file, outcomes.get(path.as_str())) {
                (Ok(file), Some(outcome)) => {
                    let (code, found) = match outcome.masks {
                        0 => (FaultCode::VectorMask, 0),
                        masks => (FaultCode::VectorPart, masks),
                    };
                    (code, annotated::remarks(file, found, &outcome.misplaced)?)
                }
                (Err(reason), _) => (FaultCode::VectorMask, reason.clone()),
                (Ok(_), None) => return None,
            };
            Some(fault(code, Stage::Pair, Some(path.clone()), Some(detail)))
        });
        let drawing = Drawing {
            masks,
            areas: mapped,
            legend: codes.legend(),
            said: said.chain(of_tools).collect(),
            told: outcomes
                .iter()
                .filter_map(|(path, outcome)| outcome.told(path))
                .collect(),
        };
        self.set_drawn(now);
        drawing
    }

    /// Which files are for which images, `but` those that say what was mapped.
    fn jobs(
        &self,
        is_held: impl Fn(&str) -> bool,
        but: &BTreeSet<&str>,
    ) -> (Jobs<'_>, annotated::Found<'_>, BTreeMap<&str, Outcome>) {
        let (mut jobs, mut outcomes) = (Jobs::new(), BTreeMap::new());
        let index = self.index(is_held);
        for (path, layer) in &self.layers {
            let Ok(polygons) = layer else { continue };
            if but.contains(path.as_str()) {
                continue;
            }
            let named = index.named_like(path);
            let images = match polygons.is_empty() {
                // What says that there is nothing needs no place.
                true => named.clone(),
                false => index.images_of(path),
            };
            let outcome = Outcome {
                is_own: images.iter().any(|image| named.contains(image)),
                images: images.len(),
                fates: vec![Fate::default(); polygons.len()],
                ..Outcome::default()
            };
            outcomes.insert(path.as_str(), outcome);
            for image in images {
                let system = self.geo(image).and_then(|geo| geo.epsg);
                jobs.entry((system, image)).or_default().push(path.as_str());
            }
        }
        let found = annotated::find(&self.annotated, &index);
        for (path, file) in &self.annotated {
            let outcome = Outcome {
                is_own: true,
                fates: vec![Fate::default(); annotated::outlines(file)],
                ..Outcome::default()
            };
            outcomes.insert(path.as_str(), outcome);
        }
        for (path, image) in found.keys() {
            let system = self.geo(image).and_then(|geo| geo.epsg);
            jobs.entry((system, *image)).or_default().push(*path);
            outcomes.entry(*path).and_modify(|outcome| outcome.images += 1);
        }
        (jobs, found, outcomes)
    }
}

impl VectorMasks {
    /// What is said of a file that could be read; `None` if all of it is in the masks.
    fn remarks(&self, polygons: &Polygons, outcome: &Outcome, codes: &Codes) -> Option<(FaultCode, String)> {
        let all = polygons.len();
        if outcome.masks == 0 {
            let reason = match (polygons.is_empty(), outcome.misplaced.first()) {
                (_, Some(reason)) => reason.clone(),
                (true, _) => "no polygon in it, and no image has its name".into(),
                _ if outcome.images == 0 => self.places().why_not_located(),
                _ => format!("none of its {all} polygons lies on the image"),
            };
            return Some((FaultCode::VectorMask, reason));
        }
        let mut parts = Vec::new();
        let left_out = polygons.left_out;
        if left_out.broken > 0 {
            let (broken, whole) = (left_out.broken, all + left_out.broken);
            parts.push(format!(
                "{broken} of {whole} polygons left out: a corner without numbers, or fewer than three corners"
            ));
        }
        if left_out.lines > 0 {
            parts.push(format!("lines left out as they are no GeoJSON: {}", left_out.lines));
        }
        if left_out.other_shapes > 0 {
            parts.push(format!("points and lines not drawn: {}", left_out.other_shapes));
        }
        let count = |wanted: Class| polygons.classes().filter(|class| *class == wanted).count();
        if codes.is_classed && count(Class::None) > 0 {
            let unnamed = count(Class::None);
            parts.push(format!(
                "{unnamed} of {all} polygons have no class: they are the class “{NO_CLASS}”"
            ));
        }
        if count(Class::Code(0)) > 0 {
            parts.push(format!(
                "polygons of class 0, drawn as background: {}",
                count(Class::Code(0))
            ));
        }
        if let Some(first) = outcome.misplaced.first() {
            let more = match outcome.misplaced.len() {
                1 => String::new(),
                all => format!(" (and {} more)", all - 1),
            };
            parts.push(format!("not drawn on {first}{more}"));
        }
        (!parts.is_empty()).then(|| (FaultCode::VectorPart, parts.join("; ")))
    }
}

impl Engine {
    /// Draws the masks of all vector files of the data set, if something came; gives a fault for each that could not be
    /// used, or not as it stands, those of before too.
    pub(super) fn draw_vector_masks(&mut self) -> Vec<Event> {
        if !self.data.vectors.begin_drawing() {
            return self.data.vectors.said.clone();
        }
        let builder = &self.data.builder;
        let drawing = self
            .data
            .vectors
            .draw(|image| builder.holds(image), &builder.shifts(), None);
        self.data.vectors.remember(&drawing.said, &drawing.told);
        self.take_drawing(drawing)
    }

    /// Draws the masks of these images again: they were laid elsewhere. What is said of the files stays as it was.
    pub(super) fn redraw_vector_masks(&mut self, images: &BTreeSet<String>) {
        let builder = &self.data.builder;
        let drawing = self
            .data
            .vectors
            .draw(|image| builder.holds(image), &builder.shifts(), Some(images));
        self.take_drawing(drawing);
    }

    fn take_drawing(&mut self, drawing: Drawing) -> Vec<Event> {
        self.data.builder.set_names(drawing.legend);
        for (image, drawn) in drawing.masks {
            match drawn {
                Some(Drawn {
                    from,
                    mask,
                    hash,
                    objects,
                }) => {
                    self.data.builder.add_drawn(&image, &from, mask, hash);
                    self.data.builder.set_objects(&image, objects);
                }
                None => self.data.builder.remove_drawn(&image),
            }
        }
        for (image, area) in drawing.areas {
            self.data.builder.set_area(&image, area);
        }
        drawing.said
    }
}

#[cfg(test)]
#[path = "vector_draw_tests.rs"]
mod tests;
