//! The Python side: a virtual environment and the peers in it.

mod environment;
mod peer;

pub(crate) use environment::Environment;
pub(crate) use peer::{Peer, Work};
