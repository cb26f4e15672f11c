//! Convolutions over slices: against the plain loops, and as adjoints of one another.

use super::{conv2d, conv2d_data_grad, conv2d_weight_grad};
use crate::ops::{
    conv::{
        reference::{conv2d_data_grad_plain, conv2d_plain, conv2d_weight_grad_plain},
        shape::ConvShape,
    },
    cpu::tests::{Random, assert_close, assert_sum_close, dirty, dot, on_all_lanes},
};

const CHANNELS: [usize; 7] = [1, 2, 3, 5, 8, 64, 130];
/// Height and width: one pixel, odd, thin, and wide enough for several bands with many channels.
const SIZES: [(usize, usize); 8] = [(1, 1), (1, 7), (5, 1), (2, 2), (3, 5), (7, 6), (9, 13), (17, 31)];

/// Every channel pair and kernel at some random size, small enough for the reference's speed.
pub(crate) fn shapes(random: &mut Random, kernels: &[usize]) -> Vec<ConvShape> {
    let mut shapes = Vec::new();
    for &k in kernels {
        for c_in in CHANNELS {
            for c_out in CHANNELS {
                let (height, width) = if c_in * c_out > 4000 {
                    random.pick(&SIZES[..6])
                } else {
                    random.pick(&SIZES)
                };
                shapes.push(ConvShape {
                    batch: 1 + random.below(2),
                    height,
                    width,
                    c_in,
                    c_out,
                    k,
                });
            }
        }
        for (height, width) in SIZES {
            let (c_in, c_out) = (1 + random.below(20), 1 + random.below(20));
            shapes.push(ConvShape {
                batch: 1 + random.below(3),
                height,
                width,
                c_in,
                c_out,
                k,
            });
        }
        // Several bands of rows per image.
        shapes.push(ConvShape {
            batch: 2,
            height: 150,
            width: 67,
            c_in: 8,
            c_out: 3,
            k,
        });
        shapes.push(ConvShape {
            batch: 1,
            height: 37,
            width: 40,
            c_in: 64,
            c_out: 12,
            k,
        });
    }
    shapes
}

#[test]
fn convolution_equals_the_reference() {
    on_all_lanes(check_convolution_equals_the_reference);
}

fn check_convolution_equals_the_reference(random: &mut Random) {
    for s in shapes(random, &[1, 2, 3]) {
        let (x, w, bias) = (
            random.floats(s.input_len()),
            random.floats(s.weight_len()),
            random.floats(s.c_out),
        );
        let gy = random.floats(s.output_len());
        for relu in [false, true] {
            let mut y = dirty(s.output_len());
            conv2d(&s, &x, &w, &bias, relu, &mut y);
            let want = conv2d_plain(&s, &x, &w, &bias, relu);
            assert_sum_close(&y, &want, s.c_in, 1e-5, &format!("forward {s:?} relu {relu}"));
        }
        let mut gx = dirty(s.input_len());
        conv2d_data_grad(&s, &gy, &w, &mut gx);
        assert_close(&gx, &conv2d_data_grad_plain(&s, &gy, &w), 1e-4, &format!("data {s:?}"));
        let (mut gw, mut gb) = (dirty(s.weight_len()), dirty(s.c_out));
        conv2d_weight_grad(&s, &x, &gy, &mut gw, &mut gb);
        let (want_gw, want_gb) = conv2d_weight_grad_plain(&s, &x, &gy);
        assert_close(&gw, &want_gw, 1e-4, &format!("weight {s:?}"));
        assert_close(&gb, &want_gb, 1e-4, &format!("bias {s:?}"));
    }
}

type Forward = fn(&ConvShape, &[f32], &[f32], &[f32], bool, &mut [f32]);
type DataGrad = fn(&ConvShape, &[f32], &[f32], &mut [f32]);
type WeightGrad = fn(&ConvShape, &[f32], &[f32], &mut [f32], &mut [f32]);

#[test]
fn gradients_are_adjoints() {
    on_all_lanes(|random| {
        check_adjoints(random, &[1, 2, 3], 1, (conv2d, conv2d_data_grad, conv2d_weight_grad));
    });
}

/// `<conv(x), gy> = <x, data_grad(gy)> = <w, weight_grad(x, gy)>`, for a convolution whose output is `scale` times as long
/// as the plain one's.
pub(crate) fn check_adjoints(
    random: &mut Random,
    kernels: &[usize],
    scale: usize,
    (forward, data_grad, weight_grad): (Forward, DataGrad, WeightGrad),
) {
    for _ in 0..30 {
        let s = ConvShape {
            batch: 1 + random.below(3),
            height: 1 + random.below(24),
            width: 1 + random.below(24),
            c_in: 1 + random.below(40),
            c_out: 1 + random.below(40),
            k: random.pick(kernels),
        };
        let (x, w, bias) = (
            random.floats(s.input_len()),
            random.floats(s.weight_len()),
            vec![0.0; s.c_out],
        );
        let outputs = s.output_len() * scale;
        let gy = random.floats(outputs);
        let (mut y, mut gx) = (dirty(outputs), dirty(s.input_len()));
        let (mut gw, mut gb) = (dirty(s.weight_len()), dirty(s.c_out));
        forward(&s, &x, &w, &bias, false, &mut y);
        data_grad(&s, &gy, &w, &mut gx);
        weight_grad(&s, &x, &gy, &mut gw, &mut gb);
        let (product, data, weight) = (dot(&y, &gy), dot(&x, &gx), dot(&w, &gw));
        let size = dot(&y, &y).sqrt() * dot(&gy, &gy).sqrt() + 1e-6;
        assert!((product - data).abs() <= 1e-5 * size, "{s:?}: {product} and {data}");
        assert!((product - weight).abs() <= 1e-5 * size, "{s:?}: {product} and {weight}");
        let sums: f64 = gy.iter().map(|g| f64::from(*g)).sum();
        let total: f64 = gb.iter().map(|g| f64::from(*g)).sum();
        assert!(
            (sums - total).abs() <= 1e-4 * (sums.abs() + outputs as f64),
            "{s:?}: bias"
        );
    }
}

#[test]
fn an_empty_batch_gives_zero_gradients() {
    let s = ConvShape {
        batch: 0,
        height: 4,
        width: 4,
        c_in: 2,
        c_out: 3,
        k: 3,
    };
    let (mut gw, mut gb) = (dirty(s.weight_len()), dirty(s.c_out));
    conv2d_weight_grad(&s, &[], &[], &mut gw, &mut gb);
    assert!(gw.iter().chain(&gb).all(|v| *v == 0.0));
    conv2d(&s, &[], &vec![0.0; s.weight_len()], &[0.0; 3], true, &mut []);
    conv2d_data_grad(&s, &[], &vec![0.0; s.weight_len()], &mut []);
}
