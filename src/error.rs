//! The one error type: what a person can mend, and how.
//!
//! Parsing logs never fails (an odd line is a line without a level); errors are for inputs that cannot be
//! read, packs that cannot be used, and arguments that make no sense.

use std::fmt;
use std::io;
use std::path::Path;

/// What went wrong, named so that a caller can tell the classes apart.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An input that cannot be opened or read.
    Input,
    /// A pattern pack, or one file of it, that cannot be used.
    Pack,
    /// Arguments that contradict each other or ask for the impossible.
    Usage,
    /// The report cannot be written.
    Output,
    /// The report would show a secret.
    Secret,
}

/// An error: the thing it is about, the cause, and the remedy.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    subject: String,
    cause: String,
    remedy: String,
    source: Option<io::Error>,
}

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error about `subject` with a `cause` (a lower-case fragment) and a `remedy` (an imperative).
    pub fn new(
        kind: ErrorKind,
        subject: impl Into<String>,
        cause: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { kind, subject: subject.into(), cause: cause.into(), remedy: remedy.into(), source: None }
    }

    /// An input that the operating system would not give.
    pub fn input(path: &Path, error: io::Error) -> Self {
        let remedy = match error.kind() {
            io::ErrorKind::NotFound => "check the path",
            io::ErrorKind::PermissionDenied => "make it readable, or copy it to where you may read it",
            io::ErrorKind::IsADirectory => "give a file, or let `lastgood diagnose` walk the folder",
            _ => "check that the file is whole and on a disk that answers",
        };
        let cause = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        let mut e = Self::new(ErrorKind::Input, path.display().to_string(), cause, remedy);
        e.source = Some(error);
        e
    }

    /// Which class of error it is.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The path, file or argument it is about.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The message without the subject: cause and remedy.
    pub fn message(&self) -> String {
        format!("{}; {}", self.cause, self.remedy)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.subject, self.cause, self.remedy)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|e| e as _)
    }
}
