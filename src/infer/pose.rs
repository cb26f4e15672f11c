//! The eight ways to lay a tile down: for predictions averaged over them.

/// Transposed first, then mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pose {
    transposed: bool,
    mirrored_down: bool,
    mirrored_across: bool,
}

pub(super) const POSES: [Pose; 8] = {
    let mut all = [Pose {
        transposed: false,
        mirrored_down: false,
        mirrored_across: false,
    }; 8];
    let mut i = 0;
    while i < 8 {
        all[i] = Pose {
            transposed: i & 4 != 0,
            mirrored_down: i & 2 != 0,
            mirrored_across: i & 1 != 0,
        };
        i += 1;
    }
    all
};

impl Pose {
    /// `values` `[height, width, channels]` in this pose, and its height and width.
    pub(super) fn apply(self, values: &[f32], size: [usize; 2], channels: usize) -> (Vec<f32>, [usize; 2]) {
        let [height, width] = if self.transposed { [size[1], size[0]] } else { size };
        let out = gather([height, width], channels, values, |y, x| {
            let y = if self.mirrored_down { height - 1 - y } else { y };
            let x = if self.mirrored_across { width - 1 - x } else { x };
            if self.transposed {
                x * size[1] + y
            } else {
                y * size[1] + x
            }
        });
        (out, [height, width])
    }

    /// The way back: `values` are in this pose, of its size.
    pub(super) fn undo(self, values: &[f32], size: [usize; 2], channels: usize) -> (Vec<f32>, [usize; 2]) {
        let [height, width] = if self.transposed { [size[1], size[0]] } else { size };
        let out = gather([height, width], channels, values, |y, x| {
            let [y, x] = if self.transposed { [x, y] } else { [y, x] };
            let y = if self.mirrored_down { size[0] - 1 - y } else { y };
            let x = if self.mirrored_across { size[1] - 1 - x } else { x };
            y * size[1] + x
        });
        (out, [height, width])
    }
}

fn gather(
    [height, width]: [usize; 2],
    channels: usize,
    values: &[f32],
    from: impl Fn(usize, usize) -> usize,
) -> Vec<f32> {
    let mut out = Vec::with_capacity(values.len());
    for y in 0..height {
        for x in 0..width {
            let at = from(y, x) * channels;
            out.extend_from_slice(&values[at..at + channels]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pose_comes_back_and_all_differ() {
        let values: Vec<f32> = (0..30).map(|v| v as f32).collect();
        let mut seen = Vec::new();
        for pose in POSES {
            let (posed, size) = pose.apply(&values, [3, 5], 2);
            assert_eq!(pose.undo(&posed, size, 2), (values.clone(), [3, 5]));
            assert!(!seen.contains(&posed));
            seen.push(posed);
        }
    }
}
