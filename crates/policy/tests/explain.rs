//! An explanation says which rules decided, on which facts, and what would have had to differ.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "support/rules.rs"]
mod support;

use expect_test::{Expect, expect};
use serde_json::json;
use support::{data, set};

const RULES: &str = r#"
@id("reads") @owner("ops")
permit (principal, action, resource) when { resource.effect == "read" };

@id("payments") @missing("a recipient that the user named")
permit (principal, action, resource in Connection::"bank")
when {
  context.number.hasTag("amount") && context.number.getTag("amount") <= 100 &&
  context.history.user_asked
}
unless { context.history.instructions_seen || context.history.failures > 3 };

@id("night") @reason("nobody is there at night") @owner("ops") @require("approval") @reviewers("ops")
forbid (principal, action, resource)
when { context.now.hour < 6 && (resource.effect == "send" || resource.effect == "destroy") };

@id("never") @reason("it is switched off")
forbid (principal, action, resource == Function::"bank.close");

@id("sum") @reason("too much in a day")
forbid (principal == Agent::"payer", action, resource)
when { context.history.amount_today + context.history.amount > 1000 };
"#;

fn check(request: serde_json::Value, expected: Expect) {
    let set = set(RULES);
    let request = data(&request);
    let evaluation = set.evaluate(&request.as_request());
    let explanation = set.explain(&request.as_request(), &evaluation);
    let mut text = serde_json::to_string_pretty(&explanation).unwrap();
    text.push('\n');
    expected.assert_eq(&text);
}

