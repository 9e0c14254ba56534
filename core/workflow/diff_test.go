package workflow_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/workflow"
)

// resolved resolves a traditional project with the given workflow file.
func resolved(t *testing.T, text string) *workflow.Workflow {
	t.Helper()
	return resolve(t, workflow.ResolveParams{Type: workflow.TypeTraditional, Overrides: parse(t, text)})
}

func TestDiffAndWeakens(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, before, after string
		diff, weaker        []string
	}{
		{name: "nothing", before: "", after: "version: 1\n"},
		{
			name:  "a pinned command with its report",
			after: "proofs:\n  build_output: {command: [go, build, ./...], timeout: 600}\n",
			diff:  []string{"G5 build_output: runs go build ./...", "G5 build_output: parser exit", "G5 build_output: time limit 600 s"},
		},
		{
			name:  "a linter of which only the exit code is known",
			after: "proofs:\n  lint_output: {command: [sh, -c, make lint]}\n",
			diff: []string{
				`G5 lint_output: runs sh -c "make lint"`, "G5 lint_output: parser exit", "G5 lint_output: max_critical no longer 0",
				"G5 lint_output: max_high no longer 0", "G5 lint_output: max_medium no longer 10",
			},
			weaker: []string{
				"G5 lint_output: max_critical 0 is no longer checked, because parser exit cannot tell",
				"G5 lint_output: max_high 0 is no longer checked, because parser exit cannot tell",
				"G5 lint_output: max_medium 10 is no longer checked, because parser exit cannot tell",
			},
		},
		{
			name:  "a validator is stronger than a person's word",
			after: "proofs:\n  spec_validation: {command: [make, specs]}\n",
			diff: []string{
				"G3 spec_validation: grade attested -> captured", "G3 spec_validation: runs make specs", "G3 spec_validation: parser exit",
			},
		},
		{
			name:   "a report no longer read",
			before: "gates:\n  G6:\n    proofs: {smoke_test: {command: [a], parser: junit, report: r.xml}}\n",
			after:  "gates:\n  G6:\n    proofs: {smoke_test: {command: [\"true\"]}}\n",
			diff:   []string{"G6 smoke_test: runs a -> true", "G6 smoke_test: parser junit -> exit", "G6 smoke_test: report no longer r.xml"},
			weaker: []string{"G6 smoke_test is judged by the exit code alone; before, the report was read (junit)"},
		},
		{
			name:  "everything that can be taken away",
			after: "edits: off\nproofs:\n  coverage_report: {thresholds: {coverage: 10}}\n  test_output: {grade: submitted, paths: [src/], thresholds: {max_failures: 2, min_tests: off}}\ngates:\n  G4:\n    proofs: {user_selection: off, design_options: {min_bytes: 1}}\n  G7:\n    applies_when: {deployment_mode: required}\n    deliverables: {security-report: off}\n",
			diff: []string{
				"policy for edits before their gate warn -> off",
				"G4: proof user_selection removed",
				"G4 design_options: least size 200 bytes -> 1 bytes",
				"G5 test_output: grade captured -> submitted",
				"G5 test_output: covers only src/",
				"G5 test_output: max_failures 0 -> 2",
				"G5 test_output: min_tests no longer 1",
				"G6 test_output: grade captured -> submitted",
				"G6 test_output: covers only src/",
				"G6 test_output: max_failures 0 -> 2",
				"G6 test_output: min_tests no longer 1",
				"G6 coverage_report: coverage 80 -> 10",
				"G7: applies only when deployment_mode is required",
				"G7: deliverable security-report removed",
			},
			weaker: []string{
				"edits before their gate: off instead of warn",
				"G4 design_options: least size 1 instead of 200 bytes",
				"G4 no longer asks for user_selection",
				"G5 test_output may be submitted; before, it had to be captured",
				"G5 test_output covers only src/; before, the whole tree",
				"G5 test_output: max_failures is 2 instead of 0",
				"G5 test_output: min_tests 1 is no longer checked",
				"G6 test_output may be submitted; before, it had to be captured",
				"G6 test_output covers only src/; before, the whole tree",
				"G6 test_output: max_failures is 2 instead of 0",
				"G6 test_output: min_tests 1 is no longer checked",
				"G6 coverage_report: coverage is 10 instead of 80",
				"G7 applies only when deployment_mode is required; before, always",
				"G7 no longer asks for the deliverable security-report (Security report)",
			},
		},
		{
			name:  "an added gate takes over the end of its phase",
			after: "gates:\n  QA:\n    after: G6\n    title: Second look\n  QA2:\n    after: G6\n    title: Third look\n",
			diff: []string{
				"G6: leads to no longer security_review",
				"gate QA (Second look) added after G6", `QA: question "Approve: Second look?"`, "QA: closes phase testing",
				"gate QA2 (Third look) added after QA", `QA2: question "Approve: Third look?"`, "QA2: closes phase testing", "QA2: leads to security_review",
			},
		},
		{
			name:   "a gate taken away again",
			before: "gates:\n  QA: {after: G9, title: Look}\n",
			diff:   []string{"gate QA (Look) removed", "G9: leads to maintenance"},
			weaker: []string{"gate QA (Look) is gone"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			before, after := resolved(t, tc.before), resolved(t, tc.after)
			require.Equal(t, tc.weaker, workflow.Weakens(before, after))
			require.Equal(t, tc.diff, workflow.Diff(before, after))
		})
	}
}

func TestDiffFromNothing(t *testing.T) {
	t.Parallel()
	w := resolved(t, "")
	lines := workflow.Diff(nil, w)
	require.Contains(t, lines, "gate G1 (Scope) added, the first")
	require.Contains(t, lines, "G6 coverage_report: coverage 80")
	require.Empty(t, workflow.Weakens(nil, w))
	require.Empty(t, workflow.Diff(nil, nil))
	require.Len(t, workflow.Weakens(w, nil), 10, "nine gates, and the edit policy")
}

func TestUnpinned(t *testing.T) {
	t.Parallel()
	w := resolve(t, workflow.ResolveParams{Type: workflow.TypeTraditional, Preset: workflow.PresetStandard})
	require.Equal(t, []workflow.ProofRef{
		{Gate: "G5", Type: "build_output"}, {Gate: "G5", Type: "lint_output"}, {Gate: "G5", Type: "test_output"},
		{Gate: "G6", Type: "test_output"}, {Gate: "G6", Type: "coverage_report"},
	}, w.Unpinned())
}
