//! The few members of GeoJSON's objects that are wanted, read as they stream by: coordinates take 24 bytes a corner
//! and only those of one feature are held. Whatever else stands where a member is looked for is passed over, so that one
//! odd feature does not cost the file.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

/// An object of GeoJSON of whatever type, or what stood in its place.
#[derive(Debug, Default)]
pub(super) struct Object {
    /// Its type in lower case: GDAL takes them in any.
    pub kind: Option<String>,
    /// Of a feature; `None` where there is none, or null.
    pub geometry: Option<Box<Object>>,
    /// Of a collection of geometries.
    pub geometries: Vec<Object>,
    pub coordinates: Nest,
    pub class: Scalar,
    pub crs: Option<Value>,
    /// It describes an image instead of objects on it: an item of a STAC catalogue, or metadata of its seller.
    pub describes_image: bool,
    is_object: bool,
}

/// Coordinates of whatever depth.
#[derive(Debug, Default)]
pub(super) enum Nest {
    /// No coordinates: null, text, a list that begins with one number.
    #[default]
    Broken,
    Number(f64),
    Position([f64; 2]),
    List(Vec<Nest>),
}

/// A value without parts.
#[derive(Debug, Default, PartialEq)]
pub(super) enum Scalar {
    /// Null, or not there.
    #[default]
    None,
    Number(f64),
    Text(String),
    /// A list or an object.
    Parts,
}

/// Where the features of a collection go, one after the other.
pub(super) trait Features {
    fn add(&mut self, feature: Object);
}

/// Reads an object; features inside it go to the sink.
pub(super) struct ObjectSeed<'a, F>(pub &'a mut F);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Type,
    Features,
    Geometry,
    Geometries,
    Coordinates,
    Properties,
    Crs,
    StacVersion,
    Assets,
    #[serde(rename = "_links")]
    Links,
    #[serde(other)]
    Other,
}

/// Methods of a visitor for the kinds of value that are not wanted: those give the default.
macro_rules! pass_over {
    (expecting) => {
        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("GeoJSON")
        }
    };
    (unit) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (seq) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (map) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (numbers) => {
        pass_over!(visit_i64 i64, visit_u64 u64, visit_f64 f64);
    };
    ($($method:ident $kind:ty),*) => {
        $(fn $method<E>(self, _: $kind) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        })*
    };
}

/// The methods of a visitor that takes numbers of any type as `f64`.
macro_rules! numbers {
    ($number:path) => {
        fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
            Ok($number(value as f64))
        }

        fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
            Ok($number(value as f64))
        }

        fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
            Ok($number(value))
        }
    };
}

impl<'de, F: Features> DeserializeSeed<'de> for ObjectSeed<'_, F> {
    type Value = Object;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Object, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de, F: Features> Visitor<'de> for ObjectSeed<'_, F> {
    type Value = Object;
    pass_over!(expecting);
    pass_over!(unit);
    pass_over!(seq);
    pass_over!(numbers);
    pass_over!(visit_bool bool, visit_str &str);

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut object = Object {
            is_object: true,
            ..Object::default()
        };
        while let Some(key) = map.next_key()? {
            match key {
                Key::Type => {
                    object.kind = match map.next_value()? {
                        Scalar::Text(kind) => Some(kind.to_ascii_lowercase()),
                        _ => None,
                    }
                }
                Key::Features => map.next_value_seed(FeaturesSeed(&mut *self.0))?,
                Key::Geometry => {
                    let geometry = map.next_value_seed(ObjectSeed(&mut *self.0))?;
                    object.geometry = geometry.is_object.then(|| geometry.into());
                }
                Key::Geometries => object.geometries = map.next_value_seed(ListSeed(&mut *self.0))?,
                Key::Coordinates => object.coordinates = map.next_value()?,
                Key::Properties => {
                    let properties: Properties = map.next_value()?;
                    object.class = properties.class;
                    object.describes_image |= properties.describes_image;
                }
                Key::Crs => object.crs = Some(map.next_value()?),
                Key::StacVersion | Key::Assets | Key::Links => {
                    map.next_value::<IgnoredAny>()?;
                    object.describes_image = true;
                }
                Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(object)
    }
}

struct FeaturesSeed<'a, F>(&'a mut F);

