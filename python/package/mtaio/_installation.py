"""The error for a package without its C++ core."""

from __future__ import annotations

import pathlib
import sysconfig


def why_core_is_missing() -> str:
    """The text of an ImportError, which says what the package's folder contains."""
    wanted = f"_core{sysconfig.get_config_var('EXT_SUFFIX')}"
    here = sorted(path.name for path in pathlib.Path(__file__).parent.glob("_core.*.so"))
    return (
        f"mtaio was not compiled for this Python: its folder has no {wanted}, "
        f"{'only ' + ', '.join(here) if here else 'nor that of another Python'}; "
        "install the package with the pip of the Python that is to use it."
    )
