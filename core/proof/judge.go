package proof

import (
	"fmt"
	"slices"

	"github.com/layercake-dev/layercake/core/workflow"
)

// Reason says why a proof is not a pass.
type Reason struct {
	// Code is stable and in snake_case.
	Code string `json:"code"`
	// Message says it in a sentence.
	Message string `json:"message"`
}

// The codes of reasons that [Judge] gives. See also those of [Serve].
const (
	ReasonExitCode        = "exit_code"
	ReasonSignal          = "signal"
	ReasonTimedOut        = "timed_out"
	ReasonCancelled       = "cancelled"
	ReasonTruncated       = "truncated"
	ReasonTiny            = "tiny"
	ReasonTreeChanged     = "tree_changed"
	ReasonTreeUnknown     = "tree_unknown"
	ReasonNoReport        = "no_report"
	ReasonBadReport       = "report_unreadable"
	ReasonIncomplete      = "incomplete"
	ReasonTestsFailed     = "tests_failed"
	ReasonNoTests         = "no_tests"
	ReasonTooFewTests     = "too_few_tests"
	ReasonCoverageBelow   = "coverage_below"
	ReasonCoverageMissing = "coverage_missing"
	ReasonFindings        = "findings"
	ReasonFindingsMissing = "findings_missing"
	ReasonNothingChecked  = "nothing_checked"
)

// Facts are what [Judge] needs to know about a run.
type Facts struct {
	ExitCode   int
	Signal     string
	TimedOut   bool
	Cancelled  bool
	Truncated  bool
	OutputSize int64
	// ServerReady says that the command was a server that was stopped after
	// it had done its work, so that its own end says nothing. ServeFailures
	// are the reasons for which it did not.
	ServerReady   bool
	ServeFailures []Reason
	// TreeBefore and TreeAfter are the digests of the tree that the proof
	// covers, before and after the run. Both must be known.
	TreeBefore, TreeAfter string
	// TreeChanges names the paths that changed, for the message.
	TreeChanges string
	// ReportError is why the report could not be read, or empty.
	ReportError string
}

// Facts returns what is known of the run itself.
func (r *Run) Facts() Facts {
	return Facts{
		ExitCode: r.ExitCode, Signal: r.Signal, TimedOut: r.TimedOut, Cancelled: r.Cancelled,
		Truncated: r.Truncated, OutputSize: r.OutputSize,
	}
}

// Facts returns what is known of the server and its probes.
func (r *ServeRun) Facts() Facts {
	f := r.Run.Facts()
	f.ServerReady = r.Ready
	f.ServeFailures = r.Failures
	return f
}

// Judge decides whether a run and its report satisfy a requirement. It looks at
// nothing else: not at the grade, which depends on who ran the command, nor at
// the candidate. Whatever is missing or unknown is a reason against it; only a
// result of pass comes without reasons.
func Judge(req workflow.Proof, facts Facts, rep *Report) (Result, []Reason) {
	j := &judge{req: req, facts: facts, rep: rep}
	j.run()
	j.tree()
	j.report()
	j.exitCode()
	switch {
	case j.failed:
		return ResultFail, j.reasons
	case len(j.reasons) > 0:
		return ResultWarning, j.reasons
	default:
		return ResultPass, nil
	}
}

type judge struct {
	req     workflow.Proof
	facts   Facts
	rep     *Report
	reasons []Reason
	failed  bool
	// excused says that thresholds allow what the report counts, so that the
	// exit code by which the tool reports the same may be allowed too.
	excused bool
}

func (j *judge) fail(code, format string, args ...any) {
	j.failed = true
	j.warn(code, format, args...)
}

func (j *judge) warn(code, format string, args ...any) {
	j.reasons = append(j.reasons, Reason{Code: code, Message: fmt.Sprintf(format, args...)})
}

// run judges how the command went.
func (j *judge) run() {
	f := j.facts
	if f.TimedOut {
		j.fail(ReasonTimedOut, "the command took longer than was allowed")
	}
	if f.Cancelled {
		j.fail(ReasonCancelled, "the command was interrupted")
	}
	if f.Truncated {
		j.fail(ReasonTruncated, "the command printed more than is kept, so its output was not seen in full")
	}
	if f.OutputSize < j.req.MinBytes {
		j.fail(ReasonTiny, "the evidence has %d bytes; at least %d are asked for", f.OutputSize, j.req.MinBytes)
	}
	if len(f.ServeFailures) > 0 {
		j.failed = true
		j.reasons = append(j.reasons, f.ServeFailures...)
	}
}

func (j *judge) tree() {
	switch before, after := j.facts.TreeBefore, j.facts.TreeAfter; {
	case before == "" || after == "":
		j.fail(ReasonTreeUnknown, "it is not known which files the command ran on")
	case before != after && j.facts.TreeChanges != "":
		j.fail(ReasonTreeChanged, "files changed while the command ran: %s", j.facts.TreeChanges)
	case before != after:
		j.fail(ReasonTreeChanged, "files changed while the command ran")
	}
}

