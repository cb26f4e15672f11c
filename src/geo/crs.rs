//! Reference systems by EPSG code, and from them to longitude and latitude.
//!
//! Known here: the geographic systems in common use, UTM on WGS 84, ETRS89, NAD83, GDA and SIRGAS, and the national
//! grids of [`NAMED`]. The whole register would be 350 kB of download for codes that hardly anybody uses; a file in
//! another system keeps its CRS through us, only longitudes and areas cannot be given.
//!
//! Source: the EPSG register; the test `tests/peers/test_geo.py` compares every code with PROJ.

use proj4rs::Proj;

pub use super::wkt::{epsg_of_wkt, plan_epsg_of_wkt};

/// Code, name, definition. Lengths in metres unless it says otherwise.
#[rustfmt::skip]
const NAMED: &[(u32, &str, &str)] = &[
    (3857, "WGS 84 / Pseudo-Mercator", "+proj=merc +a=6378137 +b=6378137 +lat_ts=0"),
    (3395, "WGS 84 / World Mercator", "+proj=merc +datum=WGS84"),
    (3035, "ETRS89-extended / LAEA Europe", "+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80"),
    (3034, "ETRS89-extended / LCC Europe", "+proj=lcc +lat_0=52 +lon_0=10 +lat_1=35 +lat_2=65 +x_0=4000000 +y_0=2800000 +ellps=GRS80"),
    (27700, "OSGB36 / British National Grid", "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy +towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489"),
    (2157, "IRENET95 / Irish Transverse Mercator", "+proj=tmerc +lat_0=53.5 +lon_0=-8 +k=0.99982 +x_0=600000 +y_0=750000 +ellps=GRS80"),
    (2154, "RGF93 v1 / Lambert-93", "+proj=lcc +lat_0=46.5 +lon_0=3 +lat_1=49 +lat_2=44 +x_0=700000 +y_0=6600000 +ellps=GRS80"),
    (28992, "Amersfoort / RD New", "+proj=sterea +lat_0=52.1561605555556 +lon_0=5.38763888888889 +k=0.9999079 +x_0=155000 +y_0=463000 +ellps=bessel +towgs84=565.4171,50.3319,465.5524,-0.398957,0.343988,-1.877402,4.0725"),
    (31370, "BD72 / Belgian Lambert 72", "+proj=lcc +lat_0=90 +lon_0=4.36748666666667 +lat_1=51.1666672333333 +lat_2=49.8333339 +x_0=150000.013 +y_0=5400088.438 +ellps=intl +towgs84=-106.8686,52.2978,-103.7239,0.3366,-0.457,1.8422,-1.2747"),
    (3812, "ETRS89 / Belgian Lambert 2008", "+proj=lcc +lat_0=50.797815 +lon_0=4.35921583333333 +lat_1=49.8333333333333 +lat_2=51.1666666666667 +x_0=649328 +y_0=665262 +ellps=GRS80"),
    (2056, "CH1903+ / LV95", "+proj=somerc +lat_0=46.9524055555556 +lon_0=7.43958333333333 +x_0=2600000 +y_0=1200000 +ellps=bessel +towgs84=674.374,15.056,405.346"),
    (21781, "CH1903 / LV03", "+proj=somerc +lat_0=46.9524055555556 +lon_0=7.43958333333333 +x_0=600000 +y_0=200000 +ellps=bessel +towgs84=674.374,15.056,405.346"),
    (5514, "S-JTSK / Krovak East North", "+proj=krovak +lat_0=49.5 +lon_0=24.8333333333333 +alpha=30.2881397527778 +k=0.9999 +ellps=bessel +towgs84=570.8,85.7,462.8,4.998,1.587,5.261,3.56"),
    (2180, "ETRF2000-PL / CS92", "+proj=tmerc +lon_0=19 +k=0.9993 +x_0=500000 +y_0=-5300000 +ellps=GRS80"),
    (3301, "Estonian Coordinate System of 1997", "+proj=lcc +lat_0=57.5175539305556 +lon_0=24 +lat_1=59.3333333333333 +lat_2=58 +x_0=500000 +y_0=6375000 +ellps=GRS80"),
    (3346, "LKS94 / Lithuania TM", "+proj=tmerc +lon_0=24 +k=0.9998 +x_0=500000 +ellps=GRS80"),
    (3059, "LKS-92 / Latvia TM", "+proj=tmerc +lon_0=24 +k=0.9996 +x_0=500000 +y_0=-6000000 +ellps=GRS80"),
    (3763, "ETRS89 / Portugal TM06", "+proj=tmerc +lat_0=39.6682583333333 +lon_0=-8.13310833333333 +ellps=GRS80"),
    (3794, "Slovenia 1996 / Slovene National Grid", "+proj=tmerc +lon_0=15 +k=0.9999 +x_0=500000 +y_0=-5000000 +ellps=GRS80"),
    (3765, "HTRS96 / Croatia TM", "+proj=tmerc +lon_0=16.5 +k=0.9999 +x_0=500000 +ellps=GRS80"),
    (2100, "GGRS87 / Greek Grid", "+proj=tmerc +lon_0=24 +k=0.9996 +x_0=500000 +ellps=GRS80 +towgs84=-199.87,74.79,246.62"),
    (23700, "HD72 / EOV", "+proj=somerc +lat_0=47.1443937222222 +lon_0=19.0485717777778 +k_0=0.99993 +x_0=650000 +y_0=200000 +ellps=GRS67 +towgs84=52.17,-71.82,-14.9"),
    (31466, "DHDN / 3-degree Gauss-Kruger zone 2", "+proj=tmerc +lon_0=6 +x_0=2500000 +ellps=bessel +towgs84=598.1,73.7,418.2,0.202,0.045,-2.455,6.7"),
    (31467, "DHDN / 3-degree Gauss-Kruger zone 3", "+proj=tmerc +lon_0=9 +x_0=3500000 +ellps=bessel +towgs84=598.1,73.7,418.2,0.202,0.045,-2.455,6.7"),
    (31468, "DHDN / 3-degree Gauss-Kruger zone 4", "+proj=tmerc +lon_0=12 +x_0=4500000 +ellps=bessel +towgs84=598.1,73.7,418.2,0.202,0.045,-2.455,6.7"),
    (31469, "DHDN / 3-degree Gauss-Kruger zone 5", "+proj=tmerc +lon_0=15 +x_0=5500000 +ellps=bessel +towgs84=598.1,73.7,418.2,0.202,0.045,-2.455,6.7"),
    (31254, "MGI / Austria GK West", "+proj=tmerc +lon_0=10.3333333333333 +y_0=-5000000 +ellps=bessel +towgs84=577.326,90.129,463.919,5.137,1.474,5.297,2.4232"),
    (31255, "MGI / Austria GK Central", "+proj=tmerc +lon_0=13.3333333333333 +y_0=-5000000 +ellps=bessel +towgs84=577.326,90.129,463.919,5.137,1.474,5.297,2.4232"),
    (31256, "MGI / Austria GK East", "+proj=tmerc +lon_0=16.3333333333333 +y_0=-5000000 +ellps=bessel +towgs84=577.326,90.129,463.919,5.137,1.474,5.297,2.4232"),
    (31287, "MGI / Austria Lambert", "+proj=lcc +lat_0=47.5 +lon_0=13.3333333333333 +lat_1=49 +lat_2=46 +x_0=400000 +y_0=400000 +ellps=bessel +towgs84=577.326,90.129,463.919,5.137,1.474,5.297,2.4232"),
    (3003, "Monte Mario / Italy zone 1", "+proj=tmerc +lon_0=9 +k=0.9996 +x_0=1500000 +ellps=intl +towgs84=-104.1,-49.1,-9.9,0.971,-2.917,0.714,-11.68"),
    (3004, "Monte Mario / Italy zone 2", "+proj=tmerc +lon_0=15 +k=0.9996 +x_0=2520000 +ellps=intl +towgs84=-104.1,-49.1,-9.9,0.971,-2.917,0.714,-11.68"),
    (3577, "GDA94 / Australian Albers", "+proj=aea +lon_0=132 +lat_1=-18 +lat_2=-36 +ellps=GRS80"),
    (3112, "GDA94 / Geoscience Australia Lambert", "+proj=lcc +lon_0=134 +lat_1=-18 +lat_2=-36 +ellps=GRS80"),
    (2193, "NZGD2000 / New Zealand Transverse Mercator 2000", "+proj=tmerc +lon_0=173 +k=0.9996 +x_0=1600000 +y_0=10000000 +ellps=GRS80"),
    (5070, "NAD83 / Conus Albers", "+proj=aea +lat_0=23 +lon_0=-96 +lat_1=29.5 +lat_2=45.5 +datum=NAD83"),
    (6350, "NAD83(2011) / Conus Albers", "+proj=aea +lat_0=23 +lon_0=-96 +lat_1=29.5 +lat_2=45.5 +ellps=GRS80"),
    (3978, "NAD83 / Canada Atlas Lambert", "+proj=lcc +lat_0=49 +lon_0=-95 +lat_1=49 +lat_2=77 +datum=NAD83"),
    (3347, "NAD83 / Statistics Canada Lambert", "+proj=lcc +lat_0=63.390675 +lon_0=-91.8666666666667 +lat_1=49 +lat_2=77 +x_0=6200000 +y_0=3000000 +datum=NAD83"),
    (3005, "NAD83 / BC Albers", "+proj=aea +lat_0=45 +lon_0=-126 +lat_1=50 +lat_2=58.5 +x_0=1000000 +datum=NAD83"),
    (6933, "WGS 84 / NSIDC EASE-Grid 2.0 Global", "+proj=cea +lat_ts=30 +datum=WGS84"),
    (3413, "WGS 84 / NSIDC Sea Ice Polar Stereographic North", "+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45 +datum=WGS84"),
    (3031, "WGS 84 / Antarctic Polar Stereographic", "+proj=stere +lat_0=-90 +lat_ts=-71 +datum=WGS84"),
    (3995, "WGS 84 / Arctic Polar Stereographic", "+proj=stere +lat_0=90 +lat_ts=71 +datum=WGS84"),
    (3976, "WGS 84 / NSIDC Sea Ice Polar Stereographic South", "+proj=stere +lat_0=-90 +lat_ts=-70 +datum=WGS84"),
    (5041, "WGS 84 / UPS North (E,N)", "+proj=stere +lat_0=90 +k=0.994 +x_0=2000000 +y_0=2000000 +datum=WGS84"),
    (5042, "WGS 84 / UPS South (E,N)", "+proj=stere +lat_0=-90 +k=0.994 +x_0=2000000 +y_0=2000000 +datum=WGS84"),
    (3826, "TWD97 / TM2 zone 121", "+proj=tmerc +lon_0=121 +k=0.9999 +x_0=250000 +ellps=GRS80"),
    (6669, "JGD2011 / Japan Plane Rectangular CS I", "+proj=tmerc +lat_0=33 +lon_0=129.5 +k=0.9999 +ellps=GRS80"),
    (6670, "JGD2011 / Japan Plane Rectangular CS II", "+proj=tmerc +lat_0=33 +lon_0=131 +k=0.9999 +ellps=GRS80"),
    (6671, "JGD2011 / Japan Plane Rectangular CS III", "+proj=tmerc +lat_0=36 +lon_0=132.166666666667 +k=0.9999 +ellps=GRS80"),
    (6672, "JGD2011 / Japan Plane Rectangular CS IV", "+proj=tmerc +lat_0=33 +lon_0=133.5 +k=0.9999 +ellps=GRS80"),
    (6673, "JGD2011 / Japan Plane Rectangular CS V", "+proj=tmerc +lat_0=36 +lon_0=134.333333333333 +k=0.9999 +ellps=GRS80"),
    (6674, "JGD2011 / Japan Plane Rectangular CS VI", "+proj=tmerc +lat_0=36 +lon_0=136 +k=0.9999 +ellps=GRS80"),
    (6675, "JGD2011 / Japan Plane Rectangular CS VII", "+proj=tmerc +lat_0=36 +lon_0=137.166666666667 +k=0.9999 +ellps=GRS80"),
    (6676, "JGD2011 / Japan Plane Rectangular CS VIII", "+proj=tmerc +lat_0=36 +lon_0=138.5 +k=0.9999 +ellps=GRS80"),
    (6677, "JGD2011 / Japan Plane Rectangular CS IX", "+proj=tmerc +lat_0=36 +lon_0=139.833333333333 +k=0.9999 +ellps=GRS80"),
    (6678, "JGD2011 / Japan Plane Rectangular CS X", "+proj=tmerc +lat_0=40 +lon_0=140.833333333333 +k=0.9999 +ellps=GRS80"),
    (6679, "JGD2011 / Japan Plane Rectangular CS XI", "+proj=tmerc +lat_0=44 +lon_0=140.25 +k=0.9999 +ellps=GRS80"),
    (6680, "JGD2011 / Japan Plane Rectangular CS XII", "+proj=tmerc +lat_0=44 +lon_0=142.25 +k=0.9999 +ellps=GRS80"),
    (6681, "JGD2011 / Japan Plane Rectangular CS XIII", "+proj=tmerc +lat_0=44 +lon_0=144.25 +k=0.9999 +ellps=GRS80"),
    (6682, "JGD2011 / Japan Plane Rectangular CS XIV", "+proj=tmerc +lat_0=26 +lon_0=142 +k=0.9999 +ellps=GRS80"),
    (6683, "JGD2011 / Japan Plane Rectangular CS XV", "+proj=tmerc +lat_0=26 +lon_0=127.5 +k=0.9999 +ellps=GRS80"),
    (6684, "JGD2011 / Japan Plane Rectangular CS XVI", "+proj=tmerc +lat_0=26 +lon_0=124 +k=0.9999 +ellps=GRS80"),
    (6685, "JGD2011 / Japan Plane Rectangular CS XVII", "+proj=tmerc +lat_0=26 +lon_0=131 +k=0.9999 +ellps=GRS80"),
    (6686, "JGD2011 / Japan Plane Rectangular CS XVIII", "+proj=tmerc +lat_0=20 +lon_0=136 +k=0.9999 +ellps=GRS80"),
    (6687, "JGD2011 / Japan Plane Rectangular CS XIX", "+proj=tmerc +lat_0=26 +lon_0=154 +k=0.9999 +ellps=GRS80"),
    (5186, "KGD2002 / Central Belt 2010", "+proj=tmerc +lat_0=38 +lon_0=127 +x_0=200000 +y_0=600000 +ellps=GRS80"),
    (5179, "KGD2002 / Unified CS", "+proj=tmerc +lat_0=38 +lon_0=127.5 +k=0.9996 +x_0=1000000 +y_0=2000000 +ellps=GRS80"),
    (2229, "NAD83 / California zone 5 (ftUS)", "+proj=lcc +lat_0=33.5 +lon_0=-118 +lat_1=35.4666666666667 +lat_2=34.0333333333333 +x_0=2000000.0001016 +y_0=500000.0001016 +datum=NAD83 +units=us-ft"),
    (2263, "NAD83 / New York Long Island (ftUS)", "+proj=lcc +lat_0=40.1666666666667 +lon_0=-74 +lat_1=41.0333333333333 +lat_2=40.6666666666667 +x_0=300000 +datum=NAD83 +units=us-ft"),
];

