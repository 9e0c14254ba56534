package core

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// atGate does what is left when no task of the gate is: it hands in deliverables,
// captures the proofs, has agents mend what they can, and presents the gate.
func (o *orchestration) atGate(ctx context.Context, sc *scene) (again bool, err error) {
	check, err := o.a.Gates.Check(ctx, o.at, sc.gate.ID)
	if err != nil {
		return false, err
	}
	o.report.Missing = check.Reasons
	if moved, err := o.move(ctx, sc); moved || err != nil {
		return moved, err
	}
	if i := slices.IndexFunc(check.Reasons, beyondAgents); i >= 0 {
		return false, o.end(AutoStuck, check.Reasons[i].Message)
	}
	if sc.gate.Status == project.GateInReview && sc.gate.Commit == sc.head && len(o.needed(sc, check)) == 0 {
		return false, o.presented(sc)
	}
	if wants := o.wanted(sc); len(wants) > 0 {
		return o.mend(ctx, sc, wants, "")
	}
	if err := o.submit(ctx, sc); err != nil {
		return false, err
	}
	if captured, err := o.capture(ctx, sc, o.needed(sc, check)); err != nil || captured {
		return captured, err
	}
	if wants, output, err := o.failing(ctx, sc, check); err != nil || len(wants) > 0 {
		if err != nil {
			return false, err
		}
		return o.mend(ctx, sc, wants, output)
	}
	for _, r := range check.Reasons {
		if r.Code == "no_command" || r.Code == "no_candidate" {
			return false, o.end(AutoStuck, r.Message)
		}
	}
	g, err := o.a.Gates.Present(ctx, o.by, o.at, sc.gate.ID)
	if err != nil {
		return false, err
	}
	o.step("present", "", "", fmt.Sprintf("gate %s is before a person, on commit %.10s", g.ID, g.Commit))
	return true, nil
}

// move brings the project into the phase that the gate closes, where no gate stands
// in between.
func (o *orchestration) move(ctx context.Context, sc *scene) (bool, error) {
	p, to := sc.state.Project, sc.gate.Phase
	path := workflow.Route(p.Phase, to, p.Facts())
	if len(path) == 0 {
		return false, nil
	}
	if _, err := o.a.Projects.MovePhase(ctx, o.by, p.ID, path[0], "gate "+sc.gate.ID+" comes next"); err != nil {
		return false, err
	}
	o.step("note", "", "", fmt.Sprintf("the project moves from %s to %s", p.Phase, path[0]))
	return true, nil
}

// beyondAgents reports whether a reason is about the project as a whole.
func beyondAgents(r project.Reason) bool {
	return slices.Contains([]string{"project_blocked", "wrong_phase", "gate_order", "gate_undefined", "task_open"}, r.Code)
}

// presented ends it, or waits for the person when there are gates after this one to go
// on to.
func (o *orchestration) presented(sc *scene) error {
	reason := "gate " + sc.gate.ID + " waits for a person: `layercake gate approve " + sc.gate.ID + "`"
	if o.in.Until == "" || sc.gate.ID == o.in.Until {
		return o.end(AutoPresented, reason)
	}
	if o.report.Reason != reason {
		o.report.Status, o.report.Reason = AutoPresented, reason
		o.step("note", "", "", reason)
	}
	return nil
}

// wanted are the changes that a person asked for when they sent the gate back, and
// that no run has taken up.
func (*orchestration) wanted(sc *scene) []string {
	if sc.gate.Status != project.GateRejected {
		return nil
	}
	for i := range sc.in.Runs {
		r := &sc.in.Runs[i]
		if r.Status == project.RunCompleted && r.Gate == sc.gate.ID && strings.HasPrefix(r.Prompt, project.GateRunPrompt(r.Gate)) &&
			sc.gate.DecidedAt != nil && r.CreatedAt.After(*sc.gate.DecidedAt) {
			return nil
		}
	}
	var wants []string
	for i := range sc.feedback {
		wants = append(wants, "a person sent the gate back: "+sc.feedback[i].Text)
	}
	return wants
}

