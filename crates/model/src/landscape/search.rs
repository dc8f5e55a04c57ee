//! What a search along one direction already knows, tile by tile, and what it need not compute again.

/// The tiles left out of a loss hold together less than this share of it, at either end of the bracket.
const LEFT_OUT: f64 = 1e-6;

/// Brackets wider than this factor are evaluated in full: between distant offsets anything may happen.
const NARROW: f64 = 2.0 + 1e-9;

/// The sum of the losses of every tile at one offset.
#[derive(Clone)]
pub(super) struct Evaluation {
    pub(super) offset: f64,
    /// One sum a tile; of tiles left out, the value on the straight line between the ends of the bracket.
    pub(super) sums: Vec<f64>,
    /// Tiles not to be computed.
    pub(super) left_out: Vec<bool>,
}

impl Evaluation {
    /// All tiles are to be computed.
    pub(super) fn whole(offset: f64, tiles: usize) -> Self {
        Self { offset, sums: vec![0.0; tiles], left_out: vec![false; tiles] }
    }

    /// Tiles that matter neither at `before` nor at `after` are left out.
    fn between(before: &Self, after: &Self, offset: f64) -> Self {
        let share = |evaluation: &Self| 1.0 / evaluation.total();
        let (before_share, after_share) = (share(before), share(after));
        let shares: Vec<f64> = before
            .sums
            .iter()
            .zip(&after.sums)
            .map(|(before, after)| (before * before_share).max(after * after_share))
            .collect();
        let mut least: Vec<usize> = (0..shares.len()).collect();
        least.sort_by(|&one, &other| shares[one].total_cmp(&shares[other]));
        let mut evaluation = Self::whole(offset, shares.len());
        let place = (offset - before.offset) / (after.offset - before.offset);
        let mut held = 0.0;
        for tile in least {
            held += shares[tile];
            if held >= LEFT_OUT {
                break;
            }
            evaluation.left_out[tile] = true;
            evaluation.sums[tile] = before.sums[tile] + place * (after.sums[tile] - before.sums[tile]);
        }
        evaluation
    }

    /// The sum of the losses of all samples.
    pub(super) fn total(&self) -> f64 {
        self.sums.iter().sum()
    }
}

/// Everything evaluated along the present direction, in order of the offsets.
pub(super) struct Known(Vec<Evaluation>);

impl Known {
    /// Nothing yet.
    pub(super) fn nothing() -> Self {
        Self(Vec::new())
    }

    /// Turn to another direction.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// What to compute for the loss at an offset.
    pub(super) fn prepare(&self, offset: f64, tiles: usize) -> Evaluation {
        let after = self.0.partition_point(|known| known.offset < offset);
        let bracket = after.checked_sub(1).and_then(|before| Some((&self.0[before], self.0.get(after)?)));
        match bracket {
            Some((before, after)) if is_narrow(before, after) => Evaluation::between(before, after, offset),
            _ => Evaluation::whole(offset, tiles),
        }
    }

    /// Keep what was computed.
    pub(super) fn insert(&mut self, evaluation: Evaluation) {
        let place = self.0.partition_point(|known| known.offset < evaluation.offset);
        self.0.insert(place, evaluation);
    }
}

/// Whether two offsets lie on the same side of w_0, no more than a factor of two apart, with losses that say something.
fn is_narrow(before: &Evaluation, after: &Evaluation) -> bool {
    let ratio = after.offset / before.offset;
    let says = |evaluation: &Evaluation| evaluation.total() > 0.0 && evaluation.total().is_finite();
    (1.0 / NARROW..=NARROW).contains(&ratio) && says(before) && says(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(offset: f64, sums: &[f64]) -> Evaluation {
        Evaluation { sums: sums.to_vec(), ..Evaluation::whole(offset, sums.len()) }
    }

    fn left_out(evaluations: &[Evaluation], offset: f64) -> Vec<bool> {
        let mut all = Known::nothing();
        evaluations.iter().for_each(|evaluation| all.insert(evaluation.clone()));
        all.prepare(offset, 4).left_out
    }

    #[test]
    fn a_tile_is_left_out_only_where_it_matters_at_neither_end() {
        let ends = [known(2.0, &[1.0, 1e-8, 5e-7, 1e-8]), known(4.0, &[2.0, 1e-8, 1e-8, 1e-3])];
        assert_eq!(left_out(&ends, 3.0), [false, true, true, false]);
        let prepared = {
            let mut all = Known::nothing();
            ends.iter().rev().for_each(|evaluation| all.insert(evaluation.clone()));
            all.prepare(2.5, 4)
        };
        assert!((prepared.sums[2] - (0.75 * 5e-7 + 0.25 * 1e-8)).abs() < 1e-20);
        // Two that are small each but not together.
        let ends = [known(-4.0, &[1.0, 7e-7, 7e-7, 1.0]), known(-2.0, &[1.0, 0.0, 0.0, 1.0])];
        assert_eq!(left_out(&ends, -3.0).iter().filter(|&&left_out| left_out).count(), 2);
        let ends = [known(-4.0, &[1.0, 1.5e-6, 1.5e-6, 1.0]), known(-2.0, &[1.0, 0.0, 0.0, 1.0])];
        assert_eq!(left_out(&ends, -3.0).iter().filter(|&&left_out| left_out).count(), 1);
    }

    #[test]
    fn nothing_is_left_out_of_what_is_not_enclosed() {
        let sums = [1.0, 0.0, 0.0, 0.0];
        let far = [known(2.0, &sums), known(4.1, &sums)];
        let around = [known(-1.0, &sums), known(1.0, &sums)];
        let overflow = [known(2.0, &sums), known(4.0, &[f64::INFINITY, 0.0, 0.0, 0.0])];
        let nonsense = [known(2.0, &sums), known(4.0, &[f64::NAN; 4])];
        let nothing = [known(2.0, &[0.0; 4]), known(4.0, &sums)];
        for (ends, offset) in [
            (&far, 3.0),
            (&far, 5.0),
            (&far, 1.0),
            (&around, 0.5),
            (&overflow, 3.0),
            (&nonsense, 3.0),
            (&nothing, 3.0),
        ] {
            assert_eq!(left_out(ends, offset), [false; 4], "{offset}");
        }
    }
}
