"""The U-Net of Groundmask in PyTorch, its tensors under the same names."""

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.nn.functional import all_reduce
from torch.nn import functional as F

BATCH_NORM_EPS = 1e-3


def over_all(values):
    """The sum of a tensor over all processes, gradient included; the tensor itself where there is but one."""
    return all_reduce(values) if dist.is_initialized() and dist.get_world_size() > 1 else values


def full(x):
    """In single precision at least."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


class Norm(nn.Module):
    """Batch normalisation as Keras has it (epsilon 1e-3, biased variance), over the batches of all processes.

    `torch.nn.SyncBatchNorm` takes CUDA tensors only, and its running variance is the unbiased one.
    """

    def __init__(self, channels):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        # Share of the old statistics that a step keeps.
        self.momentum = 0.99

    def forward(self, x):
        # Sums of half-precision numbers would lose what is summed.
        y = full(x)
        if self.training:
            count = over_all(y.new_tensor(y.numel() // y.shape[1]))
            mean = over_all(y.sum((0, 2, 3))) / count
            centred = y - mean[:, None, None]
            var = over_all((centred * centred).sum((0, 2, 3))) / count
            with torch.no_grad():
                self.running_mean.lerp_(mean, 1 - self.momentum)
                self.running_var.lerp_(var, 1 - self.momentum)
        else:
            mean, var = self.running_mean, self.running_var
            centred = y - mean[:, None, None]
        scale = self.gamma / torch.sqrt(var + BATCH_NORM_EPS)
        return (centred * scale[:, None, None] + self.beta[:, None, None]).to(x.dtype)


class Unit(nn.Module):
    """`number` names the layers: `conv1`, `norm1`; none for the head's."""

    def __init__(self, c_in, c_out, has_norm, number=""):
        super().__init__()
        self.number = number
        self.add_module(f"conv{number}", nn.Conv2d(c_in, c_out, 3, padding=1))
        if has_norm:
            self.add_module(f"norm{number}", Norm(c_out))

    def forward(self, x):
        return unit(self, self.number, x)


def unit(module, number, x):
    x = F.relu(getattr(module, f"conv{number}")(x))
    norm = getattr(module, f"norm{number}", None)
    return x if norm is None else norm(x)


class Block(nn.Module):
    """Two 3x3 convolutions, each with ReLU and its batch norm."""

    def __init__(self, c_in, c_out, has_norm):
        super().__init__()
        for number, channels in (1, c_in), (2, c_out):
            self.add_module(f"conv{number}", nn.Conv2d(channels, c_out, 3, padding=1))
            if has_norm:
                self.add_module(f"norm{number}", Norm(c_out))

    def forward(self, x):
        return unit(self, 2, unit(self, 1, x))


class Up(nn.Module):
    """Nearest upsampling by 2, a 2x2 convolution with ReLU; Keras pads an even kernel behind."""

    def __init__(self, c_in, c_out):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 2)

    def forward(self, x):
        return F.relu(self.conv(F.pad(F.interpolate(x, scale_factor=2), (0, 1, 0, 1))))


class UNet(nn.Module):
    """Over `[batch, channels, height, width]` in 0..1, giving logits `[batch, classes, height, width]`.

    `config` is the `model` of a model file: architecture, base, depth, channels, head, dropout, classes.
    """

    def __init__(self, config):
        super().__init__()
        base, depth = config["base"], config["depth"]
        classes = config.get("classes", 1)
        has_norm = config["architecture"] == "unet_norm"
        self.config, self.depth = config, depth
        filters = [base << level for level in range(depth + 1)]
        c_in = config["channels"]
        for level, c_out in enumerate(filters):
            self.add_module("mid" if level == depth else f"enc{level + 1}", Block(c_in, c_out, has_norm))
            c_in = c_out
        for level in reversed(range(depth)):
            self.add_module(f"up{level + 1}", Up(2 * filters[level], filters[level]))
            self.add_module(f"dec{level + 1}", Block(2 * filters[level], filters[level], has_norm))
        features = base
        if config.get("head", "two_channels") == "two_channels":
            features = 2 * classes
            self.head = Unit(base, features, has_norm)
        self.out = nn.Conv2d(features, classes, 1)
        self.dropout = nn.Dropout(config.get("dropout", 0.0))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)
        nn.init.xavier_uniform_(self.out.weight)

    def forward(self, x):
        skips = []
        for level in range(self.depth + 1):
            x = getattr(self, "mid" if level == self.depth else f"enc{level + 1}")(x)
            if level >= self.depth - 1:
                x = self.dropout(x)
            if level < self.depth:
                skips.append(x)
                x = F.max_pool2d(x, 2)
        for level in reversed(range(self.depth)):
            x = torch.cat([skips.pop(), getattr(self, f"up{level + 1}")(x)], 1)
            x = getattr(self, f"dec{level + 1}")(x)
        if hasattr(self, "head"):
            x = self.head(x)
        return full(self.out(x))

    def set_momentum(self, momentum):
        for module in self.modules():
            if isinstance(module, Norm):
                module.momentum = momentum


def to_ours(tensor):
    """A tensor as our files have it: weights `[height, width, in, out]`."""
    return tensor.permute(2, 3, 1, 0).contiguous() if tensor.dim() == 4 else tensor


def to_torch(tensor):
    """The other way round."""
    return tensor.permute(3, 2, 0, 1).contiguous() if tensor.dim() == 4 else tensor


def load(net, tensors):
    """Puts our tensors (name -> NumPy array) into a network; every one has to be there."""
    net.load_state_dict({name: to_torch(torch.from_numpy(values.copy())) for name, values in tensors.items()})


def weights(net):
    """A network's tensors as ours, name -> NumPy array."""
    return {name: to_ours(values.detach().cpu().float()).numpy() for name, values in net.state_dict().items()}
