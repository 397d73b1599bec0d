# From src/registry/rules.list: <thalweg/rules.h>, which includes every rule and names them all, and one source file
# per rule that compiles its kernels (so that a changed rule recompiles its own kernels only).

set(list "${PROJECT_SOURCE_DIR}/src/registry/rules.list")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${list}")
set(THALWEG_GENERATED "${PROJECT_BINARY_DIR}/generated")
file(STRINGS "${list}" lines REGEX "^[A-Za-z]")

set(includes "")
set(names "")
set(types "")
set(externs "")
set(THALWEG_KERNEL_SOURCES "")
foreach(line IN LISTS lines)
  string(REPLACE " " ";" words "${line}")
  list(GET words 0 type)
  list(GET words 1 header)
  string(APPEND includes "#include <thalweg/rules/${header}.h>\n")
  string(APPEND names " \\\n  RULE(${type})")
  string(APPEND types "struct ${type};\n")
  string(APPEND externs "template <>\ninline constexpr bool in_library<${type}> = true;\nextern template const RuleInfo& rule_info<${type}>();\n")
  set(source "${THALWEG_GENERATED}/kernels_${header}.cpp")
  file(CONFIGURE OUTPUT "${source}" @ONLY NEWLINE_STYLE LF CONTENT [[
#include <thalweg/detail/bfloat16_lanes.h>
#include <thalweg/detail/library_rules.h>
#include <thalweg/rules/@header@.h>

namespace thalweg::detail {
template const RuleInfo& rule_info<@type@>();
}
]])
  list(APPEND THALWEG_KERNEL_SOURCES "${source}")
endforeach()

file(CONFIGURE OUTPUT "${THALWEG_GENERATED}/include/thalweg/rules.h" @ONLY NEWLINE_STYLE LF CONTENT [[
#pragma once

// Generated from src/registry/rules.list. All rules of the library; their kernels are compiled into it.

#include <thalweg/any_rule.h>
@includes@
#define THALWEG_RULES(RULE)@names@
]])

# Wherever a rule becomes an AnyRule, its kernels are those of the library, not compiled again under the flags of a user.
file(CONFIGURE OUTPUT "${THALWEG_GENERATED}/include/thalweg/detail/library_rules.h" @ONLY NEWLINE_STYLE LF CONTENT [[
#pragma once

// Generated from src/registry/rules.list. The rules whose kernels are compiled into the library.

#include <thalweg/detail/rule_info.h>

namespace thalweg {
@types@
namespace detail {
@externs@}
}  // namespace thalweg
]])
set(THALWEG_GENERATED_HEADERS "${THALWEG_GENERATED}/include/thalweg/rules.h"
  "${THALWEG_GENERATED}/include/thalweg/detail/library_rules.h")
