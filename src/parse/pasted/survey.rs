//! Looks over the beginning of a text: is it pasted, and is it a page or a log in disguise?
//!
//! Comes in: the first bytes. Goes out: a [`Survey`]. A log as the client writes it must never be taken for pasted text
//! because of what some server printed into it, so marks have to be common, not merely there.

use bstr::ByteSlice;

use memchr::memchr_iter;

use super::pieces::{Piece, pieces};
use crate::parse::entry;
use crate::parse::head::{Head, level, names_server};

/// How many lines are looked at.
const LINES: usize = 600;

/// What the beginning of a text is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// Entries that stand in a line of their own, from its first column on.
    plain: usize,
    /// Lines with entries that do not.
    marked: usize,
    /// Headings, elisions and frames after the first entry, or before it.
    between: usize,
    headings: usize,
    /// Lines that neither are nor continue an entry.
    prose: usize,
    /// Whether the first line with anything in it is an entry as the client writes it.
    begins_plain: bool,
    /// Whether any entry names a server.
    pub(super) names_server: bool,
}

impl Survey {
    /// Looks a text over.
    pub(super) fn of(head: &[u8]) -> Self {
        let mut survey = Self::default();
        let mut continues = false;
        let mut first = true;
        for line in head.lines().take(LINES) {
            let head = Head::of(line);
            let plain = head.is_some();
            if line.trim_ascii().is_empty() {
                continues = false;
                continue;
            }
            survey.begins_plain |= first && plain;
            first = false;
            continues = survey.line(line, head.as_ref(), continues);
        }
        survey
    }

    /// Counts a line; whether the next one may continue an entry.
    fn line(&mut self, line: &[u8], head: Option<&Head>, continues: bool) -> bool {
        let plain = head.is_some();
        if let Some(message) = head.and_then(|head| usual(line, head)) {
            self.plain += 1;
            self.names_server |= names_server(message);
            return true;
        }
        let text = String::from_utf8_lossy(line);
        let found = pieces(&text);
        let entries = found.iter().filter(|p| self.is_entry(p)).count();
        match (plain, entries) {
            (true, 0 | 1) => self.plain += 1,
            (_, 0) => {}
            _ => self.marked += 1,
        }
        let count = |wanted: fn(&Piece) -> bool| found.iter().filter(|p| wanted(p)).count();
        let headings = count(|p| matches!(p, Piece::Heading(_)));
        self.headings += headings;
        self.between += headings + count(|p| matches!(p, Piece::Elision | Piece::Drawing { .. }));
        let text = count(|p| matches!(p, Piece::Text(_) | Piece::Fence));
        let json = entry::begins(line.trim_ascii());
        if json {
            self.marked += 1;
        } else if !continues && entries == 0 {
            self.prose += text;
        }
        entries > 0 || (continues && headings == 0)
    }

    fn is_entry(&mut self, piece: &Piece) -> bool {
        let Piece::Entry(text) = piece else { return false };
        let message = Head::of(text.as_bytes()).and_then(|h| text.as_bytes().get(h.length..));
        self.names_server |= message.is_some_and(names_server);
        true
    }

    /// Whether the text was pasted.
    pub(super) fn is_pasted(&self) -> bool {
        let entries = self.plain + self.marked;
        let common = |n: usize| n > 0 && n * 20 >= entries;
        entries > 0 && (common(self.marked + self.between) || (!self.begins_plain && common(self.prose)))
    }

    /// The same, to be read as a page whatever it looks like.
    pub(super) fn as_page(mut self) -> Self {
        self.headings += 1;
        self
    }

    /// Whether it is a page, with excerpts among other text; else it is one log, with marks on it.
    pub(super) fn is_page(&self) -> bool {
        self.headings > 0 || self.prose * 4 > self.plain + self.marked
    }
}

