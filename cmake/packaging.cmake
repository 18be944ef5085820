# SPDX-License-Identifier: GPL-3.0-or-later
# What `cmake --install` and the packages hold: the program with its manual (component program), and
# library, headers and CMake package (component development).
include(CMakePackageConfigHelpers)

install(TARGETS gimbal_app RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(FILES README.md CHANGELOG.md LICENSE CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR}
        COMPONENT program)
install(DIRECTORY ${PROJECT_BINARY_DIR}/manual/man1 DESTINATION ${CMAKE_INSTALL_MANDIR}
        COMPONENT program)
install(FILES ${PROJECT_BINARY_DIR}/manual/gimbal
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
# The links by which RELION's window runs gimbal (app/relion_front_end.cpp); relative, so that the
# tree can be moved.
set(relion_links ${PROJECT_BINARY_DIR}/relion)
file(MAKE_DIRECTORY ${relion_links})
foreach(name relion_run_motioncorr relion_run_motioncorr_mpi relion_align_tiltseries
             relion_align_tiltseries_mpi)
  file(CREATE_LINK ../../../${CMAKE_INSTALL_BINDIR}/gimbal ${relion_links}/${name} SYMBOLIC)
endforeach()
install(DIRECTORY ${relion_links}/ DESTINATION lib/gimbal/relion COMPONENT program)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT program)

install(DIRECTORY examples/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT development)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/gimbal)
install(TARGETS gimbal EXPORT gimbal-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        COMPONENT development)
install(DIRECTORY src/gimbal ${PROJECT_BINARY_DIR}/generated/gimbal
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.h")
install(EXPORT gimbal-targets NAMESPACE gimbal:: DESTINATION ${package_dir} COMPONENT development)
configure_package_config_file(cmake/gimbal-config.cmake.in gimbal-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(gimbal-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/gimbal-config.cmake
              ${PROJECT_BINARY_DIR}/gimbal-config-version.cmake
              cmake/library-dependencies.cmake
        DESTINATION ${package_dir} COMPONENT development)

# Packages: gimbal and libgimbal-dev as .deb, everything in one .tar.gz.
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_CONTACT "gimbal maintainers <maintainers@gimbal.invalid>")
set(CPACK_PACKAGE_VENDOR "gimbal")
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME gimbal)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libgimbal-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "pkg-config, libbz2-dev, libcairo2-dev, libeigen3-dev, libfftw3-dev, libfmt-dev, libjpeg-dev, liblzma-dev, libtbb-dev, libtiff-dev, libzstd-dev, nlohmann-json3-dev, zlib1g-dev")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "${PROJECT_DESCRIPTION}")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Library and headers of gimbal")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
include(CPack)
