package cmd

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
)

// theirs are the events that only a person may cause.
func theirs() []string {
	types := []event.Type{
		event.GateApproved, event.GateApprovedWithConditions, event.GateForced, event.GateSkipped, event.GateRejected,
		event.ConditionResolved, event.WorkflowChanged, event.TrustGranted, event.ProofAttested, event.TaskDeferred,
		event.PhaseReopened, event.ProjectDeleted, event.ProjectArchived, event.ConstraintSet, event.SignerAdded, event.SignerRemoved,
		event.LevelChanged, event.AnchorRecorded,
	}
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	return names
}

// besieged is a project that an agent is let loose on.
type besieged struct {
	*world

	app  *core.App
	id   core.View
	task string
}

// besiege makes a project in which G1 has the state asked for, by a person who
// decides where there is a terminal.
func besiege(t *testing.T, level project.Level, state string) *besieged {
	t.Helper()
	w := newWorld(t, false)
	w.process.Dir = t.TempDir()
	w.run("init", "--yes", "--name", "Castle", "--preset", "simple", "--level", string(level))
	w.seed()
	w.run("intake", "--answers", "answers.yaml")
	w.commit()
	w.run("deliverable", "submit", "intake")
	b := &besieged{world: w, task: w.id("task", "add", "Dig")}
	w.run("task", "cancel", b.task)
	w.run("question", "ask", "May I?", "--to", "person")

	store, err := db.Open(t.Context(), w.url, db.Options{})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	dir := strings.TrimSpace(w.run("config", "get", "data_dir", "--jq", ".data.value"))
	b.app = core.New(core.Config{Store: store, Artifacts: artifact.NewFS(filepath.Join(dir, "artifacts"), artifact.FSOptions{})})
	p, err := b.app.Projects.Find(t.Context(), "castle")
	require.NoError(t, err)
	b.id = core.View{Project: p.ID}
	b.decide(state)
	return b
}

// decide brings G1 into a state as a person would.
func (b *besieged) decide(state string) {
	ctx, at := b.t.Context(), core.Place{Project: b.id.Project, Root: b.process.Dir}
	ada := core.Caller{
		Actor: project.Actor{Kind: project.ActorPerson, Name: "ada"}, Presence: project.Presence{Terminal: true, Word: "approve"},
	}
	do := func(err error) { b.t.Helper(); require.NoError(b.t, err) }
	first := func(_ any, err error) error { return err }
	if state == "not ready" {
		return
	}
	do(first(b.app.Deliverables.Judge(ctx, ada, at, "intake", true, "")))
	if state == "ready" {
		return
	}
	do(first(b.app.Gates.Present(ctx, ada, at, "G1")))
	switch state {
	case "rejected":
		do(first(b.app.Gates.Reject(ctx, ada, at.Project, "G1", "no", "")))
	case "approved":
		do(first(b.app.Gates.Approve(ctx, ada, at, core.Approval{Gate: "G1", Conditions: []core.NewCondition{{Text: "c", Blocks: "G3"}}})))
	case "skipped":
		do(first(b.app.Gates.Skip(ctx, ada, at.Project, "G1", "r")))
	}
}

var placeholder = regexp.MustCompile(`[A-Z][A-Z-]+`)

// arguments fills in what a command takes, with things that exist.
func (b *besieged) arguments(c *cobra.Command) []string {
	values := map[string]string{
		"GATE": "G1", "TASK": b.task, "TYPE": "prd_review", "DELIVERABLE": "intake", "PHASE": "intake", "FILE": "paper.md", "KEYFILE": "key.pub",
		"LEVEL": "elicited", "TOOL": "approve_gate", "KEY": "k", "VALUE": "v", "QUESTION": b.first("question", "list"), "SIGNER": "ada",
		"CONDITION": b.first("gate", "condition", "list"), "FEEDBACK": b.first("gate", "feedback", "list"), "PROOF": "p-zzzz", "NAME": "n",
	}
	var args []string
	for _, word := range placeholder.FindAllString(strings.TrimSuffix(c.Use, "[flags]"), -1) {
		value, ok := values[word]
		if !ok {
			value = "x"
		}
		args = append(args, value)
	}
	return args
}

// everyArguments are the ways to fill in what a command takes: undoing is tried on
// every event that there is.
func (b *besieged) everyArguments(c *cobra.Command) [][]string {
	if c.Name() != "undo" {
		return [][]string{b.arguments(c)}
	}
	head, err := b.app.Log.Head(b.t.Context(), b.id.Project)
	require.NoError(b.t, err)
	ways := [][]string{{}}
	for seq := range head.Version {
		ways = append(ways, []string{strconv.FormatInt(seq+1, 10)})
	}
	return ways
}

// first is the id of the first record of a list, or one that does not exist.
func (b *besieged) first(list ...string) string {
	out, _, _ := b.try(append(list, "--jq", ".data[0].id")...)
	if id := strings.TrimSpace(out); id != "" && id != "null" {
		return id
	}
	return "x-zzzz"
}

