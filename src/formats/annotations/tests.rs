use super::*;
use crate::geo::Class;

fn of(path: &str, text: &str) -> Annotations {
    read(path, text.as_bytes()).expect("known").expect("read")
}

/// Names of classes and numbers of rings, polygon by polygon.
fn told(image: &AnnotatedImage) -> Vec<(String, usize)> {
    let name = |class| match class {
        Class::Name(place) => image
            .polygons
            .names()
            .find(|(_, at)| *at == place)
            .map(|(name, _)| name.to_owned()),
        _ => None,
    };
    let rings = image.polygons.rings().map(|rings| rings.len());
    image
        .polygons
        .classes()
        .map(|class| name(class).unwrap_or_default())
        .zip(rings)
        .collect()
}

#[test]
fn coco_has_polygons_and_runs_by_image() {
    let text = r#"{"annotations": [
        {"id": 1, "image_id": 7, "category_id": 2, "segmentation": [[0, 0, 4, 0, 4, 4], [5, 5, 6, 5, 6, 6, 5, 6]]},
        {"id": 2, "image_id": 7, "category_id": 1, "segmentation": {"size": [5, 4], "counts": [6, 2, 3, 2, 7]}},
        {"id": 3, "image_id": 7, "category_id": 1, "segmentation": {"size": [5, 4], "counts": "62304"}, "iscrowd": 1},
        {"id": 4, "image_id": 7, "category_id": 1, "segmentation": [], "bbox": [1, 2, 3, 4]},
        {"id": 5, "image_id": 7, "category_id": 1, "segmentation": [[1, 2, 3]]},
        {"id": 6, "image_id": 9, "category_id": 1, "segmentation": [[0, 0, 4, 0, 4, 4]]}],
        "categories": [{"id": 1, "name": "road"}, {"id": 2, "name": "roof"}],
        "images": [{"id": 7, "file_name": "a/b.png", "width": 4, "height": 5}]}"#;
    let read = of("a.json", text);
    let image = &read.images[0];
    assert_eq!((image.name.as_deref(), image.size), (Some("a/b.png"), Some([4, 5])));
    assert_eq!(
        told(image),
        [
            ("roof".into(), 1),
            ("roof".into(), 1),
            ("road".into(), 1),
            ("road".into(), 1)
        ]
    );
    assert_eq!(
        (image.polygons.left_out.broken, image.polygons.left_out.other_shapes),
        (1, 1)
    );
}

#[test]
fn labelme_via_and_yolo_are_read() {
    let labelme = r#"{"version": "5.4", "imagePath": "..\\a.png", "imageWidth": 8, "imageHeight": 6, "shapes": [
        {"label": "roof", "points": [[0, 0], [3, 0], [3, 3]], "shape_type": "polygon"},
        {"label": "roof", "points": [[0, 0], [3, 2]], "shape_type": "rectangle"},
        {"label": "tree", "points": [[4, 4], [5, 4]], "shape_type": "circle"},
        {"label": "tree", "points": [[4, 4]], "shape_type": "point"}]}"#;
    let read = of("a.json", labelme);
    assert_eq!(
        told(&read.images[0]),
        [("roof".into(), 1), ("roof".into(), 1), ("tree".into(), 1)]
    );
    assert_eq!(read.images[0].polygons.left_out.other_shapes, 1);
    let via = r#"{"_via_settings": {}, "_via_img_metadata": {"a.png12": {"filename": "a.png", "size": 12, "regions": [
        {"shape_attributes": {"name": "polygon", "all_points_x": [0, 3, 3], "all_points_y": [0, 0, 3]}, "region_attributes": {"Class": "roof"}},
        {"shape_attributes": {"name": "point", "cx": 1, "cy": 1}, "region_attributes": {}}]}}}"#;
    let read = of("via.json", via);
    assert_eq!(
        (read.images[0].name.as_deref(), told(&read.images[0])),
        (Some("a.png"), vec![("roof".into(), 1)])
    );
    let read = of(
        "labels/a.txt",
        "0 0.1 0.1 0.5 0.1 0.5 0.5\n3 0.2 0.2 0.5 0.2 0.5 0.5 0.2 0.5\n",
    );
    assert_eq!((read.images[0].unit, told(&read.images[0]).len()), (Unit::Shares, 2));
}

