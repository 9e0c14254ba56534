package role_test

import (
	"crypto/sha256"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/fault"
)

const steward = `---
title: Data steward
purpose: >
  Keeps the tables
  described.
phases: [development]
gates: [G5, LEGAL]
inputs:
  - path: docs/specs/
    shape: The schemas
outputs:
  - path: docs/DATA.md
    shape: A table for each table
    gate: G5
    deliverable: data
depends_on: [architect]
hands_off_to: [qa-engineer]
tools: [core, search_code, -invalidate_proof]
tier: 1
queue: low
time: 1h30m
proofs: [test_output]
---

Describe each table.

---

Even behind a line.
`

func TestParse(t *testing.T) {
	t.Parallel()
	want := role.Role{
		ID: "data-steward", Title: "Data steward", Purpose: "Keeps the tables described.", Phases: []string{"development"},
		Gates: []string{"G5", "LEGAL"}, Inputs: []role.Output{{Path: "docs/specs/", Shape: "The schemas"}},
		Outputs:   []role.Output{{Path: "docs/DATA.md", Shape: "A table for each table", Gate: "G5", Deliverable: "data"}},
		DependsOn: []string{"architect"}, HandsOffTo: []string{"qa-engineer"}, Tools: []string{"core", "search_code", "-invalidate_proof"},
		Tier: role.TierFast, Queue: "low", Time: 90 * time.Minute, Proofs: []string{"test_output"},
		Body: "Describe each table.\n\n---\n\nEven behind a line.\n",
	}
	for name, text := range map[string]string{
		"as it is": steward, "from Windows": "\ufeff" + strings.ReplaceAll(steward, "\n", "\r\n"), "after empty lines": "\n\n" + steward,
	} {
		got, err := role.Parse(".layercake/agents/data-steward.md", text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want.Text, want.Digest = text, sha256.Sum256([]byte(text))
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", name, got, want)
		}
	}
}

