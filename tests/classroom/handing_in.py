"""What students hand in."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

from cifar_core.architecture import find_preset

PRINTED = """Net(
  (conv1): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
  (conv2): Conv2d(8, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1))
  (conv3): Conv2d(8, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
  (pool): AdaptiveAvgPool2d(output_size=1)
  (fc): Linear(in_features=16, out_features=10, bias=True)
)"""
"""Parameters by hand: 3*8*9+8 + 8*8*9+8 + 8*16*9+16 + 16*10+10 = 2,146; field: 3, 5, then 5 + 2*2 = 9."""
PRINTED_PARAMS, PRINTED_FIELD = 2_146, 9
PRESET_JSON = find_preset("seed-model-3").spec.to_json()


def member(name: str, content: bytes = b"{}", mode: int = 0o100644) -> tuple[zipfile.ZipInfo, bytes]:
    """A file in a zip as a Unix program puts it there."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info, content


def class_zip(*members: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    """A zip of them, behind one honest submission."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for info, content in (member("honest.json", PRESET_JSON.encode()), *members):
            archive.writestr(info, content)
    return buffer.getvalue()


def class_folder(folder: Path, **files: str | bytes) -> Path:
    """A folder of them: `anna__net_json="..."` becomes anna/net.json."""
    for name, content in files.items():
        stem, _, ending = name.replace("__", "/").rpartition("_")
        path = folder / f"{stem}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder
