//! The only place that knows about backends: a name becomes a burn device.

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

#[cfg(not(any(feature = "flex", feature = "ndarray", feature = "wgpu")))]
compile_error!("varflat needs a backend: enable one of the features `flex`, `ndarray`, `wgpu`");

/// A burn backend that varflat supports. Which ones are compiled in is decided by cargo features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// burn-flex: the fastest on a CPU; the default.
    Flex,
    /// burn-ndarray: deprecated upstream, kept for comparison.
    Ndarray,
    /// burn-wgpu: GPUs through Vulkan, Metal, DX12 or OpenGL.
    Wgpu,
}

/// A device that cannot be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The name is none of the backends.
    #[error("there is no device `{0}`: the names are flex, ndarray and wgpu")]
    Unknown(String),
    /// The backend exists, but this binary was built without it.
    #[error(
        "this varflat was built without `{asked}` (it has: {has}); rebuild with `cargo build --release -p varflat \
         --no-default-features --features {asked}`"
    )]
    NotCompiled {
        /// The backend asked for.
        asked: &'static str,
        /// The backends compiled in.
        has: String,
    },
    /// wgpu found no adapter, or could not start it.
    #[error(
        "no usable GPU adapter for `wgpu`: {0}; install a driver (without a GPU, Debian's `mesa-vulkan-drivers` and \
         `libvulkan1` give a software Vulkan), or use `--device flex`"
    )]
    NoAdapter(String),
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
    /// # Errors
    /// [`DeviceError::Unknown`] for a name that is no backend's, [`DeviceError::NotCompiled`] for one left out of this binary.
    pub fn choose(name: Option<&str>) -> Result<Self, DeviceError> {
        let compiled = Self::compiled();
        let Some(name) = name else {
            return Ok(compiled[0]);
        };
        let backend = Self::ALL
            .into_iter()
            .find(|backend| backend.name() == name)
            .ok_or_else(|| DeviceError::Unknown(name.to_owned()))?;
        if backend.is_compiled() {
            Ok(backend)
        } else {
            let has: Vec<_> = compiled.iter().map(|backend| backend.name()).collect();
            Err(DeviceError::NotCompiled { asked: backend.name(), has: has.join(", ") })
        }
    }
}

/// A device that is ready for tensors.
#[derive(Clone, Debug)]
pub struct OpenDevice {
    /// The burn device, without autodiff.
    pub device: Device,
    /// The backend it belongs to.
    pub backend: Backend,
    /// What it is, in words: for `run.json`.
    pub description: String,
    /// Whether its tensors lie in the host's memory.
    pub on_host: bool,
    /// Largest tensor that it holds in one piece, in bytes. GPUs bind buffers of limited size.
    pub largest_tensor: u64,
}

impl OpenDevice {
    /// The same device with autodiff: where networks in training live.
    pub fn autodiff(&self) -> Device {
        self.device.clone().autodiff()
    }
}

/// Open the device of a backend: `None` takes the preferred one of this binary.
///
/// # Errors
/// See [`Backend::choose`]; [`DeviceError::NoAdapter`] when wgpu finds nothing to run on.
pub fn open(name: Option<&str>) -> Result<OpenDevice, DeviceError> {
    let backend = Backend::choose(name)?;
    match backend {
        #[cfg(feature = "flex")]
        Backend::Flex => Ok(on_cpu(Device::flex(), backend)),
        #[cfg(feature = "ndarray")]
        #[allow(deprecated)]
        // upstream prefers flex; we keep ndarray for comparison as long as it exists
        Backend::Ndarray => Ok(on_cpu(Device::ndarray(), backend)),
        #[cfg(feature = "wgpu")]
        Backend::Wgpu => {
            // A runtime can be initialised only once in a process; the lazy path would panic without an adapter.
            static STARTED: std::sync::Mutex<Option<OpenDevice>> = std::sync::Mutex::new(None);
            let mut started = STARTED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if let Some(ready) = started.as_ref() {
                return Ok(ready.clone());
            }
            let (device, setup) = Device::wgpu_options()
                .init_with_setup()
                .map_err(|error| DeviceError::NoAdapter(error.to_string()))?;
            let adapter = setup.adapter.get_info();
            let ready = OpenDevice {
                device,
                backend,
                on_host: false,
                description: format!("burn-wgpu on {} ({})", adapter.name, adapter.backend),
                // Half of the limit, because memory pools round up.
                largest_tensor: setup.device.limits().max_storage_buffer_binding_size / 2,
            };
            *started = Some(ready.clone());
            Ok(ready)
        }
        #[allow(unreachable_patterns)] // reached only for backends that `choose` has refused already
        other => Err(DeviceError::NotCompiled { asked: other.name(), has: String::new() }),
    }
}

#[cfg(any(feature = "flex", feature = "ndarray"))]
fn on_cpu(device: Device, backend: Backend) -> OpenDevice {
    let description = format!("burn-{} on the CPU", backend.name());
    OpenDevice { device, backend, description, on_host: true, largest_tensor: u64::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(matches!(Backend::choose(Some("cuda")), Err(DeviceError::Unknown(_))));
        assert_eq!(Backend::choose(None).unwrap(), Backend::compiled()[0]);
        for backend in Backend::ALL {
            assert_eq!(Backend::choose(Some(backend.name())).is_ok(), backend.is_compiled());
        }
    }
}