#[test]
fn what_has_no_outlines_or_is_broken_is_told() {
    assert!(read("a.json", br#"{"images": [], "annotations": []}"#).is_none());
    assert!(read("a.txt", b"0 0.5 0.5 0.1 0.2\n").is_none());
    assert!(read("a.json", b"[1]").is_none());
    let broken = br#"{"images": [{"id": 1}], "annotations": [{"segmentation": [[1, 2"#;
    assert!(matches!(read("a.json", broken), Some(Err(AnnotationError::Syntax(_)))));
    // Numbers that lie: refused or left out, and nothing is made of them.
    let lying = r#"{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [
        {"image_id": 1, "segmentation": {"size": [4294967296, 4294967296], "counts": [0, 9223372036854775807]}},
        {"image_id": 1, "segmentation": [[1e300, 0, 1, 1, 2, 2]]}, {"image_id": 1, "segmentation": [[0, 0, 1, 1, 2, 0]]}]}"#;
    let read = of("a.json", lying);
    assert_eq!(
        (told(&read.images[0]).len(), read.images[0].polygons.left_out.broken),
        (1, 2)
    );
}

#[test]
fn cvat_is_read_in_its_order_of_drawing() {
    let text = r#"<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version>
        <image id="0" name="north/a.png" width="20" height="10">
        <polygon label="roof" points="1.00,1.00;5.00,1.00;5.00,4.00" z_order="2"><attribute name="k">v</attribute></polygon>
        <mask label="tree" rle="1, 2, 1, 2" left="3" top="4" width="3" height="2" z_order="1"/>
        <box label="a &amp; b" xtl="2" ytl="2" xbr="6" ybr="4" rotation="90.0" z_order="0"/>
        <ellipse label="tree" cx="5" cy="5" rx="2" ry="1" z_order="0"/>
        <mask label="tree" rle="6" left="3" top="4" width="3" height="2"/>
        <polyline label="way" points="1,1;2,2"/><polygon label="roof" points="1,1;2"/>
        </image><image id="1" name="b.png" width="20" height="10"/>
        <image id="2" name="c.png" width="20" height="10"><tag label="nothing" source="manual"></tag></image></annotations>"#;
    let read = of("annotations.xml", text);
    let [image, empty] = &read.images[..] else {
        panic!("{read:?}")
    };
    assert_eq!(
        (image.name.as_deref(), image.size),
        (Some("north/a.png"), Some([20, 10]))
    );
    // The mask's middle column, and a pixel at either side: three rectangles or fewer.
    let drawn = told(image);
    assert_eq!(
        drawn.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["a & b", "tree", "tree", "roof"]
    );
    let rings: Vec<_> = image.polygons.rings().collect();
    // A box of 4 x 2 on end.
    let near = |[x, y]: [f64; 2]| rings[0][0].iter().any(|p| (p[0] - x).hypot(p[1] - y) < 1e-9);
    assert!(near([3.0, 1.0]) && near([5.0, 5.0]), "{:?}", rings[0][0]);
    let area = |ring: &[[f64; 2]]| {
        (ring[1][0] - ring[0][0] + ring[1][1] - ring[0][1]).abs()
            * (ring[2][0] - ring[1][0] + ring[2][1] - ring[1][1]).abs()
    };
    assert_eq!(rings[2].iter().map(|ring| area(ring)).sum::<f64>(), 4.0);
    assert!(
        rings[2]
            .iter()
            .flat_map(|ring| ring.iter())
            .all(|[x, y]| (3.0..=6.0).contains(x) && (4.0..=6.0).contains(y))
    );
    assert_eq!(
        (image.polygons.left_out.broken, image.polygons.left_out.other_shapes),
        (1, 1)
    );
    // One that nobody looked at says nothing; a tag alone says that nothing is there.
    assert!(empty.name.as_deref() == Some("c.png") && empty.polygons.is_empty());
    assert_eq!(image.polygons.names().count(), 3, "a line's name is no class");
    for hostile in [
        "<annotations><image name='a'><polygon",
        "<!DOCTYPE l [<!ENTITY a 'aa'>]><annotations><image name='a'><polygon/></image></annotations>",
    ] {
        assert!(
            matches!(read_one("a.xml", hostile), Err(AnnotationError::Syntax(_))),
            "{hostile}"
        );
    }
    let lying = r#"<annotations><image name="a.png"><mask rle="0, 18446744073709551615" left="0" top="0" width="4e9" height="4e9"/>
        <mask rle="0, 4" left="0" top="0" width="1e300" height="1"/><polygon points="1e300,1;2,2;3,3"/><polygon points="1,1;2,2;3,1"/></image></annotations>"#;
    let read = of("a.xml", lying);
    assert_eq!(
        (told(&read.images[0]).len(), read.images[0].polygons.left_out.broken),
        (1, 3)
    );
}

