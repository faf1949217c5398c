//! The page of the queue, from what the API answered.

use std::collections::HashMap;

use askama::Template;
use vidimus_api_types::{Me, Role};

use super::{
    Found,
    asked::Show,
    card::{Card, Offers, Refusal},
    happened::Happened,
};
use crate::{
    fields::{self, Fields},
    frame::Frame,
};

/// The filters: parameter, label.
const FILTERS: [(&str, &str); 4] =
    [("agent", "Agent"), ("function", "Function"), ("conversation", "Conversation"), ("as_of", "As of")];

/// What an address says once, and no link repeats.
const ONCE: [&str; 5] = ["cursor", "did", "done", "execution", "min_position"];

#[derive(Template)]
#[template(path = "approvals.html")]
pub(super) struct Approvals {
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
    is_refused: bool,
}

/// What the visitor tried, where it was refused.
#[derive(Default)]
pub(super) struct Said {
    /// Why, by the card.
    pub(super) refusals: HashMap<String, Refusal>,
    /// What was chosen for several at once.
    pub(super) picked: Vec<String>,
    /// What was typed for several at once.
    pub(super) typed: String,
    /// Nothing was looked for: a filter is no good.
    pub(super) is_refused: bool,
}

fn query(pairs: &[(&str, &str)], more: &[(&str, &str)]) -> String {
    fields::query(&[pairs, more].concat())
}

impl Approvals {
    pub(super) fn of(frame: Frame, asked: &Fields, show: Show, me: &Me, found: Found, said: Said) -> Self {
        let Found { items, next, position, done, around } = found;
        let Said { mut refusals, picked, typed, is_refused } = said;
        let card = |item| {
            let mut card = Card::of(item, &around, me);
            card.refusal = refusals.remove(&card.id);
            card.is_picked = picked.contains(&card.id);
            // What waited then is decided on as it is now.
            if frame.then.is_some() {
                card.offers = Offers::default();
                card.is_past = true;
            }
            card
        };
        let cards: Vec<_> = items.iter().map(card).collect();
        let one = asked.get("execution").is_some();
        let kept = asked.filled(&ONCE);
        let without = |name: &str, value| Fields::parse(query(&kept, &[]).as_bytes()).with(name, value);
        let is_approver = me.roles.contains(&Role::Approver);
        let is_past = frame.then.is_some();
        let parts = Show::ALL.into_iter().filter(|part| *part != Show::Mine || (is_approver && !is_past));
        let parts = parts
            .map(|part| (part.name(), without("show", Some(part.as_str())), part == show && !one))
            .collect();
        let value = |name| asked.get(name).unwrap_or_default().to_owned();
        let chips = FILTERS.into_iter().filter_map(|(name, label)| {
            Some((format!("{label}: {}", asked.get(name)?), without(name, None)))
        });
        let chips: Vec<_> = chips.collect();
        let stays = ["cursor", "execution"];
        let stays: Vec<_> = stays.into_iter().filter_map(|name| Some((name, asked.get(name)?))).collect();
        Self {
            frame,
            parts,
            filters: FILTERS.into_iter().map(|(name, label)| (name, label, value(name))).collect(),
            show: show.as_str(),
            batch: cards.iter().filter(|card| card.offers.decide).count() > 1,
            cards,
            done,
            gone: refusals.into_iter().collect(),
            query: query(&kept, &stays),
            position: position.filter(|_| !is_past).map(|position| position.to_string()),
            next: next.as_deref().map(|next| query(&kept, &[("cursor", next)])),
            is_first: asked.get("cursor").is_none() && !one,
            is_refused,
            typed,
            empty: match (show, chips.is_empty()) {
                _ if one => "This call does not wait for anybody",
                (_, false) => "Nothing that waits matches",
                (Show::Mine, true) => "Nothing waits for you",
                (Show::Suspended, true) => "Nothing is suspended",
                (Show::Confirmations, true) => "No confirmation waits",
                (Show::All, true) => "Nothing waits for anybody",
            },
            chips,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
