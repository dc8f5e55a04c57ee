//! Text as the page and the Markdown print it.

use std::fmt;

/// Text with a little markup, rendered for HTML and for Markdown alike: `_{i}` and `^{−ψ}` become indices, `` `code` `` becomes code.
/// Everything else is escaped, what Markdown would take for markup too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text(String);

impl Text {
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        let mut html = String::new();
        let mut open: Vec<&str> = Vec::new();
        let mut code = false;
        let text = text.as_ref().replace(" %", "\u{202f}%");
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '_' | '^' if !code && characters.peek() == Some(&'{') => {
                    characters.next();
                    let tag = if character == '_' { "sub" } else { "sup" };
                    html += &format!("<{tag}>");
                    open.push(tag);
                }
                '}' if !open.is_empty() => html += &format!("</{}>", open.pop().unwrap_or_default()),
                '`' => {
                    html += if code { "</code>" } else { "<code>" };
                    code = !code;
                }
                '&' | '<' | '>' | '"' | '\'' | '|' | '_' | '*' | '[' | ']' => {
                    html += &format!("&#{};", u32::from(character));
                }
                '\n' => html.push(' '),
                plain => html.push(plain),
            }
        }
        open.iter().rev().for_each(|tag| html += &format!("</{tag}>"));
        if code {
            html += "</code>";
        }
        Self(html)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_indices_are_set() {
        let text = |text: &str| Text::new(text).to_string();
        assert_eq!(text("σ_{i}² ∝ F_{i}^{−ψ}"), "σ<sub>i</sub>² ∝ F<sub>i</sub><sup>−ψ</sup>");
        assert_eq!(text("|a| < b & `x_y`"), "&#124;a&#124; &#60; b &#38; <code>x&#95;y</code>");
        assert_eq!(text("open _{i"), "open <sub>i</sub>");
        assert_eq!(text("a } b"), "a } b");
        assert_eq!(text("<script>"), "&#60;script&#62;");
    }
}
