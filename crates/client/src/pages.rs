//! A list, page by page.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};
use vidimus_api_types::{
    ApprovalQuery, AuditQuery, EventQuery, ExecutionQuery, FunctionQuery, GlobalPosition, ListQuery, Page,
    PageQuery, ToolQuery,
};

use crate::{Client, ClientError, request::Call};

/// A query that can go on where a page ended.
pub trait PagedQuery: Serialize {
    /// Goes on at `next` of the page before; whether that is a place.
    fn go_on(&mut self, next: String) -> bool;
}

macro_rules! with_cursor {
    ($($query:ty),+) => {
        $(impl PagedQuery for $query {
            fn go_on(&mut self, next: String) -> bool {
                self.cursor = Some(next);
                true
            }
        })+
    };
}

with_cursor!(ApprovalQuery, AuditQuery, ExecutionQuery, ListQuery, PageQuery);

impl PagedQuery for FunctionQuery {
    fn go_on(&mut self, next: String) -> bool {
        self.cursor = next.parse().ok();
        self.cursor.is_some()
    }
}

impl PagedQuery for ToolQuery {
    fn go_on(&mut self, next: String) -> bool {
        self.cursor = next.parse().ok();
        self.cursor.is_some()
    }
}

impl PagedQuery for EventQuery {
    fn go_on(&mut self, next: String) -> bool {
        self.after = next.parse().ok().map(GlobalPosition::new);
        self.after.is_some()
    }
}

/// A list, page by page, each when it is asked for.
#[derive(Debug)]
pub struct Pages<Q, T> {
    client: Client,
    path: Vec<String>,
    query: Option<Q>,
    items: PhantomData<fn() -> T>,
}

impl<Q: PagedQuery, T: DeserializeOwned> Pages<Q, T> {
    pub(crate) fn new<const N: usize>(client: &Client, path: [&str; N], query: Q) -> Self {
        let path = path.into_iter().map(str::to_owned).collect();
        Self { client: client.clone(), path, query: Some(query), items: PhantomData }
    }

    /// The next page; `None` after the last. After an error the same page can be asked for again.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn next(&mut self) -> Result<Option<Page<T>>, ClientError> {
        let Some(query) = &mut self.query else { return Ok(None) };
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let page: Page<T> = self.client.json(Call::get(&self.client, &path).query(&*query)?).await?;
        match &page.next {
            None => self.query = None,
            Some(next) => {
                if !query.go_on(next.clone()) {
                    let message =
                        format!("the server's cursor `{next}` cannot be read: check the server's version");
                    return Err(ClientError::Unexpected { status: 200, retry_after: None, message });
                }
            }
        }
        Ok(Some(page))
    }

    /// The items of all pages that are left. For lists that are known to be short: all of it is in memory.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn all(mut self) -> Result<Vec<T>, ClientError> {
        let mut items = Vec::new();
        while let Some(page) = self.next().await? {
            items.extend(page.items);
        }
        Ok(items)
    }
}