/// Geographic systems (degrees). All but the last two agree with WGS 84 within two metres.
const GEOGRAPHIC: &[(u32, &str, &str)] = &[
    (4326, "WGS 84", "+proj=longlat +datum=WGS84"),
    (4979, "WGS 84 (3D)", "+proj=longlat +datum=WGS84"),
    (4258, "ETRS89", "+proj=longlat +ellps=GRS80"),
    (4269, "NAD83", "+proj=longlat +datum=NAD83"),
    (6318, "NAD83(2011)", "+proj=longlat +ellps=GRS80"),
    (4283, "GDA94", "+proj=longlat +ellps=GRS80"),
    (7844, "GDA2020", "+proj=longlat +ellps=GRS80"),
    (4148, "Hartebeesthoek94", "+proj=longlat +ellps=WGS84"),
    (4167, "NZGD2000", "+proj=longlat +ellps=GRS80"),
    (4171, "RGF93 v1", "+proj=longlat +ellps=GRS80"),
    (4617, "NAD83(CSRS)", "+proj=longlat +ellps=GRS80"),
    (4674, "SIRGAS 2000", "+proj=longlat +ellps=GRS80"),
    (4490, "CGCS2000", "+proj=longlat +ellps=GRS80"),
    (6668, "JGD2011", "+proj=longlat +ellps=GRS80"),
    (
        4277,
        "OSGB36",
        "+proj=longlat +ellps=airy +towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489",
    ),
    (
        4314,
        "DHDN",
        "+proj=longlat +ellps=bessel +towgs84=598.1,73.7,418.2,0.202,0.045,-2.455,6.7",
    ),
];

