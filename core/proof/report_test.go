package proof_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/proof"
)

const (
	pass    = proof.ResultPass
	fail    = proof.ResultFail
	warning = proof.ResultWarning
)

func parse(t *testing.T, format, text string) *proof.Report {
	t.Helper()
	rep, err := proof.Parse(format, strings.NewReader(text), proof.Limits{})
	require.NoError(t, err)
	require.Equal(t, format, rep.Format)
	require.NotEmpty(t, rep.Summary)
	return rep
}

func golden(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "reports", name))
	require.NoError(t, err)
	return string(b)
}

type counts = map[proof.Severity]int

func TestParseGolden(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file, format string
		want         proof.Report
	}{
		{"junit-mixed.xml", proof.FormatJUnit, proof.Report{
			Result: fail, Summary: "5 tests: 2 passed, 2 failed, 1 skipped in 2 suites",
			Tests:    &proof.TestCounts{Total: 5, Passed: 2, Failed: 2, Skipped: 1, Packages: 2},
			Failures: []string{"cart.Cart.removes an item: expected 0 < 1", "till.Till.opens: no drawer"},
		}},
		{"junit-pass.xml", proof.FormatJUnit, proof.Report{
			Result: pass, Summary: "2 tests: 2 passed, 0 failed, 0 skipped in 1 suite",
			Tests: &proof.TestCounts{Total: 2, Passed: 2, Packages: 1},
		}},
		{"junit-skipped.xml", proof.FormatJUnit, proof.Report{
			Result: warning, Summary: "1 test: 0 passed, 0 failed, 1 skipped in 1 suite",
			Tests: &proof.TestCounts{Total: 1, Skipped: 1, Packages: 1},
		}},
		{"junit-none.xml", proof.FormatJUnit, proof.Report{Result: warning, Summary: "no tests were run in 0 suites", Tests: &proof.TestCounts{}}},
		{"junit-unlisted.xml", proof.FormatJUnit, proof.Report{
			Result: fail, Summary: "1 test: 1 passed, 0 failed, 0 skipped in 1 suite; not everything ran", Broken: true,
			Tests: &proof.TestCounts{Total: 1, Passed: 1, Packages: 1}, Failures: []string{"the report declares 1 failure that it does not list"},
		}},
		{"gocover-merged.out", proof.FormatGoCover, proof.Report{Result: pass, Summary: "80.0 % of 10 statements covered", Coverage: new(80.0)}},
		{"gocover-nothing.out", proof.FormatGoCover, proof.Report{Result: warning, Summary: "the coverage report counts no statements"}},
		{"lcov-two.info", proof.FormatLCOV, proof.Report{Result: pass, Summary: "75.0 % of 4 lines covered", Coverage: new(75.0)}},
		{"lcov-nothing.info", proof.FormatLCOV, proof.Report{Result: warning, Summary: "the coverage report counts no lines"}},
		{"cobertura.xml", proof.FormatCobertura, proof.Report{Result: pass, Summary: "75.0 % of 4 lines covered", Coverage: new(75.0)}},
		{"sarif-levels.json", proof.FormatSARIF, proof.Report{
			Result: fail, Summary: "8 findings: 1 critical, 2 high, 3 medium, 1 low, 1 info",
			Counts: counts{"critical": 1, "high": 2, "medium": 3, "low": 1, "info": 1},
			Findings: []proof.Finding{
				{Severity: "critical", Rule: "scored/part", File: "a.go", Line: 3, Message: "critical by the score of its rule"},
				{Severity: "high", Rule: "unknown", Message: "high"},
				{Severity: "high", Rule: "ext", Message: "high by the extension's rule"},
				{Severity: "medium", Rule: "unknown", Message: "warning when nothing else is said"},
				{Severity: "medium", Rule: "own", Message: "*medium* by its own score"},
				{Severity: "medium", Rule: "unknown", Message: "the suppression was rejected"},
				{Severity: "low", Rule: "quiet", Message: "low by default"},
				{Severity: "info", Rule: "scored", Message: "no failure"},
			},
		}},
		{"sarif-clean.json", proof.FormatSARIF, proof.Report{Result: pass, Summary: "no findings", Counts: counts{}}},
		{"sarif-unscanned.json", proof.FormatSARIF, proof.Report{Result: warning, Summary: "no results were given by scanner", Counts: counts{}}},
		{"sarif-crashed.json", proof.FormatSARIF, proof.Report{
			Result: fail, Summary: "no findings", Counts: counts{}, Broken: true, Failures: []string{"the scanner says that it did not succeed"},
		}},
		{"golangci-issues.json", proof.FormatGolangCI, proof.Report{
			Result: fail, Summary: "2 findings: 1 high, 1 low", Counts: counts{"high": 1, "low": 1},
			Findings: []proof.Finding{
				{Severity: "high", Rule: "errcheck", File: "lint/l.go", Line: 3, Message: "Error return value of `os.Remove` is not checked"},
				{Severity: "low", Rule: "godot", File: "lint/l.go", Line: 1, Message: "Comment should end in a period"},
			},
		}},
		{"golangci-clean.json", proof.FormatGolangCI, proof.Report{Result: pass, Summary: "no findings", Counts: counts{}}},
		{"golangci-error.json", proof.FormatGolangCI, proof.Report{
			Result: fail, Summary: "no findings", Counts: counts{}, Broken: true, Failures: []string{"golangci-lint: typechecking failed"},
		}},
		{"govulncheck.json", proof.FormatGovulncheck, proof.Report{
			Result: fail, Summary: "3 findings: 1 high, 1 low, 1 info", Counts: counts{"high": 1, "low": 1, "info": 1},
			Findings: []proof.Finding{
				{Severity: "high", Rule: "GO-2021-0113", File: "main.go", Line: 12, Message: "Out-of-bounds read in the language package (golang.org/x/text@v0.3.5, fixed in v0.3.7)"},
				{Severity: "low", Rule: "GO-2022-0001", Message: "Only imported (example.com/a@v1.0.0)"},
				{Severity: "info", Rule: "GO-2022-0002", Message: "Only required (example.com/b@v1.0.0)"},
			},
		}},
		{"govulncheck-module.json", proof.FormatGovulncheck, proof.Report{
			Result: fail, Summary: "1 finding: 1 high", Counts: counts{"high": 1},
			Findings: []proof.Finding{{Severity: "high", Rule: "GO-2022-0002", Message: "example.com/b@v1.0.0"}},
		}},
		{"govulncheck-clean.json", proof.FormatGovulncheck, proof.Report{Result: pass, Summary: "no findings", Counts: counts{}}},
		{"npm-audit-2.json", proof.FormatNPMAudit, proof.Report{
			Result: fail, Summary: "2 findings: 1 critical, 1 medium", Counts: counts{"critical": 1, "high": 0, "medium": 1, "low": 0, "info": 0},
			Findings: []proof.Finding{
				{Severity: "critical", Rule: "minimist", Message: "Prototype pollution https://example.com/advisories/1 (<=0.2.3)"},
				{Severity: "medium", Rule: "mkdirp", Message: "through minimist"},
			},
		}},
		{"npm-audit-1.json", proof.FormatNPMAudit, proof.Report{
			Result: fail, Summary: "3 findings: 1 high, 2 low", Counts: counts{"critical": 0, "high": 1, "medium": 0, "low": 2, "info": 0},
			Findings: []proof.Finding{{Severity: "high", Rule: "minimatch", Message: "Denial of service https://example.com/118"}},
		}},
		{"npm-audit-clean.json", proof.FormatNPMAudit, proof.Report{
			Result: pass, Summary: "no findings", Counts: counts{"critical": 0, "high": 0, "medium": 0, "low": 0, "info": 0},
		}},
		{"eslint.json", proof.FormatESLint, proof.Report{
			Result: fail, Summary: "2 findings: 1 high, 1 medium", Counts: counts{"high": 1, "medium": 1},
			Findings: []proof.Finding{
				{Severity: "high", Rule: "no-undef", File: "/app/a.js", Line: 1, Message: "'x' is not defined."},
				{Severity: "medium", Rule: "semi", File: "/app/a.js", Line: 2, Message: "Missing semicolon."},
			},
		}},
		{"eslint-warnings.json", proof.FormatESLint, proof.Report{
			Result: pass, Summary: "1 finding: 1 medium", Counts: counts{"high": 0, "medium": 1},
			Findings: []proof.Finding{{Severity: "medium", Rule: "semi", File: "/app/a.js", Line: 2, Message: "Missing semicolon."}},
		}},
		{"eslint-fatal.json", proof.FormatESLint, proof.Report{
			Result: fail, Summary: "1 finding: 1 high", Counts: counts{"high": 1, "medium": 0}, Broken: true,
			Findings: []proof.Finding{{Severity: "high", File: "/app/a.js", Line: 1, Message: "Parsing error: Unexpected token"}},
			Failures: []string{"/app/a.js: Parsing error: Unexpected token"},
		}},
		{"eslint-none.json", proof.FormatESLint, proof.Report{Result: warning, Summary: "no files were linted", Counts: counts{}}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			text := golden(t, tt.file)
			got := parse(t, tt.format, text)
			want := tt.want
			want.Format = tt.format
			if got.Counts != nil {
				for severity, n := range want.Counts {
					require.Equal(t, n, got.Counts[severity], severity)
				}
				want.Counts = got.Counts
			}
			require.Equal(t, &want, got)

			// The same, a byte at a time and after a byte order mark.
			again, err := proof.Parse(tt.format, iotest.OneByteReader(strings.NewReader("\xef\xbb\xbf"+text)), proof.Limits{})
			require.NoError(t, err)
			require.Equal(t, got, again)

			// A report that was cut short is never better than the whole.
			for cut := range len(text) {
				part, err := proof.Parse(tt.format, strings.NewReader(text[:cut]), proof.Limits{})
				if err == nil && part.Result == pass && got.Result != pass && !cutsUnseen(tt.format) {
					require.Failf(t, "a part passes", "%q", text[:cut])
				}
			}
		})
	}
}

