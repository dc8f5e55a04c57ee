//! The loss along principal components, from sharp to flat.

use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::colour_scale::ColourScale;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::{Panel, pairs};
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{DATA_LINE, GREY, INK};
use crate::number::short;
use crate::{Figure, PlotError, check};

/// Widths that differ by more than this are drawn in two panels.
const ONE_PANEL: f64 = 5.0;
/// A panel shows this much more than its widest crossing.
const ROOM_AROUND_CROSSINGS: f64 = 1.35;
/// Losses above so many times the crossing's are cut off: what matters is near the minimum.
const HIGHEST: f64 = 30.0;
/// More profiles than this are told apart by a colour bar instead of by name.
const MOST_NAMES: usize = 12;

/// Lᵢ(δθ) along one direction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The component i, counted from 1.
    pub index: usize,
    /// Offsets δθ from the minimum, in any order.
    pub offset: Vec<f64>,
    /// The loss at each offset.
    pub loss: Vec<f64>,
    /// θ_l, the nearest crossing of the raised loss on the left; none when it is not reached.
    pub left: Option<f64>,
    /// θ_r, the nearest crossing on the right.
    pub right: Option<f64>,
}

/// Profiles of the loss around one point of the landscape.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LandscapeProfiles {
    /// L₀, the loss at offset zero.
    pub reference_loss: f64,
    /// The factor that defines flatness: crossings are where L = factor · L₀ (e in the paper).
    pub factor: f64,
    /// The profiles, one direction each.
    pub profiles: Vec<Profile>,
}

/// Draws Lᵢ(δθ) for several directions, with L₀, factor · L₀ and the crossings that define the
/// flatness Fᵢ = θ_r − θ_l (Feng & Tu 2021). Directions of very different width get two panels,
/// the sharp ones and the flat ones.
///
/// # Errors
/// [`PlotError`] when there is no profile, or a profile is empty, of two lengths, or holds a value
/// that is not finite (a loss: not positive).
pub fn landscape_profiles(data: &LandscapeProfiles) -> Result<Figure, PlotError> {
    check(data)?;
    let groups = by_width(&data.profiles);
    let colours = ColourScale::components(data.profiles.iter().map(|profile| profile.index));
    let named = data.profiles.len() <= MOST_NAMES;
    let y = loss_axis(data, &groups);
    let plan = |group: &Group<'_>| Plan {
        legend: if named {
            group.profiles.iter().map(|profile| entry(profile, &colours)).collect()
        } else {
            Vec::new()
        },
        x: Axis::linear_between(-group.half_width, group.half_width),
        x_title: "offset δθ".to_owned(),
        y: y.clone(),
        y_title: "loss Lᵢ(δθ)".to_owned(),
    };
    let plans: Vec<Plan> = groups.iter().map(plan).collect();
    let sheet = Sheet {
        legend: vec![
            Entry::new(Mark::Line(GREY), "L₀"),
            Entry::new(Mark::Dashes(INK), raised_name(data.factor)),
            Entry::new(Mark::Dot(INK), "nearest crossings θₗ, θᵣ"),
        ],
        columns: 2,
        data: (if plans.len() > 1 { 300.0 } else { 400.0 }, 270.0),
        colours: (!named).then(|| colours.clone()),
        ..Sheet::default()
    };
    sheet.draw(plans, |panels| {
        panels.iter().zip(&groups).try_for_each(|(panel, group)| draw(panel, data, group, &colours))
    })
}

/// Profiles that share a panel.
struct Group<'a> {
    profiles: Vec<&'a Profile>,
    /// Half of the panel's horizontal range.
    half_width: f64,
}

impl<'a> Group<'a> {
    fn of(profiles: Vec<&'a Profile>) -> Self {
        Self { half_width: shown_half_width(&profiles), profiles }
    }

    /// The losses in the panel's range.
    fn losses(&self) -> impl Iterator<Item = f64> {
        self.profiles.iter().flat_map(|profile| {
            let losses = profile.offset.iter().zip(&profile.loss);
            losses.filter(|(offset, _)| offset.abs() <= self.half_width).map(|(_, loss)| *loss)
        })
    }
}

/// The loss at the crossings.
fn raised(data: &LandscapeProfiles) -> f64 {
    data.factor * data.reference_loss
}

