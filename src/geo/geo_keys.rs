//! GeoKeys: how a GeoTIFF names its reference system (OGC GeoTIFF 1.1, chapter 7).

use super::{crs, wkt};

/// Keys that are looked at.
pub(super) mod key {
    pub const MODEL_TYPE: u16 = 1024;
    pub const RASTER_TYPE: u16 = 1025;
    pub const CITATION: u16 = 1026;
    pub const GEODETIC_CRS: u16 = 2048;
    pub const DATUM: u16 = 2050;
    pub const ELLIPSOID: u16 = 2056;
    pub const SEMI_MAJOR_M: u16 = 2057;
    pub const SEMI_MINOR_M: u16 = 2058;
    pub const INVERSE_FLATTENING: u16 = 2059;
    pub const PROJECTED_CRS: u16 = 3072;
    pub const PROJECTED_CITATION: u16 = 3073;
    pub const PROJECTION: u16 = 3074;
    pub const METHOD: u16 = 3075;
    pub const LINEAR_UNIT: u16 = 3076;
}

/// "User-defined" and "undefined" in GeoKeys.
const NO_CODE: [u16; 2] = [0, 32767];
/// Tag of a key's doubles and of its text.
const DOUBLES: u16 = 34736;
const ASCII: u16 = 34737;
/// `ProjMethodGeoKey`: Mercator.
const MERCATOR: u16 = 7;
/// How Esri's programs begin a citation: before a name, and before well-known text.
const ESRI_NAME: &str = "PCS Name = ";
const ESRI_TEXT: &str = "ESRI PE String = ";
/// Names by which a Mercator on the ellipsoid's numbers is the one of web maps.
const WEB_MERCATOR: [&str; 2] = ["WGS_1984_Web_Mercator_Auxiliary_Sphere", "WGS 84 / Pseudo-Mercator"];

/// Half the equatorial diameter and the inverse flattening of WGS 84's ellipsoid.
const WGS84_M: f64 = 6_378_137.0;
const WGS84_INVERSE_FLATTENING: f64 = 298.257_223_563;

/// What the keys make of the earth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Wgs84,
    /// Of WGS 84's radius: the one of web maps, whatever it is called.
    Sphere,
    Other,
}

/// The GeoKeys as they came, so that what is written has the same CRS even where we cannot name it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GeoKeys {
    pub directory: Vec<u16>,
    pub doubles: Vec<f64>,
    pub ascii: String,
    /// Well-known text of a system that has no code, where a file beside the image names it so.
    pub text: Option<String>,
}

impl GeoKeys {
    /// Key, location, count, value: four numbers each after a header of four.
    fn entry(&self, key: u16) -> Option<[u16; 4]> {
        let entries = self.directory.chunks_exact(4).skip(1);
        entries
            .filter_map(|e| e.try_into().ok())
            .find(|e: &[u16; 4]| e[0] == key)
    }

    pub(super) fn short(&self, key: u16) -> Option<u16> {
        self.entry(key).filter(|entry| entry[1] == 0).map(|entry| entry[3])
    }

    fn double(&self, key: u16) -> Option<f64> {
        let entry = self.entry(key).filter(|entry| entry[1] == DOUBLES)?;
        self.doubles.get(usize::from(entry[3])).copied()
    }

    /// Without the bar that ends it.
    fn text(&self, key: u16) -> Option<&str> {
        let entry = self.entry(key).filter(|entry| entry[1] == ASCII)?;
        let from = usize::from(entry[3]);
        let text = self.ascii.get(from..from + usize::from(entry[2]))?;
        Some(text.trim_end_matches(['|', '\0']).trim())
    }

    pub(super) fn set_short(&mut self, key: u16, value: u16) {
        for entry in self.directory.chunks_exact_mut(4).skip(1) {
            if entry[0] == key && entry[1] == 0 {
                entry[3] = value;
            }
        }
    }

    /// Keys of a CRS known by its code alone.
    pub fn of_epsg(epsg: u32) -> GeoKeys {
        let Ok(code) = u16::try_from(epsg) else {
            return GeoKeys::default();
        };
        Self::of_code(code, crs::is_geographic(epsg))
    }

