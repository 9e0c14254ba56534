//go:build unix

// Command report measures everything that LayerCake promises about speed, each
// figure beside a bare counterpart in the same run, and writes the figures into
// docs/performance.md. The prose around them stays as it is.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

var nan = math.NaN() //nolint:gochecknoglobals // a constant that Go cannot write

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	quick := flag.Bool("quick", false, "measure smaller projects, less often; the figures are rough")
	only := flag.String("only", "", "measure the parts whose names match this `PATTERN`: "+names())
	out := flag.String("out", "", "the document to write the figures into; by default they are printed")
	flag.Parse()
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	began := time.Now()
	r, err := newRig(ctx, *quick, os.Stderr)
	if r != nil {
		defer func() { err = errors.Join(err, r.close(ctx)) }()
	}
	if err != nil {
		return err
	}
	var figures []*figure
	for _, p := range parts() {
		if !pattern.MatchString(p.name) {
			continue
		}
		r.say("%s", p.name)
		more, err := p.measure(r, ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		figures = append(figures, more...)
	}
	facts, err := r.machine(ctx)
	if err != nil {
		return err
	}
	text := render(facts, figures, r, began)
	if *out == "" {
		_, err := os.Stdout.Write(text)
		return err
	}
	return insert(*out, text)
}

// part is a group of measurements.
type part struct {
	name    string
	measure func(r *rig, ctx context.Context) ([]*figure, error)
}

func parts() []part {
	return []part{
		{"version", (*rig).version}, {"cold", (*rig).cold}, {"reads", (*rig).reads}, {"replay", (*rig).replays}, {"travel", (*rig).travel}, {"sync", (*rig).sync},
		{"search", (*rig).search},
		{"append", (*rig).appends}, {"mcp", (*rig).mcp}, {"memory", (*rig).memory},
	}
}

func names() string {
	var b bytes.Buffer
	for i, p := range parts() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.name)
	}
	return b.String()
}

// render writes the figures as markdown: the sections in a fixed order.
func render(facts []string, figures []*figure, r *rig, began time.Time) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Measured on %s in %s", began.UTC().Format(time.DateOnly), time.Since(began).Round(time.Second))
	if r.quick {
		b.WriteString(", in quick mode: on small projects, and roughly")
	}
	b.WriteString(".\n\n")
	for _, f := range facts {
		fmt.Fprintf(&b, "* %s\n", f)
	}
	fmt.Fprintf(&b, "* projects of %s, %s and %s tasks, ten events for each, in repositories of %d files\n",
		group(int64(r.small.tasks)), group(int64(r.big.tasks)), group(int64(r.huge.tasks)), repoFiles)
	for _, section := range []string{sectionStart, sectionRead, sectionSync, sectionSearch, sectionAppend, sectionReplay, sectionMCP, sectionMemory} {
		first := true
		for _, f := range figures {
			if f.section != section {
				continue
			}
			if first {
				fmt.Fprintf(&b, "\n### %s\n\n| what | goal | figure | beside, in the same run | ratio | at ten times the size | |\n", section)
				b.WriteString("|---|---|---|---|---|---|---|\n")
				first = false
			}
			b.WriteString(f.row() + "\n")
		}
	}
	return b.Bytes()
}

// The lines between which the figures stand.
const (
	beginMark = "<!-- figures: begin. Written by make bench-report; change nothing by hand. -->\n"
	endMark   = "<!-- figures: end -->\n"
)

// insert replaces what is between the marks of a document.
func insert(path string, text []byte) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the document: %w", err)
	}
	before, rest, ok := bytes.Cut(old, []byte(beginMark))
	_, after, ended := bytes.Cut(rest, []byte(endMark))
	if !ok || !ended {
		return fmt.Errorf("%s has no place for figures, between %q and %q", path, beginMark, endMark)
	}
	whole := bytes.Join([][]byte{before, []byte(beginMark), text, []byte(endMark), after}, nil)
	if err := os.WriteFile(path, whole, 0o644); err != nil { //nolint:gosec // a document of the repository
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}
