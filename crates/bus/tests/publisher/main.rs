//! The connection and the publisher against real servers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod connection;
mod fence;
mod streams;

use std::time::Duration;

use proto_events::{Message, NotificationType, Subject, header};
use uuid::Uuid;
use vidimus_bus::{Bus, Options, StreamSpec};

async fn bus(url: &str) -> Bus {
    Bus::connect(Options { timeout: Duration::from_secs(2), ..Options::new(url) }).await.unwrap()
}

fn spec() -> StreamSpec {
    StreamSpec {
        name: "FEED".to_owned(),
        subjects: Subject::NOTIFICATIONS.to_owned(),
        description: "a feed".to_owned(),
        max_bytes: 256 << 20,
        max_age: None,
        replicas: 1,
        message_bytes: 720_896,
    }
}

/// A message whose id and position are its number.
fn message(number: u64, bytes: usize) -> Message {
    let execution = Uuid::from_u128(u128::from(number % 7));
    Message {
        subject: Subject::notification(&"acme".parse().unwrap(), execution, NotificationType::Initiated),
        id: format!("acme/{number}"),
        headers: vec![(header::POSITION, number.to_string())],
        payload: vec![b'x'; bytes].into(),
    }
}

fn messages(numbers: std::ops::RangeInclusive<u64>) -> Vec<Message> {
    numbers.map(|number| message(number, 200)).collect()
}
