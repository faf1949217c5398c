//! Recorded events, for those who are not shown all that is in them.

use std::collections::BTreeMap;

use proto_events::{Json, RecordedEvent, Redaction};

/// What of an event can be sensitive, each with the member that says where something is left out of it.
const SENSITIVE: [(&str, &str); 2] = [("arguments", "redacted_arguments"), ("result", "redacted_result")];

/// The event without what is to be left out of its arguments and its result. The payload then names it by JSON Pointers
/// (RFC 6901) in members of its own; where nothing is left out, the event is as it was recorded.
pub(crate) fn redacted_event(mut recorded: RecordedEvent, redaction: &Redaction) -> RecordedEvent {
    let Ok(mut members) = serde_json::from_slice::<BTreeMap<String, Json>>(&recorded.event.payload) else {
        // What cannot be looked into is not shown unseen.
        recorded.event.payload = bytes::Bytes::from_static(b"\"[redacted]\"");
        return recorded;
    };
    let mut changed = false;
    for (name, mark) in SENSITIVE {
        let Some((json, left_out)) = members.get(name).map(|json| redaction.apply(json)) else { continue };
        if !left_out.is_empty() {
            members.insert(name.to_owned(), json);
            members.insert(mark.to_owned(), Json::from_value(&left_out.into()));
            changed = true;
        }
    }
    if changed {
        // A map of texts that are JSON can be written; nothing is the safe answer if it could not.
        recorded.event.payload = serde_json::to_vec(&members).unwrap_or_else(|_| b"null".to_vec()).into();
    }
    recorded
}
