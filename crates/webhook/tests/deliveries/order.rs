//! What is delivered: all of it, in order, signed, to whom it belongs.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac as _};
use proto_events::{Access, GlobalPosition, NotificationType, WebhookFilter};
use sha2::Sha256;

use crate::{
    receiver::{Got, Receiver, Reply},
    world::{World, ada, settings, stands, tenant, until},
};

/// The check of a receiver, by the text of Standard Webhooks.
fn is_signed(got: &Got, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac: Hmac<Sha256> = hmac::digest::KeyInit::new_from_slice(&key).unwrap();
    let head = format!("{}.{}.", got.header("webhook-id"), got.header("webhook-timestamp"));
    mac.update(head.as_bytes());
    mac.update(&got.body);
    let given = got.header("webhook-signature").strip_prefix("v1,").unwrap();
    mac.verify_slice(&STANDARD.decode(given).unwrap()).is_ok()
}

#[tokio::test]
async fn all_notifications_of_the_tenant_come_in_order_and_signed() {
    let world = World::new();
    let (acme, globex) = (Receiver::start().await, Receiver::start().await);
    let created = world.webhook("acme", &acme.url()).await;
    let foreign = world.webhook("globex", &globex.url()).await;
    let running = world.deliverer(settings());
    world.set("acme", "crm.send_offer", Access::EnabledWithConfirmation).await;
    for round in 0..20 {
        world.call("acme").await;
        if round % 2 == 0 {
            world.call("globex").await;
        }
    }
    let expected = world.expected("acme", GlobalPosition::START).await;
    assert_eq!(expected.len(), 40, "initiated, confirmation required");
    until("all are there", || acme.got().len() >= expected.len() && globex.got().len() >= 20).await;
    let got = acme.got();
    for (got, (position, message)) in got.iter().zip(&expected) {
        assert_eq!(got.line, "POST /hook?channel=42 HTTP/1.1");
        assert_eq!((got.position(), &*got.body), (*position, &*message.payload), "to the letter");
        for (name, value) in &message.headers {
            assert_eq!(got.header(&name.to_ascii_lowercase()), value, "{name}");
        }
        assert_eq!(got.header("content-type"), "application/json");
        assert_eq!(got.header("vidimus-tenant"), "acme");
        assert_eq!(got.header("webhook-id"), got.header("vidimus-event-id"));
        assert!(got.header("traceparent").starts_with("00-"));
        assert!(is_signed(got, &created.secret.expose()));
        assert!(!is_signed(got, &foreign.secret.expose()), "each has its own secret");
    }
    assert_eq!(got.len(), expected.len());
    let theirs = globex.got();
    assert!(theirs.iter().all(|got| got.header("vidimus-tenant") == "globex"));
    assert_eq!(globex.positions(), world.expected_positions("globex", GlobalPosition::START).await);
    let stands = stands(&running, &created, |delivery| delivery.position.get() >= expected[39].0).await;
    assert!(stands.failing.is_none() && stands.last_success_at.is_some() && stands.last_failure.is_none());
    let totals = running.status.totals();
    assert_eq!((totals.delivered, totals.failed_attempts, totals.parked), (60, 0, 0));
    running.stop().await;
}

#[tokio::test]
async fn the_next_is_sent_when_this_one_was_taken_and_under_the_same_id() {
    let world = World::new();
    let receiver = Receiver::start().await;
    let mut count = 0;
    // Every notification is taken the third time only.
    receiver.answers(move |_| {
        count += 1;
        if count % 3 == 0 { Reply::Status(200) } else { Reply::Status(500) }
    });
    let created = world.webhook("acme", &receiver.url()).await;
    for _ in 0..3 {
        world.call("acme").await;
    }
    let running = world.deliverer(settings());
    let expected = world.expected_positions("acme", GlobalPosition::START).await;
    until("all were taken", || receiver.got().len() >= 3 * expected.len()).await;
    let thrice: Vec<u64> = expected.iter().flat_map(|position| [*position; 3]).collect();
    assert_eq!(receiver.positions(), thrice);
    for attempts in receiver.got().chunks(3) {
        assert!(attempts.iter().all(|got| got.header("webhook-id") == attempts[0].header("webhook-id")));
        assert!(attempts.iter().all(|got| is_signed(got, &created.secret.expose())));
    }
    let at = stands(&running, &created, |delivery| {
        delivery.failing.is_none() && delivery.position.get() >= expected[5]
    })
    .await;
    assert_eq!(at.last_failure.unwrap().reason, "answered with status 500");
    assert_eq!(running.status.totals().failed_attempts, 12);
    running.stop().await;
}

