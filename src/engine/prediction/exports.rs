//! Results and models as files of the formats that other programs read.

use super::outlines::vector_options;
use crate::{
    data::value_ranges::ValueRanges,
    engine::{Engine, Model, fault, file_parts::in_parts},
    export::{self, OnnxFacts, PredictionMap, csv_cell},
    formats::Parts,
    model::read_weights,
    protocol::{Event, ExportKind, FaultCode, Metrics, ModelFormat, Outlines, Stage},
};

/// Foreground of a mask layer in QGIS, unless the classes have colours of their own.
const FOREGROUND_RGB: [u8; 3] = [255, 96, 0];

const M2_PER_HA: f64 = 10_000.0;

/// A file before it is an event.
struct Made {
    name: String,
    mime: &'static str,
    /// Its beginning, if parts of it were handed over already.
    bytes: Vec<u8>,
}

/// Columns of tables of areas. `class_share`: of what was measured.
const TABLE_HEAD: &str =
    "image,width_px,height_px,threshold,class,class_px,class_share,class_m2,class_ha,measured_px,crs,accuracy,iou,f1\n";

/// One line a class: pixels, share and, where the reference system is known, its area on the ellipsoid; metrics where
/// there was a mask.
fn table_rows(map: &PredictionMap, threshold: f32, names: &[String]) -> String {
    let areas = map.areas(threshold, names.len());
    let measured: u64 = areas.iter().map(|(n, _)| n).sum();
    let optional = |v: Option<f64>, digits: usize| v.map_or_else(String::new, |v| format!("{v:.digits$}"));
    let crs = map.geo.as_ref().and_then(|g| g.epsg);
    let metric = |of: fn(&Metrics) -> Option<f64>| optional(map.metrics.as_ref().and_then(of), 6);
    let first = usize::from(map.first_class());
    let rows = areas.iter().zip(names).skip(first).map(|((pixels, m2), name)| {
        format!(
            "{},{},{},{threshold:.3},{},{pixels},{:.6},{},{},{measured},{},{},{},{}\n",
            csv_cell(&map.name),
            map.width,
            map.height,
            csv_cell(name),
            *pixels as f64 / measured.max(1) as f64,
            optional(*m2, 2),
            optional(m2.map(|m2| m2 / M2_PER_HA), 6),
            crs.map_or_else(String::new, |code| format!("EPSG:{code}")),
            metric(|m| m.accuracy),
            metric(|m| m.iou),
            metric(|m| m.f1),
        )
    });
    rows.collect()
}

fn make(
    map: &PredictionMap,
    kind: ExportKind,
    threshold: f32,
    names: &[String],
    outlines: Outlines,
    parts: Parts,
) -> Result<Made, String> {
    let name = format!("{}{}", export::safe_file_name(&map.name), kind.ending());
    let text = |e: &dyn std::fmt::Display| e.to_string();
    let (mime, bytes) = match kind {
        ExportKind::MaskPng => (
            "image/png",
            export::mask_png(map, threshold, parts).map_err(|e| text(&e))?,
        ),
        ExportKind::ProbabilityPng => ("image/png", export::probability_png(map, parts).map_err(|e| text(&e))?),
        ExportKind::MaskTif => ("image/tiff", map.mask_tiff(threshold, parts).map_err(|e| text(&e))?),
        ExportKind::ClassTif => (
            "image/tiff",
            map.classes_tiff(
                threshold,
                map.labels
                    .as_ref()
                    .map_or(&[[0; 3], FOREGROUND_RGB][..], |l| &l.palette),
                parts,
            )
            .map_err(|e| text(&e))?,
        ),
        ExportKind::ProbabilityTif => ("image/tiff", map.probability_tiff(parts).map_err(|e| text(&e))?),
        ExportKind::Geojson => (
            "application/geo+json",
            map.geojson(threshold, names, vector_options(map, outlines), parts),
        ),
        ExportKind::WorldFile => (
            "text/plain",
            map.geo
                .as_ref()
                .ok_or("the image has no georeference")?
                .world_file()
                .into_bytes(),
        ),
        ExportKind::AuxXml => (
            "text/xml",
            map.geo
                .as_ref()
                .ok_or("the image has no georeference")?
                .aux_xml()
                .into_bytes(),
        ),
        ExportKind::CocoJson => (
            "application/json",
            map.coco(threshold, names, vector_options(map, outlines), parts),
        ),
        ExportKind::AreasCsv => (
            "text/csv",
            [TABLE_HEAD.to_owned(), table_rows(map, threshold, names)]
                .concat()
                .into_bytes(),
        ),
    };
    Ok(Made { name, mime, bytes })
}

