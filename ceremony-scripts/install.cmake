# What is installed, below one prefix, and the manual and completion for it.
#
# bin/                     the programs, and anchorite-script
# share/anchorite/         the scripts of ceremonies, laid out as in the tree
# share/doc/anchorite/     the documents and examples
# share/man/               a page a command, the scripts and the files
# share/bash-completion/, share/zsh/

set(SCRIPTS rehearse rehearse-rollover testbed sentinel print run bundle notice
  pin-split pin-join zsk-receive)
list(TRANSFORM SCRIPTS PREPEND ${CMAKE_SOURCE_DIR}/ceremony-scripts/)
set(MANUAL ${CMAKE_BINARY_DIR}/manual)

file(GLOB MANUAL_SOURCES CONFIGURE_DEPENDS signer/manual/*.c)
add_executable(write_manual ${MANUAL_SOURCES} signer/readiness/commands.c)
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
install(PROGRAMS ceremony-scripts/anchorite-script DESTINATION bin)
install(PROGRAMS ${SCRIPTS} DESTINATION share/anchorite/ceremony-scripts)
file(GLOB SOURCED CONFIGURE_DEPENDS ceremony-scripts/*.sh)
install(FILES ${SOURCED} DESTINATION share/anchorite/ceremony-scripts)
install(DIRECTORY ceremony-scripts/acts ceremony-scripts/paper
  ceremony-scripts/platform ceremony-scripts/rollover DESTINATION share/anchorite/ceremony-scripts
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
install(FILES README.md LICENSE DESTINATION share/doc/anchorite)
install(DIRECTORY docs/ DESTINATION share/doc/anchorite
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
foreach(section 1 5)
  install(DIRECTORY ${MANUAL}/ DESTINATION share/man/man${section}
    FILES_MATCHING PATTERN "*.${section}")
endforeach()
set(PROGRAMS anchorite)
if(BUILDS_READINESS)
  list(APPEND PROGRAMS anchorite-readiness)
endif()
foreach(program ${PROGRAMS})
  install(TARGETS ${program} DESTINATION bin)
  install(FILES ${MANUAL}/${program}.bash
    DESTINATION share/bash-completion/completions RENAME ${program})
  install(FILES ${MANUAL}/_${program} DESTINATION share/zsh/vendor-completions)
endforeach()
