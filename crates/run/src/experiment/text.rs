//! Files of keys and values: read so that nothing in them is left out, and refused in plain words.

use serde::de::DeserializeOwned;
use varflat_model::written;

use crate::error::{Error, Result};
use crate::kind::Kind;

/// The largest whole number of a TOML file, and its opposite the least.
const LARGEST: i64 = i64::MAX;

/// Read the keys of a file of some kind from its text; `origin` names it in errors.
///
/// # Errors
/// [`Error::Experiment`] for TOML that does not parse, an unknown or missing key, a value that does not fit its key;
/// [`Error::OtherKind`] for a file of another kind.
pub fn parsed<T: DeserializeOwned>(text: &str, origin: &str, kind: Kind) -> Result<T> {
    let origin = || origin.to_owned();
    // First from the text, because only this names line and column; then from the table, because only this counts the values of a
    // list, and knows how large a number may be.
    let whole = toml::from_str::<T>(text).and_then(|_| toml::from_str::<toml::Table>(text)?.try_into());
    whole.map_err(|error| match Kind::of(text).filter(|found| *found != kind) {
        Some(found) => Error::OtherKind { origin: origin(), found, asked: kind },
        None => Error::Experiment { origin: origin(), problem: plainly(error.to_string().trim_end()) },
    })
}

/// What the reader of TOML says, without the names of types.
pub(crate) fn plainly(message: &str) -> String {
    const WORDS: [(&str, &str); 15] = [
        ("expected f64", "expected a number"),
        ("expected usize", "expected a whole number from 0"),
        ("expected u64", "expected a whole number from 0"),
        ("expected u32", "expected a whole number from 0"),
        ("expected u8", "expected a whole number from 0 to 255"),
        ("expected a boolean", "expected true or false"),
        ("expected a sequence", "expected a list, such as [50, 50]"),
        ("invalid type: sequence", "invalid type: a list"),
        ("u64 value was too large", "whole numbers are at most 9223372036854775807"),
        ("invalid type: unit variant, expected string only", "expected a word in quotes"),
        ("wanted string or table", "expected a word in quotes"),
        ("expected fewer elements in array", "which are too many values"),
        ("expected an array of length 2", "expected a list of two, such as [20, 200]"),
        ("floating point", "number"),
        ("invalid length", "length"),
    ];
    let mut plain = WORDS.iter().fold(with_short_numbers(message), |text, (from, to)| text.replace(from, to));
    if let Some(at) = plain.find("expected struct ") {
        let end = plain[at..].find('\n').map_or(plain.len(), |length| at + length);
        plain.replace_range(at..end, "expected a section of keys");
    }
    match as_a_list(&plain) {
        Some(list) => format!("{plain}: write {list}"),
        None => plain,
    }
}

/// How the bare values between commas that a message quotes are written as a list.
fn as_a_list(message: &str) -> Option<String> {
    let quoted = message.split_once("string \"")?.1;
    let (values, rest) = quoted.split_once('"')?;
    let values: Vec<&str> = values.split(',').map(str::trim).collect();
    (values.len() > 1 && rest.starts_with(", expected a list")).then(|| format!("[{}]", values.join(", ")))
}

/// A value in TOML, or a bare word.
pub fn toml_value(text: &str) -> toml::Value {
    let one = toml::from_str::<toml::Table>(&format!("value = {text}")).ok().filter(|table| table.len() == 1);
    one.and_then(|mut parsed| parsed.remove("value"))
        .unwrap_or_else(|| toml::Value::String(text.trim().to_owned()))
}

/// The same message with no number of hundreds of digits: 1e308.
fn with_short_numbers(message: &str) -> String {
    const NUMBER: &str = "floating point `";
    let mut parts = message.split(NUMBER);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += NUMBER;
        let quoted = part.split_once('`').filter(|(digits, _)| digits.len() > LONGEST_NUMBER);
        match quoted.and_then(|(digits, rest)| Some((digits.parse::<f64>().ok()?, rest))) {
            Some((number, rest)) => text += &format!("{}`{rest}", written(number)),
            None => text += part,
        }
    }
    text
}

/// Longest number that is shown with all its zeros.
const LONGEST_NUMBER: usize = 20;

