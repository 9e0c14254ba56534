package cmd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
)

// row says how one command is run in earnest. Adding a command without one
// fails the test.
type row struct {
	// args makes what the command needs and returns its arguments.
	args func(w *world) []string
	// code is the exit code, 0 if it is not said.
	code int
	// changes says that it changes the project: with -q it prints the id alone.
	changes bool
	// alone says that it works without a database, and downCode what it then
	// ends with.
	alone    bool
	downCode int
	// text says that it has no answer for programs.
	text bool
	// private asks for a database of the test's own cluster.
	private bool
	// any says that it takes any further arguments.
	any bool
	// list says that its table has a line for each record.
	list bool
	// endless says that it goes on until it is interrupted, which the test does
	// as soon as it answered.
	endless bool
}

// plain are arguments that need nothing.
func plainArgs(args ...string) func(*world) []string {
	return func(*world) []string { return args }
}

// with are arguments after which comes the id of what make prints.
func with(create []string, args ...string) func(*world) []string {
	return func(w *world) []string {
		return replaced(args, "ID", w.id(create...))
	}
}

func rows() map[string]row {
	all := map[string]row{
		"":               {args: plainArgs()},
		"analyze":        {args: plainArgs("analyze"), alone: true},
		"audit anchor":   {args: (*world).anchoring, changes: true},
		"audit verify":   {args: plainArgs("audit", "verify")},
		"call":           {args: plainArgs("call", "get_status")},
		"config get":     {args: plainArgs("config", "get", "idle_timeout"), alone: true},
		"config list":    {args: plainArgs("config", "list"), alone: true, list: true},
		"config path":    {args: plainArgs("config", "path"), alone: true},
		"config set":     {args: plainArgs("config", "set", "idle_timeout", "2h"), alone: true, changes: true},
		"db backup":      {args: (*world).backingUp, changes: true},
		"db restore":     {args: func(w *world) []string { return []string{"db", "restore", w.id(w.backingUp()...), "--yes"} }},
		"db migrate":     {args: plainArgs("db", "migrate")},
		"db psql":        {args: plainArgs("db", "psql", "--", "-Atc", "SELECT 1"), text: true, any: true, downCode: 2},
		"db rebuild":     {args: plainArgs("db", "rebuild")},
		"db start":       {args: plainArgs("db", "start"), private: true},
		"db status":      {args: plainArgs("db", "status"), alone: true},
		"db stop":        {args: plainArgs("db", "stop"), private: true},
		"db verify":      {args: plainArgs("db", "verify")},
		"doctor":         {args: plainArgs("doctor"), alone: true, downCode: 1},
		"init":           {args: (*world).elsewhere, changes: true},
		"intake":         {args: (*world).unasked, changes: true},
		"log":            {args: plainArgs("log"), list: true},
		"mcp":            {args: plainArgs("mcp"), alone: true, text: true},
		"mcp install":    {args: plainArgs("mcp", "install"), alone: true},
		"mcp serve":      {args: plainArgs("mcp", "serve"), alone: true, text: true},
		"mcp tools":      {args: plainArgs("mcp", "tools"), alone: true, list: true},
		"next":           {args: plainArgs("next")},
		"phase move":     {args: (*world).movable, changes: true},
		"phase reopen":   {args: oncePassed("phase", "reopen", "intake", "--reason", "r", "--yes"), changes: true},
		"phase show":     {args: plainArgs("phase", "show")},
		"setup":          {args: plainArgs("setup")},
		"status":         {args: plainArgs("status")},
		"trust":          {args: plainArgs("trust", "--yes")},
		"version":        {args: plainArgs("version"), alone: true},
		"completion zsh": {args: plainArgs("completion", "zsh"), alone: true, text: true},
	}
	for _, shell := range []string{"bash", "fish", "powershell"} {
		all["completion "+shell] = row{args: plainArgs("completion", shell), alone: true, text: true}
	}
	addProjectRows(all)
	addRecordRows(all)
	addTaskRows(all)
	addGateRows(all)
	addSignerRows(all)
	addHistoryRows(all)
	addCheckpointRows(all)
	addSearchRows(all)
	addAgentRows(all)
	return all
}

