package mcp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// document is a JSON file that is changed in one place and otherwise kept as it
// was written.
type document struct {
	file string
	text []byte
	root *object
}

// object is a JSON object and where its members are.
type object struct {
	members []member
	// open is the place after the opening brace, and close that of the closing.
	open, close int
}

// member is one member: from its key to the end of its value.
type member struct {
	key        string
	begin      int // of the key
	start, end int // of the value
}

// find returns the member with a key: the last, which is the one that counts.
func (o *object) find(key string) *member {
	for i := len(o.members) - 1; i >= 0; i-- {
		if o.members[i].key == key {
			return &o.members[i]
		}
	}
	return nil
}

// openDocument reads a file's content. An empty one is an empty object.
func openDocument(file string, text []byte) (*document, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		text = []byte("{}\n")
	}
	if err := json.Unmarshal(text, new(any)); err != nil {
		return nil, invalidJSON(file, text, err)
	}
	d := &document{file: file, text: text}
	start := bytes.IndexByte(text, '{')
	if start < 0 || len(bytes.TrimSpace(text[:start])) > 0 {
		return nil, fault.Conflict("invalid_json", "%s does not hold a JSON object, so it is left as it is", file).
			WithHint("run `cat %s` to see what it holds", file)
	}
	var err error
	d.root, err = d.parse(start)
	return d, err
}

// parse finds the members of the object that begins at start.
func (d *document) parse(start int) (*object, error) {
	dec := json.NewDecoder(bytes.NewReader(d.text[start:]))
	if _, err := dec.Token(); err != nil {
		return nil, invalidJSON(d.file, d.text, err)
	}
	o := &object{open: start + 1}
	for dec.More() {
		before := start + int(dec.InputOffset())
		key, err := dec.Token()
		if err != nil {
			return nil, invalidJSON(d.file, d.text, err)
		}
		m := member{key: fmt.Sprint(key), begin: before + bytes.IndexByte(d.text[before:], '"')}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, invalidJSON(d.file, d.text, err)
		}
		m.end = start + int(dec.InputOffset())
		m.start = m.end - len(value)
		o.members = append(o.members, m)
	}
	if _, err := dec.Token(); err != nil {
		return nil, invalidJSON(d.file, d.text, err)
	}
	o.close = start + int(dec.InputOffset()) - 1
	return o, nil
}

// object returns the object that is a member of the root.
func (d *document) object(key string) (o *object, there bool, err error) {
	m := d.root.find(key)
	if m == nil {
		return nil, false, nil
	}
	if d.text[m.start] != '{' {
		return nil, false, fault.Conflict("invalid_json", "%q in %s is not a JSON object, so it is left as it is", key, d.file).
			WithHint("run `cat %s` to see what it holds", d.file)
	}
	o, err = d.parse(m.start)
	return o, true, err
}

// indent returns what a line begins with on which the member of an object
// stands, and one step of indentation.
func (d *document) indent(o *object) (inner, step string) {
	step = "  "
	if d.spread(d.root) {
		if s := d.lineStart(d.root.members[0].begin); s != "" {
			step = s
		}
	}
	if d.spread(o) {
		return d.lineStart(o.members[0].begin), step
	}
	return d.lineStart(o.open-1) + step, step
}

// spread reports whether the members of an object stand on lines of their own.
func (d *document) spread(o *object) bool {
	return len(o.members) > 0 && bytes.ContainsRune(d.text[o.open:o.members[0].begin], '\n')
}

// lineStart returns the white space with which the line around a place begins.
func (d *document) lineStart(at int) string {
	begin := bytes.LastIndexByte(d.text[:at], '\n') + 1
	end := begin
	for end < len(d.text) && (d.text[end] == ' ' || d.text[end] == '\t') {
		end++
	}
	return string(d.text[begin:end])
}

// newline returns how lines end in the file.
func (d *document) newline() string {
	if bytes.Contains(d.text, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// insert adds a member at the end of an object.
func (d *document) insert(o *object, key string, value any) ([]byte, error) {
	name, err := encode(key)
	if err != nil {
		return nil, err
	}
	text, err := encode(value)
	if err != nil {
		return nil, err
	}
	inner, step := d.indent(o)
	nl := d.newline()
	added := nl + inner + string(name) + ": " + d.pretty(text, inner, step)
	at, until := o.open, o.close // in an empty object, white space goes
	if n := len(o.members); n > 0 {
		at = o.members[n-1].end
		until, added = at, ","+added
		if !bytes.ContainsAny(d.text[at:o.close], "\n") {
			// All on one line: the brace moves to a line of its own.
			until, added = o.close, added+nl+strings.TrimSuffix(inner, step)
		}
	} else {
		added += nl + strings.TrimSuffix(inner, step)
	}
	return splice(d.text, at, until, added), nil
}

// replace puts another value in place of a member's.
func (d *document) replace(m *member, value []byte) []byte {
	_, step := d.indent(d.root)
	return splice(d.text, m.start, m.end, d.pretty(value, d.lineStart(m.begin), step))
}

// pretty lays a value out as the lines around it are.
func (d *document) pretty(value []byte, prefix, step string) string {
	var b bytes.Buffer
	if json.Indent(&b, value, prefix, step) != nil {
		return string(value)
	}
	return strings.ReplaceAll(b.String(), "\n", d.newline())
}

func splice(text []byte, from, to int, with string) []byte {
	out := make([]byte, 0, len(text)+len(with))
	out = append(out, text[:from]...)
	out = append(out, with...)
	return append(out, text[to:]...)
}
