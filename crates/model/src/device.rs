//! The only place that knows about backends: a name becomes a burn device.
//!
//! Without a backend (default features off) the rest of the crate is there: data, weights, the loss landscape and Langevin
//! walks, which run on the host. Only networks in training need burn.

#[cfg(feature = "burn")]
mod open;

use serde::{Deserialize, Serialize};

#[cfg(feature = "burn")]
pub use open::{OpenDevice, open};

/// A burn backend that varflat supports. Which ones are compiled in is decided by cargo features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// burn-flex: the fastest on a CPU; the default.
    Flex,
    /// burn-ndarray: deprecated upstream, kept for comparison.
    Ndarray,
    /// burn-wgpu: GPUs through Vulkan, Metal or DX12, and through OpenGL where that is asked for.
    Wgpu,
}

/// What wgpu speaks to the driver. None is taken in place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphicsApi {
    /// Linux, Windows, Android.
    Vulkan,
    /// macOS.
    Metal,
    /// Windows.
    Dx12,
    /// Old drivers: several times slower, and without the guarantees of the others.
    OpenGl,
}

/// What measures the loss landscape wherever no GPU does, in words.
pub const HOST_LANDSCAPE: &str = "varflat's own kernels on the CPU";

/// A device that cannot be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The name is none of the backends.
    #[error(
        "there is no device `{0}`: the names are flex, ndarray and wgpu, and wgpu:vulkan, wgpu:metal, wgpu:dx12, wgpu:opengl"
    )]
    Unknown(String),
    /// The backend exists, but this binary was built without it.
    #[error("this varflat was built without its feature `{asked}` (it has: {has})")]
    NotCompiled {
        /// The backend asked for.
        asked: &'static str,
        /// The backends compiled in.
        has: String,
    },
    /// Networks are to compute in f64 where it is not known to be f64.
    #[error(
        "training.precision = \"f64\" needs a backend on the CPU, but the device is {device}: take `--device flex` or `--device ndarray`"
    )]
    NoDouble {
        /// The device, in words.
        device: String,
    },
    /// wgpu found no adapter, or could not start it.
    #[error("no usable GPU for `wgpu` through {api}: {reason}")]
    NoAdapter {
        /// The graphics API that was asked.
        api: &'static str,
        /// The answer.
        reason: String,
    },
}

impl GraphicsApi {
    /// All of them, and how `--device wgpu:NAME` calls each.
    const ALL: [(&'static str, Self); 4] =
        [("vulkan", Self::Vulkan), ("metal", Self::Metal), ("dx12", Self::Dx12), ("opengl", Self::OpenGl)];

    /// The native one of this system: Metal on macOS, Vulkan elsewhere.
    pub const NATIVE: Self = if cfg!(target_os = "macos") { Self::Metal } else { Self::Vulkan };

    /// As its makers write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vulkan => "Vulkan",
            Self::Metal => "Metal",
            Self::Dx12 => "DX12",
            Self::OpenGl => "OpenGL",
        }
    }
}

impl Backend {
    /// All backends, the preferred one first.
    pub const ALL: [Self; 3] = [Self::Flex, Self::Ndarray, Self::Wgpu];

    /// The name used by `--device`, in configs and as cargo feature.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::Ndarray => "ndarray",
            Self::Wgpu => "wgpu",
        }
    }

    /// Whether this binary contains the backend.
    pub const fn is_compiled(self) -> bool {
        match self {
            Self::Flex => cfg!(feature = "flex"),
            Self::Ndarray => cfg!(feature = "ndarray"),
            Self::Wgpu => cfg!(feature = "wgpu"),
        }
    }

    /// The backends this binary contains, the preferred one first.
    pub fn compiled() -> Vec<Self> {
        Self::ALL.into_iter().filter(|backend| backend.is_compiled()).collect()
    }

    /// The backend of that name, or the preferred one when no name is given.
    ///
    /// `wgpu:opengl` and the like are `wgpu` on a [`GraphicsApi`] of one's choice.
    ///
    /// # Errors
    /// [`DeviceError::Unknown`] for a name that is no backend's, [`DeviceError::NotCompiled`] for one left out of this binary.
    pub fn choose(name: Option<&str>) -> Result<Self, DeviceError> {
        Ok(chosen(name)?.0)
    }
}

/// The backend of a name, and the graphics API where it is wgpu.
fn chosen(name: Option<&str>) -> Result<(Backend, GraphicsApi), DeviceError> {
    let compiled = Backend::compiled();
    let asked = match (name, compiled.first()) {
        (None, Some(preferred)) => preferred.name(),
        (None, None) => Backend::Flex.name(),
        (Some(name), _) => name,
    };
    let unknown = || DeviceError::Unknown(asked.to_owned());
    let (name, api) = match asked.split_once(':') {
        None => (asked, GraphicsApi::NATIVE),
        Some(("wgpu", api)) => {
            let known = GraphicsApi::ALL.into_iter().find(|(name, _)| *name == api);
            ("wgpu", known.ok_or_else(unknown)?.1)
        }
        Some(_) => return Err(unknown()),
    };
    let backend = Backend::ALL.into_iter().find(|backend| backend.name() == name).ok_or_else(unknown)?;
    if backend.is_compiled() {
        return Ok((backend, api));
    }
    let has: Vec<_> = compiled.iter().map(|backend| backend.name()).collect();
    let has = if has.is_empty() { "none, it only analyses and draws".to_owned() } else { has.join(", ") };
    Err(DeviceError::NotCompiled { asked: backend.name(), has })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for unknown in ["tpu", "wgpu:", "wgpu:direct", "flex:vulkan"] {
            assert!(matches!(chosen(Some(unknown)), Err(DeviceError::Unknown(_))), "{unknown}");
        }
        assert_eq!(Backend::choose(None).ok().as_ref(), Backend::compiled().first());
        for backend in Backend::ALL {
            assert_eq!(Backend::choose(Some(backend.name())).is_ok(), backend.is_compiled());
        }
    }

    #[test]
    fn a_graphics_api_belongs_to_wgpu() {
        let api = |name: &str| chosen(Some(name)).map(|(_, api)| api);
        if Backend::Wgpu.is_compiled() {
            assert_eq!(api("wgpu:opengl").unwrap(), GraphicsApi::OpenGl);
            assert_eq!(api("wgpu").unwrap(), GraphicsApi::NATIVE);
        } else {
            assert!(matches!(api("wgpu:opengl"), Err(DeviceError::NotCompiled { asked: "wgpu", .. })));
        }
    }
}
