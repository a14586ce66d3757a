//! What a log is, from what its parts are.
//!
//! Comes in: the summaries of parts that follow each other, each from the beginning of a client session on. Goes out: that of
//! the whole, as if it had been read in one go.

use super::{Server, Summary};
use crate::parse::Clock;

impl Summary {
    /// The client session under way is over; gives its version, as far as known.
    pub fn end_session(&mut self) -> Option<&str> {
        self.version.next_session(self.session);
        self.version.of_ended(self.session)
    }

    /// Takes in what follows in the same log, from the beginning of a client session, where no sessions interleave; so many
    /// lines stand before it.
    pub fn join(&mut self, later: Self, lines: u64) {
        let sessions = self.session + 1;
        self.version.join(later.version, sessions);
        self.session = later.session + sessions;
        let with_servers = later.with_servers.1.map(|session| session + sessions);
        self.with_servers =
            (self.with_servers.0 + later.with_servers.0, with_servers.or(self.with_servers.1));
        self.mcp_lines += later.mcp_lines;
        self.classified += later.classified;
        self.clock =
            if self.clock == Clock::Full || later.first.is_none() { self.clock } else { later.clock };
        self.first = self.first.or(later.first);
        self.last = later.last.or(self.last);
        self.last_line = later.last_line + lines;
        self.platform = later.platform.or(self.platform.take());
        for (name, server) in later.servers {
            self.server(&name).follow(server);
        }
    }
}

impl Server {
    /// Takes in what became of it in later client sessions.
    fn follow(&mut self, later: Self) {
        self.transport = later.transport.or(self.transport.take());
        self.place = later.place.or(self.place.take());
        // One that no event was about does not tell.
        if later.healths.now.is_some() {
            self.healths = later.healths;
        }
    }
}
