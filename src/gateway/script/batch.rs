//! Several messages of JSON-RPC in one array, as one revision of MCP has them.
//!
//! Each member is asked for as if it had come alone: rules fit it and count it. What comes of the members is put together
//! into one answer, unless one of them ends in what concerns the whole request (a status, a body that is no message, a
//! connection that is dropped, no answer at all): then the first such is what happens to all.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::super::record::{Answered, Seen};
use super::{Act, Answer, Asked, Body, Message, Script, Stream, envelope};
use crate::pattern::HealthyDef;

/// JSON-RPC's code of what is no request.
const INVALID_REQUEST: i64 = -32600;

/// What came of one member, where that is a part of the answer: messages, or nothing.
struct Part {
    headers: BTreeMap<String, String>,
    messages: Vec<Value>,
    streams: bool,
}

impl Script {
    /// Whether several messages may come in one request: the revision that was agreed on has that.
    pub(super) fn takes_batches(&self, asked: &Asked) -> bool {
        let agreed = self.sessions.agreed(asked.session.as_deref().unwrap_or_default());
        matches!(asked.http.as_str(), "POST" | "")
            && agreed.is_some_and(|revision| HealthyDef::builtin().has_batches(revision))
    }

    /// What happens to a batch, and what is to be recorded of each of its members.
    pub(super) fn batch(&mut self, asked: &Asked, members: &[Value], origin: &str) -> (Answer, Vec<Seen>) {
        if let Some(why) = refusal(members) {
            return self.refused(asked, members, why);
        }
        let (answers, mut seen): (Vec<Answer>, Vec<Seen>) =
            members.iter().map(|member| self.member(asked, member, origin)).unzip();
        let (answer, of_all) = together(answers);
        let all = members.len();
        for (at, seen) in seen.iter_mut().enumerate() {
            seen.told.insert("batch".to_owned(), format!("{} of {all}", at + 1).into());
            match &answer.act {
                act if of_all => seen.answered = Answered::of(act),
                Act::Say { status, .. } => seen.answered.status = Some(*status),
                _ => {}
            }
        }
        (answer, seen)
    }

    fn member(&mut self, asked: &Asked, member: &Value, origin: &str) -> (Answer, Seen) {
        let message = Message::of(member);
        if message.rpc.is_some() || message.id.is_some() {
            return self.one(asked, member, origin);
        }
        let envelope = envelope(&Value::Null, Err((INVALID_REQUEST, "Invalid Request".to_owned())));
        let act = Act::Say { status: 200, headers: json(), body: Body::Text(envelope.to_string()) };
        let mut seen = self.sight(asked, &message);
        seen.answered = Answered::of(&act);
        (at_once(act), seen)
    }

    /// A batch that is none: no member of it is looked at.
    fn refused(&mut self, asked: &Asked, members: &[Value], why: &str) -> (Answer, Vec<Seen>) {
        let envelope = envelope(&Value::Null, Err((INVALID_REQUEST, format!("Invalid Request: {why}"))));
        let act = Act::Say { status: 400, headers: json(), body: Body::Text(envelope.to_string()) };
        let none = [Value::Null];
        let members = if members.is_empty() { &none[..] } else { members };
        let sight =
            |member: &Value| Seen { answered: Answered::of(&act), ..self.sight(asked, &Message::of(member)) };
        let seen = members.iter().map(sight).collect();
        (at_once(act), seen)
    }
}

fn at_once(act: Act) -> Answer {
    Answer { delay: Duration::ZERO, stdout: String::new(), stderr: String::new(), act }
}

fn json() -> BTreeMap<String, String> {
    BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())])
}

/// Why an array is no batch.
fn refusal(members: &[Value]) -> Option<&'static str> {
    let begins = |member: &Value| member.get("method").is_some_and(|m| m == "initialize");
    if members.is_empty() {
        Some("an empty batch")
    } else if members.iter().any(begins) {
        Some("initialize is no part of a batch")
    } else {
        None
    }
}

/// One answer out of those to the members, and whether it is the first of them that concerns all.
fn together(answers: Vec<Answer>) -> (Answer, bool) {
    let (mut delay, mut stdout, mut stderr) = (Duration::ZERO, String::new(), String::new());
    let (mut headers, mut messages, mut streams) = (BTreeMap::new(), Vec::new(), false);
    for answer in answers {
        delay = delay.max(answer.delay);
        stdout += &answer.stdout;
        stderr += &answer.stderr;
        let Some(part) = part(&answer.act) else {
            return (Answer { delay, stdout, stderr, act: answer.act }, true);
        };
        headers.extend(part.headers);
        messages.extend(part.messages);
        streams |= part.streams;
    }
    let (status, body) = if messages.is_empty() {
        (202, Body::Empty)
    } else if streams {
        (200, Body::Stream(Stream { messages, end_after: Some(Duration::ZERO), ..Stream::default() }))
    } else {
        (200, Body::Text(Value::Array(messages).to_string()))
    };
    (Answer { delay, stdout, stderr, act: Act::Say { status, headers, body } }, false)
}

/// What is a part of the answer to a batch: a message, a stream that ends with its messages, or that there is none.
fn part(act: &Act) -> Option<Part> {
    let Act::Say { status, headers, body } = act else { return None };
    let (messages, streams) = match (status, body) {
        (202, Body::Empty) => (vec![], false),
        (200, Body::Text(text)) => {
            let message: Option<Value> = serde_json::from_str(text).ok();
            (vec![message.filter(Value::is_object)?], false)
        }
        (200, Body::Stream(stream)) if stream.end_after == Some(Duration::ZERO) => {
            (stream.messages.clone(), true)
        }
        _ => return None,
    };
    Some(Part { headers: headers.clone(), messages, streams })
}
