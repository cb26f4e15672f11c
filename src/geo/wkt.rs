//! Well-known text of reference systems (OGC 01-009 and 18-010r7, Esri's `.prj`): the code that a text stands for.
//!
//! Only what belongs to the whole counts. The code of a unit, a parameter, a datum or of the system below says nothing
//! about the system itself. A text without a code goes by its name and numbers where both are those of a system that is
//! known here, and is unknown otherwise. Checked against PROJ by `tests/peers/test_geo.py`.

use super::{
    crs, esri, esri_codes,
    wkt_tree::{Node, parse},
};

/// Keywords of a system in degrees.
const GEOGRAPHIC: [&str; 5] = ["GEOGCS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS", "GEODETICCRS"];

/// The code of the system that a text stands for: of the whole, and of a compound one without a code of its own that of
/// its plan part. `None` if it has none. Other spellings that GDAL takes in place of a text are taken too: `EPSG:32633`,
/// URNs and addresses of OGC, `+proj=utm` and `+proj=longlat` on WGS 84.
pub fn epsg_of_wkt(text: &str) -> Option<u32> {
    match parse(text) {
        Some(node) => code(&node),
        None => code_of_name(text),
    }
}

/// The code by which x and y are computed: as [`epsg_of_wkt`], but of a compound system always the plan part's, and for a
/// code that was given up the one in force.
pub fn plan_epsg_of_wkt(text: &str) -> Option<u32> {
    let code = match parse(text) {
        // Heights alone place nothing.
        Some(node) if node.keyword.starts_with("VERT") => None,
        Some(node) => code(plan(&node)),
        // `EPSG:32633+5773`: plan and heights.
        None => code_of_name(match text.split_once('+') {
            Some((plan, _)) if !plan.trim().is_empty() => plan,
            _ => text,
        }),
    };
    code.map(crs::current)
}

/// Whether a text's plan part is in degrees.
pub(super) fn is_geographic(text: &str) -> bool {
    parse(text).is_some_and(|node| GEOGRAPHIC.contains(&plan(&node).keyword.as_str()))
}

/// The name that a text gives its system.
pub fn name_of_wkt(text: &str) -> Option<String> {
    let name = match parse(text) {
        Some(node) => plan(&node).name()?.to_owned(),
        None => text.trim().to_owned(),
    };
    (!name.is_empty()).then(|| name.chars().take(120).collect())
}

/// The plan part of a compound system, the system that is bound to another by a shift.
fn plan(node: &Node) -> &Node {
    match node.keyword.as_str() {
        "COMPD_CS" | "COMPOUNDCRS" => node.nodes().next().map_or(node, plan),
        "BOUNDCRS" => node
            .child(&["SOURCECRS"])
            .and_then(|source| source.nodes().next())
            .map_or(node, plan),
        _ => node,
    }
}

fn code(node: &Node) -> Option<u32> {
    if let Some(own) = node.own_code() {
        return Some(own);
    }
    let part = plan(node);
    if !std::ptr::eq(part, node) {
        return code(part);
    }
    // A code of another register (ESRI:102003) is a code, only none of EPSG's.
    if node.authorities().next().is_some() {
        return None;
    }
    if let Some(code) = esri_codes::code(node) {
        return Some(code);
    }
    match node.keyword.as_str() {
        "PROJCS" | "PROJCRS" | "PROJECTEDCRS" => {
            let numbers = Numbers::of(node)?;
            by_name(node.name()?)
                .filter(|code| numbers.are_those_of(*code))
                .or_else(|| numbers.utm(node))
        }
        keyword if GEOGRAPHIC.contains(&keyword) => {
            let geographic = in_degrees_from_greenwich(node) && node.child(&["BASEGEOGCRS", "BASEGEODCRS"]).is_none();
            by_name(node.name()?).filter(|code| geographic && crs::is_geographic(*code))
        }
        _ => None,
    }
}

