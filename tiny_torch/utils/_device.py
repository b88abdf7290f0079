"""Running a function with a default device."""

import functools

__all__ = ["device_decorator"]


def device_decorator(device, func):
    """`func`, with `device` as the default device of the tensors that it makes."""

    @functools.wraps(func)
    def call(*args, **kwargs):
        with device:
            return func(*args, **kwargs)

    return call
