//! The approval queue: what waits for people, by deadline, with what is needed to decide.

mod asked;
mod batch;
mod card;
mod decide;
mod exact;
mod happened;

use std::collections::HashMap;

use askama::Template;
use axum::{
    Router,
    extract::Path,
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use vidimus_api_types::{Me, Page, Role};

use self::{
    asked::{Around, Item, Show},
    card::{Card, Refusal},
    happened::{Happened, happened},
};
use super::Visitor;
use crate::{
    Console,
    ask::Refused,
    fields::{Fields, Query},
    frame::{Broken, Frame, Notice, Tab, page_with, see},
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/approvals", get(list))
        .route("/console/approvals/decisions", post(batch::decide).get(to_the_queue))
        .route("/console/approvals/{id}", post(decide::decide).get(to_the_card))
}

/// The filters: parameter, label.
const FILTERS: [(&str, &str); 3] =
    [("agent", "Agent"), ("function", "Function"), ("conversation", "Conversation")];

/// What an address says once, and no link repeats.
const ONCE: [&str; 5] = ["cursor", "did", "done", "execution", "min_position"];

/// The most calls of which the page says what became of them.
const MOST_DONE: usize = 20;

#[derive(Template)]
#[template(path = "approvals.html")]
struct Approvals {
    frame: Frame,
    /// The part, its name, the address of it, whether it is shown.
    parts: Vec<(&'static str, String, bool)>,
    filters: Vec<(&'static str, &'static str, String)>,
    show: &'static str,
    /// The filters in force, with the query without each.
    chips: Vec<(String, String)>,
    cards: Vec<Card>,
    /// What was just done, or what became of the one that was asked for.
    done: Vec<Happened>,
    /// Refusals of what waits no more.
    gone: Vec<(String, Refusal)>,
    /// The query that forms lead back to.
    query: String,
    /// From where on the page follows what happens.
    position: Option<String>,
    next: Option<String>,
    is_first: bool,
    /// Whether several can be decided at once.
    batch: bool,
    typed: String,
    empty: &'static str,
}

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
    let mut address = form_urlencoded::Serializer::new("/console/approvals?".to_owned());
    let mut address = address.extend_pairs(query).finish();
    if let Some(card) = card {
        address.push('#');
        address.extend(form_urlencoded::byte_serialize(card.as_bytes()));
    }
    address
}

/// The items to show, and what else there is to say.
struct Found {
    page: Page<Item>,
    done: Vec<Happened>,
}

async fn found(visitor: &Visitor, asked: &Fields, show: Show, me: &Me) -> Result<Found, Refused> {
    let ask = visitor.ask();
    let mut done = Vec::new();
    for id in asked.all("done").take(MOST_DONE) {
        done.extend(asked::execution(&ask, id).await.as_ref().map(happened));
    }
    let Some(id) = asked.get("execution") else {
        return Ok(Found { page: asked::page(&ask, asked, show, me).await?, done });
    };
    let execution = asked::execution(&ask, id).await?;
    let page = asked::item_of(&ask, &execution).await?;
    if page.is_none() && !done.iter().any(|done| done.id == id) {
        done.push(happened(&execution));
    }
    let none = Page { items: Vec::new(), next: None, position: execution.position };
    Ok(Found { page: page.unwrap_or(none), done })
}

/// The page.
async fn draw(visitor: &Visitor, asked: &Fields, after: After) -> Result<Response, Broken> {
    let ask = visitor.ask();
    let me: Me = ask.get("/v1/me", &[]).await.map_err(|refused| visitor.broken(refused))?;
    let show = Show::of(asked, &me);
    let wanted = after.min_position.as_deref().or_else(|| asked.get("min_position"));
    let wanted = Fields::parse(asked.with("min_position", wanted).as_bytes());
    let (status, notice, found) = match found(visitor, &wanted, show, &me).await {
        Ok(found) => (StatusCode::OK, None, Some(found)),
        Err(refused) if refused.status.is_client_error() && refused.status != StatusCode::UNAUTHORIZED => {
            (refused.status, Some(Notice::refused(&refused)), None)
        }
        Err(refused) => return Err(visitor.broken(refused)),
    };
    let commented = (asked.get("did") == Some("comment")).then(|| Notice::done("Your comment is on record."));
    let notice = after.notice.or(notice).or(commented);
    let frame = visitor.frame("Approvals", Tab::Approvals).with(notice);
    let position = found.as_ref().map(|found| found.page.position.to_string());
    let (items, next, done) =
        found.map_or_else(Default::default, |found| (found.page.items, found.page.next, found.done));
    let around = Around::of(&ask, &items).await;
    let mut refusals = after.refusals;
    let mut card = |item: &Item| {
        let refusal = refusals.remove(&item.pending.execution_id.to_string());
        let mut card = Card::of(item, &around, &me, refusal);
        card.is_picked = after.picked.contains(&card.id);
        card
    };
    let cards: Vec<_> = items.iter().map(&mut card).collect();
    let one = asked.get("execution").is_some();
    let kept: Vec<_> = asked.filled(&ONCE);
    let kept_query = |more: &[(&str, &str)]| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&kept).extend_pairs(more).finish()
    };
    let parts = Show::ALL.into_iter().filter(|part| *part != Show::Mine || me.roles.contains(&Role::Approver));
    let parts = parts.map(|part| {
        let address = Fields::parse(kept_query(&[]).as_bytes()).with("show", Some(part.as_str()));
        (part.name(), address, part == show && !one)
    });
    let chips = FILTERS.into_iter().filter_map(|(name, label)| {
        let value = asked.get(name)?;
        let without = Fields::parse(kept_query(&[]).as_bytes()).with(name, None);
        Some((format!("{label}: {value}"), without))
    });
    let stays: Vec<_> = ["cursor", "execution"]
        .into_iter()
        .filter_map(|name| Some((name, asked.get(name)?)))
        .collect();
    let has_filters = FILTERS.into_iter().any(|(name, _)| asked.get(name).is_some());
    let page_of = Approvals {
        frame,
        parts: parts.collect(),
        filters: FILTERS
            .into_iter()
            .map(|(name, label)| (name, label, asked.get(name).unwrap_or_default().to_owned()))
            .collect(),
        show: show.as_str(),
        chips: chips.collect(),
        batch: cards.iter().filter(|card| card.offers.decide).count() > 1,
        cards,
        done,
        gone: refusals.into_iter().collect(),
        query: kept_query(&stays),
        position,
        next: next.as_deref().map(|next| kept_query(&[("cursor", next)])),
        is_first: asked.get("cursor").is_none() && !one,
        typed: after.typed,
        empty: match (show, has_filters) {
            _ if one => "This call does not wait for anybody",
            (_, true) => "Nothing that waits matches",
            (Show::Mine, false) => "Nothing waits for you",
            (Show::Suspended, false) => "Nothing is suspended",
            (Show::Confirmations, false) => "No confirmation waits",
            (Show::All, false) => "Nothing waits for anybody",
        },
    };
    page_with(after.status.unwrap_or(status), &page_of)
}
