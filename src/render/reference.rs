//! Which references may be links.
//!
//! Comes in: a reference of a finding, which comes from a pattern pack. Goes out: the address, if it has the form of
//! an issue (`owner/repository#12`) or of an `https` address. Anything else is mere words.

/// The address of a reference.
pub(super) fn url(text: &str) -> Option<String> {
    let of_url = |c: char| c.is_ascii_alphanumeric() || "-._~/#?=&%+:".contains(c);
    if text.starts_with("https://") && text.chars().all(of_url) {
        return Some(text.to_owned());
    }
    let (repository, number) = text.split_once('#')?;
    let of_name = |c: char| c.is_ascii_alphanumeric() || "-._/".contains(c);
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    let is_issue = repository.matches('/').count() == 1 && repository.chars().all(of_name) && is_number;
    is_issue.then(|| format!("https://github.com/{repository}/issues/{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_and_https_addresses_are_links_and_nothing_else_is() {
        let issue = url("anthropics/claude-code#62198");
        assert_eq!(issue.as_deref(), Some("https://github.com/anthropics/claude-code/issues/62198"));
        assert_eq!(url("https://a.example/x#y").as_deref(), Some("https://a.example/x#y"));
        for words in
            ["#1", "a/b#1 @me", "a/b/c#1", "http://a.example", "javascript:alert(1)", "https://a\"b", ""]
        {
            assert_eq!(url(words), None, "{words}");
        }
    }
}
