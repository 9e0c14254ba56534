package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/workflow"
)

// Reason is one thing that keeps a gate shut.
type Reason struct {
	// Code is the stable name of the rule, such as "proof_missing".
	Code string `json:"code"`
	// Subject is what it is about: a proof type, a deliverable, a task.
	Subject string `json:"subject"`
	// Message says it in a sentence without a final full stop.
	Message string `json:"message"`
	// Hint is a command that helps, or empty.
	Hint string `json:"hint"`
}

// Candidate is the commit on which a gate is decided.
type Candidate struct {
	// Commit is its full id; empty when there is none.
	Commit string `json:"commit"`
	// Dirty lists files of the work tree that are not in the commit, apart
	// from LayerCake's own. Only looked at when a gate is presented.
	Dirty []string `json:"dirty"`
	// Problem says why there is no candidate, or is empty.
	Problem string `json:"problem"`
}

// FileCheck is what was found where a deliverable should be.
type FileCheck struct {
	Exists bool   `json:"exists"`
	SHA256 string `json:"sha256"`
	// Problem says why it could not be read, or is empty.
	Problem string `json:"problem"`
}

// Checks is what was found outside the database just before a decision. What is
// not in it counts as not checked, and what is not checked keeps a gate shut.
type Checks struct {
	Candidate Candidate
	// Trees holds the digest of the candidate's files for each set of paths,
	// by [PathsKey].
	Trees map[string]string
	// Drifted holds, for each set of paths, by [PathsKey], the files among them
	// that were committed since the candidate of a gate in review.
	Drifted map[string][]string
	// Artifacts holds, for each proof id whose artifact was hashed again, what
	// was wrong, or "" if nothing was.
	Artifacts map[string]string
	// Files holds what was found for each deliverable, by its id.
	Files map[string]FileCheck
}

// PathsKey names a set of paths, whatever their order.
func PathsKey(paths []string) string {
	sorted := slices.Sorted(slices.Values(paths))
	return strings.Join(sorted, "\x00")
}

// Readiness lists what keeps a gate from being approved, apart from the person
// and from having been presented. It needs State with Workflow, Evidence,
// OpenTasks and Blockers. An empty list means that the gate could be approved.
func Readiness(s *State, g *Gate, c *Checks) []Reason {
	r := readiness{s: s, g: g, c: c}
	if !r.open() {
		return r.reasons
	}
	def, ok := s.Workflow.Gate(g.ID)
	if !ok {
		r.add("gate_undefined", g.ID, "", "the accepted workflow does not define gate %s", g.ID)
		return r.reasons
	}
	r.order()
	r.phase()
	for i := range def.Proofs {
		r.proof(&def.Proofs[i])
	}
	r.deliverables()
	r.conditions()
	r.blockers()
	r.tasks()
	return r.reasons
}

type readiness struct {
	s       *State
	g       *Gate
	c       *Checks
	reasons []Reason
}

func (r *readiness) add(code, subject, hint, format string, args ...any) {
	r.reasons = append(r.reasons, Reason{Code: code, Subject: subject, Hint: hint, Message: fmt.Sprintf(format, args...)})
}

// open reports whether the gate is one that can still be decided.
func (r *readiness) open() bool {
	switch r.g.Status {
	case GatePending, GateInReview, GateRejected:
		return true
	case GateApproved, GateSkipped:
		r.add("gate_passed", r.g.ID, "layercake gate show "+r.g.ID, "gate %s is %s already", r.g.ID, r.g.Status)
	case GateNotApplicable:
		r.add("gate_not_applicable", r.g.ID, "layercake gate show "+r.g.ID, "gate %s does not apply to this project", r.g.ID)
	}
	return false
}

func (r *readiness) order() {
	for i := range r.s.Gates {
		earlier := &r.s.Gates[i]
		if earlier.Position < r.g.Position && !earlier.Status.Passed() {
			r.add("gate_order", earlier.ID, "layercake gate check "+earlier.ID,
				"gate %s comes first and is %s", earlier.ID, human(string(earlier.Status)))
		}
	}
}

func (r *readiness) phase() {
	p := r.s.Project
	switch {
	case p.Phase == workflow.PhaseBlocked:
		r.add("project_blocked", string(p.Phase), "layercake phase show", "the project is blocked")
	case p.Phase != r.g.Phase:
		r.add("wrong_phase", string(p.Phase), "layercake phase show",
			"gate %s closes the phase %s, and the project is in %s", r.g.ID, human(string(r.g.Phase)), human(string(p.Phase)))
	}
}

