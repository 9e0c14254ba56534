package lexical

import (
	"path"
	"strings"
)

// ClassOf tells by its path what sort of file one is. The path is
// slash-separated and relative to what is indexed.
func ClassOf(name string, prose bool) Class {
	var class Class

	base := strings.ToLower(path.Base(name))
	stem := strings.TrimSuffix(base, path.Ext(base))

	for dir := range strings.SplitSeq(path.Dir(name), "/") {
		class |= directoryClass[strings.ToLower(dir)]
	}

	switch {
	case testName(path.Base(name), base, stem):
		class |= Test
	case strings.HasSuffix(base, ".d.ts"), strings.HasSuffix(base, ".pyi"):
		class |= Declared
	case barrels[base]:
		class |= Barrel
	case strings.HasPrefix(stem, "example"), strings.HasSuffix(stem, "_example"):
		class |= Example
	}

	switch {
	case prose:
		class |= Prose
	case data[path.Ext(base)]:
		class |= Data
	}

	return class
}

//nolint:gochecknoglobals // a constant table
var directoryClass = map[string]Class{
	"test": Test, "tests": Test, "__tests__": Test, "spec": Test, "specs": Test, "testing": Test, "testdata": Test,
	"fixtures": Test, "__fixtures__": Test, "mocks": Test, "__mocks__": Test, "mock": Test, "e2e": Test,
	"bench": Test, "benches": Test, "benchmark": Test, "benchmarks": Test, "androidtest": Test, "unittests": Test,
	"example": Example, "examples": Example, "_examples": Example, "demo": Example, "demos": Example,
	"sample": Example, "samples": Example, "docs": Example, "doc": Example, "tutorial": Example, "tutorials": Example,
	"vendor": Vendored, "third_party": Vendored, "thirdparty": Vendored, "third-party": Vendored, "external": Vendored,
	"node_modules": Vendored, "deps": Vendored, "vendored": Vendored,
	"legacy": Legacy, "deprecated": Legacy, "compat": Legacy, "_compat": Legacy,
}

//nolint:gochecknoglobals // a constant table
var barrels = map[string]bool{
	"__init__.py": true, "package-info.java": true, "module-info.java": true, "mod.rs": true,
	"index.ts": true, "index.js": true, "index.tsx": true, "index.jsx": true, "index.mjs": true, "prelude.rs": true,
}

//nolint:gochecknoglobals // a constant table
var data = map[string]bool{
	".json": true, ".yaml": true, ".yml": true, ".toml": true, ".xml": true, ".csv": true, ".tsv": true, ".ini": true,
	".cfg": true, ".properties": true, ".svg": true, ".lock": true, ".plist": true, ".jsonl": true, ".txt": true,
}

// testName tells whether a file is called like tests are, in any of the
// languages' customs.
func testName(written, base, stem string) bool {
	for _, end := range []string{"_test", "_tests", "_spec", ".test", ".spec", ".bench", "_bench", "_unittest", "_benchmark"} {
		if strings.HasSuffix(stem, end) {
			return true
		}
	}

	if strings.HasPrefix(base, "test_") || base == "conftest.py" {
		return true
	}

	// FooTest.java, FooTests.cs, FooSpec.scala, but not Latest.java
	ext := path.Ext(written)
	for _, end := range []string{"Test", "Tests", "Spec", "TestCase", "Benchmark"} {
		if strings.HasSuffix(strings.TrimSuffix(written, ext), end) {
			return true
		}
	}

	return false
}
