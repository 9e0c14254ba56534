package analysis

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// detector looks for commands.
type detector struct {
	*survey

	installed func(program string) bool
}

// systemMake is the fallback: a Makefile says how to build anything.
const systemMake = "Make"

// module is a folder with a manifest of one system.
type module struct {
	system   string
	dir      string
	manifest string
	// sources are the source files of the system at or below the folder.
	sources int
}

// modules lists the manifests that matter, the most important first.
func (d detector) modules() []module {
	var out []module
	seen := map[string]bool{}
	for _, f := range d.files {
		system := d.systemOf(f)
		dir := f.dir()
		// A folder that begins with a hyphen would be read as an option.
		if system == "" || strings.HasPrefix(dir, "-") || seen[system+" "+dir] || isExample(dir) {
			continue
		}
		seen[system+" "+dir] = true
		m := module{system: system, dir: dir, manifest: f.path, sources: d.sourcesBelow(system, dir)}
		// A manifest without sources lists the needs of some tool. Only in the
		// root may it stand for sources of a kind that is not known.
		if m.sources > 0 || system == systemMake || system == systemNPM && dir == "." {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b module) int {
		return cmp.Or(
			compareBool(a.system == systemMake, b.system == systemMake),
			cmp.Compare(depth(a.dir), depth(b.dir)),
			cmp.Compare(b.sources, a.sources),
			cmp.Compare(a.dir, b.dir),
			cmp.Compare(a.system, b.system),
		)
	})
	return withoutMembers(out)
}

// withoutMembers removes modules within a folder of the same system where the
// outer one covers them. Packages of npm stand each for themselves, and so do
// modules of Go, unless a workspace joins them.
func withoutMembers(modules []module) []module {
	var out []module
	for _, m := range modules {
		covered := slices.ContainsFunc(out, func(outer module) bool {
			inside := outer.system == m.system && (outer.dir == "." || strings.HasPrefix(m.dir, outer.dir+"/"))
			alone := m.system == systemNPM || m.system == systemGo && path.Base(outer.manifest) != "go.work"
			return inside && !alone
		})
		if !covered {
			out = append(out, m)
		}
	}
	return out
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// depth counts how many folders below the root a folder lies.
func depth(dir string) int {
	if dir == "." {
		return 0
	}
	return strings.Count(dir, "/") + 1
}

// isExample reports whether a folder holds examples or test data, which are
// not what a project is.
func isExample(dir string) bool {
	for part := range strings.SplitSeq(strings.ToLower(dir), "/") {
		switch part {
		case "testdata", "fixtures", "examples", "example", "templates", "test", "tests":
			return true
		}
	}
	return false
}

// systemOf returns the system whose commands a file leads to, or "".
func (d detector) systemOf(f file) string {
	build, system := manifestKind(f)
	switch {
	case build == systemMake && f.dir() == ".":
		return systemMake
	case f.base() == "go.work":
		return systemGo
	case system == systemGo, system == systemNPM, system == systemPython, system == systemCargo, system == systemJVM:
		return system
	default:
		return ""
	}
}

// sourcesBelow counts the source files of a system at or below a folder.
func (d detector) sourcesBelow(system, dir string) int {
	n := 0
	for _, f := range d.files {
		if (dir == "." || strings.HasPrefix(f.path, dir+"/")) && systemOfLanguage(languageOf(f)) == system {
			n++
		}
	}
	return n
}

// systemOfLanguage returns the system that builds a language, or "".
func systemOfLanguage(language string) string {
	switch language {
	case "Go":
		return systemGo
	case "TypeScript", "JavaScript", "Vue", "Svelte":
		return systemNPM
	case "Python":
		return systemPython
	case "Rust":
		return systemCargo
	case "Java", "Kotlin", "Scala":
		return systemJVM
	default:
		return ""
	}
}

// in returns a path within the module's folder, relative to the root.
func (m module) in(name string) string { return path.Join(m.dir, name) }

// up returns the path of a file below the root as seen from the module's
// folder, for programs that change into it.
func (m module) up(name string) string {
	return strings.Repeat("../", depth(m.dir)) + name
}

// within puts an option that names the module's folder behind the program's
// name, unless the folder is the root.
func (m module) within(program, option string, rest ...string) []string {
	if m.dir == "." {
		return append([]string{program}, rest...)
	}
	return append([]string{program, option, m.dir}, rest...)
}