/// Transverse Mercator families: first code, zones, zone of the first code, southern, ellipsoid, name.
const UTM: &[(u32, u32, u32, bool, &str, &str)] = &[
    (32601, 60, 1, false, "WGS84", "WGS 84 / UTM zone"),
    (32701, 60, 1, true, "WGS84", "WGS 84 / UTM zone"),
    (25828, 11, 28, false, "GRS80", "ETRS89 / UTM zone"),
    (26901, 23, 1, false, "GRS80", "NAD83 / UTM zone"),
    (6328, 21, 59, false, "GRS80", "NAD83(2011) / UTM zone"),
    (28348, 11, 48, true, "GRS80", "GDA94 / MGA zone"),
    (7846, 14, 46, true, "GRS80", "GDA2020 / MGA zone"),
    (31965, 12, 11, false, "GRS80", "SIRGAS 2000 / UTM zone"),
    (31977, 9, 17, true, "GRS80", "SIRGAS 2000 / UTM zone"),
    (3006, 1, 33, false, "GRS80", "SWEREF99 TM, zone"),
    (3067, 1, 35, false, "GRS80", "ETRS89 / TM35FIN, zone"),
];

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CrsError {
    #[error("the file names no reference system")]
    None,
    #[error("EPSG:{0} is not known here")]
    Unknown(u32),
    #[error("EPSG:{code}: {detail}")]
    Definition { code: u32, detail: String },
}

