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

/// The rows of the study; `None` if it was not done.
fn rows(tables: &Tables) -> Result<Option<Vec<NumberRow>>> {
    match tables.study::<ControlsReport>("controls")? {
        Some(_) => Ok(Some(tables.rows(NUMBERS)?)),
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

fn spectrum(tables: &Tables) -> Result<Option<NullFinding>> {
    let Some(rows) = rows(tables)? else { return Ok(None) };
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
    let means = "Frozen noise falls as steeply and is as concentrated in its own components; out of the window that chose them they hold \
                 far less. The gap is that of the drift: frozen noise has none of its own.";
    let numbers = gap.into_iter().chain(decay).chain(share).chain(other).collect();
    Ok(Some(NullFinding { numbers, means: means.to_owned() }))
}

fn flattening(tables: &Tables) -> Result<Option<NullFinding>> {
    let Some(rows) = rows(tables)? else { return Ok(None) };
    let numbers = called(&rows, Quantity::Flattening, Components, |row| {
        format!("x in F ∝ i^{{x}}, F from the curvature, components {}–{}", row.first, row.last)
    });
    let means = "Components are ordered by variance; frozen noise orders them by flatness, too, because its variance follows the curvature.";
    Ok(Some(NullFinding { numbers: numbers.collect(), means: means.to_owned() }))
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
    let (Some(rows), Some(record)) = (rows(tables)?, tables.study::<ControlsReport>("controls")?) else {
        return Ok(None);
    };
    let last = rows.iter().filter(|row| row.quantity == Quantity::Psi).map(|row| row.last).max();
    let numbers = psi(&rows, record.report.level, |row| Some(row.last) == last && row.first == 2);
    let left = |number: &NullNumber| fixed(number.value - number.mean, 2);
    let means = match numbers.iter().find(|number| number.what.contains(words_of(Components))) {
        Some(number) => format!(
            "Of ψ along the components {} is left beyond frozen noise in a frozen parabola: the exponent is that of the noise, and of components \
             chosen by variance.",
            left(number)
        ),
        None => String::new(),
    };
    Ok(Some(NullFinding { numbers, means }))
}

fn few(tables: &Tables) -> Result<Option<NullFinding>> {
    let (Some(rows), Some(record)) = (rows(tables)?, tables.study::<ControlsReport>("controls")?) else {
        return Ok(None);
    };
    let numbers = psi(&rows, record.report.level, |row| row.first == 2 && row.last == FEW);
    let bands = record.report.bands.first().map_or_else(String::new, |band| {
        format!(
            "Along the {} steepest eigenvectors of the Hessian σ²κ/T is {} where frozen noise gives {}: there the landscape takes back what \
             the noise adds.",
            band.last,
            fixed(band.measured, 3),
            fixed(band.expected, 3)
        )
    });
    Ok(Some(NullFinding { numbers, means: bands }))
}

fn times(tables: &Tables) -> Result<Option<NullFinding>> {
    let Some(rows) = rows(tables)? else { return Ok(None) };
    let shown = [2, 10, 50, 200, 1000];
    let of = |basis| {
        let own = rows.iter().filter(move |row| {
            row.quantity == Quantity::Time && row.basis == basis && shown.contains(&row.first)
        });
        own.filter_map(move |row| {
            let what = match basis {
                Components => format!("1/e time of θ_{{{}}}, component, steps", row.first),
                _ => format!("the same along eigenvector {} of the Hessian", row.first),
            };
            number(row, what)
        })
    };
    let means = "Along components the time falls with rank for frozen noise, too; along directions that were not chosen by the variance \
                 it does not fall with flatness.";
    let numbers = of(Components).chain(of(Hessian)).collect();
    Ok(Some(NullFinding { numbers, means: means.to_owned() }))
}

fn counted(tables: &Tables) -> Result<Option<NullFinding>> {
    let Some(rows) = rows(tables)? else { return Ok(None) };
    let own = called(&rows, Quantity::Holding, Components, |_| {
        "components that hold 90 %, the width of the headline".to_owned()
    });
    let other = called(&rows, Quantity::HoldingOutOfSample, Halves, |_| {
        "components of one half that hold 90 % of the other".to_owned()
    });
    let numbers = own.chain(other).collect();
    let means = "Few directions hold the variance of one window; those of one half hold far less of the other half, for frozen noise as \
                 for the run. “Few” is true of a window, not of the process.";
    Ok(Some(NullFinding { numbers, means: means.to_owned() }))
}