#[test]
fn many_small_elements_of_cvat_are_refused() {
    let file = |element: &str, count: usize| format!("<annotations>{}</annotations>", element.repeat(count));
    // An image takes 16 corners of 2^24.
    let images = file("<image/>", (1 << 20) + 1);
    let of = |text: &str| cvat::read(text.as_bytes());
    assert!(matches!(of(&images), Err(AnnotationError::TooManyCorners)));
    // Shapes count before their image ends: it never does.
    let boxes = format!("<annotations><image>{}", "<box/>".repeat((1 << 24) / 8));
    assert!(matches!(of(&boxes), Err(AnnotationError::TooManyCorners)));
    let fine = of(&file("<image><points/></image>", 1000)).expect("few");
    assert_eq!(fine.images.len(), 1000);
}

fn read_one(path: &str, text: &str) -> Result<Annotations, AnnotationError> {
    read(path, text.as_bytes()).expect("known")
}

#[test]
fn label_studio_is_read_task_by_task() {
    let text = r#"[{"id": 1, "data": {"image": "/data/upload/1/0a1b2c3d-a.png"}, "predictions": [{"result": []}], "annotations": [
        {"was_cancelled": true, "result": [{"type": "polygonlabels", "original_width": 3, "original_height": 4, "value": {"points": [[0, 0], [9, 0], [9, 9]], "polygonlabels": ["no"]}}]},
        {"result": [
          {"type": "polygonlabels", "original_width": 200, "original_height": 100, "value": {"points": [[10, 10], [50, 10], [50, 60]], "closed": true, "polygonlabels": ["roof"]}},
          {"type": "rectanglelabels", "original_width": 200, "original_height": 100, "value": {"x": 50, "y": 50, "width": 10, "height": 10, "rotation": 90, "rectanglelabels": ["tree"]}},
          {"type": "ellipselabels", "original_width": 200, "original_height": 100, "value": {"x": 50, "y": 50, "radiusX": 5, "radiusY": 20, "rotation": 0, "ellipselabels": ["tree"]}},
          {"type": "keypointlabels", "original_width": 200, "original_height": 100, "value": {"x": 5, "y": 5, "width": 1, "keypointlabels": ["tree"]}},
          {"type": "polygonlabels", "value": {"points": [[10, 10], [50, 10], [50, 60]], "polygonlabels": ["roof"]}},
          {"type": "choices", "value": {"choices": ["cloudy"]}}]}]},
        {"id": 2, "data": {"image": "b.png"}, "annotations": [{"result": []}]},
        {"id": 3, "data": {"image": "c.png"}, "annotations": []}]"#;
    let read = of("project.json", text);
    let [image, empty] = &read.images[..] else {
        panic!("{read:?}")
    };
    assert_eq!(
        (image.other_name.as_deref(), image.size),
        (Some("/data/upload/1/a.png"), Some([200, 100]))
    );
    assert_eq!(
        told(image),
        [("roof".into(), 1), ("tree".into(), 1), ("tree".into(), 1)]
    );
    assert_eq!(
        (image.polygons.left_out.broken, image.polygons.left_out.other_shapes),
        (1, 1)
    );
    let rings: Vec<_> = image.polygons.rings().collect();
    assert_eq!(rings[0][0][..2], [[20.0, 10.0], [100.0, 10.0]]);
    // 20 x 10 pixels about (100, 50), a quarter to the right: 10 to the left of it, 20 below.
    let near = |[x, y]: [f64; 2]| rings[1][0].iter().any(|p| (p[0] - x).hypot(p[1] - y) < 1e-9);
    assert!(near([90.0, 50.0]) && near([100.0, 70.0]), "{:?}", rings[1][0]);
    assert!(empty.name.as_deref() == Some("b.png") && empty.polygons.is_empty());
    assert!(matches!(
        read_one(
            "a.json",
            r#"[{"annotations": [{"result": [{"value": 3}]}], "data": {}}]"#
        ),
        Err(AnnotationError::Syntax(_))
    ));
}

