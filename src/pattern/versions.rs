//! Which versions of the client were ever published: a pack's `versions.json`.
//!
//! Comes in: the file's text. Goes out: [`Published`], which tells published, never published and not yet known
//! versions apart. Facts of the registry on one day, kept with that day; it judges nothing.

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};

/// No gap in the numbers of one line is wider than this; a wider one is taken for a change of numbering.
const MAX_GAP: u64 = 500;

/// `versions.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VersionFile {
    /// Version of the format.
    pub schema: u32,
    /// The package that they are versions of.
    pub package: String,
    /// The day of the list, `YYYY-MM-DD`: what came later is not in it.
    pub as_of: String,
    /// Version to day of release. `null`: the registry's day is younger than that of a later version, so it is the
    /// day of a copy.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Option<String>>"))]
    pub versions: BTreeMap<Version, Option<String>>,
}

impl VersionFile {
    /// Takes in what the registry has today, with its days, and says what is new. Days that are known stay, and so do
    /// versions that the registry has withdrawn: they were published. A new one's day counts unless a later version has
    /// an earlier one: then it is the day of a copy. The day of the list is that of its newest version, unless it was
    /// later already.
    pub fn renew(&mut self, today: &BTreeMap<Version, Option<String>>) -> Vec<Version> {
        let new: Vec<Version> = today.keys().filter(|v| !self.versions.contains_key(v)).cloned().collect();
        self.versions.extend(new.iter().map(|version| (version.clone(), None)));
        let mut least: Option<String> = None;
        for (version, day) in self.versions.iter_mut().rev() {
            let told = today.get(version).cloned().flatten();
            let told = told.filter(|told| least.as_ref().is_none_or(|least| told <= least));
            *day = day.take().or(told);
            least = least.into_iter().chain(day.clone()).min();
        }
        let newest = self.versions.values().flatten().max().filter(|day| **day > self.as_of).cloned();
        self.as_of = newest.unwrap_or_else(|| std::mem::take(&mut self.as_of));
        new
    }
}

/// What became of a version number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publication {
    /// It is in the list.
    Published,
    /// Its neighbours are in the list, and it is not.
    Never,
    /// It is newer than the list, or of a line that the list does not have.
    Unknown,
}

/// The published versions of the client.
#[derive(Debug, Clone, Default)]
pub struct Published {
    package: String,
    as_of: String,
    versions: BTreeMap<Version, Option<String>>,
}

impl Published {
    /// Takes another list in; where both know a version, the newer list's day counts.
    pub fn extend(&mut self, file: VersionFile) {
        for (version, day) in file.versions {
            let known = self.versions.entry(version).or_default();
            if known.is_none() || file.as_of >= self.as_of {
                *known = day.or(known.take());
            }
        }
        if file.as_of >= self.as_of {
            self.as_of = file.as_of;
            self.package = file.package;
        }
    }

    /// The package that these are versions of.
    pub fn package(&self) -> &str {
        &self.package
    }

    /// The day of the list, `YYYY-MM-DD`; empty where there is no list.
    pub fn as_of(&self) -> &str {
        &self.as_of
    }

    /// The versions, oldest first, with the day of release where it is known.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Version, Option<&str>)> {
        self.versions.iter().map(|(v, d)| (v, d.as_deref()))
    }

    /// The day on which `version` was released.
    pub fn day(&self, version: &Version) -> Option<&str> {
        self.versions.get(version)?.as_deref()
    }

    /// What became of `version`.
    pub fn publication(&self, version: &Version) -> Publication {
        if self.versions.contains_key(version) {
            return Publication::Published;
        }
        let same_line = |v: &Version| v.major == version.major && v.minor == version.minor;
        let older = self.versions.keys().any(|v| same_line(v) && v < version);
        let newer = self.versions.keys().any(|v| v > version);
        if older && newer { Publication::Never } else { Publication::Unknown }
    }

    /// Every number strictly between `from` and `to` that is published, was left out, or may have come since the list.
    pub fn between(&self, from: &Version, to: &Version) -> Vec<(Version, Publication)> {
        let inside = |v: &&Version| *v > from && *v < to;
        let mut all: BTreeMap<Version, Publication> =
            self.versions.keys().filter(inside).map(|v| (v.clone(), Publication::Published)).collect();
        let known: Vec<&Version> = self.versions.keys().collect();
        let after_list = known.last().map(|last| [*last, to]).filter(|[last, to]| to > last);
        for pair in known.windows(2).map(|w| [w[0], w[1]]).chain(after_list) {
            for number in gap(pair) {
                if inside(&&number) {
                    let publication = self.publication(&number);
                    all.entry(number).or_insert(publication);
                }
            }
        }
        all.into_iter().collect()
    }

    /// The numbers that were left out.
    pub fn never(&self) -> Vec<Version> {
        let known: Vec<&Version> = self.versions.keys().collect();
        known.windows(2).flat_map(|w| gap([w[0], w[1]])).collect()
    }

    /// The nearest published version at or below `version`.
    pub fn at_or_below(&self, version: &Version) -> Option<&Version> {
        self.versions.range(..=version).next_back().map(|(v, _)| v)
    }

    /// The nearest published version at or above `version`.
    pub fn at_or_above(&self, version: &Version) -> Option<&Version> {
        self.versions.range(version..).next().map(|(v, _)| v)
    }
}