func addAgentRows(all map[string]row) {
	all["agent list"] = row{args: plainArgs("agent", "list"), alone: true, list: true}
	all["agent show"] = row{args: plainArgs("agent", "show", "architect"), alone: true}
	all["agent context"] = row{args: with([]string{"task", "add", "T"}, "agent", "context", "architect", "--task", "ID")}
	all["agent new"] = row{args: (*world).ownRole, alone: true, changes: true}
	all["agent install"] = row{args: (*world).sharedRoles, alone: true, changes: true}
	all["agent collections"] = row{args: onceInstalled("agent", "collections"), alone: true, list: true}
	all["agent run"] = row{args: func(*world) []string { return newRun() }, changes: true}
	all["agent runs"] = row{args: withRun("agent", "runs"), list: true}
	all["agent status"] = row{args: withRun("agent", "status", "ID")}
	all["agent logs"] = row{args: withWorked("agent", "logs", "ID")}
	all["agent cancel"] = row{args: withRun("agent", "cancel", "ID"), changes: true}
	all["agent retry"] = row{args: withCancelled("agent", "retry", "ID"), changes: true}
	all["worker"] = row{args: plainArgs("worker", "--dir", "/nowhere"), text: true, downCode: fault.KindNotFound.ExitCode(), alone: true, code: fault.KindNotFound.ExitCode()}
	all["queue stats"] = row{args: plainArgs("queue", "stats"), list: true}
	all["queue jobs"] = row{args: withRun("queue", "jobs"), list: true}
	all["queue pause"] = row{args: plainArgs("queue", "pause", "low"), changes: true}
	all["queue resume"] = row{args: plainArgs("queue", "resume", "low"), changes: true}
	all["queue priority"] = row{args: withRun("queue", "priority", "ID", "--queue", "critical"), changes: true}
	all["cost show"] = row{args: withWorked("cost", "show")}
	all["cost budget list"] = row{args: with([]string{"cost", "budget", "set", "--day", "5"}, "cost", "budget", "list"), list: true}
	all["cost budget set"] = row{args: plainArgs("cost", "budget", "set", "--day", "5"), changes: true}
	handoff := []string{"handoff", "record", "--from", "architect", "--to", "backend-developer", "--notes", "The schema is final."}
	all["handoff record"] = row{args: plainArgs(handoff...), changes: true}
	all["handoff list"] = row{args: with(handoff, "handoff", "list"), list: true}
	all["auto"] = row{args: func(w *world) []string {
		w.commit() // agents begin at a commit
		return []string{"auto", "--dry-run"}
	}}
	all["agent remove"] = row{args: onceInstalled("agent", "remove", "ID"), alone: true, changes: true}
}

// ownRole names a role that there is not yet.
func (w *world) ownRole() []string {
	w.papers++
	return []string{"agent", "new", "steward-" + strconv.Itoa(w.papers)}
}

// sharedRoles makes a collection of another name each time.
func (w *world) sharedRoles() []string {
	w.papers++
	name := "shared-" + strconv.Itoa(w.papers)
	dir := filepath.Join(w.t.TempDir(), name)
	require.NoError(w.t, os.Mkdir(dir, 0o750))
	role := "---\ntitle: Botanist\npurpose: To be tested.\ntools: [core]\n---\nLook at plants.\n"
	require.NoError(w.t, os.WriteFile(filepath.Join(dir, "botanist-"+strconv.Itoa(w.papers)+".md"), []byte(role), 0o600))
	return []string{"agent", "install", dir}
}

// onceInstalled installs a collection and puts its name into the arguments.
func onceInstalled(args ...string) func(*world) []string {
	return func(w *world) []string { return replaced(args, "ID", w.id(w.sharedRoles()...)) }
}

