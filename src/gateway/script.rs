//! Plays the part of one server: decides how a request is answered, and touches nothing.
//!
//! Comes in: an [`Asked`]. Goes out: an [`Answer`], and the [`Seen`] for the record. The healthy answer comes first; the
//! first rule that fits the request is laid over it.

mod batch;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::healthy::{self, Outcome};
use super::record::{Answered, Seen};
use super::session::Sessions;
use crate::pattern::{HealthyDef, RuleDef, ServerDef, SessionWord, ThenDef, Transport};

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The method of HTTP; empty on standard input.
    pub http: String,
    /// The path, without what follows a `?`.
    pub path: String,
    /// The headers, their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The session that it names.
    pub session: Option<String>,
    /// Whether it came through the scenario's proxy.
    pub proxied: bool,
    /// The body, or the line.
    pub body: Vec<u8>,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// How long it takes until anything happens.
    pub delay: Duration,
    /// What a child writes to its standard output before, as it stands.
    pub stdout: String,
    /// What a child writes to its standard error before, as it stands.
    pub stderr: String,
    /// What happens.
    pub act: Act,
}

/// What happens.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Nothing, ever.
    Hang,
    /// The connection is dropped.
    Drop,
    /// A child ends.
    Exit(u8),
    /// An answer.
    Say {
        /// The status of HTTP.
        status: u16,
        /// The headers.
        headers: BTreeMap<String, String>,
        /// What stands below them.
        body: Body,
    },
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// None.
    Empty,
    /// A text, whole.
    Text(String),
    /// A text of which the second half never comes.
    Cut(String),
    /// A stream of events.
    Stream(Stream),
}

/// A stream of events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stream {
    /// Messages that are sent as soon as it is open.
    pub messages: Vec<Value>,
    /// When it is dropped.
    pub drop_after: Option<Duration>,
    /// When it ends in good order.
    pub end_after: Option<Duration>,
}

/// One server, being played.
#[derive(Debug)]
pub struct Script {
    def: ServerDef,
    /// How many requests fitted each rule so far.
    fitted: Vec<u32>,
    sessions: Sessions,
    /// What a proxy does with requests that come through it: they never get here.
    proxy: Option<ThenDef>,
}

/// A message of JSON-RPC, as far as it is one.
struct Message {
    rpc: Option<String>,
    id: Option<Value>,
    params: Value,
    /// Whether it is no message but several.
    several: bool,
}

impl Message {
    fn of(value: &Value) -> Self {
        Self {
            several: value.is_array(),
            rpc: value.get("method").and_then(Value::as_str).map(str::to_owned),
            id: value.get("id").cloned(),
            params: value.get("params").cloned().unwrap_or_default(),
        }
    }
}

/// An answer before it is dressed for its transport.
struct Draft {
    status: u16,
    headers: BTreeMap<String, String>,
    outcome: Option<Outcome>,
    body: Option<Body>,
    delay: Duration,
}

impl Script {
    /// A server that nobody has spoken to yet.
    pub fn new(def: &ServerDef) -> Self {
        Self {
            def: def.clone(),
            fitted: vec![0; def.rules.len()],
            sessions: Sessions::default(),
            proxy: None,
        }
    }

    /// The same behind a proxy.
    #[must_use]
    pub fn behind(self, proxy: Option<&ThenDef>) -> Self {
        Self { proxy: proxy.cloned(), ..self }
    }

    /// The server's name.
    pub fn name(&self) -> &str {
        &self.def.name
    }

    /// What a child does before any request.
    pub fn start(&mut self) -> Answer {
        let then = self.rule(|rule| rule.when.start).unwrap_or_default();
        let act = then.exit.map_or(Act::Hang, Act::Exit);
        Answer { act, ..words(&then) }
    }

    /// Whether a rule speaks of a path that is none of the server's own.
    pub fn claims(&self, path: &str) -> bool {
        self.def.rules.iter().any(|r| r.when.path.as_deref().is_some_and(|p| path.starts_with(p)))
    }

