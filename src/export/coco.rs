//! Regions as COCO's annotations: of one image, in its pixels.

use std::fmt::Write;

use serde_json::json;

use super::vector::{Classes, Shape, VectorOptions};
use crate::{formats::Parts, infer::Ring};

/// A COCO file of the regions of an image. One without holes is a polygon; one with holes, which a polygon of COCO cannot
/// have, is run lengths. Gives the file's beginning (see [`Parts::finish`]).
///
/// `file_name`: the image's. `names[class]` is a class's name; category numbers are class numbers.
pub fn coco(file_name: &str, classes: &Classes, names: &[String], options: VectorOptions, mut parts: Parts) -> Vec<u8> {
    let [height, width] = classes.size;
    let image = json!({ "id": 1, "file_name": file_name, "width": width, "height": height });
    let categories: Vec<_> = (names.iter().enumerate().skip(usize::from(classes.first)))
        .map(|(number, name)| json!({ "id": number, "name": name }))
        .collect();
    let head = format!(
        "{{\"images\":[{image}],\n\"categories\":{},\n\"annotations\":[",
        json!(categories)
    );
    parts.push(head.as_bytes());
    let mut number = 0;
    classes.shapes(options, |shape| {
        number += 1;
        let before = if number == 1 { "\n" } else { ",\n" };
        parts.push(before.as_bytes());
        parts.push(annotation(number, &shape, classes.size).as_bytes());
    });
    parts.push(b"\n]}\n");
    parts.finish(Vec::new())
}

fn annotation(number: u32, shape: &Shape, size: [usize; 2]) -> String {
    let corners = || shape.pixels.iter().flatten();
    let low = corners().fold([f64::MAX; 2], |low, c| [low[0].min(c[0]), low[1].min(c[1])]);
    let high = corners().fold([f64::MIN; 2], |high, c| [high[0].max(c[0]), high[1].max(c[1])]);
    let mut out = format!(
        "{{\"id\":{number},\"image_id\":1,\"category_id\":{},\"iscrowd\":0,\"area\":{},\"bbox\":[{},{},{},{}],\"segmentation\":",
        shape.class,
        shape.area_px,
        rounded(low[0]),
        rounded(low[1]),
        rounded(high[0] - low[0]),
        rounded(high[1] - low[1]),
    );
    match shape.pixels.as_slice() {
        [ring] => {
            let numbers = ring.iter().flatten().map(|v| rounded(*v));
            let _ = write!(out, "[{}]", json!(numbers.collect::<Vec<f64>>()));
        }
        rings => {
            let counts = run_lengths(rings, size);
            let _ = write!(
                out,
                "{{\"size\":[{},{}],\"counts\":{}}}",
                size[0],
                size[1],
                json!(counts)
            );
        }
    }
    out.push('}');
    out
}

/// To hundredths of a pixel.
fn rounded(v: f64) -> f64 {
    (v * 100.0).round() / 100.0
}

/// Lengths of runs outside and inside by turns, column by column from the top, the first outside: pixels whose middle lies
/// within an odd number of rings.
fn run_lengths(rings: &[Ring], [height, width]: [usize; 2]) -> Vec<usize> {
    // The first pixel whose middle does not lie before.
    let first = |v: f64, size: usize| ((v - 0.5).ceil().max(0.0) as usize).min(size);
    // Where edges cross the middles of columns: each edge is gone along once, since a region may have millions.
    let mut crossings: Vec<(usize, f64)> = Vec::new();
    for ring in rings {
        for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            for column in first(a[0].min(b[0]), width)..first(a[0].max(b[0]), width) {
                let x = column as f64 + 0.5;
                crossings.push((column, a[1] + (x - a[0]) / (b[0] - a[0]) * (b[1] - a[1])));
            }
        }
    }
    crossings.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    // Where runs begin and end, in the order of COCO's pixels.
    let mut ends: Vec<usize> = Vec::new();
    for column in crossings.chunk_by(|a, b| a.0 == b.0) {
        for pair in column.chunks_exact(2) {
            let column = pair[0].0;
            let [from, to] = [pair[0].1, pair[1].1].map(|y| first(y, height));
            if to > from {
                match ends.last_mut() {
                    // It goes on at the top of the next column.
                    Some(last) if *last == column * height + from => *last = column * height + to,
                    _ => ends.extend([column * height + from, column * height + to]),
                }
            }
        }
    }
    ends.push(height * width);
    let mut before = 0;
    let lengths = ends.into_iter().map(|end| end - std::mem::replace(&mut before, end));
    lengths.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pixels of run lengths, row by row.
    fn pixels(counts: &[usize], [height, width]: [usize; 2]) -> Vec<bool> {
        let mut by_column = Vec::new();
        for (i, count) in counts.iter().enumerate() {
            by_column.extend(std::iter::repeat_n(i % 2 == 1, *count));
        }
        assert_eq!(by_column.len(), height * width);
        (0..height * width)
            .map(|at| by_column[at % width * height + at / width])
            .collect()
    }

    /// A frame whose hole holds an island, another region; classes by row.
    const MAP: [&str; 6] = [".......", ".aaaaa.", ".a...a.", ".a.b.a.", ".a...aa", ".aaaaaa"];

    #[test]
    fn regions_are_polygons_or_run_lengths() {
        let class = |y: usize, x: usize| match MAP[y].as_bytes()[x] {
            b'a' => 1,
            b'b' => 2,
            _ => 0,
        };
        let classes = Classes {
            size: [6, 7],
            first: 1,
            count: 3,
            class: &class,
            between: None,
            geo: None,
        };
        let names = ["_background", "frame", "tree \"x\""].map(String::from);
        let options = VectorOptions {
            smallest_px: 1,
            ..VectorOptions::default()
        };
        let file = coco("a.png", &classes, &names, options, Parts::whole());
        let file: serde_json::Value = serde_json::from_slice(&file).expect("JSON");
        assert_eq!(file["categories"][1], json!({ "id": 2, "name": "tree \"x\"" }));
        let [frame, tree] = [&file["annotations"][0], &file["annotations"][1]];
        assert_eq!((&frame["area"], &frame["bbox"]), (&json!(18), &json!([1, 1, 6, 5])));
        let counts: Vec<usize> = serde_json::from_value(frame["segmentation"]["counts"].clone()).expect("counts");
        let wanted: Vec<bool> = (0..42).map(|at| class(at / 7, at % 7) == 1).collect();
        assert_eq!(pixels(&counts, [6, 7]), wanted);
        assert_eq!((&tree["category_id"], &tree["area"]), (&json!(2), &json!(1)));
        assert_eq!(tree["segmentation"][0].as_array().map(Vec::len), Some(8));
    }
}
