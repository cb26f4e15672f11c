//! What catalogues say of a model: a STAC item with the Machine Learning Model extension
//! (`stac-extensions/mlm`, version 1.5.1), its keywords as HOT's fAIr asks for them.

use groundmask::protocol::{Band, Channels, ClassInfo, ModelInfo};
use serde_json::{Map, Value, json};

const MLM: &str = "https://stac-extensions.github.io/mlm/v1.5.1/schema.json";
const FILE: &str = "https://stac-extensions.github.io/file/v2.1.0/schema.json";
const TASK: &str = "semantic-segmentation";

/// The item of an ONNX file called `file` of `bytes` bytes, which lies beside it. `threshold`: from which probability on a
/// pixel is foreground. `today`: the day as `2026-11-30`, for models that do not know theirs.
pub fn item(model: &ModelInfo, file: &str, bytes: usize, threshold: f32, today: &str) -> Value {
    let stem = file.strip_suffix(".onnx").unwrap_or(file);
    let day = match model.about.date.as_str() {
        "" => today,
        day => day,
    };
    let place = model.about.middle;
    let mut item = json!({
        "type": "Feature", "stac_version": "1.1.0", "stac_extensions": [MLM, FILE], "id": stem,
        "geometry": place.map(|middle| json!({ "type": "Point", "coordinates": middle })),
        "properties": properties(model, stem, threshold, day),
        "links": [],
        "assets": { "model": {
            "href": format!("./{file}"), "type": "application/octet-stream; framework=onnx", "title": stem,
            "roles": ["mlm:model", "mlm:weights", "data"], "mlm:artifact_type": "onnx", "file:size": bytes,
        } },
    });
    // An item without a place has no box either.
    if let (Some([x, y]), Some(item)) = (place, item.as_object_mut()) {
        item.insert("bbox".to_owned(), json!([x, y, x, y]));
    }
    item
}

fn properties(model: &ModelInfo, stem: &str, threshold: f32, day: &str) -> Value {
    let class = match model.about.class_name.as_str() {
        "" => "foreground",
        class => class,
    };
    let names: Vec<&str> = match model.classes.is_empty() {
        true => vec![class],
        false => model.classes.iter().skip(1).map(|class| class.name.as_str()).collect(),
    };
    let keywords: Vec<&str> = names.iter().copied().chain([TASK, "polygon"]).collect();
    let mut fields = json!({
        "datetime": format!("{day}T00:00:00Z"),
        "title": stem,
        "description": format!("U-Net that marks {} in aerial and satellite images, trained with Groundmask", names.join(", ")),
        "keywords": keywords,
        "mlm:name": mlm_name(stem), "mlm:architecture": "U-Net", "mlm:tasks": [TASK], "mlm:framework": "ONNX",
        "mlm:total_parameters": model.parameters, "mlm:pretrained": true,
        "mlm:hyperparameters": hyperparameters(model),
        "mlm:input": [input(model)], "mlm:output": [output(model, class, threshold)],
    });
    if let (Some(pixel_m), Some(fields)) = (model.pixel_m, fields.as_object_mut()) {
        fields.insert("gsd".to_owned(), json!(pixel_m));
    }
    fields
}

fn hyperparameters(model: &ModelInfo) -> Value {
    json!({ "base": model.base, "depth": model.depth, "tile_px": model.tile_px, "steps": model.steps })
}

/// Images are divided by 255 beforehand; those of more than 8 bits are brought to that by the model's range.
fn input(model: &ModelInfo) -> Value {
    let name = |band: &Band| match band.name.as_str() {
        "" => format!("B{}", band.number),
        name => name.to_owned(),
    };
    let own: Vec<Value> = model.bands.iter().map(|band| json!({ "name": name(band) })).collect();
    let channels = if own.is_empty() {
        model.channels.count()
    } else {
        own.len()
    };
    let bands = match model.channels {
        _ if !own.is_empty() => json!(own),
        Channels::Rgb => json!([{ "name": "red" }, { "name": "green" }, { "name": "blue" }]),
        Channels::Grey => json!([{ "name": "grey" }]),
    };
    json!({
        "name": "image", "bands": bands,
        "input": {
            "shape": [-1, channels, -1, -1], "dim_order": ["batch", "bands", "height", "width"],
            "data_type": "float32",
        },
        "value_scaling": [{ "type": "min-max", "minimum": 0, "maximum": 255 }],
        "resize_type": "pad",
    })
}

fn output(model: &ModelInfo, class: &str, threshold: f32) -> Value {
    let binary = [
        ClassInfo {
            name: "background".into(),
            rgb: [0; 3],
        },
        ClassInfo {
            name: class.into(),
            rgb: [255, 96, 0],
        },
    ];
    let (classes, outputs) = match model.classes.as_slice() {
        [] => (binary.as_slice(), 1),
        classes => (classes, classes.len()),
    };
    let classes: Vec<Value> = classes
        .iter()
        .enumerate()
        .map(|(value, class)| {
            let [r, g, b] = class.rgb;
            json!({
                "value": value, "name": class_name(&class.name), "description": class.name,
                "color_hint": format!("{r:02X}{g:02X}{b:02X}"),
            })
        })
        .collect();
    let mut output = Map::new();
    output.insert("name".to_owned(), "probability".into());
    output.insert("tasks".to_owned(), json!([TASK]));
    output.insert(
        "result".to_owned(),
        json!({
            "shape": [-1, outputs, -1, -1], "dim_order": ["batch", "class", "height", "width"], "data_type": "float32",
        }),
    );
    output.insert("classification:classes".to_owned(), classes.into());
    let how = match outputs {
        1 => format!("probability >= {threshold:.3}"),
        _ => "argmax over class".to_owned(),
    };
    output.insert(
        "post_processing_function".to_owned(),
        json!({ "format": "text", "expression": how }),
    );
    output.into()
}

/// As the extension wants it: letters, digits, `_`, `.` and `-`, a letter first.
fn mlm_name(stem: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "_.-".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = stem.chars().map(plain).collect();
    let name = name.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    match name.chars().next() {
        Some(first) if first.is_ascii_alphabetic() && name.len() > 2 => name.to_owned(),
        _ => format!("model-{name}").trim_end_matches('-').to_owned(),
    }
}

/// As the classification extension wants it: letters, digits, `_` and `-`.
fn class_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    name.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_catalogues_take() {
        assert_eq!(mlm_name("buildings iou90 (2)"), "buildings-iou90--2");
        assert_eq!(mlm_name("7"), "model-7");
        assert_eq!(mlm_name("  "), "model");
        assert_eq!(class_name("Haus & Hof"), "Haus___Hof");
    }
}