/// A reference system that can be computed with.
#[derive(Debug, Clone, PartialEq)]
pub struct Crs {
    pub epsg: u32,
    pub name: String,
    /// Degrees instead of lengths.
    pub geographic: bool,
    /// Metres a unit; 1 for degrees.
    pub unit_m: f64,
    definition: String,
}

pub(super) fn is_geographic(epsg: u32) -> bool {
    GEOGRAPHIC.iter().any(|(code, ..)| *code == epsg)
}

impl Crs {
    /// # Errors
    /// If the code is not known here.
    pub fn from_epsg(epsg: u32) -> Result<Crs, CrsError> {
        let (name, definition) = define(epsg).ok_or(CrsError::Unknown(epsg))?;
        Ok(Crs {
            epsg,
            name,
            geographic: is_geographic(epsg),
            unit_m: if definition.contains("+units=us-ft") {
                1200.0 / 3937.0
            } else {
                1.0
            },
            definition,
        })
    }

    /// # Errors
    /// If the definition is not understood; every one of the tables is (tested).
    pub fn to_lon_lat(&self) -> Result<ToLonLat, CrsError> {
        let parse = |text: &str| {
            Proj::from_proj_string(text).map_err(|e| CrsError::Definition {
                code: self.epsg,
                detail: e.to_string(),
            })
        };
        Ok(ToLonLat {
            from: parse(&self.definition)?,
            to: parse("+proj=longlat +datum=WGS84")?,
            geographic: self.geographic,
        })
    }
}

