//! The member `crs` of GeoJSON: RFC 7946 dropped it, GDAL and QGIS write it wherever coordinates are no degrees.

use serde_json::Value;

use super::WGS_84;
use crate::geo::crs;

/// The EPSG code that a member `crs` stands for; `None` where it is null.
///
/// # Errors
/// The name as it stands, if no code is known for it: coordinates in an unknown system are never taken for degrees.
pub(super) fn epsg(member: &Value) -> Result<Option<u32>, String> {
    if member.is_null() {
        return Ok(None);
    }
    // The drafts before 2008 had other kinds than "name": EPSG with a code, OGC with a URN, a link.
    let inner = &member["properties"];
    let names = [
        member,
        &inner["name"],
        &inner["code"],
        &inner["urn"],
        &inner["href"],
        &member["name"],
    ];
    let name = names.into_iter().find_map(|value| match value {
        Value::String(name) => Some(name.clone()),
        Value::Number(code) => Some(code.to_string()),
        _ => None,
    });
    let name = name.unwrap_or_else(|| member.to_string());
    let shown: String = name.chars().take(120).collect();
    of_name(&name).map(Some).ok_or(shown)
}

/// In the spellings that GDAL takes, and the bare code.
fn of_name(name: &str) -> Option<u32> {
    let name = name.trim();
    if name.contains('[') {
        return crs::epsg_of_wkt(name);
    }
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "wgs84" | "wgs 84" => return Some(WGS_84),
        "nad83" => return Some(4269),
        _ => {}
    }
    let mut rest = lower.as_str();
    for scheme in ["https://", "http://", "www.", "+init="] {
        rest = rest.strip_prefix(scheme).unwrap_or(rest);
    }
    for place in [
        "urn:ogc:def:crs:",
        "urn:x-ogc:def:crs:",
        "opengis.net/def/crs/",
        "opengis.net/gml/srs/",
        "spatialreference.org/ref/",
    ] {
        rest = rest.strip_prefix(place).unwrap_or(rest);
    }
    // Authority, a version in between or none, code.
    let parts: Vec<&str> = rest
        .split([':', '/', '#'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let (authority, code) = match parts[..] {
        [code] => ("epsg", code),
        [authority, code] | [authority, _, code] => (authority, code),
        _ => return None,
    };
    match (authority, code) {
        ("ogc" | "crs" | "epsg", "crs84" | "84") => Some(WGS_84),
        ("ogc" | "crs" | "epsg", "crs83" | "83") => Some(4269),
        ("ogc" | "crs" | "epsg", "crs27" | "27") => Some(4267),
        ("ogc", "crs84h") => Some(4979),
        // Web Mercator has been many things.
        ("epsg" | "esri", "102100" | "102113" | "900913" | "3785") => Some(3857),
        // Of a compound system the part in the plane.
        ("epsg" | "epsg.xml", code) => code.split('+').next()?.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What GDAL 3.10 (fiona 1.10) makes of them, but for the link, the bare code and the member that is a text: it takes
    /// those for degrees.
    #[test]
    fn spellings_of_one_system() {
        for name in [
            "EPSG:32633",
            "epsg:32633",
            " EPSG: 32633",
            "32633",
            "urn:ogc:def:crs:EPSG::32633",
            "URN:OGC:DEF:CRS:EPSG::32633",
            "urn:ogc:def:crs:EPSG:9.8.15:32633",
            "urn:ogc:def:crs:EPSG:32633",
            "urn:x-ogc:def:crs:EPSG::32633",
            "http://www.opengis.net/def/crs/EPSG/0/32633",
            "https://www.opengis.net/def/crs/EPSG/0/32633",
            "http://opengis.net/def/crs/epsg/9.9/32633",
            "http://www.opengis.net/gml/srs/epsg.xml#32633",
            "http://spatialreference.org/ref/epsg/32633/",
            "+init=epsg:32633",
            "EPSG:32633+5773",
            "PROJCS[\"WGS 84 / UTM zone 33N\",GEOGCS[\"WGS 84\"],AUTHORITY[\"EPSG\",\"32633\"]]",
        ] {
            let member = serde_json::json!({"type": "name", "properties": {"name": name}});
            assert_eq!(epsg(&member), Ok(Some(32633)), "{name}");
        }
        for member in [
            serde_json::json!({"type": "EPSG", "properties": {"code": 32633}}),
            serde_json::json!({"type": "EPSG", "properties": {"code": "32633"}}),
            serde_json::json!({"type": "OGC", "properties": {"urn": "urn:ogc:def:crs:EPSG::32633"}}),
            serde_json::json!({"type": "link", "properties": {"href": "http://www.opengis.net/def/crs/EPSG/0/32633"}}),
            serde_json::json!("EPSG:32633"),
        ] {
            assert_eq!(epsg(&member), Ok(Some(32633)), "{member}");
        }
    }

    #[test]
    fn degrees_and_what_is_not_known() {
        for (name, code) in [
            ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326),
            ("urn:ogc:def:crs:OGC::CRS84", 4326),
            ("OGC:CRS84", 4326),
            ("CRS84", 4326),
            ("CRS:84", 4326),
            ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", 4326),
            ("http://www.opengis.net/def/crs/OGC/0/CRS84", 4326),
            ("urn:ogc:def:crs:OGC:1.3:CRS83", 4269),
            ("WGS84", 4326),
            ("EPSG:900913", 3857),
            ("ESRI:102100", 3857),
        ] {
            let member = serde_json::json!({"type": "name", "properties": {"name": name}});
            assert_eq!(epsg(&member), Ok(Some(code)), "{name}");
        }
        for name in [
            "nonsense",
            "EPSG:",
            "",
            "IGNF:LAMB93",
            "ESRI:54009",
            "urn:ogc:def:crs,crs:EPSG::32633,crs:EPSG::5773",
        ] {
            let member = serde_json::json!({"type": "name", "properties": {"name": name}});
            assert_eq!(epsg(&member), Err(name.to_owned()));
        }
        assert_eq!(epsg(&Value::Null), Ok(None));
        assert_eq!(epsg(&serde_json::json!({})), Err("{}".to_owned()));
    }
}