func addSearchRows(all map[string]row) {
	all["search"] = row{args: withCode("search", "sell"), any: true}
	all["search similar"] = row{args: withCode("search", "similar", "shop.go:4")}
	all["search symbol"] = row{args: withCode("search", "symbol", "Sell")}
	all["search references"] = row{args: withCode("search", "references", "loaves"), alone: true}
	all["search outline"] = row{args: withCode("search", "outline", "shop.go"), alone: true}
	all["search context"] = row{args: withCode("search", "context", "shop.go:4"), alone: true}
	all["search index"] = row{args: withCode("search", "index")}
	all["search status"] = row{args: onceIndexed("search", "status")}
	all["search eval"] = row{args: onceAsked("search", "eval", "--dataset", "questions.json"), alone: true}
	all["search remove"] = row{args: onceIndexed("search", "remove", "--yes"), changes: true}
}

// withCode writes something that can be searched.
func withCode(args ...string) func(*world) []string {
	return func(w *world) []string {
		w.write("shop.go", "package shop\n\n// Sell sells loaves.\nfunc Sell(loaves int) int {\n\treturn loaves * price\n}\n\nconst price = 3\n")
		return args
	}
}

// onceAsked commits code and questions about it.
func onceAsked(args ...string) func(*world) []string {
	return func(w *world) []string {
		withCode()(w)
		w.write("questions.json", `[{"query": "sell loaves", "relevant": ["shop.go"], "category": "semantic"}]`)
		w.commit()
		return args
	}
}

func onceIndexed(args ...string) func(*world) []string {
	return func(w *world) []string {
		w.run(withCode("search", "index")(w)...)
		return args
	}
}

func addCheckpointRows(all map[string]row) {
	made := []string{"checkpoint", "-m", "C"}
	all["checkpoint list"] = row{args: func(w *world) []string { w.id(made...); return []string{"checkpoint", "list"} }, list: true}
	all["checkpoint show"] = row{args: with(made, "checkpoint", "show", "ID")}
	all["checkpoint drop"] = row{args: with(made, "checkpoint", "drop", "ID", "--yes"), changes: true}
	all["restore"] = row{args: with(made, "restore", "ID"), changes: true}
}

func addHistoryRows(all map[string]row) {
	all["undo"] = row{args: func(w *world) []string { w.id("note", "add", "N"); return []string{"undo"} }, changes: true}
	all["diff"] = row{args: func(w *world) []string { w.id("note", "add", "N"); return []string{"diff", "--from", "1"} }}
	all["log stats"] = row{args: plainArgs("log", "stats")}
	all["replay"] = row{args: plainArgs("replay", "--to", "1")}
}

func addProjectRows(all map[string]row) {
	all["project archive"] = row{args: plainArgs("project", "archive"), changes: true}
	all["project constraint list"] = row{args: with([]string{"project", "constraint", "set", "k", "v"}, "project", "constraint", "list"), list: true}
	all["project constraint set"] = row{args: plainArgs("project", "constraint", "set", "change_authority", "preserve"), changes: true}
	all["project export"] = row{args: (*world).exporting, changes: true}
	all["project import"] = row{args: func(w *world) []string { return []string{"project", "import", w.id(w.exporting()...)} }, changes: true}
	all["project create"] = row{args: plainArgs("project", "create", "Other", "--level", "demo"), changes: true}
	all["project delete"] = row{args: with([]string{"project", "create", "Gone", "--level", "demo"}, "project", "delete", "ID", "--yes"), changes: true}
	all["project level"] = row{args: plainArgs("project", "level", "demo", "--yes"), changes: true}
	all["redact"] = row{args: plainArgs("redact", "--seq", "1", "--field", "name", "--reason", "r", "--yes"), changes: true}
	all["project list"] = row{args: plainArgs("project", "list"), list: true}
	all["sync"] = row{args: plainArgs("sync")}
	all["sync status"] = row{args: onceClashed("sync", "status"), list: true}
	all["sync watch"] = row{args: onceEdited("sync", "watch"), endless: true, code: fault.KindInterrupted.ExitCode()}
	all["sync resolve"] = row{args: onceClashed("sync", "resolve", "ID", "--ours"), changes: true}
	all["project render"] = row{args: plainArgs("project", "render")}
	all["project show"] = row{args: plainArgs("project", "show")}
	all["project update"] = row{args: plainArgs("project", "update", "--description", "d"), changes: true}
}

