//! Studies, each with its parameters, tables, figures, captions, claims and controls; and the run that they look at.

mod cached;
pub(crate) mod context;
pub(crate) mod controls;
pub(crate) mod drift;
pub(crate) mod exponents;
pub(crate) mod forgetting;
pub(crate) mod generality;
pub(crate) mod grid;
pub(crate) mod groups;
pub(crate) mod headline;
pub(crate) mod langevin;
pub(crate) mod noise;
pub(crate) mod nulls;
pub(crate) mod precision;
pub(crate) mod sensitivity;
pub(crate) mod surrogates;
pub(crate) mod temperature;
pub(crate) mod width;
