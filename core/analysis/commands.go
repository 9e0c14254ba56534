package analysis

import (
	"context"
	"fmt"
	"os/exec"
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
