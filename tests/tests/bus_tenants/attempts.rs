//! What one tenant can try against another.

use proto_events::BusCommand;

use crate::stage::{FORGED, Layout};

const STREAMS: [&str; 2] = ["VIDIMUS_NOTIFICATIONS", "VIDIMUS_RECORDED"];

/// Everything that it can listen to.
pub(crate) fn subscriptions(of: &str) -> Vec<String> {
    let mut all: Vec<String> = [
        ">",
        "*.>",
        "vidimus.>",
        "vidimus.*.>",
        "vidimus.v1.>",
        "vidimus.v1.*.>",
        "vidimus.v1.*.tool_execution.>",
        "vidimus.v1.*.recorded.>",
        "vidimus.v1.*.command.>",
        "$SRV.>",
        "$JS.>",
        "$JS.API.>",
        "$JS.ACK.>",
        "$JS.EVENT.ADVISORY.>",
        "JS.VIDIMUS.API.>",
        "$SYS.>",
        "_INBOX.>",
        "_R_.>",
        "_GR_.>",
        "*.answers.>",
        "*.operator.>",
    ]
    .map(str::to_owned)
    .to_vec();
    for rest in
        ["tool_execution.>", "tool_execution.*.initiated", "recorded.>", "command.>", "command.*", ">"]
    {
        all.push(format!("vidimus.v1.{of}.{rest}"));
    }
    for role in ["", "monitor.", "operator.", "auditor."] {
        all.push(format!("_INBOX_{of}.{role}>"));
    }
    for stream in STREAMS {
        all.push(format!("$JS.EVENT.ADVISORY.CONSUMER.*.{stream}.>"));
        all.push(format!("$JS.ACK.{stream}.{of}_monitor.>"));
        all.push(format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.*"));
    }
    all
}

/// Everything that it can ask: reading back, managing, discovering, commanding.
pub(crate) fn requests(of: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for api in ["$JS.API", "JS.VIDIMUS.API", "$JS.VIDIMUS.API"] {
        let mut ask = |call: String, body: String| all.push((format!("{api}.{call}"), body));
        for call in ["INFO", "STREAM.NAMES", "STREAM.LIST"] {
            ask(call.to_owned(), String::new());
        }
        for stream in STREAMS {
            for call in ["INFO", "DELETE", "PURGE", "SNAPSHOT", "LEADER.STEPDOWN", "PEER.REMOVE"] {
                ask(
                    format!("STREAM.{call}.{stream}"),
                    r#"{"deliver_subject":"_INBOX_umbrella.x","peer":"n0"}"#.to_owned(),
                );
            }
            let config = format!(r#"{{"name":"{stream}","subjects":["taken.>"],"storage":"file"}}"#);
            ask(format!("STREAM.UPDATE.{stream}"), config.clone());
            ask(format!("STREAM.CREATE.{stream}"), config);
            ask(format!("STREAM.RESTORE.{stream}"), r#"{"config":{},"state":{}}"#.to_owned());
            ask(format!("STREAM.MSG.GET.{stream}"), r#"{"seq":1}"#.to_owned());
            ask(format!("STREAM.MSG.DELETE.{stream}"), r#"{"seq":1}"#.to_owned());
            ask(format!("DIRECT.GET.{stream}"), r#"{"seq":1}"#.to_owned());
            ask(format!("DIRECT.GET.{stream}"), r#"{"seq":1,"batch":100,"next_by_subj":">"}"#.to_owned());
            ask(format!("DIRECT.GET.{stream}.vidimus.v1.{of}.tool_execution.first.initiated"), String::new());
            for call in ["NAMES", "LIST"] {
                ask(format!("CONSUMER.{call}.{stream}"), String::new());
            }
            for call in ["INFO", "DELETE", "PAUSE", "RESET", "UNPIN", "LEADER.STEPDOWN"] {
                ask(format!("CONSUMER.{call}.{stream}.{of}_monitor"), String::new());
            }
            for consumer in [format!("{of}_monitor"), "*".to_owned(), ">".to_owned(), "spy".to_owned()] {
                ask(
                    format!("CONSUMER.MSG.NEXT.{stream}.{consumer}"),
                    r#"{"batch":10,"no_wait":true}"#.to_owned(),
                );
            }
            let spy = |name: &str| {
                format!(
                    r#"{{"stream_name":"{stream}","config":{{"name":"spy","durable_name":{name},"ack_policy":"explicit","deliver_subject":"_INBOX_umbrella.monitor.spy"}}}}"#
                )
            };
            ask(format!("CONSUMER.CREATE.{stream}"), spy("null"));
            ask(format!("CONSUMER.CREATE.{stream}.spy"), spy("\"spy\""));
            ask(format!("CONSUMER.CREATE.{stream}.{of}_monitor"), spy("\"spy\""));
            ask(format!("CONSUMER.CREATE.{stream}.spy.vidimus.v1.{of}.tool_execution.>"), spy("\"spy\""));
            ask(format!("CONSUMER.DURABLE.CREATE.{stream}.spy"), spy("\"spy\""));
            let copy = |kind: &str| {
                let origin = format!(
                    r#"{{"name":"{stream}","external":{{"api":"$JS.API","deliver":"_INBOX_umbrella"}}}}"#
                );
                let origin = if kind == "sources" { format!("[{origin}]") } else { origin };
                format!(r#"{{"name":"copy","storage":"memory","{kind}":{origin}}}"#)
            };
            ask("STREAM.CREATE.copy".to_owned(), copy("mirror"));
            ask("STREAM.CREATE.copy".to_owned(), copy("sources"));
        }
        ask(
            "STREAM.CREATE.taken".to_owned(),
            r#"{"name":"taken","subjects":["vidimus.>"],"storage":"memory"}"#.to_owned(),
        );
    }
    for subject in [
        "$SRV.PING",
        "$SRV.INFO",
        "$SRV.STATS",
        "$SRV.PING.vidimus",
        "$SRV.INFO.vidimus",
        "$SYS.REQ.SERVER.PING",
        "$SYS.REQ.SERVER.PING.CONNZ",
        "$SYS.REQ.SERVER.PING.SUBSZ",
        "$SYS.REQ.SERVER.PING.JSZ",
        "$SYS.REQ.ACCOUNT.VIDIMUS.CONNZ",
        "$SYS.REQ.ACCOUNT.VIDIMUS.SUBSZ",
        "$SYS.REQ.ACCOUNT.tenant_acme.INFO",
    ] {
        all.push((subject.to_owned(), r#"{"subscriptions":true,"accounts":true,"streams":true}"#.to_owned()));
    }
    for command in BusCommand::ALL {
        let subject = format!("vidimus.v1.{of}.command.{}", command.as_str());
        let execution = if command.names_execution() { ".0195c2de-0000-7000-8000-000000000000" } else { "" };
        all.push((subject + execution, FORGED.to_owned()));
    }
    all
}

/// Everything that it can publish, to be taken for something of the other's. `pending` is the subject by which the other
/// answers for a message that it has.
pub(crate) fn forgeries(of: &str, pending: Option<&str>, inbox: &str) -> Vec<(String, &'static str)> {
    let mut all: Vec<(String, &str)> = [
        format!("vidimus.v1.{of}.tool_execution.first.initiated"),
        format!("vidimus.v1.{of}.tool_execution.first.approval.accepted"),
        format!("vidimus.v1.{of}.recorded.execution-first.initiated"),
        format!("vidimus.v1.{of}.command.approve"),
        "vidimus.v1.umbrella.tool_execution.first.completed".to_owned(),
        "vidimus.v1.umbrella.recorded.execution-first.completed".to_owned(),
        format!("_INBOX_{of}.operator.answers.0"),
        inbox.to_owned(),
        "_R_.a.b".to_owned(),
        "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.VIDIMUS_NOTIFICATIONS.acme_monitor".to_owned(),
        "$SYS.ACCOUNT.VIDIMUS.CONNECT".to_owned(),
    ]
    .map(|subject| (subject, FORGED))
    .to_vec();
    let answers = ["+ACK", "-NAK", "+WPI", "+TERM", "+NXT"];
    let guessed = format!("$JS.ACK.VIDIMUS_NOTIFICATIONS.{of}_monitor.1.1.1.1.0");
    for subject in pending.into_iter().chain([guessed.as_str()]) {
        all.extend(answers.map(|answer| (subject.to_owned(), answer)));
    }
    all
}

/// What a user of `umbrella` may send.
pub(crate) fn own(layout: Layout, name: &str) -> Vec<(String, String)> {
    let mut own = Vec::new();
    let (stream, may_command) = match name {
        "umbrella-operator" | "wild" => (STREAMS[0], true),
        "umbrella-auditor" => (STREAMS[1], false),
        _ => (STREAMS[0], false),
    };
    if layout == Layout::Accounts {
        let api = |call: &str| format!("JS.VIDIMUS.API.CONSUMER.{call}.{stream}.umbrella_monitor");
        own.push((api("INFO"), String::new()));
        own.push((api("MSG.NEXT"), r#"{"batch":1,"no_wait":true}"#.to_owned()));
        own.push((format!("$JS.ACK.{stream}.umbrella_monitor.1.1.1.1.0"), "+ACK".to_owned()));
    }
    if may_command {
        own.push(("vidimus.v1.umbrella.command.propose".to_owned(), FORGED.to_owned()));
        own.push(("vidimus.v1.umbrella.command.list_approvals".to_owned(), FORGED.to_owned()));
    }
    own
}
