package markdown

import (
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// BlockKind is what a block of a file is.
type BlockKind uint8

// The kinds of blocks.
const (
	// BlockTop is the title with the paragraphs that say what the file is.
	BlockTop BlockKind = iota + 1
	// BlockSection is the heading of a section that LayerCake writes.
	BlockSection
	// BlockRecord is a task, a decision, a memory or a note.
	BlockRecord
	// BlockText is what people wrote around all that.
	BlockText
	// BlockConflict is a line of LayerCake's about a conflict over a text.
	BlockConflict
	// BlockStamp is the stamp.
	BlockStamp
)

// The keys of blocks that are neither records nor sections, and anchors of
// texts.
const (
	// KeyFront is the anchor of what stands before the title.
	KeyFront = "front"
	// KeyTop is the key of the title with its paragraphs.
	KeyTop = "top"
	// prefixSection and a name make the key of a section's heading.
	prefixSection = "section:"
	// prefixEnd and a name make the anchor of texts that stand behind
	// everything else in a section.
	prefixEnd = "end:"
)

// The names of sections that are no phase and no kind of memory.
const (
	// SectionNone holds tasks without a phase.
	SectionNone = "none"
	// SectionOther holds memories of kinds that LayerCake does not know.
	SectionOther = "other"
	// SectionNotes holds notes in MEMORY.md, and in the files that are not read
	// back what people wrote.
	SectionNotes = "notes"
)

// Block is a stretch of whole lines of a file.
type Block struct {
	Kind BlockKind
	// Key names the block: "top", "section:planning", "t-7k3f9m2p". For a text
	// it is the anchor, the key of the block that it stands behind: a text
	// before the title has "front", and one that begins with a heading of its
	// own stands behind the whole section and has "end:planning". It is empty
	// for a record without an id.
	Key string
	// Section is the section of the file: a phase, a kind of memory, one of the
	// Section constants, or empty outside of LayerCake's sections.
	Section string
	// Line is the number of the first line, from 1.
	Line int
	// Raw is the lines as they stand in the file.
	Raw string
	// Record is the record of a BlockRecord.
	Record *Record

	// body is the Raw of a text as it is kept, and behind the record without
	// an id that it stands behind, if it does.
	body   string
	behind *Record
}

// anchor is the key of the block that a text stands behind.
func (b *Block) anchor() string {
	if b.behind != nil && b.behind.ID != "" {
		return b.behind.Key()
	}
	return b.Key
}

// Record is a record as a file has it.
type Record struct {
	Kind core.Kind
	// ID is the id without the letter before it, in lower case; it may be a
	// prefix in files of the first version. It is empty for a record that a
	// person wrote and nobody gave an id yet. Once it has one, set it here:
	// texts behind the record are anchored to it from then on, see
	// [Document.Texts]. Until then they have the anchor before it.
	ID string
	// Section is the section that the record stands in; see [Block].
	Section string
	// Line is the number of its first line, from 1.
	Line int
	// Box is what is in the box before the title: ' ', 'x', or 0 for no box.
	Box byte
	// Fields holds what the record says, decoded; what is not there is empty.
	// Lists have one entry a line. See [Fields] for the names.
	Fields map[string]string
	// Conflicts are the ids of the conflicts that are shown with the record.
	Conflicts []string
}

// Key returns the id as people see it, or "".
func (r *Record) Key() string {
	if r.ID == "" {
		return ""
	}
	return r.Kind.Prefix() + r.ID
}

// HiddenRow is a row that begins with an id but is part of something else, an
// item of another list or a block of HTML, and so is not a record.
type HiddenRow struct {
	// Key is the id as people see it.
	Key string
	// Line is the number of the row's line, from 1.
	Line int
}

// Document is a file as it was read.
type Document struct {
	Name string
	// Stamp is the stamp, if Stamped.
	Stamp   Stamp
	Stamped bool
	// CRLF says that the first line ends as on Windows, and BOM that the file
	// begins with a byte order mark.
	CRLF, BOM bool
	// Blocks are the whole file, in order: their Raw put together is its bytes.
	Blocks []Block
	// Hidden are rows that a person may think are records. One whose record was
	// in the file before and is not any more was put out of sight, not deleted.
	Hidden []HiddenRow

	// left are the records that were left out behind a record, because all versions
	// of the file have them; see [shorten].
	left map[*Record][]*Record
}

// Records returns the records in the order of the file.
func (d *Document) Records() []*Record {
	var list []*Record
	for i := range d.Blocks {
		if r := d.Blocks[i].Record; r != nil {
			list = append(list, r)
		}
	}
	return list
}

// Texts returns what people wrote, in the order of the file, one text for each
// anchor. Lines end with \n, and the empty line that separates a text from
// what is before and behind it is not part of it.
func (d *Document) Texts() []project.FileText {
	var list []project.FileText
	at := map[string]int{}
	for i := range d.Blocks {
		b := &d.Blocks[i]
		if b.Kind != BlockText || b.body == "" {
			continue
		}
		anchor := b.anchor()
		if j, ok := at[anchor]; ok {
			list[j].Body += "\n" + b.body
			continue
		}
		at[anchor] = len(list)
		list = append(list, project.FileText{File: d.Name, Anchor: anchor, Body: b.body})
	}
	return list
}

// Conflicts returns the ids of the conflicts that the file shows.
func (d *Document) Conflicts() []string {
	var list []string
	for i := range d.Blocks {
		switch b := &d.Blocks[i]; b.Kind {
		case BlockConflict:
			list = append(list, strings.TrimPrefix(b.Key, prefixConflict))
		case BlockRecord:
			list = append(list, b.Record.Conflicts...)
		case BlockTop, BlockSection, BlockText, BlockStamp:
		}
	}
	return list
}
