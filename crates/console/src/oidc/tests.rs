use axum::http::StatusCode;
use serde_json::{Value, json};
use vidimus_api_types::{Actor, SignedIn};

use super::{claims::Claims, *};
use crate::ask::Refused;

fn settings() -> Settings {
    let roles = |roles: &[Role]| roles.iter().copied().collect::<BTreeSet<_>>();
    Settings {
        issuer: "https://login.example.org/realms/acme".to_owned(),
        client_id: "vidimus".to_owned(),
        client_secret: None,
        address: "https://vidimus.example.org".to_owned(),
        label: "Acme".to_owned(),
        scopes: vec!["openid".to_owned(), "email".to_owned()],
        name_claim: "email".to_owned(),
        groups_claim: "groups".to_owned(),
        tenant: "acme".parse().unwrap(),
        roles: BTreeMap::from([
            ("/reviewers".to_owned(), roles(&[Role::Approver])),
            ("/leads".to_owned(), roles(&[Role::Approver, Role::Auditor])),
        ]),
    }
}

fn signed_in(settings: Settings, claims: Value) -> Result<SignedIn, Refused> {
    let claims: Claims = serde_json::from_value(claims).unwrap();
    Provider::new(settings).unwrap().0.rules.signed_in(&claims)
}

fn said(change: &[(&str, Value)]) -> Value {
    let mut claims = json!({
        "sub": "4711", "email": "ana@example.org", "email_verified": true, "preferred_username": "ana",
        "groups": ["/staff", "/reviewers"],
    });
    for (name, value) in change {
        claims[name] = value.clone();
    }
    claims
}

#[test]
fn roles_are_those_of_all_groups() {
    let roles = |groups: Value| signed_in(settings(), said(&[("groups", groups)])).map(|who| who.roles).ok();
    assert_eq!(roles(json!(["/staff", "/reviewers"])), Some(vec![Role::Approver]));
    assert_eq!(roles(json!(["/leads", "/reviewers", 7])), Some(vec![Role::Approver, Role::Auditor]));
    assert_eq!(roles(json!("/reviewers")), Some(vec![Role::Approver]));
    for none in
        [json!(["/staff", "reviewers", "/Reviewers"]), json!([]), json!(null), json!({"/reviewers": true})]
    {
        assert_eq!(roles(none), None);
    }
    let named = Settings { groups_claim: "roles".to_owned(), ..settings() };
    let who = signed_in(named, said(&[("roles", json!(["/leads"])), ("groups", json!([]))])).unwrap();
    assert_eq!((who.tenant.as_str(), who.roles), ("acme", vec![Role::Approver, Role::Auditor]));
}

#[test]
fn the_name_is_a_verified_address_or_the_claim_that_was_chosen() {
    let name = |settings: Settings, change: &[(&str, Value)]| match signed_in(settings, said(change)) {
        Ok(who) => Ok(who.actor),
        Err(refused) => Err((refused.status, refused.code)),
    };
    assert_eq!(name(settings(), &[]), Ok(Actor::user("ana@example.org")));
    assert_eq!(name(settings(), &[("email", json!("Ana@Example.ORG"))]), Ok(Actor::user("ana@example.org")));
    let refused = |code: &str| Err((StatusCode::FORBIDDEN, code.to_owned()));
    for unverified in [json!(false), json!(null), json!("true")] {
        assert_eq!(name(settings(), &[("email_verified", unverified)]), refused("name_unverified"));
    }
    assert_eq!(name(settings(), &[("email", json!(null))]), refused("no_name"), "and no other claim instead");
    // Letters that are others' in lower case alone stay theirs.
    assert_eq!(
        name(settings(), &[("email", json!("MAR\u{212a}@x.org"))]),
        Ok(Actor::user("mar\u{212a}@x.org"))
    );
    for unusable in [json!(""), json!("  "), json!("a\nb"), json!("a\u{200b}b"), json!("x".repeat(256))] {
        assert_eq!(name(settings(), &[("email", unusable)]), refused("name_unusable"));
    }
    let by = |claim: &str| Settings { name_claim: claim.to_owned(), ..settings() };
    assert_eq!(name(by("preferred_username"), &[("email_verified", json!(false))]), Ok(Actor::user("ana")));
    assert_eq!(name(by("upn"), &[]), refused("no_name"));
    assert_eq!(name(by("sub"), &[("sub", json!("A-1"))]), Ok(Actor::user("A-1")));
}

