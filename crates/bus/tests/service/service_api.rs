//! What tools for NATS services see.

use proto_events::BusCommand;
use serde_json::{Value, json};
use vidimus_bus::ServiceOptions;
use vidimus_tests::nats::Server;

use crate::support::{Service, all, ask, nobody_answers, subject, until};

#[tokio::test]
async fn the_service_says_what_it_is_and_which_commands_it_takes() {
    let server = Server::start();
    let (service, client) = Service::start(&server, ServiceOptions::default()).await;
    let pings = all(&client, "PING", 1).await;
    assert_eq!((&pings[0]["name"], &pings[0]["version"]), (&json!("vidimus"), &json!("0.1.0")));
    assert_eq!(pings[0]["type"], "io.nats.micro.v1.ping_response");

    let info = all(&client, "INFO", 1).await.remove(0);
    for command in BusCommand::ALL {
        let name = command.as_str();
        let endpoints = info["endpoints"].as_array().unwrap();
        let endpoint = endpoints.iter().find(|endpoint| endpoint["name"] == name).unwrap();
        let about = if command.names_execution() { ".*" } else { "" };
        assert_eq!(endpoint["subject"], format!("vidimus.v1.*.command.{name}{about}"));
        assert_eq!(endpoint["queue_group"], "vidimus");
        assert_eq!(endpoint["metadata"], json!({"method": "POST", "path": name}));
    }
    service.stopped().await;
    until("it is gone", || nobody_answers(&client, "$SRV.PING.vidimus".to_owned())).await;
}

#[tokio::test]
async fn requests_and_errors_are_counted_by_endpoint() {
    let server = Server::start();
    let options = ServiceOptions { max_in_flight: 1, ..ServiceOptions::default() };
    let (service, client) = Service::start(&server, options).await;
    for body in ["{}", "refuse", "panic"] {
        // Counted when it is sent, and so is its place free.
        until("it is answered by whom it is asked of", || async {
            let answer = ask(&client, subject(BusCommand::Approve), body).await;
            crate::support::header(&answer, "Nats-Service-Error") != "overloaded"
        })
        .await;
    }
    let stats = async || {
        let stats = all(&client, "STATS", 1).await.remove(0);
        move |command: BusCommand| -> Value {
            let endpoints = stats["endpoints"].as_array().unwrap();
            endpoints.iter().find(|endpoint| endpoint["name"] == command.as_str()).unwrap().clone()
        }
    };
    until("all is counted", || async { stats().await(BusCommand::Approve)["last_error"] == "500:internal" })
        .await;
    let stats = stats().await;
    let approve = stats(BusCommand::Approve);
    let (requests, errors) =
        (approve["num_requests"].as_u64().unwrap(), approve["num_errors"].as_u64().unwrap());
    assert_eq!(service.stub.bodies().len(), 3);
    assert!(requests >= 3 && requests - errors == 1, "{approve}");
    assert!(approve["processing_time"].as_u64().unwrap() > 0, "{approve}");
    let other = stats(BusCommand::Deny);
    assert_eq!((&other["num_requests"], &other["num_errors"]), (&json!(0), &json!(0)));
}
