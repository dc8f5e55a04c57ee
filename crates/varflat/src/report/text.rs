//! Words and numbers as the page and the Markdown print them.

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

/// A duration as a person would say it.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        short if short < 1.0 => format!("{short:.2} s"),
        some if some < 120.0 => format!("{some:.1} s"),
        some if some < 7200.0 => format!("{:.1} min", some / 60.0),
        long if long < 172_800.0 => format!("{:.1} h", long / 3600.0),
        long => format!("{:.1} days", long / 86_400.0),
    }
}

/// With two digits, as in 5.1·10⁻⁵.
pub(crate) fn two_digits(value: f64) -> String {
    crate::figures::scientific(format!("{value:.1e}").parse().unwrap_or(value))
}

/// "1 run", "2 runs".
pub(crate) fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
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

    #[test]
    fn durations_and_counts_are_said_as_people_say_them() {
        assert_eq!(
            (duration(0.25), duration(73.16), duration(488.5)),
            ("0.25 s".into(), "73.2 s".into(), "8.1 min".into())
        );
        assert_eq!((duration(10_000.0), duration(1e6)), ("2.8 h".into(), "11.6 days".into()));
        assert_eq!((count(1, "run"), count(6, "run")), ("1 run".into(), "6 runs".into()));
        assert_eq!(two_digits(5.115e-5), "5.1·10⁻⁵");
    }
}
