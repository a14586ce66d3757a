//! Asks a server what MCP asks of servers.
//!
//! Comes in: an address, headers of the user's, and the clauses. Goes out: a [`Probed`] for each clause: what was asked,
//! what was answered, whether that is right, and which known failures of clients begin with such an answer. It begins one
//! session as a client does, and one for what ends a session; [`Probe::end`] ends all that the server gave. It calls no
//! tool. Nothing of the user's headers is kept.

use std::io::Read;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Request;
use ureq::http::request::Builder;
use ureq::tls::TlsConfig;

use crate::pattern::{AnswerDef, AskDef, HealthyDef, ServerClause, SessionWord};
use crate::source::trust;

/// How long to wait for a connection and for the head of an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait for the first message of a body.
const BODY: Duration = Duration::from_secs(5);

/// How much of a body is read.
const MAX_BODY: u64 = 1 << 20;

/// A session id that no server gave.
const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

/// A server that is asked.
#[derive(Debug)]
pub struct Probe {
    agent: Agent,
    url: String,
    headers: Vec<(String, String)>,
    session: Option<String>,
    revision: Option<String>,
    capabilities: Value,
    /// All sessions that the server gave and that were not ended yet.
    given: Vec<String>,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Got {
    /// The status of HTTP.
    pub status: u16,
    /// The content type, without its parameters.
    pub content: String,
    /// The first message of JSON-RPC in it.
    pub message: Option<Value>,
    /// The names of its headers, in lower case.
    pub headers: Vec<String>,
    /// Its body broke off, or took too long, before there was a message.
    pub broke_off: bool,
}

impl Got {
    /// The code of a JSON-RPC error.
    fn error(&self) -> Option<i64> {
        self.message.as_ref()?.pointer("/error/code")?.as_i64()
    }
}

/// Whether a clause is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// It is.
    Right,
    /// It is not.
    Wrong,
    /// The server could not be asked: nothing, or not all of the answer, came.
    Not,
    /// It asks nothing of this server: of another revision, or of servers with sessions or a capability.
    DoesNotApply,
}

impl Answered {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Right => "kept",
            Self::Wrong => "broken",
            Self::Not => "not-answered",
            Self::DoesNotApply => "does-not-apply",
        }
    }
}

/// What came of a clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Probed {
    /// The clause.
    pub clause: String,
    /// What was asked, in a few words.
    pub asked: String,
    /// What was answered, in a few words; or why there is no answer.
    pub answered: String,
    /// Whether that is right.
    pub right: Answered,
    /// The signatures of known failures that begin with such an answer.
    pub breaks: Vec<String>,
}

impl Probe {
    /// A server at `url`, which is asked with these headers, too.
    pub fn new(url: &str, headers: Vec<(String, String)>) -> Self {
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(trust::roots(Vec::new())).build())
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_recv_body(Some(BODY))
            .user_agent(concat!("lastgood/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: config.into(),
            url: url.to_owned(),
            headers,
            session: None,
            revision: None,
            capabilities: Value::Null,
            given: Vec::new(),
        }
    }

    /// Begins a session. An error says why the server cannot be asked anything.
    pub fn begin(&mut self) -> Result<(), String> {
        self.session = self.open()?;
        Ok(())
    }

    /// A new session, as a client begins one.
    fn open(&mut self) -> Result<Option<String>, String> {
        let params = json!({
            "protocolVersion": HealthyDef::builtin().asked, "capabilities": {},
            "clientInfo": { "name": "lastgood", "version": env!("CARGO_PKG_VERSION") },
        });
        let message = json!({ "id": 0, "method": "initialize", "params": params });
        let no_revision = [("mcp-protocol-version", "")];
        let (got, session) = self.ask("POST", Some(&message), None, &no_revision)?;
        let result = got.message.as_ref().and_then(|m| m.get("result"));
        let revision = result.and_then(|r| r.get("protocolVersion")).and_then(Value::as_str);
        let Some(revision) = revision else {
            return Err(format!("it does not answer initialize ({})", said(&got)));
        };
        self.revision = Some(revision.to_owned());
        self.capabilities = result.and_then(|r| r.get("capabilities")).cloned().unwrap_or_default();
        let initialized = json!({ "method": "notifications/initialized" });
        self.ask("POST", Some(&initialized), session.as_deref(), &[])?;
        Ok(session)
    }

