//! Serves scripted servers and the stub of the model's API over HTTP, on loopback alone.
//!
//! Comes in: a scenario and a [`Record`]. Goes out: a [`Gateway`], which ends with its value. A server is at
//! `/mcp/NAME`, the model at `/v1/`; a path that is nobody's is answered 404, and recorded. A server that is spoken to over
//! TLS has a port of its own. Everything that the script wants is done to the connection itself: it is kept waiting,
//! dropped, or cut in the middle of an answer.

mod proxy;
mod sse;
mod tls;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::{Bytes, Incoming};
use hyper::rt::{Read, Write};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

use super::model::{Model, Reply};
use super::record::{Record, Seen};
use super::script::{Act, Asked, Body, Script};
use crate::pattern::{Place, ScenarioDef, ServerDef, Transport};

/// Where the authority's certificate is, for clients that are to trust it.
const AUTHORITY: &str = "/authority.pem";

/// No request of a client is longer.
const MAX_BODY: usize = 16 << 20;

/// What a handler gives: an answer, or a connection to be dropped.
type Handled = Result<Response<BoxBody<Bytes, Dropped>>, Dropped>;

/// Ends a connection in the middle.
#[derive(Debug)]
struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the scenario drops this connection")
    }
}

impl std::error::Error for Dropped {}

impl From<Infallible> for Dropped {
    fn from(_: Infallible) -> Self {
        Self
    }
}

/// Where a gateway listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Listen {
    /// The port; 0: any that is free.
    pub port: u16,
}

