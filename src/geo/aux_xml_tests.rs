use super::*;

const PLACED: &str = "<GeoTransform> 5.0e5, 2, 0, 5400000, 0, -2</GeoTransform>";
const SYSTEM: &str =
    "<SRS dataAxisToSRSAxisMapping=\"1,2\">PROJCS[&quot;x&quot;,AUTHORITY[&quot;EPSG&quot;,&quot;32633&quot;]]</SRS>";
const WORLD: &str = "1\n0\n0\n-1\n600000.5\n5299999.5\n";
const BY_AUX: [f64; 6] = [500_000.0, 2.0, 0.0, 5_400_000.0, 0.0, -2.0];
const BY_WORLD: [f64; 6] = [600_000.0, 1.0, 0.0, 5_300_000.0, 0.0, -1.0];
const BY_TAGS: [f64; 6] = [500_000.0, 5.0, 0.0, 5_400_000.0, 0.0, -5.0];

fn pam(parts: &[&str]) -> Auxiliary {
    Auxiliary::read(format!("<PAMDataset>{}</PAMDataset>", parts.concat()).as_bytes())
}

fn tags() -> OwnGeoRef {
    let tie = [0.0, 0.0, 0.0, 500_000.0, 5_400_000.0, 0.0];
    OwnGeoRef::from_tags(&[5.0, 5.0, 0.0], &tie, &[], GeoKeys::of_epsg(32635))
}

fn place(own: &OwnGeoRef, aux: Option<&Auxiliary>, world: bool, world_first: bool) -> Option<([f64; 6], Option<u32>)> {
    let beside = Beside {
        aux,
        world: world.then_some(WORLD),
        prj: None,
        world_first,
    };
    resolve(own, beside).0.map(|geo| (geo.transform, geo.epsg))
}

/// GDAL 3.10 by rasterio 1.4: `transform` and `crs` of PNG (`world_first`), JPEG and TIFF with such files beside them.
#[test]
fn files_beside_an_image_come_in_gdals_order() {
    let (none, own) = (OwnGeoRef::default(), tags());
    let (full, system, transform) = (pam(&[SYSTEM, PLACED]), pam(&[SYSTEM]), pam(&[PLACED]));
    let statistics = pam(&["<Metadata domain=\"x\"><MDI key=\"y\">1</MDI></Metadata>"]);
    for (own, aux, world, world_first, wanted) in [
        (&none, &full, false, true, Some((BY_AUX, Some(32633)))),
        (&none, &full, true, true, Some((BY_WORLD, Some(32633)))),
        (&none, &full, true, false, Some((BY_AUX, Some(32633)))),
        (&none, &system, false, true, None),
        (&none, &system, true, true, Some((BY_WORLD, Some(32633)))),
        (&none, &transform, false, false, Some((BY_AUX, None))),
        (&none, &statistics, true, false, Some((BY_WORLD, None))),
        (&own, &full, false, false, Some((BY_AUX, Some(32633)))),
        (&own, &system, true, false, Some((BY_TAGS, Some(32633)))),
        (&own, &transform, false, false, Some((BY_AUX, Some(32635)))),
        (&own, &statistics, true, false, Some((BY_TAGS, Some(32635)))),
    ] {
        assert_eq!(
            place(own, Some(aux), world, world_first),
            wanted,
            "{aux:?} {world} {world_first}"
        );
    }
    assert_eq!(place(&own, None, true, false), Some((BY_TAGS, Some(32635))));
    let nowhere = pam(&[SYSTEM, "<GeoTransform>0,1,0,0,0,1</GeoTransform>"]);
    assert_eq!(place(&none, Some(&nowhere), true, false), None);
    assert_eq!(place(&none, Some(&nowhere), true, true), Some((BY_WORLD, Some(32633))));
    let short = pam(&["<GeoTransform>0,1,0,0,0</GeoTransform>"]);
    assert_eq!(place(&none, Some(&short), true, false), Some((BY_WORLD, None)));
}

#[test]
fn control_points_and_what_cannot_be_read() {
    let gcp = |c: f64, r: f64, y: f64| {
        let x = 5e5 + 3.0 * c;
        format!("<GCP Id=\"\" Pixel=\"{c}\" Line=\"{r}\" X=\"{x}\" Y=\"{y}\"/>")
    };
    let list = |bend: f64| {
        let points: String = [[0.0, 0.0], [96.0, 0.0], [0.0, 96.0], [96.0, 96.0]]
            .map(|[c, r]| gcp(c, r, 54e5 - 3.0 * r + bend * c * r))
            .concat();
        pam(&[&format!("<GCPList Projection=\"EPSG:32634\">{points}</GCPList>")])
    };
    let none = OwnGeoRef::default();
    let near = |a: [f64; 6], b: [f64; 6]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
    let (found, epsg) = place(&none, Some(&list(0.0)), false, false).expect("placed");
    assert!(
        near(found, [5e5, 3.0, 0.0, 54e5, 0.0, -3.0]) && epsg == Some(32634),
        "{found:?}"
    );
    assert_eq!(place(&none, Some(&list(0.0)), true, false), Some((BY_WORLD, None)));
    let bent = resolve(
        &none,
        Beside {
            aux: Some(&list(0.01)),
            ..Beside::default()
        },
    );
    assert!(
        matches!(bent, (None, Some(GeoRefRemark::ControlPoints { .. }))),
        "{bent:?}"
    );

    for broken in [
        "",
        "<PAMDataset><SRS>",
        "\0\0",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><PAMDataset>&a;</PAMDataset>",
    ] {
        let aux = Auxiliary::read(broken.as_bytes());
        let (geo, remark) = resolve(
            &none,
            Beside {
                aux: Some(&aux),
                world: Some(WORLD),
                ..Beside::default()
            },
        );
        assert_eq!(remark, Some(GeoRefRemark::AuxUnreadable), "{broken}");
        assert!(geo.is_some());
    }
    let nodata = pam(&["<PAMRasterBand band=\"1\"><NoDataValue>0</NoDataValue></PAMRasterBand>"]);
    assert_eq!(
        resolve(
            &none,
            Beside {
                aux: Some(&nodata),
                ..Beside::default()
            }
        )
        .1,
        Some(GeoRefRemark::AuxNodata)
    );
}

#[test]
fn what_we_write_is_read() {
    let named = GeoKeys::of_text("PROJCS[\"a <b> & c\",UNIT[\"metre\",1]]");
    for (epsg, keys) in [(Some(32633), GeoKeys::of_epsg(32633)), named] {
        let geo = GeoRef::new([5e5, 0.3, 0.1, 54e5, 0.1, -0.3], epsg, keys).expect("placed");
        let aux = Auxiliary::read(geo.aux_xml().as_bytes());
        let beside = Beside {
            aux: Some(&aux),
            ..Beside::default()
        };
        assert_eq!(resolve(&OwnGeoRef::default(), beside), (Some(geo), None));
    }
}
