//! Servers that are spoken to over TLS, with a certificate of an authority that nobody knows.
//!
//! Comes in: connections at a server's own port. Goes out: what `http` serves, inside of TLS. A connection over which
//! nothing is asked is recorded, with what is seen of its end: a client that does not trust the certificate shows in
//! nothing else. The authority and the certificate are made anew for each gateway, and their keys are never written.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Map, Value};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::super::record::Seen;
use super::{House, Way, serve};

/// What an authority is called in its certificate.
const NAME: &str = "lastgood gateway, an authority that nobody knows";

/// An authority, and a certificate of it for loopback.
pub(super) struct Authority {
    pem: String,
    acceptor: TlsAcceptor,
}

impl Authority {
    /// A new one.
    pub(super) fn new() -> io::Result<Self> {
        let (pem, chain, key) = issue().map_err(io::Error::other)?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(io::Error::other)?;
        Ok(Self { pem, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// Its certificate, for clients that are to trust it.
    pub(super) fn pem(&self) -> &str {
        &self.pem
    }
}

/// The certificate of an authority as text, the chain that a server shows, and the server's key.
type Issued = (String, Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn issue() -> Result<Issued, rcgen::Error> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, NAME);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let mut server = CertificateParams::new([Ipv4Addr::LOCALHOST.to_string(), "localhost".to_owned()])?;
    server.distinguished_name.push(DnType::CommonName, "localhost");
    let certificate = server.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Ok((authority.pem(), vec![certificate.der().clone(), authority.der().clone()], key))
}

/// The port of one server.
pub(super) struct Door {
    /// The server's place in the house.
    pub(super) server: usize,
    /// What listens there.
    pub(super) listener: TcpListener,
}

/// Answers what comes over a connection to the server at that place, inside of TLS.
pub(super) async fn welcome(connection: TcpStream, house: Arc<House>, server: usize) {
    let Some(authority) = &house.authority else { return };
    let told = match authority.acceptor.accept(connection).await {
        Ok(stands) => {
            if serve(TokioIo::new(stands), Arc::clone(&house), Way::Tls(server)).await {
                return;
            }
            Map::from_iter([("handshake".to_owned(), Value::from("whole"))])
        }
        Err(error) => broken(&error),
    };
    house.record.add(Seen::unasked(&house.name(server), told));
}

/// What is seen of the end of a handshake.
fn broken(error: &io::Error) -> Map<String, Value> {
    let cause = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
    let (key, value) = match cause {
        Some(rustls::Error::AlertReceived(alert)) => ("alert", format!("{alert:?} ({})", u8::from(*alert))),
        _ => ("why", error.to_string()),
    };
    Map::from_iter([("handshake".to_owned(), Value::from("broken")), (key.to_owned(), Value::from(value))])
}
