//! How large the objects are that a run was shown: outlines of much less are hardly one of them.

use crate::{data::dataset::Dataset, infer::regions};

/// Pixels of masks that are looked at: a second's work at most.
const MOST_PX: usize = 32_000_000;
/// Objects that a size can be told by.
const LEAST_OBJECTS: usize = 10;
/// The share of all foreground that objects may be too small to go by: specks and what an edge cuts off.
const SPECKS: f64 = 0.01;

/// Half of what the smallest objects measure in pixels, specks left aside; `None` where there are few objects, or several
/// classes.
pub(super) fn least_object_px(data: &Dataset, pairs: &[usize]) -> Option<f64> {
    if !data.classes().is_empty() {
        return None;
    }
    let mut areas = Vec::new();
    let mut looked_at = 0;
    for &pair in pairs {
        let (Some(image), Some(labels)) = (data.image(pair), data.mask_labels(pair)) else {
            continue;
        };
        let size = [image.height as usize, image.width as usize];
        looked_at += size[0] * size[1];
        if looked_at > MOST_PX && !areas.is_empty() {
            break;
        }
        let inside = |row: usize, column: usize| labels.get(row * size[1] + column) == Some(&1);
        areas.extend(regions(size, 1, inside).iter().map(|region| region.area_px));
    }
    half_of_the_smallest(areas)
}

fn half_of_the_smallest(mut areas: Vec<u64>) -> Option<f64> {
    areas.sort_unstable();
    let all: u64 = areas.iter().sum();
    let mut sum = 0;
    let at = areas.iter().position(|area| {
        sum += area;
        sum as f64 > SPECKS * all as f64
    })?;
    let objects = &areas[at..];
    (objects.len() >= LEAST_OBJECTS).then(|| (objects[0] as f64 / 2.0).floor().max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specks_do_not_count() {
        let houses = || (0..20).map(|i| 600 + 30 * i);
        assert_eq!(half_of_the_smallest(houses().collect()), Some(300.0));
        // 60 specks of a pixel or two are less than a hundredth of the 17,700 pixels.
        let noisy = houses().chain((0..60).map(|i| 1 + i % 2)).collect();
        assert_eq!(half_of_the_smallest(noisy), Some(300.0));
        // Trees of three to five pixels are objects, not specks.
        assert_eq!(half_of_the_smallest((0..30).map(|i| 3 + i % 3).collect()), Some(1.0));
    }

    #[test]
    fn of_few_objects_nothing_is_said() {
        assert_eq!(half_of_the_smallest(Vec::new()), None);
        assert_eq!(half_of_the_smallest(vec![500; 9]), None);
    }
}