    /// What happens to a request, and what is to be recorded: of a batch each of its messages. `origin` is where the gateway is.
    pub fn answer(&mut self, asked: &Asked, origin: &str) -> (Answer, Vec<Seen>) {
        match serde_json::from_slice(&asked.body).unwrap_or_default() {
            Value::Array(members) if self.takes_batches(asked) => self.batch(asked, &members, origin),
            body => {
                let (answer, seen) = self.one(asked, &body, origin);
                (answer, vec![seen])
            }
        }
    }

    /// A message as it is recorded before it is answered.
    fn sight(&self, asked: &Asked, message: &Message) -> Seen {
        let session = self.sessions.word(asked.session.as_deref());
        let seen = Seen::of(self.name(), asked, session, message.rpc.as_deref(), &message.params);
        let session_number = asked.session.as_deref().and_then(|s| self.sessions.number(s));
        Seen { session_number, ..seen }
    }

    fn one(&mut self, asked: &Asked, body: &Value, origin: &str) -> (Answer, Seen) {
        let message = Message::of(body);
        let mut seen = self.sight(asked, &message);
        let session = seen.session;
        let kept_away = self.proxy.clone().filter(|_| asked.proxied);
        let then = kept_away.or_else(|| self.rule(|rule| fits(rule, asked, &message, session)));
        let acts = then.as_ref().is_some_and(|t| t.hang || t.drop || t.exit.is_some());
        let then = then.unwrap_or_default();
        if then.forget {
            self.sessions.forget();
        }
        let mut answer = if acts {
            Answer { act: act(&then), ..words(&then) }
        } else {
            let draft = self.draft(asked, &message, session, &then);
            self.note(&draft);
            self.dressed(draft, &message, &then)
        };
        fill(&mut answer.act, origin);
        seen.answered = Answered::of(&answer.act);
        (answer, seen)
    }

    /// Notes which revision the answer that begins a session chose, whatever a rule made of it.
    fn note(&mut self, draft: &Draft) {
        let revision = draft.outcome.as_ref().and_then(|o| o.as_ref().ok());
        let revision = revision.and_then(|r| r.get("protocolVersion")).and_then(Value::as_str);
        if let Some(revision) = revision {
            // A child and the older transport have one session, of no name.
            self.sessions.agree(draft.headers.get("mcp-session-id").map_or("", String::as_str), revision);
        }
    }

    /// What the first rule that fits says; each rule counts for itself what its other words fit.
    fn rule(&mut self, fits: impl Fn(&RuleDef) -> bool) -> Option<ThenDef> {
        let mut first = None;
        for (rule, fitted) in self.def.rules.iter().zip(&mut self.fitted) {
            if !fits(rule) {
                continue;
            }
            *fitted += 1;
            let nth = rule.when.nth.is_empty() || rule.when.nth.contains(fitted);
            let from = rule.when.from.is_none_or(|from| *fitted >= from);
            if first.is_none() && nth && from {
                first = Some(rule.then.clone());
            }
        }
        first
    }

    /// The healthy answer with a rule laid over it.
    fn draft(&mut self, asked: &Asked, message: &Message, session: SessionWord, then: &ThenDef) -> Draft {
        let says_all =
            then.body.is_some() || then.status.is_some() || then.error.is_some() || then.result.is_some();
        let mut draft = if says_all {
            Draft { status: 200, headers: BTreeMap::new(), outcome: None, body: None, delay: Duration::ZERO }
        } else {
            self.healthy(asked, message, session)
        };
        if let (Some(patch), Some(Ok(result))) = (&then.patch, &mut draft.outcome) {
            merge(result, patch);
        }
        if says_all {
            draft.status = then.status.unwrap_or(200);
            draft.body = then.body.clone().map(Body::Text);
            let error = then.error.as_ref().map(|e| Err((e.code, e.message.clone())));
            draft.outcome = then.result.clone().map(Ok).or(error);
        }
        if let (Some(stream), Some(Body::Stream(open))) = (&then.stream, &mut draft.body) {
            open.messages.clone_from(&stream.messages);
            open.drop_after = stream.drop_ms.map(Duration::from_millis);
            open.end_after = stream.end_ms.map(Duration::from_millis);
        }
        draft.headers.extend(then.headers.clone());
        draft
    }

