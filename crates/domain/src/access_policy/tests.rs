//! The decision for every access.

use expect_test::expect;
use proto_events::{Access, Digest, StreamVersion};

use super::{decision_from_access, remedy};

#[test]
fn every_access() {
    let mut lines = String::new();
    for access in [None, Some(Access::Disabled), Some(Access::Enabled), Some(Access::EnabledWithConfirmation)]
    {
        let function = "crm.send_offer".parse().unwrap();
        let version = access.map(|_| StreamVersion::new(4));
        let decision = decision_from_access(&function, access, version, Digest::new([7; 32]));
        assert_eq!(decision.arguments_digest, Digest::new([7; 32]));
        let finding = decision.deciding().unwrap();
        assert_eq!(finding.outcome, decision.outcome);
        let facts = serde_json::to_string(&decision.facts).unwrap();
        lines +=
            &format!("{}: {} ({})\n  {facts}\n", finding.code, decision.outcome.as_str(), finding.reason);
        lines += &format!("  {:?}\n", remedy(&finding.code));
    }
    expect![[r#"
        function_unknown: blocked (function `crm.send_offer` is not known here)
          {"function.access":null,"function.access.version":null}
          Some(("an administrator sets the access to the function", "admin"))
        function_disabled: blocked (function `crm.send_offer` is disabled)
          {"function.access":"Disabled","function.access.version":4}
          Some(("an administrator enables the function", "admin"))
        function_enabled: allowed (function `crm.send_offer` is enabled)
          {"function.access":"Enabled","function.access.version":4}
          None
        function_needs_approval: awaiting_approval (function `crm.send_offer` is enabled with confirmation: each call has to be approved)
          {"function.access":"EnabledWithConfirmation","function.access.version":4}
          None
    "#]]
    .assert_eq(&lines);
}
