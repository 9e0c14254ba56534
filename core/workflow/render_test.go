package workflow_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core/workflow"
)

// same requires equal overrides; JSON leaves out where they were read from.
func same(t require.TestingT, a, b *workflow.Overrides) {
	first, err := json.Marshal(a)
	require.NoError(t, err)
	second, err := json.Marshal(b)
	require.NoError(t, err)
	require.Equal(t, string(first), string(second))
	for _, projectType := range workflow.ProjectTypes() {
		one, errOne := workflow.Resolve(workflow.ResolveParams{Type: projectType, Overrides: a})
		two, errTwo := workflow.Resolve(workflow.ResolveParams{Type: projectType, Overrides: b})
		require.Equal(t, errOne == nil, errTwo == nil)
		if errOne == nil {
			require.Equal(t, one, two)
		}
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	limit := int64(20)
	text, err := workflow.Render(&workflow.Overrides{
		Edits: workflow.EditsBlock,
		Proofs: []workflow.ProofOverride{{
			Type: "test_output", Command: []string{"go", "test", "-json", "-run", "^Test: a$", "./..."},
			Parser: "gotest", Timeout: 600, Note: "go.mod: a Go\nmodule", MinBytes: &limit,
			Thresholds: []workflow.ThresholdOverride{{Name: "max_failures"}, {Name: "min_tests", Off: true}},
		}},
		Gates: []workflow.GateOverride{
			{ID: "G5", AppliesWhen: workflow.Conditions{}, Proofs: []workflow.ProofOverride{{Type: "lint_output", Off: true}}},
			{ID: "LEGAL", After: "G6", Title: "Legal: review", Next: []workflow.Transition{{To: "security_review", When: workflow.Conditions{"has_ui": {"true"}}}}},
		},
	})
	require.NoError(t, err)
	require.Equal(t, `# How this project departs from LayerCake's built-in workflow.
#
# It takes effect when a person accepts it: layercake trust
# The format is described by:               layercake help gates
#
# Commands are lists of words. They run without a shell in the project's root.

version: 1
edits: block
proofs:
  # go.mod: a Go module
  test_output:
    command: [go, test, -json, -run, "^Test: a$", ./...]
    parser: gotest
    timeout: 600s
    min_bytes: 20
    thresholds:
      max_failures: 0
      min_tests: off
gates:
  G5:
    applies_when: always
    proofs:
      lint_output: off
  LEGAL:
    after: G6
    title: "Legal: review"
    next: [{to: security_review, when: {has_ui: ["true"]}}]
`, string(text))

	text, err = workflow.Render(nil)
	require.NoError(t, err)
	require.Contains(t, string(text), "\nversion: 1\n")
	require.True(t, parse(t, string(text)).Empty())
}

func words(t *rapid.T, label string, from []string) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, 3, rapid.ID[string]).Draw(t, label)
}

func line(t *rapid.T, label string) string {
	return rapid.StringMatching(`([ -~é漢🙂]{0,20}[!-~]|off|true|null|~|1e3|- a|-x|--x=y|-\.inf|---|--- a|-null|a: b|#x)`).Draw(t, label)
}

func drawProof(t *rapid.T, kind workflow.ProofType) workflow.ProofOverride {
	o := workflow.ProofOverride{Type: kind.Name}
	if !kind.PersonOnly && rapid.Bool().Draw(t, "has command") {
		o.Command = append([]string{"run"}, rapid.SliceOfN(rapid.StringMatching(`[^\x00]{0,12}`), 0, 4).Draw(t, "argv")...)
	}
	if len(kind.Parsers) > 0 && rapid.Bool().Draw(t, "has parser") {
		o.Parser = rapid.SampledFrom(kind.Parsers).Draw(t, "parser")
	}
	if rapid.Bool().Draw(t, "has paths") {
		o.Paths = words(t, "paths", []string{"src/", "a b", "x.go", "@x"})
		o.Report = "out/r.xml"
	}
	if rapid.Bool().Draw(t, "has size") {
		n := rapid.Int64Range(0, 1000).Draw(t, "size")
		o.MinBytes = &n
		o.Timeout = rapid.IntRange(1, 86400).Draw(t, "timeout")
	}
	for _, name := range workflow.ThresholdNames() {
		switch rapid.IntRange(0, 4).Draw(t, name) {
		case 0:
			o.Thresholds = append(o.Thresholds, workflow.ThresholdOverride{Name: name, Off: true})
		case 1:
			o.Thresholds = append(o.Thresholds, workflow.ThresholdOverride{Name: name, Value: float64(rapid.IntRange(0, 100).Draw(t, "limit"))})
		}
	}
	return o
}

