package analysis

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/workflow"
)

// PinnedCommand is a command by which a repository proves something, found in
// its own files. It is run as it stands, without a shell, in the root.
type PinnedCommand struct {
	// ProofType is the proof that it makes; Gates are the built-in gates that
	// ask for that proof.
	ProofType string   `json:"proof_type"`
	Gates     []string `json:"gates"`
	// Argv is the program with its arguments.
	Argv []string `json:"argv"`
	// Parser reads its report, which it leaves in Report, relative to the root,
	// or on standard output when that is empty.
	Parser string `json:"parser"`
	Report string `json:"report,omitempty"`
	// Timeout is in seconds.
	Timeout int `json:"timeout"`
	// Why says which files suggest it.
	Why string `json:"why"`
}

// The folder for reports. It lies with LayerCake's own files, which never count
// as part of the tree that a proof ran on.
const tmpDir = ".layercake/tmp"

// Time limits, in seconds. They end what hangs; they do not hurry what works.
const (
	buildSeconds = int(15 * time.Minute / time.Second)
	testSeconds  = int(30 * time.Minute / time.Second)
)

// DetectCommands finds the commands that the repository's own files suggest, at
// most one for each type of proof, in the order in which gates ask for them.
// Manifests in the root win over those in folders, and among equals the one
// with most source files around it.
//
// Only optional tools (golangci-lint, govulncheck) must be on PATH to be
// suggested: a suggestion does not depend on what else this machine has.
func DetectCommands(ctx context.Context, root string) ([]PinnedCommand, error) {
	return detect(ctx, root, func(program string) bool {
		_, err := exec.LookPath(program)
		return err == nil
	})
}

// detect is DetectCommands with the question for programs handed in.
func detect(ctx context.Context, root string, installed func(program string) bool) ([]PinnedCommand, error) {
	s, err := walk(ctx, root, maxFiles)
	if err != nil {
		return nil, fmt.Errorf("look for commands in %s: %w", root, err)
	}
	defer s.close()
	d := detector{survey: s, installed: installed}
	found, others := map[string]PinnedCommand{}, map[string][]string{}
	for _, m := range d.modules() {
		for _, c := range d.commands(m) {
			first, taken := found[c.ProofType]
			if !taken {
				c.Why = m.manifest + c.Why
				found[c.ProofType] = c
				continue
			}
			if m.system != systemMake && !strings.HasPrefix(first.Why, m.manifest) {
				others[c.ProofType] = append(others[c.ProofType], m.manifest)
			}
		}
	}
	for proofType, manifests := range others {
		c := found[proofType]
		c.Why += alsoThere(manifests)
		found[proofType] = c
	}
	return inOrder(found), nil
}

// alsoThere notes that other parts of the repository have such a command too,
// which the chosen one may leave out.
func alsoThere(manifests []string) string {
	const most = 3
	note := "; there is also " + strings.Join(manifests[:min(len(manifests), most)], ", ")
	if more := len(manifests) - most; more > 0 {
		note += fmt.Sprintf(" and %d more", more)
	}
	return note
}

// inOrder lists commands in the order of proof types, with their gates.
func inOrder(found map[string]PinnedCommand) []PinnedCommand {
	gates := gatesByProof()
	out := []PinnedCommand{}
	for _, t := range workflow.ProofTypes() {
		if c, ok := found[t.Name]; ok {
			c.Gates = gates[t.Name]
			out = append(out, c)
		}
	}
	return out
}

// gatesByProof lists the built-in gates that ask for each type of proof.
func gatesByProof() map[string][]string {
	w, err := workflow.Resolve(workflow.ResolveParams{Type: workflow.TypeTraditional})
	if err != nil {
		return nil
	}
	out := map[string][]string{}
	for _, g := range w.Gates {
		for _, p := range g.Proofs {
			out[p.Type] = append(out[p.Type], g.ID)
		}
	}
	return out
}

// ToOverrides turns commands into the changes that pin them wherever a gate
// asks for such a proof.
func ToOverrides(commands []PinnedCommand) *workflow.Overrides {
	o := &workflow.Overrides{}
	for _, c := range commands {
		o.Proofs = append(o.Proofs, workflow.ProofOverride{
			Type: c.ProofType, Command: slices.Clone(c.Argv), Parser: c.Parser, Report: c.Report, Timeout: c.Timeout, Note: "from " + c.Why,
		})
	}
	return o
}

// detector looks for commands.
type detector struct {
	*survey

	installed func(program string) bool
}

// systemMake is the fallback: a Makefile says how to build anything.
const systemMake = "Make"

// module is a folder with a manifest of one system.
type module struct {
	system   string
	dir      string
	manifest string
	// sources are the source files of the system at or below the folder.
	sources int
}

// modules lists the manifests that matter, the most important first.
func (d detector) modules() []module {
	var out []module
	seen := map[string]bool{}
	for _, f := range d.files {
		system := d.systemOf(f)
		dir := f.dir()
		// A folder that begins with a hyphen would be read as an option.
		if system == "" || strings.HasPrefix(dir, "-") || seen[system+" "+dir] || isExample(dir) {
			continue
		}
		seen[system+" "+dir] = true
		m := module{system: system, dir: dir, manifest: f.path, sources: d.sourcesBelow(system, dir)}
		// A manifest without sources lists the needs of some tool. Only in the
		// root may it stand for sources of a kind that is not known.
		if m.sources > 0 || system == systemMake || system == systemNPM && dir == "." {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b module) int {
		return cmp.Or(
			compareBool(a.system == systemMake, b.system == systemMake),
			cmp.Compare(depth(a.dir), depth(b.dir)),
			cmp.Compare(b.sources, a.sources),
			cmp.Compare(a.dir, b.dir),
			cmp.Compare(a.system, b.system),
		)
	})
	return withoutMembers(out)
}

