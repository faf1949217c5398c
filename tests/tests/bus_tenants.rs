//! Tenants on a real nats-server with the configurations of `deploy/nats/`: each has what is its own, and nothing of another's,
//! whatever it tries.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails like a test")]

#[path = "bus_tenants/attempts.rs"]
mod attempts;
#[path = "bus_tenants/importing.rs"]
mod importing;
#[path = "bus_tenants/stage.rs"]
mod stage;
#[path = "bus_tenants/user.rs"]
mod user;

use attempts::{forgeries, own, requests, subscriptions};
use stage::{Layout, Stage};
use user::User;

const ROLES: [&str; 3] = ["monitor", "operator", "auditor"];

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_sees_and_commands_its_own_in_an_account_of_its_own() {
    has_its_own(Layout::Accounts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_sees_and_commands_its_own_by_permissions() {
    has_its_own(Layout::Single).await;
}

async fn has_its_own(layout: Layout) {
    let stage = Stage::start(layout).await;
    for tenant in ["acme", "umbrella"] {
        let [monitor, operator, auditor] = ROLES.map(|role| format!("{tenant}-{role}"));
        let monitor = stage.user(&monitor).await;
        let operator = stage.user(&operator).await;
        let auditor = stage.user(&auditor).await;
        monitor.listen(&format!("vidimus.v1.{tenant}.tool_execution.*.initiated")).await;
        operator.listen(&format!("vidimus.v1.{tenant}.tool_execution.>")).await;
        auditor.listen(&format!("vidimus.v1.{tenant}.recorded.>")).await;
        stage.publish_both("its").await;
        monitor.sees(&format!("{tenant}: notification its")).await;
        operator.sees(&format!("{tenant}: notification its")).await;
        auditor.sees(&format!("{tenant}: recorded its")).await;
        operator.ask(&format!("vidimus.v1.{tenant}.command.propose"), "please").await;
        operator.sees(&format!("{tenant}: answer to please")).await;
        for user in [&monitor, &operator, &auditor] {
            assert_eq!(user.refusals(), [""; 0]);
            assert!(user.payloads().iter().all(|seen| seen.starts_with(&format!("{tenant}: "))));
        }
        assert_eq!(stage.asked(), [format!("{tenant} propose please")]);
        stage.forget_asked();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_may_do_what_it_does() {
    for layout in [Layout::Accounts, Layout::Single] {
        Stage::start(layout).await.writes_and_reads_back().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_see_what_serves_the_commands_and_no_more() {
    for layout in [Layout::Accounts, Layout::Single] {
        let stage = Stage::start(layout).await;
        let operations = stage.user("operations").await;
        for subject in ["$SRV.PING", "$SRV.INFO", "$SRV.STATS.vidimus"] {
            operations.ask(subject, "").await;
        }
        for kind in ["ping", "info", "stats"] {
            let kind = format!("io.nats.micro.v1.{kind}_response");
            operations.sees_like(&[&kind, "\"name\":\"vidimus\""]).await;
        }
        assert_eq!(operations.refusals(), [""; 0]);
        let refused = [
            "vidimus.v1.acme.command.propose",
            "vidimus.v1.acme.tool_execution.first.initiated",
            "$JS.API.INFO",
            "_INBOX.>",
            "vidimus.>",
        ];
        for subject in refused {
            if subject.ends_with('>') {
                operations.listen(subject).await;
            } else {
                operations.ask(subject, "please").await;
            }
        }
        operations.is_refused(&refused).await;
        assert_eq!(stage.asked(), [""; 0]);
    }
}

/// Recorded events are unredacted, so that whoever sees notifications does not see them as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_has_no_more_than_it_is_for() {
    for layout in [Layout::Accounts, Layout::Single] {
        let stage = Stage::start(layout).await;
        let (notifications, recorded) = ("vidimus.v1.acme.tool_execution.>", "vidimus.v1.acme.recorded.>");
        let command = "vidimus.v1.acme.command.propose";
        for (role, subjects) in [
            ("monitor", vec![recorded, "_INBOX_acme.>", "_INBOX_acme.auditor.>"]),
            ("operator", vec![recorded, "_INBOX_acme.>", "_INBOX_acme.auditor.>"]),
            ("auditor", vec![notifications, "_INBOX_acme.>", "_INBOX_acme.operator.>"]),
        ] {
            let user = stage.user(&format!("acme-{role}")).await;
            for subject in &subjects {
                user.listen(subject).await;
            }
            let mut refused = subjects;
            if role != "operator" {
                user.ask(command, "please").await;
                refused.push(command);
            }
            let foreign = if role == "auditor" { "VIDIMUS_NOTIFICATIONS" } else { "VIDIMUS_RECORDED" };
            let next = format!("JS.VIDIMUS.API.CONSUMER.MSG.NEXT.{foreign}.acme_monitor");
            user.ask(&next, "").await;
            refused.push(&next);
            user.is_refused(&refused).await;
        }
        assert_eq!(stage.asked(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_was_away_reads_what_it_missed_and_answers_for_it() {
    let stage = Stage::start(Layout::Accounts).await;
    for name in ["one", "two", "three"] {
        stage.publish_both(name).await;
    }
    for (role, stream, what) in
        [("monitor", "VIDIMUS_NOTIFICATIONS", "notification"), ("auditor", "VIDIMUS_RECORDED", "recorded")]
    {
        let user = stage.user(&format!("acme-{role}")).await;
        let consumer = user.consumer(stream, "acme_monitor").await;
        for name in ["one", "two"] {
            let message = User::next(&consumer).await.unwrap();
            assert_eq!(message.payload, format!("acme: {what} {name}"));
            assert!(message.subject.starts_with("vidimus.v1.acme."));
            message.double_ack().await.unwrap();
        }
        drop(consumer);
        // Away again, in the middle; and then there is one more and no other.
        let user = stage.user(&format!("acme-{role}")).await;
        let consumer = user.consumer(stream, "acme_monitor").await;
        let message = User::next(&consumer).await.unwrap();
        assert_eq!(message.payload, format!("acme: {what} three"));
        message.ack().await.unwrap();
        assert!(User::next(&consumer).await.is_none());
        stage.answered_for(stream, "acme_monitor", 3).await;
        stage.answered_for(stream, "umbrella_monitor", 0).await;
        assert_eq!(user.refusals(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_tenant_reaches_another_tenants_account() {
    for role in ROLES {
        nothing_crosses(Layout::Accounts, &format!("umbrella-{role}")).await;
    }
}

/// What keeps accounts apart are not the permissions: also a user without any limit is alone in its account.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_tenant_reaches_even_an_unlimited_user_of_another() {
    nothing_crosses(Layout::Accounts, "wild").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn permissions_let_nothing_of_a_tenant_reach_another() {
    for role in ROLES {
        nothing_crosses(Layout::Single, &format!("umbrella-{role}")).await;
    }
}

/// What the server itself says, unless it is that something is not there, or about the tenant's own.
fn is_of_the_hub(seen: &str) -> bool {
    let own = ["umbrella_monitor", "\"acc\":\"tenant_umbrella\""];
    seen.starts_with("{\"type\":\"io.nats.")
        && !seen.contains("\"error\"")
        && !own.iter().any(|own| seen.contains(own))
}

/// Whatever was sent before has had its effect: whoever answers, answers in order.
async fn settle(user: &User, own: &[(String, String)]) {
    for (subject, body) in own.iter().filter(|(subject, _)| !subject.starts_with("$JS.ACK.")) {
        let answer = user.client.request(subject.clone(), body.clone().into()).await;
        assert!(answer.is_ok(), "{subject}: {answer:?}");
    }
    user.flush().await;
}

/// One user of `umbrella` tries everything against `acme`, while `acme` does what it does.
async fn nothing_crosses(layout: Layout, name: &str) {
    let stage = Stage::start(layout).await;
    let mut acme = stage.acme().await;
    let other = stage.user(name).await;
    let is_limited = name != "wild";
    let mut refused = Vec::new();

    // It listens everywhere, also as one of those who serve the commands.
    for subject in subscriptions("acme") {
        other.listen(&subject).await;
        other.listen_in_group(&subject, "vidimus").await;
        refused.push(subject);
    }
    // The same where it may: so what it gets none of is refused, and not lost.
    let what = if name == "umbrella-auditor" { "recorded" } else { "notification" };
    let subject = if name == "umbrella-auditor" { "recorded" } else { "tool_execution" };
    other.listen(&format!("vidimus.v1.umbrella.{subject}.>")).await;
    stage.publish_both("first").await;
    acme.goes_on(&stage, "first").await;
    other.sees(&format!("umbrella: {what} first")).await;

    // It reads back, manages and discovers.
    for (subject, body) in requests("acme") {
        other.ask(&subject, &body).await;
        refused.push(subject);
    }

    // It forges, also with what `acme` would have to answer for, and with an inbox that `acme` listens on.
    let pending = acme.takes_one_and_does_not_answer(layout).await;
    for (subject, payload) in forgeries("acme", pending.as_deref(), &acme.inbox()) {
        other.publish(&subject, payload).await;
        refused.push(subject);
    }

    // What it may do, it does with answers and traces that are to go to `acme`.
    let own = own(layout, name);
    for target in acme.targets(pending.as_deref()) {
        for (subject, body) in &own {
            other.publish_with_reply(subject, &target, body).await;
        }
        if let Some((subject, body)) = own.last() {
            other.trace(subject, &target, body).await;
            refused.push(target);
        }
    }
    settle(&other, &own).await;
    if is_limited {
        other.is_refused(&refused.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }

    // Everything is as it was, and goes on.
    acme.answers_for_what_is_pending(&stage, layout).await;
    stage.publish_both("second").await;
    acme.goes_on(&stage, "second").await;
    other.sees(&format!("umbrella: {what} second")).await;
    let leaked: Vec<_> = other.payloads().into_iter().filter(|seen| seen.contains("acme: ")).collect();
    assert_eq!(leaked, [""; 0], "{name} has seen what is acme's");
    let learned: Vec<_> = other.payloads().into_iter().filter(|seen| is_of_the_hub(seen)).collect();
    assert_eq!(learned, [""; 0], "{name} has seen what is the hub's");
    stage.streams_are_untouched(layout).await;
    acme.has_seen_nothing_but_its_own(&stage).await;
}
