"""Training by DistributedDataParallel, from a saved run or a model, with checkpoints of torch's own."""

import json
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler

from groundmask_scale import data, files, loss, split, unet

ADAM = {"betas": (0.9, 0.999), "eps": 1e-7}
THRESHOLDS = np.arange(1, 100) / 100


class Job:
    """What is trained: settings, network, pairs, and where a saved run had been.

    `run`: a `.gmrun`; or `settings` (the page's file of settings), perhaps with a `model` to begin with.
    """

    def __init__(self, options):
        self.options = options
        self.run = files.Run.read(options.resume) if options.resume else None
        about = self.run.meta["about"] if self.run else {}
        self.config = self.run.config if self.run else json.loads(Path(options.settings).read_text())["config"]
        self.rule = about.get("rule", {"kind": "threshold", "at": 128, "invert": False})
        self.ranges = (about.get("data", {}).get("ranges") or [None, None])[1]
        self.tile_px = int(self.config["tile_px"])
        self.steps_total = options.steps or int(about.get("steps_total") or self.config["steps"])
        self.batch = options.batch or int(self.config["batch"])
        if self.config["sampling"] != "crop":
            raise ValueError(f"sampling {self.config['sampling']} is not made here: `crop` is")
        if self.config["foreground_weight"] == "auto" or self.config["class_weights"]:
            raise ValueError("weights of classes are not taken here")
        if self.config.get("bands"):
            raise ValueError("a network over chosen bands is not trained here: the page and the native command do")
        source = data.Source(options.data)
        channels = self.config["channels"]
        pairs = [data.Pair(source, *pair, self.rule, channels, self.ranges) for pair in data.paired(source)]
        train, held = self.sides(pairs)
        self.train, self.validation = [pairs[i] for i in train], [pairs[i] for i in held]

    def sides(self, pairs):
        """The pairs of a saved run's own two sides; else by the names or the share that the settings say."""
        about = self.run.meta["about"] if self.run else None
        if about:
            if about.get("held_back"):
                raise ValueError("a part of a single image is held back: that run goes on in the page or natively")
            if len(pairs) <= max(about["train"] + about["validation"]):
                raise ValueError(f"{len(pairs)} pairs; the run was trained on others")
            return about["train"], about["validation"]
        names = set(self.config["val_names"])
        if names:
            known = [{pair.name, Path(pair.name).name, Path(pair.name).stem} for pair in pairs]
            held = [i for i, forms in enumerate(known) if forms & names]
            return [i for i in range(len(pairs)) if i not in held], held
        return split.by_share(len(pairs), self.config["val_share"], int(self.config["seed"]))

    def network(self):
        if self.run:
            net = unet.UNet(self.run.model_config())
            unet.load(net, self.run.group("model"))
            return net
        if self.options.model:
            config, tensors = files.read_model(self.options.model)
            if config.get("bands"):
                raise ValueError("a network over chosen bands is not trained here: the page and the native command do")
            net = unet.UNet(config["model"])
            unet.load(net, tensors)
            return net
        config = self.config
        torch.manual_seed(int(config["seed"]))
        return unet.UNet({
            "architecture": config["architecture"], "base": int(config["base"]), "depth": int(config["depth"]),
            "channels": 1 if config["channels"] == "grey" else 3, "head": config["head"],
            "dropout": config["dropout"], "classes": 1,
        })  # fmt: skip