fn define(epsg: u32) -> Option<(String, String)> {
    let listed = |table: &[(u32, &str, &str)]| {
        let row = table.iter().find(|(code, ..)| *code == epsg)?;
        Some((row.1.to_owned(), row.2.to_owned()))
    };
    listed(GEOGRAPHIC).or_else(|| listed(NAMED)).or_else(|| {
        UTM.iter()
            .find_map(|(first, count, first_zone, south, ellipsoid, name)| {
                let step = epsg.checked_sub(*first).filter(|step| step < count)?;
                // NAD83(2011) counts on over the date line: 59, 60, 1, 2, ...
                let zone = (first_zone + step - 1) % 60 + 1;
                let side = if *south { "S" } else { "N" };
                let south = if *south { " +south" } else { "" };
                let definition = format!("+proj=utm +zone={zone}{south} +ellps={ellipsoid}");
                Some((format!("{name} {zone}{side}"), definition))
            })
    })
}

/// Map coordinates to longitude and latitude on WGS 84, in degrees, and back.
pub struct ToLonLat {
    from: Proj,
    to: Proj,
    geographic: bool,
}

impl ToLonLat {
    /// `None` where the projection has no such place.
    pub fn lon_lat(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let mut point = if self.geographic {
            (x.to_radians(), y.to_radians(), 0.0)
        } else {
            (x, y, 0.0)
        };
        proj4rs::transform::transform(&self.from, &self.to, &mut point).ok()?;
        let out = [point.0.to_degrees(), point.1.to_degrees()];
        out.iter().all(|v| v.is_finite()).then_some(out)
    }

