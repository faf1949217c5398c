//! What a stream is made with, and what one that is there has to have.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy, PersistenceMode, RetentionPolicy, StorageType};

use super::StreamSpec;

/// For how long a message with the id of another one is taken for that one. Nothing rests on it: it only makes a mistake less
/// likely to show.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

impl StreamSpec {
    pub(super) fn config(&self) -> Config {
        let max_age = self.max_age.unwrap_or_default();
        // The server wants it no longer than what it holds.
        let duplicate_window = self.max_age.map_or(DUPLICATE_WINDOW, |max_age| max_age.min(DUPLICATE_WINDOW));
        Config {
            name: self.name.clone(),
            subjects: vec![self.subjects.clone()],
            description: Some(self.description.clone()),
            storage: StorageType::File,
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::New,
            max_bytes: i64::try_from(self.max_bytes).unwrap_or(i64::MAX),
            max_age,
            duplicate_window,
            num_replicas: self.replicas,
            deny_delete: true,
            deny_purge: true,
            allow_direct: true,
            allow_atomic_publish: true,
            ..Config::default()
        }
    }

    /// What a stream with this configuration cannot be used for; what an operator may choose is not looked at.
    pub(super) fn misfit(&self, found: &Config) -> Option<String> {
        let size = usize::try_from(found.max_message_size).ok().filter(|size| *size > 0);
        let checks = [
            (found.subjects == [&*self.subjects], "its subjects have to be `SUBJECTS` and nothing else"),
            (found.mirror.is_none(), "it is a mirror of another stream"),
            (found.sources.as_ref().is_none_or(Vec::is_empty), "it takes messages from other streams"),
            (found.subject_transform.is_none(), "it changes subjects"),
            (found.storage == StorageType::File, "it is in memory: it has to be kept in files"),
            (found.retention == RetentionPolicy::Limits, "it has to keep messages up to limits"),
            (
                found.discard == DiscardPolicy::New && !found.discard_new_per_subject,
                "it discards old messages when it is full: it has to discard new ones",
            ),
            (found.deny_delete, "messages can be deleted from it: it has to deny that"),
            (found.deny_purge, "it can be purged: it has to deny that"),
            (
                found.max_messages <= 0 && found.max_messages_per_subject <= 0,
                "it holds a limited number of messages: only bytes and age may be limited",
            ),
            (
                size.is_none_or(|size| size >= self.message_bytes),
                "it takes only small messages: leave that limit to the server",
            ),
            (!found.no_ack, "it acknowledges nothing"),
            (!found.sealed, "it is sealed"),
            (
                found.persist_mode != Some(PersistenceMode::Async),
                "it acknowledges what is not stored yet: it has to persist before",
            ),
            (found.allow_direct, "it has to allow direct access (`--allow-direct`)"),
            (
                found.allow_atomic_publish,
                "it does not take atomic batches: they have to be allowed (`allow_atomic`), which needs NATS 2.12 or newer",
            ),
        ];
        let (_, reason) = checks.iter().find(|(fits, _)| !fits)?;
        Some(reason.replace("SUBJECTS", &self.subjects))
    }
}

#[cfg(test)]
mod tests {
    use async_nats::jetstream::stream::SubjectTransform;

    use super::*;

    fn spec() -> StreamSpec {
        StreamSpec {
            name: "FEED".to_owned(),
            subjects: "feed.>".to_owned(),
            description: "a feed".to_owned(),
            max_bytes: 1 << 20,
            max_age: None,
            replicas: 1,
            message_bytes: 1000,
        }
    }

    #[test]
    fn what_is_made_fits_and_an_operator_may_choose_how_much_it_holds() {
        let spec = spec();
        assert_eq!(spec.misfit(&spec.config()), None);
        let chosen = Config {
            max_bytes: -1,
            max_age: Duration::from_secs(60),
            num_replicas: 3,
            description: None,
            duplicate_window: Duration::from_secs(5),
            max_messages: -1,
            max_message_size: 2000,
            ..spec.config()
        };
        assert_eq!(spec.misfit(&chosen), None);
        assert_eq!(
            StreamSpec { max_age: Some(Duration::from_secs(9)), ..spec }.config().duplicate_window.as_secs(),
            9
        );
    }

    #[test]
    fn everything_that_matters_is_looked_at() {
        let spec = spec();
        let of = |change: fn(&mut Config)| {
            let mut config = spec.config();
            change(&mut config);
            spec.misfit(&config)
        };
        let changes: [fn(&mut Config); 15] = [
            |c| c.subjects.push("other".to_owned()),
            |c| c.mirror = Some(Default::default()),
            |c| c.sources = Some(vec![Default::default()]),
            |c| {
                c.subject_transform =
                    Some(SubjectTransform { source: ">".to_owned(), destination: "x".to_owned() });
            },
            |c| c.storage = StorageType::Memory,
            |c| c.retention = RetentionPolicy::WorkQueue,
            |c| c.discard = DiscardPolicy::Old,
            |c| c.deny_delete = false,
            |c| c.deny_purge = false,
            |c| c.max_messages = 10,
            |c| c.max_message_size = 999,
            |c| c.no_ack = true,
            |c| c.sealed = true,
            |c| c.allow_direct = false,
            |c| c.allow_atomic_publish = false,
        ];
        let reasons: std::collections::BTreeSet<_> =
            changes.into_iter().map(|change| of(change).unwrap()).collect();
        assert_eq!(reasons.len(), 15);
        assert!(reasons.contains("its subjects have to be `feed.>` and nothing else"));
    }
}
