//! What to do about elements that are no floats: one line of numpy for each.

/// What is wrong with an element type that weights cannot be read from, and how to make another of it.
pub fn element_remedy(element: &str) -> String {
    let kind = element.trim_start_matches(['<', '>', '=', '|']);
    let float = "np.save(f, np.load(f).astype(\"<f4\"))";
    let (what, line) = match kind.as_bytes() {
        b"V2" | b"bfloat16" => (
            "16-bit values without a name, which is what bfloat16 is saved as",
            "np.save(f, (np.load(f).view(\"<u2\").astype(\"<u4\") << 16).view(\"<f4\"))",
        ),
        [b'O', ..] => (
            "pickled objects (a list of arrays of unequal shapes, or of tensors), which are programs and not opened here",
            "np.save(f, np.stack([np.asarray(w, \"<f4\").ravel() for w in np.load(f, allow_pickle=True)]))",
        ),
        [b'c', ..] => {
            ("complex numbers", "np.save(f, np.load(f).view(\"<f8\")), which makes two columns of each")
        }
        [b'i' | b'u' | b'b', ..] => (
            "whole numbers (quantised weights need their scale as well)",
            "np.save(f, np.load(f).astype(\"<f4\"))",
        ),
        [b'f', b'1', b'6' | b'2'] => ("long doubles", "np.save(f, np.load(f).astype(\"<f8\"))"),
        [b'[', ..] | [b'V', ..] => (
            "records of named fields, or raw bytes",
            "np.save(f, np.lib.recfunctions.structured_to_unstructured(np.load(f)))",
        ),
        [b'U' | b'S' | b'M' | b'm', ..] => ("text or dates", float),
        _ => ("no floats of 16, 32 or 64 bits", "np.save(f, a.astype(\"<f4\")), where `a` was saved"),
    };
    format!("'{}': {what}: {line}", shortened(element).escape_debug())
}

/// For messages: a header's text may be as long as the header.
pub fn shortened(text: &str) -> String {
    if text.is_empty() {
        return "nothing".to_owned();
    }
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
