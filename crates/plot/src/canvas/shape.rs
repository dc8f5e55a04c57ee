//! The shapes of marks; outlines, in canvas units, of those that plotters has no element for.

use crate::canvas::units::units;

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

/// What tells series apart where their colours cannot: in print, or for colour-blind readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Dot,
    Diamond,
    Triangle,
    Square,
}

impl Shape {
    /// In the order in which series take them.
    pub(crate) const ALL: [Self; 4] = [Self::Dot, Self::Diamond, Self::Triangle, Self::Square];

    /// As large as a dot of that radius; none for the dot, which plotters draws itself.
    pub(crate) fn outline(self, (x, y): (i32, i32), radius: f64) -> Option<Vec<(i32, i32)>> {
        let r = |share: f64| units(share * radius);
        match self {
            Self::Dot => None,
            Self::Diamond => Some(diamond((x, y), radius)),
            Self::Triangle => {
                Some(vec![(x, y - r(1.5)), (x + r(1.35), y + r(0.85)), (x - r(1.35), y + r(0.85))])
            }
            Self::Square => {
                let half = r(0.89);
                Some(vec![
                    (x - half, y - half),
                    (x + half, y - half),
                    (x + half, y + half),
                    (x - half, y + half),
                ])
            }
        }
    }
}
