//! An HTTP/1.1 server that keeps what it is sent and answers as it is told to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Got {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn position(&self) -> u64 {
        self.header("vidimus-position").parse().unwrap()
    }
}

/// What the receiver does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Status(u16),
    /// With a header line.
    With(u16, String),
    /// Says that it took it, and then that its body has no end.
    Endless,
    /// Says that it took it, and begins a body that does not go on.
    Dripping,
    /// Never answers.
    Silence,
    /// Closes the connection.
    Close,
}

type Decide = Box<dyn FnMut(&Got) -> Reply + Send>;

pub(crate) struct Receiver {
    pub(crate) port: u16,
    got: Arc<Mutex<Vec<Got>>>,
    decide: Arc<Mutex<Decide>>,
    accepting: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Receiver {
    /// One that takes everything.
    pub(crate) async fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), None)
    }

    /// One that listens where somebody listened before.
    pub(crate) async fn start_on(port: u16) -> Self {
        Self::on(TcpListener::bind(("127.0.0.1", port)).await.unwrap(), None)
    }

    /// One that speaks https.
    pub(crate) async fn start_tls(acceptor: TlsAcceptor) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), Some(acceptor))
    }

    fn on(listener: TcpListener, acceptor: Option<TlsAcceptor>) -> Self {
        let port = listener.local_addr().unwrap().port();
        let got: Arc<Mutex<Vec<Got>>> = Arc::default();
        let decide: Arc<Mutex<Decide>> = Arc::new(Mutex::new(Box::new(|_: &Got| Reply::Status(204))));
        let (kept, deciding) = (Arc::clone(&got), Arc::clone(&decide));
        let accepting = tokio::spawn(async move {
            // With the listener the connections go.
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (kept, deciding) = (Arc::clone(&kept), Arc::clone(&deciding));
                match acceptor.clone() {
                    None => connections.spawn(serve(stream, kept, deciding)),
                    Some(acceptor) => connections.spawn(async move {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            serve(stream, kept, deciding).await;
                        }
                    }),
                };
            }
        });
        Self { port, got, decide, accepting }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook?channel=42", self.port)
    }

    pub(crate) fn answers(&self, decide: impl FnMut(&Got) -> Reply + Send + 'static) {
        *self.decide.lock().unwrap() = Box::new(decide);
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    pub(crate) fn positions(&self) -> Vec<u64> {
        self.got().iter().map(Got::position).collect()
    }
}

/// Answers requests on one connection, until either side closes it.
async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    kept: Arc<Mutex<Vec<Got>>>,
    deciding: Arc<Mutex<Decide>>,
) {
    let mut buffer = Vec::new();
    while let Some(got) = request(&mut stream, &mut buffer).await {
        let reply = (deciding.lock().unwrap())(&got);
        kept.lock().unwrap().push(got);
        let answer = match reply {
            Reply::Status(status) => format!("HTTP/1.1 {status} x\r\ncontent-length: 2\r\n\r\nok"),
            Reply::With(status, header) => {
                format!("HTTP/1.1 {status} x\r\n{header}\r\ncontent-length: 0\r\n\r\n")
            }
            Reply::Endless => {
                "HTTP/1.1 200 x\r\ncontent-length: 1000000000\r\n\r\n".to_owned() + &"x".repeat(1 << 20)
            }
            Reply::Dripping => "HTTP/1.1 200 x\r\ncontent-length: 1000\r\n\r\nx".to_owned(),
            Reply::Silence => std::future::pending().await,
            Reply::Close => return,
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn request(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Option<Got> {
    let head_end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        more(stream, buffer).await?;
    };
    let head = String::from_utf8(buffer[..head_end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let headers: BTreeMap<String, String> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers["content-length"].parse().unwrap();
    let body_start = head_end + 4;
    while buffer.len() < body_start + length {
        more(stream, buffer).await?;
    }
    let body = buffer[body_start..body_start + length].to_vec();
    buffer.drain(..body_start + length);
    Some(Got { line, headers, body })
}

async fn more(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Option<()> {
    let mut chunk = [0; 4096];
    let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
    buffer.extend_from_slice(&chunk[..read]);
    Some(())
}
