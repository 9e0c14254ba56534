package proof

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/layercake-dev/layercake/core/fault"
)

// builder is a report in the making.
type builder struct {
	Report

	limits Limits
}

// problem turns a parser's error into one for people.
func (b *builder) problem(err error) error {
	switch {
	case errors.Is(err, errTooLarge):
		return fault.Failed(CodeReportLarge, "the %s report is larger than %d bytes", b.Format, b.limits.MaxBytes).
			WithHint("let the command report less, or split the run")
	case errors.Is(err, errEmpty):
		return fault.Failed(CodeReportEmpty, "the %s report is empty", b.Format).
			WithHint("check that the command writes its report to standard output or to the file named")
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fault.Failed(CodeReportBroken, "the %s report cannot be read in full", b.Format).
		WithHint("run the command by hand and look at the report it makes").Wrap(err)
}

// text bounds a text and makes it one valid line.
func (b *builder) text(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	if len(s) <= b.limits.MaxText {
		return s
	}
	cut := b.limits.MaxText
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// items refuses more than may be held in memory.
func (b *builder) items(n int) error {
	if n > b.limits.MaxItems {
		return fmt.Errorf("it has more than %d items", b.limits.MaxItems)
	}
	return nil
}

func (b *builder) failure(format string, args ...any) {
	if len(b.Failures) < b.limits.MaxFailures {
		b.Failures = append(b.Failures, b.text(fmt.Sprintf(format, args...)))
	}
}

// find counts a finding and keeps it if there is room.
func (b *builder) find(f Finding) {
	b.Counts[f.Severity]++
	if len(b.Findings) < b.limits.MaxFindings {
		f.Rule, f.File, f.Message = b.text(f.Rule), b.text(f.File), b.text(f.Message)
		b.Findings = append(b.Findings, f)
	}
}

// finish sorts the findings; for finding formats it also sets the result and the
// summary.
func (b *builder) finish() {
	order := Severities()
	slices.SortStableFunc(b.Findings, func(x, y Finding) int {
		return slices.Index(order, x.Severity) - slices.Index(order, y.Severity)
	})
	if b.Counts == nil {
		return
	}
	total := 0
	var parts []string
	for _, s := range order {
		n := b.Counts[s]
		total += n
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
		if n > 0 && slices.Contains(blocking(b.Format), s) {
			b.Result = ResultFail
		}
	}
	if b.Broken {
		b.Result = ResultFail
	}
	if b.Summary == "" {
		b.Summary = "no findings"
		if total > 0 {
			b.Summary = fmt.Sprintf("%s: %s", plural(total, "finding"), strings.Join(parts, ", "))
		}
	}
}

// blocking lists the severities of which a single finding fails a report, where
// no threshold says otherwise: those that make the tool itself fail.
func blocking(format string) []Severity {
	if format == FormatGolangCI {
		return Severities()
	}
	return []Severity{SeverityCritical, SeverityHigh}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// coverage sets the share of covered units.
func (b *builder) coverage(covered, total int64, unit string) {
	if total == 0 {
		b.Result = ResultWarning
		b.Summary = "the coverage report counts no " + unit
		return
	}
	const hundred = 100
	share := hundred * float64(covered) / float64(total)
	b.Coverage = &share
	b.Summary = fmt.Sprintf("%s %% of %d %s covered", floorPercent(covered, total), total, unit)
}

// floorPercent writes a share with one decimal, rounded down, so that the text
// never claims a threshold that was missed.
func floorPercent(covered, total int64) string {
	const thousand, ten = 1000, 10
	tenths := covered * thousand / total
	return fmt.Sprintf("%d.%d", tenths/ten, tenths%ten)
}

// tests sets the result and the summary from the counts.
func (b *builder) tests(noun, note string) {
	t := b.Tests
	switch {
	case t.Failed > 0 || b.Broken:
		b.Result = ResultFail
	case t.Passed == 0:
		// Skipped tests prove nothing.
		b.Result = ResultWarning
	}
	b.Summary = fmt.Sprintf("%s: %d passed, %d failed, %d skipped in %s", plural(t.Total, "test"), t.Passed, t.Failed, t.Skipped, plural(t.Packages, noun))
	if t.Total == 0 {
		b.Summary = "no tests were run in " + plural(t.Packages, noun)
	}
	if b.Broken {
		b.Summary += "; not everything ran"
	}
	b.Summary += note
}
