//! What the queue asks the API for.

use std::collections::{HashMap, hash_map::Entry};

use axum::http::StatusCode;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;
use uuid::Uuid;
use vidimus_api_types::{ActorKind, Execution, Me, Page, PendingApproval, UserMessage};

use crate::{
    ask::{Ask, Refused},
    fields::{Fields, part},
    pages::conversation,
};

/// Cards of a page, unless the address asks for another number.
const CARDS: &str = "20";

/// The most pages that are looked through for one call.
const MOST_PAGES: usize = 20;

/// An item of the queue, and what the API wants back with the decision: what the reviewer saw, as it says it.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) pending: PendingApproval,
    pub(super) card: String,
}

impl<'de> Deserialize<'de> for Item {
    /// Twice from the same text: arguments keep their spelling in no other way.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Beside {
            card: Box<RawValue>,
        }
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let pending = serde_json::from_str(text.get()).map_err(D::Error::custom)?;
        let Beside { card } = serde_json::from_str(text.get()).map_err(D::Error::custom)?;
        Ok(Self { pending, card: card.get().to_owned() })
    }
}

/// Which part of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    Mine,
    All,
    Confirmations,
    Suspended,
}

impl Show {
    pub(super) const ALL: [Self; 4] = [Self::Mine, Self::All, Self::Confirmations, Self::Suspended];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::All => "all",
            Self::Confirmations => "confirmations",
            Self::Suspended => "suspended",
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Mine => "Waits for me",
            Self::All => "Everything that waits",
            Self::Confirmations => "Confirmations",
            Self::Suspended => "Suspended",
        }
    }

    /// What the address asks for; without it what is the visitor's, where any of it can be.
    pub(super) fn of(asked: &Fields, is_approver: bool) -> Self {
        let show = asked.get("show");
        let known = Self::ALL.into_iter().find(|known| show == Some(known.as_str()));
        let known = known.unwrap_or(if is_approver { Self::Mine } else { Self::All });
        // Whose it was then, nobody can tell from the groups of now.
        if asked.get("as_of").is_some() && known == Self::Mine { Self::All } else { known }
    }
}

/// What is asked of the list, whichever part.
const PASSED_ON: [&str; 7] =
    ["agent", "function", "conversation", "limit", "cursor", "min_position", "as_of"];

/// A page of the queue.
pub(super) async fn page(ask: &Ask<'_>, asked: &Fields, show: Show, me: &Me) -> Result<Page<Item>, Refused> {
    let mut query: Vec<(&str, &str)> =
        PASSED_ON.into_iter().filter_map(|name| Some((name, asked.get(name)?))).collect();
    if asked.get("limit").is_none() {
        query.push(("limit", CARDS));
    }
    let of_part = match show {
        Show::Mine => Some(("mine", "true")),
        Show::All => None,
        Show::Confirmations => Some(("kind", "confirmation")),
        Show::Suspended => Some(("suspended", "true")),
    };
    let part: Vec<_> = query.iter().copied().chain(of_part).collect();
    let mut page: Page<Item> = ask.get("/v1/approvals", &part).await?;
    // `mine` is what can be voted on; one's own confirmations wait for one too.
    if show == Show::Mine && me.actor.kind == ActorKind::User && asked.get("cursor").is_none() {
        // All of them: the pages that follow are of what others asked for.
        query.retain(|(name, _)| *name != "limit");
        query.extend([("kind", "confirmation"), ("resolvable_by", &*me.actor.id), ("limit", "1000")]);
        let own: Page<Item> = ask.get("/v1/approvals", &query).await?;
        page.items.extend(own.items);
        page.items.sort_by_key(|item| (item.pending.deadline, item.pending.position));
    }
    Ok(page)
}

/// As of which position or instant it is asked, as a pair of the query; `None`: now.
pub(super) type Then<'a> = Option<(&'a str, &'a str)>;

/// The address of an execution; `id` as somebody wrote it.
pub(super) fn path(id: &str) -> String {
    format!("/v1/executions/{}", part(id))
}

/// One execution.
pub(super) async fn execution(ask: &Ask<'_>, id: &str, then: Then<'_>) -> Result<Execution, Refused> {
    ask.get(&path(id), &then.into_iter().collect::<Vec<_>>()).await
}

/// The item of the queue of one execution, if it waits.
pub(super) async fn item_of(
    ask: &Ask<'_>,
    execution: &Execution,
    then: Then<'_>,
) -> Result<Option<Page<Item>>, Refused> {
    let position = execution.position.to_string();
    let mut cursor = None;
    for _ in 0..MOST_PAGES {
        let mut query = vec![
            ("agent", &*execution.agent),
            ("conversation", &*execution.conversation),
            ("function", execution.function.as_str()),
            ("limit", "200"),
            then.unwrap_or(("min_position", &*position)),
        ];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let mut page: Page<Item> = ask.get("/v1/approvals", &query).await?;
        page.items.retain(|item| item.pending.execution_id == execution.execution_id);
        if !page.items.is_empty() {
            page.next = None;
            return Ok(Some(page));
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    Ok(None)
}

/// What the user said last in a conversation, and what was called last, both newest first.
#[derive(Default)]
pub(super) struct Talk {
    /// `None`: it could not be read.
    pub(super) said: Option<Vec<UserMessage>>,
    pub(super) calls: Vec<Execution>,
}

/// What is around the items: the calls themselves, and what else their agents and conversations did.
#[derive(Default)]
pub(super) struct Around {
    pub(super) executions: HashMap<Uuid, Execution>,
    pub(super) agents: HashMap<String, Vec<Execution>>,
    pub(super) conversations: HashMap<(String, String), Talk>,
}

impl Around {
    /// Asks for it; what cannot be had is left out, as a card can be decided on without it.
    pub(super) async fn of(ask: &Ask<'_>, items: &[Item], then: Then<'_>) -> Self {
        let mut around = Self::default();
        for Item { pending, .. } in items {
            if let Ok(execution) = execution(ask, &pending.execution_id.to_string(), then).await {
                around.executions.insert(pending.execution_id, execution);
            }
            let (agent, conversation) = (&pending.agent, &pending.conversation);
            if !around.agents.contains_key(agent) {
                let query = [("agent", &**agent), ("limit", "6")];
                around.agents.insert(agent.clone(), last(ask, &query, then).await);
            }
            if let Entry::Vacant(vacant) = around.conversations.entry((agent.clone(), conversation.clone())) {
                let query = [("agent", &**agent), ("conversation", &**conversation), ("limit", "4")];
                let calls = last(ask, &query, then).await;
                let with: Vec<_> = [("limit", "3")].into_iter().chain(then).collect();
                let said = conversation::said(ask, (agent, conversation), &with).await;
                let said = match said {
                    Ok(page) => Some(page.items),
                    // Whoever only confirms what was asked for them reads no others' words.
                    Err(refused) if refused.status == StatusCode::FORBIDDEN => Some(Vec::new()),
                    Err(_) => None,
                };
                vacant.insert(Talk { said, calls });
            }
        }
        around
    }
}

async fn last(ask: &Ask<'_>, query: &[(&str, &str)], then: Then<'_>) -> Vec<Execution> {
    let query: Vec<_> = query.iter().copied().chain(then).collect();
    let page: Result<Page<Execution>, _> = ask.get("/v1/executions", &query).await;
    page.map(|page| page.items).unwrap_or_default()
}
