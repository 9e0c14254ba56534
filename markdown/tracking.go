package markdown

import (
	"encoding/json"
	"path"
	"time"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// tracking writes the documents that LayerCake keeps for a project from a gate
// on.
func (r *renderer) tracking() []File {
	writers := map[string]func(*page, *project.Gate){
		"feedback-log":    r.feedbackLog,
		"cost-log":        r.costLog,
		"project-context": r.projectContext,
		"change-requests": r.changeRequests,
		"post-launch":     r.postLaunch,
	}
	var files []File
	for _, d := range workflow.TrackingDocuments() {
		write, known := writers[d.ID]
		g := r.gate(d.After)
		if !known || g == nil || !started(g, d.RequiredBy) {
			continue
		}
		files = append(files, r.file(path.Base(d.Path), func(p *page) { write(p, g) }))
	}
	return files
}

// started reports whether a document exists from a gate on. A gate that does
// not apply starts only what a later gate would miss.
func started(g *project.Gate, requiredBy string) bool {
	return g.Status.Passed() && (g.Status != project.GateNotApplicable || requiredBy != "")
}

// trackingNote says what editing a tracking document does.
const trackingNote = "LayerCake writes this file anew when something is recorded. " +
	"It is only to be read: an edit changes nothing, except below Notes at its end."

// feedbackLog writes what people asked for at the gates, and how the gates were
// decided.
func (r *renderer) feedbackLog(p *page, _ *project.Gate) {
	p.title("Feedback log", "What people said at the gates and what became of it. "+trackingNote)
	r.demo(p)
	empty := true
	for i := range r.Gates {
		g := &r.Gates[i]
		asked := r.feedbackOf(g.ID)
		if g.DecidedAt == nil && len(asked) == 0 {
			continue
		}
		empty = false
		p.section(gateName(g, inHeading))
		if g.DecidedAt != nil {
			r.decided(p, g)
		}
		for _, f := range asked {
			feedbackRow(p, f)
		}
	}
	if empty {
		p.gap()
		p.line("No feedback has been recorded yet.")
	}
}

func (r *renderer) feedbackOf(gate string) []*project.Feedback {
	var list []*project.Feedback
	for i := range r.Feedback {
		if r.Feedback[i].Gate == gate {
			list = append(list, &r.Feedback[i])
		}
	}
	return list
}

// costLog writes what agents cost.
func (*renderer) costLog(p *page, _ *project.Gate) {
	p.title("Cost log", "What the runs of agents cost. "+trackingNote)
	p.gap()
	p.line("No agent run has been recorded yet, so no costs are known. What agents cost that work outside of LayerCake is not counted here.")
}

// projectContext writes what somebody who is new to the project has to know.
func (r *renderer) projectContext(p *page, _ *project.Gate) {
	p.title("Context of "+r.Project.Name, "What everybody who works on the project has to know. "+trackingNote)
	r.demo(p)
	p.gap()
	r.facts(p)
	p.quoteSection("What it is", r.Project.Description)
	var answers core.IntakeAnswers
	if json.Unmarshal(r.Project.Intake, &answers) == nil {
		for _, q := range core.IntakeQuestions() {
			p.quoteSection(q.Text, answerTo(&answers, q.Key))
		}
	}
	section(p, "Constraints", pointers(r.Constraints), constraintRow)
	r.standingDecisions(p)
	r.documentTable(p)
	section(p, "Risks", r.liveRisks(), riskRow)
}

// standingDecisions lists the decisions that hold; their texts are in
// DECISIONS.md.
func (r *renderer) standingDecisions(p *page) {
	var list []*project.Decision
	for i := range r.Decisions {
		if r.Decisions[i].Status == project.DecisionAccepted {
			list = append(list, &r.Decisions[i])
		}
	}
	section(p, "Decisions that hold", list, func(p *page, d *project.Decision) {
		p.line("- **", r.decision(d.ID), "** ", inline(d.Title, inLine))
	})
}

func (r *renderer) documentTable(p *page) {
	if len(r.Documents) == 0 {
		return
	}
	p.section("Documents")
	rows := make([][]string, len(r.Documents))
	for i := range r.Documents {
		d := &r.Documents[i]
		state := "open"
		if d.Locked {
			state = "locked"
		}
		rows[i] = []string{inline(d.Title, inCell), inline(d.Path, inCell), inline(d.Kind, inCell), count(d.Version, "version", "versions"), state}
	}
	p.table([]string{"document", "path", "kind", "versions", "state"}, rows)
}

// changeRequests writes the changes that were asked for once the requirements
// stood: those at gates after the one that settled them.
func (r *renderer) changeRequests(p *page, after *project.Gate) {
	p.title("Change requests",
		"The changes that people asked for after gate "+gateName(after, inLine)+" and what became of them. "+trackingNote)
	groups := []struct{ title, status string }{{"Open", statusOpen}, {"Incorporated", "incorporated"}, {"Declined", "declined"}}
	empty := true
	for _, group := range groups {
		var list []*project.Feedback
		for i := range r.Feedback {
			f := &r.Feedback[i]
			if g := r.gate(f.Gate); f.Status == group.status && g != nil && g.Position > after.Position {
				list = append(list, f)
			}
		}
		empty = empty && len(list) == 0
		section(p, group.title, list, feedbackRow)
	}
	if empty {
		p.gap()
		p.line("No changes have been asked for yet.")
	}
}

// postLaunch writes what happened after production was accepted.
func (r *renderer) postLaunch(p *page, after *project.Gate) {
	since := ""
	if after.DecidedAt != nil {
		since = ", " + moment(*after.DecidedAt)
	}
	p.title("Post-launch notes", "What was noted since gate "+gateName(after, inLine)+since+". "+trackingNote)
	notes := r.notesSince(after.DecidedAt)
	if len(notes) == 0 {
		p.gap()
		p.line("Nothing has been noted yet.")
	}
	section(p, "What was noted", notes, noteRow)
	var care []*project.Task
	for i := range r.Tasks {
		if r.Tasks[i].Phase == workflow.PhaseMaintenance {
			care = append(care, &r.Tasks[i])
		}
	}
	section(p, "Maintenance tasks", care, func(p *page, t *project.Task) {
		p.line("- **", r.task(t.ID), "** ", inline(t.Title, inLine), ": ", human(t.Status))
	})
	section(p, "Risks", r.liveRisks(), riskRow)
}

// notesSince returns the notes from a moment on, oldest first.
func (r *renderer) notesSince(since *time.Time) []*project.Note {
	var notes []*project.Note
	for i := len(r.Notes) - 1; i >= 0; i-- {
		if since == nil || !r.Notes[i].CreatedAt.Before(*since) {
			notes = append(notes, &r.Notes[i])
		}
	}
	return notes
}

func noteRow(p *page, n *project.Note) {
	p.head(prefixNote+n.ID, n.Text)
	a := p.attributes(indentItem)
	a.add("kind", n.Kind)
	a.add("about", n.Subject)
	a.add("by", by(n.CreatedBy, n.CreatedAt))
	a.end()
	p.rest(n.Text)
}