/// A value as TOML writes it, but for numbers of hundreds of digits: 1e308.
pub fn shown(value: &toml::Value) -> String {
    match (value, value.to_string()) {
        (toml::Value::Float(number), text) if text.len() > LONGEST_NUMBER => written(*number),
        (_, text) => text,
    }
}

/// Why a value of the command line can be none: a whole number that is too large, or more than one line.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_value(text: &str) -> std::result::Result<(), String> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit() || digit == '_');
    if whole && matches!(toml_value(text), toml::Value::String(_)) {
        // With a zero before it, say, it is no number of TOML, but not too large either.
        return match text.replace('_', "").parse::<i64>() {
            Ok(number) => Err(format!("{text}: write {number}")),
            Err(_) => Err(format!("{text} is too large: whole numbers are at most {LARGEST}")),
        };
    }
    match text.contains(|letter: char| letter.is_control()) {
        true => Err(format!("{text:?} should be on one line")),
        false => Ok(()),
    }
}

/// Apply one `section.key=value`; the value is TOML, or a bare word. Of `data.set` and `data.folder` the one that is set takes the
/// place of the other.
pub(super) fn set(table: &mut toml::Table, text: &str) -> Result<()> {
    let invalid = |problem: &str| Error::Setting {
        option: "--set",
        settings: vec![text.to_owned()],
        problem: problem.to_owned(),
    };
    let (path, value) = text.split_once('=').ok_or_else(|| invalid("write it as section.key=value"))?;
    check_value(value).map_err(|problem| invalid(&problem))?;
    let value = toml_value(value);
    let mut keys: Vec<&str> = path.trim().split('.').map(str::trim).collect();
    if keys.iter().any(|key| key.is_empty()) {
        return Err(invalid("the key is empty: write it as section.key=value"));
    }
    let last = keys.pop().unwrap_or_default();
    let mut section = table;
    for key in keys {
        section = section
            .entry(key)
            .or_insert_with(|| toml::Value::Table(toml::Table::new()))
            .as_table_mut()
            .ok_or_else(|| invalid("the key leads into something that is not a section"))?;
    }
    match path.trim() {
        "data.set" => section.remove("folder"),
        "data.folder" => section.remove("set"),
        _ => None,
    };
    section.insert(last.to_owned(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_plain_names_and_a_list_its_brackets() {
        let list = plainly("invalid type: string \"50,50\", expected a sequence\nin `model.hidden`");
        assert!(list.contains("expected a list") && list.ends_with("write [50, 50]"), "{list}");
        assert_eq!(
            plainly("invalid type: string \"x\", expected f64"),
            "invalid type: string \"x\", expected a number"
        );
        assert_eq!(
            plainly("invalid type: integer `3`, expected struct ModelSection\nin `model`"),
            "invalid type: integer `3`, expected a section of keys\nin `model`"
        );
        let nested = plainly("invalid type: sequence, expected a string\nin `name`");
        assert_eq!(nested, "invalid type: a list, expected a string\nin `name`");
        let large = toml::from_str::<toml::Table>("seed = 18446744073709551615").unwrap_err().to_string();
        assert!(plainly(&large).contains(&format!("at most {LARGEST}")), "{large}");
        for (number, short) in [(1e308, "1e308"), (1e-308, "1e-308"), (-2.5e300, "-2.5e300"), (1.5, "1.5")] {
            assert_eq!(
                plainly(&format!("invalid type: floating point `{number}`, expected a string\nin `name`")),
                format!("invalid type: number `{short}`, expected a string\nin `name`")
            );
        }
    }

    #[test]
    fn values_that_are_none_are_named() {
        for (value, part) in [
            ("18446744073709551615", "at most 9223372036854775807"),
            ("9223372036854775808", "at most 9223372036854775807"),
            ("-9223372036854775809", "too large"),
            ("007", "write 7"),
            ("1\nb = 2", "one line"),
        ] {
            let problem = check_value(value).unwrap_err();
            assert!(problem.contains(part), "{problem}");
        }
        for value in
            ["9223372036854775807", "-1", "1e308", "[50, 50]", "word", "1_000", "\"18446744073709551615\""]
        {
            assert_eq!(check_value(value), Ok(()), "{value}");
        }
    }
}