class Trainer:
    def __init__(self, job, device):
        self.job, self.device = job, device
        self.net = job.network().to(device, memory_format=torch.channels_last)
        self.step, self.losses, self.best = 0, [], None
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=job.config["lr"], **ADAM)
        if job.run:
            self.take_run(job.run)
        is_many = dist.is_initialized() and dist.get_world_size() > 1
        # The statistics of batch norm are the same everywhere already.
        self.model = DistributedDataParallel(self.net, broadcast_buffers=False) if is_many else self.net

    def take_run(self, run):
        """Steps, losses and Adam's moments of a saved run."""
        session = run.meta["session"]
        self.step = session["steps"]
        self.losses = [float(value) for value in run.tensors["losses"]]
        for name, parameter in self.net.named_parameters():
            shape = unet.to_ours(parameter).shape
            moment = lambda which: unet.to_torch(torch.from_numpy(run.tensors[f"adam.{which}.{name}"].reshape(shape).copy()))
            place = lambda values: values.to(parameter.device).to(memory_format=torch.preserve_format)
            self.optimizer.state[parameter] = {
                "step": torch.tensor(float(session["adam_steps"])),
                "exp_avg": place(moment("m")),
                "exp_avg_sq": place(moment("v")),
            }

    def train_step(self, images, masks):
        """One step of the whole batch, of which this process has its part; gives the loss of all of it."""
        job = self.job
        self.net.train()
        self.net.set_momentum(loss.statistics_momentum(job.config, self.step))
        for group in self.optimizer.param_groups:
            group["lr"] = loss.learning_rate(job.config, self.step, job.steps_total)
        self.optimizer.zero_grad(set_to_none=True)
        value = self.backward(images, masks)
        if job.config["clip_norm"]:
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), job.config["clip_norm"])
        self.optimizer.step()
        self.step += 1
        self.losses.append(value)
        return value

    def backward(self, images, masks):
        images = images.to(self.device, memory_format=torch.channels_last, non_blocking=True)
        masks = masks.to(self.device, non_blocking=True)
        # Sixteen bits of bfloat16 reach as far as single precision: nothing has to be scaled.
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.job.options.amp):
            logits = self.model(images)
        value = loss.loss_of(logits, masks, self.job.config["loss"], self.job.config.get("label_smoothing", 0.0))
        value.backward()
        return float(value.detach())

    @torch.no_grad()
    def validate(self):
        """IoU at the best of 99 thresholds over the images held back, whole; by tiles they need not fit into memory."""
        found, wrong, positive = (np.zeros(len(THRESHOLDS)) for _ in range(3))
        self.net.eval()
        rank, world = rank_and_world()
        for pair in (self.job.validation or self.job.train)[rank::world]:
            for probability, mask in self.maps(pair):
                known = ~np.isnan(mask)
                over = probability[known][:, None] >= THRESHOLDS
                truth = mask[known][:, None] > 0.5
                found += (over & truth).sum(0)
                wrong += (over & ~truth).sum(0)
                positive += truth.sum()
        counts = torch.from_numpy(np.stack([found, wrong, positive])).to(self.device)
        if world > 1:
            dist.all_reduce(counts)
        found, wrong, positive = counts.cpu().numpy()
        iou = found / np.maximum(positive + wrong, 1)
        best = max(range(len(THRESHOLDS)), key=lambda i: (iou[i], -abs(THRESHOLDS[i] - 0.5)))
        return float(iou[best]), float(THRESHOLDS[best])

    def maps(self, pair, side=512):
        """Probabilities and labels of an image, tile by tile, each with enough around it for the network to see."""
        stride = 1 << self.net.depth
        margin = 8 << self.net.depth
        for row in range(0, pair.height, side):
            for column in range(0, pair.width, side):
                height, width = min(side, pair.height - row), min(side, pair.width - column)
                # The engine takes the edge's pixels for what is beyond it, up to the next multiple of the stride.
                top, left = min(row, margin), min(column, margin)
                bottom = min(pair.height - row - height, margin)
                right = min(pair.width - column - width, margin)
                rows, columns = top + height + bottom, left + width + right
                image, mask = pair.read(row - top, column - left, rows + -rows % stride, columns + -columns % stride)
                logits = self.net(torch.from_numpy(image)[None].to(self.device))
                at = np.s_[top : top + height, left : left + width]
                yield torch.sigmoid(logits)[0, 0].cpu().numpy()[at], mask[0][at]

    def save(self, path):
        state = {
            "step": self.step, "losses": self.losses, "best": self.best, "net": self.net.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }  # fmt: skip
        part = Path(path).with_name(f".{Path(path).name}.part")
        torch.save(state, part)
        part.replace(path)

    def restore(self, path):
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.losses, self.best = state["step"], state["losses"], state["best"]


def rank_and_world():
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


