//! What a stream answers to a publish.

use async_nats::jetstream::ErrorCode;
use serde::Deserialize;

use super::PublishFailure;

/// Wrong last sequence, said by the leader of a replicated stream for what is on its way (no name in the library).
const WRONG_LAST_SEQUENCE_ON_ITS_WAY: ErrorCode = ErrorCode(10164);

#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    stream: String,
    #[serde(default)]
    seq: u64,
    #[serde(default)]
    duplicate: bool,
    error: Option<ServerError>,
}

#[derive(Debug, Deserialize)]
struct ServerError {
    code: u16,
    #[serde(default)]
    err_code: u64,
    #[serde(default)]
    description: String,
}

impl Answer {
    pub(super) fn read(payload: &[u8]) -> Result<Self, PublishFailure> {
        serde_json::from_slice(payload)
            .map_err(|error| PublishFailure::unavailable(format!("its answer is not understood: {error}")))
    }

    /// Whether it says that everything up to `last` is stored now.
    pub(super) fn stored_up_to(self, last: u64) -> Result<(), PublishFailure> {
        let Some(error) = self.error else {
            return match (self.duplicate, self.seq == last) {
                (false, true) => Ok(()),
                (true, _) => {
                    Err(PublishFailure::Fenced { reason: "the message is there already".to_owned() })
                }
                (false, false) => {
                    let reason = format!("sequence {} was answered, and {last} expected", self.seq);
                    Err(PublishFailure::Fenced { reason })
                }
            };
        };
        let reason = format!("{}, error {}", error.description, error.err_code);
        Err(match ErrorCode(error.err_code) {
            ErrorCode::STREAM_WRONG_LAST_SEQUENCE
            | WRONG_LAST_SEQUENCE_ON_ITS_WAY
            | ErrorCode::ATOMIC_PUBLISH_CONTAINS_DUPLICATE_MESSAGE => PublishFailure::Fenced { reason },
            ErrorCode::STREAM_STORE_FAILED
            | ErrorCode::STORAGE_RESOURCES_EXCEEDED
            | ErrorCode::INSUFFICIENT_RESOURCES
            | ErrorCode::ACCOUNT_RESOURCES_EXCEEDED => PublishFailure::Full { stream: self.stream, reason },
            ErrorCode::ATOMIC_PUBLISH_INCOMPLETE_BATCH | ErrorCode::ATOMIC_PUBLISH_TOO_MANY_INFLIGHT => {
                PublishFailure::Unavailable { reason }
            }
            _ if error.code >= 500 => PublishFailure::Unavailable { reason },
            _ => PublishFailure::Refused { reason },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(payload: &str) -> Result<(), &'static str> {
        let read = Answer::read(payload.as_bytes()).and_then(|answer| answer.stored_up_to(7));
        read.map_err(|failure| super::super::PublishError { published: 0, failure }.code())
    }

    #[test]
    fn only_the_expected_sequence_means_that_it_is_stored() {
        assert_eq!(of(r#"{"stream":"F","seq":7}"#), Ok(()));
        assert_eq!(of(r#"{"stream":"F","seq":7,"batch":"b","count":3}"#), Ok(()));
        assert_eq!(of(r#"{"stream":"F","seq":8}"#), Err("nats_fenced"));
        assert_eq!(of(r#"{"stream":"F","seq":7,"duplicate":true}"#), Err("nats_fenced"));
        assert_eq!(of("+OK"), Err("nats_unavailable"));
    }

    #[test]
    fn errors_are_told_apart_by_their_code() {
        let error = |code: u16, err_code: u64| {
            of(&format!(
                r#"{{"error":{{"code":{code},"err_code":{err_code},"description":"d"}},"stream":"F","seq":0}}"#
            ))
        };
        for (code, err_code, expected) in [
            (400, 10071, "nats_fenced"),
            (400, 10164, "nats_fenced"),
            (400, 10201, "nats_fenced"),
            (503, 10077, "nats_stream_full"),
            (500, 10047, "nats_stream_full"),
            (400, 10002, "nats_stream_full"),
            (400, 10176, "nats_unavailable"),
            (503, 10008, "nats_unavailable"),
            (400, 10054, "nats_refused"),
            (400, 10174, "nats_refused"),
        ] {
            assert_eq!(error(code, err_code), Err(expected), "{err_code}");
        }
    }
}
