//! Whom to trust over HTTPS, and what to say where a connection fails: the same for all that connects.
//!
//! Trusted is whom this machine trusts (or the file that `SSL_CERT_FILE` names), for a company's gateway is known to that
//! and to no list that is built in. The library's errors may name the request, which may hold secrets: these words do not.

use std::sync::Arc;

use ureq::Error;
use ureq::tls::{Certificate, RootCerts};

/// This machine's own store, and what is trusted `besides`. A bare container has no store: there the list that is built
/// in serves.
pub fn roots(besides: Vec<Certificate<'static>>) -> RootCerts {
    let own = rustls_native_certs::load_native_certs().certs;
    let own = own.iter().map(|der| Certificate::from_der(der).to_owned());
    let all: Vec<Certificate<'static>> = own.chain(besides).collect();
    if all.is_empty() { RootCerts::WebPki } else { RootCerts::Specific(Arc::new(all)) }
}

/// Why there is no answer, a lower-case fragment.
pub fn said(error: &Error) -> String {
    match error {
        Error::Http(_) | Error::BadUri(_) => "the request cannot be written".to_owned(),
        Error::StatusCode(404) => "there is nothing there (HTTP 404)".to_owned(),
        Error::StatusCode(status) => format!("the server answers HTTP {status}"),
        Error::RequireHttpsOnly(_) => "it leads to where it would be fetched in the clear".to_owned(),
        Error::HostNotFound => "there is no such host".to_owned(),
        Error::ConnectionFailed => "nobody answers there".to_owned(),
        Error::Timeout(_) => "it took too long".to_owned(),
        Error::TooManyRedirects => "it leads on and on".to_owned(),
        Error::BodyExceedsLimit(most) => format!("the answer is longer than {most} bytes"),
        Error::Tls(what) => format!("no safe connection: {what}"),
        Error::Io(e) => e.to_string(),
        _ => "the connection broke, or it is no answer of HTTP".to_owned(),
    }
}
