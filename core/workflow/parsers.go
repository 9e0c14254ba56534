package workflow

import "slices"

// The report formats that a proof's command may produce.
const (
	// ParserExit trusts the exit code alone.
	ParserExit = "exit"
	// ParserGoTest reads `go test -json`.
	ParserGoTest = "gotest"
	// ParserJUnit reads JUnit XML.
	ParserJUnit = "junit"
	// ParserGoCover reads a Go cover profile.
	ParserGoCover = "gocover"
	// ParserLCOV reads LCOV tracefiles.
	ParserLCOV = "lcov"
	// ParserCobertura reads Cobertura XML.
	ParserCobertura = "cobertura"
	// ParserSARIF reads SARIF 2.1.0.
	ParserSARIF = "sarif"
	// ParserGolangCI reads golangci-lint's JSON.
	ParserGolangCI = "golangci"
	// ParserGovulncheck reads govulncheck's JSON.
	ParserGovulncheck = "govulncheck"
	// ParserNPMAudit reads `npm audit --json`.
	ParserNPMAudit = "npm-audit"
	// ParserESLint reads ESLint's JSON.
	ParserESLint = "eslint"
)

// Parsers lists the report formats.
func Parsers() []string {
	return []string{
		ParserExit, ParserGoTest, ParserJUnit, ParserGoCover, ParserLCOV, ParserCobertura,
		ParserSARIF, ParserGolangCI, ParserGovulncheck, ParserNPMAudit, ParserESLint,
	}
}

// ValidParser reports whether name is a report format.
func ValidParser(name string) bool { return slices.Contains(Parsers(), name) }

// measure is what a report format can tell.
type measure string

// The measures.
const (
	measureNothing  measure = ""
	measureTests    measure = "tests"
	measureCoverage measure = "coverage"
	measureFindings measure = "findings"
)

// measureOf says what a report in the given format can tell.
func measureOf(parser string) measure {
	switch parser {
	case ParserGoTest, ParserJUnit:
		return measureTests
	case ParserGoCover, ParserLCOV, ParserCobertura:
		return measureCoverage
	case ParserSARIF, ParserGolangCI, ParserGovulncheck, ParserNPMAudit, ParserESLint:
		return measureFindings
	default:
		return measureNothing
	}
}
