//! Objects apart, each pixel by the number of its object.

use std::fs;

use groundmask::{
    formats::weights_file::{FileTensor, WeightsFile},
    infer::{self, Ground, Region},
};

use super::Outcome;

pub fn objects(map: &str, out: &str) -> Outcome<()> {
    let file = WeightsFile::read(&fs::read(map)?)?;
    let map = file
        .tensors
        .into_iter()
        .find(|t| t.name == "ground")
        .ok_or("no tensor ground")?;
    let (height, width) = (map.shape[0], map.shape[1]);
    let ground = |y: usize, x: usize| match map.values[y * width + x] as u16 {
        0 => Ground::Outside,
        1 => Ground::Inside(1),
        level => Ground::Boundary((level - 2).min(255) as u8),
    };
    let (mut values, mut count) = (vec![0f32; height * width], 0.0);
    infer::objects([height, width], 1, ground, |_, region| {
        count += 1.0;
        paint(&region, width, &mut values, count);
    });
    let tensor = FileTensor {
        name: "objects".to_owned(),
        shape: vec![height, width],
        values,
    };
    let file = WeightsFile {
        metadata: Default::default(),
        tensors: vec![tensor],
    };
    fs::write(out, file.write()?)?;
    Ok(())
}

/// Even-odd over upright edges.
fn paint(region: &Region, width: usize, values: &mut [f32], number: f32) {
    let mut upright = Vec::new();
    for ring in std::iter::once(&region.outer).chain(&region.holes) {
        for (a, b) in ring
            .iter()
            .zip(ring.iter().cycle().skip(1))
            .filter(|(a, b)| a[0] == b[0])
        {
            upright.extend((a[1].min(b[1])..a[1].max(b[1])).map(|row| [row as usize, a[0] as usize]));
        }
    }
    upright.sort_unstable();
    for pair in upright.chunks_exact(2) {
        values[pair[0][0] * width + pair[0][1]..pair[1][0] * width + pair[1][1]].fill(number);
    }
}