    /// Ends every session that the server gave. A server may refuse that, and owes no answer.
    pub fn end(&mut self) {
        for session in std::mem::take(&mut self.given) {
            let _ = self.ask("DELETE", None, Some(&session), &[]);
        }
    }

    /// Whether the server gives session ids.
    pub fn has_sessions(&self) -> bool {
        self.session.is_some()
    }

    /// The revision that the server chose.
    pub fn revision(&self) -> Option<&str> {
        self.revision.as_deref()
    }

    /// Puts a clause to the test. One that is not of the negotiated revision is asked, too, for what breaks clients, but
    /// says nothing of the server.
    pub fn test(&mut self, clause: &ServerClause) -> Probed {
        let ask = &clause.ask;
        let method = ask.message.as_ref().and_then(|m| m.get("method")).and_then(Value::as_str);
        let asked = format!("{} {}, session {}", ask.http, method.unwrap_or_default(), ask.session.as_str());
        let mut probed = Probed {
            clause: clause.id.clone(),
            asked: asked.replace(" ,", ","),
            answered: String::new(),
            right: Answered::DoesNotApply,
            breaks: Vec::new(),
        };
        if let Some(why) = self.lacks(ask) {
            probed.answered = why;
            return probed;
        }
        match self.put(ask) {
            Ok(got) => {
                probed.answered = said(&got);
                probed.right = judged(clause, &got);
                let breaks = clause.breaks.iter().filter(|b| fits(&b.answer, &got));
                probed.breaks = breaks.map(|b| b.signature.clone()).collect();
            }
            Err(why) => {
                probed.answered = why;
                probed.right = Answered::Not;
            }
        }
        let of = |revision: &String| self.revision.as_deref() == Some(revision);
        if !clause.revisions.is_empty() && !clause.revisions.iter().any(of) {
            probed.right = Answered::DoesNotApply;
        }
        probed
    }

    /// What the server has not, and the request needs.
    fn lacks(&self, ask: &AskDef) -> Option<String> {
        if ask.needs_session && !self.has_sessions() {
            return Some("it gives no session ids".to_owned());
        }
        let lacks = |name: &&String| self.capabilities.get(name.as_str()).is_none_or(Value::is_null);
        ask.needs_capability.as_ref().filter(lacks).map(|name| format!("it says that it has no {name}"))
    }

    /// Asks, in a session of its own if that may end it: later clauses need theirs.
    fn put(&mut self, ask: &AskDef) -> Result<Got, String> {
        let ends = ask.http == "DELETE" && self.has_sessions();
        let session = match ask.session {
            SessionWord::None => None,
            SessionWord::Known if ends => self.open()?,
            SessionWord::Known => self.session.clone(),
            SessionWord::Unknown => Some(UNKNOWN.to_owned()),
        };
        let headers: Vec<(&str, &str)> = ask.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        self.ask(&ask.http, ask.message.as_ref(), session.as_deref(), &headers).map(|(got, _)| got)
    }

    /// Sends one request; the answer, and the session id that came with it.
    fn ask(
        &mut self,
        http: &str,
        message: Option<&Value>,
        session: Option<&str>,
        more: &[(&str, &str)],
    ) -> Result<(Got, Option<String>), String> {
        let request = self.request(http, session, message, more);
        let body = message.map(|message| {
            let mut message = message.clone();
            message["jsonrpc"] = "2.0".into();
            message.to_string()
        });
        let answered = match body {
            Some(body) => request.body(body).map(|r| self.agent.run(r)),
            None => request.body(()).map(|r| self.agent.run(r)),
        };
        // In a session, what the user gave was sent before: it is what the server gave.
        let unsendable = if self.revision.is_some() {
            "it gave a session id, or chose a revision, that no header can hold"
        } else {
            "the address, or a header, cannot be sent"
        };
        let response = answered.map_err(|_| unsendable.to_owned())?.map_err(|e| trust::said(&e))?;
        let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let session = header("mcp-session-id");
        self.given.extend(session.clone().filter(|id| !self.given.contains(id) && http != "DELETE"));
        let content = header("content-type").unwrap_or_default();
        let content = content.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let status = response.status().as_u16();
        let headers = response.headers().keys().map(|k| k.as_str().to_owned()).collect();
        let is_listening = http == "GET" && content == "text/event-stream";
        // A stream that a GET opened stays open: there is nothing to wait for.
        let (message, broke_off) = match response.into_body().into_reader() {
            _ if is_listening => (None, false),
            body => first(body, &content),
        };
        Ok((Got { status, content, message, headers, broke_off }, session))
    }

