package role_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/workflow"
)

// TestBuiltinIsWholeFolder makes sure that no file of the folder is left out.
func TestBuiltinIsWholeFolder(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(os.DirFS("files"), "*.md")
	if err != nil || len(names) != 14 {
		t.Fatalf("the folder holds %d roles, %v", len(names), err)
	}
	ids := role.IDs(role.Builtin())
	for _, name := range names {
		if !slices.Contains(ids, strings.TrimSuffix(name, ".md")) {
			t.Errorf("%s is not among the built-in roles", name)
		}
	}
	if len(ids) != len(names) {
		t.Errorf("the roles are %v", ids)
	}
}

// TestBuiltinRolesAreCopies makes sure that nobody changes what others get.
func TestBuiltinRolesAreCopies(t *testing.T) {
	t.Parallel()
	role.Builtin()[0] = role.Role{ID: "other"}
	if got := role.Builtin()[0].ID; got != "orchestrator" {
		t.Errorf("the first role has become %s", got)
	}
}

// gates returns every gate of every type of project by its id, with the proofs and
// deliverables of all of them.
func gates(t *testing.T) map[string]workflow.Gate {
	t.Helper()
	all := map[string]workflow.Gate{}
	for _, projectType := range workflow.ProjectTypes() {
		w, err := workflow.Resolve(workflow.ResolveParams{Type: projectType})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range w.Gates {
			known := all[g.ID]
			g.Roles = append(known.Roles, g.Roles...)
			g.Proofs = append(known.Proofs, g.Proofs...)
			g.Deliverables = append(known.Deliverables, g.Deliverables...)
			all[g.ID] = g
		}
	}
	return all
}

// TestBuiltinRolesFitWorkflow holds the roles and the workflow together, both ways.
func TestBuiltinRolesFitWorkflow(t *testing.T) {
	t.Parallel()
	roles, all := role.Builtin(), gates(t)
	for id, g := range all {
		for _, responsible := range g.Roles {
			r, err := role.Find(roles, responsible)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(r.Gates, id) {
				t.Errorf("%s is responsible for %s and does not say so", responsible, id)
			}
			if !slices.Contains(r.Phases, string(g.Phase)) {
				t.Errorf("%s is responsible for %s and has no work in phase %s", responsible, id, g.Phase)
			}
		}
		for _, p := range g.Proofs {
			if !slices.ContainsFunc(roles, func(r role.Role) bool {
				return slices.Contains(g.Roles, r.ID) && slices.Contains(r.Proofs, p.Type)
			}) {
				t.Errorf("none of %v stands %s at %s", g.Roles, p.Type, id)
			}
		}
		for _, d := range g.Deliverables {
			checkDelivered(t, roles, id, d)
		}
	}
	for i := range roles {
		checkOutputs(t, &roles[i], all)
	}
}

// checkDelivered makes sure that a role makes what a gate asks for.
func checkDelivered(t *testing.T, roles []role.Role, gate string, d workflow.Deliverable) {
	t.Helper()
	r, err := role.Find(roles, d.Role)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(r.Outputs, func(o role.Output) bool { return o.Gate == gate && o.Deliverable == d.ID && o.Path == d.Path }) {
		t.Errorf("%s makes no %s (%s) for %s", r.ID, d.ID, d.Path, gate)
	}
}

// checkOutputs makes sure that what a role makes and reads is as the workflow has
// it.
func checkOutputs(t *testing.T, r *role.Role, all map[string]workflow.Gate) {
	t.Helper()
	for _, id := range r.Gates {
		if g, ok := all[id]; !ok || !slices.Contains(g.Roles, r.ID) {
			t.Errorf("%s says it is responsible for %s, which the workflow does not", r.ID, id)
		}
	}
	for _, o := range r.Outputs {
		if o.Deliverable == "" {
			continue
		}
		if o.Gate == "" {
			if !slices.ContainsFunc(workflow.TrackingDocuments(), func(d workflow.TrackingDocument) bool {
				return d.ID == o.Deliverable && d.Path == o.Path && d.RequiredBy == ""
			}) {
				t.Errorf("%s makes %s for no gate", r.ID, o.Deliverable)
			}
			continue
		}
		g := all[o.Gate]
		if d, ok := g.Deliverable(o.Deliverable); !ok || d.Path != o.Path {
			t.Errorf("%s makes %s (%s), which %s does not ask for", r.ID, o.Deliverable, o.Path, o.Gate)
		}
	}
	made := map[string]bool{}
	for _, other := range role.Builtin() {
		for _, o := range other.Outputs {
			made[o.Path] = true
		}
	}
	for _, in := range r.Inputs {
		if in.Path != "" && !made[in.Path] {
			t.Errorf("%s reads %s, which no role makes", r.ID, in.Path)
		}
		if in.Gate != "" && all[in.Gate].ID == "" {
			t.Errorf("%s reads %s of gate %s, which does not exist", r.ID, in.Path, in.Gate)
		}
	}
}

