//! Outlines beside what they mark, and scenes mapped in part, on towns made for it: what is found, and that nothing is
//! said of what is right.

#[path = "common/town.rs"]
mod town;

use groundmask::data::builder::Builder;
use groundmask::data::map_faults::{View, examine::MapFaults, part::unmapped, shift::Surface};
use groundmask::formats::raster::Raster;
use town::{Beyond, LAYOUTS, Layout, Town};

const SIDE: usize = 1500;
const PIXEL_M: f64 = 0.3;
/// How far off outlines are drawn by hand, pixels.
const SLOPPY_PX: f64 = 1.2;

/// Ten scenes: two of each layout.
fn scenes() -> impl Iterator<Item = (u64, Layout)> {
    (0..10).map(|number| (number as u64 + 1, LAYOUTS[number % LAYOUTS.len()]))
}

fn view(town: &Town, marks: Vec<u8>) -> View {
    View::new(town.side, town.side, town.rgba(), marks).expect("sizes that fit")
}

#[test]
fn shifted_outlines_are_found_and_right_ones_are_left_alone() {
    let mut found = [0; 4];
    for (seed, layout) in scenes() {
        let town = Town::new(seed, layout, SIDE);
        for (at, metres) in [0.0, 3.0, 6.0, 10.0].into_iter().enumerate() {
            let way = seed as f64 * 0.7 + 0.3;
            let shift = [way.cos(), way.sin()].map(|v| v * metres / PIXEL_M);
            let view = view(&town, town.mask(seed, SLOPPY_PX, shift, |_| true));
            let estimate = Surface::new(&view, 50)
                .and_then(|s| s.judge())
                .expect("outlines enough");
            let off_m = (estimate.best_px[0] + shift[0]).hypot(estimate.best_px[1] + shift[1]) * PIXEL_M;
            let said = estimate.is_shifted(2.0 / PIXEL_M);
            println!("{layout:?} {seed} moved {metres} m: said {said}, {off_m:.2} m off, {estimate:?}");
            found[at] += usize::from(said && off_m <= 1.0);
            assert!(
                !said || metres > 0.0 && off_m <= 1.0,
                "{layout:?} {seed}: a wrong claim"
            );
        }
    }
    println!("found within 1 m, of 10: {found:?}");
    assert_eq!(found[0], 0);
    assert!(found[1..].iter().all(|n| *n >= 8), "{found:?}");
}

#[test]
fn outlines_of_nothing_are_not_said_to_be_shifted() {
    for (seed, layout) in scenes().take(5) {
        let (town, other) = (
            Town::new(seed, layout, SIDE),
            Town::new(seed + 50, Layout::Scattered, SIDE),
        );
        let view = view(&town, other.mask(seed, SLOPPY_PX, [0.0, 0.0], |_| true));
        let estimate = Surface::new(&view, 50).and_then(|s| s.judge());
        assert!(
            !estimate.is_some_and(|v| v.is_shifted(4.0)),
            "{layout:?} {seed} {estimate:?}"
        );
    }
}

#[test]
fn a_half_mapped_scene_is_said_and_fields_and_lakes_are_not() {
    let mut said = 0;
    for (seed, layout) in scenes() {
        let town = Town::new(seed, layout, SIDE);
        let half = |east: bool| move |h: &town::House| (h.middle[0] > SIDE as f64 / 2.0) == east;
        let marks = match seed % 2 {
            0 => town.mask(seed, SLOPPY_PX, [0.0, 0.0], half(true)),
            _ => town.mask(seed, SLOPPY_PX, [0.0, 0.0], half(false)),
        };
        let parts = unmapped(&view(&town, marks));
        let found = parts.first().is_some_and(|part| {
            let (from, to) = if seed % 2 == 0 { (0.0, 0.5) } else { (0.5, 1.0) };
            (part.from[0] - from).abs() < 0.08 && (part.to[0] - to).abs() < 0.08 && part.to[1] - part.from[1] > 0.9
        });
        println!("{layout:?} {seed}: {found} {parts:?}");
        said += usize::from(found);
        let whole = unmapped(&view(&town, town.mask(seed, SLOPPY_PX, [0.0, 0.0], |_| true)));
        assert!(whole.is_empty(), "{layout:?} {seed}: all is mapped: {whole:?}");
        for beyond in [Beyond::Fields, Beyond::Water] {
            let town = Town::with_border(seed, layout, SIDE, SIDE as f64 / 2.0, beyond);
            let parts = unmapped(&view(&town, town.mask(seed, SLOPPY_PX, [0.0, 0.0], |_| true)));
            assert!(
                parts.is_empty(),
                "{layout:?} {seed} {beyond:?}: nothing there: {parts:?}"
            );
        }
    }
    println!("half-mapped scenes said: {said} of 10");
    assert!(said >= 9, "{said}");
}

/// Tiles of which each alone holds too few outlines say it together; those that lie right are not moved along.
#[test]
fn small_tiles_are_judged_together() {
    const TILE: usize = 256;
    for shift in [[0.0, 0.0], [14.0, -15.0]] {
        let town = Town::new(3, Layout::Scattered, TILE * 4);
        let mask = town.mask(3, SLOPPY_PX, shift, |_| true);
        let mut builder = Builder::default();
        for tile in 0..16 {
            let (left, top) = (tile % 4 * TILE, tile / 4 * TILE);
            let rows = (top..top + TILE).map(|y| y * town.side + left);
            let image = rows
                .clone()
                .flat_map(|at| town.rgb[at * 3..(at + TILE) * 3].to_vec())
                .collect();
            let labels = rows
                .flat_map(|at| mask[at..at + TILE].iter().map(|l| l * 255).collect::<Vec<u8>>())
                .collect();
            let side = TILE as u32;
            builder.add_raster(
                &format!("image/{tile}.png"),
                Raster::from_u8(side, side, 3, image).expect("a picture"),
            );
            builder.add_raster(
                &format!("mask/{tile}.png"),
                Raster::from_u8(side, side, 1, labels).expect("a mask"),
            );
        }
        let data = builder.finish();
        let mut faults = MapFaults::default();
        assert!(
            faults.found(&data).moves.is_empty(),
            "nothing is said before all is looked at"
        );
        while let Some(pair) = faults.next(&data) {
            faults.inspect(&data.pairs[pair], Some(PIXEL_M));
        }
        let found = faults.found(&data);
        println!("moved {shift:?}: {:?}", found.moves);
        assert!(found.unmapped.is_empty());
        if shift == [0.0, 0.0] {
            assert!(found.moves.is_empty());
            continue;
        }
        assert!(found.moves.len() >= 14, "{}", found.moves.len());
        for m in &found.moves {
            let off = (f64::from(m.by_px[0]) + shift[0]).hypot(f64::from(m.by_px[1]) + shift[1]);
            assert!(off < 1.0 / PIXEL_M, "{m:?}");
        }
    }
}
