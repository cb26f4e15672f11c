//! The up-convolution over slices: against the plain loops, and its gradients as adjoints.

use super::{up_conv2d, up_conv2d_data_grad, up_conv2d_weight_grad};
use crate::ops::{
    conv::cpu::tests::{check_adjoints, shapes},
    cpu::tests::{Random, assert_close, dirty, on_all_lanes},
    up_conv::reference::{up_conv2d_data_grad_plain, up_conv2d_plain, up_conv2d_weight_grad_plain},
};

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
            up_conv2d(&s, &x, &w, &bias, relu, &mut y);
            let want = up_conv2d_plain(&s, &x, &w, &bias, relu);
            assert_close(&y, &want, 1e-5, &format!("up forward {s:?} relu {relu}"));
        }
        let mut gx = dirty(s.input_len());
        up_conv2d_data_grad(&s, &gy, &w, &mut gx);
        assert_close(
            &gx,
            &up_conv2d_data_grad_plain(&s, &gy, &w),
            1e-4,
            &format!("up data {s:?}"),
        );
        let (mut gw, mut gb) = (dirty(s.weight_len()), dirty(s.c_out));
        up_conv2d_weight_grad(&s, &x, &gy, &mut gw, &mut gb);
        let (want_gw, want_gb) = up_conv2d_weight_grad_plain(&s, &x, &gy);
        assert_close(&gw, &want_gw, 1e-4, &format!("up weight {s:?}"));
        assert_close(&gb, &want_gb, 1e-4, &format!("up bias {s:?}"));
    }
}

#[test]
fn gradients_are_adjoints() {
    on_all_lanes(|random| {
        check_adjoints(random, &[2], 4, (up_conv2d, up_conv2d_data_grad, up_conv2d_weight_grad));
    });
}