// TestBuiltinHandOffs makes sure that work goes on: whoever depends on a role is
// handed its work, nobody waits in a circle, and nobody is out of reach.
func TestBuiltinHandOffs(t *testing.T) {
	t.Parallel()
	roles := role.Builtin()
	for i := range roles {
		r := &roles[i]
		if len(r.HandsOffTo) == 0 {
			t.Errorf("%s hands off to nobody", r.ID)
		}
		for _, next := range r.HandsOffTo {
			if _, err := role.Find(roles, next); err != nil || next == r.ID {
				t.Errorf("%s hands off to %s: %v", r.ID, next, err)
			}
		}
		for _, id := range r.DependsOn {
			other, err := role.Find(roles, id)
			if err != nil {
				t.Errorf("%s: %v", r.ID, err)
				continue
			}
			if !slices.Contains(other.HandsOffTo, r.ID) {
				t.Errorf("%s depends on %s, which does not hand off to it", r.ID, id)
			}
		}
		if before := follow(roles, r.DependsOn, func(r *role.Role) []string { return r.DependsOn }); before[r.ID] {
			t.Errorf("%s waits for itself", r.ID)
		} else if r.ID != "orchestrator" && !before["orchestrator"] {
			t.Errorf("%s does not wait for the orchestrator", r.ID)
		}
		after := follow(roles, r.HandsOffTo, func(r *role.Role) []string { return r.HandsOffTo })
		if !after["orchestrator"] {
			t.Errorf("the work of %s never comes back to the orchestrator", r.ID)
		}
	}
}

// follow lists all roles that can be reached.
func follow(roles []role.Role, from []string, next func(*role.Role) []string) map[string]bool {
	seen := map[string]bool{}
	for queue := slices.Clone(from); len(queue) > 0; queue = queue[1:] {
		if seen[queue[0]] {
			continue
		}
		seen[queue[0]] = true
		if r, err := role.Find(roles, queue[0]); err == nil {
			queue = append(queue, next(r)...)
		}
	}
	return seen
}

// TestBuiltinBodies looks at what agents are told.
func TestBuiltinBodies(t *testing.T) {
	t.Parallel()
	roles := role.Builtin()
	titles := []string{"Method", "Definition of done", "Ask a person", "Hand off"}
	for i := range roles {
		r := &roles[i]
		section := map[string]string{}
		var order []string
		for _, part := range strings.Split("\n"+r.Body, "\n## ")[1:] {
			title, text, _ := strings.Cut(part, "\n")
			section[title], order = text, append(order, title)
		}
		if !slices.Equal(order, titles) {
			t.Errorf("%s has the parts %q, want %q", r.ID, order, titles)
		}
		done := strings.Join(strings.Fields(section["Definition of done"]), " ")
		for _, p := range r.Proofs {
			if !strings.Contains(r.Body, p) && !optional(p) {
				t.Errorf("%s has to stand %s and is not told so", r.ID, p)
			}
		}
		if !strings.Contains(done, "LayerCake") && !strings.Contains(done, "layercake proof attest") ||
			!regexp.MustCompile(`no proof|not evidence|proves nothing`).MatchString(done) {
			t.Errorf("%s is not told that its words are no proof, and who makes them", r.ID)
		}
		if regexp.MustCompile(`(?i)you are an? |world-class|\bexpert\b|approve_gate|gate approve`).MatchString(r.Body) {
			t.Errorf("%s is flattered, or told to approve", r.ID)
		}
		checkNamed(t, roles, r, section["Hand off"])
	}
}

// optional reports whether a proof is one that gates ask for only where the
// project's workflow says so.
func optional(proof string) bool {
	g := []string{
		workflow.ProofBuildOutput, workflow.ProofLintOutput, workflow.ProofTestOutput, workflow.ProofCoverageReport, workflow.ProofSecurityScan,
		workflow.ProofDeploymentLog, workflow.ProofSmokeTest, workflow.ProofEvalReport, workflow.ProofPRDReview, workflow.ProofSpecValidation,
		workflow.ProofDesignOptions, workflow.ProofUserSelection, workflow.ProofManualVerification, workflow.ProofAssessmentReport,
	}
	return !slices.Contains(g, proof)
}

// checkNamed makes sure that the words about handing off and the settings name the
// same roles: all that come next, and besides only those that came before.
func checkNamed(t *testing.T, roles []role.Role, r *role.Role, text string) {
	t.Helper()
	before := follow(roles, r.DependsOn, func(r *role.Role) []string { return r.DependsOn })
	named := regexp.MustCompile(`[a-z]+(-[a-z]+)*`).FindAllString(text, -1)
	for _, id := range role.IDs(roles) {
		in, next := slices.Contains(named, id), slices.Contains(r.HandsOffTo, id)
		switch {
		case next && !in:
			t.Errorf("%s hands off to %s and is not told when", r.ID, id)
		case in && !next && !before[id]:
			t.Errorf("%s is told to hand off to %s, which is not in its settings", r.ID, id)
		}
	}
}
