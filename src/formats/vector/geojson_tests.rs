use super::*;

const SQUARE: &str = r#"{"type":"Polygon","coordinates":[[[15,48],[16,48],[16,49],[15,48]]]}"#;

fn feature(class: &str) -> String {
    format!(r#"{{"type":"Feature","properties":{{{class}}},"geometry":{SQUARE}}}"#)
}

fn collection(features: &[String], more: &str) -> String {
    format!(
        r#"{{"type":"FeatureCollection"{more},"features":[{}]}}"#,
        features.join(",")
    )
}

fn classes(features: &[String]) -> Result<Vec<Class>, String> {
    let polygons = read(collection(features, "").as_bytes()).map_err(|e| e.to_string())?;
    Ok(polygons.classes().collect())
}

#[test]
fn whatever_holds_polygons_is_read() {
    let one = feature("");
    let lines = format!("{one}\n{one}\r\n\n{one}");
    let records = format!("\u{1e}{one}\n\u{1e}{one}\n");
    let both = format!(r#"{{"type":"GeometryCollection","geometries":[{SQUARE},{SQUARE}]}}"#);
    let many = r#"{"coordinates":[[[[15,48,7],[16,48,7],[16,49,7]]]],"type":"MultiPolygon","bbox":[1]}"#;
    let marked = format!("\u{feff}{one}");
    let units: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let turned: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (text, count) in [
        (collection(&[one.clone(), one.clone()], "").as_bytes(), 2),
        (one.as_bytes(), 1),
        (SQUARE.as_bytes(), 1),
        (both.as_bytes(), 2),
        (many.as_bytes(), 1),
        (lines.as_bytes(), 3),
        (records.as_bytes(), 2),
        (marked.as_bytes(), 1),
        (&units, 1),
        (&turned, 1),
        (&units[2..], 1),
    ] {
        let polygons = read(text).expect("read");
        assert_eq!((polygons.len(), polygons.epsg), (count, 4326));
        assert_eq!(polygons.left_out, Default::default());
        let corners = [[15., 48.], [16., 48.], [16., 49.]];
        assert!(polygons.rings().all(|rings| rings[0][..3] == corners));
    }
}

#[test]
fn classes_are_numbers_or_names() {
    let all = [
        "", "1", "2.0", "\"3\"", "\" 4 \"", "65535", "\"road\"", "null", "true", "\"\"", "NaN",
    ]
    .map(|class| {
        feature(&if class.is_empty() {
            String::new()
        } else {
            format!("\"x\":1,\"class\":{class}")
        })
    });
    let codes = [0, 1, 2, 3, 4, 65535].map(Class::Code);
    let mut expected = codes.to_vec();
    expected[0] = Class::None;
    expected.extend([Class::Name(0), Class::None, Class::Code(1), Class::None, Class::None]);
    assert_eq!(classes(&all), Ok(expected));
    // As a Shapefile's column may be written; the exact name comes first.
    assert_eq!(classes(&[feature(r#""CLASS":7"#)]), Ok(vec![Class::Code(7)]));
    assert_eq!(classes(&[feature(r#""class":1,"Class":7"#)]), Ok(vec![Class::Code(1)]));
    assert_eq!(classes(&[feature(r#""Class":7,"class":1"#)]), Ok(vec![Class::Code(1)]));
    for (class, said) in [
        ("1.5", "class 1.5 "),
        ("-1", "class -1 "),
        ("65536", "class 65536 "),
        ("[1]", "neither"),
    ] {
        let error = classes(&[feature(""), feature(&format!("\"class\":{class}"))]).expect_err("refused");
        assert!(error.contains(said), "{error}");
    }
}

/// RFC 7946: a position is two numbers or more. Python writes NaN where JSON has none.
#[test]
fn what_is_no_polygon_is_counted() {
    let with = |ring: &str| format!(r#"{{"type":"Feature","geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}"#);
    for ring in [
        "[[15,48],[16,48],[null,null],[15,48]]",
        "[[15,48],[16,48],[NaN,49],[15,48]]",
        "[[15,48],[16,48],[16,-Infinity],[15,48]]",
        "[[15,48],[16],[16,49],[15,48]]",
        "[[15,48],null,[16,49],[15,48]]",
        "[[15,48],[\"16\",\"48\"],[16,49],[15,48]]",
        "[[15,48],[16,48]]",
        "[15,48,16,48]",
        "null",
    ] {
        let polygons = read(collection(&[with(ring), feature("")], "").as_bytes()).expect("read");
        assert_eq!((polygons.len(), polygons.left_out.broken), (1, 1), "{ring}");
        let alone = read(collection(&[with(ring)], "").as_bytes());
        assert!(matches!(alone, Err(GeoJsonError::Broken(1))), "{ring}");
    }
    let others = [
        feature("\"text\":\"NaN \\\" Infinity\""),
        r#"{"type":"Feature","properties":null,"geometry":{"type":"Point","coordinates":[15,48]}}"#.to_owned(),
        r#"{"type":"Feature","properties":null,"geometry":null}"#.to_owned(),
        r#"{"type":"Feature","geometry":{"type":"Polygon","coordinates":[]}}"#.to_owned(),
        "null".to_owned(),
    ];
    let polygons = read(collection(&others, "").as_bytes()).expect("read");
    assert_eq!(
        (polygons.len(), polygons.left_out.other_shapes, polygons.left_out.broken),
        (1, 1, 0)
    );
    assert!(matches!(
        read(collection(&others[1..2], "").as_bytes()),
        Err(GeoJsonError::OtherShapes)
    ));
    // No geometry: no objects.
    assert!(read(collection(&others[2..], "").as_bytes()).expect("read").is_empty());
    assert!(read(collection(&[], "").as_bytes()).expect("read").is_empty());
    // A line that is cut or something else costs itself.
    let one = feature("");
    let text = format!("{one}\n{}\n{one}\n{{\"a\":1}}\n{one}", &one[..50]);
    let polygons = read(text.as_bytes()).expect("read");
    assert_eq!((polygons.len(), polygons.left_out.lines), (3, 2));
}

#[test]
fn systems_are_those_named() {
    let named = |name: &str| format!(r#","crs":{{"type":"name","properties":{{"name":"{name}"}}}}"#);
    let metres = r#"{"type":"Polygon","coordinates":[[[500010,5400000],[500020,5400000],[500020,5400010]]]}"#;
    let with = |crs: &str| read(format!("{}{crs}}}", &metres[..metres.len() - 1]).as_bytes());
    assert_eq!(with(&named("epsg:32633")).expect("read").epsg, 32633);
    assert!(matches!(with(&named("moon")), Err(GeoJsonError::System(name)) if name == "moon"));
    assert!(matches!(with(""), Err(GeoJsonError::NoDegrees)));
    assert!(matches!(with(",\"crs\":null"), Err(GeoJsonError::NoDegrees)));
    let read_all = |features: &[String], crs: &str| read(collection(features, crs).as_bytes());
    assert_eq!(read_all(&[feature("")], ",\"crs\":null").expect("read").epsg, 4326);
    // PostGIS writes it into geometries.
    let inside = |name: &str| {
        format!(
            "{{\"type\":\"Feature\",\"geometry\":{}{}}}}}",
            &metres[..metres.len() - 1],
            named(name)
        )
    };
    assert_eq!(
        read_all(&[inside("EPSG:32633"), inside("epsg:32633")], "")
            .expect("read")
            .epsg,
        32633
    );
    let two = read_all(&[inside("EPSG:32633"), inside("EPSG:32632")], "");
    assert!(matches!(two, Err(GeoJsonError::Systems)));
}

#[test]
fn other_json_is_left_alone() {
    let deep = [b"[".repeat(5000), b"]".repeat(5000)].concat();
    for text in [
        br#"{"name":"x","type":"module"}"#.as_slice(),
        br#"{"images":[],"annotations":[{"segmentation":[[1,2,3,4,5,6]]}],"categories":[]}"#,
        br#"{"shapes":[{"label":"a","points":[[1,2]],"shape_type":"polygon"}],"version":"5"}"#,
        br#"{"type":"Topology","objects":{}}"#,
        br#"{"features":[{"attributes":{},"geometry":{"rings":[]}}]}"#,
        br#"{"type":"Feature","stac_version":"1.0.0","geometry":null,"properties":{}}"#,
        br#"{"type":"Feature","geometry":null,"properties":{"acquired":"2016","item_type":"PSScene"}}"#,
        b"[1,2]",
        b"5",
        b"",
        b"{",
        b"PK\x03\x04",
        &deep,
    ] {
        assert!(
            read_if_geojson(&mut text.to_vec()).is_none(),
            "{:?}",
            String::from_utf8_lossy(&text[..text.len().min(40)])
        );
        assert!(read(text).is_err());
    }
    let whole = collection(&[feature("")], "");
    assert!(read_if_geojson(&mut whole.clone().into_bytes()).is_some_and(|read| read.is_ok()));
    for cut in 0..whole.len() {
        assert!(read(&whole.as_bytes()[..cut]).is_err());
    }
    assert!(matches!(
        read_if_geojson(&mut whole.as_bytes()[..80].to_vec()),
        Some(Err(GeoJsonError::Syntax(_)))
    ));
    for (name, by_name, by_content) in [
        ("a.GeoJSON", true, false),
        ("a.geo.json", true, true),
        ("a.geojsonl", true, false),
        ("a.json", false, true),
        ("a.ndjson", false, true),
        ("a.png", false, false),
    ] {
        assert_eq!(
            (is_geojson(name), may_be_geojson(name)),
            (by_name, by_content),
            "{name}"
        );
    }
}
