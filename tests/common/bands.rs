//! Files of many bands.

use groundmask::{engine::Engine, protocol::Command};

use crate::common::send;

pub const SIDE: usize = 96;
/// Near infrared of Sentinel-2's ten bands of 10 and 20 m, by number from 1.
pub const INFRARED: usize = 7;
pub const NAMES: [&str; 10] = ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"];

/// The same everywhere and on every machine.
pub fn hash(at: usize) -> u32 {
    let mut s = (at as u32).wrapping_mul(2_654_435_761) ^ 0x9e37_79b9;
    s ^= s >> 15;
    s = s.wrapping_mul(0x85eb_ca6b);
    s ^= s >> 13;
    s = s.wrapping_mul(0xc2b2_ae35);
    s ^ s >> 16
}

/// Squares of 12 pixels, a third of them meadow, at places that nothing foretells.
pub fn is_meadow(image: usize, y: usize, x: usize) -> bool {
    hash(image * 1000 + y / 12 * 32 + x / 12).is_multiple_of(3)
}

/// A TIFF of 16 bits, its bands side by side, with names as GDAL writes them. Meadow differs in the infrared alone.
pub fn stack(image: usize, bands: usize) -> Vec<u8> {
    let number = |y: usize, x: usize, band: usize| {
        let ground = 400 + 150 * band as u16 + (hash(image << 22 | y << 14 | x << 6 | band) % 300) as u16;
        ground
            + if band + 1 == INFRARED && is_meadow(image, y, x) {
                1800
            } else {
                0
            }
    };
    let items: String = (0..bands)
        .map(|band| {
            let name = NAMES[band];
            format!("<Item name=\"DESCRIPTION\" sample=\"{band}\" role=\"description\">{name}</Item>")
        })
        .collect();
    let metadata = format!("<GDALMetadata>{items}</GDALMetadata>\0").into_bytes();
    let shorts = vec![16u16; bands];
    let extra = vec![0u16; bands - 1];
    let pixels = 8;
    let pixel_bytes = SIDE * SIDE * bands * 2;
    let [depths_at, extra_at] = [pixels + pixel_bytes, pixels + pixel_bytes + 2 * bands];
    let metadata_at = extra_at + 2 * extra.len();
    let directory_at = (metadata_at + metadata.len()).next_multiple_of(2);
    let mut bytes = b"II\x2a\0".to_vec();
    bytes.extend((directory_at as u32).to_le_bytes());
    for (y, x) in (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (y, x))) {
        (0..bands).for_each(|band| bytes.extend(number(y, x, band).to_le_bytes()));
    }
    shorts.iter().chain(&extra).for_each(|v| bytes.extend(v.to_le_bytes()));
    bytes.extend(&metadata);
    bytes.resize(directory_at, 0);
    let list = |values: &[u16], at: usize| match values {
        [one] => u32::from(*one),
        [one, other] => u32::from(*one) | u32::from(*other) << 16,
        _ => at as u32,
    };
    let tags: [(u16, u16, u32, u32); 11] = [
        (256, 4, 1, SIDE as u32),
        (257, 4, 1, SIDE as u32),
        (258, 3, bands as u32, list(&shorts, depths_at)),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, pixels as u32),
        (277, 3, 1, bands as u32),
        (278, 4, 1, SIDE as u32),
        (279, 4, 1, pixel_bytes as u32),
        (338, 3, extra.len() as u32, list(&extra, extra_at)),
        (42112, 2, metadata.len() as u32, metadata_at as u32),
    ];
    end_with(bytes, &tags)
}

/// The file with its only directory: tag, kind of value, count and value or place of each entry.
pub fn end_with(mut bytes: Vec<u8>, tags: &[(u16, u16, u32, u32)]) -> Vec<u8> {
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in tags {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes
}

pub fn set_bands(engine: &mut Engine, bands: &[u32], network: bool) {
    let bands = bands.to_vec();
    send(engine, Command::SetBands { bands, network });
}
