package workflow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
)

// problemsOf returns the problems of an error as text.
func problemsOf(t *testing.T, err error) []string {
	t.Helper()
	var coded *fault.Error
	require.ErrorAs(t, err, &coded)
	require.Equal(t, workflow.CodeInvalid, coded.Code)
	require.Equal(t, fault.KindUsage, coded.Kind)
	require.NotEmpty(t, coded.Hint)
	list, ok := coded.Details.([]workflow.Problem)
	require.True(t, ok)
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.String()
	}
	return out
}

func parse(t *testing.T, text string) *workflow.Overrides {
	t.Helper()
	o, err := workflow.ParseOverrides("workflow.yaml", []byte(text))
	require.NoError(t, err)
	return o
}

func TestParseEverything(t *testing.T) {
	t.Parallel()
	o := parse(t, `
version: 1
edits: block
proofs:
  test_output: &tests
    command: [go, test, -json, -count, 1, ./...]
    parser: gotest
    timeout: 10m
  unit_test_output: *tests
  coverage_report:
    command: [go, test, -coverprofile=.layercake/tmp/cover.out, ./...]
    parser: gocover
    report: .layercake/tmp/cover.out
    thresholds: {coverage: 82.5}
gates:
  G5:
    proofs:
      lint_output: off
      accessibility_scan: {command: [npx, pa11y-ci], paths: [web/], min_bytes: 10}
    deliverables:
      runbook: {title: Runbook, path: docs/RUNBOOK.md, role: devops-engineer, kind: document}
  LEGAL:
    after: G6
    title: Legal review
    applies_when: {deployment_mode: [required, optional], has_ui: true}
    proofs: {manual_verification: {}}
`)
	require.Equal(t, workflow.EditsBlock, o.Edits)
	require.Len(t, o.Proofs, 3)
	require.Equal(t, []string{"go", "test", "-json", "-count", "1", "./..."}, o.Proofs[0].Command)
	require.Equal(t, 600, o.Proofs[0].Timeout)
	require.Equal(t, o.Proofs[0].Command, o.Proofs[1].Command, "aliases are fine")
	require.Equal(t, []workflow.ThresholdOverride{{Name: "coverage", Value: 82.5}}, o.Proofs[2].Thresholds)

	w := resolve(t, workflow.ResolveParams{Type: workflow.TypeTraditional, Overrides: o})
	require.Equal(t, "G1 G2 G3 G4 G5 G6 LEGAL G7 G8 G9", strings.Join(w.GateIDs(), " "))
	legal, _ := w.Gate("LEGAL")
	require.Equal(t, workflow.PhaseTesting, legal.Phase)
	require.Equal(t, "Approve: Legal review?", legal.Question)
	require.Equal(t, workflow.Conditions{"deployment_mode": {"optional", "required"}, "has_ui": {"true"}}, legal.AppliesWhen)
	require.Empty(t, legal.Next, "a gate that may not apply does not move the phase")
	g6, _ := w.Gate("G6")
	require.Equal(t, workflow.PhaseSecurityReview, g6.NextPhase(workflow.Facts{}))
	cover, _ := g6.Proof("coverage_report")
	require.InDelta(t, 82.5, *cover.Thresholds.Coverage, 0)
	require.Equal(t, ".layercake/tmp/cover.out", cover.Report)

	require.Equal(t, []string{
		"G5 no longer asks for lint_output",
	}, workflow.Weakens(resolve(t, workflow.ResolveParams{Type: workflow.TypeTraditional}), w))
}

