# A layer is a folder src/<layer>/, a CMake target mtaio_<layer>, and the public headers it declares.
#
#   mtaio_layer(wait USES base coro HEADERS latch.hpp lowlevel/wait_list.hpp)
#
# USES     the lower layers whose headers this layer may include. It is the whole truth: what a used layer uses itself
#          is not passed on. tools/layering.py holds every #include to it.
# HEADERS  the public headers of the layer, relative to include/mtaio/. Only declared headers are installed.
#
# The sources are all src/<layer>/*.cpp; a layer without any is header-only.
function(mtaio_layer layer)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;HEADERS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "mtaio_layer(${layer}): '${arg_UNPARSED_ARGUMENTS}' is neither in USES nor in HEADERS.")
  endif()

  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(target mtaio_${layer})
  if(sources)
    set(access PUBLIC)
    add_library(${target} OBJECT ${sources})
    set_property(GLOBAL APPEND PROPERTY MTAIO_OBJECTS $<TARGET_OBJECTS:${target}>)
  else()
    set(access INTERFACE)
    add_library(${target} INTERFACE)
  endif()
  target_include_directories(${target} ${access} ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} ${access} Threads::Threads)

  foreach(used IN LISTS arg_USES)
    if(NOT TARGET mtaio_${used})
      message(FATAL_ERROR "mtaio_layer(${layer}): USES ${used}, which is not a lower layer. "
                          "src/CMakeLists.txt lists the layers from low to high.")
    endif()
    target_link_libraries(${target} ${access} mtaio_${used})
  endforeach()

  foreach(header IN LISTS arg_HEADERS)
    set_property(GLOBAL APPEND PROPERTY MTAIO_HEADERS ${PROJECT_SOURCE_DIR}/include/mtaio/${header})
  endforeach()
endfunction()

# The header that includes the public headers of all layers. It belongs to none of them.
function(mtaio_umbrella header)
  set_property(GLOBAL APPEND PROPERTY MTAIO_HEADERS ${PROJECT_SOURCE_DIR}/include/mtaio/${header})
endfunction()

# Gives the objects and the public headers of all layers to the library.
function(mtaio_collect_layers library)
  get_property(objects GLOBAL PROPERTY MTAIO_OBJECTS)
  get_property(headers GLOBAL PROPERTY MTAIO_HEADERS)
  target_sources(
    ${library}
    PRIVATE ${objects}
    PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${headers})
endfunction()