def batches(job, dataset, step):
    """Batches without end from `step` on, of each the part of this process."""
    rank, world = rank_and_world()
    if job.batch % world:
        raise ValueError(f"a batch of {job.batch} cannot be divided among {world} processes: give --batch")
    sampler = DistributedSampler(dataset, world, rank, shuffle=True, seed=int(job.config["seed"]))
    own = job.batch // world
    # An epoch of less than a batch is taken several times over.
    per_epoch = max(len(sampler) // own, 1)
    while True:
        dataset.epoch = step // per_epoch
        sampler.set_epoch(dataset.epoch)
        order = list(sampler)
        order = (order * -(-own // len(order)))[: per_epoch * own]
        chosen = [order[i : i + own] for i in range(step % per_epoch * own, len(order), own)]
        for batch in DataLoader(dataset, batch_sampler=chosen, num_workers=job.options.workers):
            yield batch
        step += len(chosen)


def train(options):
    """Runs in every process that `torchrun` starts, or in one alone."""
    device = begin()
    rank, _ = rank_and_world()
    job = Job(options)
    trainer = Trainer(job, device)
    checkpoint = options.checkpoint and Path(options.checkpoint)
    if checkpoint and checkpoint.exists():
        trainer.restore(checkpoint)
    tell = lambda line: print(json.dumps(line), flush=True) if rank == 0 else None
    dataset = data.Crops(job.train, job.tile_px, job.config["augmentation"], int(job.config["seed"]))
    saved = began = time.monotonic()
    source = batches(job, dataset, trainer.step)
    end = min(options.stop_at or job.steps_total, job.steps_total)
    while trainer.step < end:
        value = trainer.train_step(*next(source))
        tell({"type": "step", "step": trainer.step, "steps_total": job.steps_total, "loss": value})
        is_due = trainer.step % options.validate_every == 0 if options.validate_every else False
        if is_due or trainer.step == end:
            iou, threshold = trainer.validate()
            is_best = trainer.best is None or iou >= trainer.best["iou"]
            if is_best:
                trainer.best = {"iou": iou, "threshold": threshold, "step": trainer.step, "net": copied(trainer.net)}
            tell({"type": "validation", "step": trainer.step, "iou": iou, "threshold": threshold, "best": is_best})
        if checkpoint and rank == 0 and time.monotonic() - saved >= options.save_every:
            trainer.save(checkpoint)
            saved = time.monotonic()
    if rank == 0:
        if checkpoint:
            trainer.save(checkpoint)
        write(job, trainer, time.monotonic() - began)
        tell({"type": "done", "step": trainer.step, "iou": trainer.best and trainer.best["iou"]})
    if dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()


def begin():
    """The device of this process; joins the others where `torchrun` started several."""
    local = int(os.environ.get("LOCAL_RANK", 0))
    device = torch.device("cuda", local) if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if "WORLD_SIZE" in os.environ:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return device


def copied(net):
    return {name: values.detach().clone() for name, values in net.state_dict().items()}


def write(job, trainer, seconds):
    """The model, and the run it began with, further on."""
    best = trainer.best
    if best and job.options.model_out:
        net = job.network()
        net.load_state_dict(best["net"])
        about = {"iou": round(best["iou"], 6), "train_pairs": len(job.train), "validation_pairs": len(job.validation)}
        if job.run:
            config = files.model_file_config(job.run, best["step"])
        else:
            config = {
                "model": net.config, "channels": job.config["channels"], "sampling": "crop", "tile_px": job.tile_px,
                "steps": best["step"], "classes": [], "about": {},
            }  # fmt: skip
        config["about"] |= about
        config["operating_point"] = {
            "threshold": best["threshold"], "iou": about["iou"], "f1": None, "held_out": bool(job.validation), "curve": [],
        }  # fmt: skip
        files.write_model(job.options.model_out, config, unet.weights(net))
    if job.run and job.options.out:
        further(job, trainer, seconds).write(job.options.out)


def further(job, trainer, seconds):
    """The saved run as the engine would have it after these steps; it validates the weights before anything else."""
    run, net = job.run, trainer.net
    steps = trainer.step - run.meta["session"]["steps"]
    moments = {name: trainer.optimizer.state[parameter] for name, parameter in net.named_parameters()}
    flat = lambda values: unet.to_ours(values.detach().cpu().float()).numpy().ravel()
    new = {f"model.{name}": values for name, values in unet.weights(net).items()}
    for name, state in moments.items():
        new[f"adam.m.{name}"], new[f"adam.v.{name}"] = flat(state["exp_avg"]), flat(state["exp_avg_sq"])
    new["losses"] = np.array(trainer.losses, np.float32)
    session = run.meta["session"] | {
        "steps": trainer.step,
        "adam_steps": run.meta["session"]["adam_steps"] + steps,
        "elapsed_ms": float(run.meta["session"]["elapsed_ms"] + 1000 * seconds),
        "validating": True,
    }
    about = run.meta["about"] | {
        "steps_total": max(job.steps_total, run.meta["about"]["steps_total"]),
        "number": run.meta["about"]["number"] + 1.0,
        "saved_at_ms": float(int(time.time() * 1000)),
        "loss": float(np.mean(trainer.losses[-10:])) if trainer.losses else None,
        "ended": None,
    }
    return files.Run({"session": session, "about": about}, {name: new.get(name, values) for name, values in run.tensors.items()})