    fn healthy(&mut self, asked: &Asked, message: &Message, session: SessionWord) -> Draft {
        let mut draft =
            Draft { status: 200, headers: BTreeMap::new(), outcome: None, body: None, delay: Duration::ZERO };
        let modern = healthy::is_modern(&self.def);
        let has_sessions = self.def.transport == Transport::Http && !modern;
        if let Some((status, message)) =
            refusal(asked, asked.session.as_deref().and_then(|s| self.sessions.agreed(s)))
        {
            draft.status = status;
            draft.outcome = Some(Err((-32000, message.to_owned())));
            return draft;
        }
        match (asked.http.as_str(), message.rpc.as_deref()) {
            ("POST" | "", Some("initialize")) if has_sessions => {
                draft.headers.insert("mcp-session-id".to_owned(), self.sessions.begin());
                draft.delay = self.takes("initialize");
                draft.outcome = Some(healthy::answer(&self.def, "initialize", &message.params));
            }
            ("POST" | "GET" | "DELETE", _) if has_sessions && session == SessionWord::None => {
                draft.status = 400;
                draft.outcome = Some(Err((-32000, "Bad Request: no session id".to_owned())));
            }
            ("POST" | "GET" | "DELETE", _) if has_sessions && session == SessionWord::Unknown => {
                draft.status = 404;
                draft.outcome = Some(Err((-32001, "Session not found".to_owned())));
            }
            ("GET", _) if !modern => draft.body = Some(Body::Stream(Stream::default())),
            ("DELETE", _) if !modern => self.sessions.end(asked.session.as_deref().unwrap_or_default()),
            ("POST" | "", Some("subscriptions/listen")) if modern => draft.body = Some(listening(message)),
            ("POST" | "", Some(rpc)) if message.id.is_some() => {
                draft.delay = self.takes(rpc);
                draft.outcome = Some(healthy::answer(&self.def, rpc, &message.params));
            }
            // A notification, or the answer to a request of ours.
            ("POST" | "", Some(_)) => draft.status = 202,
            ("POST" | "", None) if message.id.is_some() => draft.status = 202,
            ("POST" | "", None) if message.several => {
                draft.status = 400;
                let why = "Invalid Request: no batches in the revision that was agreed on";
                draft.outcome = Some(Err((-32600, why.to_owned())));
            }
            ("POST" | "", None) => {
                draft.status = 400;
                draft.outcome = Some(Err((-32700, "Parse error".to_owned())));
            }
            _ => {
                draft.status = 405;
                draft.headers.insert("allow".to_owned(), "POST".to_owned());
            }
        }
        draft
    }

    /// How long a request takes that is answered; what is refused is refused at once. A child answers one after the other,
    /// so that what takes no time keeps its order.
    fn takes(&self, rpc: &str) -> Duration {
        let def = HealthyDef::builtin();
        Duration::from_millis(match (rpc, self.def.transport) {
            ("tools/call", _) => def.call_ms,
            (_, Transport::Stdio) => 0,
            _ => def.reply_ms,
        })
    }

    /// A draft as its transport carries it.
    fn dressed(&self, draft: Draft, message: &Message, then: &ThenDef) -> Answer {
        let Draft { status, mut headers, outcome, body, delay } = draft;
        let mut content = |value: &str| {
            headers.entry("content-type".to_owned()).or_insert_with(|| value.to_owned());
        };
        let body = match (body, outcome) {
            (Some(Body::Stream(stream)), _) => {
                content("text/event-stream");
                Body::Stream(stream)
            }
            (Some(body), _) => body,
            (None, None) => Body::Empty,
            (None, Some(outcome)) => {
                // An error that concerns the session, not the message, has no id, as servers in use have it.
                let id = message.id.clone().filter(|_| status < 400).unwrap_or_default();
                let envelope = envelope(&id, outcome);
                if self.def.streams && status == 200 {
                    content("text/event-stream");
                    let end_after = Some(Duration::ZERO);
                    Body::Stream(Stream { messages: vec![envelope], end_after, ..Stream::default() })
                } else {
                    content("application/json");
                    Body::Text(envelope.to_string())
                }
            }
        };
        let body = match body {
            Body::Text(text) if then.cut => Body::Cut(text),
            body => body,
        };
        let said = words(then);
        let delay = then.delay_ms.map_or(delay, Duration::from_millis);
        Answer { delay, act: Act::Say { status, headers, body }, ..said }
    }
}

