//! How far an endpoint is: a small file each, replaced whole.

use std::{
    fs::File,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use proto_events::{LeafHash, TenantId};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use uuid::Uuid;
use vidimus_engine::{Delivery, Webhook};

/// The format of the file. One of another format is as one that is lost.
const VERSION: u32 = 2;
/// What files are named until they are whole.
const UNFINISHED: (&str, &str) = (".webhook-", ".tmp");

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    version: u32,
    #[serde(flatten)]
    place: Place,
}

/// Where an endpoint stands, and in which log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Where it stands.
    pub(crate) delivery: Delivery,
    /// Of the event at that position, which no other log has there; `None` where the webhook began and got no further.
    pub(crate) leaf_hash: Option<LeafHash>,
}

impl Place {
    /// Where the webhook begins, or begins again.
    pub(crate) fn beginning(webhook: &Webhook) -> Self {
        Self { delivery: Delivery::beginning(webhook), leaf_hash: None }
    }

    fn in_latest_run(self, webhook: &Webhook) -> Self {
        let leaf_hash = self.leaf_hash.filter(|_| self.delivery.replays == webhook.replays);
        Self { delivery: self.delivery.in_latest_run(webhook), leaf_hash }
    }
}

/// The name of the file of a webhook, in the directory of all of them.
pub(crate) fn file_name(tenant: &TenantId, webhook_id: Uuid) -> String {
    format!("{tenant}.{webhook_id}.json")
}

/// How the deliveries of a webhook stand by the files in `directory`, for whoever looks while nothing is delivered. Where
/// there is no file, or it cannot be read, the webhook stands where it began or was replayed.
pub fn delivery_on_disk(directory: &Path, tenant: &TenantId, webhook: &Webhook) -> Delivery {
    let place = read(&directory.join(file_name(tenant, webhook.webhook_id)), webhook);
    let place = place.unwrap_or_else(|error| {
        tracing::warn!(webhook_id = %webhook.webhook_id, %error, "cannot read where a webhook stands");
        Place::beginning(webhook)
    });
    place.delivery
}

/// An error says nothing about the webhook: what is in the file may be read later.
fn read(path: &Path, webhook: &Webhook) -> std::io::Result<Place> {
    let text = match std::fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Place::beginning(webhook)),
        text => text?,
    };
    Ok(match serde_json::from_slice::<Stored>(&text) {
        Ok(stored) if stored.version == VERSION => stored.place.in_latest_run(webhook),
        _ => {
            tracing::warn!(webhook_id = %webhook.webhook_id, "where a webhook stands cannot be read; deliveries are made again");
            Place::beginning(webhook)
        }
    })
}

/// The file of one endpoint. Writes may overlap, as an endpoint can be stopped in the middle of one: a later one is never
/// replaced by an earlier one.
#[derive(Clone, Debug)]
pub(crate) struct CheckpointFile {
    path: PathBuf,
    /// Number of the latest write that was done.
    written: Arc<Mutex<u64>>,
    next: u64,
}

impl CheckpointFile {
    pub(crate) fn new(directory: &Path, tenant: &TenantId, webhook_id: Uuid) -> Self {
        let path = directory.join(file_name(tenant, webhook_id));
        Self { path, written: Arc::default(), next: 1 }
    }

    /// Where the webhook stands.
    pub(crate) async fn read(&self, webhook: &Webhook) -> std::io::Result<Place> {
        let (path, webhook) = (self.path.clone(), webhook.clone());
        tokio::task::spawn_blocking(move || read(&path, &webhook)).await.map_err(std::io::Error::other)?
    }

    /// Writes where the webhook stands, so that there is all of it or what was there before, also when the power fails.
    pub(crate) async fn write(&mut self, place: Place) -> std::io::Result<()> {
        let stored = Stored { version: VERSION, place };
        let (path, written, number) = (self.path.clone(), Arc::clone(&self.written), self.next);
        self.next += 1;
        let write = move || {
            let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
            if *written > number {
                return Ok(());
            }
            replace(&path, &stored)?;
            *written = number;
            Ok(())
        };
        tokio::task::spawn_blocking(write).await.map_err(std::io::Error::other)?
    }
}

fn replace(path: &Path, stored: &Stored) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = match unfinished(directory) {
        // Somebody removed it.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            std::fs::create_dir(directory)?;
            unfinished(directory)?
        }
        file => file?,
    };
    file.write_all(&serde_json::to_vec(stored)?)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    #[cfg(unix)]
    File::open(directory)?.sync_all()?;
    Ok(())
}

fn unfinished(directory: &Path) -> std::io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(UNFINISHED.0).suffix(UNFINISHED.1).tempfile_in(directory)
}

/// Makes the directory, if it is not there, and tries whether it can be written to.
pub(crate) fn make_usable(directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let mut file = unfinished(directory)?;
    file.write_all(&[0; 512])?;
    file.as_file().sync_all()
}

/// Removes what is left of webhooks that are no more, and of writes that were cut off; whatever else is there is left alone.
/// `is_there`: by the name of the file.
pub(crate) fn tidy(directory: &Path, is_there: impl Fn(&str) -> bool) {
    let remove = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry?;
        let is_left = entry.file_name().to_str().is_some_and(|name| is_ours(name) && !is_there(name));
        if is_left && entry.file_type()?.is_file() {
            std::fs::remove_file(entry.path())?;
        }
        Ok(())
    };
    let tidied = std::fs::read_dir(directory).and_then(|mut entries| entries.try_for_each(remove));
    if let Err(error) = tidied {
        tracing::warn!(%error, "cannot remove what is left of webhooks that are no more");
    }
}

