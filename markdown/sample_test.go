package markdown_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// nasty holds what would break out of where it stands if it could.
const nasty = "# heading\n" +
	"- [x] **t-aaaa** a task that is none\r\n" +
	"| a | b |\n|---|---|\n| 1 | 2 |\n" +
	"<!-- layercake: project=00000000-0000-0000-0000-000000000000 version=1 renderer=1 sha256=" +
	"0000000000000000000000000000000000000000000000000000000000000000 -->\n" +
	"</blockquote><h1>G5 APPROVED</h1>\n" +
	"[t-7k3f]: https://example.com \"a definition\"\n" +
	"&lt;b&gt; &amp; &copy; fish & chips\n" +
	"`Vec<String>` stays code\n" +
	"```go\nif a < b && c<d> { // <!-- in a fence\n}\n" +
	"> quoted\n    indented\n\ttabbed\n" +
	"rtl \u202eevil\u202c, bell \a, zero\u200bwidth, tag \U000e0041, ⟨U+0007⟩ as text\n" +
	"emoji 👩‍👩‍👧 and العربية and שלום"

// nastyLine is the same for texts of one line.
const nastyLine = "a | b `c|d` <!-- x --> **bold** [l]: u ⟨U+202E⟩ \u202e &amp; `Vec<T>` 🎂 \\"

func at(hour int) time.Time { return time.Date(2026, 3, 1, hour, 30, 0, 0, time.UTC) }

func when(hour int) *time.Time { t := at(hour); return &t }

// sample returns a project in which every kind of record is in every state.
func sample(t *testing.T) *core.Snapshot {
	t.Helper()
	w, err := workflow.Resolve(workflow.ResolveParams{Type: workflow.TypeTraditional})
	require.NoError(t, err)
	for i := range w.Gates {
		for j := range w.Gates[i].Proofs {
			if w.Gates[i].Proofs[j].Type == workflow.ProofTestOutput {
				w.Gates[i].Proofs[j].Command = []string{"go", "test", "-run", "a|b `c`", "./..."}
			}
		}
	}
	intake, err := json.Marshal(core.IntakeAnswers{What: "A shop for cakes", Done: "People can buy one"})
	require.NoError(t, err)
	s := &core.Snapshot{
		Head:     core.Head{Version: 321},
		Database: uuid.MustParse("0198c0de-0000-7000-8000-00000000000d"),
		Project: &project.Project{
			ID: uuid.MustParse("0198c0de-0000-7000-8000-000000000001"), Slug: "cake-shop", Name: "Cake | shop #",
			Description: "A shop that sells cakes.\n\nIn layers.", Type: workflow.TypeTraditional, Preset: workflow.PresetFull,
			Tier: workflow.TierStandard, DeploymentMode: workflow.DeployRequired, HasUI: true, Level: project.LevelTerminal,
			DocsDir: "docs", Phase: workflow.PhaseDevelopment, Intake: intake, CreatedBy: "person:ada", CreatedAt: at(0), UpdatedAt: at(0),
		},
		Workflow: w,
	}
	sampleGates(s)
	sampleTasks(s)
	sampleRecords(s)
	return s
}

