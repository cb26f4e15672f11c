//! Runs as a table: the mean over the seeds, with the lowest and the highest.

use std::fmt::Write;

use serde::Deserialize;

/// What is read of a run, of ours or of a reference.
#[derive(Debug, Clone, Deserialize)]
pub struct Line {
    set: String,
    framework: String,
    preset: Option<String>,
    seed: f64,
    steps: u32,
    /// Of several classes, or of the training images.
    iou: Option<f64>,
    accuracy: Option<f64>,
    iou_half: Option<f64>,
    f1_half: Option<f64>,
    /// At the model's own threshold. A reference has none: for it that is the best on the images held back, which is how
    /// ours is chosen.
    iou_own: Option<f64>,
    f1_own: Option<f64>,
    iou_best: Option<f64>,
    f1_best: Option<f64>,
    /// The same of the last weights, whichever were kept: what is kept is the best of so many looks at these very images, and
    /// a curve that jumps has more luck in that than one that settles.
    last_iou_best: Option<f64>,
    ece: Option<f64>,
    step90: Option<f64>,
    seconds: Option<f64>,
}

impl Line {
    fn who(&self) -> &str {
        match self.preset.as_deref() {
            Some("seed") => "classic",
            Some(preset) => preset,
            None => &self.framework,
        }
    }

    fn is_reference(&self) -> bool {
        self.preset.is_none()
    }

    fn own_iou(&self) -> Option<f64> {
        self.iou_own.or(self.iou_best).or(self.iou)
    }

    /// For people who wait.
    pub fn progress(&self) -> String {
        format!(
            "{} {} seed {}: {} steps, IoU {}, {} s",
            self.set,
            self.who(),
            self.seed,
            self.steps,
            shown(self.own_iou()),
            self.seconds.map_or_else(|| "-".into(), |s| format!("{s:.0}"))
        )
    }
}

