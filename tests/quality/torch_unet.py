"""The U-Net in PyTorch."""

import torch
from torch import nn
from torch.nn import functional as F


class Unit(nn.Sequential):
    """A 3x3 convolution, ReLU, batch norm."""

    def __init__(self, c_in, c_out):
        super().__init__(nn.Conv2d(c_in, c_out, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(c_out))


class UNet(nn.Module):
    def __init__(self, base, depth):
        super().__init__()
        filters = [base << level for level in range(depth + 1)]
        block = lambda c_in, c_out: nn.Sequential(Unit(c_in, c_out), Unit(c_out, c_out))
        self.encoder = nn.ModuleList(map(block, [3, *filters], filters))
        above = list(zip(filters[:0:-1], filters[-2::-1]))
        self.ups = nn.ModuleList(nn.Conv2d(below, c, 2) for below, c in above)
        self.decoder = nn.ModuleList(block(2 * c, c) for _, c in above)
        self.out = nn.Conv2d(base, 1, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)
        nn.init.xavier_uniform_(self.out.weight)

    def forward(self, x):
        skips = []
        for block in self.encoder:
            x = block(F.max_pool2d(x, 2) if skips else x)
            skips.append(x)
        skips.pop()
        for up, block in zip(self.ups, self.decoder):
            x = F.interpolate(x, scale_factor=2)
            x = F.relu(up(F.pad(x, (0, 1, 0, 1))))
            x = block(torch.cat([skips.pop(), x], 1))
        return self.out(x)


def loss_of(logits, target):
    p = torch.sigmoid(logits)
    dice = (2 * (p * target).sum() + 1) / (p.sum() + target.sum() + 1)
    return F.binary_cross_entropy_with_logits(logits, target) + 1 - dice


def to_tensor(array):
    return torch.from_numpy(array).permute(0, 3, 1, 2)


class Net:
    name = "torch"

    def __init__(self, options, seed):
        torch.set_num_threads(options.threads)
        torch.manual_seed(seed)
        self.net = UNet(options.base, options.depth).to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=options.lr)

    def step(self, images, masks):
        self.net.train()
        self.optimizer.zero_grad()
        loss = loss_of(self.net(to_tensor(images)), to_tensor(masks))
        loss.backward()
        self.optimizer.step()

    def predict(self, images):
        self.net.eval()
        with torch.no_grad():
            return torch.sigmoid(self.net(to_tensor(images))).permute(0, 2, 3, 1).numpy()
