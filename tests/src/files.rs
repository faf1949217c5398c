//! Directories to work in.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// A directory on a real disk.
pub fn on_disk() -> TempDir {
    tempfile::Builder::new().prefix("vidimus-faults-").tempdir().unwrap()
}

/// A directory in memory where there is one: for what is simulated anyway.
pub fn in_memory() -> TempDir {
    let shm = Path::new("/dev/shm");
    let builder = || tempfile::Builder::new().prefix("vidimus-faults-").to_owned();
    builder().tempdir_in(shm).unwrap_or_else(|_| on_disk())
}

/// Every file below `directory`, by its path from there, in order.
pub fn list(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(directory.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Copies a directory with everything in it, empty folders too. Zeros are left out of the copy, so it is quick.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("sled/blobs")).unwrap();
    for path in list(from) {
        fs::create_dir_all(to.join(&path).parent().unwrap()).unwrap();
        write_sparse(&to.join(&path), &fs::read(from.join(&path)).unwrap());
    }
}

/// Writes a file; the zeros at its end are a hole.
pub fn write_sparse(path: &Path, bytes: &[u8]) {
    let used = used(bytes);
    fs::write(path, &bytes[..used]).unwrap();
    fs::File::options().write(true).open(path).unwrap().set_len(bytes.len() as u64).unwrap();
}

/// How long `bytes` is without the zeros at its end.
pub fn used(bytes: &[u8]) -> usize {
    // By pages first: tests are not optimised.
    let pages = bytes.chunks(4096).rposition(|page| page != &[0; 4096][..page.len()]);
    let Some(page) = pages else { return 0 };
    let end = bytes.len().min((page + 1) * 4096);
    bytes[..end].iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

/// Changes the bytes of a file.
pub fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    write_sparse(path, &bytes);
}

/// sled's snapshots in the data directory `directory`, without its path.
pub fn snapshots(directory: &Path) -> Vec<PathBuf> {
    let is_one = |path: &PathBuf| path.to_string_lossy().starts_with("sled/snap.");
    list(directory).into_iter().filter(is_one).collect()
}
