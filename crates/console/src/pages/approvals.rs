//! The approval queue: what waits for people, by deadline, with what is needed to decide.

mod asked;
mod batch;
mod card;
mod decide;
mod happened;
#[cfg(test)]
mod tests;
mod view;

use std::collections::HashMap;

use axum::{
    Router,
    extract::Path,
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use vidimus_api_types::{GlobalPosition, Me, Role};

use self::{
    asked::{Around, Item, Show},
    card::Refusal,
    happened::{Happened, happened},
    view::Approvals,
};
use super::Visitor;
use crate::{
    Console,
    ask::Refused,
    fields::{self, Fields, Query},
    frame::{Broken, Notice, Tab, page_with, see},
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/approvals", get(list))
        .route("/console/approvals/decisions", post(batch::decide).get(to_the_queue))
        .route("/console/approvals/{id}", post(decide::decide).get(to_the_card))
}

/// The most calls of which the page says what became of them.
const MOST_DONE: usize = 20;

/// What was refused, and of which calls.
#[derive(Default)]
struct After {
    status: Option<StatusCode>,
    notice: Option<Notice>,
    refusals: HashMap<String, Refusal>,
    min_position: Option<String>,
    /// What was typed for several at once.
    typed: String,
    /// What was chosen for several at once.
    picked: Vec<String>,
}

async fn list(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    draw(&visitor, &asked, After::default()).await
}

/// Where a form was sent to is no page: it leads to the card.
async fn to_the_card(_: Visitor, Path(id): Path<String>) -> Response {
    see(&address(&[("execution", &id)], Some(&id)))
}

async fn to_the_queue(_: Visitor) -> Response {
    see("/console/approvals")
}

/// The address of the queue with this query, at this card.
fn address(query: &[(&str, &str)], card: Option<&str>) -> String {
    let at = card.map_or_else(String::new, |card| format!("#{}", fields::part(card)));
    format!("/console/approvals?{}{at}", fields::query(query))
}

/// The items to show, and what else there is to say.
#[derive(Default)]
struct Found {
    items: Vec<Item>,
    next: Option<String>,
    position: Option<GlobalPosition>,
    done: Vec<Happened>,
    around: Around,
}

async fn found(visitor: &Visitor, asked: &Fields, show: Show, me: &Me) -> Result<Found, Refused> {
    let ask = visitor.ask();
    let then = asked.then();
    let mut done = Vec::new();
    for id in asked.all("done").take(MOST_DONE) {
        done.extend(asked::execution(&ask, id, None).await.as_ref().map(happened));
    }
    let (page, position) = match asked.get("execution") {
        None => {
            let page = asked::page(&ask, asked, show, me).await?;
            let position = page.position;
            (Some(page), position)
        }
        Some(id) => {
            let execution = asked::execution(&ask, id, then).await?;
            let page = asked::item_of(&ask, &execution, then).await?;
            if page.is_none() && !done.iter().any(|done| done.id == id) {
                done.push(happened(&execution));
            }
            let position = page.as_ref().map_or(execution.position, |page| page.position);
            (page, position)
        }
    };
    let (items, next) = page.map_or_else(Default::default, |page| (page.items, page.next));
    let around = Around::of(&ask, &items, then).await;
    Ok(Found { items, next, position: Some(position), done, around })
}

/// The page.
async fn draw(visitor: &Visitor, asked: &Fields, after: After) -> Result<Response, Broken> {
    let me: Me = visitor.ask().get("/v1/me", &[]).await.map_err(|refused| visitor.broken(refused))?;
    let show = Show::of(asked, visitor.may(&[Role::Approver]));
    let wanted = after.min_position.as_deref().or_else(|| asked.get("min_position"));
    let wanted = Fields::parse(asked.with("min_position", wanted).as_bytes());
    let mut is_refused = false;
    let (status, refused, found) = match found(visitor, &wanted, show, &me).await {
        Ok(found) => (StatusCode::OK, None, found),
        // A filter that is no good is mended on the page; what else is refused is no empty queue.
        Err(refused) if matches!(refused.status, StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY) => {
            is_refused = true;
            (refused.status, Some(Notice::refused(&refused)), Found::default())
        }
        Err(refused) => return Err(visitor.broken(refused)),
    };
    let After { status: of_refusal, notice, refusals, typed, picked, .. } = after;
    let commented = (asked.get("did") == Some("comment")).then(|| Notice::done("Your comment is on record."));
    let frame = visitor.frame("Approvals", Tab::Approvals).with(notice.or(refused).or(commented));
    let position = found.position.map_or_else(String::new, |position| position.to_string());
    let frame = frame.with_past(asked, position);
    let said = view::Said { refusals, picked, typed, is_refused };
    page_with(of_refusal.unwrap_or(status), &Approvals::of(frame, asked, show, &me, found, said))
}
