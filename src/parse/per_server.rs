//! Reads the logs that the client keeps of each server: one, or those of all servers as one log.
//!
//! Comes in: one input, or the inputs of a project. Goes out: their lines; those of several in the order of their
//! clocks, run of the client by run, with no more inputs open at once than the servers of a run. Line numbers are
//! those of the input that a line stands in.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::entry::{Entry, Objects};
use super::{Dialect, LogLine, mcp_json_array, mcp_jsonl, named, refuse};
use crate::error::Result;
use crate::source::{Log, Source, Tally, server_in, start_in, stem_of};

/// No more inputs are open at once.
const MAX_OPEN: usize = 128;

/// How entries stand in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One a line.
    Lines,
    /// As objects, wherever.
    Objects,
}

/// Reads one input.
pub(super) fn read(source: Source, form: Form, see: &mut dyn FnMut(&LogLine<'_>)) -> Result<Tally> {
    let mut reader = Reader::new(source, form);
    while let Some(entry) = reader.next()? {
        entry.show(&reader.server, entry.session.as_deref(), see);
    }
    reader.source.finish()
}

/// Reads the per-server logs of a project as one log.
pub(super) fn read_all(log: &Log, see: &mut dyn FnMut(&LogLine<'_>)) -> Result<(&'static Dialect, Tally)> {
    let mut labels: Vec<(Option<&str>, &String)> = log.parts.iter().map(|l| (start_in(l), l)).collect();
    labels.sort();
    let mut tallies = Vec::new();
    let mut form = Form::Objects;
    for run in labels.chunk_by(|a, b| a.0 == b.0).flat_map(|run| run.chunks(MAX_OPEN)) {
        let mut readers = Vec::new();
        for (_, label) in run {
            let source = Source::open(label)?;
            refuse(&source, false)?;
            let objects = mcp_json_array::sniff(source.head());
            readers.push(Reader::new(source, if objects { Form::Objects } else { Form::Lines }));
            form = if objects { form } else { Form::Lines };
        }
        merge(&mut readers, run.first().and_then(|r| r.0), see)?;
        for (reader, (_, label)) in readers.into_iter().zip(run) {
            tallies.push(((*label).clone(), reader.source.finish()?));
        }
    }
    tallies.sort_by(|a, b| a.0.cmp(&b.0));
    let form = if form == Form::Lines { "mcp-jsonl" } else { "mcp-json-array" };
    Ok((named(form), Tally::of_all(tallies)))
}

/// Hands over the entries of the servers of one run, by their clocks. An entry without one follows that before it.
fn merge(readers: &mut [Reader], run: Option<&str>, see: &mut dyn FnMut(&LogLine<'_>)) -> Result<()> {
    let mut next: Vec<Option<Entry>> = Vec::new();
    let mut queue = BinaryHeap::new();
    for (index, reader) in readers.iter_mut().enumerate() {
        let first = reader.next()?;
        queue.extend(first.as_ref().map(|e| Reverse((e.stamp.map_or(i64::MIN, |s| s.0), index))));
        next.push(first);
    }
    while let Some(Reverse((at, index))) = queue.pop() {
        let (Some(reader), Some(place)) = (readers.get_mut(index), next.get_mut(index)) else { continue };
        let Some(entry) = place.take() else { continue };
        // Entries without a session are at least those of this run.
        entry.show(&reader.server, entry.session.as_deref().or(run), see);
        *place = reader.next()?;
        queue.extend(place.as_ref().map(|e| Reverse((e.stamp.map_or(at, |s| s.0), index))));
    }
    Ok(())
}

struct Reader {
    source: Source,
    form: Form,
    server: String,
    objects: Objects,
    over: bool,
}

impl Reader {
    fn new(source: Source, form: Form) -> Self {
        let server = name(&source.label);
        Self { source, form, server, objects: Objects::default(), over: false }
    }

    fn next(&mut self) -> Result<Option<Entry>> {
        loop {
            if let Some(entry) = self.objects.next() {
                return Ok(Some(entry));
            }
            match (self.source.next_line()?, self.form) {
                (Some((number, line)), Form::Objects) => self.objects.feed(number, mcp_jsonl::bare(line)),
                (Some((number, line)), Form::Lines) => {
                    let bare = mcp_jsonl::bare(line);
                    if !bare.is_empty() {
                        let entry = Entry::of(number, bare);
                        return Ok(Some(entry.unwrap_or_else(|| Entry::unreadable(number, bare))));
                    }
                }
                (None, _) if self.over => return Ok(None),
                (None, _) => {
                    self.over = true;
                    self.objects.close();
                }
            }
        }
    }
}

/// The server of a per-server log; where its path does not say, the file's name stands in for it.
pub(super) fn name(label: &str) -> String {
    server_in(label).or_else(|| stem_of(label)).unwrap_or("unknown").to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Form, read, read_all};
    use crate::source::{Log, Source};

    fn entry(at: &str, session: &str, said: &str) -> String {
        format!(
            "{{\"debug\":\"{said}\",\"timestamp\":\"2026-08-11T05:41:{at}.000Z\",\"sessionId\":\"{session}\"}}\n"
        )
    }

    #[test]
    fn several_servers_are_one_log_in_the_order_of_their_clocks() {
        let dir = tempfile::tempdir().unwrap();
        let texts = [
            (
                "mcp-logs-a--2026-08-11T05-41-00-000Z.jsonl",
                entry("01", "s", "one") + &entry("04", "s", "four"),
            ),
            (
                "mcp-logs-b--2026-08-11T05-41-00-000Z.jsonl",
                entry("02", "s", "two") + "{\"debug\":\"then\"}\n",
            ),
            ("mcp-logs-a--2026-08-10T05-41-00-000Z.jsonl", entry("09", "r", "the day before")),
        ];
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        texts.iter().for_each(|(name, text)| fs::write(path(name), text).unwrap());
        let log = Log { label: "p".to_owned(), parts: texts.iter().map(|(n, _)| path(n)).collect() };
        let mut seen = Vec::new();
        let (dialect, tally) = read_all(&log, &mut |l| {
            let said = String::from_utf8_lossy(l.message).into_owned();
            seen.push(format!("{} {} {} {said}", l.session.unwrap().name, l.server.unwrap(), l.number));
        })
        .unwrap();
        let run = "2026-08-11T05-41-00-000Z";
        let then = format!("{run} b 2 then");
        assert_eq!(seen, ["r a 1 the day before", "s a 1 one", "s b 1 two", &then, "s a 2 four"]);
        assert_eq!((dialect.form, tally.lines, tally.parts.len()), ("mcp-jsonl", 5, 3));
    }

    #[test]
    fn padding_is_passed_over_and_a_line_that_is_no_entry_is_not_lost() {
        let text = "{\"debug\":\"a\"}\n\0\0\0\0{\"error\":\"b\"}\nnot json\n\0\0\0";
        let mut seen = Vec::new();
        read(Source::from_text("x.jsonl", text), Form::Lines, &mut |l| {
            seen.push((
                l.number,
                l.level.unwrap().to_owned(),
                String::from_utf8_lossy(l.message).into_owned(),
            ));
        })
        .unwrap();
        let line = |n: u64, level: &str, said: &str| (n, level.to_owned(), said.to_owned());
        assert_eq!(seen, [line(1, "DEBUG", "a"), line(2, "ERROR", "b"), line(3, "DEBUG", "not json")]);
    }
}