impl Engine {
    /// Names of the model's classes; background and foreground if it tells none apart.
    pub(super) fn class_names(&self) -> Vec<String> {
        match &self.model {
            Some(model) if !model.classes.is_empty() => model.classes.iter().map(|c| c.name.clone()).collect(),
            model => {
                let foreground = model
                    .as_ref()
                    .map_or_else(|| "foreground".to_owned(), Model::class_name);
                vec!["_background".into(), foreground]
            }
        }
    }

    pub(in crate::engine) fn export(
        &mut self,
        result: u32,
        kind: ExportKind,
        threshold: f32,
        outlines: Outlines,
    ) -> Vec<Event> {
        let Some(map) = self.prediction.results().get(result as usize) else {
            return vec![fault(
                FaultCode::NoSuchResult,
                Stage::Export,
                None,
                Some(result.to_string()),
            )];
        };
        let names = self.class_names();
        let (count, made) = in_parts(&mut self.host.early, |parts| {
            make(map, kind, threshold, &names, outlines, parts)
        });
        match made {
            Ok(made) => vec![Event::File {
                name: made.name,
                mime: made.mime.to_owned(),
                bytes: made.bytes,
                parts: count,
                result: Some(result),
            }],
            Err(detail) => {
                let file = Some(map.name.clone());
                vec![fault(FaultCode::EncodeFailed, Stage::Export, file, Some(detail))]
            }
        }
    }

    /// One line an image and class: sizes, pixels, share and area, metrics where there was a mask.
    pub(in crate::engine) fn export_table(&self, threshold: f32) -> Vec<Event> {
        let names = self.class_names();
        let rows = (self.prediction.results().iter()).map(|map| table_rows(map, threshold, &names));
        let csv: String = std::iter::once(TABLE_HEAD.to_owned()).chain(rows).collect();
        vec![Event::File {
            name: "groundmask-areas.csv".into(),
            mime: "text/csv".into(),
            bytes: csv.into_bytes(),
            parts: 0,
            result: None,
        }]
    }

    /// The model in another program's format.
    pub(in crate::engine) async fn export_model(&mut self, format: ModelFormat, threshold: f32) -> Vec<Event> {
        if format == ModelFormat::Safetensors {
            return self.save_model().await;
        }
        let Some(model) = &self.model else {
            return vec![fault(FaultCode::NoModel, Stage::Model, None, None)];
        };
        let tensors = match read_weights(&model.unet).await {
            Ok(tensors) => tensors,
            Err(error) => {
                let detail = Some(error.to_string());
                return vec![fault(FaultCode::DeviceError, Stage::Model, None, detail)];
            }
        };
        let config = model.unet.config();
        let facts = OnnxFacts {
            class_names: self.class_names(),
            tile_px: model.spec.tile_px.next_multiple_of(config.stride_px()),
            resolution_cm: self.resolution_cm(model),
            value_ranges: match &model.ranges {
                ValueRanges::Fixed(bands) => Some(bands.to_vec()),
                _ => None,
            },
            threshold,
            fixed_size: format == ModelFormat::OnnxQgis,
            sampling: model.spec.sampling,
            bands: model.bands.clone(),
        };
        let ending = match format {
            ModelFormat::Keras => ".h5",
            ModelFormat::KerasNpz => ".npz",
            ModelFormat::OnnxQgis => "-qgis.onnx",
            _ => ".onnx",
        };
        let name = format!("{}{ending}", model.file_stem());
        let made = match format {
            ModelFormat::Keras => export::keras_file(config, &tensors).map_err(|e| e.to_string()),
            ModelFormat::KerasNpz => export::keras_npz(config, &tensors).map_err(|e| e.to_string()),
            _ => export::onnx_file(config, &tensors, &facts).map_err(|e| e.to_string()),
        };
        match made {
            Ok(bytes) => vec![Event::File {
                name,
                mime: "application/octet-stream".into(),
                bytes,
                parts: 0,
                result: None,
            }],
            Err(detail) => vec![fault(FaultCode::EncodeFailed, Stage::Model, Some(name), Some(detail))],
        }
    }

    /// Side of a pixel in centimetres of the map, as Deepness compares it: of what the model was trained on, or of the
    /// first placed image at hand where nothing is known of that.
    fn resolution_cm(&self, model: &Model) -> Option<f64> {
        let at_hand = || (0..self.inputs.len()).find_map(|i| self.inputs.map_pixel_m(i));
        // Trained on images placed in degrees, or saved before units of the map were: those at hand may be others.
        let unknown = model.pixel_m.is_none() && model.map_pixel_m.is_none();
        model
            .map_pixel_m
            .or_else(|| at_hand().filter(|_| unknown))
            .map(centimetres)
    }
}

/// In tenths of a millimetre: what follows is rounding.
fn centimetres(pixel_m: f64) -> f64 {
    (pixel_m * 1e4).round() / 1e2
}
