"""The public names are what the README promises, and all of them exist."""

from __future__ import annotations

import advisor


def test_every_public_name_resolves() -> None:
    assert sorted(advisor.__all__) == list(advisor.__all__)
    for name in advisor.__all__:
        assert getattr(advisor, name) is not None
        assert name in dir(advisor)


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(advisor, "lr_find")