    /// The way back.
    pub fn from_lon_lat(&self, [longitude, latitude]: [f64; 2]) -> Option<[f64; 2]> {
        let mut point = (longitude.to_radians(), latitude.to_radians(), 0.0);
        proj4rs::transform::transform(&self.to, &self.from, &mut point).ok()?;
        let out = if self.geographic {
            [point.0.to_degrees(), point.1.to_degrees()]
        } else {
            [point.0, point.1]
        };
        out.iter().all(|v| v.is_finite()).then_some(out)
    }
}

/// The code by which x and y are computed: the one in force for one that was given up (Web Mercator had several), and of
/// a system with heights the one without.
pub(super) fn current(epsg: u32) -> u32 {
    match epsg {
        3785 | 900_913 | 102_100 | 102_113 => 3857,
        4480 => 4490,
        4937 => 4258,
        4939 => 4283,
        4955 => 4617,
        4959 => 4167,
        4965 => 4171,
        4989 => 4674,
        6319 => 6318,
        6667 => 6668,
        7843 => 7844,
        other => other,
    }
}

/// The zone of UTM on a geographic system, where it has a code.
pub(super) fn utm_code(geographic: u32, zone: u32, south: bool) -> Option<u32> {
    if !(1..=60).contains(&zone) {
        return None;
    }
    let first = match (geographic, south) {
        (4326, false) => 32_600,
        (4326, true) => 32_700,
        (4258, false) => 25_800,
        (4269, false) => 26_900,
        _ => return None,
    };
    define(first + zone).map(|_| first + zone)
}

