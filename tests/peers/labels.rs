//! `peer labels`: labels painted on an image, in every format that they are written in.

use std::{fs, path::Path};

use groundmask::{
    engine::Engine,
    formats::weights_file::WeightsFile,
    protocol::{ClassInfo, Command, Event, LabelFile, Purpose},
};

use super::Outcome;

/// Colours of the classes.
const RGB: [[u8; 3]; 4] = [[0; 3], [255, 96, 0], [0, 90, 200], [20, 160, 60]];

/// Paints `labels` [h,w] (255 = not labelled) on an image and writes what comes of it to a folder.
pub fn labels(image: &str, labels: &str, folder: &str) -> Outcome<()> {
    let file = WeightsFile::read(&fs::read(labels)?)?;
    let tensor = file.tensors.first().ok_or("no labels")?;
    let &[height, width] = tensor.shape.as_slice() else {
        return Err("labels of another shape".into());
    };
    let values: Vec<u8> = tensor.values.iter().map(|value| *value as u8).collect();
    let classes = values
        .iter()
        .filter(|value| **value != 255)
        .max()
        .map_or(1, |n| usize::from(*n) + 1);
    let mut engine = Engine::new(Box::new(|| 0.0));
    let mut send = |command| pollster::block_on(engine.command(command));
    let (path, purpose) = ("image.tif".to_owned(), Purpose::Train);
    let bytes = fs::read(image)?;
    send(Command::AddFile { path, bytes, purpose });
    send(Command::FilesDone { purpose });
    let names = RGB.iter().enumerate().take(classes.max(2));
    let classes = names.map(|(n, rgb)| ClassInfo {
        name: format!("class {n}"),
        rgb: *rgb,
    });
    send(Command::SetLabelClasses {
        classes: classes.collect(),
    });
    let painted = send(Command::PaintLabels {
        image: "image.tif".to_owned(),
        left: 0,
        top: 0,
        width: u32::try_from(width)?,
        height: u32::try_from(height)?,
        values,
        corrected: false,
    });
    if !matches!(painted.as_slice(), [Event::Dataset(_)]) {
        return Err(format!("{painted:?}").into());
    }
    for kind in [
        LabelFile::MaskPng,
        LabelFile::ClassTif,
        LabelFile::Geojson,
        LabelFile::Zip,
    ] {
        for event in send(Command::ExportLabels { kind, image: None }) {
            match event {
                Event::File { name, bytes, .. } => fs::write(Path::new(folder).join(name), bytes)?,
                other => return Err(format!("{other:?}").into()),
            }
        }
    }
    Ok(())
}
