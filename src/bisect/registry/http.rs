//! The one place that opens a connection.
//!
//! Comes in: an [`Address`] and the [`Secret`] that belongs to it. Goes out: the answer's status, length and body. Nothing
//! of what it says when it fails holds a secret. Without the feature `net` it refuses, and no network code is built in.

use std::io::Read;

use super::address::Address;
use super::npmrc::Secret;

/// An answer.
pub(super) struct Answer {
    /// The status of HTTP.
    pub(super) status: u16,
    /// How long the body is said to be.
    pub(super) length: Option<u64>,
    /// The body.
    pub(super) body: Box<dyn Read>,
}

/// Asks over HTTP.
pub(super) struct Http {
    #[cfg(feature = "net")]
    agent: ureq::Agent,
}

#[cfg(feature = "net")]
mod connected {
    use std::sync::Arc;
    use std::time::Duration;

    use ureq::Agent;
    use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

    use super::{Address, Answer, Http, Secret};

    /// How long to wait for a connection.
    const CONNECT: Duration = Duration::from_secs(15);
    /// How long to wait for the head of an answer.
    const ANSWER: Duration = Duration::from_secs(60);
    /// How long a body may take: 75 MB over a slow line.
    const BODY: Duration = Duration::from_secs(30 * 60);

    impl Http {
        /// A client that trusts the usual certificates, or those of `cafile` instead.
        pub(in super::super) fn new(cafile: Option<&str>) -> Result<Self, String> {
            let mut tls = TlsConfig::builder();
            if let Some(path) = cafile {
                let text = std::fs::read(path).map_err(|e| format!("cafile {path}: {e}"))?;
                let items = parse_pem(&text).filter_map(Result::ok);
                let certificates: Vec<_> = items
                    .filter_map(|i| if let PemItem::Certificate(c) = i { Some(c) } else { None })
                    .collect();
                tls = tls.root_certs(RootCerts::Specific(Arc::new(certificates)));
            }
            let config = Agent::config_builder()
                .tls_config(tls.build())
                .http_status_as_error(false)
                .timeout_connect(Some(CONNECT))
                .timeout_recv_response(Some(ANSWER))
                .timeout_recv_body(Some(BODY))
                .user_agent(concat!("lastgood/", env!("CARGO_PKG_VERSION")))
                .build();
            Ok(Self { agent: config.into() })
        }

        /// Asks for the body at `address`, or for its head alone.
        pub(in super::super) fn ask(
            &self,
            address: &Address,
            accept: &str,
            secret: Option<&Secret>,
            head: bool,
        ) -> Result<Answer, String> {
            let wire = address.wire();
            let request = if head { self.agent.head(&wire) } else { self.agent.get(&wire) };
            let request = request.header("accept", accept);
            // A redirect to another host does not take it along: that is the client's default.
            let request = match secret {
                Some(secret) => request.header("authorization", secret.reveal()),
                None => request,
            };
            let response = request.call().map_err(|e| said(&e))?;
            let status = response.status().as_u16();
            let body = response.into_body();
            let length = body.content_length();
            Ok(Answer { status, length, body: Box::new(body.into_reader()) })
        }
    }

    /// The library's errors may name the request; these words are our own where they could.
    fn said(error: &ureq::Error) -> String {
        match error {
            ureq::Error::Http(_) | ureq::Error::BadUri(_) => "the request cannot be written".to_owned(),
            ureq::Error::HostNotFound => "there is no such host".to_owned(),
            ureq::Error::ConnectionFailed => "nobody answers there".to_owned(),
            ureq::Error::Timeout(_) => "it took too long".to_owned(),
            ureq::Error::Io(e) => e.to_string(),
            ureq::Error::Tls(what) => format!("no safe connection: {what}"),
            other => other.to_string(),
        }
    }
}

#[cfg(not(feature = "net"))]
impl Http {
    /// A client that refuses.
    pub(super) fn new(_cafile: Option<&str>) -> Result<Self, String> {
        Err("this lastgood was built without network code (feature `net`)".to_owned())
    }

    /// Cannot be reached, for there is no such client.
    pub(super) fn ask(&self, _: &Address, _: &str, _: Option<&Secret>, _: bool) -> Result<Answer, String> {
        Err("this lastgood was built without network code (feature `net`)".to_owned())
    }
}
