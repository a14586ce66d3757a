//! Pasted text: issue pages and comments, terminal captures, quoted and decorated logs.
//!
//! Log lines stand among other text, with marks before them, several in a line, in several excerpts, some of them twice.
//! A text that is one log with marks on it is read as such, line by line; a page is read whole (it is bounded), and
//! each of its excerpts is a log session of its own. Whether lines are a page is decided on its beginning.

mod assemble;
mod clean;
mod excerpt;
mod heading;
mod pieces;
mod survey;

pub use excerpt::Excerpt;
pub use heading::Run;
pub(super) use pieces::{is_elision, may_be_elision};

use self::assemble::{Assembly, Excerpts, Straight};
use self::survey::Survey;
use super::LogLine;
use super::per_server::name;
use crate::error::Result;
use crate::source::{Source, Tally};

pub(super) fn sniff(head: &[u8]) -> bool {
    Survey::of(head).is_pasted()
}

pub(super) fn read(source: Source, see: &mut dyn FnMut(&LogLine<'_>)) -> Result<Tally> {
    let survey = Survey::of(source.head());
    if survey.is_page() {
        let page = excerpts(source)?;
        page.excerpts.iter().for_each(|excerpt| excerpt.each_line(see));
        return Ok(page.tally);
    }
    let stem = name(&source.label);
    let mut sink = Straight(see);
    let mut assembly = Assembly::new(&mut sink, survey, stem);
    let tally = source.each_line(&mut |number, line| assembly.line(number, line))?;
    assembly.finish();
    Ok(tally)
}

/// A page, read.
#[derive(Debug)]
pub struct Page {
    /// Its excerpts, each once, in the order of the page.
    pub excerpts: Vec<Excerpt>,
    /// How many there are with all copies.
    pub copies: usize,
    /// What the page was.
    pub tally: Tally,
}

/// The excerpts of a page, each once.
pub fn excerpts(source: Source) -> Result<Page> {
    super::refuse(&source, true)?;
    let survey = Survey::of(source.head()).as_page();
    let stem = name(&source.label);
    let mut sink = Excerpts::default();
    let mut assembly = Assembly::new(&mut sink, survey, stem);
    let tally = source.each_line(&mut |number, line| assembly.line(number, line))?;
    assembly.finish();
    sink.all.retain(|e| e.lines().0 > 0);
    let copies = sink.all.len();
    Ok(Page { excerpts: excerpt::without_copies(sink.all), copies, tally })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Run, excerpts, read};
    use crate::source::Source;

    /// Session, number, gap, server and message of each line.
    fn lines(text: &str) -> Vec<(String, u64, bool, String, String)> {
        let mut seen = Vec::new();
        let tally = read(Source::from_text("page.txt", text), &mut |l| {
            let session = l.session.map(|s| s.version.unwrap_or(s.name).to_owned()).unwrap_or_default();
            let message = String::from_utf8_lossy(l.message).into_owned();
            seen.push((session, l.number, l.gap, l.server.unwrap_or("-").to_owned(), message));
        });
        tally.unwrap();
        seen
    }

    fn said(text: &str) -> Vec<String> {
        lines(text).into_iter().map(|l| l.4).collect()
    }

    const PAGE: &str = "A bug\n\nv2.1.146 (working):\n\n\
        [DEBUG] MCP server \"x\": one [DEBUG] MCP server \"x\": two v2.1.147 (broken):\n\n\
        [DEBUG] MCP server \"x\": one\n\n  • [ERROR] MCP server \"x\" three The one above is new.\n\n\
        Once more:\n\nv2.1.146 (working):\n\n[DEBUG] MCP server \"x\": one\n[DEBUG] MCP server \"x\": two\n\
        v2.1.147 (broken):\n\n  [DEBUG] MCP server \"x\": one\n... 3 seconds pass ...\n+ [ERROR] MCP server \"x\" three\n";

    #[test]
    fn each_excerpt_of_a_page_is_there_once_with_its_version() {
        let page = excerpts(Source::from_text("page.txt", PAGE)).unwrap();
        let told: Vec<_> =
            page.excerpts.iter().map(|e| (e.version.clone().unwrap(), e.run, e.lines())).collect();
        let (good, bad) = ("2.1.146".to_owned(), "2.1.147".to_owned());
        assert_eq!(told, [(good, Some(Run::Worked), (15, 16)), (bad, Some(Run::Failed), (19, 21))]);
        assert_eq!(page.copies, 4);
    }

    #[test]
    fn the_excerpts_of_a_page_are_sessions_and_their_lines_those_of_the_page() {
        let seen = lines(PAGE);
        let short: Vec<_> = seen.iter().map(|(s, n, gap, _, m)| (s.as_str(), *n, *gap, m.as_str())).collect();
        let line = |version, number, said| (version, number, false, said);
        let (one, two) = (line("2.1.146", 15, "one"), line("2.1.146", 16, "two"));
        assert_eq!(short, [one, two, line("2.1.147", 19, "one"), ("2.1.147", 21, true, "three")]);
    }

    #[test]
    fn lines_with_marks_on_them_are_one_log() {
        let text = "> [DEBUG] MCP server \"x\": a\n>     at f\n> \n> more\n> [DEBUG] MCP server \"x\": b\n";
        assert_eq!(said(text), ["a\n    at f\nmore", "b"]);
        let framed = "╭──╮\n│ [DEBUG] MCP server \"x\": a │\n╰──╯\n[DEBUG] MCP server \"x\": b\n";
        assert_eq!(said(framed), ["a", "b"]);
        let screen = "[DEBUG] MCP server \"x\": a\n╭──────╮\n│ > Try \"edit x\" │\n╰──────╯\n    at f\n";
        assert_eq!(said(screen), ["a\n    at f"], "a box of the client's screen");
    }

    #[test]
    fn short_clocks_without_a_server_are_from_a_per_server_log() {
        let text = "Logs:\n\n08:47:57.077  Starting connection\n08:47:58.077Z \"Successfully connected\"\n";
        let seen = lines(text);
        assert_eq!((seen[0].3.as_str(), seen[1].4.as_str()), ("page", "Successfully connected"));
    }

    #[test]
    fn entries_of_the_per_server_logs_are_found_among_text() {
        let text = "It says:\n\n{\"debug\":\"a\",\"sessionId\":\"1\"}\n\nand in the old form\n\n\
                    {\n  \"error\": \"b\"\n}\n\nconfig:\n\n{\n  \"mcpServers\": {}\n}\n";
        assert_eq!(said(text), ["a", "b"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>(), at in 0..9_usize) {
            lines(&text);
            let marks = ["> ", "+ ", "v1.2.3 (bad):\n", "...\n", "{\n", "```\n", "\n\n", "text ", "[DEBUG] "];
            let page: Vec<&str> = (0..20).map(|i| if i % 3 == 0 { "[DEBUG] MCP server \"x\": a" } else { marks[(i * at) % 9] }).collect();
            lines(&page.join("\n"));
            lines(&page.join(&text));
        }
    }
}
