//! Who may do what on the bus.
//!
//! What a permission cannot say is where an answer goes: whoever may send a request may name any subject for its answer, and
//! the server, or whoever answers, writes there. In an account of its own a tenant reaches nothing with that. Within one
//! account it would reach every other tenant, so that nothing may be asked there but Vidimus itself, which looks at it.

use std::collections::BTreeSet;

use proto_events::{Subject, TenantId};

/// The stream of the notifications.
pub(super) const NOTIFICATIONS: &str = "VIDIMUS_NOTIFICATIONS";
/// The stream of the recorded events.
pub(super) const RECORDED: &str = "VIDIMUS_RECORDED";
/// Every command of every tenant.
const COMMANDS: &str = "vidimus.v1.*.command.>";
/// The account of the server, which has the streams.
const HUB: &str = "VIDIMUS";
/// Where the user `operations` has answers come to.
const OPERATIONS_INBOX: &str = "_INBOX_operations";
/// What the API of JetStream is called in a tenant's account: under its own name the account's own would answer first.
const API: &str = "JS.VIDIMUS.API";

/// An account and all that belongs to it.
pub(super) struct Account {
    pub(super) name: String,
    pub(super) purpose: String,
    pub(super) has_streams: bool,
    pub(super) users: Vec<User>,
    /// What others may import: each from one account alone.
    pub(super) exports: Vec<(String, Shared)>,
    /// What it imports from the hub.
    pub(super) imports: Vec<Shared>,
}

/// A user. What is not allowed is denied.
pub(super) struct User {
    pub(super) name: String,
    pub(super) purpose: &'static str,
    pub(super) inbox: String,
    pub(super) publish: Vec<String>,
    pub(super) subscribe: Vec<String>,
}

/// What the hub lends to a tenant.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) kind: Kind,
    pub(super) subject: String,
    /// What it is called by the tenant, where that is something else.
    pub(super) called: Option<String>,
}

/// How it flows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// From the hub to the tenant.
    Stream,
    /// From the tenant to the hub, with one answer.
    Service,
    /// From the tenant to the hub, with many answers.
    Answers,
}

/// A subject pattern of all tenants, for one of them.
pub(super) fn of_tenant(all: &str, tenant: &TenantId) -> String {
    all.replacen('*', tenant.as_str(), 1)
}

/// The name of a tenant's consumer. A `name` has no `_`, so that no two tenants have the same.
pub(super) fn consumer_name(tenant: &TenantId, name: &str) -> String {
    format!("{tenant}_{name}")
}

/// An account for the server and one for each tenant.
pub(super) fn apart(tenants: &BTreeSet<TenantId>, consumers: &BTreeSet<String>) -> Vec<Account> {
    let mut hub = hub(["_R_.>".to_owned()]);
    let mut accounts = Vec::new();
    for tenant in tenants {
        let name = format!("tenant_{tenant}");
        let shared = lent(tenant, consumers);
        hub.exports.extend(shared.iter().map(|shared| (name.clone(), shared.clone())));
        accounts.push(Account {
            name,
            purpose: format!("The tenant {tenant}: its own subjects of the hub, and no other."),
            has_streams: false,
            users: users(tenant, consumers),
            exports: Vec::new(),
            imports: shared,
        });
    }
    accounts.insert(0, hub);
    accounts
}

/// One account for all; what a user may do is all that keeps it from the others.
pub(super) fn together(tenants: &BTreeSet<TenantId>) -> Vec<Account> {
    let mut hub = hub(tenants.iter().map(|tenant| format!("{}.>", inbox(tenant))));
    hub.users.extend(tenants.iter().flat_map(|tenant| users(tenant, &BTreeSet::new())));
    vec![hub]
}

/// Whether a tenant's inbox would be that of the user `operations`, were they in one account.
pub(super) fn has_the_inbox_of_operations(tenant: &TenantId) -> bool {
    inbox(tenant) == OPERATIONS_INBOX
}

/// Where answers for a tenant come to, in its first token: Vidimus sends no answer of one tenant to another's.
fn inbox(tenant: &TenantId) -> String {
    format!("_INBOX_{tenant}")
}

