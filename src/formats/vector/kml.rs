//! Polygons out of KML (OGC 12-007r2), of a KMZ too, which is a zip of one. Longitude and latitude on WGS 84. A polygon's
//! class is what its placemark's extended data have as `class`.

use super::{
    WGS_84,
    xml::{Seen, XmlError, walk},
};
use crate::geo::{Class, Polygons};

/// Largest file that is read, bytes.
const MAX_BYTES: usize = 256 << 20;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KmlError {
    #[error("{0} MiB of KML, limit {limit}", limit = MAX_BYTES >> 20)]
    TooLarge(usize),
    #[error(transparent)]
    Xml(#[from] XmlError),
    #[error("no KML: it begins with <{0}>")]
    OtherXml(String),
    #[error("it holds points or lines, not polygons")]
    OtherShapes,
    #[error("all of its {0} polygons have a corner without numbers, or too few corners")]
    Broken(usize),
}

/// Whether a file is KML by its name.
pub fn is_kml(path: &str) -> bool {
    path.to_lowercase().ends_with(".kml")
}

/// # Errors
/// If the file is no KML, is damaged, or holds other shapes alone.
pub fn read(bytes: &[u8]) -> Result<Polygons, KmlError> {
    if bytes.len() > MAX_BYTES {
        return Err(KmlError::TooLarge(bytes.len() >> 20));
    }
    let mut reader = Reader::default();
    walk(bytes, |seen| {
        match seen {
            Seen::Start(name, attributes) => {
                if !reader.has_begun && !matches!(name, "kml" | "Document" | "Folder" | "Placemark") {
                    return Err(KmlError::OtherXml(name.to_owned()));
                }
                reader.has_begun = true;
                reader.start(name, attributes.get("name"));
            }
            Seen::End(name, text) => reader.end(name, text),
        }
        Ok(())
    })?;
    let mut polygons = reader.polygons;
    polygons.epsg = WGS_84;
    match polygons.left_out {
        _ if !polygons.is_empty() => {}
        left_out if left_out.broken > 0 => return Err(KmlError::Broken(left_out.broken)),
        left_out if left_out.other_shapes > 0 => return Err(KmlError::OtherShapes),
        _ => {}
    }
    Ok(polygons)
}

#[derive(Default)]
struct Reader {
    has_begun: bool,
    polygons: Polygons,
    /// Rings of the polygon under way.
    rings: Option<Vec<Vec<[f64; 2]>>>,
    /// Polygons of the placemark under way, whose class may come after them.
    waiting: Vec<Vec<Vec<[f64; 2]>>>,
    /// The element of extended data under way is the class.
    is_class: bool,
    class: Option<String>,
}

impl Reader {
    fn start(&mut self, name: &str, named: Option<String>) {
        match name {
            "Placemark" => (self.class, self.waiting) = (None, Vec::new()),
            "Polygon" => self.rings = Some(Vec::new()),
            "Point" | "LineString" | "Model" | "Track" | "MultiTrack" => self.polygons.left_out.other_shapes += 1,
            "Data" | "SimpleData" => self.is_class = named.is_some_and(|name| name.eq_ignore_ascii_case("class")),
            _ => {}
        }
    }

    fn end(&mut self, name: &str, text: &str) {
        match name {
            "coordinates" => {
                if let Some(rings) = &mut self.rings {
                    rings.push(corners(text));
                }
            }
            "Polygon" => self.waiting.extend(self.rings.take()),
            "value" | "SimpleData" if self.is_class => self.class = Some(text.to_owned()),
            "Placemark" => {
                let class = match &self.class {
                    Some(text) => self.polygons.class_of_text(text),
                    None => Class::None,
                };
                for rings in std::mem::take(&mut self.waiting) {
                    let is_sound =
                        |ring: &Vec<[f64; 2]>| ring.len() >= 3 && ring.iter().flatten().all(|v| v.is_finite());
                    match !rings.is_empty() && rings.iter().all(is_sound) {
                        true => self.polygons.add(rings, class),
                        false => self.polygons.left_out.broken += 1,
                    }
                }
            }
            _ => {}
        }
    }
}

/// Longitude, latitude and perhaps height, with commas, and white space between corners.
fn corners(text: &str) -> Vec<[f64; 2]> {
    let corner = |word: &str| {
        let mut numbers = word.split(',').map(|number| number.parse().unwrap_or(f64::NAN));
        [numbers.next().unwrap_or(f64::NAN), numbers.next().unwrap_or(f64::NAN)]
    };
    text.split_ascii_whitespace().map(corner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RING: &str = "<LinearRing><coordinates>1,2,0 3,2,0\n3,4,0 1,2,0</coordinates></LinearRing>";

    fn placemark(data: &str, rings: usize) -> String {
        let inner = format!("<innerBoundaryIs>{RING}</innerBoundaryIs>").repeat(rings - 1);
        format!("<Placemark><Polygon><outerBoundaryIs>{RING}</outerBoundaryIs>{inner}</Polygon>{data}</Placemark>")
    }

    #[test]
    fn placemarks_are_polygons_with_classes() {
        let data = r#"<ExtendedData><Data name="Class"><value>roof</value></Data></ExtendedData>"#;
        let simple = r#"<ExtendedData><SchemaData><SimpleData name="class">7</SimpleData></SchemaData></ExtendedData>"#;
        let text = format!(
            "<kml xmlns='x'><Document>{}{}{}<Placemark><Point/></Placemark></Document></kml>",
            placemark(data, 2),
            placemark(simple, 1),
            placemark("", 1)
        );
        let polygons = read(text.as_bytes()).expect("read");
        let classes: Vec<Class> = polygons.classes().collect();
        assert_eq!(classes, [Class::Name(0), Class::Code(7), Class::None]);
        assert_eq!(polygons.rings().next().map(|rings| rings.len()), Some(2));
        assert_eq!((polygons.epsg, polygons.left_out.other_shapes), (4326, 1));
    }

    #[test]
    fn other_xml_is_refused_by_name() {
        let error = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert!(error("<osm/>").contains("<osm>"));
        assert!(error("<kml><Placemark><Point/></Placemark></kml>").contains("points or lines"));
        assert!(error("<kml><Placemark><Polygon/></Placemark></kml>").contains("all of its 1"));
        assert!(error("<kml><Placemark>").contains("ends within"));
        assert!(read(b"<kml/>").is_ok_and(|polygons| polygons.is_empty()));
    }
}
