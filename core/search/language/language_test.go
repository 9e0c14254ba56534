package language_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/layercake-dev/layercake/core/search/language"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, head, want string }{
		{"main.go", "", "go"},
		{"src/App.TSX", "", "tsx"},
		{"lib/types.d.ts", "", "typescript"},
		{"i18n/de.ts", "<?xml version=\"1.0\"?>\n<TS>", "xml"},
		{"build.gradle.kts", "", "kotlin"},
		{"Dockerfile.dev", "", "dockerfile"},
		{"GNUmakefile", "", "makefile"},
		{"bin/tool", "#!/usr/bin/env python3.12\n", "python"},
		{"bin/tool", "#!/usr/bin/env -S FOO=1 node --flag\n", "javascript"},
		{"bin/tool", "\xef\xbb\xbf#!/bin/sh -e\n", "shell"},
		{"list.h", "int add(int a, int b);\n", "c"},
		{"list.h", "/* see Foo::bar */\nint add(int a);\n", "c"},
		{"list.h", "#pragma once\nnamespace a {\n", "cpp"},
		{"list.h", "std::string name();\n", "cpp"},
		{"View.h", "@interface View : NSObject\n", "objc"},
		{"x.inc", "<?php function a() {}", "php"},
		{"x.inc", "#define A 1\n", "c"},
		{"README", "", "plain"},
		{"README.md", "", "markdown"},
		{"CMakeLists.txt", "", "cmake"},
		{"a.weird.py", "", "python"},
	} {
		got, ok := language.Of(c.file, []byte(c.head))
		assert.True(t, ok, c.file)
		assert.Equal(t, c.want, got.ID, "%s %q", c.file, c.head)
		assert.NotEmpty(t, got.Name)
	}
}

func TestOfWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"", "x", "a.unheard", ".", "..", "a/", "bin/tool"} {
		got, ok := language.Of(file, []byte("#!\n"))
		assert.False(t, ok, file)
		assert.Equal(t, language.Language{ID: "text", Name: "Text"}, got)
	}
}

func TestProse(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]bool{"a.md": true, "a.rst": true, "NEWS": true, "a.txt": true, "a.go": false, "a.json": false} {
		got, _ := language.Of(file, nil)
		assert.Equal(t, want, got.Prose, file)
	}
}
