//! A run's state as one file: a header, one JSON text, named `f32` tensors, a checksum over all of it.
//!
//! Written and read in pieces, so that a state of hundreds of megabytes never lies in memory twice. Layout, little
//! endian, lengths in bytes:
//!
//! | offset | length | what |
//! |---|---|---|
//! | 0 | 8 | `GMRUN\r\n\x1a`, which a transfer as text would damage |
//! | 8 | 4 | version of this layout |
//! | 12 | 4 | length of the JSON text |
//! | 16 | 8 | length of the whole file |
//! | 24 | 4 | CRC-32 of the 24 bytes above and the JSON text, so that a file can be described before it is read |
//! | 28 | | JSON: `{ "meta": ..., "tensors": [{ "name", "shape" }, ...] }`, numbers with a fraction as `"f64:<bits>"` |
//! | | | the tensors' values in that order |
//! | end - 4 | 4 | CRC-32 of everything before |

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// Version of the layout above. What the JSON's `meta` says has its own (`train::state`).
pub const RUN_FILE_VERSION: u32 = 1;
const MAGIC: [u8; 8] = *b"GMRUN\r\n\x1a";
const HEAD_BYTES: u64 = 28;
const CRC_BYTES: u64 = 4;
/// Longest JSON text that is believed: curves are tensors, so what is left are names and figures.
const MAX_JSON_BYTES: u64 = 32 << 20;
/// Values converted at a time while writing and reading.
const CHUNK_VALUES: usize = 1 << 16;

/// Where a run file is written: a slot in the browser's storage, a download, a vector in tests.
pub trait Sink {
    /// # Errors
    /// If not every byte was taken, in words.
    fn write(&mut self, bytes: &[u8]) -> Result<(), String>;
}

/// Where a run file is read from.
pub trait Source {
    /// Bytes there are.
    fn length(&self) -> u64;

    /// Fills `into` with the bytes from `offset` on.
    ///
    /// # Errors
    /// If they cannot be had, in words.
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<(), String>;
}

impl Sink for Vec<u8> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

impl Source for Vec<u8> {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        self.as_slice().read_at(offset, into)
    }
}

impl Source for &[u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        let range = usize::try_from(offset)
            .ok()
            .and_then(|at| self.get(at..)?.get(..into.len()));
        into.copy_from_slice(range.ok_or("past the end")?);
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RunFileError {
    #[error("not a saved run of Groundmask")]
    Foreign,
    #[error("written by a newer Groundmask (layout {0}, this one reads {RUN_FILE_VERSION})")]
    Newer(u32),
    #[error("cut off: {found} of {wanted} bytes")]
    Truncated { found: u64, wanted: u64 },
    #[error("damaged: the checksum of its {0} does not match")]
    Checksum(&'static str),
    #[error("damaged: {0}")]
    Header(String),
    #[error("no tensor called {0}")]
    Missing(String),
    #[error("writing failed: {0}")]
    Write(String),
    #[error("reading failed: {0}")]
    Read(String),
}

/// A tensor's place in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub name: String,
    pub shape: Vec<usize>,
}

impl Entry {
    pub fn new(name: impl Into<String>, shape: impl Into<Vec<usize>>) -> Self {
        Self {
            name: name.into(),
            shape: shape.into(),
        }
    }

    /// Number of values; `None` if no file could hold as many.
    fn values(&self) -> Option<u64> {
        self.shape.iter().try_fold(1u64, |n, &d| n.checked_mul(d as u64))
    }
}

#[derive(Serialize)]
struct HeaderOut<'a> {
    meta: Value,
    tensors: &'a [Entry],
}

#[derive(Deserialize)]
struct HeaderIn {
    meta: Value,
    tensors: Vec<Entry>,
}

/// Marks a number written by its bits, and a text that looks like one.
const BITS: &str = "f64:";
const TEXT: &str = "text:";

/// Writes numbers with a fraction by their bits: the JSON reader in use rounds the last of them, and a learning rate
/// or a best score that differs by one bit makes another run.
fn pack(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let bits = number.as_f64().unwrap_or(f64::NAN).to_bits();
            *value = Value::String(format!("{BITS}{bits:016x}"));
        }
        Value::String(text) if text.starts_with(BITS) || text.starts_with(TEXT) => text.insert_str(0, TEXT),
        Value::Array(items) => items.iter_mut().for_each(pack),
        Value::Object(fields) => fields.values_mut().for_each(pack),
        _ => {}
    }
}

