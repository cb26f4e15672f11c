//! Labels as files that other programs read, and as an archive that can be dropped again.

use super::labels::paint_fault;
use crate::{
    data::{dataset::Pair, held_back::Area, label_layer::PaintError},
    engine::{Engine, fault, file_parts::in_parts},
    export::{self, Classes, Geojson, NODATA_CLASS, VectorOptions},
    formats::{
        Parts,
        encode::{self, PngKind},
        tiff::{self, GeoTiffSpec},
        zip::ZipWriter,
    },
    geo::GeoRef,
    protocol::{ClassInfo, Event, FaultCode, LabelFile, Stage},
};

/// The labels of one pair, to be written.
struct Labels<'a> {
    pair: &'a Pair,
    geo: Option<GeoRef>,
    classes: &'a [ClassInfo],
}

impl Labels<'_> {
    fn at(&self, y: usize, x: usize) -> u8 {
        let at = y * self.pair.image.width as usize + x;
        self.pair.labels.get(at).copied().unwrap_or(NODATA_CLASS)
    }

    fn palette(&self) -> Vec<[u8; 3]> {
        self.classes.iter().map(|class| class.rgb).collect()
    }

    /// Class numbers as GeoTIFF, nodata where nothing is labelled.
    /// With colours it is a picture for other programs; without, numbers that a mask is read by.
    fn tiff(&self, is_coloured: bool, parts: Parts) -> Result<Vec<u8>, String> {
        let palette = self.palette();
        let spec = GeoTiffSpec {
            width: self.pair.image.width as usize,
            height: self.pair.image.height as usize,
            geo: self.geo.as_ref(),
            nodata: Some(f64::from(NODATA_CLASS)),
            palette: is_coloured.then_some(palette.as_slice()),
        };
        tiff::write(spec, |y, x| self.at(y, x), parts).map_err(|e| e.to_string())
    }

    fn png(&self, parts: Parts) -> Result<Vec<u8>, String> {
        let numbers = self.pair.labels.iter().map(|label| u16::from(*label));
        let size = [self.pair.image.width, self.pair.image.height];
        encode::stream_png(PngKind::Labels(&self.palette()), size, numbers, parts).map_err(|e| e.to_string())
    }

    fn geojson(&self, parts: Parts) -> Vec<u8> {
        let names: Vec<String> = self.classes.iter().map(|class| class.name.clone()).collect();
        let mut file = Geojson::new(false, parts);
        let classes = Classes {
            size: [self.pair.image.height as usize, self.pair.image.width as usize],
            first: 1,
            count: names.len(),
            class: &|y, x| self.at(y, x),
            between: None,
            geo: self.geo.as_ref(),
        };
        // What was drawn is meant, however small.
        let options = VectorOptions {
            smallest_px: 1,
            ..VectorOptions::default()
        };
        file.add("", &classes, &names, options);
        file.finish()
    }

    /// Name, media type and content.
    fn file(&self, kind: LabelFile, stem: &str, parts: Parts) -> Result<(String, &'static str, Vec<u8>), String> {
        Ok(match kind {
            LabelFile::MaskPng => (format!("{stem}_labels.png"), "image/png", self.png(parts)?),
            LabelFile::ClassTif | LabelFile::Zip => {
                (format!("{stem}_labels.tif"), "image/tiff", self.tiff(true, parts)?)
            }
            LabelFile::Geojson => (
                format!("{stem}_labels.geojson"),
                "application/geo+json",
                self.geojson(parts),
            ),
        })
    }
}