func addRecordRows(all map[string]row) {
	blocker := []string{"blocker", "add", "B"}
	all["blocker add"] = row{args: plainArgs(blocker...), changes: true}
	all["blocker escalate"] = row{args: with(blocker, "blocker", "escalate", "ID", "--reason", "r"), changes: true}
	all["blocker list"] = row{args: with(blocker, "blocker", "list"), list: true}
	all["blocker resolve"] = row{args: with(blocker, "blocker", "resolve", "ID", "--resolution", "r"), changes: true}
	decision := []string{"decision", "add", "D"}
	all["decision add"] = row{args: plainArgs(decision...), changes: true}
	all["decision edit"] = row{args: with(decision, "decision", "edit", "ID", "--rationale", "r"), changes: true}
	all["decision list"] = row{args: with(decision, "decision", "list"), list: true}
	all["decision reverse"] = row{args: with(decision, "decision", "reverse", "ID", "--reason", "r"), changes: true}
	all["decision show"] = row{args: with(decision, "decision", "show", "ID")}
	doc := []string{"doc", "add", "paper.md"}
	all["doc add"] = row{args: withPaper("doc", "add", "paper.md"), changes: true}
	all["doc delete"] = row{args: with(doc, "doc", "delete", "ID", "--yes"), changes: true}
	all["doc list"] = row{args: with(doc, "doc", "list"), list: true}
	all["doc lock"] = row{args: with(doc, "doc", "lock", "ID"), changes: true}
	all["doc show"] = row{args: with(doc, "doc", "show", "ID")}
	memory := []string{"memory", "add", "M"}
	all["memory add"] = row{args: plainArgs(memory...), changes: true}
	all["memory edit"] = row{args: with(memory, "memory", "edit", "ID", "--content", "c"), changes: true}
	all["memory list"] = row{args: with(memory, "memory", "list"), list: true}
	all["memory retract"] = row{args: with(memory, "memory", "retract", "ID", "--reason", "r"), changes: true}
	all["memory show"] = row{args: with(memory, "memory", "show", "ID")}
	note := []string{"note", "add", "N"}
	all["note add"] = row{args: plainArgs(note...), changes: true}
	all["note edit"] = row{args: with(note, "note", "edit", "ID", "--text", "t"), changes: true}
	all["note list"] = row{args: with(note, "note", "list"), list: true}
	question := []string{"question", "ask", "Q?"}
	all["question answer"] = row{args: with(question, "question", "answer", "ID", "A"), changes: true}
	all["question ask"] = row{args: plainArgs(question...), changes: true}
	all["question list"] = row{args: with(question, "question", "list"), list: true}
	risk := []string{"risk", "add", "R"}
	all["risk add"] = row{args: plainArgs(risk...), changes: true}
	all["risk list"] = row{args: with(risk, "risk", "list"), list: true}
	all["risk update"] = row{args: with(risk, "risk", "update", "ID", "--impact", "high"), changes: true}
}

func addTaskRows(all map[string]row) {
	task := []string{"task", "add", "T"}
	all["task add"] = row{args: plainArgs(task...), changes: true}
	all["task block"] = row{args: with(task, "task", "block", "ID", "--reason", "r"), changes: true}
	all["task claim"] = row{args: with(task, "task", "claim", "ID"), changes: true}
	all["task defer"] = row{args: with(task, "task", "defer", "ID", "--gate", "G1", "--reason", "r"), changes: true}
	all["task dep add"] = row{args: twoTasks("add"), changes: true}
	all["task dep remove"] = row{args: twoTasks("remove"), changes: true}
	all["task graph"] = row{args: with(task, "task", "graph"), list: true}
	all["task list"] = row{args: with(task, "task", "list"), list: true}
	all["task ready"] = row{args: with(task, "task", "ready"), list: true}
	all["task show"] = row{args: with(task, "task", "show", "ID")}
	all["task edit"] = row{args: with(task, "task", "edit", "ID", "--priority", "high"), changes: true}
	all["task start"] = row{args: with(task, "task", "start", "ID"), changes: true}
	all["task done"] = row{args: with(task, "task", "done", "ID"), changes: true}
	all["task fail"] = row{args: with(task, "task", "fail", "ID", "--reason", "r"), changes: true}
	all["task cancel"] = row{args: with(task, "task", "cancel", "ID"), changes: true}
	all["task release"] = row{args: afterStep("task", "claim", "task", "release", "ID"), changes: true}
	all["task reopen"] = row{args: afterStep("task", "done", "task", "reopen", "ID"), changes: true}
	all["task unblock"] = row{args: afterStep("task", "block", "task", "unblock", "ID"), changes: true}
}