// proof checks one requirement against the latest evidence that has the grade
// it asks for.
func (r *readiness) proof(want *workflow.Proof) {
	p, other := r.latest(want)
	if p == nil {
		r.missing(want, other)
		return
	}
	hint := r.proofHint(want)
	name := fmt.Sprintf("proof %s (p-%s)", want.Type, p.ID)
	switch {
	case p.Invalidated != "":
		r.add("proof_invalidated", want.Type, hint, "%s was invalidated: %s", name, p.Invalidated)
		return
	case p.Version < r.g.SinceVersion:
		r.add("proof_stale", want.Type, hint, "%s is from before gate %s was last sent back", name, r.g.ID)
		return
	case p.Result != "pass" && p.Result != "info":
		why := ""
		if len(p.Reasons) > 0 {
			why = ": " + strings.Join(p.Reasons, "; ")
		}
		r.add("proof_failing", want.Type, hint, "%s says %s%s", name, p.Result, why)
		return
	}
	if problem, checked := r.c.Artifacts[p.ID]; !checked {
		r.add("proof_unchecked", want.Type, hint, "the evidence of %s could not be checked", name)
	} else if problem != "" {
		r.add("proof_tampered", want.Type, hint, "the evidence of %s is not what was recorded: %s", name, problem)
	}
	if want.MinBytes > 0 && p.Size < want.MinBytes {
		r.add("proof_tiny", want.Type, hint, "%s has %d bytes of evidence; at least %d are asked for", name, p.Size, want.MinBytes)
	}
	if want.Grade == workflow.GradeCaptured {
		r.captured(want, p, name, hint)
	}
}

// captured checks what only holds for evidence that LayerCake made itself.
func (r *readiness) captured(want *workflow.Proof, p *Proof, name, hint string) {
	if !slices.Equal(p.Command, want.Command) {
		r.add("proof_wrong_command", want.Type, hint, "%s was made by `%s`, and the workflow now pins `%s`",
			name, strings.Join(p.Command, " "), strings.Join(want.Command, " "))
	}
	if PathsKey(p.Paths) != PathsKey(want.Paths) {
		r.add("proof_wrong_paths", want.Type, hint, "%s covers other paths than the workflow asks for", name)
		return
	}
	if p.TreeBefore != p.Tree {
		r.add("proof_tree_changed", want.Type, hint, "files changed while %s was made", name)
		return
	}
	if r.c.Candidate.Problem != "" || r.c.Candidate.Commit == "" {
		r.candidateMissing(want)
		return
	}
	tree, ok := r.c.Trees[PathsKey(want.Paths)]
	switch {
	case !ok:
		r.add("proof_unchecked", want.Type, hint, "the files of the candidate could not be compared with those of %s", name)
	case tree != p.Tree:
		r.add("proof_wrong_tree", want.Type, hint, "%s was made on other files than the candidate %.10s", name, r.c.Candidate.Commit)
	default:
		r.drifted(want, name)
	}
}

// drifted keeps a gate in review shut when the files that a proof covers have
// gone on since the candidate: what would be approved is not what is there. After
// the approval that takes nothing back.
func (r *readiness) drifted(want *workflow.Proof, name string) {
	files := r.c.Drifted[PathsKey(want.Paths)]
	if r.g.Status != GateInReview || len(files) == 0 {
		return
	}
	const shown = 3
	list := strings.Join(files[:min(len(files), shown)], ", ")
	if len(files) > shown {
		list += ", …"
	}
	r.add("proof_stale", want.Type, "layercake gate present "+r.g.ID,
		"%s is stale: files that it covers were committed since the candidate %.10s (%s)", name, r.c.Candidate.Commit, list)
}

func (r *readiness) candidateMissing(want *workflow.Proof) {
	problem := r.c.Candidate.Problem
	if problem == "" {
		problem = "there is no commit yet"
	}
	r.add("no_candidate", want.Type, "git status", "proof %s needs a commit to be compared with: %s", want.Type, problem)
}

