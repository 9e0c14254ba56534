package proof

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Entry is one file of a tree as git sees it.
type Entry struct {
	// Path is relative to the project's root, with forward slashes.
	Path string `json:"path"`
	// Mode is git's mode: 100644, 100755, 120000 (symbolic link) or 160000
	// (submodule).
	Mode string `json:"mode"`
	// Blob is the object id of the content; of a submodule, its commit.
	Blob string `json:"blob"`
}

// Listing is the content of a tree: its files, sorted by path, each path once.
type Listing []Entry

// newListing sorts entries into a Listing.
func newListing(entries []Entry) Listing {
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Path, b.Path) })
	return entries
}

// Digest is the hex SHA-256 over one line "mode blob path\n" per file, in the
// order of the paths' bytes. A path that contains a newline, or begins with a
// quote, is written in quotes with \\, \" and \n escaped, so that no two
// listings make the same lines.
func (l Listing) Digest() string {
	sum := sha256.New()
	for _, e := range l {
		sum.Write([]byte(e.Mode + " " + e.Blob + " " + quotePath(e.Path) + "\n"))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func quotePath(path string) string {
	if !strings.Contains(path, "\n") && !strings.HasPrefix(path, `"`) {
		return path
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(path) + `"`
}

// ChangeKind says how a path differs between two listings.
type ChangeKind string

// The kinds of changes.
const (
	ChangeAdded   ChangeKind = "added"
	ChangeRemoved ChangeKind = "removed"
	ChangeContent ChangeKind = "changed"
	ChangeMode    ChangeKind = "mode"
)

// Change is one path that differs between two listings.
type Change struct {
	Path string     `json:"path"`
	Kind ChangeKind `json:"kind"`
}

// Diff returns how other differs from l, sorted by path.
func (l Listing) Diff(other Listing) []Change {
	var changes []Change
	i, j := 0, 0
	for i < len(l) || j < len(other) {
		switch {
		case j == len(other) || (i < len(l) && l[i].Path < other[j].Path):
			changes = append(changes, Change{Path: l[i].Path, Kind: ChangeRemoved})
			i++
		case i == len(l) || other[j].Path < l[i].Path:
			changes = append(changes, Change{Path: other[j].Path, Kind: ChangeAdded})
			j++
		default:
			if l[i].Blob != other[j].Blob {
				changes = append(changes, Change{Path: l[i].Path, Kind: ChangeContent})
			} else if l[i].Mode != other[j].Mode {
				changes = append(changes, Change{Path: l[i].Path, Kind: ChangeMode})
			}
			i++
			j++
		}
	}
	return changes
}

// DescribeChanges names the first few changes for a message, such as
// "changed core/app.go, added x, and 3 more". It is empty for no changes.
func DescribeChanges(changes []Change, most int) string {
	if len(changes) == 0 {
		return ""
	}
	most = max(1, most)
	parts := make([]string, 0, most+1)
	for _, c := range changes[:min(most, len(changes))] {
		kind := string(c.Kind)
		if c.Kind == ChangeMode {
			kind = "changed the mode of"
		}
		parts = append(parts, kind+" "+quotePath(c.Path))
	}
	if rest := len(changes) - most; rest > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", rest))
	}
	return strings.Join(parts, ", ")
}

// paths returns the paths of changes.
func paths(changes []Change) []string {
	list := make([]string, 0, len(changes))
	for _, c := range changes {
		list = append(list, c.Path)
	}
	return list
}
