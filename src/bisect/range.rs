//! The versions that a search is about.
//!
//! Comes in: two ends as a person named them, and the published versions. Goes out: the candidates, oldest first, with a
//! word on every end that had to give way to a published neighbour. It knows no answers.

use semver::Version;

use super::ledger::Ledger;
use super::search::{Next, Plan, Search};
use super::table::{Basis, BoundaryKind, Table};
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::Published;

/// The candidates of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidates {
    /// Oldest first.
    pub versions: Vec<Version>,
    /// What was changed about the ends, one sentence each, without a full stop.
    pub said: Vec<String>,
}

/// The published versions from `good` to `bad`, in whichever order they stand. An end that was never published gives
/// way to its neighbour outside of the range: so the range holds whatever was meant.
pub fn candidates(good: &Version, bad: &Version, published: &Published) -> Result<Candidates> {
    if good == bad {
        let cause = "the good and the bad end are the same version";
        let remedy = "name two versions; the defect lies between them";
        return Err(Error::new(ErrorKind::Usage, good.to_string(), cause, remedy));
    }
    let mut said = Vec::new();
    let low = snapped(good.min(bad), published.at_or_below(good.min(bad)), &mut said)?;
    let high = snapped(good.max(bad), published.at_or_above(good.max(bad)), &mut said)?;
    let versions = published.iter().map(|(v, _)| v).filter(|v| **v >= low && **v <= high).cloned().collect();
    Ok(Candidates { versions, said })
}

fn snapped(asked: &Version, nearest: Option<&Version>, said: &mut Vec<String>) -> Result<Version> {
    let Some(nearest) = nearest else {
        let cause = "no published version is on that side of the range";
        let remedy = "see `lastgood versions` for those there are";
        return Err(Error::new(ErrorKind::Usage, asked.to_string(), cause, remedy));
    };
    if nearest != asked {
        said.push(format!("{asked} was never published; {nearest} is taken instead"));
    }
    Ok(nearest.clone())
}

/// What a ledger leaves to be run next: between the ends that were named, else inside the first range of its table, a
/// regression before a fix. Empty where nothing is open.
pub fn next_of(ledger: &Ledger, table: &Table, published: &Published, plan: Plan) -> Vec<Version> {
    let named = ledger.begin().map(|begin| (&begin.good, &begin.bad));
    let open = |kind| table.boundaries.iter().find(move |b| b.basis == Basis::Range && b.kind == kind);
    let open = open(BoundaryKind::Regression).or_else(|| open(BoundaryKind::Fix));
    let Some((one, other)) = named.or(open.map(|b| (&b.before, &b.after))) else { return Vec::new() };
    let Ok(Candidates { versions, .. }) = candidates(one, other, published) else { return Vec::new() };
    let mut search = Search::new(vec![false; versions.len()], plan);
    for (version, answer) in ledger.answers() {
        if let Ok(at) = versions.binary_search(&version) {
            search.record(at, answer);
        }
    }
    match search.next() {
        Next::Run(probes) => probes.into_iter().filter_map(|i| versions.get(i).cloned()).collect(),
        Next::Done(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::candidates;
    use crate::pattern::Knowledge;

    fn told(good: &str, bad: &str) -> Result<(String, String, usize, Vec<String>), String> {
        let v = |text| Version::parse(text).unwrap();
        let all =
            candidates(&v(good), &v(bad), &Knowledge::builtin().published).map_err(|e| e.to_string())?;
        let (first, last) = (all.versions.first().unwrap(), all.versions.last().unwrap());
        Ok((first.to_string(), last.to_string(), all.versions.len(), all.said))
    }

    #[test]
    fn an_end_that_was_never_published_gives_way_to_its_neighbour_outside_and_that_is_said() {
        let (first, last, n, said) = told("2.1.135", "2.1.155").unwrap();
        assert_eq!((first.as_str(), last.as_str(), n), ("2.1.133", "2.1.156", 20));
        assert_eq!(said[0], "2.1.135 was never published; 2.1.133 is taken instead");
        assert_eq!(said.len(), 2);
    }

    #[test]
    fn ends_in_either_order_make_the_same_range() {
        assert_eq!(told("2.1.142", "2.1.150"), told("2.1.150", "2.1.142"));
        assert_eq!(told("2.1.142", "2.1.150").unwrap().2, 9);
    }

    #[test]
    fn equal_ends_and_ends_outside_of_all_that_was_published_are_refused() {
        assert!(told("2.1.142", "2.1.142").unwrap_err().contains("the same version"));
        assert!(told("0.0.1", "2.1.142").unwrap_err().contains("no published version is on that side"));
        assert!(told("2.1.142", "9.0.0").unwrap_err().contains("lastgood versions"));
    }
}