// cutsUnseen names the formats that have no end by which a cut between two
// records could be seen; there the run's own "truncated" and exit code decide.
func cutsUnseen(format string) bool {
	return format == proof.FormatGoCover || format == proof.FormatLCOV || format == proof.FormatGovulncheck
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	common := []string{"{", "}", "null", "[", "<", "true", "0", "hello\n", "{\"a\":1}", "[1]", "<a/>", "\x00\x01", "{}{}", strings.Repeat("[", 20000)}
	bad := map[string][]string{
		proof.FormatGoTest:      {`{"Action":"pass"}`, `{"Action":"pass","Package":"p"`, "ok  \tp\t0.1s\n", `{"Action":1}`},
		proof.FormatJUnit:       {"<testsuite>", "<testsuite/><testsuite/>", "<testsuites><testcase></testsuites>", `<testsuite failures="-1"/>`, `<testsuite failures="x"/>`, "<html></html>", `<?xml version="1.0" encoding="utf-16"?><testsuite/>`, strings.Repeat("<testsuite>", 2000) + strings.Repeat("</testsuite>", 2000), "<testcase/>", `<testsuite><testcase><testcase/></testcase></testsuite>`},
		proof.FormatGoCover:     {"mode: some\n", "a.go:1.1,2.2 1 1\n", "mode: set\nmode: set\n", "mode: set\na.go:1.1,2.2 1\n", "mode: set\na.go:1.1,2.2 x 1\n", "mode: set\na.go:1.1,2.2 1 -1\n", "mode: set\na.go:1.1 1 1\n", "mode: set\n:1.1,2.2 1 1\n", "mode: set\na.go:1.1,2.2 1 1\na.go:1.1,2.2 2 1\n", "mode: set\na.go:1.1,2.2 9999999999 1\n"},
		proof.FormatLCOV:        {"end_of_record\n", "SF:a\nDA:1,1\n", "DA:1,1\n", "SF:a\nDA:1\nend_of_record\n", "SF:a\nDA:x,1\nend_of_record\n", "SF:a\nSF:b\n", "SF:\n", "SF:a\nwords here\nend_of_record\n"},
		proof.FormatCobertura:   {"<coverage>", "<report/>", `<coverage><line number="1" hits="1"/></coverage>`, `<coverage><class><line number="1" hits="1"/></class></coverage>`, `<coverage><class filename="a"><line number="x" hits="1"/></class></coverage>`, `<coverage><class filename="a"><line number="1"/></class></coverage>`},
		proof.FormatSARIF:       {`{"version":"2.1.0"}`, `{"runs":[]}`, `{"version":"2.0.0","runs":[]}`, `{"version":"2.1.0","runs":null}`, `{"version":"2.1.0","runs":[{"results":[]}]}`, `{"version":"2.1.0","runs":[]} {}`, `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":{}}]}`, `{"version":"2.1.0","runs":{}}`},
		proof.FormatGolangCI:    {`{"Issues":[]}`, `{"Report":{}}`, `{"Issues":[],"Report":{}} {"Issues":[]}`, `{"Issues":{},"Report":{}}`},
		proof.FormatGovulncheck: {`{"config":{}}`, `{"progress":{}}`, `{"finding":{"osv":"x","trace":[{}]}}`, `{"config":{"protocol_version":"v1.0.0"}}{"finding":{}}`, `{"config":{"protocol_version":"v1.0.0"}}{"fin`},
		proof.FormatNPMAudit:    {golden(t, "npm-audit-error.json"), golden(t, "npm-audit-refused.json"), `{"vulnerabilities":{}}`, `{"metadata":{}}`, `{"metadata":{"vulnerabilities":{"high":-1}}}`, `{"metadata":{"vulnerabilities":{"high":"1"}}}`},
		proof.FormatESLint:      {`{}`, `[{}]`, `[{"filePath":"a"}]`, `[{"filePath":"a","messages":[{"severity":0}]}]`, `[] []`},
	}
	for _, format := range proof.Formats()[1:] {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			for _, empty := range []string{"", "\xef\xbb\xbf"} {
				_, err := proof.Parse(format, strings.NewReader(empty), proof.Limits{})
				require.Error(t, err)
			}
			_, err := proof.Parse(format, strings.NewReader(" \n\n"), proof.Limits{})
			require.Error(t, err)
			for _, text := range append(bad[format], common...) {
				rep, err := proof.Parse(format, strings.NewReader(text), proof.Limits{})
				require.Error(t, err, "%.60q gave %+v", text, rep)
				require.Nil(t, rep)
				require.Contains(t, []string{proof.CodeReportBroken, proof.CodeReportEmpty}, fault.CodeOf(err))
			}
			broken := fmt.Errorf("the disk broke")
			_, err = proof.Parse(format, io.MultiReader(strings.NewReader("\n"), iotest.ErrReader(broken)), proof.Limits{})
			require.ErrorIs(t, err, broken)
		})
	}
	_, err := proof.Parse("toml", strings.NewReader("x"), proof.Limits{})
	requireCode(t, proof.CodeReportFormat, err)
	rep, err := proof.Parse("", strings.NewReader("anything"), proof.Limits{})
	require.NoError(t, err)
	require.Equal(t, proof.ResultInfo, rep.Result)
}

