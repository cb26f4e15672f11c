//! The faults of map data: looked for pair by pair while nothing else is to be done, said among the findings, and put right.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    data::{
        dataset::{Dataset, Pair},
        finding_codes, findings,
        map_faults::part::Part,
    },
    engine::Engine,
    protocol::{Event, Finding, FindingCode, Fix, OutlineShift, UnmappedPart},
};

impl Engine {
    /// What is known of the data set that is about to be reported; the rest follows with [`Event::Findings`].
    pub(super) fn begin_examination(&mut self) -> Vec<Finding> {
        self.data.is_examined = self.data.map_faults.next(&self.data.set).is_none();
        self.findings()
    }

    pub(in crate::engine) fn advance_examination(&mut self, budget_ms: f64) -> Vec<Event> {
        let until_ms = (self.host.now_ms)() + budget_ms;
        while let Some(index) = self.data.map_faults.next(&self.data.set) {
            let Some(pair) = self.data.set.pairs.get(index) else {
                break;
            };
            let pixel_m = self.data.vectors.pixel_m(std::iter::once(pair.image_path.as_str()));
            self.data.map_faults.inspect(pair, pixel_m);
            if (self.host.now_ms)() >= until_ms {
                return Vec::new();
            }
        }
        self.data.is_examined = true;
        let findings = self.findings();
        vec![Event::Findings { findings }]
    }

    fn findings(&mut self) -> Vec<Finding> {
        let found = self.data.map_faults.found(&self.data.set);
        let data = &self.data.set;
        let usable = || data.pairs.iter().enumerate().filter(|(_, pair)| pair.is_usable());
        let mut findings = Vec::new();
        let mut say = |code, fix| findings.extend(finding(code, fix));
        let shifts = |all: &mut dyn Iterator<Item = (usize, [i32; 2])>| {
            let shift = |(pair, [dx_px, dy_px]): (usize, [i32; 2])| OutlineShift {
                pair: pair as u32,
                dx_px,
                dy_px,
            };
            Fix::Shift {
                shifts: all.map(shift).collect(),
            }
        };
        let moves = shifts(&mut found.moves.iter().map(|m| (m.pair, m.by_px)));
        say(FindingCode::OutlinesShifted, moves);
        let parts = found.unmapped.iter().flat_map(|(pair, parts)| {
            let part = |p: &Part| [p.from[0], p.from[1], p.to[0], p.to[1]];
            parts_out(*pair, &parts.iter().map(part).collect::<Vec<_>>())
        });
        let parts = parts.collect();
        say(FindingCode::PartUnmapped, Fix::LeaveOut { parts, on: true });
        let others = findings::examine(data);
        let classes = data.classes();
        let mut last = Vec::new();
        let moved = usable().filter(|(_, pair)| pair.adjustment.shift_px != [0, 0]);
        let back = shifts(&mut moved.map(|(at, pair)| (at, pair.adjustment.shift_px)));
        last.extend(finding(FindingCode::OutlinesMoved, back));
        let out = usable().flat_map(|(at, pair)| parts_out(at, &pair.adjustment.left_out));
        let parts = out.collect();
        last.extend(finding(FindingCode::PartLeftOut, Fix::LeaveOut { parts, on: false }));
        findings.extend(
            others
                .iter()
                .map(|f| self.with_ground(finding_codes::finding(f, &classes))),
        );
        findings.extend(last);
        findings
    }

    pub(in crate::engine) fn shift_outlines(&mut self, shifts: &[OutlineShift]) -> Vec<Event> {
        let mut images = BTreeSet::new();
        for shift in shifts {
            images.extend(
                self.data
                    .builder
                    .set_shift(shift.pair as usize, [shift.dx_px, shift.dy_px]),
            );
        }
        self.redraw_vector_masks(&images);
        self.report_data()
    }

    /// Brings masks to where they lay, and leaves out what was left out, when a run was saved; `false` if all is so already.
    pub(in crate::engine) fn restore_adjustments(&mut self, moved: &[OutlineShift], parts: &[UnmappedPart]) -> bool {
        if moved == self::moved(&self.data.set) && parts == left_out(&self.data.set) {
            return false;
        }
        let mut images = BTreeSet::new();
        for pair in 0..self.data.set.pairs.len() {
            let shift = moved.iter().find(|shift| shift.pair as usize == pair);
            let shift = shift.map_or([0, 0], |shift| [shift.dx_px, shift.dy_px]);
            images.extend(self.data.builder.set_shift(pair, shift));
            let own = parts.iter().filter(|part| part.pair as usize == pair);
            let own: Vec<[f64; 4]> = own.map(|p| [p.left, p.top, p.right, p.bottom]).collect();
            self.data.builder.set_left_out(pair, &own);
        }
        self.redraw_vector_masks(&images);
        true
    }

    pub(in crate::engine) fn leave_out_unmapped(&mut self, parts: &[UnmappedPart], on: bool) -> Vec<Event> {
        let mut of_pairs: BTreeMap<usize, Vec<[f64; 4]>> = BTreeMap::new();
        for part in parts {
            let own = of_pairs.entry(part.pair as usize).or_default();
            own.extend(on.then_some([part.left, part.top, part.right, part.bottom]));
        }
        self.change_data(|builder| {
            for (pair, parts) in of_pairs {
                builder.set_left_out(pair, &parts);
            }
        })
    }
}

/// Masks that were laid elsewhere.
pub(in crate::engine) fn moved(data: &Dataset) -> Vec<OutlineShift> {
    let all = data.pairs.iter().enumerate();
    let moved = all.filter(|(_, pair)| pair.adjustment.shift_px != [0, 0]);
    let shift = |(at, pair): (usize, &Pair)| OutlineShift {
        pair: at as u32,
        dx_px: pair.adjustment.shift_px[0],
        dy_px: pair.adjustment.shift_px[1],
    };
    moved.map(shift).collect()
}

/// Parts that were left out.
pub(in crate::engine) fn left_out(data: &Dataset) -> Vec<UnmappedPart> {
    let all = data.pairs.iter().enumerate();
    all.flat_map(|(at, pair)| parts_out(at, &pair.adjustment.left_out))
        .collect()
}

/// `None` if it is of no pair.
fn finding(code: FindingCode, fix: Fix) -> Option<Finding> {
    let mut pairs: Vec<u32> = match &fix {
        Fix::Shift { shifts } => shifts.iter().map(|shift| shift.pair).collect(),
        Fix::LeaveOut { parts, .. } => parts.iter().map(|part| part.pair).collect(),
        _ => Vec::new(),
    };
    pairs.dedup();
    (!pairs.is_empty()).then_some(Finding {
        code,
        pairs,
        value: None,
        detail: None,
        fix,
    })
}

/// Left, top, right and bottom as the page gets them.
pub(super) fn parts_out(pair: usize, parts: &[[f64; 4]]) -> Vec<UnmappedPart> {
    let part = |[left, top, right, bottom]: &[f64; 4]| UnmappedPart {
        pair: pair as u32,
        left: *left,
        top: *top,
        right: *right,
        bottom: *bottom,
    };
    parts.iter().map(part).collect()
}

#[cfg(test)]
#[path = "map_faults_tests.rs"]
mod tests;
