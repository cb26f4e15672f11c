//! COCO: images, categories and annotations in one file. An annotation's outline is a list of polygons, which add up, or
//! run lengths. Source: "COCO data format" (cocodataset.org), and what `pycocotools` reads.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    outlines::{AnnotatedImage, AnnotationError, Annotations, Budget, Unit, of_json},
    rle,
};

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    images: Vec<Image>,
    #[serde(default)]
    categories: Vec<Category>,
    #[serde(default)]
    annotations: Vec<Annotation>,
}

#[derive(Deserialize)]
struct Image {
    id: Id,
    file_name: String,
    width: Option<f64>,
    height: Option<f64>,
}

#[derive(Deserialize)]
struct Category {
    id: Id,
    name: String,
}

#[derive(Deserialize)]
struct Annotation {
    image_id: Id,
    #[serde(default)]
    category_id: Option<Id>,
    #[serde(default)]
    segmentation: Outline,
}

/// A number or a text.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(untagged)]
enum Id {
    Number(i64),
    Text(String),
}

#[derive(Default)]
enum Outline {
    /// A box alone.
    #[default]
    None,
    /// Polygons, each its corners' x and y in turn.
    Polygons(Vec<Vec<f64>>),
    Runs {
        size: [u64; 2],
        counts: Vec<u64>,
    },
    /// Something else in its place.
    Broken,
}

pub(super) fn read(bytes: &[u8]) -> Result<Annotations, AnnotationError> {
    let mut budget = Budget::of(bytes)?;
    let file: File = of_json(bytes)?;
    let names: BTreeMap<&Id, &str> = file.categories.iter().map(|c| (&c.id, c.name.as_str())).collect();
    let mut images = Vec::new();
    let mut by_id = BTreeMap::new();
    for image in file.images {
        let side = |side: Option<f64>| side.filter(|s| (1.0..4e9).contains(s)).map(|s| s as u32);
        let size = side(image.width).zip(side(image.height)).map(|(w, h)| [w, h]);
        by_id.insert(image.id, images.len());
        images.push(AnnotatedImage::new(Some(image.file_name), size, Unit::Pixels));
    }
    for annotation in file.annotations {
        let Some(image) = by_id.get(&annotation.image_id).and_then(|at| images.get_mut(*at)) else {
            continue;
        };
        let name = annotation.category_id.as_ref().and_then(|id| names.get(id));
        let class = name.copied().unwrap_or_default();
        match annotation.segmentation {
            Outline::None => image.leave_out(),
            Outline::Broken => image.add(Vec::new(), class, &mut budget)?,
            Outline::Polygons(parts) => {
                for part in parts {
                    image.add(vec![part.as_chunks().0.to_vec()], class, &mut budget)?;
                }
            }
            Outline::Runs { size, counts } => match rle::rings(&counts, size, &budget)? {
                Some(rings) if rings.is_empty() => {}
                rings => image.add(rings.unwrap_or_default(), class, &mut budget)?,
            },
        }
    }
    Ok(Annotations { images })
}

impl<'de> Deserialize<'de> for Outline {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(OutlineVisitor)
    }
}

struct OutlineVisitor;

impl<'de> Visitor<'de> for OutlineVisitor {
    type Value = Outline;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a segmentation")
    }

    fn visit_unit<E>(self) -> Result<Outline, E> {
        Ok(Outline::None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Outline, E> {
        Ok(Outline::Broken)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Outline, A::Error> {
        let mut parts = Vec::new();
        while let Some(Numbers(part)) = list.next_element()? {
            parts.push(part);
        }
        Ok(match parts.is_empty() {
            true => Outline::None,
            false => Outline::Polygons(parts),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outline, A::Error> {
        let (mut size, mut counts) = (None, None);
        while let Some(key) = map.next_key::<std::borrow::Cow<str>>()? {
            match &*key {
                "size" => size = <[u64; 2]>::try_from(map.next_value::<Vec<u64>>()?).ok(),
                "counts" => counts = map.next_value::<Counts>()?.0,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(match (size, counts) {
            (Some(size), Some(counts)) => Outline::Runs { size, counts },
            _ => Outline::Broken,
        })
    }
}

/// A list of numbers, or what stands in its place: a list of none.
struct Numbers(Vec<f64>);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct NumbersVisitor;
        impl<'de> Visitor<'de> for NumbersVisitor {
            type Value = Numbers;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("the corners of a polygon")
            }

            fn visit_f64<E>(self, _: f64) -> Result<Numbers, E> {
                Ok(Numbers(Vec::new()))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Numbers, E> {
                Ok(Numbers(Vec::new()))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Numbers, E> {
                Ok(Numbers(Vec::new()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Numbers, A::Error> {
                let mut all = Vec::new();
                while let Some(number) = list.next_element::<Option<f64>>()? {
                    all.push(number.unwrap_or(f64::NAN));
                }
                Ok(Numbers(all))
            }
        }
        input.deserialize_any(NumbersVisitor)
    }
}

/// Run lengths as numbers or as their string.
struct Counts(Option<Vec<u64>>);

impl<'de> Deserialize<'de> for Counts {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct CountsVisitor;
        impl<'de> Visitor<'de> for CountsVisitor {
            type Value = Counts;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("run lengths")
            }

            fn visit_str<E>(self, text: &str) -> Result<Counts, E> {
                Ok(Counts(rle::of_text(text)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Counts, A::Error> {
                let mut all = Vec::new();
                while let Some(count) = list.next_element()? {
                    all.push(count);
                }
                Ok(Counts(Some(all)))
            }
        }
        input.deserialize_any(CountsVisitor)
    }
}