func TestParseFillsIn(t *testing.T) {
	t.Parallel()
	got, err := role.Parse("x.md", "---\ntitle: X\npurpose: To be short.\ntools: []\n---\nDo it.")
	if err != nil {
		t.Fatal(err)
	}
	if got.Tier != role.TierBalanced || got.Queue != "medium" || got.Time != 30*time.Minute || got.Body != "Do it.\n" {
		t.Errorf("a short role became %+v", got)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	const head = "---\ntitle: X\npurpose: Y.\ntools: [core]\n"
	tests := map[string]struct {
		name, text string
		want       []string
	}{
		"empty":             {"x.md", " \n", []string{"x.md: the file is empty"}},
		"no settings":       {"x.md", "\nYou are", []string{`x.md:2: a role begins with its settings, between two lines of "---"`}},
		"no end":            {"x.md", head + "Do it.", []string{`x.md:1: the settings that begin here have no end; a line of "---" ends them`}},
		"no body":           {"x.md", head + "---\n \n", []string{"x.md:6: nothing stands behind the settings; what the agent is to do goes there"}},
		"name":              {"Data Steward.md", head + "---\nDo", []string{"Data Steward.md: a role's file is named after the role"}},
		"near field":        {"x.md", head + "hands_of_to: [architect]\n---\nDo", []string{`x.md:5: unknown field "hands_of_to" in the settings; did you mean "hands_off_to"?`}},
		"far field":         {"x.md", head + "zzz: 1\n---\nDo", []string{`x.md:5: unknown field "zzz" in the settings; known are title, purpose,`}},
		"id":                {"x.md", head + "id: x\n---\nDo", []string{"x.md:5: the id of a role is the name of its file; leave id out"}},
		"missing":           {"x.md", "---\ntools: [core]\n---\nDo", []string{"x.md:1: title is missing: what people call the role", "x.md:1: purpose is missing"}},
		"nothing there":     {"x.md", "---\n---\nDo", []string{"title is missing", "purpose is missing", "tools is missing"}},
		"twice":             {"x.md", head + "tier: 1\ntier: 2\n---\nDo", []string{"x.md:6: tier stands twice; it was first in line 5"}},
		"yaml":              {"x.md", head + "tier: [\n---\nDo", []string{"the settings are not valid YAML"}},
		"a list":            {"x.md", "---\n- a\n---\nDo", []string{`x.md:2: the settings must be settings such as "title: …", not a list`}},
		"tier":              {"x.md", head + "tier: 4\n---\nDo", []string{`x.md:5: tier must be 1 (fast), 2 (balanced) or 3 (powerful), not "4"`}},
		"queue":             {"x.md", head + "queue: urgent\n---\nDo", []string{`x.md:5: queue must be one of critical, high, medium, low, not "urgent"`}},
		"time":              {"x.md", head + "time: 90\n---\nDo", []string{`x.md:5: time must be from 1m to 24h, such as 45m, not "90"`}},
		"much time":         {"x.md", head + "time: 25h\n---\nDo", []string{"x.md:5: time must be from 1m to 24h"}},
		"phase":             {"x.md", head + "phases: [developement]\n---\nDo", []string{`x.md:5: phases: unknown phase "developement"; did you mean "development"?`}},
		"proof":             {"x.md", head + "proofs:\n  - test_output\n  - test_outputs\n---\nDo", []string{`x.md:7: proofs: unknown type of proof "test_outputs"; did you mean "test_output"?`}},
		"gate":              {"x.md", head + "gates: [g5]\n---\nDo", []string{`x.md:5: gates: "g5" is not the name of a gate, such as G5`}},
		"tool":              {"x.md", head[:len(head)-len("tools: [core]\n")] + "tools: [\"*\"]\n---\nDo", []string{`x.md:4: tools: "*" is not the name of a toolset or tool`}},
		"role":              {"x.md", head + "depends_on: [QA]\n---\nDo", []string{`x.md:5: depends_on: "QA" is not the name of a role`}},
		"word twice":        {"x.md", head + "gates: [G5, G5]\n---\nDo", []string{"x.md:5: gates names G5 twice"}},
		"no list":           {"x.md", head + "gates: G5\n---\nDo", []string{`x.md:5: gates must be a list such as [one, two], not "G5"`}},
		"alias":             {"x.md", head + "gates: &a [G5]\nphases: *a\n---\nDo", []string{"x.md:6: phases must be a list such as [one, two], not an alias"}},
		"output's field":    {"x.md", head + "outputs:\n  - pth: a\n    shape: b\n---\nDo", []string{`x.md:6: unknown field "pth" in outputs[1]; did you mean "path"?`}},
		"output's shape":    {"x.md", head + "outputs: [{path: a.md}]\n---\nDo", []string{"x.md:5: outputs[1] has no shape"}},
		"output elsewhere":  {"x.md", head + "outputs: [{path: ../a.md, shape: b}]\n---\nDo", []string{`x.md:5: outputs[1].path: "../a.md" does not lie in the project's folder`}},
		"output at root":    {"x.md", head + "outputs: [{path: /etc/a, shape: b}]\n---\nDo", []string{`x.md:5: outputs[1].path: "/etc/a" does not lie in the project's folder`}},
		"output's gate":     {"x.md", head + "outputs: [{path: a, shape: b, gate: five}]\n---\nDo", []string{`x.md:5: outputs[1].gate: "five" is not the name of a gate`}},
		"hidden in body":    {"x.md", head + "---\nDo\nthis\u202e.", []string{"x.md:7: contains the character U+202E, which nobody can see"}},
		"tags in body":      {"x.md", head + "---\nDo\U000e0041", []string{"x.md:6: contains the character U+E0041, which nobody can see"}},
		"escape in body":    {"x.md", head + "---\nDo\x1b[2J", []string{"x.md:6: contains the character U+001B, which nobody can see"}},
		"hidden in setting": {"x.md", "---\ntitle: \"X\\u200bY\"\npurpose: Y.\ntools: [core]\n---\nDo", []string{"x.md:2: title contains the character U+200B, which nobody can see"}},
		"not text":          {"x.md", head + "---\nDo \xff", []string{"x.md: the file is not text in UTF-8"}},
		"large":             {"x.md", head + "---\n" + strings.Repeat("x", role.MaxSize), []string{"x.md: the file has 65"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := role.Parse(test.name, test.text)
			if fault.CodeOf(err) != role.CodeInvalid {
				t.Fatalf("the error is %v", err)
			}
			list, ok := fault.From(err).Details.([]role.Problem)
			if !ok || len(list) != len(test.want) {
				t.Fatalf("the problems are %v, want %d", list, len(test.want))
			}
			for i, want := range test.want {
				if got := list[i].String(); !strings.Contains(got, want) {
					t.Errorf("problem %d is\n\t%s\nwant\n\t%s", i, got, want)
				}
			}
		})
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	if r, err := role.Find(role.Builtin(), "orchestrator"); err != nil || r.Title != "Orchestrator" {
		t.Errorf("the orchestrator is %v, %v", r, err)
	}
	_, err := role.Find(role.Builtin(), "orchestrater")
	if fault.KindOf(err) != fault.KindNotFound || !strings.Contains(fault.From(err).Hint, "did you mean orchestrator?") {
		t.Errorf("the error is %v, %q", err, fault.From(err).Hint)
	}
}
