//! Servers over TLS: who does not trust the authority hangs up and is recorded, who does gets a healthy server.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lastgood::gateway::{Gateway, Seen};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::{call, raw, start, status};

fn address(url: &str) -> String {
    url.split('/').nth(2).unwrap().to_owned()
}

/// The authority's certificate, as a client is given it.
fn authority(gateway: &Gateway) -> CertificateDer<'static> {
    let url = gateway.authority().unwrap();
    let answer = raw(&address(&url), "GET", "/authority.pem", None, "");
    assert_eq!(status(&answer), "200", "{answer}");
    CertificateDer::from_pem_slice(answer.split("\r\n\r\n").nth(1).unwrap().as_bytes()).unwrap()
}

/// A connection that trusts these authorities and stands, or the reason why it does not.
fn connect(
    gateway: &Gateway,
    trusted: Vec<CertificateDer<'static>>,
) -> Result<StreamOwned<ClientConnection, TcpStream>, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted);
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = TcpStream::connect(address(&gateway.url("my-http-mcp"))).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut stream = StreamOwned::new(client, socket);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).map_err(|e| e.to_string())?;
    }
    Ok(stream)
}

fn post(gateway: &Gateway, trusted: &CertificateDer<'static>, session: &str, body: &str) -> String {
    let mut stream = connect(gateway, vec![trusted.clone()]).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST /mcp/my-http-mcp HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{session}\r\n{body}"
    )
    .unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

/// The connections over which nothing was asked, as soon as there are so many: the server learns of an end in its own time.
pub(super) fn unasked(gateway: &Gateway, wanted: usize) -> Vec<Seen> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let seen = gateway.record().seen().into_iter().filter(|s| s.answered.how == "unasked");
        let seen: Vec<Seen> = seen.collect();
        if seen.len() >= wanted || Instant::now() > until {
            return seen;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_client_that_does_not_know_the_authority_gets_no_server_and_the_record_says_how_it_hung_up() {
    let gateway = start("tls-unknown-authority");
    assert!(gateway.url("my-http-mcp").starts_with("https://127.0.0.1:"));
    let why = connect(&gateway, vec![]).err().unwrap();
    assert!(why.contains("UnknownIssuer"), "{why}");
    let seen = unasked(&gateway, 1);
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0].server.as_deref(), Some("my-http-mcp"));
    assert_eq!(seen[0].in_short(), "TLS handshake broken → unasked: UnknownCA (48)");
    assert_eq!(gateway.record().seen().len(), 1, "nothing was asked");
}

#[test]
fn a_client_that_trusts_the_authority_gets_the_healthy_server() {
    let gateway = start("tls-unknown-authority");
    let authority = authority(&gateway);
    let begun = post(&gateway, &authority, "", &call("initialize"));
    let id =
        begun.lines().find_map(|l| l.strip_prefix("mcp-session-id: ")).unwrap_or_else(|| panic!("{begun}"));
    let session = format!("mcp-session-id: {}\r\n", id.trim());
    assert!(post(&gateway, &authority, &session, &call("tools/list")).contains("inputSchema"));
    assert!(post(&gateway, &authority, &session, &call("tools/call")).contains("DEMO-1"));
    assert!(gateway.record().seen().iter().any(Seen::is_good_call));
    assert!(gateway.record().seen().iter().all(|s| s.answered.how == "answer"));
}

#[test]
fn a_client_that_looks_at_the_certificate_only_afterwards_is_recorded_too() {
    let gateway = start("tls-unknown-authority");
    let trusted = authority(&gateway);
    drop(connect(&gateway, vec![trusted]).unwrap());
    let seen = unasked(&gateway, 1);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].in_short(), "TLS handshake whole → unasked");
}

#[test]
fn nobody_gets_to_it_in_the_clear_and_each_gateway_has_an_authority_of_its_own() {
    let (gateway, other) = (start("tls-unknown-authority"), start("tls-unknown-authority"));
    assert_eq!(raw(&address(&gateway.origin()), "POST", "/mcp/my-http-mcp", None, &call("initialize")), {
        let nobody = raw(&address(&gateway.origin()), "POST", "/mcp/nobody", None, "{}");
        assert_eq!(status(&nobody), "404");
        nobody
    });
    let in_the_clear = TcpStream::connect(address(&gateway.url("my-http-mcp"))).unwrap();
    write!(&in_the_clear, "GET / HTTP/1.1\r\n\r\n").unwrap();
    let seen = unasked(&gateway, 1);
    assert!(seen[0].in_short().starts_with("TLS handshake broken → unasked: "), "{}", seen[0].in_short());
    assert!(seen[0].told.contains_key("why"));
    assert!(connect(&gateway, vec![authority(&other)]).is_err());
    assert!(start("stream").authority().is_none());
}
