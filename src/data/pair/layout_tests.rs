//! Folders and names of published data sets and of annotation tools, as their own descriptions give them.

use super::*;

#[path = "layout_table.rs"]
mod layout_table;
#[path = "layout_table_more.rs"]
mod layout_table_more;

/// Paths and what becomes of them.
struct Layout {
    of: &'static str,
    pairs: &'static [(&'static str, &'static str)],
    /// Files that are in no pair, and are said to be another form of one.
    spare: &'static [&'static str],
}

const fn layout(of: &'static str, pairs: &'static [(&'static str, &'static str)]) -> Layout {
    Layout { of, pairs, spare: &[] }
}

const fn with_spare(
    of: &'static str,
    pairs: &'static [(&'static str, &'static str)],
    spare: &'static [&'static str],
) -> Layout {
    Layout { of, pairs, spare }
}

#[test]
fn known_layouts_pair() {
    let all = || layout_table::LAYOUTS.iter().chain(layout_table_more::LAYOUTS);
    let mut wrong = Vec::new();
    for layout in all() {
        let mut expected: Vec<(&str, &str)> = layout.pairs.to_vec();
        expected.sort_unstable();
        let mut paths: Vec<String> = expected.iter().flat_map(|(i, m)| [*i, *m]).map(String::from).collect();
        paths.extend(layout.spare.iter().map(|s| s.to_string()));
        for _ in 0..2 {
            let got = pair_by_name(&paths, Known::default());
            let mut pairs: Vec<(&str, &str)> = got
                .pairs
                .iter()
                .map(|(i, m, _)| (paths[*i].as_str(), paths[*m].as_str()))
                .collect();
            pairs.sort_unstable();

            let mut spare: Vec<&str> = got.spare.iter().map(|(f, _)| paths[*f].as_str()).collect();
            spare.sort_unstable();
            if pairs != expected || spare != layout.spare {
                wrong.push(format!("{}: {got:?} {paths:?}", layout.of));
            }
            paths.reverse();
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(all().count() >= 80);
}