/// The losses of all panels, without what lies far above the crossings.
fn loss_axis(data: &LandscapeProfiles, groups: &[Group<'_>]) -> Axis {
    let levels = [data.reference_loss, raised(data)];
    let highest = HIGHEST * raised(data).max(data.reference_loss);
    Axis::decades(groups.iter().flat_map(Group::losses).map(|loss| loss.min(highest)).chain(levels))
}

fn entry(profile: &Profile, colours: &ColourScale) -> Entry {
    Entry::new(Mark::Line(colours.colour(profile.index as f64)), format!("i = {}", profile.index))
}

fn draw(
    panel: &Panel<'_>,
    data: &LandscapeProfiles,
    group: &Group<'_>,
    colours: &ColourScale,
) -> Result<(), PlotError> {
    let (left, right) = panel.x_ends();
    panel.line(&[(left, data.reference_loss), (right, data.reference_loss)], GREY, 1.0)?;
    panel.level(raised(data), INK, 1.0)?;
    for profile in &group.profiles {
        let colour = colours.colour(profile.index as f64);
        let mut points = pairs(&profile.offset, &profile.loss);
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        panel.line(&points, colour, DATA_LINE)?;
        for crossing in [profile.left, profile.right].into_iter().flatten() {
            panel.dot((crossing, raised(data)), 2.8, colour)?;
        }
    }
    Ok(())
}

/// `e L₀`, or with another factor its number.
pub(crate) fn raised_name(factor: f64) -> String {
    if (factor - std::f64::consts::E).abs() < 1e-6 {
        "e L₀".to_owned()
    } else {
        format!("{} L₀", short(factor))
    }
}

fn check(data: &LandscapeProfiles) -> Result<(), PlotError> {
    check::positive("reference_loss", &[data.reference_loss])?;
    check::positive("factor", &[data.factor])?;
    check::not_empty("profiles", &data.profiles)?;
    for (number, profile) in data.profiles.iter().enumerate() {
        let field = |name: &str| format!("profiles[{number}].{name}");
        check::positive(&field("index"), &[profile.index as f64])?;
        check::not_empty(&field("offset"), &profile.offset)?;
        check::same_length(&field("loss"), profile.loss.len(), &field("offset"), profile.offset.len())?;
        check::finite(&field("offset"), &profile.offset)?;
        check::positive(&field("loss"), &profile.loss)?;
        for (name, crossing) in [("left", profile.left), ("right", profile.right)] {
            check::finite(&field(name), crossing.as_slice())?;
        }
    }
    Ok(())
}

/// How far a profile's crossings reach; its widest offset when it has none.
fn half_width(profile: &Profile) -> f64 {
    let crossings = [profile.left, profile.right].into_iter().flatten();
    let reach = crossings.map(f64::abs).fold(0.0, f64::max);
    if reach > 0.0 { reach } else { widest_offset(profile) }
}

fn widest_offset(profile: &Profile) -> f64 {
    profile.offset.iter().copied().map(f64::abs).fold(0.0, f64::max)
}

/// The profiles in one group, or in two (sharp, flat) split at the middle of their widths' range
/// on a logarithmic scale.
fn by_width(profiles: &[Profile]) -> Vec<Group<'_>> {
    let widths = || profiles.iter().map(half_width).filter(|width| *width > 0.0);
    let (narrowest, widest) = (widths().fold(f64::INFINITY, f64::min), widths().fold(0.0, f64::max));
    if widest <= ONE_PANEL * narrowest {
        return vec![Group::of(profiles.iter().collect())];
    }
    let middle = narrowest.sqrt() * widest.sqrt();
    let (sharp, flat) = profiles.iter().partition(|profile| half_width(profile) <= middle);
    vec![Group::of(sharp), Group::of(flat)]
}

/// Half of the horizontal range of a panel: a little more than the widest crossing, never more
/// than was computed.
fn shown_half_width(profiles: &[&Profile]) -> f64 {
    let crossing = profiles.iter().map(|profile| half_width(profile)).fold(0.0, f64::max);
    let computed = profiles.iter().map(|profile| widest_offset(profile)).fold(0.0, f64::max);
    let half_width = (ROOM_AROUND_CROSSINGS * crossing).min(computed.max(crossing));
    if half_width > 1e-300 { half_width } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(index: usize, crossing: f64) -> Profile {
        Profile {
            index,
            offset: vec![-3.0 * crossing, 0.0, 3.0 * crossing],
            loss: vec![9.0, 1.0, 9.0],
            left: Some(-crossing),
            right: Some(crossing),
        }
    }

    #[test]
    fn sharp_and_flat_directions_are_separated() {
        let profiles = [profile(1, 0.2), profile(2, 0.3), profile(100, 8.0)];
        let groups = by_width(&profiles);
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].profiles.iter().map(|p| p.index).collect::<Vec<_>>(), [1, 2]);
        assert!((groups[0].half_width - 0.3 * ROOM_AROUND_CROSSINGS).abs() < 1e-12);
        assert_eq!(by_width(&profiles[..2]).len(), 1);
    }

    #[test]
    fn without_crossings_the_computed_range_is_shown() {
        let mut flat = profile(5, 2.0);
        (flat.left, flat.right) = (None, None);
        assert_eq!(shown_half_width(&[&flat]), 6.0);
        flat.offset = vec![0.0];
        assert_eq!(shown_half_width(&[&flat]), 1.0);
    }
}