/// Undoes [`pack`]. What is no number after all stays a text.
fn unpack(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(plain) = text.strip_prefix(TEXT) {
                *text = plain.to_owned();
            } else if let Some(number) = text
                .strip_prefix(BITS)
                .and_then(|hex| u64::from_str_radix(hex, 16).ok())
                .and_then(|bits| Number::from_f64(f64::from_bits(bits)))
            {
                *value = Value::Number(number);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(unpack),
        Value::Object(fields) => fields.values_mut().for_each(unpack),
        _ => {}
    }
}

/// Writes a run file piece by piece: [`begin`](Self::begin), every tensor in order, [`finish`](Self::finish).
pub struct Writer<'a> {
    sink: &'a mut dyn Sink,
    crc: crc32fast::Hasher,
    written: u64,
    total: u64,
    entries: std::vec::IntoIter<Entry>,
}

impl<'a> Writer<'a> {
    /// # Errors
    /// If the sink does not take the header.
    pub fn begin(sink: &'a mut dyn Sink, meta: &impl Serialize, entries: Vec<Entry>) -> Result<Self, RunFileError> {
        let lies = |e: &dyn std::fmt::Display| RunFileError::Header(e.to_string());
        let tensors = &entries;
        let mut meta = serde_json::to_value(meta).map_err(|e| lies(&e))?;
        pack(&mut meta);
        let json = serde_json::to_vec(&HeaderOut { meta, tensors }).map_err(|e| lies(&e))?;
        let values = entries.iter().try_fold(0u64, |sum, e| sum.checked_add(e.values()?));
        let total = values
            .and_then(|n| {
                n.checked_mul(4)?
                    .checked_add(HEAD_BYTES + json.len() as u64 + CRC_BYTES)
            })
            .ok_or_else(|| lies(&"too many values"))?;
        if json.len() as u64 > MAX_JSON_BYTES {
            return Err(lies(&format!("its header would take {} bytes", json.len())));
        }
        let json_length = u32::try_from(json.len()).map_err(|e| lies(&e))?;
        let mut head = Vec::with_capacity(HEAD_BYTES as usize);
        head.extend_from_slice(&MAGIC);
        head.extend_from_slice(&RUN_FILE_VERSION.to_le_bytes());
        head.extend_from_slice(&json_length.to_le_bytes());
        head.extend_from_slice(&total.to_le_bytes());
        let mut crc = crc32fast::Hasher::new();
        crc.update(&head);
        crc.update(&json);
        head.extend_from_slice(&crc.finalize().to_le_bytes());
        let mut writer = Self {
            sink,
            crc: crc32fast::Hasher::new(),
            written: 0,
            total,
            entries: entries.into_iter(),
        };
        writer.put(&head)?;
        writer.put(&json)?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), RunFileError> {
        self.crc.update(bytes);
        self.written += bytes.len() as u64;
        self.sink.write(bytes).map_err(RunFileError::Write)
    }

    /// The next tensor's values.
    ///
    /// # Errors
    /// If they are not as many as its entry says, or the sink does not take them.
    pub fn tensor(&mut self, values: &[f32]) -> Result<(), RunFileError> {
        let entry = self
            .entries
            .next()
            .ok_or_else(|| RunFileError::Header("a tensor too many".to_owned()))?;
        if entry.values() != Some(values.len() as u64) {
            let (name, found) = (&entry.name, values.len());
            return Err(RunFileError::Header(format!(
                "{name} has {found} values, not {:?}",
                entry.shape
            )));
        }
        let mut bytes = Vec::with_capacity(values.len().min(CHUNK_VALUES) * 4);
        for chunk in values.chunks(CHUNK_VALUES) {
            bytes.clear();
            bytes.extend(chunk.iter().flat_map(|v| v.to_le_bytes()));
            self.put(&bytes)?;
        }
        Ok(())
    }

    /// Writes the checksum; gives the file's length in bytes.
    ///
    /// # Errors
    /// If tensors are missing or the sink does not take it.
    pub fn finish(mut self) -> Result<u64, RunFileError> {
        if let Some(entry) = self.entries.next() {
            return Err(RunFileError::Missing(entry.name));
        }
        let crc = self.crc.clone().finalize().to_le_bytes();
        self.put(&crc)?;
        debug_assert_eq!(self.written, self.total);
        Ok(self.written)
    }
}

/// A run file whose header was read and checked.
pub struct RunFile<'a> {
    source: &'a mut dyn Source,
    /// What the writer's `meta` was.
    pub meta: Value,
    /// Tensors and the offsets of their values.
    entries: Vec<(Entry, u64)>,
    total: u64,
}

