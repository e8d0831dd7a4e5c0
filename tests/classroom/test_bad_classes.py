"""Classes and submissions that nobody should have made, each really built: one sentence in its row, the rest judged."""

from __future__ import annotations

import json
import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cifar_core.classroom import entries
from cifar_core.classroom.entries import MAX_ENTRIES, opened_entries
from cifar_core.classroom.submissions import read_submissions
from cifar_core.errors import SpecError
from tests.classroom.handing_in import PRESET_JSON, PRINTED, class_folder, class_zip, member
from tests.runs.package.building import told, zipped

MIB = 2**20
LINK, PIPE = 0o120777, 0o010644


def problems(source: Path | bytes) -> dict[str, str]:
    """The sentence on each file that is not judged; checks that each is one, and that the honest one is judged."""
    read = read_submissions(source)
    honest = next(submission for submission in read if submission.file == "honest.json")
    assert honest.numbers is not None
    assert honest.numbers.params == 97_264
    found = {submission.file: submission.problem for submission in read if submission.problem}
    for sentence in found.values():
        assert sentence.endswith(".")
        assert sentence.isprintable()
        assert len(sentence) <= 600
    return found


BAD_MEMBERS = {
    "zip slip": (member("../evil.json"), "../evil.json", "leads out of the zip"),
    "absolute path": (member("/etc/evil.json"), "/etc/evil.json", "leads out of the zip"),
    "Windows path": (member("..\\evil.json"), "../evil.json", "leads out of the zip"),
    "drive": (member("C:/evil.json"), "C:/evil.json", "leads out of the zip"),
    "symbolic link": (member("link.json", b"/etc/passwd", LINK), "link.json", "links are not followed"),
    "named pipe": (member("pipe.json", b"", PIPE), "pipe.json", "no plain file"),
    "zip bomb": (member("bomb.cifarrun", bytes(8 * MIB)), "bomb.cifarrun", "as only a zip bomb does"),
    "giant spec": (member("giant.json", os.urandom(MIB + 1)), "giant.json", "1,048,576 is the limit of a .json file"),
    "giant print": (member("giant.txt", bytes(800_001)), "giant.txt", "800,000 is the limit of a .txt file"),
    "zip within": (member("more.zip", zipped([("a.json", b"{}")])), "more.zip", "A zip within the class is not opened"),
    "deep folders": (member("d/" * 9 + "a.json"), "d/" * 9 + "a.json", "more than 8 deep"),
    "code": (member("model.py", b"raise SystemExit"), "model.py", "it is not even opened"),
    "pickle": (member("weights.pth", b"\x80\x04."), "weights.pth", "it is not even opened"),
    "unknown kind": (member("essay.docx"), "essay.docx", "ends in .docx: a submission ends in .json, .txt, .cifarrun"),
    "no ending": (member("LICENSE"), "LICENSE", "It ends in nothing"),
    "damaged JSON": (member("half.json", PRESET_JSON[:200].encode()), "half.json", "this is not JSON"),
    "deep JSON": (member("deep.json", b"[" * 100_000), "deep.json", "nested too deeply"),
    "JSON of another thing": (member("list.json", b"[1, 2]"), "list.json", "must be an object with fields"),
    "unknown field": (
        member("extra.json", PRESET_JSON.replace('"name"', '"evil"', 1).encode()),
        "extra.json",
        "there is no field evil",
    ),
    "wrong encoding": (member("latin.txt", "Zürich".encode("latin-1")), "latin.txt", "It is no text in UTF-8."),
    "empty text": (member("empty.txt", b""), "empty.txt", "holds no printed network"),
    "terminal commands in a name": (member("a\x1b[2J.docx"), "a\\x1b[2J.docx", "ends in .docx"),
    "no package": (member("no.cifarrun", b"PK"), "no.cifarrun", "it is no whole zip file."),
    "package that is another zip": (
        member("other.cifarrun", zipped([("a.json", b"{}")])),
        "other.cifarrun",
        "manifest.json is missing",
    ),
}


