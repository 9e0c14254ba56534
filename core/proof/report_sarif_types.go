package proof

import "encoding/json"

// The parts of SARIF 2.1.0 that decide about severities. Results are read one by
// one; a run's rules may come before or after them.
//
//nolint:tagliatelle // the names are SARIF's
type (
	sarifRule struct {
		ID                   string          `json:"id"`
		Properties           sarifProperties `json:"properties"`
		DefaultConfiguration struct {
			Level string `json:"level"`
		} `json:"defaultConfiguration"`
	}
	sarifProperties struct {
		SecuritySeverity json.RawMessage `json:"security-severity"`
	}
	sarifComponent struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifTool struct {
		Driver     sarifComponent   `json:"driver"`
		Extensions []sarifComponent `json:"extensions"`
	}
	sarifResult struct {
		RuleID    string `json:"ruleId"`
		RuleIndex *int   `json:"ruleIndex"`
		Rule      struct {
			ID            string `json:"id"`
			Index         *int   `json:"index"`
			ToolComponent *struct {
				Index *int `json:"index"`
			} `json:"toolComponent"`
		} `json:"rule"`
		Kind    string `json:"kind"`
		Level   string `json:"level"`
		Message struct {
			Text     string `json:"text"`
			Markdown string `json:"markdown"`
			ID       string `json:"id"`
		} `json:"message"`
		Locations []struct {
			PhysicalLocation struct {
				ArtifactLocation struct {
					URI string `json:"uri"`
				} `json:"artifactLocation"`
				Region struct {
					StartLine int `json:"startLine"`
				} `json:"region"`
			} `json:"physicalLocation"`
		} `json:"locations"`
		Suppressions []struct {
			Status string `json:"status"`
		} `json:"suppressions"`
		BaselineState string          `json:"baselineState"`
		Properties    sarifProperties `json:"properties"`
	}
	sarifInvocation struct {
		ExecutionSuccessful *bool `json:"executionSuccessful"`
	}
)
