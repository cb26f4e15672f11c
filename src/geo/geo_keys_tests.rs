use super::*;

enum Is {
    Code(u16),
    Number(f64),
    Text(&'static str),
}
use Is::{Code, Number, Text};

fn keys(entries: &[(u16, Is)]) -> GeoKeys {
    let mut keys = GeoKeys {
        directory: vec![1, 1, 0, entries.len() as u16],
        ..GeoKeys::default()
    };
    for (key, is) in entries {
        match is {
            Code(code) => keys.directory.extend([*key, 0, 1, *code]),
            Number(number) => {
                keys.directory.extend([*key, DOUBLES, 1, keys.doubles.len() as u16]);
                keys.doubles.push(*number);
            }
            Text(text) => {
                let (at, length) = (keys.ascii.len() as u16, text.len() as u16 + 1);
                keys.directory.extend([*key, ASCII, length, at]);
                keys.ascii.push_str(text);
                keys.ascii.push('|');
            }
        }
    }
    keys
}

/// A user-defined Mercator by its numbers, and `more`.
fn mercator(more: Vec<(u16, Is)>) -> GeoKeys {
    let mut entries = vec![
        (1024, Code(1)),
        (1025, Code(1)),
        (2048, Code(4326)),
        (3072, Code(32767)),
    ];
    entries.extend([(3074, Code(32767)), (3075, Code(7)), (3076, Code(9001))]);
    entries.extend([3080, 3081, 3082, 3083].map(|key| (key, Number(0.0))));
    entries.push((3092, Number(1.0)));
    entries.retain(|(key, _)| more.iter().all(|(other, _)| other != key));
    entries.extend(more);
    keys(&entries)
}

/// GDAL 3.10 by rasterio 1.4: `crs.to_epsg()` of files with these keys.
#[test]
fn mercators_go_by_name() {
    let esri = "PCS Name = WGS_1984_Web_Mercator_Auxiliary_Sphere";
    for citation in [
        esri,
        "WGS_1984_Web_Mercator_Auxiliary_Sphere",
        "WGS 84 / Pseudo-Mercator",
    ] {
        assert_eq!(mercator(vec![(1026, Text(citation))]).epsg(), Some(3857), "{citation}");
        assert_eq!(mercator(vec![(3073, Text(citation))]).epsg(), Some(3857), "{citation}");
        // The citation of the degrees names nothing else.
        assert_eq!(mercator(vec![(2049, Text(citation))]).epsg(), Some(3395), "{citation}");
    }
    assert_eq!(mercator(vec![]).epsg(), Some(3395));
    assert_eq!(
        mercator(vec![(2048, Code(32767)), (2050, Code(6326))]).epsg(),
        Some(3395)
    );
    assert_eq!(mercator(vec![(1026, Text(esri)), (3076, Code(9003))]).epsg(), None);
    for other in [
        (1026, Text("PCS Name = WGS_1984_Web_Mercator")),
        (1026, Text("Web Mercator")),
        (3075, Code(8)),
        (3082, Number(5.0)),
        (3092, Number(0.9)),
        (2048, Code(4258)),
    ] {
        assert_eq!(mercator(vec![other]).epsg(), None);
    }
    let text = "ESRI PE String = PROJCS[\"WGS_1984_Web_Mercator_Auxiliary_Sphere\",GEOGCS[\"GCS_WGS_1984\"]]";
    assert_eq!(
        keys(&[(1024, Code(32767)), (2048, Code(4326)), (3073, Text(text))]).epsg(),
        Some(3857)
    );
    assert_eq!(keys(&[(1024, Code(1)), (3072, Code(3785))]).epsg(), Some(3857));
}

/// As above, but for the sphere of web maps, to which GDAL gives no code: its places are those of EPSG:3857.
#[test]
fn numbers_of_the_ellipsoid_count() {
    let (radius, flattening) = (6_378_137.0, 298.257_223_563);
    let ellipsoid = |a: f64, f: f64| vec![(2057, Number(a)), (2059, Number(f))];
    for (more, code) in [
        (ellipsoid(radius, flattening), Some(3395)),
        (
            vec![(2057, Number(radius)), (2058, Number(6_356_752.314_245_179))],
            Some(3395),
        ),
        (vec![(2056, Code(7030))], Some(3395)),
        (vec![(2057, Number(radius))], Some(3395)),
        // That of GRS 1980.
        (ellipsoid(radius, 298.257_222_101), None),
        (ellipsoid(6_371_000.0, 0.0), None),
        (ellipsoid(6_371_000.0, flattening), None),
        (vec![(2057, Number(6_371_000.0)), (2058, Number(6_371_000.0))], None),
        (vec![(2057, Number(6_371_000.0))], None),
        (vec![(2056, Code(7004))], None),
        (vec![(2057, Number(radius)), (2058, Number(radius))], Some(3857)),
        (ellipsoid(radius, 0.0), Some(3857)),
        (vec![(2059, Number(0.0)), (3081, Number(1.0))], None),
        (vec![(2056, Code(7059))], Some(3857)),
        // ESRI:102113 as GDAL writes it.
        (
            vec![
                (1026, Text("WGS_1984_Web_Mercator")),
                (2048, Code(32767)),
                (2050, Code(6055)),
                (2057, Number(radius)),
                (3078, Number(0.0)),
            ],
            Some(3857),
        ),
        (
            vec![(3074, Code(16033)), (2057, Number(6_371_000.0)), (2059, Number(0.0))],
            None,
        ),
        (
            vec![(3074, Code(16033)), (2057, Number(radius)), (2059, Number(flattening))],
            Some(32633),
        ),
    ] {
        let keys = mercator(more);
        assert_eq!(keys.epsg(), code, "{:?} {:?}", keys.directory, keys.doubles);
    }
}

/// As above.
#[test]
fn only_a_geographic_model_is_degrees() {
    for (entries, code) in [
        (vec![(1024, Code(2)), (2048, Code(4326))], Some(4326)),
        (
            vec![(1024, Code(2)), (2048, Code(4326)), (3072, Code(32633))],
            Some(4326),
        ),
        (
            vec![(1024, Code(2)), (2048, Code(32767)), (2050, Code(6326))],
            Some(4326),
        ),
        (vec![(1024, Code(32767)), (2048, Code(4326))], None),
        (vec![(2048, Code(4326))], None),
        (vec![(1024, Code(1)), (2048, Code(4326))], None),
        (vec![(1024, Code(1)), (2048, Code(4326)), (3072, Code(32767))], None),
        (
            vec![(1024, Code(32767)), (2048, Code(4326)), (3072, Code(32633))],
            Some(32633),
        ),
        (vec![(3072, Code(32633))], Some(32633)),
        (vec![(1024, Code(1)), (3072, Code(32633)), (3076, Code(9003))], None),
        (
            vec![(1024, Code(1)), (3072, Code(2263)), (3076, Code(9003))],
            Some(2263),
        ),
        (
            vec![
                (1024, Code(1)),
                (2048, Code(4326)),
                (3072, Code(32767)),
                (3074, Code(16033)),
            ],
            Some(32633),
        ),
        (
            vec![
                (1024, Code(1)),
                (2048, Code(4326)),
                (3072, Code(32767)),
                (3074, Code(16133)),
            ],
            Some(32733),
        ),
    ] {
        assert_eq!(keys(&entries).epsg(), code, "{:?}", keys(&entries).directory);
    }
}

#[test]
fn a_system_without_a_code_keeps_its_name_and_text() {
    let (epsg, keys) = GeoKeys::of_text("PROJCS[\"Site | grid\",GEOGCS[\"WGS 84\"],UNIT[\"metre\",1]]");
    assert_eq!((epsg, keys.epsg()), (None, None));
    assert_eq!(keys.name().as_deref(), Some("Site | grid"));
    assert_eq!(keys.ascii, "Site   grid|");
    let written = GeoKeys { text: None, ..keys };
    assert_eq!(written.name().as_deref(), Some("Site   grid"));
    assert_eq!(GeoKeys::of_text("EPSG:25832"), (Some(25832), GeoKeys::of_epsg(25832)));
    // A code that cannot be computed with here says nothing about degrees, its text does.
    let (epsg, degrees) = GeoKeys::of_text("GEOGCS[\"NAD27\",AUTHORITY[\"EPSG\",\"4267\"]]");
    assert_eq!(
        (epsg, degrees.epsg(), degrees.short(key::MODEL_TYPE)),
        (Some(4267), Some(4267), Some(2))
    );
    // Offsets and lengths are a stranger's.
    let broken = GeoKeys {
        directory: vec![1, 1, 0, 2, 1026, ASCII, 65535, 65535, 3082, DOUBLES, 1, 9],
        ..GeoKeys::default()
    };
    assert_eq!((broken.epsg(), broken.name()), (None, None));
}
