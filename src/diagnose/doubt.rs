//! Why it cannot be told whether a log has a failure.
//!
//! Comes in: what was missing, and where. Goes out: a sentence, once the log is over: where in it something stands may be
//! known no earlier.

use super::duration;
use super::keys::MAX_KEYS;

/// Why a silence is settled although its time is not up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The log is over, or another client session begins.
    End,
    /// The clock breaks.
    Break,
    /// Lines were left out.
    Gap,
}

/// What stands in the way of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// No window could be measured.
    Clockless,
    /// Of too many keys this one was given up.
    Crowd,
    /// Of a silence of so many milliseconds, if that was said, behind line `last` no more was seen than to `line`.
    Silence { span: Option<i64>, last: u64, line: u64, cut: Option<Cut> },
}

impl Doubt {
    /// The same in a log in which so many lines stand before it.
    pub(super) fn after(self, lines: u64) -> Self {
        match self {
            Self::Silence { span, last, line, cut } => {
                Self::Silence { span, last: last + lines, line: line + lines, cut }
            }
            other => other,
        }
    }

    /// It as a sentence without a full stop.
    pub(super) fn reason(self) -> String {
        match self {
            Self::Clockless => {
                "the log has no clock, and the signature gives no `within_lines` to count by instead"
                    .to_owned()
            }
            Self::Crowd => format!("there are more than {MAX_KEYS} keys at once; the oldest were given up"),
            Self::Silence { span, last, line, cut } => {
                let waited = match span {
                    Some(ms) => format!("{} of silence after line {last}", duration::for_people(ms)),
                    None => format!("what comes after line {last}"),
                };
                let end = match cut {
                    Some(Cut::Break) => "the clock breaks behind",
                    Some(Cut::Gap) => "lines were left out behind",
                    _ => "the log ends at",
                };
                format!("it takes {waited} to tell, and {end} line {line}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cut, Doubt};

    #[test]
    fn behind_other_lines_its_lines_are_those_of_the_whole_log() {
        let doubt = |last, line| Doubt::Silence { span: Some(2000), last, line, cut: Some(Cut::Break) };
        assert_eq!(doubt(3, 9).after(100), doubt(103, 109));
        let told = "it takes 2 s of silence after line 103 to tell, and the clock breaks behind line 109";
        assert_eq!(doubt(3, 9).after(100).reason(), told);
        assert_eq!(Doubt::Clockless.after(100), Doubt::Clockless);
    }
}
