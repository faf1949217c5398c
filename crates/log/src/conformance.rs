//! What every implementation of [`EventLog`] is held to. Each case gets an empty log from a factory.
//!
//! A case panics with what it saw where the contract is broken, so this is for tests only.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a conformance case reports by panicking, like a test"
)]

mod cases;
mod model;
mod proofs;

pub use cases::{
    a_guard_binds_an_append_to_a_stream_it_does_not_write, a_slow_reader_stalls_nobody,
    an_append_happens_whole_or_not_at_all, an_empty_log_is_empty, appends_at_the_limits_are_kept_to_the_byte,
    concurrent_writers_of_one_stream_have_one_winner_each, events_are_numbered_without_gaps,
    expected_versions_are_checked, leaf_hashes_and_tree_are_those_of_the_records, reads_respect_their_bounds,
    refusals_append_nothing, streams_of_two_tenants_do_not_meet,
    subscriptions_go_from_history_into_live_without_a_gap,
};
pub use model::random_appends_agree_with_a_model;
pub use proofs::{
    large_trees_are_proved_as_the_rfc_defines, proofs_respect_their_bounds,
    small_trees_are_proved_as_the_rfc_defines,
};

use std::sync::Arc;

use bytes::Bytes;
use proto_events::{Actor, NewEvent, StreamId, TenantId, Timestamp};
use uuid::Uuid;

use crate::{EventLog, Limits};

/// Makes an empty log with these limits.
pub type Factory<'a> = &'a (dyn Fn(Limits) -> Arc<dyn EventLog> + Sync);

/// The tenant with this name.
pub fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

/// The execution stream with this number.
pub fn stream(number: u128) -> StreamId {
    StreamId::execution(Uuid::from_u128(number))
}

/// An event that carries its number and `bytes` bytes of payload.
pub fn event(number: u64, bytes: usize) -> NewEvent {
    let text = format!("{{\"number\":{number},\"filler\":\"");
    let filler: String = (0..bytes.saturating_sub(text.len() + 2))
        .map(|index| char::from(b'a' + ((number as usize * 31 + index * index) % 26) as u8))
        .collect();
    NewEvent {
        event_id: Uuid::from_u128(u128::from(number) + 1),
        event_type: "initiated".into(),
        schema_version: 1,
        recorded_at: Timestamp::from_micros(1_760_000_000_000_000 + number as i64),
        actor: Actor::agent("conformance"),
        correlation_id: Uuid::from_u128(7),
        causation_id: number.is_multiple_of(2).then(|| Uuid::from_u128(u128::from(number) + 9)),
        payload: Bytes::from(format!("{text}{filler}\"}}")),
    }
}

/// Runs every case.
pub async fn run_all(make: Factory<'_>) {
    an_empty_log_is_empty(make).await;
    events_are_numbered_without_gaps(make).await;
    expected_versions_are_checked(make).await;
    an_append_happens_whole_or_not_at_all(make).await;
    a_guard_binds_an_append_to_a_stream_it_does_not_write(make).await;
    refusals_append_nothing(make).await;
    streams_of_two_tenants_do_not_meet(make).await;
    concurrent_writers_of_one_stream_have_one_winner_each(make).await;
    subscriptions_go_from_history_into_live_without_a_gap(make).await;
    a_slow_reader_stalls_nobody(make).await;
    appends_at_the_limits_are_kept_to_the_byte(make).await;
    leaf_hashes_and_tree_are_those_of_the_records(make).await;
    reads_respect_their_bounds(make).await;
    proofs_respect_their_bounds(make).await;
    small_trees_are_proved_as_the_rfc_defines(make).await;
    for seed in 0..8 {
        random_appends_agree_with_a_model(make, seed).await;
    }
    for seed in 0..3 {
        large_trees_are_proved_as_the_rfc_defines(make, seed).await;
    }
}
