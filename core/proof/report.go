package proof

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/layercake-dev/layercake/core/fault"
)

// The report formats.
const (
	FormatExit        = "exit"
	FormatGoTest      = "gotest"
	FormatJUnit       = "junit"
	FormatGoCover     = "gocover"
	FormatLCOV        = "lcov"
	FormatCobertura   = "cobertura"
	FormatSARIF       = "sarif"
	FormatGolangCI    = "golangci"
	FormatGovulncheck = "govulncheck"
	FormatNPMAudit    = "npm-audit"
	FormatESLint      = "eslint"
)

// Severity is how bad a finding is.
type Severity string

// The severities, worst first.
const (
	SeverityCritical Severity = "critical"
	SeverityHigh     Severity = "high"
	SeverityMedium   Severity = "medium"
	SeverityLow      Severity = "low"
	SeverityInfo     Severity = "info"
)

// Severities lists the severities, worst first.
func Severities() []Severity {
	return []Severity{SeverityCritical, SeverityHigh, SeverityMedium, SeverityLow, SeverityInfo}
}

// Report is what a tool's report says.
type Report struct {
	// Format is the format that it was read as.
	Format string `json:"format"`
	// Result is what it says without any thresholds.
	Result Result `json:"result"`
	// Summary says it in one line.
	Summary string `json:"summary"`
	// Tests counts tests; nil in formats that have none.
	Tests *TestCounts `json:"tests,omitempty"`
	// Coverage is the share of statements or lines that ran, in percent; nil
	// if the report does not say.
	Coverage *float64 `json:"coverage,omitempty"`
	// Findings are the first findings, worst first.
	Findings []Finding `json:"findings,omitempty"`
	// Counts counts all findings by severity; nil in formats that have none.
	Counts map[Severity]int `json:"counts,omitempty"`
	// Failures names the first tests and packages that failed.
	Failures []string `json:"failures,omitempty"`
	// Broken says that the tool did not do its work in full: a package did
	// not build, a run was cut short. No threshold excuses it.
	Broken bool `json:"broken,omitempty"`
}

// TestCounts counts tests. A test with subtests does not count beside them.
type TestCounts struct {
	Total   int `json:"total"`
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
	// Packages is how many packages or suites had a result.
	Packages int `json:"packages"`
}

// Finding is one thing that a tool found.
type Finding struct {
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule,omitempty"`
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`
	Message  string   `json:"message,omitempty"`
}

// Limits bound what is read and kept. Zero values mean the defaults.
type Limits struct {
	// MaxBytes is the largest report. Defaults to 256 MiB.
	MaxBytes int64
	// MaxFindings is how many findings are kept. Defaults to 500.
	MaxFindings int
	// MaxFailures is how many failures are kept. Defaults to 100.
	MaxFailures int
	// MaxText is the longest message kept, in bytes. Defaults to 500.
	MaxText int
	// MaxItems is how many files, blocks, rules or unfinished tests may be
	// held in memory; a report with more is refused. Defaults to 2 million.
	MaxItems int
}

func (l Limits) complete() Limits {
	const (
		maxBytes    = 256 << 20
		maxFindings = 500
		maxFailures = 100
		maxText     = 500
		maxItems    = 2_000_000
	)
	set := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	if l.MaxBytes <= 0 {
		l.MaxBytes = maxBytes
	}
	set(&l.MaxFindings, maxFindings)
	set(&l.MaxFailures, maxFailures)
	set(&l.MaxText, maxText)
	set(&l.MaxItems, maxItems)
	return l
}

// parser reads one format into the report. It may return any error; an error
// means that the input is not a whole report of that format.
type parser func(r *bufio.Reader, rep *builder) error

func parserOf(format string) parser {
	switch format {
	case FormatGoTest:
		return parseGoTest
	case FormatJUnit:
		return parseJUnit
	case FormatGoCover:
		return parseGoCover
	case FormatLCOV:
		return parseLCOV
	case FormatCobertura:
		return parseCobertura
	case FormatSARIF:
		return parseSARIF
	case FormatGolangCI:
		return parseGolangCI
	case FormatGovulncheck:
		return parseGovulncheck
	case FormatNPMAudit:
		return parseNPMAudit
	case FormatESLint:
		return parseESLint
	default:
		return nil
	}
}

// Formats lists the formats that [Parse] reads.
func Formats() []string {
	return []string{
		FormatExit, FormatGoTest, FormatJUnit, FormatGoCover, FormatLCOV, FormatCobertura,
		FormatSARIF, FormatGolangCI, FormatGovulncheck, FormatNPMAudit, FormatESLint,
	}
}

// Parse reads a report. A report that is empty, malformed, cut short or too
// large is an error, never a pass. For the format "exit", and for "", nothing is
// read and the result is info: only the exit code speaks.
func Parse(format string, r io.Reader, limits Limits) (*Report, error) {
	if format == "" || format == FormatExit {
		return &Report{Format: FormatExit, Result: ResultInfo, Summary: "judged by its exit code"}, nil
	}
	parse := parserOf(format)
	if parse == nil {
		return nil, fault.Usage(CodeReportFormat, "%q is not a report format; known are %s", format, strings.Join(Formats(), ", ")).
			WithHint("layercake proof capture --help")
	}
	limits = limits.complete()
	bounded := &boundedReader{r: r, left: limits.MaxBytes}
	const bufSize = 64 << 10
	in := bufio.NewReaderSize(bounded, bufSize)
	b := &builder{Report: Report{Format: format, Result: ResultPass}, limits: limits}

	if err := skipBOM(in); err != nil {
		return nil, b.problem(err)
	}
	if err := parse(in, b); err != nil {
		return nil, b.problem(err)
	}
	b.finish()
	return &b.Report, nil
}

var (
	errEmpty    = errors.New("there is nothing in it")
	errTooLarge = errors.New("it is too large")
)

// boundedReader fails, rather than ends, when the input is too large: an end
// could make a part look like the whole.
type boundedReader struct {
	r    io.Reader
	left int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, errTooLarge
	}
	return n, err
}

// skipBOM skips a byte order mark, and reports empty input.
func skipBOM(r *bufio.Reader) error {
	const bom = "\xef\xbb\xbf"
	head, err := r.Peek(len(bom))
	if string(head) == bom {
		_, err = r.Discard(len(bom))
		return err
	}
	if len(head) == 0 && errors.Is(err, io.EOF) {
		return errEmpty
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// builder is a report in the making.
type builder struct {
	Report

	limits Limits
}

// problem turns a parser's error into one for people.
func (b *builder) problem(err error) error {
	switch {
	case errors.Is(err, errTooLarge):
		return fault.Failed(CodeReportLarge, "the %s report is larger than %d bytes", b.Format, b.limits.MaxBytes)
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
