//! A subscriber in a connection of its own, as any program would be.

use std::time::Instant;

use futures_util::StreamExt as _;
use proto_events::header;
use tokio::task::JoinHandle;
use vidimus_tests::measure::now;

/// Receives until it has `wanted` messages; answers position and time of each, in the order in which they came.
pub(crate) async fn subscribe(url: &str, subject: &str, wanted: u64) -> JoinHandle<Vec<(u64, Instant)>> {
    let options = async_nats::ConnectOptions::new().subscription_capacity(1 << 22);
    let client = options.connect(url).await.unwrap();
    let mut messages = client.subscribe(subject.to_owned()).await.unwrap();
    // The server has it: nothing that comes from now on is missed.
    client.flush().await.unwrap();
    tokio::spawn(async move {
        let mut received = Vec::with_capacity(wanted as usize);
        while (received.len() as u64) < wanted {
            let message = messages.next().await.unwrap();
            let at = now();
            let headers = message.headers.unwrap();
            received.push((headers.get(header::POSITION).unwrap().as_str().parse().unwrap(), at));
        }
        drop(client);
        received
    })
}

/// Every position from one to another came, in order, none twice.
pub(crate) fn assert_all(received: &[(u64, Instant)], first: u64, last: u64) {
    assert!(received.iter().map(|(position, _)| *position).eq(first..=last), "not in order, lost or twice");
}
