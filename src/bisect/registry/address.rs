//! Addresses of a registry, taken apart without a library.
//!
//! Comes in: text of a settings file or of a registry's answer. Goes out: an [`Address`] of `http` or `https`, or nothing.
//! A name and password inside an address are kept apart, so that what is shown never holds them.

use std::fmt;

/// A place on the web.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    https: bool,
    user: Option<String>,
    host: String,
    path: String,
}

impl Address {
    /// Takes an address apart; `None` where it is none, or none of the web.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let https = text.starts_with("https://");
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        if rest.bytes().any(|b| b <= b' ' || b == 0x7f || b == b'\\') {
            return None;
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let (place, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (user, host) = match place.rsplit_once('@') {
            Some((user, host)) => (Some(user.to_owned()), host),
            None => (None, place),
        };
        let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
        if host.is_empty() || !host.bytes().all(named) {
            return None;
        }
        Some(Self { https, user, host: host.to_ascii_lowercase(), path: path.to_owned() })
    }

    /// The same place with `below` behind its path.
    #[must_use]
    pub fn join(&self, below: &str) -> Self {
        let path = format!("{}/{}", self.path.trim_end_matches('/'), below.trim_start_matches('/'));
        Self { path, ..self.clone() }
    }

    /// This path on the host of `other`: a mirror of a registry keeps the paths of what it mirrors.
    #[must_use]
    pub fn moved_to(&self, other: &Self) -> Self {
        let path = format!("{}/{}", other.path.trim_end_matches('/'), self.path.trim_start_matches('/'));
        Self { path, ..other.clone() }
    }

    /// Host and port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path, without query.
    pub fn path(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// `NAME:PASSWORD`, where the address itself holds them.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }
}

/// Without name and password, and without a query, which may hold a token, too.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", if self.https { "https" } else { "http" }, self.host, self.path())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Address {
    /// What is asked for over the wire: with the query, without name and password.
    pub fn wire(&self) -> String {
        format!("{}://{}{}", if self.https { "https" } else { "http" }, self.host, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn name_password_and_query_are_never_shown() {
        let a = Address::parse("https://me:pass@Registry.example:8443/npm/?token=abc#x").unwrap();
        assert_eq!(a.to_string(), "https://registry.example:8443/npm/");
        assert_eq!(format!("{a:?}"), "https://registry.example:8443/npm/");
        assert_eq!((a.host(), a.path(), a.user()), ("registry.example:8443", "/npm/", Some("me:pass")));
        assert_eq!(a.wire(), "https://registry.example:8443/npm/?token=abc");
    }

    #[test]
    fn what_is_no_address_of_the_web_is_refused() {
        for text in [
            "",
            "ftp://x/",
            "https://",
            "https:///path",
            "file:///etc/passwd",
            "https://a b/",
            "https://a\\b/",
            "x",
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn paths_are_joined_with_one_slash() {
        let registry = Address::parse("https://mirror.example/npm/").unwrap();
        assert_eq!(registry.join("@a%2fb").to_string(), "https://mirror.example/npm/@a%2fb");
        let tarball = Address::parse("https://registry.npmjs.org/@a/b/-/b-1.0.0.tgz").unwrap();
        assert_eq!(tarball.moved_to(&registry).to_string(), "https://mirror.example/npm/@a/b/-/b-1.0.0.tgz");
    }
}
