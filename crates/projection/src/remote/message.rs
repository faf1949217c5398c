//! One message: whether it is a recorded event, and whether it is what it says.

use proto_events::{CloudEvent, GlobalPosition, RecordedEvent, header};
use vidimus_bus::StoredMessage;
use vidimus_log::{encode_record, leaf_hash};

/// Something on the stream that keeps the copy from being one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The position that cannot be had.
    pub(super) position: GlobalPosition,
    /// On the stream: where that shows.
    pub(super) sequence: u64,
    /// What is wrong.
    pub(super) reason: String,
}

/// The events of consecutive messages.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Passage {
    /// Without a gap.
    pub(super) events: Vec<RecordedEvent>,
    /// The sequence after the last message that was read or passed over.
    pub(super) next: u64,
    /// Why there are no more events: the message at `next` is not the one that has to be there.
    pub(super) fault: Option<Fault>,
}

/// Whether it says that it is a recorded event. Others put their own messages on a stream, too.
fn is_ours(message: &StoredMessage) -> bool {
    message.header(header::POSITION).is_some()
        && message.header(header::CONTENT_TYPE) == Some(CloudEvent::MEDIA_TYPE)
}

/// The position that a message names in its headers; `None` if it is none of ours.
pub(super) fn position(message: &StoredMessage) -> Option<GlobalPosition> {
    is_ours(message).then(|| message.header(header::POSITION)?.parse().ok().map(GlobalPosition::new))?
}

/// The events that follow `after`, at most `limit`, out of consecutive messages that begin at sequence `from`. An event
/// that was there before is passed over, as are messages of others.
pub(super) fn passage(messages: &[StoredMessage], from: u64, after: GlobalPosition, limit: usize) -> Passage {
    let mut passage = Passage { next: from, ..Passage::default() };
    let mut expected = after.next();
    for message in messages {
        if passage.events.len() == limit {
            break;
        }
        let sequence = message.sequence;
        if is_ours(message) {
            let fault = |reason| Fault { position: expected, sequence, reason };
            match read(message) {
                Err(reason) => {
                    passage.fault = Some(fault(format!("the message is damaged ({reason})")));
                    break;
                }
                Ok(recorded) if recorded.position > expected => {
                    passage.fault =
                        Some(fault(format!("it is missing: position {} comes there", recorded.position)));
                    break;
                }
                Ok(recorded) if recorded.position == expected => {
                    expected = expected.next();
                    passage.events.push(recorded);
                }
                Ok(recorded) => {
                    let said = passage.events.iter().find(|event| event.position == recorded.position);
                    if said.is_some_and(|said| *said != recorded) {
                        let reason = format!("another event claims position {}", recorded.position);
                        passage.fault = Some(fault(reason));
                        break;
                    }
                }
            }
        }
        passage.next = sequence + 1;
    }
    passage
}

/// The event of a message that is ours.
///
/// # Errors
/// What does not agree.
fn read(message: &StoredMessage) -> Result<RecordedEvent, String> {
    let event: CloudEvent =
        serde_json::from_slice(&message.payload).map_err(|error| format!("no CloudEvent: {error}"))?;
    let recorded = event.data.clone();
    if CloudEvent::of(recorded.clone()) != event {
        return Err("the attributes of the CloudEvent are not those of its data".to_owned());
    }
    if leaf_hash(&encode_record(&recorded)) != recorded.leaf_hash {
        return Err("the event is not the one that its leaf hash is of".to_owned());
    }
    let said = [
        (header::POSITION, recorded.position.to_string()),
        (header::LEAF_HASH, recorded.leaf_hash.to_string()),
        (header::TENANT, recorded.tenant.to_string()),
        (header::EVENT_ID, recorded.event.event_id.to_string()),
    ];
    match said.into_iter().find(|(name, value)| message.header(name) != Some(value)) {
        Some((name, _)) => Err(format!("the header `{name}` does not say what the event does")),
        None => Ok(recorded),
    }
}

#[cfg(test)]
mod tests;
