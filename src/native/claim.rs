//! A scene is one process's alone while it is at work.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use crate::{scenes::Scene, stop::Stop};

/// Holds a scene against other processes that were given the same work, as long as it lives. A process that is killed
/// lets go of it: the lock is the system's.
pub struct Claim {
    at: PathBuf,
    _file: File,
}

impl Claim {
    /// Nothing if another process holds it.
    ///
    /// # Errors
    /// If the folder of results cannot be written to.
    pub fn take(scene: &Scene) -> Result<Option<Self>, Stop> {
        let first = scene.results.first().map(|(_, at)| at.as_path());
        let result = first.unwrap_or(Path::new("result"));
        let name = result.file_name().unwrap_or_default().to_string_lossy();
        let at = result.with_file_name(format!(".{name}.lock"));
        if let Some(folder) = at.parent() {
            fs::create_dir_all(folder).map_err(|e| Stop::at(folder, e))?;
        }
        let opened = File::options().create(true).truncate(false).write(true).open(&at);
        let file = opened.map_err(|e| Stop::at(&at, e))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            // A file system without locks is one process's alone.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Some(Self { at, _file: file })),
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.at);
    }
}
