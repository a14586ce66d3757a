//! The versions that a user names: single ones and ranges of published ones.

use std::collections::BTreeSet;

use semver::Version;

use super::output;
use crate::bisect::candidates;
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::{Publication, Published};

/// All versions that are named, oldest first.
pub(super) fn versions(named: &[String], published: &Published) -> Result<Vec<Version>> {
    let mut all = BTreeSet::new();
    for word in named.iter().map(|w| w.trim()).filter(|w| !w.is_empty()) {
        match word.split_once("..") {
            Some((from, to)) if parsed(from)? != parsed(to)? => {
                let found = candidates(&parsed(from)?, &parsed(to)?, published)?;
                found.said.iter().for_each(|text| output::say(text));
                all.extend(found.versions);
            }
            Some((one, _)) => drop(all.insert(single(one, published)?)),
            None => drop(all.insert(single(word, published)?)),
        }
    }
    if all.is_empty() {
        let cause = "it names no version";
        return Err(Error::new(ErrorKind::Usage, "--versions", cause, "give one, e.g. 2.1.142..2.1.160"));
    }
    Ok(all.into_iter().collect())
}

fn single(word: &str, published: &Published) -> Result<Version> {
    let version = parsed(word)?;
    if published.publication(&version) == Publication::Never {
        let near = [published.at_or_below(&version), published.at_or_above(&version)];
        let near: Vec<String> = near.into_iter().flatten().map(ToString::to_string).collect();
        let remedy = format!("take {}", near.join(" or "));
        let subject = format!("--versions {word}");
        return Err(Error::new(ErrorKind::Usage, subject, "this version was never published", remedy));
    }
    Ok(version)
}

fn parsed(word: &str) -> Result<Version> {
    Version::parse(word.trim()).map_err(|e| {
        let remedy = "give three numbers, or a range of them: 2.1.142..2.1.160";
        Error::new(ErrorKind::Usage, format!("--versions {word}"), e.to_string(), remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::versions;
    use crate::pattern::Knowledge;

    fn told(words: &[&str]) -> Result<Vec<String>, String> {
        let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        let all = versions(&words, &Knowledge::builtin().published).map_err(|e| e.to_string())?;
        Ok(all.into_iter().map(|v| v.to_string()).collect())
    }

    #[test]
    fn ranges_hold_every_published_version_and_none_twice() {
        assert_eq!(
            told(&["2.1.150..2.1.153", "2.1.146", "2.1.152"]).unwrap(),
            ["2.1.146", "2.1.150", "2.1.152", "2.1.153"]
        );
        assert_eq!(told(&["2.1.153..2.1.153"]).unwrap(), ["2.1.153"]);
    }

    #[test]
    fn what_was_never_published_and_what_is_no_version_is_refused() {
        assert!(told(&["2.1.151"]).unwrap_err().contains("take 2.1.150 or 2.1.152"));
        for word in ["latest", "2.1.142..", "..2.1.142", "2.1.142..latest", "2.1..2.2"] {
            let said = told(&[word]).unwrap_err();
            assert!(said.starts_with("--versions ") && said.contains("give three numbers"), "{word}: {said}");
        }
        assert!(told(&["9.9.9..9.9.10"]).unwrap_err().contains("see `lastgood versions`"));
        assert_eq!(told(&["2.1.146.. 2.1.146"]).unwrap(), ["2.1.146"]);
        assert!(told(&[""]).unwrap_err().contains("it names no version"));
    }
}
