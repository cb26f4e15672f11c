//! JSON that is no GeoJSON: other formats of maps, by what stands in their beginning.

/// Bytes that are looked at.
const LOOKED_AT: usize = 64 << 10;

/// The kind, and what all has to stand in its beginning.
const KINDS: [(&str, &[&str]); 2] = [
    ("TopoJSON", &["\"Topology\"", "\"arcs\""]),
    ("Esri JSON", &["\"geometryType\"", "\"spatialReference\""]),
];

/// What a file that is no GeoJSON is, if it is a map all the same.
pub fn other_map(bytes: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LOOKED_AT)]);
    let is = |(_, signs): &&(&str, &[&str])| signs.iter().all(|sign| text.contains(sign));
    KINDS.iter().find(is).map(|(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_of_maps_are_named() {
        assert_eq!(other_map(br#"{"type": "Topology", "arcs": []}"#), Some("TopoJSON"));
        for other in [&br#"{"classes": ["roof", "road"]}"#[..], b"[1, 2]", b"not JSON", b""] {
            assert_eq!(other_map(other), None);
        }
    }
}
