package core

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/search"
)

// specsPart quotes what the task refers to: sections of specifications, and
// stories.
func (m *material) specsPart() *briefPart {
	p := &briefPart{
		name: "specifications", title: "What the task refers to",
		intro: "From the files as they are now. Where a specification is locked, the work follows it and not the other way round.",
	}
	if m.task == nil {
		return p
	}
	for _, ref := range m.task.SpecRefs {
		p.entries = append(p.entries, m.quote(ref))
	}
	for _, ref := range m.task.StoryRefs {
		if at := m.deliverable("user-stories"); at != "" && !strings.ContainsAny(ref, "/#") {
			ref = at + "#" + ref
		}
		p.entries = append(p.entries, m.quote(ref))
	}
	return p
}

// deliverable is the path of a deliverable, or "".
func (m *material) deliverable(id string) string {
	for i := range m.state.Deliverables {
		if d := &m.state.Deliverables[i]; d.ID == id {
			return d.Path
		}
	}
	return ""
}

// quote is a section of a file: "docs/specs/api.yaml#/paths/login". What a
// document is called does as well as its path.
func (m *material) quote(ref string) string {
	name, section, _ := strings.Cut(ref, "#")
	locked := ""
	for i := range m.state.Documents {
		d := &m.state.Documents[i]
		if d.ID == name || d.Path == name {
			name = d.Path
			if d.Locked {
				locked = ", locked"
			}
		}
	}
	if m.at.Root == "" || name == "" {
		return m.entry("%s: is not to be read here", ref)
	}
	text, err := readBeginning(m.at.Root, name)
	if err != nil {
		return m.entry("%s: is not to be read (%v)", ref, err)
	}
	lines, from := excerpt(text, section)
	if section != "" && from == 0 {
		return m.entry("%s%s: has no section %s; the file begins so:\n%s", name, locked, section, lines)
	}
	return m.entry("%s%s, from line %d:\n%s", name, locked, max(from, 1), lines)
}

// maxQuoted bounds what is read of a file that is quoted.
const maxQuoted = 256 << 10

func readBeginning(root, name string) (string, error) {
	f, err := OpenFile(root, name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // read only
	text, err := io.ReadAll(io.LimitReader(f, maxQuoted))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return strings.ToValidUTF8(string(text), "�"), nil
}

// excerpt finds a section by the last word of its name, and returns it with what is
// indented below it, or stands under its heading. from is 0 when it is not there,
// and the text is the file's beginning.
func excerpt(text, section string) (lines string, from int) {
	all := strings.Split(text, "\n")
	parts := strings.FieldsFunc(strings.ReplaceAll(section, "~1", "/"), func(r rune) bool { return r == '/' })
	const most = 80
	if len(parts) == 0 {
		return strings.Join(all[:min(most, len(all))], "\n"), 0
	}
	want := strings.ToLower(parts[len(parts)-1])
	at := slices.IndexFunc(all, func(l string) bool { return strings.Contains(strings.ToLower(l), want) })
	if at < 0 {
		return strings.Join(all[:min(most, len(all))], "\n"), 0
	}
	end := at + 1
	for end < len(all) && end-at < most && !endsSection(all[at], all[end]) {
		end++
	}
	return strings.Join(all[at:end], "\n"), at + 1
}

// endsSection reports whether a line begins something beside a section: a heading
// that is no deeper, or for others a line that is no deeper indented.
func endsSection(first, line string) bool {
	if depth := heading(first); depth > 0 {
		h := heading(line)
		return h > 0 && h <= depth
	}
	if strings.TrimSpace(line) == "" {
		return false
	}
	return indent(line) <= indent(first)
}

func heading(line string) int {
	n := len(line) - len(strings.TrimLeft(line, "#"))
	if n > 0 && strings.HasPrefix(line[n:], " ") {
		return n
	}
	return 0
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// documentsPart says which of the files that the role reads are there.
func (m *material) documentsPart() *briefPart {
	p := &briefPart{
		name: "documents", title: "Documents", rest: "get_documents gives them all",
		intro: "Files that your role reads, and documents that the project keeps track of. Read those that the task needs.",
	}
	seen := map[string]bool{}
	for _, in := range m.role.Inputs {
		if in.Path == "" || seen[in.Path] {
			continue
		}
		seen[in.Path] = true
		p.entries = append(p.entries, m.record("- %s (%s): %s", in.Path, m.isThere(in.Path), in.Shape))
	}
	for i := range m.state.Documents {
		d := &m.state.Documents[i]
		if seen[d.Path] {
			continue
		}
		locked := ""
		if d.Locked {
			locked = ", locked"
		}
		p.entries = append(p.entries, m.record("- %s (version %d%s): %s", d.Path, d.Version, locked, d.Title))
	}
	return p
}

// isThere says whether a file is there, and how large it is.
func (m *material) isThere(name string) string {
	if m.at.Root == "" || !filepath.IsLocal(filepath.FromSlash(name)) {
		return "not known here"
	}
	info, err := os.Stat(filepath.Join(m.at.Root, filepath.FromSlash(name)))
	switch {
	case err != nil:
		return "not there yet"
	case info.IsDir():
		return "a folder"
	}
	return fmt.Sprintf("%d bytes", info.Size())
}

// searchPatience is how long a briefing waits for code.
const searchPatience = time.Second

// codePart quotes the code that has to do with the task. It is left out where there
// is no index, and where the answer takes too long: the agent can search itself.
func (m *material) codePart(ctx context.Context) *briefPart {
	p := &briefPart{
		name: "code", title: "Code that may matter", rest: "search_context gives more",
		intro: "Found by the words of the task. It is a beginning, and may be beside the point.",
	}
	about := strings.TrimSpace(m.params.Instructions)
	if m.task != nil {
		about = m.task.Title + " " + m.task.Description
	}
	const longestQuestion = 500
	if m.at.Root == "" || strings.TrimSpace(about) == "" {
		return p
	}
	if len(about) > longestQuestion {
		about = strings.TrimSuffix(beginning(about, longestQuestion), cutShort)
	}
	limited, cancel := context.WithTimeout(ctx, searchPatience)
	defer cancel()
	budget := m.params.Budget * weights()[p.name].limit / percent
	found, err := m.a.Search.Gather(limited, m.at.InSearch(), search.Query{Text: about, Update: search.UpdateNever}, budget)
	if err != nil {
		return p
	}
	for i := range found.Pieces {
		c := &found.Pieces[i]
		p.entries = append(p.entries, m.entry("%s:%d-%d\n%s\n", path.Clean(c.Path), c.StartLine, c.EndLine, c.Text))
	}
	return p
}
