//! Huffman codes and bits (T.81, annexes C and F.2.2).

use super::parts::Fault;

/// A table of Huffman codes.
pub(super) struct Table {
    /// By the next 8 bits: length of the code (0 for a longer one) and its value.
    short: [(u8, u8); 256],
    /// By length from 1: the first code, the number of codes, and where their values begin.
    lengths: [(u32, u32, usize); 17],
    values: Vec<u8>,
}

impl Table {
    /// From the number of codes of each length and their values.
    ///
    /// # Errors
    /// If there are more codes than bits allow.
    pub(super) fn new(counts: &[u8; 16], values: &[u8]) -> Result<Table, Fault> {
        let mut table = Table {
            short: [(0, 0); 256],
            lengths: [(0, 0, 0); 17],
            values: values.to_vec(),
        };
        let (mut code, mut first) = (0u32, 0usize);
        for (length, count) in (1..=16u32).zip(counts.iter().map(|n| u32::from(*n))) {
            if code + count > 1 << length {
                return Err("a Huffman table with more codes than bits".into());
            }
            table.lengths[length as usize] = (code, count, first);
            if length <= 8 {
                for i in 0..count {
                    let from = ((code + i) << (8 - length)) as usize;
                    let value = values.get(first + i as usize).copied().unwrap_or(0);
                    table.short[from..from + (1 << (8 - length))].fill((length as u8, value));
                }
            }
            first += count as usize;
            code = (code + count) << 1;
        }
        Ok(table)
    }
}

/// Where the next marker begins; inside of data FF 00 is none.
pub(super) fn next_marker(bytes: &[u8], mut at: usize) -> usize {
    while let (Some(&a), Some(&b)) = (bytes.get(at), bytes.get(at + 1)) {
        if a == 0xff && b != 0 && b != 0xff {
            break;
        }
        at += 1;
    }
    at
}

/// Bits of a scan, up to the next marker.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Bits<'a> {
        Bits {
            bytes,
            at,
            held: 0,
            count: 0,
        }
    }

    fn fill(&mut self) {
        while self.count <= 48 {
            let byte = match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
                (Some(0xff), Some(0)) => {
                    self.at += 2;
                    0xff
                }
                (Some(0xff), _) | (None, _) => break,
                (Some(byte), _) => {
                    self.at += 1;
                    *byte
                }
            };
            self.held = self.held << 8 | u64::from(byte);
            self.count += 8;
        }
    }

    /// The next 16 bits, zeros behind the end.
    fn peek(&mut self) -> u32 {
        if self.count < 16 {
            self.fill();
        }
        let bits = if self.count >= 16 {
            self.held >> (self.count - 16)
        } else {
            self.held << (16 - self.count)
        };
        (bits & 0xffff) as u32
    }

    fn skip(&mut self, n: u32) -> Result<(), Fault> {
        if self.count < n {
            self.fill();
        }
        self.count = self.count.checked_sub(n).ok_or("the data ends")?;
        Ok(())
    }

    /// A number of `n` bits, 16 at most.
    pub(super) fn take(&mut self, n: u32) -> Result<u32, Fault> {
        let n = n.min(16);
        let value = self.peek() >> (16 - n);
        self.skip(n)?;
        Ok(value)
    }

    /// A signed number of a category (T.81, F.2.2.1): its highest bit is 1 in positive ones.
    pub(super) fn signed(&mut self, category: u32) -> Result<i32, Fault> {
        let category = category.min(16);
        let value = self.take(category)? as i32;
        let negative = category > 0 && value >> (category - 1) == 0;
        Ok(if negative { value + 1 - (1 << category) } else { value })
    }

    /// The value of the next code.
    pub(super) fn code(&mut self, table: &Table) -> Result<u8, Fault> {
        let next = self.peek();
        let (length, value) = table.short[(next >> 8) as usize];
        if length > 0 {
            self.skip(length.into())?;
            return Ok(value);
        }
        for length in 9..=16u32 {
            let (first, count, from) = table.lengths[length as usize];
            let code = next >> (16 - length);
            if code >= first && code - first < count {
                self.skip(length)?;
                let value = table.values.get(from + (code - first) as usize);
                return value.copied().ok_or_else(|| "a code that stands for nothing".into());
            }
        }
        let ended = self.count < 16;
        Err(if ended {
            "the data ends"
        } else {
            "a code that stands for nothing"
        }
        .into())
    }

    /// Passes the restart marker that has to come here; `false` if another one or none does.
    pub(super) fn restart(&mut self) -> bool {
        let marker = next_marker(self.bytes, self.at);
        let found = matches!(self.bytes.get(marker + 1), Some(0xd0..=0xd7));
        if found {
            *self = Bits::new(self.bytes, marker + 2);
        }
        found
    }
}
