use serde_json::json;

use super::*;

fn sample() -> Vec<u8> {
    let entries = vec![
        Entry::new("a", [2, 3]),
        Entry::new("none", [0]),
        Entry::new("b", [70_001]),
    ];
    let mut bytes = Vec::new();
    let mut writer = Writer::begin(&mut bytes, &json!({"step": 7, "name": "Größe"}), entries).expect("header");
    writer
        .tensor(&[1.0, -0.0, f32::NAN, f32::MIN_POSITIVE, 1e38, 6.5])
        .expect("a");
    writer.tensor(&[]).expect("none");
    writer
        .tensor(&(0..70_001).map(|i| i as f32 * 0.25).collect::<Vec<_>>())
        .expect("b");
    let length = writer.finish().expect("the checksum");
    assert_eq!(length, bytes.len() as u64);
    bytes
}

fn read(bytes: &[u8]) -> Result<serde_json::Value, RunFileError> {
    let mut source = bytes;
    let mut file = RunFile::open(&mut source)?;
    file.verify()?;
    Ok(file.meta)
}

#[test]
fn what_is_written_is_read_bit_for_bit() {
    let bytes = sample();
    let mut source = bytes.as_slice();
    let mut file = RunFile::open(&mut source).expect("a run file");
    file.verify().expect("whole");
    assert_eq!(file.meta, json!({"step": 7, "name": "Größe"}));
    let (shape, values) = file.tensor("a").expect("a");
    assert_eq!(shape, [2, 3]);
    let bits: Vec<u32> = values.iter().map(|v| v.to_bits()).collect();
    let wanted = [1.0, -0.0, f32::NAN, f32::MIN_POSITIVE, 1e38, 6.5].map(f32::to_bits);
    assert_eq!(bits, wanted);
    assert!(file.tensor("none").expect("none").1.is_empty());
    let (_, b) = file.tensor("b").expect("b");
    assert_eq!((b.len(), b[70_000]), (70_001, 17_500.0));
    assert_eq!(file.tensor("c"), Err(RunFileError::Missing("c".to_owned())));
    assert!(file.has("b") && !file.has("c"));
}

#[test]
fn every_number_of_the_header_keeps_its_bits() {
    let mut numbers = vec![0.1 + 0.2, 1e-300, f64::MAX, -f64::MIN_POSITIVE, 4.0, 2.0f64.powi(60)];
    // Knuth's generator over bit patterns; what is not finite has no place in JSON.
    let mut bits = 1u64;
    for _ in 0..2000 {
        bits = bits.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        numbers.extend(Some(f64::from_bits(bits)).filter(|n| n.is_finite()));
    }
    let meta = json!({"numbers": numbers, "name": "f64:3ff0000000000000", "other": "text:a", "whole": u64::MAX});
    let mut bytes = Vec::new();
    Writer::begin(&mut bytes, &meta, Vec::new())
        .expect("header")
        .finish()
        .expect("written");
    assert_eq!(read(&bytes), Ok(meta.clone()));
    let mut source = bytes.as_slice();
    let file = RunFile::open(&mut source).expect("a run file");
    for (i, number) in numbers.iter().enumerate() {
        assert_eq!(
            file.meta["numbers"][i].as_f64().map(f64::to_bits),
            Some(number.to_bits()),
            "{number}"
        );
    }
}

#[test]
fn a_file_cut_anywhere_is_called_cut_off() {
    let bytes = sample();
    let every = (0..200)
        .chain((200..bytes.len()).step_by(997))
        .chain(bytes.len() - 40..bytes.len());
    for cut in every {
        let error = read(&bytes[..cut]).expect_err("it is not whole");
        let named = match error {
            RunFileError::Truncated { found, wanted } => found == cut as u64 && wanted > found,
            RunFileError::Foreign => cut == 0,
            _ => false,
        };
        assert!(named, "cut at {cut}: {error}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(matches!(read(&longer), Err(RunFileError::Header(_))));
}

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let bytes = sample();
    let every = (0..400)
        .chain((400..bytes.len()).step_by(641))
        .chain(bytes.len() - 8..bytes.len());
    for at in every {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            assert!(read(&flipped).is_err(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn foreign_newer_and_lying_files_are_named_and_allocate_nothing() {
    assert_eq!(read(b""), Err(RunFileError::Foreign));
    assert_eq!(
        read(b"PK\x03\x04 this is another kind of file altogether, long enough"),
        Err(RunFileError::Foreign)
    );
    let mut newer = sample();
    newer[8] = 9;
    assert_eq!(read(&newer), Err(RunFileError::Newer(9)));
    // A header that claims 2^60 values, with a right checksum: a file made with intent.
    let lie = br#"{"meta":null,"tensors":[{"name":"a","shape":[1073741824,1073741824]}]}"#;
    let overflow = br#"{"meta":null,"tensors":[{"name":"a","shape":[18446744073709551615,4]}]}"#;
    for json in [&lie[..], &overflow[..], b"not json at all"] {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&1u32.to_le_bytes());
        bytes.extend_from_slice(&(json.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&(32 + json.len() as u64).to_le_bytes());
        let crc = crc32fast::hash(&[&bytes[..], json].concat());
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes.extend_from_slice(json);
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        assert!(
            matches!(read(&bytes), Err(RunFileError::Header(_))),
            "{}",
            String::from_utf8_lossy(json)
        );
    }
    // Lengths that are lies, without a right checksum.
    let mut long = sample();
    long[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(read(&long), Err(RunFileError::Checksum("header")));
}

#[test]
fn a_sink_that_is_full_and_a_wrong_number_of_values_are_errors() {
    struct Full(usize);
    impl Sink for Full {
        fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or("no space left")?;
            Ok(())
        }
    }
    let entries = || vec![Entry::new("a", [1000])];
    let mut sink = Full(5000);
    let mut writer = Writer::begin(&mut sink, &json!({}), entries()).expect("the header fits");
    assert!(matches!(writer.tensor(&[1.0, 2.0]), Err(RunFileError::Header(_))));
    let mut sink = Full(500);
    let mut writer = Writer::begin(&mut sink, &json!({}), entries()).expect("the header fits");
    assert_eq!(
        writer.tensor(&[1.0; 1000]),
        Err(RunFileError::Write("no space left".to_owned()))
    );
    let mut bytes = Vec::new();
    let writer = Writer::begin(&mut bytes, &json!({}), entries()).expect("the header");
    assert_eq!(writer.finish(), Err(RunFileError::Missing("a".to_owned())));
}
