package analysis

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// extensions maps the endings of source files to languages.
func extensions(ext string) string { //nolint:funlen,gocyclo // a table with a row for each language; there is nothing to follow
	switch ext {
	case ".go":
		return "Go"
	case ".ts", ".tsx", ".mts", ".cts":
		return "TypeScript"
	case ".js", ".jsx", ".mjs", ".cjs":
		return "JavaScript"
	case ".vue":
		return "Vue"
	case ".svelte":
		return "Svelte"
	case ".py":
		return "Python"
	case ".rs":
		return "Rust"
	case ".java":
		return "Java"
	case ".kt", ".kts":
		return "Kotlin"
	case ".scala":
		return "Scala"
	case ".rb":
		return "Ruby"
	case ".php":
		return "PHP"
	case ".cs":
		return "C#"
	case ".fs":
		return "F#"
	case ".c", ".h":
		return "C"
	case ".cc", ".cpp", ".cxx", ".hpp", ".hh":
		return "C++"
	case ".swift":
		return "Swift"
	case ".m", ".mm":
		return "Objective-C"
	case ".dart":
		return "Dart"
	case ".ex", ".exs":
		return "Elixir"
	case ".erl":
		return "Erlang"
	case ".hs":
		return "Haskell"
	case ".clj", ".cljs":
		return "Clojure"
	case ".lua":
		return "Lua"
	case ".zig":
		return "Zig"
	case ".r":
		return "R"
	case ".jl":
		return "Julia"
	case ".sh", ".bash":
		return "Shell"
	case ".sql":
		return "SQL"
	case ".html", ".htm":
		return "HTML"
	case ".css", ".scss", ".sass", ".less":
		return "CSS"
	case ".tf":
		return "Terraform"
	case ".ipynb":
		return "Jupyter"
	default:
		return ""
	}
}

// languageOf returns the language of a source file, or "".
func languageOf(f file) string {
	base := f.base()
	if strings.HasSuffix(base, ".min.js") || strings.HasSuffix(base, ".min.css") {
		return ""
	}
	return extensions(path.Ext(base))
}

// isProgram reports whether a file is written in a programming language, as
// opposed to markup, style, queries and notebooks.
func isProgram(f file) bool {
	switch languageOf(f) {
	case "", "HTML", "CSS", "SQL", "Terraform", "Jupyter", "Shell":
		return false
	default:
		return true
	}
}

// languages lists the languages, the one with most lines first.
func (s *survey) languages() []Language {
	counts := map[string]*Language{}
	for _, f := range s.files {
		name := languageOf(f)
		if name == "" {
			continue
		}
		if counts[name] == nil {
			counts[name] = &Language{Name: name}
		}
		counts[name].Files++
		counts[name].Lines += f.lines
	}
	out := make([]Language, 0, len(counts))
	for _, l := range counts {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b Language) int {
		return cmp.Or(cmp.Compare(b.Lines, a.Lines), cmp.Compare(b.Files, a.Files), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// testKind returns what sort of test a file is: "unit", "integration", "e2e",
// or "" when it is none.
func testKind(f file) string {
	if !isProgram(f) && !strings.HasSuffix(f.base(), ".feature") {
		return ""
	}
	p := "/" + strings.ToLower(f.path)
	if !isTest(p, f.base()) {
		return ""
	}
	switch {
	case containsAny(p, "/e2e/", "/cypress/", "/playwright/", ".e2e.", "_e2e_", ".feature"):
		return "e2e"
	case containsAny(p, "/integration/", "/integration_tests/", "integration_test", ".integration.", "/it/"):
		return "integration"
	default:
		return "unit"
	}
}

// isTest reports whether a path in lower case belongs to a test.
func isTest(p, base string) bool {
	name := strings.TrimSuffix(base, path.Ext(base))
	switch {
	case strings.HasSuffix(name, "_test"), strings.HasSuffix(name, "_spec"), strings.HasPrefix(name, "test_"):
		return true
	case strings.HasSuffix(name, ".test"), strings.HasSuffix(name, ".spec"), strings.HasSuffix(name, ".cy"):
		return true
	case strings.HasSuffix(name, "test") && containsAny(base, ".java", ".kt", ".cs", ".php", ".scala", ".swift"):
		return true
	case strings.HasSuffix(name, "tests") && containsAny(base, ".java", ".kt", ".cs", ".swift"):
		return true
	case strings.HasSuffix(base, ".feature"):
		return true
	default:
		return containsAny(p, "/tests/", "/test/", "/__tests__/", "/spec/", "/e2e/", "/cypress/")
	}
}

// containsAny reports whether s contains one of the parts.
func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(s, part) })
}
