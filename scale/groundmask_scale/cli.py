"""The command line: `python -m groundmask_scale`, or `torchrun ... -m groundmask_scale` for several processes."""

import argparse
import json
import sys

from groundmask_scale import data, files


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="groundmask_scale", description=__doc__)
    errands = parser.add_subparsers(dest="errand", required=True)
    train = errands.add_parser("train", help="goes on with a saved run, or begins one by settings, on one process or many")
    # Not `--run`: torchrun takes that for the beginning of its own `--run-path`, wherever it stands.
    train.add_argument("--resume", metavar="RUN", help="a .gmrun of the page or the native command")
    train.add_argument("--settings", help="without --resume: the page's file of settings")
    train.add_argument("--model", help="with --settings: a .safetensors to begin with")
    train.add_argument("--data", required=True, help="a folder or zip with images/ and masks/")
    train.add_argument("--out", help="the run as it is then, .gmrun")
    train.add_argument("--model-out", help="the best weights, .safetensors")
    train.add_argument("--steps", type=int, help="steps in all, instead of those of the settings")
    train.add_argument("--stop-at", type=int, help="leave off at this step, for a later start with the same --checkpoint")
    train.add_argument("--batch", type=int, help="tiles a step over all processes, instead of that of the settings")
    train.add_argument("--amp", action="store_true", help="bfloat16 where torch takes it for good enough")
    train.add_argument("--workers", type=int, default=0, help="processes that read, for each that trains")
    train.add_argument("--validate-every", type=int, default=0, help="steps between two validations; 0: one at the end")
    train.add_argument("--checkpoint", help="where torch keeps its state; if it is there, training goes on from it")
    train.add_argument("--save-every", type=float, default=60.0, help="seconds between two checkpoints")
    weights = errands.add_parser("weights", help="the best weights of a saved run as a model")
    weights.add_argument("run")
    weights.add_argument("out")
    show = errands.add_parser("show", help="what a saved run holds, as JSON")
    show.add_argument("run")
    options = parser.parse_args(arguments)
    try:
        if options.errand == "train":
            if bool(options.resume) == bool(options.settings):
                parser.error("either --resume or --settings")
            # Only here: the other errands need no torch, which takes seconds to load.
            from groundmask_scale.train import train as go

            go(options)
        elif options.errand == "weights":
            run = files.Run.read(options.run)
            best = run.meta["session"].get("best")
            step = best["step"] if best else run.meta["session"]["steps"]
            files.write_model(options.out, files.model_file_config(run, step), run.group("best") or run.group("model"))
        else:
            run = files.Run.read(options.run)
            shapes = {name: list(values.shape) for name, values in run.tensors.items()}
            print(json.dumps({"meta": run.meta, "tensors": shapes}))
    except (ValueError, OSError, data.NoPairs, files.NotARun) as error:
        print(f"groundmask_scale: {error}", file=sys.stderr)
        return 1
    return 0
