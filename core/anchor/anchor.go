// Package anchor is the text that says where logs end, signed with a person's SSH
// key and kept outside of the database: whoever computes all hashes of a log anew
// cannot make it fit.
//
// The text and the signature are lines in a small JSON file, so that people can
// read it, git can show what changed, and ssh-keygen alone can check it.
package anchor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/signature"
)

// Namespace keeps signatures of anchors apart from those of decisions.
const Namespace = "layercake-anchor"

// Format is the first line of the text.
const Format = "layercake/anchor/v1"

// Head is an event up to which a log is anchored.
type Head struct {
	Project uuid.UUID
	Version int64
	Hash    event.Hash
}

// Anchor is where logs ended at a moment.
type Anchor struct {
	// Database is the one in which they were found.
	Database uuid.UUID
	// Time is by the clock of whoever signed.
	Time  time.Time
	Heads []Head
}

// Text returns the text that is signed: the format, the database, the time and,
// ordered by project, a line for each log. Every line ends with a newline.
func (a *Anchor) Text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\ndatabase %s\ntime %s\n", Format, a.Database, a.Time.UTC().Format(time.RFC3339))
	heads := slices.Clone(a.Heads)
	slices.SortFunc(heads, func(x, y Head) int { return bytes.Compare(x.Project[:], y.Project[:]) })
	for _, h := range heads {
		fmt.Fprintf(&b, "head %s %d %s\n", h.Project, h.Version, h.Hash)
	}
	return b.Bytes()
}

// File is an anchor as it is kept.
type File struct {
	// Signer is who signed, as they call themselves. Nothing rests on it.
	Signer string `json:"signer"`
	// Text are the lines that are signed, each with a newline behind it, and
	// Signature those of the signature in OpenSSH's form, in the namespace
	// [Namespace].
	Text      []string `json:"text"`
	Signature []string `json:"signature"`
}

// NewFile returns the file of a signed text.
func NewFile(signer string, text, armored []byte) *File {
	return &File{Signer: signer, Text: lines(text), Signature: lines(armored)}
}

func lines(text []byte) []string { return strings.Split(strings.TrimRight(string(text), "\n"), "\n") }

// Encode returns the file's bytes.
func (f *File) Encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(f); err != nil {
		return nil, fmt.Errorf("encode the anchor: %w", err)
	}
	return b.Bytes(), nil
}

// SignedText returns the bytes that are signed.
func (f *File) SignedText() []byte { return []byte(strings.Join(f.Text, "\n") + "\n") }

// Armored returns the signature in OpenSSH's form.
func (f *File) Armored() []byte { return []byte(strings.Join(f.Signature, "\n") + "\n") }

// ErrNotAnAnchor is what [Parse] returns, wrapped, for anything else.
var ErrNotAnAnchor = errors.New("it is not an anchor")

// Parse reads a file and the anchor in it. It does not check the signature.
func Parse(raw []byte) (*File, *Anchor, error) {
	var f File
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil || dec.More() {
		return nil, nil, fmt.Errorf("%w: it is not JSON of that form", ErrNotAnAnchor)
	}
	a, err := parseText(f.Text)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNotAnAnchor, err)
	}
	// What is read is what was signed, and no second reading of it.
	if !bytes.Equal(a.Text(), f.SignedText()) {
		return nil, nil, fmt.Errorf("%w: its text is not in the form in which anchors are written", ErrNotAnAnchor)
	}
	return &f, a, nil
}

const preamble = 3 // lines before the heads

func parseText(text []string) (*Anchor, error) {
	if len(text) < preamble || text[0] != Format {
		return nil, fmt.Errorf("its text does not begin with %s", Format)
	}
	var a Anchor
	var err error
	if a.Database, err = uuid.Parse(strings.TrimPrefix(text[1], "database ")); err != nil {
		return nil, errors.New("its database cannot be read")
	}
	if a.Time, err = time.Parse(time.RFC3339, strings.TrimPrefix(text[2], "time ")); err != nil {
		return nil, errors.New("its time cannot be read")
	}
	for i, line := range text[preamble:] {
		h, ok := parseHead(line)
		if !ok {
			return nil, fmt.Errorf("line %d of its text cannot be read", preamble+i+1)
		}
		a.Heads = append(a.Heads, h)
	}
	return &a, nil
}

func parseHead(line string) (h Head, ok bool) {
	const words = 4
	parts := strings.Split(line, " ")
	if len(parts) != words || parts[0] != "head" {
		return h, false
	}
	var err error
	if h.Project, err = uuid.Parse(parts[1]); err != nil {
		return h, false
	}
	if h.Version, err = strconv.ParseInt(parts[2], 10, 64); err != nil || h.Version < 1 {
		return h, false
	}
	h.Hash, err = event.ParseHash(parts[3])
	return h, err == nil
}

// Check checks the signature with the keys that may have made it, and returns the
// one that did.
func (f *File) Check(keys []*signature.Key) (*signature.Key, error) {
	fingerprint, err := signature.Fingerprint(f.Armored())
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.Fingerprint == fingerprint {
			return k, signature.VerifyIn(Namespace, f.SignedText(), f.Armored(), k)
		}
	}
	return nil, &UnknownKeyError{fingerprint}
}

// UnknownKeyError says that an anchor is signed with a key that is not among those
// that may.
type UnknownKeyError struct{ Fingerprint string }

// Error names the key.
func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("it is signed with the key %s, which is not one that counts", e.Fingerprint)
}
