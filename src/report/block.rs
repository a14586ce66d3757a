//! The shapes that a report is made of. Closed: a renderer matches on all of them and on nothing else.

use super::form::{self, Field};
use super::log::{self, Log};

/// What is to be said, for a person (`blocks`) and for a program (`document`).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// One line: the answer.
    pub title: String,
    /// Whether the answer is good or bad news.
    pub tone: Tone,
    /// The rest, in order of importance: a renderer with too little room drops from the end.
    pub blocks: Vec<Block>,
    /// The document of the contract, for `--format json`.
    pub document: serde_json::Value,
}

impl Report {
    /// A report from its parts.
    pub fn new(title: impl Into<String>, blocks: Vec<Block>, document: serde_json::Value) -> Self {
        Self { title: title.into(), tone: Tone::Plain, blocks, document }
    }

    /// The same report, its answer in a tone.
    #[must_use]
    pub fn toned(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    /// The logs it is about; a finding's `log` is a place among them.
    pub fn logs(&self) -> Vec<Log> {
        log::logs(&self.document)
    }

    /// The fields of the client's bug form, with what the logs prove.
    pub fn form(&self) -> Vec<Field> {
        form::form(&self.document)
    }
}

/// One shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading; level 1 is a server or the whole, 2 a part of it.
    Heading(u8, Vec<Span>),
    /// A paragraph.
    Text(Vec<Span>),
    /// A list, one item a line; numbered if the order is a recommendation.
    List {
        /// Whether the items are numbered.
        numbered: bool,
        /// The items.
        items: Vec<Vec<Span>>,
    },
    /// Short pairs of a name and a value.
    Facts(Vec<Fact>),
    /// Rows and columns.
    Table(Table),
    /// Two lives of one server, or one of them, event by event.
    Lives(Lives),
    /// A known failure, with its evidence.
    Finding(Finding),
    /// Raw lines of a log, each with its number.
    Lines {
        /// What they are, e.g. the file's name.
        label: String,
        /// Line number and text; number 0: a remark on the line before it, none of the log's own.
        lines: Vec<(u64, String)>,
    },
    /// Blocks that a reader may skip: folded away where the format can.
    Details {
        /// The line that stands for them.
        summary: String,
        /// What is inside.
        blocks: Vec<Block>,
    },
}

/// A run of text in one tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The text; may hold anything that a log holds.
    pub text: String,
    /// What it means.
    pub tone: Tone,
}

/// What a run of text means; a renderer gives it a colour or a mark, never colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Ordinary.
    Plain,
    /// The point of the sentence.
    Strong,
    /// Of less weight.
    Faint,
    /// It is well.
    Good,
    /// It is broken.
    Bad,
    /// It is doubtful.
    Warn,
    /// Words of a log or of a command: verbatim.
    Code,
}

impl Span {
    /// Ordinary text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Plain }
    }

    /// Text in a tone.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The name.
    pub name: String,
    /// The value.
    pub value: Vec<Span>,
}

/// Rows and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Column heads.
    pub head: Vec<String>,
    /// Cells; as many a row as there are heads.
    pub rows: Vec<Vec<Vec<Span>>>,
}

/// One server's life in the good log and in the bad one, aligned row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Lives {
    /// The server.
    pub server: String,
    /// What became of it from the good log to the bad one, in one word; `None` for a single life.
    pub verdict: Option<Span>,
    /// What heads the left column, e.g. `good 2.1.146`; `None`: a single life, all cells on the right.
    pub left: Option<String>,
    /// What heads the right column.
    pub right: String,
    /// The rows, in order.
    pub rows: Vec<Row>,
    /// The row at which the two part.
    pub divergence: Option<usize>,
}

/// One row of two lives.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// How the two cells relate.
    pub change: Change,
    /// The good side.
    pub left: Option<Cell>,
    /// The bad side.
    pub right: Option<Cell>,
}

/// One event of a life, ready to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// 1-based line in its input.
    pub line: u64,
    /// Milliseconds since the first clock of the log.
    pub at_ms: Option<i64>,
    /// The event's id.
    pub event: String,
    /// The message.
    pub text: String,
    /// How often it came in a row.
    pub repeats: u64,
    /// The event's weight.
    pub tone: Tone,
}

/// How the two cells of a row relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// Both sides did it.
    Same,
    /// Only the bad side did it.
    Added,
    /// Only the good side did it.
    Removed,
    /// Both did it, at another place.
    Moved,
    /// Both did it, the bad side far more (or less) often.
    Repeated,
    /// Both did it, the bad side later.
    Slower,
    /// Both did it, the bad side sooner.
    Faster,
    /// Both did it, with another result.
    Changed,
    /// Rows left out here; the cells are empty and `skipped` stands in the text of the left one.
    Gap,
}

impl Change {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Moved => "moved",
            Self::Repeated => "repeated",
            Self::Slower => "slower",
            Self::Faster => "faster",
            Self::Changed => "changed",
            Self::Gap => "gap",
        }
    }
}

/// A known failure as a report shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Signature id and revision, e.g. `get-404-session-expiry-loop@1`.
    pub id: String,
    /// The signature's title.
    pub title: String,
    /// `info` to `critical`.
    pub severity: String,
    /// The tone of its severity.
    pub tone: Tone,
    /// Whose fault it is: `client-regression`, `server-fault`, …, `benign`.
    pub kind: String,
    /// The file it was found in.
    pub input: String,
    /// The place of that file among [`Report::logs`].
    pub log: usize,
    /// The server it concerns.
    pub server: Option<String>,
    /// One sentence on what happened.
    pub summary: String,
    /// What should have happened.
    pub expected: String,
    /// What is uncertain about it, each a sentence.
    pub caveats: Vec<String>,
    /// What to do, most useful first.
    pub advice: Vec<String>,
    /// Line number and text of each line that proves it.
    pub evidence: Vec<(u64, String)>,
    /// Role and reference, e.g. `report`, `anthropics/claude-code#62198`.
    pub references: Vec<(String, String)>,
    /// How often it was found.
    pub count: u64,
    /// Ids of the findings that it explains.
    pub explains: Vec<String>,
}