/// Servers that listen until this value is dropped.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    proxy: Option<SocketAddr>,
    /// The origins of the servers that are spoken to over TLS.
    secure: BTreeMap<String, String>,
    record: Record,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Gateway {
    /// Begins to serve the servers of a scenario that are spoken to over HTTP, and the model.
    pub fn start(scenario: &ScenarioDef, listen: Listen, record: Record) -> io::Result<Self> {
        let (listener, address) = bound(listen.port)?;
        let proxy = scenario.proxy.as_ref().map(|_| bound(0)).transpose()?;
        let proxy_address = proxy.as_ref().map(|(_, address)| *address);
        let (house, doors) = House::new(scenario, address, record.clone())?;
        let secure = house.secure();
        let house = Arc::new(house);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            runtime.block_on(async {
                let through = proxy.map(|(listener, _)| accept(listener, Arc::clone(&house), Way::Proxy));
                through.map(tokio::spawn);
                for tls::Door { server, listener } in doors {
                    tokio::spawn(accept(listener, Arc::clone(&house), Way::Tls(server)));
                }
                tokio::spawn(accept(listener, house, Way::Direct));
                let _ = stopped.await;
            });
            // Whoever is still being kept waiting is not waited for.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("gateway".to_owned()).spawn(serve)?;
        Ok(Self { address, proxy: proxy_address, secure, record, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the scenario's proxy is, if it has one.
    pub fn proxy(&self) -> Option<String> {
        self.proxy.map(|address| format!("http://{address}"))
    }

    /// Where the certificate is of the authority that vouches for servers that are spoken to over TLS, if there are any.
    pub fn authority(&self) -> Option<String> {
        (!self.secure.is_empty()).then(|| format!("{}{AUTHORITY}", self.origin()))
    }

    /// Where a server is.
    pub fn url(&self, server: &str) -> String {
        let origin = self.secure.get(server).cloned().unwrap_or_else(|| self.origin());
        format!("{origin}/mcp/{server}")
    }

    /// What was seen so far.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Waits until the process is ended from outside.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// How a request comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Straight.
    Direct,
    /// At the port of the proxy.
    Proxy,
    /// In a tunnel that the proxy opened.
    Tunnel,
    /// At the port of a server that is spoken to over TLS: its place in the house.
    Tls(usize),
}

/// A port of loopback, and its address.
fn bound(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// A server in the house.
struct Resident {
    transport: Transport,
    script: Mutex<Script>,
    /// Its origin: that of the house, unless it has a port of its own.
    origin: String,
    secure: bool,
}

impl Resident {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything behind one port, behind the proxy, and behind the ports of servers that have their own.
struct House {
    origin: String,
    servers: Vec<Resident>,
    authority: Option<tls::Authority>,
    streams: sse::Streams,
    model: Model,
    record: Record,
}

impl House {
    fn new(
        scenario: &ScenarioDef,
        address: SocketAddr,
        record: Record,
    ) -> io::Result<(Self, Vec<tls::Door>)> {
        let here = |s: &&ServerDef| s.place == Place::Here && s.transport != Transport::Stdio;
        let (mut servers, mut doors) = (Vec::new(), Vec::new());
        for (at, server) in scenario.servers.iter().filter(here).enumerate() {
            let mut origin = format!("http://{address}");
            if server.tls.is_some() {
                let (listener, address) = bound(0)?;
                origin = format!("https://{address}");
                doors.push(tls::Door { server: at, listener });
            }
            let script = Mutex::new(Script::new(server).behind(scenario.proxy.as_ref()));
            servers.push(Resident {
                transport: server.transport,
                script,
                origin,
                secure: server.tls.is_some(),
            });
        }
        let authority = if doors.is_empty() { None } else { Some(tls::Authority::new()?) };
        let (origin, streams, model) =
            (format!("http://{address}"), sse::Streams::default(), Model::new(scenario));
        Ok((Self { origin, servers, authority, streams, model, record }, doors))
    }

    /// The origins of the servers that are spoken to over TLS.
    fn secure(&self) -> BTreeMap<String, String> {
        let secure = self.servers.iter().enumerate().filter(|(_, s)| s.secure);
        secure.map(|(at, s)| (self.name(at), s.origin.clone())).collect()
    }

    /// What the server at that place is called.
    fn name(&self, at: usize) -> String {
        self.servers.get(at).map(|s| s.script().name().to_owned()).unwrap_or_default()
    }

    /// The server that a path belongs to, among those at the port where it was asked for.
    fn server(&self, path: &str, way: Way) -> Option<&Resident> {
        let name = path.strip_prefix("/mcp/").map(|p| p.split('/').next().unwrap_or_default());
        let is_there = |at: usize, s: &Resident| match way {
            Way::Tls(door) => at == door,
            Way::Direct | Way::Proxy | Way::Tunnel => !s.secure,
        };
        let mut there = self.servers.iter().enumerate().filter(|(at, s)| is_there(*at, s)).map(|(_, s)| s);
        match name {
            Some(name) => there.find(|s| s.script().name() == name),
            None => there.find(|s| s.script().claims(path)),
        }
    }

    /// What is at a path that belongs to no server: the model, or the authority's certificate.
    fn elsewhere(&self, asked: &Asked) -> Option<Reply> {
        let authority = self.authority.as_ref().filter(|_| asked.path == AUTHORITY);
        let pem = |a: &tls::Authority| Reply {
            content: "application/x-pem-file",
            body: a.pem().to_owned(),
            delay: Duration::ZERO,
        };
        authority.map(pem).or_else(|| {
            self.model.answer(&asked.path, &asked.body).filter(|_| asked.path.starts_with("/v1/"))
        })
    }

    async fn handle(self: Arc<Self>, request: Request<Incoming>, way: Way) -> Handled {
        if way == Way::Proxy && !proxy::is_ours(&request, &self.origin) {
            return proxy::refuse();
        }
        if way == Way::Proxy && request.method() == Method::CONNECT {
            return proxy::tunnel(self, request);
        }
        let (asked, query) = read(request, matches!(way, Way::Proxy | Way::Tunnel)).await?;
        if let Some(server) = self.server(&asked.path, way) {
            let (answer, seen) = server.script().answer(&asked, &server.origin);
            seen.into_iter().for_each(|seen| self.record.add(seen));
            tokio::time::sleep(answer.delay).await;
            if server.transport == Transport::Sse {
                return self.streams.carry(&asked, &query, answer.act).await;
            }
            return perform(answer.act).await;
        }
        let reply = self.elsewhere(&asked);
        let server = asked.path.starts_with("/v1/").then_some("model");
        self.record.add(Seen::elsewhere(server, &asked, if reply.is_some() { 200 } else { 404 }));
        match reply {
            Some(reply) => {
                tokio::time::sleep(reply.delay).await;
                let headers = BTreeMap::from([("content-type".to_owned(), reply.content.to_owned())]);
                respond(200, &headers, whole(reply.body))
            }
            None => respond(404, &BTreeMap::new(), whole(String::new())),
        }
    }
}

async fn accept(listener: TcpListener, house: Arc<House>, way: Way) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        let Ok((connection, _)) = listener.accept().await else {
            // Out of file descriptors, say: the next try may go well.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let house = Arc::clone(&house);
        match way {
            Way::Tls(server) => drop(tokio::spawn(tls::welcome(connection, house, server))),
            _ => drop(tokio::spawn(serve(TokioIo::new(connection), house, way))),
        }
    }
}

/// Answers what comes over a connection, until it ends. Gives whether anything was asked.
async fn serve<C: Read + Write + Unpin + Send + 'static>(connection: C, house: Arc<House>, way: Way) -> bool {
    let asked = AtomicBool::new(false);
    let service = service_fn(|request| {
        asked.store(true, Ordering::Relaxed);
        Arc::clone(&house).handle(request, way)
    });
    // An error here is a connection that broke, from this side or from the other.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(connection, service)
        .with_upgrades()
        .await;
    asked.load(Ordering::Relaxed)
}

/// A request, whole, and what follows the `?`.
async fn read(request: Request<Incoming>, proxied: bool) -> Result<(Asked, String), Dropped> {
    let (head, body) = request.into_parts();
    let limited = http_body_util::Limited::new(body, MAX_BODY);
    let body = limited.collect().await.map_err(|_| Dropped)?.to_bytes().to_vec();
    let text = |v: &hyper::header::HeaderValue| String::from_utf8_lossy(v.as_bytes()).into_owned();
    let headers: BTreeMap<String, String> =
        head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let asked = Asked {
        http: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        session: headers.get("mcp-session-id").cloned(),
        headers,
        proxied,
        body,
    };
    Ok((asked, head.uri.query().unwrap_or_default().to_owned()))
}

/// Does what the script says to the connection.
async fn perform(act: Act) -> Handled {
    match act {
        Act::Hang => std::future::pending().await,
        Act::Drop | Act::Exit(_) => Err(Dropped),
        Act::Say { status, headers, body } => match body {
            Body::Empty => respond(status, &headers, whole(String::new())),
            Body::Text(text) => respond(status, &headers, whole(text)),
            Body::Cut(text) => respond(status, &headers, cut(&text)),
            Body::Stream(stream) => respond(status, &headers, sse::open(stream)),
        },
    }
}

fn respond(status: u16, headers: &BTreeMap<String, String>, body: BoxBody<Bytes, Dropped>) -> Handled {
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap_or_default());
    for (name, value) in headers {
        response = response.header(name.as_str(), value.as_str());
    }
    // A header that a scenario misspells is as bad as no answer.
    response.body(body).map_err(|_| Dropped)
}

fn whole(text: String) -> BoxBody<Bytes, Dropped> {
    http_body_util::Full::new(Bytes::from(text)).map_err(Dropped::from).boxed()
}

/// Half of a text, and then the end of the connection.
fn cut(text: &str) -> BoxBody<Bytes, Dropped> {
    let half = Bytes::copy_from_slice(&text.as_bytes()[..text.len() / 2]);
    let (mut sender, body) = http_body_util::channel::Channel::<Bytes, Dropped>::new(2);
    tokio::spawn(async move {
        let _ = sender.send_data(half).await;
        // What was sent leaves before the connection ends.
        tokio::time::sleep(Duration::from_millis(20)).await;
        sender.abort(Dropped);
    });
    body.boxed()
}
