//! Whether a model's classes are a data set's, and in which order.

use super::classes::ClassInfo;

/// For each class of `wanted` its number among `have`; `None` unless both are the same classes. A legend's order follows
/// the data (the most frequent colour first), so that of another data set need not be the same.
///
/// Names that somebody gave say which class is which. Without them colours do; where nobody gave any on either side,
/// names are those of numbers or of places and have to agree.
pub fn order_of(wanted: &[ClassInfo], have: &[ClassInfo]) -> Option<Vec<usize>> {
    let by = |same: fn(&ClassInfo, &ClassInfo) -> bool| -> Option<Vec<usize>> {
        let order: Option<Vec<usize>> = wanted.iter().map(|w| have.iter().position(|h| same(w, h))).collect();
        let order = order?;
        let mut all = order.clone();
        all.sort_unstable();
        all.iter().copied().eq(0..have.len()).then_some(order)
    };
    let by_name = by(|a, b| a.name == b.name);
    let (unnamed, nameless) = (wanted.iter().all(is_unnamed), have.iter().all(is_unnamed));
    if unnamed && nameless && by_name.is_none() || by_name.is_some() && !unnamed {
        return by_name;
    }
    by(|a, b| a.rgb == b.rgb).or(by_name)
}

/// Whether the name is what a legend gives by itself, `class 3`.
fn is_unnamed(class: &ClassInfo) -> bool {
    let number = class.name.strip_prefix("class ");
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(list: &[(&str, u8)]) -> Vec<ClassInfo> {
        let class = |(name, grey): &(&str, u8)| ClassInfo {
            name: (*name).to_owned(),
            rgb: [*grey; 3],
        };
        list.iter().map(class).collect()
    }

    #[test]
    fn colours_say_which_class_is_which_and_names_where_they_do_not() {
        let data = classes(&[("land", 1), ("water", 2), ("road", 3)]);
        assert_eq!(order_of(&data, &data), Some(vec![0, 1, 2]));
        // Another order, other names.
        let model = classes(&[("class 1", 3), ("class 2", 1), ("class 3", 2)]);
        assert_eq!(order_of(&data, &model), Some(vec![1, 2, 0]));
        // The same classes drawn in other colours.
        let redrawn = classes(&[("water", 7), ("land", 8), ("road", 9)]);
        assert_eq!(order_of(&data, &redrawn), Some(vec![1, 0, 2]));
    }

    #[test]
    fn names_that_somebody_gave_come_before_the_colours_of_numbers() {
        // Numbers are drawn in the same colours whatever they stand for.
        let data = classes(&[("water", 1), ("land", 2)]);
        let model = classes(&[("land", 1), ("water", 2)]);
        assert_eq!(order_of(&data, &model), Some(vec![1, 0]));
        // Numbers 1 to 3 are not 0 to 2, though drawn by place they have the same colours.
        let data = classes(&[("class 1", 1), ("class 2", 2), ("class 3", 3)]);
        let model = classes(&[("class 0", 1), ("class 1", 2), ("class 2", 3)]);
        assert_eq!(order_of(&data, &model), None);
        // The most frequent colour is another one: nobody named them, so they are what they look like.
        let data = classes(&[("class 1", 5), ("class 2", 9)]);
        let model = classes(&[("class 1", 9), ("class 2", 5)]);
        assert_eq!(order_of(&data, &model), Some(vec![1, 0]));
    }

    #[test]
    fn other_classes_are_others() {
        let data = classes(&[("land", 1), ("water", 2)]);
        for other in [
            classes(&[("land", 1)]),
            classes(&[("land", 1), ("water", 2), ("road", 3)]),
            classes(&[("field", 1), ("water", 5)]),
            classes(&[("land", 1), ("land", 1)]),
            vec![],
        ] {
            assert_eq!(order_of(&data, &other), None, "{other:?}");
        }
        assert_eq!(order_of(&[], &[]), Some(vec![]));
        assert_eq!(order_of(&[], &data), None);
    }
}
