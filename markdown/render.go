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

	taskIDs, decisionIDs map[string]string
	supersedes           map[string]string
}

func newRenderer(s *core.Snapshot) *renderer {
	r := &renderer{
		Snapshot:    s,
		taskIDs:     make(map[string]string, len(s.Tasks)),
		decisionIDs: make(map[string]string, len(s.Decisions)),
		supersedes:  map[string]string{},
	}
	for i := range s.Tasks {
		t := &s.Tasks[i]
		r.taskIDs[t.ID] = shown(project.PrefixTask, t.ShortID, t.ID)
	}
	for i := range s.Decisions {
		d := &s.Decisions[i]
		r.decisionIDs[d.ID] = shown(project.PrefixDecision, d.ShortID, d.ID)
		if d.SupersededBy != "" {
			r.supersedes[d.SupersededBy] = d.ID
		}
	}
	return r
}

// file renders one page and stamps it.
func (r *renderer) file(name string, write func(p *page)) File {
	var p page
	write(&p)
	p.gap()
	return File{Name: name, Content: stamped(p.b.String(), r.Project.ID, r.Head.Version)}
}

// task returns the id that people see.
func (r *renderer) task(id string) string {
	if id == "" {
		return ""
	}
	return shown(project.PrefixTask, r.taskIDs[id], id)
}

// decision returns the id that people see.
func (r *renderer) decision(id string) string {
	if id == "" {
		return ""
	}
	return shown(project.PrefixDecision, r.decisionIDs[id], id)
}

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
