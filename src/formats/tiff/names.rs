//! What the bands of a file are called: colour interpretation and descriptions of GDAL's metadata (tag 42112).

/// Longest metadata that is looked at, bytes.
const MAX_XML_BYTES: usize = 1 << 20;
/// Elements and attributes of it at most.
const MAX_XML_NODES: u32 = 100_000;

/// GDAL's metadata, as far as it tells what bands are.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Names {
    /// By band: `Red`, `Blue`, `Alpha`, ...; empty where the file says nothing.
    interpretation: Vec<String>,
    /// By band, as their author calls them.
    description: Vec<String>,
    /// Values without data, one a band, of pixels whose bands have all of them.
    pub(super) nodata_values: Option<Vec<f64>>,
    /// Of a file that is a mask: GDAL's flags for the mask of its first band.
    pub(super) mask_flags: Option<u64>,
}

impl Names {
    /// From the text of the tag; what is not understood is passed over.
    pub(super) fn read(xml: &str, bands: usize) -> Names {
        let mut names = Names {
            interpretation: vec![String::new(); bands],
            description: vec![String::new(); bands],
            ..Names::default()
        };
        if xml.len() > MAX_XML_BYTES {
            return names;
        }
        let options = roxmltree::ParsingOptions {
            nodes_limit: MAX_XML_NODES,
            ..roxmltree::ParsingOptions::default()
        };
        let Ok(document) = roxmltree::Document::parse_with_options(xml.trim(), options) else {
            return names;
        };
        for item in document.descendants().filter(|n| n.has_tag_name("Item")) {
            // Items of other domains are not GDAL's own.
            if item.attribute("domain").is_some_and(|domain| !domain.is_empty()) {
                continue;
            }
            let text = item.text().unwrap_or_default().trim();
            let band = item.attribute("sample").map(|n| n.trim().parse::<usize>());
            let is = |word: &str| {
                let said = |attribute| item.attribute(attribute).is_some_and(|v| v.eq_ignore_ascii_case(word));
                said("role") || said("name")
            };
            match band {
                Some(Ok(band)) if band < bands => {
                    if is("colorinterp") {
                        names.interpretation[band] = text.to_owned();
                    } else if is("description") {
                        names.description[band] = text.to_owned();
                    }
                }
                Some(_) => {}
                None if is("NODATA_VALUES") => {
                    let values = text.split_whitespace().map(|v| v.parse().ok());
                    names.nodata_values = values.collect::<Option<Vec<f64>>>().filter(|v| v.len() == bands);
                }
                None if is("INTERNAL_MASK_FLAGS_1") => names.mask_flags = text.parse().ok(),
                None => {}
            }
        }
        names
    }

    /// What a band is called: as its author calls it, else its colour; empty where the file says neither.
    pub(super) fn of(&self, band: usize) -> &str {
        let said = |names: &'_ Vec<String>| names.get(band).is_some_and(|name| !name.is_empty());
        let names = if said(&self.description) {
            &self.description
        } else {
            &self.interpretation
        };
        names.get(band).map_or("", String::as_str)
    }

    /// The bands that are red, green and blue among `measured`, if the file names all three. `rgb`: its photometric
    /// interpretation says so of the first three, which is what writers put there when nobody told them; the
    /// author's own words count for more.
    pub(super) fn red_green_blue(&self, measured: &[usize], rgb: bool) -> Option<Vec<usize>> {
        let by = |rank: &dyn Fn(usize, &str) -> Option<usize>| {
            ["red", "green", "blue"]
                .iter()
                .map(|colour| {
                    let ranked = measured.iter().filter_map(|b| rank(*b, colour).map(|r| (r, *b)));
                    ranked.min().map(|(_, band)| band)
                })
                .collect::<Option<Vec<usize>>>()
        };
        let interpretation = |band: usize, colour: &str| {
            let said = self.interpretation.get(band)?;
            said.eq_ignore_ascii_case(colour).then_some(0)
        };
        let words = |band: usize, colour: &str| colour_rank(self.description.get(band)?, colour);
        let codes: Vec<Option<u32>> = self.description.iter().map(|d| sensor_band(d)).collect();
        let numbers = visible(&codes);
        let code = |band: usize, colour: &str| {
            let wanted = numbers.iter().find(|(name, _)| *name == colour)?.1;
            (codes.get(band) == Some(&Some(wanted))).then_some(0)
        };
        by(&interpretation)
            .or_else(|| by(&words))
            .or_else(|| by(&code))
            .or_else(|| (rgb && measured.len() >= 3).then(|| measured[..3].to_vec()))
    }
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// How well a description names a colour: 0 is best, `None` not at all. `green` is better than `green I`.
fn colour_rank(description: &str, colour: &str) -> Option<usize> {
    // Parts of the spectrum beside the colours that they are named after.
    const OTHERS: [&str; 9] = [
        "edge", "rededge", "infrared", "infra", "near", "coastal", "aerosol", "ultra", "minus",
    ];
    let words = words(description);
    let other = words.iter().any(|word| OTHERS.contains(&word.as_str()));
    let said = words.iter().any(|word| word == colour);
    (said && !other).then(|| words.len() - 1)
}

/// The number of a band in its sensor's own naming: `B04`, `B4`, `SR_B4`, `T33UUP_20200101_B04_10m`.
fn sensor_band(description: &str) -> Option<u32> {
    let words = words(description);
    // MODIS counts otherwise.
    if words.iter().any(|word| word == "refl") {
        return None;
    }
    words.iter().find_map(|word| {
        let digits = word.strip_prefix('b')?;
        let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse().ok()).flatten()
    })
}