#[tokio::test]
async fn each_filter_lets_through_what_it_says() {
    let world = World::new();
    let filters = [
        WebhookFilter { types: vec![NotificationType::Blocked], ..WebhookFilter::default() },
        WebhookFilter { agent: Some("buyer".to_owned()), ..WebhookFilter::default() },
        WebhookFilter { conversation: Some("with seller".to_owned()), ..WebhookFilter::default() },
        WebhookFilter { function: Some("erp.order".parse().unwrap()), ..WebhookFilter::default() },
        WebhookFilter {
            types: vec![NotificationType::Initiated, NotificationType::Failed],
            agent: Some("buyer".to_owned()),
            function: Some("erp.order".parse().unwrap()),
            ..WebhookFilter::default()
        },
        WebhookFilter { agent: Some("nobody".to_owned()), ..WebhookFilter::default() },
    ];
    let mut receivers = Vec::new();
    for filter in filters {
        let receiver = Receiver::start().await;
        let created = world.filtered("acme", &receiver.url(), filter).await;
        receivers.push((receiver, created));
    }
    let running = world.deliverer(settings());
    for (agent, function) in [("buyer", "erp.order"), ("seller", "erp.order"), ("buyer", "crm.send_offer")] {
        world.call_of("acme", agent, function).await;
    }
    let all = world.expected_positions("acme", GlobalPosition::START).await;
    let of = |indices: &[usize]| -> Vec<u64> { indices.iter().map(|index| all[*index]).collect() };
    let wanted = [of(&[1, 3, 5]), of(&[0, 1, 4, 5]), of(&[2, 3]), of(&[0, 1, 2, 3]), of(&[0]), of(&[])];
    for ((receiver, created), wanted) in receivers.iter().zip(wanted) {
        // Also where nothing is for it, it moves on.
        stands(&running, created, |delivery| delivery.position >= world.engine.tail()).await;
        assert_eq!(receiver.positions(), wanted, "{:?}", created.webhook.filter);
    }
    running.stop().await;
}

#[tokio::test]
async fn it_begins_where_it_was_told_to_and_ends_when_it_is_deleted() {
    let world = World::new();
    world.call("acme").await;
    let middle = world.engine.tail();
    world.call("acme").await;
    let (from_now, from_middle, from_start) =
        (Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let running = world.deliverer(settings());
    let mut created = Vec::new();
    for (receiver, after) in
        [(&from_now, None), (&from_middle, Some(middle)), (&from_start, Some(GlobalPosition::START))]
    {
        let url = receiver.url();
        let new = vidimus_engine::NewWebhook { url, after, ..vidimus_engine::NewWebhook::default() };
        created.push(world.engine.create_webhook(&ada("acme"), new).await.unwrap());
    }
    world.call("acme").await;
    let all = world.expected_positions("acme", GlobalPosition::START).await;
    for (receiver, from) in [(&from_now, 4), (&from_middle, 2), (&from_start, 0)] {
        until("what comes after is there", || receiver.got().len() >= all.len() - from).await;
        assert_eq!(receiver.positions(), all[from..]);
    }
    let gone = created[0].webhook.webhook_id;
    world.engine.delete_webhook(&ada("acme"), gone, None).await.unwrap();
    until("it is not shown any more", || running.status.of(&tenant("acme"), gone).is_none()).await;
    world.call("acme").await;
    until("the others go on", || from_start.got().len() >= all.len() + 2).await;
    assert_eq!(from_now.got().len(), 2);
    let name = format!("acme.{gone}.json");
    until("its file is gone", || !world.files().join(&name).exists()).await;
    running.stop().await;
}
