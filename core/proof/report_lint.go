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

// golangciIssue is an issue of golangci-lint's JSON output.
//
//nolint:tagliatelle // golangci-lint's names
type golangciIssue struct {
	FromLinter string `json:"FromLinter"`
	Text       string `json:"Text"`
	Severity   string `json:"Severity"`
	Pos        struct {
		Filename string `json:"Filename"`
		Line     int    `json:"Line"`
	} `json:"Pos"`
}

// parseGolangCI reads the JSON output of golangci-lint 2: one object with Issues
// and Report. The statistics that may follow on standard output are let through.
func parseGolangCI(r *bufio.Reader, rep *builder) error {
	dec := json.NewDecoder(r)
	rep.Counts = map[Severity]int{}
	hasIssues, hasReport := false, false
	err := members(dec, func(key string) error {
		switch key {
		case "Issues":
			hasIssues = true
			_, err := elements(dec, func() error {
				var issue golangciIssue
				if err := decode(dec, &issue); err != nil {
					return err
				}
				rep.find(Finding{
					Severity: lintSeverity(issue.Severity), Rule: issue.FromLinter,
					File: issue.Pos.Filename, Line: issue.Pos.Line, Message: issue.Text,
				})
				return nil
			})
			return err
		case "Report":
			hasReport = true
			var report struct {
				Error string `json:"Error"` //nolint:tagliatelle // golangci-lint's name
			}
			if err := decode(dec, &report); err != nil {
				return err
			}
			if report.Error != "" {
				rep.Broken = true
				rep.failure("golangci-lint: %s", report.Error)
			}
			return nil
		default:
			return skip(dec)
		}
	})
	if err != nil {
		return err
	}
	if !hasIssues || !hasReport {
		return errors.New("it has no Issues or no Report")
	}
	return golangciStats(io.MultiReader(dec.Buffered(), r))
}

// golangciStats accepts what golangci-lint prints after its report: "0 issues."
// or "2 issues:" and a line "* linter: 2" for each linter.
func golangciStats(r io.Reader) error {
	const most = 1 << 20
	rest, err := io.ReadAll(io.LimitReader(r, most))
	if err != nil {
		return fmt.Errorf("read statistics: %w", err)
	}
	for line := range bytes.Lines(rest) {
		text := strings.TrimSpace(string(line))
		if text != "" && !strings.HasPrefix(text, "* ") && !strings.HasSuffix(text, " issues.") && !strings.HasSuffix(text, " issues:") {
			return fmt.Errorf("there is more after the report: %.40q", text)
		}
	}
	return nil
}

// lintSeverity reads a severity that a linter's configuration may set freely. An
// issue without one counts as high: it made the linter fail.
func lintSeverity(s string) Severity {
	switch strings.ToLower(s) {
	case "critical", "blocker":
		return SeverityCritical
	case "warning", "medium", "moderate", "minor":
		return SeverityMedium
	case "low", "note":
		return SeverityLow
	case "info":
		return SeverityInfo
	default:
		return SeverityHigh
	}
}

// eslintFile is an element of ESLint's JSON output.
//
//nolint:tagliatelle // ESLint's names
type eslintFile struct {
	FilePath string `json:"filePath"`
	Messages *[]struct {
		RuleID   string `json:"ruleId"`
		Severity int    `json:"severity"`
		Fatal    bool   `json:"fatal"`
		Message  string `json:"message"`
		Line     int    `json:"line"`
	} `json:"messages"`
	ErrorCount   int `json:"errorCount"`
	WarningCount int `json:"warningCount"`
}

// parseESLint reads the output of ESLint's json formatter: a list of files.
// Errors count as high, warnings as medium.
func parseESLint(r *bufio.Reader, rep *builder) error {
	const warning, severe = 1, 2
	dec := json.NewDecoder(r)
	rep.Counts = map[Severity]int{}
	files := 0
	isNull, err := elements(dec, func() error {
		var file eslintFile
		if err := decode(dec, &file); err != nil {
			return err
		}
		if file.FilePath == "" || file.Messages == nil {
			return errors.New("it is not a file with its messages")
		}
		files++
		errorsSeen, warningsSeen := 0, 0
		for _, m := range *file.Messages {
			f := Finding{Severity: SeverityHigh, Rule: m.RuleID, File: file.FilePath, Line: m.Line, Message: m.Message}
			switch {
			case m.Fatal:
				// The file was not understood, so nothing was checked in it.
				rep.Broken = true
				rep.failure("%s: %s", file.FilePath, m.Message)
				errorsSeen++
			case m.Severity == warning:
				f.Severity = SeverityMedium
				warningsSeen++
			case m.Severity == severe:
				errorsSeen++
			default:
				return fmt.Errorf("%d is not a severity", m.Severity)
			}
			rep.find(f)
		}
		rep.Counts[SeverityHigh] += max(0, file.ErrorCount-errorsSeen)
		rep.Counts[SeverityMedium] += max(0, file.WarningCount-warningsSeen)
		return nil
	})
	switch {
	case err != nil:
		return err
	case isNull:
		return errors.New("null is not a list of files")
	case files == 0:
		rep.Result, rep.Summary = ResultWarning, "no files were linted"
	}
	return nothingMore(dec)
}
