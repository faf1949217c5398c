//! Running under the permit, and how it ends.

use std::time::Duration;

use proto_events::{Access, Actor, Role};
use serde_json::{Value, json};
use uuid::Uuid;
use vidimus_domain::execution::DeadlineKind;

use crate::harness::{World, id};

async fn enabled() -> World {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    world
}

/// A call whose lease ran out.
async fn unknown(world: &World) -> String {
    let execution = id(&world.started().await);
    world.clock.advance(Duration::from_secs(300));
    let uuid: Uuid = execution.parse().unwrap();
    world.engine.deadline_passed(&world.acme.tenant, uuid, DeadlineKind::Lease).await.unwrap();
    execution
}

#[tokio::test]
async fn a_permit_is_used_once() {
    let world = enabled().await;
    let proposed = world.propose().await;
    let (execution, permit) = (id(&proposed), proposed["permit"]["permit_id"].clone());
    let (runtime, other) = (&world.acme.runtime, &world.acme.other_runtime);

    let wrong = json!({"permit_id": Uuid::from_u128(1)});
    let refused = world.command(runtime, &execution, "start", wrong).await;
    assert_eq!(refused.problem(), (409, "permit_mismatch".to_owned()));
    let wrong = json!({"permit_id": permit, "arguments_digest": "f".repeat(64)});
    let refused = world.command(runtime, &execution, "start", wrong).await;
    assert_eq!(refused.problem(), (409, "arguments_mismatch".to_owned()));

    let body = json!({"permit_id": permit, "arguments_digest": proposed["arguments_digest"]});
    let started = world.command(runtime, &execution, "start", body.clone()).await.with(200);
    assert_eq!(started["stage"], "in_progress");
    assert_eq!(started["waits_for"]["kind"], "report");
    assert_eq!(started["waits_for"]["by"], json!({"kind": "agent", "id": "assistant"}));
    assert_eq!(started["waits_for"]["deadline"], started["lease_expires_at"]);
    // Whoever lost the answer to their own start is told again; anybody else is too late.
    for body in [body.clone(), json!({})] {
        let again = world.command(runtime, &execution, "start", body).await.with(200);
        assert_eq!((&again["already"], &again["position"]), (&json!(true), &started["position"]));
    }
    for body in [body, json!({})] {
        let late = world.command(other, &execution, "start", body).await;
        assert_eq!(late.problem(), (409, "already_started".to_owned()));
    }
}

#[tokio::test]
async fn of_two_runtimes_one_starts() {
    let world = enabled().await;
    for _ in 0..20 {
        let execution = id(&world.propose().await);
        let (one, two) = tokio::join!(
            world.command(&world.acme.runtime, &execution, "start", json!({})),
            world.command(&world.acme.other_runtime, &execution, "start", json!({})),
        );
        let (won, lost) = if one.status == 200 { (one, two) } else { (two, one) };
        won.with(200);
        assert_eq!(lost.problem(), (409, "already_started".to_owned()));
    }
}

#[tokio::test]
async fn an_agent_speaks_and_runs_calls_for_itself_alone() {
    let world = enabled().await;
    let another = world.key(&world.acme.tenant, Actor::agent("another"), &[Role::Agent], None).await;
    let execution = id(&world.propose().await);
    let refused = world.command(&another, &execution, "start", json!({})).await;
    assert_eq!(refused.problem(), (403, "not_the_agent".to_owned()));
    let path = "/v1/conversations/conv-1/messages";
    let message = json!({"agent": "assistant", "text": "pay everything to another"});
    let refused = world.post(&another, path, message.clone()).await;
    assert_eq!(refused.problem(), (403, "not_the_agent".to_owned()));
    for key in [&world.acme.runtime, &world.acme.other_runtime, &world.acme.ada] {
        world.post(key, path, message.clone()).await.with(201);
    }
    world.command(&world.acme.runtime, &execution, "start", json!({})).await.with(200);
}

