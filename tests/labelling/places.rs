//! Where strokes go that come later, and those strokes.

use groundmask::protocol::{Command, Event};

use super::{
    Loop,
    driving::{Outcome, send},
    oracle::{Oracle, Rect},
};

/// Side of a place where nobody says how large it is, pixels.
const SIDE_PX: u32 = 128;
/// Places that are asked for at once, and how many of an image are among those that the truth chooses.
const AT_ONCE: usize = 10;
const OF_AN_IMAGE: usize = 2;

/// A part of an image, by its file's name.
type Place = (String, Rect);

impl Loop<'_> {
    /// Two strokes at each place, as the browser's loop draws them.
    pub(super) fn more(&mut self, way: &str) -> Outcome<()> {
        if way == "all" {
            return self.paint_all();
        }
        let most = self.strokes + self.options.more_strokes;
        let mut places: Vec<Place> = Vec::new();
        let mut used: Vec<Place> = Vec::new();
        while self.strokes < most {
            if places.is_empty() {
                places = match way {
                    "suggest" => self.suggested()?,
                    "worst" => self.worst(&used)?,
                    "random" => vec![self.by_chance()],
                    _ => return Err(format!("there is no way `{way}`").into()),
                };
                places.reverse();
            }
            let Some((name, within)) = places.pop() else { break };
            let before = self.strokes;
            self.paint(&name, (most - before).min(2), Some(within))?;
            used.push((name, within));
            // Nothing could be painted, and the same would be suggested again.
            if self.strokes == before && way != "random" && places.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// All that the truth knows.
    fn paint_all(&mut self) -> Outcome<()> {
        for (name, truth) in &self.truths {
            let command = Command::PaintLabels {
                image: format!("images/{name}"),
                left: 0,
                top: 0,
                width: truth.width,
                height: truth.height,
                values: truth.labels.clone(),
                corrected: false,
            };
            send(&mut self.engine, command)?;
        }
        Ok(())
    }

    fn by_chance(&mut self) -> Place {
        let at = self.random.below(self.truths.len());
        let Some((name, Oracle { width, height, .. })) = self.truths.iter().nth(at) else {
            return Place::default();
        };
        let side = SIDE_PX.min(*width).min(*height);
        let left = self.random.below((width - side + 1) as usize) as u32;
        let top = self.random.below((height - side + 1) as usize) as u32;
        (name.clone(), [left, top, side, side])
    }

    fn suggested(&mut self) -> Outcome<Vec<Place>> {
        let engine = &mut self.engine;
        let count = AT_ONCE as u32;
        let ask = || send(engine, Command::SuggestLabels { count });
        let Some(Event::Suggestions { places }) = self.clock.stopped(ask)?.into_iter().next() else {
            return Err("no suggestions".into());
        };
        let mut out = Vec::new();
        for place in places {
            let name = place.image.trim_start_matches("images/").to_owned();
            self.places
                .push(format!("{name} {} {} {:.3}", place.left, place.top, place.score));
            out.push((name, [place.left, place.top, place.side_px, place.side_px]));
        }
        Ok(out)
    }

    /// The places where the network has the most pixels wrong, none over another or one that was used.
    fn worst(&mut self, used: &[Place]) -> Outcome<Vec<Place>> {
        let mut all: Vec<(usize, Place)> = Vec::new();
        for (name, truth) in &self.truths {
            let Oracle { width, height, labels } = truth;
            let (image, left, top) = (format!("images/{name}"), 0, 0);
            let (width, height) = (*width, *height);
            let command = Command::PredictView {
                image,
                left,
                top,
                width,
                height,
            };
            let Some(Event::ViewPrediction(seen)) = send(&mut self.engine, command)?.into_iter().next() else {
                return Err("no view".into());
            };
            let is_wrong = |at: usize| (seen.values[at] >= 128) != (labels[at] == 1);
            let side = SIDE_PX.min(width).min(height);
            let apart = (side / 4).max(1) as usize;
            for top in (0..=height - side).step_by(apart) {
                for left in (0..=width - side).step_by(apart) {
                    let rows = (top..top + side).map(|y| (y * width + left) as usize);
                    let wrong = rows.map(|row| (row..row + side as usize).filter(|at| is_wrong(*at)).count());
                    all.push((wrong.sum(), (name.clone(), [left, top, side, side])));
                }
            }
        }
        all.sort_by_key(|(wrong, _)| std::cmp::Reverse(*wrong));
        let mut out: Vec<Place> = Vec::new();
        for (_, place) in all {
            let is_free = !used.iter().chain(&out).any(|other| meet(&place, other));
            let of_image = out.iter().filter(|other| other.0 == place.0).count();
            if is_free && of_image < OF_AN_IMAGE && out.len() < AT_ONCE {
                out.push(place);
            }
        }
        Ok(out)
    }
}

fn meet((a_name, a): &Place, (b_name, b): &Place) -> bool {
    let along = |axis: usize| a[axis] < b[axis] + b[axis + 2] && b[axis] < a[axis] + a[axis + 2];
    a_name == b_name && along(0) && along(1)
}
