//! What pairing by name tells: roles, pairs, and the question where names do not say enough.

pub use crate::values::FolderRoles;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Image,
    Mask,
}

/// Outcome of [`pair_by_name`](super::pair_by_name); all numbers are positions in the list given. A file is in one list only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairing {
    /// Image, mask, common stem; in natural order of the names.
    pub pairs: Vec<(usize, usize, String)>,
    /// Images of [`Known::drawn`](super::Known::drawn) that no file is the mask of, and their stem.
    pub drawn: Vec<(usize, String)>,
    pub images_only: Vec<usize>,
    pub masks_only: Vec<usize>,
    /// This file, and the one that already has its place.
    pub ambiguous: Vec<(usize, usize)>,
    /// Other masks (or images) of a pair, and the file that is used instead.
    pub spare: Vec<(usize, usize)>,
    /// Masks of single objects of one image, and that image.
    pub parts: Vec<(usize, usize)>,
    /// Masks named after the task of a labelling tool, and the images that they may belong to.
    pub tasks: (Vec<usize>, Vec<usize>),
    /// Files whose role depends on the answer to the question.
    pub asked: Vec<usize>,
    pub question: Option<Question>,
    /// Files that systems leave behind; no fault of anybody.
    pub junk: Vec<usize>,
}

/// Files of one role, whichever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// As in [`FolderRoles`].
    pub name: String,
    /// The first folder of the group in full, or that folder and the files' ending.
    pub folder: String,
    /// Positions of the files.
    pub files: Vec<usize>,
}

/// Which group holds images, which masks?
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    pub groups: Vec<Group>,
    /// Groups of images and of masks; one of these is right.
    pub options: Vec<(usize, usize)>,
}

/// The parts of a path.
pub(super) fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split(['/', '\\'])
        .filter(|part| !part.is_empty() && *part != "." && *part != "..")
}
