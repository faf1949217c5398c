//! What is said of trouble with NATS to whoever asks without a key: what to do, and nothing of files, addresses or calls. The
//! server's log has those.

/// A sentence for a code of a feed or of the commands over NATS.
pub(super) fn in_words(code: &str) -> &'static str {
    match code {
        "nats_unavailable" => "no NATS server can be reached: start it, or check address and credentials",
        "nats_server_too_old" => "the NATS server is older than 2.12: upgrade it",
        "nats_fenced" => {
            "somebody else publishes on the stream: let one server do it, and permit nobody else to"
        }
        "nats_stream_full" => "the stream is full: raise its limit, or the server's",
        "nats_not_permitted" => "the NATS user may not do this: give it the permissions it needs",
        "nats_message_too_large" | "nats_max_payload_too_small" => {
            "the NATS server takes no messages that are large enough: raise its `max_payload`"
        }
        "nats_refused" => "the NATS server refused a message: see its log",
        "nats_stream_unfit" => "the stream is set up in another way: change it, or name another",
        "nats_stream_not_made" => {
            "the stream could not be made: check JetStream and its limits on the NATS server"
        }
        "nats_url_invalid" => "the address of the NATS server is none: correct it",
        "nats_file_unusable" => "a file for the connection to NATS cannot be used: put it back",
        "nats_service_not_started" | "nats_connection_ended" => {
            "the connection to NATS ended: it is made anew by itself"
        }
        "relay_other_history" => "the stream has another log's messages: name another stream, or remove it",
        "relay_event_unpublishable" => "an event of the log cannot be published: see the server's log",
        "log_out_of_reach" | "log_closed" | "storage_failed" | "storage_full" | "corrupt" => {
            "the log cannot be read: see the server's log, then restart"
        }
        _ => "see the server's log",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_bus_has_a_sentence_of_its_own() {
        for code in [
            "nats_unavailable",
            "nats_server_too_old",
            "nats_fenced",
            "nats_stream_full",
            "nats_not_permitted",
            "nats_message_too_large",
            "nats_max_payload_too_small",
            "nats_refused",
            "nats_stream_unfit",
            "nats_stream_not_made",
            "nats_url_invalid",
            "nats_file_unusable",
            "nats_service_not_started",
            "nats_connection_ended",
            "relay_other_history",
            "relay_event_unpublishable",
            "log_closed",
            "storage_failed",
            "corrupt",
        ] {
            assert_ne!(in_words(code), in_words("another"), "{code}");
        }
    }
}