/// The patch numbers between two versions of one line.
fn gap([low, high]: [&Version; 2]) -> Vec<Version> {
    let one_line = low.major == high.major && low.minor == high.minor;
    if !one_line || high.patch.saturating_sub(low.patch) > MAX_GAP {
        return Vec::new();
    }
    (low.patch + 1..high.patch).map(|patch| Version::new(low.major, low.minor, patch)).collect()
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::{Publication, Published, VersionFile};
    use crate::pattern::Knowledge;

    fn v(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    fn published(list: &[&str]) -> Published {
        let versions = list.iter().map(|text| (v(text), None)).collect();
        let mut all = Published::default();
        all.extend(VersionFile { schema: 1, package: "p".into(), as_of: "2026-01-01".into(), versions });
        all
    }

    #[test]
    fn a_number_that_was_left_out_is_told_from_one_that_is_not_known_yet() {
        let all = published(&["1.0.0", "1.0.3", "1.1.0", "1.1.1"]);
        assert_eq!(all.publication(&v("1.0.3")), Publication::Published);
        assert_eq!(all.publication(&v("1.0.2")), Publication::Never);
        assert_eq!(all.publication(&v("1.1.2")), Publication::Unknown);
        assert_eq!(all.publication(&v("0.9.0")), Publication::Unknown);
        assert_eq!(all.never(), [v("1.0.1"), v("1.0.2")]);
    }

    #[test]
    fn between_two_versions_stands_every_number_once_and_in_order() {
        let all = published(&["1.0.0", "1.0.3", "1.1.0", "1.1.1"]);
        let told: Vec<String> =
            all.between(&v("1.0.0"), &v("1.1.4")).iter().map(|(v, p)| format!("{v} {p:?}")).collect();
        let wanted = [
            "1.0.1 Never",
            "1.0.2 Never",
            "1.0.3 Published",
            "1.1.0 Published",
            "1.1.1 Published",
            "1.1.2 Unknown",
            "1.1.3 Unknown",
        ];
        assert_eq!(told, wanted);
        assert!(all.between(&v("1.1.4"), &v("1.0.0")).is_empty());
    }

    #[test]
    fn the_built_in_list_knows_the_gaps_around_the_get_404_regression() {
        let all = Knowledge::builtin().published;
        assert_eq!(all.publication(&v("2.1.151")), Publication::Never);
        for there in ["2.1.146", "2.1.147", "2.1.152", "2.1.153"] {
            assert_eq!(all.publication(&v(there)), Publication::Published, "{there}");
        }
        assert_eq!(all.day(&v("2.1.146")), Some("2026-05-21"));
        assert_eq!(all.never().iter().filter(|v| (v.major, v.minor) == (2, 1)).count(), 46);
    }

    #[test]
    fn the_days_of_the_built_in_list_never_go_back() {
        let all = Knowledge::builtin().published;
        let days: Vec<&str> = all.iter().filter_map(|(_, day)| day).collect();
        assert!(days.len() > 200 && days.is_sorted());
        assert!(days.last().is_some_and(|last| *last <= all.as_of()));
    }

    #[test]
    fn a_list_that_is_renewed_keeps_what_it_knew_and_believes_no_day_of_a_copy() {
        let of = |list: &[(&str, Option<&str>)]| {
            list.iter().map(|(version, day)| (v(version), day.map(str::to_owned))).collect()
        };
        let versions = of(&[("1.0.0", Some("2026-01-01")), ("1.0.1", None), ("1.0.2", Some("2026-01-03"))]);
        let mut file = VersionFile { schema: 1, package: "p".into(), as_of: "2026-01-04".into(), versions };
        let today = of(&[
            ("1.0.0", Some("2026-03-01")),
            ("1.0.1", Some("2026-03-02")),
            ("1.0.3", Some("2026-04-09")),
            ("1.0.4", Some("2026-04-08")),
            ("1.0.5", None),
        ]);
        assert_eq!(file.renew(&today), [v("1.0.3"), v("1.0.4"), v("1.0.5")]);
        let days: Vec<Option<&str>> = file.versions.values().map(Option::as_deref).collect();
        assert_eq!(days, [Some("2026-01-01"), None, Some("2026-01-03"), None, Some("2026-04-08"), None]);
        assert_eq!(file.as_of, "2026-04-08");
        let before = file.versions.clone();
        assert!(file.renew(&today).is_empty() && file.versions == before);
    }

    #[test]
    fn a_bound_that_was_never_published_has_a_neighbour_on_each_side() {
        let all = published(&["1.0.0", "1.0.3"]);
        assert_eq!(all.at_or_below(&v("1.0.2")), Some(&v("1.0.0")));
        assert_eq!(all.at_or_above(&v("1.0.2")), Some(&v("1.0.3")));
        assert_eq!(all.at_or_above(&v("1.0.4")), None);
    }
}
