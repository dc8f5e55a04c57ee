//! Opening a device.

use burn::tensor::Device;

#[cfg(feature = "wgpu")]
use super::GraphicsApi;
use super::{Backend, DeviceError, chosen};
use crate::training::Precision;

#[cfg(not(any(feature = "flex", feature = "ndarray", feature = "wgpu")))]
compile_error!("networks in training need a backend: enable one of the features `flex`, `ndarray`, `wgpu`");

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

    /// Whether networks can compute in these numbers here.
    ///
    /// # Errors
    /// [`DeviceError::NoDouble`] for f64 on another device than the CPU.
    pub fn check_precision(&self, precision: Precision) -> Result<(), DeviceError> {
        match precision {
            Precision::F64 if !self.on_host => {
                Err(DeviceError::NoDouble { device: self.description.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Open the device of a backend: `None` takes the preferred one of this binary.
///
/// # Errors
/// See [`Backend::choose`]; [`DeviceError::NoAdapter`] when wgpu finds nothing to run on.
pub fn open(name: Option<&str>) -> Result<OpenDevice, DeviceError> {
    let (backend, api) = chosen(name)?;
    #[cfg(not(feature = "wgpu"))]
    let _ = api;
    match backend {
        #[cfg(feature = "flex")]
        Backend::Flex => Ok(on_cpu(Device::flex(), backend)),
        #[cfg(feature = "ndarray")]
        #[allow(deprecated)]
        // upstream prefers flex; we keep ndarray for comparison as long as it exists
        Backend::Ndarray => Ok(on_cpu(Device::ndarray(), backend)),
        #[cfg(feature = "wgpu")]
        Backend::Wgpu => on_gpu(api),
        #[allow(unreachable_patterns)] // reached only for backends that `choose` has refused already
        other => Err(DeviceError::NotCompiled { asked: other.name(), has: String::new() }),
    }
}

/// The device of a graphics API, started at the first call.
///
/// A runtime can be initialised only once in a process, and where it starts by itself, at the first tensor, it panics without
/// an adapter.
#[cfg(feature = "wgpu")]
fn on_gpu(api: GraphicsApi) -> Result<OpenDevice, DeviceError> {
    use burn::tensor::wgpu::WgpuBackend;
    use std::sync::{Mutex, PoisonError};

    static STARTED: Mutex<Vec<(GraphicsApi, OpenDevice)>> = Mutex::new(Vec::new());
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, ready)) = started.iter().find(|(other, _)| *other == api) {
        return Ok(ready.clone());
    }
    let pinned = match api {
        GraphicsApi::Vulkan => WgpuBackend::Vulkan,
        GraphicsApi::Metal => WgpuBackend::Metal,
        GraphicsApi::Dx12 => WgpuBackend::Dx12,
        GraphicsApi::OpenGl => WgpuBackend::Gl,
    };
    let (device, setup) = Device::wgpu_options()
        .graphics_api(pinned)
        .init_with_setup()
        .map_err(|error| DeviceError::NoAdapter { api: api.name(), reason: error.to_string() })?;
    let adapter = setup.adapter.get_info();
    let ready = OpenDevice {
        device,
        backend: Backend::Wgpu,
        on_host: false,
        description: format!("burn-wgpu on {} ({})", adapter.name, api.name()),
        // Half of the limit, because memory pools round up.
        largest_tensor: setup.device.limits().max_storage_buffer_binding_size / 2,
    };
    started.push((api, ready.clone()));
    Ok(ready)
}

#[cfg(any(feature = "flex", feature = "ndarray"))]
fn on_cpu(device: Device, backend: Backend) -> OpenDevice {
    let description = format!("burn-{} on the CPU", backend.name());
    OpenDevice { device, backend, description, on_host: true, largest_tensor: u64::MAX }
}
