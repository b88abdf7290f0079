"""Finding the forward operation behind a failing or nan backward."""

from tiny_torch import _C

__all__ = ["detect_anomaly", "set_detect_anomaly"]


class set_detect_anomaly:
    """Switches anomaly mode at once; as a context manager, back again at the end.

    While it is on, each operation remembers where it was called, backward prints that place when the operation's
    gradient fails, and (with `check_nan`) a gradient that contains nan raises RuntimeError. It is slow.
    """

    def __init__(self, mode: bool, check_nan: bool = True):
        self._previous = (_C.is_anomaly_enabled(), _C.is_anomaly_check_nan_enabled())
        _C.set_anomaly_enabled(mode, check_nan)

    def __enter__(self):
        pass

    def __exit__(self, *exc):
        _C.set_anomaly_enabled(*self._previous)


class detect_anomaly:
    """The context manager of anomaly mode; see `set_detect_anomaly`."""

    def __init__(self, check_nan: bool = True):
        import warnings

        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging.",
            stacklevel=2,
        )
        self.check_nan = check_nan

    def __enter__(self):
        self._previous = (_C.is_anomaly_enabled(), _C.is_anomaly_check_nan_enabled())
        _C.set_anomaly_enabled(True, self.check_nan)

    def __exit__(self, *exc):
        _C.set_anomaly_enabled(*self._previous)