/// The code of a text without brackets.
fn code_of_name(text: &str) -> Option<u32> {
    let lower = text.trim_start_matches('\u{feff}').trim().to_ascii_lowercase();
    let number = |digits: &str| digits.parse().ok().filter(|code| *code > 0);
    if let Some(rest) = lower.strip_prefix("epsg:") {
        return number(rest.trim_start_matches(':'));
    }
    if let Some(rest) = lower.strip_prefix("urn:ogc:def:crs:epsg:") {
        return number(rest.rsplit(':').next()?);
    }
    if lower.contains("opengis.net/def/crs/epsg/") {
        return number(lower.rsplit('/').next()?);
    }
    if matches!(
        lower.as_str(),
        "ogc:crs84" | "crs84" | "urn:ogc:def:crs:ogc:1.3:crs84" | "wgs84"
    ) {
        return Some(4326);
    }
    let parts: Vec<&str> = lower.split_whitespace().collect();
    if let Some(code) = parts.iter().find_map(|part| part.strip_prefix("+init=epsg:")) {
        return number(code);
    }
    let harmless = ["+units=m", "+no_defs", "+type=crs", "+wktext"];
    let mut zone = None;
    let (mut projection, mut south) = (None, false);
    let mut datum = false;
    for part in parts.iter().filter(|part| !harmless.contains(part)) {
        match part.split_once('=') {
            Some(("+proj", name)) => projection = Some(name),
            Some(("+zone", number)) => zone = number.parse().ok(),
            Some(("+datum", "wgs84")) => datum = true,
            // It follows from the datum.
            Some(("+ellps", "wgs84")) => {}
            None if *part == "+south" => south = true,
            _ => return None,
        }
    }
    match projection {
        Some("utm") if datum => crs::utm_code(4326, zone?, south),
        Some("longlat" | "latlong") if datum && zone.is_none() && !south => Some(4326),
        _ => None,
    }
}

/// A system in degrees that count from Greenwich, or the one below a projection.
fn in_degrees_from_greenwich(node: &Node) -> bool {
    let greenwich = node.child(&["PRIMEM", "PRIMEMERIDIAN"]).and_then(Node::number);
    let unit = node.child(&["UNIT", "ANGLEUNIT"]).and_then(Node::number);
    greenwich.is_none_or(|longitude| longitude == 0.0)
        && unit.is_none_or(|radians| (radians / 1f64.to_radians() - 1.0).abs() < 1e-6)
}

/// The code that a name has here, whatever its numbers.
fn by_name(name: &str) -> Option<u32> {
    // Esri leaves authorities out and writes names with underscores.
    let plain = crs::plain(name);
    if let Some((_, rest)) = plain.split_once("wgs84utmzone") {
        return crs::utm_code(
            4326,
            rest.trim_end_matches(['n', 's']).parse().ok()?,
            rest.ends_with('s'),
        );
    }
    if plain == "wgs84" || plain == "wgs84crs84" {
        return Some(4326);
    }
    let esri = esri::NAMES.iter().find(|(_, esri)| crs::plain(esri) == plain);
    esri.map(|(code, _)| *code).or_else(|| crs::by_plain_name(&plain))
}

/// What a projection is computed with, in PROJ's words; lengths in metres, angles in degrees.
struct Numbers {
    method: String,
    values: Vec<(&'static str, f64)>,
    unit_m: f64,
    base_is_plain: bool,
}

impl Numbers {
    fn of(node: &Node) -> Option<Numbers> {
        // PARAMETERs and METHOD stand beside PROJECTION, or in a CONVERSION.
        let conversion = node.child(&["CONVERSION"]);
        let method = node
            .child(&["PROJECTION"])
            .or_else(|| conversion?.child(&["METHOD", "PROJECTION"]));
        let unit = node.child(&["UNIT", "LENGTHUNIT"]).or_else(|| {
            let axis = node.child(&["AXIS"])?;
            axis.child(&["LENGTHUNIT", "UNIT"])
        });
        let unit_m = unit.and_then(Node::number).unwrap_or(1.0);
        let base = node.child(&["GEOGCS", "BASEGEOGCRS", "BASEGEODCRS", "GEOGCRS"]);
        let parameters = node.nodes().chain(conversion.into_iter().flat_map(Node::nodes));
        let mut values = Vec::new();
        for parameter in parameters.filter(|node| node.keyword == "PARAMETER") {
            let (Some(key), Some(number)) = (parameter.name().and_then(key), parameter.number()) else {
                continue;
            };
            let length = matches!(key, "x_0" | "y_0");
            values.push((key, if length { number * unit_m } else { number }));
        }
        Some(Numbers {
            method: method.and_then(Node::name).map(crs::plain).unwrap_or_default(),
            values,
            unit_m,
            base_is_plain: base.is_none_or(in_degrees_from_greenwich),
        })
    }

