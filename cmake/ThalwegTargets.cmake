# Helpers that describe a target in one line, so that every CMakeLists.txt stays short.

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
  endif()
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  find_program(THALWEG_CCACHE ccache)
  if(THALWEG_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Without these ccache would not look into precompiled headers, nor keep what includes them.
    set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${THALWEG_CCACHE}")
  endif()
endif()

# What makes a rule vectorize and give the same bits for every instruction set: square roots inline,
# branches turn into selects, and a*b+c is never contracted into one rounding.
set(THALWEG_KERNEL_OPTIONS -O3 -ffp-contract=off -fno-math-errno -fno-trapping-math)

function(thalweg_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    # Position-independent or not, a function of ours is the one that is called: it may be inlined.
    $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>  # false for every "text" + string in g++ 12 (its bug 105651)
    # What is compiled together is included, and a class that is included should not have members of a file's own types.
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>
    $<$<CXX_COMPILER_ID:Clang>:-Wno-pass-failed>  # under a sanitizer many loops are not vectorized
    $<$<BOOL:${THALWEG_WERROR}>:-Werror> -ffp-contract=off -fno-math-errno -fno-trapping-math)
endfunction()

# thalweg_precompile(TARGET HEADER... | REUSE_FROM OTHER): what most files of a target include, read by the compiler once.
# It halves what it takes to compile them.
function(thalweg_precompile target)
  if(ARGV1 STREQUAL "REUSE_FROM")
    target_precompile_headers(${target} REUSE_FROM ${ARGV2})
  else()
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
  target_compile_options(${target} PRIVATE
    $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess> "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")  # for ccache
endfunction()

# thalweg_room(NAME FOLDER... [DEPENDS LIB...]): a static library of all sources in these folders.
function(thalweg_room name)
  cmake_parse_arguments(arg "" "" "FOLDERS;DEPENDS" ${ARGN})
  list(TRANSFORM arg_FOLDERS APPEND "/*.cpp")
  file(GLOB sources CONFIGURE_DEPENDS ${arg_FOLDERS})
  add_library(${name} STATIC ${sources})
  thalweg_compile_options(${name})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(${name} PUBLIC ${arg_DEPENDS})
endfunction()

# What files include, and what they make of templates, takes the compiler longer than the files themselves.
set(THALWEG_TOGETHER 1 CACHE STRING "Source files that are compiled together: more make a whole build quicker, and a small change slower")
if(THALWEG_TOGETHER GREATER 1)
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE ${THALWEG_TOGETHER})
endif()

# Tests wait for the compiler longer than for themselves: most is spent on GoogleTest's and the JSON library's headers.
set(THALWEG_TEST_OPTIONS -O0 CACHE STRING "Optimization of the tests, not of what they test")

# Under the thread sanitizer what runs on threads is worth compiling again, on another processor what computes.
set(THALWEG_TEST_FILES "" CACHE STRING "Regular expression of the test files to compile, if not all of them")

# thalweg_tests(ROOM [DEPENDS LIB...]): one GoogleTest program of all sources in tests/ROOM.
function(thalweg_tests room)
  cmake_parse_arguments(arg "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" "${room}/*.cpp")
  if(THALWEG_TEST_FILES)
    list(FILTER sources INCLUDE REGEX "${THALWEG_TEST_FILES}")
  endif()
  if(NOT sources)
    return()
  endif()
  add_executable(test_${room} ${sources})
  thalweg_compile_options(test_${room})
  target_include_directories(test_${room} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
  target_compile_definitions(test_${room} PRIVATE
    THALWEG_TEST_FILES="${CMAKE_CURRENT_SOURCE_DIR}" THALWEG_SOURCE="${PROJECT_SOURCE_DIR}")
  target_compile_options(test_${room} PRIVATE ${THALWEG_TEST_OPTIONS})
  target_link_libraries(test_${room} PRIVATE ${arg_DEPENDS} GTest::gmock_main)
  if(room STREQUAL "core")  # compiled first; the others have the same options
    thalweg_precompile(test_core <gmock/gmock.h> <nlohmann/json.hpp>)
  else()
    thalweg_precompile(test_${room} REUSE_FROM test_core)
  endif()
  if(NOT THALWEG_TEST_SHARDS)
    gtest_discover_tests(test_${room} TEST_PREFIX "${room}." PROPERTIES TIMEOUT 300 DISCOVERY_TIMEOUT 120)
    return()
  endif()
  # Under a sanitizer a thousand starts of the program take longer than what they test.
  math(EXPR last "${THALWEG_TEST_SHARDS} - 1")
  foreach(shard RANGE ${last})
    add_test(NAME ${room}.${shard} COMMAND test_${room})
    set_tests_properties(${room}.${shard} PROPERTIES TIMEOUT 600
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${THALWEG_TEST_SHARDS};GTEST_SHARD_INDEX=${shard}")
  endforeach()
endfunction()