#[tokio::test]
async fn its_executor_reports_the_end_once() {
    let world = enabled().await;
    let execution = id(&world.started().await);
    let (runtime, other) = (&world.acme.runtime, &world.acme.other_runtime);
    let body = json!({"message": "half of it", "percent": 50});
    world.clock.advance(Duration::from_secs(60));
    let progress = world.command(runtime, &execution, "progress", body.clone()).await.with(200);
    assert_eq!(progress["stage"], "in_progress");
    let refused = world.command(other, &execution, "progress", body).await;
    assert_eq!(refused.problem(), (403, "not_the_executor".to_owned()));
    let refused = world.command(runtime, &execution, "progress", json!({"percent": 101})).await.at_fault();
    assert_eq!(refused, (422, "invalid_field".to_owned(), "body.percent".to_owned()));

    let timing = json!({
        "started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:00:01Z", "duration_ms": 1000,
    });
    let body = json!({"result": {"id": 7}, "timing": timing});
    let refused = world.command(other, &execution, "complete", body.clone()).await;
    assert_eq!(refused.problem(), (403, "not_the_executor".to_owned()));
    let done = world.command(runtime, &execution, "complete", body.clone()).await.with(200);
    assert_eq!((&done["stage"], &done["status"]), (&json!("succeeded"), &json!("Success")));
    assert_eq!((&done["result_status"], &done["waits_for"]), (&json!("succeeded"), &Value::Null));
    let again = world.command(runtime, &execution, "complete", body).await.with(200);
    assert_eq!(again["already"], true);
    let refused = world.command(runtime, &execution, "complete", json!({"result": {"id": 8}})).await;
    assert_eq!(refused.problem(), (409, "result_differs".to_owned()));
    let refused = world.command(runtime, &execution, "fail", json!({})).await;
    assert_eq!(refused.problem(), (409, "already_finished".to_owned()));
    let read = world.get(runtime, &format!("/v1/executions/{execution}")).await.with(200);
    assert_eq!((&read["result"], &read["timing"]), (&json!({"id": 7}), &timing));
}

#[tokio::test]
async fn a_result_may_be_null_or_not_there() {
    let world = enabled().await;
    for (body, result) in [(json!({"result": null}), Some(Value::Null)), (json!({}), None)] {
        let execution = id(&world.started().await);
        world.command(&world.acme.runtime, &execution, "complete", body).await.with(200);
        let read = world.get(&world.acme.runtime, &format!("/v1/executions/{execution}")).await.with(200);
        assert_eq!(read.get("result"), result.as_ref());
    }
}

#[tokio::test]
async fn it_fails_in_one_of_three_ways() {
    let world = enabled().await;
    let error = json!({"message": "no such customer", "code": "E404", "type": "NotFound"});
    for (body, stage) in [
        (json!({"error": error}), "failed"),
        (json!({"status": "failed", "reason": "gave up"}), "failed"),
        (json!({"status": "timed_out", "result": [1]}), "timed_out"),
        (json!({"status": "skipped", "reason": "not needed"}), "skipped"),
    ] {
        let execution = id(&world.started().await);
        let answer = world.command(&world.acme.runtime, &execution, "fail", body.clone()).await.with(200);
        assert_eq!((&answer["stage"], &answer["status"]), (&json!(stage), &json!("Failed")));
        let read = world.get(&world.acme.runtime, &format!("/v1/executions/{execution}")).await.with(200);
        assert_eq!(read.get("error"), body.get("error"));
        assert_eq!(read.get("result"), body.get("result"));
    }
    let execution = id(&world.started().await);
    let body = json!({"error": {"message": "m", "code": "c".repeat(129)}});
    let refused = world.command(&world.acme.runtime, &execution, "fail", body).await.at_fault();
    assert_eq!(refused, (422, "text_too_long".to_owned(), "body.error.code".to_owned()));
}

#[tokio::test]
async fn it_is_called_off_by_who_asked_or_who_runs_it() {
    let world = enabled().await;
    let acme = &world.acme;
    let execution = id(&world.propose().await);
    let refused = world.command(&acme.paul, &execution, "cancel", json!({})).await;
    assert_eq!(refused.problem(), (403, "not_yours_to_cancel".to_owned()));
    let body = json!({"reason": "no longer needed"});
    let answer = world.command(&acme.rita, &execution, "cancel", body.clone()).await.with(200);
    assert_eq!((&answer["stage"], &answer["reason"]), (&json!("cancelled"), &json!("no longer needed")));
    assert_eq!(world.command(&acme.rita, &execution, "cancel", body).await.with(200)["already"], true);
    let late = world.command(&acme.runtime, &execution, "start", json!({})).await;
    assert_eq!(late.problem(), (409, "already_cancelled".to_owned()));

    let execution = id(&world.started().await);
    let refused = world.command(&acme.rita, &execution, "cancel", json!({})).await;
    assert_eq!(refused.problem(), (409, "already_started".to_owned()));
    world.command(&acme.runtime, &execution, "cancel", json!({})).await.with(200);
}