    fn of_code(code: u16, geographic: bool) -> GeoKeys {
        let (model, code_key) = if geographic {
            (2, key::GEODETIC_CRS)
        } else {
            (1, key::PROJECTED_CRS)
        };
        let mut directory = vec![1, 1, 0, 3];
        for (key, value) in [(key::MODEL_TYPE, model), (key::RASTER_TYPE, 1), (code_key, code)] {
            directory.extend([key, 0, 1, value]);
        }
        GeoKeys {
            directory,
            ..GeoKeys::default()
        }
    }

    /// Keys of what a text names: by its code where it has one; otherwise its name as the citation of a user-defined
    /// system, and the text beside.
    pub fn of_text(text: &str) -> (Option<u32>, GeoKeys) {
        if let Some(epsg) = wkt::plan_epsg_of_wkt(text) {
            let keys = match u16::try_from(epsg) {
                Ok(code) => Self::of_code(code, wkt::is_geographic(text) || crs::is_geographic(epsg)),
                Err(_) => GeoKeys::default(),
            };
            return (Some(epsg), keys);
        }
        let mut keys = GeoKeys {
            text: Some(text.trim().to_owned()),
            ..GeoKeys::default()
        };
        if let Some(name) = wkt::name_of_wkt(text).filter(|name| name.is_ascii()) {
            keys.ascii = format!("{}|", name.replace('|', " "));
            let length = keys.ascii.len() as u16;
            keys.directory = vec![1, 1, 0, 3, key::MODEL_TYPE, 0, 1, 32767, key::RASTER_TYPE, 0, 1, 1];
            keys.directory.extend([key::CITATION, ASCII, length, 0]);
        }
        (None, keys)
    }

    /// Whether a system is named at all.
    pub fn name_something(&self) -> bool {
        let coded = [
            key::GEODETIC_CRS,
            key::PROJECTED_CRS,
            key::CITATION,
            key::PROJECTED_CITATION,
        ];
        self.text.is_some() || coded.iter().any(|key| self.entry(*key).is_some())
    }

    /// The name that the file gives a system without a code.
    pub fn name(&self) -> Option<String> {
        let citation = || {
            let text = self.text(key::PROJECTED_CITATION).or(self.text(key::CITATION))?;
            match text.strip_prefix(ESRI_TEXT) {
                Some(known) => wkt::name_of_wkt(known),
                None => Some(text.strip_prefix(ESRI_NAME).unwrap_or(text).to_owned()),
            }
        };
        self.text
            .as_deref()
            .and_then(wkt::name_of_wkt)
            .or_else(citation)
            .filter(|name| !name.is_empty())
    }

    /// EPSG code of the system; of a user-defined one where its keys are those of Web Mercator as Esri's programs write
    /// it, of World Mercator, or of a zone of UTM. What GDAL makes of such keys was measured (`tests/peers/test_geo.py`).
    pub fn epsg(&self) -> Option<u32> {
        let code = |key| self.short(key).filter(|code| !NO_CODE.contains(code)).map(u32::from);
        let projected = match self.short(key::MODEL_TYPE) {
            Some(1) => true,
            Some(2) => return self.geographic(),
            Some(3) => return code(key::GEODETIC_CRS),
            Some(32767) if self.esri_text().is_some() => return self.esri_text().and_then(wkt::plan_epsg_of_wkt),
            // A system in degrees has to say so: a user-defined model on a known datum is not that datum's own system.
            _ => self.short(key::PROJECTED_CRS).is_some(),
        };
        if !projected {
            return None;
        }
        match code(key::PROJECTED_CRS) {
            Some(code) => Some(crs::current(code)).filter(|code| self.unit_is_that_of(*code)),
            None => self.user_defined(),
        }
    }

    /// The system in degrees, by its code or its datum's.
    fn geographic(&self) -> Option<u32> {
        match self.short(key::GEODETIC_CRS)? {
            0 => None,
            32767 => (self.short(key::DATUM) == Some(6326) && self.shape() == Shape::Wgs84).then_some(4326),
            code => Some(code.into()),
        }
    }

