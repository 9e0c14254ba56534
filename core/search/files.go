package search

import (
	"bytes"
	"context"
	"time"
)

// Source finds and reads the files of a folder.
type Source interface {
	// List lists the files that count, and those that do not with the reasons.
	List(ctx context.Context, root string) ([]Listed, []Skipped, error)
	// Read reads a file. One that cannot be read is no error: it is skipped.
	Read(ctx context.Context, root string, f Listed) (Text, error)
}

// Listed is a file as it was when it was looked at.
type Listed struct {
	// Path is slash-separated and relative to the root.
	Path string
	Size int64
	// Modified is when it was written, in nanoseconds since 1970.
	Modified int64
}

// Skipped is a file that is left out.
type Skipped struct {
	Path   string
	Reason string
}

// Text is a file that was read.
type Text struct {
	Listed
	// Bytes is valid UTF-8.
	Bytes []byte
	Hash  []byte
	// Skipped is why there is no text, or "". Vanished says that there is no file.
	Skipped  string
	Vanished bool
}

// Why files are skipped, besides the reasons of the [Source].
const (
	// SkippedLanguage is of files in no language that is known.
	SkippedLanguage = "unknown-language"
	// SkippedSlow and SkippedBroken are of files that could not be taken apart.
	SkippedSlow   = "too-slow"
	SkippedBroken = "broken"
)

// changes are the difference between an index and its folder.
type changes struct {
	// read are files to read, with the number of what they replace.
	read []toRead
	// gone are files that are no longer there, skip those to be skipped unread.
	gone []File
	skip []skipping
	// touched are files whose times did not tell whether they are as they were, which
	// they are.
	touched []File
	// bytes is how much is to be read, and unchanged how many files are not.
	bytes     int64
	unchanged int
}

type toRead struct {
	Listed
	old *File
}

type skipping struct {
	Skipped
	old *File
}

func (c *changes) none() bool { return len(c.read)+len(c.gone)+len(c.skip)+len(c.touched) == 0 }

// compare finds out what changed since the index was made, by sizes and times.
func (s *Service) compare(ctx context.Context, index int32, root string) (*changes, error) {
	known := map[string]*File{}
	err := s.Store.Files(ctx, index, func(f File) error {
		known[f.Path] = &f
		return nil
	})
	if err != nil {
		return nil, err
	}
	listed, skipped, err := s.Source.List(ctx, root)
	if err != nil {
		return nil, err
	}
	c := &changes{}
	for i := range listed {
		l, old := listed[i], known[listed[i].Path]
		delete(known, l.Path)
		if old != nil && old.Size == l.Size && old.Modified == l.Modified {
			unchanged := !racy(old)
			if !unchanged {
				if unchanged, err = s.recheck(ctx, root, c, old, l); err != nil {
					return nil, err
				}
			}
			if unchanged {
				c.unchanged++
				continue
			}
		}
		c.read = append(c.read, toRead{l, old})
		c.bytes += l.Size
	}
	for _, sk := range skipped {
		old := known[sk.Path]
		delete(known, sk.Path)
		if old == nil || old.Skipped != sk.Reason {
			c.skip = append(c.skip, skipping{sk, old})
		}
	}
	for _, f := range known {
		c.gone = append(c.gone, *f)
	}
	return c, nil
}

// recheck reads a file whose times do not tell whether it is as it was.
func (s *Service) recheck(ctx context.Context, root string, c *changes, old *File, l Listed) (bool, error) {
	read := time.Now().UnixNano() // by the clock that files go by
	text, err := s.Source.Read(ctx, root, l)
	if err != nil || !same(old, &text) || text.Vanished || text.Modified != l.Modified {
		return false, err
	}
	c.touched = append(c.touched, File{ID: old.ID, Size: text.Size, Modified: text.Modified, Read: read})
	return true, nil
}

// How coarse the times of file systems are.
const (
	fineTick   = 20 * time.Millisecond
	coarseTick = 2 * time.Second
)

// racy reports whether a file may have been written again, in the same tick of the
// file system's clock, after it was read: then its time does not tell.
func racy(f *File) bool {
	tick := fineTick
	if f.Modified%int64(time.Second) == 0 {
		tick = coarseTick
	}
	return f.Modified+int64(tick) >= f.Read
}

// same reports whether a file is what it was when it was read last.
func same(old *File, t *Text) bool {
	if old == nil || !bytes.Equal(old.Hash, t.Hash) {
		return false
	}
	switch old.Skipped {
	case SkippedLanguage, SkippedSlow, SkippedBroken:
		return t.Skipped == "" // what the parser said of the same text
	}
	return old.Skipped == t.Skipped
}
