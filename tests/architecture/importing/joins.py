"""Networks whose paths part and join, in the style in which people hand them in."""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.architecture.importing.parts import ConvGate, SqueezeExcite, conv_bn_relu


class BasicBlock(nn.Module):
    """ResNet's: an activation after the sum, a 1x1 projection where the shape changes."""

    def __init__(self, inward: int, outward: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inward, outward, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outward)
        self.conv2 = nn.Conv2d(outward, outward, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outward)
        self.shortcut = nn.Sequential()
        if stride != 1 or inward != outward:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inward, outward, 1, stride=stride, bias=False), nn.BatchNorm2d(outward)
            )

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class SmallResNet(nn.Module):
    """Residual blocks with identity and projection, as in the paper."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.layer1 = nn.Sequential(BasicBlock(8, 8), BasicBlock(8, 8))
        self.layer2 = nn.Sequential(BasicBlock(8, 16, 2), BasicBlock(16, 16))
        self.layer3 = nn.Sequential(BasicBlock(16, 22, 2), BasicBlock(22, 22))
        self.linear = nn.Linear(22, 10)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.layer3(self.layer2(self.layer1(out)))
        out = F.avg_pool2d(out, out.size()[3])
        out = out.view(out.size(0), -1)
        return self.linear(out)


class PreActivation(nn.Module):
    """Norm and activation before the convolutions, no activation after the sums."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 12, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(12)
        self.conv1 = nn.Conv2d(12, 12, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(12)
        self.conv2 = nn.Conv2d(12, 18, 3, stride=2, padding=1)
        self.proj = nn.Conv2d(12, 18, 1, stride=2)
        self.bn3 = nn.BatchNorm2d(18)
        self.fc = nn.Linear(18, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = torch.add(x, self.conv1(F.relu(self.bn1(x))))
        h = F.relu(self.bn2(x))
        x = self.proj(h) + self.conv2(h)
        x = F.relu(self.bn3(x))
        return self.fc(x.mean((-2, -1)))


class AcrossBlocks(nn.Module):
    """A sum that spans two blocks, with another one inside, and convolutions on both paths."""

    def __init__(self) -> None:
        super().__init__()
        self.block1 = conv_bn_relu(3, 10)
        self.block2 = conv_bn_relu(10, 10)
        self.block2b = conv_bn_relu(10, 10)
        self.down = conv_bn_relu(10, 20, stride=2)
        self.block3 = conv_bn_relu(20, 20, dilation=2, padding=2)
        self.skip = nn.Sequential(*conv_bn_relu(10, 14, stride=2), nn.Conv2d(14, 20, 1))
        self.fc = nn.Conv2d(20, 10, 1)

    def forward(self, x: Tensor) -> Tensor:
        a = self.block1(x)
        b = self.block2(a)
        b = b + self.block2b(b)
        c = self.block3(self.down(b))
        d = torch.relu(c + self.skip(a))
        return F.adaptive_avg_pool2d(self.fc(d), (1, 1)).squeeze()


class Concatenated(nn.Module):
    """Two paths side by side, then three, with different dilations."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn_relu(3, 9, stride=2)
        self.left = conv_bn_relu(9, 7)
        self.right = conv_bn_relu(9, 5, dilation=3, padding=3)
        self.a = nn.Conv2d(12, 4, 1)
        self.b = nn.Conv2d(12, 4, 3, padding=1)
        self.c = nn.Conv2d(12, 6, 5, padding=2)
        self.bn = nn.BatchNorm2d(14)
        self.classes = nn.Conv2d(14, 10, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = torch.cat([self.left(x), self.right(x)], dim=1)
        x = F.relu(self.bn(torch.cat((self.a(x), self.b(x), self.c(x)), 1)))
        return F.avg_pool2d(self.classes(x), 16).flatten(1)


class Gated(nn.Module):
    """Gates behind a convolution, inside a residual path, and SiLU written out."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.gate = SqueezeExcite(16, 4)
        self.conv = nn.Conv2d(16, 16, 3, padding=1)
        self.bn = nn.BatchNorm2d(16)
        self.inner = ConvGate(16, 5)
        self.fc = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = x * torch.sigmoid(x)
        x = self.gate(x)
        x = x + self.inner(self.bn(self.conv(x)))
        return self.fc(F.adaptive_max_pool2d(x, 1).flatten(1))


class LayerNorm2d(nn.LayerNorm):
    """Over the channels of each cell."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNeXtLike(nn.Module):
    """7x7 depthwise, LayerNorm over channels, Linear layers on the permuted map, GELU, residual."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 2, stride=2)
        self.stem_norm = LayerNorm2d(16)
        self.dwconv = nn.Conv2d(16, 16, 7, padding=3, groups=16)
        self.norm = nn.LayerNorm(16)
        self.pwconv1 = nn.Linear(16, 48)
        self.pwconv2 = nn.Linear(48, 16)
        self.head = nn.Linear(16, 10)
        self.final = nn.LayerNorm(16)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem_norm(self.stem(x))
        y = self.dwconv(x).permute(0, 2, 3, 1)
        y = self.pwconv2(F.gelu(self.pwconv1(self.norm(y))))
        x = x + y.permute(0, 3, 1, 2)
        return self.head(self.final(x.mean([-2, -1])))


class Dense(nn.Module):
    """Every layer reads the concatenation of all before it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.grow1 = nn.Conv2d(8, 6, 3, padding=1)
        self.grow2 = nn.Conv2d(14, 6, 3, padding=1)
        self.fc = nn.Linear(20, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        a = F.relu(self.grow1(x))
        b = F.relu(self.grow2(torch.cat([a, x], 1)))
        return self.fc(torch.cat([a, x, b], 1).mean([2, 3]))


class ConcatInsideSum(nn.Module):
    """A sum around a concatenation around a sum, with dropout behind the joins."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn_relu(3, 10, stride=2)
        self.left = nn.Conv2d(10, 5, 1)
        self.right = nn.Conv2d(10, 5, 3, padding=2, dilation=2)
        self.right2 = nn.Conv2d(5, 5, 3, padding=1, bias=False)
        self.merge = nn.Sequential(nn.Dropout2d(0.1), nn.Conv2d(10, 10, 1), nn.BatchNorm2d(10))
        self.drop = nn.Dropout(0.1)
        self.fc = nn.Linear(10, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        right = self.right(x)
        right = F.relu(right + self.right2(right))
        x = self.drop(F.gelu(x + self.merge(torch.cat((self.left(x), right), dim=1))))
        return self.fc(torch.mean(x, dim=(2, 3)))
