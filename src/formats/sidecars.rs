//! Files that lie beside others and belong to them: the one table of what each is and of which file it is.

use crate::values::IMAGE_FORMATS;

/// What a file beside others is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SidecarKind {
    /// Six numbers that place an image.
    WorldFile,
    /// The reference system of an image or a Shapefile, as well-known text.
    Projection,
    /// GDAL's: place, reference system, values that mean nothing.
    Auxiliary,
    /// Which pixels of an image have no data (GDAL's RFC 15).
    MissingMask,
    /// A Shapefile's table, dBASE.
    Table,
    /// The list of a Shapefile's records.
    RecordList,
    /// Belongs to a Shapefile and is not needed: spatial indices, metadata.
    OfShapefile,
    /// Written by GIS programs and not needed: overviews, styles, the name of a code page.
    Unused,
}

/// A row of the table.
pub struct Sidecar {
    /// The end of its name in lower case, with the dot.
    pub ending: &'static str,
    pub kind: SidecarKind,
}

const fn row(ending: &'static str, kind: SidecarKind) -> Sidecar {
    Sidecar { ending, kind }
}

/// What lies beside images and Shapefiles; world files have an ending for each format of images, which
/// [`IMAGE_FORMATS`] lists. The first row that fits counts.
pub const SIDECARS: [Sidecar; 14] = [
    row(".aux.xml", SidecarKind::Auxiliary),
    row(".msk", SidecarKind::MissingMask),
    row(".wld", SidecarKind::WorldFile),
    row(".prj", SidecarKind::Projection),
    row(".dbf", SidecarKind::Table),
    row(".shx", SidecarKind::RecordList),
    row(".sbn", SidecarKind::OfShapefile),
    row(".sbx", SidecarKind::OfShapefile),
    row(".qix", SidecarKind::OfShapefile),
    row(".qpj", SidecarKind::OfShapefile),
    row(".shp.xml", SidecarKind::OfShapefile),
    row(".ovr", SidecarKind::Unused),
    row(".qml", SidecarKind::Unused),
    row(".cpg", SidecarKind::Unused),
];

/// What a file is by its name, and which it belongs to, in lower case: the whole path of an image for what has the
/// image's name in front of its own ending (`a.tif.msk`), else the path without its extension ([`stem_of`]). `None` for
/// what is no sidecar.
pub fn sidecar(path: &str) -> Option<(SidecarKind, String)> {
    let lower = path.to_lowercase();
    let fits = SIDECARS
        .iter()
        .find_map(|row| Some((row.kind, lower.strip_suffix(row.ending)?)));
    if let Some((kind, owner)) = fits {
        return (!owner.is_empty()).then(|| (kind, owner.to_owned()));
    }
    let (stem, extension) = lower.rsplit_once('.')?;
    let is_world_file = IMAGE_FORMATS
        .iter()
        .any(|format| format.world_endings.contains(&extension));
    is_world_file.then(|| (SidecarKind::WorldFile, stem.to_owned()))
}

/// What the sidecars of a file are looked up by that have its name without the extension.
pub fn stem_of(path: &str) -> String {
    let mut lower = path.to_lowercase();
    if let Some(dot) = lower.rfind('.') {
        lower.truncate(dot);
    }
    lower
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_what_it_is_and_of_what() {
        let of = |path: &str| sidecar(path).map(|(kind, owner)| (kind, owner.clone()));
        let is = |kind, owner: &str| Some((kind, owner.to_owned()));
        assert_eq!(of("a/B.tif.MSK"), is(SidecarKind::MissingMask, "a/b.tif"));
        assert_eq!(of("a/b.tif.aux.xml"), is(SidecarKind::Auxiliary, "a/b.tif"));
        assert_eq!(of("a/B.PGW"), is(SidecarKind::WorldFile, "a/b"));
        assert_eq!(of("a/b.wld"), is(SidecarKind::WorldFile, "a/b"));
        assert_eq!(of("a/b.prj"), is(SidecarKind::Projection, "a/b"));
        assert_eq!(of("a/b.shp.xml"), is(SidecarKind::OfShapefile, "a/b"));
        assert_eq!(of("a/b_msk.png"), None);
        assert_eq!(of(".msk"), None);
        assert_eq!(of("a.tfw/b"), None);
        assert_eq!(stem_of("a/B.Tif"), "a/b");
    }
}