func addGateRows(all map[string]row) {
	submit := []string{"proof", "submit", "G1", "screenshot", "--file", "paper.md"}
	all["deliverable accept"] = row{args: onceHandedIn("deliverable", "accept", "intake", "--yes"), changes: true}
	all["deliverable list"] = row{args: plainArgs("deliverable", "list"), list: true}
	all["deliverable reject"] = row{args: onceHandedIn("deliverable", "reject", "intake", "--note", "n", "--yes"), changes: true}
	all["deliverable show"] = row{args: plainArgs("deliverable", "show", "intake")}
	all["deliverable submit"] = row{args: onceCommitted("deliverable", "submit", "intake"), changes: true}
	all["gate approve"] = row{args: oncePresented("gate", "approve", "G1", "--force", "--reason", "r", "--yes"), changes: true}
	all["gate check"] = row{args: plainArgs("gate", "check", "G1"), code: 4}
	all["gate condition list"] = row{args: onceConditional("gate", "condition", "list"), list: true}
	all["gate condition resolve"] = row{args: onceConditional("gate", "condition", "resolve", "ID", "--resolution", "r", "--yes"), changes: true}
	all["gate feedback list"] = row{args: onceRejected("gate", "feedback", "list"), list: true}
	all["gate feedback resolve"] = row{args: onceRejected("gate", "feedback", "resolve", "ID", "--resolution", "r"), changes: true}
	all["gate list"] = row{args: plainArgs("gate", "list"), list: true}
	all["gate present"] = row{args: onceCommitted("gate", "present", "G1"), changes: true}
	all["gate reject"] = row{args: oncePresented("gate", "reject", "G1", "--feedback", "f", "--yes"), changes: true}
	all["gate reopen"] = row{args: oncePassed("gate", "reopen", "G1", "--reason", "r", "--yes"), changes: true}
	all["gate show"] = row{args: plainArgs("gate", "show", "G1")}
	all["gate skip"] = row{args: onceCommitted("gate", "skip", "G1", "--reason", "r", "--yes"), changes: true}
	all["proof attest"] = row{args: plainArgs("proof", "attest", "G1", "prd_review", "--statement", "s", "--yes"), changes: true}
	all["proof capture"] = row{args: plainArgs("proof", "capture", "G1", "test_output", "--", "echo", "fine"), changes: true, any: true}
	all["audit export"] = row{args: with(submit, "audit", "export")}
	all["proof export"] = row{args: with(submit, "proof", "export", "ID")}
	all["proof invalidate"] = row{args: with(submit, "proof", "invalidate", "ID", "--reason", "r"), changes: true}
	all["proof list"] = row{args: with(submit, "proof", "list"), list: true}
	all["proof show"] = row{args: with(submit, "proof", "show", "ID")}
	all["proof submit"] = row{args: withPaper("proof", "submit", "G1", "screenshot", "--file", "paper.md"), changes: true}
	all["proof verify"] = row{args: with(submit, "proof", "verify", "ID")}
}

func addSignerRows(all map[string]row) {
	all["signer add"] = row{args: withKey("signer", "add", "KEY", "--yes"), changes: true}
	all["signer list"] = row{args: onceEnrolled("signer", "list"), list: true}
	all["signer remove"] = row{args: onceEnrolled("signer", "remove", "ID", "--reason", "r", "--yes"), changes: true}
}

