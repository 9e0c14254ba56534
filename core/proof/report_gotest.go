package proof

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// goTestEvent is one line of `go test -json`, as `go doc test2json` and
// `go help buildjson` describe it.
//
//nolint:tagliatelle // the go tool's names
type goTestEvent struct {
	Action      string `json:"Action"`
	Package     string `json:"Package"`
	Test        string `json:"Test"`
	Output      string `json:"Output"`
	FailedBuild string `json:"FailedBuild"`
	ImportPath  string `json:"ImportPath"`
}

// goTest follows the events of a run.
type goTest struct {
	rep      *builder
	packages map[string]*goPackage
	// builds holds the first lines that failed builds printed.
	builds map[string]string
	events int
	cached int
	held   int // packages and unfinished tests in memory
}

type goPackage struct {
	done    bool
	crashed bool // something panicked, so that what came after did not run
	failed  int  // failed tests
	tests   map[string]*goTestState
}

// goTestState is a test that has begun and not ended.
type goTestState struct {
	children, failedChild bool
}

// parseGoTest reads the JSON lines of `go test -json`. Lines that do not begin
// with a brace are passed over, because a wrapper such as make may print some.
func parseGoTest(r *bufio.Reader, rep *builder) error {
	g := &goTest{rep: rep, packages: map[string]*goPackage{}, builds: map[string]string{}}
	rep.Tests = &TestCounts{}
	for {
		line, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read events: %w", err)
		}
		if trimmed := bytes.TrimSpace(line); len(trimmed) > 0 && trimmed[0] == '{' {
			var e goTestEvent
			if jsonErr := json.Unmarshal(trimmed, &e); jsonErr != nil {
				return fmt.Errorf("event %d: %w", g.events+1, jsonErr)
			}
			if eventErr := g.event(e); eventErr != nil {
				return eventErr
			}
		}
		if err != nil {
			return g.finish()
		}
	}
}

func (g *goTest) event(e goTestEvent) error {
	if e.Action == "" {
		return errors.New("a line is not an event of go test -json")
	}
	g.events++
	switch e.Action {
	case "build-output":
		const keep = 2 << 10
		if text := g.builds[e.ImportPath]; len(text) < keep && !strings.HasPrefix(e.Output, "#") {
			g.builds[e.ImportPath] = text + e.Output
		}
		return g.rep.items(len(g.builds))
	case "build-fail":
		g.rep.Broken = true
		g.rep.failure("%s: does not build: %s", e.ImportPath, g.builds[e.ImportPath])
		return nil
	}
	if e.Package == "" {
		return fmt.Errorf("the event %q names no package", e.Action)
	}
	p := g.packages[e.Package]
	if p == nil || e.Action == "start" && p.done {
		p = &goPackage{tests: map[string]*goTestState{}}
		g.packages[e.Package] = p
		g.held++
	}
	if e.Action == "output" && (strings.HasPrefix(e.Output, "panic: ") || strings.HasPrefix(e.Output, "fatal error: ")) {
		p.crashed = true
	}
	if e.Test == "" {
		g.packageEvent(e, p)
	} else {
		g.testEvent(e, p)
	}
	return g.rep.items(g.held)
}

func (g *goTest) packageEvent(e goTestEvent, p *goPackage) {
	switch e.Action {
	case "output":
		if strings.HasPrefix(e.Output, "ok ") && strings.Contains(e.Output, "\t(cached)") {
			g.cached++
		}
	case "pass", "skip", "fail":
		p.done = true
		g.rep.Tests.Packages++
		g.benchmarks(p, e.Action)
		g.unfinished(e.Package, p)
		if e.Action == "fail" && p.crashed {
			g.rep.Broken = true
		}
		if e.Action == "fail" && p.failed == 0 {
			// It did not build, crashed outside of a test, or its TestMain
			// failed. A build failure has been named already.
			g.rep.Broken = true
			if e.FailedBuild == "" {
				g.rep.failure("%s: failed outside of its tests", e.Package)
			}
		}
	}
}

// benchmarks settles the benchmarks of a package that has ended. They have no
// result of their own: they succeeded if their package did.
func (g *goTest) benchmarks(p *goPackage, action string) {
	for name, t := range p.tests {
		if !strings.HasPrefix(name, "Benchmark") {
			continue
		}
		delete(p.tests, name)
		g.held--
		if action == "pass" && !t.children {
			g.count(p, "pass")
		}
	}
}

// unfinished counts tests that began and have no result as failed: the process
// ended in the middle of them.
func (g *goTest) unfinished(pkg string, p *goPackage) {
	for name, t := range p.tests {
		if !t.children {
			g.rep.failure("%s.%s: did not finish", pkg, name)
			g.count(p, "fail")
		}
		g.rep.Broken = true
	}
	g.held -= len(p.tests)
	clear(p.tests)
}

func (g *goTest) count(p *goPackage, action string) {
	t := g.rep.Tests
	t.Total++
	switch action {
	case "pass":
		t.Passed++
	case "skip":
		t.Skipped++
	default:
		t.Failed++
		p.failed++
	}
}

func (g *goTest) testEvent(e goTestEvent, p *goPackage) {
	parent, isSub := parentOf(e.Test)
	switch e.Action {
	case "run":
		if p.tests[e.Test] == nil {
			g.held++
		}
		p.tests[e.Test] = &goTestState{}
		if up := p.tests[parent]; isSub && up != nil {
			up.children = true
		}
	case "pass", "skip", "fail":
		t := p.tests[e.Test]
		if t == nil {
			t = &goTestState{}
		} else {
			g.held--
		}
		delete(p.tests, e.Test)
		up := p.tests[parent]
		if e.Action == "fail" && isSub && up != nil {
			up.failedChild = true
		}
		// Its subtests were counted; only a failure of its own adds to them.
		if t.children && (e.Action != "fail" || t.failedChild) {
			return
		}
		g.count(p, e.Action)
		if e.Action == "fail" {
			g.rep.failure("%s.%s", e.Package, e.Test)
		}
	}
}

// parentOf returns what stands before the last slash of a name.
func parentOf(name string) (parent string, found bool) {
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return name, false
	}
	return name[:i], true
}

func (g *goTest) finish() error {
	if g.events == 0 {
		return errors.New("there are no events of go test -json in it")
	}
	for name, p := range g.packages {
		if !p.done {
			g.unfinished(name, p)
			g.rep.Broken = true
			g.rep.failure("%s: has no result; the run was cut short", name)
		}
	}
	note := ""
	if g.cached > 0 {
		note = fmt.Sprintf(" (%d cached)", g.cached)
	}
	g.rep.tests("package", note)
	return nil
}
