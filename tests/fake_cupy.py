"""CuPy without a GPU: NumPy behind arrays that behave as strictly as those of CuPy.

They do not become NumPy arrays by themselves, are not mixed with them, and a sum of them is an
array of no axes, not a number. What CuPy has not, or refuses, is refused here too. Nothing is as
fast, and kernels in CUDA are not run.
"""

import functools
import sys
import types

import numpy as np
from scipy import fft, ndimage

TRANSFERS = {"to the GPU": 0, "back": 0}
"""How many arrays were copied, since this module was imported."""

SCATTERS = {
    "add": {"int32", "float16", "float32", "float64", "uint32", "uint64", "complex64"},
    "maximum": {"int32", "float32", "float64", "uint32", "uint64"},
    "minimum": {"int32", "float32", "float64", "uint32", "uint64"},
}
"""What CUDA's atomic functions take."""

_ARITHMETIC = "add sub mul truediv floordiv mod pow and or xor lshift rshift"
_DUNDERS = [f"{way}{name}" for name in _ARITHMETIC.split(" ") for way in ("", "r", "i")]
_DUNDERS += ["matmul", "lt", "le", "gt", "ge", "eq", "ne", "neg", "pos", "abs", "invert"]


class ndarray:
    """An array in the memory of a GPU that is not there."""

    __module__ = "cupy"
    __hash__ = None

    def __init__(self, values):
        self._values = np.asarray(values)

    # What CuPy refuses

    def __array__(self, *_, **__):
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return _call(getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, function, _, args, kwargs):
        return _call(function, args, kwargs)

    # What it has

    @property
    def device(self):
        return Device()

    @property
    def T(self):
        return ndarray(self._values.T)

    @property
    def flags(self):
        return self._values.flags

    def get(self):
        TRANSFERS["back"] += 1
        return self._values.copy()

    def item(self):
        TRANSFERS["back"] += 1
        return self._values.item()

    def __bool__(self):
        return bool(self.item())

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    __index__ = __int__

    def __len__(self):
        return len(self._values)

    def __iter__(self):
        return map(ndarray, self._values)

    def __getitem__(self, where):
        return ndarray(self._values[_plain(where)])

    def __setitem__(self, where, values):
        self._values[_plain(where)] = _plain(values)

    def __getattr__(self, name):
        if name.startswith("_"):  # none of the ways by which NumPy looks into an array
            raise AttributeError(name)
        found = getattr(self._values, name)
        return functools.partial(_call, found) if callable(found) else found

    def __repr__(self):
        return repr(self._values)

    def __str__(self):
        return str(self._values)

    def __format__(self, how):
        return format(self.get(), how)


def _plain(value):
    """Return what NumPy computes with; refuse what CuPy does not take."""
    if isinstance(value, ndarray):
        return value._values
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, tuple | list):
        return type(value)(map(_plain, value))
    return value


def _call(function, args=(), kwargs=None, /, *more, **named):
    args = args if isinstance(args, tuple) and not more else (args, *more)
    named |= kwargs or {}
    out = named.get("out")
    named = {name: _plain(value) for name, value in named.items()}
    found = function(*map(_plain, args), **named)
    if isinstance(out, ndarray):
        return out
    return _wrap(found)


def _wrap(found):
    if isinstance(found, np.ndarray | np.generic):
        return ndarray(found)
    if isinstance(found, tuple) and any(isinstance(one, np.ndarray) for one in found):
        return tuple(map(_wrap, found))
    return found


def _operator(name):
    def operate(self, *others):
        if any(isinstance(other, np.ndarray) for other in others):
            raise TypeError(f"Unsupported type {np.ndarray}")
        found = getattr(self._values, name)(*map(_plain, others))
        if found is NotImplemented:
            return found
        return self if name.startswith("__i") and name != "__invert__" else ndarray(found)

    return operate


for _name in _DUNDERS:
    setattr(ndarray, f"__{_name}__", _operator(f"__{_name}__"))


def _function(function):
    def call(*args, **kwargs):
        return _call(function, args, kwargs)

    call = functools.wraps(function)(call)
    if isinstance(function, np.ufunc):
        call.at = functools.partial(_scatter, function)
    return call


def _scatter(ufunc, target, where, values):
    """Change an array at places that may be named twice, for the few dtypes CuPy can."""
    if ufunc.__name__ not in SCATTERS or target.dtype.name not in SCATTERS[ufunc.__name__]:
        raise TypeError(f"{ufunc.__name__}.at is not supported for {target.dtype}")
    ufunc.at(*map(_plain, (target, where, values)))


class Device:
    """The one GPU."""

    id = 0

    def __init__(self, *_):
        pass

    def __int__(self):
        return 0

    def __eq__(self, other):
        return isinstance(other, Device)

    __hash__ = None

    def __repr__(self):
        return "<CUDA Device 0>"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def synchronize(self):
        pass


def asarray(values, dtype=None, order=None, **_):
    """Copy values to the GPU, or return them where they lie there."""
    if isinstance(values, ndarray):
        return values if dtype in (None, values.dtype) else ndarray(values._values.astype(dtype))
    TRANSFERS["to the GPU"] += 1
    return ndarray(np.array(values, dtype=dtype, order=order))


