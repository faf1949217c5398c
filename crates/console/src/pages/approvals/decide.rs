//! A decision on one card.

use axum::{extract::Path, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use vidimus_api_types::{GlobalPosition, Json};

use super::{After, address, asked, card::Refusal, draw, happened::happened};
use crate::{
    ask::{Ask, Refused},
    fields::{Fields, Posted, Query},
    frame::{Broken, see},
};

/// What a command says, whichever: each takes some of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arguments_digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stage: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) feedback: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) break_glass: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) card: Option<Box<RawValue>>,
}

/// What the page waits for before it is drawn again.
#[derive(Deserialize)]
struct Answer {
    position: Option<GlobalPosition>,
    new: Option<Box<Answer>>,
}

/// What is wrong with a form that no page of the console made.
fn malformed(field: &str) -> Refused {
    let detail =
        format!("`{field}` of this form is not as the page had it: reload the page and decide again");
    Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "form_malformed", detail)
}

/// What the reviewer saw: the stage, and the card where the API gave one. `of`: what their fields' names end in.
pub(super) fn seen(fields: &Fields, of: &str) -> Result<(Option<u32>, Option<Box<RawValue>>), Refused> {
    let stage = fields.get(&format!("stage{of}")).map(str::parse).transpose();
    let stage = stage.map_err(|_| malformed("stage"))?;
    let card = fields.get(&format!("card{of}")).map(|card| RawValue::from_string(card.to_owned()));
    Ok((stage, card.transpose().map_err(|_| malformed("card"))?))
}

pub(super) async fn decide(
    Path(id): Path<String>,
    Query(asked): Query,
    Posted { visitor, fields }: Posted,
) -> Result<Response, Broken> {
    let ask = visitor.ask();
    let refused = match send(&ask, &id, &fields).await {
        Ok(answer) => {
            let position = answer.new.and_then(|new| new.position).or(answer.position);
            let position = position.map(|position| position.to_string());
            let mut query = asked.filled(&["done", "min_position", "did"]);
            query.push(("done", &id));
            query.extend(position.as_deref().map(|position| ("min_position", position)));
            if fields.get("verdict") == Some("comment") {
                query.push(("did", "comment"));
            }
            return Ok(see(&address(&query, None)));
        }
        Err(refused) if refused.status == StatusCode::UNAUTHORIZED => return Err(visitor.broken(refused)),
        Err(refused) => refused,
    };
    let execution = asked::execution(&ask, &id, None).await.ok();
    let typed = ["words", "arguments", "feedback", "emergency"].into_iter();
    let typed = typed.filter_map(|name| Some((name.to_owned(), fields.get(name)?.to_owned())));
    let refusal = Refusal::new(&refused, execution.as_ref().map(happened), typed.collect());
    let after = After {
        status: Some(refused.status),
        refusals: [(id, refusal)].into(),
        min_position: execution.map(|execution| execution.position.to_string()),
        ..After::default()
    };
    draw(&visitor, &asked, after).await
}

async fn send(ask: &Ask<'_>, id: &str, fields: &Fields) -> Result<Answer, Refused> {
    let (stage, card) = seen(fields, "")?;
    let words = fields.get("words");
    let digest = fields.get("digest");
    // What has to be said and is not, the API says in its own words.
    let must = Some(words.unwrap_or_default());
    let seen = Body { arguments_digest: digest, ..Body::default() };
    let (command, body) = match fields.get("verdict") {
        Some("approve") => ("approve", Body { stage, comment: words, card, ..seen }),
        Some("break_glass") => {
            let emergency = Some(fields.get("emergency").unwrap_or_default());
            ("approve", Body { stage, break_glass: emergency, card, ..seen })
        }
        Some("deny") => ("deny", Body { reason: must, card, ..Body::default() }),
        Some("abort") => ("abort", Body { feedback: must, card, ..Body::default() }),
        Some("confirm") => ("confirm", Body { card, ..seen }),
        Some("decline") => ("decline", Body { reason: words, card, ..Body::default() }),
        Some("comment") => ("comments", Body { text: must, ..Body::default() }),
        Some("revise") => return revise(ask, id, fields, card).await,
        _ => return Err(malformed("verdict")),
    };
    ask.post(&format!("{}/{command}", asked::path(id)), &body).await
}

/// Arguments that a reviewer edited, instead of those of this card.
#[derive(Serialize)]
struct Edited<'a> {
    arguments: Json,
    feedback: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<Box<RawValue>>,
}

async fn revise(
    ask: &Ask<'_>,
    id: &str,
    fields: &Fields,
    card: Option<Box<RawValue>>,
) -> Result<Answer, Refused> {
    let arguments = fields.get("arguments").unwrap_or_default();
    let arguments = Json::from_text(arguments.to_owned()).map_err(|error| {
        let detail = format!("the edited arguments are no JSON: {error}; mend them and send them again");
        Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "arguments_malformed", detail)
    })?;
    let feedback = fields.get("feedback").unwrap_or_default();
    ask.post(&format!("{}/revise", asked::path(id)), &Edited { arguments, feedback, card }).await
}
