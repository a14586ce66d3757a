//! What is wrong with the files of a pack, each fault with its file, line and column.
//!
//! Comes in: the files of one pack as texts. Goes out: [`Lint`]s. This room looks at each file by itself and at what
//! the files of a pack owe each other (no id twice, every sample won by its wording); what a signature cannot mean is
//! `diagnose`'s to say, through [`Files::lint`]. A file with a fault never hides those of another.

mod catalogue;
mod file;
mod position;
mod shape;

use std::ops::Range;

use position::{Positions, Spot};

/// How much a lint matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// The pack is wrong.
    Fault,
    /// Worth a look; nothing is wrong.
    Note,
}

/// Something to be said about a place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// How much it matters.
    pub grade: Grade,
    /// The file inside its pack.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// What is wrong, without a full stop.
    pub message: String,
}

/// A place in a file: where it begins, and the line that it stands in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// How many characters of the line it takes; at least 1.
    pub width: usize,
    /// The line.
    pub text: String,
}

/// A fault by its JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    pointer: String,
    /// Whether the key is at fault, not the value.
    on_key: bool,
    message: String,
}

/// The files of a pack with the places of all they hold.
#[derive(Debug)]
pub struct Files<'t> {
    files: Vec<(&'t str, &'t str, Positions)>,
}

impl<'t> Files<'t> {
    /// Takes the paths and texts of a pack's files.
    pub fn new(files: &'t [(String, String)]) -> Self {
        let one = |(path, text): &'t (String, String)| (path.as_str(), text.as_str(), Positions::of(text));
        Self { files: files.iter().map(one).collect() }
    }

    /// Everything that is wrong with the files themselves and with their events; signatures only as to their shape.
    pub fn lints(&self) -> Vec<Lint> {
        let mut lints = file::lints(self);
        lints.extend(catalogue::lints(self));
        sort(&mut lints);
        lints
    }

    /// A lint about `pointer` in `file`, or about what is nearest around it.
    pub fn lint(&self, grade: Grade, file: &str, pointer: &str, message: impl Into<String>) -> Lint {
        self.about(grade, file, pointer, false, message.into())
    }

    fn fault(&self, file: &str, fault: Fault) -> Lint {
        self.about(Grade::Fault, file, &fault.pointer, fault.on_key, fault.message)
    }

    fn about(&self, grade: Grade, file: &str, pointer: &str, on_key: bool, message: String) -> Lint {
        let known = self.files.iter().find(|(path, _, _)| *path == file);
        let spot = known.and_then(|(_, _, positions)| positions.nearest(pointer));
        let place = known.zip(spot).map(|((_, text, _), spot)| place(text, bytes_of(spot, on_key)));
        Lint { grade, file: file.to_owned(), place: place.unwrap_or_default(), message }
    }

    fn at(&self, file: &str, line: usize, column: usize, message: String) -> Lint {
        let text = self.files.iter().find(|(path, _, _)| *path == file).map_or("", |(_, text, _)| text);
        let text = text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned();
        let place = Place { line: line.max(1), column: column.max(1), width: 1, text };
        Lint { grade: Grade::Fault, file: file.to_owned(), place, message }
    }
}

/// By file and place, faults before notes of the same place.
pub fn sort(lints: &mut [Lint]) {
    lints.sort_by(|a, b| {
        let key = |l: &Lint| (l.file.clone(), l.place.line, l.place.column, l.grade);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
}

fn bytes_of(spot: &Spot, on_key: bool) -> Range<usize> {
    match &spot.key {
        Some(key) if on_key => key.clone(),
        _ => spot.value.clone(),
    }
}

/// The line and the column of what stands at a JSON pointer of a text, or of what is nearest around it.
pub(super) fn line_and_column(text: &str, pointer: &str) -> (usize, usize) {
    let spot = Positions::of(text).nearest(pointer).map(|s| place(text, bytes_of(s, false)));
    spot.map_or((0, 0), |p| (p.line, p.column))
}

/// The place of some bytes of a text, as far as they stand on one line.
fn place(text: &str, bytes: Range<usize>) -> Place {
    let before = text.get(..bytes.start).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    let line = text.get(start..).and_then(|t| t.lines().next()).unwrap_or_default();
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    let end = bytes.end.min(start + line.len());
    let width = text.get(bytes.start..end).map_or(1, |t| t.chars().count().max(1));
    Place { line: before.matches('\n').count() + 1, column, width, text: line.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{Files, Grade};

    #[test]
    fn a_place_is_a_line_a_column_and_a_width_in_characters() {
        let files = [("a.json".to_owned(), "{\n  \"é\": [\"ü\", 17]\n}\n".to_owned())];
        let lint = Files::new(&files).lint(Grade::Note, "a.json", "/é/1", "m");
        assert_eq!((lint.place.line, lint.place.column, lint.place.width), (2, 14, 2));
        assert_eq!(lint.place.text, "  \"é\": [\"ü\", 17]");
        let whole = Files::new(&files).lint(Grade::Note, "a.json", "/zzz", "m");
        assert_eq!((whole.place.line, whole.place.column, whole.place.width), (1, 1, 1));
    }

    #[test]
    fn a_file_that_is_not_there_has_no_place() {
        let lint = Files::new(&[]).lint(Grade::Fault, "b.json", "/x", "m");
        assert_eq!((lint.place.line, lint.file.as_str()), (0, "b.json"));
    }
}
