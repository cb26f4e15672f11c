//! Tests of [`super`]. Which pixels are missing was asked of rasterio 1.4.4 (GDAL 3.10.3, `dataset_mask()`) with files of
//! the same structure; `tests/peers/test_tiff.py` asks it again.

use super::*;

/// A tag: number, type, value bytes as they lie in the file.
type Tag = (u16, u16, Vec<u8>);

fn short(tag: u16, value: u16) -> Tag {
    (tag, 3, value.to_le_bytes().to_vec())
}

fn text(tag: u16, value: &str) -> Tag {
    (tag, 2, [value.as_bytes(), b"\0"].concat())
}

/// One directory of one strip, 8 bits a sample unless a tag says otherwise, and its data.
fn directory(width: u16, height: u16, bands: u16, more: &[Tag], data: &[u8]) -> (Vec<Tag>, Vec<u8>) {
    let mut tags = vec![
        short(256, width),
        short(257, height),
        short(258, 8),
        short(259, 1),
        short(262, 1),
        short(277, bands),
    ];
    tags.retain(|tag| more.iter().all(|m| m.0 != tag.0));
    tags.extend_from_slice(more);
    (tags, data.to_vec())
}

/// A little-endian file of these directories, in this order.
fn file(directories: &[(Vec<Tag>, Vec<u8>)]) -> Vec<u8> {
    let mut out = b"II\x2a\0\0\0\0\0".to_vec();
    let mut link = 4;
    for (tags, data) in directories {
        let mut tags = tags.clone();
        if tags.iter().all(|tag| tag.0 != 273) {
            tags.push((273, 4, (out.len() as u32).to_le_bytes().to_vec()));
            tags.push((279, 4, (data.len() as u32).to_le_bytes().to_vec()));
        }
        out.extend(data);
        // Values that do not fit lie before their directory.
        let mut entries = Vec::new();
        tags.sort();
        for (tag, kind, value) in tags {
            let count = value.len() as u32 / [1, 1, 1, 2, 4][usize::from(kind)];
            let mut field = value.clone();
            if value.len() > 4 {
                field = (out.len() as u32).to_le_bytes().to_vec();
                out.extend(value);
            }
            field.resize(4, 0);
            entries.push(
                [
                    &tag.to_le_bytes()[..],
                    &kind.to_le_bytes(),
                    &count.to_le_bytes(),
                    &field,
                ]
                .concat(),
            );
        }
        let at = out.len() as u32;
        out[link..link + 4].copy_from_slice(&at.to_le_bytes());
        out.extend((entries.len() as u16).to_le_bytes());
        out.extend(entries.concat());
        link = out.len();
        out.extend([0; 4]);
    }
    out
}

fn missing(bytes: Vec<u8>) -> Vec<usize> {
    let image = TiffImage::open(Rc::new(bytes)).expect("opened");
    let mut all = Vec::new();
    let window = image.whole_window();
    image.visit_missing(window, &mut |pixel| all.push(pixel)).expect("read");
    // By window too: the rows from the second on.
    let part = Window {
        y: 1,
        height: window.height - 1,
        ..window
    };
    let mut below = Vec::new();
    image
        .visit_missing(part, &mut |pixel| below.push(pixel + window.width))
        .expect("read");
    let expected: Vec<usize> = all.iter().copied().filter(|p| *p >= window.width).collect();
    assert_eq!(below, expected);
    all
}

/// Four by two pixels of 100.
fn image(bands: u16, more: &[Tag]) -> (Vec<Tag>, Vec<u8>) {
    directory(4, 2, bands, more, &[100].repeat(8 * usize::from(bands)))
}

/// A mask of one bit a pixel whose rows are these nibbles.
fn of_bits(kind: u16, rows: [u8; 2]) -> (Vec<Tag>, Vec<u8>) {
    let tags = [short(254, kind), short(258, 1), short(262, 4)];
    directory(4, 2, 1, &tags, &rows.map(|row| row << 4))
}

