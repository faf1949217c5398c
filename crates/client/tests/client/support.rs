//! A server that plays a script: what it does with the first request, the second, and so on.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};
use uuid::Uuid;
use vidimus_client::{
    Client, ClientBuilder, RetryPolicy, Timeouts,
    types::{Json, Propose},
};

pub(crate) const KEY: &str = "vidimus_acme.0123456789abcdef0123456789abcdef.c2VjcmV0";
pub(crate) const ID: Uuid = Uuid::from_u128(7);

/// What the server does with one request, when it has read it.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Writes this, and closes the connection.
    Say(String),
    /// Writes these one after another, and closes the connection.
    Pieces(Vec<String>),
    /// Writes this, then nothing more.
    Hang(String),
    /// Closes the connection.
    Break,
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

#[derive(Default)]
struct Play {
    requests: Vec<Request>,
    steps: std::vec::IntoIter<Step>,
}

pub(crate) struct Server {
    pub(crate) url: String,
    play: Arc<Mutex<Play>>,
}

impl Server {
    pub(crate) async fn start(steps: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, steps)
    }

    pub(crate) fn on(listener: TcpListener, steps: impl IntoIterator<Item = Step>) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let steps = steps.into_iter().collect::<Vec<_>>().into_iter();
        let play = Arc::new(Mutex::new(Play { requests: Vec::new(), steps }));
        let playing = Arc::clone(&play);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&playing)));
            }
        });
        Self { url, play }
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder(&self.url, KEY).retries(fast())
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.play.lock().unwrap().requests.clone()
    }

    /// The request lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.line).collect()
    }
}

/// The usual policy without its long pauses.
pub(crate) fn fast() -> RetryPolicy {
    RetryPolicy {
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(5),
        ..RetryPolicy::default()
    }
}

/// Time-outs that run out while a test waits.
pub(crate) fn short() -> Timeouts {
    let soon = Duration::from_millis(150);
    Timeouts { connect: Duration::from_secs(5), answer: soon, idle: soon, stream_idle: soon }
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin, play: Arc<Mutex<Play>>) {
    let mut stream = stream;
    let Some(request) = read(&mut stream).await else { return };
    let step = {
        let mut play = play.lock().unwrap();
        play.requests.push(request);
        play.steps.next()
    };
    match step {
        None | Some(Step::Break) => {}
        Some(Step::Say(text)) => {
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Some(Step::Pieces(pieces)) => {
            for piece in pieces {
                if stream.write_all(piece.as_bytes()).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
                tokio::task::yield_now().await;
            }
            let _ = stream.shutdown().await;
        }
        Some(Step::Hang(text)) => {
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.flush().await;
            // Until the client has enough of it.
            let _ = stream.read(&mut [0; 1]).await;
        }
    }
}

pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.lines();
    let line = lines.next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[head + 4..].to_vec()).unwrap();
    Some(Request { line, headers, body })
}

/// An answer with a body and further header lines.
pub(crate) fn say(status: u16, headers: &str, body: &str) -> Step {
    let length = body.len();
    Step::Say(format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    ))
}

pub(crate) fn ok(body: &str) -> Step {
    say(200, "content-type: application/json\r\n", body)
}

pub(crate) fn problem(status: u16, code: &str, retry_after: Option<u64>) -> Step {
    let retryable = retry_after.is_some();
    let headers = retry_after.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
    let body = format!(
        r#"{{"type":"urn:vidimus:problem:{code}","title":"X","status":{status},"code":"{code}","detail":"because: do this","retryable":{retryable},"errors":[{{"field":"body.agent","detail":"is blank"}}],"later":1}}"#
    );
    say(status, &format!("content-type: application/problem+json\r\n{headers}"), &body)
}

/// An execution in this stage.
pub(crate) fn execution(stage: &str) -> String {
    format!(
        r#"{{"execution_id":"{ID}","position":3,"agent":"a","conversation":"c","request_id":null,"function":"mail.send","origin":"proposed","stage":"{stage}","status":"Pending","approval_status":"Pending","outcome":null,"result_status":null,"waits_for":null,"reason_code":null,"reason":null,"requester":{{"kind":"user","id":"u"}},"initiated_by":{{"kind":"agent","id":"a"}},"started_by":null,"resolved_by":null,"arguments_digest":null,"policy_set":null,"matched_rules":[],"redecisions":0,"suspended":false,"permit":null,"approval_deadline":null,"lease_expires_at":null,"created_at":"2026-01-01T00:00:00Z","started_at":null,"finished_at":null,"resolved_at":null,"idempotency_key":null,"former_execution":null,"attempts":1,"arguments":{{"b": 1.0,"a":"\u00e4"}},"of_a_newer_server":true}}"#
    )
}

pub(crate) fn call(key: Option<&str>) -> Propose {
    Propose {
        agent: "a".to_owned(),
        conversation: "c".to_owned(),
        request_id: None,
        function: "mail.send".parse().unwrap(),
        arguments: Json::from_text(r#"{"to":"x"}"#.to_owned()).unwrap(),
        requester: None,
        context: None,
        idempotency_key: key.map(str::to_owned),
    }
}
