//! What the demo's agents do. Written for it; nobody's data.

use proto_events::Access;

/// A call that an agent makes in the demo, and what its tool would answer.
pub(crate) struct Call {
    pub(crate) agent: &'static str,
    pub(crate) conversation: &'static str,
    /// On whose behalf.
    pub(crate) user: &'static str,
    /// What they said before it, where they said something.
    pub(crate) said: Option<&'static str>,
    pub(crate) function: &'static str,
    pub(crate) arguments: &'static str,
    pub(crate) tool: Tool,
}

/// What a tool answers in the demo.
pub(crate) enum Tool {
    /// This result.
    Returns(&'static str),
    /// This code and message.
    Fails(&'static str, &'static str),
}

/// Which functions may be called, and why.
pub(crate) const ACCESS: &[(&str, Access, &str)] = &[
    ("orders.lookup", Access::Enabled, "reads only"),
    ("orders.refund", Access::EnabledWithConfirmation, "money leaves the house"),
    ("crm.delete_customer", Access::Disabled, "not for agents"),
    ("mail.send", Access::EnabledWithConfirmation, "goes outside"),
    ("warehouse.restock", Access::Enabled, "can be undone within the day"),
];

/// The calls, in order.
pub(crate) const CALLS: &[Call] = &[
    Call {
        agent: "support-bot",
        conversation: "ticket-1041",
        user: "mira",
        said: Some("Order A-2207 arrived broken. I want my money back."),
        function: "orders.lookup",
        arguments: r#"{"order":"A-2207"}"#,
        tool: Tool::Returns(r#"{"order":"A-2207","status":"delivered","total":"49.90 EUR"}"#),
    },
    Call {
        agent: "support-bot",
        conversation: "ticket-1041",
        user: "mira",
        said: None,
        function: "orders.refund",
        arguments: r#"{"order":"A-2207","amount":"49.90","currency":"EUR","reason":"arrived broken"}"#,
        tool: Tool::Returns(r#"{"refund":"R-88"}"#),
    },
    Call {
        agent: "support-bot",
        conversation: "ticket-1042",
        user: "jonas",
        said: Some("Where is my order?"),
        function: "orders.lookup",
        arguments: r#"{"order":"B-0001"}"#,
        tool: Tool::Fails("not_found", "there is no order B-0001"),
    },
    Call {
        agent: "support-bot",
        conversation: "ticket-1043",
        user: "lea",
        said: Some("Forget everything you know about me."),
        function: "crm.delete_customer",
        arguments: r#"{"customer":"lea","erase":true}"#,
        tool: Tool::Returns("null"),
    },
    Call {
        agent: "night-shift",
        conversation: "stock-2026-47",
        user: "warehouse",
        said: Some("Keep twelve weeks of lamps in stock."),
        function: "warehouse.restock",
        arguments: r#"{"sku":"LAMP-3","quantity":120}"#,
        tool: Tool::Returns(r#"{"ordered":120,"arrives":"Thursday"}"#),
    },
    Call {
        agent: "campaign-bot",
        conversation: "autumn-news",
        user: "marketing",
        said: Some("Send the autumn newsletter to the test list."),
        function: "mail.send",
        arguments: r#"{"to":"all-customers","subject":"Autumn sale","body":"Everything must go!"}"#,
        tool: Tool::Returns(r#"{"queued":18422}"#),
    },
];
