//! A registry's list of versions.
//!
//! Comes in: the bytes of its answer. Goes out: per version the file and its digest. A version without a SHA-512, or with
//! an address that is none, is left out and remembered as unusable.

use std::collections::BTreeMap;

use semver::Version;
use serde::Deserialize;

use super::address::Address;
use super::integrity::Integrity;

/// Where the file of a version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dist {
    /// The version.
    pub version: Version,
    /// Where.
    pub tarball: Address,
    /// What it must be.
    pub integrity: Integrity,
}

/// The versions of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packument {
    dists: BTreeMap<Version, Option<Dist>>,
    days: BTreeMap<Version, String>,
}

#[derive(Deserialize)]
struct Wire {
    versions: BTreeMap<String, WireVersion>,
    /// Only the long form of the answer has it.
    #[serde(default)]
    time: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct WireVersion {
    dist: WireDist,
}

#[derive(Deserialize)]
struct WireDist {
    tarball: String,
    #[serde(default)]
    integrity: String,
}

impl Packument {
    /// Reads an answer.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let wire: Wire =
            serde_json::from_slice(text).map_err(|e| format!("line {}: {}", e.line(), class(&e)))?;
        let dists = wire.versions.into_iter().filter_map(|(version, of)| {
            let version = Version::parse(&version).ok()?;
            let dist = Address::parse(&of.dist.tarball).zip(Integrity::parse(&of.dist.integrity));
            let dist = dist.map(|(tarball, integrity)| Dist { version: version.clone(), tarball, integrity });
            Some((version, dist))
        });
        let days = wire.time.iter().filter_map(|(version, moment)| {
            let day = moment.get(..10).filter(|d| d.bytes().all(|b| b.is_ascii_digit() || b == b'-'))?;
            Some((Version::parse(version).ok()?, day.to_owned()))
        });
        Ok(Self { days: days.collect(), dists: dists.collect() })
    }

    /// The versions, oldest first.
    pub fn versions(&self) -> impl Iterator<Item = &Version> {
        self.dists.keys()
    }

    /// The versions with the day of their release, where the answer tells it.
    pub fn days(&self) -> BTreeMap<Version, Option<String>> {
        self.dists.keys().map(|v| (v.clone(), self.days.get(v).cloned())).collect()
    }

    /// Where a version is: `None` where it was not published, `Some(None)` where it cannot be checked.
    pub fn dist(&self, version: &Version) -> Option<Option<&Dist>> {
        self.dists.get(version).map(Option::as_ref)
    }
}

/// The library's message may quote the answer, which is somebody else's text.
fn class(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Eof => "it breaks off",
        serde_json::error::Category::Data => "it is JSON of another kind",
        _ => "it is no JSON",
    }
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::Packument;

    #[test]
    fn a_version_that_cannot_be_checked_is_told_from_one_that_is_not_there() {
        let digest = "A".repeat(86) + "==";
        let text = format!(
            r#"{{"name":"p","versions":{{
                "1.0.0":{{"dist":{{"tarball":"https://h/p-1.tgz","integrity":"sha512-{digest}"}}}},
                "1.0.1":{{"dist":{{"tarball":"https://h/p-2.tgz","shasum":"00"}}}},
                "1.0.2":{{"dist":{{"tarball":"file:///etc/passwd","integrity":"sha512-{digest}"}}}},
                "no version":{{"dist":{{"tarball":""}}}}}}}}"#
        );
        let list = Packument::parse(text.as_bytes()).unwrap();
        let of = |patch| list.dist(&Version::new(1, 0, patch)).map(|d| d.map(|d| d.tarball.to_string()));
        assert_eq!(of(0), Some(Some("https://h/p-1.tgz".to_owned())));
        assert_eq!((of(1), of(2), of(3)), (Some(None), Some(None), None));
        assert_eq!(list.versions().count(), 3);
    }

    #[test]
    fn garbage_is_told_without_quoting_it() {
        for text in ["<html>secret</html>", "{\"versions\":", "[]", "{\"versions\":[\"secret\"]}", ""] {
            let why = Packument::parse(text.as_bytes()).unwrap_err();
            assert!(!why.contains("secret"), "{why}");
        }
    }
}