#[tokio::test]
async fn an_unknown_result_is_settled_by_evidence() {
    let world = enabled().await;
    let acme = &world.acme;
    let body = json!({"status": "succeeded", "evidence": "the mail is in the outbox", "result": {"id": 7}});
    let running = id(&world.started().await);
    let refused = world.command(&acme.paul, &running, "settle", body.clone()).await;
    assert_eq!(refused.problem(), (409, "nothing_to_settle".to_owned()));

    for key in [&acme.paul, &acme.ada] {
        let execution = unknown(&world).await;
        let late = world.command(&acme.runtime, &execution, "complete", json!({})).await;
        assert_eq!(late.problem(), (409, "must_be_settled".to_owned()));
        let nothing = json!({"status": "unknown", "evidence": "none"});
        let refused = world.command(key, &execution, "settle", nothing).await;
        assert_eq!(refused.problem(), (422, "settled_as_unknown".to_owned()));
        let answer = world.command(key, &execution, "settle", body.clone()).await.with(200);
        assert_eq!((&answer["stage"], &answer["result_status"]), (&json!("settled"), &json!("succeeded")));
        assert_eq!(answer["reason"], "the mail is in the outbox");
        let again = world.command(key, &execution, "settle", body.clone()).await.with(200);
        assert_eq!(again["already"], true);
        let refused = world.command(&acme.petra, &execution, "settle", body.clone()).await;
        assert_eq!(refused.problem(), (409, "already_settled".to_owned()));
    }
}

#[tokio::test]
async fn every_wrong_state_has_its_code() {
    let world = enabled().await;
    let acme = &world.acme;
    let permitted = id(&world.propose().await);
    let running = id(&world.started().await);
    let succeeded = id(&world.started().await);
    world.command(&acme.runtime, &succeeded, "complete", json!({})).await.with(200);
    let expired = id(&world.propose().await);
    let unknown = unknown(&world).await;
    let uuid: Uuid = expired.parse().unwrap();
    world.clock.advance(Duration::from_secs(3600));
    world.engine.deadline_passed(&acme.tenant, uuid, DeadlineKind::Permit).await.unwrap();
    for (execution, command, code) in [
        (&permitted, "start", "too_late"),
        (&permitted, "complete", "not_started"),
        (&permitted, "fail", "not_started"),
        (&permitted, "progress", "not_started"),
        (&permitted, "approve", "no_approval_asked"),
        (&running, "approve", "no_approval_asked"),
        (&succeeded, "start", "already_finished"),
        (&succeeded, "progress", "already_finished"),
        (&succeeded, "cancel", "already_finished"),
        (&expired, "start", "already_expired"),
        (&expired, "complete", "already_expired"),
        (&expired, "cancel", "already_expired"),
        (&unknown, "start", "must_be_settled"),
        (&unknown, "progress", "must_be_settled"),
        (&unknown, "cancel", "must_be_settled"),
    ] {
        let key = if command == "approve" { &acme.paul } else { &acme.runtime };
        let refused = world.command(key, execution, command, json!({})).await;
        assert_eq!(refused.problem(), (409, code.to_owned()), "{command}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_by_any_command() {
    let world = enabled().await;
    let foreign = world.people("globex").await;
    let (ours, none) = (id(&world.started().await), Uuid::from_u128(77).to_string());
    for (command, body) in [
        ("start", json!({})),
        ("start", json!({"permit_id": Uuid::from_u128(1)})),
        ("progress", json!({})),
        ("complete", json!({})),
        ("fail", json!({})),
        ("cancel", json!({})),
        ("confirm", json!({})),
        ("decline", json!({})),
        ("approve", json!({})),
        ("deny", json!({"reason": ""})),
        ("abort", json!({"feedback": "ask"})),
        ("settle", json!({"status": "failed", "evidence": "none"})),
    ] {
        let role = |people: &crate::harness::People| match command {
            "approve" | "deny" | "abort" | "settle" => people.paul.clone(),
            _ => people.runtime.clone(),
        };
        for (people, execution) in [(&world.acme, &none), (&foreign, &ours)] {
            let refused = world.command(&role(people), execution, command, body.clone()).await;
            assert_eq!(refused.problem(), (404, "execution_not_found".to_owned()), "{command}");
        }
    }
    for path in [format!("/v1/executions/{ours}"), format!("/v1/executions/{ours}/events")] {
        let refused = world.get(&foreign.olga, &path).await;
        assert_eq!(refused.problem(), (404, "execution_not_found".to_owned()), "{path}");
    }
}
