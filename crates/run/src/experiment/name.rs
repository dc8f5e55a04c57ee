//! Names of experiments, studies and sweeps, which become those of folders and stand in figures.

/// The longest name in bytes: file systems take 255, and files are called after it.
const LONGEST: usize = 120;

/// Names that Windows keeps for devices.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Whether a name can be that of a folder: it leads nowhere else, and prints as what it is.
pub fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST
        && !name.starts_with('.')
        && name.trim() == name
        && !DEVICES.contains(&name.to_lowercase().as_str())
        && !name.contains(|letter: char| matches!(letter, '/' | '\\') || is_invisible(letter))
}

/// The complaint about a name that is not.
///
/// # Errors
/// It cannot; the words name the key.
pub fn check_name(key: &str, name: &str) -> std::result::Result<(), String> {
    match is_plain(name) {
        true => Ok(()),
        false => Err(format!(
            "{key} = {name:?} must be a plain word, because it names files: at most {LONGEST} bytes, no dot or space at its start, no \
             space at its end, no slash, nothing that does not show"
        )),
    }
}

/// Control characters, spaces but the ordinary one, and those that change how others are shown (Unicode's category Cf).
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || (letter.is_whitespace() && letter != ' ')
        || matches!(
            letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_shows_is_a_name() {
        for name in ["x", "seed 1", "headline-quick", "ψ", "mein Lauf", "a.b", "console"] {
            assert!(is_plain(name), "{name}");
        }
        let long = "x".repeat(LONGEST + 1);
        for name in [
            "",
            " ",
            "x ",
            " x",
            ".x",
            "..",
            "a/b",
            "a\\b",
            "a\u{202e}b",
            "a\u{200b}",
            "a\u{a0}b",
            "a\tb",
            "NUL",
            &long,
        ] {
            let problem = check_name("name", name).unwrap_err();
            assert!(problem.starts_with("name = ") && !problem.contains('\u{202e}'), "{problem}");
        }
    }
}
