//! The inverse variance–flatness relation.

use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::colour_scale::ColourScale;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::Panel;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{DATA_LINE, GREY, GUIDE_LINE, INK, POINT_RADIUS, VERMILLION};
use crate::figures::power_law_line::{PowerLawLine, range, through_middle};
use crate::number::{by_range, significant, with_bend};
use crate::{Figure, PlotError, check};

/// One component: how flat its direction is and how far the weights move along it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The component i, counted from 1.
    pub index: usize,
    /// Flatness Fᵢ.
    pub flatness: f64,
    /// Variance σᵢ².
    pub variance: f64,
    /// Whether the fit uses it; drawn hollow otherwise.
    pub used_in_fit: bool,
}

/// The power law σ² = exp(`ln_prefactor`) · F^(−ψ), fitted elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitLine {
    /// The exponent ψ.
    pub psi: f64,
    /// The 95 % interval of ψ.
    pub interval: Option<(f64, f64)>,
    /// Where the points bend and one ψ does not describe them: its least and largest local value.
    pub bend: Option<(f64, f64)>,
    /// ln σ² of the line at F = 1.
    pub ln_prefactor: f64,
    /// Correlation of ln σ² with ln F.
    pub r: f64,
    /// First component of the fit, counted from 1.
    pub first: usize,
    /// Last component of the fit, inclusive.
    pub last: usize,
    /// Number of components in the fit.
    pub n: usize,
    /// Number of components left out because they have no flatness.
    pub censored: usize,
}

/// Variances and flatnesses, with the law fitted to them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VarianceFlatness {
    /// The components, in any order.
    pub points: Vec<Point>,
    /// The fitted power law.
    pub fit: Option<FitLine>,
    /// Whether to draw the slope +2 of thermal equilibrium, σ² ∝ F², for contrast.
    pub equilibrium: bool,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws σᵢ² against Fᵢ, coloured by i, with the fitted σ² ∝ F^(−ψ) over the flatnesses of its
/// points and, dashed through the middle of the cloud, the slope +2 that equilibrium would give
/// (Feng & Tu 2021, the inverse variance–flatness relation).
///
/// # Errors
/// [`PlotError`] when there is no point, a coordinate or index is not finite or not positive, or ψ or the
/// prefactor of the fit is not finite.
pub fn variance_flatness(data: &VarianceFlatness) -> Result<Figure, PlotError> {
    check::not_empty("points", &data.points)?;
    let column = |of: fn(&Point) -> f64| data.points.iter().map(of).collect::<Vec<_>>();
    let (flatness, variance) = (column(|point| point.flatness), column(|point| point.variance));
    check::positive("points.index", &column(|point| point.index as f64))?;
    check::positive("points.flatness", &flatness)?;
    check::positive("points.variance", &variance)?;
    if let Some(fit) = &data.fit {
        check::finite("fit.psi", &[fit.psi])?;
        check::finite("fit.ln_prefactor", &[fit.ln_prefactor])?;
    }

    let colours = ColourScale::components(data.points.iter().map(|point| point.index));
    let plan = Plan {
        legend: Vec::new(),
        x: Axis::decades(flatness),
        x_title: "flatness Fᵢ".to_owned(),
        y: Axis::decades(variance),
        y_title: "variance σᵢ²".to_owned(),
    };
    let sheet = Sheet {
        title: data.title.clone(),
        legend: legend(data),
        columns: 1,
        data: (400.0, 330.0),
        colours: Some(colours.clone()),
        ..Sheet::default()
    };
    sheet.draw(vec![plan], |panels| {
        for panel in panels {
            let (used, left_out): (Vec<&Point>, Vec<&Point>) =
                data.points.iter().partition(|point| point.used_in_fit || data.fit.is_none());
            for point in used.iter().filter(|point| point.index != 1) {
                let colour = colours.colour(point.index as f64);
                panel.dot((point.flatness, point.variance), POINT_RADIUS, colour)?;
            }
            for point in left_out.iter().filter(|point| point.index != 1) {
                panel.ring((point.flatness, point.variance), POINT_RADIUS, GREY)?;
            }
            lines(panel, data)?;
            for point in data.points.iter().filter(|point| point.index == 1) {
                panel.diamond((point.flatness, point.variance), VERMILLION)?;
            }
        }
        Ok(())
    })
}

