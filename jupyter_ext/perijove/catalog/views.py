"""Arrow's views of text and bytes as plain text and bytes, which every function of Arrow knows."""

from __future__ import annotations

from contextlib import suppress
from typing import Any


def unviewed_type(kind: Any) -> Any:
    """The type with each view in it, also within lists and structs, as what it is a view of."""
    import pyarrow as pa

    if pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_struct(kind):
        return pa.struct([_unviewed_field(kind.field(index)) for index in range(kind.num_fields)])
    if pa.types.is_map(kind):
        return pa.map_(_unviewed_field(kind.key_field), _unviewed_field(kind.item_field))
    if pa.types.is_list(kind):
        return pa.list_(_unviewed_field(kind.value_field))
    if pa.types.is_large_list(kind):
        return pa.large_list(_unviewed_field(kind.value_field))
    return kind


def unviewed(found: Any) -> Any:
    """A schema, or a table or batch, without views; itself where there are none.

    A column that Arrow cannot turn (a map of variants) keeps its type.
    """
    import pyarrow as pa

    if isinstance(found, pa.Schema):
        return pa.schema([_unviewed_field(field) for field in found], metadata=found.metadata)
    for index, field in enumerate(found.schema):
        plainer = _unviewed_field(field)
        if plainer.type != field.type:
            with suppress(pa.ArrowException):
                found = found.set_column(index, plainer, found.column(index).cast(plainer.type))
    return found


def _unviewed_field(field: Any) -> Any:
    return field.with_type(unviewed_type(field.type))