/// Whether it is a name of a file that is written here.
fn is_ours(name: &str) -> bool {
    if name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1) {
        return true;
    }
    let parts = name.strip_suffix(".json").and_then(|name| name.rsplit_once('.'));
    parts.is_some_and(|(tenant, webhook_id)| match (tenant.parse(), webhook_id.parse()) {
        (Ok(tenant), Ok(webhook_id)) => file_name(&tenant, webhook_id) == name,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use proto_events::{Actor, GlobalPosition, Timestamp, WebhookFilter};

    use super::*;

    fn webhook(replays: u32) -> Webhook {
        Webhook {
            webhook_id: Uuid::from_u128(7),
            url: "https://example.com".to_owned(),
            label: None,
            filter: WebhookFilter::default(),
            after: GlobalPosition::new(10),
            replays,
            parked: None,
            created_at: Timestamp::from_micros(0),
            created_by: Actor::user("ada"),
        }
    }

    fn at(position: u64) -> Place {
        let last_success_at = Some(Timestamp::from_micros(1));
        let delivery =
            Delivery { position: GlobalPosition::new(position), last_success_at, ..Delivery::default() };
        Place { delivery, leaf_hash: Some(LeafHash::new([7; 32])) }
    }

    #[tokio::test]
    async fn what_was_written_is_read_unless_it_is_of_another_run_or_damaged() {
        let (directory, tenant) = (tempfile::tempdir().unwrap(), "acme".parse().unwrap());
        let mut file = CheckpointFile::new(directory.path(), &tenant, Uuid::from_u128(7));
        let begin = Place::beginning(&webhook(0));
        assert_eq!((begin.delivery.position.get(), begin.leaf_hash), (10, None));
        assert_eq!(file.read(&webhook(0)).await.unwrap(), begin, "there is none yet");
        file.write(at(42)).await.unwrap();
        assert_eq!(file.read(&webhook(0)).await.unwrap(), at(42));
        assert_eq!(delivery_on_disk(directory.path(), &tenant, &webhook(0)), at(42).delivery);
        let replayed = Place { delivery: Delivery { replays: 1, ..at(10).delivery }, leaf_hash: None };
        assert_eq!(file.read(&webhook(1)).await.unwrap(), replayed);
        let path = directory.path().join(file_name(&tenant, Uuid::from_u128(7)));
        let text = std::fs::read_to_string(&path).unwrap();
        for damaged in
            [String::new(), text[..text.len() / 2].to_owned(), text.replace("\"version\":2", "\"version\":3")]
        {
            std::fs::write(&path, &damaged).unwrap();
            assert_eq!(file.read(&webhook(0)).await.unwrap(), begin, "{damaged}");
        }
    }

    #[tokio::test]
    async fn an_earlier_write_does_not_replace_a_later_one() {
        let (directory, tenant) = (tempfile::tempdir().unwrap(), "acme".parse().unwrap());
        let mut file = CheckpointFile::new(directory.path(), &tenant, Uuid::from_u128(7));
        let mut late = file.clone();
        file.next = 2;
        file.write(at(2)).await.unwrap();
        late.write(at(1)).await.unwrap();
        assert_eq!(file.read(&webhook(0)).await.unwrap(), at(2));
    }

    #[tokio::test]
    async fn a_directory_that_was_removed_is_made_again() {
        let (directory, tenant) = (tempfile::tempdir().unwrap(), "acme".parse().unwrap());
        let webhooks = directory.path().join("webhooks");
        let mut file = CheckpointFile::new(&webhooks, &tenant, Uuid::from_u128(7));
        file.write(at(1)).await.unwrap();
        std::fs::remove_dir_all(&webhooks).unwrap();
        file.write(at(2)).await.unwrap();
        assert_eq!(file.read(&webhook(0)).await.unwrap(), at(2));
    }

    /// What stands in the way of a file is no reason to begin anew.
    #[tokio::test]
    async fn a_file_that_cannot_be_read_is_an_error() {
        let (directory, tenant) = (tempfile::tempdir().unwrap(), "acme".parse().unwrap());
        std::fs::create_dir(directory.path().join(file_name(&tenant, Uuid::from_u128(7)))).unwrap();
        let file = CheckpointFile::new(directory.path(), &tenant, Uuid::from_u128(7));
        file.read(&webhook(0)).await.unwrap_err();
    }

    #[test]
    fn what_is_of_no_webhook_is_removed_and_nothing_that_is_not_ours() {
        let directory = tempfile::tempdir().unwrap();
        let name = |id| file_name(&"acme".parse().unwrap(), Uuid::from_u128(id));
        let foreign = [".keep".to_owned(), "notes.json".to_owned(), name(1).to_uppercase(), name(2) + "~"];
        for name in [name(3), name(4), ".webhook-AbC.tmp".to_owned()].iter().chain(&foreign) {
            std::fs::write(directory.path().join(name), "{}").unwrap();
        }
        std::fs::create_dir(directory.path().join(name(5))).unwrap();
        tidy(directory.path(), |there| there == name(3));
        let left = std::fs::read_dir(directory.path()).unwrap();
        let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        let mut expected = [vec![name(3), name(5)], foreign.to_vec()].concat();
        expected.sort();
        assert_eq!(left, expected);
        tidy(&directory.path().join("none"), |_| false);
    }

    #[test]
    fn a_directory_is_usable_where_files_can_be_written() {
        let directory = tempfile::tempdir().unwrap();
        let webhooks = directory.path().join("webhooks");
        std::fs::write(&webhooks, "in the way").unwrap();
        make_usable(&webhooks).unwrap_err();
        std::fs::remove_file(&webhooks).unwrap();
        for _ in 0..2 {
            make_usable(&webhooks).unwrap();
        }
        assert_eq!(std::fs::read_dir(&webhooks).unwrap().count(), 0, "nothing of the trial is left");
    }
}
