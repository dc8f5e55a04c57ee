//! Outlines of the marks that plotters has no element for, in canvas units.

use crate::style::units;

/// A square on its corner.
pub(crate) fn diamond((x, y): (i32, i32), radius: f64) -> Vec<(i32, i32)> {
    let r = units(radius * 1.25);
    vec![(x, y - r), (x + r, y), (x, y + r), (x - r, y)]
}

/// An arrow with its tip up.
pub(crate) fn arrow_up((x, y): (i32, i32), radius: f64) -> Vec<(i32, i32)> {
    let (head, stem, half) = (units(0.8 * radius), units(0.22 * radius), units(1.4 * radius));
    let neck = y - half + units(1.2 * radius);
    vec![
        (x, y - half),
        (x + head, neck),
        (x + stem, neck),
        (x + stem, y + half),
        (x - stem, y + half),
        (x - stem, neck),
        (x - head, neck),
    ]
}