// submit hands in the deliverables that are there.
func (o *orchestration) submit(ctx context.Context, sc *scene) error {
	for i := range sc.state.Deliverables {
		d := &sc.state.Deliverables[i]
		if d.Gate != sc.gate.ID || d.Kind == string(workflow.KindTracking) {
			continue
		}
		if d.Status != project.DeliverablePending && d.Status != project.DeliverableRejected {
			continue
		}
		if d.Path != "" {
			file := fileCheck(ctx, o.at.Root, d.Path)
			if !file.Exists || d.Status == project.DeliverableRejected && file.SHA256 == d.SHA256 {
				continue // there is nothing, or what was sent back
			}
		} else if d.Status == project.DeliverableRejected {
			continue
		}
		if _, err := o.a.Deliverables.Submit(ctx, o.by, o.at, d.ID, "", "handed in by the orchestrator"); err != nil {
			return err
		}
		o.step("submit", "", "", "deliverable "+d.ID+" is handed in")
	}
	return nil
}

// needed are the proofs to capture: those that a command is pinned for and that do not
// hold for the commit that is checked out.
func (*orchestration) needed(sc *scene, check *Readiness) []workflow.Proof {
	def, ok := sc.state.Workflow.Gate(sc.gate.ID)
	if !ok {
		return nil
	}
	var list []workflow.Proof
	for i := range def.Proofs {
		p := def.Proofs[i]
		against := slices.ContainsFunc(check.Reasons, func(r project.Reason) bool {
			return r.Subject == p.Type && strings.HasPrefix(r.Code, "proof_")
		})
		if against && p.Grade == workflow.GradeCaptured && len(p.Command) > 0 {
			list = append(list, p)
		}
	}
	return list
}

// capture makes the proofs that have not been made on this commit yet.
func (o *orchestration) capture(ctx context.Context, sc *scene, needed []workflow.Proof) (captured bool, err error) {
	for i := range needed {
		want := &needed[i]
		if o.captured[want.Type] == sc.head {
			continue
		}
		if err := o.clean(ctx, sc.state.Project); err != nil {
			return captured, err
		}
		made, err := o.a.Proofs.Capture(ctx, o.by, o.at, Capture{Gate: sc.gate.ID, Type: want.Type, Live: o.in.Live})
		if err != nil {
			return captured, err
		}
		o.captured[want.Type], captured = sc.head, true
		o.step("capture", "", "", fmt.Sprintf("%s says %s: %s (p-%s)", want.Type, made.Result, made.Summary, made.ID))
	}
	return captured, nil
}

// failing is what keeps the gate shut and agents can mend, and what the commands of
// failing proofs printed at their end.
func (o *orchestration) failing(ctx context.Context, sc *scene, check *Readiness) (wants []string, output string, err error) {
	var shown strings.Builder
	for _, p := range o.needed(sc, check) {
		for _, r := range check.Reasons {
			if r.Subject == p.Type {
				wants = append(wants, r.Message)
			}
		}
		text, err := o.evidenceEnd(ctx, sc, p.Type)
		if err != nil {
			return nil, "", err
		}
		shown.WriteString(text)
	}
	for i := range sc.state.Deliverables {
		d := &sc.state.Deliverables[i]
		if d.Gate != sc.gate.ID || d.Path == "" || d.Kind == string(workflow.KindTracking) {
			continue
		}
		file := fileCheck(ctx, o.at.Root, d.Path)
		switch {
		case !file.Exists && d.Status != project.DeliverableAccepted:
			wants = append(wants, fmt.Sprintf("deliverable %s (%s) is not there: write %s", d.ID, d.Title, d.Path))
		case d.Status == project.DeliverableRejected && file.SHA256 == d.SHA256:
			wants = append(wants, fmt.Sprintf("deliverable %s (%s) was sent back: %s", d.ID, d.Path, d.Note))
		}
	}
	return wants, shown.String(), nil
}

