//! Which hosts and addresses may be named in public.
//!
//! Comes in: a host or an address. Goes out: whether it says nothing about the user's network: loopback, the client's
//! maker, the specification, the registries that everyone installs from, and MCP servers that anyone can reach.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Hosts that are no secret; one that begins with a dot stands for everything under it, too.
const PUBLIC: [&str; 49] = [
    "localhost",
    ".localhost",
    ".anthropic.com",
    ".claude.ai",
    ".claude.com",
    "github.com",
    "api.github.com",
    "gist.github.com",
    "codeload.github.com",
    ".githubusercontent.com",
    ".modelcontextprotocol.io",
    "npmjs.org",
    "registry.npmjs.org",
    "www.npmjs.com",
    "pypi.org",
    "files.pythonhosted.org",
    "crates.io",
    "docs.rs",
    "nodejs.org",
    "bun.sh",
    "deno.land",
    "docs.astral.sh",
    "json-schema.org",
    "www.w3.org",
    "www.rfc-editor.org",
    "datatracker.ietf.org",
    "developer.mozilla.org",
    "learn.microsoft.com",
    "login.microsoftonline.com",
    "accounts.google.com",
    "oauth2.googleapis.com",
    "storage.googleapis.com",
    "downloads.claude.ai",
    ".sentry.io",
    ".datadoghq.com",
    "api.githubcopilot.com",
    "mcp.asana.com",
    "mcp.atlassian.com",
    "mcp.context7.com",
    "mcp.deepwiki.com",
    "mcp.figma.com",
    "mcp.intercom.com",
    "mcp.linear.app",
    "mcp.notion.com",
    "mcp.paypal.com",
    "mcp.sentry.dev",
    "mcp.stripe.com",
    "mcp.supabase.com",
    "mcp.vercel.com",
];

/// Whether a host may be named: one of [`PUBLIC`], or loopback.
pub(super) fn is_public(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let listed = PUBLIC.iter().any(|known| match known.strip_prefix('.') {
        Some(domain) => host.strip_suffix(domain).is_some_and(|sub| sub.is_empty() || sub.ends_with('.')),
        None => host == *known,
    });
    listed || is_open_v4(&host) || is_open_v6(host.trim_matches(['[', ']']))
}

/// Whether it is an IPv4 address that says nothing: loopback, any, broadcast.
fn is_open_v4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified() || ip.is_broadcast())
}

/// Whether it is an IPv6 address that says nothing: loopback, any.
fn is_open_v6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
}

/// Whether it is an IPv4 address that is somebody's.
pub(super) fn is_v4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok() && !is_open_v4(text)
}

/// Whether it is an IPv4 address of a private network.
pub(super) fn is_private_v4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_private() || ip.is_link_local())
}

/// Whether it is an IPv6 address that is somebody's. `a::b` is more likely a name in a program.
pub(super) fn is_v6(text: &str) -> bool {
    let groups = text.split(':').filter(|g| !g.is_empty()).count();
    let lower = text.to_ascii_lowercase();
    let own = ["fe8", "fe9", "fea", "feb", "fc", "fd", "2"].iter().any(|head| lower.starts_with(head));
    let Ok(ip) = text.parse::<Ipv6Addr>() else { return false };
    !ip.is_loopback() && !ip.is_unspecified() && (groups > 3 || (own && groups > 1))
}

#[cfg(test)]
mod tests {
    use super::{PUBLIC, is_public, is_v4, is_v6};

    #[test]
    fn what_anyone_knows_is_public() {
        for host in ["localhost", "LOCALHOST.", "127.0.0.1", "[::1]", "api.anthropic.com", "anthropic.com"] {
            assert!(is_public(host), "{host}");
        }
    }

    #[test]
    fn what_merely_looks_like_it_is_not() {
        for host in ["evilanthropic.com", "github.com.acme.example", "10.0.0.1", "gateway", "gateway.invalid"]
        {
            assert!(!is_public(host), "{host}");
        }
    }

    #[test]
    fn addresses_are_told_from_times_and_names() {
        assert!(is_v4("10.1.2.3") && is_v4("203.0.113.9") && !is_v4("127.0.0.1") && !is_v4("2.1.147"));
        assert!(is_v6("fe80::1") && is_v6("fd12:3456::7") && is_v6("2001:db8:0:1:2:3:4:5"));
        assert!(!is_v6("::1") && !is_v6("10:50:33") && !is_v6("dead::beef"));
    }

    #[test]
    fn no_host_is_listed_twice() {
        let mut all = PUBLIC.to_vec();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), PUBLIC.len());
    }
}
