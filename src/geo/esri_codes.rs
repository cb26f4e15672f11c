//! Codes of systems that Esri's well-known text writes without: by a hash of names and numbers, for whatever is in PROJ's
//! register. The names alone would be larger, and a grid that only has the name of another must not have its code.

use std::hash::Hasher;

use super::{crs, wkt_tree::Node};
use crate::values::Fnv;

/// Of each text, by ascending code: the code less the one before, 7 bits a byte, the low ones first and the highest bit of
/// all but the last byte set; then all hashes, 4 bytes each, little endian. Made by `tests/peers/esri_texts.py`.
const TABLE: &[u8] = include_bytes!("esri_codes.bin");

/// Deepest text that is looked at; Esri's go to 4.
const MAX_DEPTH: usize = 6;

/// The code of a text of Esri's.
pub(super) fn code(node: &Node) -> Option<u32> {
    if !matches!(node.keyword.as_str(), "PROJCS" | "GEOGCS" | "VERTCS") {
        return None;
    }
    find(TABLE, hash(node))
}

fn find(table: &[u8], wanted: u32) -> Option<u32> {
    // Codes end in a byte without the highest bit; as many hashes follow.
    let (mut codes, mut code, mut step, mut shift) = (Vec::new(), 0u32, 0u32, 0u32);
    let mut at = 0;
    while at + 4 * codes.len() < table.len() {
        let byte = table[at];
        step |= u32::from(byte & 0x7f).checked_shl(shift)?;
        (at, shift) = (at + 1, shift + 7);
        if byte < 0x80 {
            code = code.checked_add(step)?;
            codes.push(code);
            (step, shift) = (0, 0);
        }
    }
    let hashes = table[at..].chunks_exact(4);
    let place = hashes
        .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .position(|hash| hash == wanted)?;
    codes.get(place).copied()
}

/// FNV-1a, 64 bits, folded.
fn hash(node: &Node) -> u32 {
    let mut text = String::new();
    write(node, MAX_DEPTH, &mut text);
    let mut hash = Fnv::default();
    hash.write(text.as_bytes());
    let hash = hash.finish();
    (hash >> 32) as u32 ^ hash as u32
}

/// What makes a system the one it is, in one spelling: parameters in any order, numbers to ten digits, without what a unit,
/// a datum or an ellipsoid is called.
fn write(node: &Node, depth: usize, out: &mut String) {
    out.push_str(&node.keyword);
    if !matches!(
        node.keyword.as_str(),
        "DATUM" | "VDATUM" | "SPHEROID" | "PRIMEM" | "UNIT" | "LINUNIT"
    ) {
        out.push_str(&crs::plain(node.name().unwrap_or_default()));
    }
    for number in node.numbers() {
        // Without the sign of 0.
        out.push_str(&format!(" {:.9e}", number + 0.0));
    }
    if depth == 0 {
        return;
    }
    let parts = node.nodes().filter(|part| part.keyword != "METADATA");
    let mut parts: Vec<String> = parts
        .map(|part| {
            let mut text = String::new();
            write(part, depth - 1, &mut text);
            text
        })
        .collect();
    parts.sort();
    out.push_str(&format!("[{}]", parts.join(",")));
}

#[cfg(test)]
mod tests {
    use super::super::wkt_tree::parse;
    use super::*;

    const CALIFORNIA: &str = "PROJCS[\"NAD_1983_StatePlane_California_III_FIPS_0403_Feet\",\
        GEOGCS[\"GCS_North_American_1983\",DATUM[\"D_North_American_1983\",SPHEROID[\"GRS_1980\",6378137.0,298.257222101]],\
        PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Lambert_Conformal_Conic\"],\
        PARAMETER[\"False_Easting\",6561666.667],PARAMETER[\"False_Northing\",1640416.667],\
        PARAMETER[\"Central_Meridian\",-120.5],PARAMETER[\"Standard_Parallel_1\",38.4333333333333],\
        PARAMETER[\"Standard_Parallel_2\",37.0666666666667],PARAMETER[\"Latitude_Of_Origin\",36.5],\
        UNIT[\"US survey foot\",0.304800609601219]]";

    /// PROJ 9.7 by rasterio 1.4: `CRS.from_epsg(code).to_wkt(version="WKT1_ESRI")`.
    #[test]
    fn texts_of_esri_have_their_codes() {
        let of = |text: &str| code(&parse(text).expect("a text"));
        assert_eq!(of(CALIFORNIA), Some(2227));
        for (from, to, wanted) in [
            // Another spelling of the same.
            ("US survey foot", "Foot_US", Some(2227)),
            ("38.4333333333333", "38.43333333333333", Some(2227)),
            ("PARAMETER[\"Central_Meridian\",-120.5],", "", None),
            ("36.5],", "36.5],PARAMETER[\"Scale_Factor\",1.0],", None),
            ("-120.5", "-120.4", None),
            ("California_III", "California", None),
            ("6378137.0", "6378206.4", None),
            ("PROJCS[", "PROJCRS[", None),
        ] {
            assert_eq!(of(&CALIFORNIA.replace(from, to)), wanted, "{from}");
        }
        for (text, wanted) in [
            (
                "GEOGCS[\"GCS_North_American_1927\",DATUM[\"D_North_American_1927\",SPHEROID[\"Clarke_1866\",6378206.4,\
                 294.978698213898]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]",
                4267,
            ),
            (
                "GEOGCS[\"ETRS_1989_3D\",DATUM[\"D_ETRS_1989\",SPHEROID[\"GRS_1980\",6378137.0,298.257222101]],\
                 PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433],LINUNIT[\"Meter\",1.0]]",
                4937,
            ),
            (
                "VERTCS[\"EGM96_height\",VDATUM[\"EGM96_Geoid\"],PARAMETER[\"Vertical_Shift\",0.0],\
                 PARAMETER[\"Direction\",1.0],UNIT[\"Meter\",1.0]]",
                5773,
            ),
        ] {
            assert_eq!(of(text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn a_broken_table_finds_nothing() {
        for table in [
            &[][..],
            &[0x80; 20],
            &[1, 2, 3],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 9, 9, 9, 9],
        ] {
            assert_eq!(find(table, 7), None);
        }
        assert_eq!(find(&[0x85, 0x20, 1, 9, 9, 9, 9, 7, 0, 0, 0], 7), Some(4102));
    }

    /// Writes the table; see `tests/peers/esri_texts.py`.
    #[test]
    #[ignore = "makes a file of the source"]
    fn writes_the_table() {
        let texts = std::fs::read_to_string(std::env::var("ESRI_TEXTS").expect("ESRI_TEXTS")).expect("texts");
        let rows = texts.lines().map(|line| {
            let (code, text) = line.split_once('\t').expect("code and text");
            (code.parse::<u32>().expect("code"), hash(&parse(text).expect("text")))
        });
        let mut rows: Vec<(u32, u32)> = rows.collect();
        rows.sort();
        rows.dedup();
        let all = rows.clone();
        // Texts that say the same of two systems say neither.
        rows.retain(|row| all.iter().filter(|other| other.1 == row.1).count() == 1);
        let (mut table, mut before) = (Vec::new(), 0);
        for (code, _) in &rows {
            let mut step = code - before;
            before = *code;
            while step > 0x7f {
                table.push(step as u8 | 0x80);
                step >>= 7;
            }
            table.push(step as u8);
        }
        table.extend(rows.iter().flat_map(|(_, hash)| hash.to_le_bytes()));
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/geo/esri_codes.bin");
        std::fs::write(path, table).expect("written");
        eprintln!("{} of {} texts", rows.len(), all.len());
    }
}
