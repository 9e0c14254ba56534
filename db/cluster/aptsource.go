package cluster

import (
	"path/filepath"
	"slices"
	"strings"
)

// aptSource is the machine's own entry for the distribution's main archive.
type aptSource struct {
	uri string
	// signedBy is the value of Signed-By with its continuation lines; empty
	// means the keys that apt trusts anyway.
	signedBy string
}

// deb822 is the entry for another release's source packages, at the same
// mirror and checked with the same keys.
func (a aptSource) deb822(suite string) string {
	text := "Types: deb-src\nURIs: " + a.uri + "\nSuites: " + suite + "\nComponents: main\n"
	if a.signedBy != "" {
		text += "Signed-By:" + a.signedBy + "\n"
	}
	return text
}

// findAptSource looks through apt's configuration for the archive of suite.
func (s *system) findAptSource(suite string) (aptSource, bool) {
	dir := filepath.Join(s.root, "/etc/apt")
	files := []string{filepath.Join(dir, "sources.list")}
	for _, pattern := range []string{"*.list", "*.sources"} {
		more, err := filepath.Glob(filepath.Join(dir, "sources.list.d", pattern))
		if err == nil {
			files = append(files, more...)
		}
	}
	for _, file := range files {
		relative, err := filepath.Rel(s.root, file)
		if err != nil {
			continue
		}
		text, err := s.readFile(relative)
		if err != nil {
			continue
		}
		parse := parseOneLine
		if filepath.Ext(file) == ".sources" {
			parse = parseDeb822
		}
		if found, ok := parse(string(text), suite); ok {
			return found, true
		}
	}
	return aptSource{}, false
}

// parseDeb822 reads the format of *.sources files.
func parseDeb822(text, suite string) (aptSource, bool) {
	for stanza := range strings.SplitSeq(text, "\n\n") {
		fields := deb822Fields(stanza)
		has := func(field, word string) bool { return slices.Contains(strings.Fields(fields[field]), word) }
		uris := strings.Fields(fields["uris"])
		if len(uris) == 0 || strings.TrimSpace(fields["enabled"]) == "no" ||
			!has("types", "deb") || !has("suites", suite) || !has("components", "main") {
			continue
		}
		return aptSource{uri: uris[0], signedBy: fields["signed-by"]}, true
	}
	return aptSource{}, false
}

// deb822Fields maps lower-case names to values, which keep their continuation
// lines and leading space.
func deb822Fields(stanza string) map[string]string {
	fields := map[string]string{}
	last := ""
	for line := range strings.SplitSeq(stanza, "\n") {
		switch {
		case strings.HasPrefix(line, "#") || line == "":
		case strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"):
			fields[last] += "\n" + line
		default:
			name, value, _ := strings.Cut(line, ":")
			last = strings.ToLower(name)
			fields[last] = value
		}
	}
	return fields
}

// parseOneLine reads the format of sources.list.
func parseOneLine(text, suite string) (aptSource, bool) {
	for line := range strings.SplitSeq(text, "\n") {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "deb ")
		if !ok {
			continue
		}
		options := ""
		rest = strings.TrimSpace(rest)
		if strings.HasPrefix(rest, "[") {
			options, rest, ok = strings.Cut(rest[1:], "]")
			if !ok {
				continue
			}
		}
		words := strings.Fields(rest)
		if len(words) < 3 || strings.TrimSuffix(words[1], "/") != suite || !slices.Contains(words[2:], "main") {
			continue
		}
		found := aptSource{uri: words[0]}
		for option := range strings.FieldsSeq(options) {
			if keys, ok := strings.CutPrefix(option, "signed-by="); ok {
				found.signedBy = " " + keys
			}
		}
		return found, true
	}
	return aptSource{}, false
}
