//! Where the registry is and who we are to it, as npm's own settings say.
//!
//! Comes in: the texts of `.npmrc` files and the environment. Goes out: [`Npmrc`]: the registry's [`Address`] and, for an
//! address, the [`Secret`] that belongs to it and to no other. A secret has no way to be shown.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::address::Address;
use super::http::Trust;

/// The registry of those who have set none.
const PUBLIC: &str = "https://registry.npmjs.org/";

/// The value of an `Authorization` header. It can be sent, not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// For the wire alone.
    #[cfg_attr(not(feature = "net"), expect(dead_code, reason = "nothing is sent"))]
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A value and the place that set it.
#[derive(Clone)]
struct Setting {
    value: String,
    origin: String,
}

/// npm's settings, as far as they say where to fetch from.
#[derive(Clone, Default)]
pub struct Npmrc {
    settings: BTreeMap<String, Setting>,
    besides: Option<String>,
}

impl Npmrc {
    /// Lays a settings file over what is known; `origin` names it where its registry is shown.
    pub fn add_file(&mut self, origin: &str, text: &str, environment: &BTreeMap<String, String>) {
        for line in text.lines().map(str::trim).filter(|l| !l.starts_with([';', '#', '['])) {
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = expand(unquoted(value.trim()), environment);
            self.set(key.trim(), value, origin);
        }
    }

    /// Lays `npm_config_*` variables over what is known, and what Node is told to trust.
    pub fn add_environment(&mut self, environment: &BTreeMap<String, String>) {
        self.besides = environment.get("NODE_EXTRA_CA_CERTS").filter(|v| !v.is_empty()).cloned();
        for (name, value) in environment.iter().filter(|(_, value)| !value.is_empty()) {
            let Some(head) = name.get(..11).filter(|h| h.eq_ignore_ascii_case("npm_config_")) else {
                continue;
            };
            let key = &name[head.len()..];
            let key = if key.starts_with("//") { key.to_owned() } else { key.to_ascii_lowercase() };
            self.set(&key, value.clone(), name.split_once("//").map_or(name, |(head, _)| head));
        }
    }

    fn set(&mut self, key: &str, value: String, origin: &str) {
        self.settings.insert(key.to_owned(), Setting { value, origin: origin.to_owned() });
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.settings.get(key).map(|s| s.value.as_str()).filter(|v| !v.is_empty())
    }

    /// The registry of a package, and who set it; `Err` with who set it, where that is no address.
    pub fn registry(&self, package: &str) -> Result<(Address, &str), &str> {
        let scope = package.split_once('/').map(|(scope, _)| format!("{scope}:registry"));
        let set = scope.and_then(|key| self.settings.get(&key)).or_else(|| self.settings.get("registry"));
        match set.filter(|s| !s.value.is_empty()) {
            Some(set) => Address::parse(&set.value).map(|a| (a, set.origin.as_str())).ok_or(&set.origin),
            None => Address::parse(PUBLIC).map(|a| (a, "npm's default")).ok_or("npm's default"),
        }
    }

    /// The public registry, which a mirror stands in for.
    pub(super) fn is_public(address: &Address) -> bool {
        Address::parse(PUBLIC).is_some_and(|public| public.host() == address.host())
    }

    /// The certificates to trust: `cafile` instead of the usual ones, and `NODE_EXTRA_CA_CERTS` besides them.
    pub(super) fn trust(&self) -> Trust<'_> {
        Trust { alone: self.get("cafile"), besides: self.besides.as_deref() }
    }

    /// What to say to `address` of who we are: what is set for the longest beginning of its path, or what it holds itself.
    pub fn authorization(&self, address: &Address) -> Option<Secret> {
        let mut place = format!("//{}{}", address.host(), address.path());
        while place.len() > 2 {
            if let Some(secret) = self.secret_of(&place) {
                return Some(secret);
            }
            place = shortened(&place);
        }
        address.user().map(|user| Secret(format!("Basic {}", STANDARD.encode(percent_decoded(user)))))
    }

    fn secret_of(&self, place: &str) -> Option<Secret> {
        let of = |key: &str| self.get(&format!("{place}:{key}"));
        let bearer = of("_authToken").map(|token| format!("Bearer {token}"));
        let basic = || of("_auth").map(|pair| format!("Basic {pair}"));
        let named = || {
            let password = STANDARD.decode(of("_password")?).ok()?;
            let pair = [of("username")?.as_bytes(), b":", &password].concat();
            Some(format!("Basic {}", STANDARD.encode(pair)))
        };
        bearer.or_else(basic).or_else(named).map(Secret)
    }
}

/// Without its last segment, or its last slash: the way npm looks for who one is.
fn shortened(place: &str) -> String {
    match place.strip_suffix('/') {
        Some(without) => without.to_owned(),
        None => place[..=place.rfind('/').unwrap_or(1)].to_owned(),
    }
}

