//! Which components are measured.

use super::Components;

impl Components {
    /// These of the `available` components, from 1: the first 50, then evenly spaced over the rest of the spectrum.
    pub fn selected(self, available: usize) -> Vec<usize> {
        let count = match self {
            Self::All(_) => available,
            Self::Some(count) => count.min(available),
        };
        let leading = count.min(50);
        let mut selected: Vec<usize> = (1..=leading).collect();
        let spaced = count - leading;
        selected.extend((1..=spaced).map(|step| leading + step * (available - leading) / spaced));
        selected
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::All;

    #[test]
    fn the_first_fifty_and_the_last_are_always_selected() {
        assert_eq!(Components::All(All::All).selected(2500), (1..=2500).collect::<Vec<_>>());
        let some = Components::Some(150).selected(2500);
        assert_eq!(some.len(), 150);
        assert_eq!(some[..50], (1..=50).collect::<Vec<_>>());
        assert_eq!(some[149], 2500);
        assert!(some.is_sorted_by(|a, b| a < b));
        assert_eq!(Components::Some(30).selected(2500).len(), 30);
        assert_eq!(Components::Some(150).selected(60), (1..=60).collect::<Vec<_>>());
    }
}
