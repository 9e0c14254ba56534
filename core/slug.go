package core

import (
	"path"
	"strings"
)

const maxSlug = 63

// Slug makes a short name of a longer one: lower-case ASCII letters and digits,
// with single hyphens between words. It is "project" when nothing is left.
func Slug(name string) string {
	var b strings.Builder
	hyphen := false
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			hyphen = false
			b.WriteRune(r)
		default:
			hyphen = true
		}
		if b.Len() >= maxSlug {
			break
		}
	}
	if b.Len() == 0 {
		return "project"
	}
	return strings.TrimRight(b.String()[:min(maxSlug, b.Len())], "-")
}

// baseName returns a file's name without its folders and extension.
func baseName(p string) string {
	base := path.Base(strings.ReplaceAll(p, "\\", "/"))
	return strings.TrimSuffix(base, path.Ext(base))
}
