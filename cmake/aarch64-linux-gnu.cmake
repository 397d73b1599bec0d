# Debian's cross compiler for 64-bit ARM; what it builds runs here under qemu (packages g++-aarch64-linux-gnu, qemu-user).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)  # GoogleTest asks for one
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
find_program(THALWEG_QEMU NAMES qemu-aarch64 qemu-aarch64-static)
if(THALWEG_QEMU)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${THALWEG_QEMU};-L;/usr/aarch64-linux-gnu")
endif()
