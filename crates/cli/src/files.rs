//! Files that commands are given: policy sets, catalogues.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, ErrorKind, Read as _},
    path::Path,
};

use vidimus_api::convert;
use vidimus_policy::{PolicySet, PolicySource};

use crate::{
    catalogue::{self, Catalogue, Form, Given},
    error::{Failure, Kind},
};

/// Most entries of a directory that are looked at for policy files.
const MAX_ENTRIES: usize = 4096;

/// How many threads there is room for.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A file that cannot be read.
pub(crate) fn unreadable(file: &Path, error: &io::Error) -> Failure {
    let name = file.display();
    if error.kind() == ErrorKind::NotFound {
        return Failure::not_found("file_missing", format!("there is no `{name}`: check its name"));
    }
    Failure::refused("file_unreadable", format!("cannot read `{name}`: {error}"))
}

/// The file, at most `max` bytes and one more of it; `-` is standard input.
pub(crate) fn read(file: &Path, max: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let limit = max as u64 + 1;
    let read = if file == Path::new("-") {
        io::stdin().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| unreadable(file, &error))?;
    Ok(bytes)
}

/// The catalogue in a file.
pub(crate) fn catalogue(file: &Path, form: Form, given: &Given<'_>) -> Result<Catalogue, Failure> {
    let bytes = read(file, catalogue::MAX_BYTES)?;
    catalogue::read(&bytes, form, given)
        .map_err(|error| Failure::refused(error.code(), format!("`{}`: {error}", file.display())))
}

/// The policy set in a directory: its `*.cedar` files.
pub(crate) fn policy_set(directory: &Path) -> Result<PolicySet, Failure> {
    let name = directory.display();
    let missing = |error: io::Error| unreadable(directory, &error);
    let mut texts = BTreeMap::new();
    for (count, entry) in fs::read_dir(directory).map_err(missing)?.enumerate() {
        let entry = entry.map_err(missing)?;
        let file = entry.file_name().to_string_lossy().into_owned();
        if count >= MAX_ENTRIES {
            let message = format!(
                "`{name}` has more than {MAX_ENTRIES} entries: give the policy set a directory of its own"
            );
            return Err(Failure::new(Kind::Refused, "policy_source_too_many_files", message));
        }
        if !file.ends_with(".cedar") || file.starts_with('.') {
            continue;
        }
        let bytes = read(&entry.path(), PolicySource::MAX_BYTES)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to() + 1;
            Failure::refused(
                "policy_file_not_utf8",
                format!("`{name}/{file}` is not UTF-8 (from byte {at} on): save it as UTF-8"),
            )
        })?;
        texts.insert(file, text);
    }
    let source = PolicySource::new(texts)
        .map_err(|error| Failure::refused(error.code(), format!("`{name}`: {error}")))?;
    PolicySet::parse(&source).map_err(|errors| Failure {
        errors: errors.errors().iter().map(convert::policy_fault).collect(),
        ..Failure::refused("policy_invalid", format!("`{name}`: {errors}"))
    })
}
