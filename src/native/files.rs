//! Files in and out: what a path on the command line stands for, and writing that leaves no half file behind.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::stop::Stop;
use groundmask::{
    data::pair::is_junk,
    formats::run_file::{Sink, Source},
};

/// A file as the engine is told of it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// As if it had been dropped on the page: below the folder that was named, `/` between the parts.
    pub path: String,
    /// Where it is.
    pub at: PathBuf,
}

impl Listed {
    /// # Errors
    /// If it cannot be read.
    pub fn bytes(&self) -> Result<Vec<u8>, String> {
        fs::read(&self.at).map_err(|error| error.to_string())
    }
}

/// Files and all files below folders, in order of their paths; what systems leave behind is passed over.
///
/// # Errors
/// If a path is not there or a folder cannot be read.
pub fn listed(paths: &[PathBuf]) -> Result<Vec<Listed>, Stop> {
    let mut found = Vec::new();
    for path in paths {
        let name = match path.file_name() {
            Some(name) => name.to_string_lossy().into_owned(),
            // `.` and `..` have names too.
            None => {
                let whole = path.canonicalize().map_err(|e| Stop::at(path, e))?;
                let name = whole.file_name();
                name.map_or_else(|| "data".to_owned(), |name| name.to_string_lossy().into_owned())
            }
        };
        // Whoever names a hidden folder means it.
        let name = name.trim_start_matches('.').to_owned();
        walk(path, name, &mut BTreeSet::new(), &mut found)?;
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn walk(at: &Path, path: String, above: &mut BTreeSet<PathBuf>, found: &mut Vec<Listed>) -> Result<(), Stop> {
    let about = fs::metadata(at).map_err(|e| Stop::at(at, e))?;
    if !about.is_dir() {
        found.push(Listed {
            path,
            at: at.to_owned(),
        });
        return Ok(());
    }
    // A link to a folder that this one lies in would lead round and round.
    let real = at.canonicalize().map_err(|e| Stop::at(at, e))?;
    if !above.insert(real.clone()) {
        return Ok(());
    }
    for entry in fs::read_dir(at).map_err(|e| Stop::at(at, e))? {
        let entry = entry.map_err(|e| Stop::at(at, e))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !is_junk(&name) {
            walk(&entry.path(), format!("{path}/{name}"), above, found)?;
        }
    }
    above.remove(&real);
    Ok(())
}

/// A file that appears under its name when it is whole, and not before.
pub struct NewFile {
    at: PathBuf,
    part: PathBuf,
    file: BufWriter<File>,
}

impl NewFile {
    /// # Errors
    /// If its folder cannot be written to.
    pub fn create(at: &Path) -> Result<Self, Stop> {
        Self::create_as(at, "part")
    }

    /// Of a file that other processes may be writing at the same time: the last that is whole stays.
    ///
    /// # Errors
    /// If its folder cannot be written to.
    pub fn create_beside_others(at: &Path) -> Result<Self, Stop> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::create_as(at, &format!("{}-{}.part", std::process::id(), since.as_nanos()))
    }

    fn create_as(at: &Path, ending: &str) -> Result<Self, Stop> {
        let name = at.file_name().unwrap_or_default().to_string_lossy();
        // In the same folder, so that the renaming is one act of the file system.
        let part = at.with_file_name(format!(".{name}.{ending}"));
        if let Some(folder) = at.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|e| Stop::at(folder, e))?;
        }
        let file = File::create(&part).map_err(|e| Stop::at(&part, e))?;
        Ok(Self {
            at: at.to_owned(),
            part,
            file: BufWriter::new(file),
        })
    }

    /// # Errors
    /// If the disk does not take it.
    pub fn finish(mut self) -> Result<(), Stop> {
        let written = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        let done = written.and_then(|()| fs::rename(&self.part, &self.at));
        done.map_err(|e| Stop::at(&self.at, e))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // Gone already where it was finished.
        let _ = fs::remove_file(&self.part);
    }
}

impl Sink for NewFile {
    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.file.write_all(bytes).map_err(|error| error.to_string())
    }
}

/// Writes a whole file, or none.
///
/// # Errors
/// If the disk does not take it.
pub fn write(at: &Path, bytes: &[u8]) -> Result<(), Stop> {
    let mut file = NewFile::create(at)?;
    file.write(bytes).map_err(|e| Stop::at(at, e))?;
    file.finish()
}

/// A saved run on the disk, read piece by piece.
pub struct OldFile {
    file: File,
    length: u64,
}

impl OldFile {
    /// # Errors
    /// If it is not there or no file.
    pub fn open(at: &Path) -> Result<Self, Stop> {
        let file = File::open(at).map_err(|e| Stop::at(at, e))?;
        let about = file.metadata().map_err(|e| Stop::at(at, e))?;
        match about.is_file() {
            true => Ok(Self {
                file,
                length: about.len(),
            }),
            false => Err(Stop::at(at, "not a file")),
        }
    }
}

impl Source for OldFile {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        let mut read = || {
            self.file.seek(SeekFrom::Start(offset))?;
            self.file.read_exact(into)
        };
        read().map_err(|error| error.to_string())
    }
}
