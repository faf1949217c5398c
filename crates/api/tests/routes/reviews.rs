//! What people decide.

use proto_events::{Access, Outcome};
use serde_json::{Value, json};

use crate::harness::{World, id};

async fn reviewed() -> (World, Value) {
    let world = World::new().await;
    world.set(Access::EnabledWithConfirmation).await;
    let proposed = world.propose().await;
    (world, proposed)
}

#[tokio::test]
async fn an_approval_gives_the_permit() {
    let (world, proposed) = reviewed().await;
    let body = json!({"comment": "fine", "arguments_digest": proposed["arguments_digest"]});
    let answer = world.command(&world.acme.paul, &id(&proposed), "approve", body.clone()).await.with(200);
    assert_eq!((&answer["stage"], &answer["approval_status"]), (&json!("permitted"), &json!("Approved")));
    assert_eq!(answer["resolved_by"], json!({"kind": "user", "id": "paul"}));
    assert!(answer["permit"]["permit_id"].is_string());
    assert_eq!(answer["already"], false);
    // Word for word again: it is so already. Other words, or other people: it was done before.
    let again = world.command(&world.acme.paul, &id(&proposed), "approve", body.clone()).await.with(200);
    assert_eq!((&again["already"], &again["position"]), (&json!(true), &answer["position"]));
    for (key, command, body) in [
        (&world.acme.paul, "approve", json!({"comment": "better"})),
        (&world.acme.petra, "approve", body),
        (&world.acme.petra, "deny", json!({"reason": "no"})),
        (&world.acme.petra, "abort", json!({"feedback": "ask"})),
    ] {
        let late = world.command(key, &id(&proposed), command, body).await;
        assert_eq!(late.problem(), (409, "already_accepted".to_owned()), "{command}");
    }
}

#[tokio::test]
async fn a_denial_and_an_abort_end_it() {
    let (world, proposed) = reviewed().await;
    let denied = world.command(&world.acme.paul, &id(&proposed), "deny", json!({"reason": "too much"})).await;
    let denied = denied.with(200);
    assert_eq!((&denied["stage"], &denied["reason"]), (&json!("denied"), &json!("too much")));
    assert_eq!((&denied["status"], &denied["approval_status"]), (&json!("Failed"), &json!("Rejected")));
    let start = world.command(&world.acme.runtime, &id(&proposed), "start", json!({})).await;
    assert_eq!(start.problem(), (409, "already_denied".to_owned()));

    let proposed = world.propose().await;
    let feedback = json!({"feedback": "offer 50 instead"});
    let aborted = world.command(&world.acme.paul, &id(&proposed), "abort", feedback).await.with(200);
    assert_eq!((&aborted["stage"], &aborted["reason"]), (&json!("aborted"), &json!("offer 50 instead")));
    let late = world.command(&world.acme.petra, &id(&proposed), "approve", json!({})).await;
    assert_eq!(late.problem(), (409, "already_aborted".to_owned()));
}

#[tokio::test]
async fn what_was_approved_is_what_was_seen() {
    let (world, proposed) = reviewed().await;
    let other = json!({"arguments_digest": "0".repeat(64)});
    let refused = world.command(&world.acme.paul, &id(&proposed), "approve", other).await;
    assert_eq!(refused.problem(), (409, "arguments_mismatch".to_owned()));
    let nothing = json!({"reason": " "});
    let refused = world.command(&world.acme.paul, &id(&proposed), "deny", nothing).await.at_fault();
    assert_eq!(refused, (422, "text_missing".to_owned(), "body.reason".to_owned()));
    let refused = world.command(&world.acme.paul, &id(&proposed), "abort", json!({})).await.at_fault();
    assert_eq!(refused, (422, "body_invalid".to_owned(), "body.feedback".to_owned()));
}

#[tokio::test]
async fn of_two_deciders_at_once_one_wins() {
    let (world, _) = reviewed().await;
    let acme = &world.acme;
    for round in 0..20 {
        let proposed = world.propose().await;
        let execution = id(&proposed);
        let (approve, deny, abort) = tokio::join!(
            world.command(&acme.paul, &execution, "approve", json!({})),
            world.command(&acme.petra, &execution, "deny", json!({"reason": "no"})),
            world.command(&acme.petra, &execution, "abort", json!({"feedback": "ask"})),
        );
        let answers = [approve, deny, abort];
        let won: Vec<_> =
            answers.iter().filter(|answer| answer.status == 200).map(|answer| &answer.body).collect();
        assert_eq!(won.len(), 1, "round {round}");
        let code = match won[0]["stage"].as_str().unwrap() {
            "permitted" => "already_accepted",
            "denied" => "already_denied",
            "aborted" => "already_aborted",
            stage => panic!("{stage}"),
        };
        for answer in answers.into_iter().filter(|answer| answer.status != 200) {
            assert_eq!(answer.problem(), (409, code.to_owned()), "round {round}");
        }
    }
}

#[tokio::test]
async fn a_confirmation_is_the_requesters() {
    let (world, proposed) = reviewed().await;
    // Access alone asks for no confirmation: there is none to give.
    for command in ["confirm", "decline"] {
        let refused = world.command(&world.acme.rita, &id(&proposed), command, json!({})).await;
        assert_eq!(refused.problem(), (409, "no_confirmation_asked".to_owned()));
        let refused = world.command(&world.acme.paul, &id(&proposed), command, json!({})).await;
        assert_eq!(refused.problem(), (403, "not_the_requester".to_owned()));
    }

    let asked = world.decided(Outcome::ConfirmationRequired).await.to_string();
    let refused = world.command(&world.acme.runtime, &asked, "confirm", json!({})).await;
    assert_eq!(refused.problem(), (403, "not_the_requester".to_owned()));
    let confirmed = world.command(&world.acme.rita, &asked, "confirm", json!({})).await.with(200);
    assert_eq!(
        (&confirmed["stage"], &confirmed["approval_status"]),
        (&json!("permitted"), &json!("Approved"))
    );
    let again = world.command(&world.acme.rita, &asked, "confirm", json!({})).await.with(200);
    assert_eq!(again["already"], true);
    let late = world.command(&world.acme.rita, &asked, "decline", json!({})).await;
    assert_eq!(late.problem(), (409, "already_confirmed".to_owned()));

    let asked = world.decided(Outcome::ConfirmationRequired).await.to_string();
    let no = json!({"reason": "changed my mind"});
    let declined = world.command(&world.acme.rita, &asked, "decline", no).await.with(200);
    assert_eq!((&declined["stage"], &declined["reason"]), (&json!("declined"), &json!("changed my mind")));
    let late = world.command(&world.acme.rita, &asked, "confirm", json!({})).await;
    assert_eq!(late.problem(), (409, "already_declined".to_owned()));
}

#[tokio::test]
async fn too_late_is_not_denied() {
    let (world, proposed) = reviewed().await;
    world.clock.advance(std::time::Duration::from_secs(24 * 3600));
    let late = world.command(&world.acme.paul, &id(&proposed), "approve", json!({})).await;
    assert_eq!(late.problem(), (409, "too_late".to_owned()));
}
