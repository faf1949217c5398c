//! Pages of the console over a long execution table, as a browser gets them.

use std::{path::Path, sync::Arc};

use proto_events::{Actor, TenantId};
use serde::Serialize;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use vidimus_api::Api;
use vidimus_engine::{NewKey, Principal, Role, Settings as EngineSettings};
use vidimus_projection::{View, Views};

use super::{Clock, Failure, history, percentile};
use crate::{data::Data, pepper::Missing};

/// Each page is asked for so many times, one after the other.
const REQUESTS: usize = 500;
/// Pages that are gone through to the one that is far down.
const FAR: usize = 1_000;
/// One execution in so many has not run yet.
const PENDING: u64 = 10;

/// What a page took.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PageBench {
    pub(crate) page: String,
    pub(crate) bytes: usize,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// What pages of the table took.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ConsoleBench {
    pub(crate) executions: u64,
    pub(crate) requests: usize,
    pub(crate) pages: Vec<PageBench>,
}

fn failed(failure: crate::error::Failure) -> Failure {
    failure.message.into()
}

/// Fills a log, builds the views, serves them, and asks for pages of the table.
pub(crate) async fn console(directory: &Path, executions: u64) -> Result<ConsoleBench, Failure> {
    let folder = directory.join("console");
    let (data, views, key) = prepared(&folder, executions).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = listener.local_addr()?.to_string();
    // Nobody keeps deadlines here: the table stays as it is made.
    let settings = vidimus_api::Settings { rate_limit: None, ..vidimus_api::Settings::default() };
    let api = Api::new(Arc::clone(&data.engine), views, settings);
    let pages =
        vidimus_console::router(vidimus_api::router(api.clone()), vidimus_console::Settings::default());
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(vidimus_api::serve(listener, api.with_pages(pages), stopped));
    let measured = measure(&url, &key, executions).await;
    stop.send_replace(true);
    server.await??;
    drop(data);
    std::fs::remove_dir_all(&folder)?;
    measured
}

/// A data directory with so many executions in its views, and a key that may look at them.
async fn prepared(folder: &Path, executions: u64) -> Result<(Data, Views, String), Failure> {
    let tenant: TenantId = "bench".parse()?;
    let settings = EngineSettings::default();
    let data =
        Data::create_in(folder, "`vidimus bench`", settings, Some(Missing::First)).await.map_err(failed)?;
    let pending = executions / PENDING;
    history::fill_seeded(&data.log, &tenant, pending * 3, 3, 7).await?;
    history::fill(&data.log, &tenant, executions.saturating_sub(pending) * 5, 5).await?;
    let operator = Principal::new(tenant, Actor::user("operator"), [Role::Admin]);
    let new =
        NewKey { actor: Some(Actor::user("reader")), roles: [Role::Auditor].into(), ..NewKey::default() };
    let created = data.engine.create_key(&operator, new).await?;
    let views = data.views().await.map_err(failed)?;
    views.rebuild(&View::ALL).await?;
    let found = views.stats().await?;
    let rows = found.views.iter().find(|stats| stats.view == View::Executions).map(|stats| stats.rows);
    if rows != Some(executions) {
        return Err(format!("the table has {rows:?} rows of {executions}").into());
    }
    Ok((data, views, created.secret.expose().to_owned()))
}

async fn measure(host: &str, key: &str, executions: u64) -> Result<ConsoleBench, Failure> {
    let mut browser = Browser::sign_in(host, key).await?;
    let table = "/console/executions";
    let mut far = String::new();
    for _ in 1..FAR.min(usize::try_from(executions / 50)?) {
        let page = browser.get(&format!("{table}?{far}")).await?;
        far = next(&page).ok_or("the table ends early")?;
    }
    let mut pages = Vec::new();
    for (page, query) in [
        ("the newest", String::new()),
        ("with a status: Success", "status=Success".to_owned()),
        ("with a status: Pending", "status=Pending".to_owned()),
        ("of an agent", "agent=agent-7".to_owned()),
        ("with words: refund friday", "search=refund+friday".to_owned()),
        ("far down, by its cursor", far),
    ] {
        let (mut took, mut bytes) = (Vec::with_capacity(REQUESTS), 0);
        let address = format!("{table}?{query}");
        for _ in 0..REQUESTS {
            let started = Clock.now();
            let html = browser.get(&address).await?;
            took.push(started.elapsed());
            bytes = html.len();
            if html.matches("<tr data-id=").count() != 50 {
                return Err(format!("`{address}` has not 50 rows").into());
            }
        }
        took.sort_unstable();
        let (p50_ms, p99_ms) = (percentile(&took, 0.5), percentile(&took, 0.99));
        pages.push(PageBench { page: page.to_owned(), bytes, p50_ms, p99_ms });
    }
    Ok(ConsoleBench { executions, requests: REQUESTS, pages })
}

/// The query of the next page, by the link to it.
fn next(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("rel=\"next\" href=\"?")?;
    let (query, _) = rest.split_once('"')?;
    Some(query.replace("&#38;", "&").replace("&amp;", "&"))
}

/// A connection on which somebody is signed in.
struct Browser {
    connection: BufReader<TcpStream>,
    host: String,
    cookie: String,
}

impl Browser {
    async fn sign_in(host: &str, key: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        let mut browser =
            Self { connection: BufReader::new(stream), host: host.to_owned(), cookie: String::new() };
        // A key has nothing that a form would encode.
        let form = format!("key={key}");
        let (status, cookie, _) = browser.send("POST", "/console/sign-in", &form).await?;
        browser.cookie = cookie.ok_or_else(|| format!("no session was begun (status {status})"))?;
        Ok(browser)
    }

    async fn get(&mut self, address: &str) -> Result<String, Failure> {
        match self.send("GET", address, "").await? {
            (200, _, body) => Ok(body),
            (status, _, body) => Err(format!("`{address}` answers {status}: {body}").into()),
        }
    }

    /// Status, cookie and body of the answer (RFC 9112, with a length, as the server answers pages).
    async fn send(
        &mut self,
        method: &str,
        address: &str,
        form: &str,
    ) -> Result<(u16, Option<String>, String), Failure> {
        let request = format!(
            "{method} {address} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            self.host,
            self.cookie,
            form.len()
        );
        self.connection.get_mut().write_all(request.as_bytes()).await?;
        let (mut status, mut cookie, mut length) = (0, None, 0);
        for number in 0.. {
            let mut line = String::new();
            self.connection.read_line(&mut line).await?;
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if number == 0 {
                status = line.split(' ').nth(1).unwrap_or_default().parse()?;
            } else if let Some((name, value)) = line.split_once(':') {
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.trim().parse()?,
                    "set-cookie" => cookie = value.trim().split(';').next().map(str::to_owned),
                    _ => {}
                }
            }
        }
        let mut body = vec![0; length];
        self.connection.read_exact(&mut body).await?;
        Ok((status, cookie, String::from_utf8(body)?))
    }
}
