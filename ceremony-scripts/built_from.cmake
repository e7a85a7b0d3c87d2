# cmake -P: writes what a program says it was built from, where that has changed.
# A source archive has its commit in a file; a clone asks git.
cmake_minimum_required(VERSION 3.25)

set(from "an unknown commit")
if(EXISTS ${SOURCE}/debian/commit)
  file(STRINGS ${SOURCE}/debian/commit from LIMIT_COUNT 1)
elseif(EXISTS ${SOURCE}/.git)
  set(ENV{GIT_OPTIONAL_LOCKS} 0)
  execute_process(COMMAND git -C ${SOURCE} rev-parse HEAD
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE failed ERROR_QUIET)
  if(NOT failed)
    execute_process(COMMAND git -C ${SOURCE} status --porcelain
      OUTPUT_VARIABLE changed ERROR_QUIET)
    set(from ${commit})
    if(NOT changed STREQUAL "")
      string(APPEND from ", and changes")
    endif()
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT
  "#include \"signer/program/version.h\"\n
const char built_from[] = \"@from@\";
const char built_with[] = \"@WITH@\";\n")