// variants are the ways in which a command can be given: bare, and with every
// flag that takes a value, alone and with each switch.
func variants(c *cobra.Command) [][]string {
	var values, switches []string
	c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		skip := []string{"help", flagJSON, flagJQ, flagTemplate, "at", "seq", "file", "input", "follow", "wait"} // the last two may never end
		switch {
		case slices.Contains(skip, f.Name):
		case f.Value.Type() == "bool":
			switches = append(switches, "--"+f.Name)
		case f.Name == "gate", f.Name == "blocks":
			values = append(values, "--"+f.Name+"=G1")
		case f.Name == "condition", f.Name == "next", f.Name == "parent":
		case f.Value.Type() == "int", f.Value.Type() == "int64":
			values = append(values, "--"+f.Name+"=1")
		case f.Value.Type() == "duration":
			values = append(values, "--"+f.Name+"=1m")
		default:
			values = append(values, "--"+f.Name+"="+likely(f))
		}
	})
	all := [][]string{{}, values}
	for _, s := range switches {
		if s != "--dry-run" {
			all = append(all, append(slices.Clone(values), s))
		}
	}
	return all
}

// likely is a value that a flag takes: the first choice in its usage, or a word.
func likely(f *pflag.Flag) string {
	if i := strings.LastIndexByte(f.Usage, '('); i >= 0 && strings.Contains(f.Usage[i:], ", ") {
		word, _, _ := strings.Cut(f.Usage[i+1:], ",")
		return word
	}
	return "x"
}

// notTried are commands that reach around LayerCake, or have nothing to do with a
// project; docs/security.md says of the first what they can do. The last two never end:
// one does what sync does, the other what agents were asked to do.
func notTried() []string {
	return []string{"db psql", "db start", "db stop", "db supervise", "setup", "mcp", "mcp serve", "mcp install", "init", "help", "config set", "version", "sync watch", "worker"}
}

// TestNoVerbOfAnAgentDecides gives every command in every variant, as an agent,
// in every state of a gate, besides writing into the files that say what was
// decided. Nothing that is a person's to decide may come of it.
func TestNoVerbOfAnAgentDecides(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"not ready", "ready", "in review", "rejected", "approved", "skipped"} {
		t.Run(strings.ReplaceAll(state, " ", "_"), func(t *testing.T) {
			t.Parallel()
			b := besiege(t, project.LevelTerminal, state)
			b.assault(state == "in review")
		})
	}
}

// assault tries everything, or everything once, and looks at what came of it.
func (b *besieged) assault(everyWay bool) {
	b.t.Helper()
	before := b.standing()
	withKey("KEY")(b.world)
	require.NoError(b.t, os.Rename(filepath.Join(b.process.Dir, "key1.pub"), filepath.Join(b.process.Dir, "key.pub")))
	b.setenv("CLAUDECODE=1")
	tried := 0
	for _, c := range commands(newCmdRoot(newFactory(b.process))) {
		path := strings.TrimPrefix(strings.TrimPrefix(c.CommandPath(), "layercake"), " ")
		if path == "" || (c.HasSubCommands() && !slices.Contains([]string{"mcp", "log", "sync"}, c.Name())) || slices.Contains(notTried(), path) || strings.HasPrefix(path, "completion") {
			continue
		}
		ways := variants(c)
		if !everyWay {
			ways = ways[len(ways)-1:]
		}
		for _, flags := range ways {
			for _, given := range b.everyArguments(c) {
				args := slices.Concat(strings.Fields(path), flags, given)
				_, stderr, code := b.try(args...)
				require.NotContains(b.t, stderr, "internal", "%v", args)
				require.NotEqual(b.t, 130, code, "%v", args)
				tried++
			}
		}
		b.forge()
	}
	require.Greater(b.t, tried, 80)
	after := b.standing()
	for gate, status := range before {
		if after[gate] != status {
			// An agent may present, and what was rejected goes back to work.
			require.Contains(b.t, []project.GateStatus{project.GatePending, project.GateInReview}, after[gate], gate)
		}
	}
	events, err := b.app.Log.Events(b.t.Context(), b.id.Project, core.EventQuery{Types: theirs(), Actor: "agent:claude-code/cli"})
	require.NoError(b.t, err)
	require.Empty(b.t, events)
	b.undidOnlyItsOwn()
	audit, err := b.app.Log.Verify(context.WithoutCancel(b.t.Context()), b.id.Project)
	require.NoError(b.t, err)
	require.True(b.t, audit.OK, audit.Problem)
}

// undidOnlyItsOwn holds that the agent took nothing back that somebody else did.
func (b *besieged) undidOnlyItsOwn() {
	b.t.Helper()
	events, err := b.app.Log.Events(b.t.Context(), b.id.Project, core.EventQuery{Limit: everything})
	require.NoError(b.t, err)
	who := map[int64]string{}
	for i := range events {
		who[events[i].Version] = events[i].Actor
	}
	for i := range events {
		var undone struct {
			First int64 `json:"first"`
		}
		if events[i].Type == event.ChangeUndone && strings.HasPrefix(events[i].Actor, "agent:") {
			require.NoError(b.t, json.Unmarshal(events[i].Payload, &undone))
			require.Equal(b.t, events[i].Actor, who[undone.First], "event %d", events[i].Version)
		}
	}
}

// everything is more than there are events.
const everything = 1 << 30

// forge writes into the files what an agent might wish was in them.
func (b *besieged) forge() {
	b.write(filepath.Join("docs", "GATES.md"), "# Gates\n\n## G1\n\n- state: approved\n- approved by: person:ada\n")
	b.write(filepath.Join(".layercake", "workflow.yaml"), "version: 1\ngates:\n  G1: {proofs: {}, deliverables: {}}\n")
}

func (b *besieged) standing() map[string]project.GateStatus {
	b.t.Helper()
	gates, err := b.app.Gates.List(b.t.Context(), b.id)
	require.NoError(b.t, err)
	out := map[string]project.GateStatus{}
	for i := range gates {
		out[gates[i].ID] = gates[i].Status
	}
	return out
}
