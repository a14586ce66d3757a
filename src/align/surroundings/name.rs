//! Finds the names of servers and tools in lines.
//!
//! In: a name as the log gives it, and text. Out: whether the text names it. A name may be a word of the language
//! (`files`), so such a name counts only where names stand; a tool's qualified name holds its server's with every
//! odd sign replaced (`claude.ai Walter PO`: `mcp__claude_ai_Walter_PO__echo`).

/// A server's or a tool's name.
#[derive(Debug, Clone)]
pub(super) struct Name<'a> {
    plain: &'a str,
    qualified: String,
    /// It could be a word of the language.
    is_word: bool,
}

impl<'a> Name<'a> {
    pub(super) fn new(plain: &'a str) -> Self {
        let sign = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        let qualified = format!("__{}__", plain.chars().map(sign).collect::<String>());
        Self { plain, qualified, is_word: plain.bytes().all(|b| b.is_ascii_alphabetic()) }
    }

    /// Whether `text` names it.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let inside = |c: char| c.is_alphanumeric() || c == '-';
        let named = text.match_indices(self.plain).any(|(at, name)| {
            let before = text.get(..at).unwrap_or_default();
            let behind = text.get(at + name.len()..).unwrap_or_default();
            let whole = !before.ends_with(inside) && !behind.starts_with(inside);
            whole && (!self.is_word || is_place(before, behind))
        });
        named || text.contains(&self.qualified)
    }

    /// The text without it.
    pub(super) fn cut(&self, text: &str) -> String {
        text.replace(&self.qualified, " ").replace(self.plain, " ")
    }
}

/// Whether a name stands between `before` and `behind`: in quotes, in a qualified tool name, or called so.
fn is_place(before: &str, behind: &str) -> bool {
    const CALLED: [&str; 9] =
        ["server ", "server=", "server: ", "tool ", "tool=", "tool: ", "Server ", "Tool ", "mcpServers."];
    let bare = behind.trim_start_matches('\\');
    let quoted = ['"', '\'', '`'].iter().any(|&quote| before.ends_with(quote) && bare.starts_with(quote));
    quoted
        || before.ends_with("__")
        || behind.starts_with("__")
        || CALLED.iter().any(|called| before.ends_with(called))
}

#[cfg(test)]
mod tests {
    use super::Name;

    fn is_named(text: &str, name: &str) -> bool {
        Name::new(name).is_in(text)
    }

    #[test]
    fn a_name_that_is_a_word_counts_only_where_names_stand() {
        for text in [
            "mcp__files__search",
            "server \"files\"",
            "\\\"files\\\" x",
            "for server 'files': x",
            "tool=files",
            "Server files died",
            "mcpServers.files: x",
        ] {
            assert!(is_named(text, "files"), "{text}");
        }
        for text in ["0 keys than the files.", "settingfiles", "files-x", "\"my files\""] {
            assert!(!is_named(text, "files"), "{text}");
        }
    }

    #[test]
    fn a_name_is_whole() {
        assert!(is_named("at my-http-mcp: x", "my-http-mcp"));
        assert!(!is_named("my-http-mcp-two", "my-http-mcp"));
    }

    #[test]
    fn a_qualified_name_holds_the_servers_own() {
        assert!(is_named("tool=mcp__claude_ai_Walter_PO__echo", "claude.ai Walter PO"));
        assert!(is_named("mcp__files_v2_1__local___list", "files v2.1 (local)"));
        assert!(!is_named("tool=mcp__claude_ai_Walter__echo", "claude.ai Walter PO"));
    }

    #[test]
    fn a_line_without_names_tells_of_any_server_alike() {
        let cut = |text: &str| Name::new("docs").cut(text);
        assert_eq!(cut("mcp__docs__x failed"), "mcp x failed");
    }
}
