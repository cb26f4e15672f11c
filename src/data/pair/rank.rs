//! Which of several files of one name is meant.

use super::{folder::read_folder, keys, kinds::Role, names::words};

/// Which of several masks of one image is meant: 0 the usual one. [`NEVER`] is a picture for people.
pub(super) fn rank(folders: &[String], stem: &str, role: Role) -> u8 {
    let named: Vec<String> = folders
        .iter()
        .filter(|f| read_folder(f).role.is_some())
        .chain([&stem.to_owned()])
        .flat_map(|name| words(name).into_iter().map(|w| w.text))
        .collect();
    let has = |any: &[&str]| named.iter().any(|w| any.contains(&w.as_str()));
    if has(&[
        "visualization",
        "visualizations",
        "visualisation",
        "viz",
        "vis",
        "overlay",
        "overlays",
    ]) {
        return NEVER;
    }
    if role == Role::Image {
        if let Some((_, channel)) = keys::channel(stem, folders) {
            return channel;
        }
        return match () {
            () if has(&["rgbir", "nir", "dsm"]) => 2,
            () if has(&["irrg", "cir", "nrg"]) => 1,
            () => 0,
        };
    }
    let second = named
        .windows(2)
        .any(|w| w[0] == "2" && w[1] == "nd" || w[0] == "manual" && w[1] == "2");
    match () {
        () if has(&["semantic"]) => 0,
        () if has(&["panoptic", "instance", "instances", "object", "objects"]) => 4,
        () if has(&["color", "colour", "colors", "rgb", "human"]) => 3,
        () if second => 2,
        () if has(&["noboundary", "boundary", "eroded", "multimasks"]) || has(&["ids"]) && !has(&["train"]) => 1,
        () => 0,
    }
}

/// [`rank`] of what is no mask, though it is named like one.
pub(super) const NEVER: u8 = 9;