impl<'de, F: Features> DeserializeSeed<'de> for FeaturesSeed<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de, F: Features> Visitor<'de> for FeaturesSeed<'_, F> {
    type Value = ();
    pass_over!(expecting);
    pass_over!(unit);
    pass_over!(map);
    pass_over!(numbers);
    pass_over!(visit_bool bool, visit_str &str);

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(feature) = list.next_element_seed(ObjectSeed(&mut *self.0))? {
            self.0.add(feature);
        }
        Ok(())
    }
}

struct ListSeed<'a, F>(&'a mut F);

impl<'de, F: Features> DeserializeSeed<'de> for ListSeed<'_, F> {
    type Value = Vec<Object>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Vec<Object>, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de, F: Features> Visitor<'de> for ListSeed<'_, F> {
    type Value = Vec<Object>;
    pass_over!(expecting);
    pass_over!(unit);
    pass_over!(map);
    pass_over!(numbers);
    pass_over!(visit_bool bool, visit_str &str);

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Object>, A::Error> {
        let mut all = Vec::new();
        while let Some(object) = list.next_element_seed(ObjectSeed(&mut *self.0))? {
            all.push(object);
        }
        Ok(all)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Scalar, D::Error> {
        input.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;
    pass_over!(expecting);
    pass_over!(unit);

    /// As GDAL has it: true is 1.
    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Number(f64::from(u8::from(value))))
    }

    numbers!(Scalar::Number);

    fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Parts)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Parts)
    }
}

impl<'de> Deserialize<'de> for Nest {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Nest, D::Error> {
        input.deserialize_any(NestVisitor)
    }
}

struct NestVisitor;

impl<'de> Visitor<'de> for NestVisitor {
    type Value = Nest;
    pass_over!(expecting);
    pass_over!(unit);
    pass_over!(map);
    pass_over!(visit_bool bool, visit_str &str);

    numbers!(Nest::Number);

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Nest, A::Error> {
        let Some(first) = list.next_element()? else {
            return Ok(Nest::List(Vec::new()));
        };
        if let Nest::Number(x) = first {
            let second = list.next_element()?;
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(match second {
                Some(Nest::Number(y)) if x.is_finite() && y.is_finite() => Nest::Position([x, y]),
                _ => Nest::Broken,
            });
        }
        let mut all = vec![first];
        while let Some(nest) = list.next_element()? {
            all.push(nest);
        }
        Ok(Nest::List(all))
    }
}

#[derive(Default)]
struct Properties {
    class: Scalar,
    describes_image: bool,
}

enum PropertyKey {
    /// `class`, and whether it is written just so: that comes before `Class` and `CLASS`, as Shapefiles have it.
    Class(bool),
    /// The metadata beside Planet's images are a feature with both, the outline of the image.
    ItemType,
    Acquired,
    Other,
}

impl<'de> Deserialize<'de> for PropertyKey {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<PropertyKey, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = PropertyKey;
            pass_over!(expecting);

            fn visit_str<E>(self, key: &str) -> Result<PropertyKey, E> {
                Ok(match key {
                    "item_type" => PropertyKey::ItemType,
                    "acquired" => PropertyKey::Acquired,
                    _ if key.eq_ignore_ascii_case("class") => PropertyKey::Class(key == "class"),
                    _ => PropertyKey::Other,
                })
            }
        }
        input.deserialize_str(KeyVisitor)
    }
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Properties, D::Error> {
        input.deserialize_any(PropertiesVisitor)
    }
}

struct PropertiesVisitor;

impl<'de> Visitor<'de> for PropertiesVisitor {
    type Value = Properties;
    pass_over!(expecting);
    pass_over!(unit);
    pass_over!(seq);
    pass_over!(numbers);
    pass_over!(visit_bool bool, visit_str &str);

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
        let mut properties = Properties::default();
        let (mut known, mut item, mut acquired) = (false, false, false);
        while let Some(key) = map.next_key()? {
            match key {
                PropertyKey::Class(exact) if exact || !known => {
                    properties.class = map.next_value()?;
                    known |= exact;
                }
                other => {
                    map.next_value::<IgnoredAny>()?;
                    item |= matches!(other, PropertyKey::ItemType);
                    acquired |= matches!(other, PropertyKey::Acquired);
                }
            }
        }
        properties.describes_image = item && acquired;
        Ok(properties)
    }
}
