package workflow_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
)

// allowed is the state machine written out by hand, one row per phase, so that
// the table in the code is checked against something that is not that table.
// A star marks moves of enhancements, a plus those of all others, and an L
// those of projects that are local only.
const allowed = `
intake          +planning *assessment blocked
assessment      planning blocked
planning        architecture *development *security_review blocked
architecture    design development ml_development blocked
design          development blocked
ml_development  development blocked
development     testing blocked
testing         security_review blocked
security_review deployment Lmaintenance blocked
deployment      maintenance blocked
maintenance     completed blocked
completed       blocked
`

func mayMove(from, to workflow.Phase, f workflow.Facts) bool {
	for line := range strings.Lines(allowed) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != string(from) {
			continue
		}
		for _, w := range words[1:] {
			name := strings.TrimLeft(w, "+*L")
			if name != string(to) {
				continue
			}
			switch w[0] {
			case '*':
				return f.Type == workflow.TypeEnhancement
			case '+':
				return f.Type != workflow.TypeEnhancement
			case 'L':
				return f.DeploymentMode == workflow.DeployLocalOnly
			default:
				return true
			}
		}
	}
	return false
}

func allFacts() []workflow.Facts {
	var out []workflow.Facts
	for _, projectType := range workflow.ProjectTypes() {
		for _, mode := range workflow.DeploymentModes() {
			for _, ui := range []bool{false, true} {
				out = append(out, workflow.Facts{
					Type: projectType, DeploymentMode: mode, Tier: workflow.TierStandard, HasUI: ui,
				})
			}
		}
	}
	return out
}

func TestCanMoveFollowsTheTable(t *testing.T) {
	t.Parallel()
	for _, facts := range allFacts() {
		for _, from := range workflow.Phases() {
			for _, to := range workflow.Phases() {
				if from == workflow.PhaseBlocked {
					continue
				}
				ok, reason := workflow.CanMove(from, to, facts, "")
				require.Equal(t, mayMove(from, to, facts), ok, "%s -> %s with %+v: %s", from, to, facts, reason)
				require.Equal(t, ok, reason == "", "a refusal and only a refusal has a reason: %q", reason)
				require.Equal(t, ok, slices.Contains(workflow.Targets(from, facts, ""), to))
			}
		}
	}
}

func TestBlockedGoesBackToWhereItCameFrom(t *testing.T) {
	t.Parallel()
	for _, facts := range allFacts() {
		for _, cameFrom := range workflow.Phases() {
			for _, to := range workflow.Phases() {
				ok, _ := workflow.CanMove(workflow.PhaseBlocked, to, facts, cameFrom)
				require.Equal(t, to == cameFrom && cameFrom != workflow.PhaseBlocked, ok, "blocked (from %s) -> %s", cameFrom, to)
			}
		}
	}
	ok, reason := workflow.CanMove(workflow.PhaseBlocked, workflow.PhaseTesting, workflow.Facts{}, "")
	require.False(t, ok)
	require.Equal(t, "the project is blocked, and the phase it came from is not known", reason)
}

func TestUnstatedFactsOpenNoConditionalMove(t *testing.T) {
	t.Parallel()
	for _, move := range [][2]workflow.Phase{
		{workflow.PhaseIntake, workflow.PhasePlanning},
		{workflow.PhaseIntake, workflow.PhaseAssessment},
		{workflow.PhasePlanning, workflow.PhaseDevelopment},
		{workflow.PhaseSecurityReview, workflow.PhaseMaintenance},
	} {
		ok, _ := workflow.CanMove(move[0], move[1], workflow.Facts{}, "")
		require.False(t, ok, "%s -> %s", move[0], move[1])
	}
}

func TestReasonsForRefusal(t *testing.T) {
	t.Parallel()
	traditional := workflow.Facts{Type: workflow.TypeTraditional, DeploymentMode: workflow.DeployRequired}
	for _, tc := range []struct {
		from, to workflow.Phase
		want     string
	}{
		{"planning", "development", "only projects of type enhancement go from planning to development; from here this one goes to architecture or blocked"},
		{"security_review", "maintenance", "only projects with deployment_mode local_only go from security_review to maintenance; from here this one goes to deployment or blocked"},
		{"testing", "planning", "planning comes before testing; going back is reopening, which needs a person and a reason"},
		{"planning", "testing", "from planning a project goes to architecture or blocked, not to testing"},
		{"planning", "planning", "the project is in phase planning already"},
		{"planning", "desing", `unknown phase "desing"; did you mean "design"?`},
	} {
		_, reason := workflow.CanMove(tc.from, tc.to, traditional, "")
		require.Equal(t, tc.want, reason)
	}
}