/// The listed system of this name, as [`plain`] has it.
pub(super) fn by_plain_name(name: &str) -> Option<u32> {
    let families = UTM.iter().flat_map(|(first, count, ..)| *first..first + count);
    let listed = GEOGRAPHIC.iter().chain(NAMED).map(|(code, ..)| *code);
    listed.chain(families).find(|code| {
        let known = define(*code).map(|(known, _)| plain(&known));
        // Zones of the Map Grid of Australia need no side.
        known.is_some_and(|known| known == name || known.contains("mgazone") && known.trim_end_matches('s') == name)
    })
}

/// A definition's numbers; lengths in metres, angles in degrees.
pub(super) struct Definition {
    text: String,
    /// Metres a unit.
    pub(super) unit_m: f64,
}

pub(super) fn definition(epsg: u32) -> Option<Definition> {
    let crs = Crs::from_epsg(epsg).ok()?;
    Some(Definition {
        text: crs.definition,
        unit_m: crs.unit_m,
    })
}

impl Definition {
    fn get(&self, wanted: &str) -> Option<&str> {
        let parts = self.text.split_whitespace().filter_map(|part| part.split_once('='));
        parts
            .map(|(key, value)| (key.trim_start_matches('+'), value))
            .find(|(key, _)| *key == wanted)
            .map(|(_, v)| v)
    }

    pub(super) fn is(&self, projection: &str) -> bool {
        self.get("proj") == Some(projection)
    }

    pub(super) fn number(&self, key: &str) -> Option<f64> {
        if let Some(zone) = self.get("zone").and_then(|zone| zone.parse::<f64>().ok()) {
            return match key {
                "lon_0" => Some(zone * 6.0 - 183.0),
                "k" => Some(0.9996),
                "x_0" => Some(500_000.0),
                "y_0" => Some(if self.text.contains("+south") { 1e7 } else { 0.0 }),
                _ => None,
            };
        }
        let value = self
            .get(key)
            .or_else(|| if key == "k" { self.get("k_0") } else { None });
        value?.parse().ok()
    }
}

/// A name without what EPSG and Esri write differently.
pub(super) fn plain(name: &str) -> String {
    let mut plain = name.to_ascii_lowercase();
    plain.retain(|c| !" /-_(),".contains(c));
    for (long, short) in [
        ("gcs", ""),
        ("wgs1984", "wgs84"),
        ("etrs1989", "etrs89"),
        ("nad1983", "nad83"),
        ("gda1994", "gda94"),
    ] {
        plain = plain.replace(long, short);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_is_understood() {
        let families = UTM.iter().flat_map(|(first, count, ..)| *first..first + count);
        for code in GEOGRAPHIC.iter().chain(NAMED).map(|(code, ..)| *code).chain(families) {
            let crs = Crs::from_epsg(code).expect("listed");
            assert!(crs.to_lon_lat().is_ok(), "{code}: {:?}", crs.to_lon_lat().err());
        }
        assert_eq!(Crs::from_epsg(9999), Err(CrsError::Unknown(9999)));
    }

    /// PROJ's `echo 500000 5400000 | cs2cs EPSG:32633 EPSG:4326`: 48d45'09.5"N 15dE.
    #[test]
    fn utm_and_back() {
        let to = Crs::from_epsg(32633).and_then(|c| c.to_lon_lat()).expect("known");
        let [lon, lat] = to.lon_lat([500_000.0, 5_400_000.0]).expect("on the map");
        assert!(
            (lon - 15.0).abs() < 1e-9 && (lat - 48.752_6).abs() < 1e-3,
            "{lon} {lat}"
        );
        let [x, y] = to.from_lon_lat([lon, lat]).expect("on the map");
        assert!((x - 500_000.0).abs() < 1e-6 && (y - 5_400_000.0).abs() < 1e-6);
    }
}
