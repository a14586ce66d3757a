//! The ends of a search, and the versions between them.

use semver::Version;

use super::super::super::output;
use super::Arguments;
use crate::bisect::registry::{Origin, Supply};
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::{Published, VersionFile};

/// The ends as they are searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ends {
    /// The one that works.
    pub(super) good: Version,
    /// The one that does not.
    pub(super) bad: Version,
}

impl Ends {
    /// The older and the newer one.
    pub(super) fn ordered(&self) -> (&Version, &Version) {
        if self.good < self.bad { (&self.good, &self.bad) } else { (&self.bad, &self.good) }
    }
}

/// The ends, each moved outwards to a version that was published, which is said.
pub(super) fn ends(arguments: &Arguments, supply: &Supply<'_>, published: &mut Published) -> Result<Ends> {
    if let Some(listed) = supply.listed() {
        take_in(published, listed?);
    }
    let (good, bad) = (&arguments.good, &arguments.bad);
    let fix = good > bad;
    let ends = Ends {
        good: snapped("--good", good, !fix, supply, published)?,
        bad: snapped("--bad", bad, fix, supply, published)?,
    };
    if fix {
        output::say(&format!("{} is newer than {}: looking for the fix", ends.good, ends.bad));
    }
    Ok(ends)
}

/// What the registry has today is published, whatever the built-in list says.
fn take_in(published: &mut Published, listed: Vec<Version>) {
    let new = listed.into_iter().filter(|v| published.day(v).is_none()).map(|v| (v, None)).collect();
    let (package, as_of) = (published.package().to_owned(), published.as_of().to_owned());
    published.extend(VersionFile { schema: 1, package, as_of, versions: new });
}

fn snapped(
    option: &str,
    version: &Version,
    down: bool,
    supply: &Supply<'_>,
    published: &Published,
) -> Result<Version> {
    let there = |v: &Version| published.iter().any(|(p, _)| p == v) || supply.origin(v) != Origin::Registry;
    if there(version) {
        return Ok(version.clone());
    }
    let near = if down { published.at_or_below(version) } else { published.at_or_above(version) };
    match near {
        Some(near) => {
            output::say(&format!("{option} {version} was never published: taking {near}, the nearest"));
            Ok(near.clone())
        }
        None => {
            let cause = "it was never published, and there is none beyond it";
            let ends = published.iter().next().zip(published.iter().next_back());
            let remedy = ends.map_or_else(String::new, |((a, _), (z, _))| format!("name a version from {a} to {z}"));
            Err(Error::new(ErrorKind::Usage, format!("{option} {version}"), cause, remedy))
        }
    }
}

/// The versions that can be had, oldest first, ends included. While offline that is what is on this disk.
pub(super) fn candidates(
    arguments: &Arguments,
    ends: &Ends,
    supply: &Supply<'_>,
    published: &Published,
) -> Vec<Version> {
    let (from, to) = ends.ordered();
    let at_hand = |v: &Version| !arguments.supplying.offline || supply.origin(v) != Origin::Registry;
    let inside = published.iter().map(|(v, _)| v).filter(|v| *v > from && *v < to && at_hand(v)).cloned();
    let mut all: Vec<Version> = std::iter::once(from.clone()).chain(inside).chain([to.clone()]).collect();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Published, Supply, Version, snapped};
    use crate::pattern::{ClientDef, Knowledge};

    fn moved(version: &str, down: bool, published: &Published) -> Result<String, String> {
        let def = ClientDef::builtin().unwrap();
        let supply = Supply::new(&def, None, None, &BTreeMap::new());
        let version = Version::parse(version).unwrap();
        snapped("--good", &version, down, &supply, published).map(|v| v.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn an_end_that_was_never_published_moves_outwards() {
        let published = Knowledge::builtin().published;
        assert_eq!(moved("2.1.151", true, &published).unwrap(), "2.1.150");
        assert_eq!(moved("2.1.151", false, &published).unwrap(), "2.1.152");
        assert_eq!(moved("2.1.147", true, &published).unwrap(), "2.1.147");
        let error = moved("99.0.0", false, &published).unwrap_err();
        assert!(error.contains("was never published") && error.contains("name a version from"), "{error}");
    }
}
