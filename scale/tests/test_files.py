"""Runs and splits as the engine has them."""

import json
import shutil

import numpy as np
import pytest

from groundmask_scale import data, files, split


def test_a_run_is_written_as_it_was_read(begun, tmp_path):
    original = (begun / "run.gmrun").read_bytes()
    run = files.Run.read(begun / "run.gmrun")
    run.write(tmp_path / "again.gmrun")
    again = files.Run.read(tmp_path / "again.gmrun")
    assert again.meta == run.meta
    assert len((tmp_path / "again.gmrun").read_bytes()) == len(original)
    assert run.meta["session"]["steps"] == 10 and isinstance(run.config["lr"], float)


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:2000] + b"\0" + b[2001:], lambda b: b"GIF89a" + b, lambda b: b""])
def test_what_is_no_whole_run_is_refused(begun, tmp_path, damage):
    (tmp_path / "x.gmrun").write_bytes(damage((begun / "run.gmrun").read_bytes()))
    with pytest.raises(files.NotARun):
        files.Run.read(tmp_path / "x.gmrun")


def test_the_split_is_the_engines(begun):
    about = files.Run.read(begun / "run.gmrun").meta["about"]
    pairs = data.paired(data.Source(begun / "data"))
    assert [name for name, _ in pairs] == [f"images/{i}.png" for i in range(1, 9)]
    config = about["config"]
    assert split.by_share(len(pairs), config["val_share"], int(config["seed"])) == (about["train"], about["validation"])


def test_a_zip_is_read_as_its_folder(begun, tmp_path):
    shutil.make_archive(tmp_path / "data", "zip", begun / "data")
    rule = {"kind": "threshold", "at": 128, "invert": False}
    tiles = []
    for path in (begun / "data", tmp_path / "data.zip"):
        source = data.Source(path)
        pair = data.Pair(source, *data.paired(source)[3], rule, "rgb", None)
        tiles.append(pair.read(-3, 50, 64, 64))
    for folder, archive in zip(*tiles, strict=True):
        assert folder.shape[1:] == (64, 64) and np.array_equal(folder, archive)
    assert 0 < tiles[0][1].mean() < 1


def test_weights_of_a_run_are_a_model(begun, tmp_path, groundmask):
    from groundmask_scale.cli import main

    assert main(["weights", str(begun / "run.gmrun"), str(tmp_path / "m.safetensors")]) == 0
    told = json.loads(groundmask("inspect", "--json", tmp_path / "m.safetensors"))
    assert told["model"]["base"] == 8 and told["model"]["depth"] == 3
