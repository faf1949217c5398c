//! What is asked gets there; what is answered comes back.

use async_nats::{HeaderMap, Request};
use proto_events::BusCommand;
use serde_json::json;
use uuid::Uuid;
use vidimus_bus::ServiceOptions;
use vidimus_tests::nats::Server;

use crate::support::{BOUND, Service, ask, header, problem, subject, subject_of, there_are, until, within};

#[tokio::test]
async fn every_command_gets_there_whole_and_its_answer_comes_back_whole() {
    let server = Server::start();
    let (service, client) = Service::start(&server, ServiceOptions::default()).await;
    for command in BusCommand::ALL {
        let mut headers = HeaderMap::new();
        headers.insert("Authorization", "Bearer one");
        headers.append("authorization", "Bearer two");
        headers.append("authorization", "Bearer three");
        let request = Request::new().headers(headers).payload("{}".into()).timeout(Some(BOUND));
        let answer = client.send_request(subject(command), request).await.unwrap();
        assert_eq!(&*answer.payload, b"done: {}");
        assert_eq!(header(&answer, "Vidimus-Status"), "201");
        assert_eq!(header(&answer, "content-type"), "text/plain");
        assert_eq!(header(&answer, "Nats-Service-Error"), "", "it is none");

        let came = service.stub.seen.lock().unwrap().pop().unwrap();
        assert_eq!((came.tenant.as_str(), came.command, &*came.body), ("acme", command, &b"{}"[..]));
        let id = command.names_execution().then(|| Uuid::from_u128(7).to_string());
        assert_eq!(came.execution, id);
        let expected = [
            ("Authorization", "Bearer one"),
            ("authorization", "Bearer two"),
            ("authorization", "Bearer three"),
        ];
        assert_eq!(came.headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    service.stopped().await;
}

#[tokio::test]
async fn a_refusal_is_an_error_to_a_nats_service_and_keeps_its_body() {
    let server = Server::start();
    let (_service, client) = Service::start(&server, ServiceOptions::default()).await;
    let answer = ask(&client, subject(BusCommand::Approve), "refuse").await;
    assert_eq!(&*answer.payload, b"{\"code\":\"too_late\"}");
    assert_eq!(header(&answer, "Vidimus-Status"), "409");
    assert_eq!(header(&answer, "Nats-Service-Error"), "too_late");
    assert_eq!(header(&answer, "Nats-Service-Error-Code"), "409");
}

#[tokio::test]
async fn what_is_no_header_is_left_out_of_an_answer() {
    let server = Server::start();
    let (_service, client) = Service::start(&server, ServiceOptions::default()).await;
    let answer = ask(&client, subject(BusCommand::Propose), "odd").await;
    assert_eq!((header(&answer, "Vidimus-Status"), header(&answer, "Nats-Service-Error")), ("418", "error"));
    let mut names: Vec<_> =
        answer.headers.iter().flat_map(HeaderMap::iter).map(|(name, _)| name.to_string()).collect();
    names.sort();
    assert_eq!(names, ["Nats-Service-Error", "Nats-Service-Error-Code", "Vidimus-Status", "content-type"]);
    assert_eq!(&*answer.payload, b"odd");
}

#[tokio::test]
async fn a_subject_that_names_no_tenant_is_told_so() {
    let server = Server::start();
    let (service, client) = Service::start(&server, ServiceOptions::default()).await;
    for tenant in ["a$b", "ä", "a,b"] {
        let answer = ask(&client, format!("vidimus.v1.{tenant}.command.propose"), "{}").await;
        let (status, code, problem) = problem(&answer);
        assert_eq!((status, &*code, &problem["retryable"]), (422, "subject_invalid", &json!(false)));
        assert!(problem["detail"].as_str().unwrap().contains(&format!("`{tenant}`")), "{problem}");
    }
    assert!(service.stub.bodies().is_empty());
}

#[tokio::test]
async fn a_panic_is_a_problem_and_ends_one_request() {
    let server = Server::start();
    let (_service, client) = Service::start(&server, ServiceOptions::default()).await;
    for _ in 0..3 {
        let answer = ask(&client, subject(BusCommand::Propose), "panic").await;
        let (status, code, problem) = problem(&answer);
        assert_eq!((status, &*code, &problem["retryable"]), (500, "internal", &json!(false)));
        assert!(!problem.to_string().contains("nobody thought"), "not told to whoever asked");
    }
    assert_eq!(&*ask(&client, subject(BusCommand::Propose), "more").await.payload, b"done: more");
}

#[tokio::test]
async fn one_command_too_many_of_a_tenant_is_told_so_at_once_and_all_others_go_on() {
    let server = Server::start();
    let options = ServiceOptions { max_in_flight: 8, ..ServiceOptions::default() };
    let (service, client) = Service::start(&server, options).await;
    let waiting = || {
        let client = client.clone();
        tokio::spawn(async move { ask(&client, subject(BusCommand::Get), "wait").await })
    };
    let running = [waiting(), waiting()];
    until("both run", || async { service.stub.bodies().len() == 2 }).await;
    // Of another endpoint: the bound is that of the service.
    let refused = within("an answer", ask(&client, subject(BusCommand::Propose), "more")).await;
    let (status, code, problem) = problem(&refused);
    assert_eq!((status, &*code, &problem["retryable"]), (503, "overloaded", &json!(true)));
    assert_eq!(header(&refused, "retry-after"), "1");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("2 commands of this tenant run already"), "{detail}");
    assert_eq!(service.service.status().overloaded, 1);
    // It is the tenant's own: another one's are done.
    let other = subject_of("globex", BusCommand::Propose);
    assert_eq!(&*within("an answer", ask(&client, other, "theirs")).await.payload, b"done: theirs");
    service.stub.gate.add_permits(2);
    for answer in running {
        assert_eq!(&*answer.await.unwrap().payload, b"waited");
    }
    assert_eq!(service.stub.bodies().len(), 3, "what was refused was not begun");
    // A place is free when its answer is sent, which may be after the answer is here.
    until("there is room again", || async {
        let answer = ask(&client, subject(BusCommand::Propose), "more").await;
        header(&answer, "Vidimus-Status") == "201"
    })
    .await;
}

#[tokio::test]
async fn tenants_together_have_as_many_places_as_there_are() {
    let server = Server::start();
    let options = ServiceOptions { max_in_flight: 4, ..ServiceOptions::default() };
    let (service, client) = Service::start(&server, options).await;
    let running: Vec<_> = ["a", "b", "c", "d"]
        .map(|tenant| {
            let (client, subject) = (client.clone(), subject_of(tenant, BusCommand::Get));
            tokio::spawn(async move { ask(&client, subject, "wait").await })
        })
        .into();
    until("all run", || async { service.stub.bodies().len() == 4 }).await;
    assert_eq!(service.service.status().in_flight, 4);
    let refused = within("an answer", ask(&client, subject_of("e", BusCommand::Get), "wait")).await;
    let (status, code, problem) = problem(&refused);
    assert_eq!((status, &*code), (503, "overloaded"));
    assert!(problem["detail"].as_str().unwrap().starts_with("4 commands run already"), "{problem}");
    service.stub.gate.add_permits(4);
    for answer in running {
        assert_eq!(&*answer.await.unwrap().payload, b"waited");
    }
    until("all places are free", || async { service.service.status().in_flight == 0 }).await;
}

#[tokio::test]
async fn who_waits_for_a_decision_holds_no_more_than_a_place() {
    const LARGE: usize = 900_000;
    let server = Server::start();
    let (service, client) = Service::start(&server, ServiceOptions::default()).await;
    let wait = |command| {
        let client = client.clone();
        let body = [&b"wait"[..], &vec![b' '; LARGE]].concat();
        tokio::spawn(async move { ask(&client, subject(command), body).await })
    };
    // More than a tenant's part, if they were held.
    let mut running = Vec::new();
    for asked in 1..=30 {
        running.push(wait(BusCommand::Get));
        until("it waits", || async { service.stub.bodies().len() == asked }).await;
    }
    until("what it sent is gone", || async {
        let status = service.service.status();
        status.in_flight == 30 && status.in_flight_bytes < 30 * 1000
    })
    .await;
    // What changes something counts until it is answered.
    for asked in 31..=48 {
        running.push(wait(BusCommand::Propose));
        until("it waits", || async { service.stub.bodies().len() == asked }).await;
    }
    assert!(service.service.status().in_flight_bytes > 18 * LARGE);
    let refused = within("an answer", wait(BusCommand::Propose)).await.unwrap();
    let (status, code, problem) = problem(&refused);
    assert_eq!((status, &*code), (503, "overloaded"));
    assert!(problem["detail"].as_str().unwrap().contains("16777216 bytes"), "{problem}");
    service.stub.gate.add_permits(48);
    for answer in running {
        assert_eq!(&*answer.await.unwrap().payload, b"waited");
    }
    until("nothing is held", || async { service.service.status().in_flight_bytes == 0 }).await;
}

#[tokio::test]
async fn an_answer_that_no_message_can_hold_is_told_instead_of_lost() {
    let server = Server::start_with("max_payload: 65536\n");
    let (_service, client) = Service::start(&server, ServiceOptions::default()).await;
    let answer = ask(&client, subject(BusCommand::ListApprovals), "large").await;
    let (status, code, problem) = problem(&answer);
    assert_eq!((status, &*code, &problem["retryable"]), (500, "reply_too_large", &json!(false)));
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("100000 bytes") && detail.contains("65536"), "{detail}");
}

#[tokio::test]
async fn two_services_share_what_is_asked() {
    let server = Server::start();
    let (one, client) = Service::start(&server, ServiceOptions::default()).await;
    let other = Service::begin(&server, ServiceOptions::default()).await;
    there_are(2, &client).await;
    let count = || (one.stub.bodies().len(), other.stub.bodies().len());
    for asked in 1..=200 {
        ask(&client, subject(BusCommand::Propose), "{}").await;
        let (one, other) = count();
        assert_eq!(one + other, asked, "each is asked of one");
    }
    let (one, other) = count();
    assert!(one > 0 && other > 0, "{one} and {other}");
}
