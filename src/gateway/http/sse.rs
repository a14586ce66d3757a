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
    let (to, more) = mpsc::channel(WAITING);
    // A comment: the client sees the head of the answer before there is a message.
    let opened = if stream.messages.is_empty() { ": ok\n\n" } else { "" };
    start(stream, opened, to, more)
}

/// Starts to send. The body alone keeps the source alive: with the body, when the client has gone, all of it ends.
fn start(
    stream: Stream,
    opened: &'static str,
    to: mpsc::Sender<String>,
    more: mpsc::Receiver<String>,
) -> BoxBody<Bytes, Dropped> {
    let (sender, body) = Channel::<Bytes, Dropped>::new(WAITING);
    tokio::spawn(run(stream, opened, sender, more));
    body.map_frame(move |frame| {
        let _alive = &to;
        frame
    })
    .boxed()
}

async fn run(
    stream: Stream,
    opened: &'static str,
    mut sender: Sender<Bytes, Dropped>,
    more: mpsc::Receiver<String>,
) {
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

/// Hands on what comes, until nobody listens any more.
async fn forward(sender: &mut Sender<Bytes, Dropped>, mut more: mpsc::Receiver<String>) {
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
    open: Mutex<BTreeMap<String, mpsc::WeakSender<String>>>,
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
                open.retain(|_, to| to.strong_count() > 0);
                open.insert(session, to.downgrade());
                drop(open);
                respond(status, &headers, start(stream, "", to, from))
            }
            Act::Say { status: 200, body: Body::Text(text), .. } if asked.http == "POST" => {
                let session = query.split('&').find_map(|p| p.strip_prefix("session=")).unwrap_or_default();
                let to = self
                    .open
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get(session)
                    .and_then(mpsc::WeakSender::upgrade);
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::runtime::Builder;
    use tokio::sync::mpsc;
    use tokio::time::timeout;

    use super::{Stream, WAITING, start};

    #[test]
    fn a_stream_ends_with_the_client_that_went_away() {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (to, more) = mpsc::channel(WAITING);
            let weak = to.downgrade();
            let body = start(Stream::default(), ": ok\n\n", to, more);
            let watch = weak.upgrade().unwrap();
            drop(watch);
            assert_eq!(weak.strong_count(), 1, "the body keeps it");
            drop(body);
            assert_eq!(weak.strong_count(), 0);
            let all_ended = async {
                while tokio::runtime::Handle::current().metrics().num_alive_tasks() > 0 {
                    tokio::task::yield_now().await;
                }
            };
            timeout(Duration::from_secs(5), all_ended).await.expect("its task ends, too");
        });
    }
}