    fn get(&self, wanted: &str) -> Option<f64> {
        self.values.iter().find(|(key, _)| *key == wanted).map(|(_, v)| *v)
    }

    /// Whether a known system is computed with these numbers; a text may leave some out.
    fn are_those_of(&self, code: u32) -> bool {
        let Some(definition) = crs::definition(code) else {
            return false;
        };
        let same = |a: f64, b: f64, near: f64| (a - b).abs() <= near;
        if !self.base_is_plain || !same(self.unit_m / definition.unit_m, 1.0, 1e-6) {
            return false;
        }
        // Krovak counts from Ferro in some texts, and Mercator's sphere is in the name alone.
        if definition.is("krovak") {
            return true;
        }
        ["x_0", "y_0", "lon_0", "k", "lat_1", "lat_2", "lat_0"]
            .iter()
            .all(|key| {
                // A polar projection's true latitude goes by other names, and as the origin's.
                let elsewhere =
                    key.starts_with("lat") && (definition.is("stere") || definition.is("merc") || definition.is("cea"));
                let (Some(ours), false) = (self.get(key), elsewhere) else {
                    return true;
                };
                let theirs = definition.number(key);
                let near = if matches!(*key, "x_0" | "y_0") { 0.01 } else { 1e-7 };
                let swapped = match *key {
                    "lat_1" => self.get("lat_2").zip(definition.number("lat_1")),
                    "lat_2" => self.get("lat_1").zip(definition.number("lat_2")),
                    _ => None,
                };
                match theirs {
                    Some(theirs) => same(ours, theirs, near) || swapped.is_some_and(|(a, b)| same(a, b, near)),
                    None => same(ours, if *key == "k" { 1.0 } else { 0.0 }, near) || key.starts_with("lat_"),
                }
            })
    }

    /// A zone of UTM by its numbers, whatever its name.
    fn utm(&self, node: &Node) -> Option<u32> {
        let base = node.child(&["GEOGCS", "BASEGEOGCRS", "BASEGEODCRS", "GEOGCRS"])?;
        let datum = base.child(&["DATUM", "ENSEMBLE", "GEODETICDATUM"])?;
        let datum = crs::plain(datum.name()?);
        let geographic = match datum
            .strip_prefix('d')
            .filter(|d| d.starts_with("wgs"))
            .unwrap_or(&datum)
        {
            "wgs84" | "worldgeodeticsystem1984" | "worldgeodeticsystem1984ensemble" => 4326,
            "europeanterrestrialreferencesystem1989" | "europeanterrestrialreferencesystem1989ensemble" | "detrs89" => {
                4258
            }
            "northamericandatum1983" | "dnorthamerican1983" => 4269,
            _ => return None,
        };
        let axis = node
            .child(&["AXIS"])
            .map(|axis| format!("{axis:?}").to_ascii_lowercase());
        let north_first = axis.is_some_and(|axis| axis.contains("north"));
        let plain = self.method == "transversemercator" && self.base_is_plain && self.unit_m == 1.0 && !north_first;
        let zone = (self.get("lon_0")? + 183.0) / 6.0;
        let south = self.get("y_0")? == 1e7;
        let fits = self.get("k")? == 0.9996
            && self.get("x_0")? == 500_000.0
            && (south || self.get("y_0")? == 0.0)
            && self.get("lat_0").is_none_or(|latitude| latitude == 0.0)
            && zone.fract() == 0.0
            && (1.0..=60.0).contains(&zone);
        (plain && fits).then(|| crs::utm_code(geographic, zone as u32, south))?
    }
}

/// A parameter's name in PROJ's words; `None` for those that are not compared.
fn key(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().replace('_', " ").as_str() {
        "false easting" | "easting at false origin" => "x_0",
        "false northing" | "northing at false origin" => "y_0",
        "central meridian"
        | "longitude of center"
        | "longitude of origin"
        | "longitude of natural origin"
        | "longitude of false origin" => "lon_0",
        "latitude of origin" | "latitude of center" | "latitude of natural origin" | "latitude of false origin" => {
            "lat_0"
        }
        "scale factor" | "scale factor at natural origin" => "k",
        "standard parallel 1" | "latitude of 1st standard parallel" => "lat_1",
        "standard parallel 2" | "latitude of 2nd standard parallel" => "lat_2",
        _ => return None,
    })
}

#[cfg(test)]
#[path = "wkt_tests.rs"]
mod tests;
