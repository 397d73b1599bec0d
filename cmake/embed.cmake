# thalweg_embed(TARGET NAMESPACE FILE...): compiles files into the target, found by their names through
# thalweg::NAMESPACE::embedded(), which a header of that room declares.
# Bytes become numbers, which every compiler takes, whatever their length and encoding.
function(thalweg_embed target namespace)
  set(source "${PROJECT_BINARY_DIR}/generated/${target}_embedded.cpp")
  add_custom_command(OUTPUT "${source}" DEPENDS ${ARGN} "${CMAKE_CURRENT_FUNCTION_LIST_FILE}"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${source}" "-DNAMESPACE=${namespace}" "-DFILES=${ARGN}"
      -P "${CMAKE_CURRENT_FUNCTION_LIST_FILE}" VERBATIM)
  target_sources(${target} PRIVATE "${source}")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  cmake_policy(VERSION 3.25)
  set(text "#include \"${NAMESPACE}/embedded.h\"\n\nnamespace thalweg::${NAMESPACE} {\nnamespace {\n")
  set(lookups "")
  set(i 0)
  string(REPEAT "0x..," 20 line)
  foreach(file IN LISTS FILES)
    get_filename_component(name "${file}" NAME)
    file(READ "${file}" bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
    string(APPEND text "constexpr unsigned char file${i}[] = {${bytes}};\n")
    string(APPEND lookups "  if (name == \"${name}\") return {reinterpret_cast<const char*>(file${i}), sizeof file${i}};\n")
    math(EXPR i "${i} + 1")
  endforeach()
  file(WRITE "${OUTPUT}" "${text}}  // namespace\n\nstd::string_view embedded(std::string_view name) {\n${lookups}  return {};\n}\n\n}  // namespace thalweg::${NAMESPACE}\n")
endif()
