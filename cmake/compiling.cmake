# How this project's own files are compiled. Nothing here reaches a program that uses the library.

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# What a shared library exports is marked in the headers.
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(MTAIO_WARNINGS_AS_ERRORS)
  add_compile_options(-Werror)
  # g++ 12: our warning of closures that it may destroy twice also meets named ones that are moved.
  add_compile_options(-Wno-error=deprecated-declarations)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # It sees an overlap in moving a std::string where there is none (GCC bug 105651).
    add_compile_options(-Wno-restrict)
  endif()
endif()

if(MTAIO_SANITIZE)
  set(mtaio_sanitizers ${MTAIO_SANITIZE})
  if(MTAIO_SANITIZE MATCHES undefined)
    # Not part of 'undefined', though undefined it is: a duration in floating point that does not fit into ticks.
    string(APPEND mtaio_sanitizers ",float-cast-overflow")
  endif()
  add_compile_options(-fsanitize=${mtaio_sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${mtaio_sanitizers})
endif()

# What costs little and stops much: docs and figures in SECURITY.md. Fortified functions need an optimiser, and sanitizers
# do more than all of this.
if(MTAIO_HARDENING AND NOT MTAIO_SANITIZE AND CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo|MinSizeRel)$")
  include(CheckCXXCompilerFlag)
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS)
  foreach(flag IN ITEMS -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard)
    string(MAKE_C_IDENTIFIER "MTAIO_HAS${flag}" known)
    check_cxx_compiler_flag(${flag} ${known})
    if(${known})
      add_compile_options(${flag})
    endif()
  endforeach()
  add_link_options(LINKER:-z,relro LINKER:-z,now)
endif()
