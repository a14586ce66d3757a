//! Where a version of the client comes from: installed, kept from before, or fetched.
//!
//! Comes in: a version. Goes out: a [`Client`] that can be run, or why there is none. What is on this disk is taken
//! before anything is fetched; while offline nothing is.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use semver::Version;

use super::cache::{Cache, Kept};
use super::packument::{Dist, Packument};
use super::unpack::{Refused, Taken, make_executable, unpack};
use super::{Address, Registry};
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::{ClientDef, Layout};

/// No client unpacks to more: today's have 240 MB.
const MAX_UNPACKED: u64 = 2 << 30;

/// Where a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An installer of the client left it on this disk.
    Installed,
    /// It was fetched before.
    Cached,
    /// It is to be fetched.
    Registry,
}

impl Origin {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Cached => "cache",
            Self::Registry => "registry",
        }
    }
}

/// What a version needs before it can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The version.
    pub version: Version,
    /// Where it is.
    pub origin: Origin,
    /// The package and the address that it would be fetched from.
    pub from: Option<(String, Address)>,
    /// How many bytes would be fetched, where the registry says so.
    pub bytes: Option<u64>,
}

/// Progress, as it comes.
#[derive(Debug, Clone, Copy)]
pub enum Told<'a> {
    /// Another process fetches the same.
    Waiting(&'a Version),
    /// Bytes that came, and that will have come.
    Bytes(&'a Version, u64, Option<u64>),
    /// It is whole, and being unpacked.
    Unpacking(&'a Version),
    /// It had to go to make room.
    Evicted(&'a Version),
}

/// A version of the client that can be run.
#[derive(Debug)]
pub struct Client<'d> {
    /// Its version.
    pub version: Version,
    /// The program, and the words that come before all arguments.
    pub command: Vec<OsString>,
    /// How it is run.
    pub layout: &'d Layout,
    kept: Option<Kept>,
}

impl Client<'_> {
    /// How much of the cache it takes; `None` where an installer left it.
    pub fn bytes(&self) -> Option<u64> {
        self.kept.as_ref().map(|k| k.bytes)
    }
}

/// Gets versions of the client.
pub struct Supply<'d> {
    def: &'d ClientDef,
    cache: Option<Cache>,
    registry: Option<Registry>,
    home: Option<PathBuf>,
    data: Option<PathBuf>,
    path: OsString,
    platform: Option<&'d str>,
    lists: Mutex<BTreeMap<String, Packument>>,
}

impl<'d> Supply<'d> {
    /// What is on this disk (`cache`, and below the home of `environment`), and what `registry` has, if there is one.
    pub fn new(
        def: &'d ClientDef,
        cache: Option<Cache>,
        registry: Option<Registry>,
        environment: &BTreeMap<String, String>,
    ) -> Self {
        let home = environment.get("HOME").or_else(|| environment.get("USERPROFILE")).map(PathBuf::from);
        let data = environment.get("XDG_DATA_HOME").filter(|v| !v.is_empty()).map(PathBuf::from);
        let path = environment.get("PATH").map(OsString::from).unwrap_or_default();
        let platform = def.platform(&system(), std::env::consts::ARCH);
        Self { def, cache, registry, home, data, path, platform, lists: Mutex::default() }
    }

    /// Where `version` would come from.
    pub fn origin(&self, version: &Version) -> Origin {
        if self.installed(version).is_some() {
            return Origin::Installed;
        }
        let layout = self.def.layout(version);
        let kind = layout.and_then(|l| self.kind(l).ok());
        let cached = kind.zip(self.cache.as_ref()).is_some_and(|(kind, cache)| cache.has(version, kind));
        if cached { Origin::Cached } else { Origin::Registry }
    }

    /// Whether two versions run on different runtimes: then more differs than the version.
    pub fn runtimes_differ(&self, a: &Version, b: &Version) -> bool {
        let runtime = |v| self.def.layout(v).map(|l| l.runtime.as_deref());
        runtime(a) != runtime(b)
    }

    /// The registry's host and the setting that names it; `None` while offline.
    pub fn host(&self) -> Option<Result<(String, String)>> {
        let place = self.registry.as_ref()?.place(&self.def.package);
        Some(place.map(|(address, origin)| (address.to_string(), origin.to_owned())))
    }

    /// The versions that the registry has today; `None` while offline.
    pub fn listed(&self) -> Option<Result<Vec<Version>>> {
        self.registry.as_ref()?;
        Some(self.list(&self.def.package).map(|list| list.versions().cloned().collect()))
    }

    /// The same with the day of each version.
    pub fn released(&self) -> Option<Result<BTreeMap<Version, Option<String>>>> {
        Some(self.registry.as_ref()?.packument_with_days(&self.def.package).map(|list| list.days()))
    }

