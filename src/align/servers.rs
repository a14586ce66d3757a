//! Pairs the servers of two logs: by name, and what is left by transport and place.

use std::net::IpAddr;

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

/// Whether two places are not the same. The port of a loopback address says nothing: what listens there takes any that is
/// free, and so a scripted server has another one in each run.
pub fn is_elsewhere(one: &str, other: &str) -> bool {
    one != other && without_local_port(one) != without_local_port(other)
}

/// An address without its port, where that is one of loopback.
fn without_local_port(place: &str) -> String {
    let (scheme, rest) = place.split_once("://").unwrap_or(("", place));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_local = host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|a| a.is_loopback());
    if is_local { format!("{scheme}://{host}{path}") } else { place.to_owned() }
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
    use super::{is_elsewhere, pair};
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
    fn only_the_port_of_a_loopback_address_may_differ() {
        let same = [
            ("http://127.0.0.1:4001/mcp/a", "http://127.0.0.1:4002/mcp/a"),
            ("http://localhost:1/mcp", "http://localhost/mcp"),
            ("http://[::1]:1/mcp", "http://[::1]:2/mcp"),
            ("https://mcp.example:1/mcp", "https://mcp.example:1/mcp"),
        ];
        let other = [
            ("https://mcp.example:1/mcp", "https://mcp.example:2/mcp"),
            ("http://127.0.0.1:1/a", "http://127.0.0.1:1/b"),
            ("http://127.0.0.1:1/a", "https://127.0.0.1:2/a"),
            ("http://127.0.0.1:1/a", "http://10.0.0.1:1/a"),
            ("http://127.0.0.1.example:1/a", "http://127.0.0.1.example:2/a"),
        ];
        assert!(same.iter().all(|(a, b)| !is_elsewhere(a, b) && !is_elsewhere(b, a)));
        assert!(other.iter().all(|(a, b)| is_elsewhere(a, b) && is_elsewhere(b, a)));
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
