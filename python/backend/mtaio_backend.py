"""The build backend for pip: setuptools. A Python that did not come with Debian (pyenv's, say) and has no setuptools or
wheel of its own uses Debian's."""

import importlib.util
import sys

if not all(map(importlib.util.find_spec, ["setuptools", "wheel"])):
    sys.path.append("/usr/lib/python3/dist-packages")

from setuptools.build_meta import *  # noqa: E402, F401, F403
from setuptools.command.install import install  # noqa: E402

# Debian's setuptools uses options that only Debian's Python has.
for option in ("install_layout", "prefix_option"):
    if not hasattr(install, option):
        setattr(install, option, None)
