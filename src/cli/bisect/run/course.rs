//! The ends of a search, and the versions between them that can be had.

use semver::Version;

use super::super::super::output;
use super::Arguments;
use crate::bisect::candidates;
use crate::bisect::registry::{Origin, Supply};
use crate::error::Result;
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

/// The ends, and with them the versions that can be had, oldest first; while offline those that are on this disk. What
/// had to give way to a neighbour is said.
pub(super) fn lay(
    arguments: &Arguments,
    supply: &Supply<'_>,
    published: &mut Published,
) -> Result<(Ends, Vec<Version>)> {
    let (good, bad) = (&arguments.good, &arguments.bad);
    if let Some(listed) = supply.listed() {
        take_in(published, listed?);
    }
    let here = [good, bad].into_iter().filter(|v| supply.origin(v) != Origin::Registry);
    take_in(published, here.cloned().collect());
    let found = candidates(good, bad, published)?;
    found.said.iter().for_each(|text| output::say(text));
    let mut all = found.versions;
    let (low, high) = all.first().cloned().zip(all.last().cloned()).unwrap_or((good.clone(), bad.clone()));
    let ends = if good < bad { Ends { good: low, bad: high } } else { Ends { good: high, bad: low } };
    if ends.good > ends.bad {
        output::say(&format!("{} is newer than {}: looking for the fix", ends.good, ends.bad));
    }
    if arguments.supplying.offline {
        all.retain(|v| *v == ends.good || *v == ends.bad || supply.origin(v) != Origin::Registry);
    }
    Ok((ends, all))
}

/// What the registry has today is published, whatever the built-in list says.
fn take_in(published: &mut Published, listed: Vec<Version>) {
    let new = listed.into_iter().filter(|v| published.day(v).is_none()).map(|v| (v, None)).collect();
    let (package, as_of) = (published.package().to_owned(), published.as_of().to_owned());
    published.extend(VersionFile { schema: 1, package, as_of, versions: new });
}