func TestNothingToParse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# only a comment\n", "---\n", "version: 1\n", "proofs:\ngates:\n", "null\n"} {
		require.True(t, parse(t, text).Empty(), "%q", text)
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text, want string }{
		{"unknown key", "proofs:\n  test_output:\n    comand: [a]\n", `w.yaml:3:5: unknown key "comand" in proofs.test_output; did you mean "command"?`},
		{"unknown top key", "gate: {}\n", `w.yaml:1:1: unknown key "gate" in the file; did you mean "gates"?`},
		{"unknown proof type", "proofs:\n  tests_output: {}\n", `w.yaml:2:3: unknown proof type "tests_output"; did you mean "test_output"?`},
		{"unknown parser", "proofs:\n  test_output: {parser: gotests}\n", `w.yaml:2:25: unknown parser "gotests"; did you mean "gotest"?`},
		{"parser of another trade", "proofs:\n  test_output: {parser: lcov}\n", `w.yaml:2:25: parser lcov does not suit test_output; use exit, gotest, junit`},
		{"unknown gate", "gates:\n  G55: {}\n", `w.yaml:2:3: unknown gate "G55"; did you mean "G5"? to add a gate, say which one it comes after (after: G6)`},
		{"lower case gate", "gates:\n  g5: {}\n", `w.yaml:2:3: unknown gate "g5"; did you mean "G5"? to add a gate, say which one it comes after (after: G6)`},
		{"after an unknown gate", "gates:\n  X: {after: G55, title: X}\n", `w.yaml:2:14: unknown gate "G55"; did you mean "G5"?`},
		{"phase of a built-in gate", "gates:\n  G5: {phase: testing}\n", `w.yaml:2:8: unknown key "phase" in gates.G5; known are title, question, roles, applies_when, proofs, deliverables`},
		{"unknown phase", "gates:\n  X: {after: G5, title: X, phase: testng}\n", `w.yaml:2:35: unknown phase "testng"; did you mean "testing"?`},
		{"no title", "gates:\n  X: {after: G5}\n", `w.yaml:2:3: gate X is added here and needs a title`},
		{"unknown fact", "gates:\n  G4:\n    applies_when: {hasui: true}\n", `w.yaml:3:20: unknown key "hasui" in gates.G4.applies_when; did you mean "has_ui"?`},
		{"unknown value of a fact", "gates:\n  G4:\n    applies_when:\n      has_ui: maybe\n", `w.yaml:4:15: unknown has_ui "maybe"; known are true, false`},
		{"gate off", "gates:\n  G7: off\n", `w.yaml:2:7: a gate cannot be switched off here; choose a smaller preset, set applies_when, or let a person skip it with a reason`},
		{"command as a text", "proofs:\n  build_output:\n    command: go build ./...\n", `w.yaml:3:14: proofs.build_output.command must be a list of words, such as [go, test, ./...], not "go build ./...": commands run without a shell`},
		{"empty command", "proofs:\n  build_output:\n    command: []\n", `w.yaml:3:14: proofs.build_output.command is empty; name a program first`},
		{"a person's word", "proofs:\n  prd_review:\n    command: [a]\n", `w.yaml:3:5: prd_review is a person's word; no command can produce it`},
		{"a captured person", "proofs:\n  prd_review:\n    grade: captured\n", `w.yaml:3:12: prd_review is a person's word; it cannot be captured`},
		{"unknown grade", "proofs:\n  test_output: {grade: capture}\n", `w.yaml:2:24: unknown grade "capture"; did you mean "captured"?`},
		{"off for all gates", "proofs:\n  test_output: off\n", `w.yaml:2:16: a proof is switched off at one gate at a time: gates: {G5: {proofs: {test_output: off}}}`},
		{"percent", "proofs:\n  coverage_report: {thresholds: {coverage: 80%}}\n", `w.yaml:2:44: proofs.coverage_report.thresholds.coverage must be a number from 0 to 100, such as 80, not "80%"`},
		{"more than all", "proofs:\n  coverage_report: {thresholds: {coverage: 101}}\n", `w.yaml:2:44: proofs.coverage_report.thresholds.coverage must be a number from 0 to 100, such as 80, not "101"`},
		{"not a number", "proofs:\n  coverage_report: {thresholds: {coverage: .nan}}\n", `w.yaml:2:44: proofs.coverage_report.thresholds.coverage must be a number from 0 to 100, such as 80, not ".nan"`},
		{"negative count", "proofs:\n  test_output: {thresholds: {max_failures: -1}}\n", `w.yaml:2:44: proofs.test_output.thresholds.max_failures must be a whole number from 0 to 2147483647, not "-1"`},
		{"timeout", "proofs:\n  test_output: {timeout: 0}\n", `w.yaml:2:26: proofs.test_output.timeout must be between 1s and 24h, such as 10m, not "0"`},
		{"report outside", "proofs:\n  test_output: {report: ../x}\n", `w.yaml:2:25: proofs.test_output.report must be a path inside the project, relative to its root, not "../x"`},
		{"absolute path", "proofs:\n  test_output: {paths: [/etc]}\n", `w.yaml:2:25: proofs.test_output.paths must be a path inside the project, relative to its root, not "/etc"`},
		{"duplicate key", "edits: off\nproofs: {}\nedits: warn\n", `w.yaml:3:1: key "edits" in the file is a duplicate; it stands first in line 1`},
		{"merge key", "proofs:\n  test_output: &a {timeout: 5}\n  lint_output:\n    <<: *a\n", `w.yaml:4:5: merge keys (<<) are not supported; write the values out`},
		{"deliverable off", "gates:\n  G2:\n    deliverables:\n      user-storis: off\n", `w.yaml:4:7: gate G2 asks for no deliverable "user-storis", so there is nothing to switch off; did you mean "user-stories"?`},
		{"deliverable name", "gates:\n  G2:\n    deliverables:\n      User Stories: {}\n", `w.yaml:4:7: a deliverable's name is lower-case letters, digits and hyphens, not "User Stories"`},
		{"version", "version: 2\n", `w.yaml:1:10: version must be 1, not "2"`},
		{"a list", "- a\n", `w.yaml:1:1: the file must be a mapping, not a list`},
		{"second document", "edits: off\n---\nedits: warn\n", `w.yaml:2:1: a second document begins here; a workflow file holds one`},
		{"escape sequence", "gates:\n  G5: {title: \"a\\e[2Jb\"}\n", `w.yaml:2:15: gates.G5.title contains the character U+001B, which cannot be shown`},
		{"bad YAML", "edits: off\n proofs: [\n", `w.yaml:2:1: not valid YAML: mapping values are not allowed in this context`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := workflow.ParseOverrides("w.yaml", []byte(tc.text))
			require.Equal(t, []string{tc.want}, problemsOf(t, err))
			require.EqualError(t, err, tc.want)
		})
	}
}

func TestParseReportsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := workflow.ParseOverrides("w.yaml", []byte("edits: loud\nproofs:\n  test_output: {timeout: x, grade: y}\n  vibes: {}\n"))
	require.Len(t, problemsOf(t, err), 4)
	require.EqualError(t, err, `w.yaml:1:8: unknown edit policy "loud"; known are off, warn, block (and 3 more problems)`)
}

func TestParseIsBounded(t *testing.T) {
	t.Parallel()
	_, err := workflow.ParseOverrides("w.yaml", make([]byte, workflow.MaxOverridesSize+1))
	require.Equal(t, []string{"w.yaml: the file has 262145 bytes; at most 262144 are read"}, problemsOf(t, err))

	// Ten levels of ten aliases would be ten thousand million values.
	var bomb strings.Builder
	bomb.WriteString("gates:\n  G4:\n    applies_when:\n      has_ui: &l0 [true, false, true, false, true, false, true, false, true, false]\n")
	bomb.WriteString("  G5:\n    proofs:\n      test_output: &p {command: [a], thresholds: {max_failures: 0}}\n    deliverables: &d0\n")
	for i := range 150 {
		fmt.Fprintf(&bomb, "      d%d: &e%d {title: t}\n", i, i)
	}
	for i := range 500 {
		fmt.Fprintf(&bomb, "  X%d: {after: G6, title: x, deliverables: *d0}\n", i)
	}
	_, err = workflow.ParseOverrides("w.yaml", []byte(bomb.String()))
	list := problemsOf(t, err)
	require.Contains(t, list[len(list)-1], "more than 50000 values once aliases are written out")

	var mistakes strings.Builder
	mistakes.WriteString("proofs:\n")
	for i := range 5000 {
		fmt.Fprintf(&mistakes, "  vibes%d: {}\n", i)
	}
	_, err = workflow.ParseOverrides("w.yaml", []byte(mistakes.String()))
	require.Len(t, problemsOf(t, err), 100)

	_, err = workflow.ParseOverrides("w.yaml", []byte("gates: &g\n  X: *g\n"))
	require.Error(t, err, "a value that contains itself")
	_, err = workflow.ParseOverrides("w.yaml", []byte(strings.Repeat("[", 20_000)))
	require.Error(t, err)
}

func TestResolveErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		params     workflow.ResolveParams
		want       string
	}{
		{
			"a gate that the preset lacks", "gates:\n  G7:\n    proofs: {smoke_test: {}}\n", workflow.ResolveParams{Preset: workflow.PresetStandard},
			`w.yaml:2:3: preset "standard" of type "traditional" has no gate G7; it has G1, G2, G3, G4, G5, G6`,
		},
		{
			"after a gate that the preset lacks", "gates:\n  X:\n    title: X\n    after: G7\n", workflow.ResolveParams{Preset: workflow.PresetSimple},
			`w.yaml:4:5: preset "simple" of type "traditional" has no gate G7 to come after; it has G1, G3, G6`,
		},
		{
			"nothing to switch off", "gates:\n  G5:\n    proofs:\n      security_scan: off\n", workflow.ResolveParams{},
			`w.yaml:4:7: gate G5 does not ask for security_scan, so there is nothing to switch off`,
		},
		{
			"coverage that nobody can tell", "proofs:\n  coverage_report:\n    command: [make, cover]\n", workflow.ResolveParams{},
			`w.yaml:2:3: coverage_report at gate G6 must be at least 80 %, which parser exit cannot tell; use gocover, lcov or cobertura`,
		},
		{
			"a limit that nobody can tell", "proofs:\n  lint_output:\n    command: [make, lint]\n    thresholds:\n      max_high: 3\n", workflow.ResolveParams{},
			`w.yaml:5:7: parser exit cannot tell max_high; use sarif, golangci, govulncheck, npm-audit or eslint`,
		},
		{
			"an attested command", "proofs:\n  test_output:\n    command: [a]\n    grade: attested\n", workflow.ResolveParams{},
			`w.yaml:4:5: test_output at gate G5 has a command, and its grade is attested, which a command cannot give; say captured, or leave out the command`,
		},
		{
			"a deliverable without a title", "gates:\n  G3:\n    deliverables:\n      ai-design: {path: x.md}\n", workflow.ResolveParams{},
			`w.yaml:4:7: gate G3 has no deliverable "ai-design"; to add it, give it a title`,
		},
		{
			"a way that no project goes", "gates:\n  X:\n    after: G5\n    title: X\n    next: [deployment]\n", workflow.ResolveParams{},
			`w.yaml:5:5: no project of type traditional goes from development to deployment`,
		},
		{
			"a phase out of order", "gates:\n  X:\n    after: G5\n    title: X\n    phase: planning\n", workflow.ResolveParams{},
			`w.yaml:5:5: gate X closes planning, which comes before development, the phase of gate G5 before it`,
		},
		{
			"a phase too far", "gates:\n  X:\n    after: G2\n    title: X\n    phase: testing\n", workflow.ResolveParams{},
			`w.yaml:5:5: gate X closes testing, which comes after architecture, the phase of gate G3 behind it`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o, err := workflow.ParseOverrides("w.yaml", []byte(tc.text))
			require.NoError(t, err)
			tc.params.Type, tc.params.Overrides = workflow.TypeTraditional, o
			_, err = workflow.Resolve(tc.params)
			require.Contains(t, problemsOf(t, err), tc.want)
		})
	}
}

func FuzzParseOverrides(f *testing.F) {
	for _, seed := range []string{
		"", "version: 1\nedits: off\n", "gates:\n  X: {after: G5, title: x, next: [{to: testing, when: {has_ui: true}}]}\n",
		"proofs:\n  test_output: &a\n    command: [a, \"b\\n\"]\n  lint_output: *a\n", "gates: &g\n  X: *g\n", "? [a]\n: b\n", "{a: *b}", "%YAML 1.1\n---\n",
		"gates:\n  G5:\n    deliverables: {code: off, x: {title: y}}\n    roles: []\n    applies_when: always\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := workflow.ParseOverrides("w.yaml", data)
		if err != nil {
			problemsOf(t, err)
			return
		}
		text, err := workflow.Render(o)
		require.NoError(t, err)
		again, err := workflow.ParseOverrides("w.yaml", text)
		require.NoError(t, err, "%s", text)
		same(t, o, again)
		if w, err := workflow.Resolve(workflow.ResolveParams{Type: workflow.TypeTraditional, Overrides: o}); err == nil {
			require.NotEmpty(t, w.Digest())
		}
	})
}
