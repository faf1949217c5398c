//! Files of the configuration, each there as a whole or not at all.

use std::{io::Write as _, path::Path};

use crate::error::{Failure, Kind};

/// Writes the configuration; which files that were. The server's part is its operator's from then on.
pub(super) fn write(directory: &Path, server: &str, tenants: &str) -> Result<Vec<String>, Failure> {
    make_directory(directory)?;
    let mut written = Vec::new();
    let (server_file, tenants_file) = (directory.join("nats-server.conf"), directory.join("tenants.conf"));
    if !server_file.exists() {
        put(&server_file, server, For::Everybody, false)
            .map_err(|error| failed("write", &server_file, &error))?;
        written.push(server_file.display().to_string());
    }
    put(&tenants_file, tenants, For::Everybody, true)
        .map_err(|error| failed("write", &tenants_file, &error))?;
    written.push(tenants_file.display().to_string());
    Ok(written)
}

/// A line that nobody but its owner may read; one that is there is not touched.
pub(super) fn keep_secret(path: &Path, secret: &str) -> Result<(), Failure> {
    put(path, &format!("{secret}\n"), For::Owner, false).map_err(|error| failed("write", path, &error))
}

/// Makes a directory for its owner alone, where it is missing; those above it are as directories are.
pub(super) fn make_secret_directory(directory: &Path) -> Result<(), Failure> {
    if let Some(above) = directory.parent() {
        make_directory(above)?;
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(directory) {
        Err(_) if directory.is_dir() => Ok(()),
        made => made.map_err(|error| failed("make", directory, &error)),
    }
}

fn make_directory(directory: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(directory).map_err(|error| failed("make", directory, &error))
}

pub(super) fn failed(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("cannot {what} `{}`: {error}; check its permissions and the disk", path.display());
    Failure::new(Kind::Other, "io", message)
}

/// Who may read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// Its owner alone, as temporary files are.
    Owner,
    /// nats-server too, which is another user.
    Everybody,
}

fn put(path: &Path, text: &str, readers: For, replace: bool) -> std::io::Result<()> {
    let directory = match path.parent() {
        Some(directory) if directory != Path::new("") => directory,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    #[cfg(unix)]
    if readers == For::Everybody {
        let replaced = if replace { std::fs::metadata(path).ok() } else { None };
        let_read(file.as_file(), replaced.as_ref())?;
    }
    file.as_file().sync_all()?;
    if replace {
        file.persist(path)?
    } else {
        file.persist_noclobber(path)?
    };
    #[cfg(unix)]
    std::fs::File::open(directory)?.sync_all()?;
    Ok(())
}

/// Makes a new file one that all may read; or, where it replaces another, what that was, if whoever runs this may.
#[cfg(unix)]
fn let_read(file: &std::fs::File, replaced: Option<&std::fs::Metadata>) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    const ALL_READ: u32 = 0o644;
    let mode = match replaced {
        None => ALL_READ,
        Some(replaced) => {
            let mode = replaced.permissions().mode() & 0o777;
            let belongs = fchown(file, Some(replaced.uid()), Some(replaced.gid())).is_ok();
            // Of another owner than before, it would be closed to that one.
            if belongs { mode } else { mode | ALL_READ }
        }
    };
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}
