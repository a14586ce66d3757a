//! Packs from elsewhere: over HTTPS from a server on loopback, and signed with a key that a pack pins.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use flate2::{Compression, write::GzEncoder};
use minisign::KeyPair;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use tempfile::TempDir;

use crate::program::Ran;

/// A server of files over HTTPS, with a certificate that only who holds `certificate.pem` trusts.
struct Server {
    folder: TempDir,
    address: SocketAddr,
}

impl Server {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        fs::write(folder.path().join("certificate.pem"), made.cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (config, root) = (Arc::new(config), folder.path().to_owned());
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
                // A client that does not trust the certificate hangs up: that is its right.
                let _ = answer(StreamOwned::new(tls, socket), &root);
            }
        });
        Self { folder, address }
    }

    fn url(&self, name: &str) -> String {
        format!("https://{}/{name}", self.address)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Answers one request: the file of that name, or where a redirect leads, or nothing.
fn answer(mut stream: impl Read + Write, root: &std::path::Path) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut chunk = [0; 1024];
    while !request.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut chunk)? {
            0 => return Ok(()),
            n => request.extend_from_slice(&chunk[..n]),
        }
    }
    let request = String::from_utf8_lossy(&request);
    let name = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let (head, body) = if name == "in-the-clear" {
        ("302 Found\r\nlocation: http://127.0.0.1:9/ours.tar.gz".to_owned(), Vec::new())
    } else if let Ok(body) = fs::read(root.join(name)) {
        ("200 OK".to_owned(), body)
    } else {
        ("404 Not Found".to_owned(), Vec::new())
    };
    write!(stream, "HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len())?;
    stream.write_all(&body)?;
    stream.flush()
}

/// Runs the program as a user whose data folder is on the server's disk; trusts the server if told to.
fn run(server: &Server, trusting: bool, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lastgood"));
    command.args(arguments).env_clear().env("LC_ALL", "C.UTF-8").env("LASTGOOD_HOME", server.path("home"));
    if trusting {
        command.env("SSL_CERT_FILE", server.path("certificate.pem"));
    }
    let out = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { status: out.status.code().unwrap(), out: text(out.stdout), err: text(out.stderr) }
}