/// The points that the fit uses; all, where it uses none.
fn cloud(data: &VarianceFlatness) -> Vec<(f64, f64)> {
    let used: Vec<_> = data.points.iter().filter(|point| point.used_in_fit).collect();
    let cloud = if used.is_empty() { data.points.iter().collect() } else { used };
    cloud.into_iter().map(|point| (point.flatness, point.variance)).collect()
}

/// The fitted power law over the flatnesses of its points.
fn fitted(data: &VarianceFlatness) -> Option<PowerLawLine> {
    let (from, to) = range(cloud(data).into_iter().map(|point| point.0));
    let line = |fit: &FitLine| PowerLawLine {
        slope: -fit.psi,
        ln_prefactor: fit.ln_prefactor,
        from,
        to,
        text: fit_text(fit),
    };
    data.fit.as_ref().map(line)
}

fn lines(panel: &Panel<'_>, data: &VarianceFlatness) -> Result<(), PlotError> {
    if data.equilibrium {
        panel.dashes(&through_middle(&cloud(data), 2.0), INK, GUIDE_LINE)?;
    }
    if let Some(line) = fitted(data) {
        panel.line(&line.ends(), INK, DATA_LINE)?;
    }
    Ok(())
}

fn legend(data: &VarianceFlatness) -> Vec<Entry> {
    let mut legend = Vec::new();
    if let Some(line) = fitted(data) {
        legend.push(Entry::new(Mark::Line(INK), line.text));
    } else {
        legend.push(Entry::new(Mark::Nothing, format!("{} components", data.points.len())));
    }
    if data.equilibrium {
        legend.push(Entry::new(Mark::Dashes(INK), "equilibrium: σ² ∝ F²"));
    }
    if data.points.iter().any(|point| point.index == 1) {
        legend.push(Entry::new(Mark::Diamond(VERMILLION), "first component"));
    }
    let left_out = data.points.iter().filter(|point| !point.used_in_fit && point.index != 1).count();
    if data.fit.is_some() && left_out > 0 {
        legend.push(Entry::new(Mark::Ring(GREY), format!("not in the fit ({left_out})")));
    }
    legend
}

/// `ψ = 4.2 [4.1, 4.3], bent: 3.3 to 4.8 by range, components 2–2500, n = 2431, r = −0.993`.
fn fit_text(fit: &FitLine) -> String {
    let mut text = format!("ψ = {}", with_bend(fit.psi, fit.interval, fit.bend));
    if let Some(bend) = fit.bend {
        text += &format!(", {}", by_range(bend));
    }
    text +=
        &format!(",\ncomponents {}–{}, n = {}, r = {}", fit.first, fit.last, fit.n, significant(fit.r, 3));
    if fit.censored > fit.n {
        text += &format!(",\nmost have no F ({} of {})", fit.censored, fit.censored + fit.n);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fit_is_reported_in_full() {
        let fit = FitLine {
            psi: 4.2184,
            interval: Some((4.157, 4.281)),
            bend: Some((3.31, 4.79)),
            ln_prefactor: -20.0,
            r: -0.9931,
            first: 2,
            last: 2500,
            n: 2431,
            censored: 10,
        };
        let text = "ψ = 4.2 [4.1, 4.3], bent: 3.3 to 4.8 by range,\ncomponents 2–2500, n = 2431, r = −0.993";
        assert_eq!(fit_text(&fit), text);
        let few = fit_text(&FitLine { n: 5, censored: 10, ..fit });
        assert!(few.ends_with("n = 5, r = −0.993,\nmost have no F (10 of 15)"), "{few}");
    }
}
