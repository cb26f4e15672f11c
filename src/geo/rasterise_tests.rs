use super::*;
use crate::geo::GeoKeys;

fn geo() -> GeoRef {
    GeoRef {
        transform: [500_000.0, 1.0, 0.0, 5_400_000.0, 0.0, -1.0],
        epsg: Some(32633),
        keys: GeoKeys::of_epsg(32633),
    }
}

/// Polygons of one ring each, in pixels of [`geo`].
fn polygons(rings: &[(&[[f64; 2]], Class)]) -> Polygons {
    let mut polygons = Polygons::in_system(32633);
    for (ring, class) in rings {
        polygons.push_ring(ring.iter().map(|[x, y]| geo().to_map(*x, *y)));
        polygons.end_polygon(*class);
    }
    polygons
}

fn codes(class: Class) -> u16 {
    match class {
        Class::Code(code) => code,
        _ => 9,
    }
}

fn drawn(polygons: &Polygons, size: [u32; 2]) -> (Vec<u16>, Cover) {
    let mut canvas = Vec::new();
    let cover = polygons
        .project(&geo())
        .expect("placed")
        .draw(&geo(), size, codes, &mut canvas, &mut []);
    (canvas, cover)
}

#[test]
fn polygons_with_holes_fill_their_pixels() {
    let mut polygons = Polygons::default();
    let to = geo().crs().and_then(|crs| crs.to_lon_lat()).expect("known");
    for ring in [
        [[2.0, 1.0], [8.0, 1.0], [8.0, 6.0], [2.0, 6.0]],
        [[4.0, 2.0], [6.0, 2.0], [6.0, 4.0], [4.0, 4.0]],
    ] {
        polygons.push_ring(ring.map(|[x, y]| to.lon_lat(geo().to_map(x, y)).expect("on the map")));
    }
    polygons.end_polygon(Class::None);
    polygons.epsg = 4326;
    let (mask, _) = drawn(&polygons, [10, 8]);
    for (y, row) in mask.chunks(10).enumerate() {
        for (x, v) in row.iter().enumerate() {
            let inside = (2..8).contains(&x) && (1..6).contains(&y) && !((4..6).contains(&x) && (2..4).contains(&y));
            assert_eq!(*v, if inside { 9 } else { 0 }, "{x} {y}");
        }
    }
}

/// rasterio 1.4.4 (GDAL 3.10): `rasterize` of a square with its corners on the middles of pixels, whichever way it runs.
#[test]
fn the_middle_of_a_pixel_belongs_to_one_side() {
    let square = [[0.5, 0.5], [3.5, 0.5], [3.5, 3.5], [0.5, 3.5]];
    let turned = [square[0], square[3], square[2], square[1]];
    for (ring, rows) in [
        (square, ["01110", "01110", "01110", "01110", "00000"]),
        (turned, ["01110", "01110", "01110", "01110", "00000"]),
    ] {
        let (mask, _) = drawn(&polygons(&[(&ring, Class::Code(1))]), [5, 5]);
        let ours: Vec<String> = mask
            .chunks(5)
            .map(|row| row.iter().map(u16::to_string).collect())
            .collect();
        assert_eq!(ours, rows, "{ring:?}");
    }
}

#[test]
fn later_polygons_lie_on_top() {
    let square = [[0.0, 0.0], [3.0, 0.0], [3.0, 3.0], [0.0, 3.0]];
    let right = [[1.0, 0.0], [4.0, 0.0], [4.0, 3.0], [1.0, 3.0]];
    let (mask, _) = drawn(
        &polygons(&[(&square, Class::Code(311)), (&right, Class::Code(7))]),
        [4, 4],
    );
    assert_eq!(mask[..4], [311, 7, 7, 7]);
    let (mask, _) = drawn(
        &polygons(&[(&right, Class::Code(7)), (&square, Class::Code(311))]),
        [4, 4],
    );
    assert_eq!(mask[..4], [311, 311, 311, 7]);
}

#[test]
fn images_between_polygons_are_told_from_those_beside() {
    let left = [[-9.0, -9.0], [-5.0, -9.0], [-5.0, -5.0]];
    let right = [[20.0, 20.0], [24.0, 20.0], [24.0, 24.0]];
    let around = polygons(&[(&left, Class::None), (&right, Class::None)]);
    let cover = |polygons: &Polygons, size| {
        let (canvas, cover) = drawn(polygons, size);
        assert!(canvas.iter().all(|code| *code == 0) || cover.drawn);
        [cover.drawn, cover.touched, cover.within]
    };
    assert_eq!(cover(&around, [10, 10]), [false, false, true]);
    assert_eq!(cover(&around, [25, 25]), [true, true, true]);
    assert_eq!(cover(&around, [40, 10]), [false, false, false]);
    assert_eq!(
        cover(&polygons(&[(&left, Class::None)]), [10, 10]),
        [false, false, false]
    );
    // Smaller than a pixel, beside its middle.
    let tiny = [[2.1, 2.1], [2.2, 2.1], [2.2, 2.2]];
    assert_eq!(
        cover(&polygons(&[(&tiny, Class::None)]), [10, 10]),
        [false, true, false]
    );
    assert_eq!(cover(&polygons(&[]), [10, 10]), [false, false, false]);
}

#[test]
fn one_system_needs_no_other() {
    let square = [[0.0, 0.0], [3.0, 0.0], [3.0, 3.0], [0.0, 3.0]];
    let mut polygons = polygons(&[(&square, Class::None)]);
    let nowhere = GeoRef { epsg: None, ..geo() };
    assert_eq!(
        polygons.project(&nowhere).err(),
        Some(ProjectError::Image(CrsError::None))
    );
    polygons.epsg = 9999;
    assert_eq!(
        polygons.project(&geo()).err(),
        Some(ProjectError::Own(CrsError::Unknown(9999)))
    );
    // Not known here, but the same for both.
    let same = GeoRef {
        epsg: Some(9999),
        ..geo()
    };
    let mut canvas = Vec::new();
    let cover = polygons
        .project(&same)
        .expect("one system")
        .draw(&same, [4, 4], codes, &mut canvas, &mut []);
    assert!(cover.drawn);
    assert_eq!(canvas[..4], [9, 9, 9, 0]);
}

#[test]
fn each_polygon_tells_what_became_of_it() {
    let square = |x: f64, y: f64, side: f64| [[x, y], [x + side, y], [x + side, y + side], [x, y + side]];
    let rings = [
        square(1.0, 1.0, 2.0),
        square(5.1, 5.1, 0.3),
        square(40.0, 1.0, 2.0),
        square(8.0, 0.0, 4.0),
    ];
    let rings: Vec<(&[[f64; 2]], Class)> = rings.iter().map(|ring| (&ring[..], Class::None)).collect();
    let polygons = polygons(&rings);
    let projected = polygons.project(&geo()).expect("placed");
    let mut fates = [Fate::default(); 4];
    projected.draw(&geo(), [10, 10], codes, &mut Vec::new(), &mut fates);
    let wanted = [Fate::Drawn, Fate::TooSmall, Fate::Outside, Fate::Drawn];
    assert_eq!(fates, wanted);
    // Another image takes nothing from it.
    let mut far = geo();
    far.transform[0] += 1000.0;
    projected.draw(&far, [10, 10], codes, &mut Vec::new(), &mut fates);
    assert_eq!(fates, wanted);
}
