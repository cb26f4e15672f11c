//! The settings that are one of several words. The first is the one that people are offered first.

/// Defines an enum that is written as one word, in `snake_case`, on the wire, in files and in addresses.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$note:meta])* $variant:ident,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$note])* $variant,)+
        }

        impl $name {
            /// All of them, in the order in which they are offered.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];
        }
    };
}

choice! {
    /// Settings that go together.
    Preset {
        Fast,
        Balanced,
        /// The classic pipeline, Keras-exact; people see it as "Classic".
        #[serde(rename = "seed", alias = "classic")]
        Classic,
    }
}

choice! {
    /// The three networks of the classic pipeline's `model.py`.
    Architecture {
        /// `unetNorm`: convolution, ReLU, batch normalisation.
        UnetNorm,
        /// `unet`: the same without batch normalisation.
        Unet,
        /// `unetSmall`: `unet` with two poolings and no dropout.
        UnetSmall,
    }
}

choice! {
    /// What lies between the last block of the decoder and the output.
    #[derive(Default)]
    Head {
        /// Nothing: a 1x1 convolution reads the decoder's features.
        Direct,
        /// The classic pipeline's 3x3 convolution with ReLU to two channels a class, and the 1x1 convolution on those. What
        /// files say that were written before there was a choice.
        #[default]
        TwoChannels,
    }
}

choice! {
    /// What is done so that a probability says how often it is right.
    #[derive(Default)]
    Calibration {
        /// Scale and offset of the logits are fitted on the images held back when the run ends, and put into the last layer.
        Logistic,
        /// Nothing. What files say that were written before there was a choice.
        #[default]
        Off,
    }
}

choice! {
    /// What of a mask is one object.
    #[derive(Default)]
    ObjectsBy {
        /// Each outline of a file of outlines; of other masks each connected area.
        #[default]
        Outlines,
        /// Each colour or number of the mask.
        Values,
    }
}

choice! {
    /// Channels the model sees.
    Channels {
        Rgb,
        /// Pillow's integer luma.
        Grey,
    }
}

impl Channels {
    pub fn count(self) -> usize {
        match self {
            Channels::Grey => 1,
            Channels::Rgb => 3,
        }
    }
}

choice! {
    /// How training tiles are cut from images.
    Sampling {
        /// Random crops of `tile_px` at native resolution.
        Crop,
        /// The whole image resized (nearest) to one tile of `tile_px`.
        Resize,
        /// The classic pipeline's: top-left 512 x 512, zero padded, every second pixel, its own mask rule. Always
        /// 256 x 256 grey.
        #[serde(rename = "seed", alias = "classic")]
        Classic,
    }
}

choice! {
    /// What a training tile may go through.
    Augmentation {
        Off,
        /// The eight poses of a square, without any blending: quarter turns and mirrors.
        Flips,
        #[serde(rename = "seed", alias = "classic")]
        Classic,
        Strong,
        /// By the ranges of [`TrainConfig`](super::TrainConfig).
        Own,
    }
}

choice! {
    /// Which of the eight poses of a square a tile may take.
    #[derive(Default)]
    Poses {
        /// As it lies.
        #[default]
        One,
        /// Mirrored left to right or not.
        Mirrored,
        /// Quarter turns and both mirrors: the ground seen from above has no upper side.
        Eight,
    }
}

choice! {
    /// What training makes small.
    Loss {
        /// Mean cross-entropy plus `1 - (2 sum(p y) + 1) / (sum(p) + sum(y) + 1)` over the batch.
        BceDice,
        /// Mean cross-entropy, the classic pipeline's.
        Bce,
    }
}

choice! {
    /// How much rare pixels count.
    ForegroundWeight {
        /// Rare ones of several classes. The foreground of a mask has a threshold that is chosen for it, and weighing it
        /// would move every probability.
        Several,
        /// Rare classes, and rare foreground too.
        Auto,
        Off,
    }
}

choice! {
    /// Which weights a run ends with.
    BestBy {
        ValidationIou,
        TrainingLoss,
    }
}

choice! {
    /// How pairs are divided into training and validation, where no names are given.
    ValBy {
        /// At random.
        Share,
        /// Tiles that touch, by the numbers in their names, stay on one side.
        #[serde(rename = "place")]
        Location,
    }
}

choice! {
    /// How the learning rate goes over a run.
    Schedule {
        /// Up over the first tenth of the run (500 steps at most), or its warm-up, and down to a twentieth along half a cosine.
        OneCycle,
        /// Down to a twentieth along half a cosine.
        Cosine,
        Constant,
        /// Halved whenever three validations brought nothing better.
        Plateau,
    }
}

choice! {
    /// How fast the running statistics of batch normalisation follow the batches.
    NormStatistics {
        /// A mean over few batches at first, .99 in the end.
        Adaptive,
        /// Momentum .99 from the first step on, as Keras has it: some 460 steps to forget the start.
        Keras,
    }
}
