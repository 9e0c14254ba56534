package analysis

import (
	"path"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/workflow"
)

// golang lists the commands of a Go module or workspace.
func (d detector) golang(m module) []PinnedCommand {
	packages := []string{"./..."}
	if d.has(m.in("go.work")) && !d.has(m.in("go.mod")) {
		if packages = d.workspacePackages(m); len(packages) == 0 {
			return nil
		}
	}
	goTool := func(args ...string) []string { return append(m.within("go", "-C", args...), packages...) }
	const cover = tmpDir + "/cover.out"
	out := []PinnedCommand{
		buildCommand("", goTool("build")...),
		d.golangLint(m, goTool("vet")),
		testCommand("", goTool("test", "-json")...).reporting(workflow.ParserGoTest, ""),
		coverageCommand("", workflow.ParserGoCover, cover, goTool("test", "-coverprofile="+m.up(cover))...),
	}
	if d.installed("govulncheck") {
		argv := append(m.within("govulncheck", "-C", "-format", "json"), packages...)
		out = append(out, scanCommand("", workflow.ParserGovulncheck, argv...))
	}
	return out
}

// golangLint prefers the linter that the module has configured, provided that
// it is installed.
func (d detector) golangLint(m module, vet []string) PinnedCommand {
	for _, name := range []string{".golangci.yml", ".golangci.yaml", ".golangci.toml", ".golangci.json"} {
		config := m.in(name)
		// golangci-lint cannot be told to change its folder.
		if m.dir != "." || !d.has(config) || !d.installed("golangci-lint") {
			continue
		}
		argv := []string{"golangci-lint", "run", "--out-format=json"}
		if isGolangCIv2(d.read(config)) {
			argv = []string{"golangci-lint", "run", "--output.json.path=stdout"}
		}
		return lintCommand(" and "+config, argv...).reporting(workflow.ParserGolangCI, "")
	}
	return lintCommand("", vet...)
}

// isGolangCIv2 reports whether a configuration states the second format, whose
// program takes other options.
func isGolangCIv2(config string) bool {
	for line := range strings.Lines(config) {
		key, value, found := strings.Cut(strings.NewReplacer(`"`, "", "'", "", "=", ":", ",", "", " ", "").Replace(strings.TrimSpace(line)), ":")
		if found && key == "version" && strings.HasPrefix(value, "2") {
			return true
		}
	}
	return false
}

