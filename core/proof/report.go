package proof

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

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
	}
	if len(head) == 0 && errors.Is(err, io.EOF) {
		return errEmpty
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read: %w", err)
	}
	return nil
}
