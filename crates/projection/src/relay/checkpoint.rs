//! What a feed knows of its stream, on disk. Nothing rests on it but what the stream does not hold any more.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
};

use proto_events::{GlobalPosition, LeafHash};
use serde::{Deserialize, Serialize};

use crate::Checkpoint;

/// How far a feed is, on which stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    /// When the stream was made: another one of its name has another time.
    pub(super) created: String,
    /// Sequence of the last message of this log on it; 0: none yet.
    pub(super) sequence: u64,
    /// Position of the event of that message.
    pub(super) message: GlobalPosition,
    /// Up to here the log was looked at: after `message`, where events have no message.
    pub(super) position: GlobalPosition,
    /// Leaf hash of the event there.
    pub(super) leaf_hash: Option<LeafHash>,
}

impl Known {
    pub(super) const fn reached(&self) -> Checkpoint {
        Checkpoint { position: self.position, leaf_hash: self.leaf_hash }
    }

    /// Reads it; one that is lost or damaged is as good as none.
    pub(super) fn read(file: &Path) -> Option<Self> {
        let text = match std::fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(file = %file.display(), %error, "the relay's checkpoint cannot be read");
                return None;
            }
        };
        serde_json::from_slice(&text)
            .inspect_err(|error| {
                tracing::warn!(file = %file.display(), %error, "the relay's checkpoint is damaged: the stream says where it is");
            })
            .ok()
    }

    /// Writes it: the former one or this one is there, whatever happens.
    pub(super) fn write(&self, file: &Path) -> io::Result<()> {
        if let Some(directory) = file.parent() {
            std::fs::create_dir_all(directory)?;
        }
        let new = file.with_extension("json.new");
        let mut out = File::create(&new)?;
        out.write_all(&serde_json::to_vec(self)?)?;
        out.sync_all()?;
        std::fs::rename(new, file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_what_is_damaged_is_as_good_as_none() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("deeper/relay-recorded.json");
        assert_eq!(Known::read(&file), None);
        let known = Known {
            created: "2025-08-12 0:00:00".to_owned(),
            sequence: 7,
            message: GlobalPosition::new(5),
            position: GlobalPosition::new(9),
            leaf_hash: Some(LeafHash::new([3; 32])),
        };
        known.write(&file).unwrap();
        assert_eq!(Known::read(&file), Some(known.clone()));
        let text = std::fs::read(&file).unwrap();
        std::fs::write(&file, &text[..text.len() - 1]).unwrap();
        assert_eq!(Known::read(&file), None);
        known.write(&file).unwrap();
        assert_eq!(Known::read(&file), Some(known));
    }
}
