// Package language tells which language a file is written in, by its name and,
// where that is not enough, by its first bytes.
package language

import (
	"path"
	"strings"
)

// Language is what a file is written in.
type Language struct {
	// ID is a word for programs and filters, such as "cpp".
	ID string
	// Name is what people call it, such as "C++".
	Name string
	// Prose says that the file is text for people, not for machines.
	Prose bool
}

// Text is the language of files that are none of the others.
const Text = "text"

// HeadSize is how many bytes from the start of a file are enough for [Of].
const HeadSize = 4096

// Of returns the language of the file at path, whose first bytes are head
// ([HeadSize] of them are enough; nil when they are not known). For a file in no
// language that is known, it returns [Text] and false.
func Of(file string, head []byte) (Language, bool) {
	if len(head) > HeadSize {
		head = head[:HeadSize]
	}
	base := strings.ToLower(path.Base(file))
	id := named(base)
	if id == "" {
		id = byExtension(base)
	}
	if id == "" {
		id = byShebang(head)
	}
	id = settle(id, base, head)
	if id == "" {
		return Language{ID: Text, Name: "Text"}, false
	}
	return ByID(id)
}

// ByID returns the language with an ID; [Text] and false when there is none.
func ByID(id string) (Language, bool) {
	if l, ok := languages[id]; ok {
		return Language{ID: id, Name: l.name, Prose: l.prose}, true
	}
	return Language{ID: Text, Name: "Text"}, false
}

// byExtension tries the longest ending first: "d.ts" before "ts".
func byExtension(base string) string {
	for {
		_, ext, ok := strings.Cut(base, ".")
		if !ok {
			return ""
		}
		if id, ok := extensions[ext]; ok {
			return id
		}
		base = ext
	}
}

// named returns the language of files that are known by their names.
func named(base string) string {
	if id, ok := names[base]; ok {
		return id
	}
	switch {
	case strings.HasPrefix(base, "dockerfile."), strings.HasPrefix(base, "containerfile."):
		return "dockerfile"
	case strings.HasPrefix(base, "makefile."):
		return "makefile"
	case strings.HasPrefix(base, "readme."), strings.HasPrefix(base, "license."), strings.HasPrefix(base, "changelog."):
		if byExtension(base) == "" {
			return "plain"
		}
	}
	return ""
}
