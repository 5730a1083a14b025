"""Sends word of drift to a webhook, whose address an environment variable holds and nothing ever prints."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from perijove.jobs.model import Alert, Webhook

PATIENCE = 10.0
Post = Callable[[str, Mapping[str, Any]], int]
Kept = dict[str, dict[str, Any]]


def post(address: str, message: Mapping[str, Any]) -> int:
    """Send a message; gives the status of the answer. Redirections are not followed."""
    import httpx

    return httpx.post(address, json=dict(message), timeout=PATIENCE, follow_redirects=False).status_code


def webhook(variable: str) -> Webhook:
    """The variable that holds the address; what cannot be the name of one is not repeated: it may be the address."""
    named = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable) is not None
    return Webhook(variable if named else "", named and bool(os.environ.get(variable)))


def pending(waiting: Kept, variable: str) -> Alert:
    """What waits and why, with nothing sent."""
    hook = webhook(variable)
    if not waiting:
        return Alert("none")
    if not hook.is_set:
        name = hook.variable or "that [monitor] names"
        detail = f"No webhook is set: put its address into the environment variable {name}."
        return Alert("off", detail, len(waiting))
    if not re.match(r"https?://[^/]", os.environ[variable]):
        return Alert("waiting", f"{variable} does not hold an address of http or https.", len(waiting))
    return Alert("waiting", f"The next look sends them to the webhook that {variable} names.", len(waiting))


def deliver(waiting: Kept, variable: str, send: Post = post) -> tuple[Alert, Kept]:
    """Send all that waits, oldest first; gives what became of it and what still waits for the next time."""
    before = pending(waiting, variable)
    address = os.environ.get(variable, "")
    if before.state != "waiting" or not re.match(r"https?://[^/]", address):
        return before, waiting
    left = dict(sorted(waiting.items()))
    for mark in list(left):
        problem = _sent(address, left[mark], send)
        if problem:
            detail = f"The webhook that {variable} names did not take it ({problem}); it is sent again next time."
            return Alert("waiting", detail, len(left)), left
        del left[mark]
    return Alert("sent", f"{len(waiting)} alerts were sent." if len(waiting) > 1 else "The alert was sent."), {}


def _sent(address: str, message: Mapping[str, Any], send: Post) -> str:
    """Empty where a message arrived, else why it did not: never in the library's words, which may hold the address."""
    try:
        status = send(address, message)
    except Exception as error:  # noqa: BLE001 - whatever it is, the alert waits and the monitor goes on
        return type(error).__name__
    return "" if 200 <= status < 300 else f"status {status}"
