//! Propose to durable answer.

use std::{process::Command, time::Duration};

use vidimus_tests::measure::{Measured, median, now};

use crate::{
    append,
    connection::{Connection, post},
    server::{self, Server},
};

const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// A proposal of usual size.
pub(crate) fn proposal(conversation: &str) -> String {
    serde_json::json!({
        "agent": "refund-bot",
        "conversation": conversation,
        "request_id": "turn-3",
        "function": "shop.lookup",
        "arguments": {"order": "A-17", "customer": "ada@example.org", "fields": ["status", "total", "items"], "limit": 20},
        "requester": {"kind": "user", "id": "customer-9"},
    })
    .to_string()
}

/// Proposals over `connections` for so long, each waiting for its answer.
async fn measure(address: &str, key: &str, connections: usize, seconds: Duration) -> Measured {
    let mut opened = Vec::new();
    for _ in 0..connections {
        opened.push(Connection::open(address).await);
    }
    let (began, mut tasks) = (now(), tokio::task::JoinSet::new());
    for (index, mut connection) in opened.into_iter().enumerate() {
        let request = post("/v1/executions", key, &proposal(&format!("ticket-{index}")));
        tasks.spawn(async move {
            let mut micros = Vec::new();
            while began.elapsed() < seconds {
                let asked = now();
                let answer = connection.ask(&request).await;
                assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
                micros.push(u32::try_from(asked.elapsed().as_micros()).unwrap());
            }
            micros
        });
    }
    let micros = tasks.join_all().await.concat();
    Measured::of(began.elapsed().as_secs_f64(), micros)
}

/// All three, in turns.
pub(crate) async fn run(seconds: Duration, rounds: usize) {
    let server = Server::start();
    let mut first = Connection::open(&server.address).await;
    let answer = first.ask(&post("/v1/executions", &server.key, &proposal("first"))).await;
    let constant = String::from_utf8(answer.body).unwrap();
    println!(
        "an answer has {} bytes; {rounds} rounds of {:.1} s, medians",
        constant.len(),
        seconds.as_secs_f64()
    );
    let mut command = Command::new(std::env::current_exe().unwrap());
    let (mut child, bare) = server::listening(command.args(["bare", &constant]));
    println!(
        "connections | bare/s | propose/s | propose/bare | log appends/s | p50 bare, propose, log (ms) | p99 bare, propose, log (ms)"
    );
    for connections in CONNECTIONS {
        let (mut of_bare, mut of_propose, mut of_log) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            of_bare.push(measure(&bare, &server.key, connections, seconds).await);
            of_propose.push(measure(&server.address, &server.key, connections, seconds).await);
            of_log.push(append::run(connections, seconds).await);
        }
        let (of_bare, of_propose, of_log) = (median(of_bare), median(of_propose), median(of_log));
        let millis = |share| {
            let [bare, propose, log] = [&of_bare, &of_propose, &of_log].map(|of| of.millis(share));
            format!("{bare:.2}, {propose:.2}, {log:.2}")
        };
        println!(
            "{connections} | {:.0} | {:.0} | {:.2} | {:.0} | {} | {}",
            of_bare.rate,
            of_propose.rate,
            of_propose.rate / of_bare.rate,
            of_log.rate,
            millis(0.5),
            millis(0.99),
        );
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