    /// The versions that are on this disk, and where. One that is in both places is run from the installer's.
    pub fn held(&self) -> BTreeMap<Version, Origin> {
        let cached = self.cache.iter().flat_map(|c| c.versions().into_keys());
        let all: BTreeSet<Version> = cached.chain(self.left_by_an_installer()).collect();
        let with_origin = all.into_iter().map(|version| (self.origin(&version), version));
        with_origin
            .filter(|(o, _)| *o != Origin::Registry)
            .map(|(origin, version)| (version, origin))
            .collect()
    }

    /// What `get` would do. Sizes are asked of the registry.
    pub fn plan(&self, version: &Version) -> Result<Planned> {
        let origin = self.origin(version);
        let mut planned = Planned { version: version.clone(), origin, from: None, bytes: None };
        if origin == Origin::Registry {
            let registry = self.online(version)?;
            let (package, dist) = self.dist(version)?;
            planned.bytes = registry.length(&package, &dist);
            planned.from = Some((package.clone(), registry.tarball(&package, &dist)?));
        }
        Ok(planned)
    }

    /// Gets `version`: from this disk, or from the registry.
    pub fn get(&self, version: &Version, told: &(dyn Fn(Told<'_>) + Sync)) -> Result<Client<'d>> {
        let layout = self.layout(version)?;
        if let Some(program) = self.installed(version) {
            return Ok(Client {
                version: version.clone(),
                command: vec![program.into()],
                layout,
                kept: None,
            });
        }
        let kind = self.kind(layout)?;
        let found = self.cache.as_ref().and_then(|c| c.find(version, kind));
        let kept = match found {
            Some(kept) => kept,
            None => self.fetch(version, layout, kind, told)?,
        };
        let entry = kept.folder.join(filled(&layout.entry, self.platform));
        let command = match &layout.runtime {
            Some(runtime) => vec![self.on_path(runtime, version)?.into(), entry.into()],
            None => vec![entry.into()],
        };
        Ok(Client { version: version.clone(), command, layout, kept: Some(kept) })
    }

    fn fetch(
        &self,
        version: &Version,
        layout: &Layout,
        kind: &str,
        told: &(dyn Fn(Told<'_>) + Sync),
    ) -> Result<Kept> {
        let registry = self.online(version)?;
        let cache = self.cache.as_ref().ok_or_else(|| {
            let cause = "there is no folder to keep it in";
            Error::new(ErrorKind::Fetch, version.to_string(), cause, "set HOME, or LASTGOOD_CACHE")
        })?;
        let (package, dist) = self.dist(version)?;
        let mut make = |part: &Path| -> Result<Vec<Taken>> {
            let above = part.parent().unwrap_or(part);
            let mut bytes = |n, of| told(Told::Bytes(version, n, of));
            let file = registry.tarball_into(&package, &dist, above, &mut bytes)?;
            told(Told::Unpacking(version));
            self.take(file, part, layout).map_err(|refused| match refused {
                Refused::Package(why) => {
                    let remedy = "nothing of it is kept; tell whoever runs the registry";
                    Error::new(ErrorKind::Fetch, format!("{package} {version}"), why, remedy)
                }
                Refused::Disk(why) => {
                    let remedy = "free some space, or name another folder with LASTGOOD_CACHE";
                    Error::new(ErrorKind::Fetch, above.display().to_string(), why, remedy)
                }
            })
        };
        let (kept, gone) = cache.keep(version, kind, &|| told(Told::Waiting(version)), &mut make)?;
        for version in &gone {
            told(Told::Evicted(version));
        }
        Ok(kept)
    }

    fn take(
        &self,
        file: std::fs::File,
        into: &Path,
        layout: &Layout,
    ) -> std::result::Result<Vec<Taken>, Refused> {
        let taken =
            unpack(file, into, MAX_UNPACKED, &|path| layout.takes(path, std::env::consts::EXE_SUFFIX))?;
        let entry = filled(&layout.entry, self.platform);
        if taken.iter().all(|t| t.path != entry || t.bytes == 0) {
            return Err(Refused::Package(format!("it does not hold {entry}")));
        }
        if layout.runtime.is_none() {
            // Not every packer keeps the mode.
            let opened = std::fs::File::open(into.join(&entry));
            let done = opened.and_then(|file| make_executable(&file));
            done.map_err(|e| Refused::Disk(e.to_string()))?;
        }
        Ok(taken)
    }

    fn layout(&self, version: &Version) -> Result<&'d Layout> {
        self.def.layout(version).ok_or_else(|| {
            let cause = "how this version is packed is not known";
            Error::new(ErrorKind::Fetch, version.to_string(), cause, "name a version of the client")
        })
    }

    /// What a layout runs on: a runtime, or this platform.
    fn kind<'l>(&self, layout: &'l Layout) -> Result<&'l str>
    where
        'd: 'l,
    {
        match (&layout.runtime, self.platform) {
            (Some(runtime), _) => Ok(runtime),
            (None, Some(platform)) => Ok(platform),
            (None, None) => {
                let subject = format!("{} on {}", system(), std::env::consts::ARCH);
                let cause = "the client is not published for this platform";
                Err(Error::new(ErrorKind::Fetch, subject, cause, "run this on another machine"))
            }
        }
    }

    fn online(&self, version: &Version) -> Result<&Registry> {
        self.registry.as_ref().ok_or_else(|| {
            let cause = "it is neither cached nor installed, and `--offline` forbids to fetch it";
            Error::new(
                ErrorKind::Fetch,
                version.to_string(),
                cause,
                "leave `--offline` out, or name a cached version",
            )
        })
    }

    fn list(&self, package: &str) -> Result<Packument> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lists.get(package) {
            return Ok(known.clone());
        }
        let Some(registry) = &self.registry else { return Ok(Packument::default()) };
        let list = registry.packument(package)?;
        lists.insert(package.to_owned(), list.clone());
        Ok(list)
    }

    fn dist(&self, version: &Version) -> Result<(String, Dist)> {
        let package = filled(&self.layout(version)?.package, self.platform);
        let list = self.list(&package)?;
        let subject = format!("{package} {version}");
        match list.dist(version) {
            Some(Some(dist)) => Ok((package, dist.clone())),
            Some(None) => {
                let cause = "the registry promises no SHA-512 for it, so it cannot be checked";
                Err(Error::new(ErrorKind::Absent, subject, cause, "fetch it from another registry"))
            }
            None => {
                let (below, above) = list.versions().fold((None, None), |(below, above), v| {
                    if v < version { (Some(v), above) } else { (below, above.or(Some(v))) }
                });
                let near: Vec<String> =
                    [below, above].into_iter().flatten().map(ToString::to_string).collect();
                let remedy = if near.is_empty() {
                    "check the registry".to_owned()
                } else {
                    format!("take {}", near.join(" or "))
                };
                Err(Error::new(
                    ErrorKind::Absent,
                    subject,
                    "there is no such version in the registry",
                    remedy,
                ))
            }
        }
    }

    /// What an installer left.
    fn installed(&self, version: &Version) -> Option<PathBuf> {
        let layout = self.def.layout(version).filter(|l| l.runtime.is_none())?;
        let entry = filled(&layout.entry, self.platform);
        self.def.installed.iter().find_map(|place| {
            let place = self.below_home(&place.replace("{version}", &version.to_string()))?;
            [place.join(&entry), place]
                .into_iter()
                .find(|p| p.metadata().is_ok_and(|m| m.is_file() && m.len() > 0))
        })
    }

    /// The versions whose names are where an installer leaves them.
    fn left_by_an_installer(&self) -> Vec<Version> {
        let folders = self.def.installed.iter().filter_map(|place| place.split_once("{version}"));
        let folders = folders.filter_map(|(folder, _)| self.below_home(folder));
        let entries = folders.filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
        entries.filter_map(|e| Version::parse(e.file_name().to_str()?).ok()).collect()
    }

    /// A place of the user's, which may have moved his folder for data.
    fn below_home(&self, place: &str) -> Option<PathBuf> {
        let moved = place.strip_prefix(".local/share/").zip(self.data.as_ref());
        moved.map(|(below, data)| data.join(below)).or(Some(self.home.as_ref()?.join(place)))
    }

    fn on_path(&self, program: &str, version: &Version) -> Result<PathBuf> {
        let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
        let found = std::env::split_paths(&self.path).map(|p| p.join(&name)).find(|p| p.is_file());
        found.ok_or_else(|| {
            let cause = format!("{version} needs {program}, which is not on PATH");
            Error::new(
                ErrorKind::Run,
                program,
                cause,
                format!("install {program}, or bisect newer versions alone"),
            )
        })
    }
}

fn filled(template: &str, platform: Option<&str>) -> String {
    template
        .replace("{platform}", platform.unwrap_or_default())
        .replace("{exe}", std::env::consts::EXE_SUFFIX)
}

/// The system as [`ClientDef::platforms`] names it: the C library is the machine's, not this program's.
fn system() -> String {
    let loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];
    let musl = format!("/lib/ld-musl-{}.so.1", std::env::consts::ARCH);
    let is_musl = Path::new(&musl).exists() && !loaders.iter().any(|l| Path::new(l).exists());
    if is_musl { format!("{}-musl", std::env::consts::OS) } else { std::env::consts::OS.to_owned() }
}