/// An archive of a pack with that version, and that key pinned.
fn archive(version: &str, key: Option<&str>) -> Vec<u8> {
    let mut pack = json!({ "schema": 1, "id": "ours", "version": version, "engine": ">=0.1.0", "license": "MIT",
                           "maintainers": ["us"] });
    if let Some(key) = key {
        pack["key"] = json!(key);
    }
    let line = "2026-11-23T00:00:00.000Z [DEBUG] MCP server \"s\": Zork begins";
    let event = json!({ "id": "zork.begin", "phase": "session", "class": "lifecycle", "says": "it begins",
                        "wordings": [{ "text": "Zork begins", "seen": [], "samples": [line] }] });
    let events = json!({ "schema": 1, "family": "zork", "events": [event] });
    let signature = json!({
        "schema": 1, "title": format!("Zork begins, as {version} has it"), "rev": 1, "kind": "server-fault", "status": "test",
        "severity": "warning", "applies_to": {}, "created": "2026-11-23", "modified": "2026-11-23",
        "authors": ["us"], "references": [], "falsepositives": [],
        "match": { "key": ["server"], "steps": [{ "as": "begin", "event": "zork.begin" }] },
        "says": { "summary": "{server}: zork began", "expected": "it does not", "advice": ["mend"] },
        "tests": [{ "name": "it begins", "expect": "match", "log": [line] }]
    });
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, value) in
        [("pack.json", &pack), ("events/zork.json", &events), ("signatures/zork.json", &signature)]
    {
        let text = value.to_string();
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, format!("ours/{name}"), text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

fn sign(bytes: &[u8], with: &KeyPair) -> String {
    minisign::sign(None, &with.sk, Cursor::new(bytes), None, None).unwrap().to_string()
}

#[test]
fn a_pack_comes_over_https_from_who_is_trusted_and_is_renewed_from_there() {
    let server = Server::new();
    fs::write(server.path("ours.tar.gz"), archive("1.0.0", None)).unwrap();
    let url = server.url("ours.tar.gz");
    let ran = run(&server, false, &["patterns", "add", &url]);
    assert!(ran.status == 2 && ran.err.contains("certificate"), "{}", ran.err);
    let ran = run(&server, true, &["patterns", "add", &url]);
    assert!(ran.status == 0 && ran.out.contains("ours 1.0.0 is in use"), "{}{}", ran.out, ran.err);

    assert!(run(&server, true, &["patterns", "update"]).out.contains("ours is up to date"));
    fs::write(server.path("ours.tar.gz"), archive("1.1.0", None)).unwrap();
    let ran = run(&server, true, &["patterns", "update"]);
    assert!(ran.status == 0 && ran.out.contains("ours 1.1.0 is in use"), "{}{}", ran.out, ran.err);
    let ran = run(&server, true, &["patterns", "update", "ours", "--rollback"]);
    assert!(ran.out.contains("1.0.0"), "{}", ran.out);
}

#[test]
fn nothing_comes_from_where_it_is_not_safe_or_not_there() {
    let server = Server::new();
    fs::write(server.path("large.tar.gz"), vec![0; (8 << 20) + 1]).unwrap();
    for (place, cause) in [
        (server.url("none.tar.gz"), "HTTP 404"),
        (server.url("in-the-clear"), "in the clear"),
        (server.url("large.tar.gz"), "larger than 8 MiB"),
        (server.url("certificate.pem"), "no whole .tar.gz"),
        (server.url("x").replace("https", "http"), "packs are taken from"),
        (server.url("x").replace("https://", "https://me:secret@"), "name or password"),
    ] {
        let ran = run(&server, true, &["patterns", "add", &place]);
        assert!(
            ran.status == 2 && ran.err.contains(cause) && !ran.err.contains("secret"),
            "{place}: {}",
            ran.err
        );
    }
    assert!(!server.path("home/packs/ours").exists());
}

#[test]
fn a_pack_that_pins_a_key_is_taken_only_with_a_signature_of_that_key() {
    let server = Server::new();
    let (ours, other) =
        (KeyPair::generate_unencrypted_keypair().unwrap(), KeyPair::generate_unencrypted_keypair().unwrap());
    let (key, stolen) = (ours.pk.to_base64(), other.pk.to_base64());
    let add = |bytes: &[u8], signature: Option<String>| {
        fs::write(server.path("ours.tar.gz"), bytes).unwrap();
        let beside = server.path("ours.tar.gz.minisig");
        let _ = fs::remove_file(&beside);
        if let Some(signature) = signature {
            fs::write(beside, signature).unwrap();
        }
        run(&server, true, &["patterns", "add", &server.url("ours.tar.gz")])
    };
    let first = archive("1.0.0", Some(&key));
    assert!(add(&first, None).err.contains("its signature cannot be had"));
    assert!(add(&first, Some(sign(&first, &other))).err.contains("another key"));
    let ran = add(&first, Some(sign(&first, &ours)));
    assert_eq!(ran.status, 0, "{}", ran.err);

    let second = archive("1.1.0", Some(&key));
    assert!(add(&second, Some(sign(&first, &ours))).err.contains("changed after it was signed"));
    // Neither another key in it nor none at all lets a pack slip past the one that is pinned.
    for slipped in [archive("1.1.0", Some(&stolen)), archive("1.1.0", None)] {
        let ran = add(&slipped, Some(sign(&slipped, &other)));
        assert!(ran.status == 2 && ran.err.contains("another key"), "{}", ran.err);
    }
    let ran = add(&second, Some(sign(&second, &ours)));
    assert!(ran.status == 0 && ran.out.contains("ours 1.1.0 is in use"), "{}", ran.err);

    let folder = server.path("unpacked");
    tar::Archive::new(flate2::read::GzDecoder::new(&second[..])).unpack(&folder).unwrap();
    let ran = run(&server, true, &["patterns", "add", folder.join("ours").to_str().unwrap()]);
    assert!(ran.err.contains("a folder bears no signature"), "{}", ran.err);
}

#[cfg(feature = "gateway")]
#[test]
fn a_server_is_checked_over_https_if_this_machine_trusts_it_and_the_users_header_is_told_to_nobody() {
    let server = Server::new();
    let url = server.url("none");
    let arguments = ["check-server", "--url", &url, "--header", "Authorization: Bearer s3cr3t"];
    for (trusting, cause) in [(false, "certificate"), (true, "404")] {
        let ran = run(&server, trusting, &arguments);
        assert!(ran.status == 2 && ran.err.contains(cause), "{}", ran.err);
        assert_eq!(
            (ran.err.contains("certificate"), ran.err.contains("s3cr3t")),
            (!trusting, false),
            "{}",
            ran.err
        );
    }
}