#[test]
fn of_an_allowed_call_the_permits_are_shown() {
    check(
        json!({"function": {"name": "bank.balance", "effect": "read"}}),
        expect![[r#"
        {
          "outcome": "allowed",
          "code": "policy_permits",
          "reason": "the rule `reads` permits it",
          "rules": [
            {
              "id": "reads",
              "file": "a.cedar",
              "line": 2,
              "effect": "permit",
              "owner": "ops",
              "conditions": [
                {
                  "text": "resource.effect == \"read\"",
                  "line": 3,
                  "truth": "holds",
                  "facts": {
                    "function.effect": "read"
                  }
                }
              ],
              "otherwise": "it would not permit the call if its condition did not hold"
            }
          ]
        }
    "#]],
    );
}

#[test]
fn of_a_blocked_call_the_nearest_permits_are_shown() {
    check(
        json!({
            "function": {"name": "bank.pay", "effect": "send"}, "arguments": {"amount": 150},
            "now": "2026-01-15T10:30:00Z", "history": {"failures": 5}
        }),
        expect![[r#"
            {
              "outcome": "blocked",
              "code": "no_rule_permits",
              "reason": "no rule permits it",
              "rules": [],
              "nearest": [
                {
                  "id": "reads",
                  "file": "a.cedar",
                  "line": 2,
                  "effect": "permit",
                  "owner": "ops",
                  "conditions": [
                    {
                      "text": "resource.effect == \"read\"",
                      "line": 3,
                      "truth": "fails",
                      "facts": {
                        "function.effect": "send"
                      }
                    }
                  ],
                  "otherwise": "it would permit the call if `resource.effect == \"read\"` held"
                },
                {
                  "id": "payments",
                  "file": "a.cedar",
                  "line": 5,
                  "effect": "permit",
                  "missing": "a recipient that the user named",
                  "conditions": [
                    {
                      "text": "resource in Connection::\"bank\"",
                      "line": 6,
                      "truth": "holds",
                      "facts": {
                        "function.name": "bank.pay"
                      }
                    },
                    {
                      "text": "context.number.hasTag(\"amount\")",
                      "line": 8,
                      "truth": "holds",
                      "facts": {
                        "number.amount": 150
                      }
                    },
                    {
                      "text": "context.number.getTag(\"amount\") <= 100",
                      "line": 8,
                      "truth": "fails",
                      "facts": {
                        "number.amount": 150
                      }
                    },
                    {
                      "text": "context.history.user_asked",
                      "line": 9,
                      "truth": "fails",
                      "facts": {
                        "history.user_asked": false
                      }
                    },
                    {
                      "text": "!(context.history.instructions_seen)",
                      "line": 11,
                      "truth": "holds",
                      "facts": {
                        "history.instructions_seen": false
                      }
                    },
                    {
                      "text": "!(context.history.failures > 3)",
                      "line": 11,
                      "truth": "fails",
                      "facts": {
                        "history.failures": 5
                      }
                    }
                  ],
                  "otherwise": "it would permit the call if `context.number.getTag(\"amount\") <= 100` and `context.history.user_asked` and `!(context.history.failures > 3)` held"
                }
              ]
            }
        "#]],
    );
}

#[test]
fn what_cannot_be_told_is_said() {
    check(
        json!({"function": {"name": "bank.pay", "effect": "write"}, "arguments": {"amount": "150"}}),
        expect![[r#"
            {
              "outcome": "blocked",
              "code": "no_rule_permits",
              "reason": "no rule permits it",
              "rules": [],
              "nearest": [
                {
                  "id": "reads",
                  "file": "a.cedar",
                  "line": 2,
                  "effect": "permit",
                  "owner": "ops",
                  "conditions": [
                    {
                      "text": "resource.effect == \"read\"",
                      "line": 3,
                      "truth": "fails",
                      "facts": {
                        "function.effect": "write"
                      }
                    }
                  ],
                  "otherwise": "it would permit the call if `resource.effect == \"read\"` held"
                },
                {
                  "id": "payments",
                  "file": "a.cedar",
                  "line": 5,
                  "effect": "permit",
                  "missing": "a recipient that the user named",
                  "conditions": [
                    {
                      "text": "resource in Connection::\"bank\"",
                      "line": 6,
                      "truth": "holds",
                      "facts": {
                        "function.name": "bank.pay"
                      }
                    },
                    {
                      "text": "context.number.hasTag(\"amount\")",
                      "line": 8,
                      "truth": "fails",
                      "facts": {}
                    },
                    {
                      "text": "context.number.getTag(\"amount\") <= 100",
                      "line": 8,
                      "truth": "unknown",
                      "why": "`Numbers::\"arguments\"` does not have the tag `amount`",
                      "facts": {}
                    },
                    {
                      "text": "context.history.user_asked",
                      "line": 9,
                      "truth": "fails",
                      "facts": {
                        "history.user_asked": false
                      }
                    },
                    {
                      "text": "!(context.history.instructions_seen)",
                      "line": 11,
                      "truth": "holds",
                      "facts": {
                        "history.instructions_seen": false
                      }
                    },
                    {
                      "text": "!(context.history.failures > 3)",
                      "line": 11,
                      "truth": "holds",
                      "facts": {
                        "history.failures": 0
                      }
                    }
                  ],
                  "otherwise": "it would permit the call if `context.number.hasTag(\"amount\")` and `context.number.getTag(\"amount\") <= 100` and `context.history.user_asked` held"
                }
              ]
            }
        "#]],
    );
}

#[test]
fn of_a_forbidden_call_the_forbids_are_shown() {
    check(
        json!({"function": {"name": "bank.close", "effect": "destroy"}}),
        expect![[r#"
        {
          "outcome": "blocked",
          "code": "policy_forbids",
          "reason": "it is switched off",
          "rules": [
            {
              "id": "never",
              "file": "a.cedar",
              "line": 17,
              "effect": "forbid",
              "reason": "it is switched off",
              "conditions": [
                {
                  "text": "resource == Function::\"bank.close\"",
                  "line": 18,
                  "truth": "holds",
                  "facts": {
                    "function.name": "bank.close"
                  }
                }
              ],
              "otherwise": "it would not forbid the call if its condition did not hold"
            }
          ]
        }
    "#]],
    );
}

#[test]
fn of_a_held_call_the_rules_that_hold_it_are_shown() {
    check(
        json!({
            "function": {"name": "bank.pay", "effect": "send"}, "arguments": {"amount": 50},
            "history": {"user_asked": true}
        }),
        expect![[r#"
            {
              "outcome": "awaiting_approval",
              "code": "policy_requires_approval",
              "reason": "nobody is there at night",
              "rules": [
                {
                  "id": "night",
                  "file": "a.cedar",
                  "line": 13,
                  "effect": "forbid",
                  "require": "approval",
                  "reason": "nobody is there at night",
                  "owner": "ops",
                  "conditions": [
                    {
                      "text": "context.now.hour < 6",
                      "line": 15,
                      "truth": "holds",
                      "facts": {
                        "now.hour": 0
                      }
                    },
                    {
                      "text": "(resource.effect == \"send\" || resource.effect == \"destroy\")",
                      "line": 15,
                      "truth": "holds",
                      "facts": {
                        "function.effect": "send"
                      }
                    }
                  ],
                  "otherwise": "it would not hold the call if one of its 2 conditions did not hold"
                }
              ]
            }
        "#]],
    );
}

#[test]
fn of_an_error_the_rule_is_shown() {
    check(
        json!({
            "agent": {"id": "payer"}, "function": {"name": "bank.balance", "effect": "read"},
            "history": {"amount": i64::MAX, "amount_today": 1}
        }),
        expect![[r#"
            {
              "outcome": "blocked",
              "code": "rule_error",
              "reason": "the rule `sum` forbids, and whether it applies cannot be told: integer overflow while attempting to add the values `1` and `9223372036854775807`",
              "rules": [
                {
                  "id": "sum",
                  "file": "a.cedar",
                  "line": 20,
                  "effect": "forbid",
                  "reason": "too much in a day",
                  "conditions": [
                    {
                      "text": "principal == Agent::\"payer\"",
                      "line": 21,
                      "truth": "holds",
                      "facts": {
                        "agent.id": "payer"
                      }
                    },
                    {
                      "text": "context.history.amount_today + context.history.amount > 1000",
                      "line": 22,
                      "truth": "unknown",
                      "why": "integer overflow while attempting to add the values `1` and `9223372036854775807`",
                      "facts": {
                        "history.amount": 9223372036854775807,
                        "history.amount_today": 1
                      }
                    }
                  ],
                  "otherwise": "it would not stop the call if `context.history.amount_today + context.history.amount > 1000` could be told, and did not hold"
                }
              ]
            }
        "#]],
    );
}
