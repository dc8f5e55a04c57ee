//! Whether two quantities rise together, whatever the law: correlations of ranks.

/// Spearman's ρ: Pearson's correlation of the ranks, of which equal values share their mean. `None` of fewer than two pairs, of lists of
/// unequal length, or where one of the quantities has a single value or one that is no number.
///
/// ```
/// use varflat_analysis::spearman;
/// assert_eq!(spearman(&[1.0, 2.0, 30.0], &[-5.0, 0.0, 0.1]), Some(1.0));
/// assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
/// ```
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    usable(x, y)?;
    let (x, y) = (ranks(x), ranks(y));
    let middle = 0.5 * (x.len() as f64 + 1.0);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(&y) {
        let (dx, dy) = (x - middle, y - middle);
        xx += dx * dx;
        xy += dx * dy;
        yy += dy * dy;
    }
    (xx > 0.0 && yy > 0.0).then(|| (xy / (xx * yy).sqrt()).clamp(-1.0, 1.0))
}

/// Kendall's τ_b: (concordant − discordant pairs)/√((pairs not tied in x)(pairs not tied in y)). `None` as of [`spearman`].
///
/// By Knight's method (J. Am. Stat. Assoc. 61, 436, 1966), in n log n operations.
///
/// ```
/// use varflat_analysis::kendall;
/// // Of the three pairs two rise together.
/// assert!((kendall(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0]).unwrap() - 1.0 / 3.0).abs() < 1e-15);
/// ```
pub fn kendall(x: &[f64], y: &[f64]) -> Option<f64> {
    usable(x, y)?;
    // −0 + 0 is 0: a sign of zero is no order.
    let mut pairs: Vec<(f64, f64)> = x.iter().zip(y).map(|(x, y)| (x + 0.0, y + 0.0)).collect();
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
    let tied_x = tied(pairs.chunk_by(|one, other| one.0 == other.0));
    let tied_both = tied(pairs.chunk_by(|one, other| one == other));
    let mut values: Vec<f64> = pairs.into_iter().map(|pair| pair.1).collect();
    let swaps = sort_counting(&mut values);
    let tied_y = tied(values.chunk_by(|one, other| one == other));
    let all = of_pairs(x.len());
    let scale = ((all - tied_x) * (all - tied_y)).sqrt();
    // Pairs tied in x alone are sorted by y, so that each swap is a discordant pair.
    (scale > 0.0).then(|| (all - tied_x - tied_y + tied_both - 2.0 * swaps) / scale)
}

fn usable(x: &[f64], y: &[f64]) -> Option<()> {
    let numbers = x.iter().chain(y).all(|value| !value.is_nan());
    (x.len() == y.len() && x.len() > 1 && numbers).then_some(())
}

/// Ranks from 1; equal values have the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&one, &other| values[one].total_cmp(&values[other]));
    let (mut ranks, mut below) = (vec![0.0; values.len()], 0);
    for equal in order.chunk_by(|&one, &other| values[one] == values[other]) {
        for &place in equal {
            ranks[place] = below as f64 + 0.5 * (equal.len() as f64 + 1.0);
        }
        below += equal.len();
    }
    ranks
}

/// n(n − 1)/2.
fn of_pairs(n: usize) -> f64 {
    0.5 * n as f64 * (n as f64 - 1.0)
}

/// Pairs within groups.
fn tied<'a, T: 'a>(groups: impl Iterator<Item = &'a [T]>) -> f64 {
    groups.map(|group| of_pairs(group.len())).sum()
}

/// Sorts by merging; how many pairs stood the wrong way round.
fn sort_counting(values: &mut [f64]) -> f64 {
    let n = values.len();
    if n < 2 {
        return 0.0;
    }
    let (left, right) = values.split_at_mut(n / 2);
    let mut swaps = sort_counting(left) + sort_counting(right);
    let (mut merged, mut i, mut j) = (Vec::with_capacity(n), 0, 0);
    while i < left.len() && j < right.len() {
        if right[j] < left[i] {
            swaps += (left.len() - i) as f64;
            merged.push(right[j]);
            j += 1;
        } else {
            merged.push(left[i]);
            i += 1;
        }
    }
    merged.extend_from_slice(&left[i..]);
    merged.extend_from_slice(&right[j..]);
    values.copy_from_slice(&merged);
    swaps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers with many ties, and two zeros of different sign.
    fn values(factor: usize) -> Vec<f64> {
        let of = |n: usize| (n * factor * factor % 23) as f64 - 11.0;
        (0..120).map(of).chain([-0.0, 0.0]).collect()
    }

    fn pairs(x: &[f64], y: &[f64]) -> [f64; 4] {
        let mut counts = [0.0; 4];
        for i in 0..x.len() {
            for j in 0..i {
                let (dx, dy) = (x[i] - x[j], y[i] - y[j]);
                counts[0] += if dx * dy > 0.0 { 1.0 } else { 0.0 };
                counts[1] += if dx * dy < 0.0 { 1.0 } else { 0.0 };
                counts[2] += if dx != 0.0 { 1.0 } else { 0.0 };
                counts[3] += if dy != 0.0 { 1.0 } else { 0.0 };
            }
        }
        counts
    }

    #[test]
    fn kendall_counts_every_pair() {
        for (one, other) in [(1, 1), (3, 5), (2, 7), (4, 9)] {
            let (x, y) = (values(one), values(other));
            let [concordant, discordant, not_x, not_y] = pairs(&x, &y);
            let expected = (concordant - discordant) / f64::sqrt(not_x * not_y);
            assert!((kendall(&x, &y).unwrap() - expected).abs() < 1e-14, "{one} {other}");
            let opposite: Vec<f64> = y.iter().map(|y| -y).collect();
            assert!((kendall(&x, &opposite).unwrap() + expected).abs() < 1e-14);
        }
    }

    /// Without ties ρ = 1 − 6Σd²/n(n² − 1); with ties, of 1, 2, 2, 3 and 1, 3, 2, 4 by hand: 4.5/√(4.5·5).
    #[test]
    fn spearman_is_that_of_its_definition() {
        let x: Vec<f64> = (0..41).map(f64::from).collect();
        let y: Vec<f64> = (0..41).map(|n| f64::from(n * 19 % 41).exp()).collect();
        let squares: f64 = (0..41).map(|n| f64::from(n - n * 19 % 41).powi(2)).sum();
        let expected = 1.0 - 6.0 * squares / (41.0 * (41.0 * 41.0 - 1.0));
        assert!((spearman(&x, &y).unwrap() - expected).abs() < 1e-14);
        let tied = spearman(&[1.0, 2.0, 2.0, 3.0], &[1.0, 3.0, 2.0, 4.0]).unwrap();
        assert!((tied - 4.5 / f64::sqrt(4.5 * 5.0)).abs() < 1e-14);
    }

    #[test]
    fn what_has_no_order_has_no_correlation() {
        for correlation in [spearman, kendall] {
            assert_eq!(correlation(&[1.0], &[2.0]), None);
            assert_eq!(correlation(&[1.0, 2.0], &[2.0]), None);
            assert_eq!(correlation(&[1.0, f64::NAN], &[2.0, 3.0]), None);
            assert_eq!(correlation(&[1.0, 2.0], &[2.0, 2.0]), None);
            assert!((correlation(&[1.0, 2.0], &[2.0, -2.0]).unwrap() + 1.0).abs() < 1e-15);
        }
    }
}