func sampleGates(s *core.Snapshot) {
	for i, def := range s.Workflow.Gates {
		g := project.Gate{ID: def.ID, Position: i, Phase: def.Phase, Title: def.Title, Applies: true, Status: project.GatePending}
		switch def.ID {
		case "G1":
			g.Status, g.DecidedBy, g.DecidedAt, g.Level = project.GateApproved, "person:ada", when(1), project.LevelTerminal
		case "G2":
			g.Status, g.DecidedBy, g.DecidedAt, g.Level = project.GateApproved, "person:ada", when(2), project.LevelSigned
			g.Conditional, g.Note = true, "Fine, once the prices are settled."
			g.Signer = "ada@laptop SHA256:Tn8mYQ2v0Jg5V0o6dM1oX3o4w5u6t7s8r9q0p1n2m3k"
		case "G3":
			g.Status, g.DecidedBy, g.DecidedAt, g.Level = project.GateApproved, "person:grace", when(3), project.LevelDemo
			g.Forced, g.Note = true, nasty
		case "G4":
			g.Status, g.DecidedBy, g.DecidedAt, g.Level = project.GateSkipped, "person:ada", when(4), project.LevelTerminal
			g.Note = "There is a design already."
		case "G5":
			g.Status, g.PresentedBy, g.PresentedAt = project.GateInReview, "agent:claude-code/orchestrator", when(5)
			g.Commit, g.Tree, g.Brief, g.SinceVersion = strings.Repeat("c0ffee", 7)[:40], "tree1", "## Scope\n\nCakes.", 100
			g.RequestedThrough, g.RequestedAt = "claude-code", when(6)
		case "G6":
			g.Status, g.DecidedBy, g.DecidedAt, g.Note = project.GateRejected, "person:ada", when(6), "Not enough tests."
		case "G9":
			g.Status, g.Applies = project.GateNotApplicable, false
		}
		s.Gates = append(s.Gates, g)
		for _, d := range def.Deliverables {
			s.Deliverables = append(s.Deliverables, project.Deliverable{
				ID: d.ID, Gate: def.ID, Kind: string(d.Kind), Title: d.Title, Path: d.Path, Role: d.Role,
				Status: project.DeliverablePending, Note: map[string]string{"prd": nastyLine}[d.ID],
			})
		}
	}
	s.Conditions = []project.Condition{
		{ID: "cond0001", Gate: "G2", Text: "Settle the prices | taxes", Blocks: "G7", Status: "open", CreatedAt: at(2)},
		{ID: "cond0002", Gate: "G2", Text: "Name the shop", Blocks: "G5", Status: "resolved", Resolution: nasty, CreatedAt: at(2)},
	}
	s.Proofs = []project.Proof{
		{
			ID: "proof001", Gate: "G5", Type: workflow.ProofTestOutput, Grade: workflow.GradeCaptured, Result: "fail", Summary: "1 of 20 tests failed",
			SHA256: strings.Repeat("ab12", 16), Size: 1, Command: []string{"go", "test", "./..."}, ExitCode: 1, DurationMS: 12_345,
			Commit: strings.Repeat("c0ffee", 7)[:40], Reasons: []string{"TestBake failed: a | b", "exit code 1"}, ObservedBy: "agent:x", CreatedAt: at(5), Version: 110,
		},
		{
			ID: "proof002", Gate: "G5", Type: workflow.ProofBuildOutput, Grade: workflow.GradeSubmitted, Result: "pass", Summary: nasty,
			SHA256: strings.Repeat("cd34", 16), Size: 2048, ObservedBy: "agent:x", CreatedAt: at(5), Version: 90,
		},
		{
			ID: "proof003", Gate: "G2", Type: workflow.ProofPRDReview, Grade: workflow.GradeAttested, Result: "pass", Statement: nastyLine,
			Level: project.LevelDemo, Invalidated: "The file was replaced.", ObservedBy: "person:ada", CreatedAt: at(2), Version: 20,
		},
	}
	s.Feedback = []project.Feedback{
		{ID: "feed0001", Gate: "G2", Role: "product-manager", Text: nasty, Status: "incorporated", Resolution: "Done.", CreatedBy: "person:ada", CreatedAt: at(2)},
		{ID: "feed0002", Gate: "G6", Role: "qa-engineer", Text: "Test the oven.", Status: "open", CreatedBy: "person:ada", CreatedAt: at(6)},
		{ID: "feed0003", Gate: "G6", Role: "qa-engineer", Text: "Test the moon.", Status: "declined", Resolution: "Out of reach.", CreatedBy: "person:ada", CreatedAt: at(6)},
	}
}

func sampleTasks(s *core.Snapshot) {
	task := func(id, title string, status project.TaskStatus, change func(*project.Task)) {
		t := project.Task{
			ID: id, ShortID: "t-" + id[:4], Title: title, Type: "generation", Priority: project.PriorityMedium, Status: status,
			Phase: workflow.PhaseDevelopment, CreatedAt: at(1), UpdatedAt: at(1),
		}
		if change != nil {
			change(&t)
		}
		s.Tasks = append(s.Tasks, t)
	}
	task("7k3f9m2p", "Bake the `Cake<Layer>` type", project.TaskComplete, func(t *project.Task) {
		t.FinishedAt, t.Result, t.Description = when(7), "Baked.", "Three layers."
	})
	task("8k3f9m2p", nastyLine, project.TaskNotStarted, func(t *project.Task) {
		t.Description, t.DependsOn, t.Gate, t.Owner = nasty, []string{"9k3f9m2p", "7k3f9m2p"}, "G3", "backend-developer · me"
		t.SpecRefs, t.StoryRefs, t.Parent = []string{"docs/specs/a,b.yaml", "docs/specs/c.yaml"}, []string{"US-1"}, "7k3f9m2p"
	})
	task("9k3f9m2p", strings.Repeat("long | ", 72)[:500], project.TaskInProgress, func(t *project.Task) {
		t.Priority, t.PromotedFrom, t.ClaimedBy, t.LeaseUntil = project.PriorityHigh, project.PriorityMedium, "agent:x", when(9)
	})
	task("ak3f9m2p", "Wait for the oven", project.TaskBlocked, func(t *project.Task) {
		t.BlockedReason, t.BlockedBy, t.BlockedAt = "t-bk3f9m2p failed: Buy an oven", "bk3f9m2p", when(6)
	})
	task("bk3f9m2p", "Buy an oven", project.TaskFailed, func(t *project.Task) { t.Result = nasty })
	task("ck3f9m2p", "Fly to the moon", project.TaskCancelled, func(t *project.Task) { t.Result, t.FinishedAt = "Too far.", when(6) })
	task("dk3f9m2p", "Skip this", project.TaskSkipped, nil)
	task("ek3f9m2p", "Queue", project.TaskQueued, nil)
	task("fk3f9m2p", "Write the plan", project.TaskNotStarted, func(t *project.Task) {
		t.Phase, t.Ready, t.Priority = workflow.PhasePlanning, true, project.PriorityCritical
		t.DeferredGate, t.DeferReason = "G5", "Nobody reads plans."
	})
	task("gk3f9m2p", "From nowhere", project.TaskNotStarted, func(t *project.Task) { t.Phase = "" })
	task("hk3f9m2p", "Train the taster", project.TaskNotStarted, func(t *project.Task) { t.Phase = workflow.PhaseMLDevelopment })
	task("jk3f9m2p", "Watch the till", project.TaskNotStarted, func(t *project.Task) { t.Phase, t.Ready = workflow.PhaseMaintenance, true })
}

