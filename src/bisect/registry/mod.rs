//! Fetches versions of the client from an npm registry, and keeps them.
//!
//! Comes in: a version, how it is packed ([`crate::pattern::ClientDef`]) and npm's settings. Goes out: a [`Client`] on
//! this disk, ready to run. The SHA-512 that the registry promises is checked before anything is unpacked, and only
//! what runs is unpacked. It refuses to show a credential, to follow a link, and to fetch while offline.

mod address;
mod cache;
mod http;
mod integrity;
mod npmrc;
mod packument;
mod supply;
mod unpack;

use std::fs::File;
use std::io::{Read, Seek};
use std::thread::sleep;
use std::time::Duration;

pub use address::Address;
pub use cache::{Cache, Kept};
pub use npmrc::Npmrc;
pub use packument::{Dist, Packument};
pub use supply::{Client, Origin, Planned, Supply, Told};

use crate::error::{Error, ErrorKind, Result};
use http::{Answer, Http};
use integrity::CopyError;

/// The list of versions of a package that npm itself asks for.
const SHORT: &str = "application/vnd.npm.install-v1+json, application/json;q=0.8";

/// The same list with the day of each version, and much else.
const LONG: &str = "application/json";

/// No list of versions is longer.
const MAX_LIST: u64 = 64 << 20;

/// No package is longer: today's have 75 MB.
const MAX_PACKAGE: u64 = 1 << 30;

/// How long to wait before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];

/// An npm registry.
pub struct Registry {
    settings: Npmrc,
    http: Http,
}

/// Why a request failed: whether another try could help, whether there is no such thing, and a lower-case fragment.
struct Failure {
    passing: bool,
    absent: bool,
    why: String,
}

impl Registry {
    /// The registry that npm's settings name.
    pub fn new(settings: Npmrc) -> Result<Self> {
        let http = Http::new(settings.trust()).map_err(|why| {
            Error::new(ErrorKind::Fetch, "the registry", why, "use what is cached (`--offline`)")
        })?;
        Ok(Self { settings, http })
    }

    /// Where a package is asked for, and which setting says so.
    pub fn place(&self, package: &str) -> Result<(Address, &str)> {
        self.settings.registry(package).map_err(|origin| {
            let cause = "the registry that is set there is no http or https address";
            Error::new(ErrorKind::Fetch, origin, cause, "set `registry=https://…`")
        })
    }

    /// The versions of a package.
    pub fn packument(&self, package: &str) -> Result<Packument> {
        self.list(package, SHORT)
    }

    /// The same with the days of their release.
    pub fn packument_with_days(&self, package: &str) -> Result<Packument> {
        self.list(package, LONG)
    }

    fn list(&self, package: &str, form: &str) -> Result<Packument> {
        let (registry, _) = self.place(package)?;
        let address = registry.join(&package.replace('/', "%2f"));
        let mut text = Vec::new();
        patiently(|| {
            text.clear();
            let answer = self.answer(&address, form, false)?;
            let mut body = answer.body.take(MAX_LIST);
            body.read_to_end(&mut text).map_err(|e| passing(format!("the list of versions breaks off ({e})")))
        })
        .map_err(|f| error(package, &registry, &f.why, &missing_package(&registry)))?;
        Packument::parse(&text).map_err(|why| {
            let why = format!("the answer is no list of versions ({why})");
            error(package, &registry, &why, "check that `registry` names an npm registry")
        })
    }

    /// How long the file of a version is, where the registry says so.
    pub fn length(&self, package: &str, dist: &Dist) -> Option<u64> {
        let address = self.tarball(package, dist).ok()?;
        self.answer(&address, "*/*", true).ok()?.length
    }

