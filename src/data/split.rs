//! Dividing pairs into training and validation.

use std::collections::BTreeSet;

use super::draw::{Draw, Stream};
use super::pair::composed;

/// Divides `pairs` at random by `share` of validation and `seed`; both lists come out ascending.
///
/// With a share above 0 and at least two pairs, both sides get at least one; the training side
/// always does. A share that is not a number counts as 0.
pub fn by_share(pairs: &[usize], share: f64, seed: u32) -> (Vec<usize>, Vec<usize>) {
    let mut order = pairs.to_vec();
    order.sort_unstable();
    let n = order.len();
    let wanted = if share > 0.0 && n >= 2 {
        ((n as f64 * share.min(1.0)).round() as usize).clamp(1, n - 1)
    } else {
        0
    };
    Draw::new(seed, Stream::Split, 0, 0).shuffle(&mut order);
    let mut validation = order.split_off(n - wanted);
    order.sort_unstable();
    validation.sort_unstable();
    (order, validation)
}

/// Divides pairs by the names of the validation images: (training, validation, unknown names).
///
/// A name may be given with or without folders, with or without its extension; it takes every
/// pair it fits. Blank names are ignored. Unknown names come back as they were given.
pub fn by_names(pairs: &[(usize, String)], names: &[String]) -> (Vec<usize>, Vec<usize>, Vec<String>) {
    let forms: Vec<(usize, String)> = pairs.iter().map(|(pair, path)| (*pair, plain(path))).collect();
    let mut validation = BTreeSet::new();
    let mut unknown = Vec::new();
    for name in names {
        let wanted = plain(name);
        if wanted.is_empty() {
            continue;
        }
        let before = forms.iter().filter(|(_, path)| fits(path, &wanted));
        let hits: Vec<usize> = before.map(|(pair, _)| *pair).collect();
        if hits.is_empty() {
            unknown.push(name.clone());
        }
        validation.extend(hits);
    }
    let mut train: Vec<usize> = pairs
        .iter()
        .map(|(pair, _)| *pair)
        .filter(|pair| !validation.contains(pair))
        .collect();
    train.sort_unstable();
    (train, validation.into_iter().collect(), unknown)
}

fn plain(path: &str) -> String {
    composed(path.trim().trim_start_matches("./").trim_matches('/'))
}

/// `wanted` is `path`, or its end from a folder boundary on, extension optional.
fn fits(path: &str, wanted: &str) -> bool {
    let ends = |path: &str| {
        path.strip_suffix(wanted)
            .is_some_and(|before| before.is_empty() || before.ends_with('/'))
    };
    ends(path) || super::pair::without_extension(path).is_some_and(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares() {
        let pairs: Vec<usize> = (3..13).collect();
        let (train, validation) = by_share(&pairs, 0.2, 7);
        assert_eq!((train.len(), validation.len()), (8, 2));
        assert_eq!(by_share(&pairs, 0.2, 7), (train.clone(), validation.clone()));
        let mut all = [train, validation].concat();
        all.sort_unstable();
        assert_eq!(all, pairs);
        assert!((0..20).any(|seed| by_share(&pairs, 0.2, seed) != by_share(&pairs, 0.2, 7)));
        let mut turned = pairs.clone();
        turned.reverse();
        assert_eq!(by_share(&turned, 0.2, 7), by_share(&pairs, 0.2, 7));
    }

    #[test]
    fn both_sides_get_one() {
        assert_eq!(by_share(&[4], 0.9, 1), (vec![4], vec![]));
        assert_eq!(by_share(&[], 0.9, 1), (vec![], vec![]));
        for share in [0.001, 0.5, 0.9, 1.0, 7.0] {
            let (train, validation) = by_share(&[0, 1], share, 1);
            assert_eq!((train.len(), validation.len()), (1, 1));
        }
        for share in [0.0, -1.0, f64::NAN] {
            assert_eq!(by_share(&[0, 1, 2], share, 1).1, Vec::<usize>::new());
        }
    }

    /// Of these cases the page's `isNamed` is held to the same.
    #[test]
    fn names_mean_what_the_page_takes_them_for() {
        let cases: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../tests/validation-names.json")).expect("a list");
        for case in cases {
            let text = |key: &str| case[key].as_str().expect("a text").to_owned();
            let (_, validation, _) = by_names(&[(0, text("path"))], &[text("name")]);
            assert_eq!(!validation.is_empty(), case["fits"] == true, "{case}");
        }
    }

    #[test]
    fn names() {
        let pairs = vec![
            (0, "z20/image/1-2.png".to_owned()),
            (1, "z20/image/11-2.png".to_owned()),
            (2, "z20/image/M\u{fc}n.tif".to_owned()),
        ];
        let ask = |names: &[&str]| by_names(&pairs, &names.iter().map(|n| n.to_string()).collect::<Vec<_>>());
        assert_eq!(ask(&["1-2.png"]).1, [0]);
        assert_eq!(ask(&["1-2"]).1, [0]);
        assert_eq!(ask(&["image/11-2.png"]).1, [1]);
        assert_eq!(ask(&["z20/image/11-2", " Mu\u{308}n "]), (vec![0], vec![1, 2], vec![]));
        assert_eq!(
            ask(&["2.png", "", "age/1-2", "1-2.tif"]).2,
            ["2.png", "age/1-2", "1-2.tif"]
        );
    }
}