fn studio(data: &str, regions: &str) -> Annotations {
    let text = format!(r#"[{{"data": {data}, "annotations": [{{"result": [{regions}]}}]}}]"#);
    of("project.json", &text)
}

#[test]
fn regions_of_two_pictures_are_kept_apart() {
    let region = |picture: &str| {
        format!(
            r#"{{"type": "polygonlabels", "to_name": "{picture}", "original_width": 10, "original_height": 10, "value": {{"points": [[0, 0], [9, 0], [9, 9]], "polygonlabels": ["{picture}"]}}}}"#
        )
    };
    let data = r#"{"before": "a.png", "after": "b.png"}"#;
    let both = studio(
        data,
        &[region("before"), region("after"), region("before"), region("plan")].join(","),
    );
    let all: Vec<_> = both
        .images
        .iter()
        .map(|image| (image.name.as_deref(), told(image)))
        .collect();
    let before = ("before".to_owned(), 1);
    assert_eq!(
        all,
        [
            (Some("b.png"), vec![("after".into(), 1)]),
            (Some("a.png"), vec![before.clone(), before.clone()]),
            (None, vec![])
        ]
    );
    assert_eq!(both.images[2].polygons.left_out.other_shapes, 1);
    // One that was drawn on is enough to tell.
    let one = studio(data, &region("before"));
    assert_eq!((one.images[0].name.as_deref(), one.images.len()), (Some("a.png"), 1));
    // What is no area, of a sound beside it say, is no second picture.
    let sound = r#"{"type": "audio", "to_name": "sound", "value": {"start": 1}}"#;
    let other = studio(
        r#"{"photo": "a.png", "note": "b"}"#,
        &[region("note"), sound.into()].join(","),
    );
    assert_eq!(
        (other.images.len(), other.images[0].name.as_deref()),
        (1, Some("a.png"))
    );
    assert_eq!(
        (
            told(&other.images[0]).len(),
            other.images[0].polygons.left_out.other_shapes
        ),
        (1, 1)
    );
}

#[test]
fn labels_apart_from_their_areas_are_theirs() {
    let size = r#""original_width": 10, "original_height": 10"#;
    let read = studio(
        r#"{"image": "a.png"}"#,
        &format!(
            r#"{{"id": "x", "type": "polygon", {size}, "value": {{"points": [[0, 0], [9, 0], [9, 9]]}}}},
            {{"id": "x", "type": "labels", {size}, "value": {{"points": [[0, 0], [9, 0], [9, 9]], "labels": ["roof", "b"]}}}},
            {{"id": "y", "type": "rectangle", {size}, "value": {{"x": 0, "y": 0, "width": 5, "height": 5}}}},
            {{"id": "z", "type": "keypointlabels", {size}, "value": {{"keypointlabels": ["corner"]}}}},
            {{"id": "n", "type": "number", "value": {{"number": 3}}}}, {{"type": "datetime"}}"#
        ),
    );
    let image = &read.images[0];
    assert_eq!(told(image), [("roof".into(), 1), (String::new(), 1)]);
    assert_eq!(image.polygons.names().count(), 1, "a point's name is no class");
    assert_eq!(
        (image.polygons.left_out.other_shapes, image.polygons.left_out.broken),
        (1, 0)
    );
}

#[test]
fn an_odd_value_of_label_studio_stands_for_itself() {
    let region = |more: &str| {
        format!(
            r#"{{"type": "rectanglelabels", "original_height": 10, "value": {{"x": 1, "y": 1, "width": 50, "height": 50, "rectanglelabels": ["a"]}}, {more}}}"#
        )
    };
    let odd = [
        region(r#""original_width": 10.0, "id": null, "image_rotation": 0"#),
        region(r#""original_width": null"#),
        region(r#""original_width": 10, "image_rotation": 90"#),
        r#"{"type": "rectanglelabels", "original_width": 10, "original_height": 10, "value": {"x": null, "y": 1, "width": 5, "height": 5, "rotation": null}}"#.into(),
        r#"{"type": "rectanglelabels", "original_width": 10, "original_height": 10, "value": {"x": 1, "y": 1, "width": 5, "height": 5, "rotation": null, "rle": null, "points": null, "rectanglelabels": null}}"#.into(),
        r#"{"type": "polygonlabels", "original_width": 10, "original_height": 10, "value": {"points": [[0, 0], [null, 2], [4, 4]]}}"#.into(),
    ];
    let read = studio(r#"{"image": "a.png"}"#, &odd.join(","));
    let left_out = read.images[0].polygons.left_out;
    assert_eq!(
        (told(&read.images[0]).len(), left_out.broken, left_out.other_shapes),
        (2, 4, 0)
    );
    let nothing = r#"[{"data": null, "annotations": null}, {"data": {"image": "a.png"}, "annotations": [{"was_cancelled": null, "result": null}]}]"#;
    let read = label_studio::read(nothing.as_bytes()).expect("read");
    assert_eq!(read.images.len(), 1);
}

#[test]
fn many_small_objects_of_label_studio_are_refused() {
    let of = |region: &str, count: usize| {
        let text = format!(r#"[{{"annotations": [{{"result": [{}{{}}]}}]}}]"#, region.repeat(count));
        label_studio::read(text.as_bytes())
    };
    assert!(matches!(of("{},", 1 << 22), Err(AnnotationError::TooManyObjects)));
    assert!(matches!(of("[[]],", 1 << 23), Err(AnnotationError::TooManyCorners)));
    // Lists in place of objects would not be counted.
    assert!(matches!(of("[],", 1), Err(AnnotationError::Syntax(_))));
    assert_eq!(of("{},", 10).expect("few").images[0].polygons.left_out.other_shapes, 11);
}
