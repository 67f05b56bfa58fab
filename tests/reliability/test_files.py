"""Files are written as a whole or not at all, and read within limits from regular files only."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from advisor import files, interrupts
from advisor.api.diagnosis import diagnose
from advisor.cli import main
from advisor.errors import DataError, InputError
from advisor.profiling import profile

OLD, NEW = "old\n" * 20_000, "new\n" * 20_000
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def beside(path: Path) -> set[str]:
    return {other.name for other in path.iterdir()}


def test_a_reader_sees_the_old_text_or_the_new_one(tmp_path: Path) -> None:
    path, seen, done = tmp_path / "report.json", set(), threading.Event()
    files.write_text(path, OLD)

    def write() -> None:
        for number in range(40):
            files.write_text(path, OLD if number % 2 else NEW)
        done.set()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    while not done.is_set():
        seen.add(path.read_text())
    for writer in writers:
        writer.join()
    assert seen <= {OLD, NEW}
    assert beside(tmp_path) == {"report.json"}


@pytest.mark.parametrize("broken", range(3))
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("links", [True, False])
def test_several_files_are_all_new_or_all_old_also_when_the_last_rename_fails(
    broken: int, error: BaseException, links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / name for name in ("a.json", "fresh.html", "c.json")]
    for path in (paths[0], paths[2]):
        path.write_text(OLD)
    renamed = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if self.suffix == ".tmp" and Path(target) == paths[broken]:
            raise error
        return renamed(self, target)

    def no_links(self: Path, target: Path) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "replace", replace)
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)
    said = list(interrupts.written)
    with pytest.raises((InputError, KeyboardInterrupt)):
        files.write_texts(dict.fromkeys(paths, NEW))
    assert [path.read_text() for path in (paths[0], paths[2])] == [OLD, OLD]
    assert beside(tmp_path) == {"a.json", "c.json"}
    assert interrupts.written == said
    monkeypatch.undo()
    files.write_texts(dict.fromkeys(paths, NEW))
    assert [path.read_text() for path in paths] == [NEW] * 3
    assert beside(tmp_path) == {"a.json", "fresh.html", "c.json"}
    assert interrupts.written == [*said, *map(str, paths)]


def test_an_interrupt_says_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "written", [])
    assert interrupts.sentence() == "interrupted; nothing was written"
    files.write_text(tmp_path / "a.json", NEW)
    assert interrupts.sentence() == f"interrupted; written before: {tmp_path / 'a.json'}"


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "report.json", tmp_path / "link.json"
    path.write_text(OLD)
    path.chmod(0o640)
    link.symlink_to(path)
    files.write_text(link, NEW)
    assert link.is_symlink()
    assert path.read_text() == NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    files.write_text(tmp_path / "fresh", NEW)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((tmp_path / "fresh").stat().st_mode) == 0o666 & ~mask


def test_what_cannot_be_written_ends_in_a_sentence_and_leaves_what_was_there(tmp_path: Path) -> None:
    loop, pipe, folder, old = tmp_path / "loop", tmp_path / "pipe", tmp_path / "folder", tmp_path / "old"
    loop.symlink_to(loop)
    os.mkfifo(pipe)
    folder.mkdir()
    old.write_text(OLD)
    before = beside(tmp_path)
    for path in (
        loop,
        pipe,
        folder,
        tmp_path / ("n" * 300),
        tmp_path / "no" / "where",
        tmp_path / "null\0",
        "/dev/full",
    ):
        with pytest.raises(InputError, match="cannot be written"):
            files.write_texts({old: NEW, path: NEW})
        assert old.read_text() == OLD
        assert beside(tmp_path) == before


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    path.write_text(OLD)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        files.write_text(path, NEW)
    assert path.read_text() == OLD
    assert beside(tmp_path) == {"report.html"}


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
def test_a_folder_that_is_read_only_ends_in_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="Permission denied"):
        files.write_text(tmp_path / "report.html", NEW)
    tmp_path.chmod(0o700)


def test_text_that_has_no_encoding_is_written(tmp_path: Path) -> None:
    files.write_text(tmp_path / "a", "\ud800")
    assert (tmp_path / "a").read_text() == "\\ud800"


def test_only_regular_files_of_bearable_size_are_read(tmp_path: Path) -> None:
    pipe, loop, large = tmp_path / "pipe", tmp_path / "loop", tmp_path / "large"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    large.write_text("x" * 100)
    for path, message in (
        (pipe, "a pipe"),
        (loop, "cannot be read"),
        (tmp_path, "a folder"),
        (Path("/dev/zero"), "a device"),
        (tmp_path / ("n" * 300), "cannot be read"),
        (tmp_path / "null\0", "cannot be read"),
        (large, "larger than"),
    ):
        with pytest.raises(DataError, match=message):
            files.read_bytes(path, what="log", limit=50)


@pytest.mark.parametrize("name", ["n" * 300, "**x", "pipe", "/dev/zero", "loop", "\udcff\udcfe.csv", "a\0b"])
def test_hostile_names_end_in_a_sentence_everywhere(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("loop").symlink_to("loop")
    with pytest.raises(InputError):
        profile(name)
    with pytest.raises(InputError):
        diagnose(name)
    for command in (["recommend", "--facts", name], ["explain", name], ["report", name], ["ask", f"{name}.json"]):
        monkeypatch.setattr("sys.argv", ["advisor", *command])
        with pytest.raises(SystemExit) as stop:
            main()
        assert stop.value.code == 2
        assert "error: " in capsys.readouterr().err


def test_numbers_of_thousands_of_digits_are_no_accident() -> None:
    assert files.parse_json("[" + "9" * 5000 + ", 12345678901234567890]") == [float("inf"), 12345678901234567890]
