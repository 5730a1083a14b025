"""A text notebook as it lies on disk, and the order in which a save replaces it.

A save is done when the text is in place: blobs first, then the new manifest under a name that carries the digest of
the text it belongs to, then the text, then the manifest gets its name. Killed before the text is in place, the old text
has its old manifest; killed after, a reader finds the waiting manifest by the digest of the text.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from perijove.core.errors import Busy, Invalid
from perijove.storage import atomic
from perijove.storage.places import Outputs, Place, Places
from perijove.storage.tokens import Signature, settled, signature

TRIES = 20


class State(NamedTuple):
    """The text and the manifest of one moment; ``elsewhere`` is where the parts lie if the setting was changed."""

    text: bytes
    manifest: bytes | None
    signature: Signature
    place: Place
    elsewhere: Place | None = None

    @property
    def digest(self) -> str:
        """The name of the content."""
        return digest(self.text, self.manifest)


def digest(text: bytes, manifest: bytes | None) -> str:
    """The name of a text and its manifest together."""
    both = hashlib.sha256(hashlib.sha256(text).digest())
    both.update(b"" if manifest is None else hashlib.sha256(manifest).digest())
    return both.hexdigest()


def read(places: Places, text: Path) -> State:
    """The text and the manifest of one moment, even while somebody saves; raises FileNotFoundError for no text."""
    place = places.of(text)
    for _ in range(TRIES):
        elsewhere = _elsewhere(places, place)
        manifest = (elsewhere or place).manifest
        seen = signature(text, manifest)
        content = text.read_bytes()
        beside = _manifest(elsewhere or place, content)
        still = signature(text, manifest) == seen
        if still and not settled(seen):  # two saves within a tick of the clock look alike
            still = content == text.read_bytes() and beside == _manifest(elsewhere or place, content)
        if still:
            return State(content, beside, signature(text, place.manifest), place, elsewhere)
    raise Busy(f"{text.name} is changed all the time.", hint="Try again when the program that writes it has ended.")


def decoded(data: bytes, name: str) -> str:
    """A text as characters; raises Invalid where it is not UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"{name} is not UTF-8 text: {error}.", hint="Save it as UTF-8.") from error
    return text.replace("\r\n", "\n") if has_crlf(data) else text


def encoded(text: str, like: bytes) -> bytes:
    """A text as bytes, its lines ended as those of what it replaces."""
    return (text.replace("\n", "\r\n") if has_crlf(like) else text).encode()


def has_crlf(data: bytes) -> bool:
    """Whether a program (git on Windows) ended all lines with CR LF; our own text never ends its first line so."""
    return data[: data.find(b"\n") + 1].endswith(b"\r\n")


def settle(state: State) -> None:
    """Finish a save that was killed, and take away what killed ones left."""
    place = state.elsewhere or state.place
    folder = place.manifest.parent
    if not folder.is_dir():
        return
    waiting = place.pending(hashlib.sha256(state.text).hexdigest())
    if waiting.exists():
        if state.manifest is not None and _bytes(waiting) == state.manifest:
            atomic.move(waiting, place.manifest)
        else:
            waiting.unlink()
    for left in folder.glob(".manifest.*.json"):
        left.unlink()
    for swept in {folder, place.text.parent}:
        atomic.sweep(swept)


def replace(place: Place, text: bytes | None, manifest: bytes, over: bytes | None = None) -> None:
    """Put a new manifest, and a new text if there is one, in place: both or none.

    Raises Changed if another text than ``over`` lies there by now.
    """
    atomic.make(place.manifest.parent)
    if text is None:
        atomic.write(place.manifest, manifest)
        return
    waiting = place.pending(hashlib.sha256(text).hexdigest())
    atomic.stage(waiting, manifest)
    try:
        atomic.sync_folder(waiting.parent)
        atomic.write(place.text, text, over=over)
    except BaseException:
        if _bytes(place.text) != text:  # else the text is in place, and this manifest is the right one
            with contextlib.suppress(OSError):
                waiting.unlink()
        raise
    atomic.move(waiting, place.manifest)


def _manifest(place: Place, text: bytes) -> bytes | None:
    waiting = _bytes(place.pending(hashlib.sha256(text).hexdigest()))
    if waiting is not None:
        with contextlib.suppress(ValueError):  # half of it: the writer was killed before the text was in place
            json.loads(waiting)
            return waiting
    return _bytes(place.manifest)


def _elsewhere(places: Places, place: Place) -> Place | None:
    """Where the parts lie if the project's setting was changed since they were written."""
    if place.manifest.exists():
        return None
    others: tuple[Outputs, ...] = ("local", "commit")
    for outputs in others:
        other = places.at(place.text, outputs)
        if other.manifest != place.manifest and other.manifest.exists():
            return other
    return None


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