fn unquoted(value: &str) -> &str {
    let inner = |q: char| value.strip_prefix(q).and_then(|v| v.strip_suffix(q));
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

/// `${NAME}` is filled in from the environment, and stays where there is no such variable.
fn expand(value: &str, environment: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else { break };
        out.push_str(before);
        let bare = name.trim_end_matches('?');
        match environment.get(bare) {
            Some(value) => out.push_str(value),
            None if bare.len() < name.len() => {}
            None => out.extend(["${", name, "}"]),
        }
        rest = tail;
    }
    out + rest
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.as_bytes();
    while let [first, rest @ ..] = bytes {
        let hex = rest
            .get(..2)
            .and_then(|h| std::str::from_utf8(h).ok())
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        if let Some(byte) = hex.filter(|_| *first == b'%') {
            out.push(byte);
            bytes = rest.get(2..).unwrap_or_default();
        } else {
            out.push(*first);
            bytes = rest;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Address, Npmrc};

    const PACKAGE: &str = "@anthropic-ai/claude-code";

    fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn of(text: &str, pairs: &[(&str, &str)]) -> Npmrc {
        let mut npmrc = Npmrc::default();
        npmrc.add_file(".npmrc", text, &environment(pairs));
        npmrc.add_environment(&environment(pairs));
        npmrc
    }

    fn said(npmrc: &Npmrc, address: &str) -> Option<String> {
        npmrc.authorization(&Address::parse(address).unwrap()).map(|s| s.reveal().to_owned())
    }

    #[test]
    fn the_environment_goes_before_the_file_and_the_scope_before_all() {
        let registry = |n: &Npmrc| n.registry(PACKAGE).map(|(a, o)| (a.to_string(), o.to_owned())).unwrap();
        assert_eq!(registry(&of("", &[])).0, "https://registry.npmjs.org/");
        let file = "; mine\nregistry = \"https://file.example/\"\n";
        assert_eq!(registry(&of(file, &[])), ("https://file.example/".to_owned(), ".npmrc".to_owned()));
        let named = [("NPM_CONFIG_REGISTRY", "https://env.example/")];
        assert_eq!(registry(&of(file, &named)).0, "https://env.example/");
        let scoped = format!("{file}@anthropic-ai:registry=https://scope.example/\n");
        assert_eq!(registry(&of(&scoped, &named)).0, "https://scope.example/");
        assert_eq!(of("registry=not an address", &[]).registry(PACKAGE), Err(".npmrc"));
    }

    #[test]
    fn a_token_goes_to_the_place_it_is_set_for_and_nowhere_else() {
        let npmrc = of("//host.example/npm/:_authToken=${TOKEN}\n", &[("TOKEN", "t0ken")]);
        let bearer = Some("Bearer t0ken".to_owned());
        assert_eq!(said(&npmrc, "https://host.example/npm/@a%2fb"), bearer);
        assert_eq!(said(&npmrc, "https://host.example/npm/@a/b/-/b-1.tgz"), bearer);
        for other in
            ["https://host.example/other/", "https://host.example:81/npm/x", "https://evil.example/npm/"]
        {
            assert_eq!(said(&npmrc, other), None, "{other}");
        }
        assert_eq!(said(&npmrc, "https://host.example.evil.example/npm/"), None);
    }

    #[test]
    fn a_token_may_come_from_the_environment() {
        let npmrc = of("", &[("npm_config_//127.0.0.1:4873/:_authToken", "x")]);
        assert_eq!(said(&npmrc, "http://127.0.0.1:4873/@a%2fb"), Some("Bearer x".to_owned()));
    }

    #[test]
    fn name_and_password_are_sent_as_basic() {
        let pair = of("//h/:username=me\n//h/:_password=cGFzcw==\n", &[]);
        assert_eq!(said(&pair, "https://h/x"), Some("Basic bWU6cGFzcw==".to_owned()));
        assert_eq!(said(&of("", &[]), "https://me:p%61ss@h/x"), Some("Basic bWU6cGFzcw==".to_owned()));
        assert_eq!(
            said(&of("//h/:_auth=bWU6cGFzcw==", &[]), "https://h/x"),
            Some("Basic bWU6cGFzcw==".to_owned())
        );
    }

    #[test]
    fn a_secret_cannot_be_shown() {
        let npmrc = of("//h/:_authToken=t0ken", &[]);
        let secret = npmrc.authorization(&Address::parse("https://h/").unwrap());
        assert_eq!(format!("{secret:?}"), "Some(Secret(…))");
    }

    #[test]
    fn a_variable_that_is_not_set_stays_as_it_stands() {
        let npmrc = of("//h/:_authToken=${NO_SUCH}", &[]);
        assert_eq!(said(&npmrc, "https://h/"), Some("Bearer ${NO_SUCH}".to_owned()));
    }
}
