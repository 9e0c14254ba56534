package analysis

import (
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/workflow"
)

// The package managers of the npm world.
const (
	managerNPM  = "npm"
	managerPNPM = "pnpm"
	managerYarn = "yarn"
	managerBun  = "bun"
)

// node lists the commands of an npm package: its own scripts, run by the
// package manager whose lockfile it has.
func (d detector) node(m module) []PinnedCommand {
	p := parsePackageJSON(d.read(m.manifest))
	manager := d.manager(m, p)
	var out []PinnedCommand
	for _, script := range []string{"build", "lint"} {
		if strings.TrimSpace(p.Scripts[script]) == "" {
			continue
		}
		argv := runScript(m, manager, script)
		if script == "build" {
			out = append(out, buildCommand(" (build)", argv...))
			continue
		}
		out = append(out, lintCommand(" (lint)", argv...))
	}
	out = append(out, nodeTests(m, manager, p)...)
	if manager == managerNPM && d.has(m.in("package-lock.json")) {
		out = append(out, scanCommand(" and package-lock.json", workflow.ParserNPMAudit, m.within(managerNPM, "--prefix", "audit", "--json")...))
	}
	return out
}

// manager returns the package manager by the package's own word or by its
// lockfile; a member of a workspace has its lockfile in the root.
func (d detector) manager(m module, p packageJSON) string {
	stated, _, _ := strings.Cut(p.PackageManager, "@")
	if slices.Contains([]string{managerNPM, managerPNPM, managerYarn, managerBun}, stated) {
		return stated
	}
	for _, in := range []func(string) string{m.in, func(name string) string { return name }} {
		switch {
		case d.has(in("package-lock.json")):
			return managerNPM
		case d.has(in("pnpm-lock.yaml")):
			return managerPNPM
		case d.has(in("yarn.lock")):
			return managerYarn
		case d.has(in("bun.lock")), d.has(in("bun.lockb")):
			return managerBun
		}
	}
	return managerNPM
}

// runScript returns the words that run a script with some arguments.
func runScript(m module, manager, script string, args ...string) []string {
	run := []string{"run", script}
	switch manager {
	case managerPNPM:
		return append(m.within(managerPNPM, "--dir", run...), args...)
	case managerYarn:
		return append(m.within(managerYarn, "--cwd", run...), args...)
	case managerBun:
		if m.dir != "." {
			return append([]string{managerBun, "run", "--cwd", m.dir, script}, args...)
		}
		return append([]string{managerBun, "run", script}, args...)
	default:
		if len(args) > 0 {
			// npm keeps options for itself unless told where they end.
			args = append([]string{"--"}, args...)
		}
		return append(m.within(managerNPM, "--prefix", run...), args...)
	}
}

// nodeTests lists the commands of a package's test script. Where the script is
// one call of a known runner, it is asked for a report.
func nodeTests(m module, manager string, p packageJSON) []PinnedCommand {
	script := strings.TrimSpace(p.Scripts["test"])
	if script == "" || strings.Contains(script, "no test specified") {
		return nil
	}
	const junit, lcov = tmpDir + "/junit.xml", tmpDir + "/coverage/lcov.info"
	plain := testCommand(" (test)", runScript(m, manager, "test")...)
	if strings.ContainsAny(script, "&|;<>") {
		return []PinnedCommand{plain}
	}
	deps := p.dependencies()
	program, _, _ := strings.Cut(script, " ")
	folder := m.up(tmpDir + "/coverage")
	switch program {
	case "vitest":
		out := []PinnedCommand{
			testCommand(" (test, vitest)", runScript(m, manager, "test", "--run", "--reporter=junit", "--outputFile="+m.up(junit))...).
				reporting(workflow.ParserJUnit, junit),
		}
		if slices.Contains(deps, "@vitest/coverage-v8") || slices.Contains(deps, "@vitest/coverage-istanbul") {
			out = append(out, coverageCommand(" (test, vitest)", workflow.ParserLCOV, lcov,
				runScript(m, manager, "test", "--run", "--coverage", "--coverage.reporter=lcovonly", "--coverage.reportsDirectory="+folder)...))
		}
		return out
	case "jest":
		return []PinnedCommand{plain, coverageCommand(" (test, jest)", workflow.ParserLCOV, lcov,
			runScript(m, manager, "test", "--coverage", "--coverageReporters=lcovonly", "--coverageDirectory="+folder)...)}
	default:
		return []PinnedCommand{plain}
	}
}
