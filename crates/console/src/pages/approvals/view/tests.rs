use askama::Template as _;
use axum::http::StatusCode;
use serde_json::{Value, json};
use vidimus_api_types::{Actor, GlobalPosition, Me, Role, Timestamp};

use super::*;
use crate::{
    ask::{Credential, Refused},
    frame::Tab,
    pages::approvals::{
        asked::{Around, Item},
        card::{Left, Offers, left, offers, progress},
        happened::happened,
    },
    pages::tests::executed,
    sessions::Session,
};

pub(in crate::pages::approvals) const ID: &str = "01890000-0000-7000-8000-000000000001";
const DIGEST: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn me(roles: &[Role], id: &str) -> Me {
    Me {
        tenant: "acme".parse().unwrap(),
        actor: Actor::user(id),
        roles: roles.to_vec(),
        now: "2026-01-15T10:00:00Z".parse().unwrap(),
    }
}

/// An item of the queue, with these members instead of its own.
pub(in crate::pages::approvals) fn item_json(with: Value) -> Value {
    let mut item = json!({
        "position": 7, "execution_id": ID, "kind": "approval", "agent": "mailer", "conversation": "talk 1",
        "request_id": null, "function": "mail.send", "arguments": {"to": "ana@example.org"}, "redacted": [],
        "arguments_digest": DIGEST, "requester": {"kind": "user", "id": "ana"},
        "proposed_by": {"kind": "agent", "id": "mailer"}, "reviewers": {"kind": "any_approver"}, "quorum": 1,
        "stage": 0, "stages": 1, "needs": [], "votes": [], "missing": 1, "self_review": false, "escalated": [],
        "escalations": [], "remind_at": null, "reminders": 0, "comments": 0, "suspended": false,
        "redecisions": 0, "requested_at": "2026-01-15T09:00:00Z", "deadline": "2026-01-15T11:00:00Z",
        "reason_code": "policy_requires_approval", "reason": "mail leaves the house", "policy_set": null,
        "matched_rules": ["mail-out"], "reasons": [], "card": {"digest": DIGEST, "redaction": DIGEST},
    });
    item["reviewers"] = serde_json::to_value(vidimus_api_types::Reviewers::AnyApprover).unwrap();
    item.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    item
}

fn item(with: Value) -> Item {
    serde_json::from_str(&item_json(with).to_string()).unwrap()
}

fn draw_with(items: Vec<Item>, me: &Me, said: Said) -> String {
    let session =
        Session { credential: Credential::Key("t".into()), csrf: "the-csrf".into(), me: me.clone() };
    let frame = Frame::new("Approvals", Tab::Approvals, Some(&session));
    let found = Found {
        items,
        next: None,
        position: Some(GlobalPosition::new(9)),
        done: Vec::new(),
        around: Around::default(),
    };
    let asked = Fields::parse(b"agent=mailer&done=x&min_position=3");
    Approvals::of(frame, &asked, Show::of(&asked, true), me, found, said).render().unwrap()
}

fn draw(items: Vec<Item>, me: &Me) -> String {
    draw_with(items, me, Said::default())
}