fn hub(answers: impl IntoIterator<Item = String>) -> Account {
    let owned = |subjects: &[&str]| subjects.iter().map(|subject| (*subject).to_owned()).collect::<Vec<_>>();
    let mut publish = owned(&[Subject::NOTIFICATIONS, Subject::RECORDED]);
    for stream in [NOTIFICATIONS, RECORDED] {
        let api = [
            "STREAM.INFO.S",
            "STREAM.CREATE.S",
            "STREAM.MSG.GET.S",
            "DIRECT.GET.S",
            "CONSUMER.INFO.S.*",
            "CONSUMER.CREATE.S.>",
        ];
        publish.extend(api.map(|call| format!("$JS.API.{}", call.replace(".S", &format!(".{stream}")))));
    }
    publish.push(format!("{OPERATIONS_INBOX}.>"));
    publish.extend(answers);
    let server = User {
        name: "vidimus".to_owned(),
        purpose: "`vidimus serve`, and `vidimus nats consumer`",
        inbox: "_INBOX".to_owned(),
        publish,
        subscribe: owned(&["_INBOX.>", COMMANDS, "$SRV.>"]),
    };
    let projector = User {
        name: "projector".to_owned(),
        purpose: "`vidimus project`: reads every recorded event of every tenant",
        inbox: "_INBOX".to_owned(),
        publish: ["STREAM.INFO", "DIRECT.GET"].map(|call| format!("$JS.API.{call}.{RECORDED}")).to_vec(),
        subscribe: owned(&["_INBOX.>"]),
    };
    let operations = User {
        name: "operations".to_owned(),
        purpose: "asks what serves the commands, and how it does (`$SRV.PING`, `INFO`, `STATS`)",
        inbox: OPERATIONS_INBOX.to_owned(),
        publish: owned(&["$SRV.>"]),
        subscribe: vec![format!("{OPERATIONS_INBOX}.>")],
    };
    Account {
        name: HUB.to_owned(),
        purpose: "The hub: the streams, and the server that writes them and serves the commands.".to_owned(),
        has_streams: true,
        users: vec![server, projector, operations],
        exports: Vec::new(),
        imports: Vec::new(),
    }
}

fn users(tenant: &TenantId, consumers: &BTreeSet<String>) -> Vec<User> {
    let user = |role: &str, purpose, all: &str, stream: &str| {
        let inbox = format!("{}.{role}", inbox(tenant));
        let reads = consumers.iter().flat_map(|name| reading(stream, &consumer_name(tenant, name)));
        User {
            name: format!("{tenant}-{role}"),
            purpose,
            publish: reads.map(|shared| shared.called.unwrap_or(shared.subject)).collect(),
            subscribe: vec![of_tenant(all, tenant), format!("{inbox}.>")],
            inbox,
        }
    };
    let monitor = user("monitor", "sees notifications", Subject::NOTIFICATIONS, NOTIFICATIONS);
    let mut operator =
        user("operator", "sees notifications and sends commands", Subject::NOTIFICATIONS, NOTIFICATIONS);
    operator.publish.push(of_tenant(COMMANDS, tenant));
    let auditor = user("auditor", "sees recorded events, unredacted", Subject::RECORDED, RECORDED);
    vec![monitor, operator, auditor]
}

fn lent(tenant: &TenantId, consumers: &BTreeSet<String>) -> Vec<Shared> {
    let shared = |kind, all| Shared { kind, subject: of_tenant(all, tenant), called: None };
    let mut lent = vec![
        shared(Kind::Stream, Subject::NOTIFICATIONS),
        shared(Kind::Stream, Subject::RECORDED),
        shared(Kind::Service, COMMANDS),
    ];
    for stream in [NOTIFICATIONS, RECORDED] {
        lent.extend(consumers.iter().flat_map(|name| reading(stream, &consumer_name(tenant, name))));
    }
    lent
}

/// What reading a durable consumer takes. Never with a wildcard in the place of the consumer: it would be everybody's.
fn reading(stream: &str, consumer: &str) -> [Shared; 3] {
    let api = |kind, call: &str| Shared {
        kind,
        subject: format!("$JS.API.CONSUMER.{call}.{stream}.{consumer}"),
        called: Some(format!("{API}.CONSUMER.{call}.{stream}.{consumer}")),
    };
    let acks =
        Shared { kind: Kind::Service, subject: format!("$JS.ACK.{stream}.{consumer}.>"), called: None };
    [api(Kind::Service, "INFO"), api(Kind::Answers, "MSG.NEXT"), acks]
}
