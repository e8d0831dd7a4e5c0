"""CIFAR Lab: design, train and dissect compact image classifiers.

The rooms follow the way that data flows, and imports point only backwards along it:

    data ─┐
          ├─► training ─► runs ─► analysis ─► ui, cli
    architecture ─┘
"""

__version__ = "0.1.0"