#[test]
fn whoever_has_no_role_is_told_what_was_seen_and_whom_to_ask() {
    let refused = |change: &[(&str, Value)]| signed_in(settings(), said(change)).unwrap_err();
    let other = refused(&[("groups", json!(["/staff", "/guests"]))]);
    assert_eq!((other.status, &*other.code), (StatusCode::FORBIDDEN, "no_role"));
    for said in
        ["`ana@example.org` at Acme", "the claim `groups` has `/staff`, `/guests`)", "ask an administrator"]
    {
        assert!(other.detail.contains(said), "{}", other.detail);
    }
    // What others' groups are called is nobody's business.
    assert!(!other.detail.contains("/reviewers"));
    let none = refused(&[("groups", json!(null))]);
    assert!(none.detail.contains("Acme named none of your groups (the claim `groups`)"), "{}", none.detail);
    let elsewhere = refused(&[("groups", json!(null)), ("_claim_names", json!({"groups": "src1"}))]);
    assert!(elsewhere.detail.contains("more groups than Acme puts into the claim"), "{}", elsewhere.detail);
    let many: Vec<_> = (0..30).map(|number| "g".repeat(500) + &number.to_string()).collect();
    let many = refused(&[("groups", json!(many))]);
    assert!(many.detail.contains("and 10 more)") && many.detail.len() < 4000, "{}", many.detail);
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_to_do() {
    assert!(Provider::new(settings()).is_ok());
    let here =
        |address: &str| Settings { issuer: address.to_owned(), address: address.to_owned(), ..settings() };
    for address in ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:1/", "https://a.example:8443"]
    {
        assert!(Provider::new(here(address)).is_ok(), "{address}");
    }
    let says = |settings: Settings, says: &str| {
        let refused = Provider::new(settings).unwrap_err();
        assert!(refused.contains(says), "{refused}");
    };
    for (issuer, why) in [
        ("login.example.org", "is no address"),
        ("http://login.example.org", "use `https`"),
        ("http://localhost.example.org", "use `https`"),
        ("ftp://localhost", "use `https`"),
        ("https://me:secret@login.example.org", "leave that out"),
        ("https://login.example.org/?a=b", "leave that out"),
        ("https://login.example.org/#a", "leave that out"),
    ] {
        says(Settings { issuer: issuer.to_owned(), ..settings() }, why);
    }
    says(
        Settings { address: "http://vidimus.example.org".to_owned(), ..settings() },
        "in `address` is not safe",
    );
    says(
        Settings { address: "https://example.org/console".to_owned(), ..settings() },
        "has the path `/console`",
    );
    says(Settings { client_id: " ".to_owned(), ..settings() }, "`client_id` is empty");
    says(Settings { name_claim: String::new(), ..settings() }, "`name_claim` is empty");
    says(Settings { client_secret: Some(String::new()), ..settings() }, "the client's secret is empty");
    says(Settings { scopes: vec!["email profile".to_owned()], ..settings() }, "`email profile` in `scopes`");
    says(Settings { roles: BTreeMap::new(), ..settings() }, "`roles` gives nobody a role");
}

#[test]
fn a_provider_shows_no_secret() {
    let secret = Some("very-secret".to_owned());
    let provider = Provider::new(Settings { client_secret: secret, ..settings() }).unwrap();
    assert_eq!(format!("{provider:?}"), "Provider(\"https://login.example.org/realms/acme\")");
}

#[test]
fn an_address_and_that_it_is_verified_are_of_one_place() {
    let rules = Provider::new(settings()).unwrap();
    let rules = &rules.0.rules;
    let claims = |claims: Value| -> Claims { serde_json::from_value(claims).unwrap() };
    let ours = claims(json!({"email": "ana@x.org", "groups": ["/reviewers"]}));
    assert!(rules.lack(&ours), "nobody says whether it is verified");
    let more = claims(json!({"email": "other@x.org", "email_verified": true}));
    let name = |claims: &Claims| rules.signed_in(claims).map(|who| who.actor).map_err(|refused| refused.code);
    assert_eq!(name(&rules.with(ours.clone(), more)), Ok(Actor::user("other@x.org")));
    let more = claims(json!({"email_verified": true}));
    assert_eq!(name(&rules.with(ours.clone(), more)), Err("name_unverified".to_owned()), "of which address?");
    let ours = claims(json!({"email": "ana@x.org", "email_verified": false}));
    assert!(rules.lack(&ours), "there are no groups");
    let more = claims(json!({"email": "ana@x.org", "email_verified": true, "groups": ["/reviewers"]}));
    assert_eq!(name(&rules.with(ours, more)), Err("name_unverified".to_owned()));
}
