//! Image and mask held against each other where both say where they lie.
//!
//! The mask is looked up at the middle of each pixel of the image, as `gdalwarp -r near` does: one that lies on the
//! image's grid stays as it is, one that is mirrored, turned by quarter turns, larger, or of another pixel size is laid
//! onto it, and where it does not reach the image is not labelled. One that lies elsewhere is refused.

use super::classes::UNLABELLED;
pub use super::grid::Aligned;
use super::grid::{Affine, Grid, MAX_DRIFT_PX, Misfit, hundredths};
use crate::values::Note;
use crate::{
    formats::raster::Raster,
    geo::{Crs, GeoRef, GeoRefRemark, ToLonLat, ellipsoid::distance_m},
};

/// Where a file lies, and what is to be said about that.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Located {
    pub geo: Option<GeoRef>,
    pub remark: Option<GeoRefRemark>,
}

impl From<GeoRefRemark> for Note {
    fn from(remark: GeoRefRemark) -> Note {
        match remark {
            GeoRefRemark::NegativeScale => Note::NegativeScale,
            GeoRefRemark::ControlPoints { residual_px } => Note::ControlPoints {
                hundredths_px: hundredths(residual_px),
            },
            GeoRefRemark::AuxUnreadable => Note::AuxUnreadable,
            GeoRefRemark::AuxNodata => Note::AuxNodata,
        }
    }
}

/// What is remarkable about the places of image and mask alone.
pub fn remarks(located: &[Option<Located>; 2]) -> Vec<Note> {
    let mut notes = Vec::new();
    for remark in located.iter().flatten().filter_map(|located| located.remark) {
        let note = Note::from(remark);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

/// Why a mask cannot be laid onto its image, in a few words with numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Apart {
    /// They do not overlap. How far their middles are apart, and the two systems where they differ.
    Elsewhere(String),
    /// They overlap, but one is turned against the other, or lies in a system with other axes.
    OtherGrid(String),
}

/// Lays a mask onto its image.
///
/// # Errors
/// If it lies elsewhere or on a grid that cannot be laid on the image's.
pub fn align(image: (&GeoRef, &Raster), mask: (&GeoRef, &Raster)) -> Result<Aligned, Apart> {
    let between = Between::new(image.0, mask.0)?;
    let size = [image.1, mask.1].map(|r| [f64::from(r.width), f64::from(r.height)]);
    let found = between.affine(size[0]).and_then(|to_mask| {
        let grid = Grid::new(to_mask, size)?;
        if between.through.is_some() && !grid.has_same_pixels() {
            return Err(Misfit::Grid("their pixels have different sizes".to_owned()));
        }
        grid.lay(image.1, mask.1, millimetres(image.0))
    });
    match found {
        Err(_) if between.uncertain => Ok(Aligned {
            mask: None,
            covered: None,
            notes: vec![Note::PlacesNotCompared],
        }),
        Err(Misfit::Apart) => Err(Apart::Elsewhere(between.distance(size))),
        Err(Misfit::Grid(how)) => Err(Apart::OtherGrid(format!("{}{how}", between.systems()))),
        Ok(aligned) => Ok(aligned),
    }
}

/// Takes the labels away that lie beyond `covered` (see [`Aligned`]) in an image of this width.
pub fn forget_uncovered(labels: &mut [u8], width: u32, covered: Option<[[u32; 2]; 2]>) {
    let Some([from, to]) = covered else {
        return;
    };
    let [from, to] = [from, to].map(|corner| corner.map(|n| n as usize));
    for (y, row) in labels.chunks_exact_mut(width.max(1) as usize).enumerate() {
        for (x, label) in row.iter_mut().enumerate() {
            if x < from[0] || x >= to[0] || y < from[1] || y >= to[1] {
                *label = UNLABELLED;
            }
        }
    }
}

/// From pixels of the image to pixels of the mask.
struct Between<'a> {
    image: &'a GeoRef,
    mask: &'a GeoRef,
    /// Where the systems differ.
    through: Option<(ToLonLat, ToLonLat)>,
    /// One system is not named, or both are by texts that differ: the numbers are taken to be of one.
    uncertain: bool,
}