func TestParseLimits(t *testing.T) {
	t.Parallel()
	whole := golden(t, "eslint-warnings.json")
	_, err := proof.Parse(proof.FormatESLint, strings.NewReader(whole), proof.Limits{MaxBytes: int64(len(whole))})
	require.NoError(t, err)
	_, err = proof.Parse(proof.FormatESLint, strings.NewReader(whole), proof.Limits{MaxBytes: int64(len(whole)) - 1})
	requireCode(t, proof.CodeReportLarge, err)

	var many bytes.Buffer
	many.WriteString(`{"Issues":[`)
	for i := range 1000 {
		fmt.Fprintf(&many, `{"FromLinter":"l","Text":%q},`, strings.Repeat("é", 400)+fmt.Sprint(i))
	}
	many.WriteString(`{"FromLinter":"last","Text":"x"}],"Report":{}}`)
	rep, err := proof.Parse(proof.FormatGolangCI, &many, proof.Limits{MaxFindings: 10, MaxText: 101})
	require.NoError(t, err)
	require.Equal(t, 1001, rep.Counts[proof.SeverityHigh])
	require.Len(t, rep.Findings, 10)
	require.Equal(t, strings.Repeat("é", 50)+"…", rep.Findings[0].Message)

	_, err = proof.Parse(proof.FormatGoCover, strings.NewReader("mode: set\na.go:1.1,2.2 1 1\nb.go:1.1,2.2 1 1\n"), proof.Limits{MaxItems: 1})
	requireCode(t, proof.CodeReportBroken, err)
}