/// Which numbers are red, green and blue: 4, 3, 2 of Sentinel-2 and Landsat 8 and 9; 3, 2, 1 of the Landsats before,
/// whose bands of reflectance are 1 to 5 and 7.
fn visible(codes: &[Option<u32>]) -> [(&'static str, u32); 3] {
    let has = |n: u32| codes.contains(&Some(n));
    let thematic_mapper = [1, 2, 3, 4, 5, 7].into_iter().all(has) && !codes.iter().flatten().any(|n| *n == 6 || *n > 7);
    let red = if thematic_mapper { 3 } else { 4 };
    [("red", red), ("green", red - 1), ("blue", red - 2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(names: &[&str]) -> String {
        let item = |(i, name): (usize, &&str)| {
            format!("<Item name=\"DESCRIPTION\" sample=\"{i}\" role=\"description\">{name}</Item>")
        };
        let items: String = names.iter().enumerate().map(item).collect();
        format!("<GDALMetadata>\n{items}</GDALMetadata>\n")
    }

    fn shown(names: &[&str]) -> Option<Vec<usize>> {
        let all: Vec<usize> = (0..names.len()).collect();
        Names::read(&described(names), names.len()).red_green_blue(&all, false)
    }

    #[test]
    fn names_choose_the_colours() {
        // Numbers of bands from 0, by the sensors' own tables.
        assert_eq!(shown(&["blue", "green", "red", "nir"]), Some(vec![2, 1, 0]));
        assert_eq!(shown(&["B02", "B03", "B04", "B08"]), Some(vec![2, 1, 0]));
        assert_eq!(shown(&["B8A", "B4", "B3", "B2", "B11"]), Some(vec![1, 2, 3]));
        assert_eq!(shown(&["SR_B2", "SR_B3", "SR_B4", "SR_B5"]), Some(vec![2, 1, 0]));
        let landsat_8 = ["SR_B1", "SR_B2", "SR_B3", "SR_B4", "SR_B5", "SR_B6", "SR_B7"];
        assert_eq!(shown(&landsat_8), Some(vec![3, 2, 1]));
        let landsat_5 = ["SR_B1", "SR_B2", "SR_B3", "SR_B4", "SR_B5", "SR_B7"];
        assert_eq!(shown(&landsat_5), Some(vec![2, 1, 0]));
        let planet = [
            "coastal_blue",
            "blue",
            "green_i",
            "green",
            "yellow",
            "red",
            "rededge",
            "nir",
        ];
        assert_eq!(shown(&planet), Some(vec![5, 3, 1]));
        let spoken = [
            "B8 - Near Infrared",
            "B2 - Blue",
            "B4 - Red",
            "Red Edge 1",
            "B3 - Green",
        ];
        assert_eq!(shown(&spoken), Some(vec![2, 4, 1]));
        assert_eq!(shown(&["Green band", "Red band", "Blue band"]), Some(vec![1, 0, 2]));
        assert_eq!(
            shown(&[
                "B4, central wavelength 665 nm",
                "B3, central wavelength 560 nm",
                "B2, 490 nm"
            ]),
            Some(vec![0, 1, 2])
        );
    }

    #[test]
    fn what_names_not_all_three_chooses_nothing() {
        assert_eq!(shown(&["red", "green", "nir"]), None);
        assert_eq!(shown(&["Band 1", "Band 2", "Band 3", "Band 4"]), None);
        assert_eq!(
            shown(&["sur_refl_b01", "sur_refl_b02", "sur_refl_b03", "sur_refl_b04"]),
            None
        );
        assert_eq!(
            Names::read("<GDALMetadata><Item", 3).red_green_blue(&[0, 1, 2], false),
            None
        );
        assert_eq!(
            Names::default().red_green_blue(&[0, 1, 2, 3], true),
            Some(vec![0, 1, 2])
        );
    }

    #[test]
    fn the_authors_interpretation_counts_most() {
        let xml = "<GDALMetadata>
            <Item name=\"COLORINTERP\" sample=\"0\" role=\"colorinterp\">Blue</Item>
            <Item name=\"COLORINTERP\" sample=\"1\" role=\"colorinterp\">Green</Item>
            <Item name=\"COLORINTERP\" sample=\"2\" role=\"colorinterp\">Red</Item>
            <Item name=\"DESCRIPTION\" sample=\"0\" role=\"description\">red</Item>
            <Item name=\"COLORINTERP\" sample=\"99\" role=\"colorinterp\">Red</Item>
            <Item name=\"NODATA_VALUES\">1 2 3</Item>
            <Item name=\"INTERNAL_MASK_FLAGS_1\">2</Item>
        </GDALMetadata>";
        let names = Names::read(xml, 3);
        assert_eq!(names.red_green_blue(&[0, 1, 2], true), Some(vec![2, 1, 0]));
        assert_eq!(names.nodata_values, Some(vec![1.0, 2.0, 3.0]));
        assert_eq!(names.mask_flags, Some(2));
        // One value a band, or none at all.
        assert_eq!(Names::read(xml, 4).nodata_values, None);
    }
}