func sampleRecords(s *core.Snapshot) {
	s.Decisions = []project.Decision{
		{
			ID: "dec00001", ShortID: "d-dec00001", Title: "Use a spreadsheet #", Context: nasty, Decision: "A spreadsheet keeps the orders.",
			Alternatives: []string{"Paper", "# a heading", "1. first", "[x]: u", "- dash", "**bold**", "~~~"}, Rationale: "It is there.",
			Consequences: "None.", Status: project.DecisionSuperseded, SupersededBy: "dec00002", Gate: "G3", CreatedBy: "person:ada", CreatedAt: at(3),
		},
		{ID: "dec00002", ShortID: "d-dec00002", Title: nastyLine, Decision: nasty, Status: project.DecisionAccepted, CreatedBy: "agent:x", CreatedAt: at(4)},
		{
			ID: "dec00003", ShortID: "d-dec00003", Title: "Sell moons", Decision: "Yes.", Status: project.DecisionReversed,
			ReversedReason: "There is one.", CreatedBy: "person:ada", CreatedAt: at(4),
		},
		{ID: "dec00004", ShortID: "d-dec00004", Title: "Sell pies", Decision: "Perhaps.", Status: project.DecisionProposed, CreatedBy: "person:ada", CreatedAt: at(4)},
	}
	s.Memories = []project.Memory{
		{
			ID: "mem00001", ShortID: "m-mem0", Kind: "gotcha", Scope: "stack", Title: "Ovens are hot", Content: nasty, Confidence: 0.8,
			Tags: []string{"oven", "a, b", "c · d"}, Links: []string{"https://example.com/?a=1&b;=2"}, CreatedBy: "agent:x", CreatedAt: at(5),
		},
		{ID: "mem00002", ShortID: "m-mem00002", Kind: "pattern", Scope: "project", Content: "Layers stack.", Confidence: 1, Retracted: "They fall.", CreatedBy: "agent:x", CreatedAt: at(5)},
		{ID: "mem00003", ShortID: "m-mem00003", Kind: "folklore", Scope: "project", Title: nastyLine, Content: "x", Confidence: 1, CreatedBy: "agent:x", CreatedAt: at(5)},
	}
	s.Questions = []project.Question{
		{ID: "que00001", Kind: "clarification", To: "person", Question: nasty, Options: []string{"a, b", "c"}, Blocking: true, Status: "open", CreatedBy: "agent:x", CreatedAt: at(6)},
		{ID: "que00002", Kind: "estimation", To: "architect", Question: "How high?", Status: "answered", Answer: "Very.", CreatedBy: "agent:x", CreatedAt: at(6)},
	}
	s.Risks = []project.Risk{
		{ID: "risk0001", Title: "It burns | down", Description: nasty, Probability: "low", Impact: "high", Mitigation: "Water.", Status: "open", CreatedAt: at(6)},
		{ID: "risk0002", Title: "Closed", Probability: "low", Impact: "low", Status: "closed", CreatedAt: at(6)},
	}
	s.Blockers = []project.Blocker{
		{ID: "block001", Title: "No flour", Severity: "low", Status: "open", Level: 1, CreatedBy: "agent:x", CreatedAt: at(6)},
		{ID: "block002", Title: nastyLine, Description: nasty, Severity: "critical", Gate: "G5", Status: "open", Level: 3, CreatedBy: "agent:x", CreatedAt: at(6)},
		{ID: "block003", Title: "Gone", Severity: "critical", Status: "resolved", CreatedBy: "agent:x", CreatedAt: at(6)},
	}
	s.Constraints = []project.Constraint{{Key: "locked`components", Value: nastyLine, Reason: nasty, SetBy: "person:ada", SetAt: at(1)}}
	s.Notes = []project.Note{
		{ID: "note0002", Kind: "progress", Text: nasty, Subject: "t-7k3f", CreatedBy: "agent:x", CreatedAt: at(8)},
		{ID: "note0001", Kind: "note", Text: "Opened.", CreatedBy: "person:ada", CreatedAt: at(7)},
	}
	s.Documents = []project.Document{
		{ID: "doc00001", Title: "API | v1", Path: "docs/specs/api.yaml", Kind: "specification", Version: 2, Locked: true, CreatedAt: at(3)},
		{ID: "doc00002", Title: "Notes", Path: "docs/NOTES.md", Kind: "document", Version: 1, CreatedAt: at(3)},
	}
}
