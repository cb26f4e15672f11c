//! A file that is handed over piece by piece while it is made, so that a large scene's is never whole in memory.

use std::io::{self, Write};

/// A piece is handed over once it has this many bytes.
const PART_BYTES: usize = 1 << 20;

/// Where the bytes of a file go while it is made.
pub struct Parts<'a> {
    take: Option<&'a mut dyn FnMut(Vec<u8>)>,
    held: Vec<u8>,
    given: u64,
}

impl<'a> Parts<'a> {
    /// All bytes stay here until the end.
    pub fn whole() -> Self {
        Self {
            take: None,
            held: Vec::new(),
            given: 0,
        }
    }

    /// `take` gets the pieces in their order; of a small file none.
    pub fn to(take: &'a mut dyn FnMut(Vec<u8>)) -> Self {
        Self {
            take: Some(take),
            ..Self::whole()
        }
    }

    /// Appends bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        if let Some(take) = &mut self.take
            && self.held.len() >= PART_BYTES
        {
            self.given += self.held.len() as u64;
            take(std::mem::take(&mut self.held));
        }
    }

    /// Bytes written so far.
    pub fn written(&self) -> u64 {
        self.given + self.held.len() as u64
    }

    /// The end of a file that begins with `head`, known only now. What comes back is the beginning of the file, which
    /// the pieces follow; the whole file if there were none.
    pub fn finish(mut self, mut head: Vec<u8>) -> Vec<u8> {
        match &mut self.take {
            Some(take) if self.given > 0 => take(self.held),
            // Nothing to put in front: no second buffer of the same length.
            _ if head.is_empty() => return self.held,
            _ => head.append(&mut self.held),
        }
        head
    }
}

impl Write for Parts<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_after_the_head_are_the_file() {
        let body: Vec<u8> = (0..3 * PART_BYTES + 5).map(|i| (i % 251) as u8).collect();
        for length in [0, 7, PART_BYTES - 1, PART_BYTES, body.len()] {
            for head in [&b""[..], b"head"] {
                let mut pieces = Vec::new();
                let mut take = |piece: Vec<u8>| pieces.push(piece);
                let mut parts = Parts::to(&mut take);
                for bytes in body[..length].chunks(1000) {
                    parts.push(bytes);
                }
                assert_eq!(parts.written(), length as u64);
                let mut file = parts.finish(head.to_vec());
                assert_eq!(pieces.is_empty(), length < PART_BYTES);
                assert!(pieces.iter().all(|piece| piece.len() < PART_BYTES + 1000));
                file.extend(pieces.concat());
                assert_eq!(file, [head, &body[..length]].concat());
            }
        }
        let mut whole = Parts::whole();
        whole.push(&body);
        assert_eq!(whole.finish(Vec::new()), body);
    }
}
