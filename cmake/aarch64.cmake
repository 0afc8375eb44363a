# aarch64, with Debian's cross compiler (g++-aarch64-linux-gnu) and qemu-user: what the preset `aarch64` is built with.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

# Libraries are those of the cross compiler, never this machine's. What consists of headers alone (doctest) is the same
# for every machine, and its package is found where Debian puts it.
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)

# -L: where the shared libraries of aarch64 are. Not linked statically: tests/proof/sweeps stands in front of functions
# of shared libraries.
#
# pauth-impdef: return addresses are signed (-mbranch-protection in cmake/compiling.cmake), and qemu's usual algorithm takes
# about a microsecond for each call: tests/unit/coro and tests/unit/testing did not end within four minutes. This one is
# cheap, and the addresses are checked all the same.
find_program(MTAIO_QEMU qemu-aarch64 REQUIRED)
set(CMAKE_CROSSCOMPILING_EMULATOR ${MTAIO_QEMU} -L ${CMAKE_FIND_ROOT_PATH} -cpu max,pauth-impdef=on)
