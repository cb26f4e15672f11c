//! What lies beside images and says where they are: world files, projections, GDAL's auxiliary files.

use std::collections::BTreeMap;

use crate::{
    data::alignment::Located,
    formats::sidecars::{SidecarKind, stem_of},
    geo::{Auxiliary, Beside, OwnGeoRef, resolve},
    values::ImageFormat,
};

/// Longest sidecar that is read, bytes.
const MAX_SIDECAR_BYTES: usize = 256 << 10;

/// World files and projections that came, by path without their extension.
#[derive(Default)]
pub struct Sidecars {
    world: BTreeMap<String, String>,
    projection: BTreeMap<String, String>,
    /// By the image's whole path.
    auxiliary: BTreeMap<String, Auxiliary>,
}

impl Sidecars {
    /// Takes a sidecar in, by the path of its owner as [`sidecar`](crate::formats::sidecars::sidecar) gives it; those of
    /// other kinds are none of this.
    pub fn add(&mut self, kind: SidecarKind, owner: String, bytes: &[u8]) {
        let text = || String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_SIDECAR_BYTES)]).into_owned();
        match kind {
            SidecarKind::WorldFile => drop(self.world.insert(owner, text())),
            SidecarKind::Projection => drop(self.projection.insert(owner, text())),
            SidecarKind::Auxiliary => drop(self.auxiliary.insert(owner, Auxiliary::read(bytes))),
            _ => {}
        }
    }

    /// What the `.prj` beside a file says.
    pub fn projection_of(&self, path: &str) -> Option<&str> {
        self.projection.get(&stem_of(path)).map(String::as_str)
    }

    /// The value that means nothing, of each band of an image, by the auxiliary file beside it.
    pub fn nodata_of(&self, image_path: &str) -> &[f64] {
        let auxiliary = self.auxiliary.get(&image_path.to_lowercase());
        auxiliary.map(Auxiliary::nodata).unwrap_or_default()
    }

    /// Where an image lies, by what it says itself and what lies beside it.
    pub fn georef_of(&self, image_path: &str, format: &ImageFormat, own: &OwnGeoRef) -> Located {
        let stem = stem_of(image_path);
        let beside = Beside {
            aux: self.auxiliary.get(&image_path.to_lowercase()),
            world: self.world.get(&stem).map(String::as_str),
            prj: self.projection.get(&stem).map(String::as_str),
            world_first: format.is_world_file_first,
        };
        let (geo, remark) = resolve(own, beside);
        Located { geo, remark }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{formats::sidecars::sidecar, values};

    #[test]
    fn a_world_file_places_the_image_beside_it() {
        let mut sidecars = Sidecars::default();
        let files: [(&str, &[u8]); 3] = [
            ("a/Tile.PGW", b"0.5\n0\n0\n-0.5\n500000.25\n5399999.75\n"),
            ("a/tile.prj", b"PROJCS[\"WGS_1984_UTM_Zone_33N\"]"),
            ("a/tile.png.aux.xml", b"<PAMDataset/>"),
        ];
        for (path, bytes) in files {
            let (kind, owner) = sidecar(path).expect("a sidecar");
            sidecars.add(kind, owner, bytes);
        }
        let of = |path| sidecars.georef_of(path, &values::PNG, &OwnGeoRef::default()).geo;
        let geo = of("a/tile.png").expect("placed");
        assert_eq!(geo.epsg, Some(32633));
        assert_eq!(geo.transform, [500_000.0, 0.5, 0.0, 5_400_000.0, 0.0, -0.5]);
        assert_eq!(of("b/tile.png"), None);
    }
}
