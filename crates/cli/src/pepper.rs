//! The key pepper: `DIR/key-pepper`, 32 bytes as hex. Whoever has the log alone can make no key of it; whoever loses the
//! pepper has lost every key.

use std::{
    io::{ErrorKind, Write as _},
    path::Path,
    sync::Arc,
};

use proto_events::{GlobalPosition, StreamId};
use vidimus_engine::{KeyPepper, RandomIds};
use vidimus_log::{EventLog, Subscription};

use crate::error::{Failure, Kind};

/// What to do where there is no pepper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Draw one, if no key was ever made here.
    First,
    /// Draw one, whatever becomes of the keys.
    Anew,
}

/// The pepper of the data directory, whose log nobody else has open.
pub(crate) async fn of(
    directory: &Path,
    log: &Arc<dyn EventLog>,
    missing: Missing,
) -> Result<KeyPepper, Failure> {
    let path = directory.join("key-pepper");
    match std::fs::read(&path) {
        Ok(_) if missing == Missing::Anew => {
            let message =
                format!("`{}` is there: leave out `--new-pepper`, which would end every key", path.display());
            Err(Failure::refused("key_pepper_present", message))
        }
        Ok(text) => {
            warn_if_others_read_it(&path);
            parse(&path, &text)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if missing == Missing::First && has_keys(log).await? {
                let message = format!(
                    "`{}` is missing, without which no key of this log can be checked: restore it from a backup, or \
                     begin anew with `vidimus key create --new-pepper`, which ends every older key",
                    path.display()
                );
                return Err(Failure::new(Kind::Damaged, "key_pepper_missing", message));
            }
            let pepper = KeyPepper::draw(&RandomIds);
            keep(directory, &path, &pepper).map_err(|error| failed("write", &path, &error))?;
            Ok(pepper)
        }
        Err(error) => Err(failed("read", &path, &error)),
    }
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("cannot {what} `{}`: {error}; check its permissions and the disk", path.display());
    Failure::new(Kind::Other, "io", message)
}

fn parse(path: &Path, text: &[u8]) -> Result<KeyPepper, Failure> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.trim_ascii_end(), &mut bytes).map_err(|_| {
        let message = format!("`{}` is not 64 hexadecimal digits: restore it from a backup", path.display());
        Failure::new(Kind::Damaged, "key_pepper_invalid", message)
    })?;
    Ok(KeyPepper::new(bytes))
}

/// Writes it so that there is all of it or nothing, also when the power fails.
fn keep(directory: &Path, path: &Path, pepper: &KeyPepper) -> std::io::Result<()> {
    // Readable by its owner alone from the first moment on.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    writeln!(file, "{}", hex::encode(pepper.expose()))?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    #[cfg(unix)]
    std::fs::File::open(directory)?.sync_all()?;
    Ok(())
}

/// Keys, or webhooks, whose secrets come from it as well. Reads the whole log: rare, as it is asked only where the pepper is missing.
async fn has_keys(log: &Arc<dyn EventLog>) -> Result<bool, Failure> {
    let mut subscription = Subscription::new(Arc::clone(log), GlobalPosition::START);
    while let Some(batch) = subscription.next_available().await? {
        let needs_it = [StreamId::KEY, StreamId::WEBHOOK];
        if batch.iter().any(|event| needs_it.contains(&event.stream.category())) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(unix)]
fn warn_if_others_read_it(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).map_or(0, |found| found.permissions().mode());
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "others can read the key pepper: `chmod 600` it");
    }
}

#[cfg(not(unix))]
fn warn_if_others_read_it(_: &Path) {}
