//! The data sets: which files, and which of them are held back.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use groundmask::{
    data::scenes,
    formats::{encode, raster::Raster},
};
use serde::Serialize;

use super::Outcome;

/// Every set, those that a recipe is judged by first.
pub const NAMES: [&str; 9] = [
    "ggaba", "amazon", "inria", "deadtree", "isbi", "dubai", "scenes-1", "scenes-2", "scenes-3",
];

/// What `plan` prints and `reference.py` reads.
#[derive(Debug, Serialize)]
pub struct Plan {
    pub set: String,
    /// Image and mask.
    pub train: Vec<[PathBuf; 2]>,
    /// Empty where the set is small and known for its training accuracy.
    pub validation: Vec<[PathBuf; 2]>,
}

/// The set of this name below `data`; sample scenes are painted and need no folder.
///
/// # Errors
/// If there is no such set, or a file of it cannot be read.
pub fn plan(set: &str, data: &Path) -> Outcome<Plan> {
    let folder = data.join(set);
    let (train, validation) = match set {
        "ggaba" => by_place(&pairs(&folder.join("z20"))?)?,
        "amazon" | "inria" | "deadtree" => by_table(&pairs(&folder)?, &fs::read_to_string(folder.join("split.csv"))?),
        "isbi" => (pairs(&folder)?, Vec::new()),
        "dubai" => pairs(&data.join("odd/dubai"))?
            .into_iter()
            .partition(|[image, _]| stem(image).ends_with("1")),
        _ => match set.strip_prefix("scenes-").map(str::parse) {
            Some(Ok(seed)) => painted(set, seed)?,
            _ => return Err(format!("there is no set `{set}`; there are {}", NAMES.join(", ")).into()),
        },
    };
    if train.is_empty() {
        return Err(format!("{set} has no pair to train on").into());
    }
    let set = set.to_owned();
    Ok(Plan { set, train, validation })
}

/// File name without its ending.
pub fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// `image/` and `label/`, which have the same names but for the ending.
fn pairs(folder: &Path) -> Outcome<Vec<[PathBuf; 2]>> {
    let list = |side: &str| -> Outcome<Vec<PathBuf>> {
        let folder = folder.join(side);
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut paths = entries
            .map(|entry| Ok(entry?.path()))
            .collect::<Outcome<Vec<PathBuf>>>()?;
        paths.sort_by_key(|path| stem(path));
        Ok(paths)
    };
    let (images, masks) = (list("image")?, list("label")?);
    let stems = |paths: &[PathBuf]| -> Vec<String> { paths.iter().map(|path| stem(path)).collect() };
    if stems(&images) != stems(&masks) {
        return Err(format!("images and labels of {} differ in their names", folder.display()).into());
    }
    Ok(images
        .into_iter()
        .zip(masks)
        .map(|(image, mask)| [image, mask])
        .collect())
}

type Sides = (Vec<[PathBuf; 2]>, Vec<[PathBuf; 2]>);

/// Names are `X-Y-20`, the addresses of tiles, four of which show one place: the third and the sixth place are held back.
fn by_place(pairs: &[[PathBuf; 2]]) -> Outcome<Sides> {
    let place = |[image, _]: &[PathBuf; 2]| -> Outcome<[u32; 2]> {
        let stem = stem(image);
        let mut numbers = stem.split('-').map(str::parse::<u32>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(x)), Some(Ok(y))) => Ok([x >> 1, y >> 1]),
            _ => Err(format!("`{stem}` is no address of a tile").into()),
        }
    };
    let of_pairs = pairs.iter().map(place).collect::<Outcome<Vec<_>>>()?;
    let places: BTreeSet<[u32; 2]> = of_pairs.iter().copied().collect();
    let held_back: Vec<[u32; 2]> = places.into_iter().skip(2).step_by(3).take(2).collect();
    let (validation, train): (Vec<_>, Vec<_>) = pairs
        .iter()
        .cloned()
        .zip(of_pairs)
        .partition(|(_, place)| held_back.contains(place));
    let bare = |side: Vec<([PathBuf; 2], [u32; 2])>| side.into_iter().map(|(pair, _)| pair).collect();
    Ok((bare(train), bare(validation)))
}

