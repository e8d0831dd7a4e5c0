"""Networks in which one layer follows the other, in the style in which people hand them in."""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.architecture.importing.parts import conv_bn_relu, separable


class FourBlocks(nn.Module):
    """The plain answer: blocks, strided 3x3 transitions, GAP, 1x1 behind it, log-softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_block1 = nn.Sequential(*conv_bn_relu(3, 17), nn.Dropout(0.05), *conv_bn_relu(17, 29))
        self.transition1 = conv_bn_relu(29, 13, stride=2)
        self.conv_block2 = nn.Sequential(*separable(13, 26), nn.Dropout2d(0.1), *conv_bn_relu(26, 26))
        self.transition2 = conv_bn_relu(26, 21, stride=2)
        self.conv_block3 = nn.Sequential(*conv_bn_relu(21, 33, dilation=2, padding=2), *conv_bn_relu(33, 33))
        self.transition3 = conv_bn_relu(33, 30, stride=2)
        self.conv_block4 = nn.Sequential(*conv_bn_relu(30, 40), *separable(40, 50))
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.out = nn.Conv2d(50, 10, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.transition1(self.conv_block1(x))
        x = self.transition2(self.conv_block2(x))
        x = self.transition3(self.conv_block3(x))
        x = self.out(self.gap(self.conv_block4(x)))
        x = x.view(-1, 10)
        return F.log_softmax(x, dim=-1)


class DilatedOnly(nn.Module):
    """Dilations up to 16 that shrink the map, no stride, class maps before a fixed pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.convblock1 = nn.Sequential(nn.Conv2d(3, 12, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(12))
        self.dilated1 = nn.Sequential(nn.Conv2d(12, 12, 3, dilation=2, padding=1), nn.ReLU(), nn.BatchNorm2d(12))
        self.convblock2 = nn.Sequential(nn.Conv2d(12, 18, 3, dilation=4, padding=1), nn.BatchNorm2d(18), nn.ReLU())
        self.convblock3 = nn.Sequential(nn.Conv2d(18, 18, 3, dilation=16, padding=12), nn.BatchNorm2d(18))
        self.convblock4 = nn.Sequential(nn.Conv2d(18, 10, 1, bias=False))
        self.gap = nn.AvgPool2d(16)

    def forward(self, x: Tensor) -> Tensor:
        for block in (self.convblock1, self.dilated1, self.convblock2, self.convblock3, self.convblock4):
            x = block(x)
        return self.gap(x).reshape(-1, 10)


class DepthwiseOfEveryKind(nn.Module):
    """Depthwise on the RGB image, with a multiplier, strided, dilated, with norm and activation before the 1x1."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 3, 3, padding=1, groups=3, bias=False),
            nn.Conv2d(3, 24, 1),
            nn.ReLU(),
            nn.Conv2d(24, 48, 3, padding=1, groups=24),
            nn.BatchNorm2d(48),
            nn.ReLU(),
            nn.Conv2d(48, 20, 1, bias=False),
            nn.BatchNorm2d(20),
            nn.Conv2d(20, 20, 3, stride=2, padding=1, groups=20),
            nn.ReLU6(),
            nn.Conv2d(20, 20, 3, padding=4, dilation=4, groups=20),
            nn.Conv2d(20, 40, 3, padding=1, groups=4),
            nn.BatchNorm2d(40),
            nn.SiLU(),
        )
        self.pool = nn.AdaptiveAvgPool2d((1, 1))
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(40, 10, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.flatten(self.pool(self.features(x))))


class OddKernelsAndMaps(nn.Module):
    """Kernels 1, 2, 3, 5 and 7, valid convolutions, 1x1 with padding and with stride, stride with dilation."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 9, 7)
        self.conv2 = nn.Conv2d(9, 14, 5, padding=1, padding_mode="reflect")
        self.pointwise = nn.Conv2d(14, 14, 1, padding=1)
        self.conv3 = nn.Conv2d(14, 19, 3, stride=2, dilation=2, padding=2)
        self.conv4 = nn.Conv2d(19, 19, 2)
        self.shrink = nn.Conv2d(19, 11, 1, stride=2)
        self.conv5 = nn.Conv2d(11, 22, 3, padding=1, padding_mode="replicate")
        self.bn = nn.BatchNorm2d(22)
        self.fc = nn.Linear(22, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv1(x))
        x = F.relu_(self.conv2(x))
        x = torch.relu(self.pointwise(x))
        x = self.conv3(x).relu()
        x = self.shrink(self.conv4(x)).relu_()
        x = F.dropout(self.bn(self.conv5(x)), 0.1, self.training)
        return self.fc(x.mean([2, 3]))


class BareChain(nn.Module):
    """Convolutions and nothing between them, two Linear layers on a flattened map, adaptive max."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2),
            nn.Conv2d(8, 16, 3, stride=2, bias=False),
            nn.Conv2d(16, 16, 3),
            nn.AdaptiveMaxPool2d(1),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(16, 31), nn.ReLU(), nn.Dropout(0.3), nn.Linear(31, 10))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.body(x))


class SmallWindows(nn.Module):
    """A pooling smaller than the map, then a Linear over what is left, with norm and activation in the head."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = conv_bn_relu(3, 6, stride=2)
        self.conv2 = conv_bn_relu(6, 7, stride=2)
        self.pool = nn.AvgPool2d(4)
        self.act = nn.ReLU()
        self.flat = nn.Flatten()
        self.bn = nn.BatchNorm1d(28)
        self.fc = nn.Linear(28, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.bn(self.flat(self.act(self.pool(self.conv2(self.conv1(x)))))))


class MixedOrders(nn.Module):
    """Another order of norm, activation and dropout at each convolution; bias on some; more than four blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(3, 10, 3), nn.ReLU(), nn.BatchNorm2d(10), nn.Dropout(0.1))
        self.layer2 = nn.Sequential(nn.Conv2d(10, 15, 3, stride=2), nn.BatchNorm2d(15), nn.Dropout2d(0.1), nn.ReLU())
        self.layer3 = nn.Sequential(nn.Conv2d(15, 15, 3, bias=False), nn.Dropout(0.2), nn.ELU())
        self.layer4 = nn.Sequential(nn.BatchNorm2d(15), nn.ReLU(), nn.Conv2d(15, 20, 3, padding=1))
        self.layer5 = nn.Sequential(nn.Conv2d(20, 20, 3, padding=1), nn.LeakyReLU())
        self.layer6 = nn.Sequential(nn.Conv2d(20, 23, 3, padding=1), nn.Identity(), nn.Hardswish())
        self.tail = nn.Sequential(nn.Conv2d(23, 10, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LogSoftmax(dim=1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.tail(self.layer6(self.layer5(self.layer4(x))))


class GeluAndGroups(nn.Module):
    """GroupNorm, GELU, SiLU and grouped convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 24, 3, padding=1), nn.GroupNorm(4, 24), nn.GELU())
        self.down = nn.Sequential(nn.Conv2d(24, 36, 3, stride=2, padding=1, groups=3), nn.GroupNorm(1, 36), nn.SiLU())
        self.deep = nn.Sequential(nn.Conv2d(36, 36, 3, padding="same", dilation=3), nn.GroupNorm(6, 36), nn.GELU())
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(36, 10, 1), nn.Flatten())

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.deep(self.down(self.stem(x))))