/// Whether a word is one of these, in letters of any case; without any of them every word is.
pub(super) fn one_of(all: &[String], word: Option<&str>) -> bool {
    all.is_empty() || word.is_some_and(|w| all.iter().any(|a| a.eq_ignore_ascii_case(w)))
}

/// Whether a rule speaks of a request, leaving the count aside.
fn fits(rule: &RuleDef, asked: &Asked, message: &Message, session: SessionWord) -> bool {
    let when = &rule.when;
    !when.start
        && one_of(&when.http, Some(&asked.http))
        && one_of(&when.rpc, message.rpc.as_deref())
        && when.session.is_none_or(|s| s == session)
        && when.path.as_deref().is_none_or(|p| asked.path.starts_with(p))
        && when.lacks.as_deref().is_none_or(|h| !asked.headers.contains_key(&h.to_ascii_lowercase()))
}

/// Why a healthy server refuses a request whatever it asks for: a page of another origin sent it, or it is of a revision
/// that there never was and that was not `agreed` on in its session.
fn refusal(asked: &Asked, agreed: Option<&str>) -> Option<(u16, &'static str)> {
    let header = |name: &str| asked.headers.get(name).map(String::as_str);
    let host = |origin: &str| {
        origin.strip_prefix("http://").map(|o| o.rsplit_once(':').map_or(o, |(h, _)| h).to_owned())
    };
    let local = |origin: &str| {
        host(origin).is_some_and(|h| ["127.0.0.1", "localhost", "[::1]"].contains(&h.as_str()))
    };
    if header("origin").is_some_and(|origin| !local(origin)) {
        return Some((403, "Forbidden: foreign origin"));
    }
    let never = |revision: &str| !HealthyDef::builtin().is_revision(revision) && agreed != Some(revision);
    header("mcp-protocol-version")
        .is_some_and(never)
        .then_some((400, "Bad Request: unknown protocol version"))
}

fn act(then: &ThenDef) -> Act {
    match then.exit {
        Some(status) => Act::Exit(status),
        None if then.drop => Act::Drop,
        None => Act::Hang,
    }
}

/// What a child says besides its answer.
fn words(then: &ThenDef) -> Answer {
    Answer {
        delay: then.delay_ms.map(Duration::from_millis).unwrap_or_default(),
        stdout: then.stdout.clone().unwrap_or_default(),
        stderr: then.stderr.clone().unwrap_or_default(),
        act: Act::Hang,
    }
}

fn envelope(id: &Value, outcome: Outcome) -> Value {
    match outcome {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err((code, message)) => {
            json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
        }
    }
}

/// The stream that takes the place of GET: it says that it is open, and stays so.
fn listening(message: &Message) -> Body {
    let asked = message.params.get("notifications").cloned().unwrap_or_else(|| json!({}));
    let meta = json!({ "io.modelcontextprotocol/subscriptionId": message.id });
    let opened = json!({
        "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
        "params": { "notifications": asked, "_meta": meta },
    });
    Body::Stream(Stream { messages: vec![opened], ..Stream::default() })
}

/// Lays a patch over a value, as JSON Merge Patch does (RFC 7396).
fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(keys) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    let Value::Object(map) = value else { return };
    for (key, new) in keys {
        if new.is_null() {
            map.remove(key);
        } else {
            merge(map.entry(key.clone()).or_insert(Value::Null), new);
        }
    }
}

/// Fills in where the gateway is.
fn fill(act: &mut Act, origin: &str) {
    if let Act::Say { headers, body, .. } = act {
        headers.values_mut().for_each(|v| *v = v.replace("{origin}", origin));
        if let Body::Text(text) | Body::Cut(text) = body {
            *text = text.replace("{origin}", origin);
        }
    }
}
