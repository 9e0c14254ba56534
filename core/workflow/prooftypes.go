package workflow

import (
	"slices"

	"github.com/layercake-dev/layercake/core/fault"
)

// The proof types.
const (
	ProofPRDReview              = "prd_review"
	ProofSpecValidation         = "spec_validation"
	ProofDesignOptions          = "design_options"
	ProofUserSelection          = "user_selection"
	ProofBuildOutput            = "build_output"
	ProofLintOutput             = "lint_output"
	ProofTestOutput             = "test_output"
	ProofUnitTestOutput         = "unit_test_output"
	ProofIntegrationTestOutput  = "integration_test_output"
	ProofE2ETestOutput          = "e2e_test_output"
	ProofPerformanceTestOutput  = "performance_test_output"
	ProofCoverageReport         = "coverage_report"
	ProofSecurityScan           = "security_scan"
	ProofAccessibilityScan      = "accessibility_scan"
	ProofLighthouseReport       = "lighthouse_report"
	ProofPreviewStartup         = "preview_startup"
	ProofDeploymentLog          = "deployment_log"
	ProofSmokeTest              = "smoke_test"
	ProofDeploymentVerification = "deployment_verification"
	ProofScreenshot             = "screenshot"
	ProofManualVerification     = "manual_verification"
	ProofAssessmentReport       = "assessment_report"
	ProofEvalReport             = "eval_report"
)

// ProofType describes one kind of evidence.
type ProofType struct {
	// Name is the type's name, such as "test_output".
	Name string `json:"name"`
	// Description says what the evidence shows, in one line.
	Description string `json:"description"`
	// Grade is the least grade that a gate asks for unless told otherwise:
	// captured where a program can tell, attested where only a person can, and
	// submitted where the thing shown is made by the agents and is judged by
	// the person who decides on the gate.
	Grade Grade `json:"grade"`
	// PersonOnly says that no command can produce this evidence.
	PersonOnly bool `json:"person_only,omitempty"`
	// Parsers are the report formats that make sense for it, the default
	// first. Empty for evidence that no command produces.
	Parsers []string `json:"parsers,omitempty"`
}

// ProofTypes lists every proof type, in the order in which projects meet them.
func ProofTypes() []ProofType {
	tests := []string{ParserExit, ParserGoTest, ParserJUnit}
	findings := []string{ParserExit, ParserSARIF, ParserESLint, ParserGolangCI}
	scans := []string{ParserExit, ParserSARIF, ParserGovulncheck, ParserNPMAudit}
	exit := []string{ParserExit}
	coverage := []string{ParserGoCover, ParserLCOV, ParserCobertura}
	barriers := []string{ParserExit, ParserSARIF, ParserJUnit}
	exitOrTests := []string{ParserExit, ParserJUnit, ParserGoTest}
	return []ProofType{
		{Name: ProofPRDReview, Grade: GradeAttested, PersonOnly: true, Description: "a person has read the product requirements and stands behind them"},
		// Without a validator only a person can say that the specifications fit
		// together; pinning a command turns it into captured evidence.
		{Name: ProofSpecValidation, Grade: GradeAttested, Parsers: exitOrTests, Description: "the specifications are well-formed and agree with each other"},
		{Name: ProofDesignOptions, Grade: GradeSubmitted, Description: "the design alternatives that were put forward"},
		{Name: ProofUserSelection, Grade: GradeAttested, PersonOnly: true, Description: "a person has chosen one of the design alternatives"},
		{Name: ProofBuildOutput, Grade: GradeCaptured, Parsers: exit, Description: "the project builds"},
		{Name: ProofLintOutput, Grade: GradeCaptured, Parsers: findings, Description: "the static checks pass"},
		{Name: ProofTestOutput, Grade: GradeCaptured, Parsers: tests, Description: "the tests pass"},
		{Name: ProofUnitTestOutput, Grade: GradeCaptured, Parsers: tests, Description: "the unit tests pass"},
		{Name: ProofIntegrationTestOutput, Grade: GradeCaptured, Parsers: tests, Description: "the integration tests pass"},
		{Name: ProofE2ETestOutput, Grade: GradeCaptured, Parsers: tests, Description: "the end-to-end tests pass"},
		{Name: ProofPerformanceTestOutput, Grade: GradeCaptured, Parsers: tests, Description: "the performance tests keep their limits"},
		{Name: ProofCoverageReport, Grade: GradeCaptured, Parsers: coverage, Description: "how much of the code the tests run"},
		{Name: ProofSecurityScan, Grade: GradeCaptured, Parsers: scans, Description: "known vulnerabilities in the code and in what it depends on"},
		{Name: ProofAccessibilityScan, Grade: GradeCaptured, Parsers: barriers, Description: "barriers for people who use assistive technology"},
		{Name: ProofLighthouseReport, Grade: GradeCaptured, Parsers: []string{ParserExit, ParserJUnit}, Description: "page speed and good practice in a browser"},
		{Name: ProofPreviewStartup, Grade: GradeCaptured, Parsers: exit, Description: "the application starts and answers"},
		{Name: ProofDeploymentLog, Grade: GradeCaptured, Parsers: exit, Description: "what the deployment printed"},
		{Name: ProofSmokeTest, Grade: GradeCaptured, Parsers: tests, Description: "the deployed application does its most important things"},
		{Name: ProofDeploymentVerification, Grade: GradeCaptured, Parsers: exitOrTests, Description: "what runs is what was deployed"},
		{Name: ProofScreenshot, Grade: GradeSubmitted, Description: "a picture of the user interface"},
		{Name: ProofManualVerification, Grade: GradeAttested, PersonOnly: true, Description: "a person has tried it and seen it work"},
		// An agent writes the report; what is decided at the gate is exactly
		// whether the person agrees with it.
		{Name: ProofAssessmentReport, Grade: GradeSubmitted, Description: "what an existing codebase is like and what to do with it"},
		{Name: ProofEvalReport, Grade: GradeCaptured, Parsers: exitOrTests, Description: "how well the models and prompts do on the evaluation set"},
	}
}

// LookupProofType returns the description of a proof type.
func LookupProofType(name string) (ProofType, bool) {
	all := ProofTypes()
	i := slices.IndexFunc(all, func(t ProofType) bool { return t.Name == name })
	if i < 0 {
		return ProofType{}, false
	}
	return all[i], true
}

// ValidProofType reports whether name is a proof type.
func ValidProofType(name string) bool {
	_, ok := LookupProofType(name)
	return ok
}

// NearestProofType returns the proof type that was probably meant, or "".
func NearestProofType(name string) string { return fault.Nearest(name, proofTypeNames()) }

// proofTypeNames lists the names of all proof types.
func proofTypeNames() []string {
	all := ProofTypes()
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	return names
}
