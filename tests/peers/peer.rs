//! The core's formats behind a command line, for the tests against other tools (`tests/peers/`).
//!
//! Models and tensors travel as safetensors; every command fails with one line on standard error.

mod bands;
mod gradients;
mod labels;
mod objects;
mod train_set;

use std::{env, fs, path::Path, process::ExitCode, rc::Rc};

use burn::tensor::{
    Device, Tensor, TensorData,
    activation::{sigmoid, softmax},
};
use groundmask::{
    data::load::GeoRefs,
    engine::Engine,
    export::{self, OnnxFacts, PredictionMap, VectorOptions},
    formats::{
        ImageFile, Limits, Parts,
        bytes::ByRange,
        decode,
        tiff::{TiffImage, Window},
        vector::{flatgeobuf, geojson, gpkg, kml, osm, shapefile},
        weights_file::{FileTensor, WeightsFile},
    },
    geo::{self, Class, Crs, Polygons},
    model::{ModelConfig, NamedTensor, UNet, read_weights, write_weights},
    protocol::{Command, DeviceChoice, Event},
    values::Sampling,
};
use serde_json::json;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "\
peer model ARCHITECTURE[/HEAD] BASE DEPTH CHANNELS CLASSES SEED MODEL   random weights and statistics
peer forward MODEL X OUT                                 tensor `x` [n,h,w,c] -> `probability`
peer gradients MODEL BATCH LOSS OUT                      of images `x` and masks `y` [n,h,w,1]: `loss` and one a parameter
peer onnx MODEL OUT [FIXED_PX]
peer keras MODEL OUT                                     our weights as Keras's .h5
peer npz MODEL OUT                                       the same as NumPy's .npz
peer accepts MODEL                                       what the page says of it, as JSON; fails if it refuses it
peer from-keras FILE MODEL                               Keras's .h5 as ours
peer tiff FILE OUT                                       all samples as `pixels` [h,w,bands], facts as JSON
peer picture FILE OUT                                    as the page sees it: `rgba` [h,w,4] of 0..255
peer picture FILE OUT DIR                                as a model trained on DIR would get it at prediction
peer train DIR OUT                                       a folder as dropped to train on: facts as JSON, `mask_<i>`, `rgba_<i>`
peer bands DIR 1,2,8 STEPS IMAGE OUT_DIR                a network over bands of DIR: IoU and facts as JSON, the model in 3 formats, `probability`
peer labels IMAGE LABELS DIR                            `labels` [h,w] painted on an image, in every format
peer layers P GEO.tif THRESHOLD SMALLEST TOLERANCE DIR   results of `p` [h,w] in every format, areas as JSON
peer objects MAP OUT                                     of `ground` [h,w] (0, 1 inside, 2 + level between): `objects` [h,w]
peer lon-lat EPSG X Y                                    longitude and latitude
peer rasterize FILE GEO.tif OUT                          the mask of an image, `mask` [h,w]
peer places SIDE_PX NAME...                              where tiles of these names lie: transforms as JSON
peer epsg FILE.prj                                       the code of well-known text";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Outcome<()> {
    match args {
        ["model", architecture, base, depth, channels, classes, seed, out] => {
            let (architecture, head) = architecture.split_once('/').unwrap_or((architecture, "two_channels"));
            let config = ModelConfig {
                architecture: serde_json::from_value(architecture.into())?,
                base: base.parse()?,
                depth: depth.parse()?,
                channels: channels.parse()?,
                head: serde_json::from_value(head.into())?,
                dropout: 0.0,
                classes: classes.parse()?,
            };
            save(config, random_weights(config, seed.parse()?)?, out)
        }
        ["forward", model, x, out] => forward(model, x, out),
        ["gradients", model, batch, loss, out] => gradients::gradients(model, batch, loss, out),
        ["onnx", model, out] => onnx(model, out, None),
        ["onnx", model, out, fixed_px] => onnx(model, out, Some(fixed_px.parse()?)),
        ["keras", model, out] => {
            let (config, tensors) = load(model)?;
            Ok(fs::write(out, export::keras_file(&config, &tensors)?)?)
        }
        ["npz", model, out] => {
            let (config, tensors) = load(model)?;
            Ok(fs::write(out, export::keras_npz(&config, &tensors)?)?)
        }
        ["accepts", model] => accepts(model),
        ["from-keras", file, out] => {
            let (config, tensors) = export::read_keras(fs::read(file)?)?;
            save(config, tensors, out)
        }
        ["tiff", file, out] => tiff(file, out),
        ["picture", file, out] => picture(file, out),
        ["picture", file, out, folder] => train_set::picture_as_trained(file, out, folder),
        ["train", folder, out] => train_set::train(folder, out),
        ["bands", folder, numbers, steps, image, out] => bands::bands(folder, numbers, steps.parse()?, image, out),
        ["labels", image, painted, folder] => labels::labels(image, painted, folder),
        ["layers", p, geo, threshold, smallest, tolerance, folder] => layers(
            p,
            geo,
            threshold.parse()?,
            VectorOptions {
                smallest_px: smallest.parse()?,
                tolerance_px: tolerance.trim_start_matches("right:").parse()?,
                right_angles: tolerance.starts_with("right:"),
                separate: false,
            },
            folder,
        ),
        ["objects", map, out] => objects::objects(map, out),
        ["lon-lat", epsg, x, y] => {
            let to = Crs::from_epsg(epsg.parse()?)?.to_lon_lat()?;
            let [longitude, latitude] = to.lon_lat([x.parse()?, y.parse()?]).ok_or("nowhere")?;
            println!("{longitude} {latitude}");
            Ok(())
        }
        ["places", side_px, names @ ..] => places(side_px.parse()?, names),
        ["rasterize", file, image, out] => {
            let image = TiffImage::open(Rc::new(fs::read(image)?))?;
            let geo = image.geo.as_ref().ok_or("the image has no place")?;
            let mut mask = Vec::new();
            let code = |class| match class {
                Class::Code(code) => code,
                _ => 255,
            };
            for polygons in polygons_of(file)? {
                let size = [image.width, image.height];
                polygons.project(geo)?.draw(geo, size, code, &mut mask, &mut []);
            }
            mask.resize(image.width as usize * image.height as usize, 0);
            let values = mask.into_iter().map(f32::from).collect();
            save_tensor(out, "mask", vec![image.height as usize, image.width as usize], values)
        }
        ["epsg", file] => {
            let code = geo::crs::epsg_of_wkt(&fs::read_to_string(file)?).ok_or("unknown")?;
            println!("{code}");
            Ok(())
        }
        _ => Err(USAGE.into()),
    }
}