def array(values, dtype=None, copy=True, **_):
    """Make an array on the GPU."""
    found = asarray(values, dtype)
    return ndarray(found._values.copy()) if copy and found is values else found


def fuse(*_, **__):
    """Return a decorator that leaves a function what it is."""
    return lambda function: function


# --- cupyx ------------------------------------------------------------------------------------


def _repeated_by_brute_force(function):
    """Refuse what CuPy has not written: to repeat a morphological filter on changed pixels."""

    def call(*args, **kwargs):
        if kwargs.get("iterations", 1) != 1 and not kwargs.get("brute_force", False):
            raise NotImplementedError("only brute_force iteration has been implemented")
        return _call(function, args, kwargs)

    return call


def _ndimage():
    module = types.ModuleType("cupyx.scipy.ndimage")
    missing = {"distance_transform_bf", "distance_transform_cdt", "geometric_transform"}
    missing |= {"watershed_ift", "vectorized_filter"}
    for name in set(ndimage.__all__) - missing:
        function = getattr(ndimage, name)
        repeats = name.startswith("binary_") and name not in ("binary_fill_holes",)
        wrap = _repeated_by_brute_force if repeats else _function
        setattr(module, name, wrap(function))
    return module


class _Plan:
    def __init__(self, shape, kind):
        self.shape, self.kind = shape, kind


def get_fft_plan(a, shape=None, axes=None, value_type="C2C"):
    """Plan an FFT, for the arrays for which CuPy can."""
    if len(axes) > 1 and value_type != "C2C" and a.flags.f_contiguous:
        raise ValueError("C2R/R2C PlanNd for F-order arrays is not supported")
    return _Plan(tuple(shape or a.shape), value_type)


def _planned(function, kind):
    def call(x, s=None, axes=None, norm=None, overwrite_x=False, *, plan=None):
        if plan is not None and (plan.kind != kind or plan.shape != tuple(s or x.shape)):
            raise ValueError("The cuFFT plan and a.shape do not match")
        found = _call(function, (x, s, axes, norm))
        if overwrite_x and kind == "C2R":
            x._values[...] = np.nan  # whoever reads it again shall notice
        return found

    return call


def _fft():
    module = types.ModuleType("cupyx.scipy.fft")
    module.get_fft_plan = get_fft_plan
    module.rfftn = _planned(fft.rfftn, "R2C")
    module.irfftn = _planned(fft.irfftn, "C2R")
    return module


# --- the modules ------------------------------------------------------------------------------


def modules():
    """Return the modules of a CuPy, as name → module, ready for ``sys.modules``."""
    cupy = types.ModuleType("cupy")
    for name in np.__all__:
        value = getattr(np, name)
        plain = not callable(value) or isinstance(value, type)
        setattr(cupy, name, value if plain else _function(value))
    for own in (ndarray, asarray, array, fuse):
        setattr(cupy, own.__name__, own)
    cupy.asnumpy = lambda a: a.get() if isinstance(a, ndarray) else np.asarray(a)
    cupy.__version__ = "14.0"
    cupy.cuda = types.ModuleType("cupy.cuda")
    cupy.cuda.Device = Device
    cupy.cuda.device = types.ModuleType("cupy.cuda.device")
    cupy.cuda.device.Device = Device
    cupy.cuda.is_available = lambda: True
    properties = {"name": b"a card", "totalGlobalMem": 2**33, "multiProcessorCount": 40}
    cupy.cuda.runtime = types.SimpleNamespace(
        getDeviceCount=lambda: 1,
        getDeviceProperties=lambda _: properties,
        driverGetVersion=lambda: 13000,
    )
    pool = types.SimpleNamespace(
        used_bytes=lambda: 0, total_bytes=lambda: 0, free_all_blocks=lambda: None
    )
    cupy.get_default_memory_pool = lambda: pool
    for part in ("fft", "linalg"):
        module = types.ModuleType(f"cupy.{part}")
        names = [name for name in getattr(np, part).__all__ if name != "test"]
        # Those of SciPy keep 32 bits, as CuPy's do.
        source = fft if part == "fft" else np.linalg
        for name in names:
            value = getattr(source, name)
            setattr(module, name, value if isinstance(value, type) else _function(value))
        module.__all__ = names
        setattr(cupy, part, module)
    cupyx, scipy = types.ModuleType("cupyx"), types.ModuleType("cupyx.scipy")
    cupyx.scipy, scipy.ndimage, scipy.fft = scipy, _ndimage(), _fft()
    return {
        "cupy": cupy,
        "cupy.cuda": cupy.cuda,
        "cupy.cuda.device": cupy.cuda.device,
        "cupy.fft": cupy.fft,
        "cupy.linalg": cupy.linalg,
        "cupyx": cupyx,
        "cupyx.scipy": scipy,
        "cupyx.scipy.ndimage": scipy.ndimage,
        "cupyx.scipy.fft": scipy.fft,
    }


def install(monkeypatch):
    """Have a test find this CuPy; undone at its end."""
    from gpu_course.devices import array_device

    for name, module in modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    for name in [name for name in sys.modules if name.startswith("array_api_compat.cupy")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delenv("GPU_COURSE_DEVICE", raising=False)
    monkeypatch.setattr(array_device, "cupy_computes", lambda: True)
    return sys.modules["cupy"]