/// `split.csv`: name, `train` or `val`; what is anything else or not there is left out.
fn by_table(pairs: &[[PathBuf; 2]], table: &str) -> Sides {
    let rows: Vec<(&str, &str)> = table
        .lines()
        .filter_map(|line| line.split_once(','))
        .map(|(name, side)| (name.trim(), side.trim()))
        .collect();
    let of = |wanted: &str| {
        let is_in = |[image, _]: &&[PathBuf; 2]| {
            let stem = stem(image);
            rows.iter().any(|(name, side)| *side == wanted && *name == stem)
        };
        pairs.iter().filter(is_in).cloned().collect()
    };
    (of("train"), of("val"))
}

/// Scenes of our own as files in the system's folder for such; the last of each kind are held back.
fn painted(set: &str, seed: u32) -> Outcome<Sides> {
    const HELD_BACK: usize = 4;
    let folder = env::temp_dir().join("groundmask-quality").join(set);
    let mut all = Vec::new();
    for (number, scene) in scenes::scenes(seed).iter().enumerate() {
        let save = |side: &str, raster: &Raster| -> Outcome<PathBuf> {
            let folder = folder.join(side);
            fs::create_dir_all(&folder)?;
            let file = folder.join(format!("{:02}.png", number + 1));
            let places = (0..raster.height).flat_map(|y| (0..raster.width).map(move |x| (x, y)));
            let rgba: Vec<u8> = places.flat_map(|(x, y)| raster.rgba8_at(x, y)).collect();
            // In one go: several runs may write the same file.
            let bytes = encode::rgba8_png(&rgba, raster.width, raster.height)?;
            let beside = file.with_extension(format!("{}", std::process::id()));
            fs::write(&beside, bytes)?;
            fs::rename(&beside, &file)?;
            Ok(file)
        };
        all.push([save("image", &scene.image)?, save("label", &scene.mask)?]);
    }
    let validation = all.split_off(all.len().saturating_sub(HELD_BACK));
    Ok((all, validation))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<[PathBuf; 2]> {
        let pair = |name: &&str| [format!("image/{name}.jpg").into(), format!("label/{name}.png").into()];
        names.iter().map(pair).collect()
    }

    fn stems(side: &[[PathBuf; 2]]) -> Vec<String> {
        side.iter().map(|[image, _]| stem(image)).collect()
    }

    #[test]
    fn the_third_and_the_sixth_place_are_held_back() {
        let names = [
            "0-0-20", "1-1-20", "2-0-20", "4-0-20", "5-1-20", "6-0-20", "8-0-20", "10-0-20", "12-0-20",
        ];
        let (train, validation) = by_place(&named(&names)).expect("addresses");
        assert_eq!(stems(&validation), ["4-0-20", "5-1-20", "10-0-20"]);
        assert_eq!(train.len() + validation.len(), names.len());
        assert!(by_place(&named(&["a-b"])).is_err());
    }

    #[test]
    fn what_the_table_leaves_out_is_on_neither_side() {
        let (train, validation) = by_table(&named(&["a", "b", "c", "d"]), "a,train\nb,val\r\nc,gap\n");
        assert_eq!(
            (stems(&train), stems(&validation)),
            (vec!["a".into()], vec!["b".into()])
        );
    }

    #[test]
    fn painted_scenes_hold_one_of_each_kind_back() {
        let plan = plan("scenes-1", Path::new("nowhere")).expect("painted");
        assert_eq!((plan.train.len(), plan.validation.len()), (scenes::SCENES - 4, 4));
        assert!(plan.validation.iter().flatten().all(|path| path.is_file()));
        assert!(super::plan("nothing", Path::new(".")).is_err());
    }
}
