//! Streams of events, and the transport of 2024-11-05 that answers over one.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use http_body_util::BodyExt;
use http_body_util::channel::{Channel, Sender};
use http_body_util::combinators::BoxBody;
use hyper::body::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use super::super::script::{Act, Asked, Body, Stream};
use super::super::session::new_id;
use super::{Dropped, Handled, perform, respond, whole};

/// How many messages may wait on a stream.
const WAITING: usize = 64;

/// Opens a stream that sends its messages and then does what it says.
pub(super) fn open(stream: Stream) -> BoxBody<Bytes, Dropped> {
    let (sender, body) = Channel::<Bytes, Dropped>::new(WAITING);
    tokio::spawn(run(stream, sender, None));
    body.boxed()
}

async fn run(stream: Stream, mut sender: Sender<Bytes, Dropped>, more: Option<mpsc::Receiver<String>>) {
    // A comment: the client sees the head of the answer before there is a message.
    let opened = if stream.messages.is_empty() && more.is_none() { ": ok\n\n" } else { "" };
    let messages = stream.messages.iter().map(event).collect::<String>();
    let _ = sender.send_data(Bytes::from(format!("{opened}{messages}"))).await;
    let forwarding = forward(&mut sender, more);
    match stream.drop_after.or(stream.end_after) {
        Some(after) => drop(tokio::time::timeout(after, forwarding).await),
        None => forwarding.await,
    }
    if stream.drop_after.is_some() {
        sender.abort(Dropped);
    }
}

/// Hands on what comes, until nobody listens any more; a stream without a source stays open.
async fn forward(sender: &mut Sender<Bytes, Dropped>, more: Option<mpsc::Receiver<String>>) {
    let Some(mut more) = more else { return std::future::pending().await };
    while let Some(text) = more.recv().await {
        if sender.send_data(Bytes::from(text)).await.is_err() {
            return;
        }
    }
}

fn event(message: &Value) -> String {
    format!("event: message\ndata: {message}\n\n")
}

/// The open streams of the older transport, by the session in their address.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: Mutex<BTreeMap<String, mpsc::Sender<String>>>,
}

impl Streams {
    /// Does what the script says, as the older transport has it: a GET opens the stream, a POST is answered there.
    pub(super) async fn carry(&self, asked: &Asked, query: &str, act: Act) -> Handled {
        match act {
            Act::Say { status, headers, body: Body::Stream(stream) } if asked.http == "GET" => {
                let session = new_id();
                let (to, from) = mpsc::channel(WAITING);
                let first = format!("event: endpoint\ndata: {}?session={session}\n\n", asked.path);
                let _ = to.try_send(first);
                let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
                open.retain(|_, to| !to.is_closed());
                open.insert(session, to);
                drop(open);
                let (sender, body) = Channel::<Bytes, Dropped>::new(WAITING);
                tokio::spawn(run(stream, sender, Some(from)));
                respond(status, &headers, body.boxed())
            }
            Act::Say { status: 200, body: Body::Text(text), .. } if asked.http == "POST" => {
                let session = query.split('&').find_map(|p| p.strip_prefix("session=")).unwrap_or_default();
                let to = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(session).cloned();
                let Some(to) = to else { return respond(404, &BTreeMap::new(), whole(String::new())) };
                // A stream that nobody reads keeps no other request waiting: it is given up.
                let sent = to.try_send(format!("event: message\ndata: {text}\n\n"));
                if sent.is_err() {
                    self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
                }
                let status = if sent.is_ok() { 202 } else { 404 };
                respond(status, &BTreeMap::new(), whole(String::new()))
            }
            other => perform(other).await,
        }
    }
}
