//! A subscriber that does not read: in nobody's way, bounded in memory, and without a loss when it reads again. Alone in
//! its process, whose memory is measured.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails like a test")]

mod support;

use std::{collections::BTreeSet, sync::Arc};

use proto_events::{Access, Role};
use serde_json::json;

use support::{Options, Sse, TENANT, World, call};

const CALLS: u64 = 120;
const ARGUMENT_BYTES: usize = 200_000;
const LAGGARDS: usize = 20;

/// Of this process: server and clients.
fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

async fn positions(stream: &mut Sse, count: u64) -> BTreeSet<u64> {
    let (mut positions, mut last) = (BTreeSet::new(), 0);
    while (positions.len() as u64) < count {
        let block = stream.block().await.unwrap();
        if let (Some(position), Some(data)) = (block.id, &block.data) {
            assert!(position > last && data.starts_with('{') && data.ends_with('}'));
            last = position;
            positions.insert(position);
        }
    }
    positions
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_waited_for() {
    let world = Arc::new(World::start_with(Options::with(|settings| settings.live_bytes = 1_000_000)).await);
    world.access(TENANT, Access::EnabledWithConfirmation).await;
    let key = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let mut lagging = Vec::new();
    for _ in 0..LAGGARDS {
        lagging.push(world.stream("", &key, &[]).await);
    }
    let mut reader = world.stream("", &key, &[]).await;
    let before = resident_bytes();
    let mut all = BTreeSet::new();
    for number in 0..CALLS {
        let mut call = call(number);
        call["arguments"] = json!({"text": "x".repeat(ARGUMENT_BYTES)});
        world.post("/v1/executions", &key, call).await.expect(201);
        // Who reads has it before the next is proposed.
        all.extend(positions(&mut reader, 2).await);
    }
    let grown = resident_bytes().saturating_sub(before);
    let sent = CALLS * ARGUMENT_BYTES as u64;
    // What the log keeps of its end, and a few buffers; nothing like what twenty of them did not read.
    assert!(grown < sent * LAGGARDS as u64 / 2, "grown by {grown} of {sent} bytes for each of {LAGGARDS}");
    for stream in &mut lagging {
        assert_eq!(positions(stream, all.len() as u64).await, all);
    }
}