/// Fresh weights whose biases, gammas and running statistics are no longer 0 and 1.
fn random_weights(config: ModelConfig, seed: u32) -> Outcome<Vec<NamedTensor>> {
    let model = UNet::new(config, seed, &Device::flex())?;
    let mut tensors = pollster::block_on(read_weights(&model))?;
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32
    };
    for tensor in &mut tensors {
        let part = tensor.name.rsplit('.').next().unwrap_or_default().to_owned();
        for value in &mut tensor.values {
            match part.as_str() {
                "gamma" => *value = 0.6 + 0.8 * uniform(),
                "running_var" => *value = 0.3 + uniform(),
                "bias" | "beta" | "running_mean" => *value = 0.4 * uniform() - 0.2,
                _ => {}
            }
        }
    }
    Ok(tensors)
}

/// As the page saves it: the network is a part of the configuration.
fn save(config: ModelConfig, tensors: Vec<NamedTensor>, path: &str) -> Outcome<()> {
    let classes: Vec<_> = (0..if config.classes > 1 { config.classes } else { 0 })
        .map(|i| json!({"name": format!("kind {i}"), "rgb": [40 * i % 256, 10, 200]}))
        .collect();
    let bands: Vec<_> = match config.channels {
        1 | 3 => Vec::new(),
        count => (1..=count).map(|number| json!({ "number": number })).collect(),
    };
    let whole = json!({
        "model": config, "channels": if config.channels == 1 { "grey" } else { "rgb" }, "sampling": "crop",
        "tile_px": 256, "steps": 0, "classes": classes, "bands": bands,
    });
    Ok(fs::write(path, export::model_file(tensors, whole.to_string())?)?)
}

fn accepts(model: &str) -> Outcome<()> {
    let mut engine = Engine::new(Box::new(|| 0.0));
    let start = Command::Init {
        device: DeviceChoice::Cpu,
        calibration: None,
    };
    pollster::block_on(engine.command(start));
    let command = Command::LoadModel {
        name: "model".into(),
        bytes: fs::read(model)?,
    };
    match pollster::block_on(engine.command(command)).into_iter().next() {
        Some(Event::Model { model: Some(info) }) => {
            println!("{}", serde_json::to_string(&info)?);
            Ok(())
        }
        other => Err(format!("{other:?}").into()),
    }
}

