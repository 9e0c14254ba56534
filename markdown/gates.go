package markdown

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// gates writes GATES.md.
func (r *renderer) gates(p *page) {
	p.title("Gates",
		"**Editing this file approves nothing.** It is only to be read, except below Notes at its end. A gate is decided by a person with `layercake gate approve`, "+
			"`layercake gate reject` or `layercake gate skip`; this file only shows what was decided.",
		"How approvals are made in this project: "+levelWords(r.Project.Level)+".")
	r.demo(p)
	p.gap()
	r.gateTable(p)
	for i := range r.Gates {
		r.gateSection(p, &r.Gates[i])
	}
}

// gateTable writes all gates with their states.
func (r *renderer) gateTable(p *page) {
	if len(r.Gates) == 0 {
		p.line("The workflow of this project has no gates.")
		return
	}
	rows := make([][]string, len(r.Gates))
	for i := range r.Gates {
		g := &r.Gates[i]
		decided := ""
		if g.DecidedAt != nil && (g.Status.Passed() || g.Status == project.GateRejected) {
			decided = inline(by(g.DecidedBy, *g.DecidedAt), inCell)
		}
		rows[i] = []string{inline(g.ID, inCell), inline(g.Title, inCell), human(g.Phase), gateState(g), decided}
	}
	p.table([]string{"gate", "title", "phase", "state", "decided by"}, rows)
}

// gateState says where a gate stands; what went around the rules is loud.
func gateState(g *project.Gate) string {
	switch {
	case g.Status == project.GateApproved && g.Forced:
		return "approved, **FORCED**"
	case g.Status == project.GateApproved && g.Conditional:
		return "approved, with conditions"
	case g.Status == project.GateSkipped:
		return "**SKIPPED**"
	}
	return human(g.Status)
}

// levelWords says what approvals of a level are worth.
func levelWords(l project.Level) string {
	switch l {
	case project.LevelTerminal:
		return "a person typed the approving word at a terminal; recorded, not authenticated"
	case project.LevelSigned:
		return "a person signed the decision with an enrolled SSH key"
	case project.LevelCI:
		return "a machine approved, with the key that a person enrolled for this gate"
	case project.LevelElicited:
		return "a person answered in their MCP client, or typed the word at a terminal; worth what the client is worth"
	case project.LevelDemo:
		return "**DEMO, anybody could approve; this proves nothing**"
	}
	return inline(orElse(string(l), "not recorded"), inLine)
}

func (r *renderer) gateSection(p *page, g *project.Gate) {
	def := r.definition(g)
	p.section(gateName(g, inHeading))
	p.line("- state: ", gateState(g))
	p.text("", "question", def.Question)
	p.line("- closes the phase: ", human(g.Phase))
	a := p.attributes("")
	a.list("responsible", def.Roles)
	a.end()
	r.presented(p, g)
	r.decided(p, g)
	if g.Status == project.GateInReview && strings.TrimSpace(g.Brief) != "" {
		p.part("Brief")
		p.quote("", g.Brief)
	}
	r.gateConditions(p, g)
	r.gateProofs(p, g, def.Proofs)
	r.gateDeliverables(p, g)
	r.gateFeedback(p, g)
	r.gateDeferred(p, g)
}

// gateDeferred writes the tasks that the gate does not wait for.
func (r *renderer) gateDeferred(p *page, g *project.Gate) {
	first := true
	for i := range r.Tasks {
		t := &r.Tasks[i]
		if t.DeferredGate != g.ID {
			continue
		}
		if first {
			p.part("Deferred tasks")
			first = false
		}
		p.text("", "**"+r.task(t.ID)+"** "+inline(t.Title, inLine), orElse(t.DeferReason, "no reason given"))
	}
}

// presented says what was put before a person.
func (r *renderer) presented(p *page, g *project.Gate) {
	if g.PresentedAt == nil {
		return
	}
	a := p.attributes("")
	a.add("presented by", by(g.PresentedBy, *g.PresentedAt))
	a.add("commit", g.Commit)
	a.add("tree", g.Tree)
	if g.RequestedAt != nil {
		a.add("said yes, which does not approve", by("somebody in "+g.RequestedThrough, *g.RequestedAt))
	}
	a.end()
}

// decided says who decided, how, and against what.
func (r *renderer) decided(p *page, g *project.Gate) {
	if g.DecidedAt == nil {
		return
	}
	verb := human(g.Status)
	switch g.Status {
	case project.GatePending, project.GateInReview, project.GateNotApplicable:
		verb = "last decided"
	case project.GateApproved, project.GateRejected, project.GateSkipped:
	}
	p.line("- ", verb, " by: ", inline(by(g.DecidedBy, *g.DecidedAt), inAttribute))
	p.line("- how: ", levelWords(g.Level))
	if g.Signer != "" {
		p.line("- signed by: ", inline(g.Signer, inAttribute))
	}
	switch {
	case g.Forced:
		p.line("- **FORCED: a person approved this gate against the reasons that kept it shut.**")
		p.text("", "**reason for forcing it**", orElse(g.Note, "none given"))
	case g.Status == project.GateSkipped:
		p.line("- **SKIPPED: a person let the project pass without this gate.**")
		p.text("", "**reason for skipping it**", orElse(g.Note, "none given"))
	case g.Status == project.GateRejected:
		p.text("", "reason", g.Note)
	default:
		p.text("", "note", g.Note)
	}
}

