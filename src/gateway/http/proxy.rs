//! The proxy that a scenario puts between the client and its servers.
//!
//! It opens no connection to anywhere: what it is asked to pass on is served here, if it is for this gateway, and refused if
//! it is not. Clients speak to a proxy in two ways, with whole URLs and through tunnels, and it knows both.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::Request;
use hyper::body::Incoming;

use super::{Handled, House, Way, respond, serve, whole};

/// Whether a request is for this gateway.
pub(super) fn is_ours(request: &Request<Incoming>, origin: &str) -> bool {
    let wanted = request.uri().authority().map(hyper::http::uri::Authority::as_str);
    wanted.is_some() && wanted == origin.strip_prefix("http://")
}

/// Nothing is passed on to others: what runs here talks to loopback alone.
pub(super) fn refuse() -> Handled {
    respond(502, &BTreeMap::new(), whole(String::new()))
}

/// Opens a tunnel, whose other end is here.
pub(super) fn tunnel(house: Arc<House>, request: Request<Incoming>) -> Handled {
    tokio::spawn(async move {
        if let Ok(connection) = hyper::upgrade::on(request).await {
            serve(connection, house, Way::Tunnel).await;
        }
    });
    respond(200, &BTreeMap::new(), whole(String::new()))
}
