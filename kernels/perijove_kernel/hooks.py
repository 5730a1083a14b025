"""Wrappers around the readers and writers of many libraries, put on when a library is imported.

A wrapper calls the real function with what it was given, and afterwards notes which dataset was touched. Calls that a
reader makes inside itself are not noted again. Nothing is imported here on its own account.
"""

from __future__ import annotations

import logging
import pkgutil
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, SupportsIndex

import wrapt

from perijove_kernel import datasets, stack
from perijove_kernel.recorder import Recorder
from perijove_kernel.spots import FILES, SELF, Call, Spot
from perijove_kernel.touches import Touch

log = logging.getLogger("perijove_kernel")
inside: ContextVar[bool] = ContextVar("perijove_inside", default=False)


class _Noted(wrapt.FunctionWrapper):  # type: ignore[type-arg]  # it is generic for the type checker only
    """A wrapped reader that can still be sent to a worker and be part of a Dask graph: it travels as its name.

    A worker has no wrappers, so there the name means the library's own function again.
    """

    def __init__(self, wrapped: Callable[..., Any], wrapper: Callable[..., Any], place: str) -> None:
        super().__init__(wrapped, wrapper)
        self._self_place = place

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return pkgutil.resolve_name, (self._self_place,)

    def __dask_tokenize__(self) -> str:
        return str(self._self_place)


def watch(recorder: Recorder) -> None:
    """Wrap the readers and writers now or as soon as their library is imported."""
    from perijove_kernel import duck, opens, queries, tables

    for spots in (FILES, tables.SPOTS, queries.SPOTS):
        for module, found in spots.items():
            wrapt.register_post_import_hook(_wrap_all(recorder, found), module)
    wrapt.register_post_import_hook(_wrap_runs(recorder), "mlflow.tracking.client")
    queries.watch(recorder)
    duck.watch(recorder)
    opens.watch(recorder)


def _wrap_all(recorder: Recorder, spots: list[Spot]) -> Callable[[Any], None]:
    def wrap(module: Any) -> None:
        for spot in spots:
            try:
                parent, attribute, original = wrapt.resolve_path(module, spot.name)
                if isinstance(original, _Noted):
                    continue
                place = f"{module.__name__}:{spot.name}"
                wrapt.apply_patch(parent, attribute, _Noted(original, noting(recorder, spot, module.__name__), place))
            except (AttributeError, TypeError):
                log.debug("%s has no %s that can be watched.", module.__name__, spot.name)

    return wrap


def noting(recorder: Recorder, spot: Spot, module: str) -> Callable[..., Any]:
    """The wrapper of one spot."""
    names = spot.name.split(".")
    via = spot.via or f"{module}.{names[0] if names[-1] == '__init__' else names[-1]}"

    def wrapper(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if inside.get():
            return wrapped(*args, **kwargs)
        token = inside.set(True)
        datasets.forget_versions()
        try:
            result = wrapped(*args, **kwargs)
            note(recorder, spot, via, Call(instance, args, kwargs, result))
        finally:
            inside.reset(token)
        return result

    return wrapper


def note(recorder: Recorder, spot: Spot, via: str, call: Call) -> None:
    """Tell the recorder what one call touched; a call that worked never fails because of this."""
    try:
        if recorder.current is None or stack.works_for_itself(stack.caller()):
            return
        found = spot.find(call)
        if not found:
            return
        text = spot.text(call) if spot.text else None
        touch = Touch(spot.kind, tuple(found), via, columns=_columns(spot, call))
        asked = [call.kwargs.get(word) for word in ("if_exists", "if_table_exists", "mode")]
        touch.append = spot.name.endswith(".append") or "append" in asked or asked[2] == "a"
        given = [*call.args[:1], *call.kwargs.values()]
        touch.part = any(type(one).__name__.endswith(("Writer", "Store")) for one in given)
        touch.sql, touch.dialect = (text.sql, text.dialect) if text else ("", "")
        touch.data, touch.function = spot.data, spot.name.split(".")[-1]
        if spot.kind == "read":
            touch.made = call.instance if spot.made == SELF else call.result
        elif spot.data == SELF:
            touch.written = call.instance
        elif isinstance(spot.data, tuple):
            touch.written = call.given(*spot.data)
        recorder.touched(touch)
    except Exception:  # noqa: BLE001 - a read that worked must not fail because it could not be noted
        log.debug("%s could not be noted.", via, exc_info=True)


def _columns(spot: Spot, call: Call) -> tuple[str, ...] | None:
    """The columns that a read asks for by name; None for all of them."""
    for word in spot.columns:
        wanted = call.kwargs.get(word)
        if isinstance(wanted, list | tuple) and wanted and all(isinstance(one, str) for one in wanted):
            return tuple(wanted)
    return None


def _wrap_runs(recorder: Recorder) -> Callable[[Any], None]:
    """Note each run that MLflow makes, whether by ``start_run``, by a client, or by autologging."""

    def made_run(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        run = wrapped(*args, **kwargs)
        try:
            recorder.made_run(run.info.run_id, run.info.run_name or "")
        except Exception:  # noqa: BLE001 - a run that was made must not fail because it could not be noted
            log.debug("The run could not be noted.", exc_info=True)
        return run

    def made_version(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        version = wrapped(*args, **kwargs)
        try:
            recorder.made_model(str(version.name), str(version.version), str(version.run_id or ""))
        except Exception:  # noqa: BLE001 - a model that was registered must not fail because it could not be noted
            log.debug("The model could not be noted.", exc_info=True)
        return version

    def wrap(module: Any) -> None:
        wrapt.wrap_function_wrapper(module, "MlflowClient.create_run", made_run)
        for name in ("_create_model_version", "create_model_version"):
            if hasattr(module.MlflowClient, name):
                wrapt.wrap_function_wrapper(module, f"MlflowClient.{name}", made_version)
                break

    return wrap
