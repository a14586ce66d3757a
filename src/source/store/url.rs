//! Gets a pack over HTTPS. Without the feature `net` it refuses, and no network code is built in.
//!
//! Comes in: an `https://` URL and how much may come. Goes out: the bytes; the error is a lower-case fragment. Redirects
//! are followed as long as they stay on HTTPS.

/// The bytes at `url`.
#[cfg(feature = "net")]
pub(super) fn get(url: &str, most: u64) -> Result<Vec<u8>, String> {
    use std::io::Read;

    let response = connected::agent().get(url).call().map_err(|e| crate::source::trust::said(&e))?;
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
    use std::time::Duration;

    use ureq::Agent;
    use ureq::tls::TlsConfig;

    use crate::source::trust;

    /// How long all of it may take: a pack is small.
    const WHOLE: Duration = Duration::from_secs(60);

    /// A client that speaks HTTPS alone.
    pub(super) fn agent() -> Agent {
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(trust::roots(Vec::new())).build())
            .https_only(true)
            .timeout_global(Some(WHOLE))
            .user_agent(concat!("lastgood/", env!("CARGO_PKG_VERSION")))
            .build();
        config.into()
    }
}