    /// Numbers of the ellipsoid count for more than the system that they stand beside.
    fn shape(&self) -> Shape {
        let radius = self.double(key::SEMI_MAJOR_M).unwrap_or(WGS84_M);
        let by_sides = |minor: f64| {
            if minor == radius {
                0.0
            } else {
                radius / (radius - minor)
            }
        };
        let said = self.double(key::INVERSE_FLATTENING);
        let said = said.or_else(|| self.double(key::SEMI_MINOR_M).map(by_sides));
        let sphere = [(key::ELLIPSOID, 7059), (key::DATUM, 6055), (key::GEODETIC_CRS, 4055)];
        let sphere = sphere.iter().any(|(key, code)| self.short(*key) == Some(*code));
        let other = self
            .short(key::ELLIPSOID)
            .is_some_and(|code| ![0, 7030, 7059, 32767].contains(&code));
        let flattening = said.unwrap_or(if sphere { 0.0 } else { WGS84_INVERSE_FLATTENING });
        if other || (radius - WGS84_M).abs() > 1e-3 {
            Shape::Other
        } else if flattening == 0.0 {
            Shape::Sphere
        } else if (flattening - WGS84_INVERSE_FLATTENING).abs() < 1e-7 {
            Shape::Wgs84
        } else {
            Shape::Other
        }
    }

    /// Well-known text in the citation.
    fn esri_text(&self) -> Option<&str> {
        self.text(key::PROJECTED_CITATION)?.strip_prefix(ESRI_TEXT)
    }

    /// A length unit beside the code that is another than the system's makes it another system.
    fn unit_is_that_of(&self, code: u32) -> bool {
        let metres = match self.short(key::LINEAR_UNIT) {
            Some(9001) => 1.0,
            Some(9002) => 0.3048,
            Some(9003) => 1200.0 / 3937.0,
            _ => return true,
        };
        crs::Crs::from_epsg(code).map_or(true, |crs| (crs.unit_m - metres).abs() < 1e-7)
    }

    fn user_defined(&self) -> Option<u32> {
        let metres = self.short(key::LINEAR_UNIT).is_none_or(|unit| unit == 9001);
        let citations = [self.text(key::PROJECTED_CITATION), self.text(key::CITATION)];
        let named = |text: &&str| WEB_MERCATOR.contains(&text.strip_prefix(ESRI_NAME).unwrap_or(text));
        if !metres {
            return None;
        }
        if self.short(key::METHOD).is_some() && citations.iter().flatten().any(named) {
            return Some(3857);
        }
        let mercator = self.short(key::METHOD) == Some(MERCATOR)
            && (3078..=3089).all(|key| self.double(key).is_none_or(|value| value == 0.0))
            && self.double(3092).is_none_or(|value| value == 1.0);
        let shape = self.shape();
        if mercator && shape == Shape::Sphere {
            return Some(3857);
        }
        let geographic = self.geographic();
        // 16001 to 16060: northern zones of UTM; 16101 to 16160: southern ones.
        if let Some(zone @ (16001..=16060 | 16101..=16160)) = self.short(key::PROJECTION) {
            let own_shape = self.double(key::SEMI_MAJOR_M).is_some() && geographic == Some(4326);
            let code = crs::utm_code(geographic?, u32::from(zone % 100), zone > 16100);
            return code.filter(|_| !own_shape || shape == Shape::Wgs84);
        }
        let web = citations.iter().flatten().any(|text| {
            let lower = text.to_ascii_lowercase();
            lower.contains("web") || lower.contains("popular") || lower.contains("pseudo")
        });
        if web {
            // Neither the name that is known nor surely the ellipsoid.
            return None;
        }
        if self.short(key::METHOD) == Some(MERCATOR) && geographic == Some(4326) {
            return (mercator && shape == Shape::Wgs84).then_some(3395);
        }
        self.esri_text().and_then(wkt::plan_epsg_of_wkt)
    }
}

#[cfg(test)]
#[path = "geo_keys_tests.rs"]
mod tests;
