"""Pausing the collector."""

from __future__ import annotations

import gc
import threading

import pytest

from perijove.core.heap import no_collecting


def test_the_collector_goes_on_when_the_last_one_that_paused_it_is_done() -> None:
    assert gc.isenabled()
    inside, done = threading.Event(), threading.Event()

    def other() -> None:
        with no_collecting():
            inside.set()
            done.wait(20)

    thread = threading.Thread(target=other)
    with pytest.raises(ValueError), no_collecting():
        assert not gc.isenabled()
        thread.start()
        inside.wait(20)
        raise ValueError
    assert not gc.isenabled()
    done.set()
    thread.join()
    assert gc.isenabled()


def test_a_program_without_a_collector_stays_without() -> None:
    gc.disable()
    try:
        with no_collecting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