// exitCode comes last, because the report may excuse it.
func (j *judge) exitCode() {
	f := j.facts
	switch {
	case f.ServerReady:
	case f.Signal != "":
		if !f.TimedOut && !f.Cancelled {
			j.fail(ReasonSignal, "the command was ended by a signal (%s)", f.Signal)
		}
	case f.ExitCode == 0:
	case j.excused && !j.failed && f.ExitCode == findingsExit(j.rep.Format):
	default:
		j.fail(ReasonExitCode, "the command ended with exit code %d", f.ExitCode)
	}
}

// findingsExit is the exit code by which the tools of a format report nothing
// worse than failed tests or findings; 0 if there is none.
func findingsExit(format string) int {
	switch format {
	case FormatGoTest, FormatJUnit, FormatGolangCI, FormatNPMAudit, FormatESLint, FormatSARIF:
		return 1
	case FormatGovulncheck:
		const vulnsFound = 3
		return vulnsFound
	default:
		return 0
	}
}

func (j *judge) report() {
	rep, t := j.rep, j.req.Thresholds
	switch {
	case j.facts.ReportError != "":
		j.fail(ReasonBadReport, "the report cannot be used: %s", j.facts.ReportError)
		return
	case rep == nil && (parsed(j.req.Parser) || t != workflow.Thresholds{}):
		j.fail(ReasonNoReport, "there is no report to judge")
		return
	case rep == nil:
		return
	case parsed(j.req.Parser) && rep.Format != j.req.Parser:
		j.fail(ReasonBadReport, "the report is %s, not %s", rep.Format, j.req.Parser)
		return
	}
	if rep.Broken {
		j.fail(ReasonIncomplete, "not everything ran: %s", rep.Summary)
	}
	j.tests()
	j.coverage()
	j.findings()
	switch {
	case j.failed:
	case rep.Result == ResultFail && !j.excused:
		j.fail(ReasonIncomplete, "%s", rep.Summary)
	case rep.Result == ResultWarning && len(j.reasons) == 0:
		j.warn(ReasonNothingChecked, "%s", rep.Summary)
	case rep.Result != ResultPass && rep.Result != ResultFail && rep.Result != ResultWarning && parsed(j.req.Parser):
		j.fail(ReasonBadReport, "the report has no result")
	}
}

// parsed reports whether a parser is asked for at all.
func parsed(parser string) bool { return parser != "" && parser != FormatExit }

func (j *judge) tests() {
	rep, t := j.rep, j.req.Thresholds
	if rep.Tests == nil {
		if t.MinTests != nil || t.MaxFailures != nil {
			j.fail(ReasonNoTests, "tests are asked for and the report counts none")
		}
		return
	}
	allowed := 0
	if t.MaxFailures != nil {
		allowed = *t.MaxFailures
	}
	switch {
	case rep.Tests.Failed > allowed:
		j.fail(ReasonTestsFailed, "%s failed%s", plural(rep.Tests.Failed, "test"), most(t.MaxFailures))
	case rep.Tests.Failed > 0:
		j.excused = true
	}
	ran := rep.Tests.Total - rep.Tests.Skipped
	switch {
	case t.MinTests != nil && ran < *t.MinTests:
		j.fail(ReasonTooFewTests, "%s ran; at least %d are asked for", plural(ran, "test"), *t.MinTests)
	case ran == 0:
		j.warn(ReasonNoTests, "%s", rep.Summary)
	}
}

func most(limit *int) string {
	if limit == nil {
		return ""
	}
	return fmt.Sprintf("; at most %d may", *limit)
}

func (j *judge) coverage() {
	want := j.req.Thresholds.Coverage
	if want == nil {
		return
	}
	got := j.rep.Coverage
	switch {
	case got == nil:
		j.fail(ReasonCoverageMissing, "the report has no coverage; %g %% are asked for", *want)
	case *got >= *want:
		// Written this way round, a value that is no number fails.
	default:
		j.fail(ReasonCoverageBelow, "coverage is %.2f %%; %g %% are asked for", *got, *want)
	}
}

func (j *judge) findings() {
	t := j.req.Thresholds
	limits := []struct {
		severity Severity
		limit    *int
	}{
		{SeverityCritical, t.MaxCritical}, {SeverityHigh, t.MaxHigh},
		{SeverityMedium, t.MaxMedium}, {SeverityLow, t.MaxLow}, {SeverityInfo, nil},
	}
	for _, l := range limits {
		if j.rep.Counts == nil {
			if l.limit != nil {
				j.fail(ReasonFindingsMissing, "a limit on %s findings is set and the report counts none", l.severity)
			}
			continue
		}
		n := j.rep.Counts[l.severity]
		switch {
		case n == 0:
		case l.limit != nil && n > *l.limit:
			j.fail(ReasonFindings, "%s; at most %d may be", plural(n, string(l.severity)+" finding"), *l.limit)
		case l.limit == nil && slices.Contains(blocking(j.rep.Format), l.severity):
			j.fail(ReasonFindings, "%s", plural(n, string(l.severity)+" finding"))
		case l.limit != nil:
			j.excused = true
		}
	}
}
