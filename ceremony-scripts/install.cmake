# What is installed, below one prefix, and the manual and completion for it.
#
# bin/                     the program, and anchorite-script
# share/anchorite/         the scripts of ceremonies, laid out as in the tree
# share/doc/anchorite/     the documents and examples
# share/man/               a page a command, the scripts and the files
# share/bash-completion/, share/zsh/

set(SCRIPTS rehearse rehearse-rollover print run bundle pin-split pin-join)
list(TRANSFORM SCRIPTS PREPEND ${CMAKE_SOURCE_DIR}/ceremony-scripts/)
set(MANUAL ${CMAKE_BINARY_DIR}/manual)

file(GLOB MANUAL_SOURCES CONFIGURE_DEPENDS signer/manual/*.c)
add_executable(write_manual ${MANUAL_SOURCES})
target_link_libraries(write_manual PRIVATE program)

# Written when the tables or the documents change.
file(GLOB DOCUMENTS CONFIGURE_DEPENDS docs/*.md)
add_custom_command(OUTPUT ${MANUAL}/anchorite.1
  COMMAND ${CMAKE_COMMAND} -E make_directory ${MANUAL}
  COMMAND write_manual ${MANUAL} ${CMAKE_SOURCE_DIR}/docs ${SCRIPTS}
  DEPENDS write_manual ${DOCUMENTS} ${SCRIPTS})
add_custom_target(manual ALL DEPENDS ${MANUAL}/anchorite.1)

# The project's own folders are as readable as its files, whatever the umask.
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE
  OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

install(DIRECTORY DESTINATION share/anchorite)
install(DIRECTORY DESTINATION share/anchorite/ceremony-scripts)
install(DIRECTORY DESTINATION share/doc/anchorite)
install(TARGETS anchorite DESTINATION bin)
install(PROGRAMS ceremony-scripts/anchorite-script DESTINATION bin)
install(PROGRAMS ${SCRIPTS} DESTINATION share/anchorite/ceremony-scripts)
file(GLOB SOURCED CONFIGURE_DEPENDS ceremony-scripts/*.sh)
install(FILES ${SOURCED} DESTINATION share/anchorite/ceremony-scripts)
install(DIRECTORY ceremony-scripts/acts ceremony-scripts/paper
  ceremony-scripts/rollover DESTINATION share/anchorite/ceremony-scripts
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
install(FILES README.md LICENSE DESTINATION share/doc/anchorite)
install(DIRECTORY docs/ DESTINATION share/doc/anchorite
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
foreach(section 1 5)
  install(DIRECTORY ${MANUAL}/ DESTINATION share/man/man${section}
    FILES_MATCHING PATTERN "*.${section}")
endforeach()
install(FILES ${MANUAL}/anchorite.bash
  DESTINATION share/bash-completion/completions RENAME anchorite)
install(FILES ${MANUAL}/_anchorite DESTINATION share/zsh/vendor-completions)
