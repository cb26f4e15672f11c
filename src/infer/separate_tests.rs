use super::*;
use crate::{
    data::{
        mask_value::NumberScale,
        objects::{ObjectMap, Objects},
    },
    formats::raster::Raster,
    values::{Boundary, ObjectsBy},
};
use rand::{Rng, SeedableRng};

#[path = "../../tests/common/rectangles.rs"]
mod rectangles;
use rectangles::Touching;

type Random = rand_chacha::ChaCha8Rng;

fn found(picture: &[&str]) -> Vec<(u8, Region)> {
    let rows: Vec<&[u8]> = picture.iter().map(|row| row.as_bytes()).collect();
    let mut all = Vec::new();
    let ground = |y: usize, x: usize| match rows[y][x] {
        b'.' => Ground::Outside,
        b'|' => Ground::Boundary(200),
        b'a' => Ground::Boundary(90),
        class => Ground::Inside(class - b'0'),
    };
    objects([rows.len(), rows[0].len()], 1, ground, |class, region| {
        all.push((class, region))
    });
    all
}

fn areas(found: &[(u8, Region)]) -> Vec<(u8, u64)> {
    found.iter().map(|(class, region)| (*class, region.area_px)).collect()
}

/// Two squares that share a wall come back as two whole ones.
#[test]
fn squares_with_a_wall_between_are_two() {
    let row = "..11111||11111..";
    let picture = ["................", row, row, row, row, row, "................"];
    let two = found(&picture);
    assert_eq!(areas(&two), [(1, 30), (1, 30)]);
    assert_eq!(two[0].1.outer, [[2, 1], [8, 1], [8, 6], [2, 6]]);
    assert_eq!(two[1].1.outer, [[8, 1], [14, 1], [14, 6], [8, 6]]);
}

#[test]
fn walls_lie_where_the_network_is_surest() {
    // The flood comes over the unsure part from the left, and to the sure one from both sides.
    let row = "..11111aa|11111..";
    let two = found(
        &["................."; 1]
            .iter()
            .chain(&[row; 5])
            .copied()
            .collect::<Vec<_>>(),
    );
    assert_eq!(areas(&two), [(1, 35), (1, 30)]);
}

#[test]
fn a_gap_in_a_wall_is_none() {
    let (wall, gap) = ("1111111111||1111111111", "1111111111111111111111");
    let mut picture = [wall; 12];
    assert_eq!(areas(&found(&picture)), [(1, 132), (1, 132)]);
    picture[5] = gap;
    assert_eq!(found(&picture).len(), 2);
    // An open side is no gap.
    picture[1..].fill(gap);
    assert_eq!(found(&picture).len(), 1);
}

