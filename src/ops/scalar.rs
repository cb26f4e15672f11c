//! Functions of one number, with the same last bit in the page and in the command.
//!
//! In wasm the standard library's are those of the crate `libm`, compiled in; natively they are the system's, which round
//! otherwise here and there, so that there the crate is called.

/// `e` to the power of `x`.
pub fn exp(x: f64) -> f64 {
    #[cfg(target_arch = "wasm32")]
    return x.exp();
    #[cfg(not(target_arch = "wasm32"))]
    libm::exp(x)
}

/// The natural logarithm.
pub fn ln(x: f64) -> f64 {
    #[cfg(target_arch = "wasm32")]
    return x.ln();
    #[cfg(not(target_arch = "wasm32"))]
    libm::log(x)
}

/// `ln(1 + x)`.
pub fn ln_1p(x: f64) -> f64 {
    #[cfg(target_arch = "wasm32")]
    return x.ln_1p();
    #[cfg(not(target_arch = "wasm32"))]
    libm::log1p(x)
}

/// The cosine of `x` radians.
pub fn cos(x: f64) -> f64 {
    #[cfg(target_arch = "wasm32")]
    return x.cos();
    #[cfg(not(target_arch = "wasm32"))]
    libm::cos(x)
}

/// `x` to the power of `y`.
pub fn powf(x: f64, y: f64) -> f64 {
    #[cfg(target_arch = "wasm32")]
    return x.powf(y);
    #[cfg(not(target_arch = "wasm32"))]
    libm::pow(x, y)
}