func FuzzParse(f *testing.F) {
	dir := filepath.Join("testdata", "reports")
	entries, err := os.ReadDir(dir)
	require.NoError(f, err)
	formats := proof.Formats()
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(f, err)
		for i, format := range formats {
			if strings.HasPrefix(e.Name(), format) {
				f.Add(uint8(i), b)
			}
		}
	}
	f.Add(uint8(1), []byte(`{"Action":"start","Package":"p"}`+"\n"+`{"Action":"run","Package":"p","Test":"T/a"}`+"\n"+`{"Action":"pass","Package":"p"}`))
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		format := formats[int(which)%len(formats)]
		rep, err := proof.Parse(format, bytes.NewReader(text), proof.Limits{MaxBytes: 1 << 20})
		if err != nil {
			require.Nil(t, rep)
			require.NotEmpty(t, fault.CodeOf(err))
			return
		}
		_, err = json.Marshal(rep)
		require.NoError(t, err)
		if len(bytes.TrimSpace(text)) == 0 {
			require.Equal(t, proof.ResultInfo, rep.Result)
		}
		if rep.Result == pass {
			require.False(t, rep.Broken)
			if rep.Tests != nil {
				require.Positive(t, rep.Tests.Passed)
				require.Zero(t, rep.Tests.Failed)
			}
			require.Zero(t, rep.Counts[proof.SeverityCritical]+rep.Counts[proof.SeverityHigh])
		}
		if rep.Coverage != nil {
			require.GreaterOrEqual(t, *rep.Coverage, 0.0)
			require.LessOrEqual(t, *rep.Coverage, 100.0)
		}
	})
}
