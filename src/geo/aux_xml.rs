//! GDAL's auxiliary file beside a picture (`IMAGE.aux.xml`, "Persistent Auxiliary Metadata"): reference system,
//! transform, control points. GDAL, QGIS and ArcGIS write it; so do we.

use super::{
    geo_keys::GeoKeys,
    georef::GeoRef,
    own_georef::{self, GeoRefRemark, OwnGeoRef},
};

/// Longest file that is read, bytes: histograms make long ones.
pub const MAX_BYTES: usize = 4 << 20;
/// Elements in one at most.
const MAX_NODES: u32 = 500_000;
const NO_TRANSFORM: [f64; 6] = [0.0, 1.0, 0.0, 0.0, 0.0, 1.0];

/// What an auxiliary file says about where its image lies.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Auxiliary {
    /// Well-known text or a code.
    system: Option<String>,
    transform: Option<[f64; 6]>,
    /// Control points as GeoTIFF has them: column, row, 0, x, y, z.
    ties: Vec<f64>,
    ties_system: Option<String>,
    /// The value that means nothing, of each band in its order.
    nodata: Vec<f64>,
    unreadable: bool,
}

impl Auxiliary {
    /// Reads a file; one that is no XML is kept as unreadable.
    pub fn read(bytes: &[u8]) -> Auxiliary {
        let unreadable = || Auxiliary {
            unreadable: true,
            ..Auxiliary::default()
        };
        if bytes.len() > MAX_BYTES {
            return unreadable();
        }
        let text = String::from_utf8_lossy(bytes);
        let options = roxmltree::ParsingOptions {
            // Nobody writes a DTD there, and entities can be made to grow.
            allow_dtd: false,
            nodes_limit: MAX_NODES,
            ..roxmltree::ParsingOptions::default()
        };
        match roxmltree::Document::parse_with_options(text.trim_start_matches('\u{feff}').trim(), options) {
            Ok(document) => Self::of(&document.root_element()),
            Err(_) => unreadable(),
        }
    }

    /// The value that means nothing, of each band in its order.
    pub fn nodata(&self) -> &[f64] {
        &self.nodata
    }

    fn of(root: &roxmltree::Node) -> Auxiliary {
        if !root.has_tag_name("PAMDataset") {
            return Auxiliary::default();
        }
        let child = |name: &str| root.children().find(|node| node.has_tag_name(name));
        let text = |node: roxmltree::Node| node.text().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
        // ArcGIS keeps the system in its own metadata.
        let esri = || {
            let own = root.children().find(|n| n.attribute("domain") == Some("xml:ESRI"))?;
            text(own.descendants().find(|n| n.has_tag_name("WKT"))?)
        };
        let transform = child("GeoTransform").and_then(text).and_then(|numbers| {
            let numbers: Vec<f64> = numbers
                .split(',')
                .map(|n| n.trim().parse().ok())
                .collect::<Option<_>>()?;
            <[f64; 6]>::try_from(numbers).ok()
        });
        let list = child("GCPList");
        let points = list
            .iter()
            .flat_map(|list| list.children().filter(|n| n.has_tag_name("GCP")));
        let ties = points.filter_map(|point| {
            let number = |name| point.attribute(name)?.trim().parse::<f64>().ok();
            Some([number("Pixel")?, number("Line")?, 0.0, number("X")?, number("Y")?, 0.0])
        });
        Auxiliary {
            system: child("SRS").and_then(text).or_else(esri),
            transform,
            ties: ties.flatten().collect(),
            ties_system: list.and_then(|list| list.attribute("Projection")).map(str::to_owned),
            nodata: nodata(root),
            unreadable: false,
        }
    }
}

/// Values that mean nothing, of bands from the first on; none if one of them has none.
fn nodata(root: &roxmltree::Node) -> Vec<f64> {
    let bands = root.children().filter(|node| node.has_tag_name("PAMRasterBand"));
    let value = |band: roxmltree::Node| {
        let node = band.children().find(|node| node.has_tag_name("NoDataValue"))?;
        node.text()?.trim().parse::<f64>().ok()
    };
    bands.map(value).collect::<Option<_>>().unwrap_or_default()
}

/// What lies beside an image.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    pub aux: Option<&'a Auxiliary>,
    pub world: Option<&'a str>,
    pub prj: Option<&'a str>,
    /// The format's readers in GDAL look at the world file before the auxiliary one: PNG, GIF, BMP.
    pub world_first: bool,
}

/// Where an image lies by what it says itself and what lies beside it, in GDAL's order (measured with GDAL 3.10): the
/// transform from the auxiliary file, the image's tags, the world file, and only then by control points; the system
/// from the auxiliary file, the image's tags, and a `.prj`, which GDAL does not look at.
pub fn resolve(own: &OwnGeoRef, beside: Beside) -> (Option<GeoRef>, Option<GeoRefRemark>) {
    let none = Auxiliary::default();
    let aux = beside.aux.unwrap_or(&none);
    let mut remark = own.remark;
    if aux.unreadable {
        remark = remark.or(Some(GeoRefRemark::AuxUnreadable));
    } else if !aux.nodata.is_empty() {
        remark = remark.or(Some(GeoRefRemark::AuxNodata));
    }
    let exact = own
        .geo
        .as_ref()
        .filter(|_| !own.by_control_points)
        .map(|geo| geo.transform);
    let world = beside.world.and_then(GeoRef::transform_of_world_file);
    let auxiliary = match aux.transform {
        // Written, and no place: then the image has none.
        Some(NO_TRANSFORM) if !beside.world_first => return (None, remark),
        other => other.filter(|t| *t != NO_TRANSFORM),
    };
    let first = if beside.world_first {
        world.or(auxiliary)
    } else {
        auxiliary
    };
    let (mut transform, mut system) = (first.or(exact).or(world), aux.system.as_deref());
    if transform.is_none()
        && let Some(geo) = own.geo.as_ref()
    {
        transform = Some(geo.transform);
    } else if transform.is_none() {
        match own_georef::fit(&aux.ties) {
            Some((fitted, residual_px)) if residual_px < own_georef::MAX_RESIDUAL_PX => {
                transform = Some(fitted);
                system = aux.ties_system.as_deref().or(system);
            }
            Some((_, residual_px)) => remark = Some(GeoRefRemark::ControlPoints { residual_px }),
            None => {}
        }
    } else if matches!(remark, Some(GeoRefRemark::ControlPoints { .. })) {
        // It has a place after all.
        remark = None;
    }
    let Some(transform) = transform else {
        return (None, remark);
    };
    let (epsg, keys) = match (system, beside.prj) {
        (Some(text), _) => GeoKeys::of_text(text),
        (None, Some(text)) if !own.keys.name_something() => GeoKeys::of_text(text),
        _ => (own.epsg, own.keys.clone()),
    };
    (GeoRef::new(transform, epsg, keys), remark)
}

#[cfg(test)]
#[path = "aux_xml_tests.rs"]
mod tests;
