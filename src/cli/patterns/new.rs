//! `patterns new ID --from LOG --lines A-B [--dir DIR]`: a signature begun from a real log.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use serde_json::{Value, json};

use super::fmt::write;
use super::skeleton::{self, Cutting};
use crate::cli::options::Output;
use crate::cli::reading::{Wish, read};
use crate::cli::{Exit, knowledge, output};
use crate::diagnose::events_of;
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::canonical;
use crate::report::patterns::{Moved, moved};
use crate::source::Source;

/// More lines prove nothing that fewer would not.
const MAX_LINES: u64 = 500;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The id of the new signature: a-z, 0-9 and -
    #[arg(value_name = "ID")]
    id: String,
    /// The log that shows the failure
    #[arg(long = "from", value_name = "LOG")]
    log: String,
    /// The lines that show it, first and last
    #[arg(long, value_name = "A-B", value_parser = span)]
    lines: (u64, u64),
    /// The pack's folder; made if it is not there
    #[arg(long = "dir", value_name = "DIR", default_value = "my-patterns")]
    folder: String,
    /// The server it is about, where the lines are about several
    #[arg(long, value_name = "NAME")]
    server: Option<String>,
    #[command(flatten)]
    output: Output,
}

/// `120-140`, or `120` for one line.
fn span(text: &str) -> std::result::Result<(u64, u64), String> {
    let (a, b) = text.split_once('-').unwrap_or((text, text));
    match (a.trim().parse(), b.trim().parse()) {
        (Ok(a), Ok(b)) if 0 < a && a <= b && b - a < MAX_LINES => Ok((a, b)),
        (Ok(a), Ok(b)) if 0 < a && a <= b => {
            Err(format!("more than {MAX_LINES} lines; give those that show it"))
        }
        _ => Err("give the first and the last line, e.g. 120-140".to_owned()),
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let folder = Path::new(&arguments.folder);
    let path = folder.join("signatures").join(format!("{}.json", arguments.id));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    if !arguments.id.chars().all(plain) || arguments.id.is_empty() {
        let cause = "an id is made of a-z, 0-9 and -";
        return Err(Error::new(ErrorKind::Usage, arguments.id.as_str(), cause, "choose another"));
    }
    if path.exists() {
        let remedy = "choose another id, or edit the file";
        return Err(Error::new(ErrorKind::Usage, path.display().to_string(), "it is there already", remedy));
    }
    let own = folder.join("pack.json").exists().then(|| arguments.folder.clone());
    let loaded = knowledge::load(&own.iter().cloned().collect::<Vec<_>>())?.whole()?;
    let input = read(&arguments.log, &loaded, Wish::default())?.input;
    let lines = cut(&arguments.log, arguments.lines)?;
    let (events, _) = events_of(&lines, &loaded.knowledge);
    let Some(steps) = skeleton::steps(&events, arguments.server.as_deref()) else {
        let cause = "no event of a server is in these lines";
        let remedy = "see `lastgood timeline LOG --unclassified`: a wording may be missing";
        return Err(Error::new(ErrorKind::Usage, format!("--lines of {}", arguments.log), cause, remedy));
    };
    let client = input.client_version.map(|v| v.value);
    let source = source(&arguments.log, arguments.lines);
    let cutting = Cutting { lines: &lines, client: client.as_deref(), source: &source, today: &today() };
    let mut made = Vec::new();
    if own.is_none() {
        made.push((folder.join("pack.json"), text("pack.json", &pack(folder))));
    }
    made.push((path, text("signatures/new.json", &skeleton::signature(&steps, &cutting))));
    for (path, text) in &made {
        write(path, text)?;
    }
    tell(arguments, &made.iter().map(|(p, _)| p.display().to_string()).collect::<Vec<_>>())
}

/// The lines of a log that become part of a pack: whatever of a log goes into a test passes here, and only here.
fn cut(log: &str, (first, last): (u64, u64)) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let tally = Source::open(log)?.each_line(&mut |number, bytes| {
        if (first..=last).contains(&number) {
            lines.push(String::from_utf8_lossy(bytes).into_owned());
        }
    })?;
    if tally.lines < last {
        let cause = format!("it has {} lines", tally.lines);
        return Err(Error::new(ErrorKind::Usage, log, cause, "give lines that are there"));
    }
    Ok(lines)
}

fn source(log: &str, (first, last): (u64, u64)) -> String {
    let name =
        Path::new(log).file_name().map_or_else(|| log.to_owned(), |n| n.to_string_lossy().into_owned());
    format!("{name}, lines {first} to {last}")
}

fn pack(folder: &Path) -> Value {
    let name = folder.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' { c } else { '-' };
    let id: String = name.chars().map(plain).collect();
    let id = id.trim_matches('-');
    json!({
        "schema": 1, "id": if id.is_empty() { "my-patterns" } else { id }, "version": "0.1.0",
        "engine": format!(">={}", env!("CARGO_PKG_VERSION")), "license": "MIT OR Apache-2.0", "maintainers": ["you"],
    })
}

fn text(path: &str, value: &Value) -> String {
    // What was just made of values parses.
    canonical(path, &value.to_string()).unwrap_or_default()
}

fn tell(arguments: &Arguments, made: &[String]) -> Result<Exit> {
    let dir = &arguments.folder;
    let remarks = vec![
        "The test holds lines of a real log: take out what is nobody's business before you share it."
            .to_owned(),
        format!(
            "Next: fill in what says TODO (`lastgood patterns lint {dir}` lists it), drop steps that do not matter."
        ),
        format!("Then `lastgood patterns test {dir}`, and add a test that looks alike and must not match."),
    ];
    let groups = vec![("written", made.to_vec())];
    let done = Moved { title: format!("{} is begun", arguments.id), groups, remarks };
    output::write(moved(&done), &arguments.output)?;
    Ok(Exit::Nothing)
}

/// The day in UTC, `YYYY-MM-DD`.
fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (year, month, day) = civil((seconds / 86_400) as i64);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Year, month and day of a day since 1970, in the proleptic Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{civil, pack, span};

    #[test]
    fn days_are_counted_as_calendars_do() {
        assert_eq!(
            [civil(0), civil(59), civil(19_782), civil(20_780)],
            [(1970, 1, 1), (1970, 3, 1), (2024, 2, 29), (2026, 11, 23)]
        );
    }

    #[test]
    fn a_span_of_lines_has_a_first_and_a_last_one() {
        assert_eq!((span("3-7"), span("5")), (Ok((3, 7)), Ok((5, 5))));
        for bad in ["7-3", "0-3", "x", "", "1-501"] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pack_is_called_as_its_folder() {
        assert_eq!(pack("/x/Our Patterns".as_ref())["id"], "our-patterns");
        assert_eq!(pack("..".as_ref())["id"], "my-patterns");
    }
}
