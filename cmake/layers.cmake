# A layer is the folders src/<layer>/ and include/mtaio/<layer>/, a CMake target layer_<layer>, and the headers that it
# lists in HEADERS.
#
#   mtaio_layer(sync USES base coro HEADERS latch.hpp lowlevel/wait_list.hpp)
#
# LIBRARY  the library that the layer is part of; without it, `mtaio`.
# USES     the lower layers whose headers this layer may include. It is not transitive: a layer names each layer that
#          its files include. tools/layering.py checks every #include.
# HEADERS  the headers of the layer outside of include/mtaio/<layer>/, that is, in include/mtaio/ and in
#          include/mtaio/lowlevel/. Names are relative to include/mtaio/.
#
# The sources are all .cpp files in src/<layer>/ and below; a layer without sources is header-only. The headers are those in HEADERS and
# all of include/mtaio/<layer>/.
function(mtaio_layer layer)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LIBRARY" "USES;HEADERS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "mtaio_layer(${layer}): '${arg_UNPARSED_ARGUMENTS}' is neither in USES nor in HEADERS.")
  endif()
  if(NOT arg_LIBRARY)
    set(arg_LIBRARY mtaio)
  endif()

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(target layer_${layer})
  if(sources)
    set(access PUBLIC)
    add_library(${target} OBJECT ${sources})
    mtaio_join_layer(${target})
    set_property(GLOBAL APPEND PROPERTY ${arg_LIBRARY}_OBJECTS $<TARGET_OBJECTS:${target}>)
    set_property(GLOBAL APPEND PROPERTY ${arg_LIBRARY}_LAYERS ${layer})
    set_property(GLOBAL PROPERTY ${layer}_SOURCES ${sources})
  else()
    set(access INTERFACE)
    add_library(${target} INTERFACE)
  endif()
  target_include_directories(${target} ${access} ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} ${access} Threads::Threads)

  foreach(used IN LISTS arg_USES)
    if(NOT TARGET layer_${used})
      message(FATAL_ERROR "mtaio_layer(${layer}): USES ${used}, which is not a lower layer. "
                          "src/CMakeLists.txt lists the layers from low to high.")
    endif()
    target_link_libraries(${target} ${access} layer_${used})
  endforeach()

  file(GLOB own_headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include/mtaio
       ${PROJECT_SOURCE_DIR}/include/mtaio/${layer}/*.hpp)
  foreach(header IN LISTS arg_HEADERS own_headers)
    set_property(GLOBAL APPEND PROPERTY ${arg_LIBRARY}_HEADERS ${PROJECT_SOURCE_DIR}/include/mtaio/${header})
  endforeach()
endfunction()

# The header that includes the public headers of all layers. It belongs to none of them.
function(mtaio_umbrella header)
  set_property(GLOBAL APPEND PROPERTY mtaio_HEADERS ${PROJECT_SOURCE_DIR}/include/mtaio/${header})
endfunction()

# The library NAME, as mtaio::ALIAS: the objects and the public headers of its layers.
function(mtaio_library library alias)
  get_property(objects GLOBAL PROPERTY ${library}_OBJECTS)
  get_property(headers GLOBAL PROPERTY ${library}_HEADERS)
  add_library(${library})
  add_library(mtaio::${alias} ALIAS ${library})
  target_sources(
    ${library}
    PRIVATE ${objects}
    PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${headers})
  target_compile_features(${library} PUBLIC cxx_std_20)
  set_target_properties(
    ${library}
    PROPERTIES EXPORT_NAME ${alias}
               VERSION ${PROJECT_VERSION}
               # Until 1.0 a minor version may change the ABI.
               SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
               VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()
