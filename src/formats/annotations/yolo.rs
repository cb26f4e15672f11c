//! YOLO's outlines: a text beside each image, a line an object: the number of its class, and its corners as shares of the
//! image's width and height. Source: Ultralytics' "Instance segmentation datasets overview".

use super::outlines::{AnnotatedImage, AnnotationError, Annotations, Budget, Unit};

pub(super) fn read(bytes: &[u8]) -> Result<Annotations, AnnotationError> {
    let mut budget = Budget::of(bytes)?;
    let mut image = AnnotatedImage::new(None, None, Unit::Shares);
    for line in String::from_utf8_lossy(bytes)
        .lines()
        .filter(|line| !line.trim().is_empty())
    {
        let mut words = line.split_ascii_whitespace();
        let number = words.next().unwrap_or_default();
        // Class 0 is the first of them, not background.
        let class = format!("class {number}");
        let numbers: Vec<f64> = words.map(|word| word.parse().unwrap_or(f64::NAN)).collect();
        if numbers.len() == 4 {
            image.leave_out();
            continue;
        }
        image.add(vec![numbers.as_chunks().0.to_vec()], &class, &mut budget)?;
    }
    Ok(Annotations { images: vec![image] })
}