// withKey makes a key and puts the name of its file into the arguments.
func withKey(args ...string) func(*world) []string {
	return func(w *world) []string {
		w.papers++
		name := "key" + strconv.Itoa(w.papers)
		file := filepath.Join(w.process.Dir, name)
		out, err := exec.CommandContext(w.t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file).CombinedOutput()
		require.NoError(w.t, err, string(out))
		return replaced(args, "KEY", name+".pub")
	}
}

// anchoring has a key that is enrolled sign.
func (w *world) anchoring() []string {
	w.run(withKey("signer", "add", "KEY", "--yes")(w)...)
	w.run("config", "set", "signing_key", filepath.Join(w.process.Dir, "key"+strconv.Itoa(w.papers)))
	return []string{"audit", "anchor"}
}

// exporting writes the project into a file of another name each time.
func (w *world) exporting() []string {
	w.papers++
	return []string{"project", "export", "-o", filepath.Join(w.t.TempDir(), "shop"+strconv.Itoa(w.papers)+".jsonl")}
}

// backingUp writes the database into a file of another name each time.
func (w *world) backingUp() []string {
	w.papers++
	return []string{"db", "backup", "-o", filepath.Join(w.t.TempDir(), strconv.Itoa(w.papers)+".dump")}
}

// onceClashed makes a conflict between file and database.
func onceClashed(args ...string) func(*world) []string {
	return func(w *world) []string {
		w.papers++
		title := "Bake " + strconv.Itoa(w.papers)
		id := w.id("task", "add", title)
		path := filepath.Join(w.process.Dir, "docs", "TASKS.md")
		file, err := os.ReadFile(path)
		require.NoError(w.t, err)
		before := w.process.Environ
		w.setenv("LAYERCAKE_RENDER=off")
		w.run("task", "edit", id, "--title", title+" here")
		w.process.Environ = before
		require.NoError(w.t, os.WriteFile(path, bytes.Replace(file, []byte(title), []byte(title+" there"), 1), 0o600))
		w.run("sync")
		return replaced(args, "ID", strings.TrimSpace(w.run("sync", "status", "--jq", ".data[0].id")))
	}
}

// onceEdited leaves a task in a file that is still to be read.
func onceEdited(args ...string) func(*world) []string {
	return func(w *world) []string {
		path := filepath.Join(w.process.Dir, "docs", "TASKS.md")
		file, err := os.ReadFile(path)
		require.NoError(w.t, err)
		w.papers++
		file = bytes.Replace(file, []byte("\n<!-- layercake"), []byte("\n- [ ] Bake "+strconv.Itoa(w.papers)+"\n\n<!-- layercake"), 1)
		require.NoError(w.t, os.WriteFile(path, file, 0o600))
		return args
	}
}

// onceEnrolled enrolls a key and puts its fingerprint into the arguments.
func onceEnrolled(args ...string) func(*world) []string {
	return func(w *world) []string {
		return replaced(args, "ID", w.id(withKey("signer", "add", "KEY", "--yes")(w)...))
	}
}

func replaced(args []string, word, value string) []string {
	out := slices.Clone(args)
	for i := range out {
		out[i] = strings.ReplaceAll(out[i], word, value)
	}
	return out
}

// The states that rows need. Each is made anew for each run.

func (w *world) write(name, text string) {
	w.t.Helper()
	require.NoError(w.t, os.WriteFile(filepath.Join(w.process.Dir, name), []byte(text), 0o600))
}

// paper changes the file that is handed in, and returns the arguments.
func withPaper(args ...string) func(*world) []string {
	return func(w *world) []string {
		w.papers++
		w.write("paper.md", strings.Repeat("words ", 20+w.papers))
		return args
	}
}

// elsewhere goes to a folder that is no project yet.
func (w *world) elsewhere() []string {
	w.process.Dir = w.t.TempDir()
	return []string{"init", "--yes", "--name", "Elsewhere", "--level", "demo"}
}