impl Engine {
    pub(in crate::engine) fn export_labels(&mut self, kind: LabelFile, image: Option<&str>) -> Vec<Event> {
        let classes = self.label_classes();
        let set = self.data.set.clone();
        let labelled = set.pairs.iter().filter(|pair| pair.blocked.is_none());
        let wanted: Vec<&Pair> = match image {
            Some(path) => labelled.filter(|pair| pair.image_path == path).collect(),
            None => labelled
                .filter(|pair| pair.tally.labelled > 0 && !pair.excluded)
                .collect(),
        };
        if wanted.is_empty() {
            let path = image.unwrap_or_default();
            return vec![paint_fault(&PaintError::NoImage, path, Area::default(), Stage::Export)];
        }
        let stems = stems(&wanted);
        let all: Vec<Labels> = wanted
            .into_iter()
            .map(|pair| Labels {
                pair,
                geo: self.whole_geo(pair),
                classes: &classes,
            })
            .collect();
        if kind == LabelFile::Zip {
            return archive(&all, &stems);
        }
        let mut events = Vec::new();
        for (labels, stem) in all.iter().zip(&stems) {
            // Parts are of one file.
            let (parts, made) = match all.len() {
                1 => in_parts(&mut self.host.early, |parts| labels.file(kind, stem, parts)),
                _ => (0, labels.file(kind, stem, Parts::whole())),
            };
            events.push(match made {
                Ok((name, mime, bytes)) => Event::File {
                    name,
                    mime: mime.to_owned(),
                    bytes,
                    parts,
                    result: None,
                },
                Err(detail) => {
                    let file = Some(labels.pair.image_path.clone());
                    fault(FaultCode::EncodeFailed, Stage::Export, file, Some(detail))
                }
            });
        }
        events
    }

    /// Where a pair's image lies, if it is its file's whole picture.
    fn whole_geo(&self, pair: &Pair) -> Option<GeoRef> {
        let path = pair.image_path.as_str();
        let is_whole = self.data.vectors.size(path) == Some([pair.image.width, pair.image.height]);
        self.data.vectors.geo(path).filter(|_| is_whole)
    }
}

/// Names for the files of pairs, each another: `images/12.png` -> `12`.
fn stems(pairs: &[&Pair]) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    for pair in pairs {
        let base = pair.image_path.rsplit('/').next().unwrap_or(&pair.image_path);
        let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
        let stem = export::safe_file_name(stem);
        let mut numbered = (1..).map(|n: u32| if n == 1 { stem.clone() } else { format!("{stem}-{n}") });
        let free = numbered.find(|name| !taken.contains(name));
        taken.push(free.unwrap_or(stem));
    }
    taken
}

/// Images and class numbers in two folders. An image that a PNG cannot hold is named; its labels are there.
fn archive(all: &[Labels], stems: &[String]) -> Vec<Event> {
    let mut zip = ZipWriter::default();
    let mut faults = Vec::new();
    for (labels, stem) in all.iter().zip(stems) {
        let mut write = || -> Result<(), String> {
            let text = |e: &dyn std::fmt::Display| e.to_string();
            let image = encode::raster_png(&labels.pair.files()[0]).map_err(|e| text(&e))?;
            let image = image.ok_or("its image does not fit a PNG: drop it from where it came from")?;
            zip.add(&format!("images/{stem}.png"), &image).map_err(|e| text(&e))?;
            if let Some(geo) = &labels.geo {
                let (world, aux) = (geo.world_file().into_bytes(), geo.aux_xml().into_bytes());
                zip.add(&format!("images/{stem}.pgw"), &world).map_err(|e| text(&e))?;
                zip.add(&format!("images/{stem}.png.aux.xml"), &aux)
                    .map_err(|e| text(&e))?;
            }
            Ok(())
        };
        let image = write();
        let mask = labels
            .tiff(false, Parts::whole())
            .and_then(|bytes| zip.add(&format!("masks/{stem}.tif"), &bytes).map_err(|e| e.to_string()));
        if let Err(detail) = image.and(mask) {
            let file = Some(labels.pair.image_path.clone());
            faults.push(fault(FaultCode::EncodeFailed, Stage::Export, file, Some(detail)));
        }
    }
    match zip.finish() {
        Ok(bytes) => faults.push(Event::File {
            name: "groundmask-labels.zip".to_owned(),
            mime: "application/zip".to_owned(),
            bytes,
            parts: 0,
            result: None,
        }),
        Err(error) => faults.push(fault(
            FaultCode::EncodeFailed,
            Stage::Export,
            None,
            Some(error.to_string()),
        )),
    }
    faults
}
