//! `groundmask convert`: a model in another program's format.

use serde_json::json;

use crate::{
    args::ConvertArgs,
    desk::{self, Desk},
    files,
    predict::own_threshold,
    stac,
    stop::Stop,
    train::load_model,
    voice::Voice,
};
use groundmask::protocol::{Command, DeviceChoice, Event};

/// # Errors
/// If the model cannot be read, or not be written in the format asked for.
pub fn convert(job: &ConvertArgs, voice: &Voice) -> Result<(), Stop> {
    let format = job.format().ok_or_else(|| {
        let known = ".onnx (also with --qgis, --stac), .h5, .npz or .safetensors";
        Stop::usage(format!("{}: the ending has to be {known}", job.out.display()))
    })?;
    let mut desk = Desk::open(DeviceChoice::Cpu)?;
    let loaded = load_model(&mut desk, &job.model)?;
    let model = loaded.into_iter().find_map(|event| match event {
        Event::Model { model } => model,
        _ => None,
    });
    let model = model.ok_or_else(|| Stop::at(&job.model, "no model"))?;
    let threshold = own_threshold(&model);
    let command = Command::ExportModel {
        format,
        threshold,
        name: None,
    };
    for event in desk.ask(command).map_err(|fault| Stop::from(&fault))? {
        let Event::File { bytes, .. } = event else { continue };
        files::write(&job.out, &bytes)?;
        let out = job.out.display().to_string();
        voice.line(&json!({ "type": "model", "model": out, "bytes": bytes.len() }));
        if job.stac {
            let name = job.out.file_name().unwrap_or_default().to_string_lossy();
            let item = stac::item(&model, &name, bytes.len(), threshold, &desk::today());
            let text = serde_json::to_vec_pretty(&item).map_err(Stop::failed)?;
            files::write(&job.out.with_extension("stac.json"), &text)?;
        }
    }
    Ok(())
}
