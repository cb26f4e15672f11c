//! Training tiles to look at, before a run or beside it.

use crate::{
    engine::{Engine, fault},
    protocol::{Event, FaultCode, Stage, TrainConfig, TrainTile},
    train,
};

/// Tiles in a row.
const ROW: usize = 6;

impl Engine {
    /// The tiles that the steps of a run with these settings would get, one row of them.
    pub(in crate::engine) async fn show_tiles(&self, config: &TrainConfig, row: u32) -> Vec<Event> {
        let (_, settings, split) = self.check(config);
        let none = Event::Tiles { row, tiles: Vec::new() };
        let (Some(ready), Some(settings)) = (&self.device.ready, settings) else {
            return vec![none];
        };
        let spec = settings.samples();
        let chosen = [row as usize, ROW];
        match train::tiles(
            &self.data.set,
            &split.train,
            &spec,
            settings.batch,
            chosen,
            &ready.device,
        )
        .await
        {
            Ok(tiles) => {
                let tiles = tiles.into_iter().map(|tile| self.describe_tile(tile)).collect();
                vec![Event::Tiles { row, tiles }]
            }
            Err(error) => {
                let detail = Some(error.to_string());
                vec![fault(FaultCode::DeviceError, Stage::Device, None, detail), none]
            }
        }
    }

    fn describe_tile(&self, tile: train::Tile) -> TrainTile {
        TrainTile {
            pair: tile.pair as u32,
            name: self.data.set.name(tile.pair).unwrap_or_default().to_owned(),
            side_px: tile.augmented.side_px,
            rgba: tile.augmented.rgba,
            mask: tile.augmented.labels,
            cut_rgba: tile.cut.rgba,
            cut_mask: tile.cut.labels,
            turned_deg: tile.pose.turned_deg,
            mirrored: tile.pose.mirrored,
            zoom: tile.pose.zoom,
            moved_px: tile.pose.moved_px,
            brighter: tile.pose.brighter,
            contrast: tile.pose.contrast,
        }
    }
}