// withoutMembers removes modules within a folder of the same system where the
// outer one covers them. Packages of npm stand each for themselves, and so do
// modules of Go, unless a workspace joins them.
func withoutMembers(modules []module) []module {
	var out []module
	for _, m := range modules {
		covered := slices.ContainsFunc(out, func(outer module) bool {
			inside := outer.system == m.system && (outer.dir == "." || strings.HasPrefix(m.dir, outer.dir+"/"))
			alone := m.system == systemNPM || m.system == systemGo && path.Base(outer.manifest) != "go.work"
			return inside && !alone
		})
		if !covered {
			out = append(out, m)
		}
	}
	return out
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// depth counts how many folders below the root a folder lies.
func depth(dir string) int {
	if dir == "." {
		return 0
	}
	return strings.Count(dir, "/") + 1
}

// isExample reports whether a folder holds examples or test data, which are
// not what a project is.
func isExample(dir string) bool {
	for part := range strings.SplitSeq(strings.ToLower(dir), "/") {
		switch part {
		case "testdata", "fixtures", "examples", "example", "templates", "test", "tests":
			return true
		}
	}
	return false
}

// systemOf returns the system whose commands a file leads to, or "".
func (d detector) systemOf(f file) string {
	build, system := manifestKind(f)
	switch {
	case build == systemMake:
		return systemMake
	case f.base() == "go.work":
		return systemGo
	case system == systemGo, system == systemNPM, system == systemPython, system == systemCargo, system == systemJVM:
		return system
	default:
		return ""
	}
}

// sourcesBelow counts the source files of a system at or below a folder.
func (d detector) sourcesBelow(system, dir string) int {
	n := 0
	for _, f := range d.files {
		if (dir == "." || strings.HasPrefix(f.path, dir+"/")) && systemOfLanguage(languageOf(f)) == system {
			n++
		}
	}
	return n
}

// systemOfLanguage returns the system that builds a language, or "".
func systemOfLanguage(language string) string {
	switch language {
	case "Go":
		return systemGo
	case "TypeScript", "JavaScript", "Vue", "Svelte":
		return systemNPM
	case "Python":
		return systemPython
	case "Rust":
		return systemCargo
	case "Java", "Kotlin", "Scala":
		return systemJVM
	default:
		return ""
	}
}

// commands lists the commands of one module.
func (d detector) commands(m module) []PinnedCommand {
	switch m.system {
	case systemGo:
		return d.golang(m)
	case systemNPM:
		return d.node(m)
	case systemPython:
		return d.python(m)
	case systemCargo:
		return cargo(m)
	case systemJVM:
		return d.jvm(m)
	case systemMake:
		return d.makefile(m)
	default:
		return nil
	}
}

// in returns a path within the module's folder, relative to the root.
func (m module) in(name string) string { return path.Join(m.dir, name) }

// up returns the path of a file below the root as seen from the module's
// folder, for programs that change into it.
func (m module) up(name string) string {
	return strings.Repeat("../", depth(m.dir)) + name
}

// within puts an option that names the module's folder behind the program's
// name, unless the folder is the root.
func (m module) within(program, option string, rest ...string) []string {
	if m.dir == "." {
		return append([]string{program}, rest...)
	}
	return append([]string{program, option, m.dir}, rest...)
}

// buildCommand, lintCommand and testCommand make commands that are judged by
// their exit code.
func buildCommand(why string, argv ...string) PinnedCommand {
	return PinnedCommand{ProofType: workflow.ProofBuildOutput, Argv: argv, Parser: workflow.ParserExit, Timeout: buildSeconds, Why: why}
}

func lintCommand(why string, argv ...string) PinnedCommand {
	return PinnedCommand{ProofType: workflow.ProofLintOutput, Argv: argv, Parser: workflow.ParserExit, Timeout: buildSeconds, Why: why}
}

func testCommand(why string, argv ...string) PinnedCommand {
	return PinnedCommand{ProofType: workflow.ProofTestOutput, Argv: argv, Parser: workflow.ParserExit, Timeout: testSeconds, Why: why}
}

// reporting sets the format and the place of a command's report.
func (c PinnedCommand) reporting(parser, report string) PinnedCommand {
	c.Parser, c.Report = parser, report
	return c
}

// coverageCommand makes a command that measures coverage.
func coverageCommand(why, parser, report string, argv ...string) PinnedCommand {
	return PinnedCommand{
		ProofType: workflow.ProofCoverageReport, Argv: argv, Parser: parser, Report: report, Timeout: testSeconds, Why: why,
	}
}

// scanCommand makes a command that looks for known vulnerabilities.
func scanCommand(why, parser string, argv ...string) PinnedCommand {
	return PinnedCommand{ProofType: workflow.ProofSecurityScan, Argv: argv, Parser: parser, Timeout: buildSeconds, Why: why}
}
