//! The part of a prediction before its first image, where the network is to be adapted to the images.

use super::job::{Adapting, JobOptions, Target};
use crate::{engine::Engine, infer, model::UNet};

impl Engine {
    /// Looks at the next image. Gives the adapted network once all were seen. What cannot be read is left for the
    /// prediction to say.
    pub(super) fn adapt(&mut self, adapting: &mut Adapting, options: JobOptions) -> Option<UNet> {
        let Some(target) = adapting.next_target() else {
            let seen = adapting.take_seen();
            return self.model.as_ref().map(|model| seen.adapted(&model.unet));
        };
        let model = self.model.as_ref()?;
        if model.check_bands(self.bands_of(target)).is_err() {
            return None;
        }
        let Ok(mut view) = self.view_of(target, model, options.match_resolution) else {
            return None;
        };
        let (window, corners) = infer::windows(&view, model.spec.stride_px, adapting.windows_each());
        for corner in corners {
            let rows = view.image_rows([corner[0], window[0].min(view.height - corner[0])]);
            let of_large = match target {
                Target::Input(input) => self.inputs.rows(input, &mut view, rows).ok().flatten(),
                Target::Pair(_) | Target::Mosaic => None,
            };
            let (Some(model), first_row) = (self.model.as_ref(), of_large.as_ref().map_or(0, |_| rows[0])) else {
                return None;
            };
            let image = match of_large {
                Some(rows) => Some(model.ranges.apply(rows)),
                None => self.raster(target),
            };
            let image = image?;
            let height = self.target_size(target).map_or(image.height, |[_, height]| height);
            if !infer::is_mostly_missing(&view, &image, (first_row, height as usize), corner, window) {
                adapting.seen_mut().see(&model.unet, &view, &image, corner, window);
            }
        }
        None
    }
}
