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

/// Files of certificates.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Trust<'a> {
    /// To trust alone.
    #[cfg_attr(not(feature = "net"), expect(dead_code, reason = "nothing is connected to"))]
    pub(super) alone: Option<&'a str>,
    /// To trust besides the usual ones.
    #[cfg_attr(not(feature = "net"), expect(dead_code, reason = "nothing is connected to"))]
    pub(super) besides: Option<&'a str>,
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
    use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

    use super::{Address, Answer, Http, Secret, Trust};
    use crate::source;

    /// How long to wait for a connection.
    const CONNECT: Duration = Duration::from_secs(15);
    /// How long to wait for the head of an answer.
    const ANSWER: Duration = Duration::from_secs(60);
    /// How long a body may take: 75 MB over a slow line.
    const BODY: Duration = Duration::from_secs(30 * 60);

    impl Http {
        /// A client that trusts the certificates of `trust`.
        pub(in super::super) fn new(trust: Trust<'_>) -> Result<Self, String> {
            let tls = TlsConfig::builder().root_certs(roots(trust)?);
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
            let response = request.call().map_err(|e| source::trust::said(&e))?;
            let status = response.status().as_u16();
            // Of a head alone the body has no length, and the header has.
            let said = response.headers().get("content-length").and_then(|v| v.to_str().ok()?.parse().ok());
            let body = response.into_body();
            let length = if head { said } else { body.content_length() };
            Ok(Answer { status, length, body: Box::new(body.into_reader()) })
        }
    }

    /// Whom to trust: a file that npm is told to trust alone, else whom this machine trusts and what Node is told to trust
    /// besides.
    fn roots(trust: Trust<'_>) -> Result<RootCerts, String> {
        if let Some(path) = trust.alone {
            return Ok(RootCerts::Specific(Arc::new(certificates(path, "cafile")?)));
        }
        let besides = trust.besides.map(|path| certificates(path, "NODE_EXTRA_CA_CERTS")).transpose()?;
        Ok(source::trust::roots(besides.unwrap_or_default()))
    }

    fn certificates(path: &str, setting: &str) -> Result<Vec<Certificate<'static>>, String> {
        let text = std::fs::read(path).map_err(|e| format!("{setting} {path}: {e}"))?;
        let items = parse_pem(&text).filter_map(Result::ok);
        Ok(items.filter_map(|i| if let PemItem::Certificate(c) = i { Some(c) } else { None }).collect())
    }
}

#[cfg(not(feature = "net"))]
impl Http {
    /// A client that refuses.
    pub(super) fn new(_trust: Trust<'_>) -> Result<Self, String> {
        Err("this lastgood was built without network code (feature `net`)".to_owned())
    }

    /// Cannot be reached, for there is no such client.
    pub(super) fn ask(&self, _: &Address, _: &str, _: Option<&Secret>, _: bool) -> Result<Answer, String> {
        Err("this lastgood was built without network code (feature `net`)".to_owned())
    }
}
