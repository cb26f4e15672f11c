//! Where the rows of a map go.

/// Takes a map's rows as they are finished, from the top down.
pub trait Rows {
    /// `values`: `[rows, width, classes]`, whole rows that follow those given before.
    fn put(&mut self, values: &[f32]);
}

/// The whole map, held.
impl Rows for Vec<f32> {
    fn put(&mut self, values: &[f32]) {
        self.extend_from_slice(values);
    }
}
