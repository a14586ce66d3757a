//! Pairs the servers of two logs: by name, and what is left by transport and place.

use crate::timeline::ServerSummary;

/// A server of the good log and its counterpart in the bad one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Its name in the good log.
    pub good: Option<String>,
    /// Its name in the bad log.
    pub bad: Option<String>,
}

/// Pairs servers. Every server of either log is in exactly one pair, in the order of the bad log and then of the good.
pub fn pair(good: &[ServerSummary], bad: &[ServerSummary]) -> Vec<Pair> {
    let mut free: Vec<&ServerSummary> =
        good.iter().filter(|g| bad.iter().all(|b| b.name != g.name)).collect();
    let mut pairs: Vec<Pair> = Vec::new();
    for b in bad {
        let by_name = good.iter().find(|g| g.name == b.name);
        let partner = by_name.map(|g| g.name.clone()).or_else(|| take_at_same_place(&mut free, b));
        pairs.push(Pair { good: partner, bad: Some(b.name.clone()) });
    }
    pairs.extend(free.into_iter().map(|g| Pair { good: Some(g.name.clone()), bad: None }));
    pairs
}

/// The unpaired server with the transport and place of `b`, if there is exactly one: two candidates would be a guess.
fn take_at_same_place(free: &mut Vec<&ServerSummary>, b: &ServerSummary) -> Option<String> {
    let same = |g: &&ServerSummary| g.place.is_some() && g.place == b.place && g.transport == b.transport;
    let mut found = free.iter().enumerate().filter(|(_, g)| same(g)).map(|(i, _)| i);
    let (first, second) = (found.next()?, found.next());
    second.is_none().then(|| free.remove(first).name.clone())
}

#[cfg(test)]
mod tests {
    use super::pair;
    use crate::timeline::ServerSummary;

    fn server(name: &str, place: &str) -> ServerSummary {
        ServerSummary {
            name: name.to_owned(),
            transport: Some("http".to_owned()),
            outcome: "ready",
            connected: true,
            tools_ready: true,
            calls_ok: 0,
            calls_failed: 0,
            connects: 1,
            place: Some(place.to_owned()).filter(|p| !p.is_empty()),
        }
    }

    fn names(good: &[ServerSummary], bad: &[ServerSummary]) -> Vec<(Option<String>, Option<String>)> {
        pair(good, bad).into_iter().map(|p| (p.good, p.bad)).collect()
    }

    #[allow(clippy::unnecessary_wraps)] // keeps the tables below short
    fn some(name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    #[test]
    fn a_renamed_server_is_found_by_its_place() {
        let got = names(&[server("a", "http://h/mcp")], &[server("b", "http://h/mcp")]);
        assert_eq!(got, [(some("a"), some("b"))]);
    }

    #[test]
    fn a_name_counts_more_than_a_place() {
        let got = names(&[server("a", "x"), server("b", "y")], &[server("b", "x"), server("c", "z")]);
        assert_eq!(got, [(some("b"), some("b")), (None, some("c")), (some("a"), None)]);
    }

    #[test]
    fn two_candidates_are_not_guessed_between() {
        let got = names(&[server("a", "x"), server("b", "x")], &[server("c", "x")]);
        assert_eq!(got, [(None, some("c")), (some("a"), None), (some("b"), None)]);
    }
}
