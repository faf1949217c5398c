//! The life of a key.

use std::collections::BTreeSet;

use proto_events::{Actor, ActorKind, Digest, KeyCreated, KeyEvent, KeyRevoked, Role, Timestamp};
use uuid::Uuid;

use super::{Action, Command, Create, Happened, Rejection, Revocation, State, decide, evolve};
use crate::field::InvalidField;

const ID: Uuid = Uuid::from_u128(7);

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn create() -> Create {
    Create {
        key_id: ID,
        actor: Actor::new(ActorKind::Service, "intervene"),
        roles: [Role::Approver, Role::Agent].into(),
        label: Some("staging".to_owned()),
        expires_at: Some(at(100)),
        secret_hash: Digest::new([9; 32]),
    }
}

fn command(micros: i64, action: Action) -> Command {
    Command { by: Actor::user("ada"), at: at(micros), action }
}

fn creating(change: impl FnOnce(&mut Create)) -> Command {
    let mut wanted = create();
    change(&mut wanted);
    command(1, Action::Create(wanted))
}

fn revoking(micros: i64) -> Command {
    command(micros, Action::Revoke { reason: Some("lost".to_owned()) })
}

fn after(state: State, command: &Command) -> State {
    let events = decide(&state, command).unwrap();
    state.then(&command.by, command.at, &events)
}

#[test]
fn a_key_is_created_once_and_revoked_once() {
    let events = decide(&State::default(), &creating(|_| {})).unwrap();
    let Create { key_id, actor, roles, label, expires_at, secret_hash } = create();
    let created =
        KeyCreated { key_id, actor: actor.clone(), roles: roles.clone(), label, expires_at, secret_hash };
    assert_eq!(events, [KeyEvent::Created(created)]);
    let active = after(State::default(), &creating(|_| {}));
    let key = active.key.clone().unwrap();
    assert_eq!((key.key_id, &key.actor, &key.roles), (ID, &actor, &roles));
    assert_eq!((key.expires_at, key.secret_hash), (Some(at(100)), Digest::new([9; 32])));
    assert_eq!((key.created_at, key.created_by, key.revoked), (at(1), Actor::user("ada"), None));
    assert_eq!(decide(&active, &creating(|_| {})), Err(Rejection::Exists { key_id: ID }));

    let events = decide(&active, &revoking(2)).unwrap();
    assert_eq!(events, [KeyEvent::Revoked(KeyRevoked { key_id: ID, reason: Some("lost".to_owned()) })]);
    let revoked = after(active, &revoking(2));
    let revocation = Revocation { at: at(2), by: Actor::user("ada"), reason: Some("lost".to_owned()) };
    assert_eq!(revoked.key.as_ref().unwrap().revoked, Some(revocation));
    assert_eq!(decide(&revoked, &revoking(3)), Ok(vec![]), "already so, whatever the reason");
    assert_eq!(decide(&revoked, &creating(|_| {})), Err(Rejection::Exists { key_id: ID }), "no way back");
}

#[test]
fn an_expired_key_can_be_revoked_and_one_that_is_not_there_cannot() {
    let active = after(State::default(), &creating(|_| {}));
    assert_eq!(decide(&active, &revoking(100)).unwrap().len(), 1);
    assert_eq!(decide(&State::default(), &revoking(1)), Err(Rejection::NotFound));
}

#[test]
fn what_cannot_have_been_decided_changes_nothing() {
    let by = Actor::user("eve");
    let revoked = KeyEvent::Revoked(KeyRevoked { key_id: ID, reason: None });
    let happened = Happened { by: &by, at: at(9), event: &revoked };
    assert_eq!(evolve(State::default(), happened), State::default());
    let once = after(after(State::default(), &creating(|_| {})), &revoking(2));
    assert_eq!(evolve(once.clone(), happened), once);
    let created = decide(&State::default(), &creating(|create| create.roles = Role::ALL.into())).unwrap();
    assert_eq!(
        State::fold([Happened { by: &by, at: at(9), event: &created[0] }]).key.unwrap().created_by,
        by
    );
    assert_eq!(once.clone().then(&by, at(9), &created), once);
}

#[test]
fn every_no_has_its_name() {
    let agent = |command: Command| Command { by: Actor::agent("a1"), ..command };
    let table = [
        (creating(|create| create.roles = BTreeSet::new()), "roles_missing"),
        (creating(|create| create.actor = Actor::system("deadlines")), "system_actor"),
        (creating(|create| create.actor = Actor::user("")), "invalid_field"),
        (creating(|create| create.actor = Actor::user("é".repeat(128))), "invalid_field"),
        (creating(|create| create.label = Some("x".repeat(256))), "invalid_field"),
        (creating(|create| create.label = Some("a\u{1b}[2J".to_owned())), "invalid_field"),
        (creating(|create| create.label = Some(" ".to_owned())), "invalid_field"),
        (creating(|create| create.expires_at = Some(at(1))), "expiry_in_the_past"),
        (creating(|create| create.expires_at = Some(at(0))), "expiry_in_the_past"),
        (Command { by: Actor::user(""), ..revoking(1) }, "invalid_field"),
        (agent(creating(|_| {})), "agent_cannot_manage_keys"),
        (agent(revoking(1)), "agent_cannot_manage_keys"),
        (command(1, Action::Revoke { reason: Some("x".repeat(5_001)) }), "text_too_long"),
        (revoking(1), "key_not_found"),
    ];
    let mut codes: BTreeSet<&str> = table
        .iter()
        .map(|(command, code)| {
            let no = decide(&State::default(), command).unwrap_err();
            assert_eq!(no.code(), *code, "{no}");
            no.code()
        })
        .collect();
    let active = after(State::default(), &creating(|_| {}));
    codes.insert(decide(&active, &creating(|_| {})).unwrap_err().code());
    assert_eq!(codes, Rejection::ALL_CODES.iter().copied().collect());
}

#[test]
fn a_key_at_its_limits_is_created() {
    let widest = creating(|create| {
        create.actor = Actor::user("é".repeat(127));
        create.roles = Role::ALL.into();
        create.label = Some("é".repeat(255));
        create.expires_at = Some(at(2));
    });
    assert_eq!(decide(&State::default(), &widest).unwrap().len(), 1);
    let least = creating(|create| (create.label, create.expires_at) = (None, None));
    assert_eq!(decide(&State::default(), &least).unwrap().len(), 1);
}

#[test]
fn a_no_says_what_to_do() {
    let no = decide(&State::default(), &creating(|create| create.expires_at = Some(at(0)))).unwrap_err();
    assert_eq!(
        no.to_string(),
        "the key would expire at `1970-01-01T00:00:00Z`, which is over: give a later time, or none"
    );
    let no = decide(&State::default(), &creating(|create| create.label = Some("x".repeat(256)))).unwrap_err();
    let problem = "has more than 255 characters";
    assert_eq!(no, Rejection::Field(InvalidField::Invalid { field: "label", problem }));
}