func (r *renderer) gateConditions(p *page, g *project.Gate) {
	first := true
	for i := range r.Conditions {
		c := &r.Conditions[i]
		if c.Gate != g.ID {
			continue
		}
		if first {
			p.part("Conditions")
			first = false
		}
		conditionRow(p, c)
	}
}

func conditionRow(p *page, c *project.Condition) {
	p.line("- **", prefixCondition, c.ID, "** ", inline(c.Text, inLine))
	a := p.attributes(indentItem)
	a.add("status", c.Status)
	a.add("of gate", c.Gate)
	a.add("blocks", c.Blocks)
	a.end()
	p.text(indentItem, "resolution", c.Resolution)
}

// gateProofs writes what the gate asks for and what there is, oldest first.
func (r *renderer) gateProofs(p *page, g *project.Gate, wanted []workflow.Proof) {
	var have []*project.Proof
	for i := range r.Proofs {
		if r.Proofs[i].Gate == g.ID {
			have = append(have, &r.Proofs[i])
		}
	}
	if len(wanted) == 0 && len(have) == 0 {
		return
	}
	p.part("Proofs")
	for i := range wanted {
		w := &wanted[i]
		how := ""
		switch {
		case len(w.Command) > 0:
			how = ", made by " + command(w.Command)
		case w.Grade == workflow.GradeCaptured:
			how = ", **no command pinned yet**"
		}
		p.line("- asked for: ", code(w.Type), ", ", string(w.Grade), how)
	}
	for _, proof := range have {
		proofRow(p, g, proof)
	}
}

// shortHash is how many characters of a hash are shown.
const shortHash = 12

func proofRow(p *page, g *project.Gate, v *project.Proof) {
	p.line("- **", prefixProof, v.ID, "** ", code(v.Type), ": ", inline(v.Result, inLine))
	switch {
	case v.Invalidated != "":
		p.text(indentItem, "**INVALIDATED**", v.Invalidated)
	case v.Version < g.SinceVersion:
		p.line(indentItem, "- **stale: from before the gate was last sent back**")
	}
	a := p.attributes(indentItem)
	a.add("grade", string(v.Grade))
	if v.SHA256 != "" {
		a.add("sha256", v.SHA256[:min(shortHash, len(v.SHA256))])
		a.add("size", count(int(v.Size), "byte", "bytes"))
	}
	a.add("commit", v.Commit[:min(shortHash, len(v.Commit))])
	if v.Grade == workflow.GradeAttested && v.Level == project.LevelDemo {
		a.add("level", "DEMO")
	}
	a.add("by", by(v.ObservedBy, v.CreatedAt))
	a.end()
	if len(v.Command) > 0 {
		p.line(indentItem, "- command: ", command(v.Command), fmt.Sprintf(", exit code %d, %s", v.ExitCode, seconds(v.DurationMS)))
	}
	p.text(indentItem, "summary", v.Summary)
	p.text(indentItem, "statement", v.Statement)
	p.text(indentItem, "reasons", strings.Join(v.Reasons, "; "))
}

// seconds writes a duration in milliseconds as seconds.
func seconds(ms int64) string {
	const perSecond = 1000
	return strconv.FormatFloat(float64(ms)/perSecond, 'f', 1, 64) + " s"
}

func (r *renderer) gateDeliverables(p *page, g *project.Gate) {
	var rows [][]string
	for i := range r.Deliverables {
		d := &r.Deliverables[i]
		if d.Gate != g.ID {
			continue
		}
		state := human(d.Status)
		if d.Kind == string(workflow.KindTracking) {
			state = "kept by LayerCake"
		}
		rows = append(rows, []string{
			inline(d.ID, inCell), inline(d.Title, inCell), inline(d.Path, inCell), inline(d.Role, inCell), state, inline(d.Note, inCell),
		})
	}
	if len(rows) == 0 {
		return
	}
	p.part("Deliverables")
	p.table([]string{"deliverable", "title", "path", "role", "state", "note"}, rows)
}

// gateFeedback writes the changes that people asked for at the gate.
func (r *renderer) gateFeedback(p *page, g *project.Gate) {
	var asked []*project.Feedback
	for i := range r.Feedback {
		if r.Feedback[i].Gate == g.ID {
			asked = append(asked, &r.Feedback[i])
		}
	}
	if len(asked) == 0 {
		return
	}
	p.part("Change requests")
	for _, f := range asked {
		feedbackRow(p, f)
	}
}

// feedbackRow writes a change that somebody asked for, and what became of it.
func feedbackRow(p *page, f *project.Feedback) {
	p.head(prefixFeedback+f.ID, f.Text)
	a := p.attributes(indentItem)
	a.add("status", f.Status)
	a.add("gate", f.Gate)
	a.add("for", f.Role)
	a.add("by", by(f.CreatedBy, f.CreatedAt))
	a.end()
	p.text(indentItem, "resolution", f.Resolution)
	p.rest(f.Text)
}
