//! Text that went through other programs: marks of byte order, UTF-16, and what a spreadsheet makes of a table.

/// The text in a file: UTF-8, with or without a mark at its start. An error says what is wrong, not where.
pub(super) fn decoded(bytes: Vec<u8>) -> Result<String, String> {
    if is_utf16(&bytes) {
        return Err("is UTF-16 text; save it as UTF-8".to_owned());
    }
    let mut text = String::from_utf8(bytes)
        .map_err(|error| format!("is no UTF-8 text (from byte {} on)", error.utf8_error().valid_up_to()))?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// Text in two bytes a letter, with the mark or without it.
fn is_utf16(bytes: &[u8]) -> bool {
    match *bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [first, second, ..] => (first == 0) != (second == 0),
        _ => false,
    }
}

/// What a spreadsheet did to a table with commas between the columns and points in the numbers, if it looks like that.
pub(super) fn spreadsheet(table: &str) -> Option<&'static str> {
    let header = table.lines().next().unwrap_or_default();
    if header.starts_with("sep=") {
        return Some("a line `sep=` at its start");
    }
    let alone = |between| header.contains(between) && !header.contains(',');
    let between = [';', '\t'].into_iter().find(|between| alone(*between)).unwrap_or(',');
    let mut records = csv::ReaderBuilder::new();
    let mut records = records.delimiter(between as u8).flexible(true).from_reader(table.as_bytes());
    let commas = records.records().flatten().any(|record| record.iter().any(has_decimal_comma));
    match (between, commas) {
        (';', true) => Some("semicolons between the columns and commas in the numbers"),
        (';', false) => Some("semicolons between the columns"),
        ('\t', true) => Some("tabs between the columns and commas in the numbers"),
        ('\t', false) => Some("tabs between the columns"),
        (_, true) => Some("commas in the numbers"),
        (_, false) => None,
    }
}

/// Whether a field is a number with a comma before its decimals.
fn has_decimal_comma(field: &str) -> bool {
    field.contains(',') && field.replacen(',', ".", 1).trim().parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_with_a_mark_or_without_and_utf16_is_named() {
        assert_eq!(decoded(b"\xef\xbb\xbfa,b\n".to_vec()).unwrap(), "a,b\n");
        assert_eq!(decoded(b"a,b\n".to_vec()).unwrap(), "a,b\n");
        assert_eq!(decoded(Vec::new()).unwrap(), "");
        let utf16 = |big: bool, mark: bool| -> Vec<u8> {
            let text = if mark { "\u{feff}a,b" } else { "a,b" };
            text.encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect()
        };
        for (big, mark) in [(false, true), (true, true), (false, false), (true, false)] {
            assert!(decoded(utf16(big, mark)).unwrap_err().contains("UTF-16"));
        }
        assert!(decoded(b"a\xffb".to_vec()).unwrap_err().contains("byte 1"));
    }

    #[test]
    fn what_spreadsheets_do_is_seen_and_plain_tables_are_not() {
        for (table, what) in [
            ("index;variance\n1;0,5\n", "commas in the numbers"),
            ("index;variance\n1;0.5\n", "semicolons"),
            ("index\tvariance\n1\t0.5\n", "tabs"),
            ("index\tvariance\n1\t0,5\n", "commas in the numbers"),
            ("index,variance\n1,\"0,5\"\n", "commas in the numbers"),
            ("index,variance\n\"-1,5\",2\n", "commas in the numbers"),
            ("sep=,\nindex,variance\n1,0.5\n", "sep="),
        ] {
            assert!(spreadsheet(table).is_some_and(|said| said.contains(what)), "{table}");
        }
        for table in ["index,variance\n1,0.5\n", "group,label\n\"a, b\",1\n", "index\n1\n", "", "a,b\n1\n"] {
            assert_eq!(spreadsheet(table), None, "{table}");
        }
    }
}
