//! Pixels without data carry no weight in loss and gradient, on the CPU; `check_nodata` is the same in a browser.

use burn::tensor::Device;

#[test]
fn what_lies_under_nodata_moves_no_weight() {
    let errors = pollster::block_on(groundmask::checks::nodata(&Device::flex())).expect("a device");
    for (name, error) in &errors {
        println!("{name}: {error:.1e}");
    }
    assert!(!errors.is_empty() && errors.iter().all(|(_, error)| *error == 0.0));
}
