//! Gets a pack over HTTPS. Without the feature `net` it refuses, and no network code is built in.
//!
//! Comes in: an `https://` URL and how much may come. Goes out: the bytes; the error is a lower-case fragment. Redirects
//! are followed as long as they stay on HTTPS. Trusted is whom this machine trusts, or the file that `SSL_CERT_FILE` names.

/// The bytes at `url`.
#[cfg(feature = "net")]
pub(super) fn get(url: &str, most: u64) -> Result<Vec<u8>, String> {
    use std::io::Read;

    let response = connected::agent().get(url).call().map_err(|e| connected::said(&e))?;
    let mut bytes = Vec::new();
    let body = response.into_body().into_reader();
    body.take(most + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > most {
        return Err(super::fetch::too_large(most));
    }
    Ok(bytes)
}

/// Cannot be had, for there is no client.
#[cfg(not(feature = "net"))]
pub(super) fn get(_url: &str, _most: u64) -> Result<Vec<u8>, String> {
    Err("this lastgood was built without network code (feature `net`)".to_owned())
}

#[cfg(feature = "net")]
mod connected {
    use std::sync::Arc;
    use std::time::Duration;

    use ureq::Agent;
    use ureq::tls::{Certificate, RootCerts, TlsConfig};

    /// How long all of it may take: a pack is small.
    const WHOLE: Duration = Duration::from_secs(60);

    /// A client that speaks HTTPS alone.
    pub(super) fn agent() -> Agent {
        let own = rustls_native_certs::load_native_certs().certs;
        let all: Vec<_> = own.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        // A bare container has no store: there the list that is built in serves.
        let roots = if all.is_empty() { RootCerts::WebPki } else { RootCerts::Specific(Arc::new(all)) };
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .https_only(true)
            .timeout_global(Some(WHOLE))
            .user_agent(concat!("lastgood/", env!("CARGO_PKG_VERSION")))
            .build();
        config.into()
    }

    /// The library's words may name a request; these do not.
    pub(super) fn said(error: &ureq::Error) -> String {
        match error {
            ureq::Error::StatusCode(404) => "there is nothing there (HTTP 404)".to_owned(),
            ureq::Error::StatusCode(status) => format!("the server answers HTTP {status}"),
            ureq::Error::RequireHttpsOnly(_) => {
                "it leads to where it would be fetched in the clear".to_owned()
            }
            ureq::Error::HostNotFound => "there is no such host".to_owned(),
            ureq::Error::ConnectionFailed => "nobody answers there".to_owned(),
            ureq::Error::Timeout(_) => "it took too long".to_owned(),
            ureq::Error::Io(e) => e.to_string(),
            ureq::Error::Tls(what) => format!("no safe connection: {what}"),
            other => other.to_string(),
        }
    }
}
