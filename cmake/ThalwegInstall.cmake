# The installed package: the core library with its headers for find_package and pkg-config, the command and its data.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/thalweg")

file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/thalweg/*.h")
target_sources(thalweg PUBLIC FILE_SET HEADERS
  BASE_DIRS "${PROJECT_SOURCE_DIR}/include" "${THALWEG_GENERATED}/include"
  FILES ${headers} ${THALWEG_GENERATED_HEADERS})
install(TARGETS thalweg thalweg_rule_flags EXPORT thalwegTargets FILE_SET HEADERS)
install(EXPORT thalwegTargets NAMESPACE thalweg:: DESTINATION "${config_dir}")

file(WRITE "${PROJECT_BINARY_DIR}/thalwegConfig.cmake" [[
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include("${CMAKE_CURRENT_LIST_DIR}/thalwegTargets.cmake")
]])
write_basic_package_version_file("${PROJECT_BINARY_DIR}/thalwegConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/thalwegConfig.cmake" "${PROJECT_BINARY_DIR}/thalwegConfigVersion.cmake"
  DESTINATION "${config_dir}")

# Paths relative to the .pc file, so that the installed tree can be moved.
file(RELATIVE_PATH prefix_from_pc "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" prefix_from_pc "${prefix_from_pc}")
list(JOIN THALWEG_KERNEL_OPTIONS " " rule_flags)
configure_file("${PROJECT_SOURCE_DIR}/cmake/thalweg.pc.in" "${PROJECT_BINARY_DIR}/thalweg.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/thalweg.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
if(THALWEG_BUILD_TOOLS)
  install(TARGETS thalweg_command)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/data" DESTINATION "${CMAKE_INSTALL_DATADIR}/thalweg")
endif()