#[test]
fn hostile_text_is_text_and_the_arguments_are_as_they_were() {
    let mut hostile = item(json!({"agent": "<b>x", "conversation": "\"><script>1"}));
    let arguments = r#"{"a":1e+21,"b":"<script>alert(1)</script>","c":"</textarea>"}"#;
    hostile.pending.arguments = vidimus_api_types::Json::from_text(arguments.into()).unwrap();
    hostile.card = r#"{"x":"'\"><script>2"}"#.into();
    let html = draw(vec![hostile], &me(&[Role::Approver], "ben"));
    assert_eq!(html.matches("<script").count(), 1, "the console's own");
    assert_eq!(html.matches("</textarea>").count(), html.matches("<textarea").count());
    assert!(html.contains("&#34;a&#34;: 1e+21,"), "no number is written anew");
    assert!(html.contains("&#60;script&#62;alert(1)&#60;/script&#62;") && html.contains("&#60;b&#62;x"));
    assert!(html.contains("conversation=%22%3E%3Cscript%3E1"));
    assert!(
        html.contains(r#"name="card" value="{&#34;x&#34;:&#34;&#39;\&#34;&#62;&#60;script&#62;2&#34;}""#)
    );
}

#[test]
fn the_card_goes_back_as_it_came() {
    let card = format!(r#"{{"redaction":"{DIGEST}", "digest":"{DIGEST}"}}"#);
    let text = item_json(json!({"card": "here"})).to_string().replace("\"here\"", &card);
    let with: Item = serde_json::from_str(&text).unwrap();
    assert_eq!(with.card, card);
    let two = draw(vec![with.clone(), with], &me(&[Role::Approver], "ben"));
    assert!(two.contains(&format!("name=\"card.{ID}\"")) && two.contains("form=\"batch\" name=\"pick\""));
}

#[test]
fn what_waited_then_is_looked_at_and_decided_on_as_it_is_now() {
    let asked = Fields::parse(b"as_of=9&agent=mailer");
    assert_eq!(Show::of(&asked, true), Show::All, "whose it was then, nobody can tell");
    let me = me(&[Role::Approver], "ben");
    let session =
        Session { credential: Credential::Key("t".into()), csrf: "the-csrf".into(), me: me.clone() };
    let frame = Frame::new("Approvals", Tab::Approvals, Some(&session)).with_past(&asked, 9);
    let found = Found { items: vec![item(json!({})), item(json!({}))], ..Found::default() };
    let html = Approvals::of(frame, &asked, Show::All, &me, found, Said::default()).render().unwrap();
    assert!(html.contains("This is as it was at position 9.") && html.contains("mail leaves the house"));
    assert!(
        !html.contains("name=\"verdict\"") && !html.contains("data-live") && !html.contains("id=\"batch\"")
    );
    assert!(!html.contains("Waits for me"));
}

#[test]
fn redactions_are_marked_and_such_arguments_are_not_edited() {
    let redacted = item(json!({"arguments": {"iban": "[redacted]"}, "redacted": ["/iban"]}));
    let html = draw(vec![redacted], &me(&[Role::Approver], "ben"));
    assert!(html.contains("<mark>[redacted]</mark> in its place: <code>/iban</code>"));
    assert!(html.contains("cannot be edited here") && !html.contains("value=\"revise\""));
    let all = item(json!({"arguments": "[redacted]", "redacted": [""]}));
    let html = draw(vec![all], &me(&[Role::Approver], "ben"));
    assert!(html.contains("You may not see the arguments.") && html.contains("<code>all of them</code>"));
    assert!(draw(vec![item(json!({}))], &me(&[Role::Approver], "ben")).contains("value=\"revise\""));
}

#[test]
fn a_quorum_says_who_agreed_who_is_missing_and_who_is_added() {
    let quorum = item(json!({
        "quorum": 3, "missing": 2, "stage": 1, "stages": 2,
        "reviewers": named("finance"),
        "needs": [{"rule": "big", "reviewers": named("finance"), "quorum": 2},
                  {"rule": "law", "reviewers": named("legal"), "quorum": 1}],
        "votes": [{"stage": 1, "by": {"kind": "user", "id": "ben"}, "on_behalf_of": {"kind": "user", "id": "cy"},
                   "groups": ["finance"], "comment": "fine", "at": "2026-01-15T09:30:00Z"}],
        "escalations": [{"at": "2026-01-15T10:30:00Z", "reviewers": named("board")}],
    }));
    let progress = progress(&quorum.pending);
    assert_eq!(
        progress.said,
        [
            "Stage 2 of 2.",
            "1 approved so far; 2 people more must.",
            "Asked: 2 people of group finance, by `big`.",
            "Asked: one person of group legal, by `law`."
        ]
    );
    assert_eq!(progress.votes[0].0, "ben in place of cy for finance");
    assert_eq!(progress.escalations[0].0, "group board to be added");
    let html = draw(vec![quorum.clone()], &me(&[Role::Approver], "dora"));
    assert!(html.contains("name=\"stage\" value=\"1\"") && html.contains("<q>fine</q>"));
    let of_voter = offers(&quorum.pending, &me(&[Role::Approver], "cy"));
    assert_eq!(of_voter.why_not, Some("You have approved it; others have to as well."));
}

fn named(group: &str) -> Value {
    let groups = vec![group.to_owned()];
    serde_json::to_value(vidimus_api_types::Reviewers::Named { groups, people: Vec::new() }).unwrap()
}

#[test]
fn a_confirmation_is_offered_to_its_requester_alone() {
    let confirmation = item(json!({"kind": "confirmation", "reviewers": null}));
    let html = draw(vec![confirmation.clone()], &me(&[Role::Approver], "ana"));
    assert!(html.contains("value=\"confirm\"") && html.contains("value=\"decline\""));
    assert!(!html.contains("value=\"approve\"") && html.contains("ana has to confirm it."));
    let html = draw(vec![confirmation], &me(&[Role::Approver], "ben"));
    assert!(!html.contains("value=\"confirm\"") && html.contains("Only the requester can confirm"));
}

#[test]
fn what_a_visitor_cannot_do_is_not_offered() {
    let (plain, approver, admin) = (item(json!({})), [Role::Approver], [Role::Admin]);
    let decides = |with: Value, me: &Me| offers(&item(with).pending, me);
    assert_eq!(
        offers(&plain.pending, &me(&approver, "ben")),
        Offers { decide: true, revise: true, comment: true, ..Offers::default() }
    );
    let of_admin = offers(&plain.pending, &me(&admin, "ben"));
    assert!(of_admin.break_glass && of_admin.comment && !of_admin.decide);
    let of_auditor = offers(&plain.pending, &me(&[Role::Auditor], "ben"));
    assert!(!of_auditor.comment && !of_auditor.decide && !of_auditor.break_glass);
    assert!(!decides(json!({}), &me(&approver, "ana")).decide, "the requester");
    assert!(decides(json!({"self_review": true}), &me(&approver, "ana")).decide);
    let suspended = decides(json!({"suspended": true}), &me(&[Role::Approver, Role::Admin], "ben"));
    assert!(!suspended.decide && !suspended.break_glass && suspended.comment);
}

#[test]
fn a_stale_card_says_what_happened_and_keeps_what_was_typed() {
    let refused = Refused::new(StatusCode::CONFLICT, "already_denied", "the call was denied already");
    let mut execution: Value = json!({"stage": "denied", "status": "Failed", "approval_status": "Rejected"});
    execution["resolved_by"] = json!({"kind": "user", "id": "cy"});
    execution["resolution"] = json!({"verdict": "denied", "comment": "not <today>"});
    let happened = happened(&executed(execution));
    assert_eq!(happened.said, "was denied by cy");
    let typed = vec![("words".to_owned(), "go <on>".to_owned())];
    let said = |on: &str| Said {
        refusals: [(on.to_owned(), Refusal::new(&refused, Some(happened.clone()), typed.clone()))].into(),
        ..Said::default()
    };
    let me = me(&[Role::Approver], "ben");
    for html in [draw_with(vec![item(json!({}))], &me, said(ID)), draw_with(Vec::new(), &me, said(ID))] {
        assert!(html.contains("Not done: the call was denied already <code>already_denied</code>"));
        assert!(html.contains("was denied by cy at <time") && html.contains("<q>not &#60;today&#62;</q>"));
        assert!(html.contains("go &#60;on&#62;"), "what was typed is not lost");
        assert_eq!(html.matches(&format!(" id=\"{ID}\"")).count(), 1, "the address leads to the card");
    }
}

#[test]
fn what_happened_is_a_sentence() {
    let said = |with: Value| happened(&executed(with)).said;
    let progress = json!({"stage": 0, "stages": 2, "accepted": 1, "missing": 1});
    assert_eq!(
        said(json!({"approval": progress})),
        "still waits in stage 1 of 2: 1 approved so far, one more has to approve"
    );
    let by = json!({"kind": "user", "id": "cy"});
    let resolved = |verdict: &str, stage: &str| {
        said(json!({"stage": stage, "resolved_by": by, "resolution": {"verdict": verdict}}))
    };
    assert_eq!(resolved("approved", "permitted"), "was approved by cy");
    assert_eq!(resolved("revised", "aborted"), "was aborted by cy, and edited into a new attempt");
    assert_eq!(resolved("approved", "cancelled"), "was called off");
    let expired = json!({"stage": "approval_expired", "resolution": {"verdict": "approval_expired"}});
    assert_eq!(said(expired), "was not decided on in time");
    let glass =
        json!({"verdict": "approved", "break_glass": "fire", "on_behalf_of": {"kind": "user", "id": "di"}});
    let glass = said(json!({"stage": "permitted", "resolved_by": by, "resolution": glass}));
    assert_eq!(glass, "was approved by cy in place of di in an emergency (break-glass)");
}

#[test]
fn time_left_is_urgent_under_ten_minutes() {
    let at = |minutes: i64| Timestamp::from_micros(minutes * 60_000_000);
    let shown = |minutes| left(at(minutes), at(0));
    assert_eq!(shown(10), Left { seconds: 600, said: "10 min left".into(), is_urgent: false });
    assert_eq!(shown(9), Left { seconds: 540, said: "9 min left".into(), is_urgent: true });
    assert_eq!(shown(-1), Left { seconds: -60, said: "its time is over".into(), is_urgent: true });
}

#[test]
fn the_first_page_is_mine_for_approvers_and_empty_pages_say_so() {
    let parse = |query: &str| Fields::parse(query.as_bytes());
    assert_eq!(Show::of(&parse(""), true), Show::Mine);
    assert_eq!(Show::of(&parse(""), false), Show::All);
    assert_eq!(Show::of(&parse("show=suspended"), true), Show::Suspended);
    let empty = |query: &str| {
        let me = me(&[Role::Approver], "ben");
        let asked = parse(query);
        let frame = Frame::new("Approvals", Tab::Approvals, None);
        Approvals::of(frame, &asked, Show::of(&asked, true), &me, Found::default(), Said::default())
    };
    assert!(empty("").render().unwrap().contains("<h2>Nothing waits for you</h2>"));
    assert_eq!(empty("agent=x").empty, "Nothing that waits matches");
    assert_eq!(empty("show=all&agent=x&cursor=0&done=y&min_position=3").query, "show=all&agent=x&cursor=0");
    let parts = empty("show=all&agent=x").parts;
    assert_eq!(parts[0], ("Waits for me", "agent=x&show=mine".to_owned(), false));
    assert!(parts[1].2);
}