func (r *readiness) missing(want *workflow.Proof, other *Proof) {
	switch {
	case other != nil:
		r.add("proof_grade", want.Type, r.proofHint(want), "proof %s is only %s; gate %s asks for a %s one",
			want.Type, other.Grade, r.g.ID, want.Grade)
	case want.Grade == workflow.GradeCaptured && len(want.Command) == 0:
		r.add("no_command", want.Type, "layercake doctor",
			"proof %s has no pinned command; name one in .layercake/workflow.yaml and run `layercake trust`", want.Type)
	default:
		r.add("proof_missing", want.Type, r.proofHint(want), "proof %s is missing", want.Type)
	}
}

func (r *readiness) proofHint(want *workflow.Proof) string {
	switch want.Grade {
	case workflow.GradeCaptured:
		return fmt.Sprintf("layercake proof capture %s %s", r.g.ID, want.Type)
	case workflow.GradeAttested:
		return fmt.Sprintf("layercake proof attest %s %s --statement \"…\"", r.g.ID, want.Type)
	case workflow.GradeSubmitted:
		return fmt.Sprintf("layercake proof submit %s %s FILE", r.g.ID, want.Type)
	}
	return ""
}

// latest returns the newest evidence of the right grade, and the newest of any
// grade. A weaker, later piece does not hide a stronger one.
func (r *readiness) latest(want *workflow.Proof) (right, whatever *Proof) {
	for i := range r.s.Proofs {
		p := &r.s.Proofs[i]
		if p.Gate != r.g.ID || p.Type != want.Type {
			continue
		}
		if whatever == nil || p.Version > whatever.Version {
			whatever = p
		}
		if p.Grade.Meets(want.Grade) && (right == nil || p.Version > right.Version) {
			right = p
		}
	}
	return right, whatever
}

func (r *readiness) deliverables() {
	for i := range r.s.Deliverables {
		d := &r.s.Deliverables[i]
		if d.Gate != r.g.ID {
			continue
		}
		file, checked := r.c.Files[d.ID]
		switch {
		case d.Kind == string(workflow.KindTracking):
			if !checked || !file.Exists {
				r.add("deliverable_missing", d.ID, "layercake status", "the tracking document %s is not there", d.Path)
			}
		case d.Status != DeliverableAccepted:
			r.add("deliverable_open", d.ID, "layercake deliverable show "+d.ID,
				"deliverable %s (%s) is %s, not accepted", d.ID, d.Title, d.Status)
		case d.Path == "":
		case !checked || file.Problem != "":
			r.add("deliverable_unchecked", d.ID, "layercake deliverable show "+d.ID, "deliverable %s could not be read", d.ID)
		case !file.Exists:
			r.add("deliverable_missing", d.ID, "layercake deliverable show "+d.ID, "deliverable %s was accepted, but %s is gone", d.ID, d.Path)
		case file.SHA256 != d.SHA256:
			r.add("deliverable_changed", d.ID, "layercake deliverable show "+d.ID, "%s changed after it was accepted", d.Path)
		}
	}
}

func (r *readiness) conditions() {
	for i := range r.s.Conditions {
		c := &r.s.Conditions[i]
		if c.Status == statusOpen && strings.EqualFold(c.Blocks, r.g.ID) {
			r.add("condition_open", c.ID, "layercake gate condition list",
				"a condition of gate %s is open: %s", c.Gate, c.Text)
		}
	}
}

func (r *readiness) blockers() {
	for i := range r.s.Blockers {
		b := &r.s.Blockers[i]
		if b.Status == statusOpen && (b.Gate == "" || strings.EqualFold(b.Gate, r.g.ID)) {
			r.add("blocker_open", b.ID, "layercake blocker list", "a %s blocker is open: %s", b.Severity, b.Title)
		}
	}
}

// maxNamedTasks is how many open tasks are named one by one.
const maxNamedTasks = 5

func (r *readiness) tasks() {
	n := 0
	for i := range r.s.OpenTasks {
		t := &r.s.OpenTasks[i]
		if !r.s.Workflow.TaskBelongs(r.g.ID, t.Phase, t.Gate) || strings.EqualFold(t.DeferredGate, r.g.ID) {
			continue
		}
		n++
		if n <= maxNamedTasks {
			r.add("task_open", t.ID, "layercake task show "+TaskID(t.ID), "task %s is %s: %s", TaskID(t.ID), human(string(t.Status)), t.Title)
		}
	}
	if more := n - maxNamedTasks; more > 0 {
		r.add("task_open", "", "layercake task list --open", "%d more open: tasks of this gate or an earlier one", more)
	}
}

func human(s string) string { return strings.ReplaceAll(s, "_", " ") }
