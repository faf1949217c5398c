//! As much of a NATS client as an operator and a stranger need: a request, a publish.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};

pub(crate) struct Wire {
    reader: BufReader<TcpStream>,
}

impl Wire {
    pub(crate) fn connect(url: &str) -> Self {
        Self::connect_as(url, "", "")
    }

    pub(crate) fn connect_as(url: &str, user: &str, password: &str) -> Self {
        let stream = TcpStream::connect(url.trim_start_matches("nats://")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut wire = Self { reader: BufReader::new(stream) };
        assert!(wire.line().starts_with("INFO "));
        let connect = json!({"verbose": false, "user": user, "pass": password, "headers": true});
        wire.send(format!("CONNECT {connect}\r\nSUB inbox 1\r\nPING\r\n").as_bytes());
        wire.settle();
        wire
    }

    fn send(&mut self, bytes: &[u8]) {
        self.reader.get_mut().write_all(bytes).unwrap();
    }

    fn line(&mut self) -> String {
        self.try_line().unwrap()
    }

    fn try_line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        assert!(!line.is_empty(), "the server closed the connection");
        Ok(line)
    }

    /// Everything before was taken.
    fn settle(&mut self) {
        while !self.line().starts_with("PONG") {}
    }

    pub(crate) fn publish(&mut self, subject: &str, payload: &str) {
        self.send(format!("PUB {subject} {}\r\n{payload}\r\nPING\r\n", payload.len()).as_bytes());
        self.settle();
    }

    pub(crate) fn publish_with_headers(&mut self, subject: &str, headers: &[(&str, &str)]) {
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let headers = format!("NATS/1.0\r\n{lines}\r\n");
        let size = headers.len();
        self.send(format!("HPUB {subject} {size} {}\r\n{headers}x\r\nPING\r\n", size + 1).as_bytes());
        self.settle();
    }

    /// The subject of the next answer that anybody gets.
    pub(crate) fn next_inbox(&mut self) -> String {
        self.send(b"SUB _INBOX.> 2\r\n");
        loop {
            let line = self.line();
            if let Some(subject) = line.split_whitespace().nth(1).filter(|word| word.starts_with("_INBOX.")) {
                self.send(b"UNSUB 2\r\n");
                return subject.to_owned();
            }
        }
    }

    /// Asks the API of JetStream; `Null`, where nobody answers.
    pub(crate) fn api(&mut self, what: &str, body: &Value) -> Value {
        let body = body.to_string();
        self.send(format!("PUB $JS.API.{what} inbox {}\r\n{body}\r\n", body.len()).as_bytes());
        loop {
            // A cluster without a leader answers nothing.
            let Ok(line) = self.try_line() else { return Value::Null };
            if !line.starts_with("MSG ") && !line.starts_with("HMSG ") {
                continue;
            }
            let size: usize = line.split_whitespace().last().unwrap().parse().unwrap();
            let mut payload = vec![0; size + 2];
            self.reader.read_exact(&mut payload).unwrap();
            return serde_json::from_slice(&payload[..size]).unwrap_or_default();
        }
    }

    pub(crate) fn info(&mut self, stream: &str) -> Value {
        self.api(&format!("STREAM.INFO.{stream}"), &json!({}))
    }

    /// Changes the configuration of a stream.
    pub(crate) fn edit(&mut self, stream: &str, change: impl FnOnce(&mut Value)) {
        let mut config = self.info(stream)["config"].clone();
        change(&mut config);
        let answer = self.api(&format!("STREAM.UPDATE.{stream}"), &config);
        assert!(answer.get("error").is_none(), "{answer}");
    }

    pub(crate) fn delete(&mut self, stream: &str) {
        let answer = self.api(&format!("STREAM.DELETE.{stream}"), &json!({}));
        assert_eq!(answer["success"], true, "{answer}");
    }
}
