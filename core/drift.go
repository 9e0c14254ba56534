package core

import (
	"context"

	"github.com/layercake-dev/layercake/core/git"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// Drift is what was committed since a gate's candidate, in files that the proofs
// of the gate cover. It never takes an approval back.
type Drift struct {
	git.Drift

	Gate string `json:"gate"`
	// Candidate is the commit that the gate was, or is to be, decided on.
	Candidate string `json:"candidate"`
	// Approved says that the decision was taken.
	Approved bool `json:"approved"`
}

// driftShown bounds the files that a drift names.
const driftShown = 50

// Drift says what was committed since the candidate of a gate that is in review
// or approved. It is nil when nothing was that its proofs cover, or when the
// repository cannot tell.
func (s *Gates) Drift(ctx context.Context, at Place, gate string) (*Drift, error) {
	st, err := s.state(ctx, at.Project)
	if err != nil {
		return nil, err
	}
	g, err := st.Gate(gate)
	if err != nil {
		return nil, err
	}
	return s.drift(ctx, at, st, g), nil
}

func (s *Gates) drift(ctx context.Context, at Place, st *project.State, g *project.Gate) *Drift {
	decided := g.Status == project.GateInReview || g.Status == project.GateApproved
	if at.Root == "" || g.Commit == "" || !decided {
		return nil
	}
	covers := covered(st, g)
	if covers == nil {
		return nil
	}
	d, err := git.AtWith(at.Root, s.a.environ).Drift(ctx, git.DriftParams{From: g.Commit, Covers: covers, Most: driftShown})
	if err != nil || d == nil {
		return nil // such as a shallow clone, which does not have the candidate
	}
	return &Drift{Drift: *d, Gate: g.ID, Candidate: g.Commit, Approved: g.Status == project.GateApproved}
}

// covered tells which paths the captured proofs of a gate are about; nil when
// there are none.
func covered(st *project.State, g *project.Gate) func(path string) bool {
	def, ok := st.Workflow.Gate(g.ID)
	if !ok {
		return nil
	}
	var each []func(path string) bool
	for i := range def.Proofs {
		if def.Proofs[i].Grade != workflow.GradeCaptured {
			continue
		}
		if covers, err := treeOptions(st.Project, def.Proofs[i].Paths).Covers(); err == nil {
			each = append(each, covers)
		}
	}
	if len(each) == 0 {
		return nil
	}
	return func(path string) bool {
		for _, covers := range each {
			if covers(path) {
				return true
			}
		}
		return false
	}
}

// driftedFiles lists the files among some paths that were committed since the
// candidate of a gate in review. A repository that cannot tell has no such files
// that anybody could name; the candidate itself is looked at elsewhere.
func (s *Gates) driftedFiles(ctx context.Context, at Place, st *project.State, paths []string, candidate string) []string {
	covers, err := treeOptions(st.Project, paths).Covers()
	if err != nil {
		return nil
	}
	d, err := git.AtWith(at.Root, s.a.environ).Drift(ctx, git.DriftParams{From: candidate, Covers: covers, Most: driftShown})
	if err != nil || d == nil {
		return nil
	}
	files := make([]string, len(d.Files))
	for i := range d.Files {
		files[i] = d.Files[i].Path
	}
	return files
}

// lastDrift is the drift since the last gate that was approved on a commit.
func (s *Gates) lastDrift(ctx context.Context, at Place, st *project.State) *Drift {
	for i := len(st.Gates) - 1; i >= 0; i-- {
		if g := &st.Gates[i]; g.Status == project.GateApproved && g.Commit != "" && covered(st, g) != nil {
			return s.drift(ctx, at, st, g)
		}
	}
	return nil
}
