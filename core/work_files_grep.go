package core

import (
	"bytes"
	"context"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/walk"
)

// Grep is what to look for in files.
type Grep struct {
	// Pattern is a regular expression in Go's syntax, or with Literal a text.
	Pattern             string
	Literal, IgnoreCase bool
	// Under and Glob select files, as for [WorkFiles.Files].
	Under, Glob string
	// Limit is the most matches.
	Limit int
}

// GrepMatch is a line that matches.
type GrepMatch struct {
	Path string
	Line int
	Text string
}

// grepLine is how much of a line is returned, in bytes.
const grepLine = 300

// Grep looks for lines in the files as they are, and reports whether there are more
// than the limit. Secrets in them are not shown.
func (s *WorkFiles) Grep(ctx context.Context, at Place, g Grep) (found []GrepMatch, more bool, err error) {
	pattern := g.Pattern
	if g.Literal {
		pattern = regexp.QuoteMeta(pattern)
	}
	if g.IgnoreCase {
		pattern = "(?i)" + pattern
	}
	re, err := regexp.Compile(pattern)
	if err != nil || g.Pattern == "" {
		return nil, false, fault.Usage("invalid_pattern", "%q is not a regular expression", g.Pattern).
			WithHint("set literal to look for the text as it is").Wrap(err)
	}
	files, err := s.Files(ctx, at, g.Under, g.Glob)
	if err != nil {
		return nil, false, err
	}
	for i := range files {
		if err := ctx.Err(); err != nil {
			return nil, false, fault.From(err)
		}
		if files[i].Size > maxWorkFile {
			continue
		}
		content, err := readWork(at, files[i].Path)
		if err != nil {
			continue // no text, or gone meanwhile
		}
		for n, line := range bytes.Split(content, []byte("\n")) {
			if !re.Match(line) {
				continue
			}
			if len(found) == g.Limit {
				return found, true, nil
			}
			text := s.a.cleaner.redactor.String(strings.TrimRight(string(line), "\r"))
			if len(text) > grepLine {
				text = strings.ToValidUTF8(text[:grepLine], "") + " …"
			}
			found = append(found, GrepMatch{Path: files[i].Path, Line: n + 1, Text: text})
		}
	}
	return found, false, nil
}

// globber returns whether a path fits a pattern.
func globber(glob string) (func(string) bool, error) {
	if glob == "" {
		return func(string) bool { return true }, nil
	}
	if !utf8.ValidString(glob) {
		return nil, invalidGlob(glob, nil)
	}
	if !strings.Contains(glob, "/") && !strings.Contains(glob, "**") {
		if _, err := path.Match(glob, ""); err != nil {
			return nil, invalidGlob(glob, err)
		}
		return func(p string) bool { ok, _ := path.Match(glob, path.Base(p)); return ok }, nil // the pattern was tried
	}
	parts := slices.CompactFunc(strings.Split(strings.Trim(path.Clean(glob), "/"), "/"), func(a, b string) bool { return a == "**" && b == "**" })
	for _, part := range parts {
		if _, err := path.Match(part, ""); err != nil {
			return nil, invalidGlob(glob, err)
		}
	}
	return func(p string) bool { return globParts(parts, strings.Split(p, "/")) }, nil
}

func globParts(parts, names []string) bool {
	for i, part := range parts {
		if part == "**" {
			rest := parts[i+1:]
			for skip := range len(names) + 1 - i {
				if globParts(rest, names[i+skip:]) {
					return true
				}
			}
			return false
		}
		if i >= len(names) {
			return false
		}
		if ok, _ := path.Match(part, names[i]); !ok {
			return false
		}
	}
	return len(parts) == len(names)
}

func invalidGlob(glob string, err error) error {
	return fault.Usage("invalid_glob", "%q is not a pattern for paths", glob).WithHint("write it as in *.go or src/**/*.ts").Wrap(err)
}

func sortEntries(list []walk.Entry) {
	slices.SortFunc(list, func(a, b walk.Entry) int { return strings.Compare(a.Path, b.Path) })
}