fn load(path: &str) -> Outcome<(ModelConfig, Vec<NamedTensor>)> {
    let file = WeightsFile::read(&fs::read(path)?)?;
    let json = file.metadata.get(export::CONFIG_KEY).ok_or("no configuration")?;
    let tensors = file.tensors.into_iter().map(|t| NamedTensor {
        name: t.name,
        shape: t.shape,
        values: t.values,
    });
    let whole: serde_json::Value = serde_json::from_str(json)?;
    Ok((serde_json::from_value(whole["model"].clone())?, tensors.collect()))
}

fn forward(model: &str, x: &str, out: &str) -> Outcome<()> {
    let (config, tensors) = load(model)?;
    let device = Device::flex();
    let mut unet = UNet::new(config, 0, &device)?;
    write_weights(&mut unet, &tensors)?;
    let input = WeightsFile::read(&fs::read(x)?)?.tensors;
    let input = input.into_iter().find(|t| t.name == "x").ok_or("no tensor x")?;
    let shape: [usize; 4] = input.shape.try_into().map_err(|_| "x is not of rank 4")?;
    let logits = unet.forward(Tensor::<4>::from_data(TensorData::new(input.values, shape), &device));
    let shape = logits.dims().to_vec();
    let probability = if shape[3] == 1 {
        sigmoid(logits)
    } else {
        softmax(logits, 3)
    };
    let data = pollster::block_on(probability.into_data_async()).map_err(|e| format!("{e:?}"))?;
    let values = data.try_into_vec::<f32>().map_err(|e| format!("{e:?}"))?;
    let file = WeightsFile {
        tensors: vec![FileTensor {
            name: "probability".into(),
            shape,
            values,
        }],
        ..WeightsFile::default()
    };
    Ok(fs::write(out, file.write()?)?)
}

fn onnx(model: &str, out: &str, fixed_px: Option<usize>) -> Outcome<()> {
    let (config, tensors) = load(model)?;
    let facts = OnnxFacts {
        class_names: match config.classes {
            1 => vec!["_background".into(), "building".into()],
            n => (0..n).map(|i| format!("kind {i}")).collect(),
        },
        tile_px: fixed_px.unwrap_or(256),
        resolution_cm: Some(30.0),
        value_ranges: Some(vec![[0.0, 10_000.0]; config.channels]),
        threshold: 0.5,
        fixed_size: fixed_px.is_some(),
        sampling: Sampling::Crop,
        bands: Vec::new(),
    };
    Ok(fs::write(out, export::onnx_file(&config, &tensors, &facts)?)?)
}

fn save_tensor(path: &str, name: &str, shape: Vec<usize>, values: Vec<f32>) -> Outcome<()> {
    let tensor = FileTensor {
        name: name.into(),
        shape,
        values,
    };
    let file = WeightsFile {
        tensors: vec![tensor],
        ..WeightsFile::default()
    };
    Ok(fs::write(path, file.write()?)?)
}

/// The layers of a file of polygons.
fn polygons_of(file: &str) -> Outcome<Vec<Polygons>> {
    let beside = |ending| fs::read(Path::new(file).with_extension(ending)).ok();
    let bytes = fs::read(file)?;
    if gpkg::is_gpkg(file) {
        return Ok(gpkg::read(&bytes)?
            .into_iter()
            .map(|(_, read)| read)
            .collect::<Result<_, _>>()?);
    }
    let polygons = match file {
        _ if kml::is_kml(file) => kml::read(&bytes)?,
        _ if osm::is_osm(file) => osm::read(&bytes)?,
        _ if flatgeobuf::is_flatgeobuf(file) => flatgeobuf::read(&bytes)?,
        _ if shapefile::is_shp(file) => {
            let projection = beside("prj").map(|text| String::from_utf8_lossy(&text).into_owned());
            let [table, list] = ["dbf", "shx"].map(beside);
            shapefile::read(&bytes, table.as_deref(), projection.as_deref(), list.as_deref())?
        }
        _ => geojson::read(&bytes)?,
    };
    Ok(vec![polygons])
}

