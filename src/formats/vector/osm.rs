//! Areas out of OpenStreetMap's XML (`.osm`, of JOSM, the API or Overpass): closed ways and multipolygon relations, and
//! roads by their width. What they are is said by a few tags, which become classes: building, highway, water and landuse;
//! what has none of them is passed over. Drawn in the order landuse, water, highway, building: a house is not hidden by its
//! yard. Source: the OpenStreetMap wiki on areas, `Relation:multipolygon` and `Key:width`.

use std::collections::HashMap;

use super::{
    WGS_84, rings,
    xml::{Attributes, Seen, XmlError, walk},
};
use crate::geo::Polygons;

/// Largest file that is read, bytes.
const MAX_BYTES: usize = 256 << 20;
/// Corners of all areas at most: ways may be members of many relations.
const MAX_CORNERS: usize = 1 << 24;
/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_320.0;
/// Widest road that is drawn, metres.
const MAX_WIDTH_M: f64 = 100.0;
/// Corners of the disc that rounds a road's bends and ends.
const DISC_CORNERS: u32 = 12;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OsmError {
    #[error("{0} MiB of OpenStreetMap data, limit {limit}", limit = MAX_BYTES >> 20)]
    TooLarge(usize),
    #[error(transparent)]
    Xml(#[from] XmlError),
    #[error("no OpenStreetMap data: it begins with <{0}>")]
    OtherXml(String),
    #[error("nothing in it is a building, a road, water or land use")]
    NothingKnown,
    #[error("its areas have more than {MAX_CORNERS} corners")]
    TooManyCorners,
}

/// Whether a file is OpenStreetMap's XML by its name.
pub fn is_osm(path: &str) -> bool {
    path.to_lowercase().ends_with(".osm")
}

/// What is drawn, the lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Landuse,
    Water,
    Highway,
    Building,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Landuse => "landuse",
            Kind::Water => "water",
            Kind::Highway => "highway",
            Kind::Building => "building",
        }
    }
}

/// The tags of a way or relation that say something here.
#[derive(Debug, Default)]
struct Tags {
    kind: Option<Kind>,
    /// `area=yes` or `no`.
    area: Option<bool>,
    is_multipolygon: bool,
    road_m: Option<f64>,
    width_m: Option<f64>,
}

impl Tags {
    fn add(&mut self, key: &str, value: &str) {
        let kind = match (key, value) {
            (_, "no") => None,
            ("building" | "building:part", _) => Some(Kind::Building),
            ("highway", _) => {
                self.road_m = road_m(value);
                self.road_m.map(|_| Kind::Highway)
            }
            ("natural", "water") | ("waterway", "riverbank") | ("landuse", "reservoir" | "basin") | ("water", _) => {
                Some(Kind::Water)
            }
            ("landuse", _) => Some(Kind::Landuse),
            _ => None,
        };
        self.kind = self.kind.max(kind);
        match key {
            "area" => self.area = Some(value != "no"),
            "type" => self.is_multipolygon = matches!(value, "multipolygon" | "boundary"),
            "width" => self.width_m = width_m(value),
            _ => {}
        }
    }

    fn is_line(&self) -> bool {
        self.kind == Some(Kind::Highway) && self.area != Some(true)
    }
}

/// Usual width of a road of this kind, metres; `None` for what is no road on the ground.
fn road_m(kind: &str) -> Option<f64> {
    Some(match kind.strip_suffix("_link").unwrap_or(kind) {
        "motorway" | "trunk" => 12.0,
        "primary" => 9.0,
        "secondary" | "tertiary" => 7.0,
        "residential" | "unclassified" | "living_street" | "road" => 5.0,
        "service" => 4.0,
        "track" | "pedestrian" | "busway" => 3.0,
        "path" | "footway" | "cycleway" | "bridleway" | "steps" => 2.0,
        _ => return None,
    })
}

/// Metres, or with a unit: `5`, `5.5 m`, `16'`, `16 ft`.
fn width_m(text: &str) -> Option<f64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    let scale = match text[end..].trim() {
        "" | "m" => 1.0,
        "'" | "ft" => 0.3048,
        "km" => 1000.0,
        _ => return None,
    };
    Some(number * scale)
        .filter(|metres| *metres > 0.0)
        .map(|metres| metres.min(MAX_WIDTH_M))
}

