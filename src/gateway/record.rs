//! What the servers saw: one line of JSON a request, secrets masked.
//!
//! A few headers are kept, and of those that carry credentials only that they were there; of a body the method, the tool
//! and what the client says of itself. Sessions are called by their number: `1` is the first that the server gave.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::script::{Act, Asked, Body};
use crate::pattern::SessionWord;

/// Headers that say how MCP is spoken.
const KEPT: [&str; 6] =
    ["accept", "content-type", "last-event-id", "mcp-method", "mcp-protocol-version", "user-agent"];

/// Headers of which only their presence is anybody's business.
const MASKED: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "x-api-key"];

/// A request, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Its number in the record, from 1 on; in a file that several servers write, its line.
    pub n: usize,
    /// Milliseconds since the gateway began.
    pub at_ms: u64,
    /// When it came, in milliseconds since 1970 UTC: by this it is found in the client's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unix_ms: Option<i64>,
    /// The server: its name, `model` for the stub of the model's API, or nothing for a path that is nobody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The method of HTTP; empty for a child.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub http: String,
    /// The path.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The method of JSON-RPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpc: Option<String>,
    /// What it says of its session.
    pub session: SessionWord,
    /// Which of the sessions that the server gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_number: Option<usize>,
    /// Headers that say how MCP is spoken.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// What else tells: the tool, the revision, the client.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub told: Map<String, Value>,
    /// What became of it.
    pub answered: Answered,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// `answer`, `stream`, `cut`, `hang`, `drop` or `exit`; `unasked`: a connection over TLS ended and nothing had been asked.
    pub how: String,
    /// The status of HTTP, or that of a child that ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The code of a JSON-RPC error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<i64>,
    /// The revision of MCP that an answer to `initialize` chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

impl Answered {
    /// What an act says of itself.
    pub fn of(act: &Act) -> Self {
        let plain = |how: &str, status| Self { how: how.to_owned(), status, error: None, revision: None };
        match act {
            Act::Hang => plain("hang", None),
            Act::Drop => plain("drop", None),
            Act::Exit(status) => plain("exit", Some(u16::from(*status))),
            Act::Say { status, body, .. } => {
                let (how, text) = match body {
                    Body::Empty => ("answer", None),
                    Body::Text(text) => ("answer", serde_json::from_str(text).ok()),
                    Body::Cut(_) => ("cut", None),
                    Body::Stream(stream) => ("stream", stream.messages.first().cloned()),
                };
                let text: Value = text.unwrap_or_default();
                let error = text.pointer("/error/code").and_then(Value::as_i64);
                let revision = text.pointer("/result/protocolVersion").and_then(Value::as_str);
                let revision = revision.map(str::to_owned);
                Self { how: how.to_owned(), status: Some(*status), error, revision }
            }
        }
    }
}

impl Seen {
    /// A request to a server, before it is answered.
    pub(super) fn of(
        server: &str,
        asked: &Asked,
        session: SessionWord,
        rpc: Option<&str>,
        params: &Value,
    ) -> Self {
        let mut told = Map::new();
        for (key, pointer) in [
            ("tool", "/name"),
            ("revision", "/protocolVersion"),
            ("revision", "/_meta/io.modelcontextprotocol~1protocolVersion"),
            ("client", "/clientInfo/name"),
            ("client_version", "/clientInfo/version"),
        ] {
            if let Some(text) = params.pointer(pointer).filter(|v| v.is_string()) {
                told.insert(key.to_owned(), text.clone());
            }
        }
        if asked.proxied {
            told.insert("through".to_owned(), "proxy".into());
        }
        Self {
            n: 0,
            at_ms: 0,
            unix_ms: None,
            server: Some(server.to_owned()),
            http: asked.http.clone(),
            path: asked.path.clone(),
            rpc: rpc.map(str::to_owned),
            session,
            session_number: None,
            headers: kept(&asked.headers),
            told,
            answered: Answered { how: "hang".to_owned(), status: None, error: None, revision: None },
        }
    }

    /// A request to a path that is nobody's, or to the model.
    pub(super) fn elsewhere(server: Option<&str>, asked: &Asked, status: u16) -> Self {
        let answered =
            Answered { how: "answer".to_owned(), status: Some(status), error: None, revision: None };
        let server_name = server.unwrap_or_default();
        let seen = Self::of(server_name, asked, SessionWord::None, None, &Value::Null);
        Self { server: server.map(str::to_owned), answered, ..seen }
    }

