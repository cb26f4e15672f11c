//! Training tiles to look at: what the steps of a run get, made by what makes it for them.

use super::{device_read::read, report::events::TrainError, run::step::Batch};
use crate::{
    data::{
        augment::{AugmentPlan, Pose},
        batches::{Augmentation, SampleSpec, make_samples, unmarked},
        dataset::Dataset,
        preprocess,
    },
    formats::raster::Raster,
};
use burn::tensor::Device;

/// Longer side of a picture, pixels.
const PICTURE_PX: u32 = 192;
/// Pixels of all windows of one row of tiles: larger tiles are fewer.
const ROW_PIXELS: usize = 1 << 22;

/// A picture of a tile: RGBA, and its labels as 0 or 255, or class numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct TilePicture {
    pub side_px: u32,
    pub rgba: Vec<u8>,
    pub labels: Vec<u8>,
}

/// One training tile as it is cut and as the network gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    pub pair: usize,
    pub cut: TilePicture,
    pub augmented: TilePicture,
    pub pose: Pose,
}

/// The `row`th group of `count` tiles in the order of training, or fewer where tiles are large.
///
/// # Errors
/// If the device fails.
pub async fn tiles(
    data: &Dataset,
    train: &[usize],
    spec: &SampleSpec,
    batch: usize,
    [row, count]: [usize; 2],
    device: &Device,
) -> Result<Vec<Tile>, TrainError> {
    let window = spec.window_px() * spec.window_px();
    let count = count.min(ROW_PIXELS / window.max(1)).max(1);
    let batch = batch.max(1);
    let off = SampleSpec {
        augmentation: Augmentation::Off,
        ..*spec
    };
    let mut tiles = Vec::with_capacity(count);
    for at in row.saturating_mul(count)..row.saturating_mul(count).saturating_add(count) {
        // One at a time: a window of floats each is all the memory it takes.
        let (step, sample) = ((at / batch) as u64, at % batch);
        let pick = |spec| make_samples(data, train, spec, step, batch, sample..sample + 1);
        let cpu = pick(spec);
        let (Some(&pair), Some(&matrix), Some(&gain_bias)) =
            (cpu.pairs.first(), cpu.matrices.first(), cpu.gain_bias.first())
        else {
            break;
        };
        let stack = data.image(pair).and_then(Raster::as_stack);
        let shown = stack.map(|stack| stack.shown).filter(|_| spec.channels.count() != 1);
        // Poses are drawn after places: without augmentation the same place is cut.
        tiles.push(Tile {
            pair,
            cut: picture(pick(&off), spec, shown, device).await?,
            augmented: picture(cpu, spec, shown, device).await?,
            pose: AugmentPlan { matrix, gain_bias }.pose(spec.tile_px, spec.margin_px()),
        });
    }
    Ok(tiles)
}

/// One sample as training puts it on the device, read back. `shown`: of many channels, those that are red, green and blue.
async fn picture(
    cpu: crate::data::batches::CpuBatch,
    spec: &SampleSpec,
    shown: Option<[usize; 3]>,
    device: &Device,
) -> Result<TilePicture, TrainError> {
    let channels = spec.channels.count();
    let side = spec.tile_px as u32;
    let plain = |label: &u8| unmarked(*label).0;
    let numbers = (cpu.classes > 0).then(|| cpu.labels.iter().map(plain).collect::<Vec<u8>>());
    let batch = Batch::upload(cpu, channels, device);
    let image = read(batch.images).await?;
    let byte = |v: &f32| (v.clamp(0.0, 1.0) * 255.0).round() as u8;
    let (bands, bytes): (usize, Vec<u8>) = match shown {
        Some(shown) => {
            let pixels = image.chunks_exact(channels);
            let colours = pixels.flat_map(|pixel| shown.map(|band| pixel.get(band).map_or(0, byte)));
            (3, colours.collect())
        }
        None => (channels, image.iter().map(byte).collect()),
    };
    let raster = Raster::from_u8(side, side, bands as u8, bytes)
        .ok_or_else(|| TrainError::Read(format!("{} values of a tile of {side} px", image.len())))?;
    let (width, _, rgba) = preprocess::thumbnail(&raster, PICTURE_PX);
    let labels = match numbers {
        Some(numbers) => {
            let (from, to) = (spec.tile_px, width as usize);
            preprocess::resize_nearest_mask(&numbers, from, from, to, to)
        }
        None => {
            // Where something is unknown a second band says which pixels are known.
            let bands = batch.masks.dims()[3];
            let mask = read(batch.masks).await?;
            let labels: Vec<u8> = mask.iter().step_by(bands).map(|v| u8::from(*v > 0.5)).collect();
            preprocess::thumbnail_mask(&labels, side, side, PICTURE_PX).2
        }
    };
    Ok(TilePicture {
        side_px: width,
        rgba,
        labels,
    })
}
