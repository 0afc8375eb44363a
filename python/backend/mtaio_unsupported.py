"""Why mtaio cannot be used with a Python, in a sentence. For setup.py; old versions of Python can run it."""

import platform
import struct
import sys
import sysconfig

OLDEST, NEWEST = (3, 11), (3, 13)
SUPPORTED = "CPython %d.%d to %d.%d" % (OLDEST + NEWEST)


def reason(system=sys.platform, bits=8 * struct.calcsize("P"), implementation=platform.python_implementation(),
           version=tuple(sys.version_info[:2]), free_threaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED"))):
    """Why the package cannot be built for this Python, and what to do; None if it can."""
    if not system.startswith("linux"):
        return ("mtaio runs on Linux only, not on %s: its threads sleep and wake with Linux's futex and eventfd; "
                "use it on Linux, in a container for example." % system)
    if bits != 64:
        return "mtaio needs a 64-bit platform, and this is a Python of %d bits; use a 64-bit %s." % (bits, SUPPORTED)
    if implementation != "CPython":
        return ("mtaio is written for the inside of CPython, and this is %s; "
                "use %s." % (implementation, SUPPORTED))
    if not OLDEST <= version <= NEWEST:
        return ("mtaio supports %s, and this is %d.%d: it uses parts of CPython that change from version to version, "
                "and is tested with these; use one of them." % ((SUPPORTED,) + version))
    if free_threaded:
        return ("mtaio needs the GIL, which guards its objects, and this is the free-threaded build of Python %d.%d; "
                "use the ordinary build." % version)
    return None
