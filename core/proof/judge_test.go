package proof_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/proof"
	"github.com/layercake-dev/layercake/core/workflow"
)

func mustFloat(t *testing.T, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return f
}

func testReport(total, failed, skipped int) *proof.Report {
	r := &proof.Report{
		Format: proof.FormatGoTest, Result: pass, Summary: "tests",
		Tests: &proof.TestCounts{Total: total, Failed: failed, Skipped: skipped, Passed: total - failed - skipped},
	}
	switch {
	case failed > 0:
		r.Result = fail
	case total == skipped:
		r.Result = warning
	}
	return r
}

func coverReport(percent float64) *proof.Report {
	return &proof.Report{Format: proof.FormatGoCover, Result: pass, Summary: "coverage", Coverage: &percent}
}

func findingReport(format string, result proof.Result, c counts) *proof.Report {
	return &proof.Report{Format: format, Result: result, Summary: "findings", Counts: c}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	type thresholds = workflow.Thresholds
	good := withTree(proof.Facts{OutputSize: 100})
	with := func(change func(*proof.Facts)) proof.Facts {
		f := good
		change(&f)
		return f
	}
	exit := func(code int) proof.Facts { return with(func(f *proof.Facts) { f.ExitCode = code }) }
	broken := testReport(5, 1, 0)
	broken.Broken = true
	for _, tt := range []struct {
		name   string
		parser string
		limits thresholds
		min    int64
		facts  proof.Facts
		rep    *proof.Report
		result proof.Result
		codes  []string
	}{
		{"exit code alone", "", thresholds{}, 0, good, nil, pass, nil},
		{"exit code fails", "exit", thresholds{}, 0, exit(2), nil, fail, []string{"exit_code"}},
		{"signal", "", thresholds{}, 0, with(func(f *proof.Facts) { f.Signal, f.ExitCode = "killed", -1 }), nil, fail, []string{"signal"}},
		{"timed out", "", thresholds{}, 0, with(func(f *proof.Facts) { f.TimedOut, f.Signal, f.ExitCode = true, "terminated", -1 }), nil, fail, []string{"timed_out"}},
		{"timed out and yet 0", "", thresholds{}, 0, with(func(f *proof.Facts) { f.TimedOut = true }), nil, fail, []string{"timed_out"}},
		{"cancelled", "", thresholds{}, 0, with(func(f *proof.Facts) { f.Cancelled = true }), nil, fail, []string{"cancelled"}},
		{"truncated", "gotest", thresholds{}, 0, with(func(f *proof.Facts) { f.Truncated = true }), testReport(5, 0, 0), fail, []string{"truncated"}},
		{"tiny", "", thresholds{}, 101, good, nil, fail, []string{"tiny"}},
		{"just large enough", "", thresholds{}, 100, good, nil, pass, nil},
		{"tree changed", "", thresholds{}, 0, with(func(f *proof.Facts) { f.TreeAfter = "other" }), nil, fail, []string{"tree_changed"}},
		{"tree unknown", "", thresholds{}, 0, with(func(f *proof.Facts) { f.TreeBefore, f.TreeAfter = "", "" }), nil, fail, []string{"tree_unknown"}},
		{"server", "", thresholds{}, 0, with(func(f *proof.Facts) { f.ServerReady, f.Signal, f.ExitCode = true, "terminated", -1 }), nil, pass, nil},
		{"server failed", "", thresholds{}, 0, with(func(f *proof.Facts) { f.ServeFailures = []proof.Reason{{Code: proof.ReasonNotReady}} }), nil, fail, []string{"server_not_ready"}},

		{"no report", "gotest", thresholds{}, 0, good, nil, fail, []string{"no_report"}},
		{"limits without a report", "", thresholds{MinTests: new(1)}, 0, good, nil, fail, []string{"no_report"}},
		{"unreadable report", "gotest", thresholds{}, 0, with(func(f *proof.Facts) { f.ReportError = "cut" }), nil, fail, []string{"report_unreadable"}},
		{"unreadable report and exit code", "gotest", thresholds{}, 0, with(func(f *proof.Facts) { f.ReportError, f.ExitCode = "cut", 1 }), nil, fail, []string{"report_unreadable", "exit_code"}},
		{"another report", "junit", thresholds{}, 0, good, testReport(5, 0, 0), fail, []string{"report_unreadable"}},
		{"a report without result", "gotest", thresholds{}, 0, good, &proof.Report{Format: "gotest"}, fail, []string{"report_unreadable"}},
		{"a failing report without details", "gotest", thresholds{}, 0, good, &proof.Report{Format: "gotest", Result: fail}, fail, []string{"incomplete"}},

		{"tests pass", "gotest", thresholds{}, 0, good, testReport(5, 0, 1), pass, nil},
		{"tests pass, exit code does not", "gotest", thresholds{}, 0, exit(1), testReport(5, 0, 0), fail, []string{"exit_code"}},
		{"tests fail", "gotest", thresholds{}, 0, exit(1), testReport(5, 1, 0), fail, []string{"tests_failed", "exit_code"}},
		{"tests fail, exit code hides it", "gotest", thresholds{}, 0, good, testReport(5, 1, 0), fail, []string{"tests_failed"}},
		{"failures allowed", "gotest", thresholds{MaxFailures: new(1)}, 0, exit(1), testReport(5, 1, 0), pass, nil},
		{"failures allowed, other exit code", "gotest", thresholds{MaxFailures: new(1)}, 0, exit(2), testReport(5, 1, 0), fail, []string{"exit_code"}},
		{"failures allowed, signal", "gotest", thresholds{MaxFailures: new(1)}, 0, with(func(f *proof.Facts) { f.Signal, f.ExitCode = "killed", -1 }), testReport(5, 1, 0), fail, []string{"signal"}},
		{"too many failures", "gotest", thresholds{MaxFailures: new(1)}, 0, exit(1), testReport(5, 2, 0), fail, []string{"tests_failed", "exit_code"}},
		{"failures allowed, but broken", "gotest", thresholds{MaxFailures: new(9)}, 0, exit(1), broken, fail, []string{"incomplete", "exit_code"}},
		{"no tests", "gotest", thresholds{}, 0, good, testReport(0, 0, 0), warning, []string{"no_tests"}},
		{"all skipped", "gotest", thresholds{}, 0, good, testReport(3, 0, 3), warning, []string{"no_tests"}},
		{"no tests where some are asked for", "gotest", thresholds{MinTests: new(1)}, 0, good, testReport(0, 0, 0), fail, []string{"too_few_tests"}},
		{"too few tests", "gotest", thresholds{MinTests: new(5)}, 0, good, testReport(5, 0, 1), fail, []string{"too_few_tests"}},
		{"enough tests", "gotest", thresholds{MinTests: new(4)}, 0, good, testReport(5, 0, 1), pass, nil},
		{"tests asked of coverage", "gocover", thresholds{MinTests: new(1)}, 0, good, coverReport(90), fail, []string{"no_tests"}},

		{"coverage", "gocover", thresholds{Coverage: new(80.0)}, 0, good, coverReport(80), pass, nil},
		{"coverage below", "gocover", thresholds{Coverage: new(80.0)}, 0, good, coverReport(79.999), fail, []string{"coverage_below"}},
		{"coverage is no number", "gocover", thresholds{Coverage: new(80.0)}, 0, good, coverReport(math.NaN()), fail, []string{"coverage_below"}},
		{"coverage missing", "gotest", thresholds{Coverage: new(80.0)}, 0, good, testReport(5, 0, 0), fail, []string{"coverage_missing"}},
		{"nothing to cover", "gocover", thresholds{}, 0, good, &proof.Report{Format: "gocover", Result: warning}, warning, []string{"nothing_checked"}},
		{"coverage does not excuse an exit code", "gocover", thresholds{Coverage: new(10.0)}, 0, exit(1), coverReport(90), fail, []string{"exit_code"}},

		{"no findings", "sarif", thresholds{}, 0, good, findingReport("sarif", pass, counts{}), pass, nil},
		{"high finding", "sarif", thresholds{}, 0, good, findingReport("sarif", fail, counts{"high": 1}), fail, []string{"findings"}},
		{"medium finding", "sarif", thresholds{}, 0, good, findingReport("sarif", pass, counts{"medium": 3}), pass, nil},
		{"medium finding limited", "sarif", thresholds{MaxMedium: new(2)}, 0, good, findingReport("sarif", pass, counts{"medium": 3}), fail, []string{"findings"}},
		{"high finding allowed", "npm-audit", thresholds{MaxHigh: new(2)}, 0, exit(1), findingReport("npm-audit", fail, counts{"high": 2}), pass, nil},
		{"high allowed, critical not", "npm-audit", thresholds{MaxHigh: new(2)}, 0, exit(1), findingReport("npm-audit", fail, counts{"high": 2, "critical": 1}), fail, []string{"findings", "exit_code"}},
		{"warnings make eslint fail", "eslint", thresholds{}, 0, exit(1), findingReport("eslint", pass, counts{"medium": 1}), fail, []string{"exit_code"}},
		{"eslint crashed", "eslint", thresholds{MaxMedium: new(5)}, 0, exit(2), findingReport("eslint", pass, counts{"medium": 1}), fail, []string{"exit_code"}},
		{"low issue of golangci", "golangci", thresholds{}, 0, exit(1), findingReport("golangci", fail, counts{"low": 1}), fail, []string{"findings", "exit_code"}},
		{"low issue of golangci allowed", "golangci", thresholds{MaxLow: new(1)}, 0, exit(1), findingReport("golangci", fail, counts{"low": 1}), pass, nil},
		{"nothing scanned", "sarif", thresholds{MaxHigh: new(0)}, 0, good, findingReport("sarif", warning, counts{}), warning, []string{"nothing_checked"}},
		{"findings asked of tests", "gotest", thresholds{MaxCritical: new(0)}, 0, good, testReport(5, 0, 0), fail, []string{"findings_missing"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			result, reasons := proof.Judge(workflow.Proof{Parser: tt.parser, Thresholds: tt.limits, MinBytes: tt.min}, tt.facts, tt.rep)
			require.Equal(t, tt.codes, codes(reasons), "%v", reasons)
			require.Equal(t, tt.result, result)
			for _, r := range reasons {
				require.True(t, r.Message != "" || r.Code == proof.ReasonNotReady || r.Code == proof.ReasonIncomplete || r.Code == proof.ReasonNothingChecked)
			}
		})
	}
}