// afresh begins the project anew, in a folder of its own.
func (w *world) afresh() {
	w.run(w.elsewhere()...)
	w.seed()
	w.run("intake", "--answers", "answers.yaml")
	w.commit()
}

// unasked makes a project whose questions nobody answered.
func (w *world) unasked() []string {
	w.run(w.elsewhere()...)
	w.seed()
	return []string{"intake", "--answers", "answers.yaml"}
}

func (w *world) movable() []string {
	w.afresh()
	return []string{"phase", "move", "blocked", "--reason", "r"}
}

func onceCommitted(args ...string) func(*world) []string {
	return func(w *world) []string {
		w.afresh()
		return args
	}
}

func onceHandedIn(args ...string) func(*world) []string {
	return func(w *world) []string {
		w.afresh()
		w.run("deliverable", "submit", "intake")
		return args
	}
}

func oncePresented(args ...string) func(*world) []string {
	return func(w *world) []string {
		w.afresh()
		w.run("gate", "present", "G1")
		return args
	}
}

func oncePassed(args ...string) func(*world) []string {
	return func(w *world) []string {
		w.afresh()
		w.run("gate", "present", "G1")
		w.run("gate", "approve", "G1", "--force", "--reason", "r", "--yes")
		return args
	}
}

func onceRejected(args ...string) func(*world) []string {
	return func(w *world) []string {
		w.afresh()
		w.run("gate", "present", "G1")
		w.run("gate", "reject", "G1", "--feedback", "f", "--yes")
		return fill(args, w.run("gate", "feedback", "list", "--jq", ".data[0].id"))
	}
}

func onceConditional(args ...string) func(*world) []string {
	return func(w *world) []string {
		w.afresh()
		w.run("deliverable", "submit", "intake")
		w.run("deliverable", "accept", "intake", "--yes")
		w.commit()
		w.run("gate", "present", "G1")
		w.run("gate", "approve", "G1", "--condition", "c", "--blocks", "G3", "--yes")
		return fill(args, w.run("gate", "condition", "list", "--jq", ".data[0].id"))
	}
}

func fill(args []string, id string) []string {
	out := slices.Clone(args)
	if i := slices.Index(out, "ID"); i >= 0 {
		out[i] = strings.TrimSpace(id)
	}
	return out
}

func twoTasks(step string) func(*world) []string {
	return func(w *world) []string {
		a, b := w.id("task", "add", "A"), w.id("task", "add", "B")
		if step == "remove" {
			w.run("task", "dep", "add", a, b)
		}
		return []string{"task", "dep", step, a, b}
	}
}

// after returns arguments for a task on which a step was taken before.
func afterStep(noun, step string, args ...string) func(*world) []string {
	return func(w *world) []string {
		id := w.id("task", "add", "T")
		before := []string{noun, step, id}
		if step == "block" {
			before = append(before, "--reason", "r")
		}
		w.run(before...)
		return fill(args, id)
	}
}

// newRun are the arguments that queue a run unlike all others: nobody does the same
// twice.
func newRun() []string {
	return []string{"agent", "run", "architect", "Compare ways to store sessions, " + uuid.NewString()}
}

// withRun makes a run, and returns arguments with its id.
func withRun(args ...string) func(*world) []string {
	return func(w *world) []string { return replaced(args, "ID", w.id(newRun()...)) }
}

// withWorked makes a run and has it done, and returns arguments with its id.
func withWorked(args ...string) func(*world) []string {
	return func(w *world) []string {
		w.id("config", "set", "agents.provider", "command")
		w.id("config", "set", "agents.command", "echo hello")
		return replaced(args, "ID", w.id(append(newRun(), "--wait")...))
	}
}

// withCancelled makes a run, cancels it, and returns arguments with its id.
func withCancelled(args ...string) func(*world) []string {
	return func(w *world) []string {
		id := w.id(newRun()...)
		w.id("agent", "cancel", id)
		return replaced(args, "ID", id)
	}
}
