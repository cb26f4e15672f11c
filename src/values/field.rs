//! A setting's row: its kind, its limits, its place in the form. `C` holds the settings.

use super::{FieldError, FieldErrorCode};

/// Part of the form that a setting stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What the foreground is called, above all.
    Name,
    Main,
    /// Beside the tiles that show it.
    Augment,
    Network,
    Tiles,
    Length,
    Learning,
    Validation,
}

impl Group {
    pub fn word(self) -> &'static str {
        match self {
            Group::Name => "name",
            Group::Main => "main",
            Group::Augment => "augment",
            Group::Network => "network",
            Group::Tiles => "tiles",
            Group::Length => "length",
            Group::Learning => "learning",
            Group::Validation => "validation",
        }
    }
}

/// What a setting holds.
enum Kind<C: 'static> {
    Number { get: fn(&C) -> f64, limits: Limits },
    Numbers { get: fn(&C) -> &[f64], limits: Limits },
    Choice(fn() -> Vec<String>),
    Names,
    Word,
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    min: f64,
    max: f64,
    whole: bool,
    multiple_of: Option<f64>,
}

/// A row of [`FIELDS`](super::FIELDS).
pub struct Field<C: 'static> {
    name: &'static str,
    group: Group,
    kind: Kind<C>,
    step: Option<f64>,
}

/// A field's name and the number in it.
type Number<C> = (&'static str, fn(&C) -> f64);

impl<C> Field<C> {
    const fn of(name: &'static str, group: Group, kind: Kind<C>) -> Self {
        Self {
            name,
            group,
            kind,
            step: None,
        }
    }

    const fn number((name, get): Number<C>, group: Group, min: f64, max: f64, whole: bool) -> Self {
        let limits = Limits {
            min,
            max,
            whole,
            multiple_of: None,
        };
        Self::of(name, group, Kind::Number { get, limits })
    }

    /// A number from `min` to `max`.
    pub const fn real(number: Number<C>, group: Group, min: f64, max: f64) -> Self {
        Self::number(number, group, min, max, false)
    }

    /// The same without a fraction.
    pub const fn whole(number: Number<C>, group: Group, min: f64, max: f64) -> Self {
        Self::number(number, group, min, max, true)
    }

    /// Any count of numbers, each from `min` to `max`.
    pub const fn reals(name: &'static str, get: fn(&C) -> &[f64], group: Group, min: f64, max: f64) -> Self {
        let limits = Limits {
            min,
            max,
            whole: false,
            multiple_of: None,
        };
        Self::of(name, group, Kind::Numbers { get, limits })
    }

    /// Any count of whole numbers, each from `min` to `max`.
    pub const fn wholes(name: &'static str, get: fn(&C) -> &[f64], group: Group, min: f64, max: f64) -> Self {
        let limits = Limits {
            min,
            max,
            whole: true,
            multiple_of: None,
        };
        Self::of(name, group, Kind::Numbers { get, limits })
    }

    pub const fn choice(name: &'static str, group: Group, options: fn() -> Vec<String>) -> Self {
        Self::of(name, group, Kind::Choice(options))
    }

    /// Names of files.
    pub const fn names(name: &'static str, group: Group) -> Self {
        Self::of(name, group, Kind::Names)
    }

    pub const fn word(name: &'static str, group: Group) -> Self {
        Self::of(name, group, Kind::Word)
    }

    /// Only multiples of this are taken.
    pub const fn multiple_of(self, unit: f64) -> Self {
        let kind = match self.kind {
            Kind::Number { get, limits } => Kind::Number {
                get,
                limits: Limits {
                    multiple_of: Some(unit),
                    ..limits
                },
            },
            kind => kind,
        };
        Self { kind, ..self }
    }

    /// What its slider moves by; any other number can be typed.
    pub const fn step(self, step: f64) -> Self {
        Self {
            step: Some(step),
            ..self
        }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn group(&self) -> Group {
        self.group
    }

    /// As the page calls it.
    pub fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Number { limits, .. } if limits.whole => "whole",
            Kind::Number { .. } => "number",
            Kind::Numbers { .. } => "numbers",
            Kind::Choice(_) => "choice",
            Kind::Names => "names",
            Kind::Word => "word",
        }
    }

    /// Smallest and largest number.
    pub fn limits(&self) -> Option<[f64; 2]> {
        match self.kind {
            Kind::Number { limits, .. } | Kind::Numbers { limits, .. } => Some([limits.min, limits.max]),
            _ => None,
        }
    }

    /// What its slider moves by, or the multiple that is asked for.
    pub fn slider_step(&self) -> Option<f64> {
        match self.kind {
            Kind::Number { limits, .. } => self.step.or(limits.multiple_of),
            _ => None,
        }
    }

    /// The words it may be.
    pub fn options(&self) -> Option<Vec<String>> {
        match self.kind {
            Kind::Choice(options) => Some(options()),
            _ => None,
        }
    }

    /// What is wrong with its number, or with the first of its numbers that is.
    pub fn problem(&self, config: &C) -> Option<FieldError> {
        match self.kind {
            Kind::Number { get, limits } => limits.problem(self.name, get(config)),
            Kind::Numbers { get, limits } => get(config).iter().find_map(|value| limits.problem(self.name, *value)),
            _ => None,
        }
    }
}

impl Limits {
    fn problem(&self, name: &str, value: f64) -> Option<FieldError> {
        let Limits { min, max, .. } = *self;
        if !value.is_finite() {
            return Some(FieldError::new(name, FieldErrorCode::NotANumber));
        }
        if !(min..=max).contains(&value) {
            return Some(FieldError::out_of_range(name, min, max));
        }
        if self.whole && value.fract() != 0.0 {
            return Some(FieldError::new(name, FieldErrorCode::NotWhole));
        }
        self.multiple_of.and_then(|unit| not_a_multiple(name, value, unit))
    }
}

/// What is wrong with a number that has to be a multiple of `unit`.
pub fn not_a_multiple(name: &str, value: f64, unit: f64) -> Option<FieldError> {
    (value % unit != 0.0).then(|| FieldError::new(name, FieldErrorCode::NotAMultiple).with_value(unit))
}
