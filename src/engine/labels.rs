//! Labels that people paint.

use super::{Engine, fault};
use crate::protocol::{ClassInfo, Event, FaultCode, LabelFile, LabelPixels, Stage};

impl Engine {
    pub(super) fn set_label_classes(&mut self, _: Vec<ClassInfo>) -> Vec<Event> {
        self.report_data()
    }

    pub(super) fn paint_labels(&mut self, patch: &LabelPixels, _: bool) -> Vec<Event> {
        vec![fault(
            FaultCode::NoSuchImage,
            Stage::Train,
            Some(patch.image.clone()),
            None,
        )]
    }

    pub(super) fn read_labels(&self, image: String, _: [u32; 4]) -> Vec<Event> {
        vec![fault(FaultCode::NoSuchImage, Stage::Read, Some(image), None)]
    }

    pub(super) async fn predict_view(&self, image: String, _: [u32; 4]) -> Vec<Event> {
        vec![fault(FaultCode::NoSuchImage, Stage::Predict, Some(image), None)]
    }

    pub(super) async fn suggest_labels(&self, _: u32) -> Vec<Event> {
        vec![Event::Suggestions { places: Vec::new() }]
    }

    pub(super) fn export_labels(&mut self, _: LabelFile, image: Option<&str>) -> Vec<Event> {
        vec![fault(
            FaultCode::NoSuchImage,
            Stage::Export,
            image.map(str::to_owned),
            None,
        )]
    }
}
