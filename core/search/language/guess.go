package language

import (
	"bytes"
	"path"
	"strings"
)

// byShebang returns the language of the interpreter in a file's first line.
func byShebang(head []byte) string {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	if !bytes.HasPrefix(head, []byte("#!")) {
		return ""
	}
	line, _, _ := bytes.Cut(head[2:], []byte("\n"))
	for word := range strings.FieldsSeq(string(line)) {
		program := path.Base(word)
		if program == "env" || strings.HasPrefix(program, "-") || strings.Contains(program, "=") {
			continue
		}
		if id, ok := interpreters[strings.TrimRight(program, "0123456789.")]; ok {
			return id
		}
		return ""
	}
	return ""
}

// settle decides between languages that share an ending.
func settle(id, base string, head []byte) string {
	switch {
	case id == "c" && strings.HasSuffix(base, ".h"):
		return header(head)
	case id == "typescript" && isXML(head):
		return "xml" // translations of Qt programs end in .ts as well
	case id == "include":
		return include(head)
	case id == "objc" && (bytes.HasPrefix(head, []byte("%")) || bytes.HasPrefix(head, []byte("function "))):
		return "matlab"
	}
	return id
}

func isXML(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	return bytes.HasPrefix(head, []byte("<?xml")) || bytes.HasPrefix(head, []byte("<!DOCTYPE"))
}

// header tells what the header files of C, C++ and Objective-C have in common
// from what only one of them has.
func header(head []byte) string {
	for _, mark := range []string{"@interface", "@protocol", "@property", "#import "} {
		if bytes.Contains(head, []byte(mark)) {
			return "objc"
		}
	}
	for line := range bytes.Lines(head) {
		line = bytes.TrimLeft(line, " \t")
		for _, mark := range []string{"namespace ", "template <", "template<", "class ", "using ", "public:", "private:", "#include <string>", "#include <vector>"} {
			if bytes.HasPrefix(line, []byte(mark)) {
				return "cpp"
			}
		}
		if i := bytes.Index(line, []byte("::")); i > 0 && !bytes.HasPrefix(line, []byte("*")) && !bytes.HasPrefix(line, []byte("/")) {
			return "cpp"
		}
	}
	return "c"
}

// include tells apart what may be in a file that ends in .inc.
func include(head []byte) string {
	switch {
	case bytes.Contains(head, []byte("<?php")):
		return "php"
	case bytes.Contains(head, []byte("namespace ")), bytes.Contains(head, []byte("template <")):
		return "cpp"
	case bytes.Contains(head, []byte("#include")), bytes.Contains(head, []byte("#define")), bytes.Contains(head, []byte("/*")):
		return "c"
	}
	return ""
}