func TestTargetsPutTheSensibleOneFirst(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		from  workflow.Phase
		facts workflow.Facts
		want  workflow.Phase
	}{
		{workflow.PhaseArchitecture, workflow.Facts{Type: workflow.TypeTraditional, HasUI: true}, workflow.PhaseDesign},
		{workflow.PhaseArchitecture, workflow.Facts{Type: workflow.TypeTraditional}, workflow.PhaseDevelopment},
		{workflow.PhaseArchitecture, workflow.Facts{Type: workflow.TypeAIML}, workflow.PhaseMLDevelopment},
		{workflow.PhasePlanning, workflow.Facts{Type: workflow.TypeEnhancement}, workflow.PhaseDevelopment},
		{workflow.PhaseSecurityReview, workflow.Facts{DeploymentMode: workflow.DeployLocalOnly}, workflow.PhaseMaintenance},
	} {
		require.Equal(t, tc.want, workflow.Targets(tc.from, tc.facts, "")[0])
	}
}

func TestOnlyEarlierPhasesReopen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		facts := rapid.SampledFrom(allFacts()).Draw(t, "facts")
		from := rapid.SampledFrom(workflow.Phases()).Draw(t, "from")
		to := rapid.SampledFrom(workflow.Phases()).Draw(t, "to")
		ok, reason := workflow.CanReopen(from, to, facts)
		if ok != (reason == "") {
			t.Fatalf("%s -> %s: %v with reason %q", from, to, ok, reason)
		}
		if forward, _ := workflow.CanMove(from, to, facts, ""); ok && forward {
			t.Fatalf("%s -> %s is both a move and a reopening", from, to)
		}
		if ok && workflow.PhaseIndex(to) >= workflow.PhaseIndex(from) {
			t.Fatalf("%s does not come before %s", to, from)
		}
	})
}

// Every move goes forward in the order of phases; otherwise a task could
// belong to a gate that the project has left behind.
func TestMovesGoForward(t *testing.T) {
	t.Parallel()
	for _, facts := range allFacts() {
		for _, from := range workflow.Phases() {
			for _, to := range workflow.Targets(from, facts, "") {
				if to != workflow.PhaseBlocked {
					require.Greater(t, workflow.PhaseIndex(to), workflow.PhaseIndex(from), "%s -> %s", from, to)
				}
			}
		}
	}
}

func TestParseNames(t *testing.T) {
	t.Parallel()
	p, err := workflow.ParsePhase(" Security-Review ")
	require.NoError(t, err)
	require.Equal(t, workflow.PhaseSecurityReview, p)

	_, err = workflow.ParsePhase("developement")
	require.EqualError(t, err, `unknown phase "developement"; did you mean "development"?`)
	require.Equal(t, "unknown_phase", fault.CodeOf(err))

	_, err = workflow.ParsePreset("tiny")
	require.EqualError(t, err, `unknown preset "tiny"; known are full, standard, simple`)
	_, err = workflow.ParseTier("entreprise")
	require.EqualError(t, err, `unknown quality tier "entreprise"; did you mean "enterprise"?`)
	_, err = workflow.ParseProjectType("")
	require.EqualError(t, err, `unknown project type ""; known are traditional, ai_ml, hybrid, enhancement`)
	mode, err := workflow.ParseDeploymentMode("local-only")
	require.NoError(t, err)
	require.Equal(t, workflow.DeployLocalOnly, mode)
}

func TestApprovalWords(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"approve", "APPROVED", " yes\n", "Accept"} {
		require.True(t, workflow.ApprovalWord(s), s)
	}
	for _, s := range []string{"", "ok", "sure", "fine", "y", "yes please", "approve!", "не", "approv", "true", "1"} {
		require.False(t, workflow.ApprovalWord(s), s)
	}
}
