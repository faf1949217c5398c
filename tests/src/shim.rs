//! The shims in C, compiled when they are needed.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Compiles `tests/shim/NAME.c` into a library in `directory`.
///
/// Panics where there is no C compiler: without it these faults are not tested, and that must show.
pub fn build(name: &str, directory: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("shim").join(format!("{name}.c"));
    let library = directory.join(format!("{name}.so"));
    let output = Command::new("cc")
        .args(["-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-o"])
        .arg(&library)
        .arg(&source)
        .arg("-lpthread")
        .output()
        .unwrap_or_else(|error| panic!("the fault tests need a C compiler as `cc` (Debian: gcc): {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cc cannot compile {}: {errors}", source.display());
    library
}