#[test]
fn classes_stay_apart_and_noise_within_a_wall_is_no_object() {
    let wall = "11111111|||22222222";
    let noisy = "11111111|1|22222222";
    let picture = [wall, wall, noisy, noisy, wall, wall, wall];
    let two = found(&picture);
    assert_eq!(two.iter().map(|(class, _)| *class).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(two.iter().map(|(_, region)| region.area_px).sum::<u64>(), 7 * 19);
    // What has no neighbour over a wall is small and stays, and a wall without objects is none.
    assert_eq!(areas(&found(&["1|...", "1|..|"])), [(1, 4)]);
}

#[test]
fn holes_of_noise_do_not_make_necks() {
    let mut rows = vec![vec![b'1'; 40]; 20];
    for x in [8, 14, 20, 26, 32] {
        rows[9][x] = b'.';
        rows[10][x] = b'.';
    }
    let rows: Vec<String> = rows.into_iter().filter_map(|row| String::from_utf8(row).ok()).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    assert_eq!(areas(&found(&rows)), [(1, 790)]);
}

/// Two discs that overlap a little have a neck; a house with a wing has none.
#[test]
fn without_a_boundary_necks_divide() {
    let count = |inside: &dyn Fn(f64, f64) -> bool| {
        let mut all = 0;
        let ground = |y: usize, x: usize| match inside(x as f64 + 0.5, y as f64 + 0.5) {
            true => Ground::Inside(1),
            false => Ground::Outside,
        };
        objects([60, 100], 1, ground, |_, _| all += 1);
        all
    };
    let disc = |x: f64, y: f64, of: f64| (x - of).hypot(y - 30.0) < 18.0;
    assert_eq!(count(&|x, y| disc(x, y, 30.0) || disc(x, y, 65.0)), 2);
    assert_eq!(count(&|x, y| disc(x, y, 30.0) || disc(x, y, 50.0)), 1);
    let wing = |x: f64, y: f64| x < 40.0 && y < 50.0 || x < 90.0 && y < 14.0;
    assert_eq!(count(&|x, y| x > 5.0 && y > 5.0 && wing(x, y)), 1);
}

#[test]
fn what_is_too_large_stays_whole() {
    let row = "..11111||11111..22.";
    let picture = ["..................."; 1]
        .iter()
        .chain(&[row; 5])
        .copied()
        .collect::<Vec<_>>();
    let ground = |y: usize, x: usize| match picture[y].as_bytes()[x] {
        b'.' => Ground::Outside,
        b'|' => Ground::Boundary(0),
        class => Ground::Inside(class - b'0'),
    };
    let of = |window: usize| {
        let mut all = Vec::new();
        objects_within([6, 19], 1, window, ground, |class, region| {
            all.push((class, region.area_px))
        });
        all.sort_unstable();
        all
    };
    assert_eq!(of(60), [(1, 30), (1, 30), (2, 10)]);
    assert_eq!(of(59), [(1, 25), (1, 25), (2, 10)]);
    assert_eq!(of(5), [(1, 25), (1, 25), (2, 10)]);
}

const SIDE: usize = 320;

/// Mean of three by three pixels, `times` over, and noise.
fn seen(class: impl Fn(usize) -> bool, times: usize, noise: f32, rng: &mut Random) -> Vec<f32> {
    let mut map: Vec<f32> = (0..SIDE * SIDE).map(|at| f32::from(u8::from(class(at)))).collect();
    for _ in 0..times {
        let before = map.clone();
        for y in 1..SIDE - 1 {
            for x in 1..SIDE - 1 {
                let rows = (y - 1..=y + 1).flat_map(|y| &before[y * SIDE + x - 1..=y * SIDE + x + 1]);
                map[y * SIDE + x] = rows.sum::<f32>() / 9.0;
            }
        }
    }
    map.iter_mut()
        .for_each(|p| *p += noise * (rng.random::<f32>() + rng.random::<f32>() - 1.0));
    map
}

fn rings(region: &Region) -> Vec<Vec<[usize; 2]>> {
    let all = std::iter::once(&region.outer).chain(&region.holes);
    all.map(|ring| ring.iter().map(|corner| corner.map(|v| v as usize)).collect())
        .collect()
}

/// Of 200 rectangles that touch, seen blurred and with noise, nearly all come back alone and none in parts.
#[test]
fn two_hundred_touching_rectangles_come_apart() {
    for (seed, (times, noise)) in (20_261_130..).zip([(0, 0.0), (1, 0.3), (2, 0.5), (1, 0.65)]) {
        let mut rng = Random::seed_from_u64(seed);
        let (mut all, mut alone, mut split, mut merged) = (0, 0, 0, 0);
        while all < 200 {
            let truth = Touching::new(SIDE, &mut rng);
            let size = [SIDE as u32; 2];
            let map = ObjectMap::new(size, &truth.numbers);
            let mask = Raster::from_u8(size[0], size[1], 1, vec![0; SIDE * SIDE]).expect("a mask");
            let mut labels: Vec<u8> = truth.numbers.iter().map(|n| u8::from(*n > 0)).collect();
            let boundary = Boundary {
                width_px: 4,
                objects: ObjectsBy::Outlines,
            };
            let objects_of = Objects {
                mask: &mask,
                scale: &NumberScale::default(),
                drawn: map.as_ref(),
            };
            objects_of.draw_boundary(&mut labels, size, boundary, 2);
            let maps: Vec<Vec<f32>> = (0..3u8)
                .map(|class| seen(|at| labels[at] == class, times, noise, &mut rng))
                .collect();
            let ground = |y: usize, x: usize| {
                let of = |class: usize| maps[class][y * SIDE + x];
                match (0..3).max_by(|a, b| of(*a).total_cmp(&of(*b))) {
                    Some(1) => Ground::Inside(1),
                    Some(2) => Ground::Boundary((of(2).clamp(0.0, 1.0) * 255.0) as u8),
                    _ => Ground::Outside,
                }
            };
            let mut apart = Vec::new();
            objects([SIDE; 2], 16, ground, |_, region| apart.push(rings(&region)));
            let (own, parts) = truth.found(&apart);
            let together = regions([SIDE; 2], 16, |y, x| ground(y, x) != Ground::Outside);
            let together: Vec<_> = together.iter().map(rings).collect();
            (all, alone, split) = (all + truth.rectangles.len(), alone + own, split + parts);
            merged += truth.found(&together).0;
        }
        println!("blur {times}, noise {noise}: {alone} of {all} alone, {split} split; not separated {merged}");
        assert!(alone * 100 >= all * 95 && split == 0, "blur {times}, noise {noise}");
    }
}
