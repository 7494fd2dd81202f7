"""Whether two values agree, and in what words one differs from the other."""

import json
import math
import numbers
from typing import Any

import numpy as np
import torch
from torch import Tensor


def same(found: Any, right: Any, tolerance: float) -> bool:
    """Whether two values agree: in structure, in shape, and in each number as [agreeing][] says."""
    found, right = _plain(found), _plain(right)
    if isinstance(right, Tensor):
        if not isinstance(found, Tensor) or found.shape != right.shape:
            return False
        return bool(agreeing(found, right, tolerance).all())
    if isinstance(right, list):
        if not isinstance(found, list) or len(found) != len(right):
            return False
        return all(same(one, other, tolerance) for one, other in zip(found, right, strict=True))
    return type(found) is type(right) and found == right


def agreeing(found: Tensor, right: Tensor, tolerance: float) -> Tensor:
    """Where two tensors of one shape agree: to the last digit if integers or truth values are right.

    79510.0 agrees with 79510, and 79511 does not. Where a floating-point number is right, another may differ by the
    relative tolerance, near 0 by a hundredth of it, and nan agrees with nan.
    """
    kind = torch.int64  # float32 would swallow the last digit of a large integer
    if found.is_floating_point() or right.is_floating_point():
        kind = torch.float64
    if found.is_complex() or right.is_complex():
        kind = torch.complex128
    one, other = found.to(kind), right.to(kind)
    if not (right.is_complex() or right.is_floating_point()):
        return one == other
    return torch.isclose(one, other, rtol=tolerance, atol=tolerance / 100, equal_nan=True)


def holds_gap(value: Any) -> bool:
    """Whether a value is, or lists, the `...` of a starter."""
    return value is ... or (isinstance(value, list | tuple) and any(item is ... for item in value))


def difference(found: Any, right: Any, who: str, tolerance: float) -> str:
    """A sentence on how a wrong value differs from the right one: its type, its shape, its size or its numbers."""
    gives = "gives" if who.startswith("`") else "is"
    one, other = _plain(found), _plain(right)
    if isinstance(other, Tensor) and isinstance(one, Tensor) and one.shape == other.shape:
        if one.is_floating_point() and one.isnan().any() and not other.isnan().any():
            return f"{who} {gives} nan (not a number): look for a division by zero or the logarithm of zero."
        if other.numel() <= 6:
            return f"{who} {gives} {shown(found)}, and {shown(right)} is right."
        return f"{who} {gives} the right shape, and {_first_wrong(one, other, tolerance)}"
    if isinstance(other, list) and isinstance(one, list):
        if len(one) != len(other):
            return f"{who} {gives} {len(one)} values, and {len(other)} were asked for."
        for position, (mine, wanted) in enumerate(zip(one, other, strict=True), 1):
            if not same(mine, wanted, tolerance):
                return f"value {position} of {len(other)}: {difference(mine, wanted, 'it', tolerance)}"
    if isinstance(other, str) and isinstance(one, str):
        return f"{who} {gives} {one!r}, and that is not it."
    if isinstance(found, numbers.Number) and isinstance(right, numbers.Number):  # one is too large for a tensor
        return f"{who} {gives} {shown(found)}, and {shown(right)} is right."
    return f"{who} {gives} {described(found)}, and {described(right)} was asked for."


def _first_wrong(found: Tensor, right: Tensor, tolerance: float) -> str:
    wrong = ~agreeing(found, right, tolerance)
    place = tuple(wrong.nonzero()[0].tolist())
    return (
        f"{int(wrong.sum()):,} of its {wrong.numel():,} numbers are wrong: at [{', '.join(map(str, place))}] "
        f"it has {_digits(found[place].item())}, and {_digits(right[place].item())} is right."
    )


def described(value: Any) -> str:
    """What kind of thing a value is, in words."""
    simple = {type(None): "nothing", bool: "a truth value", numbers.Number: "a number", str: "a text"}
    for kind, words in simple.items():
        if isinstance(value, kind):
            return words
    if isinstance(value, Tensor | np.ndarray):
        return f"a tensor of shape {tuple(value.shape)}" if value.ndim else "a single number"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    if callable(value):
        return "a function that has not been called" if not isinstance(value, type) else "a class"
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"


def shown(value: Any) -> str:
    """A value in a sentence: itself if it is short, else what it is."""
    if isinstance(value, Tensor | np.ndarray):
        if math.prod(value.shape) > 6:
            return described(value)
        rounded = torch.as_tensor(value).detach().cpu()
        if rounded.is_floating_point():
            numbers_only = json.dumps(rounded.double().tolist())
            return str(json.loads(numbers_only, parse_float=lambda text: float(_digits(float(text)))))
        return str(rounded.tolist())
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return _digits(value)
    if isinstance(value, list | tuple) and len(value) > 6:
        return described(value)
    text = repr(value)
    return text if len(text) <= 60 else described(value)


def _digits(number: complex) -> str:
    """Four digits of a number, but all of a whole one: 79511 must not look like 79510."""
    whole = f"{number:.15g}"
    return whole if whole.lstrip("-").isdigit() else f"{number:.4g}"


def _plain(value: Any) -> Any:
    """Numbers, arrays and tensors as tensors, tuples as lists; all else as it is."""
    if isinstance(value, Tensor):
        return value.detach().cpu()
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufc":
        return torch.from_numpy(np.array(value))
    if isinstance(value, int):
        return torch.tensor(value) if -(2**63) <= value < 2**63 else value  # Python compares larger ones exactly
    if isinstance(value, numbers.Number):
        return torch.tensor(value, dtype=torch.complex128 if isinstance(value, complex) else torch.float64)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
