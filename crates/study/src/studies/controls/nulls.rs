//! Numbers of the claims beside what replays of frozen noise give for them.

use varflat_analysis::Basis::{self, Components, Halves, Hessian};
use varflat_run::error::Result;

use super::tables::{ControlsReport, NUMBERS, NumberRow, Quantity, words_of};
use crate::part::{NullEntry, NullFinding, NullNumber, Tables};
use crate::words::fixed;

pub(super) const NULLS: &[NullEntry] = &[
    NullEntry { claims: &["2"], find: spectrum },
    NullEntry { claims: &["5"], find: flattening },
    NullEntry { claims: &["6a"], find: many },
    NullEntry { claims: &["6b"], find: few },
    NullEntry { claims: &["8"], find: times },
    NullEntry { claims: &["10"], find: counted },
];

/// The directions that carry nearly all of the motion.
const FEW: usize = 40;

/// What the study found, and its rows; `None` if it was not done.
fn read(tables: &Tables) -> Result<Option<(ControlsReport, Vec<NumberRow>)>> {
    match tables.study::<ControlsReport>("controls")? {
        Some(record) => Ok(Some((record.report, tables.rows(NUMBERS)?))),
        None => Ok(None),
    }
}

/// A row beside its null, if the replays have it.
fn number(row: &NumberRow, what: String) -> Option<NullNumber> {
    Some(NullNumber {
        what,
        value: row.value?,
        mean: row.replay_mean?,
        deviation: row.replay_deviation?,
        verdict: row.verdict,
        table: NUMBERS,
    })
}

/// The rows of a quantity, called so.
fn called<'a>(
    rows: &'a [NumberRow],
    quantity: Quantity,
    basis: Basis,
    what: impl Fn(&NumberRow) -> String + 'a,
) -> impl Iterator<Item = NullNumber> + 'a {
    let own = rows.iter().filter(move |row| row.quantity == quantity && row.basis == basis);
    own.filter_map(move |row| number(row, what(row)))
}

/// `0.90 (frozen noise: 0.91)`, if the row has a null.
fn beside(row: Option<&NumberRow>, decimals: usize) -> Option<String> {
    let row = row?;
    let (value, mean) = (fixed(row.value?, decimals), fixed(row.replay_mean?, decimals));
    Some(format!("{value} (frozen noise: {mean})"))
}

/// The first row of a quantity.
fn first(rows: &[NumberRow], quantity: Quantity, basis: Basis) -> Option<&NumberRow> {
    rows.iter().find(|row| row.quantity == quantity && row.basis == basis)
}

/// The last direction of the ranges that a quantity was taken over.
fn widest(rows: &[NumberRow], quantity: Quantity) -> Option<usize> {
    rows.iter().filter(|row| row.quantity == quantity).map(|row| row.last).max()
}