@pytest.mark.parametrize(("bad", "name", "words"), BAD_MEMBERS.values(), ids=BAD_MEMBERS)
def test_a_bad_member_is_one_sentence_in_its_row(
    bad: tuple[zipfile.ZipInfo, bytes], name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = problems(class_zip(bad))
    assert list(found) == [name]
    assert words in found[name]
    assert list(tmp_path.iterdir()) == [], "nothing is unpacked onto the disk"


def test_an_encrypted_member_and_a_damaged_one_are_told() -> None:
    content = bytearray(class_zip(member("secret.json", PRESET_JSON.encode())))
    local, central = content.rfind(b"PK\3\4"), content.rfind(b"PK\1\2")
    content[local + 6] |= 1
    content[central + 8] |= 1
    assert problems(bytes(content)) == {"secret.json": "secret.json is encrypted."}
    content = bytearray(class_zip(member("torn.json", PRESET_JSON.encode())))
    at = content.rfind(b"PK\3\4") + 30 + len("torn.json") + 40
    content[at : at + 8] = bytes(8)
    assert problems(bytes(content)) == {"torn.json": "torn.json is damaged."}


def test_a_name_twice_is_told_in_both_rows() -> None:
    with warnings.catch_warnings(action="ignore"):
        content = class_zip(member("a.json"), member("a.json", PRESET_JSON.encode()))
    read = read_submissions(content)
    assert [submission.file for submission in read] == ["a.json", "a.json", "honest.json"]
    assert all("holds this name 2 times" in submission.problem for submission in read[:2])


def test_names_that_are_all_the_same_end() -> None:
    with warnings.catch_warnings(action="ignore"):
        content = zipped([("a.json", b"{}"), ("a.json", b"{}")])
    assert len(read_submissions(content)) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda members: told(members, format_version=7), "it has format version 7: CIFAR Lab"),
        (lambda members: told(members | {"weights.safetensors": b"pickle"}), "weights.safetensors is no safetensors"),
        (lambda members: zipped((members | {"train.log": b"other"}).items()), "train.log"),
        (lambda members: zipped([*members.items(), ("../evil.txt", b"")]), "it holds '../evil.txt'"),
    ],
    ids=["newer schema", "no weights", "wrong checksum", "zip slip inside"],
)
def test_a_bad_package_is_one_sentence_in_its_row(
    package: bytes, change: Callable[[dict[str, bytes]], bytes], words: str
) -> None:
    from tests.runs.package.building import members_of

    found = problems(class_zip(member("bad.cifarrun", change(members_of(package)))))
    assert words in found["bad.cifarrun"]


def test_a_newer_spec_is_refused_by_its_version() -> None:
    newer = json.dumps(json.loads(PRESET_JSON) | {"schema_version": 9}).encode()
    assert "schema_version is 9" in problems(class_zip(member("newer.json", newer)))["newer.json"]


def test_thousands_of_files_are_refused_before_any_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = zipped([(f"{number}.json", b"{}") for number in range(MAX_ENTRIES + 1)])
    with pytest.raises(SpecError, match=f"There are 501 files: at most {MAX_ENTRIES} submissions"):
        read_submissions(many)
    with pytest.raises(SpecError, match="its directory is larger than that of any folder of submissions"):
        read_submissions(zipped([(f"{number}.json", b"") for number in range(2_001)]))
    for number in range(MAX_ENTRIES + 1):
        (tmp_path / f"{number}.json").touch()
    monkeypatch.setattr(entries, "_read_file", pytest.fail)
    with pytest.raises(SpecError, match="501 files"):
        read_submissions(tmp_path)


def test_files_that_are_large_together_are_read_as_far_as_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries._Budget, "__init__", lambda budget: setattr(budget, "left", len(PRESET_JSON) + 10))
    class_folder(tmp_path, honest_json=PRESET_JSON, too_much_txt=PRINTED)
    assert "The files before it fill" in problems(tmp_path)["too_much.txt"]


def test_a_folder_with_links_pipes_and_code_is_read_without_following_any(tmp_path: Path) -> None:
    outside = class_folder(tmp_path / "outside", secret_json=PRESET_JSON)
    folder = class_folder(tmp_path / "class", honest_json=PRESET_JSON, evil_py="raise SystemExit")
    (folder / "link.json").symlink_to(outside / "secret.json")
    (folder / "linked-folder").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.json")
    found = problems(folder)
    assert set(found) == {"evil.py", "link.json", "linked-folder", "loop", "pipe.json"}
    assert all("links are not followed" in found[name] for name in ("link.json", "linked-folder", "loop"))
    assert found["pipe.json"] == "It is no plain file."


def test_a_file_that_becomes_a_link_while_the_class_is_read_is_not_followed(tmp_path: Path) -> None:
    folder = class_folder(tmp_path / "class", a_json=PRESET_JSON)
    with opened_entries(folder) as (entry,):
        (folder / "a.json").rename(tmp_path / "elsewhere.json")
        (folder / "a.json").symlink_to(tmp_path / "elsewhere.json")
        with pytest.raises(SpecError, match="It cannot be read"):
            entry.read()


def test_a_file_that_grows_while_the_class_is_read_is_not_read_whole(tmp_path: Path) -> None:
    folder = class_folder(tmp_path / "class", a_json=PRESET_JSON)
    with opened_entries(folder) as (entry,):
        with (folder / "a.json").open("wb") as file:
            file.truncate(MIB + 1)
        with pytest.raises(SpecError, match="more than 1,048,576 bytes"):
            entry.read()


def test_what_is_no_class_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "class.zip").write_text("no zip")
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, words in {
        "class.zip": "class.zip cannot be read: it is no whole zip file",
        "nowhere": "No such file or directory",
        "empty": "There is no file in empty",
        "pipe": "neither a folder nor a zip",
    }.items():
        with pytest.raises(SpecError, match=words):
            read_submissions(tmp_path / name)


def test_code_in_a_folder_is_not_even_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class_folder(tmp_path, model_py="raise SystemExit", honest_json=PRESET_JSON)
    real, opened = os.open, list[str]()

    def watched(path: str | Path, *arguments: int) -> int:
        opened.append(Path(path).name)
        return real(path, *arguments)

    monkeypatch.setattr(os, "open", watched)
    assert "model.py" in problems(tmp_path)
    assert opened == ["honest.json"]
