//! Names and their grammars, and the ids that are derived from them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are outside of `#[test]` functions")]

use std::collections::BTreeSet;

use bytestring::ByteString;
use proptest::prelude::*;
use proto_events::{ArgumentsDigest, CallRef, Digest, FunctionName, StreamId, TenantId};
use uuid::{Uuid, uuid};

fn accepts<T>(texts: &[&str])
where
    T: std::str::FromStr
        + TryFrom<ByteString>
        + std::fmt::Display
        + serde::Serialize
        + serde::de::DeserializeOwned,
    T: PartialEq + std::fmt::Debug,
    T::Err: std::fmt::Debug,
{
    for text in texts {
        let name: T = text.parse().unwrap();
        assert_eq!(name.to_string(), *text);
        assert_eq!(T::try_from(ByteString::from(*text)).ok().as_ref(), Some(&name));
        let json = serde_json::to_string(&name).unwrap();
        assert_eq!(json, serde_json::to_string(text).unwrap());
        assert_eq!(serde_json::from_str::<T>(&json).unwrap(), name);
    }
}

fn refuses<T>(what: &str, grammar: &str, texts: &[&str])
where
    T: std::str::FromStr + serde::de::DeserializeOwned + std::fmt::Debug,
    T::Err: std::fmt::Display,
{
    for text in texts {
        let Err(error) = text.parse::<T>() else { panic!("{text:?} is accepted as a {what}") };
        let cut: String = text.chars().take(80).collect();
        let expected = format!("`{}` is no {what}: use {grammar}", cut.escape_debug());
        assert_eq!(error.to_string(), expected);
        let json = serde_json::from_str::<T>(&serde_json::to_string(text).unwrap()).unwrap_err();
        assert!(json.to_string().starts_with(&expected), "{json}");
    }
}

#[test]
fn a_tenant_is_a_whole_token_of_a_subject() {
    let longest = "t".repeat(64);
    accepts::<TenantId>(&["a", "acme", "ACME", "acme-2_b", "0", "_", "-", &longest]);
    let too_long = "t".repeat(65);
    let far_too_long = "t".repeat(1000);
    refuses::<TenantId>(
        "tenant",
        "1 to 64 ASCII letters, digits, `_` and `-`",
        &[
            "",
            " ",
            "*",
            ">",
            ".",
            "a.b",
            "a*",
            "a b",
            "a>",
            " a",
            "a ",
            "a\n",
            "a\0",
            "a/b",
            "a$",
            "ä",
            "аcme",
            "😀",
            &too_long,
            &far_too_long,
        ],
    );
}

#[test]
fn a_stream_is_a_category_and_a_token() {
    let longest = format!("a-{}", "x".repeat(126));
    accepts::<StreamId>(&[
        "execution-0a4c2a3e-6f1b-5d0e-8c7d-2b9f4e1a6c35",
        "policy_set-A_1",
        "_-_",
        "a--",
        &longest,
    ]);
    let too_long = format!("a-{}", "x".repeat(127));
    let too_long_together = format!("execution-{}", "x".repeat(119));
    refuses::<StreamId>(
        "stream",
        "`category-token` of ASCII letters, digits, `_` and `-`, at most 128 bytes",
        &[
            "",
            "-",
            "execution",
            "execution-",
            "-1",
            "Execution-1",
            "e1-1",
            "e.x-1",
            "execution-a.b",
            "execution-a b",
            "execution-ä",
            "execution-*",
            "execution-1\n",
            &too_long,
            &too_long_together,
        ],
    );
}

#[test]
fn a_function_is_a_connection_and_a_name() {
    let longest = format!("{}.{}", "c".repeat(64), "ä".repeat(255));
    accepts::<FunctionName>(&[
        "erp.create",
        "erp.v2.create/order",
        "ERP_2-b.Größe ändern",
        "a..",
        "a. ",
        "a.😀",
        "a.\u{a0}",
        &longest,
    ]);
    let long_connection = format!("{}.a", "c".repeat(65));
    let long_function = format!("c.{}", "ä".repeat(256));
    refuses::<FunctionName>(
        "function",
        "`connection.function`: 1 to 64 ASCII letters, digits, `_` and `-`, a dot, and 1 to 255 characters without \
         control characters",
        &[
            "",
            ".",
            "erp",
            "erp.",
            ".create",
            "e rp.create",
            "ärp.create",
            "erp.a\n",
            "erp.a\0b",
            "erp.\u{7f}",
            "erp.\u{85}",
            "erp.\t",
            &long_connection,
            &long_function,
        ],
    );
    let function: FunctionName = "erp.v2.create".parse().unwrap();
    assert_eq!((function.connection(), function.as_str()), ("erp", "erp.v2.create"));
}

