//! JSON that is no GeoJSON: files of other tools that hold outlines too, by what stands in their beginning.

/// Bytes that are looked at.
const LOOKED_AT: usize = 64 << 10;

/// The kind, and what all has to stand in its beginning.
const KINDS: [(&str, &[&str]); 6] = [
    ("TopoJSON", &["\"Topology\"", "\"arcs\""]),
    ("Esri JSON", &["\"geometryType\"", "\"spatialReference\""]),
    ("LabelMe annotations", &["\"shapes\"", "\"imagePath\""]),
    ("VIA annotations", &["\"shape_attributes\""]),
    ("COCO annotations", &["\"images\"", "\"annotations\""]),
    (
        "Label Studio annotations",
        &["\"annotations\"", "\"data\"", "\"result\""],
    ),
];

/// What a file that is no GeoJSON holds, if it holds outlines all the same. Lists of classes, settings and metadata do not.
pub fn other_outlines(bytes: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LOOKED_AT)]);
    let is = |(_, signs): &&(&str, &[&str])| signs.iter().all(|sign| text.contains(sign));
    KINDS.iter().find(is).map(|(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outlines_of_other_tools_are_named() {
        let coco =
            br#"{"info": {}, "images": [{"id": 1}], "annotations": [{"segmentation": [[1, 2]]}], "categories": []}"#;
        assert_eq!(other_outlines(coco), Some("COCO annotations"));
        assert_eq!(
            other_outlines(br#"{"version": "5.0", "shapes": [], "imagePath": "a.png"}"#),
            Some("LabelMe annotations")
        );
        assert_eq!(other_outlines(br#"{"type": "Topology", "arcs": []}"#), Some("TopoJSON"));
        for other in [&br#"{"classes": ["roof", "road"]}"#[..], b"[1, 2]", b"not JSON", b""] {
            assert_eq!(other_outlines(other), None);
        }
    }
}
