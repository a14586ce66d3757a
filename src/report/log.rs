//! The logs that a report is about, read back from its document.
//!
//! Comes in: the document. Goes out: each log in the order in which findings count them, then those that could not
//! be read. It reads the document and not the inputs, so that whatever was done to the document holds here too.

use serde_json::Value;

/// A log that was read, or could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Its path as the user wrote it.
    pub path: String,
    /// Why it could not be read.
    pub error: Option<String>,
}

/// All logs of a document.
pub(super) fn logs(document: &Value) -> Vec<Log> {
    let one = ["good", "bad", "input"].iter().filter_map(|key| document.get(key));
    let list = |key: &str| document.get(key).and_then(Value::as_array).into_iter().flatten();
    let read = one.chain(list("inputs")).map(|input| Log { path: text(input, "path"), error: None });
    let unread = list("errors").map(|e| Log { path: text(e, "path"), error: Some(text(e, "message")) });
    read.chain(unread).collect()
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(document: &Value) -> Vec<String> {
        logs(document).into_iter().map(|log| log.path).collect()
    }

    #[test]
    fn every_document_names_its_logs() {
        assert_eq!(paths(&json!({ "bad": { "path": "b" }, "good": { "path": "g" } })), ["g", "b"]);
        assert_eq!(paths(&json!({ "input": { "path": "t" } })), ["t"]);
        let many = json!({ "inputs": [{ "path": "x" }], "errors": [{ "path": "y", "message": "gone" }] });
        assert_eq!(paths(&many), ["x", "y"]);
        assert_eq!(logs(&many)[1].error.as_deref(), Some("gone"));
        assert!(logs(&Value::Null).is_empty());
    }
}
