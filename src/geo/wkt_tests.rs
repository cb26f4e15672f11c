use super::*;

const WGS84: &str = "GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]],\
    PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]";
const WGS84_CODED: &str = "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563,\
    AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],\
    UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],AUTHORITY[\"EPSG\",\"4326\"]]";

fn projected(name: &str, base: &str, [longitude, easting]: [f64; 2], unit: &str, tail: &str) -> String {
    format!(
        "PROJCS[\"{name}\",{base},PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"False_Easting\",{easting}],\
         PARAMETER[\"False_Northing\",0.0],PARAMETER[\"Central_Meridian\",{longitude}],\
         PARAMETER[\"Scale_Factor\",0.9996],PARAMETER[\"Latitude_Of_Origin\",0.0],{unit}{tail}]"
    )
}

#[test]
fn well_known_text_gives_its_code() {
    for (text, code) in [
        (
            "PROJCS[\"WGS 84 / UTM zone 33N\",GEOGCS[\"WGS 84\",AUTHORITY[\"EPSG\",\"4326\"]],AUTHORITY[\"EPSG\",\"32633\"]]",
            Some(32633),
        ),
        ("PROJCRS[\"x\",ID[\"EPSG\",3035]]", Some(3035)),
        (
            "PROJCS[\"WGS_1984_UTM_Zone_10S\",GEOGCS[\"GCS_WGS_1984\"]]",
            Some(32710),
        ),
        ("GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\"]]", Some(4326)),
        ("PROJCS[\"ETRS_1989_UTM_Zone_99N\"]", None),
        (
            "PROJCS[\"British_National_Grid\",GEOGCS[\"GCS_OSGB_1936\"]]",
            Some(27700),
        ),
        (
            "PROJCS[\"ETRS_1989_UTM_Zone_32N\",GEOGCS[\"GCS_ETRS_1989\"]]",
            Some(25832),
        ),
        ("PROJCS[\"NAD_1983_2011_UTM_Zone_10N\"]", Some(6339)),
        ("PROJCS[\"GDA_1994_MGA_Zone_55\"]", Some(28355)),
        ("PROJCS[\"WGS_1984_Web_Mercator_Auxiliary_Sphere\"]", Some(3857)),
        ("GEOGCS[\"GCS_North_American_1983\"]", Some(4269)),
        ("PROJCS[\"Local_Grid\"]", None),
        ("", None),
        ("\u{fffd}[[[\"", None),
    ] {
        assert_eq!(epsg_of_wkt(text), code, "{text}");
    }
}

/// PROJ 9.5 by rasterio 1.4: `CRS.from_wkt(text).to_epsg()`.
#[test]
fn numbers_go_before_names_and_only_the_whole_has_a_code() {
    let metre = "UNIT[\"Meter\",1.0]";
    let coded_metre = "UNIT[\"metre\",1,AUTHORITY[\"EPSG\",\"9001\"]]";
    let utm33 = projected("WGS_1984_UTM_Zone_33N", WGS84, [15.0, 5e5], metre, "");
    let cases = [
        (utm33.clone(), Some(32633)),
        (projected("WGS_1984_UTM_Zone_33N", WGS84, [15.0, 4e5], metre, ""), None),
        // Named 33, but with the numbers of 32.
        (projected("WGS_1984_UTM_Zone_33N", WGS84, [9.0, 5e5], metre, ""), Some(32632)),
        (projected("WGS_1984_UTM_Zone_33N", WGS84, [15.0, 5e5], "UNIT[\"Foot\",0.3048]", ""), None),
        (projected("Site grid", WGS84_CODED, [15.0, 5e5], coded_metre, ""), Some(32633)),
        // The code of the metre, and of the degrees below.
        (projected("Site grid", WGS84_CODED, [13.25, 4e4], coded_metre, ""), None),
        (projected("x", WGS84_CODED, [13.0, 5e5], metre, ",AUTHORITY[\"EPSG\",32633]"), Some(32633)),
        (projected("x", WGS84_CODED, [13.0, 5e5], metre, ",AUTHORITY[\"ESRI\",\"102003\"]"), None),
        (WGS84.replace("PRIMEM[\"Greenwich\",0.0]", "PRIMEM[\"Paris\",2.337229]"), None),
        (WGS84.replace("0.0174532925199433", "0.01570796326794897"), None),
        (WGS84.to_owned(), Some(4326)),
        ("LOCAL_CS[\"site\",UNIT[\"metre\",1,AUTHORITY[\"EPSG\",\"9001\"]]]".into(), None),
        (
            "ENGCRS[\"site\",EDATUM[\"d\",ID[\"EPSG\",9300]],CS[Cartesian,2],LENGTHUNIT[\"metre\",1,ID[\"EPSG\",9001]]]".into(),
            None,
        ),
        (
            "PROJCRS[\"x\",BASEGEOGCRS[\"WGS 84\",ID[\"EPSG\",4326]],CONVERSION[\"y\",METHOD[\"Transverse Mercator\",\
             ID[\"EPSG\",9807]],PARAMETER[\"Longitude of natural origin\",13,ID[\"EPSG\",8802]]],\
             LENGTHUNIT[\"metre\",1,ID[\"EPSG\",9001]],REMARK[\"ID[\"\"EPSG\"\",32633]\"]]"
                .into(),
            None,
        ),
    ];
    for (text, code) in cases {
        assert_eq!(epsg_of_wkt(&text), code, "{text}");
        assert_eq!(plan_epsg_of_wkt(&text), code, "{text}");
    }
}