#[test]
fn the_execution_of_a_stream_is_found_by_its_usual_spelling_only() {
    let id = uuid!("0a4c2a3e-6f1b-5d0e-8c7d-2b9f4e1a6c35");
    let stream = StreamId::execution(id);
    assert_eq!(stream.as_str(), "execution-0a4c2a3e-6f1b-5d0e-8c7d-2b9f4e1a6c35");
    assert_eq!((stream.category(), stream.execution_id()), ("execution", Some(id)));
    for (other, category) in [
        ("execution-0A4C2A3E-6F1B-5D0E-8C7D-2B9F4E1A6C35", "execution"),
        ("execution-0a4c2a3e6f1b5d0e8c7d2b9f4e1a6c35", "execution"),
        ("execution-0a4c2a3e-6f1b-5d0e-8c7d-2b9f4e1a6c3", "execution"),
        ("execution-1", "execution"),
        ("attempt-0a4c2a3e-6f1b-5d0e-8c7d-2b9f4e1a6c35", "attempt"),
        ("executions-0a4c2a3e-6f1b-5d0e-8c7d-2b9f4e1a6c35", "executions"),
    ] {
        let stream: StreamId = other.parse().unwrap();
        assert_eq!((stream.category(), stream.execution_id()), (category, None), "{other}");
    }
}

fn attempt(tenant: &str, key: &str, function: &str, digest: &str) -> Uuid {
    let digest: ArgumentsDigest = digest.parse().unwrap();
    CallRef::attempt_id(&tenant.parse().unwrap(), key, &function.parse().unwrap(), &digest)
}

const DIGEST: &str = "b795109aa9d63f7833438e28f1f88a89f54e53838c6bb9e73390518fdcb388ee";
const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// These never change: streams on disk are found by them. (Reckoned by another program.)
#[test]
fn derived_ids_are_for_ever() {
    let function = "erp.create_purchase_order";
    let order = attempt("acme", "order-1", function, DIGEST);
    assert_eq!(order, uuid!("faa6cfde-d3f5-5a68-bec8-0ad44b9c694d"));
    let beta = attempt("beta", "order-1", function, DIGEST);
    assert_eq!(beta, uuid!("c06430f8-29a3-50f1-82c9-517a6ee2f2b2"));
    let no_key = attempt("acme", "", "erp.Größe 2", ZEROS);
    assert_eq!(no_key, uuid!("a5fc9b54-d94b-522e-84ce-9184f4388795"));
    assert_eq!(order.get_version_num(), 5);

    assert_eq!(StreamId::attempt("order-1").as_str(), "attempt-479b7d6a-77f9-58c3-8216-bb46d4d99da9");
    assert_eq!(StreamId::attempt("").as_str(), "attempt-ddf298ea-3427-5a35-836a-3faba2084c96");
    let stream = |name: &str| StreamId::function(&name.parse().unwrap());
    assert_eq!(stream(function).as_str(), "function-c3969578-e5ae-574c-9dea-e02c8e9c188a");
    assert_eq!(stream("erp.Größe 2").as_str(), "function-e30f4153-9730-5bcf-a0cc-e3c7bfd865a8");

    let agent = StreamId::agent;
    assert_eq!(agent("purchasing-agent").as_str(), "agent-c62bb1d8-a634-598b-9192-0b306b833091");
    assert_eq!(agent("研究").as_str(), "agent-ffb12e32-8216-5aa9-8664-4b881830b03e");
    assert_eq!(
        StreamId::conversation("purchasing-agent", "thread_456").as_str(),
        "conversation-b5a4fbe7-d03a-5065-8ae2-051f3c8a48c2"
    );
}

#[test]
fn agent_and_conversation_do_not_run_together() {
    let pairs = [("a", "bc"), ("ab", "c"), ("a", "b"), ("b", "a"), ("abc", "")];
    let streams: BTreeSet<_> =
        pairs.map(|(agent, conversation)| StreamId::conversation(agent, conversation)).into();
    assert_eq!(streams.len(), pairs.len());
}