type Column = (&'static str, fn(&Line) -> Option<f64>, usize);

const COLUMNS: [Column; 10] = [
    ("IoU at 0.5", |line| line.iou_half, 3),
    ("IoU at its threshold", Line::own_iou, 3),
    ("best IoU", |line| line.iou_best, 3),
    ("best IoU of the last weights", |line| line.last_iou_best, 3),
    ("F1 at 0.5", |line| line.f1_half, 3),
    ("F1 at its threshold", |line| line.f1_own.or(line.f1_best), 3),
    ("accuracy", |line| line.accuracy, 3),
    ("calibration error", |line| line.ece, 3),
    ("90 % of the end at step", |line| line.step90, 0),
    ("seconds", |line| line.seconds, 0),
];

/// All runs in Markdown, and presets against the references where there are any.
pub fn of(lines: &[Line]) -> String {
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .filter(|c| lines.iter().any(|line| c.1(line).is_some()))
        .collect();
    let mut text = String::from("| set | who | runs | steps |");
    columns
        .iter()
        .for_each(|(name, ..)| text.push_str(&format!(" {name} |")));
    text.push_str("\n|---|---|---|---|");
    columns.iter().for_each(|_| text.push_str("---|"));
    text.push('\n');
    for (set, who) in groups(lines) {
        let of_group = || lines.iter().filter(|line| line.set == set && line.who() == who);
        let steps = Spread::of(of_group().map(|line| f64::from(line.steps)));
        let steps = steps.map_or_else(String::new, |spread| format!("{:.0}", spread.mean));
        let _ = write!(text, "| {set} | {who} | {} | {steps} |", of_group().count());
        for (_, value, digits) in &columns {
            let spread = Spread::of(of_group().filter_map(value));
            let _ = write!(text, " {} |", spread.map_or_else(|| "-".into(), |s| s.shown(*digits)));
        }
        text.push('\n');
    }
    text + &against_references(lines)
}

/// Sets and who ran on them, in the order in which they came.
fn groups(lines: &[Line]) -> Vec<(&str, &str)> {
    let mut groups: Vec<(&str, &str)> = Vec::new();
    for line in lines {
        let group = (line.set.as_str(), line.who());
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    // Files of earlier runs have their own order of the sets.
    let first = |set: &str| lines.iter().position(|line| line.set == set);
    groups.sort_by_key(|(set, _)| first(set));
    groups
}

/// How many points of IoU each preset is above the better reference of each set, and in the mean.
fn against_references(lines: &[Line]) -> String {
    let mean = |set: &str, who: &str, value: fn(&Line) -> Option<f64>| {
        let of_group = lines.iter().filter(|line| line.set == set && line.who() == who);
        Spread::of(of_group.filter_map(value)).map(|spread| spread.mean)
    };
    let names = |is_reference: bool| -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for line in lines.iter().filter(|line| line.is_reference() == is_reference) {
            if !names.contains(&line.who()) {
                names.push(line.who());
            }
        }
        names
    };
    let mut sets: Vec<&str> = groups(lines).into_iter().map(|(set, _)| set).collect();
    sets.dedup();
    let mut text = String::new();
    for who in names(false) {
        for (name, value, _) in &COLUMNS[..2] {
            let above = |set: &str| {
                let references = names(true);
                let better = references
                    .iter()
                    .filter_map(|other| mean(set, other, *value))
                    .reduce(f64::max)?;
                Some(100.0 * (mean(set, who, *value)? - better))
            };
            let above: Vec<(&str, f64)> = sets.iter().filter_map(|&set| Some((set, above(set)?))).collect();
            let Some(spread) = Spread::of(above.iter().map(|(_, points)| *points)) else {
                continue;
            };
            let parts: Vec<String> = above
                .iter()
                .map(|(set, points)| format!("{set} {points:+.1}"))
                .collect();
            let _ = write!(
                text,
                "\n{who} over the better reference, {name}: {:+.1} points in the mean ({})\n",
                spread.mean,
                parts.join(", ")
            );
        }
    }
    text
}

struct Spread {
    mean: f64,
    low: f64,
    high: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.collect();
        let fold = |f: fn(f64, f64) -> f64| values.iter().copied().reduce(f);
        Some(Self {
            mean: values.iter().sum::<f64>() / values.len() as f64,
            low: fold(f64::min)?,
            high: fold(f64::max)?,
        })
    }

    fn shown(&self, digits: usize) -> String {
        if self.low == self.high {
            return format!("{:.digits$}", self.mean);
        }
        format!("{:.digits$} ({:.digits$}-{:.digits$})", self.mean, self.low, self.high)
    }
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn lines(of: &[Value]) -> Vec<Line> {
        of.iter()
            .map(|value| serde_json::from_value(value.clone()).unwrap())
            .collect()
    }

    #[test]
    fn means_have_their_range_and_presets_are_held_against_the_better_reference() {
        let text = of(&lines(&[
            json!({"set": "a", "framework": "groundmask", "preset": "fast", "seed": 1, "steps": 600,
                "iou_half": 0.5, "iou_own": 0.6, "iou_best": 0.61, "seconds": 41.2}),
            json!({"set": "a", "framework": "groundmask", "preset": "fast", "seed": 2, "steps": 600,
                "iou_half": 0.7, "iou_own": 0.7, "iou_best": 0.71, "last_iou_best": 0.69, "seconds": 43.2}),
            json!({"set": "a", "framework": "torch", "seed": 1, "steps": 600, "iou_half": 0.4, "iou_best": 0.62}),
            json!({"set": "a", "framework": "keras", "seed": 1, "steps": 600, "iou_half": 0.55, "iou_best": 0.56}),
        ]));
        assert!(
            text.contains("| a | fast | 2 | 600 | 0.600 (0.500-0.700) | 0.650 (0.600-0.700) |"),
            "{text}"
        );
        assert!(text.contains("| a | torch | 1 | 600 | 0.400 | 0.620 |"), "{text}");
        assert!(
            text.contains("fast over the better reference, IoU at 0.5: +5.0 points in the mean (a +5.0)"),
            "{text}"
        );
        assert!(text.contains("IoU at its threshold: +3.0 points"), "{text}");
        assert!(text.contains("| best IoU | best IoU of the last weights |"), "{text}");
        assert!(text.contains("0.660 (0.610-0.710) | 0.690 |"), "{text}");
        assert!(!text.contains("accuracy"), "{text}");
    }

    #[test]
    fn a_set_of_classes_has_its_mean_iou() {
        let text = of(&lines(&[
            json!({"set": "dubai", "framework": "groundmask", "preset": "seed", "seed": 1,
            "steps": 30, "iou": 0.31, "accuracy": 0.7}),
        ]));
        assert_eq!(
            text,
            "| set | who | runs | steps | IoU at its threshold | accuracy |\n|---|---|---|---|---|---|\n\
             | dubai | classic | 1 | 30 | 0.310 | 0.700 |\n"
        );
    }
}