    /// A connection over TLS that ended and over which nothing was asked: no request at all, but all that is seen of a client
    /// that does not trust a certificate.
    pub(super) fn unasked(server: &str, told: Map<String, Value>) -> Self {
        let answered = Answered { how: "unasked".to_owned(), status: None, error: None, revision: None };
        let seen = Self::of(server, &Asked::default(), SessionWord::None, None, &Value::Null);
        Self { told, answered, ..seen }
    }

    /// Whether it is a call of a tool that was answered with a result.
    pub fn is_good_call(&self) -> bool {
        let a = &self.answered;
        self.rpc.as_deref() == Some("tools/call")
            && matches!(a.how.as_str(), "answer" | "stream")
            && a.error.is_none()
            && a.status.is_none_or(|s| s < 300)
    }

    /// The request in a few words, and what became of it, as reports show it.
    pub fn in_short(&self) -> String {
        let tls =
            self.told.get("handshake").and_then(Value::as_str).map(|how| format!("TLS handshake {how}"));
        let what = tls.as_deref().or(self.rpc.as_deref()).unwrap_or(&self.path);
        let end = ["alert", "why"].iter().find_map(|key| self.told.get(*key)).and_then(Value::as_str);
        let end = end.map(|end| format!(": {end}")).unwrap_or_default();
        let session = match (self.session, self.session_number) {
            (SessionWord::None, _) => String::new(),
            (word, Some(n)) => format!(" (session {n}, {})", word.as_str()),
            (word, None) => format!(" (session {})", word.as_str()),
        };
        let status = self.answered.status.map(|s| format!(" {s}")).unwrap_or_default();
        let error = self.answered.error.map(|e| format!(" {e}")).unwrap_or_default();
        let http = if self.http.is_empty() { String::new() } else { format!("{} ", self.http) };
        format!("{http}{what}{session} → {}{status}{error}{end}", self.answered.how)
    }
}

fn kept(headers: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let plain = headers.iter().filter(|(name, _)| KEPT.contains(&name.as_str()));
    let masked = headers.keys().filter(|name| MASKED.contains(&name.as_str()));
    let masked = masked.map(|name| (name.clone(), "(there)".to_owned()));
    plain.map(|(n, v)| (n.clone(), v.clone())).chain(masked).collect()
}

/// All that was seen so far; clones share it.
#[derive(Debug, Clone)]
pub struct Record {
    start: Instant,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    seen: Vec<Seen>,
    file: Option<File>,
    /// Why a line could not be written, the first time.
    error: Option<String>,
    /// Who is told of that at once.
    tell: Option<fn(&str)>,
}

impl Record {
    /// A record that is kept here, and line by line in `file`.
    pub fn new(file: Option<File>) -> Self {
        Self { start: Instant::now(), inner: Arc::new(Mutex::new(Inner { file, ..Inner::default() })) }
    }

    /// The same; `tell` hears why a line could not be written, the first time.
    #[must_use]
    pub fn telling(self, tell: fn(&str)) -> Self {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).tell = Some(tell);
        self
    }

    /// Adds a request.
    pub(super) fn add(&self, mut seen: Seen) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        seen.n = inner.seen.len() + 1;
        seen.at_ms = self.start.elapsed().as_millis() as u64;
        seen.unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|t| t.as_millis() as i64);
        let inner = &mut *inner;
        if let (Some(file), Ok(mut line)) = (&mut inner.file, serde_json::to_string(&seen)) {
            line.push('\n');
            // One write a line: several processes may write to the same file.
            if let Err(e) = file.write_all(line.as_bytes())
                && inner.error.is_none()
            {
                let why = e.to_string();
                inner.tell.iter().for_each(|tell| tell(&why));
                inner.error = Some(why);
            }
        }
        inner.seen.push(seen);
    }

    /// What was seen so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).seen.clone()
    }

    /// Why the file lacks a line, if it does.
    pub fn error(&self) -> Option<String> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).error.clone()
    }

    /// Reads what was written. An error names the line that is no request, or not a whole one: what is missing may be what
    /// would clear a client.
    pub fn parse(text: &str) -> Result<Vec<Seen>, String> {
        let read = |(at, line): (usize, &str)| {
            let seen: Seen = serde_json::from_str(line).map_err(|e| {
                let what = if e.is_eof() { "is not whole" } else { "is no request of a record" };
                format!("line {} {what}", at + 1)
            })?;
            Ok(Seen { n: at + 1, ..seen })
        };
        text.lines().enumerate().map(read).collect()
    }
}
