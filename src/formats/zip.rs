//! Zip archives out: stored entries, without ZIP64.

/// Date of every entry, so that equal content gives equal files: 1 January 1980, the first that zip knows.
const DOS_DATE: u16 = (1 << 5) | 1;

/// The archive would pass what a plain zip can address: 4 GiB, or 65,535 entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file would be larger than 4 GiB")]
pub struct TooLarge;

/// An archive that is being written.
#[derive(Debug, Default)]
pub struct ZipWriter {
    out: Vec<u8>,
    directory: Vec<u8>,
    entries: u16,
}

impl ZipWriter {
    /// Adds a file; a name may hold slashes.
    ///
    /// # Errors
    /// If there is no room for it.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), TooLarge> {
        let size = |n: usize| u32::try_from(n).map_err(|_| TooLarge);
        let at = size(self.out.len())?;
        let mut header = Vec::new();
        // Version needed, flags (names are UTF-8), stored, time, date.
        for v in [20u16, 1 << 11, 0, 0, DOS_DATE] {
            header.extend(v.to_le_bytes());
        }
        for v in [crc32fast::hash(bytes), size(bytes.len())?, size(bytes.len())?] {
            header.extend(v.to_le_bytes());
        }
        header.extend(u16::try_from(name.len()).map_err(|_| TooLarge)?.to_le_bytes());
        header.extend([0; 2]);
        self.entries = self.entries.checked_add(1).ok_or(TooLarge)?;
        self.out.extend(b"PK\x03\x04");
        self.out.extend(&header);
        self.out.extend(name.as_bytes());
        self.out.extend(bytes);
        self.directory.extend(b"PK\x01\x02\x14\0");
        self.directory.extend(&header);
        // No comment, first disk, no attributes.
        self.directory.extend([0; 10]);
        self.directory.extend(at.to_le_bytes());
        self.directory.extend(name.as_bytes());
        Ok(())
    }

    /// The whole archive.
    ///
    /// # Errors
    /// If it is too large.
    pub fn finish(self) -> Result<Vec<u8>, TooLarge> {
        let Self {
            mut out,
            directory,
            entries,
        } = self;
        let size = |n: usize| u32::try_from(n).map_err(|_| TooLarge);
        let (start, length) = (size(out.len())?, size(directory.len())?);
        out.extend(directory);
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend(entries.to_le_bytes());
        out.extend(entries.to_le_bytes());
        out.extend(length.to_le_bytes());
        out.extend(start.to_le_bytes());
        out.extend([0; 2]);
        Ok(out)
    }
}
