/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012) of short octets under a key of 128
 * bits: whoever chooses the octets cannot choose where a secret key puts them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t key[2], const uint8_t *data, size_t len);
