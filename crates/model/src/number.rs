//! Numbers as people write them.

/// A number with every digit it has and no zeros beside them: `0.05`, `50`, `1e308`.
///
/// ```
/// use varflat_model::written;
/// assert_eq!([0.05, 50.0, 1e308, -2.5e-9].map(written), ["0.05", "50", "1e308", "-2.5e-9"]);
/// ```
pub fn written(value: f64) -> String {
    let text = format!("{value:?}");
    match text.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => text,
    }
}