#[derive(Default)]
struct Map {
    has_begun: bool,
    nodes: HashMap<i64, [f64; 2]>,
    ways: HashMap<i64, Vec<i64>>,
    /// Ways and relations with a class: their tags, and the ways that go around them.
    areas: Vec<(Tags, Vec<i64>)>,
    /// Of the way or relation under way.
    id: i64,
    tags: Tags,
    members: Vec<i64>,
    is_deleted: bool,
}

/// # Errors
/// If the file is no OpenStreetMap data, is damaged, or holds nothing that is known here.
pub fn read(bytes: &[u8]) -> Result<Polygons, OsmError> {
    if bytes.len() > MAX_BYTES {
        return Err(OsmError::TooLarge(bytes.len() >> 20));
    }
    let mut map = Map::default();
    walk(bytes, |seen| match seen {
        Seen::Start(name, _) if !map.has_begun && !matches!(name, "osm") => Err(OsmError::OtherXml(name.to_owned())),
        Seen::Start(name, attributes) => {
            map.has_begun = true;
            map.start(name, &attributes);
            Ok(())
        }
        Seen::End(name, _) => {
            map.end(name);
            Ok(())
        }
    })?;
    map.polygons()
}

impl Map {
    fn start(&mut self, name: &str, attributes: &Attributes) {
        let number = |key| attributes.get(key).and_then(|text| text.parse::<i64>().ok());
        match name {
            "node" => {
                let degrees = |key| attributes.get(key).and_then(|text| text.parse::<f64>().ok());
                if let (Some(id), Some(lon), Some(lat)) = (number("id"), degrees("lon"), degrees("lat"))
                    && lon.abs() <= 180.0
                    && lat.abs() <= 90.0
                {
                    self.nodes.insert(id, [lon, lat]);
                }
            }
            "way" | "relation" => {
                (self.tags, self.members) = (Tags::default(), Vec::new());
                self.id = number("id").unwrap_or(i64::MIN);
                self.is_deleted = attributes.get("action").as_deref() == Some("delete");
            }
            "nd" => self.members.extend(number("ref")),
            "member" if attributes.get("type").as_deref() == Some("way") => self.members.extend(number("ref")),
            "tag" => {
                if let (Some(key), Some(value)) = (attributes.get("k"), attributes.get("v")) {
                    self.tags.add(&key, &value);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if !matches!(name, "way" | "relation") || self.is_deleted {
            return;
        }
        let (tags, members) = (std::mem::take(&mut self.tags), std::mem::take(&mut self.members));
        if name == "relation" {
            if tags.is_multipolygon && tags.kind.is_some() {
                self.areas.push((tags, members));
            }
            return;
        }
        self.ways.insert(self.id, members);
        if tags.kind.is_some() && tags.area != Some(false) || tags.is_line() {
            self.areas.push((tags, vec![self.id]));
        }
    }

    fn polygons(mut self) -> Result<Polygons, OsmError> {
        let mut out = Polygons::in_system(WGS_84);
        self.areas.sort_by_key(|(tags, _)| tags.kind);
        let mut left = MAX_CORNERS;
        for (tags, members) in &self.areas {
            let Some(kind) = tags.kind else { continue };
            let class = out.class_of_text(kind.name());
            let corners: usize = members.iter().filter_map(|id| self.ways.get(id)).map(Vec::len).sum();
            let needed = corners.saturating_mul(if tags.is_line() { 4 + DISC_CORNERS as usize } else { 1 });
            left = left.checked_sub(needed).ok_or(OsmError::TooManyCorners)?;
            if tags.is_line() {
                let width_m = tags.width_m.or(tags.road_m).unwrap_or_default();
                for way in members.iter().filter_map(|id| self.ways.get(id)) {
                    let line: Vec<[f64; 2]> = way.iter().filter_map(|id| self.nodes.get(id).copied()).collect();
                    road(&line, width_m, |ring| out.add([ring], class));
                }
                continue;
            }
            let closed = self.closed(members);
            if closed.is_empty() {
                out.left_out.broken += 1;
            }
            // Which ways are holes is said by how they lie, not by roles, which are wrong often.
            for polygon in rings::by_depth(closed) {
                out.add(polygon, class);
            }
        }
        match out.is_empty() {
            true => Err(OsmError::NothingKnown),
            false => Ok(out),
        }
    }

    /// Rings of ways that are closed, or joined at their ends until they are.
    fn closed(&self, members: &[i64]) -> Vec<Vec<[f64; 2]>> {
        let ways = members
            .iter()
            .filter_map(|id| self.ways.get(id))
            .filter(|way| way.len() > 1);
        let mut closed: Vec<Vec<i64>> = Vec::new();
        let mut open: Vec<Option<&[i64]>> = Vec::new();
        let mut at_end: HashMap<i64, Vec<usize>> = HashMap::new();
        for way in ways {
            let [first, .., last] = way[..] else { continue };
            if first == last {
                closed.push(way.clone());
                continue;
            }
            at_end.entry(first).or_default().push(open.len());
            at_end.entry(last).or_default().push(open.len());
            open.push(Some(way));
        }
        for start in 0..open.len() {
            let Some(way) = open[start].take() else { continue };
            let mut ring = way.to_vec();
            while ring.first() != ring.last() {
                let end = ring.last().copied().unwrap_or_default();
                let next = at_end.get_mut(&end).and_then(|ways| {
                    while let Some(at) = ways.pop() {
                        if let Some(way) = open[at].take() {
                            return Some(way);
                        }
                    }
                    None
                });
                let Some(next) = next else { break };
                match next.first() == Some(&end) {
                    true => ring.extend(&next[1..]),
                    false => ring.extend(next.iter().rev().skip(1)),
                }
            }
            if ring.first() == ring.last() {
                closed.push(ring);
            }
        }
        let place = |id: &i64| self.nodes.get(id).copied();
        let rings = closed
            .iter()
            .filter_map(|ring| ring.iter().map(place).collect::<Option<Vec<_>>>());
        rings.filter(|ring| ring.len() >= 4).collect()
    }
}

/// A line of a width as areas that overlap: a piece for each side, a disc for each corner.
fn road(line: &[[f64; 2]], width_m: f64, mut add: impl FnMut(Vec<[f64; 2]>)) {
    if line.len() < 2 {
        return;
    }
    let half = width_m / 2.0;
    let scale = |at: [f64; 2]| [DEGREE_M * at[1].to_radians().cos().max(1e-3), DEGREE_M];
    for side in line.windows(2) {
        let [from, to] = [side[0], side[1]];
        let [sx, sy] = scale(from);
        let [dx, dy] = [(to[0] - from[0]) * sx, (to[1] - from[1]) * sy];
        let length = dx.hypot(dy);
        if length == 0.0 {
            continue;
        }
        let [ox, oy] = [-dy / length * half / sx, dx / length * half / sy];
        add(vec![
            [from[0] + ox, from[1] + oy],
            [to[0] + ox, to[1] + oy],
            [to[0] - ox, to[1] - oy],
            [from[0] - ox, from[1] - oy],
        ]);
    }
    for corner in line {
        let [sx, sy] = scale(*corner);
        let angles = (0..DISC_CORNERS).map(|at| std::f64::consts::TAU * f64::from(at) / f64::from(DISC_CORNERS));
        add(angles
            .map(|a| [corner[0] + half * a.cos() / sx, corner[1] + half * a.sin() / sy])
            .collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square of nodes from `first` on, its side in thousandths of a degree.
    fn square(first: i64, x: f64, y: f64, side: f64) -> String {
        let corners = [[x, y], [x + side, y], [x + side, y + side], [x, y + side]];
        let node = |(at, [x, y]): (usize, [f64; 2])| {
            format!(
                r#"<node id="{}" lon="{}" lat="{}"/>"#,
                first + at as i64,
                x / 1e3,
                y / 1e3
            )
        };
        corners.into_iter().enumerate().map(node).collect()
    }

    fn way(id: i64, nodes: &[i64], tags: &str) -> String {
        let nodes: String = nodes.iter().map(|node| format!(r#"<nd ref="{node}"/>"#)).collect();
        format!(r#"<way id="{id}">{nodes}{}</way>"#, of(tags))
    }

    /// `key=value key=value`
    fn of(tags: &str) -> String {
        let pairs = tags.split_whitespace().filter_map(|tag| tag.split_once('='));
        pairs
            .map(|(key, value)| format!(r#"<tag k="{key}" v="{value}"/>"#))
            .collect()
    }

    fn told(inside: &str) -> Vec<(String, usize)> {
        let polygons = read(format!("<osm version='0.6'>{inside}</osm>").as_bytes()).expect("read");
        let names: HashMap<u32, String> = polygons.names().map(|(name, at)| (at, name.to_owned())).collect();
        let name = |class| match class {
            crate::geo::Class::Name(at) => names[&at].clone(),
            _ => String::new(),
        };
        polygons
            .classes()
            .map(name)
            .zip(polygons.rings().map(|rings| rings.len()))
            .collect()
    }

    #[test]
    fn closed_ways_and_relations_are_areas() {
        let nodes = [square(1, 0., 0., 9.), square(11, 2., 2., 3.), square(21, 20., 0., 4.)].concat();
        let plain = [
            way(1, &[1, 2, 3, 4, 1], "building=yes"),
            way(2, &[21, 22, 23, 24, 21], "landuse=farmland"),
            way(3, &[21, 22, 23], "building=yes"),
            way(4, &[21, 22, 23, 24, 21], "building=yes area=no"),
            way(5, &[21, 22, 23, 24, 21], "name=x"),
        ];
        let found = told(&[nodes.clone(), plain.concat()].concat());
        assert_eq!(found, [("landuse".into(), 1), ("building".into(), 1)]);
        // Two halves around, a hole, and a second part; the roles say nothing.
        let members = [
            way(1, &[1, 2, 3], ""),
            way(2, &[1, 4, 3], ""),
            way(3, &[11, 12, 13, 14, 11], ""),
            way(4, &[21, 22, 23, 24, 21], ""),
        ];
        let relation: String = (1..=4)
            .map(|id| format!(r#"<member type="way" ref="{id}" role=""/>"#))
            .collect();
        let relation = format!(
            "<relation id='9'>{relation}{}</relation>",
            of("type=multipolygon natural=water")
        );
        let found = told(&[nodes, members.concat(), relation].concat());
        assert_eq!(found, [("water".into(), 1), ("water".into(), 2)]);
    }

    #[test]
    fn roads_have_a_width() {
        for (tags, half_m) in [
            ("highway=residential", 2.5),
            ("highway=track width=8", 4.0),
            ("highway=path width=10'", 1.524),
        ] {
            let map = [square(1, 0., 0., 1.), way(1, &[1, 2], tags)].concat();
            let polygons = read(format!("<osm>{map}</osm>").as_bytes()).expect("read");
            let top = polygons
                .rings()
                .flatten()
                .flatten()
                .map(|corner| corner[1])
                .fold(0.0, f64::max);
            assert!((top * DEGREE_M - half_m).abs() < 0.01, "{tags}: {}", top * DEGREE_M);
        }
        assert_eq!(width_m("wide"), None);
        assert_eq!(width_m("1e9"), None);
        assert_eq!(width_m("500"), Some(MAX_WIDTH_M));
    }

    #[test]
    fn what_is_none_is_refused_by_name() {
        let error = |text: &str| read(text.as_bytes()).unwrap_err();
        assert_eq!(error("<kml/>"), OsmError::OtherXml("kml".into()));
        assert_eq!(error("<osm/>"), OsmError::NothingKnown);
        assert!(matches!(error("<osm><node "), OsmError::Xml(_)));
        // One way, in relations again and again.
        let long: Vec<i64> = (0..5000).map(|_| 1).collect();
        let relation = format!(
            "<relation id='1'><member type='way' ref='1'/>{}</relation>",
            of("type=multipolygon building=yes")
        );
        let map = format!(
            "<osm><node id='1' lon='0' lat='0'/>{}{}</osm>",
            way(1, &long, ""),
            relation.repeat(4000)
        );
        assert_eq!(error(&map), OsmError::TooManyCorners);
    }
}
