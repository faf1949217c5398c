//! The nkeys of the bus's users: seeds in files of their own, public keys for the configuration.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use nkeys::{KeyPair, KeyPairType};

use super::files;
use crate::error::{Failure, Kind};

/// A directory of seeds, one `USER.nk` each.
pub(super) struct Keys(PathBuf);

impl Keys {
    /// Makes the directory where it is missing, for its owner alone.
    pub(super) fn in_directory(directory: PathBuf) -> Result<Self, Failure> {
        files::make_secret_directory(&directory)?;
        Ok(Self(directory))
    }

    pub(super) fn path(&self, user: &str) -> PathBuf {
        self.0.join(format!("{user}.nk"))
    }

    /// The public key of a user, whose seed is drawn if there is none.
    pub(super) fn public(&self, user: &str) -> Result<String, Failure> {
        let path = self.path(user);
        match std::fs::read_to_string(&path) {
            Ok(seed) => public_key(&path, seed.trim()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let pair = KeyPair::new_user();
                let seed = pair.seed().map_err(|error| Failure::new(Kind::Other, "io", error))?;
                files::keep_secret(&path, &seed)?;
                Ok(pair.public_key())
            }
            Err(error) => Err(files::failed("read", &path, &error)),
        }
    }
}

fn public_key(path: &Path, seed: &str) -> Result<String, Failure> {
    match KeyPair::from_seed(seed) {
        Ok(pair) if pair.key_pair_type() == KeyPairType::User => Ok(pair.public_key()),
        _ => {
            let message = format!(
                "`{}` is no seed of a user (`SU…`): restore it from a backup, or remove it to have another drawn",
                path.display()
            );
            Err(Failure::new(Kind::Damaged, "nats_seed_invalid", message))
        }
    }
}
