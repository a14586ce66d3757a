//! The outcome of a server: what could be done with it in the end. A fold over events, in constant memory.
//!
//! "Connected" alone proves nothing: the GET-404 regression connects every time (anthropics/claude-code#62198).

use std::fmt;

use crate::classify::Event;
use crate::pattern::Effect;

/// What became of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Connected, and nothing seen that takes its tools away.
    Ready,
    /// Usable, but calls failed or it had to recover.
    Degraded,
    /// Its tools cannot be used at the end.
    Failed,
    /// It wants credentials.
    NeedsAuth,
    /// Started, and the log ends before it is decided.
    Pending,
    /// The log does not tell.
    Unknown,
}

impl Outcome {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::NeedsAuth => "needs-auth",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
        }
    }

    /// The outcome of a word of the JSON documents; a word that is none is `unknown`.
    pub fn of_word(word: &str) -> Self {
        let all = [Self::Ready, Self::Degraded, Self::Failed, Self::NeedsAuth, Self::Pending];
        all.into_iter().find(|o| o.as_str() == word).unwrap_or(Self::Unknown)
    }

    /// How bad it is, 0 best; `None` where it says nothing about good or bad.
    pub fn rank(self) -> Option<u8> {
        match self {
            Self::Ready => Some(0),
            Self::Degraded => Some(1),
            // Without its tools it is either way; which of the two a client says of one answer changed with 2.1.170.
            Self::NeedsAuth | Self::Failed => Some(2),
            Self::Pending | Self::Unknown => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Nothing decisive was seen.
    #[default]
    Unseen,
    /// A connection is being tried for the first time.
    Trying,
    /// It is connected.
    Connected,
    /// It was closed, or a reconnect began, without any cause and with no call under way. That is how a client looks
    /// that is being shut down: its own close sets off the reconnect of its transport, which the exit then cuts
    /// short (interactive 2.1.146 to 2.1.154). What follows may prove otherwise.
    Closed,
    /// It was there, and is gone.
    Lost,
    /// It was gone, and a connection is being tried again.
    Recovering,
    /// It never came to be.
    Failed,
}

/// The fold.
#[derive(Debug, Clone, Default)]
pub struct Health {
    state: State,
    needs_auth: bool,
    tools_lost: bool,
    /// Whether the server said that it does not know the session, and nothing came after that.
    session_lost: bool,
    recovered: bool,
    /// Whether the last connection was made after a close without a cause. It is a recovery if anything comes of it,
    /// and else the last breath of a client that is being shut down.
    reconnected: bool,
    in_flight: u64,
    /// Connections made.
    pub connects: u64,
    /// Calls answered.
    pub calls_ok: u64,
    /// Calls failed for good: one that was tried again does not count.
    pub calls_failed: u64,
}

impl Health {
    /// Takes the next event of the server.
    pub fn see(&mut self, event: &Event) {
        if event.echo {
            return;
        }
        self.session_lost |= event.str("session") == Some("lost");
        self.take(event);
    }

    /// Whether none of the event's fields tells anything.
    pub(super) fn is_plain(event: &Event) -> bool {
        event.str("session") != Some("lost") && event.effect() != Effect::CallFailed
    }

    /// The same as [`Health::see`] of an event that is plain.
    pub(super) fn see_plain(&mut self, event: &Event) {
        if !event.echo {
            self.take(event);
        }
    }

    fn take(&mut self, event: &Event) {
        match event.effect() {
            Effect::Attempt => self.attempt(),
            Effect::Connected => self.connected(),
            Effect::ConnectFailed => self.connect_failed(),
            Effect::NeedsAuth => self.needs_auth = true,
            Effect::Lost => self.lost(),
            Effect::Closed => self.closed(),
            Effect::Recovering => self.recovering(),
            Effect::GaveUp => self.state = State::Failed,
            Effect::ToolsLost => self.tools_lost = true,
            Effect::ToolsListed => self.tools_listed(),
            Effect::Call => self.call(),
            Effect::CallOk => self.call_ok(),
            Effect::CallFailed => self.call_failed(event.str("cause") == Some("cancelled")),
            Effect::CallRetried => self.call_retried(),
            Effect::None | Effect::ClientStart | Effect::Aborted => {}
        }
    }

    fn tools_listed(&mut self) {
        self.tools_lost = false;
        self.needs_auth = false;
    }

    fn attempt(&mut self) {
        match self.state {
            State::Unseen => self.state = State::Trying,
            State::Lost => self.state = State::Recovering,
            _ => {}
        }
    }

    fn connected(&mut self) {
        // A second connection without a loss before it is the client's own doing: a version probe.
        self.recovered |= matches!(self.state, State::Lost | State::Recovering | State::Failed);
        self.reconnected = self.state == State::Closed;
        self.state = State::Connected;
        self.connects += 1;
        self.needs_auth = false;
        self.tools_lost = false;
        self.session_lost = false;
    }

    fn connect_failed(&mut self) {
        // While an older connection lives on, a further one that fails takes nothing away.
        if self.state != State::Connected {
            self.state = State::Failed;
        }
    }

    fn lost(&mut self) {
        if self.state != State::Failed {
            self.state = State::Lost;
        }
    }

    fn closed(&mut self) {
        self.recovered |= std::mem::take(&mut self.reconnected);
        match self.state {
            State::Connected if self.in_flight > 0 => self.state = State::Lost,
            State::Connected => self.state = State::Closed,
            State::Trying => self.state = State::Failed,
            _ => {}
        }
    }

    fn recovering(&mut self) {
        self.recovered |= std::mem::take(&mut self.reconnected);
        if self.state == State::Connected {
            self.state = if self.in_flight > 0 { State::Recovering } else { State::Closed };
        } else if self.state == State::Lost {
            self.state = State::Recovering;
        }
    }

    fn call(&mut self) {
        self.recovered |= std::mem::take(&mut self.reconnected);
        self.in_flight += 1;
    }

    fn call_ok(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.calls_ok += 1;
        // Tools that answer are not lost, and a log that begins in the middle has no connect line.
        self.tools_lost = false;
        self.needs_auth = false;
        self.session_lost = false;
        if matches!(self.state, State::Unseen | State::Lost | State::Recovering) {
            self.recovered |= self.state != State::Unseen;
            self.state = State::Connected;
        }
    }

    /// A call that its user cancelled did not fail.
    fn call_failed(&mut self, cancelled: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.calls_failed += u64::from(!cancelled);
    }

    fn call_retried(&mut self) {
        self.calls_failed = self.calls_failed.saturating_sub(1);
        self.recovered = true;
    }

    /// Whether a connection was ever made.
    pub fn connected_once(&self) -> bool {
        self.connects > 0
    }

    /// Whether its tools can be used.
    pub fn tools_ready(&self) -> bool {
        matches!(self.state, State::Connected | State::Closed) && !self.tools_lost
    }

    /// Whether the server is gone, so that a close is no orderly shutdown.
    pub fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost | State::Recovering | State::Failed)
    }

    /// The outcome, if the log ended here.
    pub fn outcome(&self) -> Outcome {
        match self.state {
            _ if self.needs_auth => Outcome::NeedsAuth,
            State::Unseen | State::Connected | State::Closed if self.tools_lost || self.session_lost => {
                Outcome::Failed
            }
            State::Unseen if self.calls_failed > 0 => Outcome::Degraded,
            State::Unseen => Outcome::Unknown,
            State::Recovering if self.tools_lost => Outcome::Failed,
            State::Trying | State::Recovering => Outcome::Pending,
            State::Lost | State::Failed => Outcome::Failed,
            State::Connected | State::Closed if self.recovered || self.calls_failed > 0 => Outcome::Degraded,
            State::Connected | State::Closed => Outcome::Ready,
        }
    }
}
