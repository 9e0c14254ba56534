package mcp

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// spoiled says what is wrong with the characters of a JSON text, or nothing. The
// decoder would put another character in the place of those that are none, and so
// keep what nobody wrote.
func spoiled(raw json.RawMessage) string {
	if !utf8.Valid(raw) {
		return "the arguments are not valid UTF-8"
	}
	if halfCharacter(raw) {
		return `the arguments contain half of a character (a lone \ud800 to \udfff)`
	}
	return ""
}

// halfCharacter reports whether an escape stands for one half of a pair without
// the other.
func halfCharacter(raw []byte) bool {
	for {
		at := bytes.IndexByte(raw, '\\')
		if at < 0 || at+1 >= len(raw) {
			return false
		}
		raw = raw[at:]
		first, ok := escaped(raw)
		if !ok {
			raw = raw[2:] // \n, \\ and the like
			continue
		}
		raw = raw[escapeLength:]
		if !utf16.IsSurrogate(first) {
			continue
		}
		second, ok := escaped(raw)
		if !ok || utf16.DecodeRune(first, second) == utf8.RuneError {
			return true
		}
		raw = raw[escapeLength:]
	}
}

// escapeLength is the length of an escape such as \u00e4.
const escapeLength = 6

// escaped returns the number that an escape at the beginning of a text stands for.
func escaped(raw []byte) (rune, bool) {
	if len(raw) < escapeLength || raw[0] != '\\' || raw[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(raw[2:escapeLength]), 16, 16)
	return rune(n), err == nil
}