#[test]
fn a_mask_of_the_file_says_what_is_missing() {
    assert_eq!(missing(file(&[image(3, &[])])), [0usize; 0]);
    assert_eq!(missing(file(&[image(3, &[]), of_bits(4, [0b0111, 0b1110])])), [0, 7]);
    // Behind an overview and its mask, or before them.
    let overview = directory(2, 1, 3, &[short(254, 1)], &[100; 6]);
    let of_overview = directory(2, 1, 1, &[short(254, 5), short(258, 1), short(262, 4)], &[0]);
    let own = of_bits(4, [0b1011, 0b1111]);
    let main = image(3, &[]);
    let orders = [
        [&main, &overview, &of_overview, &own],
        [&main, &own, &overview, &of_overview],
        [&main, &of_overview, &own, &overview],
    ];
    for order in orders {
        assert_eq!(missing(file(&order.map(Clone::clone))), [1]);
    }
    // Bytes: 0 is missing, whatever else is not. One band for all, or one each: then some band is enough.
    let bytes = directory(4, 2, 1, &[short(254, 4)], &[0, 1, 128, 255, 255, 255, 255, 0]);
    assert_eq!(missing(file(&[image(3, &[]), bytes])), [0, 7]);
    let mut each = [255; 24];
    each[..4].fill(0);
    let each = directory(4, 2, 3, &[short(254, 4)], &each);
    assert_eq!(missing(file(&[image(3, &[]), each])), [0]);
}

#[test]
fn what_is_no_mask_of_the_image_is_none() {
    let nothing = [0usize; 0];
    let smaller = directory(2, 1, 1, &[short(254, 4)], &[0, 0]);
    assert_eq!(missing(file(&[image(3, &[]), smaller])), nothing);
    let two_bands = directory(4, 2, 2, &[short(254, 4)], &[0; 16]);
    assert_eq!(missing(file(&[image(3, &[]), two_bands])), nothing);
    let sixteen_bits = directory(4, 2, 1, &[short(254, 4), short(258, 16)], &[0; 16]);
    assert_eq!(missing(file(&[image(3, &[]), sixteen_bits])), nothing);
    // A second page is no mask either.
    assert_eq!(
        missing(file(&[image(1, &[]), directory(4, 2, 1, &[], &[0; 8])])),
        nothing
    );
}

/// Everything would be valid if such a mask were passed over.
#[test]
fn a_mask_that_cannot_be_read_is_named() {
    let packed = directory(4, 2, 1, &[short(254, 4), short(259, 50002)], &[0; 8]);
    let error = TiffImage::open(Rc::new(file(&[image(3, &[]), packed]))).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "its mask of missing pixels: compression 50002 (JPEG XL)"
    );
}

#[test]
fn the_first_of_mask_values_nodata_and_alpha_counts_alone() {
    let rgba = |alpha: [u8; 8]| -> Vec<u8> { alpha.iter().flat_map(|a| [100, 100, 100, *a]).collect() };
    let alpha = short(338, 2);
    let with_alpha = directory(
        4,
        2,
        4,
        std::slice::from_ref(&alpha),
        &rgba([255, 255, 0, 1, 255, 255, 255, 255]),
    );
    assert_eq!(missing(file(std::slice::from_ref(&with_alpha))), [2]);
    assert_eq!(missing(file(&[with_alpha, of_bits(4, [0b0111, 0b1111])])), [0]);
    // Unspecified extra samples are no alpha.
    let extra = directory(4, 2, 4, &[short(338, 0)], &rgba([0; 8]));
    assert_eq!(missing(file(&[extra])), [0usize; 0]);
    // Nodata counts in all bands, alpha's too, and then alpha says nothing.
    let nodata = text(42113, "0");
    let mut pixels = rgba([255, 0, 0, 255, 255, 255, 255, 255]);
    pixels[..3].fill(0);
    pixels[4..7].fill(0);
    let both = directory(4, 2, 4, &[alpha.clone(), nodata.clone()], &pixels);
    assert_eq!(missing(file(&[both])), [1]);
    let rgba_with_nodata = directory(4, 2, 4, &[short(262, 2), alpha, nodata.clone()], &pixels);
    assert_eq!(missing(file(&[rgba_with_nodata])), [1, 2]);
    // Red alone is a red roof.
    let mut rgb = [100; 24];
    rgb[0] = 0;
    rgb[3..6].fill(0);
    assert_eq!(
        missing(file(&[directory(4, 2, 3, std::slice::from_ref(&nodata), &rgb)])),
        [1]
    );
    let masked = [
        directory(4, 2, 3, std::slice::from_ref(&nodata), &rgb),
        of_bits(4, [0b1111, 0b0111]),
    ];
    assert_eq!(missing(file(&masked)), [4]);
    // One value a band.
    let values = text(
        42112,
        "<GDALMetadata><Item name=\"NODATA_VALUES\">1 2 3</Item></GDALMetadata>",
    );
    rgb[6..9].copy_from_slice(&[1, 2, 3]);
    let image = directory(4, 2, 3, &[nodata, values], &rgb);
    assert_eq!(missing(file(&[image])), [2]);
}

