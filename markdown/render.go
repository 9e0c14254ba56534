package markdown

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// The files that every project has.
const (
	fileStatus    = "STATUS.md"
	fileGates     = "GATES.md"
	fileTasks     = "TASKS.md"
	fileDecisions = "DECISIONS.md"
	fileMemory    = "MEMORY.md"
)

// The letters before the ids of records that are always shown in full.
const (
	prefixProof     = "p-"
	prefixCondition = "c-"
	prefixQuestion  = "q-"
	prefixRisk      = "k-"
	prefixBlocker   = "b-"
	prefixFeedback  = "f-"
	prefixNote      = "n-"
)

// statusOpen is the state of questions, risks, blockers, conditions and change
// requests that nobody has dealt with.
const statusOpen = "open"

// File is a file as it should be.
type File struct {
	// Name is its name in the project's docs folder, such as "STATUS.md".
	Name string
	// Content is what it holds, with the stamp.
	Content []byte
}

// Render writes a project's state as files: the five that every project has,
// then the tracking documents that its gates have started. The same state gives
// the same bytes. It fails only on a snapshot without project or workflow.
func Render(s *core.Snapshot) ([]File, error) {
	if s == nil || s.Project == nil || s.Workflow == nil {
		return nil, fault.Failed("incomplete_snapshot", "a project cannot be rendered without its record and its workflow").
			WithHint("run `layercake db verify`")
	}
	r := newRenderer(s)
	files := []File{
		r.file(fileStatus, r.status),
		r.file(fileGates, r.gates),
		r.file(fileTasks, r.tasks),
		r.file(fileDecisions, r.decisions),
		r.file(fileMemory, r.memory),
	}
	return append(files, r.tracking()...), nil
}

// renderer is a snapshot with what is looked up in it again and again.
type renderer struct {
	*core.Snapshot

	supersedes map[string]string
}

func newRenderer(s *core.Snapshot) *renderer {
	r := &renderer{Snapshot: s, supersedes: map[string]string{}}
	for i := range s.Decisions {
		d := &s.Decisions[i]
		if d.SupersededBy != "" {
			r.supersedes[d.SupersededBy] = d.ID
		}
	}
	return r
}

// file renders one page and stamps it.
func (r *renderer) file(name string, write func(p *page)) File {
	p := page{placed: r.placedIn(name)}
	p.front()
	write(&p)
	if !readBack(name) {
		p.notes()
	}
	p.placeRest()
	p.gap()
	return File{Name: name, Content: stamped(p.b.String(), Stamp{Project: r.Project.ID, Database: r.Database, Version: r.Head.Version})}
}

// readBack reports whether edits of a file are read.
func readBack(name string) bool {
	return name == fileTasks || name == fileDecisions || name == fileMemory
}

// shown returns an id as the files show it: whole, so that it stays the same
// whatever other records there are, and is the same in every database.
func shown(prefix, id string) string {
	if id == "" {
		return ""
	}
	return prefix + id
}

// task returns a task's id as the files show it.
func (*renderer) task(id string) string { return shown(project.PrefixTask, id) }

// decision returns a decision's id as the files show it.
func (*renderer) decision(id string) string { return shown(project.PrefixDecision, id) }

// taskList returns the ids of several tasks in an order of their own.
func (r *renderer) taskList(ids []string) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = r.task(id)
	}
	slices.Sort(list)
	return list
}

// definition returns what the workflow asks of a gate.
func (r *renderer) definition(g *project.Gate) workflow.Gate {
	def, _ := r.Workflow.Gate(g.ID)
	return def
}

// gate returns a gate by its id, or nil.
func (r *renderer) gate(id string) *project.Gate {
	for i := range r.Gates {
		if strings.EqualFold(r.Gates[i].ID, id) {
			return &r.Gates[i]
		}
	}
	return nil
}

// demo warns that a project's approvals prove nothing.
func (r *renderer) demo(p *page) {
	if r.Project.Level == project.LevelDemo {
		p.gap()
		p.line("**DEMO PROJECT: anybody, agents included, could give the approvals below. They prove nothing.**")
	}
}

// gateName writes a gate's id and title for a place.
func gateName(g *project.Gate, at place) string {
	return fmt.Sprintf("%s %s", inline(g.ID, at), inline(g.Title, at))
}
