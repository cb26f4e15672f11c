//! Files a little different from others.

use groundmask::checks::random::Random;

use crate::coverage::Coverage;

/// Longest input that is made; seeds may be longer and then stay as long.
const LONGEST: usize = 1 << 16;
/// Most changes at a time, as a power of two.
const CHANGES: usize = 5;
/// Of files longer than this, half of the changes are in its beginning: headers decide more than samples.
const HEAD: usize = 1 << 10;

/// An input made of `from`, sometimes with a part of `other`; `words` are what files of the kind hold.
pub fn mutate(random: &mut Random, from: &[u8], other: &[u8], words: &[&[u8]]) -> Vec<u8> {
    let mut out = from.to_vec();
    let longest = LONGEST.max(from.len());
    for _ in 0..1usize << random.below(CHANGES) {
        change(random, &mut out, other, words);
        out.truncate(longest);
    }
    out
}

fn change(random: &mut Random, out: &mut Vec<u8>, other: &[u8], words: &[&[u8]]) {
    let at = place(random, out.len());
    match random.below(12) {
        0 if !out.is_empty() => out[at] ^= 1 << random.below(8),
        1 if !out.is_empty() => out[at] = random.bits() as u8,
        2 if !out.is_empty() => out[at] = out[at].wrapping_add(random.below(33) as u8).wrapping_sub(16),
        3 | 4 => put_number(random, out, at),
        5 => {
            let length = random.below(1 + (out.len() - at).min(64));
            out.drain(at..at + length);
        }
        // A part once more, here or over what is here.
        6 => {
            let part = part(random, out).to_vec();
            splice(random, out, at, &part);
        }
        7 => {
            let part = part(random, other).to_vec();
            splice(random, out, at, &part);
        }
        8 if !words.is_empty() => {
            let word = random.pick(words);
            splice(random, out, at, word);
        }
        9 if random.below(4) == 0 => out.truncate(at),
        _ => as_compared(random, out),
    }
}

fn place(random: &mut Random, length: usize) -> usize {
    let reach = if random.below(2) == 0 { length.min(HEAD) } else { length };
    random.below(reach)
}

fn part<'a>(random: &mut Random, of: &'a [u8]) -> &'a [u8] {
    let start = place(random, of.len());
    let longest = 2 << random.below(9);
    let length = random.below(1 + (of.len() - start).min(longest));
    &of[start..start + length]
}

fn splice(random: &mut Random, out: &mut Vec<u8>, at: usize, part: &[u8]) {
    let end = if random.below(2) == 0 {
        at
    } else {
        (at + part.len()).min(out.len())
    };
    out.splice(at..end, part.iter().copied());
}

/// A number at which something may end, in any width and order.
fn put_number(random: &mut Random, out: &mut [u8], at: usize) {
    let near = [
        0, 1, 2, 4, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000,
    ];
    let far = [
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        0x1_0000_0000,
        u64::MAX >> 1,
        1 << 63,
        u64::MAX,
        out.len() as u64,
    ];
    let number = if random.below(2) == 0 {
        random.pick(&near)
    } else {
        random.pick(&far)
    };
    let number = number.wrapping_add(random.below(3) as u64).wrapping_sub(1);
    put(random, out, at, number);
}

fn put(random: &mut Random, out: &mut [u8], at: usize, number: u64) {
    let width = random.pick(&[1, 2, 4, 8]).min(out.len() - at);
    let (little, big) = (number.to_le_bytes(), number.to_be_bytes());
    let bytes = if random.below(2) == 0 {
        &little[..width]
    } else {
        &big[8 - width..]
    };
    out[at..at + width].copy_from_slice(bytes);
}

/// Makes a comparison that failed come true: where one of the two numbers stands in the input, the other is put.
fn as_compared(random: &mut Random, out: &mut [u8]) {
    let Some([a, b]) = Coverage::compared(random.bits()) else {
        return;
    };
    let (from, to) = if random.below(2) == 0 { (a, b) } else { (b, a) };
    let width = match from.max(to) {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    };
    let pattern = |number: u64, big: bool| {
        let mut bytes = number.to_le_bytes()[..width].to_vec();
        if big {
            bytes.reverse();
        }
        bytes
    };
    let big = random.below(2) == 0;
    let (from, to) = (pattern(from, big), pattern(to, big));
    // Where it stands is looked for from a random place on, and not in all of a long file.
    let start = place(random, out.len());
    let found = out[start..].windows(width).take(4096).position(|window| window == from);
    if let Some(at) = found {
        out[start + at..start + at + width].copy_from_slice(&to);
    }
}