#[test]
fn the_key_of_a_stream_is_found_by_its_usual_spelling_only() {
    let id = uuid!("0a4c2a3e-6f1b-5d0e-8c7d-2b9f4e1a6c35");
    let stream = StreamId::key(id);
    assert_eq!(stream.as_str(), "key-0a4c2a3e-6f1b-5d0e-8c7d-2b9f4e1a6c35");
    assert_eq!((stream.category(), stream.key_id(), stream.execution_id()), ("key", Some(id), None));
    assert_eq!(StreamId::execution(id).key_id(), None);
    for other in ["key-0A4C2A3E-6F1B-5D0E-8C7D-2B9F4E1A6C35", "key-0a4c2a3e6f1b5d0e8c7d2b9f4e1a6c35", "key-1"]
    {
        assert_eq!(other.parse::<StreamId>().unwrap().key_id(), None, "{other}");
    }
}

#[test]
fn the_stream_of_webhooks_is_one() {
    let stream = StreamId::webhooks();
    assert_eq!((stream.as_str(), stream.category()), ("webhook-all", StreamId::WEBHOOK));
    assert_eq!(stream.as_str().parse(), Ok(stream.clone()), "it keeps the grammar");
}

#[test]
fn another_tenant_key_function_or_digest_is_another_attempt() {
    let mut ids = BTreeSet::new();
    for tenant in ["acme", "ACME"] {
        for key in ["", "k", "k\0erp.a", "K", "erp.a"] {
            for function in ["erp.a", "erp.b", "erp.a.b"] {
                for digest in [DIGEST, ZEROS] {
                    ids.insert(attempt(tenant, key, function, digest));
                    assert!(ids.contains(&attempt(tenant, key, function, &digest.to_uppercase())));
                }
            }
        }
    }
    assert_eq!(ids.len(), 2 * 5 * 3 * 2);
}

proptest! {
    #[test]
    fn attempts_are_the_same_exactly_where_their_parts_are(
        a in ("[a-b]{1,2}", "[a-b.\0]{0,4}", "[a-b]\\.[a-b]{1,2}", any::<bool>()),
        b in ("[a-b]{1,2}", "[a-b.\0]{0,4}", "[a-b]\\.[a-b]{1,2}", any::<bool>()),
    ) {
        let id = |(tenant, key, function, zeros): &(String, String, String, bool)| {
            attempt(tenant, key, function, if *zeros { ZEROS } else { DIGEST })
        };
        prop_assert_eq!(id(&a) == id(&b), a == b);
    }

    #[test]
    fn any_text_is_a_name_or_an_error(text in any::<String>()) {
        if let Ok(tenant) = text.parse::<TenantId>() {
            prop_assert_eq!(tenant.as_str(), &text);
        }
        if let Ok(stream) = text.parse::<StreamId>() {
            prop_assert_eq!(stream.as_str(), &text);
            prop_assert!(text.starts_with(stream.category()));
        }
        if let Ok(function) = text.parse::<FunctionName>() {
            prop_assert_eq!(function.as_str(), &text);
            prop_assert!(function.connection().parse::<TenantId>().is_ok());
        }
    }

    #[test]
    fn any_execution_is_found_by_its_stream(id in any::<u128>().prop_map(Uuid::from_u128)) {
        let stream = StreamId::execution(id);
        prop_assert_eq!(stream.execution_id(), Some(id));
        prop_assert_eq!(stream.as_str().parse::<StreamId>().unwrap(), stream);
    }

    #[test]
    fn any_execution_id_is_that_of_one_stream_only(text in "execution-[0-9a-fA-F-]{30,40}") {
        if let Ok(stream) = text.parse::<StreamId>() && let Some(id) = stream.execution_id() {
            prop_assert_eq!(StreamId::execution(id), stream);
        }
    }

    #[test]
    fn any_digest_is_a_different_attempt(a in any::<[u8; 32]>(), b in any::<[u8; 32]>()) {
        let id = |bytes| attempt("acme", "k", "erp.a", &Digest::new(bytes).to_string());
        prop_assert_eq!(id(a) == id(b), a == b);
    }
}