func drawConditions(t *rapid.T) workflow.Conditions {
	out := workflow.Conditions{}
	for _, name := range words(t, "facts", workflow.FactNames()) {
		values := rapid.SliceOfNDistinct(rapid.SampledFrom(workflow.FactValues(name)), 1, 2, rapid.ID[string]).Draw(t, name)
		slices.Sort(values)
		out[name] = values
	}
	return out
}

func drawOverrides(t *rapid.T) *workflow.Overrides {
	o := &workflow.Overrides{}
	if rapid.Bool().Draw(t, "has edits") {
		o.Edits = rapid.SampledFrom(workflow.EditPolicies()).Draw(t, "edits")
	}
	kinds := rapid.SliceOfNDistinct(rapid.SampledFrom(workflow.ProofTypes()), 0, 4, func(k workflow.ProofType) string { return k.Name })
	for _, kind := range kinds.Draw(t, "proofs") {
		o.Proofs = append(o.Proofs, drawProof(t, kind))
	}
	for _, id := range words(t, "gates", []string{"G1", "G5", "G9", "E2", "X1", "AUDIT"}) {
		g := workflow.GateOverride{ID: id}
		if id == "X1" || id == "AUDIT" {
			g.After = rapid.SampledFrom([]string{"G3", "G6", "G9"}).Draw(t, "after")
			g.Title = line(t, "gate title")
			if rapid.Bool().Draw(t, "has phase") {
				g.Phase = workflow.PhaseTesting
				g.Next = []workflow.Transition{}
			}
		}
		if rapid.Bool().Draw(t, "has conditions") {
			g.AppliesWhen = drawConditions(t)
			g.Roles = words(t, "roles", []string{"qa-engineer", "x"})
		}
		for _, kind := range kinds.Draw(t, "gate proofs") {
			if rapid.Bool().Draw(t, "off") {
				g.Proofs = append(g.Proofs, workflow.ProofOverride{Type: kind.Name, Off: true})
				continue
			}
			g.Proofs = append(g.Proofs, drawProof(t, kind))
		}
		for _, d := range words(t, "deliverables", []string{"a", "b-2", "c"}) {
			g.Deliverables = append(g.Deliverables, workflow.DeliverableOverride{ID: d, Title: line(t, "title"), Path: "docs/x y.md", Kind: workflow.KindReport})
		}
		o.Gates = append(o.Gates, g)
	}
	return o
}

func TestRenderRoundTrips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := drawOverrides(t)
		text, err := workflow.Render(o)
		require.NoError(t, err)
		twice, err := workflow.Render(o)
		require.NoError(t, err)
		require.Equal(t, string(text), string(twice))
		read, err := workflow.ParseOverrides("w.yaml", text)
		require.NoError(t, err, "%s", text)
		same(t, o, read)
		again, err := workflow.Render(read)
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
	})
}

func TestResolveIsDeterministicAndKeepsItsInput(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := workflow.ResolveParams{
			Type:      rapid.SampledFrom(workflow.ProjectTypes()).Draw(t, "type"),
			Preset:    rapid.SampledFrom(workflow.Presets()).Draw(t, "preset"),
			Tier:      rapid.SampledFrom(workflow.Tiers()).Draw(t, "tier"),
			Overrides: drawOverrides(t),
		}
		before, err := json.Marshal(p.Overrides)
		require.NoError(t, err)
		one, errOne := workflow.Resolve(p)
		two, errTwo := workflow.Resolve(p)
		require.Equal(t, errOne, errTwo)
		after, err := json.Marshal(p.Overrides)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after))
		if errOne != nil {
			return
		}
		require.Equal(t, one.Digest(), two.Digest())
		require.Empty(t, workflow.Diff(one, two))
		require.Empty(t, workflow.Weakens(one, two))

		base, err := workflow.Resolve(workflow.ResolveParams{Type: p.Type, Preset: p.Preset, Tier: p.Tier})
		require.NoError(t, err)
		require.Equal(t, base.Digest() == one.Digest(), len(workflow.Diff(base, one)) == 0, "a change is never invisible")
		for _, g := range one.Gates {
			for _, proof := range g.Proofs {
				if len(proof.Command) > 0 {
					require.NotEmpty(t, proof.Parser)
					require.NotEqual(t, workflow.GradeAttested, proof.Grade)
				}
			}
		}
	})
}
