//! Files of a drop that are neither images nor outlines: passed over without a fault, or named for what they are.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    data::pair,
    formats::{annotations, sniff},
    protocol::{Event, Fault, FaultCode, PassedOver, Stage},
};

/// Endings that are named.
const ENDINGS: usize = 6;

/// Those of the data set, by path.
#[derive(Default)]
pub(super) struct Others {
    passed: BTreeSet<String>,
    /// With what they hold.
    annotations: BTreeMap<String, &'static str>,
}

/// What a file is, if it is neither image nor outlines by its name and its content.
enum Other {
    Passed,
    Annotations(&'static str),
}

fn read(path: &str, bytes: &[u8]) -> Option<Other> {
    // The bytes decide: a picture is one whatever it is called.
    if !pair::is_beside(path) || sniff(bytes).is_some() {
        return None;
    }
    Some(match annotations::kind(path, bytes) {
        Some(kind) => Other::Annotations(kind),
        None => Other::Passed,
    })
}

/// Whether an image to predict is none, and nobody's fault; what is said of it.
pub(super) fn beside_inputs(path: &str, bytes: &[u8]) -> Option<Option<Event>> {
    Some(match read(path, bytes)? {
        Other::Passed => None,
        Other::Annotations(kind) => Some(Event::Fault(of_file(
            FaultCode::Annotations,
            path,
            Some(kind.to_owned()),
        ))),
    })
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
    /// Looks at a file dropped for training; `true` if it is one of these.
    pub(super) fn note(&mut self, path: &str, bytes: &[u8]) -> bool {
        self.passed.remove(path);
        self.annotations.remove(path);
        match read(path, bytes) {
            Some(Other::Passed) => drop(self.passed.insert(path.to_owned())),
            Some(Other::Annotations(kind)) => drop(self.annotations.insert(path.to_owned(), kind)),
            None => return false,
        }
        true
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
    pub(super) fn report(&self, alone: bool) -> (Vec<Fault>, PassedOver) {
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
        for path in ["README", "set/README.md", "set/a.txt", "set/b.txt"] {
            assert!(others.note(path, b"words"), "{path}");
        }
        assert!(others.note("set/a.txt", b"again"));
        for n in 0..3 {
            assert!(others.note(&format!("set/labels/{n}.txt"), b"0 0.5 0.5 0.1 0.1\n"));
        }
        assert!(others.note("coco.json", br#"{"images": [], "annotations": []}"#));
        let png = crate::formats::grey8_png(&[0; 4], 2, 2).expect("a picture");
        // A picture of another name, what should be a picture, and what could be a map.
        for (path, bytes) in [("a.txt", png.as_slice()), ("a.png", b"words"), ("a.gpkg", b"SQLite")] {
            assert!(!others.note(path, bytes), "{path}");
        }
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
        assert!(others.note("notes.txt", b"words"));
        let (faults, passed) = others.report(true);
        assert_eq!((faults.len(), passed.files), (1, 0));
        assert_eq!(faults[0].code, FaultCode::UnknownFormat);
        assert!(others.report(false).0.is_empty());
    }
}
