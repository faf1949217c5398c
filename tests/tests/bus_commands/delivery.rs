//! Long polls, lost answers, several services, servers that restart, and stopping.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_nats::Request;
use proto_events::{BusCommand as C, Role, StreamId, StreamVersion};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use vidimus_log::EventLog as _;

use crate::{
    bed::{Answer, Bed, header_map, id, subject},
    support::{BOUND, TENANT, call, until, within},
};

/// How often each type of event is in an execution's stream.
async fn events(bed: &Bed, execution: &str) -> BTreeMap<String, usize> {
    let (tenant, stream) = (TENANT.parse().unwrap(), StreamId::execution(execution.parse().unwrap()));
    let events = bed.world.log.read_stream(&tenant, &stream, StreamVersion::FIRST, 1_000).await.unwrap();
    let mut counted = BTreeMap::new();
    for recorded in events {
        *counted.entry(recorded.event.event_type.to_string()).or_default() += 1;
    }
    counted
}

async fn so_many_wait(bed: &Bed, count: u32) {
    until("so many wait", async || bed.world.metric("vidimus_waiters ").await == f64::from(count)).await;
}

async fn stage(bed: &Bed, execution: &str) -> Value {
    bed.ask(&bed.runtime, C::Get, execution, json!({})).await.with(200)["stage"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_decision_hears_of_it() {
    let (bed, _service) = Bed::start().await;
    let bed = Arc::new(bed);
    let execution = bed.propose(1).await;
    let mut waits = JoinSet::new();
    for _ in 0..20 {
        let (bed, execution) = (Arc::clone(&bed), execution.clone());
        waits.spawn(async move { bed.ask(&bed.runtime, C::Get, &execution, json!({"wait": "60s"})).await });
    }
    so_many_wait(&bed, 20).await;
    assert!(waits.try_join_next().is_none());
    bed.ask(&bed.paul, C::Approve, &execution, json!({})).await.with(200);
    for answer in within("all are answered", waits.join_all()).await {
        assert_eq!(answer.with(200)["stage"], "permitted");
    }
    // Over is over, with the answer that there is.
    let execution = bed.propose(2).await;
    let got = bed.ask(&bed.runtime, C::Get, &execution, json!({"wait": "10ms", "until": "finished"})).await;
    assert_eq!(got.with(200)["stage"], "awaiting_approval");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_attempt_is_one_execution_whatever_becomes_of_its_answers() {
    let (bed, _service) = Bed::start().await;
    let authorization = format!("Bearer {}", bed.runtime);
    let headers = [("Authorization", &*authorization), ("Idempotency-Key", "attempt-1")];
    let (subject, body) = (subject(TENANT, C::Propose, ""), call(1).to_string());
    let before = bed.world.log_tail();
    // Nobody is there to hear the first answer.
    let (dead, payload) = ("_INBOX.nobody.1", body.clone().into());
    let headers_of_lost = header_map(&headers);
    bed.client.publish_with_reply_and_headers(subject.clone(), dead, headers_of_lost, payload).await.unwrap();
    until("it is proposed", async || bed.world.log_tail() > before).await;
    let first = bed.ask_raw(&subject, &headers, body.clone().into()).await.with(200);
    let again = bed.ask_raw(&subject, &headers, body.clone().into()).await.with(200);
    assert_eq!(id(&first), id(&again));
    // And over HTTP it is the same attempt.
    let http = bed.ask_http(C::Propose, "", "", &headers, body.into()).await.with(200);
    assert_eq!(id(&first), id(&http));
    assert_eq!(events(&bed, &id(&first)).await["initiated"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_answer_was_lost_is_done_once() {
    let (bed, _service) = Bed::start().await;
    let execution = bed.propose(1).await;
    let authorization = format!("Bearer {}", bed.paul);
    let headers = header_map(&[("Authorization", &authorization)]);
    let subject = subject(TENANT, C::Approve, &execution);
    let (dead, body) = ("_INBOX.nobody.1", "{\"comment\": \"fine\"}");
    bed.client.publish_with_reply_and_headers(subject, dead, headers, body.into()).await.unwrap();
    until("it is approved", async || stage(&bed, &execution).await == "permitted").await;
    let again = bed.ask(&bed.paul, C::Approve, &execution, json!({"comment": "fine"})).await.with(200);
    assert_eq!(again["already"], true);
    assert_eq!(events(&bed, &execution).await["approval_accepted"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_approvals_at_two_services_one_counts() {
    let (bed, _service) = Bed::start().await;
    let _other = bed.serve().await;
    let bed = Arc::new(bed);
    let mut reviewers = Vec::new();
    for number in 0..50 {
        reviewers.push(bed.world.key(TENANT, &[Role::Approver], &format!("user:reviewer-{number}")).await);
    }
    let execution = bed.propose(1).await;
    let mut approvals = JoinSet::new();
    for key in reviewers {
        let (bed, execution) = (Arc::clone(&bed), execution.clone());
        approvals.spawn(async move { bed.ask(&key, C::Approve, &execution, json!({})).await });
    }
    let answers = within("all are answered", approvals.join_all()).await;
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    let late = |answer: &&Answer| (answer.status, answer.code()) == (409, "already_accepted");
    assert_eq!((won, answers.iter().filter(late).count()), (1, 49));
    let events = events(&bed, &execution).await;
    assert_eq!((events["approval_accepted"], events["permitted"]), (1, 1), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_restarts_in_between_costs_time_and_nothing_else() {
    let (mut bed, service) = Bed::start().await;
    let execution = bed.propose(1).await;
    for _ in 0..2 {
        bed.nats.kill();
        bed.nats.start_again();
    }
    let authorization = format!("Bearer {}", bed.paul);
    let approved = within("an answer", async {
        loop {
            let request = Request::new()
                .headers(header_map(&[("Authorization", &authorization)]))
                .payload("{}".into())
                .timeout(Some(Duration::from_secs(1)));
            let subject = subject(TENANT, C::Approve, &execution);
            if let Ok(answer) = bed.client.send_request(subject, request).await {
                break serde_json::from_slice::<Value>(&answer.payload).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!(approved["stage"], "permitted");
    assert_eq!(events(&bed, &execution).await["approval_accepted"], 1);
    assert!(!service.serving.is_finished());
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_it_answers_what_it_has() {
    let (bed, service) = Bed::start().await;
    let bed = Arc::new(bed);
    let execution = bed.propose(1).await;
    let waiting = {
        let (bed, execution) = (Arc::clone(&bed), execution.clone());
        tokio::spawn(async move { bed.ask(&bed.runtime, C::Get, &execution, json!({"wait": "60s"})).await })
    };
    so_many_wait(&bed, 1).await;
    // The whole server is told to stop, and with it those who wait.
    service.stop.send_replace(true);
    bed.world.tell_to_stop();
    let answer = within("what waits is answered", waiting).await.unwrap().with(200);
    assert_eq!(answer["stage"], "awaiting_approval");
    within("the service stops", service.serving).await.unwrap();
    let asked = Request::new().timeout(Some(BOUND));
    let refused = bed.client.send_request(subject(TENANT, C::Get, &execution), asked).await.unwrap_err();
    assert_eq!(refused.kind(), async_nats::RequestErrorKind::NoResponders);
}
