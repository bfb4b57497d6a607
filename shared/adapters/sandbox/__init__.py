"""Running outside programs on files that strangers sent."""

from shared.adapters.sandbox.limits import ToolLimits
from shared.adapters.sandbox.process import RunningTool, network_is_cut, running

__all__ = ["RunningTool", "ToolLimits", "network_is_cut", "running"]
