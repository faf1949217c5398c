//! What pages are drawn with: in the binary, nothing from elsewhere.

use std::{fmt::Write as _, sync::LazyLock};

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use sha2::{Digest as _, Sha256};

const CSS: &str = include_str!("../assets/console.css");
const SCRIPT: &str = include_str!("../assets/console.js");
const ICON: &str = include_str!("../assets/icon.svg");

/// The name of an asset with a part of its hash, so that it can be kept for ever and is never a stale one.
fn named(stem: &str, content: &str, ending: &str) -> String {
    let mut name = format!("{stem}-");
    for byte in &Sha256::digest(content.as_bytes())[..6] {
        // Writing to a text cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name + ending
}

/// The names under `/console/assets/`.
pub(crate) static CSS_NAME: LazyLock<String> = LazyLock::new(|| named("console", CSS, ".css"));
pub(crate) static SCRIPT_NAME: LazyLock<String> = LazyLock::new(|| named("console", SCRIPT, ".js"));
pub(crate) static ICON_NAME: LazyLock<String> = LazyLock::new(|| named("icon", ICON, ".svg"));

/// `GET /console/assets/{name}`
pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    let (content, media_type) = if name == *CSS_NAME {
        (CSS, "text/css; charset=utf-8")
    } else if name == *SCRIPT_NAME {
        (SCRIPT, "text/javascript; charset=utf-8")
    } else if name == *ICON_NAME {
        (ICON, "image/svg+xml")
    } else {
        return (StatusCode::NOT_FOUND, "there is no such asset: reload the page").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, content).into_response()
}