// workspacePackages lists the packages of a workspace without a module in its
// root, where ./... means nothing.
func (d detector) workspacePackages(m module) []string {
	var out []string
	block := false
	for line := range strings.Lines(d.read(m.in("go.work"))) {
		line, _, _ = strings.Cut(line, "//")
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "use ("), strings.HasPrefix(line, "use("):
			block = true
			continue
		case line == ")":
			block = false
			continue
		case strings.HasPrefix(line, "use "):
			line = strings.TrimSpace(strings.TrimPrefix(line, "use "))
		case !block || line == "":
			continue
		}
		dir := path.Clean(strings.Trim(line, "\"`"))
		if !path.IsAbs(dir) && dir != ".." && !strings.HasPrefix(dir, "../") {
			out = append(out, "./"+path.Join(dir, "..."))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// cargo lists the commands of a Rust crate or workspace.
func cargo(m module) []PinnedCommand {
	run := func(args ...string) []string {
		if m.dir == "." {
			return append([]string{"cargo"}, args...)
		}
		// The option belongs behind the subcommand, and before "--".
		return slices.Concat([]string{"cargo", args[0], "--manifest-path", m.manifest}, args[1:])
	}
	return []PinnedCommand{
		buildCommand("", run("build", "--workspace", "--all-targets")...),
		lintCommand("", run("clippy", "--workspace", "--all-targets", "--", "-D", "warnings")...),
		testCommand("", run("test", "--workspace")...),
	}
}

// python lists the commands of a Python project.
func (d detector) python(m module) []PinnedCommand {
	names := map[string]bool{}
	var texts []string
	for _, f := range d.files {
		_, system := manifestKind(f)
		isRequirements := strings.Contains(f.base(), "requirements") && strings.HasSuffix(f.base(), ".txt")
		if f.dir() != m.dir || system != systemPython && !isRequirements {
			continue
		}
		texts = append(texts, d.read(f.path))
		for name := range d.packageNames(f) {
			// A word is a requirement with its version cut off by then, or a
			// name of the manifest's own, such as tool.pytest.
			names[name] = true
		}
	}
	manifests := strings.Join(texts, "\n")
	runner := d.pythonRunner(m)
	run := func(argv ...string) []string { return append(slices.Clone(runner), argv...) }
	where := []string{}
	if m.dir != "." {
		where = []string{m.dir}
	}
	out := []PinnedCommand{
		// Compiling is as near to a build as Python has. The cache goes to the
		// reports, so that the tree stays as it was.
		buildCommand("", run("python3", "-X", "pycache_prefix="+tmpDir+"/pycache", "-m", "compileall", "-q",
			"-x", `(^|/)(\.venv|venv|node_modules|\.git|\.layercake)/`, m.dir)...),
	}
	if d.has(m.in("ruff.toml")) || d.has(m.in(".ruff.toml")) || names["ruff"] || strings.Contains(manifests, "[tool.ruff") {
		out = append(out, lintCommand(" and ruff", run("ruff", "check", "--output-format=sarif", m.dir)...).reporting(workflow.ParserSARIF, ""))
	} else if d.has(m.in(".flake8")) || names["flake8"] {
		out = append(out, lintCommand(" and flake8", run("flake8", m.dir)...))
	}
	if names["pytest"] || strings.Contains(manifests, "[tool.pytest") || d.has(m.in("pytest.ini")) || d.hasPythonTests(m) {
		const junit, xml = tmpDir + "/junit.xml", tmpDir + "/coverage.xml"
		out = append(out, testCommand(" and its tests", run(append([]string{"pytest", "--junitxml=" + junit}, where...)...)...).
			reporting(workflow.ParserJUnit, junit))
		if names["pytest-cov"] {
			out = append(out, coverageCommand(" and pytest-cov", workflow.ParserCobertura, xml,
				run(append([]string{"pytest", "--cov", "--cov-report=xml:" + xml}, where...)...)...))
		}
	}
	return out
}

// pythonRunner returns the program that runs others in the project's own
// environment, by its lockfile; nothing when there is none.
func (d detector) pythonRunner(m module) []string {
	switch {
	case d.has(m.in("uv.lock")):
		return m.within("uv", "--project", "run")
	case d.has(m.in("poetry.lock")):
		return m.within("poetry", "--project", "run")
	case d.has(m.in("pdm.lock")) && m.dir == ".":
		return []string{"pdm", "run"}
	case d.has(m.in("pdm.lock")):
		return []string{"pdm", "run", "--project", m.dir}
	default:
		return nil
	}
}

// hasPythonTests reports whether there are files that pytest would collect.
func (d detector) hasPythonTests(m module) bool {
	return len(d.find(1, func(f file) bool {
		base := f.base()
		inside := m.dir == "." || strings.HasPrefix(f.path, m.dir+"/")
		return inside && strings.HasSuffix(base, ".py") && (strings.HasPrefix(base, "test_") || strings.HasSuffix(base, "_test.py"))
	})) > 0
}

// jvm lists the commands of a Maven or Gradle build.
func (d detector) jvm(m module) []PinnedCommand {
	wrapper := func(name, otherwise string) string {
		if !d.has(m.in(name)) {
			return otherwise
		}
		return "./" + m.in(name)
	}
	if path.Base(m.manifest) == "pom.xml" {
		mvn := wrapper("mvnw", "mvn")
		return []PinnedCommand{
			buildCommand("", m.within(mvn, "-f", "-B", "-q", "test-compile")...),
			testCommand("", m.within(mvn, "-f", "-B", "test")...),
		}
	}
	gradle := wrapper("gradlew", "gradle")
	return []PinnedCommand{
		buildCommand("", m.within(gradle, "-p", "assemble")...),
		testCommand("", m.within(gradle, "-p", "test")...),
	}
}

// makefile lists the targets of the root's Makefile that are named like a proof.
func (d detector) makefile(m module) []PinnedCommand {
	targets := makeTargets(d.read(m.manifest))
	var out []PinnedCommand
	if targets["build"] {
		out = append(out, buildCommand(" (build)", "make", "build"))
	}
	if targets["lint"] {
		out = append(out, lintCommand(" (lint)", "make", "lint"))
	}
	if targets["test"] {
		out = append(out, testCommand(" (test)", "make", "test"))
	}
	return out
}

// makeTargets lists the targets that a Makefile names plainly.
func makeTargets(text string) map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(text) {
		names, rest, found := strings.Cut(line, ":")
		// A recipe begins with a tab, an assignment goes on with "=".
		if !found || strings.HasPrefix(line, "\t") || strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, ":=") || strings.ContainsAny(names, "=#$") {
			continue
		}
		for name := range strings.FieldsSeq(names) {
			out[name] = true
		}
	}
	return out
}
