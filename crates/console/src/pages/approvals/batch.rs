//! Several cards decided at once: all of them, or none.

use axum::{http::StatusCode, response::Response};
use serde::Serialize;
use serde_json::value::RawValue;
use vidimus_api_types::DecidedBatch;

use super::{
    After, address, asked,
    card::Refusal,
    decide::seen,
    draw,
    happened::{Happened, happened},
};
use crate::{
    ask::{Ask, Refused},
    fields::{Fields, Posted, Query},
    frame::{Broken, Notice, see},
};

/// Most cards at once, as the API has it.
const MOST_PICKED: usize = 100;

#[derive(Serialize)]
struct Decisions<'a> {
    decisions: Vec<Decision<'a>>,
}

#[derive(Serialize)]
struct Decision<'a> {
    execution_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments_digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<Box<RawValue>>,
    verdict: Verdict<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum Verdict<'a> {
    Approve {
        #[serde(skip_serializing_if = "Option::is_none")]
        comment: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        stage: Option<u32>,
    },
    Deny {
        reason: &'a str,
    },
    Abort {
        feedback: &'a str,
    },
}

pub(super) async fn decide(
    Query(asked): Query,
    Posted { visitor, fields }: Posted,
) -> Result<Response, Broken> {
    let ask = visitor.ask();
    let picked: Vec<String> = fields.all("pick").take(MOST_PICKED + 1).map(str::to_owned).collect();
    let refused = match send(&ask, &picked, &fields).await {
        Ok(decided) => {
            let position = decided.position.to_string();
            let mut query = asked.filled(&["done", "min_position", "did"]);
            query.extend(picked.iter().map(|id| ("done", &**id)));
            query.push(("min_position", &position));
            return Ok(see(&address(&query, None)));
        }
        Err(refused) if refused.status == StatusCode::UNAUTHORIZED => return Err(visitor.broken(refused)),
        Err(refused) => refused,
    };
    let mut after = After {
        status: Some(refused.status),
        typed: fields.get("words").unwrap_or_default().to_owned(),
        ..After::default()
    };
    let which = which(&refused).and_then(|index| picked.get(index).cloned());
    let execution = match &which {
        Some(id) => asked::execution(&ask, id, None).await.ok(),
        None => None,
    };
    let happened = execution.as_ref().map(happened);
    after.notice = Some(notice(&refused, which.as_deref(), happened.as_ref(), picked.len()));
    after.min_position = execution.map(|execution| execution.position.to_string());
    after.refusals.extend(which.map(|id| (id, Refusal::new(&refused, happened, Vec::new()))));
    after.picked = picked;
    draw(&visitor, &asked, after).await
}

async fn send(ask: &Ask<'_>, picked: &[String], fields: &Fields) -> Result<DecidedBatch, Refused> {
    // Each is looked up in all that was sent: many of them, of many fields, would take minutes.
    if picked.is_empty() || picked.len() > MOST_PICKED {
        let detail = format!("choose 1 to {MOST_PICKED} cards");
        return Err(Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "batch_size", detail));
    }
    let decisions = picked.iter().map(|id| decision(id, fields)).collect::<Result<_, _>>()?;
    ask.post("/v1/approvals/decisions", &Decisions { decisions }).await
}

fn decision<'a>(id: &'a str, fields: &'a Fields) -> Result<Decision<'a>, Refused> {
    let of = format!(".{id}");
    let (stage, card) = seen(fields, &of)?;
    let words = fields.get("words");
    let said = words.unwrap_or_default();
    let verdict = match fields.get("verdict") {
        Some("approve") => Verdict::Approve { comment: words, stage },
        Some("deny") => Verdict::Deny { reason: said },
        Some("abort") => Verdict::Abort { feedback: said },
        _ => {
            let detail = "choose whether to approve, to deny or to abort them";
            return Err(Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "form_malformed", detail));
        }
    };
    let arguments_digest = fields.get(&format!("digest{of}"));
    Ok(Decision { execution_id: id, arguments_digest, card, verdict })
}

/// Which of the decisions was refused: the API names it by its place.
fn which(refused: &Refused) -> Option<usize> {
    let errors = &refused.problem.as_ref()?.errors;
    errors.iter().find_map(|error| {
        let (index, _) = error.field.strip_prefix("body.decisions[")?.split_once(']')?;
        index.parse().ok()
    })
}

fn notice(refused: &Refused, which: Option<&str>, happened: Option<&Happened>, picked: usize) -> Notice {
    let mut notice = Notice::refused(refused);
    notice.text = match (which, happened) {
        (Some(_), Some(Happened { function, id, said, .. })) => {
            format!(
                "Nothing was decided, for none of the {picked}: {function} ({id}) {said}. {}",
                notice.text
            )
        }
        (Some(id), None) => {
            format!("Nothing was decided, for none of the {picked}: {id} was refused. {}", notice.text)
        }
        (None, _) => format!("Nothing was decided. {}", notice.text),
    };
    notice
}

#[cfg(test)]
mod tests {
    use vidimus_api_types::Problem;

    use super::*;

    fn refused(field: &str) -> Refused {
        let problem: Problem = serde_json::from_value(serde_json::json!({
            "type": "urn:vidimus:problem:already_denied", "title": "Conflict", "status": 409,
            "code": "already_denied", "detail": "it was denied already", "retryable": false,
            "errors": [{"field": field, "detail": "it was denied already"}],
        }))
        .unwrap();
        Refused {
            problem: Some(Box::new(problem)),
            ..Refused::new(StatusCode::CONFLICT, "already_denied", "it was denied already")
        }
    }

    #[test]
    fn the_one_that_was_refused_is_named_and_that_nothing_was_decided() {
        assert_eq!(which(&refused("body.decisions[3]")), Some(3));
        assert_eq!(which(&refused("body.decisions[12].verdict.reason")), Some(12));
        assert_eq!(which(&refused("body.decisions")), None);
        let happened = Happened {
            id: "0198".into(),
            function: "mail.send".into(),
            said: "was denied by ben".into(),
            at: None,
            words: None,
            status: "Failed",
            status_class: "failed",
            revised_as: None,
        };
        let said = notice(&refused("body.decisions[1]"), Some("0198"), Some(&happened), 4);
        assert_eq!(
            said.text,
            "Nothing was decided, for none of the 4: mail.send (0198) was denied by ben. it was denied already"
        );
        assert_eq!(said.code.as_deref(), Some("already_denied"));
        assert_eq!(
            notice(&refused("body"), None, None, 2).text,
            "Nothing was decided. it was denied already"
        );
    }
}