class FortyConvolutions(nn.Module):
    """As deep as they come."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [*conv_bn_relu(3, 5)]
        for at in range(38):
            layers += conv_bn_relu(5, 5, stride=2 if at in (9, 19, 29) else 1)
        self.layers = nn.Sequential(*layers)
        self.classes = nn.Conv2d(5, 10, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.adaptive_avg_pool2d(self.classes(self.layers(x)), 1)
        return torch.flatten(x, 1)


class Padded(nn.Module):
    """Padding on its own before valid convolutions, as a module and as a function; the last map is one cell."""

    def __init__(self) -> None:
        super().__init__()
        self.pad = nn.ReflectionPad2d(1)
        self.conv1 = nn.Conv2d(3, 11, 3, stride=4)
        self.conv2 = nn.Conv2d(11, 11, 3, stride=4)
        self.drop = nn.Dropout2d(0.2)
        self.classes = nn.Conv2d(11, 10, 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = F.silu(self.conv1(self.pad(x)))
        x = F.elu(self.conv2(F.pad(x, (1, 1, 1, 1))))
        return self.classes(self.drop(x)).view(x.shape[0], 10)


class TwoBlocks(nn.Module):
    """Fewer than four blocks, and pooling in windows before the last convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.block1 = nn.Sequential(*conv_bn_relu(3, 14), *conv_bn_relu(14, 14, stride=2))
        self.block2 = nn.Sequential(*conv_bn_relu(14, 28), *conv_bn_relu(28, 28))
        self.pool = nn.AvgPool2d(kernel_size=2)
        self.last = nn.Sequential(nn.Conv2d(28, 24, 3, padding=1), nn.ReLU(), nn.Conv2d(24, 10, 1))
        self.gap = nn.AdaptiveAvgPool2d(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.gap(self.last(self.pool(self.block2(self.block1(x))))).squeeze(3).squeeze(2)


class DepthwiseSeparable(nn.Module):
    """A pair as a class of its own."""

    def __init__(self, inward: int, outward: int, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(inward, inward, 3, stride=stride, padding=1, groups=inward, bias=False)
        self.bn = nn.BatchNorm2d(inward)
        self.act = nn.ReLU(inplace=True)
        self.pointwise = nn.Conv2d(inward, outward, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.act(self.bn(self.depthwise(x))))


class SeparableClasses(nn.Module):
    """Custom containers, a ModuleList of equal layers, and classes without global pooling: a valid last convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 13, 5, stride=2, padding=2)
        self.pairs = nn.ModuleList([DepthwiseSeparable(13, 13) for _ in range(3)])
        self.trans = DepthwiseSeparable(13, 26, stride=2)
        self.block = nn.Sequential(DepthwiseSeparable(26, 26), DepthwiseSeparable(26, 39, stride=2))
        self.last = nn.Conv2d(39, 10, 4, padding="valid")
        self.flatten = nn.Flatten()

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for pair in self.pairs:
            x = pair(x)
        return self.flatten(self.last(self.block(self.trans(x))))


class FlattenedMap(nn.Module):
    """No pooling: a Linear reads every cell of a small map of odd side."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(3, 7, 3), nn.ReLU())
        self.conv2 = nn.Sequential(nn.Conv2d(7, 11, 3, stride=3, bias=False), nn.BatchNorm2d(11), nn.ReLU())
        self.conv3 = nn.Sequential(nn.Conv2d(11, 11, 3, stride=2, dilation=2), nn.ReLU())
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(99, 17, bias=False)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(17, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.relu(self.fc1(self.flatten(self.conv3(self.conv2(self.conv1(x)))))))
