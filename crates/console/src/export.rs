//! Downloads of lists: page after page of the API, written as they are asked for and taken.
//!
//! What is held is one page. The first page is asked for before anything is answered, so that a refusal is a page that says
//! so; where a later one fails, the answer breaks off, and whoever downloads sees that it is not whole.

mod lines;

use std::io;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use serde_json::value::RawValue;
use vidimus_api_types::Page;

pub(crate) use self::lines::Line;
use crate::ask::{Ask, Credential, Refused};

/// Items that the API is asked for at a time: as many as it gives.
const AT_A_TIME: &str = "1000";

/// What a download is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// RFC 4180, with a header.
    Csv,
    /// The API's items, one a line.
    JsonLines,
}

impl Format {
    /// The format of this name.
    pub(crate) fn named(name: Option<&str>) -> Result<Self, Refused> {
        match name {
            Some("csv") => Ok(Self::Csv),
            Some("jsonl") => Ok(Self::JsonLines),
            other => {
                let name = other.unwrap_or_default().chars().take(80).collect::<String>();
                let detail =
                    format!("`{name}` is no format of a download: use `format=csv` or `format=jsonl`");
                Err(Refused::new(StatusCode::BAD_REQUEST, "export_format_unknown", detail))
            }
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/x-ndjson",
        }
    }
}

/// A list that is downloaded.
pub(crate) struct Export {
    pub(crate) api: Router,
    pub(crate) who: Credential,
    /// The list of the API.
    pub(crate) path: &'static str,
    /// What the file is called, before where the log stood and the extension.
    pub(crate) name: &'static str,
    /// The filters.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) format: Format,
}

/// What a page of the list became.
struct Chunk {
    bytes: Bytes,
    next: Option<String>,
    position: String,
}

/// What comes next in a download.
enum Turn {
    Write(Chunk),
    Ask(String),
    Done,
}

impl Export {
    /// The answer, which begins with the first page.
    pub(crate) async fn answer<T: Line + 'static>(self) -> Result<Response, Refused> {
        let first = self.chunk::<T>(None).await?;
        let (name, format) = (self.name, self.format);
        let name = format!("attachment; filename=\"{name}-at-{}.{}\"", first.position, format.extension());
        let chunks = stream::try_unfold((self, Turn::Write(first)), |(export, turn)| async move {
            let chunk = match turn {
                Turn::Write(chunk) => chunk,
                Turn::Ask(cursor) => export.chunk::<T>(Some(&cursor)).await.map_err(|refused| {
                    let Refused { code, detail, .. } = refused;
                    tracing::warn!(path = export.path, code, "a download broke off: {detail}");
                    io::Error::other(format!("{code}: {detail}"))
                })?,
                Turn::Done => return Ok::<_, io::Error>(None),
            };
            let turn = chunk.next.map_or(Turn::Done, Turn::Ask);
            Ok(Some((chunk.bytes, (export, turn))))
        });
        let mut response = Body::from_stream(chunks).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
        if let Ok(name) = HeaderValue::try_from(name) {
            headers.insert(header::CONTENT_DISPOSITION, name);
        }
        Ok(response)
    }

    async fn chunk<T: Line>(&self, cursor: Option<&str>) -> Result<Chunk, Refused> {
        let mut query: Vec<_> =
            self.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        query.push(("limit", AT_A_TIME));
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let ask = Ask { api: &self.api, who: &self.who };
        let page: Page<Box<RawValue>> = ask.get(self.path, &query).await?;
        let bytes = match self.format {
            Format::JsonLines => json_lines(&page.items),
            Format::Csv => lines::csv::<T>(&page.items, cursor.is_none()).map_err(|error| {
                tracing::error!(%error, path = self.path, "a page could not be written as CSV");
                let detail = "the server could not write this list as CSV: use `format=jsonl`";
                Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
            })?,
        };
        Ok(Chunk { bytes: bytes.into(), next: page.next, position: page.position.to_string() })
    }
}

/// The items as the API has them, to the letter.
fn json_lines(items: &[Box<RawValue>]) -> Vec<u8> {
    let mut text = String::with_capacity(items.iter().map(|item| item.get().len() + 1).sum());
    for item in items {
        // No string of JSON has a bare line break: those that there are stand between its parts.
        text.extend(item.get().chars().filter(|char| !matches!(char, '\n' | '\r')));
        text.push('\n');
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests;