impl<'a> Between<'a> {
    fn new(image: &'a GeoRef, mask: &'a GeoRef) -> Result<Between<'a>, Apart> {
        let mut through = None;
        let mut uncertain = false;
        match (image.epsg, mask.epsg) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => {
                let ways = image.crs().and_then(|crs| crs.to_lon_lat());
                let ways = ways.and_then(|a| Ok((a, mask.crs()?.to_lon_lat()?)));
                let unknown = |_| Apart::OtherGrid(format!("EPSG:{a} and EPSG:{b} cannot be compared here"));
                through = Some(ways.map_err(unknown)?);
            }
            (None, None) => uncertain = image.keys != mask.keys,
            _ => uncertain = true,
        }
        Ok(Between {
            image,
            mask,
            through,
            uncertain,
        })
    }

    fn to_mask(&self, [column, row]: [f64; 2]) -> Option<[f64; 2]> {
        let mut at = self.image.to_map(column, row);
        if let Some((from, to)) = &self.through {
            at = to.from_lon_lat(from.lon_lat(at)?)?;
        }
        let place = self.mask.to_pixel(at[0], at[1]);
        place.iter().all(|v| v.is_finite()).then_some(place)
    }

    /// The way as an affine transform.
    fn affine(&self, [width, height]: [f64; 2]) -> Result<Affine, Misfit> {
        let corner = |c: f64, r: f64| self.to_mask([c * width, r * height]).ok_or(Misfit::Apart);
        let (origin, right, down) = (corner(0.0, 0.0)?, corner(1.0, 0.0)?, corner(0.0, 1.0)?);
        let step = |to: [f64; 2], n: f64| [(to[0] - origin[0]) / n, (to[1] - origin[1]) / n];
        let affine = Affine {
            origin,
            column: step(right, width),
            row: step(down, height),
        };
        if self.through.is_some() {
            // Between two systems it is only nearly one.
            for [c, r] in [[1.0, 1.0], [0.5, 0.5], [0.5, 0.0], [0.0, 0.5], [1.0, 0.5], [0.5, 1.0]] {
                let (is, would) = (corner(c, r)?, affine.at(c * width, r * height));
                let size = affine.pixel_size();
                if (is[0] - would[0]).hypot(is[1] - would[1]) > MAX_DRIFT_PX * size {
                    return Err(self.overlap_or_apart([width, height]));
                }
            }
        }
        Ok(affine)
    }

    /// Two systems whose axes are not parallel: whether the middle of the image lies in the mask is all that is asked.
    fn overlap_or_apart(&self, [width, height]: [f64; 2]) -> Misfit {
        match self.metres_apart([[width, height]; 2]) {
            Some(metres) if metres > 1000.0 * width.max(height) => Misfit::Apart,
            _ => Misfit::Grid("their axes are not parallel".to_owned()),
        }
    }

    fn systems(&self) -> String {
        match (&self.through, self.image.epsg, self.mask.epsg) {
            (Some(_), Some(a), Some(b)) => format!("EPSG:{a} and EPSG:{b}: "),
            _ => String::new(),
        }
    }

    fn metres_apart(&self, [image, mask]: [[f64; 2]; 2]) -> Option<f64> {
        let middle = |geo: &GeoRef, [w, h]: [f64; 2]| {
            let way = geo.crs().and_then(|crs| crs.to_lon_lat()).ok()?;
            way.lon_lat(geo.to_map(w / 2.0, h / 2.0))
        };
        distance_m(middle(self.image, image)?, middle(self.mask, mask)?)
    }

    /// How far the middles are apart, for people.
    fn distance(&self, [image, mask]: [[f64; 2]; 2]) -> String {
        let far = match self.metres_apart([image, mask]) {
            Some(metres) if metres >= 10_000.0 => format!("{:.0} km apart", metres / 1000.0),
            Some(metres) if metres >= 1000.0 => format!("{:.1} km apart", metres / 1000.0),
            Some(metres) => format!("{metres:.0} m apart"),
            None => {
                let middle = |geo: &GeoRef, [w, h]: [f64; 2]| geo.to_map(w / 2.0, h / 2.0);
                let (a, b) = (middle(self.image, image), middle(self.mask, mask));
                format!("{:.0} units of the map apart", (a[0] - b[0]).hypot(a[1] - b[1]))
            }
        };
        format!("{}{far}", self.systems())
    }
}

/// Side of a pixel in millimetres, in systems of lengths.
fn millimetres(geo: &GeoRef) -> Option<f64> {
    let crs: Crs = geo.crs().ok().filter(|crs| !crs.geographic)?;
    let [x, y] = geo.pixel_size();
    Some((x * y).sqrt() * crs.unit_m * 1000.0)
}

#[cfg(test)]
#[path = "alignment_tests.rs"]
mod tests;
