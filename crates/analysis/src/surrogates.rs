//! Surrogates of a recorded window: what a window of the same weights would look like if one of its properties were all there is to it.
//!
//! Each keeps something of the window `[steps, weights]` and draws the rest anew; a number of the window that its surrogates have, too, says
//! no more than what they keep.
//!
//! | surrogate | keeps | draws anew |
//! |---|---|---|
//! | [`independent_phases`] | the power spectrum of every coordinate, and so its σ² and its memory | how coordinates move together |
//! | [`reordered_steps`], within epochs | every step, and what an epoch sums to | the order within an epoch |
//! | [`reordered_steps`], in blocks | blocks of steps | the order of the blocks |
//! | [`reordered_steps`], over the window | every step | their order: no memory is left |
//! | [`gaussian_walk`] | the covariance of the steps | steps that know nothing of each other |
//! | [`white_noise`] | the covariance of the steps | weights that know nothing of each other |
//!
//! All of them keep the line in time of every coordinate, or its mean step: the drift. Nothing is drawn here: permutations,
//! phases and normal numbers come in as arguments.
//!
//! Two that are often used prove nothing and are not here. The same random phases for all coordinates leave their covariance, hence every
//! component and every variance, as it is. And every other step of a window is the same window: components of its odd steps
//! fit its even ones as well as their own.

mod coordinates;
mod draw;
mod drift;
mod numbers;
mod phases;
mod reorder;
mod series;

pub use coordinates::{StepCoordinates, turned};
pub use draw::{gaussian_walk, white_noise};
pub use drift::Drift;
pub use numbers::{ExponentOf, NumbersOf, WindowNumbers};
pub use phases::independent_phases;
pub use reorder::{order_of_blocks, order_over_the_window, order_within_epochs, reordered_steps};
