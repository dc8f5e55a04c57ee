//! Which components are measured.

use super::Components;

/// The components to measure, from 1: the first 50, then evenly spaced over the rest of the spectrum.
pub fn chosen(components: Components, available: usize) -> Vec<usize> {
    let count = match components {
        Components::All(_) => available,
        Components::Some(count) => count.min(available),
    };
    let leading = count.min(50);
    let mut chosen: Vec<usize> = (1..=leading).collect();
    let spaced = count - leading;
    chosen.extend((1..=spaced).map(|step| leading + step * (available - leading) / spaced));
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::All;

    #[test]
    fn the_first_fifty_and_the_last_are_always_chosen() {
        assert_eq!(chosen(Components::All(All::All), 2500), (1..=2500).collect::<Vec<_>>());
        let some = chosen(Components::Some(150), 2500);
        assert_eq!(some.len(), 150);
        assert_eq!(some[..50], (1..=50).collect::<Vec<_>>());
        assert_eq!(some[149], 2500);
        assert!(some.is_sorted_by(|a, b| a < b));
        assert_eq!(chosen(Components::Some(30), 2500).len(), 30);
        assert_eq!(chosen(Components::Some(150), 60), (1..=60).collect::<Vec<_>>());
    }
}
