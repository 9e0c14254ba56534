package markdown

import (
	"maps"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// The pseudo fields of records: what is not an attribute in the file.
const (
	// fieldSection is the section that a record stands in: a task's phase, a
	// memory's kind.
	fieldSection = "section"
	// fieldLine is the record as a whole, in conflicts over its being there.
	fieldLine = "line"
)

// change is what a file says of one record and the database does not yet.
type change struct {
	kind core.Kind
	// id is the record's id, or "" for one that a person wrote.
	id string
	// disk is the record in the file; nil when its line is gone. base is what it
	// was when file and database agreed, cur what it is in the database; nil when
	// it was, or is, not there.
	disk, base, cur *Record
	// set holds the fields that get another value.
	set map[string]string
	// made says that the database does not list the record: it is new, or its
	// line was taken out before.
	made bool
	// removed says that the line is gone from the file.
	removed bool
	// fresh says that the record was made just now, refused that it was not
	// taken, while the changes are carried out.
	fresh, refused bool
}

// line is where the change stands in the file, or 0.
func (c *change) line() int {
	if c.disk == nil {
		return 0
	}
	return c.disk.Line
}

// key is the id as people see it, or "".
func (c *change) key() string {
	if c.id == "" {
		return ""
	}
	return c.kind.Prefix() + c.id
}

// clash is a field that file and database both changed, in different ways.
type clash struct {
	record, field      string
	base, ours, theirs string
	line               int
	// reason says why the file's word was refused, if the database has not
	// changed.
	reason string
}

// merged is what a file says beyond the database.
type merged struct {
	changes []change
	clashes []clash
	texts   []project.FileText
	// removed counts the records whose line is gone.
	removed int
}

// textMerge merges two versions of a text of several lines with what both were
// made from, and reports whether nothing of them was in each other's way.
type textMerge func(base, ours, theirs string) (string, bool, error)

// merger merges one file: what people made of it since base with what the
// database made of it.
type merger struct {
	base, disk, cur *Document
	// unknownBase says that there is no base: nothing counts as deleted, and what
	// differs is a clash.
	unknownBase bool
	text        textMerge
	out         merged
}

// merge finds what the file says beyond the database.
func (m *merger) merge() (*merged, error) {
	base, cur := index(m.base), index(m.cur)
	seen := map[string]bool{}
	for _, d := range m.disk.Records() {
		if d.ID == "" {
			m.out.changes = append(m.out.changes, change{kind: d.Kind, disk: d, set: everything(d), made: true})
			continue
		}
		seen[d.Key()] = true
		if err := m.record(d, base[d.Key()], cur[d.Key()]); err != nil {
			return nil, err
		}
	}
	if !m.unknownBase {
		m.deletions(seen, cur)
	}
	return &m.out, nil
}

func index(d *Document) map[string]*Record {
	records := d.Records()
	byKey := make(map[string]*Record, len(records))
	for _, r := range records {
		byKey[r.Key()] = r
	}
	return byKey
}

// everything returns all fields of a record, the section among them.
func everything(r *Record) map[string]string {
	fields := maps.Clone(r.Fields)
	if fields == nil {
		fields = map[string]string{}
	}
	fields[fieldSection] = r.Section
	return fields
}

// record merges a record that the file has.
func (m *merger) record(d, base, cur *Record) error {
	switch {
	case cur == nil && base == nil:
		m.out.changes = append(m.out.changes, change{kind: d.Kind, id: d.ID, disk: d, set: everything(d), made: true})
		return nil
	case cur == nil:
		if fields := differing(d, base); len(fields) > 0 {
			m.out.clashes = append(m.out.clashes, clash{
				record: d.Key(), field: fieldLine, base: summary(base), theirs: summary(d), line: d.Line,
			})
		}
		return nil
	case base == nil && m.unknownBase:
		for _, f := range differing(d, cur) {
			m.out.clashes = append(m.out.clashes, clash{record: d.Key(), field: f, ours: valueOf(cur, f), theirs: valueOf(d, f), line: d.Line})
		}
		return nil
	case base == nil:
		base = cur // both have come to know it since: what the file says was said on top
	}
	c := change{kind: d.Kind, id: d.ID, disk: d, base: base, cur: cur, set: map[string]string{}}
	for _, f := range differing(d, base) {
		if err := m.field(&c, f); err != nil {
			return err
		}
	}
	if len(c.set) > 0 {
		m.out.changes = append(m.out.changes, c)
	}
	return nil
}

// field merges one field that the file changed.
func (m *merger) field(c *change, field string) error {
	base, ours, theirs := valueOf(c.base, field), valueOf(c.cur, field), valueOf(c.disk, field)
	switch {
	case ours == theirs:
	case ours == base:
		c.set[field] = theirs
	case isList(field):
		c.set[field] = mergeLists(base, ours, theirs)
	default:
		if isLong(field) {
			text, ok, err := m.text(base, ours, theirs)
			if err != nil {
				return err
			}
			if ok {
				c.set[field] = text
				return nil
			}
		}
		m.out.clashes = append(m.out.clashes, clash{
			record: c.key(), field: field, base: base, ours: ours, theirs: theirs, line: c.line(),
		})
	}
	return nil
}

// deletions finds the records whose lines are gone.
func (m *merger) deletions(seen map[string]bool, cur map[string]*Record) {
	hidden := map[string]bool{}
	for _, h := range m.disk.Hidden {
		hidden[h.Key] = true
	}
	for _, b := range m.base.Records() {
		c := cur[b.Key()]
		if b.ID == "" || seen[b.Key()] || c == nil || hidden[b.Key()] {
			continue
		}
		if len(differing(c, b)) > 0 {
			m.out.clashes = append(m.out.clashes, clash{record: b.Key(), field: fieldLine, base: summary(b), ours: summary(c)})
			continue
		}
		m.out.removed++
		m.out.changes = append(m.out.changes, change{kind: b.Kind, id: b.ID, base: b, cur: c, removed: true})
	}
}

// texts merges what people wrote around the records.
func (m *merger) texts() error {
	base, cur := textsOf(m.base), textsOf(m.cur)
	disk := textsOf(m.disk)
	var anchors []string
	for _, t := range m.disk.Texts() {
		anchors = append(anchors, t.Anchor)
	}
	for _, t := range m.base.Texts() {
		if _, ok := disk[t.Anchor]; !ok {
			anchors = append(anchors, t.Anchor)
		}
	}
	for _, a := range anchors {
		b, o, t := base[a], cur[a], disk[a]
		if t == b || t == o || m.unknownBase && t == "" {
			continue
		}
		text := t
		if o != b {
			joined, ok, err := m.text(b, o, t)
			if err != nil {
				return err
			}
			if !ok {
				m.out.clashes = append(m.out.clashes, clash{record: a, field: fieldText, base: b, ours: o, theirs: t})
				continue
			}
			text = joined
		}
		m.out.texts = append(m.out.texts, project.FileText{File: m.disk.Name, Anchor: a, Body: text})
	}
	return nil
}

func textsOf(d *Document) map[string]string {
	texts := map[string]string{}
	for _, t := range d.Texts() {
		texts[t.Anchor] = t.Body
	}
	return texts
}

// derived reports whether a field follows from others, so that a person does not
// set it in the file.
func derived(kind core.Kind, field string) bool {
	switch field {
	case fieldBy, fieldOn:
		return true
	case fieldSupersedes, fieldSupersededBy:
		return kind == core.KindDecision
	}
	return false
}

// differing returns the fields in which two versions of a record differ, in an
// order that is always the same.
func differing(a, b *Record) []string {
	var fields []string
	for _, f := range slices.Sorted(maps.Keys(everything(a))) {
		if valueOf(a, f) != valueOf(b, f) && !derived(a.Kind, f) {
			fields = append(fields, f)
		}
	}
	for _, f := range slices.Sorted(maps.Keys(b.Fields)) {
		if _, ok := a.Fields[f]; !ok && b.Fields[f] != "" && !derived(a.Kind, f) {
			fields = append(fields, f)
		}
	}
	if a.Box != b.Box && !slices.Contains(fields, fieldStatus) {
		fields = append(fields, fieldStatus)
	}
	return fields
}

// valueOf returns a field of a record. A box says more than the attribute beside
// it: ticking it is how people say that a task is done.
func valueOf(r *Record, field string) string {
	if r == nil {
		return ""
	}
	if field == fieldSection {
		return r.Section
	}
	v := r.Fields[field]
	if field != fieldStatus || r.Kind != core.KindTask {
		return v
	}
	done := string(project.TaskComplete)
	switch {
	case r.Box == 'x' && v != done:
		return done
	case r.Box == ' ' && v == done:
		return string(project.TaskNotStarted)
	}
	return v
}

// isLong reports whether a field is a text of several lines.
func isLong(field string) bool {
	switch field {
	case fieldDescription, fieldContext, fieldDecision, fieldRationale, fieldConsequences, fieldContent, fieldText, fieldResult,
		fieldBlockedReason:
		return true
	}
	return false
}

// isList reports whether a field is a list with one entry a line.
func isList(field string) bool {
	switch field {
	case fieldAfter, fieldSpecs, fieldStories, fieldTags, fieldLinks, fieldAlternatives:
		return true
	}
	return false
}

// mergeLists takes what one side added and removed over to the other.
func mergeLists(base, ours, theirs string) string {
	b, o, t := lines(base), lines(ours), lines(theirs)
	var out []string
	for _, entry := range o {
		if slices.Contains(t, entry) || !slices.Contains(b, entry) {
			out = append(out, entry)
		}
	}
	for _, entry := range t {
		if !slices.Contains(b, entry) && !slices.Contains(out, entry) {
			out = append(out, entry)
		}
	}
	return strings.Join(out, "\n")
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// summary names a record in a conflict over its being there.
func summary(r *Record) string {
	if title := r.Fields[fieldTitle]; title != "" {
		return title
	}
	return r.Fields[fieldText]
}
