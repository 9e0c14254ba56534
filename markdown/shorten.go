package markdown

import (
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// Reading TASKS.md takes long when it is long, and all but a few of its rows are
// the same in what a person made of it, in what it was made from and in what the
// database has. Such rows are left out before the versions are read. What is
// found between the versions is the same, because a row that LayerCake wrote, with
// such rows before and behind it, changes nothing for what follows: it is an item
// at the left margin, and so is the next one, whatever it holds itself.
//
// That holds if the row before it is an item at the left margin, which is looked
// at when the versions are read; see [shortened.read]. Where it does not hold, or
// anything cannot be read, the whole files are read.

// chunk is a row as LayerCake writes it, or lines that are none.
type chunk struct {
	// id is the id of the task in the row, empty for other lines.
	id   string
	text string
	// line is the number of its first line, and count how many it has.
	line, count int
}

// chunks cuts a file of tasks into rows and what is around them.
func chunks(content string) []chunk {
	const row = 256 // bytes that a row takes, about
	list := make([]chunk, 0, len(content)/row+1)
	line := 1
	for at := 0; at < len(content); line++ {
		start := at
		at = lineEnd(content, at)
		if id := rowID(content[start:at]); id != "" {
			list = append(list, chunk{id: id, text: content[start:at], line: line, count: 1})
			for at < len(content) {
				end := lineEnd(content, at)
				if !belowRow(content[at:end]) {
					break
				}
				at = end
				line++
			}
			last := &list[len(list)-1]
			last.text, last.count = content[start:at], line-last.line+1
			continue
		}
		if n := len(list); n > 0 && list[n-1].id == "" {
			last := &list[n-1]
			last.text, last.count = content[start-len(last.text):at], last.count+1
			continue
		}
		list = append(list, chunk{text: content[start:at], line: line, count: 1})
	}
	return list
}

// lineEnd returns where the line ends that begins at an offset.
func lineEnd(s string, at int) int {
	n := strings.IndexByte(s[at:], '\n')
	if n < 0 {
		return len(s)
	}
	return at + n + 1
}

// rowID returns the id of the task that a line is the first of, if it is written
// as LayerCake does, or "".
func rowID(line string) string {
	if !strings.HasPrefix(line, boxNone) {
		return ""
	}
	for _, box := range []string{boxOpen, boxDone, boxNone} {
		rest, ok := strings.CutPrefix(line, box+"**"+project.PrefixTask)
		if !ok {
			continue
		}
		if len(rest) > project.IDLength && isID(rest[:project.IDLength]) && strings.HasPrefix(rest[project.IDLength:], "** ") {
			return rest[:project.IDLength]
		}
	}
	return ""
}

// belowRow reports whether a line is one that LayerCake writes below a row: an
// attribute, a label, or part of a quote. No such line can change what the row's
// first line is, or looks like a row itself.
func belowRow(line string) bool {
	rest, ok := strings.CutPrefix(line, indentItem)
	if !ok {
		return false
	}
	if item, ok := strings.CutPrefix(rest, "- "); ok {
		return item != "" && item[0] >= 'a' && item[0] <= 'z' || strings.HasPrefix(item, "**blocked")
	}
	return strings.HasPrefix(strings.TrimPrefix(rest, indentItem), ">")
}

// shortened are versions of a file without rows that all of them have.
type shortened struct {
	versions []*shortVersion
	// left are the ids of the tasks that were left out.
	left map[string]bool
}

// shortVersion is one of them.
type shortVersion struct {
	content []byte
	// gaps are where rows were left out, in their order.
	gaps []gap
}

// gap is where rows were left out.
type gap struct {
	// line is the line of the row before it and next that of the row behind it,
	// in what is left, and lines how many lines were left out.
	line, next, lines int
	rows              []chunk
}

// shorten leaves out of versions of TASKS.md what all of them have.
func shorten(versions ...[]byte) *shortened {
	cut := make([][]chunk, len(versions))
	for i, content := range versions {
		cut[i] = chunks(string(content))
	}
	out := inAll(cut)
	s := &shortened{left: make(map[string]bool, len(out))}
	for _, at := range out {
		s.left[cut[0][at[0]].id] = true
	}
	for i := range cut {
		gone := make([]bool, len(cut[i]))
		for _, at := range out {
			gone[at[i]] = true
		}
		s.versions = append(s.versions, without(cut[i], gone))
	}
	return s
}

// without leaves chunks out of a version.
func without(list []chunk, gone []bool) *shortVersion {
	var v shortVersion
	line, from := 1, 1
	for i := range list {
		if !gone[i] {
			if n := len(v.gaps); n > 0 && v.gaps[n-1].next == 0 {
				v.gaps[n-1].next = line
			}
			from = line
			line += list[i].count
			v.content = append(v.content, list[i].text...)
			continue
		}
		if n := len(v.gaps); n == 0 || v.gaps[n-1].next != 0 {
			v.gaps = append(v.gaps, gap{line: from})
		}
		g := &v.gaps[len(v.gaps)-1]
		g.rows = append(g.rows, list[i])
		g.lines += list[i].count
	}
	return &v
}

// inAll lists the rows that can be left out: where they are in each version. They
// are the same in all versions, in the same order, and a row is before and behind
// each of them.
func inAll(versions [][]chunk) [][]int {
	var out [][]int
	for _, at := range sameRows(versions) {
		inside := true
		for i, list := range versions {
			inside = inside && at[i] > 0 && list[at[i]-1].id != "" && at[i]+1 < len(list) && list[at[i]+1].id != ""
		}
		if inside {
			out = append(out, at)
		}
	}
	return out
}

// sameRows finds the rows that are the same in all versions, in order. Where the
// versions have the same tasks in the same order, these are all such rows;
// otherwise those before the first thing that differs, and those behind the last.
func sameRows(versions [][]chunk) [][]int {
	rows := make([][]int, len(versions))
	for i, list := range versions {
		for at := range list {
			if list[at].id != "" {
				rows[i] = append(rows[i], at)
			}
		}
	}
	least, longest := len(rows[0]), len(rows[0])
	for _, r := range rows {
		least, longest = min(least, len(r)), max(longest, len(r))
	}
	// fromEnd says that n counts rows from the end.
	nth := func(n int, fromEnd bool) (at []int, sameID, same bool) {
		at, sameID, same = make([]int, len(versions)), true, true
		for i := range versions {
			at[i] = rows[i][n]
			if fromEnd {
				at[i] = rows[i][len(rows[i])-1-n]
			}
			first, this := &versions[0][at[0]], &versions[i][at[i]]
			sameID = sameID && first.id == this.id
			same = same && first.text == this.text
		}
		return at, sameID, same
	}
	var start [][]int
	all := least == longest
	n := 0
	for ; n < least; n++ {
		at, sameID, same := nth(n, false)
		if !sameID {
			all = false
			break
		}
		if same {
			start = append(start, at)
		}
	}
	if all {
		return start
	}
	var end [][]int
	for back := range least - n {
		at, sameID, same := nth(back, true)
		if !sameID {
			break
		}
		if same {
			end = append(end, at)
		}
	}
	slices.Reverse(end)
	return append(start, end...)
}

// read reads the versions. It returns false when that says nothing about the whole
// files: something cannot be read, or a row is not what it looks like.
func (s *shortened) read() ([]*Document, bool) {
	docs := make([]*Document, len(s.versions))
	for i, v := range s.versions {
		d, err := Parse(fileTasks, v.content)
		if err != nil || !v.holds(d, s.left) {
			return nil, false
		}
		docs[i] = d
	}
	return docs, inTheSameSections(docs)
}

// inTheSameSections reports whether what was left out stands in the same sections
// in all versions: somebody may have put a heading before it.
func inTheSameSections(docs []*Document) bool {
	var first []string
	for i, d := range docs {
		var sections []string
		for _, r := range d.rows() {
			if r.isLeftOut() {
				sections = append(sections, r.Section)
			}
		}
		if i > 0 && !slices.Equal(first, sections) {
			return false
		}
		first = sections
	}
	return true
}

// holds reports whether what was read of a version is what would have been read
// of the whole file, and completes it.
func (v *shortVersion) holds(d *Document, left map[string]bool) bool {
	at := map[int]*Record{}
	for _, r := range d.Records() {
		if r.Kind != core.KindTask || left[r.ID] {
			return false // the same task twice
		}
		at[r.Line] = r
	}
	before := make([]*Record, len(v.gaps))
	for i := range v.gaps {
		if before[i] = at[v.gaps[i].line]; before[i] == nil || at[v.gaps[i].next] == nil {
			return false // not at the left margin, or in a fence
		}
	}
	d.Hidden = slices.DeleteFunc(d.Hidden, func(h HiddenRow) bool { return left[strings.TrimPrefix(h.Key, project.PrefixTask)] })
	for i := range d.Blocks {
		b := &d.Blocks[i]
		b.Line = v.lineOf(b.Line)
		if b.Record != nil {
			b.Record.Line = b.Line
		}
	}
	for i := range d.Hidden {
		d.Hidden[i].Line = v.lineOf(d.Hidden[i].Line)
	}
	d.left = make(map[*Record][]*Record, len(v.gaps))
	for i := range v.gaps {
		for _, row := range v.gaps[i].rows {
			d.left[before[i]] = append(d.left[before[i]], &Record{Kind: core.KindTask, ID: row.id, Section: before[i].Section, Line: row.line})
		}
	}
	return true
}

// lineOf returns which line of the whole file a line is.
func (v *shortVersion) lineOf(line int) int {
	more := 0
	for i := range v.gaps {
		if v.gaps[i].next > line {
			break
		}
		more += v.gaps[i].lines
	}
	return line + more
}

// rows returns the records in the order of the file, and those that were left out,
// of which only the id and the place are known.
func (d *Document) rows() []*Record {
	records := d.Records()
	if len(d.left) == 0 {
		return records
	}
	var list []*Record
	for _, r := range records {
		list = append(append(list, r), d.left[r]...)
	}
	return list
}

// isLeftOut reports whether a record is one of which only the place is known.
func (r *Record) isLeftOut() bool { return r.Fields == nil }