// evidenceEnd is the end of what the newest proof of a type shows.
func (o *orchestration) evidenceEnd(ctx context.Context, sc *scene, proofType string) (string, error) {
	var newest *project.Proof
	for i := range sc.state.Proofs {
		if p := &sc.state.Proofs[i]; p.Gate == sc.gate.ID && p.Type == proofType {
			newest = p
		}
	}
	if newest == nil {
		return "", nil
	}
	content, err := o.a.Proofs.Content(ctx, newest)
	if err != nil {
		return "", err
	}
	defer func() { _ = content.Close() }() // read only
	end, err := lastOf(content)
	if err != nil {
		return "", err
	}
	command := strings.Join(newest.Command, " ")
	return fmt.Sprintf("\nThe end of what %s shows (p-%s, by the command %s):\n\n%s\n", proofType, newest.ID, command, end), nil
}

// evidenceShown is how many bytes of evidence an agent is given to read.
const evidenceShown = 6000

// lastOf reads to the end and returns the last bytes.
func lastOf(r io.Reader) (string, error) {
	var kept []byte
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		kept = append(kept, buf[:n]...)
		if over := len(kept) - evidenceShown; over > 0 {
			kept = append(kept[:0], kept[over:]...)
		}
		switch {
		case err == io.EOF:
			return strings.ToValidUTF8(string(kept), ""), nil
		case err != nil:
			return "", fmt.Errorf("read the evidence: %w", err)
		}
	}
}

// mend has an agent see to what keeps the gate shut, a few times; then a person is
// asked.
func (o *orchestration) mend(ctx context.Context, sc *scene, wants []string, output string) (again bool, err error) {
	tries, told, before, asked := project.GateHistory(sc.in, sc.gate.ID)
	what := strings.Join(wants, "; ")
	switch {
	case asked != nil:
		return false, o.end(AutoStuck, "question q-"+asked.ID+" waits for a person's answer; gate "+sc.gate.ID+" is not ready: "+what)
	case tries >= project.AutoTries:
		err := o.ask(ctx, project.AutoEscalation{Question: project.AutoQuestion(sc.gate.ID, "") +
			fmt.Sprintf("agents could not mend it in %d tries: %s. How is it to go on?", project.AutoTries, what) +
			"\nThe answer is told to the next agent, which then has as many more tries."})
		return err == nil, err
	}
	prompt := project.GateRunPrompt(sc.gate.ID) + " See to this:\n- " + strings.Join(wants, "\n- ") + "\n" + output
	if told != "" {
		prompt += "\n" + told
	}
	sc.plan.Starts = append(sc.plan.Starts, project.AutoStart{
		Title: "what gate " + sc.gate.ID + " needs", Role: o.mender(sc), Why: "it is responsible for gate " + sc.gate.ID,
		Try: tries + 1, RetryOf: before, Prompt: prompt, Paths: []string{},
	})
	started, limit, err := o.start(ctx, sc)
	switch {
	case err != nil || started > 0:
		return false, err
	case o.broken != "":
		return false, o.end(AutoStuck, o.broken)
	case limit != "":
		return false, o.end(AutoLimit, limit)
	}
	return false, o.end(AutoStuck, o.refused[""])
}

// mender is the role that sees to what a gate needs: the one that worked for it last,
// or the first that is responsible for it.
func (*orchestration) mender(sc *scene) string {
	def, _ := sc.state.Workflow.Gate(sc.gate.ID)
	able := slices.DeleteFunc(slices.Clone(def.Roles), func(id string) bool {
		return !slices.ContainsFunc(sc.in.Roles, func(r project.AutoRole) bool { return r.ID == id })
	})
	for i := range sc.in.Runs {
		if slices.Contains(able, sc.in.Runs[i].Role) {
			return sc.in.Runs[i].Role
		}
	}
	if len(able) > 0 {
		return able[0]
	}
	return "orchestrator"
}