/// The sentences that there are.
fn sentences<const N: usize>(of: [Option<String>; N]) -> String {
    of.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn spectrum(tables: &Tables) -> Result<Option<NullFinding>> {
    let Some((_, rows)) = read(tables)? else { return Ok(None) };
    let one = |quantity, basis, what: &str| {
        let what = what.to_owned();
        called(&rows, quantity, basis, move |_| what.clone()).collect::<Vec<_>>()
    };
    let gap = one(Quantity::GapWithDrift, Components, "gap, the measured line in time added to frozen noise");
    let decay = called(&rows, Quantity::Decay, Components, |row| {
        format!("γ over components {}–{}", row.first, row.last)
    });
    let share = one(Quantity::Share, Components, "share of the 35 components");
    let other = one(Quantity::ShareOutOfSample, Halves, "the same 35 of one half in the other half");
    let means = sentences([
        beside(first(&rows, Quantity::Share, Components), 2)
            .map(|share| format!("Of the window that chose them 35 components hold {share}.")),
        beside(first(&rows, Quantity::ShareOutOfSample, Halves), 2)
            .map(|share| format!("Those of one half hold {share} of the other half.")),
        beside(first(&rows, Quantity::GapWithDrift, Components), 1)
            .map(|gap| format!("The gap is {gap} once the drift of the run is added to the noise.")),
        beside(first(&rows, Quantity::Gap, Components), 1)
            .map(|gap| format!("Without the drift it is {gap}.")),
    ]);
    let numbers = gap.into_iter().chain(decay).chain(share).chain(other).collect();
    Ok(Some(NullFinding { numbers, means }))
}

fn flattening(tables: &Tables) -> Result<Option<NullFinding>> {
    let Some((_, rows)) = read(tables)? else { return Ok(None) };
    let widest = widest(&rows, Quantity::Flattening);
    let own = rows.iter().filter(|row| row.quantity == Quantity::Flattening && row.first == 2);
    let shown = own.filter(|row| row.last == FEW || Some(row.last) == widest);
    let numbers: Vec<NullNumber> = shown
        .filter_map(|row| {
            let what =
                format!("x in F ∝ i^{{x}}, F from the curvature, components {}–{}", row.first, row.last);
            number(row, what)
        })
        .collect();
    let too = numbers.iter().all(|number| number.value * number.mean > 0.0);
    let means = match too {
        true => "Components are ordered by variance; those of frozen noise become flatter with rank, too.",
        false => "Components of frozen noise do not become flatter with rank.",
    };
    Ok(Some(NullFinding { numbers, means: means.to_owned() }))
}

/// ψ over the ranges that are wanted, along components and eigenvectors of the Hessian.
fn psi(rows: &[NumberRow], level: Option<f64>, wanted: impl Fn(&NumberRow) -> bool) -> Vec<NullNumber> {
    let own = rows.iter().filter(|row| row.quantity == Quantity::Psi && wanted(row));
    let bases = own.filter(|row| [Components, Hessian].contains(&row.basis));
    let wanted = bases.filter(|row| row.level.is_none() || row.level == level);
    let called = |row: &NumberRow| {
        let of = if row.level.is_some() { "F as measured" } else { "F from the curvature" };
        number(row, format!("ψ, {of}, {} {}–{}", words_of(row.basis), row.first, row.last))
    };
    wanted.filter_map(called).collect()
}

fn many(tables: &Tables) -> Result<Option<NullFinding>> {
    let Some((report, rows)) = read(tables)? else { return Ok(None) };
    let widest = widest(&rows, Quantity::Psi);
    let numbers = psi(&rows, report.level, |row| Some(row.last) == widest && row.first == 2);
    let along = |basis| numbers.iter().find(move |number| number.what.contains(words_of(basis)));
    let left = |number: &NullNumber| format!("{} of ψ = {}", fixed(number.mean, 2), fixed(number.value, 2));
    let means = sentences([
        along(Components).map(|number| {
            format!("Along the components frozen noise in a frozen parabola gives {}.", left(number))
        }),
        along(Hessian).map(|number| {
            format!("Along the eigenvectors of the Hessian, which no variance chose, {}.", left(number))
        }),
    ]);
    Ok(Some(NullFinding { numbers, means }))
}

fn few(tables: &Tables) -> Result<Option<NullFinding>> {
    let Some((report, rows)) = read(tables)? else { return Ok(None) };
    let numbers = psi(&rows, report.level, |row| row.first == 2 && row.last == FEW);
    let bands = report.bands.first().map_or_else(String::new, |band| {
        format!(
            "Along the {} steepest eigenvectors of the Hessian σ²κ/T is {}, where the exact formula of frozen noise gives {}; thermal \
             equilibrium would be 1.",
            band.last,
            fixed(band.measured, 3),
            fixed(band.expected, 3)
        )
    });
    Ok(Some(NullFinding { numbers, means: bands }))
}

fn times(tables: &Tables) -> Result<Option<NullFinding>> {
    let Some((_, rows)) = read(tables)? else { return Ok(None) };
    let shown = [2, 10, 50, 200, 1000];
    let of = |basis| {
        rows.iter().filter(move |row| {
            row.quantity == Quantity::Time && row.basis == basis && shown.contains(&row.first)
        })
    };
    let called = |row: &NumberRow| {
        let what = match row.basis {
            Components => format!("1/e time of θ_{{{}}}, component, steps", row.first),
            _ => format!("the same along eigenvector {} of the Hessian", row.first),
        };
        number(row, what)
    };
    let from_to = |basis| {
        let with = || of(basis).filter(|row| row.value.is_some() && row.replay_mean.is_some());
        let (steep, flat) = (with().next()?, with().next_back()?);
        let (steepest, flattest) = (beside(Some(steep), 0)?, beside(Some(flat), 0)?);
        Some(format!(
            "From {} {} to {} the time goes from {steepest} to {flattest} steps.",
            words_of(basis),
            steep.first,
            flat.first
        ))
    };
    let means = sentences([from_to(Components), from_to(Hessian)]);
    let numbers = of(Components).chain(of(Hessian)).filter_map(called).collect();
    Ok(Some(NullFinding { numbers, means }))
}

fn counted(tables: &Tables) -> Result<Option<NullFinding>> {
    let Some((_, rows)) = read(tables)? else { return Ok(None) };
    let own = called(&rows, Quantity::Holding, Components, |_| {
        "components that hold 90 %, the width of the headline".to_owned()
    });
    let other = called(&rows, Quantity::HoldingOutOfSample, Halves, |_| {
        "components of one half that hold 90 % of the other".to_owned()
    });
    let numbers = own.chain(other).collect();
    let means = sentences([
        beside(first(&rows, Quantity::Holding, Components), 0)
            .map(|count| format!("Of the window that chose them {count} components hold 90 %.")),
        beside(first(&rows, Quantity::HoldingOutOfSample, Halves), 0)
            .map(|count| format!("Of those of one half it takes {count} to hold 90 % of the other half.")),
    ]);
    Ok(Some(NullFinding { numbers, means }))
}
