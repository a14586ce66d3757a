//! The logs that decide nothing, by the reason that they have in common.

use super::{Bisected, MAX_NAMED, named};
use crate::bisect::Word;
use crate::report::block::{Block, Span};
use crate::report::words::{count, file_name};

pub(super) fn left_out(b: &Bisected<'_>) -> Vec<Block> {
    let path = |log: usize| b.logs.get(log).map(|l| file_name(&l.input.path)).unwrap_or_default();
    let unclear = b.bisection.heard.iter().filter(|h| h.testimony.word == Word::Unclear);
    let unclear = unclear.map(|h| (format!("{} ({})", path(h.log), h.version), h.testimony.why.as_str()));
    let out = b.bisection.left_out.iter().map(|l| (path(l.log), l.why.as_str()));
    let errors = b.errors.iter().map(|(path, message)| (path.clone(), message.as_str()));
    let told = [
        details(unclear, "log does not decide", "logs do not decide"),
        details(out, "log left out", "logs left out"),
        details(errors, "path could not be read", "paths could not be read"),
    ];
    told.into_iter().flatten().collect()
}

/// Logs by the reason that they have in common, in the order in which the reasons first come.
fn details<'w>(items: impl Iterator<Item = (String, &'w str)>, one: &str, many: &str) -> Option<Block> {
    let (mut reasons, mut all): (Vec<(&str, Vec<String>)>, u64) = (Vec::new(), 0);
    for (path, why) in items {
        all += 1;
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, paths)) => paths.push(path),
            None => reasons.push((why, vec![path])),
        }
    }
    let item = |(why, paths): &(&str, Vec<String>)| {
        let mut spans = named(paths, MAX_NAMED);
        spans.push(Span::plain(format!(": {why}")));
        spans
    };
    let list = Block::List { numbered: false, items: reasons.iter().map(item).collect() };
    (all > 0).then(|| Block::Details { summary: count(all, one, many), blocks: vec![list] })
}