    /// A request with its headers: ours, the user's, and those of the clause over both.
    fn request(
        &self,
        http: &str,
        session: Option<&str>,
        message: Option<&Value>,
        more: &[(&str, &str)],
    ) -> Builder {
        let mut headers: Vec<(&str, &str)> = vec![("accept", "application/json, text/event-stream")];
        headers.extend(message.map(|_| ("content-type", "application/json")));
        headers.extend(self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        headers.extend(session.map(|s| ("mcp-session-id", s)));
        headers.extend(self.revision.as_deref().map(|r| ("mcp-protocol-version", r)));
        for (name, value) in more {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.extend((!value.is_empty()).then_some((*name, *value)));
        }
        let request = Request::builder().method(http).uri(&self.url);
        headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
    }
}

/// The first message of a body: all of it, or the first event of a stream that is an answer; and whether it broke off, or
/// took too long, before there was one.
fn first(body: impl Read, content: &str) -> (Option<Value>, bool) {
    let mut body = body.take(MAX_BODY);
    let (mut text, mut piece) = (Vec::new(), [0; 4096]);
    let broke_off = loop {
        match body.read(&mut piece) {
            Ok(0) => break false,
            Ok(n) => text.extend_from_slice(piece.get(..n).unwrap_or_default()),
            Err(_) => break true,
        }
        if content == "text/event-stream"
            && let Some(found) = answer_in(&String::from_utf8_lossy(&text))
        {
            return (Some(found), false);
        }
    };
    let message: Option<Value> = serde_json::from_slice(&text).ok();
    let broke_off = broke_off && message.is_none();
    (message, broke_off)
}

/// Whether an answer is right. One of which the rest never came is wrong only if no rest could have made it right.
fn judged(clause: &ServerClause, got: &Got) -> Answered {
    if clause.right.iter().any(|answer| fits(answer, got)) {
        Answered::Right
    } else if got.broke_off && clause.right.iter().any(|answer| fits_head(answer, got)) {
        Answered::Not
    } else {
        Answered::Wrong
    }
}

fn answer_in(stream: &str) -> Option<Value> {
    let whole = stream.rfind('\n').and_then(|end| stream.get(..end))?;
    let data = whole.lines().filter_map(|l| l.strip_prefix("data:"));
    let mut messages = data.filter_map(|d| serde_json::from_str::<Value>(d.trim()).ok());
    messages.find(|m| m.get("result").is_some() || m.get("error").is_some())
}

fn fits(answer: &AnswerDef, got: &Got) -> bool {
    let has = |pointer: &String| got.message.as_ref().is_some_and(|m| m.pointer(pointer).is_some());
    fits_head(answer, got)
        && (answer.error.is_empty() || got.error().is_some_and(|e| answer.error.contains(&e)))
        && answer.has.iter().all(has)
}

/// The same, of all that stands before the body.
fn fits_head(answer: &AnswerDef, got: &Got) -> bool {
    (answer.status.is_empty() || answer.status.contains(&got.status))
        && (answer.content.is_empty() || answer.content.contains(&got.content))
        && answer.headers.iter().all(|h| got.headers.contains(&h.to_ascii_lowercase()))
}

fn said(got: &Got) -> String {
    let error = got.error().map(|e| format!(", error {e}")).unwrap_or_default();
    let content = if got.content.is_empty() { String::new() } else { format!(" {}", got.content) };
    let cut = if got.broke_off { ", and the rest never came" } else { "" };
    format!("{}{content}{error}{cut}", got.status)
}