    /// Fetches the file of a version to a temporary one in `to`, and checks it. `told` hears of bytes that came, and of
    /// bytes to come.
    pub fn tarball_into(
        &self,
        package: &str,
        dist: &Dist,
        to: &std::path::Path,
        told: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<File> {
        let address = self.tarball(package, dist)?;
        let subject = format!("{package} {}", dist.version);
        let full = |e: std::io::Error| {
            let remedy = "free some space, or name another folder with LASTGOOD_CACHE";
            Error::new(ErrorKind::Fetch, to.display().to_string(), e.to_string(), remedy)
        };
        let mut file = tempfile::tempfile_in(to).map_err(full)?;
        let mut on_disk = Ok(());
        let copied = patiently(|| {
            file.rewind().and_then(|()| file.set_len(0)).map_err(|e| lasting(e.to_string()))?;
            let mut answer = self.answer(&address, "application/octet-stream, */*;q=0.5", false)?;
            let length = answer.length;
            match integrity::copy(&mut answer.body, &mut file, MAX_PACKAGE, &mut |n| told(n, length)) {
                Ok(Some((bytes, digest))) if length.is_none_or(|l| l == bytes) => Ok(digest),
                Ok(Some((bytes, _))) => Err(passing(format!("the file breaks off after {bytes} bytes"))),
                Ok(None) => Err(lasting("the file is larger than any client".to_owned())),
                Err(CopyError::From(e)) => Err(passing(format!("the file breaks off ({e})"))),
                Err(CopyError::To(e)) => {
                    on_disk = Err(e);
                    Err(lasting(String::new()))
                }
            }
        });
        on_disk.map_err(full)?;
        let digest = copied.map_err(|f| match f {
            Failure { absent: true, why, .. } => {
                let why = format!("{}: {why}", address.host());
                Error::new(ErrorKind::Absent, &subject, why, "take another version")
            }
            Failure { why, .. } => error(&subject, &address, &why, "try again later"),
        })?;
        if !dist.integrity.admits(&digest) {
            let why = "the file is not the one that was published: its SHA-512 differs".to_owned();
            let remedy = "nothing was unpacked; fetch it again, or from another registry";
            return Err(error(&subject, &address, &why, remedy));
        }
        file.rewind().map_err(full)?;
        Ok(file)
    }

    /// Where the file is. A list that a mirror hands on may name the public registry: the file is asked of the mirror.
    fn tarball(&self, package: &str, dist: &Dist) -> Result<Address> {
        let (registry, _) = self.place(package)?;
        Ok(if Npmrc::is_public(&dist.tarball) {
            dist.tarball.moved_to(&registry)
        } else {
            dist.tarball.clone()
        })
    }

    fn answer(&self, address: &Address, accept: &str, head: bool) -> std::result::Result<Answer, Failure> {
        let secret = self.settings.authorization(address);
        let answer = self.http.ask(address, accept, secret.as_ref(), head).map_err(passing)?;
        match answer.status {
            200 => Ok(answer),
            401 | 403 => Err(lasting(format!("it does not let us in ({})", answer.status))),
            404 | 410 => {
                Err(Failure { absent: true, ..lasting(format!("it does not have that ({})", answer.status)) })
            }
            429 | 500..=599 => Err(passing(format!("it answers {}", answer.status))),
            other => Err(lasting(format!("it answers {other}"))),
        }
    }
}

/// Tries again what may pass.
fn patiently<T>(
    mut attempt: impl FnMut() -> std::result::Result<T, Failure>,
) -> std::result::Result<T, Failure> {
    for pause in PAUSES {
        match attempt() {
            Ok(done) => return Ok(done),
            Err(failure) if !failure.passing => return Err(failure),
            Err(_) => sleep(pause),
        }
    }
    attempt()
}

fn passing(why: String) -> Failure {
    Failure { passing: true, absent: false, why }
}

fn lasting(why: String) -> Failure {
    Failure { passing: false, absent: false, why }
}

fn error(subject: &str, place: &Address, why: &str, remedy: &str) -> Error {
    Error::new(ErrorKind::Fetch, subject, format!("{}: {why}", place.host()), remedy)
}

fn missing_package(registry: &Address) -> String {
    format!(
        "check `registry` and its token in .npmrc (asked: {registry}), or use what is cached (`--offline`)"
    )
}