fn places(side_px: u32, names: &[&str]) -> Outcome<()> {
    let picture = groundmask::formats::grey8_png(&vec![0; (side_px * side_px) as usize], side_px, side_px)?;
    let facts = ImageFile::open(picture, &Limits::default())?.facts();
    let mut places = GeoRefs::default();
    names.iter().for_each(|name| places.add(name, facts.clone()));
    let place = |name: &&str| places.geo(name).map(|geo| (geo.epsg, geo.transform));
    let all: Vec<_> = names.iter().map(place).collect();
    println!("{}", serde_json::to_string(&all)?);
    Ok(())
}

fn tiff(file: &str, out: &str) -> Outcome<()> {
    // As the page and the native command open it.
    let image = TiffImage::open(Rc::new(ByRange::new(Box::new(fs::read(file)?))))?;
    let (height, width) = (image.height as usize, image.width as usize);
    let bands: Vec<usize> = (0..image.bands).collect();
    let mut pixels = vec![f32::NAN; height * width * bands.len()];
    // In bands of rows, as a prediction reads it.
    let step = 100;
    for y in (0..height).step_by(step) {
        let window = Window {
            y,
            x: 0,
            height: step.min(height - y),
            width,
        };
        let start = y * width * bands.len();
        image.visit(window, &bands, &mut |at, value| pixels[start + at] = value as f32)?;
    }
    let aux = fs::read(format!("{file}.aux.xml"))
        .ok()
        .map(|bytes| geo::Auxiliary::read(&bytes));
    let beside = geo::Beside {
        aux: aux.as_ref(),
        ..geo::Beside::default()
    };
    let (place, _) = geo::resolve(&image.georef, beside);
    let facts = serde_json::json!({
        "width": width, "height": height, "bands": image.bands, "bits": image.bits,
        "kind": format!("{:?}", image.kind), "alpha": image.alpha, "nodata": image.nodata,
        "transform": place.as_ref().map(|g| g.transform), "epsg": place.as_ref().and_then(|g| g.epsg),
    });
    println!("{facts}");
    save_tensor(out, "pixels", vec![height, width, bands.len()], pixels)
}

/// With what lies beside it, as if both had been dropped together.
fn picture(file: &str, out: &str) -> Outcome<()> {
    let beside = ["aux.xml", "msk"].map(|ending| format!("{file}.{ending}"));
    let raster = match beside.iter().any(|path| Path::new(path).exists()) {
        true => train_set::dropped_to_predict(file, beside.iter().map(String::as_str))?,
        false => decode(&fs::read(file)?, &Limits::default())?,
    };
    let file = WeightsFile {
        tensors: vec![train_set::rgba("rgba", &raster)],
        ..WeightsFile::default()
    };
    Ok(fs::write(out, file.write()?)?)
}

fn layers(p: &str, geo: &str, threshold: f32, options: VectorOptions, folder: &str) -> Outcome<()> {
    let file = WeightsFile::read(&fs::read(p)?)?;
    let p = file.tensors.into_iter().find(|t| t.name == "p").ok_or("no tensor p")?;
    let geo = match geo {
        "-" => None,
        file => TiffImage::open(Rc::new(fs::read(file)?))?.geo,
    };
    let kept = PredictionMap {
        file_name: "image.tif".to_owned(),
        width: p.shape[1] as u32,
        height: p.shape[0] as u32,
        missing: export::PixelSet::from_flags(p.values.iter().map(|v| v.is_nan())),
        probability: export::to_u16(&p.values).into(),
        geo,
        ..PredictionMap::default()
    };
    let names = ["_background".to_owned(), "building".to_owned()];
    let to = |name: &str| Path::new(folder).join(name);
    fs::write(to("mask.tif"), kept.mask_tiff(threshold, Parts::whole())?)?;
    fs::write(
        to("classes.tif"),
        kept.classes_tiff(threshold, &[[0; 3], [255, 80, 0]], Parts::whole())?,
    )?;
    fs::write(to("probability.tif"), kept.probability_tiff(Parts::whole())?)?;
    fs::write(
        to("regions.geojson"),
        kept.geojson(threshold, &names, options, Parts::whole()),
    )?;
    fs::write(to("coco.json"), kept.coco(threshold, &names, options, Parts::whole()))?;
    fs::write(to("mask.png"), export::mask_png(&kept, threshold, Parts::whole())?)?;
    if let Some(geo) = &kept.geo {
        fs::write(to("mask.pgw"), geo.world_file())?;
        fs::write(to("mask.png.aux.xml"), geo.aux_xml())?;
    }
    println!("{}", serde_json::to_string(&kept.areas(threshold, 2))?);
    Ok(())
}