#[test]
fn of_a_compound_system_the_plan_is_computed_with() {
    let plan = projected(
        "x",
        WGS84_CODED,
        [15.0, 5e5],
        "UNIT[\"metre\",1]",
        ",AUTHORITY[\"EPSG\",\"32633\"]",
    );
    let heights = "VERT_CS[\"EGM96 height\",UNIT[\"metre\",1],AUTHORITY[\"EPSG\",\"5773\"]]";
    let whole = |own: &str| format!("COMPD_CS[\"both\",{plan},{heights}{own}]");
    assert_eq!(epsg_of_wkt(&whole("")), Some(32633));
    assert_eq!(epsg_of_wkt(&whole(",AUTHORITY[\"EPSG\",\"9999\"]")), Some(9999));
    assert_eq!(plan_epsg_of_wkt(&whole(",AUTHORITY[\"EPSG\",\"9999\"]")), Some(32633));
    let bound = format!("BOUNDCRS[SOURCECRS[{plan}],TARGETCRS[{WGS84_CODED}],ABRIDGEDTRANSFORMATION[\"x\"]]");
    assert_eq!(epsg_of_wkt(&bound), Some(32633));
    assert_eq!(name_of_wkt(&bound).as_deref(), Some("x"));
}

#[test]
fn other_spellings_of_codes() {
    for (text, code) in [
        ("EPSG:32633", Some(32633)),
        ("epsg:32633", Some(32633)),
        ("urn:ogc:def:crs:EPSG::32633", Some(32633)),
        ("urn:ogc:def:crs:EPSG:9.8.9:32633", Some(32633)),
        ("http://www.opengis.net/def/crs/EPSG/0/32633", Some(32633)),
        ("OGC:CRS84", Some(4326)),
        ("+proj=utm +zone=33 +datum=WGS84 +units=m +no_defs", Some(32633)),
        ("+proj=utm +zone=33 +south +datum=WGS84", Some(32733)),
        ("+proj=utm +zone=33 +datum=WGS84 +units=us-ft", None),
        ("+proj=longlat +datum=WGS84 +no_defs", Some(4326)),
        ("+proj=longlat +datum=WGS84 +pm=paris", None),
        ("EPSG:32633+5773", Some(32633)),
        ("ESRI:102003", None),
        ("EPSG:0", None),
        ("EPSG:99999999999", None),
    ] {
        assert_eq!(plan_epsg_of_wkt(text), code, "{text}");
    }
    assert_eq!(epsg_of_wkt("EPSG:32633+5773"), None);
    assert_eq!(plan_epsg_of_wkt("EPSG:3785"), Some(3857));
}

#[test]
fn heights_alone_place_nothing() {
    let heights = "VERT_CS[\"EGM96 height\",UNIT[\"metre\",1],AUTHORITY[\"EPSG\",\"5773\"]]";
    assert_eq!(epsg_of_wkt(heights), Some(5773));
    assert_eq!(plan_epsg_of_wkt(heights), None);
    // Degrees and heights in one: the degrees are those of the system without heights.
    let both = "GEOGCS[\"ETRS89\",AUTHORITY[\"EPSG\",\"4937\"]]";
    assert_eq!((epsg_of_wkt(both), plan_epsg_of_wkt(both)), (Some(4937), Some(4258)));
}

#[test]
fn broken_texts_end() {
    let deep = "A[".repeat(100_000);
    for text in [
        deep.as_str(),
        "PROJCS[\"a",
        "PROJCS[",
        "[\"x\"]",
        "PROJCS[\"a\",,,",
        "\"",
        "A[\"x\"\"]",
    ] {
        assert_eq!(epsg_of_wkt(text), None);
    }
}
