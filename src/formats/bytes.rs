//! The bytes of a file: held, or read range by range from where the file lies, for files that are larger than memory.

use std::{borrow::Cow, cell::RefCell, fmt};

use super::run_file::Source;

/// Read at a time where a few bytes are asked for: directories of a TIFF lie close together.
const PAGE_BYTES: usize = 64 << 10;
/// Most that is read at once. Counts in a file come from a stranger.
const MOST_BYTES: usize = 64 << 20;

/// Bytes by their place in a file.
pub trait Bytes: fmt::Debug {
    /// Of the file.
    fn length(&self) -> u64;

    /// `length` bytes from `from` on; `None` if the file does not hold them, or cannot be read there.
    fn range(&self, from: u64, length: usize) -> Option<Cow<'_, [u8]>>;

    /// Bytes of memory taken.
    fn held(&self) -> usize;
}

impl Bytes for Vec<u8> {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn range(&self, from: u64, length: usize) -> Option<Cow<'_, [u8]>> {
        let from = usize::try_from(from).ok()?;
        self.as_slice().get(from..from.checked_add(length)?).map(Cow::Borrowed)
    }

    fn held(&self) -> usize {
        self.len()
    }
}

/// A file that stays where it is.
pub struct ByRange {
    length: u64,
    reader: RefCell<Reader>,
}

struct Reader {
    source: Box<dyn Source>,
    /// The page read last, and where it begins.
    page: (u64, Vec<u8>),
}

impl ByRange {
    pub fn new(source: Box<dyn Source>) -> ByRange {
        ByRange {
            length: source.length(),
            reader: RefCell::new(Reader {
                source,
                page: (0, Vec::new()),
            }),
        }
    }
}

impl Reader {
    fn read(&mut self, from: u64, length: usize) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).ok()?;
        bytes.resize(length, 0);
        self.source.read_at(from, &mut bytes).ok()?;
        Some(bytes)
    }
}

impl Bytes for ByRange {
    fn length(&self) -> u64 {
        self.length
    }

    fn range(&self, from: u64, length: usize) -> Option<Cow<'_, [u8]>> {
        let end = from.checked_add(length as u64)?;
        if end > self.length || length > MOST_BYTES {
            return None;
        }
        let mut reader = self.reader.borrow_mut();
        if length > PAGE_BYTES {
            return reader.read(from, length).map(Cow::Owned);
        }
        let (begin, page) = &reader.page;
        let has = from >= *begin && end <= begin + page.len() as u64;
        if !has {
            let rest = (self.length - from).min(PAGE_BYTES as u64) as usize;
            reader.page = (from, reader.read(from, rest)?);
        }
        let (begin, page) = &reader.page;
        let at = (from - begin) as usize;
        page.get(at..at + length).map(|bytes| Cow::Owned(bytes.to_vec()))
    }

    fn held(&self) -> usize {
        0
    }
}

impl fmt::Debug for ByRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes read by range", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts what is asked of it.
    struct Counted(Vec<u8>, std::rc::Rc<RefCell<Vec<usize>>>);

    impl Source for Counted {
        fn length(&self) -> u64 {
            self.0.len() as u64
        }

        fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<(), String> {
            self.1.borrow_mut().push(into.len());
            self.0.as_slice().read_at(offset, into)
        }
    }

    #[test]
    fn a_file_read_by_range_gives_what_a_held_one_gives() {
        let held: Vec<u8> = (0..200_000u32).map(|n| (n * 7 % 251) as u8).collect();
        let asked = std::rc::Rc::new(RefCell::new(Vec::new()));
        let far = ByRange::new(Box::new(Counted(held.clone(), asked.clone())));
        let end = held.len() as u64;
        for (from, length) in [
            (0, 4),
            (2, 8),
            (65_530, 20),
            (10, 100_000),
            (end - 3, 3),
            (end, 0),
            (end, 1),
            (u64::MAX, 2),
        ] {
            assert_eq!(far.range(from, length), held.range(from, length), "{from} {length}");
        }
        // Neighbours share a page; what is larger than one is read as it is asked for.
        assert_eq!(*asked.borrow(), [PAGE_BYTES, PAGE_BYTES, 100_000, 3]);
        assert_eq!((far.length(), far.held()), (end, 0));
    }
}
