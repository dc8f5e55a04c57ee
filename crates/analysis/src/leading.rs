//! The relation among the components in which most moves, where it need not be the inverse one.

use crate::{Component, Estimate, scaling};

/// The components of most variance after the first: about those that hold 90 % of it (Feng & Tu 2021).
pub const LEADING: [usize; 2] = [2, 40];

/// x of σ² ∝ F^x over the [`LEADING`] components alone that are trusted and have a flatness; `None` where they have no slope.
///
/// ```
/// use varflat_analysis::{Component, leading_exponent};
///
/// let component = |index: usize, exponent: f64| {
///     let flatness = 1.0 + index as f64;
///     Component { index, variance: flatness.powf(exponent), flatness: Some(flatness), trusted: true }
/// };
/// // σ² rises with F among the first, and falls among the many others.
/// let all: Vec<Component> = (1..300).map(|index| component(index, if index <= 40 { 1.5 } else { -4.0 })).collect();
/// assert!((leading_exponent(&all).unwrap().value - 1.5).abs() < 1e-9);
/// ```
pub fn leading_exponent(components: &[Component]) -> Option<Estimate> {
    let [first, last] = LEADING;
    let leading =
        components.iter().filter(|component| component.trusted && (first..=last).contains(&component.index));
    let points = leading.filter_map(|component| Some((component.flatness?, component.variance)));
    Some(scaling(points).ok()?.estimate())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_trusted_leading_components_count() {
        let component = |index: usize, slope: f64, trusted: bool| {
            let flatness = index as f64;
            Component { index, variance: flatness.powf(slope), flatness: Some(flatness), trusted }
        };
        let mut components: Vec<Component> = (2..=40).map(|index| component(index, 3.0, true)).collect();
        components.push(component(1, -70.0, true));
        components.extend((41..=90).map(|index| component(index, -9.0, true)));
        components.push(component(5, 70.0, false));
        components.push(Component { flatness: None, ..component(6, 70.0, true) });
        let found = leading_exponent(&components).unwrap();
        assert!((found.value - 3.0).abs() < 1e-9 && found.low().unwrap() <= found.value);
        assert_eq!(leading_exponent(&[]), None);
        assert_eq!(leading_exponent(&components[..2]), None);
    }
}