impl<'a> RunFile<'a> {
    /// Reads the header and checks it against the source's length. The values are not checked: see [`verify`](Self::verify).
    ///
    /// # Errors
    /// If this is no run file, one of a newer layout, cut off, or its header is damaged.
    pub fn open(source: &'a mut dyn Source) -> Result<Self, RunFileError> {
        let found = source.length();
        let mut head = [0u8; HEAD_BYTES as usize];
        let n = found.min(HEAD_BYTES) as usize;
        source.read_at(0, &mut head[..n]).map_err(RunFileError::Read)?;
        // A file of a few bytes that begin like one is a cut-off one; anything else is foreign.
        if n == 0 || head[..n.min(8)] != MAGIC[..n.min(8)] {
            return Err(RunFileError::Foreign);
        }
        let smallest = HEAD_BYTES + CRC_BYTES;
        if found < smallest {
            return Err(RunFileError::Truncated {
                found,
                wanted: smallest,
            });
        }
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let version = word(8);
        let json_length = u64::from(word(12));
        let total = u64::from(word(16)) | u64::from(word(20)) << 32;
        if version > RUN_FILE_VERSION {
            return Err(RunFileError::Newer(version));
        }
        if version == 0 || json_length > MAX_JSON_BYTES || total < smallest + json_length {
            return Err(RunFileError::Checksum("header"));
        }
        if found < total {
            return Err(RunFileError::Truncated { found, wanted: total });
        }
        if found > total {
            return Err(RunFileError::Header(format!("{} bytes follow its end", found - total)));
        }
        // No longer than the source, so a lie cannot make this large.
        let mut json = vec![0u8; json_length as usize];
        source.read_at(HEAD_BYTES, &mut json).map_err(RunFileError::Read)?;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&head[..24]);
        crc.update(&json);
        if crc.finalize() != word(24) {
            return Err(RunFileError::Checksum("header"));
        }
        let mut header: HeaderIn = serde_json::from_slice(&json).map_err(|e| RunFileError::Header(e.to_string()))?;
        unpack(&mut header.meta);
        let mut at = HEAD_BYTES + json_length;
        let mut entries = Vec::with_capacity(header.tensors.len());
        for entry in header.tensors {
            let bytes = entry.values().and_then(|n| n.checked_mul(4));
            let end = bytes
                .and_then(|b| at.checked_add(b))
                .filter(|&end| end <= total - CRC_BYTES);
            let end = end.ok_or_else(|| RunFileError::Header(format!("{} reaches past the end", entry.name)))?;
            entries.push((entry, at));
            at = end;
        }
        if at != total - CRC_BYTES {
            return Err(RunFileError::Header("its tensors do not fill it".to_owned()));
        }
        Ok(Self {
            source,
            meta: header.meta,
            entries,
            total,
        })
    }

    /// Length in bytes.
    pub fn length(&self) -> u64 {
        self.total
    }

    /// Reads everything once and compares the checksum.
    ///
    /// # Errors
    /// If a byte differs from what was written, or cannot be read.
    pub fn verify(&mut self) -> Result<(), RunFileError> {
        let mut crc = crc32fast::Hasher::new();
        let mut buffer = vec![0u8; CHUNK_VALUES * 4];
        let end = self.total - CRC_BYTES;
        let mut at = 0;
        while at < end {
            let n = (end - at).min(buffer.len() as u64);
            let part = &mut buffer[..n as usize];
            self.source.read_at(at, part).map_err(RunFileError::Read)?;
            crc.update(part);
            at += n;
        }
        let mut wanted = [0u8; CRC_BYTES as usize];
        self.source.read_at(end, &mut wanted).map_err(RunFileError::Read)?;
        if crc.finalize() == u32::from_le_bytes(wanted) {
            Ok(())
        } else {
            Err(RunFileError::Checksum("values"))
        }
    }

    /// Shape and values of a tensor.
    ///
    /// # Errors
    /// If there is none of this name or it cannot be read.
    pub fn tensor(&mut self, name: &str) -> Result<(Vec<usize>, Vec<f32>), RunFileError> {
        let found = self.entries.iter().find(|(entry, _)| entry.name == name);
        let (entry, mut at) = found.cloned().ok_or_else(|| RunFileError::Missing(name.to_owned()))?;
        // Within the file, as `open` made sure.
        let mut left = entry.values().unwrap_or(0) as usize;
        let mut values = Vec::with_capacity(left);
        let mut bytes = vec![0u8; left.min(CHUNK_VALUES) * 4];
        while left > 0 {
            let n = left.min(CHUNK_VALUES);
            let part = &mut bytes[..n * 4];
            self.source.read_at(at, part).map_err(RunFileError::Read)?;
            values.extend(
                part.chunks_exact(4)
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
            );
            at += part.len() as u64;
            left -= n;
        }
        Ok((entry.shape, values))
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|(entry, _)| entry.name == name)
    }
}

#[cfg(test)]
#[path = "run_file_tests.rs"]
mod tests;
