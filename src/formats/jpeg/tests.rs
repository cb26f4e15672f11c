//! Tests of [`super`]. The pictures are Pillow 13's (libjpeg-turbo), and so are the samples expected of them: to the bit.

use super::*;

fn bytes(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// 20 x 17, chroma of half the size both ways.
const HALVED: &str = "\
     ffd8ffe000104a46494600010100000100010000ffdb004300140e0f120f0d14121012171514181e32211e1c1c1e3d2c2e243249404c \
     4b47404645505a736250556d5645466488656d777b8182814e608d978c7d96737e817cffdb0043011517171e1a1e3b21213b7c534653 \
     7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7cffc00011 \
     080011001403012200021101031101ffc40017000101010100000000000000000000000000040503ffc4001a10010002030100000000 \
     0000000000000000030402316121ffc40017010101010100000000000000000000000005030406ffc400191100030101010000000000 \
     000000000000000104312161ffda000c03010002110311003f00c68eb714c75b8be3adc531d6e35d16fa4e5a0cfc6b79a1b18d6f340a \
     76f746d51c39c6a6304a839294a31d0025e8e2c3ffd9";

/// The same, chroma of half the width.
const WIDE: &str = "\
     ffd8ffe000104a46494600010100000100010000ffdb004300140e0f120f0d14121012171514181e32211e1c1c1e3d2c2e243249404c \
     4b47404645505a736250556d5645466488656d777b8182814e608d978c7d96737e817cffdb0043011517171e1a1e3b21213b7c534653 \
     7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7cffc00011 \
     080011001403012100021101031101ffc40017000101010100000000000000000000000004000305ffc4001a10000203010100000000 \
     0000000000000000030204613121ffc4001801010003010000000000000000000000000502030604ffc4001911000203010000000000 \
     00000000000000000301042131ffda000c03010002110311003f00e32eb6095d6c17b0e2caac111ade7082a5da370cc375d6c12bad84 \
     2c38c9d56088d6f384132ed1c86619ac4ace8b066aa888f08267a391c3ffd9";

/// The same as ten scans.
const PROGRESSIVE: &str = "\
     ffd8ffe000104a46494600010100000100010000ffdb004300140e0f120f0d14121012171514181e32211e1c1c1e3d2c2e243249404c \
     4b47404645505a736250556d5645466488656d777b8182814e608d978c7d96737e817cffdb0043011517171e1a1e3b21213b7c534653 \
     7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7cffc20011 \
     080011001403012200021101031101ffc40017000101010100000000000000000000000000030402ffc4001701010101010000000000 \
     0000000000000004020305ffda000c03010002100310000001c55bd759ced82b79a11c9a023bffc40018100003010100000000000000 \
     00000000000001021210ffda000801010001050252293229149910b9ffc40017110101010100000000000000000000000003001013ff \
     da0008010301013f0124ba459fffc40017110101010100000000000000000000000003001013ffda0008010201013f0146bb499fffc4 \
     0014100100000000000000000000000000000030ffda0008010100063f021fffc4001610010101000000000000000000000000000110 \
     00ffda0008010100013f218050141bffda000c03010002000300000010a817beffc40018110002030000000000000000000000000000 \
     01102131ffda0008010301013f1005482c3fffc400191100020301000000000000000000000000000110213161ffda0008010201013f \
     10ea3bec1e9fffc4001810000301010000000000000000000000000031612110ffda0008010100013f1089131444898ae887ffd9";

/// The same in grey, with restart markers.
const RESTARTS: &str = "\
     ffd8ffe000104a46494600010100000100010000ffdb004300140e0f120f0d14121012171514181e32211e1c1c1e3d2c2e243249404c \
     4b47404645505a736250556d5645466488656d777b8182814e608d978c7d96737e817cffc0000b080011001401011100ffc400160001 \
     010100000000000000000000000000040503ffc4001a100002030101000000000000000000000000030204613121ffdd00040002ffda \
     0008010100003f008cbad82575b0ffd03c6b79c375d6c3ffd142eb6088d6f387ffd262c4acffd3bb1e1fffd9";

/// Sum of the samples, each times its position modulo 251 and one.
fn weighed(samples: &[u8]) -> u64 {
    samples
        .iter()
        .enumerate()
        .map(|(i, v)| u64::from(*v) * (i as u64 % 251 + 1))
        .sum()
}

#[test]
fn samples_are_libjpegs() {
    let cases: [(&str, &[u8], u64); 4] = [
        (HALVED, &[123, 109, 135], 15768214),
        (WIDE, &[116, 114, 127], 15752823),
        (PROGRESSIVE, &[123, 109, 135], 15768214),
        (RESTARTS, &[116], 4312465),
    ];
    for (digits, middle, sum) in cases {
        let picture = decode(&[], &bytes(digits), true, [20, 17]).expect("decoded");
        assert_eq!((picture.width, picture.height, picture.count), (20, 17, middle.len()));
        let at = (8 * 20 + 10) * picture.count;
        assert_eq!(&picture.samples[at..at + picture.count], middle);
        assert_eq!(weighed(&picture.samples), sum);
    }
}

#[test]
fn whole_pictures_are_whole() {
    for digits in [HALVED, WIDE, PROGRESSIVE, RESTARTS] {
        assert_eq!(check(&bytes(digits), [20, 17]), Ok(()));
    }
}

/// Ended early, or cut by a marker that nobody wrote there: damaged, wherever it is but in the last unit.
#[test]
fn parts_of_pictures_are_not() {
    for digits in [HALVED, WIDE, PROGRESSIVE, RESTARTS] {
        let whole = bytes(digits);
        let scan = whole.windows(2).position(|w| w == [0xff, 0xda]).expect("a scan");
        for cut in scan + 14..whole.len() - 12 {
            let ended = [&whole[..cut], &[0xff, 0xd9]].concat();
            assert!(check(&ended, [20, 17]).is_err(), "ended at {cut} of {}", whole.len());
            assert!(decode(&[], &ended, true, [20, 17]).is_err());
        }
        let mut marked = whole.clone();
        marked[scan + 20..scan + 24].copy_from_slice(&[0xff, 0x42, 0, 2]);
        assert!(check(&marked, [20, 17]).is_err());
    }
}

#[test]
fn larger_than_announced_is_refused_before_anything_is_kept() {
    let whole = bytes(HALVED);
    assert!(decode(&[], &whole, true, [20, 16]).is_err());
    assert!(check(&whole, [19, 17]).is_err());
}

/// Tables may come in a stream of their own, as TIFF has them.
#[test]
fn tables_may_stand_apart() {
    let whole = bytes(HALVED);
    let frame = whole.windows(2).position(|w| w == [0xff, 0xc0]).expect("a frame");
    let codes = whole.windows(2).position(|w| w == [0xff, 0xc4]).expect("codes");
    let scan = whole.windows(2).position(|w| w == [0xff, 0xda]).expect("a scan");
    let start = [0xff, 0xd8];
    let tables = [&start[..], &whole[2..frame], &whole[codes..scan], &[0xff, 0xd9]].concat();
    let picture = [&start[..], &whole[frame..codes], &whole[scan..]].concat();
    assert_eq!(
        decode(&tables, &picture, true, [20, 17]),
        decode(&[], &whole, true, [20, 17])
    );
    assert!(decode(&[], &picture, true, [20, 17]).is_err());
    // Components as they are: luma first.
    let plain = decode(&[], &whole, false, [20, 17]).expect("decoded");
    assert!(plain.samples != decode(&[], &whole, true, [20, 17]).expect("decoded").samples);
}

#[test]
fn damaged_bytes_never_panic() {
    for digits in [HALVED, PROGRESSIVE, RESTARTS] {
        let whole = bytes(digits);
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0xff, whole[at] ^ 0x10] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                let _ = decode(&[], &damaged, true, [64, 64]);
                let _ = check(&damaged, [64, 64]);
            }
        }
    }
}