#[test]
fn planes_miss_where_all_do() {
    let mut planes = [100; 24];
    (planes[0], planes[8], planes[16]) = (7, 7, 7);
    (planes[1], planes[9]) = (7, 7);
    // Three strips, the first at the file's beginning.
    let tags = [
        short(284, 2),
        text(42113, "7"),
        (273, 4, [8u32, 16, 24].map(u32::to_le_bytes).concat()),
        (279, 4, [8u32; 3].map(u32::to_le_bytes).concat()),
    ];
    assert_eq!(missing(file(&[directory(4, 2, 3, &tags, &planes)])), [0]);
}

fn msk(flags: &str, bands: u16, data: &[u8]) -> Vec<u8> {
    let xml = format!("<GDALMetadata><Item name=\"INTERNAL_MASK_FLAGS_1\">{flags}</Item></GDALMetadata>");
    let more = if flags.is_empty() {
        vec![]
    } else {
        vec![text(42112, &xml)]
    };
    file(&[directory(4, 2, bands, &more, data)])
}

#[test]
fn a_mask_beside_becomes_alpha() {
    let raster = Raster::from_u8(4, 2, 3, vec![9; 24]).expect("a raster");
    let mask = Mask::open(msk("2", 1, &[0, 255, 1, 255, 255, 255, 255, 0])).expect("a mask");
    let masked = mask.apply(&raster).expect("applied");
    let alpha: Vec<u8> = (0..8).map(|i| masked.rgba8_at(i % 4, i / 4)[3]).collect();
    assert_eq!(alpha, [0, 255, 255, 255, 255, 255, 255, 0]);
    assert_eq!(masked.rgba8_at(0, 0), [9, 9, 9, 0]);
    // It stands in the place of an alpha that was there.
    let grey = Raster::from_u16(4, 2, 2, [500, 0].repeat(8)).expect("a raster");
    let masked = mask.apply(&grey).expect("applied");
    assert_eq!(
        (masked.bands, masked.rgba8_at(1, 0)[3], masked.rgba8_at(0, 0)[3]),
        (2, 255, 0)
    );
    // Flag 2: the first band is for all. Without it one band's data is enough.
    let mut each = [255; 24];
    each[..4].fill(0);
    let alpha_of = |flags| {
        let masked = Mask::open(msk(flags, 3, &each))
            .expect("a mask")
            .apply(&raster)
            .expect("applied");
        [masked.rgba8_at(0, 0)[3], masked.rgba8_at(1, 0)[3]]
    };
    assert_eq!((alpha_of("2"), alpha_of("0")), ([0, 0], [0, 255]));
}

#[test]
fn a_mask_beside_that_does_not_belong_there_is_named() {
    let said = |error: TiffError| error.to_string();
    let no_flags = said(Mask::open(msk("", 1, &[0; 8])).expect_err("refused"));
    assert!(no_flags.ends_with("INTERNAL_MASK_FLAGS_1 is missing"), "{no_flags}");
    let mask = Mask::open(msk("2", 1, &[0; 8])).expect("a mask");
    let raster = Raster::from_u8(5, 2, 1, vec![9; 10]).expect("a raster");
    let size = said(mask.apply(&raster).expect_err("refused"));
    assert!(size.ends_with("4 × 2, the image has 5 × 2"), "{size}");
    let mut turned = Raster::from_u8(4, 2, 1, vec![9; 8]).expect("a raster");
    turned.exif_rotated = true;
    assert!(said(mask.apply(&turned).expect_err("refused")).contains("EXIF"));
    // A mask of the file itself counts for more.
    let mut image = TiffImage::open(Rc::new(file(&[image(1, &[]), of_bits(4, [0b0111, 0b1111])]))).expect("opened");
    image.attach_mask(mask).expect("of this size");
    let mut all = Vec::new();
    image
        .visit_missing(image.whole_window(), &mut |p| all.push(p))
        .expect("read");
    assert_eq!(all, [0]);
}
