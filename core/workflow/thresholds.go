package workflow

import "slices"

// The names of the thresholds: the JSON names of the fields of [Thresholds].
const (
	limitCoverage    = "coverage"
	limitMaxFailures = "max_failures"
	limitMinTests    = "min_tests"
	limitMaxCritical = "max_critical"
	limitMaxHigh     = "max_high"
	limitMaxMedium   = "max_medium"
	limitMaxLow      = "max_low"
)

// ThresholdNames lists the thresholds that a proof can have.
func ThresholdNames() []string {
	return []string{
		limitCoverage, limitMaxFailures, limitMinTests,
		limitMaxCritical, limitMaxHigh, limitMaxMedium, limitMaxLow,
	}
}

// Limit is one threshold with its value.
type Limit struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// atLeast reports whether a threshold is a floor, so that less is weaker. The
// others are ceilings.
func atLeast(name string) bool { return name == limitCoverage || name == limitMinTests }

// measureFor says what a report must tell for a threshold to be judged.
func measureFor(name string) measure {
	switch name {
	case limitCoverage:
		return measureCoverage
	case limitMaxFailures, limitMinTests:
		return measureTests
	default:
		return measureFindings
	}
}

// Limits lists the thresholds that are set, in the order of [ThresholdNames].
func (t Thresholds) Limits() []Limit {
	var out []Limit
	for _, name := range ThresholdNames() {
		if v, ok := t.get(name); ok {
			out = append(out, Limit{Name: name, Value: v})
		}
	}
	return out
}

// get returns a threshold and whether it is set.
func (t Thresholds) get(name string) (float64, bool) {
	if name == limitCoverage {
		if t.Coverage == nil {
			return 0, false
		}
		return *t.Coverage, true
	}
	if count := countField(&t, name); count != nil && *count != nil {
		return float64(**count), true
	}
	return 0, false
}

// setLimit sets a threshold; nil removes it.
func setLimit(t *Thresholds, name string, value *float64) {
	if name == limitCoverage {
		t.Coverage = nil
		if value != nil {
			v := *value
			t.Coverage = &v
		}
		return
	}
	count := countField(t, name)
	if count == nil {
		return
	}
	*count = nil
	if value != nil {
		n := int(*value)
		*count = &n
	}
}

// countField returns the field of a threshold that counts, or nil.
func countField(t *Thresholds, name string) **int {
	switch name {
	case limitMaxFailures:
		return &t.MaxFailures
	case limitMinTests:
		return &t.MinTests
	case limitMaxCritical:
		return &t.MaxCritical
	case limitMaxHigh:
		return &t.MaxHigh
	case limitMaxMedium:
		return &t.MaxMedium
	case limitMaxLow:
		return &t.MaxLow
	default:
		return nil
	}
}

// tierLimits returns what a quality tier asks of a type of proof.
//
// Findings of linters count by severity as vulnerabilities do. Coverage, the
// rule that at least one test ran and none failed, and the absence of critical
// findings hold at every tier.
func tierLimits(proofType string, tier Tier) Thresholds {
	var limits []Limit
	switch proofType {
	case ProofCoverageReport:
		limits = coverageLimits(tier)
	case ProofTestOutput, ProofUnitTestOutput, ProofIntegrationTestOutput, ProofE2ETestOutput:
		limits = []Limit{{limitMaxFailures, 0}, {limitMinTests, 1}}
	case ProofLintOutput:
		limits = lintLimits(tier)
	case ProofSecurityScan, ProofAccessibilityScan:
		limits = scanLimits(tier)
	}
	var out Thresholds
	for _, l := range limits {
		setLimit(&out, l.Name, &l.Value)
	}
	return out
}

// coverageLimits returns the least coverage in percent.
func coverageLimits(tier Tier) []Limit {
	const mvp, standard, enterprise = 60, 80, 90
	switch tier {
	case TierMVP:
		return []Limit{{limitCoverage, mvp}}
	case TierEnterprise:
		return []Limit{{limitCoverage, enterprise}}
	case TierStandard:
		return []Limit{{limitCoverage, standard}}
	default:
		return []Limit{{limitCoverage, standard}}
	}
}

// lintLimits returns the most findings of static checks.
func lintLimits(tier Tier) []Limit {
	const standardWarnings = 10
	errorsOnly := []Limit{{limitMaxCritical, 0}, {limitMaxHigh, 0}}
	switch tier {
	case TierMVP:
		return errorsOnly
	case TierEnterprise:
		return append(slices.Clip(errorsOnly), Limit{limitMaxMedium, 0})
	case TierStandard:
		return append(slices.Clip(errorsOnly), Limit{limitMaxMedium, standardWarnings})
	default:
		return append(slices.Clip(errorsOnly), Limit{limitMaxMedium, 0})
	}
}

// scanLimits returns the most findings of scanners.
func scanLimits(tier Tier) []Limit {
	switch tier {
	case TierMVP:
		return []Limit{{limitMaxCritical, 0}}
	case TierEnterprise:
		return []Limit{{limitMaxCritical, 0}, {limitMaxHigh, 0}, {limitMaxMedium, 0}}
	case TierStandard:
		return []Limit{{limitMaxCritical, 0}, {limitMaxHigh, 0}}
	default:
		return []Limit{{limitMaxCritical, 0}, {limitMaxHigh, 0}, {limitMaxMedium, 0}}
	}
}
