//! Reading the subject of a request.

use proto_events::{BusCommand, TenantId};

/// What a subject says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Addressed {
    pub(super) tenant: TenantId,
    pub(super) command: BusCommand,
    pub(super) execution: Option<String>,
}

/// Whether an answer would go to another tenant: where permissions alone keep tenants apart, the inboxes of one begin with
/// `_INBOX_<tenant>.`, and who asks may name any.
pub(super) fn is_inbox_of_another(subject: &str, reply: &str) -> bool {
    let owner = reply.strip_prefix("_INBOX_").and_then(|rest| rest.split('.').next());
    owner.is_some_and(|owner| subject.split('.').nth(2) != Some(owner))
}

/// Reads `vidimus.v1.<tenant>.command.<command>[.<execution>]`.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn read(subject: &str) -> Result<Addressed, String> {
    let unknown = || {
        format!(
            "`{subject}` is no subject of a command: send to `vidimus.v1.<tenant>.command.<command>`, and with the execution's id at the end where it is about one"
        )
    };
    let rest = subject.strip_prefix("vidimus.v1.").ok_or_else(unknown)?;
    let mut tokens = rest.split('.');
    let (Some(tenant), Some("command"), Some(name)) = (tokens.next(), tokens.next(), tokens.next()) else {
        return Err(unknown());
    };
    let command = BusCommand::ALL.into_iter().find(|command| command.as_str() == name).ok_or_else(unknown)?;
    let execution = tokens.next();
    if tokens.next().is_some() || command.names_execution() != execution.is_some() {
        return Err(unknown());
    }
    let tenant = tenant.parse().map_err(|error| format!("the subject names no tenant: {error}"))?;
    Ok(Addressed { tenant, command, execution: execution.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use proto_events::Subject;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_subject_of_a_command_is_read_as_it_was_written() {
        let tenant: TenantId = "acme".parse().unwrap();
        for command in BusCommand::ALL {
            let execution = command.names_execution().then_some(Uuid::from_u128(7));
            let subject = Subject::command(&tenant, command, execution);
            let execution = execution.map(|id| id.to_string());
            assert_eq!(read(subject.as_str()), Ok(Addressed { tenant: tenant.clone(), command, execution }));
        }
    }

    #[test]
    fn whether_an_execution_is_one_is_not_said_here() {
        let addressed = read("vidimus.v1.acme.command.get.no-id").unwrap();
        assert_eq!(addressed.execution.as_deref(), Some("no-id"));
    }

    #[test]
    fn anything_else_is_no_subject_of_a_command() {
        for subject in [
            "",
            "vidimus",
            "vidimus.v1.acme",
            "vidimus.v2.acme.command.propose",
            "vidimus.v1.acme.command",
            "vidimus.v1.acme.command.launch",
            "vidimus.v1.acme.command.propose.0",
            "vidimus.v1.acme.command.get",
            "vidimus.v1.acme.command.get.0.0",
            "vidimus.v1.acme.recorded.propose",
        ] {
            let error = read(subject).unwrap_err();
            assert!(error.contains("is no subject of a command"), "{subject}: {error}");
        }
        for tenant in ["a$b", "*", "", "ä", &"a".repeat(65)] {
            let error = read(&format!("vidimus.v1.{tenant}.command.propose")).unwrap_err();
            assert!(error.starts_with("the subject names no tenant: "), "{tenant}: {error}");
        }
    }
}
