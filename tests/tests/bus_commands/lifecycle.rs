//! Every command, through whole lives.

use proto_events::{Access, BusCommand as C, Outcome};
use serde_json::{Value, json};

use crate::{
    bed::{Bed, id},
    decided::decided,
    support::{FUNCTION, TENANT, call},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_proposed_approved_run_and_reported_without_http() {
    let (bed, _service) = Bed::start().await;
    let proposed = bed.ask(&bed.runtime, C::Propose, "", call(1)).await;
    assert_eq!(proposed.header("content-type"), "application/json");
    assert_eq!(proposed.header("nats-service-error"), "");
    let proposed = proposed.with(201);
    assert_eq!(proposed["stage"], "awaiting_approval");
    let execution = id(&proposed);

    let query = json!({"kind": "approval", "limit": 10, "min_position": proposed["position"]});
    let page = bed.ask(&bed.paul, C::ListApprovals, "", query).await.with(200);
    let items = page["items"].as_array().unwrap();
    assert_eq!((items.len(), id(&items[0])), (1, execution.clone()));
    let query = json!({"agent": "somebody & else=ä+%", "min_position": proposed["position"]});
    let page = bed.ask(&bed.paul, C::ListApprovals, "", query).await.with(200);
    assert_eq!(page["items"], json!([]));

    let approve = json!({"comment": "fine", "arguments_digest": proposed["arguments_digest"]});
    let approved = bed.ask(&bed.paul, C::Approve, &execution, approve).await.with(200);
    assert_eq!((&approved["stage"], &approved["already"]), (&json!("permitted"), &json!(false)));
    let start = json!({"permit_id": approved["permit"]["permit_id"]});
    let started = bed.ask(&bed.runtime, C::Start, &execution, start).await.with(200);
    assert_eq!(started["stage"], "in_progress");
    let progress = json!({"message": "half of it", "percent": 50});
    bed.ask(&bed.runtime, C::Progress, &execution, progress).await.with(200);
    let result = json!({"result": {"id": 7}});
    let done = bed.ask(&bed.runtime, C::Complete, &execution, result).await.with(200);
    assert_eq!((&done["stage"], &done["status"]), (&json!("succeeded"), &json!("Success")));

    // What the views add is there in both answers only when they have seen the end.
    let query = json!({"min_position": done["position"]});
    bed.ask(&bed.paul, C::ListApprovals, "", query).await.with(200);
    // No body at all is `{}`, and what is read is what HTTP reads.
    let authorization = format!("Bearer {}", bed.rita);
    let subject = crate::bed::subject(TENANT, C::Get, &execution);
    let got = bed.ask_raw(&subject, &[("Authorization", &authorization)], "".into()).await.with(200);
    let http = bed.ask_http(C::Get, &execution, "", &[("authorization", &authorization)], "".into()).await;
    assert_eq!(got["result"], json!({"id": 7}));
    assert_eq!(got, http.with(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_ends_in_every_other_way_too() {
    let (bed, _service) = Bed::start().await;
    let ways: [(_, _, _, Value, &str); 3] = [
        (C::Deny, &bed.paul, 1, json!({"reason": "too much"}), "denied"),
        (C::Abort, &bed.paul, 2, json!({"feedback": "offer 50 instead"}), "aborted"),
        (C::Cancel, &bed.runtime, 3, json!({"reason": "no longer needed"}), "cancelled"),
    ];
    for (command, key, number, body, stage) in ways {
        let execution = bed.propose(number).await;
        assert_eq!(bed.ask(key, command, &execution, body).await.with(200)["stage"], stage);
    }

    let execution = bed.propose(4).await;
    bed.ask(&bed.paul, C::Approve, &execution, json!({})).await.with(200);
    bed.ask(&bed.runtime, C::Start, &execution, json!({})).await.with(200);
    let error = json!({"error": {"message": "no such customer"}});
    assert_eq!(bed.ask(&bed.runtime, C::Fail, &execution, error).await.with(200)["stage"], "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_for_a_call_confirms_or_declines_it() {
    let (bed, _service) = Bed::start().await;
    bed.world.access(TENANT, Access::Enabled).await;
    for (command, stage) in [(C::Confirm, "permitted"), (C::Decline, "declined")] {
        let (engine, tenant) = (&bed.world.engine, TENANT.parse().unwrap());
        let execution = decided(engine, &tenant, FUNCTION, Outcome::ConfirmationRequired).await.to_string();
        let refused = bed.ask(&bed.runtime, command, &execution, json!({})).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        assert_eq!(bed.ask(&bed.rita, command, &execution, json!({})).await.with(200)["stage"], stage);
    }
}
