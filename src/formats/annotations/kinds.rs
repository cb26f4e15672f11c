//! Files of labelling tools, told by what they hold.

/// Bytes that are looked at from the beginning, and as many from the end: lists of thousands of images come first.
const LOOKED_AT: usize = 64 << 10;
/// Lines of text that are looked at.
const LINES: usize = 8;

/// A kind of file, and what all has to stand in it.
type Kind = (&'static str, &'static [&'static str]);

/// In JSON. The order counts: what is general stands last.
const JSON: [Kind; 8] = [
    ("LabelMe annotations", &["\"shapes\"", "\"imagePath\""]),
    ("VIA annotations", &["\"shape_attributes\""]),
    ("Supervisely annotations", &["\"objects\"", "\"classTitle\""]),
    (
        "Label Studio annotations",
        &["\"annotations\"", "\"data\"", "\"result\""],
    ),
    ("Labelbox annotations", &["\"data_row\"", "\"projects\""]),
    ("COCO annotations", &["\"images\"", "\"annotations\""]),
    ("COCO annotations", &["\"segmentation\"", "\"image_id\""]),
    (
        "CreateML annotations",
        &["\"image\"", "\"annotations\"", "\"coordinates\""],
    ),
];

/// In XML.
const XML: [Kind; 7] = [
    ("CVAT annotations", &["<annotations", "<image ", "<polygon"]),
    ("CVAT annotations", &["<annotations", "<image ", "<box"]),
    ("CVAT annotations", &["<annotations", "<image ", "<mask"]),
    ("CVAT annotations", &["<annotations", "<image ", "<ellipse"]),
    // Of many images only those in the middle have shapes.
    ("CVAT annotations", &["<annotations", "<version>1.1", "<image "]),
    ("Pascal VOC annotations", &["<annotation", "<object>", "<bndbox>"]),
    ("LabelMe annotations", &["<annotation", "<object>", "<polygon>"]),
];

/// In tables.
const CSV: [Kind; 1] = [("VIA annotations", &["region_shape_attributes"])];

/// The annotations that a file holds, in words: "COCO annotations". `None` for lists of classes, settings, and whatever
/// else has such an ending.
pub fn kind(path: &str, bytes: &[u8]) -> Option<&'static str> {
    let (_, ending) = path.rsplit_once('.')?;
    let among = |kinds: &[Kind]| {
        let text = ends(bytes);
        let is = |(_, signs): &&Kind| signs.iter().all(|sign| text.contains(sign));
        kinds.iter().find(is).map(|(kind, _)| *kind)
    };
    match ending.to_lowercase().as_str() {
        "json" | "jsonl" | "ndjson" => among(&JSON),
        "xml" => among(&XML),
        "csv" => among(&CSV),
        "txt" => yolo(&String::from_utf8_lossy(&bytes[..bytes.len().min(LOOKED_AT)])),
        _ => None,
    }
}

/// Beginning and end of a file as text.
fn ends(bytes: &[u8]) -> String {
    let head = bytes.len().min(LOOKED_AT);
    let tail = bytes.len().saturating_sub(LOOKED_AT).max(head);
    let mut text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    text.push_str(&String::from_utf8_lossy(&bytes[tail..]));
    text
}

/// One object a line: its class, then shares of width and height (a box has four numbers, perhaps a fifth for how sure it
/// is, an outline three corners or more).
fn yolo(text: &str) -> Option<&'static str> {
    let mut kind = None;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in lines.take(LINES) {
        let mut words = line.split_ascii_whitespace();
        words.next()?.parse::<u16>().ok()?;
        let numbers: Vec<f64> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
        if !numbers.iter().all(|number| (0.0..=1.0).contains(number)) {
            return None;
        }
        kind = Some(match numbers.len() {
            4 | 5 => "YOLO boxes",
            n if n >= 6 && n % 2 == 0 => "YOLO outlines",
            _ => return None,
        });
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_told_by_what_they_hold() {
        let coco = r#"{"info": {}, "images": [{"id": 1}], "annotations": [{"segmentation": [[1, 2]]}]}"#;
        // The annotations of many images stand far from the beginning.
        let long = format!(
            r#"{{"images": [{}1], "annotations": [{{"segmentation": [[1, 2]], "image_id": 7}}]}}"#,
            r#"{"file_name": "a.png"}, "#.repeat(8000)
        );
        let box_voc = "<annotation><object><name>roof</name><bndbox></bndbox></object></annotation>";
        let cvat = r#"<annotations><image id="0" name="a.png"><polygon points="1,2;3,4"/></image></annotations>"#;
        let sparse = format!(
            r#"<annotations><version>1.1</version>{0}<image name="b.png"><polygon points="1,2;3,4"/></image>{0}</annotations>"#,
            r#"<image id="0" name="a.png"></image>"#.repeat(3000)
        );
        for (path, text, wanted) in [
            ("a.json", coco, Some("COCO annotations")),
            ("a.json", &long, Some("COCO annotations")),
            (
                "a.JSON",
                r#"{"version": "5.0", "shapes": [], "imagePath": "a.png"}"#,
                Some("LabelMe annotations"),
            ),
            (
                "a.json",
                r#"[{"id": 1, "annotations": [{"result": []}], "data": {"image": "a.png"}}]"#,
                Some("Label Studio annotations"),
            ),
            ("a.json", r#"{"classes": ["roof", "road"]}"#, None),
            ("a.json", "[1, 2]", None),
            ("a.json", "", None),
            ("a.xml", box_voc, Some("Pascal VOC annotations")),
            ("a.xml", cvat, Some("CVAT annotations")),
            ("a.xml", &sparse, Some("CVAT annotations")),
            ("a.xml", "<metadata/>", None),
            ("a.csv", "filename,region_shape_attributes\n", Some("VIA annotations")),
            ("a.csv", "0;roof\n1;road\n", None),
            ("a.txt", "0 0.5 0.5 0.1 0.2\n1 0.1 0.1 0.1 0.1\n", Some("YOLO boxes")),
            ("a.txt", "3 0.5 0.5 0.1 0.2 0.3 0.3", Some("YOLO outlines")),
            ("a.txt", "roof\nroad\n", None),
            ("a.txt", "0 roof\n", None),
            ("a.txt", "512 512 3 0.5 7\n", None),
            ("a.txt", "", None),
            ("noend", coco, None),
        ] {
            assert_eq!(
                kind(path, text.as_bytes()),
                wanted,
                "{path} {}",
                &text[..text.len().min(60)]
            );
        }
    }
}
