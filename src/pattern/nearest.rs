//! The name that somebody meant who mistyped it.

/// The candidate with the fewest edits from `word`, if they are at most a third of it.
pub fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let most = (word.chars().count() / 3).max(1);
    candidates.map(|c| (edits(word, c), c)).filter(|(d, _)| *d <= most).min().map(|(_, c)| c)
}

/// Levenshtein distance, one row at a time.
fn edits(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.chars()) {
            let best = (diagonal + usize::from(x != y)).min(left + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = best;
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{edits, nearest};

    #[test]
    fn the_nearest_is_near_or_there_is_none() {
        assert_eq!(nearest("ab", ["xy", "ac"].into_iter()), Some("ac"));
        assert_eq!(nearest("severty", ["severity", "status"].into_iter()), Some("severity"));
        assert_eq!(nearest("colour", ["severity", "status"].into_iter()), None);
    }

    #[test]
    fn edits_are_counted_as_levenshtein_did() {
        assert_eq!(
            [edits("kitten", "sitting"), edits("", "abc"), edits("abc", ""), edits("a", "a")],
            [3, 3, 3, 0]
        );
    }
}
