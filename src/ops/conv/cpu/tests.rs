//! Convolutions: against the reference, and as adjoints of one another.

use super::*;

const CHANNELS: [usize; 7] = [1, 2, 3, 5, 8, 64, 130];
/// Height and width: one pixel, odd, thin, and wide enough for several bands with many channels.
const SIZES: [(usize, usize); 8] = [(1, 1), (1, 7), (5, 1), (2, 2), (3, 5), (7, 6), (9, 13), (17, 31)];

/// Every channel pair and kernel at some random size, small enough for the reference's speed.
fn shapes(random: &mut Random, kernels: &[usize]) -> Vec<ConvShape> {
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

fn plain(s: &ConvShape) -> reference::Shape {
    reference::Shape {
        batch: s.batch,
        height: s.height,
        width: s.width,
        c_in: s.c_in,
        c_out: s.c_out,
        k: s.k,
    }
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
            conv_forward(&s, &x, &w, &bias, relu, &mut y);
            let want = reference::conv_forward(&plain(&s), &x, &w, &bias, relu);
            assert_sum_close(&y, &want, s.c_in, 1e-5, &format!("forward {s:?} relu {relu}"));
        }
        let mut gx = dirty(s.input_len());
        conv_data_grad(&s, &gy, &w, &mut gx);
        assert_close(
            &gx,
            &reference::conv_data_grad(&plain(&s), &gy, &w),
            1e-4,
            &format!("data {s:?}"),
        );
        let (mut gw, mut gb) = (dirty(s.weight_len()), dirty(s.c_out));
        conv_weight_grad(&s, &x, &gy, &mut gw, &mut gb);
        let (want_gw, want_gb) = reference::conv_weight_grad(&plain(&s), &x, &gy);
        assert_close(&gw, &want_gw, 1e-4, &format!("weight {s:?}"));
        assert_close(&gb, &want_gb, 1e-4, &format!("bias {s:?}"));
    }
}

#[test]
fn up_convolution_equals_the_reference() {
    on_all_lanes(check_up_convolution_equals_the_reference);
}

fn check_up_convolution_equals_the_reference(random: &mut Random) {
    for s in shapes(random, &[2]) {
        let (x, w, bias) = (
            random.floats(s.input_len()),
            random.floats(s.weight_len()),
            random.floats(s.c_out),
        );
        let gy = random.floats(4 * s.output_len());
        for relu in [false, true] {
            let mut y = dirty(4 * s.output_len());
            up_conv_forward(&s, &x, &w, &bias, relu, &mut y);
            let want = reference::up_conv_forward(&plain(&s), &x, &w, &bias, relu);
            assert_close(&y, &want, 1e-5, &format!("up forward {s:?} relu {relu}"));
        }
        let mut gx = dirty(s.input_len());
        up_conv_data_grad(&s, &gy, &w, &mut gx);
        assert_close(
            &gx,
            &reference::up_conv_data_grad(&plain(&s), &gy, &w),
            1e-4,
            &format!("up data {s:?}"),
        );
        let (mut gw, mut gb) = (dirty(s.weight_len()), dirty(s.c_out));
        up_conv_weight_grad(&s, &x, &gy, &mut gw, &mut gb);
        let (want_gw, want_gb) = reference::up_conv_weight_grad(&plain(&s), &x, &gy);
        assert_close(&gw, &want_gw, 1e-4, &format!("up weight {s:?}"));
        assert_close(&gb, &want_gb, 1e-4, &format!("up bias {s:?}"));
    }
}

/// `<conv(x), gy> = <x, data_grad(gy)> = <w, weight_grad(x, gy)>`, for both kinds of convolution.
#[test]
fn gradients_are_adjoints() {
    on_all_lanes(check_gradients_are_adjoints);
}

fn check_gradients_are_adjoints(random: &mut Random) {
    for round in 0..60 {
        let up = round % 2 == 0;
        let s = ConvShape {
            batch: 1 + random.below(3),
            height: 1 + random.below(24),
            width: 1 + random.below(24),
            c_in: 1 + random.below(40),
            c_out: 1 + random.below(40),
            k: if up { 2 } else { 1 + random.below(3) },
        };
        let (x, w, bias) = (
            random.floats(s.input_len()),
            random.floats(s.weight_len()),
            vec![0.0; s.c_out],
        );
        let outputs = s.output_len() * if up { 4 } else { 1 };
        let gy = random.floats(outputs);
        let (mut y, mut gx) = (dirty(outputs), dirty(s.input_len()));
        let (mut gw, mut gb) = (dirty(s.weight_len()), dirty(s.c_out));
        if up {
            up_conv_forward(&s, &x, &w, &bias, false, &mut y);
            up_conv_data_grad(&s, &gy, &w, &mut gx);
            up_conv_weight_grad(&s, &x, &gy, &mut gw, &mut gb);
        } else {
            conv_forward(&s, &x, &w, &bias, false, &mut y);
            conv_data_grad(&s, &gy, &w, &mut gx);
            conv_weight_grad(&s, &x, &gy, &mut gw, &mut gb);
        }
        let (forward, data, weight) = (dot(&y, &gy), dot(&x, &gx), dot(&w, &gw));
        let scale = dot(&y, &y).sqrt() * dot(&gy, &gy).sqrt() + 1e-6;
        assert!(
            (forward - data).abs() <= 1e-5 * scale,
            "{s:?} up {up}: {forward} and {data}"
        );
        assert!(
            (forward - weight).abs() <= 1e-5 * scale,
            "{s:?} up {up}: {forward} and {weight}"
        );
        let sums: f64 = gy.iter().map(|g| f64::from(*g)).sum();
        let total: f64 = gb.iter().map(|g| f64::from(*g)).sum();
        assert!(
            (sums - total).abs() <= 1e-4 * (sums.abs() + outputs as f64),
            "{s:?} up {up}: bias"
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
    conv_weight_grad(&s, &[], &[], &mut gw, &mut gb);
    assert!(gw.iter().chain(&gb).all(|v| *v == 0.0));
    conv_forward(&s, &[], &vec![0.0; s.weight_len()], &[0.0; 3], true, &mut []);
    conv_data_grad(&s, &[], &vec![0.0; s.weight_len()], &mut []);
}
