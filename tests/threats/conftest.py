"""The scenes that the rows of the table of threats play on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.threats.row import Scenes


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenes]:
    """Kept for all tests of the folder, as a server and its players take a second or two to be there."""
    found = Scenes(tmp_path_factory.mktemp("threats"))
    yield found
    found.close()