/// The message of a line that is an entry and nothing else, so plainly that it need not be cut into pieces.
fn usual<'l>(line: &'l [u8], head: &Head) -> Option<&'l [u8]> {
    let plain = line.iter().all(|b| (0x20..0x7f).contains(b));
    let message = line.get(head.length..).filter(|_| plain)?;
    let elided = message.trim_ascii_end().ends_with(b"...");
    let another = || memchr_iter(b'[', message).any(|at| level(&message[at..]).is_some());
    // The blank before the message is the head's.
    let inside = || memchr_iter(b' ', message).any(|at| may_be_version(&message[at + 1..]));
    let versioned = || may_be_version(message) || inside();
    (!elided && !another() && !versioned()).then_some(message)
}

/// Whether a text may begin with a version: a heading may hang on behind an entry.
fn may_be_version(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"v").unwrap_or(text);
    let number = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    number > 0 && digits.get(number) == Some(&b'.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{Piece, Survey, names_server, pieces, usual};
    use crate::parse::head::Head;

    proptest! {
        #[test]
        fn a_usual_line_is_one_entry_and_nothing_else(
            head in "(2026-11-23T00:23:20.763Z )?\\[(DEBUG|INFO|ERROR)\\] {0,2}",
            rest in proptest::collection::vec("MCP server \"x\": a|2[.]1[.]147 [(]broken[)]:|v2[.]1[.]146: works|[.]{3}| |[\\[]DEBUG[\\]] |[\\[]x[\\]]|\"|>|[|]|[a-z]{1,4}|: ", 0..7),
        ) {
            let line = head + &rest.concat();
            if let Some(message) = usual(line.as_bytes(), &Head::of(line.as_bytes()).unwrap()) {
                let found = pieces(&line);
                prop_assert_eq!(found, [Piece::Entry(line.trim_end().to_owned())]);
                let length = Head::of(line.trim_end().as_bytes()).unwrap().length;
                prop_assert_eq!(names_server(message), names_server(&line.trim_end().as_bytes()[length..]));
            }
        }
    }

    fn of(text: &str) -> (bool, bool) {
        let survey = Survey::of(text.as_bytes());
        (survey.is_pasted(), survey.is_page())
    }

    const LINE: &str = "2026-11-23T00:23:20.763Z [DEBUG] MCP server \"x\": a\n";

    #[test]
    fn a_log_as_it_is_written_is_not_pasted_whatever_a_server_prints() {
        assert!(!of(&LINE.repeat(9)).0);
        assert!(!of(&format!("{}    at f (x.js:1:2)\n  {{\n  }}\n{LINE}", LINE.repeat(3))).0);
        let stderr = "[ERROR] \"MCP server \\\"x\\\" Server stderr: [INFO] a\\n[WARN] b\"\n";
        assert!(!of(&stderr.repeat(9)).0);
        let printed = format!("{}a [DEBUG] MCP server \"y\": z\n{}", LINE.repeat(40), LINE.repeat(40));
        assert!(!of(&printed).0);
        assert!(!of("nothing of the kind\n\nat all\n").0);
    }

    #[test]
    fn marks_on_the_lines_make_it_pasted_but_no_page() {
        let quoted: String = LINE.repeat(9).lines().flat_map(|l| ["> ", l, "\n"]).collect();
        assert_eq!(of(&quoted), (true, false));
        assert_eq!(of(&LINE.repeat(9).replace('\n', " ")), (true, false));
        assert_eq!(of(&format!("{LINE}... 15 seconds pass ...\n{LINE}")), (true, false));
    }

    #[test]
    fn text_around_the_lines_makes_it_a_page() {
        let page = format!("What I did:\n\nI ran it.\n\n```\n{LINE}{LINE}```\n\nThen it hung.\n");
        assert_eq!(of(&page), (true, true));
        assert_eq!(of(&format!("2.1.146 (good):\n{LINE}\n2.1.147 (bad):\n{LINE}")), (true, true));
    }
}
