# The toolchain of the preset `aarch64`: Debian's cross compiler (g++-aarch64-linux-gnu) and qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

# Libraries are those of the cross compiler, never this machine's. A package of headers alone (doctest) is the same for
# every machine, and is found where Debian installs it.
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)

# -L: where the shared libraries of aarch64 are. Programs are not linked statically, because tests/proof/sweeps replaces
# functions of shared libraries.
#
# pauth-impdef: return addresses are signed (-mbranch-protection in cmake/compiling.cmake). qemu's default algorithm
# takes about a microsecond for each call: tests/unit/coro and tests/unit/testing did not end within four minutes. This
# algorithm is cheap, and the addresses are checked nevertheless.
find_program(MTAIO_QEMU qemu-aarch64 REQUIRED)
set(CMAKE_CROSSCOMPILING_EMULATOR ${MTAIO_QEMU} -L ${CMAKE_FIND_ROOT_PATH} -cpu max,pauth-impdef=on)
