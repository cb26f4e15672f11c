//! Files of a drop that are neither images nor outlines: passed over without a fault, or named for what they are.

use std::collections::{BTreeMap, BTreeSet};

use crate::protocol::{Event, Fault, FaultCode, PassedOver, Stage};

/// Endings that are named.
const ENDINGS: usize = 6;

/// Those of the data set, by path.
#[derive(Default)]
pub(in crate::engine) struct Others {
    passed: BTreeSet<String>,
    /// With what they hold.
    annotations: BTreeMap<String, &'static str>,
}

/// What is said of annotations among images to predict.
pub(in crate::engine) fn annotations(path: &str, kind: &str) -> Event {
    Event::Fault(of_file(FaultCode::Annotations, path, Some(kind.to_owned())))
}

fn of_file(code: FaultCode, path: &str, detail: Option<String>) -> Fault {
    Fault {
        code,
        stage: Stage::Decode,
        file: Some(path.to_owned()),
        detail,
    }
}

impl Others {
    /// A file of this path came, and is something else now.
    pub(super) fn forget(&mut self, path: &str) {
        self.passed.remove(path);
        self.annotations.remove(path);
    }

    pub(super) fn add_passed_over(&mut self, path: String) {
        self.forget(&path);
        self.passed.insert(path);
    }

    pub(super) fn add_annotations(&mut self, path: String, kind: &'static str) {
        self.forget(&path);
        self.annotations.insert(path, kind);
    }

    /// What is said of annotations: once for all of a kind in a folder.
    fn named(&self) -> Vec<Fault> {
        let mut groups: BTreeMap<(&str, &str), (&str, usize)> = BTreeMap::new();
        for (path, kind) in &self.annotations {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            groups.entry((folder, kind)).or_insert((path, 0)).1 += 1;
        }
        let named = |((_, kind), (path, files)): ((&str, &str), (&str, usize))| {
            let detail = match files {
                1 => kind.to_owned(),
                _ => format!("{kind}, as {} more", files - 1),
            };
            of_file(FaultCode::Annotations, path, Some(detail))
        };
        groups.into_iter().map(named).collect()
    }

    /// Faults, and how many files need no word. `alone`: nothing else came, so that they need one after all.
    pub(in crate::engine) fn report(&self, alone: bool) -> (Vec<Fault>, PassedOver) {
        let mut faults = self.named();
        if alone && faults.is_empty() {
            faults.extend(
                self.passed
                    .iter()
                    .map(|path| of_file(FaultCode::UnknownFormat, path, None)),
            );
            return (faults, PassedOver::default());
        }
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for path in &self.passed {
            let name = path.rsplit('/').next().unwrap_or(path);
            let ending = match name.rsplit_once('.') {
                Some((_, ending)) => format!(".{}", ending.to_lowercase()),
                None => name.to_owned(),
            };
            *counts.entry(ending).or_default() += 1;
        }
        let mut kinds: Vec<(String, u32)> = counts.into_iter().collect();
        kinds.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let passed = PassedOver {
            files: self.passed.len() as u32,
            kinds: kinds.into_iter().take(ENDINGS).map(|(ending, _)| ending).collect(),
        };
        (faults, passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beside_is_counted_and_annotations_are_named_once() {
        let mut others = Others::default();
        for path in ["README", "set/README.md", "set/a.txt", "set/b.txt", "set/a.txt"] {
            others.add_passed_over(path.to_owned());
        }
        for n in 0..3 {
            others.add_annotations(format!("set/labels/{n}.txt"), "YOLO boxes");
        }
        others.add_annotations("coco.json".to_owned(), "COCO annotations");
        others.add_passed_over("now.txt".to_owned());
        others.forget("now.txt");
        let (faults, passed) = others.report(false);
        assert_eq!((passed.files, passed.kinds.join(" ")), (4, ".txt .md README".into()));
        let said: Vec<_> = faults
            .iter()
            .map(|f| {
                (
                    f.code,
                    f.file.as_deref().unwrap_or(""),
                    f.detail.as_deref().unwrap_or(""),
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                (FaultCode::Annotations, "coco.json", "COCO annotations"),
                (FaultCode::Annotations, "set/labels/0.txt", "YOLO boxes, as 2 more"),
            ]
        );
    }

    /// Silence would be no answer to a drop of nothing else.
    #[test]
    fn alone_they_are_named() {
        let mut others = Others::default();
        others.add_passed_over("notes.txt".to_owned());
        let (faults, passed) = others.report(true);
        assert_eq!((faults.len(), passed.files), (1, 0));
        assert_eq!(faults[0].code, FaultCode::UnknownFormat);
        assert!(others.report(false).0.is_empty());
    }
}
