//! `peer train` and `peer picture FILE OUT DIR`: a folder as the page takes it in.

use std::{
    fs,
    path::{Path, PathBuf},
};

use groundmask::{
    data::dataset::Dataset,
    engine::Engine,
    formats::{
        raster::Raster,
        weights_file::{FileTensor, WeightsFile},
    },
    protocol::{self, Command, Event, Fault, MaskRule, Purpose},
};
use serde_json::{Value, json};

use super::Outcome;

/// Every file under a folder as if it had been dropped to train on, with the rule that the page suggests.
struct Dropped {
    engine: Engine,
    /// What the page is told of the data set.
    told: protocol::Dataset,
    faults: Vec<Fault>,
}

pub fn train(folder: &str, out: &str) -> Outcome<()> {
    let dropped = drop_folder(folder)?;
    let faults = dropped.faults.iter().chain(&dropped.told.faults);
    println!(
        "{}",
        json!({
            "pairs": dropped.told.pairs.iter().map(|pair| json!({
                "name": pair.name, "image": pair.image_path, "blocked": pair.blocked, "notes": pair.notes,
                "foreground": pair.foreground_share,
            })).collect::<Vec<_>>(),
            "classes": classes(&dropped.told),
            "faults": faults.collect::<Vec<_>>(),
        })
    );
    let data = dropped.engine.dataset();
    let mut tensors = Vec::new();
    for index in 0..data.pairs.len() {
        tensors.extend(pair_tensors(data, index));
    }
    if tensors.is_empty() {
        return Ok(());
    }
    let file = WeightsFile {
        tensors,
        ..WeightsFile::default()
    };
    Ok(fs::write(out, file.write()?)?)
}

/// A file as a model that was trained on `folder` would get it at prediction.
pub fn picture_as_trained(file: &str, out: &str, folder: &str) -> Outcome<()> {
    let raster = predicted(&mut drop_folder(folder)?.engine, file, [].into_iter())?;
    let file = WeightsFile {
        tensors: vec![rgba("rgba", &raster)],
        ..WeightsFile::default()
    };
    Ok(fs::write(out, file.write()?)?)
}

/// A file as it is taken in to be predicted, together with those `beside` it that are there.
pub fn dropped_to_predict<'a>(file: &'a str, beside: impl Iterator<Item = &'a str>) -> Outcome<Raster> {
    predicted(&mut Engine::new(Box::new(|| 0.0)), file, beside)
}

fn predicted<'a>(engine: &mut Engine, file: &'a str, beside: impl Iterator<Item = &'a str>) -> Outcome<Raster> {
    let mut faults = Vec::new();
    let there = beside.filter(|path| Path::new(path).exists());
    let files = [file].into_iter().chain(there).map(|path| -> Outcome<Command> {
        let name = Path::new(path).file_name().ok_or("no file name")?.to_string_lossy();
        Ok(Command::AddFile {
            path: name.into_owned(),
            bytes: fs::read(path)?,
            purpose: Purpose::Predict,
        })
    });
    let done = Command::FilesDone {
        purpose: Purpose::Predict,
    };
    for command in files.chain([Ok(done)]) {
        for event in pollster::block_on(engine.command(command?)) {
            if let Event::Fault(fault) = event {
                faults.push(fault);
            }
        }
    }
    let raster = engine.input_as_trained(0);
    Ok(raster.ok_or_else(|| serde_json::to_string(&faults).unwrap_or_default())?)
}

fn drop_folder(folder: &str) -> Outcome<Dropped> {
    let mut engine = Engine::new(Box::new(|| 0.0));
    let (told, faults) = drop_into(&mut engine, folder)?;
    Ok(Dropped { engine, told, faults })
}

/// What the page is told of the data set, and of what is wrong.
pub fn drop_into(engine: &mut Engine, folder: &str) -> Outcome<(protocol::Dataset, Vec<Fault>)> {
    let mut faults = Vec::new();
    let mut told = None;
    let root = Path::new(folder);
    let add = files_under(root)?.into_iter().map(|path| -> Outcome<Command> {
        let relative = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        Ok(Command::AddFile {
            path: relative,
            bytes: fs::read(&path)?,
            purpose: Purpose::Train,
        })
    });
    let done = Command::FilesDone {
        purpose: Purpose::Train,
    };
    for command in add.chain([Ok(done)]) {
        for event in pollster::block_on(engine.command(command?)) {
            match event {
                Event::Fault(fault) => faults.push(fault),
                Event::Dataset(data) => told = Some(data),
                _ => {}
            }
        }
    }
    Ok((told.ok_or("no data set was reported")?, faults))
}

fn files_under(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            all.extend(files_under(&path)?);
        } else {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

/// The classes by label; empty where there is foreground alone.
fn classes(data: &protocol::Dataset) -> Vec<Value> {
    let MaskRule::Classes { legend, .. } = &data.rule else {
        return Vec::new();
    };
    let entry = |name: &str| legend.iter().find(|entry| !entry.ignored && entry.name == name);
    data.classes
        .iter()
        .map(|class| json!({"name": class.name, "code": entry(&class.name).and_then(|e| e.code)}))
        .collect()
}

fn pair_tensors(data: &Dataset, index: usize) -> Vec<FileTensor> {
    let (Some(image), Some(labels)) = (data.image(index), data.mask_labels(index)) else {
        return Vec::new();
    };
    let mask = FileTensor {
        name: format!("mask_{index}"),
        shape: vec![image.height as usize, image.width as usize],
        values: labels.iter().map(|label| f32::from(*label)).collect(),
    };
    vec![mask, rgba(&format!("rgba_{index}"), image)]
}

pub fn rgba(name: &str, raster: &Raster) -> FileTensor {
    let (height, width) = (raster.height, raster.width);
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    FileTensor {
        name: name.into(),
        shape: vec![height as usize, width as usize, 4],
        values: places.flat_map(|(x, y)| raster.rgba8_at(x, y)).map(f32::from).collect(),
    }
}
