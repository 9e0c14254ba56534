// Package proof makes evidence: it runs a command and keeps what it printed,
// identifies the tree that it ran on, reads the reports that tools write, and
// judges all of it against what a gate asks for.
//
// Nothing here decides about gates. A check that cannot be made is a failure,
// never a pass.
package proof

import "github.com/layercake-dev/layercake/core/git"

// Result is the outcome of a proof or a report.
type Result string

// The results.
const (
	// ResultPass: what was asked for was shown.
	ResultPass Result = "pass"
	// ResultFail: it was not, or it could not be evaluated.
	ResultFail Result = "fail"
	// ResultWarning: nothing failed, but too little was checked to call it a
	// pass, for example a test run without tests. It does not satisfy a gate.
	ResultWarning Result = "warning"
	// ResultInfo: nothing was judged.
	ResultInfo Result = "info"
)

// The codes of this package's errors.
const (
	CodeNoCommand     = "proof_command_missing"
	CodeNotFound      = "proof_command_not_found"
	CodeNotExecutable = "proof_command_not_executable"
	CodeBadDir        = git.CodeBadDir
	CodeBadTimeout    = "proof_bad_timeout"
	CodeStart         = "proof_start_failed"
	CodeEvidence      = "proof_evidence_not_written"
	CodeBadURL        = "proof_bad_ready_url"
	CodeReportMissing = "report_missing"
	CodeReportStale   = "report_stale"
	CodeReportPath    = "report_path_outside"
	CodeReportFormat  = "report_unknown_format"
	CodeReportBroken  = "report_malformed"
	CodeReportEmpty   = "report_empty"
	CodeReportLarge   = "report_too_large"
	CodeGitMissing    = git.CodeMissing
	CodeNotRepo       = git.CodeNotRepo
	CodeBareRepo      = git.CodeBare
	CodeGit           = git.CodeFailed
	CodeNoCommit      = git.CodeNoCommit
	CodeBadPath       = "tree_bad_path"
	CodeNoFiles       = "tree_paths_match_nothing"
)
