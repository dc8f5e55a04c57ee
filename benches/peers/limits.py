"""Hold a peer to a number of threads. Works only before numpy, torch or jax is imported."""

import os

# Set on some machines for older builds of OpenBLAS; they make current ones pick slower kernels.
STALE_TUNING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def limit_threads(threads: int, pin: bool) -> None:
    """Let this process use `threads` threads; with `pin`, on that many of the CPUs it may run on.

    OpenMP, MKL and OpenBLAS obey their variables. XLA sizes its pool by the CPUs of its process and
    nothing else limits all of it, so the JAX peers are pinned; the others are not, since a pinned
    process cannot evade a busy CPU.
    """
    for name in STALE_TUNING:
        os.environ.pop(name, None)
    for library in ("OMP", "MKL", "OPENBLAS"):
        os.environ[f"{library}_NUM_THREADS"] = str(threads)
    if not pin:
        return
    os.environ["JAX_PLATFORMS"] = "cpu"
    # Splitting matrices this small over threads costs more than it gains.
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    cpus = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cpus[-threads:])


def blas(library: str) -> str:
    """What multiplies the matrices of a loaded `library`: its version, the kernel it chose, its threads."""
    if library == "jax":
        return "XLA's own"
    if library == "torch":
        import torch

        config = torch.__config__.show().splitlines()
        own = [line.strip(" -") for line in config if "Math Kernel" in line or "MKL-DNN" in line]
        return "; ".join([*own, torch.backends.cpu.get_cpu_capability(), f"x{torch.get_num_threads()}"])
    from threadpoolctl import threadpool_info

    return "; ".join(
        f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')} x{pool['num_threads']}"
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    )
