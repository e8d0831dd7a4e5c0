"""Sweeps: many runs that search for something. Optuna samples and prunes; the runs are ordinary ones of the queue."""

from cifar_core.sweeps.parameters import Choice, Parameter, Span, parse_parameter
from cifar_core.sweeps.spec import Objective, SweepSpec, check_parameter, new_sweep, read_parameters

__all__ = [
    "Choice",
    "Objective",
    "Parameter",
    "Span",
    "SweepSpec",
    "check_parameter",
    "new_sweep",
    "parse_parameter",
    "read_parameters",
]
